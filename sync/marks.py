"""How far a platform's orders were polled, kept in the store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.store import Store, health
from sync import faults
from sync.faults import Faults


@dataclass(slots=True)
class StoreMarks:
    """The mark of one connection. `store`: asked for each time, since a lane opens it anew after a crash."""

    store: Callable[[], Store]
    connection: str
    fault: Faults = faults.none
    doubt: str = ""
    """Of the last poll: why the platform's times can't be true; empty when they can."""
    more: bool = False
    """…whether it left a part of what waits to the next."""

    def read(self) -> str | None:
        return health.cursor(self.store(), self.connection)

    def write(self, mark: str) -> None:
        self.fault(faults.POLLED)
        health.set_cursor(self.store(), self.connection, mark)
        self.fault(faults.POLL_NOTED)

    def ended(self, *, doubt: str, more: bool) -> None:
        self.doubt, self.more = doubt, more
