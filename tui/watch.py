"""What goes on beside the screen: the daemon, the connections, what waits to be sent, what came in.

Asked every second in the reading thread, by one cheap question; counted only when something happened since.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from core.store import Store, drafts
from core.store.queries import counts, health, newest, orders_after, outbox, quarantine_count
from core.store.rows import HealthRow, View
from sync.lock import daemon_pid
from tui.display import display
from tui.words import moment

EVERY = 1.0
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Standing:
    newest: int
    counts: dict[View, int]
    quarantined: int
    unsent: int
    daemon: bool
    health: tuple[HealthRow, ...]
    arrived: int
    """Orders that came since the list was read."""
    zone: ZoneInfo | None
    given_back: tuple[str, ...] = ()
    """Numbers of the orders on which answers of the operator's were taken back, since the buyer was faster."""

    def count(self, view: View | None) -> int:
        return self.quarantined if view is None else self.counts.get(view, 0)

    def sentence(self) -> str:
        """The status line."""
        parts = ["daemon runs" if self.daemon else "daemon is down: nothing comes or leaves; start `podesk sync`"]
        rounds = [row.last_success for row in self.health if row.last_success]
        if rounds:
            parts.append(f"last round {moment(max(rounds), self.zone)[-5:]}")
        for row in self.health:
            if row.last_error and (row.parked or not row.last_success or (row.error_at or "") > row.last_success):
                state = "parked" if row.parked else "failing"
                parts.append(f"{row.connection} {row.direction} {state}: {display(row.last_error, 80)}")
            elif row.warning:
                parts.append(f"{row.connection} {row.direction}, look: {display(row.warning, 80)}")
        parts.append(f"{self.unsent:,} unsent")
        if self.given_back:
            named = ", ".join(display(number, 20) for number in self.given_back[:_MOST_NAMED])
            more = ", …" if len(self.given_back) > _MOST_NAMED else ""
            parts.append(f"given back to you: {named}{more}")
        if self.arrived:
            parts.append(f"{self.arrived:,} new, press r")
        return " · ".join(parts)


class Watch:
    """Remembers what was last seen, so that a quiet store costs one question a second. Lives in the reading thread."""

    def __init__(
        self,
        store_path: Path,
        ways: Collection[tuple[str, str]],
        zone: ZoneInfo | None,
        clock: Callable[[], datetime],
        actor: str,
    ) -> None:
        self._actor = actor
        self._path = store_path
        self._ways = ways
        self._zone = zone
        self._clock = clock
        self._seen: Standing | None = None
        self._last_read: int | None = None
        """The id of the order that had come last when the list was read; None: it has not been."""
        self._look_again = True

    def look_again(self, last: int) -> None:
        """The list was read, when `last` was the id of the order that had come last: what is new came after that."""
        self._last_read = last
        self._look_again = True

    def look(self, store: Store) -> tuple[Standing, bool]:
        """How things stand, and whether anything happened to an order since the last look."""
        now_newest = newest(store)
        before = self._seen
        changed = before is not None and before.newest != now_newest
        daemon = daemon_pid(self._path) is not None
        told = tuple(health(store, self._ways))
        if before is None or changed or self._look_again:
            self._look_again = False
            counted = counts(store)
            unsent, quarantined = len(outbox(store)), quarantine_count(store)
            arrived = orders_after(store, self._last_read) if self._last_read is not None else 0
        else:
            counted, unsent, quarantined, arrived = before.counts, before.unsent, before.quarantined, before.arrived
        self._seen = Standing(
            newest=now_newest,
            counts=counted,
            quarantined=quarantined,
            unsent=unsent,
            daemon=daemon,
            health=told,
            arrived=arrived,
            zone=self._zone,
            given_back=tuple(drafts.given_back_to(store.connection, self._actor)),
        )
        return self._seen, changed
