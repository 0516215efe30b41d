"""The inbox: the views with their counts, the list, and at the side of a wide terminal the order under the cursor."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from rich.text import Text
from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Input, Static

from core.decisions import Shipment
from core.store import StoreError
from core.store.queries import document, load, quarantine
from core.store.rows import OrderRow, QuarantinedDocument, View
from core.store.tasks import open_tasks
from tui.acting import LABELS, Answered, Begun, take, take_suggested
from tui.actions import Place, Situation
from tui.bulk import BulkScreen, ask_for_bulk
from tui.desk_screen import DeskScreen, bindings
from tui.display import display
from tui.field import Field
from tui.order_header import unsent
from tui.order_list import ColumnHeads, OrderList, QuarantineList
from tui.reading import conflict_screen, document_screen
from tui.reasons import About
from tui.row_list import RowList
from tui.side import order_lines
from tui.task_words import told
from tui.view_bar import view_bar
from tui.words import counted

if TYPE_CHECKING:
    from core.suggestion import Suggestion
    from tui.app import Desk
    from tui.watch import Standing

VIEWS: Final[tuple[tuple[View | None, str, str], ...]] = (
    (View.TO_ANSWER, "To answer", "To answer"),
    (View.WAITING, "Waiting for buyer", "Waiting"),
    (View.BUYER_ASKS, "Buyer asks", "Asks"),
    (View.TO_SHIP, "To ship", "To ship"),
    (View.NOT_DELIVERED, "Not delivered", "Undelivered"),
    (None, "Quarantine", "Quarantine"),
    (View.ALL, "All", "All"),
)
"""With a title, and one for narrow screens. None is what could not be read: documents, not orders."""

WIDE: Final = 120
_PREVIEW_DELAY: Final = 0.15
_SEARCH_DELAY: Final = 0.15


class InboxScreen(DeskScreen):
    PLACE = Place.INBOX
    BINDINGS = bindings(Place.INBOX)
    DEFAULT_CSS = """
    InboxScreen #views, InboxScreen #standing { height: 1; }
    InboxScreen #side { width: 44; height: 1fr; padding: 0 1; border-left: solid ansi_default; display: none; }
    InboxScreen.-wide #side { display: block; }
    InboxScreen #quarantine, InboxScreen Input { display: none; }
    InboxScreen.-quarantine #orders { display: none; }
    InboxScreen.-quarantine #quarantine { display: block; }
    InboxScreen.-searching Input { display: block; }
    """

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._reader = desk.reader(self._rows_arrived)
        self._at = 0
        self._search: str | None = None
        self._standing: Standing | None = None
        self._awaits_rows = False
        """The rows on the screen are those of the view or search before: nothing is decided by them."""
        self._suggestion: Suggestion | None = None
        """What the rules suggest for the order at the side."""
        self._side_timer: Timer | None = None
        self._search_timer: Timer | None = None
        self._orders = OrderList(self._reader.row, self._reader.due, desk.marks, lambda index: self._reader.ids[index])
        self._quarantine = QuarantineList()
        self._views = Static(id="views")
        self._heads = ColumnHeads()
        self._side = Static(id="side")
        self._input = Field(longest=200, placeholder="order number, buyer or item")
        self._standing_line = Static(id="standing")
        first = desk.first_page
        self._reader.begin_with(first)
        self._orders.total = len(first)

    def compose(self) -> ComposeResult:
        yield self._views
        with Horizontal():
            with Vertical():
                yield self._heads
                yield self._orders
                yield self._quarantine
            yield self._side
        yield self._input
        yield self.message_line
        yield self._standing_line
        yield self.key_bar

    def on_mount(self) -> None:
        self.set_focus(self._orders)
        self._show_views()
        self.show_keys()
        self.run_worker(self._show(stay=True), group="list")

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= WIDE, "-wide")
        self._show_views()
        self.call_after_refresh(self._show_heads)
        self._show_side_soon()

    # What is shown

    @property
    def view(self) -> View | None:
        return VIEWS[self._at][0]

    def rows(self) -> RowList:
        return self._quarantine if self.view is None else self._orders

    def row(self) -> OrderRow | None:
        """The order under the cursor, as it is shown."""
        if self.view is None or not self._orders.total or self._awaits_rows:
            return None
        return self._reader.row(self._orders.cursor)

    def situation(self) -> Situation:
        row = self.row()
        return Situation(
            self.PLACE,
            number=display(row.number, 40) if row else None,
            process_status=row.process_status if row else "",
            sending=row.sending if row else "nothing",
            marked=len(self.desk.marks),
            rows=0 if self._awaits_rows else self.rows().total,
            quarantine=self.view is None,
            suggested=self._suggested_here(row),
            ruled=any(connection.rules != "off" for connection in self.desk.settings.connection),
        )

    def _rows_arrived(self) -> None:
        self._orders.refresh()
        self.show_keys()
        self._show_side_soon()

    async def _show(self, keep: int | None = None, *, stay: bool = False) -> None:
        """Read the view from the store; the cursor stays on the order `keep` where it is still there.

        `stay`: the rows shown are the beginning of what comes, so it stays on its row.
        """
        try:
            if self.view is None:
                self._show_documents(await self.desk.reading.ask(quarantine))
            else:
                at = await self._reader.show(self.view, self._search, keep)
                if at is None:
                    return
                self._orders.show_rows(len(self._reader.ids), self._orders.cursor if stay else at)
        except StoreError as error:
            if keep is None and not stay:
                # What stands there belongs to another view or search.
                self._reader.forget()
                self._orders.show_rows(0)
            self.say(str(error))
        self._awaits_rows = False
        self.desk.lookout.look_again(self._reader.last)
        self._show_heads()
        self._show_standing_line()
        self.show_keys()

    def _show_documents(self, documents: list[QuarantinedDocument]) -> None:
        self._quarantine.show_documents(documents)
        if documents:
            self.say("When the cause is mended, `podesk quarantine retry ID` reads a document again; enter shows it")

    def _show_heads(self) -> None:
        heads = QuarantineList.heads if self.view is None else OrderList.heads
        self._heads.show(heads(self.rows().row_width))

    def _show_views(self) -> None:
        counts = ["" if self._standing is None else f"{self._standing.count(view):,}" for view, _, _ in VIEWS]
        views = [(long, short, count) for (_, long, short), count in zip(VIEWS, counts, strict=True)]
        self._views.update(view_bar(views, self._at, self.size.width))

    def _show_standing_line(self) -> None:
        found = f"find {display(self._search, 40)}: {self._orders.total:,} · " if self._search else ""
        told = self._standing.sentence() if self._standing is not None else ""
        marked = f"{len(self.desk.marks):,} marked, in all views · " if self.desk.marks else ""
        self._standing_line.update(Text(marked + found + told, no_wrap=True, overflow="ellipsis"))

    def show_standing(self, standing: Standing, *, changed: bool) -> None:
        """What the watch saw. Rows keep their places; what stands in them is read again when something changed."""
        self._standing = standing
        self._show_views()
        self._show_standing_line()
        if changed or self._reader.shows("held"):
            self._reader.reread()
            self._orders.refresh()
        if standing.arrived and not self._orders.total and self.view is not None:
            # An empty list has no row that could lose its place.
            self.run_worker(self._show(), group="list")

    def on_row_list_moved(self) -> None:
        self._show_side_soon()

    def on_row_list_opened(self) -> None:
        self.do_open()

    # The side

    def _show_side_soon(self) -> None:
        if not self.has_class("-wide"):
            return
        if self._side_timer is not None:
            self._side_timer.stop()
        # A held key passes orders by the dozen; only the one it stops at is read.
        self._side_timer = self.set_timer(_PREVIEW_DELAY, self._show_side)

    async def _show_side(self) -> None:
        side, row = self._side, self.row()
        if row is None:
            side.update(Text(""))
            return
        order_id, now = row.id, self.desk.clock()
        at_side = await self.desk.read(
            self.desk.reading.ask(lambda store: (load(store, order_id, now), open_tasks(store, order_id)))
        )
        if not self._is_here(order_id) or at_side is None:
            return
        loaded, tasks = at_side
        self._suggestion = None
        if loaded is None:
            side.update(Text(""))
            return
        facts = told(tasks, self.desk.zone, now, unsent(loaded.record))
        side.update(order_lines(loaded, self.desk.zone, side.size.height, facts))
        suggestion = await self.desk.suggested(loaded)
        if suggestion is not None and self._is_here(order_id):
            self._suggestion = suggestion
            side.update(order_lines(loaded, self.desk.zone, side.size.height, facts, suggestion))
            self.show_keys()

    def _is_here(self, order_id: int) -> bool:
        row = self.row()
        return row is not None and row.id == order_id

    def _suggested_here(self, row: OrderRow | None) -> bool:
        """Whether the side shows an answer of the rules to the order in that row."""
        found = self._suggestion
        return row is not None and found is not None and found.order_id == row.id and bool(found.lines)

    # Looking

    def do_open(self) -> None:
        if self.view is None:
            self.desk.opening(self._open_document)
        elif (row := self.row()) is not None:
            self.desk.open_order(row.id)

    async def _open_document(self) -> None:
        document_id = self._quarantine.documents[self._quarantine.cursor].id
        found = await self.desk.read(self.desk.reading.ask(lambda store: document(store, document_id)))
        if found is not None:
            self.desk.show(document_screen(found, self.desk.zone))

    def do_preview(self) -> None:
        if (row := self.row()) is not None:
            self.desk.show_preview(row.id, row.number)

    def do_timeline(self) -> None:
        if (row := self.row()) is not None:
            self.desk.show_timeline(row.id, row.number)

    def do_next_view(self, steps: int = 1) -> None:
        self._at = (self._at + steps) % len(VIEWS)
        self.say("")
        self.set_class(self.view is None, "-quarantine")
        self.set_focus(self.rows())
        self._show_views()
        self._show_others()

    def _show_others(self) -> None:
        """Other rows than those on the screen were asked for."""
        self._awaits_rows = True
        self.run_worker(self._show(), group="list")

    def do_previous_view(self) -> None:
        self.do_next_view(-1)

    def do_refresh(self) -> None:
        row = self.row()
        self.run_worker(self._show(row.id if row else None), group="list")

    # Searching

    def do_search(self) -> None:
        self.add_class("-searching")
        self.set_focus(self._input)  # at once: the next key is typed there

    def on_input_changed(self, event: Input.Changed) -> None:
        if self._search_timer is not None:
            self._search_timer.stop()
        self._search_timer = self.set_timer(_SEARCH_DELAY, lambda: self._find(event.value))

    def entered(self, field: Field) -> None:
        self._find(field.value)
        self.remove_class("-searching")
        self.set_focus(self.rows())

    def _find(self, text: str) -> None:
        search = text.strip() or None
        if search != self._search:
            self._search = search
            self._show_others()

    def do_cancel(self) -> None:
        """Escape ends the search; it never ends the desk."""
        self.remove_class("-searching")
        self.set_focus(self.rows())
        self._input.value = ""
        self._find("")

    # Marking

    def do_mark(self) -> None:
        row = self.row()
        if row is not None:
            marks = self.desk.marks
            if row.id in marks:
                del marks[row.id]
            else:
                marks[row.id] = row.revision
            self._orders.refresh_row(self._orders.cursor)
            self._tell_marks()
            self._orders.move(1)

    def do_mark_all(self) -> None:
        marks, ids = self.desk.marks, self._reader.ids
        if all(order_id in marks for order_id in ids):
            for order_id in ids:
                marks.pop(order_id, None)
        else:
            for order_id in ids:
                marks.setdefault(order_id, 0)
        self._orders.refresh()
        self._tell_marks()

    def _tell_marks(self) -> None:
        self.say("" if self.desk.marks else "Nothing is marked")
        self._show_standing_line()
        self.show_keys()

    # Answering

    def do_confirm(self) -> None:
        self._answer("confirm")

    def do_withdraw(self) -> None:
        self._answer("withdraw")

    def do_undo(self) -> None:
        """What has not left is taken back; of what has, it is shown what would set it right."""
        row = self.row()
        if self.desk.marks or row is None:
            self._answer("undo")
        else:
            self.desk.opening(partial(self._take_back, row), or_none=True)

    async def _take_back(self, row: OrderRow) -> None:
        now = self.desk.clock()
        loaded = await self.desk.read(self.desk.reading.ask(lambda store: load(store, row.id, now)))
        if loaded is None or not self.is_current:
            return
        if loaded.record.pending is not None:
            self._answer("undo", row=row)
        else:
            self.desk.show_compensations(row.id, partial(self._over, row))

    def do_edit(self) -> None:
        """A line is chosen on the order's own screen."""
        self.do_open()

    def do_details(self) -> None:
        self.do_open()

    def do_pack(self) -> None:
        self._goods("pack")

    def do_ship(self) -> None:
        self._goods("ship")

    def _goods(self, action: str) -> None:
        """All that is marked, by way of the summary; else the order under the cursor, by a form."""
        row = self.row()
        if not self.desk.marks:
            if row is not None:
                self.desk.say_goods(action, row.id, partial(self._over, row))
        elif action == "ship":
            self.desk.ask_for_shipment(counted(len(self.desk.marks), "order"), partial(self._bulk, action, None))
        else:
            self._bulk(action)

    def do_as_suggested(self) -> None:
        """All that is marked, by way of the summary; else the order at the side, as it is shown there."""
        row, found = self.row(), self._suggestion
        if self.desk.marks:
            from tui.bulk_suggested import ask_for_suggested  # only where there are rules

            self._ask(ask_for_suggested(self.desk))
        elif row is not None and found is not None:
            self.run_worker(self._tell(row, take_suggested(self.desk, found, row.number)))

    def do_reject(self) -> None:
        row, count = self.row(), len(self.desk.marks)
        what = counted(count, "order") if count else display(row.number, 60) if row else ""
        # Of lines in progress the buyer may have asked something; which ones, no row of the list knows.
        refusing = count or (row is not None and row.process_status == "InProgress")
        what = f"Reject, or refuse what the buyer asks of, {what}" if refusing else f"Reject {what}"

        about = About(row.id, (), row.revision) if row is not None and not count else About()
        self.desk.reasons.ask(what, about, lambda reason: self._answer("reject", reason, row))

    def _answer(self, action: str, reason: str | None = None, row: OrderRow | None = None) -> None:
        """All that is marked, by way of the summary; else the order under the cursor (or `row`), at once."""
        if self.desk.marks and self.view is not None:
            self._bulk(action, reason)
            return
        row = row or self.row()
        if row is not None:
            self.say(f"{LABELS[action]} {display(row.number, 60)} …")
            begun = take(self.desk, row.id, row.number, action, expected=row.revision, reason=reason)
            self.run_worker(self._tell(row, begun))

    def _bulk(self, action: str, reason: str | None = None, shipment: Shipment | None = None) -> None:
        self._ask(ask_for_bulk(self.desk, action, reason, shipment))

    def _ask(self, bulk: BulkScreen) -> None:
        self.app.push_screen(bulk, lambda _: self._back_from(bulk))

    async def _tell(self, row: OrderRow, begun: Begun) -> None:
        answered = await begun.answered()
        if begun.action == "reject":
            await self.desk.reasons.answered(About(row.id, (), row.revision), answered)
        self._over(row, answered)

    def _over(self, row: OrderRow, answered: Answered | None) -> None:
        """Tell what came of a decision on an order, made here or on a screen above."""
        if answered is None:
            return
        self.tell(answered)
        self.desk.answered({row.id} if answered.taken else set())
        if answered.conflict is not None:
            self.desk.show(conflict_screen(answered.conflict, self.desk.zone, marked=bool(self.desk.marks)))

    def _back_from(self, bulk: BulkScreen) -> None:
        if bulk.taken:
            self.desk.reasons.done(About())
        self._orders.refresh()
        self._tell_marks()
        if bulk.told:
            self.say(bulk.told)

    def do_back(self) -> None:
        self.app.exit(return_code=0)
