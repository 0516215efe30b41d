"""What an order can say and hardly mean: taken over as it stands, and pointed out to whoever reads it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from core.messages import LineMessage, Message
from core.model import Price, Terms, plain

EARLIEST: Final = dt.date(1990, 1, 1)
"""No order that is still open asks for a day before; systems without one to name write 1900-01-01 or 1970-01-01."""


def doubted(message: Message) -> Message:
    """`message` with a warning for every quantity, price and date of its terms that is doubtful."""
    doubts = tuple(dict.fromkeys(doubt for line in message.lines for doubt in _of_line(line)))
    return message.but(warnings=(*message.warnings, *doubts)) if doubts else message


def _of_line(line: LineMessage) -> Iterator[str]:
    for terms in (line.terms, line.confirmed):
        if terms is not None:
            yield from _of_terms(line.position, terms)


def _of_terms(position: str, terms: Terms) -> Iterator[str]:
    for delivery in terms.delivery_schedule:
        if isinstance(delivery.quantity, Decimal) and delivery.quantity <= 0:
            yield f"line {position} asks a quantity of {plain(delivery.quantity)}: ask the buyer whether it is meant"
        if isinstance(delivery.date, dt.date) and delivery.date < EARLIEST:
            yield f"line {position} asks for {delivery.date}, long ago: ask the buyer which day is meant"
    if terms.prices is None:
        return
    for kind, price in (("net", terms.prices.net), ("gross", terms.prices.gross)):
        if price is not None and (value := _below_nothing(price)) is not None:
            yield f"line {position} has a {kind} price of {plain(value)}: ask the buyer whether it is meant"


def _below_nothing(price: Price) -> Decimal | None:
    for money in (price.transaction, price.base):
        if money is not None and money.value < 0:
            return money.value
    return None
