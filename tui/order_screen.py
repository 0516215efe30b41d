"""One order: its header, its lines with requested · ours · confirmed side by side, and the line under the cursor in full."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.model import OrderLine
from core.pending import Record, step
from core.profile import Profile
from core.store.queries import load, rows_by_id
from core.store.rows import Loaded
from core.transition import TransitionRefused
from tui.acting import ACTS, Begun, take
from tui.actions import Place, Situation
from tui.answers import decision
from tui.bulk import BulkScreen, lines_of
from tui.desk_screen import DeskScreen, bindings
from tui.display import display
from tui.drafted import met_positions
from tui.line_detail import detail, differs
from tui.order_list import ColumnHeads
from tui.reading import conflict_screen
from tui.reason import ReasonScreen
from tui.row_list import RowList, fitted
from tui.words import IN_PROGRESS, LOGISTICS, NONE, PROCESS, SENDING, buyer, counted, moment, terms

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

_POSITION, _STATUS = 6, 13
_LEAST_TERMS, _MOST_TERMS, _LEAST_ITEM = 15, 27, 12


class LineList(RowList):
    """An order's lines. `≠` before terms says that they are not what was requested."""

    def __init__(self, marks: set[str]) -> None:
        super().__init__(id="lines")
        self.lines: tuple[OrderLine, ...] = ()
        self.met: frozenset[str] = frozenset()
        """Lines on which a buyer's change met an answer of ours: `!` stands before them."""
        self._marks = marks

    def show_lines(self, lines: tuple[OrderLine, ...]) -> None:
        self.lines = lines
        self.show_rows(len(lines), self.cursor)

    def is_marked(self, index: int) -> bool:
        return self.lines[index].position in self._marks

    def row_text(self, index: int, width: int) -> str:
        line = self.lines[index]
        item = line.content.item
        ours, agreed = (
            ("≠ " if differs(part, line.requested) else "") + terms(part) for part in (line.proposed, line.confirmed)
        )
        return self._columns(
            width,
            "*" if self.is_marked(index) else "!" if line.position in self.met else " ",
            display(line.position, 20),
            PROCESS[line.process_status],
            " ".join(display(part, 80) for part in (item.number, item.name) if part) or NONE,
            terms(line.requested),
            ours,
            agreed,
        )

    @staticmethod
    def _columns(width: int, mark: str, position: str, status: str, item: str, *three: str) -> str:
        head = f"{mark} {fitted(position, _POSITION)} {fitted(status, _STATUS)} "
        room = width - cell_len(head)
        each = max(_LEAST_TERMS, min(_MOST_TERMS, (room - _LEAST_ITEM) // 3 - 1))
        name = room - 3 * (each + 1)
        shown = fitted(item, name) if name > 3 else ""
        return head + shown + "".join(" " + fitted(part, each) for part in three)

    @classmethod
    def heads(cls, width: int) -> str:
        return cls._columns(width, " ", "line", "status", "item", "requested", "ours", "confirmed")


class OrderScreen(DeskScreen):
    PLACE = Place.ORDER
    BINDINGS = bindings(Place.ORDER)
    DEFAULT_CSS = """
    OrderScreen #header { height: auto; max-height: 6; }
    OrderScreen #detail { height: auto; max-height: 14; border-top: solid ansi_default; }
    """

    def __init__(self, loaded: Loaded, profile: Profile | None, met: frozenset[str] = frozenset()) -> None:
        """`met`: the lines on which a buyer's change met an answer of ours."""
        super().__init__()
        self._loaded = loaded
        self._profile = profile
        self._met = met
        self._marked: set[str] = set()
        self._list = LineList(self._marked)
        self._header = Static(id="header")
        self._heads = ColumnHeads()
        self._detail = Static(id="detail")
        self._deciding = False
        self._refusals: dict[tuple[int, tuple[str, ...]], tuple[tuple[str, str], ...]] = {}

    def compose(self) -> ComposeResult:
        yield self._header
        yield self._heads
        yield self._list
        yield self._detail
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self._list.focus()
        self._show()

    def on_resize(self) -> None:
        self.call_after_refresh(lambda: self._heads.show(LineList.heads(self._list.size.width)))

    @property
    def number(self) -> str:
        return self._loaded.row.number

    def _show(self) -> None:
        self._header.update(header(self._loaded, self.desk.zone, len(self._met)))
        self._list.met = self._met
        self._list.show_lines(self._loaded.record.order.lines)
        self._show_detail()
        self.show_keys()

    def _show_detail(self) -> None:
        line = self.line()
        self._detail.update(detail(line) if line is not None else Text("This order has no lines."))

    def rows(self) -> RowList:
        return self._list

    def line(self) -> OrderLine | None:
        return self._list.lines[self._list.cursor] if self._list.lines else None

    def on_row_list_moved(self) -> None:
        self._show_detail()

    def situation(self) -> Situation:
        line, row = self.line(), self._loaded.row
        return Situation(
            self.PLACE,
            number=f"line {display(line.position, 20)}" if line else display(self.number, 40),
            process_status=line.process_status if line else "",
            sending=row.sending,
            marked=len(self._marked),
            rows=self._list.total,
            differing=len(self._met),
            refusals=self._tried(),
        )

    def _tried(self) -> tuple[tuple[str, str], ...]:
        """Why the rules refuse an action on the line under the cursor: found by trying, so there is no second rule."""
        line = self.line()
        if line is None or self._marked or self._profile is None:
            return ()
        key = (self._loaded.revision, (line.position,))
        if key not in self._refusals:
            self._refusals[key] = tuple(
                refusals(self._loaded.record, self._profile, key[1], self._loaded.row.changed_at)
            )
        return self._refusals[key]

    async def reread(self) -> None:
        """Read the order again; the cursor and the marks stay."""
        order_id, now = self._loaded.id, self.desk.clock()
        found = await self.desk.read(
            self.desk.reading.ask(lambda store: (load(store, order_id, now), met_positions(store, order_id)))
        )
        if found is not None and found[0] is not None and self.is_mounted:
            self._loaded, self._met = found[0], found[1]
            self._show()

    async def look(self) -> None:
        """Tell when the order is another than the one shown; what is shown changes only when the operator wants it."""
        order_id, now = self._loaded.id, self.desk.clock()
        rows = await self.desk.read(self.desk.reading.ask(lambda store: rows_by_id(store, [order_id], now)))
        ours = self._deciding or not self.is_current
        if rows and rows[0].revision != self._loaded.revision and not ours:
            self.say("Something happened to this order; r reads it again, t shows what")

    def do_refresh(self) -> None:
        self.run_worker(self.reread(), group="read")

    def do_preview(self) -> None:
        self.desk.show_preview(self._loaded.id, self.number)

    def do_differences(self) -> None:
        self.desk.show_differences(self._loaded.id, self.do_refresh)

    def do_timeline(self) -> None:
        self.desk.show_timeline(self._loaded.id, self.number)

    def do_mark(self) -> None:
        line = self.line()
        if line is not None:
            self._marked ^= {line.position}
            self._list.refresh_row(self._list.cursor)
            self._tell_marks()
            self._list.move(1)

    def do_mark_all(self) -> None:
        positions = {line.position for line in self._list.lines}
        everything = positions <= self._marked
        self._marked.clear()
        if not everything:
            self._marked |= positions
        self._list.refresh()
        self._tell_marks()

    def _tell_marks(self) -> None:
        self.say(f"{counted(len(self._marked), 'line')} marked" if self._marked else "Nothing is marked")
        self.show_keys()

    def do_confirm(self) -> None:
        self._answer("confirm")

    def do_withdraw(self) -> None:
        self._answer("withdraw")

    def do_undo(self) -> None:
        self._answer("undo")

    def do_reject(self) -> None:
        line = self.line()
        what = (
            counted(len(self._marked), "line") if self._marked else f"line {display(line.position, 20) if line else ''}"
        )

        def asked(reason: str | None) -> None:
            if reason is not None:
                self._answer("reject", reason)

        self.app.push_screen(ReasonScreen(f"Reject {what} of {display(self.number, 60)}"), asked)

    def _answer(self, action: str, reason: str | None = None) -> None:
        """The marked lines, by way of the summary; else the line under the cursor, at once."""
        loaded, line = self._loaded, self.line()
        if self._marked:
            positions = [each.position for each in self._list.lines if each.position in self._marked]
            summary = lines_of(loaded.id, loaded.revision, self.number, action, positions, reason)
            self.app.push_screen(summary, lambda _: self._back_from(summary))
        elif line is not None:
            self._deciding = True
            begun = take(
                self.desk,
                loaded.id,
                self.number,
                action,
                expected=loaded.revision,
                positions=(line.position,),
                reason=reason,
            )
            self.run_worker(self._tell(begun))

    async def _tell(self, begun: Begun) -> None:
        try:
            answered = await begun.answered()
            self.say(answered.sentence)
            if answered.taken:
                self.desk.answered({self._loaded.id}, keep_marks=True)
            await self.reread()
        finally:
            self._deciding = False
        if answered.conflict is not None:
            self.desk.show(conflict_screen(answered.conflict, self.desk.zone))

    async def _back_from(self, bulk: BulkScreen) -> None:
        if bulk.taken:
            self._marked.clear()
        await self.reread()
        self._tell_marks()
        if bulk.told:
            self.say(bulk.told)


def refusals(record: Record, profile: Profile, positions: Sequence[str], seed: str) -> list[tuple[str, str]]:
    """By action, why it is refused for `positions`. `seed` makes the ids of decisions that are only tried."""
    found = []
    at = dt.datetime.fromisoformat(seed)
    for action, act in ACTS.items():
        tried = decision(record.order, act, id=f"tried:{seed}:{action}", at=at, positions=positions, reason="-")
        try:
            step(record, tried, profile)
        except TransitionRefused as refused:
            found.append((action, display(str(refused), 300)))
    return found


def header(loaded: Loaded, zone: ZoneInfo | None, met: int = 0) -> Text:
    """Who ordered, how far it has come, what the platform says, what leaves, and what the buyer changed after our answer."""
    order, row = loaded.record.order, loaded.row
    head = order.header
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"Order {display(order.key.number, 60)}", "bold reverse")
    text.append(f"  {buyer(row)}  ({row.connection}, #{loaded.id})\n")
    status = f"{PROCESS[order.process_status]}, goods {LOGISTICS[order.logistics_status]}"
    if row.reported and row.reported.get("process_status") not in (None, order.process_status):
        status += f", the platform says {display(str(row.reported['process_status']), 40)}"
    if row.sending != "nothing":
        status += f", answer: {SENDING.get(row.sending, row.sending)}"
    text.append(f"{status}, received {moment(row.received_at, zone)}\n")
    contact = head.contact
    facts = [
        ("contact", " ".join(display(part, 60) for part in (contact.name, contact.email) if part) if contact else ""),
        (
            "to",
            ", ".join(display(part, 60) for part in (*head.destination.names, head.destination.city) if part)
            if head.destination
            else "",
        ),
        ("says", display(head.description or "", 120)),
        ("notes", " / ".join(display(note, 120) for note in head.notes)),
    ]
    if any(value for _, value in facts):
        text.append("  ".join(f"{name}: {value}" for name, value in facts if value) + "\n")
    if met:
        text.append(f"! {counted(met, 'line')} changed after our answer: d shows before, now and ours\n", "bold")
    waiting = {line.in_progress_status for line in order.lines if line.in_progress_status}
    if waiting:
        text.append("; ".join(sorted(IN_PROGRESS[each] for each in waiting)) + "\n")
    text.rstrip()
    return text
