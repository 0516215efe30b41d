"""The line to a partner, which can be cut: a time-out for each byte is none where a partner sends a byte now and then.

A conversation has an end for each of its steps. When it comes the line is cut from another thread, and whoever waits for an
answer gets a TimeoutError.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

SLOWEST: Final = 16 * 1024
"""Bytes in a second; what is large may take as long as that needs."""


class Line:
    """Hold the socket as soon as there is one; say for each step how long it may take; close at the end."""

    def __init__(self, seconds: float) -> None:
        """`seconds`: for one step in which not much is carried."""
        self._seconds = seconds
        self._lock = threading.Lock()
        self._held: socket.socket | None = None
        self._cut = False

    def hold(self, connected: socket.socket) -> socket.socket:
        """The same socket. Raises TimeoutError when the time was over before it was there."""
        with self._lock:
            if self._cut:
                connected.close()
                raise TimeoutError
            # A handle of its own: the socket itself may be wrapped in TLS, or be closed and its number used again.
            self._held = connected.dup()
        return connected

    def close(self) -> None:
        """Let go. Doesn't close the socket itself."""
        with self._lock:
            if self._held is not None:
                self._held.close()
            self._held = None

    @contextmanager
    def step(self, carried: int = 0, *, steps: int = 1) -> Iterator[None]:
        """What is done here, and may carry so many bytes, raises TimeoutError when it takes too long."""
        watch = threading.Timer(self._seconds * steps + carried / SLOWEST, self._end)
        watch.daemon = True
        watch.start()
        try:
            yield
        except Exception as error:
            if self._cut:
                raise TimeoutError from error
            raise
        finally:
            watch.cancel()

    def _end(self) -> None:
        with self._lock:
            self._cut = True
            if self._held is not None:
                with suppress(OSError):
                    self._held.shutdown(socket.SHUT_RDWR)
