"""`podesk details`: facts on the part itself, and our own numbers and notes, beside whatever is agreed on a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.choosing import its_lines, po_argument, the_order
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option
from tui.display import display

if TYPE_CHECKING:
    from core.decisions import Decision
    from core.model import ItemDetails, Order


@click.command(short_help="Item details of a line: origin, CN code, weight, serial and batch.")
@po_argument
@click.option("--line", "positions", metavar="P", multiple=True, required=True, help="A line; may be repeated.")
@click.option("--origin", metavar="CC", help="Country of origin, in two letters (ISO 3166-1).")
@click.option("--cn-code", metavar="CODE", help="EU CN code: eight digits, spaces allowed.")
@click.option("--net-weight", metavar="W", help="Of one item; needs --weight-unit.")
@click.option("--weight-unit", metavar="U", help="Of the net weight, as in KGM.")
@click.option("--un-number", metavar="N", help="Of dangerous goods: four digits.")
@click.option("--serial", metavar="S", help="Serial number.")
@click.option("--batch", metavar="B", help="Batch number.")
@click.option("--sales-order", metavar="N", help="The order's number in our books.")
@click.option("--sales-order-position", metavar="P", help="The line's position there.")
@click.option("--note", "notes", metavar="TEXT", multiple=True, help="A note on the line; may be repeated.")
@json_option
@pass_desk
def details(
    desk: Desk,
    po: str,
    positions: tuple[str, ...],
    origin: str | None,
    cn_code: str | None,
    net_weight: str | None,
    weight_unit: str | None,
    un_number: str | None,
    serial: str | None,
    batch: str | None,
    sales_order: str | None,
    sales_order_position: str | None,
    notes: tuple[str, ...],
    as_json: bool,
) -> int:
    """Tell the buyer facts on the part of a line of the order PO. What is agreed on the line stays as it is.

    What isn't named stays as it was said before. Together with an answer that has not left yet they leave as one message.

    \b
    Examples:
      podesk details 4500012345 --line 10 --origin NL --cn-code "8536 50 11"
      podesk details 4500012345 --line 10 --net-weight 1.2 --weight-unit KGM --batch B-2204
      podesk details 4500012345 --line 10 --line 20 --sales-order SO-771 --note "Packed in crates"
    """
    from core.decisions import Act, Decision, LineDecision

    facts = _item_details(
        country_of_origin=origin.upper() if origin is not None else None,
        combined_nomenclature_code=cn_code,
        net_weight=net_weight,
        net_weight_unit=weight_unit,
        dangerous_goods_code=un_number,
        serial_number=serial,
        batch_number=batch,
    )
    for name, text in (
        ("sales-order", sales_order),
        ("sales-order-position", sales_order_position),
        *(("note", note) for note in notes),
    ):
        _refuse_empty(name, text)
    if facts is None and sales_order is None and sales_order_position is None and not notes:
        raise click.UsageError("say what there is to tell: --origin, --cn-code, --net-weight, --serial, --batch …")

    def telling(order: Order) -> Decision:
        lines = tuple(
            LineDecision(
                position=position,
                act=Act.DETAILS,
                item_details=facts,
                sales_order_number=sales_order,
                sales_order_position=sales_order_position,
                notes=notes or None,
            )
            for position in its_lines(order, positions)
        )
        return Decision(id=new_id(), at=now(), lines=lines)

    with desk.writing() as store:
        row = the_order(store, po)
        return carry_out(desk, store, [row.id], telling, "details noted", as_json=as_json)


def _item_details(*, net_weight: str | None, **texts: str | None) -> ItemDetails | None:
    """Raises click.UsageError for what no part can have."""
    from core.model import ItemDetails
    from core.transition.checks import wrong_detail
    from tui.proposing import NotUnderstood, decimal

    for name, text in texts.items():
        _refuse_empty(_OPTIONS[name], text)
    if net_weight is None and texts["net_weight_unit"] is not None:
        raise click.UsageError("--weight-unit goes with --net-weight; give both")
    try:
        weight = None if net_weight is None else decimal(net_weight, "net weight")
    except NotUnderstood as error:
        raise click.UsageError(display(str(error), 400)) from None
    facts = ItemDetails(net_weight=weight, **texts)
    if (sentence := wrong_detail(facts)) is not None:
        raise click.UsageError(display(sentence, 400))
    return None if facts == ItemDetails() else facts


_OPTIONS = {
    "country_of_origin": "origin",
    "combined_nomenclature_code": "cn-code",
    "net_weight_unit": "weight-unit",
    "dangerous_goods_code": "un-number",
    "serial_number": "serial",
    "batch_number": "batch",
}


def _refuse_empty(option: str, text: str | None) -> None:
    if text is not None and not text.strip():
        raise click.UsageError(f"--{option} is empty; write something, or leave it out")
