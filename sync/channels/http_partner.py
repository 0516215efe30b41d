"""A partner's server that speaks HTTP (httpx): its address, how we are let in, and one request at a time with its answer.

Every request waits for its turn (`sync.channels.pace`), has an end (no partner holds us by a byte now and then), follows no
redirect, and reads no more of the answer than was asked for. At Tradecloud a refused token is renewed once, then we log in
once, and then we stop. What an answer means is the channel's to say.
"""

from __future__ import annotations

import logging
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from socket import socket
from typing import Any, Final, Literal, NoReturn, Protocol
from urllib.parse import urlsplit

import httpx

from core.connections import Secret, is_loopback
from core.secrets import SecretError, resolve
from sync.channels import NotAdmitted, Unreachable, tls
from sync.channels.line import SLOWEST, Line
from sync.channels.pace import Pacer, shared_pacer
from sync.channels.retry_after import retry_after
from sync.channels.tradecloud_auth import TradecloudTokens
from sync.channels.words import IN_SENTENCE, one_line

NOT_NOW: Final = frozenset({408, 425, 429, 503})
WORDS: Final = 4096
"""Bytes of an answer that is only for people."""

# Its debug log prints the headers of answers, tokens among them.
logging.getLogger("httpcore").setLevel(logging.INFO)


class End(Enum):
    """How the body of an answer ended."""

    WHOLE = "whole"
    CUT = "longer than was asked for"
    BROKEN = "broken off, or too slow to wait for"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes
    end: End = End.WHOLE

    @property
    def text(self) -> str:
        """The body's beginning for people: one line, nothing that steers a screen or a log."""
        return one_line(self.body[:WORDS].decode("utf-8", "replace"))

    @property
    def words(self) -> str:
        text = self.text[:IN_SENTENCE]
        return f"HTTP {self.status}" + (f": {text}" if text else "")

    @property
    def target(self) -> str:
        """Where a redirect leads."""
        return one_line(self.headers.get("location", "another address"))[:IN_SENTENCE]


class AnswerLost(Unreachable):
    """The request may have arrived, and no answer came: for one that only asks, that is passing trouble."""

    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: the connection was lost before the partner answered ({reason})")
        self.reason = reason


class HttpTable(Protocol):
    """What the settings of every channel over HTTP hold."""

    @property
    def url(self) -> str: ...
    @property
    def auth(self) -> Literal["tradecloud", "basic", "bearer", "none"]: ...
    @property
    def user(self) -> str | None: ...
    @property
    def password(self) -> Secret | None: ...
    @property
    def token(self) -> Secret | None: ...
    @property
    def paths(self) -> dict[str, str]: ...


class HttpPartner:
    """One server as one connection knows it; lives as long as the channel, so that not each round logs in again.

    `timeout`: seconds for one step in which not much is carried.
    """

    def __init__(
        self,
        table: HttpTable,
        folder: Path,
        *,
        timeout: float,
        pacer: Pacer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(table.url)
        self.name = f"{parts.scheme}://{parts.netloc}"
        self.table = table
        self.timeout = timeout
        self.pacer = pacer or shared_pacer(self.name)
        self.now = now
        self.monotonic = monotonic
        self.tokens = TradecloudTokens(self.name, table.user or "", table.paths)
        self._folder = folder
        # A proxy of the environment has no business between us and our own machine.
        self._environment = not is_loopback(parts.hostname or "")
        self._tls = tls.context() if parts.scheme == "https" else None

    @contextmanager
    def conversation(self) -> Iterator[Conversation]:
        with httpx.Client(
            timeout=self.timeout,
            follow_redirects=False,
            verify=self._tls or True,
            trust_env=self._environment,
            headers={"User-Agent": "podesk", "Accept-Encoding": "identity"},
        ) as client:
            yield Conversation(self, client)

    def secret(self, secret: Secret | None) -> str:
        if secret is None:
            raise NotAdmitted(f"{self.name}: this connection has no password or token")
        try:
            return resolve(secret, self._folder)
        except SecretError as error:
            raise NotAdmitted(f"{self.name}: {error}") from None

    def address(self, path: str) -> str:
        return self.table.url.rstrip("/") + "/" + path.lstrip("/") if path else self.table.url


class Conversation:
    """Requests over one connection, one after the other."""

    def __init__(self, partner: HttpPartner, client: httpx.Client) -> None:
        self._partner = partner
        self._client = client
        self._socket: socket | None = None

    # Being let in

    def log_in(self, *, anew: bool = False) -> None:
        """At Tradecloud, have a token, by which to see that we are let in. Raises NotAdmitted, Unreachable."""
        if self._partner.table.auth == "tradecloud" and (anew or self._partner.tokens.present() is None):
            self._token()

    def ask(
        self,
        method: str,
        path: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        most: int = WORDS,
    ) -> Answer:
        """The answer to a request in our name, with up to `most` bytes of its body.

        Raises NotAdmitted when our credentials don't hold, Unreachable when nothing was asked, AnswerLost.
        """
        address = self._partner.address(path)

        def asked(authorization: str) -> Answer:
            held = dict(headers or {}) | ({"Authorization": authorization} if authorization else {})
            return self.exchange(method, address, content=content, headers=held, most=most)

        answer = asked(self._authorization())
        if self._partner.table.auth == "tradecloud":
            if answer.status == 401 and (token := self._partner.tokens.refresh(self._get)) is not None:
                answer = asked(token)
            if answer.status == 401:
                answer = asked(self._token())
        if answer.status == 401:
            raise NotAdmitted(
                f"{self._partner.name} does not take our credentials; check user, password or token of this connection"
            )
        return answer

    def retry_after(self, answer: Answer) -> float | None:
        """Seconds that the partner asks us to wait."""
        return retry_after(answer.headers, self._partner.now())

    def _token(self) -> str:
        partner = self._partner
        return partner.tokens.log_in(self._get, lambda: partner.secret(partner.table.password))

    def _authorization(self) -> str:
        partner, table = self._partner, self._partner.table
        match table.auth:
            case "tradecloud":
                return partner.tokens.present() or self._token()
            case "basic":
                pair = f"{table.user}:{partner.secret(table.password)}"
                return "Basic " + b64encode(pair.encode()).decode()
            case "bearer":
                return "Bearer " + partner.secret(table.token or table.password)
        return ""

    def _get(self, path: str, headers: dict[str, str], auth: httpx.BasicAuth | None = None) -> Answer:
        try:
            answer = self.exchange("GET", self._partner.address(path), headers=headers, auth=auth)
        except AnswerLost as error:  # what is lost is the log-in, not what we wanted to say after it
            raise Unreachable(f"{self._partner.name} can't be reached ({error.reason})") from None
        if answer.status in NOT_NOW or answer.status >= 500:
            raise Unreachable(f"{self._partner.name}: not now (HTTP {answer.status})", self.retry_after(answer))
        return answer

    # One request

    def exchange(
        self,
        method: str,
        address: str,
        *,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        auth: httpx.BasicAuth | None = None,
        most: int = WORDS,
    ) -> Answer:
        """One request, with what it is given and nothing else. Raises NotAdmitted, Unreachable, AnswerLost."""
        partner = self._partner
        partner.pacer.wait()
        line = Line(partner.timeout)

        def watch(event: str, info: dict[str, Any]) -> None:
            if event == "connection.connect_tcp.complete":
                self._socket = line.hold(info["return_value"].get_extra_info("socket"))

        try:
            if self._socket is not None:
                with suppress(OSError):  # closed since, and a new one is made
                    line.hold(self._socket)
            request = self._client.build_request(
                method, address, content=content or None, headers=dict(headers or {}), extensions={"trace": watch}
            )
            with line.step(len(content)):
                response = self._client.send(request, auth=auth, stream=True)
            try:
                return Answer(response.status_code, response.headers, *self._body(response, most))
            finally:
                response.close()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            self._no_connection(error)
        except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol):
            # The error's own text may hold a header, and with it a secret.
            raise NotAdmitted(
                f"{partner.name}: the request can't be made; check url, user, password or token"
            ) from None
        except (httpx.TransportError, TimeoutError) as error:
            raise AnswerLost(partner.name, why(error)) from None
        finally:
            line.close()

    def _body(self, response: httpx.Response, most: int) -> tuple[bytes, End]:
        held = bytearray()
        began = self._partner.monotonic()
        try:
            for chunk in response.iter_raw():
                held += chunk
                if len(held) > most:
                    return bytes(held[:most]), End.CUT
                if self._partner.monotonic() - began > self._partner.timeout + len(held) / SLOWEST:
                    return bytes(held), End.BROKEN
        except httpx.TransportError:
            return bytes(held), End.BROKEN
        return bytes(held), End.WHOLE

    def _no_connection(self, error: httpx.TransportError) -> NoReturn:
        if _untrusted(error):
            raise NotAdmitted(
                f"{self._partner.name} shows a certificate that this machine does not trust; check `url`, or install the"
                " authority that signed it (SSL_CERT_FILE)"
            ) from None
        raise Unreachable(f"{self._partner.name} can't be reached ({why(error)})") from None


def why(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return "no answer in time"
    return one_line(str(error))[:IN_SENTENCE] or type(error).__name__


def _untrusted(error: BaseException | None) -> bool:
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False
