"""How much to save at once, so that others can save in between."""

from __future__ import annotations

import time
from collections.abc import Callable

TARGET_SECONDS = 0.006
"""A group's write. A back-to-back importer with large transactions gave other writers a median of 933 ms and BUSY errors;
groups of at most 10 ms with as long a pause between them gave 1.4 ms."""
_LARGEST = 200


class Pace:
    """Adapts the size of groups to how long their writes take, and keeps the pauses between them as long."""

    def __init__(
        self, monotonic: Callable[[], float] = time.perf_counter, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.size = 4
        """How many to save next."""
        self._monotonic = monotonic
        self._sleep = sleep
        self._began = self._ended = 0.0
        self._took = 0.0

    def rest(self) -> None:
        """Called before a write: waits until the store was free for as long as the last write held it."""
        missing = self._ended + self._took - self._monotonic()
        if missing > 0:
            self._sleep(missing)

    def begins(self) -> None:
        """A write has the lock from now on."""
        self._began = self._monotonic()

    def ended(self, count: int) -> None:
        """…and gave it back, having saved `count`."""
        self._ended = self._monotonic()
        self._took = self._ended - self._began
        # Twice as many at most: one lucky write says little. A slow one is believed at once.
        fitting = int(count * TARGET_SECONDS / max(self._took, 1e-6))
        self.size = max(1, min(fitting, self.size * 2, _LARGEST))
