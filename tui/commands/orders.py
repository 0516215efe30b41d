"""`podesk orders`: the lists of the desk."""

from __future__ import annotations

import click

from tui.commands.desk import Desk, now, pass_desk
from tui.commands.printing import json_option, print_json, print_table
from tui.ending import complain

VIEWS = ("to-answer", "waiting", "buyer-asks", "to-ship", "not-delivered", "all")
"""The names of `core.store.rows.View`, which would be imported to parse `--help` otherwise."""

view_option = click.option(
    "--view",
    type=click.Choice(VIEWS),
    default=None,
    help="to-answer: wait for our word; waiting: for the buyer's; buyer-asks: a request of the buyer's is open; to-ship: "
    "agreed, not shipped yet; not-delivered: an answer that did not get through; all.",
)


@click.command(short_help="List orders, by view or search.")
@view_option
@click.option("--search", metavar="T", help="Words of order number, buyer, item number or item name.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 2**31), help="At most N orders.")
@json_option
@pass_desk
def orders(desk: Desk, view: str | None, search: str | None, limit: int | None, as_json: bool) -> int:
    """List orders, the soonest due first: all, unless --view, --search or --limit says less.

    \b
    Examples:
      podesk orders --view to-answer
      podesk orders --search "steel plate" --limit 20
      podesk orders --json | jq -r '.[] | [.id, .number, .process_status] | @tsv'

    JSON: an array of {"id", "connection", "number", "buyer", "revision", "process_status", "logistics_status",
    "reported", "sending"}. `process_status` is ours, predicted where the platform has not spoken; `reported` is the
    platform's own last word, or null; `sending` is nothing, draft, held, queued, sending, sent, uncertain or failed.
    """
    from core.store import queries
    from core.store.rows import View
    from core.store.tasks import tasks_of

    with desk.reading() as store:
        rows = queries.list_orders(store, now=now(), view=View(view or "all"), search=search, limit=limit)
        tasks = {} if as_json else tasks_of(store, [row.id for row in rows])
    if as_json:
        from tui import views

        print_json([views.order(row) for row in rows])
    elif rows:
        from tui.task_words import ours_due

        print_table(
            ("id", "number", "buyer", "connection", "status", "goods", "sending", "due", "answer by", "lines"),
            [
                (
                    f"#{row.id}",
                    row.number,
                    row.buyer_name or row.buyer,
                    row.connection,
                    row.process_status,
                    row.logistics_status,
                    "" if row.sending == "nothing" else row.sending,
                    row.due or "",
                    ours_due(tasks.get(row.id, ()), desk.settings.zone, now()),
                    row.line_count,
                )
                for row in rows
            ],
            right=("id", "lines"),
        )
    else:
        complain("No orders here.")
    return 0
