"""Who may post for a connection: Basic, Bearer, or a signature over the body.

Whatever is wrong, the same work is done: what was given and what is right are compared as digests of equal length, in a
time that depends on neither. So nobody learns from it whether a user exists or how much of a password is right.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from core.connections import Secret, WebhookInbound

SIGNATURE_HEADER: Final = "x-loom-signature"
"""Procurement Connect's: the hex HMAC-SHA256 of the raw body."""
_SIGNATURE: Final = re.compile(rb"[0-9a-f]{64}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Admission:
    """What lets a caller in at one connection. Its repr tells nothing of it."""

    challenge: str
    """For `WWW-Authenticate`."""
    _scheme: str
    _right: tuple[bytes, ...]
    """Digests of what may stand behind the scheme; empty when the body is signed."""
    _key: bytes | None = None

    def __repr__(self) -> str:
        return f"Admission({self._scheme!r})"

    @property
    def by_signature(self) -> bool:
        """Who calls is only known when the whole body is there."""
        return self._key is not None

    @property
    def header(self) -> str:
        """Where a caller says what lets in."""
        return SIGNATURE_HEADER if self.by_signature else "authorization"

    def at_the_door(self, given: Sequence[bytes]) -> bool:
        """Whether the values of `header` let in; where the body is signed, whether they can be a signature at all."""
        if self._key is not None:
            return len(given) == 1 and _SIGNATURE.fullmatch(given[0].strip()) is not None
        said = sha256(self._given(given)).digest()
        admitted = False
        for right in self._right:
            admitted |= hmac.compare_digest(said, right)
        return admitted

    def seal(self, signatures: Sequence[bytes]) -> Seal:
        """What the body is fed to, as it comes in; `signatures` are the values of `header`."""
        return Seal(self._key, signatures)

    def _given(self, authorization: Sequence[bytes]) -> bytes:
        """What stands behind the scheme; a NUL, which nothing right is, when there is no such thing."""
        if len(authorization) != 1:
            return b"\0"
        scheme, _, rest = authorization[0].strip().partition(b" ")
        if scheme.lower() != self._scheme.encode():
            return b"\0"
        if self._scheme == "bearer":
            return rest.strip()
        try:
            return base64.b64decode(rest.strip(), validate=True)
        except (binascii.Error, ValueError):
            return b"\0"


class Seal:
    """The signature of one body."""

    def __init__(self, key: bytes | None, signatures: Sequence[bytes]) -> None:
        self._signature = hmac.new(key, digestmod=sha256) if key is not None else None
        self._given = signatures[0].strip().lower() if len(signatures) == 1 else b"\0"

    def update(self, chunk: bytes) -> None:
        if self._signature is not None:
            self._signature.update(chunk)

    @property
    def holds(self) -> bool:
        """Whether the header had the signature of what was fed; always, where bodies are not signed."""
        if self._signature is None:
            return True
        right = self._signature.hexdigest().encode()
        return hmac.compare_digest(sha256(self._given).digest(), sha256(right).digest())


def admission(inbound: WebhookInbound, resolve: Callable[[Secret], str]) -> Admission:
    """From a connection's settings. `resolve` finds a secret and raises SecretError."""
    if inbound.auth == "basic" and inbound.password is not None:
        pair = f"{inbound.user}:{resolve(inbound.password)}"
        encoded = {pair.encode()}
        with suppress(UnicodeEncodeError):
            # RFC 7617 leaves the encoding open, and clients differ: both that are in use are right.
            encoded.add(pair.encode("latin-1"))
        right = tuple(sha256(each).digest() for each in sorted(encoded))
        return Admission('Basic realm="podesk", charset="UTF-8"', "basic", right)
    if inbound.auth == "bearer" and inbound.token is not None:
        right = (sha256(resolve(inbound.token).encode()).digest(),)
        return Admission('Bearer realm="podesk"', "bearer", right)
    if inbound.auth == "hmac" and inbound.secret is not None:
        return Admission('HMAC-SHA256 realm="podesk"', "hmac", (), resolve(inbound.secret).encode())
    raise AssertionError("settings were not checked")  # pragma: no cover  (WebhookInbound did)
