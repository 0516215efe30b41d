"""A caller that says exactly the bytes it is told to, and hears statuses."""

from __future__ import annotations

import base64
import re
import socket
import struct
from types import TracebackType
from typing import Self

from tests.server.desk import MOST_SECONDS, SHOP, Desk

LOGIN = "Authorization: Basic " + base64.b64encode(":".join(SHOP).encode()).decode()


class Caller:
    def __init__(self, desk: Desk, window: int | None = None, address: str = "127.0.0.1") -> None:
        """`window`: how many bytes it hears before it must listen; `address`: its own, of this machine's 127.0.0.0/8."""
        self.socket = socket.socket()
        self.socket.bind((address, 0))
        self.socket.settimeout(MOST_SECONDS)
        if window is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
        self.socket.connect(("127.0.0.1", desk.port))
        self._heard = b""

    def head(self, path: str, *headers: str, method: str = "POST") -> None:
        """The head of a request with the shop's login."""
        lines = [f"{method} {path} HTTP/1.1", "Host: desk", LOGIN, *headers]
        self.say(("\r\n".join(lines) + "\r\n\r\n").encode())

    def say(self, words: bytes) -> None:
        self.socket.sendall(words)

    def status(self) -> int | None:
        """Of the next answer, its body passed over; None when the connection ends without one."""
        while b"\r\n\r\n" not in self._heard:
            part = self._part()
            if not part:
                return None
            self._heard += part
        head, _, self._heard = self._heard.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        want = int(length[1]) if length else 0
        while len(self._heard) < want:
            part = self._part()
            if not part:
                break
            self._heard += part
        self._heard = self._heard[want:]
        return int(head.split(b" ", 2)[1])

    def closed(self) -> bool:
        """Whether the other side ends it, with nothing more to say."""
        return self._part() == b""

    def cut(self) -> None:
        """End it hard, so that the other side notices at its next word."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    def close(self) -> None:
        self.socket.close()

    def _part(self) -> bytes:
        try:
            return self.socket.recv(65536)
        except ConnectionError:
            return b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
