"""The one function that takes a record from input to input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from core.decisions import Decision, Departed, Despatch, Undo
from core.messages import Received
from core.model import Order, OrderLine
from core.pending.merging import merged, resolved, without
from core.pending.record import Input, Record, Step
from core.profile import Profile
from core.transition import WHOLE, Change, Layer, Transition, TransitionRefused, despatch, receive, respond
from core.transition.changes import as_json, order_changes
from core.transition.derive import derived, kept, line_logistics
from core.transition.tasks import task_changes

_WHAT_ANSWERS_ARE_ABOUT: Final = ("process_status", "in_progress_status", "requested", "proposed", "confirmed")
"""Of a line: where one of these differs, an answer means something else."""


def step(record: Record | None, entry: Input, profile: Profile) -> Step:
    """What `entry` makes of `record` (None: an order never seen). Raises TransitionRefused, and nothing else."""
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
    return Step(record, ())


# --- our answers, until they leave ------------------------------------------------------------------------------------


def _decided(record: Record, decision: Decision, profile: Profile) -> Step:
    done = _overlaid(record, record.platform, merged(record.pending, resolved(record, decision)), profile)
    _check_goods(record, done.record)
    return done


def _undone(record: Record, entry: Undo, profile: Profile) -> Step:
    number = record.platform.key.number
    if record.pending is None:
        raise TransitionRefused(
            number,
            None,
            "nothing waits to be sent, so there is nothing to take back; answer it again if it is still open.",
        )
    there = {line.position for line in record.pending.lines}
    for position in entry.positions:
        if position not in there:
            raise TransitionRefused(number, position, "no answer to it waits to be sent; it left already or never was.")
    remaining = without(record.pending, entry.positions) if entry.positions else None
    done = _overlaid(record, record.platform, remaining, profile)
    _check_goods(record, done.record)
    return done


def _check_goods(before: Record, after: Record) -> None:
    """Goods that are on their way on a confirmation of ours keep it: their advice must not overtake its withdrawal."""
    for known, old, new in zip(before.platform.lines, before.order.lines, after.order.lines, strict=True):
        agreed_unsent = old.confirmed is not None and known.confirmed is None
        if old.progress.produced and agreed_unsent and new.confirmed is None:
            raise TransitionRefused(
                before.platform.key.number,
                old.position,
                "goods of it are on their way on the answer that this would take back; wait until that has left, then "
                "propose other terms.",
            )


def _departed(record: Record, entry: Departed, profile: Profile) -> Step:
    if record.pending is None or record.shown is None or not entry.answers:
        return Step(record, ())
    lines = record.shown.lines
    if profile.reports_status:
        lines = tuple(
            kept(line, predicted=True) if _answers_differ(before, line) else line
            for before, line in zip(record.platform.lines, lines, strict=True)
        )
    after = Record(platform=kept(record.shown, lines=lines))
    return Step(after, _changes(record, after))


# --- what comes, and what leaves the house ----------------------------------------------------------------------------


def _received(record: Record | None, entry: Received, profile: Profile) -> Step:
    transition = receive(None if record is None else record.platform, entry, profile)
    platform = transition.order
    if record is None or record.pending is None:
        after = Record(platform=platform) if record is None or platform is not record.platform else record
        return Step(
            after,
            transition.changes,
            opened=transition.opened,
            closed=transition.closed,
            notes=transition.notes,
        )
    if platform is record.platform:
        return Step(record, (), notes=transition.notes)
    dropped = _touched(record.pending, record.platform, platform)
    notes = [
        *transition.notes,
        *(
            f"line {position}: the buyer changed it, so our answer was taken back before it left."
            for position in dropped
        ),
    ]
    remaining = without(record.pending, dropped)
    try:
        return _overlaid(record, platform, remaining, profile, notes)
    except TransitionRefused as refused:
        notes.append(f"our answer was taken back before it left, since it no longer fits: {refused}")
        return _overlaid(record, platform, None, profile, notes)


def _touched(pending: Decision, before: Order, after: Order) -> tuple[str, ...]:
    """The lines of an unsent answer of which a message changed what the answer was about."""
    decided = {line.position for line in pending.lines}
    return tuple(
        old.position
        for old, new in zip(before.lines, after.lines, strict=False)
        if old.position in decided and _answers_differ(old, new)
    )


def _answers_differ(before: OrderLine, after: OrderLine) -> bool:
    return any(getattr(before, name) != getattr(after, name) for name in _WHAT_ANSWERS_ARE_ABOUT)


def _despatched(record: Record, entry: Despatch, profile: Profile) -> Step:
    transition = despatch(record.order, entry, profile)
    if record.shown is None:
        after = Record(platform=transition.order)
        changes = transition.changes
    else:
        platform = _with_progress(record.platform, transition.order)
        after = record.but(platform=platform, shown=transition.order)
        changes = _changes(record, after)
    return Step(
        after,
        changes,
        outgoing=transition.outgoing,
        opened=transition.opened,
        closed=transition.closed,
        notes=transition.notes,
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
    record: Record, platform: Order, decision: Decision | None, profile: Profile, notes: Sequence[str] = ()
) -> Step:
    """The record with `decision` over `platform`, and the answer to send in place of any that waits."""
    transition = respond(platform, decision, profile) if decision is not None else Transition(platform, ())
    pending = without(decision, transition.silent)
    if pending is None and record.pending is None and platform is record.platform:
        return Step(record, (), notes=(*notes, *transition.notes))
    after = Record(platform=platform, pending=pending, shown=transition.order if pending is not None else None)
    if record.pending is None:
        # Nothing was shown but the platform's state, so the answer's own changes are those of what is shown.
        changes = (*_in_layer(Layer.SHOWN, transition.changes), *_pending_change(None, pending))
        opened, closed = transition.opened, transition.closed
    else:
        changes = _changes(record, after)
        opened, closed = task_changes(record.order, after.order)
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
    return (
        *order_changes(before.order, after.order, Layer.SHOWN),
        *order_changes(before.platform, after.platform, Layer.PLATFORM),
        *_pending_change(before.pending, after.pending),
    )


def _in_layer(layer: Layer, changes: Iterable[Change]) -> Iterator[Change]:
    return (Change(change.line, change.field, change.before, change.after, layer) for change in changes)


def _pending_change(before: Decision | None, after: Decision | None) -> tuple[Change, ...]:
    if before is after or before == after:
        return ()
    return (Change(None, WHOLE, as_json(before), as_json(after), Layer.PENDING),)
