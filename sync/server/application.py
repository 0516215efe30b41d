"""The Orders API, as ASGI: from a request to a connection's reception, and back with what became of the document.

One path a connection. Nothing here blocks: what touches disk or store is the receptions' (`sync.server.reception`). Whatever
goes wrong in here is 503; 500, which platforms don't try again, is never said.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from hashlib import sha256
from math import ceil
from typing import Any, Final

from starlette.datastructures import Headers
from starlette.responses import Response

from core.connections import is_loopback
from core.webhook import Webhook
from sync.log import Log
from sync.server import voice
from sync.server.admission import SIGNATURE_HEADER, Admission
from sync.server.body import Gone, Receive, TooLarge, read_body
from sync.server.content_type import content_type
from sync.server.event_id import usable
from sync.server.guesses import Guesser, Guesses, caller
from sync.server.limits import Full, Rate, Room, Share
from sync.server.outcome import Outcome
from sync.server.reception import Posted, Reception, Unavailable
from sync.server.voice import Reply, Voice
from sync.server.went import Went
from sync.server.wire import WIRE
from sync.server.wsdl import wsdl

Scope = dict[str, Any]
Send = Callable[[Any], Awaitable[None]]

APPLIED_WITHIN: Final = 0.8
"""Seconds that a caller waits for more than 'kept': platforms want to hear within one."""
ANSWERED_WITHIN: Final = 10.0
"""…where answers go back at once."""
KEPT_WITHIN: Final = 20.0
"""Longer than a save waits for another process's."""
LAST_SECONDS: Final = 2.0
"""What is still coming in when we are to end gets so long."""
IN_MEMORY: Final = 4
"""Largest documents that all requests together may have in memory."""
UNKNOWN: Final = 4
"""Who is known only by the signature over a body has this part of all places at most, until the body is there; and one
address half of that."""

_HOST: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

_ABSOLUTE: Final = re.compile(r"https?://(?P<host>[^/]*)", re.IGNORECASE)


@dataclass
class _Call:
    """One request, and what is known of it for the log."""

    scope: Scope
    receive: Receive
    send: Send
    headers: Headers
    voice: Voice
    charset: str
    connection: str | None = None
    size: int = 0
    document: int | None = None
    started: bool = False

    @property
    def client(self) -> str:
        client = self.scope.get("client")
        return str(client[0]) if client else ""

    @property
    def guesser(self) -> Guesser:
        return self.scope["path"], caller(self.client)

    def raw(self, name: str) -> list[bytes]:
        """Every value of a header."""
        return [value for key, value in self.headers.raw if key == name.encode()]


@dataclass
class _Refusal(Exception):
    """The request ends with this status."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    why: str = ""
    """For the log."""
    told: str = ""
    """For the caller, where it is not what the status says of itself."""


class Application:
    def __init__(self, receptions: Mapping[str, Reception], settings: Webhook, log: Log) -> None:
        """`receptions` by path."""
        self._receptions = receptions
        self._settings = settings
        self._log = log
        self._rates = {path: Rate(settings.most_per_minute) for path in receptions}
        self._guesses = Guesses(settings.most_failures_per_minute)
        self._requests = Room(settings.most_at_once)
        self._bytes = Room(IN_MEMORY * settings.most_bytes)
        places = max(1, settings.most_at_once // UNKNOWN)
        self._unknown = Room(places, max(1, places // 2))
        self._unknown_bytes = Room(IN_MEMORY // 2 * settings.most_bytes, settings.most_bytes)
        self._coming: set[asyncio.Timeout] = set()
        self._ending = False

    def end(self) -> None:
        """Take no more; what is still coming in has a moment."""
        self._ending = True
        soon = asyncio.get_running_loop().time() + LAST_SECONDS
        for deadline in self._coming:
            when = deadline.when()
            deadline.reschedule(soon if when is None else min(soon, when))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        scope = _origin_form(scope)
        headers = Headers(scope=scope)
        kind = content_type(headers.get("content-type", ""))
        spoken = voice.of_headers(kind, headers.get("soapaction"))
        call = _Call(scope, receive, send, headers, spoken, kind.charset)
        try:
            await self._serve(call)
        except Gone:
            self._tell(call, 0, "went away")
        except BaseException as error:
            # Cancelled too, when we are to end and it takes too long: let out, uvicorn would make a 500 of it.
            if isinstance(error, Exception):
                self._log.exception("request stumbled", connection=call.connection)
            if not call.started:
                await self._reply(call, voice.problem(call.voice, 503, headers={"Retry-After": "5"}))

    async def _serve(self, call: _Call) -> None:
        try:
            with self._requests.share() as place:
                place.grow(1)
                await self._routed(call)
        except Full:
            await self._reply(call, voice.problem(call.voice, 503, headers={"Retry-After": "1"}), "too much at once")
        except _Refusal as refusal:
            reply = voice.problem(call.voice, refusal.status, refusal.told, refusal.headers)
            await self._reply(call, reply, refusal.why or voice.WORDS[refusal.status])

    async def _routed(self, call: _Call) -> None:
        path = call.scope["path"]
        reception = self._receptions.get(path)
        if reception is None:
            raise _Refusal(404, why=f"no connection has the path {path}")
        call.connection = reception.connection.name
        asks_wsdl = call.scope["method"] == "GET" and call.scope.get("query_string", b"").lower() == b"wsdl"
        if call.scope["method"] != "POST" and not asks_wsdl:
            raise _Refusal(405, {"Allow": "POST"}, f"{call.scope['method'][:20]} is not taken")
        if self._ending:
            raise _Refusal(503, {"Retry-After": "30"}, "we are to end")
        admission = reception.admission
        if admission is None:
            raise _Refusal(503, {"Retry-After": "10"}, "the connection's secret can't be had")
        self._not_guessing(call)
        given = call.raw(admission.header)
        if not admission.at_the_door(given):
            raise self._not_let_in(call, admission, guessed=bool(given) or admission.by_signature)
        with self._bytes.share() as share:
            body, digest = await self._body(call, reception, share)
            if asks_wsdl:
                reply = Reply(200, wsdl(self._address(call)), "text/xml; charset=utf-8")
                await self._reply(call, reply)
            else:
                await self._post(call, reception, body, digest)

    async def _body(self, call: _Call, reception: Reception, share: Share) -> tuple[bytes, str]:
        """The whole body and its sha256, from a caller who is let in. Raises _Refusal, Full, Gone."""
        admission = reception.admission
        assert admission is not None
        if not admission.by_signature:
            self._one_more(call)
        if call.headers.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
            raise _Refusal(415)
        seal = admission.seal(call.raw(SIGNATURE_HEADER))
        digest = sha256()

        def hear(part: bytes) -> None:
            call.size += len(part)
            seal.update(part)
            digest.update(part)

        if not admission.by_signature:
            return await self._whole(call, share.grow, hear), digest.hexdigest()
        address = caller(call.client)
        with self._unknown.share(address) as place, self._unknown_bytes.share(address) as unknown:
            place.grow(1)

            def take(count: int) -> None:
                unknown.grow(count)
                share.grow(count)

            try:
                body = await self._whole(call, take, hear)
            except _Refusal as refusal:
                if refusal.status == 408:  # it may never have had a signature
                    self._guesses.wrong(call.guesser, asyncio.get_running_loop().time())
                raise
        if not seal.holds:
            raise self._not_let_in(call, admission, guessed=True)
        self._one_more(call)
        return body, digest.hexdigest()

    async def _whole(self, call: _Call, take: Callable[[int], None], hear: Callable[[bytes], None]) -> bytes:
        """The body, as soon as it is there. Raises _Refusal, Full, Gone."""
        declared = call.headers.get("content-length")
        try:
            async with asyncio.timeout(self._settings.body_within.total_seconds()) as deadline:
                self._coming.add(deadline)
                return await read_body(
                    call.receive,
                    declared=int(declared) if declared is not None and declared.isdigit() else None,
                    most=self._settings.most_bytes,
                    take=take,
                    hear=hear,
                )
        except TooLarge:
            raise _Refusal(413) from None
        except TimeoutError:
            if self._ending:
                raise _Refusal(503, {"Retry-After": "30", "Connection": "close"}, "we are to end") from None
            raise _Refusal(408, {"Connection": "close"}) from None
        finally:
            self._coming.discard(deadline)

    def _not_guessing(self, call: _Call) -> None:
        """Whoever was wrong too often is not heard for a while, right or wrong: nobody shall try out a log-in."""
        if wait := self._guesses.wait(call.guesser, asyncio.get_running_loop().time()):
            why = "too many wrong log-ins"
            if not self._settings.behind_proxy and is_loopback(call.client):
                why += "; callers through a proxy are one without behind_proxy = true"
            told = "too many wrong log-ins from this address; wait"
            raise _Refusal(429, {"Retry-After": str(ceil(wait))}, why, told)

    def _not_let_in(self, call: _Call, admission: Admission, *, guessed: bool) -> _Refusal:
        if guessed:
            self._guesses.wrong(call.guesser, asyncio.get_running_loop().time())
        return _Refusal(401, {"WWW-Authenticate": admission.challenge})

    def _one_more(self, call: _Call) -> None:
        wait = self._rates[call.scope["path"]].take(asyncio.get_running_loop().time())
        if wait:
            raise _Refusal(429, {"Retry-After": str(ceil(wait))})

    async def _post(self, call: _Call, reception: Reception, body: bytes, digest: str) -> None:
        key = usable(call.headers.get("idempotency-key"))
        posted = Posted(body, digest, key, call.client, call.voice, call.charset)
        reception.take(posted)
        try:
            async with asyncio.timeout(KEPT_WITHIN):
                call.document = await asyncio.wrap_future(posted.kept)
        except (TimeoutError, Unavailable) as error:
            posted.done.cancel()
            why = str(error) or "could not be kept in time"
            raise _Refusal(503, {"Retry-After": "10"}, why) from None
        try:
            outcome = await self._outcome(posted, reception.answers_at_once)
        except BaseException:  # we are to end: an answer that is claimed by now did not go this way
            posted.done.add_done_callback(lambda done: _unclaim(reception, digest, done))
            posted.done.cancel()
            raise
        call.voice = outcome.voice
        reply = outcome.reply(answers_at_once=reception.answers_at_once)
        went = Went.DOUBTFUL
        try:
            went = await self._reply(call, reply, outcome.word if outcome.answer is None else "answered")
        finally:
            if outcome.claimed is not None:
                reception.settle(outcome.claimed, digest, went)

    @staticmethod
    async def _outcome(posted: Posted, answers_at_once: bool) -> Outcome:
        """What became of it as far as is known soon; it is kept in any case."""
        done = asyncio.wrap_future(posted.done)
        await asyncio.wait([done], timeout=ANSWERED_WITHIN if answers_at_once else APPLIED_WITHIN)
        if not done.done() and posted.done.cancel():
            return Outcome.kept(posted.document, posted.body, posted.spoken)
        return await done  # being told just now, with an answer perhaps that is claimed already

    def _address(self, call: _Call) -> str:
        """Where this path is reached: as the settings say, else as the caller reached it, if that can be an address."""
        path = call.scope["path"]
        if self._settings.public_url is not None:
            return f"{self._settings.public_url}{path}"
        host = call.headers.get("host", "")
        if _HOST.fullmatch(host) is None:
            server = call.scope.get("server") or ("localhost", 80)
            host = f"[{server[0]}]:{server[1]}" if ":" in str(server[0]) else f"{server[0]}:{server[1]}"
        return f"{call.scope['scheme']}://{host}{path}"

    async def _reply(self, call: _Call, reply: Reply, word: str = "") -> Went:
        """Send it; how it left us."""
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **reply.headers}
        response = Response(reply.content, reply.status, headers, reply.content_type)
        wire = call.scope[WIRE]
        went = Went.NOT
        if not wire.gone:
            call.started = True
            await response(call.scope, call.receive, call.send)
            went = await wire.left()
        self._tell(call, reply.status, word if went is Went.WHOLE else f"{word}; {went.value}")
        return went

    def _tell(self, call: _Call, status: int, word: str) -> None:
        facts = {"client": call.client, "status": status, "bytes": call.size, "word": word}
        if call.document is not None:
            facts["document"] = call.document
        log = self._log.info if 0 < status < 400 else self._log.warning
        log("request", connection=call.connection, **facts)


def _origin_form(scope: Scope) -> Scope:
    """`scope` with a path alone, where the whole address was asked for: a server must take that (RFC 9112, 3.2.2), and then
    the host is the one in the address."""
    found = _ABSOLUTE.match(scope["path"])
    if found is None:
        return scope
    headers = [(name, value) for name, value in scope["headers"] if name != b"host"]
    host = (b"host", found["host"].encode("latin-1", "replace"))
    return {**scope, "path": scope["path"][found.end() :] or "/", "headers": [*headers, host]}


def _unclaim(reception: Reception, digest: str, done: Future[Outcome]) -> None:
    if not done.cancelled() and done.exception() is None and (row := done.result().claimed) is not None:
        reception.settle(row, digest, Went.NOT)
