"""The way from a socket to TLS: who has not made a handshake yet counts as a connection too, and what lies on our side of
the socket afterwards is known.

asyncio would make the protocol only after the handshake, however many connections it is still owed on, and tells of what
was handed to TLS as if it had left.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from sync.server.certificate import Certificate
from sync.server.wire import MOST_CONNECTIONS, Wire


@dataclass
class Doorway:
    """Where all connections come in that are to speak TLS; makes a `Door` for each."""

    make: Callable[[], Wire]
    certificate: Certificate
    """Asked for each handshake anew: it is renewed."""
    within: float
    """Seconds for a handshake."""
    inside: Collection[object]
    """Who has made it."""
    coming: set[Door] = field(default_factory=set)
    """Who is at it."""

    def __call__(self) -> Door:
        return Door(self)

    @property
    def full(self) -> bool:
        return len(self.coming) + len(self.inside) >= MOST_CONNECTIONS


class Door(asyncio.Protocol):
    """One connection until TLS is spoken; then it is a `Wire`'s."""

    def __init__(self, way: Doorway) -> None:
        self._way = way
        self._early = bytearray()
        """What was said behind the handshake before the wire was there."""
        self._over = False
        self._handshake: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self._way.full:
            transport.abort()
            return
        self._way.coming.add(self)
        transport.pause_reading()
        self._handshake = asyncio.get_running_loop().create_task(self._through(transport))

    def data_received(self, data: bytes) -> None:
        self._early += data

    def connection_lost(self, exc: Exception | None) -> None:
        self._over = True

    async def _through(self, under: asyncio.Transport) -> None:
        way = self._way
        try:
            secure = await asyncio.get_running_loop().start_tls(
                under, self, way.certificate.context, server_side=True, ssl_handshake_timeout=way.within
            )
        except (OSError, TimeoutError):  # no handshake, or a broken one
            return
        finally:
            way.coming.discard(self)
        if secure is None or self._over:
            return
        wire = way.make()
        wire.under = under
        secure.set_protocol(wire)
        wire.connection_made(secure)
        if self._early:
            wire.data_received(bytes(self._early))
