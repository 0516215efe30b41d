"""Item details, our own numbers and notes of a line as the raw fields of a form, and back. Knows no screen.

A field in which nothing is typed keeps its value whole, also one that it can't show whole. Of several notes the first that
fits into a field is shown; the others stay as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from core.decisions import Act, LineDecision
from core.model import ItemDetails, OrderLine, plain
from core.transition.checks import wrong_detail
from tui import proposing
from tui.editors.besides import says_besides
from tui.editors.form_fields import FieldNotUnderstood, as_shown, untyped
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


def form_of(line: OrderLine, drafted: LineDecision | None = None) -> dict[str, str]:
    """What an unsent answer says of the line, else what we said, else what the buyer says of the item."""
    return {name: _text(value) for name, value in _values(line, drafted).items()}


def unshown(drafted: LineDecision) -> LineDecision:
    """What an unsent answer says that the fields don't show."""
    return drafted.but(
        item_details=None,
        sales_order_number=None,
        sales_order_position=None,
        notes=_notes(drafted.notes or (), None),
    )


def decided(form: Form, line: OrderLine, drafted: LineDecision | None = None) -> LineDecision:
    """What the fields tell the buyer, with all that an unsent answer says besides. Raises FieldNotUnderstood."""
    before = _values(line, drafted)
    said = {name: before[name] if untyped(form, name, _text(before[name])) else _typed(form, name) for name in FIELDS}
    if said["net_weight"] is None and said["net_weight_unit"] is not None:
        raise FieldNotUnderstood("net_weight", "a unit goes with a net weight; write both or none")
    details = ItemDetails(**{name: said[name] for name in ItemDetails.model_fields})
    if (sentence := wrong_detail(details)) is not None:
        raise FieldNotUnderstood("", sentence)
    known = form_of(line)
    more = drafted is not None and says_besides(unshown(drafted))
    if not more and all(untyped(form, name, known[name]) for name in FIELDS):
        raise FieldNotUnderstood("", "nothing is said yet that the buyer doesn't know")
    if drafted is None:
        return LineDecision(
            position=line.position,
            act=Act.DETAILS,
            item_details=details if details != ItemDetails() else None,
            sales_order_number=said["sales_order_number"],
            sales_order_position=said["sales_order_position"],
            notes=(said["note"],) if said["note"] else None,
        )
    changed = {
        name: said[name] for name in ("sales_order_number", "sales_order_position") if said[name] != before[name]
    }
    if any(said[name] != before[name] for name in ItemDetails.model_fields):
        changed["item_details"] = details if details != ItemDetails() else None
    if said["note"] != before["note"]:
        changed["notes"] = _notes(drafted.notes or (), said["note"])
    return drafted.but(**changed)


def _values(line: OrderLine, drafted: LineDecision | None) -> dict[str, Any]:
    """By field: its whole value; None where there is none."""
    ours, theirs = line.item_details or ItemDetails(), line.content.item_details or ItemDetails()
    numbers = {name: getattr(line, name) for name in ("sales_order_number", "sales_order_position")}
    note = None
    if drafted is not None:
        ours = drafted.item_details or ours
        numbers = {name: getattr(drafted, name) or number for name, number in numbers.items()}
        at = _shown_note(drafted.notes or ())
        note = drafted.notes[at] if drafted.notes is not None and at is not None else None
    details = {
        name: getattr(ours, name) if getattr(ours, name) is not None else getattr(theirs, name)
        for name in ItemDetails.model_fields
    }
    return {**details, **numbers, "note": note}


def _typed(form: Form, name: str) -> Any:
    text = form[name].strip() or None
    if text is None or name not in ("net_weight", "country_of_origin"):
        return text
    if name == "country_of_origin":
        return text.upper()
    try:
        return proposing.decimal(text, "net weight")
    except NotUnderstood as error:
        raise FieldNotUnderstood("net_weight", str(error)) from None


def _shown_note(notes: tuple[str, ...]) -> int | None:
    """Which of the notes the field shows: the first that it can show whole."""
    return next((nth for nth, note in enumerate(notes) if note.strip() == note == as_shown(note)), None)


def _notes(before: tuple[str, ...], note: str | None) -> tuple[str, ...] | None:
    at = _shown_note(before)
    kept = [*before]
    if at is None:
        kept += [note] if note else []
    else:
        kept[at : at + 1] = [note] if note else []
    return tuple(kept) or None


def _text(value: str | Decimal | None) -> str:
    return "" if value is None else plain(value) if isinstance(value, Decimal) else value
