"""One negotiation in one process: a platform, podesk's real store and order book, and a wire between them that fails.

Every step is one small thing that happens somewhere: the buyer acts, an operator decides, a message is claimed, arrives,
is lost, a document is fetched late, twice, or after a newer one. `settle` lets everything that is under way end well.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from core import intake
from core.batch import Conflict
from core.config import parse
from core.decisions import Outcome
from core.intake import Incoming, IncomingDocument
from core.orderbook import NoSuchMessage, OrderBook
from core.pending import Record
from core.store import history, open_store
from core.store.rows import OutgoingRow
from core.transition import TransitionRefused
from core.verify import verify
from tests.negotiation.agreement import differences
from tests.negotiation.foresight import Foresight
from tests.negotiation.supplier import Supplier
from tests.platform import wire
from tests.platform.buyer import Buyer
from tests.platform.line import Habits
from tests.platform.orders import Platform
from tests.platform.reading import Refused, Tree

START: Final = dt.datetime(2026, 3, 2, 8, 0, tzinfo=dt.UTC)
CONNECTION = "metal-works"
SETTINGS = """
operator_hold = "10s"
timezone = "Europe/Amsterdam"

[operators.alice]
email = "alice@supplier.example"

[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"

[connection.outbound]
channel = "http"
url = "http://127.0.0.1:8080/v2"
user = "erp@supplier.example"
password = { env = "PASSWORD" }
format = "tradecloud-json"
"""
_MOST_ROUNDS = 60


@dataclass(frozen=True, slots=True)
class Ways:
    """How the platform's word comes here."""

    polls: bool = True
    events: bool = False
    disordered: bool = False
    """Events overtake each other."""


WAYS = {
    "polled": Ways(),
    "told": Ways(polls=False, events=True),
    "told in disorder": Ways(polls=False, events=True, disordered=True),
    "both, in disorder": Ways(events=True, disordered=True),
}


@dataclass
class Journal:
    """What happened, for whoever reads a failure."""

    entries: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What must not happen at all: a document that podesk can't take, an answer that the platform refuses."""

    def tell(self, what: str) -> None:
        self.entries.append(f"{len(self.entries):5d} {what}")

    def fault(self, what: str) -> None:
        self.tell(f"FAULT {what}")
        self.faults.append(what)


class Disagreement(AssertionError):
    """Both sides did not end with the same; says the seed and the last that happened to the order."""


class World:
    """`skew`: how far the platform's clock is from ours, which must not matter."""

    def __init__(
        self,
        folder: Path,
        seed: int,
        ways: Ways,
        *,
        settings: str = SETTINGS,
        skew: dt.timedelta = dt.timedelta(days=-400),
    ) -> None:
        self.seed = seed
        self.ways = ways
        self.rng = random.Random(seed)
        self.now = START
        self.journal = Journal()
        habits = Habits(*(self.rng.random() < 0.5 for _ in range(5)))
        self.platform = Platform(lambda: self.now + skew, habits)
        self.buyer = Buyer(self.platform, self.rng, reissues_agreed=self.rng.random() < 0.5)
        self._ids = itertools.count(1)
        self.supplier = Supplier(self.rng, lambda what: f"{what}-{next(self._ids)}")
        self.store = open_store(folder / "desk.sqlite")
        self.book = OrderBook(
            self.store,
            parse(settings, folder / "podesk.toml"),
            clock=lambda: self.now,
            new_id=lambda: f"m-{next(self._ids):06}",
        )
        self.foresight = Foresight(self.platform)
        self._cursor: str | None = None
        self._heard = 0
        """How many of the platform's happenings are on their way here."""
        self._events: list[Tree] = []
        self._air: list[tuple[OutgoingRow, str]] = []
        """Claimed messages, and what will become of each."""
        self.journal.tell(f"{habits}, {ways}")

    def close(self) -> None:
        self.store.close()

    def run(self, steps: int, *, settle_every: int = 60) -> None:
        """Raises Disagreement."""
        for n in range(1, steps + 1):
            step = self.rng.choices(list(self.steps), weights=list(self.steps.values()))[0]
            step(self)
            if n % settle_every == 0:
                self.agree()
        self.agree()

    def agree(self) -> None:
        """Let all that is under way arrive; then both sides hold the same. Raises Disagreement."""
        self.settle()
        found = [*self.journal.faults, *self._quarantined()]
        for order in self.platform.orders.values():
            snapshot = history.snapshot_by_key(
                self.store.connection, CONNECTION, f"{order.company}/{order.account}", order.number
            )
            if snapshot is None:
                found.append(f"order {order.number} is not here")
                continue
            found += [f"order {order.number}: {what}" for what in differences(snapshot.record, order)]
        if found:
            raise Disagreement(self._report(found))

    def _quarantined(self) -> list[str]:
        """A change that overtook its order waits there, but not for ever."""
        rows = self.store.connection.execute("SELECT id, reason FROM documents WHERE state = 'quarantined' ORDER BY id")
        return [f"document {number} is in quarantine: {reason}" for number, reason in rows]

    def verify(self) -> None:
        """The log is whole, and every order is what its log says. Raises Disagreement."""
        if findings := [str(one) for one in verify(self.store)]:
            raise Disagreement(self._report(findings))

    def _report(self, found: list[str]) -> str:
        named = {word for one in found for word in one.replace(":", "").split() if word.startswith("PO-")}
        told = [entry for entry in self.journal.entries if not named or any(number in entry for number in named)]
        return "\n".join([f"seed {self.seed}, {self.ways}, {self.platform.habits}", *found, "", *told[-60:]])

    # Steps

    def buyer_acts(self) -> None:
        before = len(self.platform.happenings)
        did = self.buyer.act()
        events = {one.event for one in self.platform.happenings[before:]}
        self.journal.tell(f"buyer {did} {' '.join(sorted(events))}")

    def operator_decides(self) -> None:
        self._operator(self.supplier.decision)

    def operator_undoes(self) -> None:
        self._operator(self.supplier.undo)

    def operator_despatches(self) -> None:
        self._operator(self.supplier.despatch)

    def _operator(self, make: Callable[..., object]) -> None:
        orders = [row[0] for row in self.store.connection.execute("SELECT id FROM orders ORDER BY id")]
        if not orders:
            return
        order_id = self.rng.choice(orders)
        snapshot = history.snapshot(self.store.connection, order_id)
        assert snapshot is not None
        entry = make(snapshot.record.order, self.now)
        expected = snapshot.revision - 1 if self.rng.random() < 0.05 and snapshot.revision > 1 else snapshot.revision
        said = _words(entry)
        try:
            self.book.change(order_id, entry, "alice", expected_revision=expected)  # type: ignore[arg-type]
        except TransitionRefused as refused:
            self.journal.tell(f"operator {snapshot.number} {said}: refused: {refused}")
        except Conflict:
            self.journal.tell(f"operator {snapshot.number} {said}: conflict")
        else:
            self.journal.tell(f"operator {snapshot.number} {said}")

    def time_passes(self) -> None:
        self.now += dt.timedelta(seconds=self.rng.choice((1, 3, 12, 40)))

    def _record_of(self, outbox_id: str) -> Record:
        (order_id,) = self.store.connection.execute("SELECT order_id FROM outbox WHERE id = ?", (outbox_id,)).fetchone()
        snapshot = history.snapshot(self.store.connection, order_id)
        assert snapshot is not None
        return snapshot.record

    def platform_works(self) -> None:
        while (worked := self.platform.work_one()) is not None:
            self.journal.faults += self.foresight.came(worked)

    def message_is_claimed(self) -> None:
        due = self.book.due(CONNECTION, now=self.now)
        if due:
            self._claim(
                self.rng.choice(due),
                self.rng.choices(
                    ("taken", "answer lost", "lost", "no connection", "not admitted", "503", "died"),
                    weights=(60, 10, 8, 6, 3, 8, 3),
                )[0],
            )

    def _claim(self, outbox_id: str, fate: str) -> None:
        before = self._record_of(outbox_id)
        row = self.book.depart(outbox_id)
        if row is not None:
            self.foresight.departs(before, self._record_of(outbox_id), row)
            self.journal.tell(f"claimed {row.id} of {row.number}, attempt {row.attempts}: {_short(row.payload)}")
            self._air.append((row, fate))

    def message_arrives(self) -> None:
        """Between the claim and this, anything may have happened to the order."""
        if not self._air:
            return
        row, fate = self._air.pop(self.rng.randrange(len(self._air)))
        if fate == "died" and self.rng.random() < 0.5:
            self._arrive(row)
        elif fate in ("taken", "answer lost") and not self._arrive(row):
            self.book.delivered(row.id, Outcome.FAILED, "400")
            return
        self.journal.tell(f"{row.id} of {row.number}: {fate}")
        next_attempt = self.now + dt.timedelta(seconds=self.rng.choice((0, 5, 60)))
        match fate:
            case "taken":
                self.book.delivered(row.id, Outcome.SENT, "HTTP 200")
            case "answer lost" | "lost":
                self.book.postpone(row.id, next_attempt, "no answer in time", doubtful=True)
            case "not admitted":
                self.book.release(row.id, "401")
            case "died":
                self._dies(row)
            case _:
                self.book.postpone(row.id, next_attempt, fate, doubtful=row.doubtful)

    def _dies(self, row: OutgoingRow) -> None:
        """The daemon dies while it sends: everything that it had claimed may have arrived."""
        for other, fate in self._air:
            if fate in ("taken", "answer lost"):
                self._arrive(other)
        self._air.clear()
        self.book.reclaim()

    def _arrive(self, row: OutgoingRow) -> bool:
        """False: the platform refuses it."""
        try:
            if row.kind == "despatch_advice":
                self.platform.advise(row.payload)
            else:
                self.platform.respond(row.payload)
        except Refused as refused:
            self.journal.fault(f"order {row.number}: {row.kind} refused: {refused}: {_short(row.payload)}")
            return False
        return True

    def operator_retries(self) -> None:
        if ids := self._undelivered():
            self._retry(self.rng.choice(ids), anyway=self.rng.random() < 0.3)

    def _undelivered(self) -> list[str]:
        rows = self.store.connection.execute("SELECT id FROM outbox WHERE state IN ('failed', 'uncertain') ORDER BY id")
        return [row[0] for row in rows]

    def _retry(self, outbox_id: str, *, anyway: bool) -> None:
        try:
            self.book.retry(outbox_id, "alice", anyway=anyway)
            self.journal.tell(f"retried {outbox_id}")
        except NoSuchMessage as refused:
            self.journal.tell(f"not retried {outbox_id}: {refused}")

    def documents_come(self) -> None:
        if self.ways.polls and (not self.ways.events or self.rng.random() < 0.3):
            self._poll()
        if self.ways.events:
            self._hear()
            for _ in range(self.rng.randint(0, 3)):
                if not self._events:
                    return
                early = self.ways.disordered and self.rng.random() < 0.4
                n = self.rng.randrange(min(6, len(self._events))) if early else 0
                again = self.rng.random() < 0.1
                self._take_in("event", self._events[n] if again else self._events.pop(n))

    def _poll(self, *, keep_cursor: float = 0.2) -> None:
        """Page by page; now and then the cursor is lost, and all comes again."""
        offset = 0
        limit = self.rng.choice((1, 2, 100))
        while True:
            page = self.platform.poll(self._cursor, offset, limit)
            for tree in page["data"]:
                self._take_in("poll", tree)
            offset += len(page["data"])
            if not page["data"] or offset >= page["total"]:
                break
        if page["data"] and self.rng.random() >= keep_cursor:
            self._cursor = page["lastUpdatedAt"]

    def _hear(self) -> None:
        new = self.platform.happenings[self._heard :]
        self._heard += len(new)
        self._events += [one.tree for one in new]

    def _take_in(self, way: str, tree: Tree) -> None:
        payload = wire.encoded(wire.strange(tree, self.rng))
        locator = f"{way}:{next(self._ids)}"
        document = IncomingDocument(locator, payload)
        incoming = Incoming(CONNECTION, locator, hashlib.sha256(payload).hexdigest(), (document,))
        (kept,) = intake.keep(self.store, [incoming], self.now)
        for applied in intake.apply(self.book, kept.document_ids):
            self.journal.tell(f"{way} {applied.state} {_gist(tree)}")

    steps: ClassVar[dict[Callable[[Any], None], int]] = {
        buyer_acts: 26,
        operator_decides: 26,
        operator_undoes: 3,
        operator_despatches: 3,
        time_passes: 12,
        message_is_claimed: 12,
        message_arrives: 12,
        platform_works: 10,
        documents_come: 14,
        operator_retries: 2,
    }

    # The end

    def settle(self) -> None:
        """Nobody acts any more; what was sent arrives, what was decided is sent, what happened is told."""
        self.journal.tell("settling")
        self._come_to_rest()
        if self._asked_again():
            self._come_to_rest()

    def _asked_again(self) -> list[str]:
        """Orders that their buyers send again, since podesk can't know what became of an answer of its.

        One that was sent twice, where the platform took the first, and left or put the line as it was before it: the second
        changes nothing, so there is no word on it.
        """
        rows = self.store.connection.execute(
            """SELECT DISTINCT o.id, o.number FROM orders o JOIN outbox m ON m.order_id = o.id
            WHERE m.state = 'sent' AND m.attempts > 1 AND o.awaiting_word ORDER BY o.id"""
        )
        numbers = [row[1] for row in rows]
        for order in self.platform.orders.values():
            if order.number in numbers:
                self.platform.resend(order)
                self.journal.tell(f"buyer resends {order.number}")
        return numbers

    def _come_to_rest(self) -> None:
        for _ in range(_MOST_ROUNDS):
            self.now += dt.timedelta(hours=1)
            while self._air:
                self.message_arrives()
            self.platform_works()
            heard = self._all_is_told()
            self.nothing_is_left_in_doubt()
            due = self.book.due(CONNECTION, now=self.now)
            for outbox_id in due:
                self._claim(outbox_id, "taken")
            if not due and not heard and not self._waiting():
                return
        self.journal.fault("it never comes to rest")

    def _waiting(self) -> int:
        """Messages that leave by themselves, now or later."""
        row = self.store.connection.execute(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"
        ).fetchone()
        return int(row[0])

    def nothing_is_left_in_doubt(self) -> None:
        """Where nobody knows whether an answer arrived, its operator sends it again with its old words."""
        for outbox_id in self._undelivered():
            self._retry(outbox_id, anyway=True)

    def _all_is_told(self) -> bool:
        """Whether there was anything."""
        heard = False
        if self.ways.events:
            self._hear()
            heard = bool(self._events)
            while self._events:
                self._take_in("event", self._events.pop(0))
        if self.ways.polls and self.platform.poll(self._cursor, 0, 1)["total"] > 0:
            self._poll(keep_cursor=0)
            heard = True
        return heard


def _words(entry: object) -> str:
    lines = [f"{one.position}:{getattr(one, 'act', '')}" for one in getattr(entry, "lines", ())]
    return f"{type(entry).__name__} {' '.join(lines)}"


def _short(payload: bytes) -> str:
    """A message of ours on one line."""
    return " ".join(payload.decode().split())


def _gist(tree: Tree) -> str:
    """A document of the platform's, short."""
    body = tree.get("orderEvent") or tree.get("orderDocumentsEvent") or tree
    lines = []
    for line in body["lines"]:
        status = line.get("status", {})
        said = [status.get("processStatus"), status.get("inProgressStatus"), status.get("logisticsStatus")]
        lines.append(f"{line['buyerLine']['position']}:{'/'.join(filter(None, said))}")
    name = body["buyerOrder"]["purchaseOrderNumber"]
    return f"{name} {tree.get('eventName', '')} version {body.get('version')} {' '.join(lines)}"
