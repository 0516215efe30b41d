"""An operator's words for other terms: what they mean, what stays as requested, what is not understood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal

import pytest

from core.model import (
    UNKNOWN,
    Money,
    Order,
    OrderHeader,
    OrderKey,
    OrderLine,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
)
from tui.proposing import NamedDelivery, NamedTerms, NotUnderstood, decimal, delivery, terms

FIRST, SECOND = dt.date(2026, 12, 1), dt.date(2027, 1, 15)
PER_100_M = Prices(
    net=Price(
        transaction=Money(value=Decimal("78.90"), currency="EUR"), base=Money(value=Decimal("85.10"), currency="USD")
    ),
    price_unit="MTR",
    price_unit_quantity=Decimal(100),
)
GROSS = Prices(
    gross=Price(transaction=Money(value=Decimal(15), currency="EUR")),
    discount_percentage=Decimal(10),
    price_unit="PCE",
    price_unit_quantity=Decimal(1),
)


def _order(
    prices: Prices | None = PER_100_M, positions: Sequence[str | None] = ("1", "2"), currency: str | None = None
) -> Order:
    schedule = tuple(
        ScheduledDelivery(position=position, date=FIRST, quantity=Decimal(50), transport_mode="road")
        for position in positions
    )
    line = OrderLine(position="10", requested=Terms(delivery_schedule=schedule, prices=prices))
    key = OrderKey(connection="metal-works", buyer="b", number="PO-1")
    return Order(key=key, header=OrderHeader(currency=currency), lines=(line,))


def _terms(order: Order, *deliveries: str, **prices: Decimal) -> Terms:
    named = NamedTerms(deliveries=tuple(delivery(text) for text in deliveries), **prices)
    return terms(named, order, order.lines[0])


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("2026-12-01=100", NamedDelivery(None, FIRST, Decimal(100))),
        ("2026-12-01=12.500", NamedDelivery(None, FIRST, Decimal("12.500"))),
        ("2:2026-12-01=100", NamedDelivery("2", FIRST, Decimal(100))),
        ("a:b:2026-12-01=100", NamedDelivery("a:b", FIRST, Decimal(100))),
        ("a=b:2026-12-01=100", NamedDelivery("a=b", FIRST, Decimal(100))),
        ("?=100", NamedDelivery(None, UNKNOWN, Decimal(100))),
        ("2026-12-01=?", NamedDelivery(None, FIRST, UNKNOWN)),
        ("1:?=?", NamedDelivery("1", UNKNOWN, UNKNOWN)),
        ("2026-12-01=0", NamedDelivery(None, FIRST, Decimal(0))),
    ],
)
def test_a_delivery_is_a_position_a_date_and_a_quantity(words: str, meant: NamedDelivery) -> None:
    assert delivery(words) == meant


@pytest.mark.parametrize(
    "words",
    ["", "2026-12-01", "=100", "2026-12-01=", ":2026-12-01=1", "2026-02-30=1", "01-12-2026=1", "20261201=1",
     "2026-W49-2=1", "2026-12-01=1e3", "2026-12-01=-1", "2026-12-01=1,5", "2026-12-01=١", "2026-12-01=NaN",
     "2026-12-01=" + "9" * 70],
)  # fmt: skip
def test_a_delivery_that_is_none_is_not_guessed_at(words: str) -> None:
    with pytest.raises(NotUnderstood):
        delivery(words)


def test_a_price_keeps_every_digit() -> None:
    assert str(decimal("12.5000", "price")) == "12.5000"


def test_what_is_not_named_stays_as_requested() -> None:
    order = _order()
    assert _terms(order, net_price=Decimal(80)).delivery_schedule == order.lines[0].requested.delivery_schedule
    assert _terms(order, "?=100").prices == PER_100_M


def test_the_nth_delivery_takes_the_nth_position_and_further_ones_get_none() -> None:
    schedule = _terms(_order(), "2026-12-01=60", "2027-01-15=30", "?=10").delivery_schedule
    assert [planned.position for planned in schedule] == ["1", "2", None]
    assert [planned.quantity for planned in schedule] == [60, 30, 10]
    assert [planned.transport_mode for planned in schedule] == ["road", "road", None]


def test_fewer_deliveries_than_requested_are_the_whole_schedule() -> None:
    assert [planned.position for planned in _terms(_order(), "2026-12-01=100").delivery_schedule] == ["1"]


def test_a_named_position_is_kept_wherever_it_stands() -> None:
    schedule = _terms(_order(), "2:2026-12-01=60", "1:2027-01-15=40").delivery_schedule
    assert [(planned.position, planned.date) for planned in schedule] == [("1", SECOND), ("2", FIRST)]


def test_where_each_delivery_names_a_position_the_others_stay_as_requested() -> None:
    order = _order(positions=("1", "2", "3"))
    schedule = _terms(order, "3:2027-01-15=40", "1:?=10").delivery_schedule
    assert [(planned.position, planned.date, planned.quantity) for planned in schedule] == [
        ("1", UNKNOWN, Decimal(10)),
        ("2", FIRST, Decimal(50)),
        ("3", SECOND, Decimal(40)),
    ]
    assert schedule[1] is order.lines[0].requested.delivery_schedule[1]


def test_as_soon_as_one_names_no_position_those_named_are_the_whole_schedule() -> None:
    schedule = _terms(_order(positions=("1", "2", "3")), "1:2027-01-15=40", "?=10").delivery_schedule
    assert [planned.position for planned in schedule] == ["1", "2"]


def test_a_new_split_stands_last_also_when_it_is_named_in_between() -> None:
    schedule = _terms(_order(positions=("1",)), "2026-12-01=60", "?=30", "2027-01-15=10").delivery_schedule
    assert [planned.position for planned in schedule] == ["1", None, None]
    assert [planned.quantity for planned in schedule] == [60, 30, 10]


def test_a_schedule_without_positions_gets_none() -> None:
    schedule = _terms(_order(positions=(None,)), "2026-12-01=60", "2027-01-15=40").delivery_schedule
    assert [planned.position for planned in schedule] == [None, None]


@pytest.mark.parametrize("words", [["3:2026-12-01=1"], ["2:2026-12-01=1", "2027-01-15=1"], ["1:?=1", "1:?=2"]])
def test_a_position_that_is_not_there_or_named_twice_is_told(words: list[str]) -> None:
    with pytest.raises(NotUnderstood, match="line 10"):
        _terms(_order(), *words)


def test_a_net_price_keeps_currency_unit_and_unit_quantity() -> None:
    prices = _terms(_order(), net_price=Decimal("80.00")).prices
    assert prices == Prices(
        net=Price(transaction=Money(value=Decimal("80.00"), currency="EUR")),
        price_unit="MTR",
        price_unit_quantity=Decimal(100),
    )


def test_a_net_price_takes_the_place_of_gross_and_discount() -> None:
    prices = _terms(_order(GROSS), net_price=Decimal(13)).prices
    assert prices is not None
    assert (prices.gross, prices.discount_percentage) == (None, None)
    assert prices.net == Price(transaction=Money(value=Decimal(13), currency="EUR"))


@pytest.mark.parametrize(
    ("named", "gross", "discount"),
    [
        ({"gross_price": Decimal(20), "discount": Decimal("12.5")}, 20, Decimal("12.5")),
        ({"gross_price": Decimal(20)}, 20, 10),
        ({"discount": Decimal(0)}, 15, 0),
    ],
)
def test_gross_and_discount_each_stay_as_requested_unless_named(
    named: dict[str, Decimal], gross: int, discount: object
) -> None:
    prices = _terms(_order(GROSS), **named).prices
    assert prices is not None
    assert prices.net is None
    assert prices.gross == Price(transaction=Money(value=Decimal(gross), currency="EUR"))
    assert prices.discount_percentage == discount


def test_the_orders_currency_serves_a_line_without_a_price() -> None:
    prices = _terms(_order(None, currency="SEK"), net_price=Decimal(5)).prices
    assert prices == Prices(net=Price(transaction=Money(value=Decimal(5), currency="SEK")))


@pytest.mark.parametrize(
    ("order", "named", "why"),
    [
        (_order(None), {"net_price": Decimal(1)}, "which currency"),
        (_order(PER_100_M), {"discount": Decimal(5)}, "no gross price"),
        (_order(GROSS), {"discount": Decimal(101)}, "at most 100"),
        (_order(GROSS), {"net_price": Decimal(1), "discount": Decimal(5)}, "not both"),
        (_order(GROSS), {"net_price": Decimal(1), "gross_price": Decimal(5)}, "not both"),
    ],
)
def test_a_price_that_can_not_be_made_is_told(order: Order, named: dict[str, Decimal], why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        _terms(order, **named)
