"""Two states of one order: does an answer to the one still say the same of the other?"""

from __future__ import annotations

from typing import Final

from core.decisions import Decision
from core.model import Frozen, Order, OrderLine
from core.terms import same_terms
from core.transition.despatch import may_move
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    state_of,
)
from core.transition.tasks import answers_differ

_BUYERS: Final = frozenset({CANCELLED, BUYER_CANCELS, BUYER_REOPENS, BUYER_ASKS_AGAIN})
"""States that come by the buyer's doing alone."""
_OF_THE_PLATFORM: Final = frozenset({"reported", "platform_id", "spoken", "issued", "lines"})
_OF_THE_LINE_THERE: Final = frozenset({"reported", "predicted", "predicted_at"})


def overtaken(before: Order, after: Order) -> tuple[str, ...]:
    """The lines of which an answer from before must not go by itself any more."""
    if before.lines is after.lines:
        return ()
    return tuple(
        old.position
        for old, new in zip(before.lines, after.lines, strict=False)
        if old is not new and _overtakes(old, new)
    )


def _overtakes(old: OrderLine, new: OrderLine) -> bool:
    """Whether the buyer changed the terms or asks something else than before; or whether the line is agreed now on other
    terms than our last answer leads to, so that what we said before the buyer settled it would reopen the agreement."""
    if state_of(new) is CONFIRMED and new.confirmed is not None:
        ours = old.confirmed if state_of(old) is CONFIRMED else old.proposed
        return ours is None or not same_terms(ours, new.confirmed)
    return old.requested != new.requested or (state_of(new) in _BUYERS and state_of(new) is not state_of(old))


def stranded(before: Order, after: Order) -> tuple[tuple[str, str], ...]:
    """The lines, and what they are now, of whose goods an advice from before must not go by itself any more.

    Goods that have left have left, so it goes while the two only ask each other for other terms of the rest, and when the
    buyer closes the line. Not so where nobody waits for them any more (cancelled, or asked to be), where they rest on an
    answer of ours that was taken back, and where the buyer says that they are not on their way.
    """
    if before.lines is after.lines:
        return ()
    found = []
    for old, new in zip(before.lines, after.lines, strict=False):
        if old is new or not old.progress.produced:
            continue
        if _carries(old) and not _carries(new):
            found.append((new.position, f"is {state_of(new).value}"))
        elif new.progress.produced < old.progress.produced:
            found.append((new.position, "is marked open by the buyer"))
    return tuple(found)


def resting(known: Order, shown: Order) -> tuple[str, ...]:
    """The lines whose goods left, or are ready to, on an answer of ours alone: the platform has not heard of it yet."""
    return tuple(
        ours.position
        for theirs, ours in zip(known.lines, shown.lines, strict=True)
        if ours.progress.produced and _carries(ours) and not _carries(theirs)
    )


def _carries(line: OrderLine) -> bool:
    return may_move(line) or state_of(line) is COMPLETED


def touched(pending: Decision, before: Order, after: Order) -> tuple[str, ...]:
    """The lines of an answer of which a message changed what the answer was about."""
    decided = {line.position for line in pending.lines}
    return tuple(
        old.position
        for old, new in zip(before.lines, after.lines, strict=False)
        if old.position in decided and answers_differ(old, new)
    )


def alike(before: Order, after: Order) -> bool:
    """Whether an answer to both is the same, byte for byte: they differ at most in what the platform says of them."""
    return (
        len(before.lines) == len(after.lines)
        and _same(before, after, _OF_THE_PLATFORM)
        and all(_same(old, new, _OF_THE_LINE_THERE) for old, new in zip(before.lines, after.lines, strict=True))
    )


def _same(before: Frozen, after: Frozen, besides: frozenset[str]) -> bool:
    return before is after or all(
        getattr(before, name) == value for name, value in after.__dict__.items() if name not in besides
    )
