"""The platform's word on its way to podesk: polled, told by events, in order or not, twice, late, in few words."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from core import intake
from core.intake import Incoming, IncomingDocument
from core.orderbook import OrderBook
from core.store import history
from tests.negotiation.facts import Facts
from tests.negotiation.journal import Journal, gist
from tests.platform import wire
from tests.platform.orders import Platform
from tests.platform.reading import Tree

_LOOKS = 0.8
"""How often it is looked at what a document made of its order."""
_REACH = 6
"""How many of those that wait an event can overtake."""


@dataclass(frozen=True, slots=True)
class Ways:
    """How the platform's word comes here."""

    polls: bool = True
    events: bool = False
    disordered: bool = False
    """Events overtake each other, and old ones come again."""
    few_words: bool = False
    """Where an event's name says what the buyer did to its lines, it leaves out how they stand (`wire.in_few_words`)."""


WAYS = {
    "polled": Ways(),
    "told": Ways(polls=False, events=True),
    "told in few words": Ways(polls=False, events=True, few_words=True),
    "told in disorder": Ways(polls=False, events=True, disordered=True),
    "both, in disorder": Ways(events=True, disordered=True),
}


class Coming:
    """`next_number`: of documents, so that each has a place of its own."""

    def __init__(
        self,
        platform: Platform,
        book: OrderBook,
        rng: random.Random,
        ways: Ways,
        connection: str,
        next_number: Callable[[], int],
        facts: Facts,
        journal: Journal,
    ) -> None:
        self._platform = platform
        self._book = book
        self._rng = rng
        self._ways = ways
        self._connection = connection
        self._next = next_number
        self._facts = facts
        self._journal = journal
        self._cursor: str | None = None
        self._heard = 0
        """How many of the platform's happenings are on their way here."""
        self._waiting: list[Tree] = []
        self.kinds: Counter[str] = Counter()
        """How documents came, and what became of them."""

    def some(self) -> None:
        """A few documents more."""
        if self._ways.polls and (not self._ways.events or self._rng.random() < 0.3):
            self._poll()
        if self._ways.events:
            self._waiting += self.new_events()
            for _ in range(self._rng.randint(0, 3)):
                if not self._waiting:
                    return
                n = self._rng.randrange(min(_REACH, len(self._waiting))) if self._early() else 0
                again = self._rng.random() < 0.2
                if n:
                    self.kinds["an event that overtakes another"] += 1
                if again:
                    self.kinds["an event that comes twice"] += 1
                self._take_in("event", self._waiting[n] if again else self._waiting.pop(n))

    def all(self) -> bool:
        """All that is not told yet; whether there was anything."""
        heard = False
        if self._ways.events:
            self._waiting += self.new_events()
            heard = bool(self._waiting)
            while self._waiting:
                n = self._rng.randrange(min(_REACH, len(self._waiting))) if self._early() else 0
                self._take_in("event", self._waiting.pop(n))
        if self._ways.polls and self._platform.poll(self._cursor, 0, 1)["total"] > 0:
            self._poll(keep_cursor=0)
            heard = True
        return heard

    def old_events(self) -> None:
        """The platform didn't hear that some were taken, and posts them again."""
        told = self._platform.happenings[: self._heard - len(self._waiting)]
        if self._ways.disordered and told:
            for one in self._rng.sample(told, min(3, len(told))):
                self.kinds["an old event that comes again"] += 1
                self._take_in("event", one.tree)

    def new_events(self) -> list[Tree]:
        """What happened since this was asked last."""
        new = self._platform.happenings[self._heard :]
        self._heard += len(new)
        return [wire.in_few_words(one.tree) if self._ways.few_words else one.tree for one in new]

    def _early(self) -> bool:
        return self._ways.disordered and self._rng.random() < 0.4

    def _poll(self, *, keep_cursor: float = 0.3) -> None:
        """Page by page; now and then the cursor is lost, and all comes again."""
        offset = 0
        limit = self._rng.choice((1, 2, 100))
        while True:
            page = self._platform.poll(self._cursor, offset, limit)
            for tree in page["data"]:
                self._take_in("poll", tree)
            offset += len(page["data"])
            if not page["data"] or offset >= page["total"]:
                break
        if page["data"] and self._rng.random() >= keep_cursor:
            self._cursor = page["lastUpdatedAt"]
        elif page["data"]:
            self.kinds["a cursor that is lost"] += 1

    def _take_in(self, way: str, tree: Tree) -> None:
        payload = wire.encoded(wire.strange(tree, self._rng))
        locator = f"{way}:{self._next()}"
        document = IncomingDocument(locator, payload)
        incoming = Incoming(self._connection, locator, hashlib.sha256(payload).hexdigest(), (document,))
        (kept,) = intake.keep(self._book.store, [incoming], self._book.clock())
        for applied in intake.apply(self._book, kept.document_ids):
            self.kinds[f"{way}: {applied.state}"] += 1
            self._journal.tell(f"{way} {applied.state} {gist(tree)}")
            self._look(tree, applied.orders)

    def _look(self, tree: Tree, orders: Sequence[int]) -> None:
        """Whether podesk shows what it was told."""
        if "connectionEvent" not in tree:
            self._facts.told(tree)
        if self._rng.random() < _LOOKS:
            for order_id in orders:
                snapshot = history.snapshot(self._book.store.connection, order_id)
                assert snapshot is not None
                for wrong in self._facts.wrong(snapshot.record):
                    self._journal.fault(f"order {snapshot.number}: {wrong}")
