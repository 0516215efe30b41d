"""What operators said last of each line, and whether it is that which leaves.

Both sides may agree on a thing that no operator ever decided: an older word that left in place of the last one, one that
was taken back, one that the buyer has overtaken, or other terms than were typed. So each answer is held, at its first
claim, against what was decided.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import simplejson

from core.decisions import Act, Decision, LineDecision, Undo
from core.model import Order, OrderLine, Terms
from core.pending import Record
from core.store.rows import OutgoingRow
from tests.negotiation.agreement import plain

_INDICATORS: Final[dict[Act, tuple[str | None, ...]]] = {
    **dict.fromkeys((Act.ACCEPT, Act.AGREE, Act.APPROVE, Act.RECONFIRM), ("accepted",)),
    Act.REJECT: ("rejected",),
    Act.DISAGREE: ("rejected", None),
    **dict.fromkeys((Act.WITHDRAW, Act.REFUSE), (None,)),
    Act.PROPOSE: (None, "accepted"),
}
"""What each word may stand as on paper."""


@dataclass(frozen=True, slots=True)
class _Word:
    said: LineDecision
    about: tuple[OrderLine, ...]
    """The line as the platform's state had it when the word was said; and as it is if what was being sent comes back."""


class LastWords:
    def __init__(self) -> None:
        self._last: dict[tuple[str, str], _Word | None] = {}
        """By order number and position; None: taken back."""
        self._leaving: dict[tuple[str, str], _Word] = {}
        """What was claimed last, which may come back."""
        self._retried: set[str] = set()
        self.kept = 0
        """Words that left as they were said."""

    def decided(self, record: Record, decision: Decision) -> None:
        """`record` is what the decision was saved with."""
        waits = {line.position for line in record.pending.lines} if record.pending is not None else set()
        for said in decision.lines:
            if said.act is Act.DETAILS:
                continue
            if said.position not in waits:
                self._nothing_more(record, said.position)  # It stands so already, and nothing leaves.
                continue
            about = tuple(line for order in _as_known(record) if (line := order.line(said.position)) is not None)
            self._last[record.platform.key.number, said.position] = _Word(said, about)

    def undone(self, record: Record, undo: Undo) -> None:
        """`record` is what is left."""
        for position in undo.positions or [line.position for line in record.order.lines]:
            self._nothing_more(record, position)

    def _nothing_more(self, record: Record, position: str) -> None:
        """Nothing is to leave of the line but what is being sent, should that come back."""
        key = record.platform.key.number, position
        sent = record.in_flight.decision if record.in_flight is not None else None
        comes_back = sent is not None and any(line.position == position for line in sent.lines)
        if key in self._last:
            self._last[key] = self._leaving.get(key) if comes_back else None

    def retried(self, outbox_id: str) -> None:
        """Somebody wants an old message sent, whatever was said since."""
        self._retried.add(outbox_id)

    def was_retried(self, outbox_id: str) -> bool:
        return outbox_id in self._retried

    def leaves(self, before: Record, row: OutgoingRow) -> Iterator[str]:
        """What is wrong with a message that was claimed. `before`: its order until then."""
        if row.kind != "order_response" or row.doubtful or row.id in self._retried:
            return
        for answer in simplejson.loads(row.payload, use_decimal=True)["lines"]:
            position = answer["purchaseOrderLinePosition"]
            indicators = answer.get("indicators", {})
            indicator = next((name for name in ("accepted", "rejected") if indicators.get(name)), None)
            if indicator is None and "deliverySchedule" not in answer and "prices" not in answer:
                continue  # It says nothing of the line's terms.
            key = row.number, position
            word = self._last.get(key)
            if word is None:
                yield f"line {position}: an answer leaves that " + (
                    "was taken back" if key in self._last else "nobody gave"
                )
                continue
            self._leaving[key] = word
            wrong = list(_wrong(word, before.platform.line(position), indicator, answer))
            yield from (f"line {position}: {one}" for one in wrong)
            self.kept += not wrong


def _as_known(record: Record) -> Iterator[Order]:
    yield record.platform
    if record.in_flight is not None:
        yield record.in_flight.platform


def _wrong(word: _Word, now: OrderLine | None, indicator: str | None, answer: dict[str, Any]) -> Iterator[str]:
    if now is not None and _matter(now) not in map(_matter, word.about):
        yield "an answer leaves that was given before the buyer changed the line"
    if indicator not in _INDICATORS[word.said.act]:
        yield f"{word.said.act} was decided, and “{indicator or 'terms alone'}” leaves"
    if word.said.act is Act.PROPOSE and word.said.terms is not None:
        yield from _other_terms(word.said.terms, answer)


def _matter(line: OrderLine) -> tuple[object, ...]:
    """What an answer to a line is about."""
    return line.process_status, line.in_progress_status, _values(line.requested), _values(line.confirmed)


def _values(terms: Terms | None) -> object:
    return (
        None if terms is None else (sorted(terms.delivery_schedule, key=lambda one: one.position or ""), terms.prices)
    )


def _other_terms(decided: Terms, answer: dict[str, Any]) -> Iterator[str]:
    if decided.delivery_schedule:
        wanted = Counter((plain(one.date), plain(one.quantity)) for one in decided.delivery_schedule)
        stated = Counter((one.get("date"), one.get("quantity")) for one in answer.get("deliverySchedule", ()))
        if wanted != stated:
            yield f"{_deliveries(wanted)} was decided, and {_deliveries(stated)} leaves"
    if decided.prices is not None and decided.prices.net is not None and decided.prices.net.transaction is not None:
        price = decided.prices.net.transaction.value
        leaves = answer.get("prices", {}).get("netPrice", {}).get("priceInTransactionCurrency", {}).get("value")
        if leaves is None or Decimal(leaves) != price:
            yield f"a price of {price} was decided, and {leaves} leaves"


def _deliveries(schedule: Counter[tuple[Any, Any]]) -> str:
    return ", ".join(f"{quantity} on {date}" for date, quantity in schedule.elements())
