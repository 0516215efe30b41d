"""A round of the way out, by itself: when it ends, what it counts, and what it leaves for the next one."""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from core.orderbook import OrderBook
from core.store import queries
from core.store.outbox import KINDS
from sync.channels import ChannelError, OutboundChannel, OutboundSession, Parcel, Uncertain, Unreachable
from sync.log import Log
from sync.outbound import MOST_FAILURES, Outbound
from sync.report import ConnectionReport
from sync.schedule import Schedule
from tests.sync.partners import World

FEW: int = MOST_FAILURES + 4


@dataclass
class Partner:
    """Takes parcels, or fails as `answer` says of the nth one."""

    answer: Callable[[int], ChannelError | None]
    tried: int = 0
    sessions: int = 0
    sent: list[str] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[OutboundSession]:
        self.sessions += 1
        yield self

    def send(self, parcel: Parcel) -> str:
        self.tried += 1
        if (trouble := self.answer(self.tried)) is not None:
            raise trouble
        self.sent.append(parcel.order_number)
        return "taken"

    def check(self) -> str:
        return "there"


@pytest.fixture
def decided(world: World) -> World:
    """More answers wait than a partner who is down is tried with."""
    for n in range(FEW):
        world.send(f"S{n:02}")
    world.round()
    assert world.decide() == FEW
    return world


def went(world: World, partner: OutboundChannel, *, once: bool = False) -> ConnectionReport:
    report = ConnectionReport("steel")
    with world.store() as store:
        book = OrderBook(store, world.settings, clock=lambda: datetime.now(UTC), new_id=lambda: str(random.random()))
        out = Outbound(
            connection="steel",
            kinds=KINDS,
            book=book,
            channel=lambda: partner,
            schedule=Schedule(),
            log=Log(io.StringIO()),
            clock=lambda: datetime.now(UTC),
            random=random.random,
        )
        out.round(report, once=once)
    return report


def down(_: int) -> ChannelError:
    return Unreachable("nobody is there")


def test_a_partner_who_is_down_is_not_tried_with_everything(decided: World) -> None:
    partner = Partner(down)
    with pytest.raises(Unreachable, match="nobody is there"):
        went(decided, partner)
    assert partner.tried == MOST_FAILURES


def test_one_round_of_everything_tries_everything(decided: World) -> None:
    partner = Partner(down)
    assert went(decided, partner, once=True).postponed == FEW
    assert partner.tried == FEW


def test_only_failures_in_a_row_say_that_a_partner_is_down(decided: World) -> None:
    partner = Partner(lambda nth: None if nth == MOST_FAILURES else down(nth))
    report = went(decided, partner)
    assert (report.sent, report.postponed, partner.tried) == (1, FEW - 1, FEW)


def test_after_a_failure_the_next_answer_has_a_session_of_its_own(decided: World) -> None:
    partner = Partner(lambda nth: Uncertain("the line broke") if nth == 2 else None)
    report = went(decided, partner)
    assert (report.sent, report.postponed, partner.sessions) == (FEW - 1, 1, 2)


def test_an_answer_that_can_not_be_claimed_is_put_off_and_not_tried_with_each_look(decided: World) -> None:
    with decided.store() as store, store.writing() as db:
        db.execute("UPDATE orders SET body = substr(body, 2) WHERE number = 'S00'")
    partner = Partner(lambda _: None)
    report = went(decided, partner)
    assert report.sent == FEW - 1
    with decided.store() as store:
        (waiting,) = queries.outbox(store)
    assert (waiting.number, waiting.state, waiting.attempts) == ("S00", "queued", 0)
    assert "is damaged" in (waiting.last_error or "")
    assert waiting.next_attempt is not None
    assert datetime.fromisoformat(waiting.next_attempt) > datetime.now(UTC)
    assert went(decided, partner) == ConnectionReport("steel")
