"""How often a partner's server is asked: at most ten times a second, all channels of this process together."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

PER_SECOND: Final = 10
"""What Tradecloud allows; nobody else names a number."""


class Pacer:
    """Holds requests apart, so that there are at most `per_second` of them. May be shared by threads."""

    def __init__(
        self,
        per_second: int = PER_SECOND,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._apart = 1 / per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._lock = threading.Lock()
        self._next = float("-inf")

    def wait(self) -> None:
        with self._lock:
            now = self._monotonic()
            turn = max(now, self._next)
            self._next = turn + self._apart
        if turn > now:
            self._sleep(turn - now)


_shared: dict[str, Pacer] = {}
_sharing = threading.Lock()


def shared_pacer(server: str) -> Pacer:
    """The one of `server`: orders are polled and answers sent in threads of their own, and the server counts them all."""
    with _sharing:
        return _shared.setdefault(server, Pacer())
