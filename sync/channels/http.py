"""Answers as HTTP requests (httpx): one at a time, at most ten a second, each under the id of its outbox row.

What an answer of the partner means:

- 2xx: taken, and the receipt says so.
- 401: the credentials don't hold (at Tradecloud after one refresh and one log-in).
- 408, 425, 429, 503, or no connection: not now, and it was not taken; `Retry-After` is heeded.
- every other 5xx, and no answer after we began to send: nobody knows; the same bytes go again under the same key.
- every other answer, redirects too: never.

At Tradecloud we log in before the first message is taken in hand.
"""

from __future__ import annotations

import logging
import ssl
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final, NoReturn
from urllib.parse import urlsplit

import httpx

from core.connections import HttpOutbound, Secret, is_loopback
from core.secrets import SecretError, resolve
from sync.channels import NotAdmitted, Parcel, Refused, Uncertain, Unreachable, tls
from sync.channels.tradecloud_auth import TradecloudTokens

PER_SECOND: Final = 10
TRADECLOUD_PATHS: Final = {
    "order_response": "/api-connector/order-response",
    "despatch_advice": "/api-connector/shipment/despatch-advice",
}
_NOT_NOW: Final = frozenset({408, 425, 429, 503})
_BODY: Final = 4096
"""Bytes of an answer that are read: it is for people, nothing in it steers us."""
_IN_SENTENCE: Final = 200
_LONGEST_WAIT: Final = 24 * 3600.0

# Its debug log prints the headers of answers, tokens among them.
logging.getLogger("httpcore").setLevel(logging.INFO)


class Pacer:
    """Holds requests apart, so that there are at most `per_second` of them."""

    def __init__(
        self,
        per_second: int = PER_SECOND,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._apart = 1 / per_second
        self._monotonic = monotonic
        self._sleep = sleep
        self._next = float("-inf")

    def wait(self) -> None:
        now = self._monotonic()
        if now < self._next:
            self._sleep(self._next - now)
        self._next = max(now, self._next) + self._apart


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    headers: Mapping[str, str]
    body: str

    @property
    def words(self) -> str:
        return f"HTTP {self.status}" + (f": {self.body[:_IN_SENTENCE]}" if self.body else "")


class HttpOutboundChannel:
    def __init__(
        self,
        settings: HttpOutbound,
        folder: Path,
        *,
        pacer: Pacer | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        parts = urlsplit(settings.url)
        self.name = f"{parts.scheme}://{parts.netloc}"
        self.settings = settings
        self.pacer = pacer or Pacer()
        self.now = now
        self.monotonic = monotonic
        self.tokens = TradecloudTokens(self.name, settings.user or "", settings.paths)
        self._folder = folder
        # A proxy of the environment has no business between us and our own machine.
        self._environment = not is_loopback(parts.hostname or "")
        self._tls = tls.context() if parts.scheme == "https" else None

    @contextmanager
    def session(self) -> Iterator[HttpOutboundSession]:
        with self._connected() as session:
            if self.settings.auth == "tradecloud":
                session.log_in()
            yield session

    @contextmanager
    def _connected(self) -> Iterator[HttpOutboundSession]:
        with httpx.Client(
            timeout=self.settings.timeout.total_seconds(),
            follow_redirects=False,
            verify=self._tls or True,
            trust_env=self._environment,
            headers={"User-Agent": "podesk", "Accept-Encoding": "identity"},
        ) as client:
            yield HttpOutboundSession(self, client)

    def check(self) -> str:
        with self._connected() as session:
            return session.check()

    def secret(self, secret: Secret | None) -> str:
        if secret is None:
            raise NotAdmitted(f"{self.name}: this connection has no password or token")
        try:
            return resolve(secret, self._folder)
        except SecretError as error:
            raise NotAdmitted(f"{self.name}: {error}") from None

    def address(self, path: str) -> str:
        return self.settings.url.rstrip("/") + "/" + path.lstrip("/") if path else self.settings.url

    def address_of(self, kind: str) -> str:
        usual = TRADECLOUD_PATHS if self.settings.auth == "tradecloud" else {}
        return self.address(self.settings.paths.get(kind, usual.get(kind, "")))


class HttpOutboundSession:
    def __init__(self, channel: HttpOutboundChannel, client: httpx.Client) -> None:
        self._channel = channel
        self._client = client

    def log_in(self) -> None:
        """Have a token, by which to see that we are let in. Raises NotAdmitted, Unreachable."""
        if self._channel.tokens.present() is None:
            self._log_in()

    def send(self, parcel: Parcel) -> str:
        about = f"{self._channel.name}: order {parcel.order_number}"
        answer = self._delivered(parcel, about)
        if 200 <= answer.status < 300:
            return answer.words
        if answer.status == 401:
            raise NotAdmitted(
                f"{self._channel.name} does not take our credentials; check user, password or token of this connection"
            )
        if answer.status in _NOT_NOW:
            raise Unreachable(f"{about}: not now, says the partner ({answer.words})", self._retry_after(answer))
        if answer.status >= 500:
            raise Uncertain(
                f"{about}: something failed at the partner's ({answer.words}); it may have the message",
                self._retry_after(answer),
            )
        if 300 <= answer.status < 400:
            target = _one_line(answer.headers.get("location", "another address"))[:_IN_SENTENCE]
            raise Refused(
                f"{about}: the partner sends us on to {target} (HTTP {answer.status}), where we don't follow; if that is"
                " right, set `url` to it",
                answer.status,
                answer.body,
            )
        raise Refused(
            f"{about}: the partner refuses the message ({answer.words}); mend what it names, or ask the partner, then retry",
            answer.status,
            answer.body,
        )

    def check(self) -> str:
        name, settings = self._channel.name, self._channel.settings
        if settings.auth == "tradecloud":
            self._log_in()
            return f"{name}: logged in as {settings.user}"
        headers = {} if settings.auth == "none" else {"Authorization": self._authorization()}
        answer = self._get("", headers)
        if answer.status_code in (401, 403):
            raise NotAdmitted(f"{name} does not take our credentials (HTTP {answer.status_code})")
        return f"{name} answers (HTTP {answer.status_code} to a plain look); nothing was sent"

    # Credentials

    def _delivered(self, parcel: Parcel, about: str) -> _Answer:
        """The partner's answer; where a token was refused, the one to the same message under a new token."""
        if self._channel.settings.auth != "tradecloud":
            return self._post(parcel, about, self._authorization())
        tokens = self._channel.tokens
        answer = self._post(parcel, about, tokens.present() or self._log_in())
        if answer.status == 401 and (fresh := tokens.refresh(self._get)):
            answer = self._post(parcel, about, fresh)
        if answer.status == 401:
            answer = self._post(parcel, about, self._log_in())
        return answer

    def _log_in(self) -> str:
        settings = self._channel.settings
        return self._channel.tokens.log_in(self._get, lambda: self._channel.secret(settings.password))

    def _authorization(self) -> str:
        settings = self._channel.settings
        match settings.auth:
            case "basic":
                pair = f"{settings.user}:{self._channel.secret(settings.password)}"
                return "Basic " + b64encode(pair.encode()).decode()
            case "bearer":
                return "Bearer " + self._channel.secret(settings.token or settings.password)
        return ""

    # Requests

    def _post(self, parcel: Parcel, about: str, authorization: str) -> _Answer:
        headers = {"Content-Type": parcel.content_type, "Idempotency-Key": parcel.id}
        if authorization:
            headers["Authorization"] = authorization
        self._channel.pacer.wait()
        try:
            with self._client.stream(
                "POST", self._channel.address_of(parcel.kind), content=parcel.payload, headers=headers
            ) as response:
                return _Answer(response.status_code, response.headers, self._beginning(response))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            self._no_connection(error)
        except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol):
            # The error's own text may hold a header, and with it a secret.
            raise NotAdmitted(f"{about}: the request can't be made; check url, user, password or token") from None
        except httpx.TransportError as error:
            raise Uncertain(
                f"{about}: the connection was lost before the partner answered ({_why(error)}); it may have the message"
            ) from None

    def _beginning(self, response: httpx.Response) -> str:
        """The first of the body, for people. An answer whose body breaks off is an answer all the same."""
        held = b""
        until = self._channel.monotonic() + self._channel.settings.timeout.total_seconds()
        try:
            for chunk in response.iter_raw():
                held += chunk
                if len(held) >= _BODY or self._channel.monotonic() > until:
                    break
        except httpx.TransportError:
            pass
        return _one_line(held[:_BODY].decode("utf-8", "replace"))

    def _get(self, path: str, headers: dict[str, str], auth: httpx.BasicAuth | None = None) -> httpx.Response:
        self._channel.pacer.wait()
        try:
            with self._client.stream("GET", self._channel.address(path), headers=headers, auth=auth) as response:
                answer = _Answer(response.status_code, response.headers, "")
        except (httpx.LocalProtocolError, httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise NotAdmitted(
                f"{self._channel.name}: the request can't be made; check url, user and password"
            ) from None
        except httpx.TransportError as error:
            self._no_connection(error)
        if answer.status in _NOT_NOW or answer.status >= 500:
            raise Unreachable(f"{self._channel.name}: not now ({answer.words})", self._retry_after(answer))
        return response

    def _no_connection(self, error: httpx.TransportError) -> NoReturn:
        if _untrusted(error):
            raise NotAdmitted(
                f"{self._channel.name} shows a certificate that this machine does not trust; check `url`, or install the"
                " authority that signed it (SSL_CERT_FILE)"
            ) from None
        raise Unreachable(f"{self._channel.name} can't be reached ({_why(error)})") from None

    def _retry_after(self, answer: _Answer) -> float | None:
        asked = answer.headers.get("retry-after") or answer.headers.get("ratelimit-reset")
        if asked is None:
            return None
        seconds = _seconds(asked.strip(), answer.headers.get("date"), self._channel.now())
        return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT)


def _seconds(asked: str, date: str | None, now: datetime) -> float | None:
    """Retry-After (RFC 9110, 10.2.3): seconds, or a date, which is measured by the partner's own clock where it tells it."""
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    then = _date(asked)
    if then is None:
        return None
    return (then - (_date(date) or now)).total_seconds()


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)


def _one_line(text: str) -> str:
    """A partner's words, fit to stand in a sentence: one line, nothing that steers a screen or a log."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _why(error: httpx.TransportError) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "no answer in time"
    return _one_line(str(error))[:_IN_SENTENCE] or type(error).__name__


def _untrusted(error: BaseException | None) -> bool:
    seen = 0
    while error is not None and seen < 10:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error, seen = error.__cause__ or error.__context__, seen + 1
    return False
