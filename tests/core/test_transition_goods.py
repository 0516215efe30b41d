"""Goods received, counted: what came was shipped, packed and produced, and what is not there after all was none of these."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.messages import BuyerAct, LineMessage
from core.model import LogisticsStatus, OrderLine, Progress
from core.profile import GENERIC, TRADECLOUD, Profile
from core.transition import receive
from core.transition.tables import CONFIRMED
from tests.core.trade import deliveries, line_in, message, order_of, said, terms, word


def heard(line: OrderLine, *words: LineMessage, profile: Profile = GENERIC) -> OrderLine:
    return receive(order_of(line), message(*words), profile).order.lines[0]


def test_what_was_delivered_was_shipped_packed_and_produced() -> None:
    delivered = heard(line_in(CONFIRMED), said(BuyerAct.DELIVERED))
    assert delivered.progress == Progress(
        produced=Decimal(10), packed=Decimal(10), shipped=Decimal(10), delivered=Decimal(10)
    )


def test_what_came_takes_nothing_from_what_is_further() -> None:
    under_way = line_in(CONFIRMED, progress=Progress(produced=Decimal(10), packed=Decimal(6), shipped=Decimal(4)))
    line = heard(under_way, said(delivered=deliveries("2026-05-01=5")))
    assert line.progress == Progress(produced=Decimal(10), packed=Decimal(6), shipped=Decimal(5), delivered=Decimal(5))


def test_one_piece_is_a_full_quantity() -> None:
    one = line_in(CONFIRMED, confirmed=terms("1:2026-05-01=1"))
    assert heard(one, said(delivered=deliveries("2026-05-01=1"))).logistics_status is LogisticsStatus.DELIVERED


def test_marked_open_what_was_stated_of_an_unknown_quantity_is_taken_back() -> None:
    unknown = line_in(CONFIRMED, confirmed=terms("1:?=?"))
    delivered = heard(unknown, said(BuyerAct.DELIVERED))
    assert delivered.logistics_status is LogisticsStatus.DELIVERED
    assert heard(delivered, said(BuyerAct.MARK_OPEN)).logistics_status is LogisticsStatus.OPEN


def test_marked_open_the_history_begins_anew() -> None:
    """What is told after that came then, and is no delivery from before."""
    four = said(delivered=deliveries("2026-05-01=4"), delivered_adds=True)
    opened = heard(heard(line_in(CONFIRMED), four), said(BuyerAct.MARK_OPEN))
    assert (opened.received, opened.progress) == ((), Progress())
    again = heard(opened, four)
    assert (again.received, again.progress.delivered) == (deliveries("2026-05-01=4"), Decimal(4))


def test_marked_open_the_platforms_word_on_the_line_stands() -> None:
    known = heard(line_in(CONFIRMED), said(reported=word(CONFIRMED)), profile=TRADECLOUD)
    assert heard(known, said(BuyerAct.MARK_OPEN), profile=TRADECLOUD).reported == word(CONFIRMED)


@pytest.mark.parametrize("schedule", [("1:2026-05-01=0",), ("1:2026-05-01=-5",), ("1:2026-05-01=?",), ()])
def test_of_a_quantity_that_is_none_nothing_has_come(schedule: tuple[str, ...]) -> None:
    odd = terms().but(delivery_schedule=deliveries(*schedule))
    line = heard(line_in(CONFIRMED, confirmed=odd), said(reported=word(CONFIRMED)), profile=TRADECLOUD)
    assert line.logistics_status is LogisticsStatus.OPEN
