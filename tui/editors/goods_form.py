"""How much of which lines is packed or shipped, and by whom, as the raw fields of a form, and back. Knows no screen."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.decisions import LineProgress, Shipment, Stage
from core.model import Order, OrderLine
from core.transition import still_to_move
from tui import proposing
from tui.editors.form_fields import FieldNotUnderstood
from tui.proposing import NotUnderstood

MOST_LINES: Final = 60
"""Lines that a form has fields for; of a longer order all that is left moves, or what is marked."""
SHIPMENT_FIELDS: Final[Mapping[str, str]] = {"carrier": "carrier", "tracking_number": "tracking number"}
"""By name: what stands before the field."""


@dataclass(frozen=True, slots=True)
class Left:
    """A line of which something has not reached the stage; None: the agreed quantity is not known."""

    line: OrderLine
    quantity: Decimal | None


def left_of(order: Order, stage: Stage, positions: Collection[str] = ()) -> tuple[Left, ...]:
    """The lines, or those at `positions`, of which goods can still come to `stage`."""
    found = []
    for line in order.lines:
        if positions and line.position not in positions:
            continue
        quantity = still_to_move(line, stage)
        if quantity is None or quantity > 0:
            found.append(Left(line, quantity))
    return tuple(found)


def all_of(lines: Collection[Left]) -> tuple[LineProgress, ...]:
    """All that is left of each, where it is known how much that is."""
    return tuple(LineProgress(position=one.line.position) for one in lines if one.quantity is not None)


def moved(form: Mapping[str, str], lines: Collection[Left]) -> tuple[LineProgress, ...]:
    """What the fields `0`, `1`, … say of `lines`; an empty one says nothing. Raises FieldNotUnderstood."""
    said = []
    for nth, one in enumerate(lines):
        text = form.get(str(nth), "").strip()
        if not text:
            continue
        try:
            quantity = proposing.decimal(text, "quantity")
        except NotUnderstood as error:
            raise FieldNotUnderstood(str(nth), f"line {one.line.position}: {error}") from None
        said.append(LineProgress(position=one.line.position, quantity=quantity))
    if not said:
        raise FieldNotUnderstood("0", "no line has a quantity; write how much, or leave with escape")
    return tuple(said)


def shipment(form: Mapping[str, str]) -> Shipment | None:
    """Carrier and tracking number; None where neither is said."""
    given = {name: form.get(name, "").strip() or None for name in SHIPMENT_FIELDS}
    return Shipment(**given) if any(given.values()) else None
