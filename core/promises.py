"""What we promised and still owe: each agreed delivery whose goods have not all left, by day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from core.model import EXACT, LogisticsStatus, OrderLine, ScheduledDelivery, Unknown
from core.pending import Record
from core.store import Store, history
from core.transition.derive import has_goods, reaches
from core.transition.tables import CONFIRMED, UNDER_AGREEMENT, state_of

_BUNCH: Final = 200
"""Orders that are read at a time: they are large."""


class Standing(StrEnum):
    """How firm a promise is: what only we say so far is not shown as what both know."""

    AGREED = "agreed"
    PREDICTED = "predicted"
    """Our answer left, and the platform has not said yet what became of it."""
    UNSENT = "unsent"
    """Our answer has not left."""
    IN_TALKS = "in talks"
    """One of the two asks for other terms, or the buyer to cancel; until then the agreement stands."""


@dataclass(frozen=True, slots=True)
class Promise:
    """One agreed delivery of a line, or what of it has not left."""

    order_id: int
    connection: str
    buyer: str
    buyer_name: str
    """Empty where the order has none."""
    number: str
    position: str
    item: str | None
    """The buyer's number of it, else ours, else a name."""
    name: str | None
    date: dt.date | None
    """None: agreed as unknown."""
    quantity: Decimal | None
    """What has not left; None: agreed as unknown."""
    unit: str | None
    standing: Standing

    @property
    def place(self) -> tuple[dt.date, str, int]:
        """The soonest first, those without a day last."""
        return self.date or dt.date.max, self.number, self.order_id


def promised(store: Store, until: dt.date | None = None, limit: int | None = None) -> list[Promise]:
    """All that is owed, the soonest due first; up to and with the day `until`, and at most `limit` of it.

    Reads only orders in which something is agreed and open. Raises StoreDamaged.
    """
    with store.reading() as connection:
        names = dict(
            connection.execute(
                """SELECT id, buyer_name FROM orders WHERE to_ship = 1
                UNION
                SELECT o.id, o.buyer_name FROM tasks t
                JOIN lines l ON l.order_id = t.order_id AND l.position = t.position
                JOIN orders o ON o.id = t.order_id
                WHERE l.in_progress_status IS NOT NULL"""
            ).fetchall()
        )
        ids = list(names)
        found = [
            promise
            for start in range(0, len(ids), _BUNCH)
            for order_id, read in history.snapshots(connection, ids[start : start + _BUNCH]).items()
            for promise in _of_order(order_id, names[order_id], read.record)
            if until is None or (promise.date is not None and promise.date <= until)
        ]
    return sorted(found, key=lambda promise: promise.place)[:limit]


def _of_order(order_id: int, buyer_name: str, record: Record) -> Iterator[Promise]:
    unsent = {line.position for line in record.pending.lines} if record.pending is not None else set()
    order = record.order
    for line in order.lines:
        item = line.content.item
        for delivery, quantity in owed(line):
            yield Promise(
                order_id=order_id,
                connection=order.key.connection,
                buyer=order.key.buyer,
                buyer_name=buyer_name,
                number=order.key.number,
                position=line.position,
                item=item.number or item.supplier_item_number or item.standard_id,
                name=item.name or line.content.description,
                date=None if isinstance(delivery.date, Unknown) else delivery.date,
                quantity=quantity,
                unit=item.unit,
                standing=_standing(line, unsent=line.position in unsent),
            )


def owed(line: OrderLine) -> Iterator[tuple[ScheduledDelivery, Decimal | None]]:
    """The agreed deliveries of `line` that have not left, and how much of each (None: unknown).

    What has left is taken from them in the schedule's order, as despatch advices tell it.
    """
    if line.confirmed is None or state_of(line) not in UNDER_AGREEMENT:
        return
    if not has_goods(line) or reaches(line.logistics_status, LogisticsStatus.SHIPPED):
        return
    gone = line.progress.reached("shipped")
    for delivery in line.confirmed.delivery_schedule:
        if isinstance(delivery.quantity, Unknown):
            yield delivery, None
            continue
        part = min(gone, delivery.quantity)
        gone = EXACT.subtract(gone, part)
        left = EXACT.subtract(delivery.quantity, part)
        if left > 0:
            yield delivery, left


def _standing(line: OrderLine, *, unsent: bool) -> Standing:
    if unsent:
        return Standing.UNSENT
    if state_of(line) is not CONFIRMED:
        return Standing.IN_TALKS
    return Standing.PREDICTED if line.predicted else Standing.AGREED
