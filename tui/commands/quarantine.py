"""`podesk quarantine`: documents that could not be read; and reading them again."""

from __future__ import annotations

from dataclasses import asdict

import click

from tui.commands.completion import quarantine_ids
from tui.commands.desk import Desk, now
from tui.commands.printing import json_option, print_json, print_table
from tui.display import display
from tui.ending import Exit, complain


@click.group(invoke_without_command=True, short_help="Documents that could not be read.")
@json_option
@click.pass_context
def quarantine(ctx: click.Context, as_json: bool) -> int:
    """List the documents that could not be read, with the reason and the place in them.

    Exit status 4 when there are any. Their bytes are kept; `podesk quarantine retry ID` reads one again, after the settings
    were mended or podesk was upgraded.

    JSON: an array of {"id", "connection", "name", "locator", "sender", "reason", "place", "remedy", "fetched_at", "size"}.
    """
    if ctx.invoked_subcommand:
        return Exit.DONE
    from core.store import queries

    desk = ctx.ensure_object(Desk)
    with desk.reading() as store:
        documents = queries.quarantine(store)
    if as_json:
        print_json([asdict(document) for document in documents])
    elif documents:
        from tui import words

        zone = desk.settings.zone
        print_table(
            ("id", "fetched", "connection", "name", "bytes", "place", "reason", "what to do"),
            [
                (
                    document.id,
                    words.moment(document.fetched_at, zone),
                    document.connection,
                    document.name,
                    document.size,
                    document.place,
                    document.reason,
                    document.remedy,
                )
                for document in documents
            ],
            right=("id", "bytes"),
        )
    else:
        complain("The quarantine is empty.")
    return Exit.ATTENTION if documents else Exit.DONE


@quarantine.command(short_help="Read a document of the quarantine again.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, type=int, shell_complete=quarantine_ids)
@click.pass_context
def retry(ctx: click.Context, ids: tuple[int, ...]) -> int:
    """Read the documents ID… again. Exit status 4 when one still can't be read."""
    from core import intake
    from core.store import queries

    desk = ctx.ensure_object(Desk)
    still = False
    with desk.writing() as store:
        held = {document.id for document in queries.quarantine(store)}
        missing = [str(document_id) for document_id in ids if document_id not in held]
        if missing:
            raise click.UsageError(f"not in quarantine: {', '.join(missing)}; `podesk quarantine` lists what is")
        book = desk.book(store)
        for document_id in ids:
            applied = intake.retry(book, document_id)
            if applied.state == "quarantined":
                still = True
                complain(f"{document_id}: still can't be read: {applied.reason}")
            else:
                rows = queries.rows_by_id(store, applied.orders, now())
                named = ", ".join(f"{display(row.number, 60)} (#{row.id})" for row in rows)
                complain(f"{document_id}: {applied.state}" + (f": {named}" if named else ""))
    return Exit.ATTENTION if still else Exit.DONE
