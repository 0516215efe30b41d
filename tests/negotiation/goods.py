"""Where goods are at podesk and at the platform: as far as there, further only as far as operators moved them, and received
by nobody but the buyer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal

from core.model import LogisticsStatus, OrderLine
from core.pending import Record
from tests.negotiation.agreement import was_over
from tests.negotiation.coming import Ways
from tests.platform.line import Line
from tests.platform.orders import Order


class Goods:
    def __init__(self, ways: Ways) -> None:
        self._ways = ways
        self._moved: set[tuple[str, str]] = set()
        """Orders and lines of which an operator said that goods came to a stage."""
        self._most: dict[tuple[str, str], Decimal] = {}
        """How much of each line was ever received at the platform."""

    def moved(self, number: str, positions: Iterable[str]) -> None:
        self._moved |= {(number, position) for position in positions}

    def look(self, orders: Iterable[Order]) -> None:
        """At what was received, after the buyer did something."""
        for order in orders:
            for position, line in order.lines.items():
                key = order.number, position
                self._most[key] = max(self._most.get(key, Decimal(0)), line.came)

    def differences(self, record: Record, theirs: Order) -> Iterator[str]:
        if self._ways.few_words:
            return  # Nobody says then that goods are open again since other terms were asked.
        for position, line in theirs.lines.items():
            mine = record.order.line(position)
            if mine is None:
                continue
            if _rank(mine.logistics_status) < _rank(line.logistics):
                yield f"line {position}: goods are {mine.logistics_status} here and {line.logistics} there"
            if not was_over(line):
                yield from (f"line {position}: {one}" for one in self._further((theirs.number, position), mine, line))

    def _further(self, key: tuple[str, str], mine: OrderLine, theirs: Line) -> Iterator[str]:
        status = mine.logistics_status
        most = self._most.get(key, Decimal(0))
        furthest = (
            LogisticsStatus.SHIPPED if key in self._moved or most else LogisticsStatus.OPEN
        )  # What came was shipped.
        if status is not LogisticsStatus.CANCELLED and _rank(status) > max(_rank(theirs.logistics), _rank(furthest)):
            yield f"goods are {status} here, which nobody said, and {theirs.logistics} there"
        # Who only polls may not hear that what came in part was taken back.
        received = most if self._ways.polls else theirs.came
        if mine.progress.delivered > received:
            yield f"{mine.progress.delivered} were received here and {received} there"


def _rank(status: str) -> int:
    return list(LogisticsStatus).index(LogisticsStatus(status))
