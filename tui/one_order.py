"""What the screens on one order share: read it again, tell when it is another, decide, and tell what came of that."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import replace

from core.store.queries import load, rows_by_id
from core.store.rows import Loaded
from tui.acting import Answered, Begun
from tui.desk_screen import DeskScreen
from tui.reading import conflict_screen
from tui.reasons import About


class OneOrderScreen(DeskScreen):
    loaded: Loaded
    """The order as it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._deciding = False
        self.is_old = False
        """The order is another by now than the one that is shown."""

    @property
    def number(self) -> str:
        return self.loaded.row.number

    @abstractmethod
    async def reread(self) -> None:
        """Read the order again; the cursor stays."""

    def taken(self, begun: Begun) -> None:
        """A decision made here was saved."""

    @abstractmethod
    def show_facts(self) -> None:
        """What stands above the lines, and in the key bar."""

    def on_screen_resume(self) -> None:
        # What happened while another screen stood above this one has been looked at there.
        self.run_worker(self.look(), group="look")

    @property
    def changes_by_itself(self) -> bool:
        # The undo window ends.
        return self.loaded.row.sending == "held"

    async def look(self) -> None:
        """Tell when the order is another than the one shown; what is shown changes only when the operator wants it.

        Where its answer has only come further on its way, that is shown at once.
        """
        order_id, now = self.loaded.id, self.desk.clock()
        rows = await self.desk.read(self.desk.reading.ask(lambda store: rows_by_id(store, [order_id], now)))
        if not rows or not self._may_look or self.is_old:
            return
        if rows[0].revision == self.loaded.revision:
            if rows[0].sending != self.loaded.row.sending:
                self.loaded = replace(self.loaded, row=rows[0])
                self.show_facts()
            return
        found = await self.desk.read(self.desk.reading.ask(lambda store: load(store, order_id, now)))
        if found is None or not self._may_look:
            return
        if same_to_the_eye(found, self.loaded):
            await self.reread()
        else:
            self.is_old = True
            self.show_facts()
            self.say("Something happened to this order; r reads it again, t shows what")

    @property
    def _may_look(self) -> bool:
        return self.is_current and not self._deciding

    def do_refresh(self) -> None:
        self.run_worker(self.reread(), group="read")

    def do_timeline(self) -> None:
        self.desk.show_timeline(self.loaded.id, self.number)

    def begin(self, begun: Begun) -> None:
        """Tell what comes of a decision, when it has come."""
        self._deciding = True
        self.run_worker(self._tell(begun))

    async def _tell(self, begun: Begun) -> None:
        seen = self.loaded.revision
        answered = await begun.answered()
        if begun.action == "reject":
            await self.desk.reasons.answered(About(self.loaded.id, begun.positions, seen), answered)
        if answered.taken:
            self.taken(begun)
        await self.told(answered)

    async def told(self, answered: Answered) -> None:
        """Show what came of a decision, made here or on a screen above."""
        self._deciding = True
        try:
            self.tell(answered)
            if answered.taken:
                self.desk.answered({self.loaded.id}, keep_marks=True)
            await self.reread()
        finally:
            self._deciding = False
        if answered.conflict is not None:
            self.desk.show(conflict_screen(answered.conflict, self.desk.zone, marked=bool(self.situation().marked)))


def same_to_the_eye(one: Loaded, other: Loaded) -> bool:
    """Whether an order is the same twice as far as an operator decides by it. On whose word a status stands is shown as soon
    as it is known, and no decision is another for it."""
    return _as_shown(one) == _as_shown(other)


def _as_shown(loaded: Loaded) -> tuple[object, ...]:
    order = loaded.record.order
    return order.header, tuple(
        line.but(predicted=False, predicted_at=None, reported=None, since=None) for line in order.lines
    )
