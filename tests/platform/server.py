"""The platform over HTTP, as its manual page describes it: log in, poll, send answers and advices, upload documents.

Tokens expire, a new refresh token kills the old one, and every request may meet `Weather`. The platform itself is shared
with whoever makes its buyers act: `lock` is held while it is read or changed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import re
import secrets
import socket
import threading
from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from uvicorn.protocols.http.h11_impl import H11Protocol

from sync.demo.servers.loop import LoopThread
from tests.platform import wire
from tests.platform.orders import Platform
from tests.platform.reading import Reading, Refused, parsed
from tests.platform.weather import Trouble, Weather

MOST_ORDERS_A_PAGE = 100
DOWNLOAD_FOR = dt.timedelta(minutes=1)
_SPLIT_STATUSES = ("Produced", "ReadyToShip", "Shipped")

Work = Callable[[Request, bytes], Response]


def _json(tree: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(wire.encoded(tree), status, headers, "application/json")


class PlatformServer(LoopThread):
    """`rng`: of what is strange in the documents that it gives; with None there is nothing strange."""

    def __init__(
        self,
        platform: Platform,
        user: str,
        password: str,
        *,
        weather: Weather | None = None,
        rng: random.Random | None = None,
        integration_may_ship: bool = False,
    ) -> None:
        super().__init__("platform")
        self.platform = platform
        self.weather = weather or Weather()
        self.lock = threading.RLock()
        self.url = ""
        """The base address, once entered."""
        self.refusals: list[str] = []
        """Each message that was answered 400, and why."""
        self.requests: list[str] = []
        """Method and path of each."""
        self._basic = "Basic " + b64encode(f"{user}:{password}".encode()).decode()
        self._rng = rng
        self._may_ship = integration_may_ship
        self._access: set[str] = set()
        self._refresh = ""
        self._downloads: dict[str, tuple[str, dt.datetime]] = {}
        self._door: dict[tuple[str, int], asyncio.Transport] = {}
        self._server: uvicorn.Server | None = None
        self._serving: asyncio.Task[None] | None = None

    # Tokens

    def expire_tokens(self) -> None:
        """An hour has gone by."""
        self._access.clear()

    def forget_sessions(self) -> None:
        """A day has gone by."""
        self._access.clear()
        self._refresh = ""

    def _login(self, request: Request, _: bytes) -> Response:
        if request.headers.get("authorization") != self._basic:
            return _json({"message": "wrong user or password"}, 401)
        return self._tokens()

    def _renew(self, request: Request, _: bytes) -> Response:
        if "authorization" in request.headers:
            return _json({"message": "the header Refresh-Token only"}, 400)
        if not self._refresh or request.headers.get("refresh-token") != self._refresh:
            return _json({"message": "this refresh token is dead"}, 401)
        self._access.clear()
        return self._tokens()

    def _logout(self, request: Request, _: bytes) -> Response:
        if "authorization" in request.headers:
            return _json({"message": "the header Refresh-Token only"}, 400)
        if request.headers.get("refresh-token") == self._refresh:
            self.forget_sessions()
        return _json({})

    def _tokens(self) -> Response:
        access, self._refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._access.add(access)
        return _json({}, 200, {"Set-Authorization": f"Bearer {access}", "Set-Refresh-Token": self._refresh})

    # What a supplier asks and sends

    def _poll(self, _: Request, payload: bytes) -> Response:
        tree = parsed(payload)
        reading = Reading()
        reading.tree(tree, "body", "filters", "offset", "limit")
        filters = reading.tree(tree.get("filters", {}), "filters", "lastUpdatedAfter")
        after = reading.text(filters, "lastUpdatedAfter", "filters")
        if after is not None and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", after) is None:
            reading.fault("filters.lastUpdatedAfter", "is no time of this platform's")
        offset, limit = tree.get("offset", 0), tree.get("limit", MOST_ORDERS_A_PAGE)
        for name, value, most in (("offset", offset, 10**9), ("limit", limit, MOST_ORDERS_A_PAGE)):
            if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
                reading.fault(name, f"is not a whole number from 0 to {most}")
        reading.done()
        found = self.platform.poll(after, offset, limit)
        return _json(found if self._rng is None else wire.strange(found, self._rng))

    def _respond(self, _: Request, payload: bytes) -> Response:
        self.platform.respond(payload)
        return _json({"ok": True}, 200 if self._rng is None else self._rng.choice((200, 202)))

    def _advise(self, _: Request, payload: bytes) -> Response:
        self.platform.advise(payload)
        return _json({"ok": True})

    def _upload(self, request: Request, payload: bytes) -> Response:
        document = _file(request.headers.get("content-type", ""), payload)
        if not document:
            raise Refused(["no document"])
        return _json({"objectId": self.platform.upload(document)})

    def _metadata(self, request: Request, _: bytes) -> Response:
        object_id = request.path_params["id"]
        if object_id not in self.platform.documents:
            return _json({"message": "no such document"}, 404)
        ticket = secrets.token_urlsafe(8)
        self._downloads[ticket] = (object_id, self.platform.clock() + DOWNLOAD_FOR)
        return _json({"id": object_id, "downloadUrl": f"{self.url}/download/{ticket}"})

    def _download(self, request: Request, _: bytes) -> Response:
        object_id, until = self._downloads.get(request.path_params["ticket"], ("", None))
        if until is None or self.platform.clock() > until:
            return _json({"message": "the address was good for a minute"}, 403)
        return Response(self.platform.documents[object_id])

    def _set_logistics(self, request: Request, payload: bytes) -> Response:
        if not self._may_ship:
            return _json({"message": "not among what an integration user may do"}, 403)
        order = next((one for one in self.platform.orders.values() if one.id == request.path_params["id"]), None)
        position = request.path_params["position"]
        if order is None or position not in order.lines:
            return _json({"message": "no such line"}, 404)
        said = [one.get("status") for one in parsed(payload).get("deliverySchedule", ())]
        if not said or any(one not in _SPLIT_STATUSES for one in said):
            raise Refused([f"deliverySchedule: {said}"])
        self.platform.set_logistics(order, position, min(said, key=_SPLIT_STATUSES.index))
        return _json({"ok": True})

    # How a request is met

    def _met(self, work: Work, guarded: bool, content: str | None) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            payload = await request.body()
            self.requests.append(f"{request.method} {request.url.path}")
            with self.lock:
                trouble = self.weather.next()
                response = self._answer(request, payload, work, guarded, content, trouble)
            if trouble is not None and trouble.delay:
                await asyncio.sleep(trouble.delay)
            return response if response is not None else await self._cut(request)

        return answer

    def _answer(
        self, request: Request, payload: bytes, work: Work, guarded: bool, content: str | None, trouble: Trouble | None
    ) -> Response | None:
        """None: the connection is cut."""
        if trouble is not None and (trouble.expired or trouble.forgotten) and guarded:
            self.forget_sessions() if trouble.forgotten else self.expire_tokens()
        if guarded and request.headers.get("authorization", "").removeprefix("Bearer ") not in self._access:
            return _json({"message": "not authorised"}, 401)
        if content is not None and request.headers.get("content-type", "").partition(";")[0].strip() != content:
            return _json({"message": f"{content} only"}, 415)
        failing = trouble is not None and (trouble.cut or trouble.status)
        response = None
        if not failing or (trouble is not None and trouble.taken):
            try:
                response = work(request, payload)
            except Refused as refused:
                self.refusals.append(f"{request.url.path}: {refused}: {payload.decode(errors='replace')}")
                response = _json({"message": str(refused), "reasons": refused.reasons}, 400)
        if trouble is None or not failing:
            return response
        return None if trouble.cut else _json({"message": "not now"}, trouble.status, trouble.headers)

    async def _cut(self, request: Request) -> Response:
        if request.client is not None and (transport := self._door.get((request.client.host, request.client.port))):
            transport.abort()
            await asyncio.sleep(0)
        return Response(status_code=204)  # goes nowhere: the connection is gone

    # Serving

    def _routes(self) -> list[Route]:
        def route(method: str, path: str, work: Work, *, guarded: bool = True, content: str | None = None) -> Route:
            return Route(f"/v2{path}", self._met(work, guarded, content), methods=[method])

        json = "application/json"
        return [
            route("GET", "/authentication/login", self._login, guarded=False),
            route("GET", "/authentication/refresh", self._renew, guarded=False),
            route("POST", "/authentication/logout", self._logout, guarded=False),
            route("POST", "/order-search/poll", self._poll, content=json),
            route("POST", "/api-connector/order-response", self._respond, content=json),
            route("POST", "/api-connector/shipment/despatch-advice", self._advise, content=json),
            route("POST", "/object-storage/document", self._upload),
            route("GET", "/object-storage/document/{id}/metadata", self._metadata),
            route("GET", "/download/{ticket}", self._download, guarded=False),
            route("POST", "/order/{id}/line/{position}/deliverySchedule", self._set_logistics, content=json),
        ]

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

        config = uvicorn.Config(
            Starlette(routes=self._routes()),
            http=Protocol,
            lifespan="off",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        self._server = uvicorn.Server(config)
        self._serving = asyncio.get_running_loop().create_task(self._server.serve([listening]))

    async def _stop(self) -> None:
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            for transport in list(self._door.values()):
                transport.abort()
            await self._serving


def _file(content_type: str, payload: bytes) -> bytes:
    """The uploaded bytes: the first part of a form, or the body itself."""
    if not content_type.startswith("multipart/form-data"):
        return payload
    form: Message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + payload)
    parts = form.get_payload()
    if not isinstance(parts, list) or not isinstance(part := parts[0], Message):
        return b""
    found = part.get_payload(decode=True)
    return found if isinstance(found, bytes) else b""
