"""The way from a socket to TLS: who has not made a handshake yet counts as a connection too, and what lies on our side of
the socket afterwards is known.

asyncio would make the protocol only after the handshake, however many connections it is still owed on, and tells of what
was handed to TLS as if it had left.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable, Collection
from typing import cast

from sync.server.wire import MOST_CONNECTIONS, Wire


class Door(asyncio.Protocol):
    """One connection until TLS is spoken; then it is a `Wire`'s."""

    def __init__(
        self,
        make: Callable[[], Wire],
        context: ssl.SSLContext,
        within: float,
        coming: set[Door],
        inside: Collection[object],
    ) -> None:
        """`within`: seconds for the handshake; `coming`: all who are at it; `inside`: who has made it."""
        self._make = make
        self._context = context
        self._within = within
        self._coming = coming
        self._inside = inside
        self._early = bytearray()
        """What was said behind the handshake before the wire was there."""
        self._over = False
        self._handshake: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if len(self._coming) + len(self._inside) >= MOST_CONNECTIONS:
            cast("asyncio.Transport", transport).abort()
            return
        self._coming.add(self)
        cast("asyncio.Transport", transport).pause_reading()
        self._handshake = asyncio.get_running_loop().create_task(self._through(cast("asyncio.Transport", transport)))

    def data_received(self, data: bytes) -> None:
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True

    async def _through(self, under: asyncio.Transport) -> None:
        loop = asyncio.get_running_loop()
        try:
            secure = await loop.start_tls(
                under, self, self._context, server_side=True, ssl_handshake_timeout=self._within
            )
        except (OSError, TimeoutError):  # no handshake, or a broken one
            return
        finally:
            self._coming.discard(self)
        if secure is None or self._over:
            return
        wire = self._make()
        wire.under = under
        secure.set_protocol(wire)
        wire.connection_made(secure)
        if self._early:
            wire.data_received(bytes(self._early))
