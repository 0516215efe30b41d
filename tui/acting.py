"""One decision on one order, taken in the writing thread, and what came of it as a sentence."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.decisions import Act, Decision, Despatch, LineProgress, Shipment, Stage, Undo
from core.drafting import NoSuchDraft
from core.orderbook import Changed, Conflict, NoSuchOrder, OrderBook
from core.store import StoreError
from core.store.queries import load
from core.transition import TransitionRefused
from tui.answers import NoLines, decision
from tui.words import done

if TYPE_CHECKING:
    from core.suggestion import Suggestion
    from tui.app import Desk

ACTS: Final = {"confirm": Act.AGREE, "reject": Act.DISAGREE, "withdraw": Act.WITHDRAW}
"""What the desk's keys decide; `undo` is an input of its own."""
STAGES: Final = {"pack": Stage.PACKED, "ship": Stage.SHIPPED}
"""…and where they say that goods have come."""
LABELS: Final = {
    "confirm": "Confirm",
    "reject": "Reject",
    "withdraw": "Withdraw",
    "undo": "Take back",
    "suggested": "Answer as suggested",
    "pack": "Packed",
    "ship": "Shipped",
}


class LeadsElsewhere(Exception):
    """What would be said leads to something else by now than what the operator was shown: an answer of ours left meanwhile,
    say. Nothing was sent."""

    def __init__(self, number: str) -> None:
        super().__init__(f"{number}: not sent, it leads to something else by now, see there; enter once more sends it")
        self.number = number


REFUSED: Final = (TransitionRefused, NoSuchOrder, NoSuchDraft, NoLines, StoreError, LeadsElsewhere)
"""What can stand against a decision, each with a sentence for the operator; Conflict apart, which shows more."""


@dataclass(frozen=True, slots=True)
class Answered:
    sentence: str
    taken: bool
    conflict: Conflict | None = None
    afterwards: str | None = None
    """The sentence as it is still true when the undo window has passed; None: it was about no window."""
    window: dt.timedelta = dt.timedelta(0)


@dataclass(frozen=True, slots=True)
class Begun:
    """A decision on its way into the store."""

    changed: asyncio.Future[Changed]
    action: str
    number: str
    positions: tuple[str, ...]
    hold: dt.timedelta
    daemon_runs: bool = True
    untold: dict[Exception, str] = field(default_factory=dict, compare=False)
    """What came of none of the desk's decisions so far, and was told to nobody yet."""

    async def answered(self) -> Answered:
        try:
            changed = await self.changed
        except (Conflict, *REFUSED) as error:
            self.untold.pop(error, None)
            conflict = error if isinstance(error, Conflict) else None
            return Answered(_why_not(error, self.action, self.number), taken=False, conflict=conflict)
        told = self.action, self.number, changed
        return Answered(
            done(*told, self.hold, self.positions, daemon_runs=self.daemon_runs),
            taken=True,
            afterwards=done(*told, None, self.positions) if changed.outbox else None,
            window=self.hold,
        )


def _why_not(error: Exception, action: str, number: str) -> str:
    if isinstance(error, Conflict):
        return str(error)
    if isinstance(error, REFUSED) and not isinstance(error, StoreError):
        return f"Refused: {error}"
    # Of no order by itself, and it may come when the operator is elsewhere already.
    why = str(error) if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
    return f"Not done: {LABELS.get(action, action)} {number}: {why}"


def entry_for(
    book: OrderBook,
    order_id: int,
    action: str,
    positions: Sequence[str] = (),
    reason: str | None = None,
    shipment: Shipment | None = None,
) -> Decision | Despatch | Undo:
    """The input that `action` on an order is, or on some lines of it. Raises NoSuchOrder, NoLines.

    Goods: all that is agreed and not there yet, of the order or of the lines.
    """
    now = book.clock()
    if action in STAGES:
        moved = tuple(LineProgress(position=position) for position in positions)
        return Despatch(id=book.new_id(), at=now, stage=STAGES[action], lines=moved, shipment=shipment)
    if action == "undo":
        return Undo(id=book.new_id(), at=now, positions=tuple(positions))
    loaded = load(book.store, order_id, now)
    if loaded is None:
        raise NoSuchOrder(order_id)
    return decision(loaded.record.order, ACTS[action], id=book.new_id(), at=now, positions=positions, reason=reason)


def take(
    desk: Desk,
    order_id: int,
    number: str,
    action: str,
    *,
    expected: int | None,
    positions: Sequence[str] = (),
    reason: str | None = None,
) -> Begun:
    """Decide; `expected` is the revision that the operator was looking at.

    It is begun when this is called, whether or not anybody waits for it: a key that was pressed counts.
    """

    def change(book: OrderBook) -> Changed:
        return decided(desk, book, order_id, entry_for(book, order_id, action, positions, reason), expected)

    return begin(desk, change, action, number, positions)


def decided(desk: Desk, book: OrderBook, order_id: int, made: Decision | Despatch | Undo, seen: int | None) -> Changed:
    """Save what was decided on an order that was seen at revision `seen`. In the writing thread.

    What the operator decided just before is told at once, and the order read again only then: it is no other's change.
    """
    before, after = desk.own_changes.get(order_id, (None, None))
    expected = after if seen is not None and seen == before else seen
    changed = book.change(order_id, made, desk.actor, expected_revision=expected)
    if seen is not None:
        desk.own_changes[order_id] = (seen, changed.revision)
    return changed


def take_suggested(desk: Desk, found: Suggestion, number: str, positions: Sequence[str] = ()) -> Begun:
    """Decide as the rules suggest, exactly as the operator saw it."""

    def change(book: OrderBook) -> Changed:
        from core.suggestion import take_suggestion  # only where there are rules

        shown = found.digest
        return take_suggestion(book, found.order_id, desk.actor, found.revision, positions=positions, shown=shown)

    return begin(desk, change, "suggested", number, positions)


def begin(
    desk: Desk, change: Callable[[OrderBook], Changed], action: str, number: str, positions: Sequence[str] = ()
) -> Begun:
    """Let the writing thread `change` an order; what it raises becomes a sentence too, after the desk's end if need be."""

    def tried(book: OrderBook) -> Changed:
        try:
            return change(book)
        except Exception as error:
            desk.untold[error] = _why_not(error, action, number)
            raise

    asked, hold = desk.writing.ask(tried), desk.settings.operator_hold
    return Begun(asked, action, number, tuple(positions), hold, desk.daemon_runs, desk.untold)
