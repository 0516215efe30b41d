"""One negotiation in one process: a platform, podesk's real store and order book, and a wire between them that fails.

Every step is one small thing that happens somewhere: the buyer acts, an operator decides, a message is claimed, arrives,
is lost, a document is fetched late, twice, or after a newer one. `settle` lets everything that is under way end well.
"""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar, Final

from core.batch import Conflict
from core.config import parse
from core.decisions import Decision, Despatch, Undo
from core.orderbook import OrderBook
from core.pending import Record
from core.store import history, open_store
from core.transition import TransitionRefused
from core.verify import verify
from tests.negotiation.agreement import differences
from tests.negotiation.besides import besides
from tests.negotiation.coming import Coming, Ways
from tests.negotiation.facts import Facts
from tests.negotiation.files import Files
from tests.negotiation.foresight import Foresight
from tests.negotiation.goods import Goods
from tests.negotiation.journal import Disagreement, Journal, words
from tests.negotiation.last_words import LastWords
from tests.negotiation.leaving import Leaving
from tests.negotiation.supplier import Supplier
from tests.platform.buyer import Buyer
from tests.platform.line import Habits
from tests.platform.orders import Order, Platform

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
auth = "tradecloud"
user = "erp@supplier.example"
password = { env = "PASSWORD" }
format = "tradecloud-json"
"""
_MOST_ROUNDS = 60
_ORDERS = 3
"""That are there from the beginning."""


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
        self.store = open_store(folder / "desk.sqlite")
        self.files = Files(self.store)
        self.supplier = Supplier(self.rng, lambda what: f"{what}-{next(self._ids)}", self.files.attach)
        self.book = OrderBook(
            self.store,
            parse(settings, folder / "podesk.toml"),
            clock=lambda: self.now,
            new_id=lambda: f"m-{next(self._ids):06}",
        )
        self.foresight = Foresight(self.platform)
        self.last_words = LastWords()
        self.facts = Facts()
        self.coming = Coming(
            self.platform, self.book, self.rng, ways, CONNECTION, lambda: next(self._ids), self.facts, self.journal
        )
        self.leaving = Leaving(
            self.platform, self.book, self.rng, CONNECTION, self.foresight, self.last_words, self.facts, self.journal
        )
        self.goods = Goods(ways)
        self.acts: Counter[str] = Counter()
        """What operators did."""
        self.journal.tell(f"{habits}, {ways}")
        for _ in range(_ORDERS):
            self.journal.tell(f"buyer {self.buyer.order()}")

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
        found = [*self.journal.faults, *self._quarantined(), *self.files.differences(self.platform)]
        for order in self.platform.orders.values():
            snapshot = history.snapshot_by_key(
                self.store.connection, CONNECTION, f"{order.company}/{order.account}", order.number
            )
            if snapshot is None:
                found.append(f"order {order.number} is not here")
                continue
            found += [f"order {order.number}: {what}" for what in self._differences(snapshot.record, order)]
        if found:
            raise Disagreement(self._report(found))

    def _differences(self, record: Record, order: Order) -> Iterator[str]:
        yield from differences(record, order, few_words=self.ways.few_words)
        yield from self.goods.differences(record, order)
        own = order.number not in self.leaving.in_doubt()
        yield from besides(record, order, documents=not self.ways.disordered, own=own)

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
        self.goods.look(self.platform.orders.values())
        events = {one.event for one in self.platform.happenings[before:]}
        self.journal.tell(f"buyer {did} {' '.join(sorted(events))}")

    def operator_decides(self) -> None:
        self._operator(self.supplier.decision)

    def operator_undoes(self) -> None:
        self._operator(self.supplier.undo)

    def operator_despatches(self) -> None:
        self._operator(self.supplier.despatch)

    def _operator(self, make: Callable[..., Decision | Undo | Despatch]) -> None:
        orders = [row[0] for row in self.store.connection.execute("SELECT id FROM orders ORDER BY id")]
        if not orders:
            return
        order_id = self.rng.choice(orders)
        snapshot = history.snapshot(self.store.connection, order_id)
        assert snapshot is not None
        entry = make(snapshot.record.order, self.now)
        expected = snapshot.revision - 1 if self.rng.random() < 0.05 and snapshot.revision > 1 else snapshot.revision
        told = f"operator {snapshot.number} {words(entry)}"
        try:
            self.book.change(order_id, entry, "alice", expected_revision=expected)
        except TransitionRefused as refused:
            self.journal.tell(f"{told}: refused: {refused}")
        except Conflict:
            self.acts["decides on what has changed since"] += 1
            self.journal.tell(f"{told}: conflict")
        else:
            self._noted(order_id, entry)
            self.journal.tell(told)

    def _noted(self, order_id: int, entry: Decision | Undo | Despatch) -> None:
        """What was done, for those who compare."""
        snapshot = history.snapshot(self.store.connection, order_id)
        assert snapshot is not None
        order = snapshot.record.order
        if isinstance(entry, Decision):
            self.last_words.decided(snapshot.record, entry)
            self.acts.update(f"{line.act}" for line in entry.lines)
            self.acts["attach"] += any(line.documents for line in entry.lines)
        elif isinstance(entry, Undo):
            self.last_words.undone(snapshot.record, entry)
            self.acts["undo"] += 1
        else:
            named = [line.position for line in entry.lines] or [line.position for line in order.lines]
            self.goods.moved(order.key.number, named)
            self.acts[f"{entry.stage}"] += 1

    def time_passes(self) -> None:
        self.now += dt.timedelta(seconds=self.rng.choice((1, 5, 15, 40, 90)))

    def platform_works(self) -> None:
        while (worked := self.platform.work_one()) is not None:
            self.journal.faults += self.foresight.came(worked)

    def message_is_claimed(self) -> None:
        self.leaving.one_is_claimed()

    def message_arrives(self) -> None:
        self.leaving.one_arrives()

    def operator_retries(self) -> None:
        self.leaving.one_is_retried()

    def documents_come(self) -> None:
        self.coming.some()

    steps: ClassVar[dict[Callable[[Any], None], int]] = {
        buyer_acts: 22,
        operator_decides: 24,
        operator_undoes: 3,
        operator_despatches: 6,
        time_passes: 20,
        message_is_claimed: 24,
        message_arrives: 24,
        platform_works: 8,
        documents_come: 26,
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
            while self.leaving.in_the_air:
                self.message_arrives()
            self.platform_works()
            heard = self.coming.all()
            self.leaving.all_are_retried()
            if not self.leaving.all_are_claimed() and not heard and not self._waiting():
                break
        else:
            self.journal.fault("it never comes to rest")
        self.coming.old_events()

    def _waiting(self) -> int:
        """Messages that leave by themselves, now or later."""
        row = self.store.connection.execute(
            "SELECT count(*) FROM outbox WHERE state IN ('queued', 'sending')"
        ).fetchone()
        return int(row[0])
