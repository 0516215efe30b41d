"""What would set right an answer that has left: line by line which message does it, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.compensating import compensations
from core.decisions import Act, Decision, LineDecision
from core.orderbook import Changed, OrderBook
from core.store import Store
from core.store.queries import load
from core.store.rows import Loaded
from core.transition import Compensation
from tui.acting import Answered, begin, decided
from tui.actions import Place, Situation
from tui.desk_screen import bindings, leave
from tui.display import display
from tui.reasons import About
from tui.row_list import RowList, TextList
from tui.sending import SendingScreen
from tui.words import CHANGED_SINCE, counted, leaves, terms

if TYPE_CHECKING:
    from tui.app import Desk

Told = Callable[[Answered | None], None]

_NOTHING: Final = "Not possible: no answer of ours has left that could be set right"


async def open_compensations(desk: Desk, order_id: int, then: Told) -> None:
    """`then` hears what came of it when the screen has gone; None: nothing was sent."""
    looked = await _look(desk, order_id)
    if looked is None or desk.is_ending:
        return
    loaded, found = looked
    if not found:
        desk.say(_NOTHING)
        return
    screen = CompensationScreen(loaded, found)
    desk.push_screen(screen, lambda _: then(screen.answered))


async def _look(desk: Desk, order_id: int) -> tuple[Loaded, tuple[Compensation, ...]] | None:
    now = desk.clock()

    def look(store: Store) -> tuple[Loaded, tuple[Compensation, ...]] | None:
        loaded = load(store, order_id, now)
        profile = desk.profile(loaded.row.connection) if loaded is not None else None
        if loaded is None or profile is None:
            return None
        return loaded, compensations(store, order_id, profile)

    return await desk.read(desk.reading.ask(look))


def is_complete(one: Compensation) -> bool:
    """Whether it can be sent as it stands; other terms are else for the operator to name."""
    return one.act is not None and (one.act is not Act.PROPOSE or one.terms is not None)


class CompensationScreen(SendingScreen):
    """One row a line. Those that something sets right are chosen at first."""

    PLACE = Place.SETTING_RIGHT
    BINDINGS = bindings(Place.SETTING_RIGHT)

    def __init__(self, loaded: Loaded, found: Sequence[Compensation]) -> None:
        super().__init__()
        self._loaded = loaded
        self._found = tuple(found)
        self._chosen = {one.position for one in found if is_complete(one)}
        self._list = TextList(hang=2)
        self._heading = Static(classes="heading")
        self._is_old = False
        """The order is another by now than the one that this was found for."""

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._list
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self._show()

    def _show_heading(self) -> None:
        left = "may have arrived" if self._loaded.row.sending == "uncertain" else "has left"
        heading = f"Order {display(self._loaded.row.number, 60)}: the answer {left}; what would set it right"
        if self._is_old:
            heading += f"  ({CHANGED_SINCE})"
        self._heading.update(Text(heading, style="reverse", no_wrap=True))

    def _show(self) -> None:
        self._show_heading()
        self._list.show_lines([self._row(one) for one in self._found])
        hold = leaves(self.desk.settings.operator_hold) if self.desk.daemon_runs else "waits, since the daemon is down"
        if self._chosen:
            self.say(f"enter sends it for {counted(len(self._chosen), 'line')}; it {hold}, as any answer")
        elif any(one.act is Act.PROPOSE for one in self._found):
            self.say("Nothing is chosen that could be sent; e on the line of the order names other terms")
        else:
            self.say("There is nothing to send that would set it right")
        self.show_keys()

    async def look(self) -> None:
        """Tell when the order is another than the one that this was found for, and what would set it right perhaps too."""
        order_id, now = self._loaded.id, self.desk.clock()
        loaded = await self.desk.read(self.desk.reading.ask(lambda store: load(store, order_id, now)))
        if loaded is None or self._is_old or self.is_sending or not self.is_current:
            return
        if loaded.revision == self._loaded.revision and loaded.row.sending == self._loaded.row.sending:
            return
        self._is_old = True
        self._show_heading()
        self.say("Something happened to this order; r finds again what would set it right")

    def on_screen_resume(self) -> None:
        # What happened while a reason was asked for.
        self.run_worker(self.look(), group="look")

    def do_refresh(self) -> None:
        self.run_worker(self._reread(), group="read")

    async def _reread(self) -> None:
        """Find again; what was left out stays left out."""
        looked = await _look(self.desk, self._loaded.id)
        if looked is None or self.is_sending or not self.is_current:
            return
        left_out = {one.position for one in self._found if is_complete(one)} - self._chosen
        self._loaded, self._found = looked
        self._is_old = False
        if not self._found:
            leave(self)
            self.desk.say(_NOTHING)
            return
        self._chosen = {one.position for one in self._found if is_complete(one)} - left_out
        self._show()

    def _row(self, one: Compensation) -> str:
        mark = "*" if one.position in self._chosen else " "
        stated = f" ({terms(one.terms)})" if one.terms is not None else ""
        return f"{mark} {display(one.sentence, 300)}{stated}"

    def rows(self) -> RowList:
        return self._list

    def situation(self) -> Situation:
        one = self._one()
        return Situation(
            self.PLACE,
            number=f"line {display(one.position, 20)}",
            marked=len(self._chosen),
            rows=len(self._found),
            busy=self.is_sending,
            choosable=is_complete(one),
        )

    def _one(self) -> Compensation:
        return self._found[self._list.line] if self._list.total else self._found[0]

    def do_choose(self) -> None:
        at = self._list.cursor
        self._chosen ^= {self._one().position}
        self._show()
        self._list.move_to(at)
        self._list.move(1)

    def do_set_right(self) -> None:
        chosen = [one for one in self._found if one.position in self._chosen]

        if any(one.act in (Act.PROPOSE, Act.REJECT, Act.REFUSE) for one in chosen):
            number = display(self._loaded.row.number, 60)
            about = About(self._loaded.id, tuple(one.position for one in chosen), self._loaded.revision, kept=False)
            what = f"Set right {counted(len(chosen), 'line')} of {number}"
            self.desk.reasons.ask(what, about, partial(self._decide, chosen))
        else:
            self._decide(chosen, None)

    def _decide(self, chosen: Sequence[Compensation], reason: str | None) -> None:
        loaded, desk = self._loaded, self.desk
        lines = tuple(
            LineDecision(position=one.position, act=one.act, terms=one.terms, reason=reason)
            for one in chosen
            if one.act is not None
        )
        decision = Decision(id=desk.new_id(), at=desk.clock(), lines=lines)

        def change(book: OrderBook) -> Changed:
            return decided(desk, book, loaded.id, decision, loaded.revision)

        positions = tuple(line.position for line in lines)
        self.send(begin(desk, change, "compensate", loaded.row.number, positions))
