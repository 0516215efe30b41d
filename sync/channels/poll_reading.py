"""A platform's list of changed orders, as it was read once: whether all of it came, and how far one may go on by time.

The list is in the order of `lastUpdatedAt` (manual, "Polling pattern"), so who asks for what changed after a time that is
not the last of a page gets all that was not on it: also the others of the last one's time, of which the page may hold a
part.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sync.channels.poll_page import PollPage
from sync.channels.poll_progress import Key


@dataclass(slots=True)
class Reading:
    """The list from its beginning, page by page."""

    total: int | None = None
    mark: str | None = None
    times: dict[Key, str | None] = field(default_factory=dict)
    """`lastUpdatedAt` of each order in the list's order, by locator and fingerprint."""
    shrank: bool = False
    """It counted less orders on a later page than on an earlier one."""
    news: bool = False
    """Something stood in it that had not stood in it before."""
    step: str | None = None
    """The time from which one can go on, by its first page alone: of one answer the parts fit together."""
    left: bool = False
    """It is too long to be read to its end by pages: it goes on from `step`."""
    endless: bool = False
    """It has no end at all."""

    def add(self, page: PollPage) -> None:
        """What the next page says of the whole list."""
        self.shrank |= page.total is not None and self.total is not None and page.total < self.total
        self.total = page.total
        self.mark = page.mark if page.orders else self.mark or page.mark

    @property
    def trouble(self) -> str:
        """What the pages lack, so that nobody could say how far we have come."""
        if self.times and self.total is None:
            return "does not say how many orders changed (`total`)"
        if self.times and self.mark is None:
            return "does not say up to when its answer goes (`lastUpdatedAt`)"
        if self.endless:
            return f"gave {len(self.times):,} orders and has more, with no time in them from which one could go on"
        return ""

    def before_the_last(self) -> str | None:
        """The last time but that of the last order; None where they are not in order, not complete, or all the same."""
        times = [each for each in self.times.values() if each is not None]
        if len(times) < len(self.times) or times != sorted(times):
            return None
        return next((each for each in reversed(times) if each != times[-1]), None)
