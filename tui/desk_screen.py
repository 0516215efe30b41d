"""What every screen of the desk has: keys from the registry, a line that answers, a bar that shows what is possible."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Final, TypeVar, cast

from rich.cells import cell_len
from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Static

from tui.actions import Place, Situation, at, named, spelt
from tui.display import display
from tui.field import Field
from tui.row_list import RowList

if TYPE_CHECKING:
    from tui.acting import Answered
    from tui.app import Desk

R = TypeVar("R")

TOO_SMALL: Final = "make the window larger"
LEAST_COLUMNS: Final = 40
LEAST_LINES: Final = 10
"""Below them nothing is shown but `TOO_SMALL`."""


def leave(screen: Screen[R], result: R | None = None) -> None:
    """Dismiss `screen`, once. A key typed twice, the second before the first was done, finds it gone already."""
    if screen.is_active:
        screen.dismiss(result)


def bindings(place: Place) -> list[BindingType]:
    """The keys of `place`, made from the registry; a keymap can change them by the action's id."""
    return [Binding(",".join(action.keys), f"do('{action.id}')", action.label, id=action.id) for action in at(place)]


class MessageLine(Static):
    """What the last key led to, or why it led to nothing."""

    DEFAULT_CSS = "MessageLine { height: auto; min-height: 1; max-height: 3; text-style: bold; }"

    def __init__(self) -> None:
        super().__init__()
        self.sentence = ""

    def say(self, sentence: str) -> None:
        self.sentence = sentence
        self.update(Text(display(sentence, 400)))


class KeyBar(Static):
    """The keys of the place; what is not possible just now stands in brackets. Help and the way back always fit."""

    DEFAULT_CSS = "KeyBar { height: 1; }"

    def __init__(self) -> None:
        super().__init__(id="keys")
        self._keys: tuple[tuple[str, bool], ...] = ()

    def show(self, now: Situation) -> None:
        keys = tuple(
            (f"{spelt(action.keys[0])} {action.label}", action.why_not(now) is None)
            for action in at(now.place)
            if action.shown
        )
        if keys != self._keys:
            self._keys = keys
            self._lay_out()

    def on_resize(self) -> None:
        self._lay_out()

    def _lay_out(self) -> None:
        kept = self._keys[-_ALWAYS_SHOWN:]
        room = self.size.width - sum(cell_len(label) + 2 for label, _ in kept)
        text = Text(no_wrap=True, overflow="crop")
        for label, possible in self._keys[:-_ALWAYS_SHOWN]:
            room -= cell_len(label) + 2
            if room < 0:
                break
            _append(text, label, possible)
        for label, possible in kept:
            _append(text, label, possible)
        self.update(text)


_ALWAYS_SHOWN: Final = 2
"""Keys at the end of the bar that are never cut off: help and back."""
_BLINDLY: Final = frozenset({"back", "cancel", "suspend"})
"""Done even where the screen is too small to show what they do."""

_TYPED_BEHIND: Final = frozenset({"reject", "edit", "details", "pack", "ship", "set-right"})
"""They open something to type in."""


def _append(text: Text, label: str, possible: bool) -> None:
    text.append(f" {label} " if possible else f"({label})", "" if possible else "dim")


class TooSmall(Static):
    """Stands over a screen that has no room to be used. What is below it keeps its focus."""

    DEFAULT_CSS = """
    TooSmall { layer: over; dock: top; width: 100%; height: 100%; display: none; text-wrap: wrap; }
    """

    def __init__(self) -> None:
        super().__init__(Text(TOO_SMALL))


class DeskScreen(Screen[None]):
    """A screen whose keys are the registry's. An action `mark-all` is done by the method `do_mark_all`."""

    PLACE: ClassVar[Place]
    DEFAULT_CSS = """
    DeskScreen { layers: default over; }
    DeskScreen.-narrow, DeskScreen.-low { overflow: hidden; }
    DeskScreen.-narrow TooSmall, DeskScreen.-low TooSmall { display: block; }
    """

    def __init__(self) -> None:
        super().__init__()
        # Widgets are kept, not looked up: a look at the store may come back while the screen is being taken down.
        self.message_line = MessageLine()
        self.key_bar = KeyBar()

    @property
    def desk(self) -> Desk:
        return cast("Desk", self.app)

    @property
    def is_too_small(self) -> bool:
        """Whether there is no room to show anything; then nothing is decided either."""
        return self.has_class("-narrow") or self.has_class("-low")

    def on_mount(self) -> None:
        self.mount(TooSmall())

    def situation(self) -> Situation:
        """Where the cursor is and what is marked, for the guards."""
        return Situation(self.PLACE)

    def rows(self) -> RowList | None:
        """The list that the moving keys move in."""
        return None

    def say(self, sentence: str) -> None:
        self.message_line.say(sentence)

    def tell(self, answered: Answered) -> None:
        """What came of a decision. When the undo window has passed, nothing is said of it any more."""
        self.say(answered.sentence)
        if answered.afterwards is not None:
            self.set_timer(answered.window.total_seconds(), partial(self._after_the_window, answered))

    def _after_the_window(self, answered: Answered) -> None:
        if self.message_line.sentence == answered.sentence:
            self.say(answered.afterwards or "")

    @property
    def changes_by_itself(self) -> bool:
        """Whether what is shown becomes another by time alone."""
        return False

    async def look(self) -> None:
        """Something happened to some order, or time has passed that counts."""

    def on_screen_suspend(self) -> None:
        # What the last key led to is no news any more for those who come back.
        self.say("")

    def show_keys(self) -> None:
        self.key_bar.show(self.situation())

    def on_field_full(self, event: Field.Full) -> None:
        self.say(event.sentence)

    def on_key(self, event: events.Key) -> None:
        """A key that means nothing here says so. What is typed into a field doesn't come this way."""
        if event.is_printable and event.character is not None and event.key not in self.active_bindings:
            shown = "space" if event.character == " " else display(event.character, 1)
            help_too = "; ? shows the keys" if any(action.id == "help" for action in at(self.PLACE)) else ""
            self.say(f"{shown} does nothing here{help_too}")

    def action_do(self, action_id: str) -> Any:
        """Do an action of the registry, or say why not."""
        if not self.is_active:
            return None  # typed ahead, and meant for the screen that has opened or closed since
        if action_id not in _BLINDLY and self.is_too_small:
            return None
        reason = named(action_id).why_not(self.situation())
        if reason is not None:
            self.say(f"Not possible: {reason}")
            if action_id in _TYPED_BEHIND:
                self.desk.forget_typed()  # of the letters of a reason each would be a key here
            return None
        method = getattr(self, f"do_{action_id.replace('-', '_')}")
        return method()

    def _step(self, steps: int) -> None:
        if (rows := self.rows()) is not None:
            rows.move(steps)

    def do_down(self) -> None:
        self._step(1)

    def do_up(self) -> None:
        self._step(-1)

    def do_page_down(self) -> None:
        if (rows := self.rows()) is not None:
            rows.move_page(1)

    def do_page_up(self) -> None:
        if (rows := self.rows()) is not None:
            rows.move_page(-1)

    def do_first(self) -> None:
        if (rows := self.rows()) is not None:
            rows.move_to(0)

    def do_last(self) -> None:
        if (rows := self.rows()) is not None:
            rows.move_to(rows.total - 1)

    def do_back(self) -> None:
        leave(self)

    def do_cancel(self) -> None:
        self.do_back()

    def do_palette(self) -> None:
        self.app.action_command_palette()

    def do_help(self) -> None:
        from tui.reading import help_screen

        self.app.push_screen(help_screen(self.situation()))

    def do_suspend(self) -> None:
        self.app.action_suspend_process()

    def on_row_list_moved(self) -> None:
        self.show_keys()
