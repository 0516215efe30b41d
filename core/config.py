"""podesk.toml, read and checked: frozen settings, or an error that names the file, the line and the key.

Secrets are only described here; `core.secrets` resolves one when it is needed, in the daemon and in `podesk check`, so that
a desk runs without the right to read them. No error, repr or dump of settings repeats what a secret or an address holds.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, field_validator, model_validator

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
    Secured,
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
from core.toml_places import Keys, line_of

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
    email: Text | None = None
    user_name: Text | None = None


class Webhook(Secured):
    """Where the daemon listens for what buyers post to it."""

    listen: Text = "127.0.0.1:8443"
    certificate: LocalPath | None = None
    key: LocalPath | None = None

    @model_validator(mode="after")
    def _guarded(self) -> Webhook:
        host, _, port = self.listen.rpartition(":")
        if not host or re.fullmatch(r"[0-9]{1,5}", port) is None or int(port) > 65535:
            raise wrong("listen", 'an address and a port, like "127.0.0.1:8443"')
        if (self.certificate is None) != (self.key is None):
            raise wrong("certificate", "certificate and key come together")
        if self.certificate is None and not self.insecure and not is_loopback(host):
            raise wrong("listen", "without certificate and key only this machine is served; or set insecure = true")
        return self


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

    @property
    def store_path(self) -> Path:
        return self.folder / self.store

    @property
    def zone(self) -> ZoneInfo | None:
        """The desk's time zone; None is the system's, as `datetime.astimezone` takes it."""
        return ZoneInfo(self.timezone) if self.timezone is not None else None

    def connection_named(self, name: str) -> Connection | None:
        return next((connection for connection in self.connection if connection.name == name), None)


_MOST_CHARACTERS = 1_000_000


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: a named pipe, or what a shell makes of `<(…)`, is refused instead."""
    return os.open(path, flags | os.O_NONBLOCK)


def load(path: Path) -> Settings:
    """The settings in the file at `path`. Raises SettingsError.

    Settings that hold a secret in plain text must be readable by their owner alone, like any file with a secret in it.
    """
    try:
        # With or without the mark that some editors begin a file with.
        with open(path, encoding="utf-8-sig", opener=_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise SettingsError(f"{path}: is no regular file; name the file itself")
            text = file.read(_MOST_CHARACTERS + 1)
    except FileNotFoundError:
        raise SettingsError(f"{path}: no such file; `podesk init` writes a first one") from None
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError:
        raise SettingsError(f"{path}: is not UTF-8 text") from None
    if len(text) > _MOST_CHARACTERS:
        raise SettingsError(f"{path}: longer than {_MOST_CHARACTERS:,} characters; is it the right file?")
    settings = parse(text, path)
    plain = next((keys for keys, secret in secrets_in(settings) if secret.plain is not None), None)
    if plain is not None and stat.S_IMODE(found.st_mode) & 0o077:
        raise SettingsError(
            f"{_place(text, path, plain)}: a secret in plain text, in a file that others can read; "
            f"`chmod 600` the file, or {WHERE_SECRET}"
        )
    return settings


def parse(text: str, path: Path) -> Settings:
    """The settings in `text`, which stands in the file at `path`. Raises SettingsError."""
    try:
        tree = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise SettingsError(_not_toml(text, path, error)) from None
    if "folder" in tree:
        raise SettingsError(f"{_place(text, path, ('folder',))}: unknown key")
    try:
        return Settings.model_validate({**tree, "folder": path.resolve().parent})
    except ValidationError as error:
        raise SettingsError("\n".join(_sentence(text, path, tree, problem) for problem in error.errors())) from None


def _not_toml(text: str, path: Path, error: Exception) -> str:
    if not isinstance(error, tomllib.TOMLDecodeError):
        return f"{path}: not TOML: {type(error).__name__}"
    said = re.fullmatch(r"(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", str(error), re.DOTALL)
    if said is None:
        return f"{path}: not TOML: {error}"
    return f"{path}, line {said[2] or text.rstrip().count(chr(10)) + 1}: not TOML: {said[1]}"


_SENTENCES = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "string_type": 'text is wanted, in "quotes"',
    "path_type": 'text is wanted, in "quotes"',
    "dict_type": "a table is wanted",
    "tuple_type": "write [[connection]], in two pairs of brackets, once for each connection",
    "string_too_short": "is empty",
    "int_type": "a whole number is wanted, without quotes",
    "bool_type": "true or false is wanted, without quotes",
    "greater_than": "must be longer than nothing",
}
"""By pydantic's type of error. None repeats a value: it may be a secret that stands in the wrong place."""


def _sentence(text: str, path: Path, tree: dict[str, Any], problem: Any) -> str:
    kind, facts = problem["type"], problem.get("ctx", {})
    keys = _keys(tree, problem["loc"], kind)
    if kind == "wrong":
        keys = (*keys, *facts["keys"])
    if kind.startswith("union_tag"):
        known = str(facts.get("expected_tags", "")).replace("'", '"')
        keys = (*keys, "channel")
        sentence = f"unknown channel; known are {known}" if known else "is missing"
    elif kind in ("model_attributes_type", "model_type"):
        sentence = WHERE_SECRET if facts.get("class_name") == "Secret" else "a table is wanted"
    else:
        sentence = _SENTENCES.get(kind, str(problem["msg"]).removeprefix("Value error, "))
    return f"{_place(text, path, keys)}: {sentence}"


def _place(text: str, path: Path, keys: Keys) -> str:
    """File, line and key; of a connection its name too, since the key alone fits each of them."""
    dotted = ".".join(key for key in keys if isinstance(key, str))
    place = f"{path}, line {line_of(text, keys)}: {dotted}"
    if len(keys) > 1 and keys[0] == "connection" and isinstance(keys[1], int):
        tables = tomllib.loads(text).get("connection", [])
        table = tables[keys[1]] if isinstance(tables, list) and keys[1] < len(tables) else None
        name = table.get("name") if isinstance(table, dict) else None
        return f"{place} (of {name if isinstance(name, str) else f'connection {keys[1] + 1}'})"
    return place


def _keys(tree: object, loc: tuple[int | str, ...], kind: str) -> Keys:
    """`loc` without the names of union members that pydantic puts between the keys of the file."""
    keys: list[int | str] = []
    for at, part in enumerate(loc):
        last_is_key = at + 1 == len(loc) and kind in ("missing", "extra_forbidden")
        if isinstance(tree, dict) and part not in tree and not last_is_key:
            continue
        keys.append(part)
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int):
            tree = tree[part]
    return tuple(keys)
