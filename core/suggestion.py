"""What the rules would answer to an order, shown to a person, who takes it or not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from core.batch import Changed, NoSuchOrder
from core.decisions import Decision, LineDecision
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


def suggestion(book: OrderBook, order_id: int) -> Suggestion | None:
    """None where the order's connection has no rules, or nothing of the order awaits our word.

    Raises NoSuchOrder, StoreDamaged.
    """
    found = history.snapshot(book.store.connection, order_id)
    if found is None:
        raise NoSuchOrder(order_id)
    connection = book.settings.connection_named(found.connection)
    if connection is None or connection.rules == "off":
        return None
    record = found.record
    if not to_answer(record.order):
        return None
    try:
        rules = book.rules.current()
    except RulesError as error:
        return Suggestion(order_id, found.revision, trouble=str(error))
    past = past_of(book.store.connection, order_id)
    verdict = judged(record, rules, connection.terms, book.settings, book.clock(), changed=past.changed)
    return Suggestion(order_id, found.revision, verdict.lines, verdict.left)


def take_suggestion(
    book: OrderBook,
    order_id: int,
    actor: str,
    expected_revision: int | None = None,
    *,
    positions: Collection[str] = (),
    shown: tuple[LineDecision, ...] | None = None,
) -> Changed:
    """Decide as the rules suggest, for all lines or those at `positions`. The decision is `actor`'s, and names the rules.

    `shown`: what the operator saw suggested; refused where it is something else by now. Raises TransitionRefused where
    nothing is suggested, or the order's state or the outbound format forbids it; Conflict; NoSuchOrder; StoreError.
    """
    found = suggestion(book, order_id)
    number = _number(book, order_id)
    if found is not None and found.trouble is not None:
        raise TransitionRefused(number, None, f"the rules can't be asked: {found.trouble}")
    lines = found.lines if found is not None else ()
    if shown is not None and lines != shown:
        raise TransitionRefused(number, None, "the rules suggest something else by now; look again.")
    wanted = tuple(line for line in lines if not positions or line.position in positions)
    missing = [position for position in positions if position not in {line.position for line in wanted}]
    if found is None or not wanted or missing:
        raise TransitionRefused(number, missing[0] if missing else None, "the rules suggest no answer to it.")
    decision = Decision(id=book.new_id(), at=book.clock(), lines=wanted)
    expected = found.revision if expected_revision is None else expected_revision
    return book.change(order_id, decision, actor, expected_revision=expected)


def _number(book: OrderBook, order_id: int) -> str:
    found = history.snapshot(book.store.connection, order_id)
    return found.number if found is not None else f"#{order_id}"
