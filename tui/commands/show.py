"""`podesk show`: one order with its lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.choosing import loaded, po_argument, the_order
from tui.commands.desk import Desk, now, pass_desk
from tui.commands.printing import json_option, print_json, print_table
from tui.display import display
from tui.ending import complain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from core.drafts import Draft, Rechecked
    from core.model import Order, Prices, ScheduledDelivery
    from core.revision import ThreeSides
    from core.store import Store
    from core.store.rows import OrderRow
    from core.suggestion import Suggestion


@click.command(short_help="One order with its lines: requested, proposed, agreed.")
@po_argument
@json_option
@pass_desk
def show(desk: Desk, po: str, as_json: bool) -> int:
    """Show the order PO with its lines: what the buyer asks, what we propose, what is agreed.

    JSON: the object of `podesk orders --json`, with "header", and "lines": an array of {"position", "item",
    "process_status", "in_progress_status", "logistics_status", "requested", "proposed", "confirmed", "pending",
    "predicted", "content", "goods", "answered"}. Terms are {"delivery_schedule": [{"position", "date", "quantity"}],
    "prices"} or null; a delivery has its "transport_mode" where one is stated; prices are {"net_price": {"value",
    "currency"}, "gross_price", "discount_percentage", "price_unit", "price_unit_quantity", …}, each null where it
    isn't stated. An unknown date or quantity is null. "pending" is true while
    an answer of ours to the line has not left, and "predicted" when it has and the buyer's platform has not said yet what
    became of it. "header" and "content" are what the buyer says besides terms, as far as it is said; "goods" is how much
    of the line has come how far: {"produced", "packed", "shipped", "delivered", "received"}; "answered" is what we said
    of it: {"reason", "sales_order_number", "sales_order_position", "item_details"}.

    Where the connection has rules and something awaits our answer, "suggestion" is {"lines": [{"position", "act", "terms",
    "reason", "rule"}], "left": [{"position", "why"}], "error"}, else null; `podesk rules take PO` answers so.

    Where a buyer's change met an answer of ours, three sides are shown: before, now, ours. JSON: "three_sides", an array of
    {"position", "before", "now", "ours", "ours_is", "our_word", "operator", "since_revision", "differences"}; "ours_is" is
    where our answer was then: draft, held, queued, sent or agreed. "drafts" are the unsent answers, as `podesk drafts` has
    them.

    "tasks" are whose word is awaited on which line: {"position", "kind", "opened_at", "due_at"}; kind is answer, buyer asks
    or cancellation, which are ours, or wait, which is the buyer's; "due_at" is null where nothing says until when.

    "attached" are the documents of the order and its lines, as `podesk documents PO --json` has them.
    """
    from core.attached import attached
    from core.drafts import recheck
    from core.revision import three_sides
    from core.store import drafts as rows
    from core.store.tasks import open_tasks
    from tui import document_words, drafted, task_words, views

    with desk.reading() as store:
        row = the_order(store, po)
        record = loaded(store, row.id).record
        found = _suggestion(desk, store, row)
        sides = three_sides(store, row.id)
        written = rows.found(store.connection, row.id)
        drafts = [(draft, recheck(draft, record.order)) for draft in written.drafts]
        tasks = open_tasks(store, row.id)
        documents = attached(store, row.id, record)
    order = record.order
    if as_json:
        unsent = {line.position for line in record.pending.lines} if record.pending is not None else set()
        from tui.rule_words import suggestion_json

        besides = (
            suggestion_json(found),
            [drafted.side_json(side) for side in sides],
            [drafted.draft_json(draft, rechecked) for draft, rechecked in drafts],
            [task_words.task_json(task) for task in tasks],
            [views.attached(each, number) for number, each in enumerate(documents, 1)],
        )
        print_json(
            {**views.order_with_lines(row, order, unsent), **dict(zip(views.SHOWN_BESIDES, besides, strict=True))}
        )
    else:
        facts = [*task_words.told(tasks, desk.settings.zone, now()), *document_words.told(documents, row.number)]
        _print(row, order, facts)
        _print_sides(sides)
        _print_drafts(drafts)
        if found is not None:
            _print_suggestion(found)
    for sentence in written.torn:
        complain(sentence)
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


def _print(row: OrderRow, order: Order, besides: Sequence[tuple[str, str]]) -> None:
    from tui import order_facts, views, words

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
    facts.extend(besides)
    for name, contact in (("contact", order.header.contact), ("our contact", order.header.supplier_contact)):
        if contact is not None:
            parts = (contact.name, contact.email, contact.user_name, contact.phone)
            facts.append((name, " ".join(filter(None, parts))))
    if order.header.description:
        facts.append(("description", order.header.description))
    facts.extend(("note", note) for note in order.header.notes)
    facts.extend(order_facts.of_order(order))
    for name, fact in facts:
        click.echo(f"{display(name, 40) + ':':<14} {display(fact, 1000)}")
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
                *words.line_terms(line),
            )
            for line in order.lines
        ],
    )
    for line in order.lines:
        for kind, terms in (("requested", line.requested), ("proposed", line.proposed), ("confirmed", line.confirmed)):
            if terms is not None and len(terms.delivery_schedule) > 1:
                named = "  ".join(_as_named(planned) for planned in terms.delivery_schedule)
                click.echo(f"line {display(line.position, 40)} {kind}: {display(named, 2000)}")
            if terms is not None and terms.prices is not None and _says_more(terms.prices):
                click.echo(f"line {display(line.position, 40)} {kind} price: {words.whole_price(terms.prices)}")
        for name, fact in order_facts.of_line(line):
            click.echo(f"line {display(line.position, 40)} {display(name, 40)}: {display(fact, 1000)}")


def _says_more(prices: Prices) -> bool:
    """Whether there is more to a price than what stands in the table."""
    stated = [price for price in (prices.net, prices.gross) if price is not None]
    return prices.gross is not None or any(price.base is not None for price in stated)


def _print_sides(sides: Sequence[ThreeSides]) -> None:
    """Before, now, ours; under each line what differs."""
    from tui import drafted

    for side in sides:
        click.echo()
        click.echo(f"line {display(side.position, 40)}: {drafted.met(side)}")
        for label, terms in zip(("before", "now"), drafted.buyers(side), strict=True):
            click.echo(f"  {label:<8}{terms}")
        click.echo(f"  {'ours':<8}{drafted.ours(side)}")
        for difference in side.differences:
            click.echo(f"  ≠ {display(difference)}")


def _print_drafts(drafts: Sequence[tuple[Draft, Rechecked]]) -> None:
    from tui import drafted

    for draft, rechecked in drafts:
        back = {one.position: "; ".join(one.differences) for one in rechecked.returned}
        click.echo()
        click.echo(f"{display(draft.actor, 40)}'s unsent answer, drafted at revision {draft.revision}:")
        for line in draft.lines:
            said = drafted.line_word(draft.decided(line.position))
            given_back = "; given back" if line.why is not None else ""
            unfit = f"; no longer fits: {back[line.position]}" if line.position in back else ""
            click.echo(f"  line {display(line.position, 40)}: {said}{given_back}{display(unfit, 500)}")


def _as_named(planned: ScheduledDelivery) -> str:
    """A delivery as `podesk propose --delivery` takes it."""
    from tui import words

    position = f"{planned.position}:" if planned.position else ""
    return f"{position}{words.day(planned.date)}={words.quantity(planned.quantity)}"


_STATUSES = ("process_status", "logistics_status")
