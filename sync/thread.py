"""A thread of one's own: runs what it is given, one after the other, and can be left behind.

Channels block and are not shared between threads, so each connection has one of these for each direction. A pool of
`concurrent.futures` would be waited for when the interpreter ends, for as long as a silent partner pleases; this is a
daemon thread: the process may end while it still waits, which is no worse than a crash there.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, TypeVar

T = TypeVar("T")


class OwnThread:
    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def do(self, work: Callable[[], T]) -> T:
        """Run `work` in the thread, after what was given before; its result, or what it raised."""
        future: Future[T] = Future()
        self._work.put((future, work))
        return await asyncio.wrap_future(future)

    def end(self) -> None:
        """No more work: the thread ends when what it has is done. Doesn't wait."""
        self._work.put(None)

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (item := self._work.get()) is not None:
            future, work = item
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = work()
            except BaseException as error:
                future.set_exception(error)
            else:
                future.set_result(result)
