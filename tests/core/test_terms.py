"""When two sides mean the same terms."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.model import Money, Price, Prices, Terms
from core.terms import filled, numbered, same_prices, same_schedule, same_stated_prices, same_terms
from tests.core.trade import deliveries, gross, net, price, terms


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(net("1.0"), net("1.00"), id="trailing zeros mean nothing"),
        pytest.param(net("1E+1"), net("10"), id="an exponent writes the same number"),
        pytest.param(None, net("5"), id="prices left out are the buyer's"),
        pytest.param(Prices(), net("5"), id="prices that say nothing are the buyer's"),
        pytest.param(Prices(), None, id="nothing said on either side"),
        pytest.param(None, None, id="no prices at all"),
        pytest.param(net("5", unit=None), net("5"), id="a price unit left out is the buyer's"),
        pytest.param(net("5", per=None), net("5"), id="a unit quantity left out is the buyer's"),
        pytest.param(net("5", per="100.0"), net("5", per="100"), id="unit quantities by value"),
        pytest.param(net("95"), gross("100", "5"), id="a net price is what gross and discount come to"),
        pytest.param(gross("100", "5"), net("95.00"), id="and the other way round"),
        pytest.param(gross("95"), net("95"), id="gross without discount is net"),
        pytest.param(
            gross("0.3", "33.333333333333333333333333333"),
            net("0.200000000000000000000000000001"),
            id="gross and discount are computed to the last digit",
        ),
        pytest.param(gross("100"), gross("100", "5"), id="a discount left out is the buyer's"),
        pytest.param(gross("100", "0"), gross("100"), id="no discount is a discount of zero"),
        pytest.param(Prices(discount_percentage=Decimal(5)), gross("100", "5.0"), id="a discount alone, the buyer's"),
        pytest.param(
            gross("100", "10"),
            gross("100").but(net=price("90")),
            id="the discount that the buyer's net price comes to",
        ),
        pytest.param(
            Prices(net=price("95")),
            Prices(net=price("95"), gross=price("200"), discount_percentage=Decimal(1)),
            id="a shared net price is enough",
        ),
        pytest.param(
            Prices(net=Price(transaction=Money(value=Decimal(5), currency="EUR"))),
            Prices(
                net=Price(
                    transaction=Money(value=Decimal(5), currency="EUR"), base=Money(value=Decimal(6), currency="USD")
                )
            ),
            id="a base price left out is the buyer's",
        ),
        pytest.param(
            Prices(net=Price(base=Money(value=Decimal(6), currency="USD"))),
            gross("6").but(gross=Price(base=Money(value=Decimal(6), currency="USD"))),
            id="prices in a base currency alone",
        ),
    ],
)
def test_prices_that_come_to_the_same_are_the_same(ours: Prices | None, theirs: Prices | None) -> None:
    assert same_prices(ours, theirs)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(net("1.0"), net("1.01"), id="another value"),
        pytest.param(net("5", "USD"), net("5", "EUR"), id="another currency"),
        pytest.param(net("5", unit="MTR"), net("5", unit="PCE"), id="another price unit"),
        pytest.param(net("5", per="100"), net("5", per="1"), id="another unit quantity"),
        pytest.param(net("500", per="100"), net("5", per="1"), id="the same price per piece in another unit quantity"),
        pytest.param(net("5"), None, id="a price where the buyer stated none"),
        pytest.param(gross("100", "5"), gross("100", "6"), id="another discount"),
        pytest.param(gross("100", "5"), gross("100"), id="a discount where the buyer gave none"),
        pytest.param(gross("100", "5"), net("95.01"), id="gross and discount that come to another net price"),
        pytest.param(gross("100", "5"), net("95", "USD"), id="the same number in another currency"),
        pytest.param(Prices(discount_percentage=Decimal(5)), gross("100", "6"), id="a discount alone, another"),
        pytest.param(
            gross("100", "0"), gross("100").but(net=price("90")), id="no discount where the buyer's net price has one"
        ),
        pytest.param(
            gross("100").but(net=price("80")), gross("100", "10"), id="another net price beside the same gross one"
        ),
        pytest.param(
            Prices(net=price("95"), gross=price("100")),
            Prices(net=price("95"), gross=price("101")),
            id="both shared components count",
        ),
        pytest.param(
            Prices(net=Price(base=Money(value=Decimal(6), currency="USD"))),
            Prices(net=Price(transaction=Money(value=Decimal(6), currency="USD"))),
            id="no currency that both state",
        ),
        pytest.param(Prices(net=Price()), Prices(gross=price("5")), id="a price without a value"),
        pytest.param(Prices(gross=price("5")), Prices(price_unit="PCE"), id="nothing to compare with"),
    ],
)
def test_prices_that_differ_for_the_trade_differ(ours: Prices | None, theirs: Prices | None) -> None:
    assert not same_prices(ours, theirs)


def test_a_net_price_that_rounds_to_the_same_is_not_the_same() -> None:
    assert not same_prices(gross("9.99", "3"), net("9.69"))
    assert same_prices(gross("9.99", "3"), net("9.6903"))


EXPLAINED = gross("100", "10").but(net=price("90"))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(net("5", per=None), net("5"), id="a price without a unit quantity is of one"),
        pytest.param(net("5", unit=None), net("5"), id="a price without a unit is per that in which it is bought"),
        pytest.param(gross("100"), gross("100", "0"), id="a gross price without a discount is what is paid"),
        pytest.param(gross("100"), net("100"), id="gross without discount is net"),
        pytest.param(gross("100", "10"), net("90"), id="a net price is what gross and discount come to"),
        pytest.param(EXPLAINED, net("90"), id="a net price that the other side explains"),
        pytest.param(
            EXPLAINED,
            EXPLAINED.but(discount_percentage=None),
            id="a discount left out beside the net price that it explains",
        ),
        pytest.param(None, None, id="none"),
        pytest.param(None, Prices(), id="none, and one that says nothing"),
    ],
)
def test_whole_statements_of_one_price_are_the_same(one: Prices | None, other: Prices | None) -> None:
    assert same_stated_prices(one, other, "PCE")
    assert same_stated_prices(other, one, "PCE")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(net("78.90", per=None), net("78.90", per="100"), id="a unit quantity left out is no hundred"),
        pytest.param(net("5", unit=None), net("5", unit="KGM"), id="nor is a unit left out any unit"),
        pytest.param(gross("100"), gross("100", "10"), id="nor a discount left out any discount"),
        pytest.param(gross("100"), net("90"), id="gross without discount is not less"),
        pytest.param(EXPLAINED, EXPLAINED.but(discount_percentage=Decimal(5)), id="two discounts"),
        pytest.param(EXPLAINED, EXPLAINED.but(net=price("80")), id="two net prices"),
        pytest.param(EXPLAINED.but(discount_percentage=None), gross("100"), id="a net price that is less"),
        pytest.param(None, net("5"), id="a price and none"),
        pytest.param(Prices(price_unit="PCE"), net("5"), id="a unit is no price"),
    ],
)
def test_whole_statements_copy_nothing_from_each_other(one: Prices | None, other: Prices | None) -> None:
    assert not same_stated_prices(one, other, "PCE")
    assert not same_stated_prices(other, one, "PCE")


def test_where_nobody_knows_in_what_it_is_bought_a_unit_left_out_may_be_another() -> None:
    assert not same_stated_prices(net("5", unit=None), net("5"))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(("1:2026-05-01=10.0",), ("1:2026-05-01=10",), id="quantities by value"),
        pytest.param(("2026-05-01=10",), ("1:2026-05-01=10",), id="a position left out is the buyer's at that place"),
        pytest.param(("?=?",), ("?=?",), id="unknown equals unknown"),
        pytest.param(
            ("2:2026-06-01=5", "1:2026-05-01=10"), ("1:2026-05-01=10", "2:2026-06-01=5"), id="by position, not by place"
        ),
        pytest.param((), ("1:2026-05-01=10",), id="no schedule leaves the buyer's as it is"),
        pytest.param(
            ("1:2026-05-01=10", "2026-06-01=5"), ("1:2026-05-01=10", "2:2026-06-01=5"), id="one named, one by its place"
        ),
    ],
)
def test_schedules_that_plan_the_same_are_the_same(ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    assert same_schedule(deliveries(*ours), deliveries(*theirs))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        pytest.param(("1:2026-05-02=10",), ("1:2026-05-01=10",), id="another date"),
        pytest.param(("1:2026-05-01=11",), ("1:2026-05-01=10",), id="another quantity"),
        pytest.param(("2:2026-05-01=10",), ("1:2026-05-01=10",), id="another position"),
        pytest.param(("1:?=10",), ("1:2026-05-01=10",), id="an unknown date is no date of the buyer's"),
        pytest.param(("1:2026-05-01=?",), ("1:2026-05-01=10",), id="an unknown quantity is no quantity of the buyer's"),
        pytest.param(("1:2026-05-01=10",), ("1:?=10",), id="a date where the buyer has none"),
        pytest.param(("1:2026-05-01=5", "2026-05-01=5"), ("1:2026-05-01=10",), id="a split"),
        pytest.param(("1:2026-05-01=10",), (), id="a schedule where the buyer has none"),
    ],
)
def test_schedules_that_plan_otherwise_differ(ours: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    assert not same_schedule(deliveries(*ours), deliveries(*theirs))


def test_terms_are_the_same_when_schedule_and_prices_are() -> None:
    assert same_terms(terms("2026-05-01=10.00", prices=net("12.5")), terms("1:2026-05-01=10", prices=net("12.50")))
    assert not same_terms(terms("2026-05-02=10"), terms())
    assert not same_terms(terms(prices=net("13")), terms())


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        pytest.param(
            ("2026-05-01=5", "2026-06-01=5"),
            ("1:2026-05-01=10",),
            ("1:2026-05-01=5", "2026-06-01=5"),
            id="the first is the buyer's, the split has no position",
        ),
        pytest.param(
            ("2026-06-01=5", "1:2026-05-01=5"),
            ("1:2026-05-01=10",),
            ("1:2026-05-01=5", "2026-06-01=5"),
            id="the split stands last wherever it was typed",
        ),
        pytest.param(
            ("1:2026-05-01=5", "2026-06-15=1", "2:2026-06-01=5"),
            ("1:2026-05-01=5", "2:2026-06-01=5"),
            ("1:2026-05-01=5", "2:2026-06-01=5", "2026-06-15=1"),
            id="a place whose position is named elsewhere is a split",
        ),
        pytest.param(("2026-05-01=5",), ("2026-05-01=10",), ("2026-05-01=5",), id="a buyer without positions"),
    ],
)
def test_positions_are_the_buyers_and_splits_stand_last(
    ours: tuple[str, ...], theirs: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert numbered(deliveries(*ours), deliveries(*theirs)) == deliveries(*expected)


def test_what_ours_leaves_out_is_filled_from_theirs() -> None:
    theirs = terms(prices=net("12.50", per="100"))
    only_a_date = filled(Terms(delivery_schedule=deliveries("2026-06-01=10")), theirs)
    assert only_a_date == terms("1:2026-06-01=10", prices=net("12.50", per="100"))
    only_a_price = filled(Terms(prices=net("13", unit=None, per=None)), theirs)
    assert only_a_price == terms(prices=net("13", per="100"))


def test_a_new_discount_is_on_the_buyers_gross_price() -> None:
    theirs = terms(prices=gross("100", "5"))
    assert filled(Terms(prices=Prices(discount_percentage=Decimal(7))), theirs) == terms(prices=gross("100", "7"))
    assert filled(Terms(prices=gross("110", unit=None)), theirs) == terms(prices=gross("110", "5"))


def test_another_unit_quantity_keeps_the_price() -> None:
    theirs = terms(prices=net("12.50"))
    assert filled(Terms(prices=Prices(price_unit_quantity=Decimal(100))), theirs) == terms(
        prices=net("12.50", per="100")
    )


@pytest.mark.parametrize("changed", [Prices(price_unit_quantity=Decimal(100)), Prices(price_unit="KGM")])
def test_another_unit_keeps_the_discount(changed: Prices) -> None:
    after = filled(Terms(prices=changed), terms(prices=gross("100", "5"))).prices
    assert after is not None
    assert (after.gross, after.discount_percentage) == (price("100"), Decimal(5))


def test_a_price_where_the_buyer_stated_none_is_ours() -> None:
    theirs = Terms(delivery_schedule=deliveries("1:2026-05-01=10"))
    assert filled(Terms(prices=net("13")), theirs) == terms(prices=net("13"))
    assert filled(Terms(delivery_schedule=deliveries("2026-05-02=10")), theirs).prices is None


def test_terms_that_mean_the_same_come_back_as_theirs() -> None:
    theirs = terms("1:2026-05-01=10.000", prices=net("12.500"))
    assert filled(terms("2026-05-01=10", prices=net("12.5", unit=None)), theirs) is theirs
