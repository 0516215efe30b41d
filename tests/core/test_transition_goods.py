"""Goods received, counted: what came was shipped, packed and produced, and what is not there after all was none of these."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.messages import BuyerAct, LineMessage
from core.model import LogisticsStatus, OrderLine, Progress
from core.profile import GENERIC, TRADECLOUD, Profile
from core.stages import Stage
from core.transition import despatch, receive, still_to_move
from core.transition.tables import BUYER_REOPENS, CONFIRMED
from tests.core.trade import deliveries, goods, line_in, message, order_of, said, terms, word


def heard(line: OrderLine, *words: LineMessage, profile: Profile = GENERIC) -> OrderLine:
    return receive(order_of(line), message(*words), profile).order.lines[0]


def reached(line: OrderLine) -> list[Decimal]:
    return [line.progress.reached(stage) for stage in ("produced", "packed", "shipped", "delivered")]


def test_what_was_delivered_was_shipped_packed_and_produced() -> None:
    assert reached(heard(line_in(CONFIRMED), said(BuyerAct.DELIVERED))) == [Decimal(10)] * 4


def test_what_came_takes_nothing_from_what_is_further() -> None:
    under_way = line_in(CONFIRMED, progress=Progress(produced=Decimal(10), packed=Decimal(6), shipped=Decimal(4)))
    line = heard(under_way, said(delivered=deliveries("2026-05-01=5")))
    assert reached(line) == [Decimal(10), Decimal(6), Decimal(5), Decimal(5)]


def test_when_the_buyer_corrects_what_came_only_what_we_said_ourselves_has_left() -> None:
    """ "Logistics are different, since we know what left the house": that more must have left was the buyer's word."""
    shipped = despatch(order_of(line_in(CONFIRMED)), goods(Stage.SHIPPED, ("10", "4")), GENERIC).order.lines[0]
    for before, left in ((line_in(CONFIRMED), "0"), (shipped, "4")):
        came = heard(before, said(delivered=deliveries("2026-05-01=6"), delivered_adds=True))
        assert still_to_move(came, Stage.SHIPPED) == 4
        corrected = heard(came, said(delivered=deliveries("2026-05-01=2")))
        assert reached(corrected)[2:] == [max(Decimal(left), Decimal(2)), Decimal(2)]
        none = heard(corrected, said(delivered_whole=True))
        assert (none.received, none.progress) == ((), before.progress)
        assert still_to_move(none, Stage.SHIPPED) == 10 - Decimal(left)


def test_what_leaves_after_the_buyer_counted_more_comes_on_top_of_that() -> None:
    came = heard(line_in(CONFIRMED), said(delivered=deliveries("2026-05-01=6")))
    transition = despatch(order_of(came), goods(Stage.SHIPPED), GENERIC)
    assert (reached(transition.order.lines[0])[2], transition.order.logistics_status) == (
        Decimal(10),
        LogisticsStatus.SHIPPED,
    )


def test_the_rest_of_what_the_buyer_has_in_part_may_leave_while_other_terms_are_asked() -> None:
    came = heard(line_in(BUYER_REOPENS), said(delivered=deliveries("2026-05-01=6")))
    assert still_to_move(came, Stage.SHIPPED) == 4


def test_of_an_unknown_quantity_what_the_buyer_got_is_no_reason_to_forget_where_it_was() -> None:
    unknown = line_in(CONFIRMED, confirmed=terms("1:?=?"))
    delivered = heard(unknown, said(BuyerAct.DELIVERED))
    more = heard(
        delivered, said(delivered=deliveries("2026-05-01=6"), reported=word(CONFIRMED, LogisticsStatus.SHIPPED))
    )
    assert more.logistics_status is LogisticsStatus.DELIVERED


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
