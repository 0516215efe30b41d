"""podesk's messages on their way to the platform: claimed, taken, lost, refused admission; and the daemon may die of it.

Between the claim of a message and its arrival anything may happen to its order.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import Final

from core.decisions import Outcome
from core.orderbook import NoSuchMessage, OrderBook
from core.pending import Record
from core.store import history
from core.store.rows import OutgoingRow
from tests.negotiation.facts import Facts
from tests.negotiation.foresight import Foresight
from tests.negotiation.journal import Journal, short
from tests.negotiation.last_words import LastWords
from tests.platform.orders import Platform
from tests.platform.reading import Refused

_FATES: Final = {"taken": 60, "answer lost": 10, "lost": 8, "no connection": 6, "not admitted": 3, "503": 8, "died": 3}


class Leaving:
    def __init__(
        self,
        platform: Platform,
        book: OrderBook,
        rng: random.Random,
        connection: str,
        foresight: Foresight,
        last_words: LastWords,
        facts: Facts,
        journal: Journal,
    ) -> None:
        self._platform = platform
        self._book = book
        self._rng = rng
        self._connection = connection
        self._foresight = foresight
        self._last_words = last_words
        self._facts = facts
        self._journal = journal
        self._air: list[tuple[OutgoingRow, str]] = []
        """Claimed messages, and what will become of each."""
        self.kinds: Counter[str] = Counter()
        """What became of messages."""

    @property
    def in_the_air(self) -> bool:
        return bool(self._air)

    def one_is_claimed(self) -> None:
        if due := self._due():
            self._claim(self._rng.choice(due), self._rng.choices(list(_FATES), weights=list(_FATES.values()))[0])

    def all_are_claimed(self) -> bool:
        """All that is due, to arrive well; whether anything was."""
        due = self._due()
        for outbox_id in due:
            self._claim(outbox_id, "taken")
        return bool(due)

    def _due(self) -> list[str]:
        return self._book.due(self._connection, now=self._book.clock())

    def _claim(self, outbox_id: str, fate: str) -> None:
        before = self._record_of(outbox_id)
        row = self._book.depart(outbox_id)
        if row is not None:
            after = self._record_of(outbox_id)
            self._foresight.departs(before, after, row)
            for fault in self._last_words.leaves(before, row):
                self._journal.fault(f"order {row.number}: {fault}")
            if not row.doubtful and not self._last_words.was_retried(row.id):
                self._facts.left(row, after)  # else there may have been a word on it already
            self._journal.tell(f"claimed {row.id} of {row.number}, attempt {row.attempts}: {short(row.payload)}")
            self._air.append((row, fate))

    def _record_of(self, outbox_id: str) -> Record:
        connection = self._book.store.connection
        (order_id,) = connection.execute("SELECT order_id FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
        snapshot = history.snapshot(connection, order_id)
        assert snapshot is not None
        return snapshot.record

    def one_arrives(self) -> None:
        if not self._air:
            return
        row, fate = self._air.pop(self._rng.randrange(len(self._air)))
        self.kinds[f"{row.kind}: {fate}"] += 1
        receipt: str | None = None
        if fate == "died" and self._rng.random() < 0.5:
            self._arrive(row)
        elif fate in ("taken", "answer lost") and (receipt := self._arrive(row)) is None:
            self._book.delivered(row.id, Outcome.FAILED, "400")
            self._facts.came_back(row.id)
            return
        self._journal.tell(f"{row.id} of {row.number}: {fate}")
        next_attempt = self._book.clock() + dt.timedelta(seconds=self._rng.choice((0, 5, 60)))
        match fate:
            case "taken":
                self._book.delivered(row.id, Outcome.SENT, receipt)
            case "answer lost" | "lost":
                self._book.postpone(row.id, next_attempt, "no answer in time", doubtful=True)
            case "not admitted":
                self._book.release(row.id, "401")
                self._facts.came_back(row.id)
            case "died":
                self._dies()
            case _:
                self._book.postpone(row.id, next_attempt, fate, doubtful=row.doubtful)
                self._facts.came_back(row.id)

    def _dies(self) -> None:
        """The daemon dies while it sends: everything that it had claimed may have arrived."""
        for other, fate in self._air:
            if fate in ("taken", "answer lost"):
                self._arrive(other)
        self._air.clear()
        self._book.reclaim()

    def _arrive(self, row: OutgoingRow) -> str | None:
        """The platform's receipt. None: it refuses it."""
        try:
            match row.kind:
                case "attachment":
                    return self._platform.upload(row.payload)
                case "despatch_advice":
                    self._platform.advise(row.payload)
                case _:
                    self._platform.respond(row.payload)
        except Refused as refused:
            self._journal.fault(f"order {row.number}: {row.kind} refused: {refused}: {short(row.payload)}")
            return None
        return "HTTP 200"

    # What an operator sends again

    def one_is_retried(self) -> None:
        if ids := self._undelivered():
            self._retry(self._rng.choice(ids), anyway=self._rng.random() < 0.3)

    def all_are_retried(self) -> None:
        """Where nobody knows whether an answer arrived, its operator sends it again with its old words."""
        for outbox_id in self._undelivered():
            self._retry(outbox_id, anyway=True)

    def in_doubt(self) -> set[str]:
        """Orders with an answer of which podesk may never learn whether what it said besides arrived."""
        rows = self._book.store.connection.execute(
            "SELECT m.id, o.number, m.doubtful AND m.state <> 'sent' FROM outbox m JOIN orders o ON o.id = m.order_id"
        )
        return {number for outbox_id, number, doubtful in rows if doubtful or self._last_words.was_retried(outbox_id)}

    def _undelivered(self) -> list[str]:
        rows = self._book.store.connection.execute(
            "SELECT id FROM outbox WHERE state IN ('failed', 'uncertain') ORDER BY id"
        )
        return [row[0] for row in rows]

    def _retry(self, outbox_id: str, *, anyway: bool) -> None:
        try:
            self._book.retry(outbox_id, "alice", anyway=anyway)
        except NoSuchMessage as refused:
            self._journal.tell(f"not retried {outbox_id}: {refused}")
        else:
            self._last_words.retried(outbox_id)
            self.kinds["sent again by an operator"] += 1
            self._journal.tell(f"retried {outbox_id}")
