"""A screen of fields: read as they are typed, with what they would lead to below them, and one key that says it.

What the fields say is for those who derive from this. Knows nothing of drafts.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping
from typing import ClassVar, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.timer import Timer
from textual.widgets import Input, Static

from core.decisions import Decision, Despatch
from core.orderbook import Changed, OrderBook
from core.pending import Step
from core.store.queries import load
from core.store.rows import Loaded
from tui.acting import REFUSED, begin
from tui.actions import Situation
from tui.desk_screen import leave
from tui.display import display
from tui.editors.form_fields import LONGEST, FieldNotUnderstood, as_shown
from tui.field import Field
from tui.one_order import same_to_the_eye
from tui.sending import SendingScreen

_CHECK_DELAY: Final = 0.2
_CHANGED: Final = "The order changed while you typed; what stands here would be refused."


class Row(Horizontal):
    """A label and the inputs beside it."""

    DEFAULT_CSS = """
    Row { height: 1; }
    Row > Static { width: 22; }
    Row > Field { width: 1fr; max-width: 60; }
    Row > Field.-short { width: 12; }
    Row > .edge { width: 1; }
    Row > .after { width: 2; }
    Row > .beside { width: 1fr; }
    """

    def __init__(self, label: str, fields: Mapping[str, str], *, short: bool = False, beside: str = "") -> None:
        """`fields`: name to value, as it is to be edited. `label` and `beside` are fit to be shown."""
        super().__init__()
        self._label, self._fields, self._short, self._beside = label, fields, short, beside

    def compose(self) -> ComposeResult:
        yield Static(Text(self._label))
        for name, value in self._fields.items():
            field = Field(as_shown(value), longest=LONGEST, name=name)
            field.set_class(self._short, "-short")
            # Where something can be typed is to be seen without colours too.
            yield Static(Text("["), classes="edge")
            yield field
            yield Static(Text("] "), classes="after")
        if self._beside:
            yield Static(Text(self._beside, style="dim", no_wrap=True, overflow="ellipsis"), classes="beside")


class FormScreen(SendingScreen):
    DEFAULT_CSS = """
    FormScreen #notice, FormScreen #outcome { height: auto; max-height: 5; }
    FormScreen #outcome { border-top: solid ansi_default; }
    FormScreen VerticalScroll { height: 1fr; }
    """
    ACTION: str
    """How `tui.words.DONE` calls what was done."""
    ENTER: ClassVar = "send"
    """The action of the registry that enter is."""
    LEAVING: ClassVar = "Leave (esc), read the order again (r), then say it again."
    """What to do when the order has changed meanwhile."""

    def __init__(self, loaded: Loaded) -> None:
        super().__init__()
        self.loaded = loaded
        self.order = loaded.record.order
        self.keeping: asyncio.Future[None] | None = None
        """What is being saved, though nothing is sent; those who come back wait for it."""
        self.typed: Mapping[str, str] = {}
        """The fields as they were last seen."""
        self._checking: Timer | None = None
        self._check_number = 0
        self._is_old = False
        """The order is another by now than the one that the fields were made from."""
        self._notice = Static(id="notice", classes="prose")
        self._outcome = Static(id="outcome", classes="prose")
        self.fields = VerticalScroll(can_focus=False)

    # What those say who derive from this

    @abstractmethod
    def heading(self) -> str:
        """Fit to be shown."""

    @abstractmethod
    def first_rows(self) -> Iterator[Row]: ...

    @abstractmethod
    def entry(self) -> Decision | Despatch:
        """What the fields say. Raises FieldNotUnderstood."""

    @abstractmethod
    def saving(self, entry: Decision | Despatch) -> Callable[[OrderBook], Changed]:
        """What the writing thread does with it; that raises what a decision raises."""

    @abstractmethod
    def leads_to(self, step: Step) -> str:
        """What `entry` would do, fit to be shown."""

    def notices(self) -> list[str]:
        """What to know before anything is typed, fit to be shown."""
        return []

    def untouched(self) -> str | None:
        """Why there is nothing to say yet; None when there is."""
        return None

    # The screen

    def compose(self) -> ComposeResult:
        yield Static(Text(self.heading(), style="reverse", no_wrap=True, overflow="ellipsis"), classes="heading")
        yield self._notice
        with self.fields:
            yield from self.first_rows()
        yield self._outcome
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self._say_notices()
        self.typed = self.form()
        if fields := self.query(Input):
            self.set_focus(fields.first())
        self.show_keys()
        self._check_soon()

    async def look(self) -> None:
        """Tell when the order is another than the one that the fields were made from; nothing is lost by that."""
        order_id, now = self.loaded.id, self.desk.clock()
        found = await self.desk.read(self.desk.reading.ask(lambda store: load(store, order_id, now)))
        if found is None or self.is_sending or not self.is_mounted or same_to_the_eye(found, self.loaded):
            return
        self._is_old = True
        self._say_notices(f"! {_CHANGED} {self.LEAVING}")
        await self.check()

    def _say_notices(self, *more: str) -> None:
        notices = [*more, *self.notices()]
        self._notice.update(Text("\n".join(notices), style="bold"))
        self._notice.display = bool(notices)

    def form(self) -> dict[str, str]:
        """The fields by name, as they stand on the screen."""
        return {field.name: field.value for field in self.query(Input) if field.name is not None}

    def situation(self) -> Situation:
        return Situation(self.PLACE, number=display(self.order.key.number, 40), busy=self.is_sending)

    # As it is typed

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        self.typed = self.form()
        self._check_soon()

    def _check_soon(self) -> None:
        if self._checking is not None:
            self._checking.stop()
        self._checking = self.set_timer(_CHECK_DELAY, self.check)

    async def check(self) -> None:
        """Say what the fields would lead to, or what is wrong with them."""
        self._check_number += 1
        mine = self._check_number
        if self._is_old:
            self._say_outcome(_CHANGED, wrong=True)
            return
        if (why := self.untouched()) is not None:
            self._say_outcome(why)
            return
        try:
            entry = self.entry()
        except FieldNotUnderstood as error:
            self._say_outcome(display(str(error), 400), wrong=True)
            return
        order_id = self.loaded.id
        try:
            step = await self.desk.trying.ask(lambda book: book.predict(order_id, entry))
        except REFUSED as refused:
            sentence, wrong = f"Refused: {display(str(refused), 400)}", True
        else:
            sentence, wrong = self.leads_to(step), False
        if mine == self._check_number and self.is_mounted:
            self._say_outcome(sentence, wrong=wrong)

    def _say_outcome(self, sentence: str, *, wrong: bool = False) -> None:
        self._outcome.update(Text(sentence, style="bold" if wrong else ""))

    # Moving

    def do_next_field(self) -> None:
        self.focus_next(Input)

    def do_field_before(self) -> None:
        self.focus_previous(Input)

    def focus_field(self, name: str) -> None:
        for field in self.query(Input):
            if field.name == name:
                self.set_focus(field)

    # The end

    def entered(self, _: Field) -> None:
        self.action_do(self.ENTER)

    def do_send(self) -> None:
        self.typed = self.form()
        if (why := self.untouched()) is not None:
            self.say(why)
            return
        try:
            entry = self.entry()
        except FieldNotUnderstood as error:
            self.say(str(error))
            self.focus_field(error.field)
            return
        positions = tuple(line.position for line in entry.lines)
        self.send(begin(self.desk, self.saving(entry), self.ACTION, self.order.key.number, positions))

    def do_leave(self) -> None:
        leave(self)
