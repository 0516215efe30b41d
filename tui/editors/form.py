"""A screen of fields: read as they are typed, with what they would lead to below them, and one key that says it.

What the fields say is for those who derive from this. Knows nothing of drafts.
"""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
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
from core.transition import TransitionRefused
from tui.acting import REFUSED, Begun, LeadsElsewhere, begin
from tui.actions import Situation
from tui.desk_screen import leave
from tui.display import display
from tui.editors.form_fields import LONGEST, FieldNotUnderstood, as_shown
from tui.field import Field
from tui.one_order import same_to_the_eye
from tui.sending import SendingScreen

_CHECK_DELAY: Final = 0.2
_CHANGED: Final = "The order changed while you typed; what stands here would be refused."
_CHANGED_BEFORE: Final = "The order has changed since you saw it; what stands here would be refused."


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the screen says that the fields lead to."""

    form: Mapping[str, str]
    ends: tuple[object, ...] | None
    """None: it would be refused."""


def _ends(step: Step, positions: Collection[str]) -> tuple[object, ...]:
    """What the lines become, as far as it is told."""
    order = step.record.order
    lines = [line for line in order.lines if line.position in positions]
    states = [(each.process_status, each.in_progress_status, each.logistics_status) for each in lines]
    return tuple(states), bool(step.changes), step.notes


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
        self._label, self._fields, self._short = label, fields, short
        self._beside = Static(classes="beside")
        self.say_beside(beside)

    @property
    def names(self) -> Collection[str]:
        return self._fields.keys()

    def say_beside(self, said: str) -> None:
        self._beside.update(Text(said, style="dim", no_wrap=True, overflow="ellipsis"))
        self._beside.display = bool(said)

    def compose(self) -> ComposeResult:
        yield Static(Text(self._label))
        for name, value in self._fields.items():
            field = Field(as_shown(value), longest=LONGEST, name=name)
            field.set_class(self._short, "-short")
            # Where something can be typed is to be seen without colours too.
            yield Static(Text("["), classes="edge")
            yield field
            yield Static(Text("] "), classes="after")
        yield self._beside


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
        self._why_old: str | None = None
        """That the order is another by now than the one that the fields were made from."""
        self._shown: _Shown | None = None
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
    def saving(self, entry: Decision | Despatch, first: Callable[[OrderBook], None]) -> Callable[[OrderBook], Changed]:
        """What the writing thread does with it, after `first`; that raises what a decision raises."""

    @abstractmethod
    def leads_to(self, step: Step) -> str:
        """What `entry` would do, fit to be shown."""

    def notices(self) -> list[str]:
        """What to know before anything is typed, fit to be shown."""
        return []

    def take_over(self, found: Loaded) -> None:
        """The order is the same to the eye; what stands beside the fields may be ours no longer, or firm by now."""
        self.loaded, self.order = found, found.record.order

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
        # It may be opened from a screen that shows the order as it was.
        self.run_worker(self._look(_CHANGED_BEFORE), group="look")

    async def look(self) -> None:
        """Tell when the order is another than the one that the fields were made from; nothing is lost by that.

        What only came further on its way is the same order, and the same fields may lead elsewhere by it.
        """
        await self._look(_CHANGED)

    async def _look(self, changed: str) -> None:
        order_id, now = self.loaded.id, self.desk.clock()
        found = await self.desk.read(self.desk.reading.ask(lambda store: load(store, order_id, now)))
        if found is None or self.is_sending or not self.is_attached or self._why_old is not None:
            return
        if found.revision == self.loaded.revision:
            return
        if same_to_the_eye(found, self.loaded):
            self.take_over(found)
        else:
            self._why_old = changed
            self._say_notices(f"! {changed} {self.LEAVING}")
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
        self._shown = None
        if self._why_old is not None:
            self._say_outcome(self._why_old, wrong=True)
            return
        if (why := self.untouched()) is not None:
            self._say_outcome(why)
            return
        form = self.form()
        try:
            entry = self.entry()
        except FieldNotUnderstood as error:
            self._say_outcome(display(str(error), 400), wrong=True)
            return
        order_id = self.loaded.id
        ends = None
        try:
            step = await self.desk.trying.ask(lambda book: book.predict(order_id, entry))
        except REFUSED as refused:
            sentence, wrong = f"Refused: {display(str(refused), 400)}", True
        else:
            sentence, wrong = self.leads_to(step), False
            ends = _ends(step, [line.position for line in entry.lines])
        if mine == self._check_number and self.is_mounted:
            self._shown = _Shown(form, ends)
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
        saving = self.saving(entry, self._as_shown(entry, positions))
        self.send(begin(self.desk, saving, self.ACTION, self.order.key.number, positions))

    def _as_shown(self, entry: Decision | Despatch, positions: Collection[str]) -> Callable[[OrderBook], None]:
        """Raises LeadsElsewhere where the screen says otherwise of the same fields than what they lead to."""
        loaded, number = self.loaded, self.order.key.number
        shown = self._shown if self._shown is not None and self._shown.form == self.typed else None

        def look(book: OrderBook) -> None:
            if shown is None:
                return  # said before anything was read of it
            try:
                step = book.predict(loaded.id, entry)
            except TransitionRefused:
                return  # and so will it be
            if _ends(step, positions) != shown.ends:
                raise LeadsElsewhere(number)

        return look

    async def _tell(self, begun: Begun) -> None:
        await super()._tell(begun)
        if self.answered is None:
            await self.look()
            await self.check()

    def do_leave(self) -> None:
        leave(self)
