"""Each condition: what fits it, what doesn't, and what nobody can tell. Monday is 2025-03-03."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core.model import (
    UNKNOWN,
    ChargeLine,
    InProgressStatus,
    Item,
    KeyValue,
    LineContent,
    LineType,
    Money,
    Order,
    OrderLine,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from core.profile import PROCUREMENT_CONNECT
from tests.core.rules.desks import line, order, ruled, terms

FIT, NOT = "fits", "doesn't fit"

BEFORE = """
[calendar]
holidays = [2025-03-12]

[[item]]
item = "HB-*"
lead_time = "5 working days"
pack = 25

[[item]]
supplier_item = "47*"
lead_time = "5 days"

[price_list.bolts]
file = "bolts.csv"
numbers = "buyers"

[price_list.ours]
file = "bolts.csv"
numbers = "ours"

[[rule]]
name = "tried"
answer = "accept"
price_list = "bolts"
"""


def outcome(folder: Path, when: str, of: Order, **facts: Any) -> str:
    """FIT, NOT, or why it can't be told whether a rule with these conditions fits the only line."""
    verdict = ruled(folder, f"{BEFORE}when = {{ {when} }}\n", of, **facts)
    if verdict.lines:
        assert verdict.lines[0].rule == "tried"
        return FIT
    [(_, why)] = verdict.left
    return NOT if why == "no rule fits it" else why.removeprefix("rule “tried”: ")


def content(**fields: Any) -> LineContent:
    item = {"number": "HB-1", "unit": "PCE", **fields.pop("item", {})}
    return LineContent(item=Item(**item), **fields)


def schedule(*rows: tuple[str | None, str | None]) -> Terms:
    """Deliveries by date and quantity; None: unknown."""
    return Terms(
        delivery_schedule=tuple(
            ScheduledDelivery(
                position=str(nth),
                date=UNKNOWN if date is None else dt.date.fromisoformat(date),
                quantity=UNKNOWN if quantity is None else Decimal(quantity),
            )
            for nth, (date, quantity) in enumerate(rows, 1)
        ),
        prices=terms().prices,
    )


@pytest.mark.parametrize(
    ("when", "of", "expected"),
    [
        ("", order(), FIT),
        ('connection = "metal-works"', order(), FIT),
        ('connection = "metal-*"', order(), FIT),
        ('connection = "Metal-*"', order(), NOT),
        ('connection = ["city", "metal-works"]', order(), FIT),
        ('connection = "!metal-works"', order(), NOT),
        ('buyer = "B1"', order(), FIT),
        ('buyer = "Metal Works*"', order(), FIT),
        ('buyer = "340760"', order(buyer_account_number="340760"), FIT),
        ('buyer = "c-9"', order(company_id="c-9"), FIT),
        ('buyer = ["B*", "!Metal*"]', order(), NOT),
        ('buyer = "B2"', order(), NOT),
        ('item = "HB-?"', order(), FIT),
        ('item = "HB-"', order(), NOT),
        ('item = "hb-1"', order(), NOT),
        ('item = "A[1]"', order(line(item="A[1]")), FIT),
        ('item = "A[1]"', order(line(item="A1")), NOT),
        ('item = "HB-*"', order(line(item="HB-\n\x1b]0;x")), FIT),
        ('item = "*a*a*a*a*a*a*a*b"', order(line(item="a" * 50_000)), NOT),
        ('item = ["!RT-*", "!PL-*"]', order(), FIT),
        ('item = "HB-*"', order(line(item=None)), "the order doesn't say the buyer’s number of the item"),
        ('supplier_item = "47*"', order(line(content=content(item={"supplier_item_number": "4711"}))), FIT),
        ('supplier_item = "47*"', order(), "the order doesn't say our number of the item"),
        ('supplier_item = "47*", connection = "city"', order(), NOT),
        ("", order(order_type="Purchase"), FIT),
        ("", order(order_type="Forecast"), NOT),
        ("", order(order_type="rfq"), NOT),
        ('order_type = "Forecast"', order(order_type="Forecast"), FIT),
        ('order_type = "Forecast"', order(order_type="Purchase"), NOT),
        ('order_type = "220"', order(), "the order doesn't say what type it is of"),
        ('line_type = "Item"', order(), FIT),
        ('line_type = ["Charge", "Service"]', order(line(content=content(line_type=LineType.CHARGE))), FIT),
        ('line_type = "Charge"', order(), NOT),
        ("quantity = { min = 10, max = 10 }", order(), FIT),
        ("quantity = { min = 10.0001 }", order(), NOT),
        ("quantity = { max = 9.9999 }", order(), NOT),
        ("quantity = { min = 20 }", order(line(asked=schedule(("2025-04-01", "10"), ("2025-04-02", "10")))), FIT),
        ("quantity = { multiple_of = 5 }", order(), FIT),
        ("quantity = { multiple_of = 2.5 }", order(), FIT),
        ("quantity = { multiple_of = 0.3 }", order(), NOT),
        ("quantity = { multiple_of = 10 }", order(line(asked=schedule(("2025-04-01", "5"), ("2025-04-02", "5")))), NOT),
        ('quantity = { multiple_of = "pack" }', order(), NOT),
        ('quantity = { multiple_of = "pack" }', order(line(asked=terms("50.00"))), FIT),
        ('quantity = { multiple_of = "pack" }', order(line(item="X")), "the order doesn't say our number of the item"),
        (
            "quantity = { min = 1 }",
            order(line(asked=schedule(("2025-04-01", None)))),
            "the order doesn't say how much is wanted",
        ),
        ("quantity = { max = 1 }", order(line(asked=Terms())), "the order doesn't say how much is wanted"),
        ('order = "new"', order(), FIT),
        ('order = "changed"', order(), NOT),
    ],
)
def test_a_condition_fits_or_not_or_nobody_can_tell(tmp_path: Path, when: str, of: Order, expected: str) -> None:
    assert outcome(tmp_path, when, of) == expected


@pytest.mark.parametrize(
    ("when", "dates", "expected"),
    [
        # Monday the 3rd and five working days: Monday the 10th.
        ('lead_time = "kept"', ["2025-03-10"], FIT),
        ('lead_time = "kept"', ["2025-03-09"], NOT),
        ('lead_time = "kept"', ["2025-03-10", "2025-03-07"], NOT),
        ('lead_time = "short"', ["2025-03-09"], FIT),
        ('lead_time = "short"', ["2025-03-10", "2025-03-07"], FIT),
        ('lead_time = "short"', ["2025-03-10"], NOT),
        ('lead_time = "kept"', ["1999-01-01"], NOT),
        ("day_off = false", ["2025-03-14"], FIT),
        ("day_off = false", ["2025-03-15"], NOT),
        ("day_off = false", ["2025-03-12"], NOT),
        ("day_off = true", ["2025-03-11", "2025-03-12"], FIT),
        ("day_off = true", ["2025-03-11"], NOT),
        ('within = "10 days"', ["2025-03-13"], FIT),
        ('within = "10 days"', ["2025-03-03"], FIT),
        ('within = "10 days"', ["2025-03-02", "2025-03-13"], NOT),  # the first was yesterday
        ('within = "10 days"', ["2025-03-14"], NOT),
        ('within = "5 working days"', ["2025-03-10"], FIT),
        ('within = "5 working days"', ["2025-03-11"], NOT),
        ('lead_time = "kept"', [], "the order doesn't say when it is wanted"),
        ('lead_time = "short"', [None], "the order doesn't say when it is wanted"),
        ("day_off = false", ["2025-03-14", None], "the order doesn't say when it is wanted"),
    ],
)
def test_dates_are_held_against_lead_time_and_calendar(
    tmp_path: Path, when: str, dates: list[str | None], expected: str
) -> None:
    of = order(line(asked=schedule(*((date, "10") for date in dates))))
    assert outcome(tmp_path, f"date = {{ {when} }}", of) == expected


def test_an_item_without_a_known_lead_time_is_a_persons(tmp_path: Path) -> None:
    of = order(line(content=content(item={"number": "X", "supplier_item_number": "9"})))
    assert outcome(tmp_path, 'date = { lead_time = "kept" }', of) == "no lead time of the item is known"


def test_the_first_fact_that_names_the_item_counts(tmp_path: Path) -> None:
    of = order(
        line(content=content(item={"number": "X", "supplier_item_number": "4711"}), asked=schedule(("2025-03-08", "1")))
    )
    assert outcome(tmp_path, 'date = { lead_time = "kept" }', of) == FIT  # five days


def net(value: str, currency: str = "EUR", unit: str | None = "PCE", per: str | None = "1") -> Prices:
    return Prices(
        net=Price(transaction=Money(value=Decimal(value), currency=currency)),
        price_unit=unit,
        price_unit_quantity=None if per is None else Decimal(per),
    )


def gross(value: str, discount: str | None, net: str | None = None, currency: str = "EUR") -> Prices:
    """A gross price with its discount, and a net price beside it."""
    return Prices(
        net=Price(transaction=Money(value=Decimal(net), currency=currency)) if net is not None else None,
        gross=Price(transaction=Money(value=Decimal(value), currency="EUR")),
        discount_percentage=Decimal(discount) if discount is not None else None,
        price_unit="PCE",
        price_unit_quantity=Decimal(1),
    )


CONTRADICTS = "its net price is not what the discount leaves of the gross price"


def both(transaction: str | None, base: str | None) -> Prices:
    """A net price in the currency of the deal and in that of the house, each like `1.25 EUR`."""

    def money(text: str | None) -> Money | None:
        value, _, currency = (text or "").partition(" ")
        return Money(value=Decimal(value), currency=currency) if text is not None else None

    return net("1").but(net=Price(transaction=money(transaction), base=money(base)))


@pytest.mark.parametrize(
    ("when", "prices", "expected"),
    [
        # The list has 1.25 EUR per 1 PCE.
        ('"listed"', net("1.25"), FIT),
        ('"listed"', net("1.2500"), FIT),
        ('"listed"', net("125", per="100"), FIT),
        ('"listed"', net("1.25", per=None), FIT),
        ('"listed"', net("1.25", unit=None), FIT),
        ('"listed"', gross("2.50", "50"), FIT),
        ('"listed"', net("1.26"), NOT),
        ('"listed"', net("1.25", per="100"), NOT),
        ('"different"', net("1.26"), FIT),
        ('"different"', net("1.25"), NOT),
        ('"unlisted"', net("1.25"), NOT),
        ('"missing"', net("1.25"), NOT),
        ('"missing"', None, FIT),
        ('"missing"', Prices(price_unit="PCE"), FIT),
        ('"unlisted"', None, NOT),
        ('{ above = "2 %" }', net("1.275"), FIT),
        ('{ above = "2 %" }', net("1.2750001"), NOT),
        ('{ above = "2 %" }', net("1.24"), NOT),
        ('{ below = "2 %" }', net("1.225"), FIT),
        ('{ below = "2 %" }', net("1.26"), NOT),
        ('{ above = "any", below = 0.05 }', net("999"), FIT),
        ('{ above = "any", below = 0.05 }', net("1.20"), FIT),
        ('{ above = "any", below = 0.05 }', net("1.19"), NOT),
        ("{ below = 0.05 }", net("120", per="100"), FIT),
        ('"listed"', None, NOT),
        ('"different"', None, NOT),
        ('{ above = "any", below = "any" }', None, NOT),
        ('"listed"', net("1.25", "USD"), "price list bolts has item HB-1 in EUR, not in USD"),
        ('"different"', net("1.25", "USD"), "price list bolts has item HB-1 in EUR, not in USD"),
        ('"listed"', net("1.25", unit="KGM"), "price list bolts has item HB-1 per PCE, not per KGM"),
        ('"different"', net("1.25", unit="KGM"), "price list bolts has item HB-1 per PCE, not per KGM"),
        ('"listed"', net("1.25", per="0"), "the order states a price for nothing"),
        # What stands beside the net price says the same, as it is rounded…
        ('"listed"', gross("2.50", "50", "1.25"), FIT),
        ('"listed"', gross("1.4999", "16.66", "1.25"), FIT),
        ('"listed"', gross("2.50", None, "1.25"), FIT),
        ('"listed"', gross("1.249", "0", "1.25"), FIT),
        # …or contradicts it. Tradecloud's own sample has 98.625 less 25 % beside 78.90, and nobody knows which is meant.
        ('"different"', gross("98.625", "25", "78.90"), CONTRADICTS),
        ('"listed"', gross("20", "90", "1.25"), CONTRADICTS),
        ('"listed"', gross("1", "-20", "1.25"), CONTRADICTS),
        ('"listed"', gross("1.2449", "0", "1.25"), CONTRADICTS),
        ('"listed"', gross("1.249", "0", "1.2500"), CONTRADICTS),
        ('{ below = "any" }', gross("1.5", "50", "1"), CONTRADICTS),
        ('"unlisted"', gross("20", "90", "1.25"), CONTRADICTS),
        ('"listed"', gross("1", None, "1.25"), "its net price is above the gross price"),
        ('"listed"', gross("2.50", "50", "1.25", "USD"), "its net and gross prices are in different currencies"),
        # The currency of the house is not that of the deal.
        ('"listed"', both(None, "1.25 EUR"), "its net price is stated in the base currency alone"),
        ('"listed"', both("1.25 EUR", "3.00 EUR"), "its net price is stated twice in EUR, and not the same"),
        ('"listed"', both("1.25 EUR", "1.25 EUR"), FIT),
        ('"listed"', both("1.25 EUR", "1.40 USD"), FIT),
        ('"missing"', both(None, None), FIT),
    ],
)
def test_the_price_is_held_against_the_list(tmp_path: Path, when: str, prices: Prices | None, expected: str) -> None:
    of = order(line(asked=terms().but(prices=prices)))
    assert outcome(tmp_path, f"price = {when}", of) == expected


FREIGHT = ChargeLine(description="freight", price=Price(transaction=Money(value=Decimal(-9), currency="EUR")))
DISCOUNT = KeyValue(key="Allowance", value="Discount 900.00 EUR")


@pytest.mark.parametrize("when", ["listed", "different", "unlisted", "missing"])
@pytest.mark.parametrize(
    ("of", "where"),
    [
        (order(line(content=content(charge_lines=(FREIGHT,)))), ""),
        (order(line(content=content(properties=(DISCOUNT,)))), ""),
        (order(properties=(DISCOUNT,)), " on the whole order"),
        (order(properties=(DISCOUNT.but(key="Charge"),)), " on the whole order"),
    ],
    ids=["a charge of the line", "an allowance on the line", "an allowance on the order", "a charge on the order"],
)
def test_a_price_that_is_not_all_that_is_paid_is_neither_the_lists_nor_another(
    tmp_path: Path, of: Order, where: str, when: str
) -> None:
    assert outcome(tmp_path, f'price = "{when}"', of) == f"charges or allowances{where} come beside its price"


def test_what_comes_beside_the_price_is_nothing_to_a_rule_that_asks_for_none(tmp_path: Path) -> None:
    assert outcome(tmp_path, "quantity = { max = 10 }", order(line(content=content(charge_lines=(FREIGHT,))))) == FIT


def test_the_price_of_the_list_is_not_proposed_beside_charges(tmp_path: Path) -> None:
    text = BEFORE.replace('"accept"', '"propose"') + 'change = "price"\n'
    verdict = ruled(tmp_path, text, order(line(asked=terms(price="9"), content=content(charge_lines=(FREIGHT,)))))
    assert verdict.left == (("10", "rule “tried”: charges or allowances come beside its price"),)


@pytest.mark.parametrize(
    ("when", "item", "expected"),
    [
        ('"listed"', "HB-9", NOT),
        ('"different"', "HB-9", NOT),
        ('{ above = "any", below = "any" }', "HB-9", NOT),
        ('"unlisted"', "HB-9", FIT),
        ('"listed"', None, "the order doesn't say the buyer’s number of the item"),
        ('"unlisted"', None, "the order doesn't say the buyer’s number of the item"),
    ],
)
def test_an_item_that_is_not_in_the_list_fits_only_what_asks_for_that(
    tmp_path: Path, when: str, item: str | None, expected: str
) -> None:
    assert outcome(tmp_path, f"price = {when}", order(line(item=item))) == expected


@pytest.mark.parametrize(
    ("quantity", "asked", "expected"), [("499", "10.00", FIT), ("500", "10.00", NOT), ("500", "9.00", FIT)]
)
def test_a_scale_price_goes_by_the_whole_lines_quantity(
    tmp_path: Path, quantity: str, asked: str, expected: str
) -> None:
    of = order(line(item="HB-3", asked=terms(quantity).but(prices=net(asked, per="100"))))
    assert outcome(tmp_path, 'price = "listed"', of) == expected


def state(status: ProcessStatus | InProgressStatus) -> OrderLine:
    if isinstance(status, ProcessStatus):
        return line(process_status=status)
    confirmed = terms("20") if "REOPEN" in status.name or "RECONFIRM" in status.name else None
    return line(process_status=ProcessStatus.IN_PROGRESS, in_progress_status=status, confirmed=confirmed)


@pytest.mark.parametrize(
    ("task", "status"),
    [
        ("issued", ProcessStatus.ISSUED),
        ("issued", InProgressStatus.REISSUED_REJECTED_LINE),
        ("proposal-rejected", InProgressStatus.REJECTED_SUPPLIER_PROPOSAL),
        ("other-terms", InProgressStatus.OPEN_BUYER_REOPEN_REQUEST),
        ("reconfirmation", InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST),
        ("cancellation", InProgressStatus.CANCELLATION_REQUESTED),
        ("reverted", InProgressStatus.REVERTED_CANCELLED_LINE),
        ("reverted", InProgressStatus.REVERTED_COMPLETED_LINE),
    ],
)
def test_a_rule_is_about_what_is_issued_unless_it_names_another_task(
    tmp_path: Path, task: str, status: ProcessStatus | InProgressStatus
) -> None:
    of = order(state(status))
    assert outcome(tmp_path, f'task = "{task}"', of, profile=PROCUREMENT_CONNECT) == FIT
    assert outcome(tmp_path, "", of, profile=PROCUREMENT_CONNECT) == (FIT if task == "issued" else NOT)


def test_a_line_that_the_buyer_changed_is_told_from_a_new_one(tmp_path: Path) -> None:
    assert outcome(tmp_path, 'order = "changed"', order(), changed={"10"}) == FIT
    assert outcome(tmp_path, 'order = "new"', order(), changed={"10"}) == NOT


def test_a_condition_that_fails_settles_it_whatever_is_not_known(tmp_path: Path) -> None:
    nothing_known = order(line(item=None, asked=Terms()))
    assert (
        outcome(tmp_path, 'item = "X", price = "listed", quantity = { max = 1 }, order = "changed"', nothing_known)
        == NOT
    )


def test_what_can_not_be_told_of_one_rule_gives_no_later_one_its_turn(tmp_path: Path) -> None:
    text = BEFORE + 'when = { price = "listed" }\n[[rule]]\nname = "anything"\nanswer = "accept"\n'
    in_dollars = terms().but(prices=net("1.25", "USD"))
    verdict = ruled(tmp_path, text, order(line(asked=in_dollars), line("20", terms("7", price="9"))))
    assert [(mine.position, mine.rule) for mine in verdict.lines] == [("20", "anything")]
    assert verdict.left == (("10", "rule “tried”: price list bolts has item HB-1 in EUR, not in USD"),)


@pytest.mark.parametrize("before", ['"listed"', '"different"', '{ above = "any", below = "any" }'])
def test_what_is_not_there_comes_to_the_rule_that_asks_for_it(tmp_path: Path, before: str) -> None:
    text = (
        f"{BEFORE}when = {{ price = {before} }}\n"
        '[[rule]]\nname = "no price"\nanswer = "accept"\nprice_list = "bolts"\nwhen = { price = "missing" }\n'
        '[[rule]]\nname = "not ours"\nanswer = "accept"\nprice_list = "bolts"\nwhen = { price = "unlisted" }\n'
    )
    unpriced, unlisted = line("20", terms(price=None)), line("30", item="HB-9")
    verdict = ruled(tmp_path, text, order(unpriced, unlisted))
    assert [(mine.position, mine.rule) for mine in verdict.lines] == [("20", "no price"), ("30", "not ours")]


def test_a_price_may_have_to_hold_on_the_day_of_the_order(tmp_path: Path) -> None:
    text = (
        '[price_list.x]\nfile = "x.csv"\nnumbers = "buyers"\nvalid_on = "ordered"\n'
        '[[rule]]\nname = "tried"\nanswer = "accept"\nwhen = { price = "listed" }\n'
    )
    (tmp_path / "x.csv").write_text("item,price,currency,valid_to\nHB-1,1.25,EUR,2025-02-28\n", encoding="utf-8")
    assert ruled(tmp_path, text, order(issued_on=dt.date(2025, 2, 28))).lines
    assert ruled(tmp_path, text, order(issued_on=dt.date(2025, 3, 1))).left == (("10", "no rule fits it"),)
    assert ruled(tmp_path, text, order()).left[0][1].endswith("the order has no date")
