"""The wish that the daemon ends: made by a signal or another thread, seen by its tasks and by work in threads."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Stop:
    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._wakes: list[Callable[[], object]] = []

    @property
    def requested(self) -> bool:
        return self._event.is_set()

    def request(self) -> None:
        """Ask for the end. May be called from any thread, and more than once."""
        with self._lock:
            self._event.set()
            wakes = tuple(self._wakes)
        for wake in wakes:
            wake()

    def on_request(self, wake: Callable[[], object]) -> None:
        """Call `wake` when the end is asked for; at once when it has been already."""
        with self._lock:
            self._wakes.append(wake)
            already = self._event.is_set()
        if already:
            wake()
