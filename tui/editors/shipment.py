"""Asks once who brings the goods of many orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from core.decisions import Shipment
from tui.desk_screen import leave
from tui.display import display
from tui.editors.form import Row
from tui.editors.goods_form import SHIPMENT_FIELDS, shipment
from tui.field import Field


@dataclass(frozen=True, slots=True)
class Said:
    shipment: Shipment | None
    """None: neither carrier nor tracking number."""


class ShipmentScreen(ModalScreen[Said | None]):
    """Gives what was said, or None when the operator thinks better of it."""

    BINDINGS: ClassVar = [
        Binding("escape", "leave", "leave"),
        Binding("down", "app.focus_next", "next"),
        Binding("up", "app.focus_previous", "before"),
    ]
    DEFAULT_CSS = """
    ShipmentScreen { align: center middle; }
    ShipmentScreen > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 100%; border: solid ansi_default; padding: 0 1;
    }
    ShipmentScreen.-narrow > Vertical, ShipmentScreen.-low > Vertical { border: none; padding: 0; }
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = display(what)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(
                Text(f"Shipped: {self._what}. Who brings the goods? The buyers read it; both may be empty."),
                classes="prose",
            )
            for name, label in SHIPMENT_FIELDS.items():
                yield Row(label, {name: ""})
            yield Static(Text("enter goes on to the summary, escape leaves it", style="dim"), id="hint")

    def on_mount(self) -> None:
        self.set_focus(self.query(Input).first())

    def entered(self, _: Field) -> None:
        leave(self, Said(shipment({field.name or "": field.value for field in self.query(Input)})))

    def on_field_full(self, event: Field.Full) -> None:
        self.query_one("#hint", Static).update(Text(display(event.sentence), style="bold"))

    def action_leave(self) -> None:
        leave(self)
