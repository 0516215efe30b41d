"""The full-screen desk: puts the screens together and gives them their store, their clock and their end."""

from __future__ import annotations

import gc
import sys
import warnings
from collections.abc import Awaitable, Callable, Collection, Iterable
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar
from zoneinfo import ZoneInfo

from textual.app import SystemCommand
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen

from core.config import Settings
from core.formats import Carries, format_named
from core.ids import uuid7
from core.orderbook import NoSuchOrder, OrderBook
from core.profile import Profile
from core.store import Store, StoreError, open_store
from core.store.opening import BUSY_SECONDS
from core.store.queries import list_orders, timeline
from core.store.rows import Loaded, OrderRow, View
from tui import session
from tui.commands.desk import actor as login_name
from tui.commands.desk import now
from tui.desk_screen import LEAST_COLUMNS, LEAST_LINES, DeskScreen
from tui.display import display
from tui.inbox import InboxScreen
from tui.keys_in_order import KeysInOrder
from tui.line_filter import NothingToObey
from tui.looked import Looked, look_at
from tui.order_screen import OrderScreen
from tui.palette import DeskCommands
from tui.reader import OrderReader
from tui.reading import preview_screen, timeline_screen
from tui.reason import ReasonScreen
from tui.reasons import Reasons
from tui.store_thread import StoreThread
from tui.three_sides import ThreeSidesScreen
from tui.three_sides import look as look_at_sides
from tui.watch import EVERY, Watch

if TYPE_CHECKING:
    from core.decisions import Shipment
    from core.suggestion import Suggestion
    from tui.acting import Answered
    from tui.watch import Standing

R = TypeVar("R")

_FIRST_ROWS = 128


class Desk(KeysInOrder):
    TITLE = "podesk"
    COMMANDS: ClassVar = {DeskCommands}
    ENABLE_COMMAND_PALETTE = True
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (LEAST_COLUMNS, "-broad")]  # noqa: RUF012  (declared so by Textual)
    VERTICAL_BREAKPOINTS = [(0, "-low"), (LEAST_LINES, "-high")]  # noqa: RUF012
    CSS = """
    Screen { background: ansi_default; color: ansi_default; }
    ModalScreen { background: transparent; }
    Static { text-wrap: nowrap; text-overflow: ellipsis; }
    MessageLine, Static.prose { text-wrap: wrap; }
    ModalScreen.-low Static.prose { text-wrap: nowrap; }
    .heading { height: 1; }
    """

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Callable[[], datetime] = now,
        new_id: Callable[[], str] | None = None,
        actor: str | None = None,
    ) -> None:
        """Opens the store, and makes one where there is none. Raises StoreError.

        `actor` stands on the timeline; the login name unless given.
        """
        super().__init__()
        # Terminal colours and no animation: over a thin line a held key then never lags behind.
        self.theme = "ansi-dark"
        self.animation_level = "none"
        self.settings = settings
        self.clock = clock
        self.new_id = new_id or (lambda: uuid7(clock()))
        self.actor = actor or login_name()
        self.zone = ZoneInfo(settings.timezone) if settings.timezone else None
        self.marks: dict[int, int] = {}
        """Marked orders, in all views, with the revision that the operator saw; 0: marked without being seen."""
        self.crashed: str | None = None
        self.own_changes: dict[int, tuple[int, int]] = {}
        """By order, of the operator's last decision: the revision that was seen, and the one that it led to."""
        self.untold: dict[Exception, str] = {}
        """Why decisions were not saved, where that came too late to be told on a screen."""
        path = settings.store_path
        with open_store(path) as store:
            self.first_page: list[OrderRow] = list_orders(store, view=View.TO_ANSWER, limit=_FIRST_ROWS, now=clock())
        self.reading: StoreThread[Store] = StoreThread("desk-read", lambda: open_store(path), Store.close)
        self.writing = self.new_writer("desk-write")
        self.trying = self.new_writer("desk-try")
        """Writes nothing: what is only asked for, so that no answer waits behind it."""
        self.reasons = Reasons(self)
        self.lookout = Watch(path, settings.ways, self.zone, clock, self.actor)
        self._inbox: InboxScreen | None = None
        self._standing: Standing | None = None
        self._looking = False
        self._trouble: str | None = None
        self._last_line_filter = NothingToObey()
        self._without_colours = NoColor()

    def new_writer(self, name: str) -> StoreThread[OrderBook]:
        """A thread with an order book of its own."""
        settings, clock, new_id = self.settings, self.clock, self.new_id

        def opened() -> OrderBook:
            return OrderBook(open_store(settings.store_path), settings, clock=clock, new_id=new_id)

        return StoreThread(name, opened, lambda book: book.store.close())

    def reader(self, arrived: Callable[[], None]) -> OrderReader:
        return OrderReader(self.reading, self.clock, arrived, lambda error: self.say(str(error)))

    def get_line_filters(self) -> list[LineFilter]:
        # Textual decides how to leave colours out before it knows that ours are the terminal's own, and paints black on
        # black then.
        filters = [each for each in super().get_line_filters() if not isinstance(each, Monochrome)]
        return [*filters, *([self._without_colours] if self.no_color else []), self._last_line_filter]

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        return ()

    def get_default_screen(self) -> Screen[None]:
        self._inbox = InboxScreen(self)
        return self._inbox

    def on_mount(self) -> None:
        # No super().on_mount(): Textual calls the handlers of every class by itself, and would do it twice.
        self.app_resume_signal.subscribe(self, self._painted_again)
        self.set_interval(EVERY, self.look)
        self.call_after_refresh(self._settled)

    def _settled(self) -> None:
        gc.collect()
        # What is loaded by now stays; leaving it out of every later collection keeps keys from lagging behind one.
        gc.freeze()
        self.look()

    def _painted_again(self, _: object) -> None:
        """After `fg` the terminal is blank and Textual believes that it isn't."""
        self.call_after_refresh(lambda: self.screen.refresh(layout=True))

    # What goes on beside the screen

    def look(self) -> None:
        """Ask the store how things stand, unless the last question is still open."""
        if not self._looking and self._inbox is not None and not self._exit:
            self._looking = True
            self.run_worker(self._look(), group="watch")

    async def _look(self) -> None:
        try:
            standing, changed = await self.reading.ask(self.lookout.look)
        except StoreError as error:
            # Another process holds the store for long, or something in it is damaged; the next look may do better. Told
            # once: the line is for what the keys lead to.
            if str(error) != self._trouble:
                self._trouble = str(error)
                self.say(self._trouble)
            return
        finally:
            self._looking = False
        self._trouble = None
        if self._inbox is None or self._exit:
            return  # the screens may be gone
        self._standing = standing
        self._inbox.show_standing(standing, changed=changed)
        shown = self.screen
        if isinstance(shown, DeskScreen | ReasonScreen) and (changed or shown.changes_by_itself):
            await shown.look()

    @property
    def daemon_runs(self) -> bool:
        """As far as anybody has looked; without it nothing leaves."""
        return self._standing is None or self._standing.daemon

    def answered(self, order_ids: set[int], *, keep_marks: bool = False) -> None:
        """These orders have been answered here: their marks go, and what is shown of them is read again."""
        if not keep_marks:
            for order_id in order_ids:
                self.marks.pop(order_id, None)
        self.look()

    # Screens

    @property
    def is_ending(self) -> bool:
        """No screen opens any more."""
        return self._exit

    def say(self, sentence: str) -> None:
        """On the message line of the screen that is shown."""
        if self._exit:
            return
        shown = next((screen for screen in reversed(self.screen_stack) if isinstance(screen, DeskScreen)), None)
        if shown is not None:
            shown.say(sentence)

    async def read(self, answer: Awaitable[R]) -> R | None:
        """What a question to the store gives; None, with the reason on the message line, when it can't be read."""
        try:
            return await answer
        except (StoreError, NoSuchOrder) as error:
            self.say(str(error))
            return None

    def show(self, screen: Screen[None]) -> None:
        """On top of what is shown; what the store gives after the end comes too late."""
        if not self._exit:
            self.push_screen(screen)

    def open_order(self, order_id: int) -> None:
        self.opening(partial(self._open_order, order_id))

    async def _open_order(self, order_id: int) -> None:
        actor, now = self.actor, self.clock()

        def look(store: Store) -> tuple[Looked, Carries | None] | None:
            found = look_at(store, order_id, actor, now)
            return None if found is None else (found, self._carries(found.loaded.row.connection))

        found = await self.read(self.reading.ask(look))
        if found is not None:
            looked, carries = found
            self.show(OrderScreen(looked, self.profile(looked.loaded.row.connection), carries))

    def profile(self, connection_name: str) -> Profile | None:
        connection = self.settings.connection_named(connection_name)
        return connection.terms if connection is not None else None

    def _carries(self, connection_name: str) -> Carries | None:
        """What answers to the connection can say; loads its format, so it is asked in a thread."""
        connection = self.settings.connection_named(connection_name)
        if connection is None or connection.outbound is None:
            return None
        return format_named(connection.outbound.format).carries

    async def suggested(self, loaded: Loaded) -> Suggestion | None:
        """What the rules suggest for an order; None where they have no say in it."""
        connection = self.settings.connection_named(loaded.row.connection)
        if connection is None or connection.rules == "off":
            return None

        def ask(book: OrderBook) -> Suggestion | None:
            from core.suggestion import suggestion  # only where there are rules

            return suggestion(book, loaded.id)

        return await self.read(self.trying.ask(ask))

    def say_goods(
        self, action: str, order_id: int, then: Callable[[Answered | None], None], positions: Collection[str] = ()
    ) -> None:
        """Ask how much is packed or shipped; `then` hears what came of it."""

        async def show() -> None:
            from tui.editors.opening import say_goods

            await say_goods(self, action, order_id, then, positions)

        self.opening(show)

    def ask_for_shipment(self, what: str, then: Callable[[Shipment | None], None]) -> None:
        """Ask once who brings the goods of `what`; `then` hears it, unless the operator thinks better of it."""
        from tui.editors.shipment import ShipmentScreen

        self.push_screen(ShipmentScreen(what), lambda said: then(said.shipment) if said is not None else None)

    def show_compensations(self, order_id: int, then: Callable[[Answered | None], None]) -> None:
        """Line by line what would set right an answer that has left; `then` hears what came of it."""

        async def show() -> None:
            from tui.compensating import open_compensations

            await open_compensations(self, order_id, then)

        self.opening(show)

    def show_differences(self, order_id: int, then: Callable[[], None]) -> None:
        """Before, now and ours of the lines that a buyer's change met; `then`, when the operator comes back from there."""

        async def show() -> None:
            now = self.clock()
            found = await self.read(self.reading.ask(lambda store: look_at_sides(store, order_id, now)))
            if found is not None and not self._exit:
                screen = ThreeSidesScreen(found, self.profile(found.loaded.row.connection))
                self.push_screen(screen, lambda _: then())

        self.opening(show)

    def show_timeline(self, order_id: int, number: str) -> None:
        async def show() -> None:
            entries = await self.read(self.reading.ask(lambda store: timeline(store, order_id)))
            if entries is not None:
                self.show(timeline_screen(number, entries, self.zone, self.clock()))

        self.opening(show)

    def show_preview(self, order_id: int, number: str) -> None:
        async def show() -> None:
            previews = await self.read(self.writing.ask(lambda book: book.preview(order_id)))
            if previews is not None:
                self.show(preview_screen(number, previews, self.zone, self.clock()))

        self.opening(show)

    # The end

    def end(self, status: int) -> None:
        """Ask the running desk to end with `status`; from any thread, and at once."""
        loop = self._loop
        if loop is not None:
            loop.call_soon_threadsafe(lambda: self.exit(return_code=status))

    def on_unmount(self) -> None:
        self.reading.stop()
        self.trying.stop()
        # A decision whose key was pressed just before the end is still saved, even when another process holds the store
        # meanwhile; a signal or a hang-up doesn't wait that long (see `session.guarded`).
        self.writing.stop(wait=BUSY_SECONDS)

    def _handle_exception(self, error: Exception) -> None:
        if self.crashed is None:
            self.crashed = session.record_crash(error, crash_log(self.settings), self.clock())
        super()._handle_exception(error)

    def panic(self, *_: object) -> None:
        self._fatal_error()

    def _fatal_error(self) -> None:
        # A traceback holds what partners wrote; it is in the log, and the screen gets the one line of `crashed`.
        self._close_messages_no_wait()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()


def crash_log(settings: Settings) -> Path:
    """Where the desk writes why it stopped: beside the store."""
    return settings.store_path.with_name(settings.store_path.name + ".desk.log")


def run(settings: Settings) -> int:
    """Run the desk until it ends; its exit status. Raises StoreError."""
    why_not = session.unfit()
    if why_not is not None:
        print(why_not, file=sys.stderr)
        return 2
    # What was to be told on a screen that is gone by now is dropped on purpose.
    warnings.filterwarnings("ignore", message="coroutine .* was never awaited", category=RuntimeWarning)
    desk = Desk(settings)
    with session.guarded(desk.end):
        desk.run()
    with suppress(OSError):
        for sentence in [*desk.untold.values(), *([desk.crashed] if desk.crashed is not None else [])]:
            print(display(sentence, 400), file=sys.stderr)
    if desk.crashed is not None:
        return 1
    return desk.return_code or 0
