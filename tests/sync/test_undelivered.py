"""An answer that certainly did not arrive is ours again; one that may have arrived is never overtaken in silence.

With a real order book, and a platform that refuses, is down, or loses its answer.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest.mock import ANY

import pytest

from core.decisions import Act, Decision, LineDecision, Undo
from core.ids import uuid7
from core.model import ScheduledDelivery, Terms
from core.orderbook import Changed, NoSuchMessage, OrderBook
from core.store import queries
from core.store.queries import View
from core.store.rows import OrderRow, OutboxRow
from core.transition import TransitionRefused
from core.verify import verify
from sync.demo.servers.tradecloud import Fault
from sync.demo.tradecloud_orders import encode, polled
from tests.sync.partners import ISSUED, World, order

FIRST, SECOND = "00010", "00020"


@dataclass
class Steel:
    """The desk of one order of two lines, placed by the partner who takes answers by HTTP."""

    world: World
    letters: int = 0

    @contextmanager
    def book(self) -> Iterator[OrderBook]:
        with self.world.store() as store:
            yield OrderBook(store, self.world.settings, clock=lambda: datetime.now(UTC), new_id=new_id)

    def answer(self, act: Act, *positions: str, terms: Terms | None = None) -> Changed:
        lines = tuple(
            LineDecision(position=one, act=act, terms=terms, reason="busy" if terms else None) for one in positions
        )
        with self.book() as book:
            return book.change(1, Decision(id=new_id(), at=datetime.now(UTC), lines=lines), "alice")

    def propose(self, position: str) -> str | None:
        """Other terms for a line; what the line becomes by them."""
        (delivery,) = self.line(position).requested.delivery_schedule
        later = ScheduledDelivery(position=delivery.position, date=delivery.date, quantity=Decimal(3))
        terms = self.line(position).requested.but(delivery_schedule=(later,))
        self.answer(Act.PROPOSE, position, terms=terms)
        status: str | None = self.line(position).in_progress_status
        return status

    def undo(self) -> Changed:
        with self.book() as book:
            return book.change(1, Undo(id=new_id(), at=datetime.now(UTC)), "alice")

    def line(self, position: str) -> Any:
        with self.world.store() as store:
            loaded = queries.load(store, 1, datetime.now(UTC))
        assert loaded is not None
        return loaded.record.order.line(position)

    @property
    def row(self) -> OrderRow:
        with self.world.store() as store:
            return queries.rows_by_id(store, [1], datetime.now(UTC))[0]

    @property
    def undelivered(self) -> int:
        with self.world.store() as store:
            return queries.counts(store)[View.NOT_DELIVERED]

    @property
    def outbox(self) -> list[OutboxRow]:
        with self.world.store() as store:
            return queries.outbox(store)

    def hears(self, version: int, quantity: int = 10) -> None:
        """The platform tells the order as it has it, with nothing of ours."""
        at = datetime.combine(ISSUED, datetime.min.time(), UTC)
        tree = polled(order("S1", quantity=quantity), at) | {"version": version}
        self.letters += 1
        self.world.send(f"S1-{self.letters}", encode(tree))

    def got(self) -> list[dict[str, dict[str, bool]]]:
        """What the buyer was told: of each answer the indicators by line."""
        return [
            {line["purchaseOrderLinePosition"]: line.get("indicators", {}) for line in json.loads(payload)["lines"]}
            for payload in self.world.http.responses
        ]


def new_id() -> str:
    return str(uuid7(datetime.now(UTC)))


@pytest.fixture
def steel(world: World) -> Iterator[Steel]:
    steel = Steel(world)
    steel.hears(1)
    world.round()
    yield steel
    with world.store() as store:
        assert verify(store) == []


ACCEPTED = {"accepted": True}


def test_a_refused_answer_is_not_lost_behind_one_to_another_line(steel: Steel) -> None:
    steel.answer(Act.AGREE, FIRST)
    steel.world.http.plan([Fault(status=400)])
    steel.world.round()
    assert (steel.row.sending, steel.undelivered, steel.got()) == ("failed", 1, [])
    steel.answer(Act.AGREE, SECOND)
    steel.world.round()
    assert steel.got() == [{FIRST: ACCEPTED, SECOND: ACCEPTED}]
    assert (steel.row.process_status, steel.row.sending, steel.undelivered) == ("Confirmed", "sent", 0)


def test_a_refused_answer_that_is_sent_again_goes_under_its_own_key(steel: Steel) -> None:
    steel.answer(Act.AGREE, FIRST)
    steel.world.http.plan([Fault(status=400)])
    steel.world.round()
    (dead,) = steel.outbox
    with steel.book() as book:
        book.retry(dead.id, "alice")
    steel.world.round()
    assert [message.key for message in steel.world.http.messages] == [dead.id]
    assert (steel.row.sending, steel.undelivered) == ("sent", 0)


def not_let_in(steel: Steel) -> None:
    steel.world.http.change_password("another")


def refused_mid_way(steel: Steel) -> None:
    steel.world.http.plan([Fault(status=401)] * 9)


def nobody_there(steel: Steel) -> None:
    steel.world.write_settings(url="http://127.0.0.1:1/v2")


def nobody_there_and_no_log_in(steel: Steel) -> None:
    nobody_there(steel)
    settings = steel.world.settings_path
    text = settings.read_text().replace(
        'auth = "tradecloud"\nuser = "supplier"\n', 'auth = "basic"\nuser = "supplier"\n'
    )
    settings.write_text(text)


def not_now(steel: Steel) -> None:
    steel.world.http.plan([Fault(status=503)])


def never(steel: Steel) -> None:
    steel.world.http.plan([Fault(status=400)])


FAILED_FIRST_ATTEMPT = pytest.mark.parametrize(
    "trouble", [not_let_in, refused_mid_way, nobody_there, nobody_there_and_no_log_in, not_now, never]
)


@FAILED_FIRST_ATTEMPT
def test_undo_after_a_refused_first_attempt(steel: Steel, trouble: Any) -> None:
    steel.answer(Act.AGREE, FIRST, SECOND)
    trouble(steel)
    steel.world.round()
    assert steel.row.sending == ("failed" if trouble is never else "queued")
    steel.undo()
    assert (steel.row.process_status, steel.row.sending, steel.outbox) == ("Issued", "nothing", [])
    assert steel.got() == []


@FAILED_FIRST_ATTEMPT
def test_other_terms_after_a_confirmation_that_never_left_are_a_proposal(steel: Steel, trouble: Any) -> None:
    steel.answer(Act.AGREE, FIRST)
    trouble(steel)
    steel.world.round()
    assert steel.propose(FIRST) == "OpenSupplierProposal"


def test_other_terms_after_a_confirmation_that_may_have_arrived_are_a_reopen_request(steel: Steel) -> None:
    steel.answer(Act.AGREE, FIRST)
    steel.world.http.plan([Fault(status=500)])
    steel.world.round()
    with pytest.raises(TransitionRefused, match="what left, or may have, stands"):
        steel.undo()
    assert steel.propose(FIRST) == "OpenSupplierReopenRequest"


@pytest.mark.parametrize("trouble", [not_now, never])
def test_nobody_agrees_to_terms_that_came_after_the_answer(steel: Steel, trouble: Any) -> None:
    steel.answer(Act.AGREE, FIRST, SECOND)
    trouble(steel)
    steel.world.round()
    steel.hears(2, quantity=99)
    steel.world.http.plan([Fault(status=503)])  # a round may send before it has fetched
    steel.world.round()
    steel.world.round()
    assert steel.row.process_status == "Issued"
    assert steel.outbox == []


def test_nobody_agrees_to_new_terms_by_an_answer_that_may_have_arrived(steel: Steel) -> None:
    steel.answer(Act.AGREE, FIRST)
    steel.world.http.plan([Fault(status=502)] * 9)
    steel.world.round()
    steel.hears(2, quantity=99)
    steel.world.round()
    attempts = steel.world.http.attempts
    steel.world.round()
    assert steel.world.http.attempts == attempts
    (row,) = steel.outbox
    assert row.state == "uncertain"
    assert row.last_error == f"what stands on line {FIRST} changed since; look, then answer again"
    assert (steel.row.sending, steel.undelivered) == ("uncertain", 1)


@pytest.mark.parametrize("trouble", [not_now, never])
def test_a_platform_that_has_not_heard_us_does_not_overrule_what_waits(steel: Steel, trouble: Any) -> None:
    steel.answer(Act.AGREE, FIRST, SECOND)
    trouble(steel)
    steel.world.round()
    (waits,) = steel.outbox
    steel.hears(2)
    steel.world.http.plan([Fault(status=503)])  # the outage lasts
    steel.world.round()
    assert steel.row.process_status == "Confirmed"
    assert [row.id for row in steel.outbox] == [waits.id]
    with steel.book() as book:
        if trouble is never:
            book.retry(waits.id, "alice")
    for _ in range(2):
        steel.world.round()
    assert steel.got() == [{FIRST: ACCEPTED, SECOND: ACCEPTED}]
    with steel.book() as book, pytest.raises(NoSuchMessage):
        book.retry(waits.id, "alice")


def test_a_platform_that_has_not_heard_what_may_have_arrived_is_told_again_without_a_person(steel: Steel) -> None:
    steel.answer(Act.AGREE, FIRST, SECOND)
    steel.world.http.plan([Fault(status=500)])
    steel.world.round()
    (row,) = steel.outbox
    steel.hears(2)
    steel.world.http.plan([Fault(status=500)])
    steel.world.round()
    assert (steel.row.process_status, steel.row.reported) == (
        "Confirmed",
        {"process_status": "Issued", "logistics_status": "Open", "version": 2, "last_updated_at": ANY},
    )
    assert [(one.id, one.state) for one in steel.outbox] == [(row.id, "queued")]
    for _ in range(2):
        steel.world.round()
    assert steel.got()[-1:] == [{FIRST: ACCEPTED, SECOND: ACCEPTED}]
    assert {message.key for message in steel.world.http.messages} == {row.id}
    assert (steel.row.process_status, steel.row.sending, steel.undelivered) == ("Confirmed", "sent", 0)
