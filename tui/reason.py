"""Asks why: a rejection carries the supplier's reason to the buyer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static
from textual.widgets.input import Selection

from tui.desk_screen import leave
from tui.display import display
from tui.field import Field, as_one_line

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

    def __init__(self, what: str, before: str = "", has_changed: Callable[[], Awaitable[bool]] | None = None) -> None:
        """`before`: what was typed and not taken; the first letter typed takes its place. `has_changed`: whether what the
        reason is for is another than was seen."""
        super().__init__()
        self._what = display(what)
        self._field = Field(as_one_line(before)[:_LONGEST], longest=_LONGEST, placeholder="the reason")
        self._hint = Static(Text("enter goes on, escape leaves it", style="dim"), id="hint")
        self._has_changed = has_changed
        self._left = False
        self.when_cut_off: Callable[[str], None] | None = None
        """Hears what was typed when the desk ends before anybody leaves this."""

    @property
    def typed(self) -> str:
        return self._field.value

    def compose(self) -> ComposeResult:
        with Vertical():
            yield Static(Text(f"{self._what}: why? The buyer reads it."), classes="prose")
            yield self._field
            yield self._hint

    def on_mount(self) -> None:
        self.set_focus(self._field)
        self._field.selection = Selection(0, len(self._field.value))
        if self._field.value:
            self._tell("Typed before and not taken; type over it, or end goes on with it")

    changes_by_itself: Final = False

    async def look(self) -> None:
        """Something happened to some order."""
        if self._has_changed is not None and await self._has_changed() and self.is_attached:
            self._tell("It has changed since: enter is refused, what you type is kept")

    def entered(self, field: Field) -> None:
        reason = field.value.strip()
        if reason:
            self._left = True
            leave(self, reason)
        else:
            self._tell("A reason is needed; escape leaves it")

    def _tell(self, sentence: str) -> None:
        self._hint.update(Text(display(sentence), style="bold"))

    def on_field_full(self, event: Field.Full) -> None:
        self._tell(event.sentence)

    def action_leave(self) -> None:
        self._left = True
        leave(self)

    def on_unmount(self) -> None:
        if not self._left and self.when_cut_off is not None:
            self.when_cut_off(self.typed)
