"""What would set right an answer that has left: line by line which message does it, or why nothing does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

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
from tui.acting import Answered, begin
from tui.actions import Place, Situation
from tui.desk_screen import bindings
from tui.display import display
from tui.reason import ReasonScreen
from tui.row_list import RowList, TextList
from tui.sending import SendingScreen
from tui.words import counted, leaves, terms

if TYPE_CHECKING:
    from tui.app import Desk

Told = Callable[[Answered | None], None]


async def open_compensations(desk: Desk, order_id: int, then: Told) -> None:
    """`then` hears what came of it when the screen has gone; None: nothing was sent."""
    now = desk.clock()

    def look(store: Store) -> tuple[Loaded, tuple[Compensation, ...]] | None:
        loaded = load(store, order_id, now)
        profile = desk.profile(loaded.row.connection) if loaded is not None else None
        if loaded is None or profile is None:
            return None
        return loaded, compensations(store, order_id, profile)

    looked = await desk.read(desk.reading.ask(look))
    if looked is None or desk.is_ending:
        return
    loaded, found = looked
    if not found:
        desk.say("Not possible: no answer of ours has left that could be set right")
        return
    screen = CompensationScreen(loaded, found)
    desk.push_screen(screen, lambda _: then(screen.answered))


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

    def compose(self) -> ComposeResult:
        left = "may have arrived" if self._loaded.row.sending == "uncertain" else "has left"
        heading = f"Order {display(self._loaded.row.number, 60)}: the answer {left}; what would set it right"
        yield Static(Text(heading, style="reverse", no_wrap=True), classes="heading")
        yield self._list
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self._show()

    def _show(self) -> None:
        self._list.show_lines([self._row(one) for one in self._found])
        hold = leaves(self.desk.settings.operator_hold) if self.desk.daemon_runs else "waits, since the daemon is down"
        if self._chosen:
            self.say(f"enter sends it for {counted(len(self._chosen), 'line')}; it {hold}, as any answer")
        elif any(one.act is Act.PROPOSE for one in self._found):
            self.say("Nothing is chosen that could be sent; e on the line of the order names other terms")
        else:
            self.say("There is nothing to send that would set it right")
        self.show_keys()

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

        def asked(reason: str | None) -> None:
            if reason is not None:
                self._decide(chosen, reason)

        if any(one.act in (Act.PROPOSE, Act.REJECT, Act.REFUSE) for one in chosen):
            number = display(self._loaded.row.number, 60)
            self.app.push_screen(ReasonScreen(f"Set right {counted(len(chosen), 'line')} of {number}"), asked)
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
            return book.change(loaded.id, decision, desk.actor, expected_revision=loaded.revision)

        positions = tuple(line.position for line in lines)
        self.send(begin(desk, change, "compensate", loaded.row.number, positions))
