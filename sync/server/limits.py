"""How much is taken at a time: so many documents a minute, so many requests and bytes at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class Rate:
    """A bucket that holds a minute's worth and is filled evenly."""

    def __init__(self, per_minute: int) -> None:
        self._per_second = per_minute / 60
        self._most = float(per_minute)
        self._left = self._most
        self._at: float | None = None

    def take(self, now: float) -> float:
        """Take one, at `now` (seconds on a clock that never goes back): 0.0, or the seconds until there is one."""
        wait = self.wait(now)
        if not wait:
            self._left -= 1
        return wait

    def wait(self, now: float) -> float:
        """The seconds until there is one; 0.0: there is."""
        if self._at is not None:
            self._left = min(self._most, self._left + (now - self._at) * self._per_second)
        self._at = now
        return (1 - self._left) / self._per_second if self._left < 1 else 0.0


class Full(Exception):
    """There is no room now; a little later there will be."""


class Room:
    """So much of something at once; and of that so much for one caller."""

    def __init__(self, most: int, of_one: int | None = None) -> None:
        self._most = most
        self._of_one = most if of_one is None else of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def share(self, whose: str = "") -> Iterator[Share]:
        share = Share(self, whose)
        try:
            yield share
        finally:
            self._taken[whose] -= share.size
            if not self._taken[whose]:
                del self._taken[whose]

    def take(self, count: int, whose: str = "") -> None:
        """Raises Full."""
        if self._taken.total() + count > self._most or self._taken[whose] + count > self._of_one:
            raise Full
        self._taken[whose] += count


class Share:
    """What one request has of the room; given back at its end."""

    def __init__(self, room: Room, whose: str) -> None:
        self._room = room
        self._whose = whose
        self.size = 0

    def grow(self, count: int) -> None:
        """Raises Full."""
        self._room.take(count, self._whose)
        self.size += count
