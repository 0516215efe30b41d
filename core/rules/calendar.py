"""Working days and lead times: which day a delivery can be on at the earliest."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Final

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LONGEST: Final = 3660
"""Days that a lead time may have."""
_DAY: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LeadTime:
    """How long we need from an order to its delivery."""

    days: int
    working: bool
    """Counted in working days; otherwise every day counts."""

    def __str__(self) -> str:
        return f"{self.days} {'working ' if self.working else ''}day{'' if self.days == 1 else 's'}"


def lead_time(text: str) -> LeadTime:
    """The lead time that `text` writes: "10 working days", "14 days", "2 weeks". Raises ValueError."""
    found = re.fullmatch(r"([0-9]{1,4}) +(?:(working) +)?(day|week)s?", text.strip())
    if found is None or (found[2] and found[3] == "week"):
        raise ValueError('a time is written like "10 working days", "14 days" or "2 weeks"')
    days = int(found[1]) * (7 if found[3] == "week" else 1)
    if days > LONGEST:
        raise ValueError(f"at most {LONGEST} days")
    return LeadTime(days, found[2] is not None)


@dataclass(frozen=True, slots=True)
class Calendar:
    """On which days we work."""

    weekend: frozenset[int] = frozenset({5, 6})
    """Monday is 0; never all seven."""
    holidays: frozenset[dt.date] = frozenset()
    cutoff: dt.time | None = None
    """What comes later in the day counts as of the next one."""

    def works(self, day: dt.date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def next_working(self, day: dt.date) -> dt.date:
        """`day` itself, or the first working day after it. Raises OverflowError at the end of the calendar."""
        while not self.works(day):
            day += _DAY
        return day

    def first_day(self, today: dt.date, at: dt.datetime) -> dt.date:
        """The working day as of which something counts that came `today` at the time of `at` (on the desk's clock)."""
        late = self.cutoff is not None and at.time() >= self.cutoff
        return self.next_working(today + _DAY if late else today)

    def earliest(self, start: dt.date, lead: LeadTime) -> dt.date:
        """The first day that `lead` allows, counted from `start`, which is day nought. Raises OverflowError.

        In working days it is one; in days it may be a day off.
        """
        if not lead.working:
            return start + dt.timedelta(days=lead.days)
        day = self.next_working(start)
        for _ in range(lead.days):
            day = self.next_working(day + _DAY)
        return day
