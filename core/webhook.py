"""`[webhook]` in podesk.toml: where podesk listens for what buyers' platforms post, and how much it takes from them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StrictBool, StrictInt, field_validator, model_validator

from core.connections import LocalPath, Pace, Secured, Text, is_loopback, wrong
from core.formats import MOST_BYTES

Count = Annotated[StrictInt, Field(ge=1)]


class Webhook(Secured):
    """One listener for all connections whose inbound channel is `webhook`; a connection has a path on it."""

    listen: Text = "127.0.0.1:8443"
    """Address and port; port 0 takes any that is free, and the log says which."""
    certificate: LocalPath | None = None
    """PEM, the chain included. Taken up again when the file changes."""
    key: LocalPath | None = None
    public_url: Text | None = None
    """The address by which buyers reach the listener, as the WSDL tells it; else what each asks for."""
    behind_proxy: StrictBool = False
    """A proxy on this machine says in `X-Forwarded-For` and `-Proto` who asks, and how."""
    apart: StrictBool = False
    """`podesk serve` listens, in a process of its own; `podesk sync` leaves it to that."""
    most_bytes: Annotated[StrictInt, Field(ge=1, le=MOST_BYTES)] = MOST_BYTES
    """Of one document."""
    most_per_minute: Count = 600
    """Documents on one connection; so many may also come at once."""
    most_failures_per_minute: Count = 20
    """Wrong log-ins of one client address on one connection; then it is not heard for a while."""
    most_at_once: Count = 200
    """Requests that are being answered, of all connections."""
    body_within: Pace = timedelta(seconds=30)
    """The longest that a document may take to come in."""

    @field_validator("public_url")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            parts = urlsplit(value)
            _ = parts.port
        except ValueError:
            raise ValueError("this is no http(s) address") from None
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise ValueError("an address is wanted, like https://orders.supplier.example")
        if parts.query or parts.fragment or not value.isascii() or not value.isprintable():
            raise ValueError("the address ends before any ? or #, and paths are added to it")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _guarded(self) -> Webhook:
        host, port = self.address
        if not host or re.fullmatch(r"[0-9]{1,5}", port) is None or int(port) > 65535:
            raise wrong("listen", 'an address and a port, like "127.0.0.1:8443"')
        if (self.certificate is None) != (self.key is None):
            raise wrong("certificate", "certificate and key come together")
        if self.certificate is None and not self.insecure and not is_loopback(host):
            raise wrong("listen", "without certificate and key only this machine is served; or set insecure = true")
        return self

    @property
    def address(self) -> tuple[str, str]:
        """Host and port as they are written; an IPv6 address without its brackets."""
        host, _, port = self.listen.rpartition(":")
        return host.strip("[]"), port
