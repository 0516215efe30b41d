"""`podesk sync`: the daemon, or one round of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json
from tui.ending import complain

if TYPE_CHECKING:
    from sync.report import ConnectionReport, RoundReport


@click.command(short_help="The daemon: fetch orders, send answers.")
@click.option("--once", is_flag=True, help="One round of everything, then end.")
@json_option
@pass_desk
def sync(desk: Desk, once: bool, as_json: bool) -> int:
    """Talk to every connection: fetch what buyers sent, send what leaves. One daemon per store; ends on SIGTERM or ctrl-c.

    With --once: one round of everything, each answer that is due tried once whatever its next attempt says. Exit status 3
    when a connection failed, else 4 when something is quarantined, dead or uncertain, or a connection is warned of.

    The log goes to stderr, a JSON object a line. JSON of --once: {"connections": [{"connection", "fetched", "applied",
    "duplicates", "quarantined", "sent", "postponed", "failed", "uncertain", "documents", "documents_failed", "parked",
    "errors", "warnings"}], "quarantined", "undelivered"}; the last two count all that stands in the store.
    """
    if as_json and not once:
        raise click.UsageError("--json goes with --once: the daemon itself has nothing to print")
    from sync import daemon
    from sync.log import Log

    report = daemon.run(desk.settings, once=once, log=Log(quiet=once))
    if not once:
        return 0
    if as_json:
        print_json(report.to_json())
    else:
        _tell(report)
    return report.exit_code


def _tell(report: RoundReport) -> None:
    for each in report.connections:
        complain(f"{each.connection}: {_in_words(each)}")
        for sentence in (*each.errors, *each.warnings):
            complain(f"  {sentence}")
    if report.quarantined:
        complain(f"{report.quarantined} in quarantine: `podesk quarantine`")
    if report.undelivered:
        complain(f"{report.undelivered} answers not delivered: `podesk outbox`")


def _in_words(each: ConnectionReport) -> str:
    counts = (
        ("fetched", each.fetched),
        ("applied", each.applied),
        ("duplicates", each.duplicates),
        ("quarantined", each.quarantined),
        ("sent", each.sent),
        ("postponed", each.postponed),
        ("failed", each.failed),
        ("uncertain", each.uncertain),
        ("documents fetched", each.documents),
        ("of the documents can't be had (`podesk documents PO`)", each.documents_failed),
    )
    said = ", ".join(f"{count} {what}" for what, count in counts if count)
    parked = "not admitted, waits for a person" if each.parked else ""
    return "; ".join(part for part in (said, parked) if part) or ("failed" if each.errors else "nothing new")
