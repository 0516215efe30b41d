"""Asks why: a rejection carries the supplier's reason to the buyer."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.desk_screen import leave
from tui.display import display
from tui.field import Field

_LONGEST = 500


class ReasonScreen(ModalScreen[str | None]):
    """Gives the reason, or None when the operator thinks better of it."""

    BINDINGS: ClassVar = [Binding("escape", "leave", "leave")]
    DEFAULT_CSS = """
    ReasonScreen { align: center middle; }
    ReasonScreen > Vertical {
        width: 72; max-width: 100%; height: auto; max-height: 100%; border: solid ansi_default; padding: 0 1;
    }
    ReasonScreen.-narrow > Vertical, ReasonScreen.-low > Vertical { border: none; padding: 0; }
    ReasonScreen.-low #hint { display: none; }
    """

    def __init__(self, what: str) -> None:
        super().__init__()
        self._what = display(what)

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(f"{self._what}: why? The buyer reads it."), classes="prose")
            yield Field(longest=_LONGEST, placeholder="the reason")
            yield Static(Text("enter goes on, escape leaves it", style="dim"), id="hint")

    def on_mount(self) -> None:
        self.set_focus(self.query_one(Input))

    def entered(self, field: Field) -> None:
        reason = field.value.strip()
        if reason:
            leave(self, reason)
        else:
            self.query_one("#hint", Static).update(Text("A reason is needed; escape leaves it", style="bold"))

    def on_field_full(self, event: Field.Full) -> None:
        self.query_one("#hint", Static).update(Text(display(event.sentence), style="bold"))

    def action_leave(self) -> None:
        leave(self)
