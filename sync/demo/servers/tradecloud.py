"""An HTTP receiver in the shape of Tradecloud's API: log in, refresh, and take order responses and despatch advices.

A repeat (the same `Idempotency-Key`) is recorded as one and changes nothing, as at Tradecloud. Faults can be planned, each
for one message, in the order in which messages come: see `Fault`.
"""

from __future__ import annotations

import asyncio
import secrets
import socket
from base64 import b64encode
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.demo.servers.loop import LoopThread

_MOST_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """What was posted to us, once for each idempotency key (or each time, where there is none)."""

    path: str
    key: str | None
    content_type: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with one message. The plain `Fault()` is none: it lets a message through."""

    status: int = 0
    """Answer with this status and take nothing in."""
    headers: dict[str, str] = field(default_factory=dict)
    """Beside `status`: `{"Retry-After": "7"}`."""
    body: bytes = b""
    """Beside `status`."""
    lose_answer: bool = False
    """Take the message in, then cut the connection without an answer."""
    cut: bool = False
    """Cut the connection and take nothing in."""
    delay: float = 0.0
    """Seconds before the answer; the message is taken in first."""


class TradecloudServer(LoopThread):
    """Where a supplier's answers arrive.

    `auth`: `tradecloud` (log in, then bearer), or for other platforms `basic`, `bearer` (the token is the password), `none`.
    """

    def __init__(self, user: str, password: str, *, auth: str = "tradecloud") -> None:
        super().__init__("Tradecloud server")
        self.url = ""
        """The base address, once entered."""
        self.messages: list[Message] = []
        """Everything that was taken in, in order, repeats left out."""
        self.repeats: list[Message] = []
        self.logins = 0
        self.refreshes = 0
        self.attempts = 0
        """Posts of messages, whatever became of them."""
        self._auth = auth
        self._basic = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self._password = password
        self._faults: deque[Fault] = deque()
        self._login_faults: deque[Fault] = deque()
        self._access: set[str] = set()
        self._refresh = ""
        self._door: dict[tuple[str, int], asyncio.Transport] = {}
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    @property
    def responses(self) -> list[bytes]:
        """The order responses that were taken in, in order, repeats left out."""
        return [message.payload for message in self.messages if message.path.endswith("/order-response")]

    @property
    def despatches(self) -> list[bytes]:
        """The despatch advices, likewise."""
        return [message.payload for message in self.messages if message.path.endswith("/despatch-advice")]

    def plan(self, faults: Iterable[Fault]) -> None:
        """What happens to the next messages, one fault each; afterwards all goes well again."""
        self._faults.extend(faults)

    def plan_logins(self, faults: Iterable[Fault]) -> None:
        """The same for log-ins and refreshes."""
        self._login_faults.extend(faults)

    def expire_tokens(self) -> None:
        """Access tokens are worth nothing from now on; the refresh token still is."""
        self._access.clear()

    def forget_sessions(self) -> None:
        """Access and refresh tokens are worth nothing from now on."""
        self._access.clear()
        self._refresh = ""

    def change_password(self, password: str) -> None:
        """Whoever knows the old one is no longer let in, and must log in again."""
        self.forget_sessions()
        self._basic = "Basic " + b64encode(f"changed:{password}".encode()).decode()
        self._password = password

    # What partners call

    async def _login(self, request: Request) -> Response:
        if fault := self._next(self._login_faults):
            return await self._fail(request, fault)
        if request.headers.get("authorization") != self._basic:
            return JSONResponse({"error": "wrong user or password"}, 401)
        self.logins += 1
        return self._tokens()

    async def _renew(self, request: Request) -> Response:
        if fault := self._next(self._login_faults):
            return await self._fail(request, fault)
        if "authorization" in request.headers:
            return JSONResponse({"error": "the Refresh-Token header only"}, 400)
        if not self._refresh or request.headers.get("refresh-token") != self._refresh:
            return JSONResponse({"error": "this refresh token is dead"}, 401)
        self.refreshes += 1
        return self._tokens()

    def _tokens(self) -> Response:
        access, self._refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._access.add(access)
        return JSONResponse({}, 200, {"Set-Authorization": f"Bearer {access}", "Set-Refresh-Token": self._refresh})

    async def _take(self, request: Request) -> Response:
        self.attempts += 1
        if not self._admits(request.headers.get("authorization", "")):
            return JSONResponse({"error": "not authorised"}, 401)
        payload = bytearray()
        async for chunk in request.stream():
            payload += chunk
            if len(payload) > _MOST_BYTES:
                return JSONResponse({"error": "too large"}, 413)
        fault = self._next(self._faults)
        if fault is not None and (fault.status or fault.cut):
            return await self._fail(request, fault)
        headers = request.headers
        message = Message(
            request.url.path, headers.get("idempotency-key"), headers.get("content-type", ""), bytes(payload)
        )
        if message.key is not None and any(message.key == known.key for known in self.messages):
            self.repeats.append(message)
        else:
            self.messages.append(message)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.lose_answer:
                return await self._cut(request)
        return JSONResponse({"ok": True}, 200)

    def _admits(self, authorization: str) -> bool:
        match self._auth:
            case "tradecloud":
                return authorization.removeprefix("Bearer ") in self._access
            case "basic":
                return authorization == self._basic
            case "bearer":
                return authorization == f"Bearer {self._password}"
        return True

    @staticmethod
    def _next(faults: deque[Fault]) -> Fault | None:
        fault = faults.popleft() if faults else Fault()
        return None if fault == Fault() else fault

    async def _fail(self, request: Request, fault: Fault) -> Response:
        await asyncio.sleep(fault.delay)
        if fault.cut or fault.lose_answer:
            return await self._cut(request)
        return Response(fault.body, fault.status, fault.headers)

    async def _cut(self, request: Request) -> Response:
        if request.client is not None and (transport := self._door.get((request.client.host, request.client.port))):
            transport.abort()
            await asyncio.sleep(0)
        return Response(status_code=204)  # goes nowhere: the connection is gone

    # Serving

    async def _start(self) -> None:
        listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{listening.getsockname()[1]}/v2"
        door = self._door

        class Protocol(H11Protocol):
            """Remembers its connection, so that it can be cut."""

            def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
                super().connection_made(transport)
                if self.client is not None:
                    door[self.client] = transport

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                if self.client is not None:
                    door.pop(self.client, None)

        application = Starlette(
            routes=[
                Route("/v2/authentication/login", self._login, methods=["GET"]),
                Route("/v2/authentication/refresh", self._renew, methods=["GET"]),
                Route("/{path:path}", self._take, methods=["POST"]),
            ]
        )
        config = uvicorn.Config(
            application, http=Protocol, lifespan="off", log_config=None, access_log=False, timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.get_running_loop().create_task(self._server.serve([listening]))

    async def _stop(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            for transport in list(self._door.values()):
                transport.abort()
            await self._serving
