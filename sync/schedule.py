"""When to try again: delays that double up to a limit, each shortened by a random part so that retries don't march in step.

The partner's `Retry-After` is heard as the least delay, up to a bound: it is text from outside. Randomness is passed in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Schedule:
    first: timedelta = timedelta(seconds=5)
    most: timedelta = timedelta(hours=4)
    attempts: int = 20
    """After so many the row needs a person. With the delays above that is after about a day and a half."""
    longest_asked: timedelta = timedelta(hours=24)
    """The most that a partner's Retry-After is heeded."""
    jitter: float = 0.25
    """The greatest part of a delay that chance takes off."""

    def delay(self, attempts: int, random: Callable[[], float], retry_after: float | None = None) -> timedelta:
        """How long to wait after the `attempts`th failure in a row (from 1). `random` gives numbers in [0, 1)."""
        doublings = min(max(attempts, 1) - 1, 40)
        full = min(self.first * (1 << doublings), self.most)
        delay = full * (1 - self.jitter * random())
        if retry_after is not None and retry_after > 0:
            asked = min(retry_after, self.longest_asked.total_seconds())
            delay = max(delay, timedelta(seconds=asked))
        return delay

    def next_attempt(
        self, attempts: int, now: datetime, random: Callable[[], float], retry_after: float | None = None
    ) -> datetime:
        return now + self.delay(attempts, random, retry_after)

    def spent(self, attempts: int) -> bool:
        return attempts >= self.attempts
