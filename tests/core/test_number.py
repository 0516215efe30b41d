"""A number is written as XML and JSON write one, and as nobody else does."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.model import number


@pytest.mark.parametrize("text", ["0", "-1", "+1.50", "78.", ".5", "1E3", "1e-3", " 12.500\n", "9" * 60])
def test_a_number_is_read_to_its_last_digit(text: str) -> None:
    assert str(number(text)) == str(Decimal(text.strip()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        ".",
        "1_000",
        "1,5",
        "١٢",
        "１２",
        "NaN",
        "sNaN1",
        "Infinity",
        "-inf",
        "1E",
        "E5",
        "0x10",
        "--1",
        "1 000",
        "1\x002",
    ],
)
def test_what_only_a_programming_language_takes_for_a_number_is_none(text: str) -> None:
    with pytest.raises(ValueError, match="is not a decimal number"):
        number(text)


@pytest.mark.parametrize("text", ["1E999999999", "1E-99999999999999999999", "1E41", "9" * 61])
def test_a_number_that_would_grow_without_bounds_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="number"):
        number(text)
