"""One order: its header, its lines with requested · ours · confirmed side by side, and the line under the cursor in full."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.decisions import LineDecision
from core.formats import Carries
from core.model import OrderLine
from core.orderbook import MessageIsOld, NoSuchMessage
from core.profile import Profile
from core.store import outbox
from core.store.outbox import Message
from tui.acting import REFUSED, Answered, Begun, take, take_suggested
from tui.actions import Place, Situation
from tui.bulk import BulkScreen, lines_of
from tui.desk_screen import bindings
from tui.display import display
from tui.drafted import line_word
from tui.line_detail import detail
from tui.line_list import LineList
from tui.looked import Looked, look_at
from tui.one_order import OneOrderScreen
from tui.order_header import header, unsent
from tui.order_list import ColumnHeads
from tui.reasons import NO, About
from tui.refusals import of_goods, of_line
from tui.row_list import RowList
from tui.rule_words import suggested_line
from tui.words import BUYER_ASKS, counted

if TYPE_CHECKING:
    from core.suggestion import Suggestion

_PART_OF_SCREEN: Final = 3
"""What part of the screen's rows the header has at most, and the line in full: the list of lines has the rest."""
_LEAST_FACTS: Final = 4


@dataclass(frozen=True, slots=True)
class _Suggested:
    """What the rules say of the lines, at the revision that is shown."""

    revision: int
    found: Suggestion | None

    def line(self, position: str) -> LineDecision | None:
        lines = self.found.lines if self.found is not None else ()
        return next((line for line in lines if line.position == position), None)


class OrderScreen(OneOrderScreen):
    PLACE = Place.ORDER
    BINDINGS = bindings(Place.ORDER)
    DEFAULT_CSS = """
    OrderScreen #header { height: auto; }
    OrderScreen #detail { height: auto; border-top: solid ansi_default; }
    """

    def __init__(self, looked: Looked, profile: Profile | None, carries: Carries | None = None) -> None:
        """`carries`: what answers in the connection's format can say; None: it has none."""
        super().__init__()
        self.loaded = looked.loaded
        self._looked = looked
        self._profile = profile
        self._carries = carries
        self._suggested: _Suggested | None = None
        self._marked: set[str] = set()
        self._list = LineList(self._marked)
        self._header = Static(id="header")
        self._heads = ColumnHeads()
        self._detail = Static(id="detail")
        self._asked_again: tuple[str, str] | None = None
        """What the next press of the same key does, and to which message."""
        self._refusals: dict[tuple[int, str], tuple[tuple[str, str], ...]] = {}

    def compose(self) -> ComposeResult:
        yield self._header
        yield self._heads
        yield self._list
        yield self._detail
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self._show()

    def on_resize(self) -> None:
        self.show_facts()
        self.call_after_refresh(self._show_heads)

    def _show_heads(self) -> None:
        self._heads.show(self._list.heads(self._list.row_width))

    # What is shown

    def _show(self) -> None:
        self._list.met, self._list.unsent = self._looked.met, unsent(self.loaded.record)
        self._list.show_lines(self.loaded.record.order.lines)
        self._show_heads()
        self.show_facts()
        self.run_worker(self._suggest(), group="suggest", exclusive=True)

    def show_facts(self) -> None:
        if self._suggested is not None and self._suggested.revision != self.loaded.revision:
            self._suggested = None  # it was about the order as it was
        suggestion = self._suggested.found if self._suggested is not None else None
        looked = replace(self._looked, loaded=self.loaded)
        most = max(self.size.height // _PART_OF_SCREEN, _LEAST_FACTS)
        now = self.desk.clock()
        self._header.update(header(looked, self.desk.zone, now, suggestion, is_old=self.is_old, most=most))
        self._show_detail()
        self.show_keys()

    def _show_detail(self) -> None:
        line = self.line()
        if line is None:
            self._detail.update(Text("This order has no lines."))
            return
        sending = self.loaded.row.sending if line.position in self._list.unsent else None
        most = self.size.height // _PART_OF_SCREEN
        text = detail(line, sending, width=self.size.width, most=most)
        draft = self._looked.draft
        if draft is not None and draft.line(line.position) is not None:
            said = draft.decided(line.position)
            keys = "x" if said is not None and said.act in NO else "e or i"
            text.append(f"\nyour unsent answer: {line_word(said)}; {keys} opens it", "bold")
        if self._suggested is not None and self._suggested.found is not None:
            text.append(suggested_line(self._suggested.found, line.position))
        self._detail.update(text)

    def rows(self) -> RowList:
        return self._list

    def line(self) -> OrderLine | None:
        return self._list.lines[self._list.cursor] if self._list.lines else None

    def on_row_list_moved(self) -> None:
        self._asked_again = None
        self._show_detail()

    def situation(self) -> Situation:
        line, row = self.line(), self.loaded.row
        return Situation(
            self.PLACE,
            number=f"line {display(line.position, 20)}" if line else display(self.number, 40),
            process_status=line.process_status if line else "",
            sending=row.sending,
            marked=len(self._marked),
            rows=self._list.total,
            differing=len(self._looked.met),
            undelivered=len(self._looked.stuck),
            unsent_goods=len(self._stuck_goods()),
            suggested=bool(self._suggestions()),
            refusals=self._tried(),
        )

    def _tried(self) -> tuple[tuple[str, str], ...]:
        line = self.line()
        if line is None or self._marked or self._profile is None:
            return ()
        key = (self.loaded.revision, line.position)
        if key not in self._refusals:
            record, at = self.loaded.record, self.loaded.row.changed_at
            self._refusals[key] = of_line(record, self._profile, line, at, self._carries) + of_goods(record.order)
        return self._refusals[key]

    async def reread(self) -> None:
        """Read the order again; the cursor and the marks stay."""
        order_id, actor, now = self.loaded.id, self.desk.actor, self.desk.clock()
        found = await self.desk.read(self.desk.reading.ask(lambda store: look_at(store, order_id, actor, now)))
        if found is not None and self.is_mounted:
            self._looked, self.loaded, self.is_old = found, found.loaded, False
            self._show()

    async def _suggest(self) -> None:
        """Ask the rules, where the connection has some; that may take longer than reading the order."""
        revision = self.loaded.revision
        found = await self.desk.suggested(self.loaded)
        if self.is_running and self.loaded.revision == revision:
            self._suggested = _Suggested(revision, found)
            if found is not None:
                self.show_facts()

    def _suggestions(self) -> tuple[str, ...]:
        """The lines of which one, or of which those that are marked, the rules suggest an answer to."""
        if self._suggested is None or self._suggested.found is None:
            return ()
        suggested = [mine.position for mine in self._suggested.found.lines]
        return tuple(position for position in suggested if position in self._meant())

    def _meant(self) -> tuple[str, ...]:
        """The marked lines, else the one under the cursor."""
        if self._marked:
            return tuple(line.position for line in self._list.lines if line.position in self._marked)
        line = self.line()
        return (line.position,) if line is not None else ()

    def do_open(self) -> None:
        """The line as it is by now: what is read says when that was."""
        line, width = self.line(), self.size.width
        order_id, actor = self.loaded.id, self.desk.actor

        async def show() -> None:
            from tui.reading import line_screen

            now = self.desk.clock()
            looked = await self.desk.read(self.desk.reading.ask(lambda store: look_at(store, order_id, actor, now)))
            if looked is not None:
                found = looked.loaded.record.order.line(line.position) if line is not None else None
                self.desk.show(line_screen(looked, found, self.desk.zone, now, width))

        self.desk.opening(show)

    def on_row_list_opened(self) -> None:
        self.do_open()

    def do_preview(self) -> None:
        self.desk.show_preview(self.loaded.id, self.number)

    def do_differences(self) -> None:
        self.desk.show_differences(self.loaded.id, self.do_refresh)

    # What did not get through

    def _stuck_goods(self) -> list[Message]:
        return [message for message in self._looked.stuck if message.kind == outbox.ADVICE]

    def do_send_again(self) -> None:
        message = self._looked.stuck[0]
        anyway, self._asked_again = self._asked_again == ("send-again", message.id), None
        self.run_worker(self._send_again(message, anyway=anyway))

    async def _send_again(self, message: Message, *, anyway: bool) -> None:
        actor = self.desk.actor
        try:
            await self.desk.writing.ask(lambda book: book.retry(message.id, actor, anyway=anyway))
        except MessageIsOld as error:
            self._asked_again = ("send-again", message.id)
            self.say(f"{error.why}; ctrl+r once more sends it with its old words all the same")
        except (NoSuchMessage, *REFUSED) as error:
            self.say(str(error))
        else:
            self.say(f"{message.kind.replace('_', ' ')} {message.id} is in the queue again")
            await self.reread()

    def do_give_up(self) -> None:
        """At the second press: it can't be taken back."""
        message = self._stuck_goods()[0]
        if self._asked_again != ("give-up", message.id):
            self._asked_again = ("give-up", message.id)
            self.say(f"Press delete once more to give up despatch advice {message.id}: it is never sent then")
            return
        self._asked_again = None
        self.run_worker(self._give_up(message))

    async def _give_up(self, message: Message) -> None:
        actor = self.desk.actor
        try:
            await self.desk.writing.ask(lambda book: book.drop(message.id, actor))
        except (NoSuchMessage, *REFUSED) as error:
            self.say(str(error))
        else:
            self.say(f"Despatch advice {message.id} is given up; what was said of the goods stays")
            await self.reread()

    # Marking

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

    # Answering

    def do_confirm(self) -> None:
        self._answer("confirm")

    def do_withdraw(self) -> None:
        self._answer("withdraw")

    def do_undo(self) -> None:
        """What has not left is taken back; of what has, it is shown what would set it right."""
        if self._marked or self.loaded.record.pending is not None:
            self._answer("undo")
        else:
            self.desk.show_compensations(self.loaded.id, self._over)

    def do_reject(self) -> None:
        line = self.line()
        what = (
            counted(len(self._marked), "line") if self._marked else f"line {display(line.position, 20) if line else ''}"
        )

        no = "Reject"
        if any(each.in_progress_status in BUYER_ASKS for each in self._list.lines if each.position in self._meant()):
            no = "Refuse what the buyer asks on" if not self._marked else "Reject, or refuse what the buyer asks on,"
        about = About(self.loaded.id, self._meant(), self.loaded.revision)
        question = f"{no} {what} of {display(self.number, 60)}"
        self.desk.reasons.ask(question, about, partial(self._answer, "reject"), self._looked.draft)

    def do_as_suggested(self) -> None:
        assert self._suggested is not None
        found, positions = self._suggested.found, self._suggestions()
        if found is not None:
            self.begin(take_suggested(self.desk, found, self.number, positions))

    def taken(self, begun: Begun) -> None:
        self._marked.difference_update(begun.positions)

    def _answer(self, action: str, reason: str | None = None) -> None:
        """The marked lines, by way of the summary; else the line under the cursor, at once."""
        loaded, positions = self.loaded, self._meant()
        if self._marked:
            summary = lines_of(loaded.id, loaded.revision, self.number, action, positions, reason)
            self.app.push_screen(summary, lambda _: self._back_from(summary, positions))
        elif positions:
            expected = loaded.revision
            self.begin(
                take(self.desk, loaded.id, self.number, action, expected=expected, positions=positions, reason=reason)
            )

    async def _back_from(self, bulk: BulkScreen, positions: tuple[str, ...]) -> None:
        if bulk.taken:
            self._marked.clear()
            self.desk.reasons.done(About(self.loaded.id, positions))
        await self.reread()
        self._tell_marks()
        if bulk.told:
            self.say(bulk.told)

    # Editing

    def do_edit(self) -> None:
        self._edit("edit")

    def do_details(self) -> None:
        self._edit("details")

    def _edit(self, action: str) -> None:
        line = self.line()
        if line is None:
            return
        loaded, position = self.loaded, line.position

        async def show() -> None:
            from tui.editors.opening import edit_line

            await edit_line(self.desk, action, loaded, position, self._carries, self._over)

        self.desk.opening(show)

    def do_pack(self) -> None:
        self.desk.say_goods("pack", self.loaded.id, self._over, self._meant() if self._marked else ())

    def do_ship(self) -> None:
        self.desk.say_goods("ship", self.loaded.id, self._over, self._meant() if self._marked else ())

    def _over(self, answered: Answered | None) -> None:
        """Back from a screen on which something was typed."""
        if answered is None:
            self.do_refresh()  # a draft may stand there now
            return
        if answered.taken:
            self._marked.clear()
        self.run_worker(self.told(answered))
