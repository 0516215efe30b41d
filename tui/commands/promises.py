"""`podesk promises`: what was promised and has not left."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

import click

from tui.commands.desk import Desk, now, pass_desk
from tui.commands.printing import json_option, print_json, print_table
from tui.ending import complain


def _day(context: click.Context, parameter: click.Parameter, text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007  (a day, of no time zone)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no date; write it like 2026-12-01.") from None


@click.command(short_help="What was promised and has not left, by day.")
@click.option("--until", metavar="DATE", callback=_day, help="Up to and with this day, as in 2026-12-01.")
@click.option("--late", is_flag=True, help="Only what should have left by yesterday.")
@click.option("--limit", metavar="N", type=click.IntRange(1, 2**31), help="At most N deliveries.")
@json_option
@pass_desk
def promises(desk: Desk, until: dt.date | None, late: bool, limit: int | None, as_json: bool) -> int:
    """List what was promised and has not left, the soonest first: one row for each agreed delivery of a line.

    \b
    Examples:
      podesk promises --until 2026-12-24
      podesk promises --late
      podesk promises --json | jq -r '.[] | [.date, .number, .item, .quantity] | @tsv'

    What was shipped is taken from a line's deliveries in their order. The last column says how firm a promise is: agreed;
    predicted, when our answer left and the platform has not spoken yet; unsent, when it has not left; in talks, when one
    of the two asks to change it, or the buyer to cancel it.

    JSON: an array of {"order_id", "connection", "buyer", "buyer_name", "number", "position", "item", "name", "date",
    "quantity", "unit", "standing"}; an unknown date or quantity is null.
    """
    from core.promises import promised

    today = now().astimezone(desk.settings.zone).date()
    if late:
        yesterday = today - dt.timedelta(days=1)
        until = min(until, yesterday) if until is not None else yesterday
    with desk.reading() as store:
        found = promised(store, until, limit)
    if as_json:
        print_json([asdict(promise) for promise in found])
    elif found:
        from core.model import plain

        print_table(
            ("date", "", "quantity", "unit", "item", "name", "order", "line", "buyer", "standing"),
            [
                (
                    "unknown" if promise.date is None else promise.date.isoformat(),
                    "late" if promise.date is not None and promise.date < today else "",
                    "unknown" if promise.quantity is None else plain(promise.quantity),
                    promise.unit or "",
                    promise.item or "",
                    promise.name or "",
                    promise.number,
                    promise.position,
                    promise.buyer_name or promise.buyer,
                    str(promise.standing),
                )
                for promise in found
            ],
            right=("quantity",),
        )
    else:
        complain("Nothing that was promised is still to be shipped.")
    return 0
