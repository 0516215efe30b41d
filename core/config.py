"""podesk.toml, read and checked: frozen settings, or an error that names the file, the line and the key.

Secrets are only described here; `core.secrets` resolves one when it is needed, in the daemon and in `podesk check`, so that
a desk runs without the right to read them. No error, repr or dump of settings repeats what a secret or an address holds.
"""

from __future__ import annotations

import re
import stat
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator, model_validator

from core import toml_files
from core.connections import (
    WHERE_SECRET,
    Connection,
    Duration,
    HttpOutbound,
    HttpOutboundRoute,
    HttpPollInbound,
    ImapInbound,
    Inbound,
    LocalPath,
    Outbound,
    Secret,
    SftpInbound,
    SftpOutbound,
    SftpOutboundRoute,
    SmtpOutbound,
    SmtpOutboundRoute,
    Table,
    Text,
    WebhookInbound,
    at_home,
    is_loopback,
    secrets_in,
    without_nul,
    wrong,
)
from core.model import EMAIL
from core.toml_files import TomlFile
from core.webhook import Webhook

__all__ = [
    "Connection",
    "HttpOutbound",
    "HttpOutboundRoute",
    "HttpPollInbound",
    "ImapInbound",
    "Inbound",
    "Operator",
    "Outbound",
    "Secret",
    "Settings",
    "SettingsError",
    "SftpInbound",
    "SftpOutbound",
    "SftpOutboundRoute",
    "SmtpOutbound",
    "SmtpOutboundRoute",
    "Webhook",
    "WebhookInbound",
    "is_loopback",
    "load",
    "parse",
    "secrets_in",
]


class SettingsError(Exception):
    """podesk.toml can't be used. The sentence names the file, the line and the key, and says what is wanted there."""


class Operator(Table):
    """Who of us an answer says it is from (Tradecloud `erpRespondedBy`)."""

    email: Text | None = None
    user_name: Text | None = None

    @field_validator("email")
    @classmethod
    def _an_address(cls, value: str | None) -> str | None:
        if value is not None and not re.fullmatch(EMAIL, value):
            raise ValueError('is no e-mail address; write one like "anna@supplier.example"')
        return value


class Settings(Table):
    store: Path = Path("desk.sqlite")
    operator_hold: Duration = timedelta(seconds=10)
    timezone: Text | None = None
    operators: dict[str, Operator] = Field(default_factory=dict)
    connection: tuple[Connection, ...] = ()
    webhook: Webhook | None = None
    rules: LocalPath = "rules.toml"
    """The rules' file, relative to podesk.toml; read only where a connection has rules."""
    folder: Path = Path()
    """Where podesk.toml is: paths in it are relative to this."""

    @property
    def ways(self) -> frozenset[tuple[str, str]]:
        """Connection and direction of all that the daemon does."""
        return frozenset((each.name, way) for each in self.connection for way in each.ways)

    @field_validator("store", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        if value == "":
            raise ValueError("is empty; write the name of a file")
        return at_home(without_nul(value)) if isinstance(value, str) else value

    @field_validator("timezone")
    @classmethod
    def _zone_exists(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (ZoneInfoNotFoundError, ValueError, OSError):
                raise ValueError(f"unknown time zone {value!r}; write one like Europe/Amsterdam") from None
        return value

    @model_validator(mode="after")
    def _connections_differ(self) -> Settings:
        names: set[str] = set()
        for at, connection in enumerate(self.connection):
            if connection.name in names:
                raise wrong(("connection", at, "name"), f"two connections are called {connection.name!r}")
            names.add(connection.name)
        return self

    @model_validator(mode="after")
    def _paths_differ(self) -> Settings:
        paths: dict[str, str] = {}
        for at, connection in enumerate(self.connection):
            if isinstance(connection.inbound, WebhookInbound):
                path = connection.inbound.path
                if path in paths:
                    sentence = f"the path of {paths[path]} too; each connection needs one of its own"
                    raise wrong(("connection", at, "inbound", "path"), sentence)
                paths[path] = connection.name
        return self

    @property
    def served(self) -> tuple[Connection, ...]:
        """The connections whose orders are posted to us."""
        return tuple(each for each in self.connection if isinstance(each.inbound, WebhookInbound))

    @property
    def listener(self) -> Webhook:
        """Where and how they are; as set, or the defaults."""
        return self.webhook or Webhook()

    @property
    def store_path(self) -> Path:
        return self.folder / self.store

    @property
    def rules_path(self) -> Path:
        return self.folder / self.rules

    @property
    def zone(self) -> ZoneInfo | None:
        """The desk's time zone; None is the system's, as `datetime.astimezone` takes it."""
        return ZoneInfo(self.timezone) if self.timezone is not None else None

    def connection_named(self, name: str) -> Connection | None:
        for connection in self.connection:
            if connection.name == name:
                return connection
        return None


def load(path: Path) -> Settings:
    """The settings in the file at `path`. Raises SettingsError.

    Settings that hold a secret in plain text must be readable by their owner alone, like any file with a secret in it.
    """
    text, found = toml_files.read(path, SettingsError, missing="`podesk init` writes a first one")
    settings = parse(text, path)
    plain = next((keys for keys, secret in secrets_in(settings) if secret.plain is not None), None)
    if plain is not None and stat.S_IMODE(found.st_mode) & 0o077:
        raise _file(text, path).wrong(
            plain,
            f"a secret in plain text, in a file that others can read; `chmod 600` the file, or {WHERE_SECRET}",
        )
    return settings


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`, which stands in the file at `path`. Raises SettingsError."""
    file = _file(text, path)
    return file.checked(Settings, file.tree(), folder=path.resolve().parent)


def _file(text: str, path: Path) -> TomlFile:
    return TomlFile(path, text, SettingsError, named="connection", tables={"Secret": WHERE_SECRET})
