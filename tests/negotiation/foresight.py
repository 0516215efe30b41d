"""Whether podesk foresaw what became of its answers: its tables against the platform's, one answer at a time.

Only lines count that both sides saw alike when the answer left, and that nobody touched until the platform came to it; and
only where the manual says what becomes of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.model import OrderLine
from core.pending import Record
from core.store.rows import OutgoingRow
from tests.negotiation.agreement import asked_differences, line_differences, numbered_as_there
from tests.platform.line import (
    BUYERS_REOPEN,
    CONFIRMED,
    IN_PROGRESS,
    RESCHEDULE,
    RESCHEDULE_APPROVED,
    RESCHEDULE_REJECTED,
    UNCANCELLED,
    UNCOMPLETED,
    Line,
)
from tests.platform.orders import Platform, Worked

_OPEN_TO_HABITS = frozenset({UNCANCELLED, UNCOMPLETED, RESCHEDULE, RESCHEDULE_APPROVED, RESCHEDULE_REJECTED})


@dataclass(frozen=True, slots=True)
class _Foreseen:
    there: Line
    """As it stood at the platform when the answer left."""
    here: OrderLine
    """As podesk expects it."""


class Foresight:
    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._foreseen: dict[bytes, dict[str, _Foreseen]] = {}
        """By message and position."""
        self.kept = 0
        """Predictions that came true."""

    def departs(self, before: Record, after: Record, row: OutgoingRow) -> None:
        if row.kind != "order_response":
            return
        key = before.platform.key
        order = self._platform.orders[key.buyer.rpartition("/")[2], key.number]
        foreseen = self._foreseen.setdefault(row.payload, {})
        for line in after.platform.lines:
            known, there = before.platform.line(line.position), order.lines[line.position]
            alike = known is not None and not [*line_differences(known, there), *asked_differences(known, there)]
            if alike and line.predicted and known is not None and not known.predicted:
                foreseen[line.position] = _Foreseen(there, line)

    def came(self, worked: Worked) -> Iterator[str]:
        """What became otherwise than podesk expected of the lines that an answer was about."""
        expected, order = self._foreseen.pop(worked.payload, {}), worked.order
        for position, was in worked.before.items():
            foreseen, now = expected.get(position), order.lines[position]
            if foreseen is None or foreseen.there is not was or _is_open(was, now):
                continue
            here = numbered_as_there(foreseen.here, now)
            found = list(line_differences(here, now))
            if found:
                state = was.process if was.in_progress is None else f"{was.process}/{was.in_progress}"
                yield f"order {order.number}: line {position} was {state}, and not as foreseen: {'; '.join(found)}"
            else:
                self.kept += 1


def _is_open(was: Line, now: Line) -> bool:
    """What the manual leaves open (`Habits`)."""
    if was.in_progress in _OPEN_TO_HABITS:
        return now.process == IN_PROGRESS
    refused = was.in_progress == BUYERS_REOPEN and now.confirmed == was.confirmed
    return refused and now.process in (IN_PROGRESS, CONFIRMED)
