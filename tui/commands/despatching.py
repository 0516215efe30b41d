"""`podesk produce`, `pack` and `ship`: goods of an order are made, ready, or have left the house; in full or in part."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tui.commands.choosing import its_lines, po_argument, po_arguments, the_orders
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option
from tui.display import display

if TYPE_CHECKING:
    from core.decisions import Despatch, LineProgress, Shipment, Stage
    from core.model import Order

_lines_option = click.option(
    "--line",
    "lines",
    metavar="P[=QTY]",
    multiple=True,
    help="Only this line, by its position, or only so much of it; may be repeated.",
)


@click.command(short_help="Goods are made.")
@po_argument
@_lines_option
@json_option
@pass_desk
def produce(desk: Desk, po: str, lines: tuple[str, ...], as_json: bool) -> int:
    """Say that goods of the order PO are made.

    Without --line, all that is confirmed and not made yet. QTY is how much is made now, beside what was before.

    \b
    Examples:
      podesk produce 4500012345
      podesk produce 4500012345 --line 10=40

    Procurement Connect is told that it is producing, with what; elsewhere it is recorded, and a note says that nothing is
    sent. JSON: as of `podesk confirm`.
    """
    from core.stages import Stage

    return _despatch(desk, (po,), lines, Stage.PRODUCED, None, as_json=as_json)


@click.command(short_help="Goods are packed, ready to ship.")
@po_argument
@_lines_option
@json_option
@pass_desk
def pack(desk: Desk, po: str, lines: tuple[str, ...], as_json: bool) -> int:
    """Say that goods of the order PO are packed: ready to ship.

    Without --line, all that is confirmed and not packed yet. QTY is how much is packed now, beside what was before.

    \b
    Examples:
      podesk pack 4500012345
      podesk pack 4500012345 --line 10 --line 20=40

    Whether the buyer is told depends on the platform: Procurement Connect is told when the whole order is packed,
    Tradecloud of what is shipped alone. A note says so where nothing is sent. JSON: as of `podesk confirm`.
    """
    from core.stages import Stage

    return _despatch(desk, (po,), lines, Stage.PACKED, None, as_json=as_json)


@click.command(short_help="Goods are shipped, in full or in part.")
@po_arguments
@_lines_option
@click.option("--carrier", metavar="C", help="Who brings them.")
@click.option("--tracking", metavar="N", help="The carrier's number, by which the buyer can follow them.")
@json_option
@pass_desk
def ship(
    desk: Desk, pos: tuple[str, ...], lines: tuple[str, ...], carrier: str | None, tracking: str | None, as_json: bool
) -> int:
    """Say that goods of the orders PO… have left the house, and tell the buyers.

    Without --line, all that is confirmed and has not left yet. QTY is how much leaves now; what still has to come is told
    with it. One `ship` is one despatch advice, and what left can't be taken back.

    \b
    Examples:
      podesk ship 4500012345 --carrier DHL --tracking 1Z662F416878787827
      podesk ship 4500012345 --line 10=60
      podesk ship 4500012345 4500012346 --carrier "Own lorry"

    What was refused is told with the reason; the others are done. JSON: as of `podesk confirm`.
    """
    from core.decisions import Shipment
    from core.stages import Stage

    if not pos:
        raise click.UsageError("name an order: PO")
    given = {"carrier": _said("--carrier", carrier), "tracking_number": _said("--tracking", tracking)}
    shipment = Shipment(**given) if any(given.values()) else None
    return _despatch(desk, pos, lines, Stage.SHIPPED, shipment, as_json=as_json)


def _despatch(
    desk: Desk, pos: tuple[str, ...], lines: tuple[str, ...], stage: Stage, shipment: Shipment | None, *, as_json: bool
) -> int:
    with desk.writing() as store:
        order_ids = [row.id for row in the_orders(store, pos)]
        return carry_out(desk, store, order_ids, _moving(stage, lines, shipment), stage.value, as_json=as_json)


def _moving(stage: Stage, lines: tuple[str, ...], shipment: Shipment | None) -> Callable[[Order], Despatch]:
    def moving(order: Order) -> Despatch:
        from core.decisions import Despatch

        named = tuple(_named(order, text) for text in lines)
        return Despatch(id=new_id(), at=now(), stage=stage, lines=named, shipment=shipment)

    return moving


def _named(order: Order, text: str) -> LineProgress:
    """`P` or `P=QTY`; a position may have an = of its own. Raises click.UsageError."""
    from core.decisions import LineProgress
    from tui import proposing
    from tui.proposing import NotUnderstood

    position, equals, quantity = text.rpartition("=")
    if not equals or order.line(text) is not None:
        (position,) = its_lines(order, (text,))
        return LineProgress(position=position)
    its_lines(order, (position,))
    try:
        return LineProgress(position=position, quantity=proposing.decimal(quantity, "quantity"))
    except NotUnderstood as error:
        raise click.UsageError(f"--line {display(text, 60)}: {display(str(error), 200)}") from None


def _said(option: str, text: str | None) -> str | None:
    if text is None:
        return None
    if not text.strip():
        raise click.UsageError(f"{option} is empty; leave it out where there is none")
    return text.strip()
