"""Item details, our own numbers and notes of a line as the raw fields of a form, and back. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from core.decisions import Act, LineDecision
from core.model import ItemDetails, OrderLine, plain
from core.transition.checks import wrong_detail
from tui import proposing
from tui.editors.form_fields import FieldNotUnderstood
from tui.proposing import NotUnderstood

Form = Mapping[str, str]

FIELDS: Final[Mapping[str, str]] = {
    "country_of_origin": "origin (two letters)",
    "combined_nomenclature_code": "CN code (8 digits)",
    "net_weight": "net weight of one",
    "net_weight_unit": "its unit, as KGM",
    "dangerous_goods_code": "UN number (4 digits)",
    "serial_number": "serial number",
    "batch_number": "batch number",
    "sales_order_number": "our order number",
    "sales_order_position": "our line number",
    "note": "note for the buyer",
}
"""By name: what stands before the field."""


def form_of(line: OrderLine) -> dict[str, str]:
    """What we said of the line, else what the buyer says of the item."""
    ours, theirs = line.item_details or ItemDetails(), line.content.item_details or ItemDetails()
    form = {}
    for name in ItemDetails.model_fields:
        value = getattr(ours, name) if getattr(ours, name) is not None else getattr(theirs, name)
        form[name] = "" if value is None else plain(value) if name == "net_weight" else value
    form["sales_order_number"] = line.sales_order_number or ""
    form["sales_order_position"] = line.sales_order_position or ""
    form["note"] = ""
    return form


def decided(form: Form, line: OrderLine) -> LineDecision:
    """What the fields tell the buyer. Raises FieldNotUnderstood."""
    said = {name: form.get(name, "").strip() or None for name in FIELDS}
    weight = said.pop("net_weight")
    if said["country_of_origin"] is not None:
        said["country_of_origin"] = said["country_of_origin"].upper()
    try:
        net_weight = None if weight is None else proposing.decimal(weight, "net weight")
    except NotUnderstood as error:
        raise FieldNotUnderstood("net_weight", str(error)) from None
    if net_weight is None and said["net_weight_unit"] is not None:
        raise FieldNotUnderstood("net_weight", "a unit goes with a net weight; write both or none")
    details = ItemDetails(
        net_weight=net_weight, **{name: said[name] for name in ItemDetails.model_fields if name != "net_weight"}
    )
    if (sentence := wrong_detail(details)) is not None:
        raise FieldNotUnderstood("", sentence)
    known = form_of(line)
    if all((form.get(name, "").strip()) == known[name] for name in FIELDS):
        raise FieldNotUnderstood("", "nothing is said yet that the buyer doesn't know")
    return LineDecision(
        position=line.position,
        act=Act.DETAILS,
        item_details=details if details != ItemDetails() else None,
        sales_order_number=said["sales_order_number"],
        sales_order_position=said["sales_order_position"],
        notes=(said["note"],) if said["note"] else None,
    )
