"""A server in the shape of Tradecloud's API: log in, refresh, take order responses and despatch advices, give out orders to
those who poll, keep documents.

A repeat (the same `Idempotency-Key`) is recorded as one and changes nothing, as at Tradecloud. Faults can be planned, each
for one message, in the order in which messages come: see `Fault`.
"""

from __future__ import annotations

import asyncio
import re
import secrets
import socket
from base64 import b64encode
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field
from email.message import Message as Form

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.demo.servers.loop import LoopThread
from sync.demo.servers.tradecloud_shelves import DocumentShelf, OrderShelf

_DISPOSITION = re.compile(r'Content-Disposition: form-data; name="(?P<name>[^"]*)"; filename="(?P<file>[^"]*)"', re.I)
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
        self.port = 0
        self.messages: list[Message] = []
        """Everything that was taken in, in order, repeats left out."""
        self.repeats: list[Message] = []
        self.logins = 0
        self.refreshes = 0
        self.attempts = 0
        """Posts of messages, whatever became of them."""
        self.shelf = OrderShelf()
        """What can be polled."""
        self.documents = DocumentShelf()
        """What was uploaded, and what buyers attached."""
        self._auth = auth
        self._basic = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self._password = password
        self._faults: deque[Fault] = deque()
        self._login_faults: deque[Fault] = deque()
        self._poll_faults: deque[Fault] = deque()
        self._metadata_faults: deque[Fault] = deque()
        self._download_faults: deque[Fault] = deque()
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

    def plan_polls(self, faults: Iterable[Fault]) -> None:
        """The same for polls; a fault of status 200 answers with its body."""
        self._poll_faults.extend(faults)

    def plan_metadata(self, faults: Iterable[Fault]) -> None:
        """The same for questions where a document can be fetched."""
        self._metadata_faults.extend(faults)

    def plan_downloads(self, faults: Iterable[Fault]) -> None:
        """The same for the fetching itself, of which a fault may be `lose_answer`: it breaks off half-way."""
        self._download_faults.extend(faults)

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

    async def _poll(self, request: Request) -> Response:
        fault = self._next(self._poll_faults)
        if fault is not None:
            return await self._fail(request, fault)
        if not self._admits(request.headers.get("authorization", "")):
            return JSONResponse({"error": "not authorised"}, 401)
        try:
            return Response(self.shelf.page(await request.body()), media_type="application/json")
        except (ValueError, TypeError, KeyError):
            return JSONResponse({"error": "no poll"}, 400)

    async def _upload(self, request: Request) -> Response:
        self.attempts += 1
        if not self._admits(request.headers.get("authorization", "")):
            return JSONResponse({"error": "not authorised"}, 401)
        fault = self._next(self._faults)
        if fault is not None and (fault.status or fault.cut):
            return await self._fail(request, fault)
        found = _file(request.headers.get("content-type", ""), await request.body())
        if found is None:
            return JSONResponse({"error": "no file"}, 400)
        object_id = self.documents.put(*found)
        if fault is not None:
            await asyncio.sleep(fault.delay)
            if fault.lose_answer:
                return await self._cut(request)
        return JSONResponse({"id": object_id}, 200)

    async def _metadata(self, request: Request) -> Response:
        fault = self._next(self._metadata_faults)
        if fault is not None:
            return await self._fail(request, fault)
        if not self._admits(request.headers.get("authorization", "")):
            return JSONResponse({"error": "not authorised"}, 401)
        found = self.documents.documents.get(request.path_params["object_id"])
        if found is None:
            return JSONResponse({"error": "no such document"}, 404)
        return JSONResponse(
            {
                "id": found.object_id,
                "filename": found.name,
                "downloadUrl": f"{self.url}/storage/{found.object_id}?key=k",
            }
        )

    async def _download(self, request: Request) -> Response:
        """A signed address: whoever shows a token there has given it to somebody else than the platform."""
        if "authorization" in request.headers or request.query_params.get("key") != "k":
            return JSONResponse({"error": "signed addresses only"}, 403)
        found = self.documents.documents.get(request.path_params["object_id"])
        if found is None:
            return Response(status_code=404)
        self.documents.downloads.append(found.object_id)
        fault = self._next(self._download_faults)
        if fault is not None and (fault.status or fault.cut):
            return await self._fail(request, fault)
        if fault is not None and fault.lose_answer:
            return StreamingResponse(
                self._half(request, found.payload), headers={"Content-Length": str(len(found.payload))}
            )
        await asyncio.sleep(fault.delay if fault is not None else 0)
        return Response(found.payload)

    async def _half(self, request: Request, payload: bytes) -> AsyncIterator[bytes]:
        """The first half, then the connection is gone."""
        yield payload[: len(payload) // 2]
        await self._cut(request)

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
        self.port = listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/v2"
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
                Route("/v2/order-search/poll", self._poll, methods=["POST"]),
                Route("/v2/object-storage/document", self._upload, methods=["POST"]),
                Route("/v2/object-storage/document/{object_id}/metadata", self._metadata, methods=["GET"]),
                Route("/v2/storage/{object_id}", self._download, methods=["GET"]),
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


def _file(content_type: str, body: bytes) -> tuple[str, bytes] | None:
    """Name and bytes of the part `file` of a form (RFC 7578)."""
    form = Form()
    form["Content-Type"] = content_type
    boundary = form.get_param("boundary")
    if not isinstance(boundary, str):
        return None
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary.encode())[1:]:
        head, _, payload = part.partition(b"\r\n\r\n")
        found = _DISPOSITION.search(head.decode("utf-8", "replace"))
        if found is not None and found["name"] == "file":
            return found["file"].replace("%22", '"'), payload
    return None
