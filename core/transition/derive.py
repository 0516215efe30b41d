"""What follows from the lines: the order's own statuses, and where the goods are.

"A level has a status when its full quantity has it": a line by its running totals against what is agreed, an order by
its lines. None of this is ever set by itself.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Final, TypeVar

from core.model import (
    Frozen,
    LineType,
    LogisticsStatus,
    Order,
    OrderLine,
    ProcessStatus,
    Progress,
    Terms,
    number,
    total_quantity,
)

_LEAVE: Final = (ProcessStatus.CANCELLED, ProcessStatus.REJECTED, ProcessStatus.COMPLETED)
"""Lines of these statuses don't count unless no others are left, one status after the other."""

_REACHED: Final = {
    status: rank
    for rank, status in enumerate(
        (
            LogisticsStatus.CANCELLED,
            LogisticsStatus.OPEN,
            LogisticsStatus.PRODUCED,
            LogisticsStatus.READY_TO_SHIP,
            LogisticsStatus.SHIPPED,
            LogisticsStatus.DELIVERED,
        )
    )
}
"""How far each has come; cancelled goods are nowhere."""

_Model = TypeVar("_Model", bound=Frozen)


def kept(model: _Model, **fields: object) -> _Model:
    """`model` with fields replaced where the value is another one; `model` itself where none is.

    So that what did not change stays the very same object, down to the zeros behind a decimal point.
    """
    present = model.__dict__
    changed = {name: value for name, value in fields.items() if present[name] is not value and present[name] != value}
    return model.but(**changed) if changed else model


def derived(order: Order) -> Order:
    """`order` with its own statuses as its lines have them."""
    lines = order.lines
    return kept(order, process_status=process_status(lines), logistics_status=logistics_status(lines))


def process_status(lines: Collection[OrderLine]) -> ProcessStatus:
    """Cancelled lines don't count unless all are; then rejected, then completed ones likewise."""
    statuses = {line.process_status for line in lines}
    for status in _LEAVE:
        if statuses == {status}:
            return status
        statuses.discard(status)
    if not statuses <= {ProcessStatus.ISSUED} and not statuses <= {ProcessStatus.CONFIRMED}:
        return ProcessStatus.IN_PROGRESS
    return statuses.pop() if statuses else ProcessStatus.ISSUED


def logistics_status(lines: Collection[OrderLine]) -> LogisticsStatus:
    """The furthest that every line that counts has come; lines without goods count only where there are no others."""
    statuses = {line.logistics_status for line in lines}
    if len(statuses) < 2:
        return statuses.pop() if statuses else LogisticsStatus.OPEN
    counted = list(lines)
    for status in _LEAVE:
        if all(line.process_status is status for line in counted):
            break
        counted = [line for line in counted if line.process_status is not status]
    counted = [line for line in counted if has_goods(line)] or counted
    return min((line.logistics_status for line in counted), key=_REACHED.__getitem__)


def has_goods(line: OrderLine) -> bool:
    """Whether something is to be shipped for `line`: a charge is a price, and some lines expect no delivery."""
    return line.content.line_type is not LineType.CHARGE and not line.content.no_delivery_expected


def agreed(line: OrderLine) -> Terms:
    """What was agreed for `line`; before that, what is asked."""
    return line.confirmed if line.confirmed is not None else line.requested


def full_quantity(line: OrderLine) -> Decimal | None:
    """How much has to come for all of `line` to have come; None where nobody knows or can count it."""
    total = total_quantity(agreed(line).delivery_schedule)
    if total is None or total <= 0:
        return None
    try:
        return number(str(total))
    except ValueError:
        return None


def line_logistics(line: OrderLine) -> LogisticsStatus:
    """The furthest of ours and the platform's; Cancelled with a cancelled line.

    Where nobody knows the full quantity, quantities prove nothing, and a status that somebody stated stays.
    """
    if line.process_status is ProcessStatus.CANCELLED:
        return LogisticsStatus.CANCELLED
    moved = line.progress.produced or line.progress.delivered
    if line.logistics_status is LogisticsStatus.OPEN and line.reported is None and not moved:
        return LogisticsStatus.OPEN  # as most lines are; the rest takes ten times as long
    full = full_quantity(line)
    theirs = line.reported.logistics_status if line.reported is not None else None
    if full is not None:
        ours = _by_quantity(line.progress, full)
    elif theirs is None or moved:
        ours = line.logistics_status
    else:
        ours = LogisticsStatus.OPEN  # Nobody stated one but the platform, whose newest word is the one that counts.
    return max(ours, theirs or LogisticsStatus.OPEN, LogisticsStatus.OPEN, key=_REACHED.__getitem__)


def _by_quantity(progress: Progress, full: Decimal) -> LogisticsStatus:
    if progress.delivered >= full:  # …and where less than that came, no stage of ours is full by it
        return LogisticsStatus.DELIVERED
    if progress.shipped >= full:
        return LogisticsStatus.SHIPPED
    if progress.packed >= full:
        return LogisticsStatus.READY_TO_SHIP
    return LogisticsStatus.PRODUCED if progress.produced >= full else LogisticsStatus.OPEN


def reaches(status: LogisticsStatus, wanted: LogisticsStatus) -> bool:
    """Whether goods with `status` have come as far as `wanted`."""
    return _REACHED[status] >= _REACHED[wanted]
