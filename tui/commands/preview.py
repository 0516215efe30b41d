"""`podesk preview`: the exact bytes that would leave, and how they differ from those that were sent last."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tui.commands.choosing import po_argument, the_order
from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json
from tui.display import display, display_lines
from tui.ending import complain

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from core.orderbook import Preview

_WIDEST = 400
"""Characters of a line of a difference."""


@click.command(short_help="The exact bytes that would leave, and what they lead to.")
@po_argument
@click.option(
    "--message", "nth", metavar="N", type=click.IntRange(min=1), help="Only the Nth, where several wait to leave."
)
@json_option
@pass_desk
def preview(desk: Desk, po: str, nth: int | None, as_json: bool) -> int:
    """Print what of the order PO has not left yet: the exact bytes on stdout, what they lead to on stderr.

    On a terminal the control characters in it are made visible; into a file or a pipe go the bytes alone. Several
    messages follow each other; --message picks one.

    What changed since the last message of the same kind is told on stderr, line by line, both laid out alike first.

    A file that an answer attaches goes up before it. Until then the answer waits, and its bytes lack what the buyer's
    platform will call the file.

    JSON: an array of {"id", "kind", "connection", "state", "not_before", "content_type", "payload", "lines", "name",
    "waits_for", "last_sent", "difference"}; lines are {"position", "process_status", "in_progress_status",
    "logistics_status"} as they are predicted; "name" is a file's, and "waits_for" names the files that go up first.
    "last_sent" is the text of the last message of the same kind, null when there was none, and "difference" the lines of a
    unified diff from that one to this.
    """
    with desk.reading() as store:
        row = the_order(store, po)
        messages = desk.book(store).preview(row.id)
    if nth is not None:
        if nth > len(messages):
            raise click.UsageError(f"{len(messages)} messages of {display(row.number, 60)} wait to leave, not {nth}")
        messages = messages[nth - 1 : nth]
    if as_json:
        from tui import views

        print_json([views.preview(message) for message in messages])
        return 0
    if not messages:
        complain(f"Nothing of {display(row.number, 60)} waits to leave.")
    for message in messages:
        explain(message, desk.settings.zone)
    return 0


def explain(message: Preview, zone: ZoneInfo | None) -> None:
    """The message: what it leads to on stderr, its bytes on stdout."""
    _explain(message, zone)
    _print(message.payload or b"")


def _explain(message: Preview, zone: ZoneInfo | None) -> None:
    held = message.not_before if message.state == "held" else None
    hold = f" until {held.astimezone(zone):%H:%M:%S}" if held else ""
    if message.kind == "attachment":
        size = f", {message.size:,} bytes" if message.size is not None else ""
        complain(f"file {display(message.name, 100)} to {message.connection}, {message.state}{hold}{size}")
        return
    complain(f"{message.kind} to {message.connection}, {message.state}{hold}, {message.content_type or 'no bytes yet'}")
    for name in message.waits_for:
        complain(f"  waits for {display(name, 100)}; what the platform will call it is not in these bytes yet")
    for each in message.predicted:
        why = f" ({each.in_progress_status})" if each.in_progress_status else ""
        complain(f"  line {display(each.position, 40)}: {each.process_status}{why}, goods {each.logistics_status}")
    if message.difference:
        complain("  since what was sent last:")
        for line in message.difference:
            complain(f"    {display(line, _WIDEST)}")
    elif message.last_sent is not None and message.payload is not None:
        complain("  the same as what was sent last")


def _print(payload: bytes) -> None:
    if sys.stdout.isatty():
        for line in display_lines(payload.decode("utf-8", "replace"), cap=10_000):
            click.echo(line)
    else:
        click.echo(payload, nl=False)
