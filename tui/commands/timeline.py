"""`podesk timeline`: all that happened to an order."""

from __future__ import annotations

import click

from tui.commands.choosing import po_argument, the_order
from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json


@click.command(short_help="All that happened to an order.")
@po_argument
@json_option
@pass_desk
def timeline(desk: Desk, po: str, as_json: bool) -> int:
    """Show all that happened to the order PO, the oldest first: who, when, what, and which field became what.

    JSON: an array of {"seq", "revision", "at", "actor", "kind", "document", "summary", "changes", "notes", "input"};
    changes are {"line", "field", "before", "after"}; where texts were erased, `changes` and `input` are null.
    """
    from core.store import queries

    with desk.reading() as store:
        entries = queries.timeline(store, the_order(store, po).id)
    if as_json:
        from tui import views

        print_json([views.timeline_entry(entry) for entry in entries])
        return 0
    from tui import words

    for entry in entries:
        for line in words.entry(entry, desk.settings.zone):
            click.echo(line)
    return 0
