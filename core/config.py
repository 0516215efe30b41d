"""podesk.toml, read and checked: frozen settings, or an error that names the file, the line and the key.

Secrets are only described here; `core.secrets` resolves one when it is needed, in the daemon and in `podesk check`, so that
a desk runs without the right to read them.
"""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator, model_validator

from core.profile import PROFILES, Profile

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class SettingsError(Exception):
    """podesk.toml can't be used. The sentence names the file, the line and the key, and says what is wanted there."""


def _duration(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('a duration is written like "60s", "5m" or "2h"')  # noqa: TRY004
    match = re.fullmatch(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)", value.strip())
    if match is None:
        raise ValueError(f'{value!r} is no duration; write "60s", "5m" or "2h"')
    return timedelta(seconds=float(match[1]) * _UNITS[match[2]])


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Secret(_Table):
    """Where a secret is; never the secret itself, unless the settings hold it in plain text."""

    env: str | None = None
    file: str | None = None
    command: str | None = None
    plain: str | None = Field(default=None, repr=False)

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: object) -> object:
        return {"plain": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _exactly_one(self) -> Secret:
        named = [kind for kind in ("env", "file", "command", "plain") if getattr(self, kind) is not None]
        if len(named) != 1:
            raise ValueError('say where the secret is: { env = "NAME" }, { file = "PATH" } or { command = "…" }')
        return self


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine: the only place where plain text connections are taken without being asked for."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


class _Secured(_Table):
    insecure: bool = False

    def _refuse_plain_text(self, host: str, what: str) -> None:
        if not self.insecure and not is_loopback(host):
            raise ValueError(
                f"{what} to {host} would send passwords and orders in the clear; set insecure = true to allow"
            )


class _WithUrl(_Secured):
    url: str
    auth: Literal["tradecloud", "basic", "bearer", "none"] = "none"
    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None

    @model_validator(mode="after")
    def _usable(self) -> _WithUrl:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{self.url!r} is no http(s) address")
        if parts.scheme == "http":
            self._refuse_plain_text(parts.hostname, "plain http")
        if self.auth in ("tradecloud", "basic") and (self.user is None or self.password is None):
            raise ValueError(f'auth = "{self.auth}" needs user and password')
        if self.auth == "bearer" and self.token is None and self.password is None:
            raise ValueError('auth = "bearer" needs token')
        return self


class _Sftp(_Table):
    channel: Literal["sftp"]
    host: str
    port: int = Field(default=22, ge=1, le=65535)
    user: str
    password: Secret | None = None
    private_key: str | None = None
    passphrase: Secret | None = None
    known_hosts: str = "known_hosts"
    path: str = "."

    @model_validator(mode="after")
    def _can_log_in(self) -> _Sftp:
        if self.password is None and self.private_key is None:
            raise ValueError("sftp needs a password or a private_key")
        return self


class _Inbound(_Table):
    format: str = "auto"
    every: Duration = timedelta(seconds=60)

    @field_validator("format")
    @classmethod
    def _known(cls, value: str) -> str:
        return _known_format(value, "auto")


def _known_format(value: str, *more: str) -> str:
    from core.formats import NAMES  # kept off the path of a desk that only lists

    if value not in (*more, *NAMES):
        raise ValueError(f"unknown format {value!r}; known are {', '.join((*more, *NAMES))}")
    return value


class SftpInbound(_Inbound, _Sftp):
    archive: str | None = None
    """Remote folder; default: `archive` beside `path`."""
    pattern: str = "*"
    settle: Duration = timedelta(seconds=2)


class ImapInbound(_Inbound, _Secured):
    channel: Literal["imap"]
    host: str
    port: int = Field(default=993, ge=1, le=65535)
    user: str
    password: Secret
    tls: Literal["ssl", "starttls", "none"] = "ssl"
    folder: str = "INBOX"
    archive: str = "Processed"
    trusted_authserv: str | None = None

    @model_validator(mode="after")
    def _guarded(self) -> ImapInbound:
        if self.tls == "none":
            self._refuse_plain_text(self.host, 'tls = "none"')
        return self


class HttpPollInbound(_Inbound, _WithUrl):
    channel: Literal["http-poll"]
    paths: dict[str, str] = Field(default_factory=dict)


class WebhookInbound(_Inbound):
    channel: Literal["webhook"]
    path: str
    auth: Literal["basic", "bearer", "hmac"]
    user: str | None = None
    password: Secret | None = None
    token: Secret | None = None
    secret: Secret | None = None


class _Outbound(_Table):
    format: str

    @field_validator("format")
    @classmethod
    def _known(cls, value: str) -> str:
        return _known_format(value)


class SftpOutbound(_Outbound, _Sftp):
    path: str = "/order_response"
    name: str = "{number}-{id}.{extension}"


class HttpOutbound(_Outbound, _WithUrl):
    channel: Literal["http"]
    paths: dict[str, str] = Field(default_factory=dict)
    """By kind of message (`order_response`, `despatch_advice`), below `url`; defaults are the profile's."""
    timeout: Duration = timedelta(seconds=30)


class SmtpOutbound(_Outbound, _Secured):
    channel: Literal["smtp"]
    host: str
    port: int = Field(default=587, ge=1, le=65535)
    user: str | None = None
    password: Secret | None = None
    tls: Literal["ssl", "starttls", "none"] = "starttls"
    sender: str
    to: str


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


class Connection(_Table):
    name: str = Field(pattern=r"^[a-z0-9-]+$")
    profile: str
    our_account: str | None = None
    company_id: str | None = None
    inbound: Inbound | None = None
    outbound: Outbound | None = None

    @field_validator("profile")
    @classmethod
    def _profile_exists(cls, value: str) -> str:
        if value not in PROFILES:
            raise ValueError(f"unknown profile {value!r}; known are {', '.join(PROFILES)}")
        return value

    @property
    def terms(self) -> Profile:
        """What the connection's platform permits and expects."""
        return PROFILES[self.profile]


class Operator(_Table):
    email: str | None = None
    user_name: str | None = None


class Webhook(_Table):
    listen: str = "127.0.0.1:8443"
    certificate: str | None = None
    key: str | None = None


class Settings(_Table):
    store: Path = Path("desk.sqlite")
    operator_hold: Duration = timedelta(seconds=10)
    timezone: str | None = None
    operators: dict[str, Operator] = Field(default_factory=dict)
    connection: tuple[Connection, ...] = ()
    webhook: Webhook | None = None
    folder: Path = Path()
    """Where podesk.toml is: paths in it are relative to this."""

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError):
                raise ValueError(f"unknown time zone {value!r}; write one like Europe/Amsterdam") from None
        return value

    @field_validator("connection")
    @classmethod
    def _names_differ(cls, value: tuple[Connection, ...]) -> tuple[Connection, ...]:
        names = [connection.name for connection in value]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two connections are called {name!r}")
        return value

    @property
    def store_path(self) -> Path:
        return self.folder / self.store

    def connection_named(self, name: str) -> Connection | None:
        return next((connection for connection in self.connection if connection.name == name), None)


def load(path: Path) -> Settings:
    """The settings in the file at `path`. Raises SettingsError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; `podesk init` writes a first one") from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from None
    return parse(text, path)


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`, which stands in the file at `path`. Raises SettingsError."""
    try:
        tree = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    if "folder" in tree:
        raise SettingsError(f"{path}, line {line_of(text, ('folder',))}: folder: unknown key")
    try:
        return Settings.model_validate({**tree, "folder": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(text, path, problem) for problem in error.errors())) from None


def _sentence(text: str, path: Path, problem: Any) -> str:
    keys = _keys(tomllib.loads(text), problem["loc"])
    message = {
        "extra_forbidden": "unknown key",
        "missing": "is missing",
        "union_tag_not_found": "channel is missing",
    }.get(problem["type"], str(problem["msg"]).removeprefix("Value error, "))
    dotted = ".".join(str(key + 1) if isinstance(key, int) else key for key in keys)
    return f"{path}, line {line_of(text, keys)}: {dotted}: {message}"


def _keys(tree: object, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """`loc` without the names of union members that pydantic puts between the keys of the file."""
    keys: list[int | str] = []
    for at, part in enumerate(loc):
        if isinstance(tree, dict) and part not in tree and at + 1 < len(loc):
            continue
        keys.append(part)
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int):
            tree = tree[part]
    return tuple(keys)


def line_of(text: str, keys: tuple[int | str, ...]) -> int:
    """The line on which the table or key at `keys` stands, as near as the file says; 1 when it says nothing.

    tomllib keeps no positions, so the headers and keys are looked for again, line by line.
    """
    best, depth = 1, 0
    table: tuple[int | str, ...] = ()
    counts: dict[tuple[int | str, ...], int] = {}
    for no, line in enumerate(text.splitlines(), 1):
        here = table
        if header := re.match(r"\s*\[\[\s*([^\]]+?)\s*\]\]", line):
            names = _resolved(header[1], counts)
            counts[names] = counts.get(names, -1) + 1
            table = here = (*names, counts[names])
        elif header := re.match(r"\s*\[\s*([^\]]+?)\s*\]", line):
            table = here = _resolved(header[1], counts)
        elif key := re.match(r"\s*([\w\-\".]+)\s*=", line):
            here = (*table, *(part.strip(' "') for part in key[1].split(".")))
        same = 0
        while same < min(len(here), len(keys)) and here[same] == keys[same]:
            same += 1
        if same == len(here) and same > depth:
            best, depth = no, same
    return best


def _resolved(dotted: str, counts: dict[tuple[int | str, ...], int]) -> tuple[int | str, ...]:
    """The keys of a table header, with the index of the array entry that it stands in."""
    keys: tuple[int | str, ...] = ()
    parts = [part.strip(' "') for part in dotted.split(".")]
    for at, part in enumerate(parts):
        keys = (*keys, part)
        if keys in counts and at + 1 < len(parts):
            keys = (*keys, counts[keys])
    return keys
