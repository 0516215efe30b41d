"""uvicorn's HTTP/1.1 with an end to everything: to waiting for a request, to a body that nobody wants, to a silent reader.

uvicorn waits for ever for the first request of a connection, and for the rest of a body after the answer; here each of
these has its seconds, and the number of connections has a limit. It also tells whether an answer left us whole.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.server.went import Went

REQUEST_SECONDS: Final = 10.0
"""For the head of a request, from its first byte or when the connection was made; and for the rest of a body that was
refused before it was read."""
IDLE_SECONDS: Final = 75
"""Between two requests of a connection: longer than callers keep one that they don't use, since one that we end while they
begin to speak looks to them like trouble."""
WRITE_SECONDS: Final = 10.0
"""For an answer to leave us."""
TLS_LOOK: Final = 0.02
"""Seconds between two looks whether what TLS was given has left."""
MOST_CONNECTIONS: Final = 400
"""Below the number of files that a process may usually have open, the store's included."""
WIRE: Final = "podesk.wire"
"""Where a request's scope has its connection."""

_TOO_MANY = b"HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 5\r\nContent-Length: 0\r\n\r\n"
_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Wire(H11Protocol):
    """One connection."""

    def __init__(self, *args: Any, **named: Any) -> None:
        super().__init__(*args, **named)
        self._patience: asyncio.TimerHandle | None = None
        self._waiting: float | None = None
        """Seconds that `_patience` began with; None while a request is served."""
        self._broke = False
        self._lost = asyncio.Event()
        """The connection is over, and how is known."""
        self.under: asyncio.Transport | None = None
        """What TLS is spoken over; None without it."""
        application = self.app

        async def with_its_wire(scope: Any, receive: Any, send: Any) -> None:
            scope[WIRE] = self
            await application(scope, receive, send)

        self.app = with_its_wire

    @property
    def gone(self) -> bool:
        """Whether the caller went away before hearing of an answer; what is sent from now on goes nowhere."""
        return self.cycle.disconnected

    async def left(self) -> Went:
        """How the answer that was just sent has left us."""
        try:
            async with asyncio.timeout(WRITE_SECONDS):
                await self.flow.drain()
                # What TLS has let go of, the socket may not have taken yet; nobody tells when it does.
                while self.under is not None and self.under.get_write_buffer_size():  # noqa: ASYNC110
                    await asyncio.sleep(TLS_LOOK)
                if self.under is not None and self.under.is_closing():
                    await self._lost.wait()  # where it broke, what it held is gone before that is told
        except TimeoutError:
            self.transport.abort()
            return Went.DOUBTFUL
        return Went.DOUBTFUL if self._broke or self.gone else Went.WHOLE

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # So that `drain` waits for all of it; one and not none, with which TLS would wait for itself.
        transport.set_write_buffer_limits(high=1, low=0)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.write(_TOO_MANY)
            transport.close()
        else:
            self._watch()

    def data_received(self, data: bytes) -> None:
        try:
            super().data_received(data)
        except h11.LocalProtocolError:  # nonsense behind an answer: there is nothing left to say
            self.transport.abort()
        self._watch()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        self._broke = self._broke or exc is not None
        if self._patience is not None:
            self._patience.cancel()
        super().connection_lost(exc)
        self._lost.set()

    def shutdown(self) -> None:
        try:
            super().shutdown()
        except h11.LocalProtocolError:  # the rest of a refused body still comes
            self.transport.abort()

    def _watch(self) -> None:
        """Begin to wait for what comes next, unless we do already; what trickles in doesn't begin it again."""
        seconds: float | None = REQUEST_SECONDS
        if self.transport.is_closing() or (self.cycle is not None and not self.cycle.response_complete):
            seconds = None
        elif self.cycle is not None and self.conn.their_state is h11.IDLE and not self.conn.trailing_data[0]:
            seconds = IDLE_SECONDS
        if seconds == self._waiting:
            return
        self._waiting = seconds
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None
        if seconds is not None:
            self._patience = self.loop.call_later(seconds, self._lose_patience)

    def _lose_patience(self) -> None:
        if self.transport.is_closing():
            return
        if self.conn.their_state is h11.IDLE and self.conn.trailing_data[0]:
            self.transport.write(_TOO_SLOW)
        self.transport.close()
