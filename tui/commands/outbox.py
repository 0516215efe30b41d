"""`podesk outbox`: what waits to leave, failed or is uncertain; and putting it back into the queue."""

from __future__ import annotations

from dataclasses import asdict

import click

from tui.commands.completion import outbox_ids
from tui.commands.desk import Desk, actor
from tui.commands.printing import json_option, print_json, print_table
from tui.ending import Exit, complain


@click.group(invoke_without_command=True, short_help="What waits to leave, failed or is uncertain.")
@click.option("--all", "everything", is_flag=True, help="What was sent and replaced too.")
@json_option
@click.pass_context
def outbox(ctx: click.Context, everything: bool, as_json: bool) -> int:
    """List what waits to leave, failed, or is uncertain: nobody knows whether it arrived.

    Exit status 4 when something failed for good or is uncertain. `podesk outbox retry ID` puts such a message back into
    the queue, with the same bytes under the same key; `podesk outbox drop ID` gives up a despatch advice.

    JSON: an array of {"id", "order_id", "number", "connection", "kind", "state", "attempts", "not_before",
    "next_attempt", "last_error", "receipt", "created_at", "name"}; kind is order_response, despatch_advice or attachment,
    and name the file's; state is queued, sending, sent, uncertain, failed or superseded.
    """
    if ctx.invoked_subcommand:
        return Exit.DONE
    from core.store import queries

    desk = ctx.ensure_object(Desk)
    with desk.reading() as store:
        rows = queries.outbox(store, everything=everything)
    if as_json:
        print_json([asdict(row) for row in rows])
    elif rows:
        from tui import words

        zone = desk.settings.zone
        print_table(
            ("id", "order", "number", "connection", "what", "state", "tries", "next", "last error"),
            [
                (
                    row.id,
                    f"#{row.order_id}",
                    row.number,
                    row.connection,
                    f"{row.kind.replace('_', ' ')} {row.name}".rstrip(),
                    row.state,
                    row.attempts,
                    words.moment(row.next_attempt or row.not_before, zone) if row.state == "queued" else "",
                    row.last_error or "",
                )
                for row in rows
            ],
            right=("order", "tries"),
        )
    else:
        complain("Nothing waits to leave.")
    return Exit.ATTENTION if any(row.state in ("failed", "uncertain") for row in rows) else Exit.DONE


@outbox.command(short_help="Put a failed or uncertain message back into the queue.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=outbox_ids)
@click.option("--anyway", is_flag=True, help="Even where the buyer or we have changed a line of it since.")
@click.pass_context
def retry(ctx: click.Context, ids: tuple[str, ...], anyway: bool) -> int:
    """Put the failed or uncertain messages ID… back into the queue; the daemon tries them in its next round.

    A message whose words are old is refused: answering the order again is safer. --anyway sends it all the same.
    """
    from core.orderbook import NoSuchMessage

    desk = ctx.ensure_object(Desk)
    wrong = False
    with desk.writing() as store:
        book = desk.book(store)
        for outbox_id in ids:
            try:
                book.retry(outbox_id, actor(), anyway=anyway)
            except NoSuchMessage as error:
                wrong = True
                complain(str(error))
            else:
                complain(f"{outbox_id} is in the queue again.")
    return Exit.USAGE if wrong else Exit.DONE


@outbox.command(short_help="Give up a despatch advice that failed, is uncertain or waits for a look.")
@click.argument("ids", metavar="ID...", nargs=-1, required=True, shell_complete=outbox_ids)
@click.pass_context
def drop(ctx: click.Context, ids: tuple[str, ...]) -> int:
    """Give up the despatch advices ID…: they are not sent, and the timeline says by whom. What was said of the goods stays.

    An answer is not given up: `podesk undo` takes it back, or another is given.
    """
    from core.orderbook import NoSuchMessage

    desk = ctx.ensure_object(Desk)
    wrong = False
    with desk.writing() as store:
        book = desk.book(store)
        for outbox_id in ids:
            try:
                book.drop(outbox_id, actor())
            except NoSuchMessage as error:
                wrong = True
                complain(str(error))
            else:
                complain(f"{outbox_id} is given up.")
    return Exit.USAGE if wrong else Exit.DONE
