"""Price lists as other programs write them: what is taken, and every slip with file, line and column."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path

import pytest

from core.rules.price_list import Layout, ListError, PriceList, parse
from core.rules.undecided import NotListed, Undecided

FILE = Path("bolts.csv")
DAY = dt.date(2025, 3, 3)


def read(text: str, **layout: object) -> PriceList:
    return parse("bolts", text, FILE, Layout(**layout))  # type: ignore[arg-type]


def price(
    prices: PriceList,
    item: str = "HB-1",
    quantity: str | None = "10",
    *,
    on: dt.date = DAY,
    currency: str | None = "EUR",
    unit: str | None = "PCE",
    ordered_in: str | None = "PCE",
) -> str:
    asked = Decimal(quantity) if quantity is not None else None
    found = prices.price(item, on=on, quantity=asked, currency=currency, unit=unit, ordered_in=ordered_in)
    return f"{found.value} {found.currency} per {found.per}"


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("item,price,currency,per\nHB-1,12.50,EUR,100\n", {}),
        ('item,price,currency,per\r\n"HB-1","12.50",EUR,100', {}),
        ("price,per,item\n\n12.50,100,HB-1\n,,\n", {"currency": "EUR"}),
        ("item;price;per\nHB-1;12,50;100\n", {"delimiter": ";", "decimal_comma": True, "currency": "EUR"}),
        (
            "Artikel\tMenge je Preis\tFarbe\tPreis\nHB-1\t100\trot\t12.50\n",
            {
                "delimiter": "\t",
                "currency": "EUR",
                "headings": {"item": "Artikel", "price": "Preis", "per": "Menge je Preis"},
            },
        ),
    ],
    ids=["plain", "RFC 4180", "any order, blank lines", "semicolons and decimal commas", "headings of its own"],
)
def test_a_list_is_read_as_its_settings_say(text: str, layout: dict[str, object]) -> None:
    assert price(read(text, **layout)) == "12.50 EUR per 100"


def test_quoted_cells_may_hold_delimiters_quotes_and_line_ends() -> None:
    prices = read('item,price,currency\n"HB ""1"",\nlong",1.00,EUR\nHB-2,x,EUR\n'.replace("x", "2.00"))
    assert set(prices.rows) == {'HB "1",\nlong', "HB-2"}


@pytest.mark.parametrize(
    ("text", "layout", "slip"),
    [
        ("", {}, "bolts.csv: is empty"),
        ("\n\n", {}, "bolts.csv: is empty"),
        ("item;price\nHB-1;1\n", {}, "bolts.csv, line 1, column item;price: unknown"),
        ("item,price,colour\n", {}, "line 1, column colour: unknown"),
        ("item,item,price\n", {}, "line 1, column item: stands there twice"),
        ("item,currency\n", {}, "line 1: there is no column price"),
        ("item,price\nHB-1,1\n", {}, "line 2: no currency"),
        ("item,price,currency\nHB-1,1\n", {}, "line 2: has 2 cells, and the headings are 3"),
        ("item,price,currency\n,1,EUR\n", {}, "line 2, column item: is empty"),
        ("item,price,currency\nHB-1,,EUR\n", {}, "line 2, column price: is empty"),
        ("item,price,currency\nHB-1,free,EUR\n", {}, "line 2, column price: 'free' is not a decimal number"),
        ("item,price,currency\nHB-1,NaN,EUR\n", {}, "line 2, column price: 'NaN' is not a decimal number"),
        ("item,price,currency\nHB-1,1_000,EUR\n", {}, "line 2, column price"),
        ("item,price,currency\nHB-1,1E+999999999,EUR\n", {}, "line 2, column price"),
        ("item,price,currency\nHB-1,-1,EUR\n", {}, "line 2, column price: a price is not negative"),
        ('item,price,currency\nHB-1,"1,50",EUR\n', {}, "column price: '1,50' has a comma; set decimal_comma"),
        ("item;price\nHB-1;1.234,50\n", {"delimiter": ";", "decimal_comma": True, "currency": "EUR"}, "has no point"),
        ("item,price,currency,per\nHB-1,1,EUR,0\n", {}, "line 2, column per: a price is for more than nothing"),
        ("item,price,currency,min_quantity\nHB-1,1,EUR,-5\n", {}, "column min_quantity: a quantity is not negative"),
        ("item,price,currency,valid_from\nHB-1,1,EUR,31.12.2025\n", {}, "column valid_from: '31.12.2025' is no date"),
        ("item,price,currency,valid_to\nHB-1,1,EUR,2025-02-30\n", {}, "column valid_to: '2025-02-30' is no date"),
        (
            "item,price,currency,valid_from,valid_to\nHB-1,1,EUR,2025-12-31,2025-01-01\n",
            {},
            "line 2, column valid_to: is before valid_from",
        ),
        ('item,price,currency\n"HB-1,1,EUR\n', {}, "line 2: is no CSV: unexpected end of data"),
        ('item,price,currency\n"HB"-1,1,EUR\n', {}, "line 2: is no CSV"),
        (f"item,price,currency\n{'x' * 200_000},1,EUR\n", {}, "line 2: is no CSV: field larger"),
        ("item,price,currency\nHB-1,1,EUR\nHB-1,2,EUR\n", {}, "line 3: a second price of item HB-1 for the days and"),
        (
            "item,price,currency,valid_from,valid_to\nHB-1,1,EUR,2025-01-01,2025-06-30\nHB-1,2,EUR,2025-06-30,\n",
            {},
            "line 3: a second price of item HB-1",
        ),
    ],
)
def test_a_slip_is_told_with_its_place(text: str, layout: dict[str, object], slip: str) -> None:
    with pytest.raises(ListError) as told:
        read(text, **layout)
    assert slip in str(told.value)
    assert str(told.value).startswith("bolts.csv")


def test_several_slips_are_told_at_once_but_not_all_of_ten_thousand() -> None:
    with pytest.raises(ListError) as told:
        read("item,price,currency\n" + "HB,x,EUR\n" * 10_000)
    lines = str(told.value).splitlines()
    assert len(lines) == 11
    assert lines[0].startswith("bolts.csv, line 2, column price")
    assert lines[-1].startswith("bolts.csv: and ")


SCALES = """\
item,price,currency,per,unit,valid_from,valid_to,min_quantity
HB-1,2.00,EUR,1,PCE,2025-01-01,2025-12-31,
HB-1,1.80,EUR,1,PCE,2025-01-01,2025-12-31,100
HB-1,1.50,EUR,1,PCE,2025-01-01,2025-12-31,1000
HB-1,2.20,EUR,1,PCE,2026-01-01,,
HB-1,2.30,USD,1,PCE,,,
HB-2,9.00,EUR,100,KGM,,,50
HB-3,5.00,EUR,,,,,
"""


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"quantity": "1"}, "2.00 EUR per 1"),
        ({"quantity": "99.999"}, "2.00 EUR per 1"),
        ({"quantity": "100"}, "1.80 EUR per 1"),
        ({"quantity": "100000"}, "1.50 EUR per 1"),
        ({"on": dt.date(2025, 12, 31)}, "2.00 EUR per 1"),
        ({"on": dt.date(2026, 1, 1)}, "2.20 EUR per 1"),
        ({"currency": "USD", "quantity": None}, "2.30 USD per 1"),
        ({"unit": "pce"}, "2.00 EUR per 1"),
        ({"unit": None}, "2.00 EUR per 1"),
        ({"item": "HB-2", "unit": "KGM", "ordered_in": "kgm", "quantity": "50"}, "9.00 EUR per 100"),
        ({"item": "HB-3"}, "5.00 EUR per 1"),
        ({"item": "HB-3", "currency": None}, "5.00 EUR per 1"),
        ({"item": "HB-3", "unit": None, "ordered_in": None}, "5.00 EUR per 1"),
    ],
)
def test_the_price_that_holds_is_found(facts: dict[str, object], expected: str) -> None:
    assert price(read(SCALES), **facts) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"quantity": "10"}, ""),
        ({"quantity": "100"}, "1.10 EUR per 1"),
        ({"ordered_in": "KGM", "unit": "KGM"}, "1.25 EUR per 1"),
    ],
)
def test_of_two_prices_for_the_same_none_is_chosen(facts: dict[str, object], expected: str) -> None:
    """An empty unit is that in which the item is ordered, so that it may be the other row's."""
    twice = read("item,price,currency,unit,min_quantity\nHB-1,1.25,EUR,,\nHB-1,1.35,EUR,PCE,\nHB-1,1.10,EUR,PCE,100\n")
    if expected:
        assert price(twice, **facts) == expected  # type: ignore[arg-type]
        return
    with pytest.raises(Undecided, match="at two prices, in lines 2 and 3"):
        price(twice, **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("facts", "why"),
    [
        ({"item": "HB-9"}, "not in price list bolts"),
        ({"item": "hb-1"}, "not in price list bolts"),
        ({"on": dt.date(2024, 12, 31), "currency": "EUR"}, "in USD, not in EUR"),
        ({"currency": "GBP"}, "in EUR, USD, not in GBP"),
        ({"currency": None}, "the order names no currency"),
        ({"unit": "KGM"}, "per PCE, not per KGM"),
        ({"item": "HB-2"}, "per KGM, not per PCE"),
        ({"item": "HB-2", "unit": "KGM", "ordered_in": "KGM", "quantity": "49"}, "from 50 on, not for 49"),
        # 500 pieces are not 500 kilograms: which step of the scale they reach nobody can tell.
        ({"item": "HB-2", "unit": "KGM", "ordered_in": "PCE", "quantity": "500"}, "in KGM, and PCE is ordered"),
        ({"item": "HB-2", "unit": "KGM", "ordered_in": None, "quantity": "500"}, "in KGM, and no unit is ordered"),
        ({"quantity": None}, "by quantity, and the order's is not known"),
        ({"item": "HB-3", "unit": "KGM"}, "not per KGM"),
        ({"item": "HB-3", "unit": "PCE", "ordered_in": None}, "not per PCE"),
    ],
)
def test_a_price_that_can_not_be_compared_is_no_price(facts: dict[str, object], why: str) -> None:
    with pytest.raises(Undecided) as undecided:
        price(read(SCALES), **facts)  # type: ignore[arg-type]
    assert why in str(undecided.value)
    assert isinstance(undecided.value, NotListed) is ("not in price list" in why)
