"""A wire between podesk and its partners on which bytes are counted: at the one that it is told, podesk is killed."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Self

_AT_ONCE = 65536


class Tap:
    """Counts what passes in both directions, of all the partners together."""

    def __init__(self) -> None:
        self.passed = 0
        self._at: int | None = None
        self._kill: Callable[[], object] = lambda: None
        self._lock = threading.Lock()
        self._open = ExitStack()

    def before(self, port: int) -> int:
        """The port that stands for a partner's."""
        listening = self._open.enter_context(socket.create_server(("127.0.0.1", 0)))
        threading.Thread(target=self._accept, args=(listening, port), daemon=True).start()
        mine: int = listening.getsockname()[1]
        return mine

    def kill_at(self, byte: int | None, kill: Callable[[], object] = lambda: None) -> None:
        """Count from here; of the byte at which it comes to it, the rest of what was said is lost."""
        with self._lock:
            self.passed, self._at, self._kill = 0, byte, kill

    def _accept(self, listening: socket.socket, port: int) -> None:
        with suppress(OSError):  # which is how it ends
            while True:
                near, _ = listening.accept()
                far = socket.create_connection(("127.0.0.1", port))
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(one, other), daemon=True).start()

    def _carry(self, one: socket.socket, other: socket.socket) -> None:
        with suppress(OSError):
            while said := one.recv(_AT_ONCE):
                other.sendall(self._counted(said))
        for each in (one, other):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def _counted(self, said: bytes) -> bytes:
        with self._lock:
            self.passed += len(said)
            if self._at is None or self.passed < self._at:
                return said
            late, self._at = self.passed - self._at, None
            self._kill()
            return said[: len(said) - late]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
