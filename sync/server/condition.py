"""How a connection fares to which orders are posted: its health row, written when that says something new."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from core.store import Store, health, queries

NOTED_EVERY: Final = timedelta(seconds=10)
"""While documents come one after another, that they do is written no more often."""


class Condition:
    def __init__(self, connection: str) -> None:
        self._connection = connection
        self._failing = False
        self._heard: datetime | None = None
        self._noted: datetime | None = None
        self.warning: str | None = None
        """What a person should look after; another thread may say it."""
        self._warned: str | None = ""
        """What the row has of it: at first who knows what."""

    @property
    def failing(self) -> bool:
        return self._failing

    def heard(self, at: datetime) -> None:
        """A document came and was kept, or whatever kept documents away is over."""
        self._heard = at

    def note(self, store: Store, *, quiet: bool) -> None:
        """Write when the last document came: when it is quiet, now and then, and at once when it went wrong before; and what
        a person should look after, when that is news."""
        heard, noted, warning = self._heard, self._noted, self.warning
        if heard not in (None, noted) and (quiet or self._failing or noted is None or heard - noted >= NOTED_EVERY):
            health.succeeded(store, self._connection, "in", heard, warning)
            self._noted, self._failing, self._warned = heard, False, warning
        elif warning != self._warned:
            health.warned(store, self._connection, "in", warning)
            self._warned = warning

    def failed(self, store: Store, at: datetime, sentence: str, *, parked: bool) -> None:
        self._failing = True
        health.failed(store, self._connection, "in", at, sentence, parked=parked)

    def parked(self, store: Store) -> bool:
        """Whether the row still says so: a person may have lifted it with `podesk check`."""
        rows = queries.health(store)
        return any(row.parked for row in rows if (row.connection, row.direction) == (self._connection, "in"))
