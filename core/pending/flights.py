"""Messages that left, until it is settled whether they arrived: what comes meanwhile is told of both possibilities.

What a message took along is kept with the order as the platform knows it *if the message did not arrive* (`InFlight`). One
that is being sent for the first time may come back whole (`Returned`). One that may have arrived can't: it is a *doubt*,
its bytes go again under their own key, and the record shows our prediction.

A platform that reports back may speak while nobody knows. When what it reports is what stands where our answer is not
known, it has not heard us yet: that is no word on our answer, so the prediction stands, and the message goes again by
itself. Anything else is its word: it heard us, or somebody said something else since. An approval or a rejection is an act
of the buyer's and never taken for silence. What a report alone can't tell from silence is a request of ours that the buyer
refused at once: then the same bytes arrive once more, which changes nothing there.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from core.messages import Message, Received
from core.model import Order
from core.pending.comparing import alike, touched
from core.pending.merging import merged, only, without
from core.pending.record import InFlight, Record
from core.profile import Profile
from core.transition import TransitionRefused, receive
from core.transition.derive import derived, kept
from core.transition.receive import predates
from core.transition.tasks import answers_differ
from core.transition.versions import news


def meanwhile(record: Record, entry: Received, profile: Profile) -> tuple[Record, frozenset[str]]:
    """`record` with what a message brings to its flights, and the lines on which it says that we were not heard yet."""
    in_flight, doubts = None, []
    unheard: set[str] = set()
    for flight in (*record.doubts, record.in_flight):
        after = _brought(flight, entry, profile) if flight is not None else None
        if after is None:
            continue
        silent = _silent(after, record.platform, entry.message)
        unheard |= silent
        after = kept(after, told=tuple(sorted({*after.told, *silent})))
        if flight is record.in_flight:
            in_flight = after
        elif after.decision is not None:
            doubts.append(after)
    return kept(record, in_flight=in_flight, doubts=tuple(doubts)), frozenset(unheard)


def doubted(record: Record) -> Record:
    """`record` when the message in flight may have arrived, and goes again by itself."""
    flight = record.in_flight
    if flight is None or flight.decision is None:
        return record.but(in_flight=None)
    doubt = InFlight(outbox=flight.outbox, platform=flight.platform, decision=flight.decision, told=flight.told)
    return record.but(in_flight=None, doubts=(*record.doubts, doubt))


def given_up(record: Record, flight: InFlight) -> Record:
    """`record` when a message that may have arrived is not sent by itself any more.

    Where the platform said meanwhile that it had not heard us, its word stands now. Under a later answer of ours it waits
    for the next one.
    """
    if record.pending is not None or not flight.told:
        return record
    return record.but(platform=_as_told(record.platform, flight))


def parked(record: Record, platform: Order, positions: Collection[str]) -> tuple[Record, Order]:
    """`record` without its doubts about `positions`, whose answers wait for a person from here; and `platform` after that.

    Where the platform said that it had not heard such an answer its word stands now, unless a later one of ours is on its
    way.
    """
    given = [doubt for doubt in record.doubts if _answers(doubt) & set(positions)]
    if not given:
        return record, platform
    left = tuple(doubt for doubt in record.doubts if doubt not in given)
    later: set[str] = set().union(*(_answers(one) for one in (*left, record.in_flight) if one is not None))
    for doubt in given:
        platform = _as_told(platform, doubt, later)
    return record.but(doubts=left), platform


def _answers(flight: InFlight) -> set[str]:
    said = {line.position for line in flight.decision.lines} if flight.decision is not None else set()
    return said | set(flight.overtaken)


def _as_told(platform: Order, flight: InFlight, besides: Collection[str] = ()) -> Order:
    lines = tuple(
        base if ours.predicted and ours.position in flight.told and ours.position not in besides else ours
        for ours, base in zip(platform.lines, flight.platform.lines, strict=False)
    )
    return derived(kept(platform, lines=lines))


def _silent(flight: InFlight, platform: Order, message: Message) -> set[str]:
    """The lines of its answer of which the message, of which it has been told, reports what stood there before it."""
    fresh = news(platform, message)
    if flight.decision is None or fresh is None or fresh.acts:
        return set()
    answered = {line.position for line in flight.decision.lines}
    reported = {said.position for said in fresh.lines if said.reported is not None and not said.acts}
    return {
        ours.position
        for ours, base in zip(platform.lines, flight.platform.lines, strict=False)
        if ours.position in answered & reported
        and ours.predicted
        and not predates(message, ours)
        and answers_differ(ours, base)
    }


def _brought(flight: InFlight, entry: Received, profile: Profile) -> InFlight | None:
    """What a message brings to the order, if the answer that left should not have arrived."""
    try:
        platform = receive(flight.platform, entry, profile).order
    except TransitionRefused:
        return None
    if platform is flight.platform:
        return flight
    dropped = touched(flight.decision, flight.platform, platform) if flight.decision is not None else ()
    return flight.but(
        platform=platform,
        decision=without(flight.decision, dropped),
        overtaken=(*flight.overtaken, *dropped),
        **_remembered(flight, dropped),
        stale=flight.stale or not alike(flight.platform, platform),
    )


def _remembered(flight: InFlight, positions: Sequence[str]) -> dict[str, object]:
    """What a message said of lines that the buyer changed since, and those as they were."""
    said = only(flight.decision, positions)
    if said is None:
        return {}
    lines = (line for line in flight.platform.lines if line.position in positions)
    return {"taken_back": merged(flight.taken_back, said), "taken_from": (*flight.taken_from, *lines)}
