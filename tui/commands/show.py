"""`podesk show`: one order with its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.choosing import loaded, po_argument, the_order
from tui.commands.desk import Desk, pass_desk
from tui.commands.printing import json_option, print_json, print_table
from tui.display import display

if TYPE_CHECKING:
    from core.model import Order, ScheduledDelivery
    from core.store import Store
    from core.store.rows import OrderRow
    from core.suggestion import Suggestion


@click.command(short_help="One order with its lines: requested, proposed, agreed.")
@po_argument
@json_option
@pass_desk
def show(desk: Desk, po: str, as_json: bool) -> int:
    """Show the order PO with its lines: what the buyer asks, what we propose, what is agreed.

    JSON: the object of `podesk orders --json`, with "lines": an array of {"position", "item", "process_status",
    "in_progress_status", "logistics_status", "requested", "proposed", "confirmed", "pending", "predicted"}. Terms are
    {"delivery_schedule": [{"position", "date", "quantity"}], "prices"} or null; prices are {"net_price": {"value",
    "currency"}, "gross_price", "discount_percentage", "price_unit", "price_unit_quantity", …}, each null where it isn't
    stated. An unknown date or quantity is null. "pending" is true while an answer of ours to the line has not left, and
    "predicted" when it has and the buyer's platform has not said yet what became of it.

    Where the connection has rules and something awaits our answer, "suggestion" is {"lines": [{"position", "act", "terms",
    "reason", "rule"}], "left": [{"position", "why"}], "error"}, else null; `podesk rules take PO` answers so.
    """
    from tui import views

    with desk.reading() as store:
        row = the_order(store, po)
        record = loaded(store, row.id).record
        found = _suggestion(desk, store, row)
    order = record.order
    if as_json:
        unsent = {line.position for line in record.pending.lines} if record.pending is not None else set()
        from tui.rule_words import suggestion_json

        print_json({**views.order_with_lines(row, order, unsent), "suggestion": suggestion_json(found)})
    else:
        _print(row, order)
        if found is not None:
            _print_suggestion(found)
    return 0


def _suggestion(desk: Desk, store: Store, row: OrderRow) -> Suggestion | None:
    connection = desk.settings.connection_named(row.connection)
    if connection is None or connection.rules == "off":
        return None
    from core.suggestion import suggestion

    return suggestion(desk.book(store), row.id)


def _print_suggestion(found: Suggestion) -> None:
    from tui.rule_words import suggested

    if found.trouble is not None:
        click.echo(f"rules: can't be asked: {display(found.trouble, 1000)}")
    for mine in found.lines:
        click.echo(f"rules suggest: line {display(mine.position, 40)}: {suggested(mine)}")
    for position, why in found.left:
        click.echo(f"rules leave to a person: line {display(position, 40)}: {display(why, 300)}")


def _print(row: OrderRow, order: Order) -> None:
    from tui import views, words

    facts = [
        ("order", f"{row.number}  (#{row.id}, revision {row.revision})"),
        ("buyer", " ".join(part for part in (row.buyer_name, f"({row.buyer})") if part)),
        ("connection", row.connection),
        ("status", f"{row.process_status}, goods {row.logistics_status}"),
    ]
    if row.reported:
        said = ", goods ".join(str(row.reported[key]) for key in _STATUSES if row.reported.get(key))
        facts.append(("platform says", said))
    if row.sending != "nothing":
        facts.append(("our answer", words.SENDING.get(row.sending, row.sending)))
    if order.header.description:
        facts.append(("description", order.header.description))
    facts.extend(("note", note) for note in order.header.notes)
    for name, fact in facts:
        click.echo(f"{name + ':':<15}{display(fact)}")
    click.echo()
    print_table(
        ("line", "item", "status", "why", "goods", "requested", "proposed", "confirmed"),
        [
            (
                line.position,
                " ".join(part for part in (views.item(line), line.content.item.name) if part),
                line.process_status,
                words.IN_PROGRESS.get(line.in_progress_status, "") if line.in_progress_status else "",
                line.logistics_status,
                words.terms(line.requested),
                words.terms(line.proposed),
                words.terms(line.confirmed),
            )
            for line in order.lines
        ],
    )
    for line in order.lines:
        for kind, terms in (("requested", line.requested), ("proposed", line.proposed), ("confirmed", line.confirmed)):
            if terms is not None and len(terms.delivery_schedule) > 1:
                named = "  ".join(_as_named(planned) for planned in terms.delivery_schedule)
                click.echo(f"line {display(line.position, 40)} {kind}: {display(named, 2000)}")


def _as_named(planned: ScheduledDelivery) -> str:
    """A delivery as `podesk propose --delivery` takes it."""
    from tui import words

    position = f"{planned.position}:" if planned.position else ""
    return f"{position}{words.day(planned.date)}={words.quantity(planned.quantity)}"


_STATUSES = ("process_status", "logistics_status")
