"""How much is taken at a time: so many documents a minute, so many requests and bytes at once."""

from __future__ import annotations

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
    """So much of something at once."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextmanager
    def share(self) -> Iterator[Share]:
        share = Share(self)
        try:
            yield share
        finally:
            self._taken -= share.size

    def take(self, count: int) -> None:
        """Raises Full."""
        if self._taken + count > self._most:
            raise Full
        self._taken += count


class Share:
    """What one request has of the room; given back at its end."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self.size = 0

    def grow(self, count: int) -> None:
        """Raises Full."""
        self._room.take(count)
        self.size += count
