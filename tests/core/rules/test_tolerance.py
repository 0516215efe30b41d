"""How far from the list a price may be: to the last digit, and on the edge it is still within."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.tolerance import NONE, Tolerance, tolerance


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (Decimal("0.05"), Tolerance(Decimal("0.05"))),
        (2, Tolerance(Decimal(2))),
        ("2%", Tolerance(Decimal(2), percent=True)),
        (" 2.50 % ", Tolerance(Decimal("2.50"), percent=True)),
        ("any", Tolerance(any=True)),
    ],
)
def test_a_tolerance_is_read(written: object, expected: Tolerance) -> None:
    assert tolerance(written) == expected


@pytest.mark.parametrize(
    "written",
    ["2", "-2 %", "two %", "%", "", "1e3 %", True, Decimal(-1), -1, Decimal("NaN"), Decimal("Infinity"), None, []],
)
def test_what_is_no_tolerance_is_refused(written: object) -> None:
    with pytest.raises(ValueError, match=r"amount|negative|number"):
        tolerance(written)


@pytest.mark.parametrize(
    ("written", "difference", "listed", "within"),
    [
        (NONE, "0", "10", True),
        (NONE, "0.0000000000000000000000000000001", "10", False),
        ("2 %", "0.20", "10", True),
        ("2 %", "0.2000000000000000000000000001", "10", False),
        ("2 %", "0.01", "0", False),
        (Decimal("0.05"), "0.05", "10", True),
        (Decimal("0.05"), "0.051", "10", False),
        ("any", "1000000", "1", True),
    ],
)
def test_on_the_edge_it_is_within(written: object, difference: str, listed: str, within: bool) -> None:
    assert tolerance(written).allows(Fraction(difference), Fraction(listed)) is within


amounts = st.decimals(0, 10**6, places=6)


@given(amounts, amounts, amounts)
def test_a_percentage_is_that_part_of_the_listed_price_exactly(
    percent: Decimal, listed: Decimal, difference: Decimal
) -> None:
    allowed = Tolerance(percent, percent=True).allows(Fraction(difference), Fraction(listed))
    assert allowed is (Fraction(difference) * 100 <= Fraction(listed) * Fraction(percent))


@given(amounts, amounts, amounts, st.booleans())
def test_what_is_within_stays_within_a_wider_tolerance(
    amount: Decimal, more: Decimal, difference: Decimal, percent: bool
) -> None:
    narrow = Tolerance(amount, percent).allows(Fraction(difference), Fraction(100))
    assert not narrow or Tolerance(amount + more, percent).allows(Fraction(difference), Fraction(100))
