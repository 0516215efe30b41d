"""How much to save at once, so that others can save in between."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

TARGET_SECONDS: Final = 0.005
"""Writing the rows of a group, the disk's part of the commit not counted. A back-to-back importer with large transactions
gave other writers a median of 933 ms and BUSY errors; groups of at most 10 ms with as long a pause between gave 1.4 ms."""
_LARGEST: Final = 200
_LONGEST_REST: Final = 0.05
_WEIGHT: Final = 0.3
"""Of the latest measurement: a write that the system interrupted says little about the next."""


class Pace:
    """Adapts the size of groups to how long their rows take, and keeps the store free as long as it was held.

    The commit itself is left out of the size: it costs the same for one row as for many, so that on a slow or busy disk
    smaller groups would only make more of them.
    """

    def __init__(
        self, monotonic: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.size = 8
        """How many to save next."""
        self._monotonic = monotonic
        self._sleep = sleep
        self._began = self._ended = 0.0
        self._each: float | None = None

    def rest(self) -> None:
        """Called before a write: waits until the store was free for as long as the last write held it."""
        missing = min(self._ended - self._began, _LONGEST_REST) - (self._monotonic() - self._ended)
        if missing > 0 and self._ended:
            self._sleep(missing)

    def begins(self) -> None:
        """A write has the lock from now on."""
        self._began = self._monotonic()

    def wrote(self, count: int) -> None:
        """The rows of `count` are written, and the commit comes next."""
        each = (self._monotonic() - self._began) / count
        self._each = each if self._each is None else self._each + _WEIGHT * (each - self._each)
        fitting = int(TARGET_SECONDS / max(self._each, 1e-6))
        self.size = max(1, min(fitting, self.size * 2, _LARGEST))

    def ended(self) -> None:
        """The lock is given back."""
        self._ended = self._monotonic()
