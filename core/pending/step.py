"""The one function that takes a record from input to input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from core.decisions import Decision, Delivered, Departed, Despatch, Outcome, Returned, Undo, Uploaded
from core.messages import Received
from core.model import Order, OrderLine
from core.pending.attaching import with_object_ids
from core.pending.comparing import alike, overtaken, resting, stranded, touched
from core.pending.flights import doubted, given_up, meanwhile, parked
from core.pending.folding import DOUBTS
from core.pending.merging import merged, only, resolved, without
from core.pending.record import InFlight, Input, Record, Step
from core.profile import Profile
from core.transition import WHOLE, Change, Layer, Transition, TransitionRefused, despatch, receive, respond, to_answer
from core.transition.changes import order_changes, told
from core.transition.derive import derived, kept, line_logistics
from core.transition.tasks import answers_differ, task_changes


def step(record: Record | None, entry: Input, profile: Profile) -> Step:
    """What `entry` makes of `record` (None: an order never seen). Raises TransitionRefused, and nothing else."""
    done = _step(record, entry, profile)
    if record is None or not isinstance(entry, Received | Returned | Delivered):
        return done
    found = (*stranded(record.order, done.record.order), *_held_back(record, done, profile))
    return replace(done, stranded=found) if found else done


def _held_back(before: Record, done: Step, profile: Profile) -> Iterator[tuple[str, str]]:
    """Goods rest on an answer that waits for the word on another line from here on: their advice must not go before it."""
    after = done.record
    if not done.supersedes or done.outgoing or after.pending is None:
        return
    if before.pending is None or _may_leave(before, profile):
        for position in resting(after.platform, after.order):
            yield position, "waits for an answer to the other lines"


def _step(record: Record | None, entry: Input, profile: Profile) -> Step:
    if isinstance(entry, Received):
        return _received(record, entry, profile)
    if record is None:
        raise TransitionRefused("?", None, "it is not known here; look at the inbox for its number.")
    if isinstance(entry, Decision):
        return _decided(record, entry, profile)
    if isinstance(entry, Despatch):
        return _despatched(record, entry, profile)
    if isinstance(entry, Undo):
        return _undone(record, entry, profile)
    if isinstance(entry, Departed):
        return _departed(record, entry, profile)
    if isinstance(entry, Returned):
        return _returned(record, entry, profile)
    if isinstance(entry, Uploaded):
        return _uploaded(record, entry, profile)
    return _delivered(record, entry, profile)


# --- our answers, until they leave ------------------------------------------------------------------------------------


def _decided(record: Record, decision: Decision, profile: Profile) -> Step:
    done = _overlaid(record, record.platform, merged(record.pending, resolved(record, decision)), profile)
    _check_goods(record, done, profile)
    return done


def _undone(record: Record, entry: Undo, profile: Profile) -> Step:
    number = record.platform.key.number
    if record.pending is None:
        raise TransitionRefused(
            number,
            None,
            "our answer is being sent at this moment; look again when it is known what became of it."
            if record.in_flight is not None
            else "nothing waits to be sent that could be taken back: what left, or may have, stands; answer it again if it "
            "is still open.",
        )
    there = {line.position for line in record.pending.lines}
    for position in entry.positions:
        if position not in there:
            raise TransitionRefused(number, position, "no answer to it waits to be sent; it left already or never was.")
    remaining = without(record.pending, entry.positions) if entry.positions else None
    done = _overlaid(record, record.platform, remaining, profile)
    _check_goods(record, done, profile)
    return done


def _check_goods(before: Record, done: Step, profile: Profile) -> None:
    """Goods that are on their way on a confirmation of ours keep it: their advice must not overtake its withdrawal, nor
    go while it waits for the word on another line."""
    after = done.record
    for known, old, new in zip(before.platform.lines, before.order.lines, after.order.lines, strict=True):
        agreed_unsent = old.confirmed is not None and known.confirmed is None
        if old.progress.produced and agreed_unsent and new.confirmed is None:
            raise TransitionRefused(
                before.platform.key.number,
                old.position,
                "goods of it are on their way on the answer that this would take back; wait until that has left, then "
                "propose other terms.",
            )
    rests = resting(before.platform, before.order)
    if rests and after.pending is not None and not done.outgoing and _may_leave(before, profile):
        raise TransitionRefused(
            before.platform.key.number,
            rests[0],
            f"goods of it are on their way on the answer that this would hold back: {profile.title} takes the lines of an "
            "order together; wait until that has left.",
        )


def _may_leave(record: Record, profile: Profile) -> bool:
    """Whether an answer is pending that says all that it has to: where it holds every line, none is missing."""
    return record.pending is not None and bool(respond(record.platform, record.pending, profile).outgoing)


def _departed(record: Record, entry: Departed, profile: Profile) -> Step:
    if record.pending is None or record.shown is None or not entry.answers:
        return Step(record, ())
    lines = record.shown.lines
    if profile.reports_status or record.platform.reported is not None:
        # …or it has done so for this order: Procurement Connect does by its events, and not by its files.
        known = record.platform.reported.version if record.platform.reported is not None else None
        lines = tuple(
            kept(line, predicted=True, predicted_at=known) if answers_differ(before, line) else line
            for before, line in zip(record.platform.lines, lines, strict=True)
        )
    flight = InFlight(outbox=entry.outbox, platform=record.platform, decision=record.pending)
    after = Record(platform=kept(record.shown, lines=lines), in_flight=flight, doubts=record.doubts)
    return Step(after, _changes(record, after))


def _uploaded(record: Record, entry: Uploaded, profile: Profile) -> Step:
    """The answer that waits for the file names it from now on; one that was taken back doesn't."""
    if record.pending is None:
        return Step(record, ())
    named = with_object_ids(record.pending, {entry.attachment: entry.object_id})
    return Step(record, ()) if named is record.pending else _overlaid(record, record.platform, named, profile)


def _delivered(record: Record, entry: Delivered, profile: Profile) -> Step:
    """Once a message arrived, or may have, its answer can't come back. In doubt it goes again, or a person looks."""
    flight = record.in_flight
    if flight is not None and flight.outbox == entry.outbox:
        if entry.outcome not in (Outcome.SENT, Outcome.UNCERTAIN):
            return Step(record, ())
        landed = doubted(record) if entry.again and profile.reports_status else record.but(in_flight=None)
    else:
        flight = next((doubt for doubt in record.doubts if doubt.outbox == entry.outbox), None)
        if flight is None or entry.again or entry.outcome is Outcome.RETRIED:
            return Step(record, ())
        landed = record.but(doubts=tuple(doubt for doubt in record.doubts if doubt is not flight))
    after = landed if entry.again or entry.outcome is Outcome.SENT else given_up(landed, flight)
    opened, closed = task_changes(record.order, after.order)
    return Step(after, _changes(record, after), opened=opened, closed=closed)


def _returned(record: Record, entry: Returned, profile: Profile) -> Step:
    """The platform never heard of it: its answer is pending again, under what was decided meanwhile."""
    flight = record.in_flight
    if flight is None or flight.outbox != entry.outbox:
        return Step(record, ())
    notes = [_taken_back(position) for position in flight.overtaken]
    decision = flight.decision
    if record.pending is not None:
        decision = record.pending
        if flight.decision is not None:
            before = Record(platform=flight.platform, pending=flight.decision)
            decision = merged(flight.decision, resolved(before, record.pending))
    landed = record.but(in_flight=None)
    anew = {line.position for line in record.pending.lines} if record.pending is not None else set()
    dropped = without(flight.taken_back, anew)
    unfit = decision
    while True:
        try:
            done = _overlaid(landed, flight.platform, decision, profile, notes, since=record)
            break
        except TransitionRefused as refused:
            # Nothing is sent of what doesn't fit; the line is open again, and the operator's to answer.
            notes.append(f"our answer came back and no longer fits, so it was taken back: {refused}")
            said = {line.position for line in decision.lines} if decision is not None else set()
            decision = without(decision, {refused.position}) if refused.position in said else None
    unfit = without(unfit, {line.position for line in decision.lines}) if decision is not None else unfit
    done = _with_dropped(done, dropped, flight.taken_from)
    done = _with_dropped(done, unfit, flight.platform.lines)
    if not flight.stale and done.record.pending == flight.decision:
        # The bytes in the outbox say it already, under their own key.
        return replace(done, outgoing=(), supersedes=False)
    return done


# --- what comes, and what leaves the house ----------------------------------------------------------------------------


def _received(record: Record | None, entry: Received, profile: Profile) -> Step:
    if record is None:
        transition = receive(None, entry, profile)
        return Step(
            Record(platform=transition.order),
            transition.changes,
            opened=transition.opened,
            closed=transition.closed,
            notes=transition.notes,
        )
    before = record
    record, unheard = meanwhile(record, entry, profile)
    transition = receive(record.platform, entry, profile, unheard)
    platform = transition.order
    old_words = overtaken(record.platform, platform)
    if record.pending is None:
        left, platform = parked(record, platform, old_words)
        after = left if platform is record.platform else left.but(platform=platform)
        as_told = platform is transition.order
        opened, closed = (transition.opened, transition.closed) if as_told else task_changes(before.order, after.order)
        return Step(
            after,
            (*_flight_changes(before, after), *transition.changes) if as_told else _changes(before, after),
            opened=opened,
            closed=closed,
            notes=transition.notes,
            overtaken=old_words,
        )
    if platform is record.platform:
        return Step(record, _flight_changes(before, record), notes=transition.notes)
    dropped = touched(record.pending, record.platform, platform)
    # Where the newest word is taken back, an older one that may have arrived must not go again in its place.
    left, platform = parked(record, platform, {*old_words, *dropped})
    dropped = touched(record.pending, record.platform, platform)
    record = left
    notes = [
        *transition.notes,
        *(_taken_back(position) for position in dropped),
    ]
    remaining = without(record.pending, dropped)
    try:
        done = _overlaid(record, platform, remaining, profile, notes, since=before)
        gone = only(record.pending, dropped)
    except TransitionRefused as refused:
        notes.append(f"our answer was taken back before it left, since it no longer fits: {refused}")
        done = _overlaid(record, platform, None, profile, notes, since=before)
        gone = record.pending
    done = _with_dropped(done, without(gone, _holds_anyhow(before.order, platform)), before.platform.lines)
    if done.record.pending == before.pending and alike(before.platform, platform):
        # The bytes in the outbox say it already; a platform that repeats itself must not bring a refused answer back.
        done = replace(done, outgoing=(), supersedes=False)
    return replace(done, overtaken=(*old_words, *(position for position in dropped if position not in old_words)))


def _holds_anyhow(shown: Order, platform: Order) -> set[str]:
    """The lines that stand at the platform now as our answer to them would have it."""
    return {
        new.position for ours, new in zip(shown.lines, platform.lines, strict=False) if not answers_differ(ours, new)
    }


def _with_dropped(done: Step, decision: Decision | None, lines: Sequence[OrderLine]) -> Step:
    """`done`, which also took back what `decision` says of some of `lines`."""
    if decision is None:
        return done
    positions = {line.position for line in decision.lines}
    return replace(
        done,
        dropped=merged(done.dropped, decision),
        dropped_from=(*done.dropped_from, *(line for line in lines if line.position in positions)),
    )


def _taken_back(position: str) -> str:
    return f"line {position}: the buyer changed it, so our answer was taken back before it left."


def _despatched(record: Record, entry: Despatch, profile: Profile) -> Step:
    transition = despatch(record.order, entry, profile)
    _check_ground(record, transition.order, profile)
    before, flight = record, record.in_flight
    if flight is not None:
        record = record.but(in_flight=flight.but(platform=_with_progress(flight.platform, transition.order)))
    if record.doubts:
        moved = (doubt.but(platform=_with_progress(doubt.platform, transition.order)) for doubt in record.doubts)
        record = record.but(doubts=tuple(moved))
    if record.shown is None:
        after = record.but(platform=transition.order)
        changes = (*_flight_changes(before, after), *transition.changes)
    else:
        platform = _with_progress(record.platform, transition.order)
        after = record.but(platform=platform, shown=transition.order)
        changes = _changes(before, after)
    return Step(
        after,
        changes,
        outgoing=transition.outgoing,
        opened=transition.opened,
        closed=transition.closed,
        notes=transition.notes,
    )


def _check_ground(record: Record, after: Order, profile: Profile) -> None:
    """Goods leave on what is confirmed: not on an answer that waits for the word on other lines, of which nobody hears."""
    if record.pending is None or _may_leave(record, profile):
        return
    moved = {new.position for old, new in zip(record.order.lines, after.lines, strict=True) if old is not new}
    for position in resting(record.platform, after):
        if position in moved:
            open_lines = ", ".join(to_answer(record.order)[:20])
            raise TransitionRefused(
                record.platform.key.number,
                position,
                f"it is confirmed here only: {profile.title} takes the lines of an order together, so answer line "
                f"{open_lines} first.",
            )


def _with_progress(platform: Order, shown: Order) -> Order:
    """The platform's state with the goods of what is shown: they left, whatever becomes of our answer."""
    lines = []
    for line, moved in zip(platform.lines, shown.lines, strict=True):
        after = kept(line, progress=moved.progress)
        lines.append(line if after is line else kept(after, logistics_status=line_logistics(after)))
    return derived(kept(platform, lines=tuple(lines)))


# --- records and their changes ----------------------------------------------------------------------------------------


def _overlaid(
    record: Record,
    platform: Order,
    decision: Decision | None,
    profile: Profile,
    notes: Sequence[str] = (),
    *,
    since: Record | None = None,
) -> Step:
    """The record with `decision` over `platform`, and the answer to send in place of any that waits.

    `since`: the record from which the changes lead, where it is another one.
    """
    before = since or record
    transition = respond(platform, decision, profile) if decision is not None else Transition(platform, ())
    pending = without(decision, transition.silent)
    if pending is None and record.pending is None and platform is record.platform and since is None:
        return Step(record, (), notes=(*notes, *transition.notes))
    after = record.but(platform=platform, pending=pending, shown=transition.order if pending is not None else None)
    if record.pending is None and since is None:
        # Nothing was shown but the platform's state, so the answer's own changes are those of what is shown.
        changes = (*_in_layer(Layer.SHOWN, transition.changes), *_pending_change(None, pending))
        opened, closed = transition.opened, transition.closed
    else:
        changes = _changes(before, after)
        opened, closed = task_changes(before.order, after.order)
    return Step(
        after,
        changes,
        outgoing=transition.outgoing,
        supersedes=True,
        opened=opened,
        closed=closed,
        notes=(*notes, *transition.notes),
    )


def _changes(before: Record, after: Record) -> tuple[Change, ...]:
    """From one record to the other: what is shown, then the platform's state, then what is pending (see `fold`)."""
    flight = _flight_changes(before, after)
    if before.pending is None and after.pending is None:
        return (*flight, *order_changes(before.platform, after.platform))
    orders = (
        *order_changes(before.order, after.order, Layer.SHOWN),
        *order_changes(before.platform, after.platform, Layer.PLATFORM),
    )
    pending = _pending_change(before.pending, after.pending)
    if before.pending is None:
        return (*flight, *pending, *orders)
    return (*flight, *orders, *pending)


def _flight_changes(before: Record, after: Record) -> tuple[Change, ...]:
    flight = _flight_change(before, after)
    if before.doubts is after.doubts or before.doubts == after.doubts:
        return flight
    return (*flight, Change(None, DOUBTS, None, told(after.doubts), Layer.IN_FLIGHT))


def _flight_change(before: Record, after: Record) -> tuple[Change, ...]:
    old, new = before.in_flight, after.in_flight
    if old is new or old == new:
        return ()
    if new is not None and new.platform is before.platform and new.decision is before.pending and not new.stale:
        return (Change(None, WHOLE, None, {"outbox": new.outbox}, Layer.IN_FLIGHT),)
    return (Change(None, WHOLE, None, told(new), Layer.IN_FLIGHT),)


def _in_layer(layer: Layer, changes: Iterable[Change]) -> Iterator[Change]:
    return (Change(change.line, change.field, change.before, change.after, layer) for change in changes)


def _pending_change(before: Decision | None, after: Decision | None) -> tuple[Change, ...]:
    if before is after or before == after:
        return ()
    return (Change(None, WHOLE, told(before), told(after), Layer.PENDING),)
