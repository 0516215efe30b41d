"""A thread that has the store to itself, so that the screen never waits for a disk or for another process.

Questions go in as functions and come back as futures of the screen's loop. The thread dies with the process, so that
quitting waits for no query, and for a save only as long as it is told to. A save that was begun is finished or rolled back
by SQLite, and nothing in between is ever seen.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class StoreThread(Generic[T]):
    """One thread and what it opened: a store, or something that stands on one."""

    def __init__(self, name: str, opened: Callable[[], T], close: Callable[[T], None]) -> None:
        """Both are called in the thread, `opened` at its first question: a connection stays where it was made."""
        self._opened = opened
        self._close = close
        self._jobs: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._mine: T | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def ask(self, job: Callable[[T], R]) -> asyncio.Future[R]:
        """Run `job` in the thread; its result or exception arrives in the running loop. Jobs keep their order."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[R] = loop.create_future()
        # Where nobody waits any more, asyncio would print a traceback with what partners wrote.
        future.add_done_callback(lambda asked: asked.cancelled() or asked.exception())

        def done(result: R | None, error: BaseException | None) -> None:
            if future.done():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type]

        def run() -> None:
            result: R | None = None
            problem: BaseException | None = None
            try:
                if self._mine is None:
                    self._mine = self._opened()
                result = job(self._mine)
            except BaseException as error:  # it belongs to whoever asked
                problem = error
            try:
                loop.call_soon_threadsafe(done, result, problem)
            except RuntimeError:
                return  # the screen is gone; nobody waits for it any more

        self._jobs.put(run)
        return future

    def stop(self, wait: float = 0.0) -> None:
        """Let the thread end after what it was asked; waits at most `wait` seconds for that."""
        self._jobs.put(None)
        if wait > 0:
            self._thread.join(wait)

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()
        if self._mine is not None:
            self._close(self._mine)
