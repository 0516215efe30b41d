"""What the rules would answer to an order, shown to a person, who takes it or not."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass

from core.batch import Changed, NoSuchOrder
from core.decisions import Decision, LineDecision
from core.model import OrderKey
from core.orderbook import OrderBook
from core.rules import RulesError
from core.ruling import judged, past_of
from core.store import history
from core.transition import TransitionRefused
from core.transition.tasks import to_answer


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Computed when it is shown: from the order at `revision`, the rules as they stand, and today."""

    order_id: int
    revision: int
    lines: tuple[LineDecision, ...] = ()
    """What the rules would answer, each naming its rule."""
    left: tuple[tuple[str, str], ...] = ()
    """Position and why, of the lines on which they say nothing."""
    trouble: str | None = None
    """Why the rules could not be asked: a sentence on their file."""

    @property
    def digest(self) -> str:
        """Of all that they would answer: one that says anything else has another."""
        return hashlib.sha256("\n".join(line.to_json() for line in self.lines).encode()).hexdigest()


def suggestion(book: OrderBook, order: int | OrderKey) -> Suggestion | None:
    """None where the order's connection has no rules, or nothing of the order awaits our word.

    Raises NoSuchOrder, StoreDamaged.
    """
    found = _snapshot(book, order)
    connection = book.settings.connection_named(found.connection)
    if connection is None or connection.rules == "off":
        return None
    record = found.record
    if not to_answer(record.order):
        return None
    try:
        rules = book.rules.current()
    except RulesError as error:
        return Suggestion(found.id, found.revision, trouble=str(error))
    past = past_of(book.store.connection, found.id)
    verdict = judged(record, rules, connection.terms, book.settings, book.clock(), changed=past.changed)
    return Suggestion(found.id, found.revision, verdict.lines, verdict.left)


def as_suggested(
    book: OrderBook, order: int | OrderKey, *, positions: Collection[str] = (), shown: str | None = None
) -> tuple[Decision, int]:
    """The decision that the rules suggest, for all lines or those at `positions`, and the order's revision that it is for.

    `shown`: digest of what the operator saw suggested; refused where it is something else by now. Raises
    TransitionRefused where nothing is suggested, NoSuchOrder, StoreDamaged.
    """
    found = suggestion(book, order)
    if found is not None and found.trouble is not None:
        raise TransitionRefused(_number(book, order), None, f"the rules can't be asked: {found.trouble}")
    lines = found.lines if found is not None else ()
    if shown is not None and (found is None or found.digest != shown):
        raise TransitionRefused(_number(book, order), None, "the rules suggest something else by now; look again.")
    wanted = tuple(line for line in lines if not positions or line.position in positions)
    missing = [position for position in positions if position not in {line.position for line in wanted}]
    if found is None or not wanted or missing:
        position = missing[0] if missing else None
        raise TransitionRefused(_number(book, order), position, "the rules suggest no answer to it.")
    return Decision(id=book.new_id(), at=book.clock(), lines=wanted), found.revision


def take_suggestion(
    book: OrderBook,
    order_id: int,
    actor: str,
    expected_revision: int | None = None,
    *,
    positions: Collection[str] = (),
    shown: str | None = None,
) -> Changed:
    """Decide as the rules suggest. The decision is `actor`'s, and names the rules.

    Raises what `as_suggested` raises, and TransitionRefused where the order's state or the outbound format forbids it;
    Conflict; StoreError.
    """
    decision, revision = as_suggested(book, order_id, positions=positions, shown=shown)
    expected = revision if expected_revision is None else expected_revision
    return book.change(order_id, decision, actor, expected_revision=expected)


def _snapshot(book: OrderBook, order: int | OrderKey) -> history.Snapshot:
    connection = book.store.connection
    if isinstance(order, int):
        found = history.snapshot(connection, order)
    else:
        found = history.snapshot_by_key(connection, order.connection, order.buyer, order.number)
    if found is None:
        raise NoSuchOrder(order)
    return found


def _number(book: OrderBook, order: int | OrderKey) -> str:
    return _snapshot(book, order).number
