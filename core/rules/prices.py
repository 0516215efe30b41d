"""Whether the prices that an order states for a line go together, so that one of them can be held against a list."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.model import Price, Prices

_CENTS: Final = 2
"""Digits that a price has at least: 78.9 in JSON is 78.90."""


def contradicting(prices: Prices) -> str | None:
    """What contradicts what, or isn't said; None where the price that is paid can be told.

    Of a net price beside gross price and discount nobody knows which one the buyer means when they don't come to the same,
    rounded as the net price is. Without the discount the gross price says only that the net one isn't above it.
    """
    for kind, price in (("net", prices.net), ("gross", prices.gross)):
        if price is not None and (why := _currencies(kind, price)) is not None:
            return why
    net = prices.net.transaction if prices.net is not None else None
    gross = prices.gross.transaction if prices.gross is not None else None
    if net is None or gross is None:
        return None
    if net.currency != gross.currency:
        return "its net and gross prices are in different currencies"
    if prices.discount_percentage is None:
        return "its net price is above the gross price" if net.value > gross.value else None
    exact = Fraction(gross.value) * (100 - Fraction(prices.discount_percentage)) / 100
    if abs(exact - Fraction(net.value)) > _half_of_the_last_digit(net.value):
        return "its net price is not what the discount leaves of the gross price"
    return None


def _currencies(kind: str, price: Price) -> str | None:
    base = price.base
    if price.transaction is None:
        return f"its {kind} price is stated in the base currency alone" if base is not None else None
    if base is not None and base.currency == price.transaction.currency and base.value != price.transaction.value:
        return f"its {kind} price is stated twice in {base.currency}, and not the same"
    return None


def _half_of_the_last_digit(value: Decimal) -> Fraction:
    exponent = value.as_tuple().exponent
    assert isinstance(exponent, int)  # the model has no NaN
    return Fraction(1, 2 * 10 ** max(-exponent, _CENTS))
