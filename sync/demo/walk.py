"""The whole way, step by step and without a screen: orders in, answers out, the buyers' words back.

Each step does what the daemon or an operator would do, through the same doors, and then looks at the store and at what the
buyers got. A step that did not really happen raises `StepFailed` with its name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

from core import verify
from core.config import Settings, load
from core.decisions import Act, Decision, LineDecision
from core.ids import uuid7
from core.model import Order, ProcessStatus, ScheduledDelivery, Terms, Unknown
from core.orderbook import OrderBook, Refusal
from core.store import Store, open_store, queries
from core.store.queries import View
from sync import daemon
from sync.demo.world import World

ACTOR = "demo"


class StepFailed(Exception):
    """A step of the walk did not happen. The sentence says which, what was expected and what was found."""

    def __init__(self, step: str, sentence: str) -> None:
        super().__init__(f"{step}: {sentence}")
        self.step = step


@dataclass
class Tally:
    """What really happened, counted from the store and from what the buyers got."""

    received: dict[str, int] = field(default_factory=lambda: {"sftp": 0, "imap": 0})
    quarantined: int = 0
    confirmed: int = 0
    rejected: int = 0
    proposed: int = 0
    approved: int = 0
    bulk_confirmed: int = 0
    delivered: dict[str, int] = field(default_factory=lambda: {"sftp": 0, "http": 0})

    def as_json(self) -> dict[str, object]:
        return asdict(self)


Say = Callable[[str], None]


def walk(world: World, say: Say) -> Tally:
    """Walk it. `say` gets a sentence a step. Raises StepFailed."""
    settings = load(world.settings_path)
    with open_store(settings.store_path) as store:
        return _Walk(world, settings, store, say).all()


class _Walk:
    def __init__(self, world: World, settings: Settings, store: Store, say: Say) -> None:
        self._world = world
        self._settings = settings
        self._store = store
        self._say = say
        self._tally = Tally()
        self._book = OrderBook(store, settings, clock=_now, new_id=lambda: uuid7(_now()))

    def all(self) -> Tally:
        self._receive()
        confirmed, rejected, proposed = self._answer_three()
        self._bulk_confirm()
        self._deliver()
        self._buyer_decides(confirmed, rejected, proposed)
        self._check_the_record()
        return self._tally

    # The steps

    def _receive(self) -> None:
        sent = self._world.place_orders()
        self._round("orders in")
        arrived = self._arrived()
        self._tally.received = arrived
        self._expect("orders in", arrived, sent)
        quarantined = queries.quarantine(self._store)
        self._tally.quarantined = len(quarantined)
        self._expect("the broken document is kept aside", len(quarantined), 1)
        stored = queries.counts(self._store)[View.ALL]
        self._expect("every other document became an order", stored, sum(sent.values()) - 1)
        self._say(f"{sum(sent.values())} documents came in: {sent['sftp']} files by SFTP, {sent['imap']} mails.")
        self._say(f"{stored} orders are on the desk; one document could not be read: {quarantined[0].reason}.")

    def _answer_three(self) -> tuple[Order, Order, Order]:
        """One order confirmed, one rejected, one answered with other terms, as an operator would by `c`, `x` and `e`."""
        ids = [row.id for row in self._to_answer() if row.connection == "metal-works"][:3]
        confirmed, rejected, proposed = (self._order(order_id) for order_id in ids)
        self._decide(ids[0], [LineDecision(position=line.position, act=Act.AGREE) for line in confirmed.lines])
        self._say(f"{confirmed.key.number} confirmed as requested.")
        reason = "We no longer make this item."
        self._decide(
            ids[1], [LineDecision(position=line.position, act=Act.DISAGREE, reason=reason) for line in rejected.lines]
        )
        self._say(f"{rejected.key.number} rejected: {reason}")
        line = proposed.lines[0]
        self._decide(
            ids[2],
            [
                LineDecision(
                    position=line.position,
                    act=Act.PROPOSE,
                    terms=_a_week_later(line.requested),
                    reason="Rolling mill overhaul.",
                ),
                *(LineDecision(position=other.position, act=Act.AGREE) for other in proposed.lines[1:]),
            ],
        )
        self._say(f"{proposed.key.number} line {line.position} answered with a delivery a week later.")
        return confirmed, rejected, proposed

    def _bulk_confirm(self) -> None:
        rows = self._to_answer()
        decisions = []
        for row in rows:
            order = self._order(row.id)
            lines = tuple(LineDecision(position=line.position, act=Act.AGREE) for line in order.lines)
            decisions.append((row.id, Decision(id=self._id(), at=_now(), lines=lines), None))
        results = list(self._book.change_many(decisions, ACTOR))
        refused = [result for result in results if isinstance(result, Refusal)]
        if refused:
            raise StepFailed("bulk confirm", "; ".join(refusal.sentence for refusal in refused[:3]))
        self._tally.bulk_confirmed = len(results)
        self._expect("nothing is left to answer", len(self._to_answer()), 0)
        self._say(f"{len(results)} more orders marked and confirmed at once.")

    def _deliver(self) -> None:
        self._round("answers out")
        delivered = self._world.delivered()
        self._tally.delivered = delivered
        expected = {"sftp": 0, "http": 0}
        for row in self._rows():
            expected["http" if row.connection == "metal-works" else "sftp"] += 1
        self._expect("every answer reached its buyer", delivered, expected)
        for connection in ("city-hospital", "campus-supplies"):
            said = self._world.answered_numbers(connection)
            accepted = {row.number: "AP" for row in self._rows() if row.connection == connection}
            self._expect(f"{connection} reads every order as accepted", said, accepted)
        self._expect("nothing waits to be sent", len(queries.outbox(self._store)), 0)
        self._say(
            f"{sum(delivered.values())} answers left: {delivered['http']} by HTTP, {delivered['sftp']} files by SFTP."
        )

    def _buyer_decides(self, confirmed: Order, rejected: Order, proposed: Order) -> None:
        self._world.read_answers(_now())
        self._world.decide(_now())
        self._round("the buyer's word")
        seen = self._world.buyer.seen
        self._tally.approved = seen["approved"]
        if not seen["approved"]:
            raise StepFailed("the buyer's word", "the buyer approved no proposal")
        wanted = _a_week_later(proposed.lines[0].requested).delivery_schedule
        agreed = self._again(proposed).lines[0].confirmed
        if agreed is None or [d.date for d in agreed.delivery_schedule] != [d.date for d in wanted]:
            raise StepFailed("the buyer's word", f"{proposed.key.number} is not agreed on our dates")
        self._tally.confirmed = self._reported(confirmed, ProcessStatus.CONFIRMED)
        self._tally.rejected = self._reported(rejected, ProcessStatus.REJECTED)
        self._tally.proposed = seen["proposed"]
        self._say(f"The buyer approved our proposal on {proposed.key.number}; it stands confirmed on our dates.")

    def _check_the_record(self) -> None:
        findings = list(verify.verify(self._store))
        if findings:
            raise StepFailed("the record", f"{len(findings)} findings, first: {findings[0]}")
        self._say("The log's chain is whole, and every order is what its log says.")

    # What the steps share

    def _round(self, step: str) -> None:
        report = daemon.run_once(self._settings)
        if report.errors:
            raise StepFailed(step, "; ".join(report.errors))

    def _arrived(self) -> dict[str, int]:
        channels = {connection.name: connection.inbound for connection in self._settings.connection}
        arrived = {"sftp": 0, "imap": 0}
        for name, count in queries.arrival_counts(self._store).items():
            inbound = channels[name]
            if inbound is not None:
                arrived[inbound.channel] += count
        return arrived

    def _rows(self) -> list[queries.OrderRow]:
        return queries.list_orders(self._store, now=_now())

    def _to_answer(self) -> list[queries.OrderRow]:
        return queries.list_orders(self._store, view=View.TO_ANSWER, now=_now())

    def _order(self, order_id: int) -> Order:
        loaded = queries.load(self._store, order_id, now=_now())
        if loaded is None:
            raise StepFailed("the store", f"order #{order_id} is gone")
        return loaded.record.order

    def _again(self, order: Order) -> Order:
        (row,) = queries.find(self._store, order.key.number, now=_now())
        return self._order(row.id)

    def _reported(self, order: Order, status: ProcessStatus) -> int:
        """1, when our status and the platform's word on the order are both `status`."""
        now = self._again(order)
        reported = {line.reported.process_status for line in now.lines if line.reported}
        if now.process_status is not status or reported != {status}:
            raise StepFailed("the buyer's word", f"{order.key.number} is {now.process_status}, reported {reported}")
        return 1

    def _decide(self, order_id: int, lines: list[LineDecision]) -> None:
        self._book.change(order_id, Decision(id=self._id(), at=_now(), lines=tuple(lines)), ACTOR)

    def _id(self) -> str:
        return uuid7(_now())

    def _expect(self, step: str, found: object, expected: object) -> None:
        if found != expected:
            raise StepFailed(step, f"expected {expected}, found {found}")


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _a_week_later(terms: Terms) -> Terms:
    return terms.but(delivery_schedule=tuple(_later(delivery) for delivery in terms.delivery_schedule))


def _later(delivery: ScheduledDelivery) -> ScheduledDelivery:
    if isinstance(delivery.date, Unknown):
        return delivery
    return delivery.but(date=delivery.date + dt.timedelta(weeks=1))
