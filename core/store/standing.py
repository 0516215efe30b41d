"""What lists filter, sort and search on, derived from an order as it is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from core.model import LogisticsStatus, Order, OrderLine, ProcessStatus
from core.pending import Record
from core.transition import TaskKind
from core.transition.tasks import task_of

_GONE = frozenset({LogisticsStatus.SHIPPED, LogisticsStatus.DELIVERED, LogisticsStatus.CANCELLED})
_OPEN = frozenset({ProcessStatus.ISSUED, ProcessStatus.IN_PROGRESS, ProcessStatus.CONFIRMED})

LineRow = tuple[str, str | None, str | None, str | None, str, str | None, str]


@dataclass(frozen=True, slots=True)
class Standing:
    """The columns of an order's row that follow from the order itself."""

    buyer_name: str
    process_status: str
    logistics_status: str
    reported: str | None
    due: str | None
    line_count: int
    to_answer: int
    waiting: int
    buyer_asks: int
    to_ship: int
    awaiting_word: int
    drafted: int
    """Something is decided that has not left."""
    lines: tuple[LineRow, ...]
    """Position, item, item name, due, process, in progress and logistics status."""
    order: Order

    @property
    def words(self) -> tuple[str, str, str]:
        """Number, buyer, items: what full-text search finds."""
        return words_of(self.order)

    def says_the_same_words(self, other: Standing) -> bool:
        """Whether search finds both by the same; told without looking where nothing of it was touched."""
        mine, theirs = self.order, other.order
        untouched = (
            mine.header is theirs.header
            and len(mine.lines) == len(theirs.lines)
            and all(a.content is b.content for a, b in zip(mine.lines, theirs.lines, strict=True))
        )
        return untouched or self.words == other.words


def standing_of(record: Record) -> Standing:
    order = record.order
    turns: set[TaskKind | None] = set()
    awaiting_word = 0
    earliest: str | None = None
    rows: list[LineRow] = []
    for line in order.lines:
        turns.add(task_of(line))
        due = _due(line)
        if due is not None and (earliest is None or due < earliest):
            earliest = due
        if line.predicted:
            awaiting_word = 1
        item = line.content.item
        rows.append(
            (
                line.position,
                item.number,
                item.name,
                due,
                line.process_status,
                line.in_progress_status,
                line.logistics_status,
            )
        )
    return Standing(
        buyer_name=_buyer_name(order),
        process_status=order.process_status,
        logistics_status=order.logistics_status,
        reported=order.reported.model_dump_json() if order.reported is not None else None,
        due=earliest,
        line_count=len(order.lines),
        to_answer=int(TaskKind.ANSWER in turns),
        waiting=int(TaskKind.WAIT in turns),
        buyer_asks=int(TaskKind.BUYER_ASKS in turns),
        to_ship=int(TaskKind.SHIP in turns),
        awaiting_word=awaiting_word,
        drafted=int(record.pending is not None),
        lines=tuple(rows),
        order=order,
    )


def words_of(order: Order) -> tuple[str, str, str]:
    """What full-text search finds the order by."""
    buyer = order.header.buyer
    names = buyer.names if buyer is not None else ()
    return order.key.number, " ".join((order.key.buyer, *names)), " ".join(_item_words(order))


def _item_words(order: Order) -> Iterator[str]:
    for line in order.lines:
        item = line.content.item
        for word in (item.number, item.name, item.supplier_item_number, item.standard_id):
            if word:
                yield word


def _buyer_name(order: Order) -> str:
    buyer = order.header.buyer
    return buyer.names[0] if buyer is not None and buyer.names else ""


def _due(line: OrderLine) -> str | None:
    """The earliest requested date of a line that is open and has not left the house."""
    if line.process_status not in _OPEN or line.logistics_status in _GONE:
        return None
    dates = [entry.date for entry in line.requested.delivery_schedule if isinstance(entry.date, dt.date)]
    return min(dates).isoformat() if dates else None
