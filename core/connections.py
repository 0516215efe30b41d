"""The tables of podesk.toml that describe a connection: its channels, how to log in there, and where secrets are.

Frozen, closed to unknown keys, strict about types. Values that might be a secret or hold one never stand in an error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from email.utils import getaddresses
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StrictBool,
    StrictInt,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from core.profile import PROFILES, Profile
from core.toml_places import Keys
from core.xml_mapping import XmlMapping

if TYPE_CHECKING:
    from core.formats import Source

_UNITS = {"ms": "milliseconds", "s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=366)


def wrong(key: str | Keys, sentence: str) -> PydanticCustomError:
    """An error of a table that is really one of the key `key` in it, or of what a way of keys leads to."""
    keys = (key,) if isinstance(key, str) else key
    return PydanticCustomError("wrong", "{sentence}", {"keys": keys, "sentence": sentence})


def _duration(value: object) -> object:
    if isinstance(value, timedelta):
        return value
    match = (
        re.fullmatch(r"([0-9]{1,12}(?:\.[0-9]{1,6})?)(ms|s|m|h|d)", value.strip()) if isinstance(value, str) else None
    )
    if match is None:
        raise ValueError('a duration is written like "60s", "5m" or "2h"')
    try:
        duration = timedelta(**{_UNITS[match[2]]: float(match[1])})
    except OverflowError:
        duration = timedelta.max
    if duration > _LONGEST:
        raise ValueError("a duration is at most 366 days")
    return duration


WHERE_SECRET = 'say where the secret is: { env = "NAME" }, { file = "PATH" } or { command = "…" }'  # noqa: S105


def without_nul(value: str) -> str:
    """No path, name or address holds one; the system would take the text for no text at all."""
    if "\0" in value:
        raise ValueError("holds a NUL character, which no name can have")
    return value


def at_home(value: str) -> str:
    """A path on this machine, with the `~` or `~user` that it begins with spelled out."""
    try:
        return str(Path(value).expanduser()) if value.startswith("~") else value
    except RuntimeError:
        raise ValueError("begins with ~ and a user that this machine doesn't have") from None


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True), AfterValidator(without_nul)]
LocalPath = Annotated[Text, AfterValidator(at_home)]
"""Of a file on this machine: relative to podesk.toml, absolute, or below `~`."""
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Pace = Annotated[Duration, Field(gt=timedelta(0))]
Port = Annotated[StrictInt, Field(ge=1, le=65535)]


class Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Secret(Table):
    """Where a secret is; never the secret itself, unless the settings hold it in plain text (and nobody else reads them)."""

    env: Text | None = None
    file: LocalPath | None = None
    command: Text | None = None
    plain: SecretStr | None = None

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"plain": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Secret:
        named = [kind for kind in ("env", "file", "command", "plain") if getattr(self, kind) is not None]
        if len(named) != 1 or (self.plain is not None and not self.plain.get_secret_value()):
            raise ValueError(WHERE_SECRET)
        return self


def secrets_in(table: BaseModel, keys: Keys = ()) -> Iterator[tuple[Keys, Secret]]:
    """Every secret that is described in `table`, with the way of keys that leads to it."""
    for name in type(table).model_fields:
        value = getattr(table, name)
        if isinstance(value, Secret):
            yield (*keys, name), value
        elif isinstance(value, BaseModel):
            yield from secrets_in(value, (*keys, name))
        elif isinstance(value, tuple):
            for at, part in enumerate(value):
                if isinstance(part, BaseModel):
                    yield from secrets_in(part, (*keys, name, at))


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: the only place where plain text connections are taken without being asked for."""
    try:
        found = ip_address(host.strip("[]"))
    except ValueError:
        return host.lower() == "localhost"
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None  # as a socket for both families tells of it
    return (mapped or found).is_loopback


class Secured(Table):
    insecure: StrictBool = False

    def _refuse_plain_text(self, host: str, key: str, what: str) -> None:
        if not self.insecure and not is_loopback(host):
            raise wrong(
                key, f"{what} to {host} would send passwords and orders in the clear; set insecure = true to allow it"
            )


class _WithUrl(Secured):
    url: Text = Field(repr=False)
    auth: Literal["tradecloud", "basic", "bearer", "none"] = "none"
    user: Text | None = None
    password: Secret | None = None
    token: Secret | None = None

    @model_validator(mode="after")
    def _usable(self) -> _WithUrl:
        # What is wrong with an address is told without repeating it: it may hold a password.
        try:
            parts = urlsplit(self.url)
            _ = parts.port
        except ValueError:
            raise wrong("url", "this is no http(s) address") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise wrong("url", "this is no http(s) address")
        if "@" in parts.netloc:
            raise wrong("url", "an address without user and password; they have keys of their own")
        if parts.query or parts.fragment:
            raise wrong("url", "the base address ends before any ? or #")
        if parts.scheme == "http":
            self._refuse_plain_text(parts.hostname, "url", "plain http")
        if self.auth in ("tradecloud", "basic") and (self.user is None or self.password is None):
            raise wrong("auth", f'auth = "{self.auth}" needs user and password')
        if self.auth == "bearer" and self.token is None and self.password is None:
            raise wrong("auth", 'auth = "bearer" needs token')
        return self


class _Sftp(Table):
    channel: Literal["sftp"]
    host: Text
    port: Port = 22
    user: Text
    password: Secret | None = None
    private_key: LocalPath | None = None
    passphrase: Secret | None = None
    known_hosts: LocalPath = "known_hosts"
    path: Text = "."

    @model_validator(mode="after")
    def _can_log_in(self) -> _Sftp:
        if self.password is None and self.private_key is None:
            raise ValueError("sftp needs a password or a private_key")
        return self


class _Inbound(Table):
    format: Text = "auto"
    every: Pace = timedelta(seconds=60)
    mapping: XmlMapping | None = None
    """For XML of no known schema: with format "xpath" for all, with "auto" for what no format knows."""

    @field_validator("format")
    @classmethod
    def _known(cls, value: str) -> str:
        return _known_format(value, "auto", "xpath")

    @model_validator(mode="after")
    def _mapped(self) -> _Inbound:
        if self.format == "xpath" and self.mapping is None:
            raise wrong("format", 'format = "xpath" needs [connection.inbound.mapping]')
        if self.mapping is not None and self.format not in ("auto", "xpath"):
            raise wrong("mapping", f'it is for format "xpath" or "auto", not for "{self.format}"')
        return self


def _known_format(value: str, *more: str) -> str:
    from core.formats import NAMES  # kept off the path of a desk that only lists

    if value not in (*more, *NAMES):
        raise ValueError(f"unknown format {value!r}; known are {', '.join((*more, *NAMES))}")
    return value


_PATHS = (
    "order_response",
    "despatch_advice",
    "document_upload",
    "document_metadata",
    "poll",
    "login",
    "refresh",
    "logout",
)


def _known_paths(paths: dict[str, str]) -> dict[str, str]:
    for name in paths:
        if name not in _PATHS:
            raise wrong(name, f"unknown path; known are {', '.join(_PATHS)}")
    return paths


class SftpInbound(_Inbound, _Sftp):
    archive: Text | None = None
    """Remote folder; default: `archive` inside `path`."""
    pattern: Text = "*"
    settle: Duration = timedelta(seconds=2)


class ImapInbound(_Inbound, Secured):
    channel: Literal["imap"]
    host: Text
    port: Port = 993
    """Default: 993 with `tls = "ssl"`, else 143."""
    user: Text
    password: Secret
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    folder: Text = "INBOX"
    archive: Text = "Processed"
    trusted_authserv: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _usual_port(cls, value: object) -> object:
        if isinstance(value, dict) and "port" not in value and value.get("tls", "ssl") != "ssl":
            return {**value, "port": 143}
        return value

    @model_validator(mode="after")
    def _guarded(self) -> ImapInbound:
        if self.tls == "none":
            self._refuse_plain_text(self.host, "tls", 'tls = "none"')
        return self


_Paths = Annotated[dict[str, Text], AfterValidator(_known_paths)]
"""Below `url`, by what is asked for there; defaults are the profile's."""


class HttpPollInbound(_Inbound, _WithUrl):
    channel: Literal["http-poll"]
    paths: _Paths = Field(default_factory=dict)
    since: Text | None = None
    """What the very first poll asks for: orders that changed after this time, in the platform's own words; default: all."""
    timeout: Pace = timedelta(seconds=30)

    @field_validator("since")
    @classmethod
    def _a_time(cls, value: str | None) -> str | None:
        try:
            with_zone = value is None or datetime.fromisoformat(value).tzinfo is not None
        except ValueError:
            with_zone = False
        if not with_zone:
            raise ValueError('a time with its zone is written like "2025-04-23T10:01:53.812Z"')
        return value


class WebhookInbound(_Inbound):
    channel: Literal["webhook"]
    path: str
    """On our listener (`[webhook]`): each connection has one of its own."""
    auth: Literal["basic", "bearer", "hmac"]
    """`hmac`: header `X-Loom-Signature` is the hex HMAC-SHA256 of the body under `secret`."""
    user: Text | None = None
    password: Secret | None = None
    token: Secret | None = None
    secret: Secret | None = None
    immediate_answer: StrictBool = False
    """What the rules answer at once goes back in the HTTP response that took the order."""

    @model_validator(mode="after")
    def _can_tell_who_calls(self) -> WebhookInbound:
        needs = {"basic": ("user", "password"), "bearer": ("token",), "hmac": ("secret",)}[self.auth]
        if any(getattr(self, key) is None for key in needs):
            raise wrong("auth", f'auth = "{self.auth}" needs {" and ".join(needs)}')
        if self.auth == "basic" and ":" in (self.user or ""):
            raise wrong("user", "no colon, which ends a user's name in Basic authentication")
        return self

    @field_validator("path")
    @classmethod
    def _plain_path(cls, value: str) -> str:
        if re.fullmatch(r"(/[A-Za-z0-9._~-]+)+/?", value) is None or {".", ".."} & set(value.split("/")):
            raise ValueError('a path of letters, digits and . _ ~ - between slashes, like "/in/metal-works"')
        return value


class _Outbound(Table):
    format: Text

    @field_validator("format")
    @classmethod
    def _known(cls, value: str) -> str:
        return _known_format(value)


class SftpOutbound(_Outbound, _Sftp):
    path: Text = "/order_response"
    name: Text = "{number}-{id}.{extension}"

    @field_validator("name")
    @classmethod
    def _fillable(cls, value: str) -> str:
        try:
            parts = list(Formatter().parse(value))
        except ValueError:
            parts = [("", "?", "", None)]
        for _text, field, spec, conversion in parts:
            if field is not None and (field not in ("number", "id", "extension", "kind") or spec or conversion):
                raise ValueError("a file's name is made of text, {number}, {id}, {extension} and {kind}")
        if "/" in value:
            raise ValueError("a file's name has no /; the folder stands in path")
        return value


class HttpOutbound(_Outbound, _WithUrl):
    channel: Literal["http"]
    paths: _Paths = Field(default_factory=dict)
    timeout: Pace = timedelta(seconds=30)


class SmtpOutbound(_Outbound, Secured):
    channel: Literal["smtp"]
    host: Text
    port: Port = 587
    user: Text | None = None
    password: Secret | None = None
    tls: Literal["ssl", "starttls", "none"] = "starttls"
    sender: Text
    to: Text

    @field_validator("sender", "to")
    @classmethod
    def _addresses(cls, value: str, info: ValidationInfo) -> str:
        found = [address for _, address in getaddresses([value])]
        if not found or not all(re.fullmatch(r"[!-;=?A-~]+(?:@[A-Za-z0-9.-]+)?", address) for address in found):
            raise ValueError('a mail address is written like "orders@supplier.example"')
        if info.field_name == "sender" and len(found) > 1:
            raise ValueError("a mail has one sender")
        return value

    @model_validator(mode="after")
    def _guarded(self) -> SmtpOutbound:
        if self.tls == "none":
            self._refuse_plain_text(self.host, "tls", 'tls = "none"')
        if (self.user is None) != (self.password is None):
            raise wrong("user", "user and password come together")
        return self


Inbound = Annotated[
    SftpInbound | ImapInbound | HttpPollInbound | WebhookInbound,
    Field(discriminator="channel"),
]
_Plain = Annotated[SftpOutbound | HttpOutbound | SmtpOutbound, Field(discriminator="channel")]


class SftpOutboundRoute(SftpOutbound):
    despatch: _Plain | None = None


class HttpOutboundRoute(HttpOutbound):
    despatch: _Plain | None = None


class SmtpOutboundRoute(SmtpOutbound):
    despatch: _Plain | None = None


Outbound = Annotated[SftpOutboundRoute | HttpOutboundRoute | SmtpOutboundRoute, Field(discriminator="channel")]


class Connection(Table):
    name: str
    profile: str
    our_account: Text | None = None
    company_id: Text | None = None
    rules: Literal["off", "suggest", "answer"] = "off"
    """What the rules may do with its orders: nothing, show what they would answer, or answer."""
    answer_within: Pace | None = None
    """How long after an order or change the buyer expects our answer: the due date of the task."""
    inbound: Inbound | None = None
    outbound: Outbound | None = None

    @field_validator("name")
    @classmethod
    def _plain_name(cls, value: str) -> str:
        if re.fullmatch(r"[a-z0-9-]+", value) is None:
            raise ValueError("a connection's name is made of a to z, 0 to 9 and -")
        return value

    @field_validator("profile")
    @classmethod
    def _profile_exists(cls, value: str) -> str:
        if value not in PROFILES:
            raise ValueError(f"unknown profile {value!r}; known are {', '.join(PROFILES)}")
        return value

    @model_validator(mode="after")
    def _can_answer_later(self) -> Connection:
        if isinstance(self.inbound, WebhookInbound) and self.inbound.immediate_answer and self.outbound is None:
            raise wrong(
                ("inbound", "immediate_answer"),
                "needs [connection.outbound]: its format is the answer's, and what isn't answered at once goes that way",
            )
        return self

    @model_validator(mode="after")
    def _knows_where_to_poll(self) -> Connection:
        if isinstance(self.inbound, HttpPollInbound) and self.poll_path is None:
            raise wrong(
                ("inbound", "paths"),
                f'nothing says where the orders of profile "{self.profile}" are polled; set paths = {{ poll = "…" }}, or'
                " take another channel",
            )
        return self

    @property
    def terms(self) -> Profile:
        """What the connection's platform permits and expects."""
        return PROFILES[self.profile]

    @property
    def source(self) -> Source:
        """What readers of its documents need to know of the connection."""
        from core.formats import Source

        mapping = self.inbound.mapping if self.inbound is not None else None
        return Source(self.name, self.our_account, mapping)

    @property
    def documents_from(self) -> HttpPollInbound | HttpOutbound | None:
        """The channel by which documents that the buyer attached are fetched; None: nothing of the connection can.

        Where orders are polled, what they refer to is kept; else where the answers go to.
        """
        for channel in (self.inbound, self.outbound):
            if isinstance(channel, HttpPollInbound | HttpOutbound) and (
                self.terms.keeps_documents or "document_metadata" in channel.paths
            ):
                return channel
        return None

    @property
    def ways(self) -> tuple[str, ...]:
        """The ways in and out that the daemon keeps apart, and whose health is told apart."""
        there = {
            "in": self.inbound is not None,
            "out": self.outbound is not None,
            "despatch": self.outbound is not None and self.outbound.despatch is not None,
            "documents": self.documents_from is not None,
        }
        return tuple(way for way, is_there in there.items() if is_there)

    @property
    def poll_path(self) -> str | None:
        """Below the base address of `http-poll`: what the settings say, else the profile."""
        named = self.inbound.paths.get("poll") if isinstance(self.inbound, HttpPollInbound) else None
        return named or self.terms.poll_path
