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
"""Position, item, item name, due, process, in progress and logistics status."""


@dataclass(frozen=True, slots=True)
class Standing:
    """The columns of an order's row that follow from the order itself."""

    buyer_name: str
    platform_id: str | None
    reference: str | None
    """The platform's own, which stands first."""
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
    order: Order
    """As it is shown: what the rows of its lines and its search words are made of."""


def standing_of(record: Record) -> Standing:
    order = record.order
    turns: set[TaskKind | None] = set()
    awaiting_word = 0
    dates: list[dt.date] = []
    for line in order.lines:
        turns.add(task_of(line))
        if line.predicted:
            awaiting_word = 1
        if (due := _due(line)) is not None:
            dates.append(due)
    return Standing(
        buyer_name=_buyer_name(order),
        platform_id=order.platform_id,
        reference=next(iter(order.header.references), None),
        process_status=str(order.process_status),  # SQLite's module takes five times as long for a member of an enum
        logistics_status=str(order.logistics_status),
        reported=order.reported.model_dump_json() if order.reported is not None else None,
        due=min(dates).isoformat() if dates else None,
        line_count=len(order.lines),
        to_answer=int(TaskKind.ANSWER in turns),
        waiting=int(TaskKind.WAIT in turns),
        buyer_asks=int(TaskKind.BUYER_ASKS in turns or TaskKind.CANCELLATION in turns),
        to_ship=int(TaskKind.SHIP in turns),
        awaiting_word=awaiting_word,
        drafted=int(record.pending is not None),
        order=order,
    )


def line_row(line: OrderLine) -> LineRow:
    item = line.content.item
    due = _due(line)
    in_progress = line.in_progress_status
    return (
        line.position,
        item.number,
        item.name,
        due.isoformat() if due is not None else None,
        str(line.process_status),
        str(in_progress) if in_progress is not None else None,
        str(line.logistics_status),
    )


def same_content(before: Order, after: Order) -> bool:
    """Whether nothing was touched of what search finds an order by, or of the documents that it refers to."""
    return (
        before.header is after.header
        and len(before.lines) == len(after.lines)
        and all(old.content is new.content for old, new in zip(before.lines, after.lines, strict=True))
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


def _due(line: OrderLine) -> dt.date | None:
    """The earliest requested date of a line that is open and has not left the house."""
    if line.process_status not in _OPEN or line.logistics_status in _GONE:
        return None
    return min(
        [entry.date for entry in line.requested.delivery_schedule if isinstance(entry.date, dt.date)], default=None
    )
