"""The wish that the daemon ends: made by a signal or another thread, seen by its tasks and by work in threads."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

Task = asyncio.Task[Any]


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


async def until(tasks: Iterable[Task], event: asyncio.Event, seconds: float | None = None) -> list[Task]:
    """Wait until all tasks are done, the event has come or the time is over; the tasks that are not done then."""
    clock = asyncio.get_running_loop().time
    end = None if seconds is None else clock() + seconds
    come = asyncio.create_task(event.wait())
    running = list(tasks)
    while running and not come.done() and (end is None or clock() < end):
        timeout = None if end is None else end - clock()
        await asyncio.wait([*running, come], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
        running = [task for task in running if not task.done()]
    come.cancel()
    return running


@contextlib.contextmanager
def ending_on_signals(stop: Stop, stopping: asyncio.Event, hurry: asyncio.Event) -> Iterator[None]:
    """SIGTERM and SIGINT ask for the end, a second one for the end at once."""
    loop = asyncio.get_running_loop()

    def asked() -> None:
        with contextlib.suppress(RuntimeError):  # the loop may be closed when another thread asks late
            loop.call_soon_threadsafe(stopping.set)

    def signalled() -> None:
        if stop.requested:
            hurry.set()
        stop.request()

    stop.on_request(asked)
    taken = []
    for number in (signal.SIGTERM, signal.SIGINT):
        with contextlib.suppress(ValueError, RuntimeError, NotImplementedError):  # not in the main thread: not ours
            loop.add_signal_handler(number, signalled)
            taken.append(number)
    try:
        yield
    finally:
        for number in taken:
            loop.remove_signal_handler(number)
