"""`podesk status`: how the daemon and the connections fare, and what waits for a person."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json, print_table
from tui.display import display
from tui.ending import Exit

if TYPE_CHECKING:
    from core.store import Store
    from core.store.rows import HealthRow


@click.command(short_help="How the daemon and the connections fare.")
@json_option
@pass_desk
def status(desk: Desk, as_json: bool) -> int:
    """Say whether the daemon runs, how each connection fares, what waits to leave and what waits for a person.

    Exit status 3 when a connection fails, else 4 when something is quarantined, dead or uncertain, the rules' file can't be
    used, or a connection is warned of (a platform's clock is wrong, say). Whether the daemon runs changes no exit status: a
    desk may live on `podesk sync --once` from a timer.

    JSON: {"daemon": {"running", "pid"}, "listener": {"running", "pid", "listen"} or null where nothing is posted to us,
    "connections": [{"connection", "direction", "last_success", "last_error", "error_at", "parked", "warning"}],
    "orders": {view: count}, "outbox": {"queued", "sending", "uncertain", "failed"}, "quarantined", "rules": null or
    {"connections": [name], "error": sentence or null}}.
    """
    from core.store import queries
    from sync.lock import daemon_pid
    from sync.server.lock import listening_pid

    pid = daemon_pid(desk.settings.store_path)
    with desk.reading() as store:
        health = queries.health(store, desk.settings.ways)
        waiting = _waiting(store)
        quarantined = queries.quarantine_count(store)
        counts = queries.counts(store)
    rules = _rules(desk)
    listener = listening_pid(desk.settings.store_path)
    if as_json:
        print_json(
            {
                "daemon": _process(pid),
                "listener": {**_process(listener), "listen": desk.settings.listener.listen}
                if desk.settings.served
                else None,
                "connections": [_public(row) for row in health],
                "orders": {str(view): count for view, count in counts.items()},
                "outbox": waiting,
                "quarantined": quarantined,
                "rules": rules,
            }
        )
    else:
        click.echo(f"daemon {_running(pid, 'runs', 'does not run')}")
        if desk.settings.served:
            click.echo(f"listener {_running(listener, f'on {desk.settings.listener.listen}', 'does not listen')}")
        click.echo("orders: " + ", ".join(f"{count} {view}" for view, count in counts.items()))
        click.echo("outbox: " + ", ".join(f"{count} {state}" for state, count in waiting.items()))
        click.echo(f"quarantine: {quarantined}")
        if rules is not None:
            click.echo("rules: " + (f"stopped: {display(rules['error'], 1000)}" if rules["error"] else "in use"))
        _print(desk, health)
    if any(row.last_error for row in health):
        return Exit.CONNECTION
    look = any(row.warning for row in health) or (rules is not None and rules["error"] is not None)
    return Exit.ATTENTION if quarantined or waiting["failed"] or waiting["uncertain"] or look else Exit.DONE


def _process(pid: int | None) -> dict[str, Any]:
    return {"running": pid is not None, "pid": pid or None}


def _running(pid: int | None, does: str, does_not: str) -> str:
    return does_not if pid is None else does + (f", process {pid}" if pid else "")


def _rules(desk: Desk) -> dict[str, Any] | None:
    """Which connections have rules, and what is the matter with their file."""
    names = [each.name for each in desk.settings.connection if each.rules != "off"]
    if not names:
        return None
    from core.rules import RulesError, load

    try:
        load(desk.settings.rules_path)
    except RulesError as error:
        return {"connections": names, "error": str(error)}
    return {"connections": names, "error": None}


def _waiting(store: Store) -> dict[str, int]:
    from core.store import queries

    states = Counter(row.state for row in queries.outbox(store))
    return {state: states[state] for state in ("queued", "sending", "uncertain", "failed")}


def _public(row: HealthRow) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(row)


def _print(desk: Desk, health: list[HealthRow]) -> None:
    from tui import words

    zone = desk.settings.zone
    if health:
        print_table(
            ("connection", "way", "state", "last success", "last error"),
            [
                (
                    row.connection,
                    row.direction,
                    "waits for a person" if row.parked else "fails" if row.last_error else "well",
                    words.moment(row.last_success, zone) if row.last_success else "never",
                    f"{words.moment(row.error_at, zone) if row.error_at else ''} {row.last_error}"
                    if row.last_error
                    else "",
                )
                for row in health
            ],
        )
    for row in health:
        if row.warning:
            click.echo(f"{row.connection} {row.direction}: {display(row.warning, 1000)}")
