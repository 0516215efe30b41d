"""`podesk check`: settings, secrets, store and every connection; or how one document would be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json
from tui.display import display
from tui.ending import Exit, complain

if TYPE_CHECKING:
    from core.config import Connection, Settings
    from core.formats import Source
    from core.messages import Message
    from core.xml_mapping import XmlMapping


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at. `status` is that of the whole command, when this is the worst."""

    what: str
    ok: bool
    detail: str
    status: Exit = Exit.DONE


@click.command(short_help="Test settings, secrets, store and every connection.")
@click.option(
    "--sample",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Only show how this document would be read; nothing is changed.",
)
@click.option(
    "--connection",
    "name",
    metavar="NAME",
    help="With --sample: as this connection would read it, by its format and mapping.",
)
@json_option
@pass_desk
def check(desk: Desk, sample: Path | None, name: str | None, as_json: bool) -> int:
    """Test the settings, each secret, the store and every connection, and print a line for each.

    Exit status 2 when settings, a secret or the store are wrong, else 3 when a connection fails, else 4 when something is
    quarantined, dead or uncertain, or the listener's certificate soon expires (an expired one is 3). A --sample that can't
    be read is 4: it would be quarantined. One that no format knows is read by the mapping of a connection's settings, where
    one fits it.

    JSON: an array of {"what", "ok", "detail"}; of --sample an object {"file", "format", "orders", "reason", "place",
    "remedy"}, with orders as {"number", "buyer", "acts", "lines", "warnings"} and lines as {"position", "acts",
    "reported", "requested", "confirmed"}.
    """
    if sample is not None:
        return _sample(desk, sample, name, as_json=as_json)
    if name is not None:
        raise click.UsageError("--connection goes with --sample")
    findings: list[Finding] = []
    for finding in _findings(desk):
        findings.append(finding)
        if not as_json:
            mark = "FAIL" if not finding.ok else "ok  " if finding.status is Exit.DONE else "look"
            click.echo(f"{mark}  {finding.what}: {display(finding.detail, 300)}")
    if as_json:
        print_json([{"what": each.what, "ok": each.ok, "detail": each.detail} for each in findings])
    statuses = {finding.status for finding in findings}
    return next((status for status in (Exit.USAGE, Exit.CONNECTION, Exit.ATTENTION) if status in statuses), Exit.DONE)


def _findings(desk: Desk) -> Iterator[Finding]:
    from core.config import SettingsError

    try:
        settings = desk.settings
    except SettingsError as error:
        yield Finding("settings", False, str(error), Exit.USAGE)
        return
    named = ", ".join(connection.name for connection in settings.connection) or "no connection"
    yield Finding("settings", True, f"{desk.config}: {named}")
    yield _sqlite()
    yield from _store(desk)
    yield from _rules(settings)
    if settings.served:
        yield _listener(settings)
        yield from _certificate(settings)
    for connection in settings.connection:
        yield from _secrets(connection, settings)
        yield from _channels(connection, settings)


def _sqlite() -> Finding:
    from core.store.upkeep import resets_safely, sqlite_version

    version = sqlite_version()
    named = ".".join(str(part) for part in version)
    if resets_safely(version):
        return Finding("SQLite", True, named)
    return Finding("SQLite", False, f"{named} can corrupt the store; install the package pysqlite3", Exit.USAGE)


def _store(desk: Desk) -> Iterator[Finding]:
    from core.store import StoreError, queries
    from core.store.upkeep import quick_check

    path = desk.settings.store_path
    if not path.exists():
        yield Finding("store", True, f"{path} is not there yet; it is made when it is needed")
        return
    try:
        with desk.reading() as store:
            damage = quick_check(store)
            quarantined = queries.quarantine_count(store)
            undelivered = sum(row.state in ("failed", "uncertain") for row in queries.outbox(store))
    except StoreError as error:
        yield Finding("store", False, str(error), Exit.USAGE)
        return
    if damage:
        yield Finding("store", False, f"{path} is damaged: {damage[0]}; restore it from a backup", Exit.USAGE)
    else:
        yield Finding("store", True, f"{path} is whole")
    if quarantined:
        yield Finding("quarantine", False, f"{_counted(quarantined, 'document')}: `podesk quarantine`", Exit.ATTENTION)
    if undelivered:
        what = f"{_counted(undelivered, 'message')} failed or uncertain: `podesk outbox`"
        yield Finding("outbox", False, what, Exit.ATTENTION)


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _rules(settings: Settings) -> Iterator[Finding]:
    if all(connection.rules == "off" for connection in settings.connection):
        return
    from core.rules import RulesError, load

    try:
        found = load(settings.rules_path)
    except RulesError as error:
        yield Finding("rules", False, str(error), Exit.USAGE)
    else:
        yield Finding("rules", True, f"{settings.rules_path}: {_counted(len(found.rules), 'rule')}")


def _secrets(connection: Connection, settings: Settings) -> Iterator[Finding]:
    from core.config import secrets_in
    from core.secrets import SecretError, resolve

    for keys, secret in secrets_in(connection):
        what = f"{connection.name}: {'.'.join(str(key) for key in keys)}"
        try:
            resolve(secret, settings.folder)
        except SecretError as error:
            yield Finding(what, False, str(error), Exit.USAGE)
        else:
            yield Finding(what, True, "there")


def _channels(connection: Connection, settings: Settings) -> Iterator[Finding]:
    if connection.inbound is None and connection.outbound is None:
        yield Finding(connection.name, True, "no channel: documents come by `podesk import`")
        return
    from sync.channels import factory

    if connection in settings.served:
        yield _taken_in(connection, settings)
    elif connection.inbound is not None:
        what = f"{connection.name}: inbound {connection.inbound.channel}"
        marks = _Marks(connection.name, settings) if connection.inbound.channel == "http-poll" else None
        found = _tried(what, lambda: factory.inbound_channel(connection, settings, marks=marks).check())
        _lift(connection, settings, "in", found.ok)
        yield found
    if connection.outbound is not None:
        what = f"{connection.name}: outbound {connection.outbound.channel}"
        found = _tried(what, lambda: factory.outbound_channel(connection, settings).check())
        _lift(connection, settings, "out", found.ok)
        yield found
        if connection.outbound.despatch is not None:
            what = f"{connection.name}: despatch {connection.outbound.despatch.channel}"
            found = _tried(what, lambda: factory.outbound_channel(connection, settings, "despatch_advice").check())
            _lift(connection, settings, "despatch", found.ok)
            yield found


@dataclass(frozen=True, slots=True)
class _Marks:
    """How far a platform's orders were polled, to be looked at: a check takes nothing in, and so notes nothing."""

    connection: str
    settings: Settings

    def read(self) -> str | None:
        from core.store import StoreError, health, open_store

        with suppress(StoreError):
            if self.settings.store_path.exists():
                with open_store(self.settings.store_path) as store:
                    return health.cursor(store, self.connection)
        return None

    def write(self, mark: str) -> None:
        """Nothing is noted."""

    def ended(self, *, doubt: str, more: bool) -> None:
        """A check polls nothing to its end."""


def _listener(settings: Settings) -> Finding:
    """Whether certificate, key and port can be had; one that listens now has them."""
    from sync.server import look_for_packages
    from sync.server.listening import could_listen

    def looked() -> str:
        look_for_packages()
        return could_listen(settings)

    return _tried("webhook", looked)


def _certificate(settings: Settings) -> Iterator[Finding]:
    """Until when the listener's certificate is good; one that can't be used is told of with the listener."""
    from datetime import UTC, datetime

    from core.config import SettingsError
    from sync.server.certificate import certificate

    try:
        pair = certificate(settings.listener, settings.folder)
    except SettingsError:
        return
    if pair is None or pair.validity is None:
        return
    now = datetime.now(UTC)
    what = f"certificate {settings.listener.certificate}"
    doubt = pair.validity.doubt(now)
    if doubt is None:
        yield Finding(what, True, f"good until {pair.validity.day}")
    else:
        over = pair.validity.over(now)
        yield Finding(what, not over, doubt, Exit.CONNECTION if over else Exit.ATTENTION)


def _taken_in(connection: Connection, settings: Settings) -> Finding:
    """Nobody can be asked here, so it is well when the secret is there; then nobody is kept out any more."""
    from core.config import WebhookInbound, secrets_in
    from core.secrets import SecretError, resolve

    inbound = connection.inbound
    assert isinstance(inbound, WebhookInbound)
    what = f"{connection.name}: inbound webhook"
    try:
        for _, secret in secrets_in(inbound):
            resolve(secret, settings.folder)
    except SecretError:
        return Finding(what, False, f"nobody is let in at {inbound.path} without the secret", Exit.USAGE)
    _lift(connection, settings, "in", True)
    public = settings.listener.public_url or ""
    return Finding(what, True, f"orders are posted to {public}{inbound.path}, let in by {inbound.auth}")


def _lift(connection: Connection, settings: Settings, direction: str, admitted: bool) -> None:
    """A connection that was parked since it was not let in, and is now, needs no new start of the daemon."""
    from core.store import StoreError, health, open_store

    if admitted and settings.store_path.exists():
        with suppress(StoreError), open_store(settings.store_path) as store:
            health.lift(store, connection.name, direction)
            health.lift(store, connection.name, "documents")  # fetched by the same credentials


def _tried(what: str, checking: Callable[[], str]) -> Finding:
    from core.config import SettingsError
    from core.secrets import SecretError
    from sync.channels import ChannelError

    try:
        return Finding(what, True, checking())
    except ChannelError as error:
        return Finding(what, False, str(error), Exit.CONNECTION)
    except (SecretError, SettingsError) as error:
        return Finding(what, False, str(error), Exit.USAGE)


def _sample(desk: Desk, file: Path, name: str | None, *, as_json: bool) -> int:
    from core import formats
    from core.formats import MOST_BYTES, Unreadable

    told: dict[str, Any] = {
        "file": str(file),
        "format": None,
        "orders": [],
        "reason": None,
        "place": None,
        "remedy": None,
    }
    status = Exit.DONE
    try:
        with file.open("rb") as stream:
            payload = stream.read(MOST_BYTES + 1)
        source, wanted = _reader(desk, payload, name)
        messages = formats.read(payload, source, wanted)
        told["format"] = wanted if wanted != "auto" else formats.recognise(payload, source.mapping).name
        told["orders"] = [_public(message) for message in messages]
    except Unreadable as error:
        told.update(reason=error.reason, place=error.place or None, remedy=error.remedy or None)
        status = Exit.ATTENTION
    except OSError as error:
        raise click.UsageError(f"{file}: {error.strerror}") from None
    if as_json:
        print_json(told)
    else:
        _print_sample(told)
    return status


def _reader(desk: Desk, payload: bytes, name: str | None) -> tuple[Source, str]:
    """What to read a sample with: as the connection called `name` does; else by content, or the mapping that fits it."""
    from core.config import SettingsError
    from core.formats import Source, Unreadable, recognise

    if name is not None:
        connection = desk.settings.connection_named(name)
        if connection is None:
            raise click.UsageError(f"there is no connection {display(name, 40)} in podesk.toml")
        return connection.source, connection.inbound.format if connection.inbound is not None else "auto"
    plain = Source(connection="sample")
    try:
        recognise(payload)
    except Unreadable:
        with suppress(SettingsError):
            for connection in desk.settings.connection:
                if connection.source.mapping is not None and _fits(payload, connection.source.mapping):
                    return connection.source, "auto"
    return plain, "auto"


def _fits(payload: bytes, mapping: XmlMapping) -> bool:
    from core.formats import mapped_xml

    return mapped_xml.fits(payload, mapping)


def _public(message: Message) -> dict[str, Any]:
    from tui import views

    return {
        "number": message.key.number,
        "buyer": message.key.buyer,
        "acts": [str(act) for act in message.acts],
        "lines": [
            {
                "position": line.position,
                "acts": [str(act) for act in line.acts],
                "reported": str(line.reported.process_status) if line.reported else None,
                "requested": views.terms(line.terms),
                "confirmed": views.terms(line.confirmed),
            }
            for line in message.lines
        ],
        "warnings": list(message.warnings),
    }


def _print_sample(told: dict[str, Any]) -> None:
    if told["reason"] is not None:
        place = f"{told['place']}: " if told["place"] else ""
        complain(f"{told['file']} can't be read: {place}{told['reason']}")
        if told["remedy"]:
            complain(told["remedy"])
        return
    click.echo(f"{display(told['file'])}: {told['format']}")
    for order in told["orders"]:
        click.echo(f"order {display(order['number'])} of {display(order['buyer'])}")
        for line in order["lines"]:
            acts = ", ".join(line["acts"] or order["acts"]) or (line["reported"] or "says nothing of its status")
            click.echo(f"  line {display(line['position'], 40)}: {acts}{_deliveries(line['requested'])}")
        for warning in order["warnings"]:
            complain(f"  {warning}")


def _deliveries(terms: dict[str, Any] | None) -> str:
    if terms is None:
        return ""
    planned = ", ".join(f"{each['date'] or '?'} {each['quantity'] or '?'}" for each in terms["delivery_schedule"])
    price = ((terms["prices"] or {}).get("net_price") or (terms["prices"] or {}).get("gross_price")) or None
    priced = f" @ {price['value']} {display(price['currency'], 8)}" if price else ""
    return f": {planned}{priced}"
