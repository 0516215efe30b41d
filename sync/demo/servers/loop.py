"""An event loop in a thread of its own, for a server that runs beside blocking code."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")


class LoopThread(ABC):
    """Enter: the loop runs and `_start` has been awaited in it. Leave: `_stop` has been awaited and the thread has ended."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(self._loop,), name=self._name, daemon=True)
        self._thread.start()
        try:
            self._do(self._start())
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop serving and cut every connection. May be called before the end of the `with`, and again."""
        if self._loop is not None:
            try:
                self._do(self._stop())
            finally:
                self._end()

    @abstractmethod
    async def _start(self) -> None:
        """Begin to serve, in the loop."""

    @abstractmethod
    async def _stop(self) -> None:
        """Stop serving and cut every connection, in the loop."""

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` in the loop, from another thread; its result, or what it raised."""
        if self._loop is None:
            work.close()
            raise RuntimeError(f"the {self._name} is not running")
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end(self) -> None:
        loop, thread = self._loop, self._thread
        self._loop = self._thread = None
        if loop is not None and thread is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join()

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
            left = asyncio.all_tasks(loop)
            for task in left:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*left, return_exceptions=True))
            loop.run_until_complete(loop.shutdown_asyncgens())
        finally:
            loop.close()
