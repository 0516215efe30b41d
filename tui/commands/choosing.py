"""Which order an operator means: a number, or `#` and an id. One that is not there, or not the only one, is refused.

`##` and an id is never a number: it names an order where another one's number is written like its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import click

from tui.commands.completion import order_numbers
from tui.commands.desk import now
from tui.display import display

if TYPE_CHECKING:
    from core.model import Order
    from core.store import Store
    from core.store.rows import Loaded, OrderRow

po_argument = click.argument("po", metavar="PO", shell_complete=order_numbers)
po_arguments = click.argument("pos", metavar="PO...", nargs=-1, shell_complete=order_numbers)
line_option = click.option(
    "--line", "lines", metavar="P", multiple=True, help="Only this line, by its position; may be repeated."
)


def the_order(store: Store, po: str) -> OrderRow:
    """The one order that `po` names. Raises click.UsageError."""
    from core.store import queries

    found = queries.find(store, po, now())
    if not found:
        raise click.UsageError(f"there is no order {display(po, 60)}; `podesk orders` lists them")
    if len(found) > 1:
        # Where one order's number is written like another's id, only two of them make it an id.
        mark = "##" if any(row.number != po for row in found) else "#"
        what = "names" if mark == "##" else "is the number of"
        choice = ", ".join(
            f"{mark}{row.id} ({row.connection}, {display(row.buyer_name or row.buyer, 40)})" for row in found
        )
        raise click.UsageError(
            f"{display(po, 60)} {what} {len(found)} orders: {choice}; name one by its id, in quotes: "
            f"'{mark}{found[0].id}'"
        )
    return found[0]


def the_orders(store: Store, pos: Iterable[str]) -> list[OrderRow]:
    """Every order that `pos` name, each once. Raises click.UsageError before anything is done to any of them."""
    rows = {row.id: row for row in (the_order(store, po) for po in pos)}
    return list(rows.values())


def loaded(store: Store, order_id: int) -> Loaded:
    """The whole order. Raises NoSuchOrder."""
    from core.orderbook import NoSuchOrder
    from core.store import queries

    found = queries.load(store, order_id, now())
    if found is None:
        raise NoSuchOrder(order_id)
    return found


def its_lines(order: Order, positions: Sequence[str]) -> tuple[str, ...]:
    """`positions`, each once, when the order has all of them. Raises click.UsageError."""
    for position in positions:
        if order.line(position) is None:
            has = ", ".join(display(line.position, 20) for line in order.lines[:20])
            more = f" and {len(order.lines) - 20} more" if len(order.lines) > 20 else ""
            raise click.UsageError(
                f"order {display(order.key.number, 60)} has no line {display(position, 20)}; its lines are {has}{more}"
            )
    return tuple(dict.fromkeys(positions))
