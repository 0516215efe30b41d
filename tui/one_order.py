"""What the screens on one order share: read it again, tell when it is another, decide, and tell what came of that."""

from __future__ import annotations

from abc import abstractmethod

from core.store.queries import rows_by_id
from core.store.rows import Loaded
from tui.acting import Answered, Begun
from tui.desk_screen import DeskScreen
from tui.reading import conflict_screen


class OneOrderScreen(DeskScreen):
    loaded: Loaded
    """The order as it is shown."""

    def __init__(self) -> None:
        super().__init__()
        self._deciding = False

    @property
    def number(self) -> str:
        return self.loaded.row.number

    @abstractmethod
    async def reread(self) -> None:
        """Read the order again; the cursor stays."""

    def taken(self, begun: Begun) -> None:
        """A decision made here was saved."""

    async def look(self) -> None:
        """Tell when the order is another than the one shown; what is shown changes only when the operator wants it."""
        order_id, now = self.loaded.id, self.desk.clock()
        rows = await self.desk.read(self.desk.reading.ask(lambda store: rows_by_id(store, [order_id], now)))
        ours = self._deciding or not self.is_current
        if rows and rows[0].revision != self.loaded.revision and not ours:
            self.say("Something happened to this order; r reads it again, t shows what")

    def do_refresh(self) -> None:
        self.run_worker(self.reread(), group="read")

    def do_timeline(self) -> None:
        self.desk.show_timeline(self.loaded.id, self.number)

    def begin(self, begun: Begun) -> None:
        """Tell what comes of a decision, when it has come."""
        self._deciding = True
        self.run_worker(self._tell(begun))

    async def _tell(self, begun: Begun) -> None:
        answered = await begun.answered()
        if answered.taken:
            self.taken(begun)
        await self.told(answered)

    async def told(self, answered: Answered) -> None:
        """Show what came of a decision, made here or on a screen above."""
        self._deciding = True
        try:
            self.say(answered.sentence)
            if answered.taken:
                self.desk.answered({self.loaded.id}, keep_marks=True)
            await self.reread()
        finally:
            self._deciding = False
        if answered.conflict is not None:
            self.desk.show(conflict_screen(answered.conflict, self.desk.zone))
