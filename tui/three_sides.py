"""Lines on which a buyer's change met an answer of ours: before, now and ours beside each other, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.drafting import NoSuchDraft
from core.drafts import Draft
from core.orderbook import Changed, OrderBook
from core.profile import Profile
from core.revision import ThreeSides, three_sides
from core.store import Store, drafts
from core.store.queries import load
from core.store.rows import Loaded
from tui.acting import Begun, begin, take
from tui.actions import Place, Situation
from tui.desk_screen import bindings
from tui.display import display
from tui.drafted import buyers, line_word, met, ours
from tui.line_detail import beside
from tui.one_order import OneOrderScreen
from tui.order_list import ColumnHeads
from tui.reasons import About
from tui.refusals import refusals
from tui.row_list import RowList, fitted
from tui.words import BUYER_ASKS, CHANGED_SINCE

if TYPE_CHECKING:
    from tui.app import Desk

_POSITION, _LEAST, _MOST = 6, 15, 34


class Met(NamedTuple):
    """An order, and where a buyer's change met an answer of ours."""

    loaded: Loaded
    sides: tuple[ThreeSides, ...]
    drafts: list[Draft]


def look(store: Store, order_id: int, now: datetime) -> Met | None:
    """None when there is no such order. Raises StoreError."""
    with store.reading() as connection:
        loaded = load(store, order_id, now)
        if loaded is None:
            return None
        return Met(loaded, three_sides(store, order_id), drafts.found(connection, order_id).drafts)


class SideList(RowList):
    """One row a side: what the buyer asked and asks, and what we said. `≠` before terms: not what the buyer asks now."""

    def __init__(self) -> None:
        super().__init__(id="sides")
        self.sides: tuple[ThreeSides, ...] = ()

    def show_sides(self, sides: tuple[ThreeSides, ...]) -> None:
        self.sides = sides
        self.show_rows(len(sides), self.cursor)

    def row_text(self, index: int, width: int) -> str:
        side = self.sides[index]
        answer = ours(side)
        before, now = buyers(side)
        return self._columns(
            width,
            display(side.position, 20),
            before,
            f"≠ {now}" if side.before != side.now else now,
            f"≠ {answer}" if side.ours is not None and side.ours != side.now else answer,
            f"{side.ours_is}{f', {display(side.actor, 40)}' if side.actor else ''}",
        )

    @staticmethod
    def _columns(width: int, position: str, *cells: str) -> str:
        each = max(_LEAST, min(_MOST, (width - _POSITION) // len(cells) - 1))
        return fitted(position, _POSITION) + "".join(" " + fitted(cell, each) for cell in cells)

    @classmethod
    def heads(cls, width: int) -> str:
        return cls._columns(width, "line", "before", "now", "ours", "ours was")


class ThreeSidesScreen(OneOrderScreen):
    PLACE = Place.DIFFERENCES
    BINDINGS = bindings(Place.DIFFERENCES)
    DEFAULT_CSS = """
    ThreeSidesScreen #side { height: auto; max-height: 16; border-top: solid ansi_default; }
    """

    def __init__(self, found: Met, profile: Profile | None) -> None:
        super().__init__()
        self._met = found
        self.loaded = found.loaded
        self._profile = profile
        self._list = SideList()
        self._heading = Static(classes="heading")
        self._heads = ColumnHeads()
        self._side = Static(id="side")
        self._answered: str | None = None
        """The line answered here last, which `undo` takes back."""
        self._asked_again: str | None = None
        """The line whose draft the next `discard-ours` throws away."""

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._heads
        yield self._list
        yield self._side
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self._show()

    def on_resize(self) -> None:
        self._show_side()
        self.call_after_refresh(lambda: self._heads.show(SideList.heads(self._list.row_width)))

    def show_facts(self) -> None:
        heading = f"Order {display(self.number, 60)}: what the buyer changed after our answer"
        if self.is_old:
            heading += f"  ({CHANGED_SINCE})"
        self._heading.update(Text(heading, style="reverse", no_wrap=True))
        self.show_keys()

    def _show(self) -> None:
        self.show_facts()
        self._list.show_sides(self._met.sides)
        self._show_side()

    def _show_side(self) -> None:
        side = self.side()
        self._side.update(
            full(side, self._draft(), self.size.width)
            if side
            else Text("Nothing of this order is open in that way any more.")
        )

    def rows(self) -> RowList:
        return self._list

    def on_row_list_moved(self) -> None:
        self._asked_again = None
        self._show_side()
        self.show_keys()

    def side(self) -> ThreeSides | None:
        return self._list.sides[self._list.cursor] if self._list.sides else None

    def _draft(self) -> Draft | None:
        """The operator's own draft, where it has the line under the cursor."""
        side = self.side()
        mine = (one for one in self._met.drafts if one.actor == self.desk.actor)
        return next((one for one in mine if side is not None and one.line(side.position) is not None), None)

    def situation(self) -> Situation:
        side, loaded = self.side(), self.loaded
        line = loaded.record.order.line(side.position) if side is not None else None
        tried: Sequence[tuple[str, str]] = ()
        if line is not None and self._profile is not None:
            tried = refusals(loaded.record, self._profile, (line.position,), loaded.row.changed_at)
        return Situation(
            self.PLACE,
            number=f"line {display(line.position, 20)}" if line is not None else None,
            process_status=line.process_status if line is not None else "",
            sending=loaded.row.sending,
            rows=self._list.total,
            differing=self._list.total,
            drafted=self._draft() is not None,
            undoable=int(self._answered is not None),
            refusals=tuple(tried),
        )

    async def reread(self) -> None:
        """Read the order again; the cursor stays."""
        order_id, now = self.loaded.id, self.desk.clock()
        found = await self.desk.read(self.desk.reading.ask(lambda store: look(store, order_id, now)))
        if found is not None and self.is_mounted:
            self._met, self.loaded, self.is_old = found, found.loaded, False
            self._show()

    def taken(self, begun: Begun) -> None:
        self._answered = None if begun.action == "undo" else begun.positions[0]

    def do_confirm(self) -> None:
        self._answer("confirm")

    def do_reject(self) -> None:
        side = self.side()

        if side is not None:
            line = self.loaded.record.order.line(side.position)
            no = "Refuse what the buyer asks on" if line and line.in_progress_status in BUYER_ASKS else "Reject"
            what = f"{no} line {display(side.position, 20)} of {display(self.number, 60)}"
            about = About(self.loaded.id, (side.position,), self.loaded.revision)
            self.desk.reasons.ask(what, about, partial(self._answer, "reject"), self._draft())

    def do_undo(self) -> None:
        if self._answered is not None:
            loaded, positions = self.loaded, (self._answered,)
            self.begin(take(self.desk, loaded.id, self.number, "undo", expected=loaded.revision, positions=positions))

    def do_send_ours(self) -> None:
        side, loaded = self.side(), self.loaded
        if side is not None:
            self.begin(send_ours(self.desk, loaded.id, self.number, side.position, seen=loaded.revision))

    def do_discard_ours(self) -> None:
        """At the second press: it can't be taken back."""
        side = self.side()
        if side is None:
            return
        if self._asked_again != side.position:
            self._asked_again = side.position
            self.say(f"Press delete once more to throw your answer to line {display(side.position, 20)} away")
            return
        self._asked_again = None
        self.run_worker(self._discard(side.position))

    async def _discard(self, position: str) -> None:
        order_id, actor = self.loaded.id, self.desk.actor
        try:
            await self.desk.writing.ask(lambda book: book.discard_draft(order_id, actor, (position,)))
        except NoSuchDraft as error:
            self.say(str(error))
        else:
            self.say(f"Your answer to line {display(position, 20)} is thrown away")
        await self.reread()

    def _answer(self, action: str, reason: str | None = None) -> None:
        """The line under the cursor, as it is on the screen."""
        side, loaded = self.side(), self.loaded
        if side is not None:
            positions = (side.position,)
            expected = loaded.revision
            self.begin(
                take(self.desk, loaded.id, self.number, action, expected=expected, positions=positions, reason=reason)
            )


def send_ours(desk: Desk, order_id: int, number: str, position: str, *, seen: int) -> Begun:
    """Send what the operator's draft says of a line, to the order as it is at the revision `seen` on the screen."""

    def change(book: OrderBook) -> Changed:
        book.rebase_draft(order_id, desk.actor, seen, (position,))
        return book.send_draft(order_id, desk.actor, seen, (position,))

    return begin(desk, change, "ours", number, (position,))


def full(side: ThreeSides, mine: Draft | None, width: int = 100) -> Text:
    """One side in full: what met what, the terms beside each other, and the operator's own draft of the line."""
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"Line {display(side.position, 20)}  ", "bold")
    text.append(display(met(side), 200))
    beside(text, ("before", "now", "ours"), (side.before, side.now, side.ours), against=(0, 1), width=width)
    if side.ours is None:
        text.append(f"\n{'':<14}ours says: {ours(side)}")
    for difference in side.differences:
        text.append(f"\n≠ {display(difference, 200)}")
    line = mine.line(side.position) if mine is not None else None
    if mine is not None and line is not None:
        text.append(f"\nyour unsent answer: {line_word(mine.decided(side.position))}", "bold")
        if line.why is not None:
            text.append("; given back, o sends it all the same, delete throws it away")
    return text
