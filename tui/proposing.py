"""Other terms for a line, from an operator's words: `2026-12-01=100`, `2:?=50`, a net price.

What isn't named stays as requested. The price keeps the buyer's currency, unit and unit quantity: 78.90 per 100 M stays per
100 M. Whether the platform takes such terms is for `core.transition` to say; here only their words are read.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.model import (
    UNKNOWN,
    Money,
    Order,
    OrderLine,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
    Unknown,
    number,
)


class NotUnderstood(ValueError):
    """Words that make no terms. The sentence says which and how they are written."""


@dataclass(frozen=True, slots=True)
class NamedDelivery:
    """A delivery as an operator names it."""

    position: str | None
    """None: the nth delivery named takes the nth existing position, further ones get none."""
    date: dt.date | Unknown
    quantity: Decimal | Unknown


@dataclass(frozen=True, slots=True)
class NamedTerms:
    """What an operator wants otherwise than requested; None or empty: as requested."""

    deliveries: tuple[NamedDelivery, ...] = ()
    net_price: Decimal | None = None
    gross_price: Decimal | None = None
    discount: Decimal | None = None
    """Percent."""

    @property
    def names_nothing(self) -> bool:
        return not self.deliveries and self.net_price is None and self.gross_price is None and self.discount is None


def delivery(text: str) -> NamedDelivery:
    """`[POS:]DATE=QTY`, with `?` for what isn't known yet. Raises NotUnderstood."""
    when, equals, quantity = text.rpartition("=")
    if not equals:
        raise NotUnderstood(f"{text!r} is no delivery; write DATE=QUANTITY or POSITION:DATE=QUANTITY")
    position, colon, date = when.rpartition(":")
    if colon and not position:
        raise NotUnderstood(f"{text!r} names no position before the colon")
    return NamedDelivery(position if colon else None, _date(date.strip()), _quantity(quantity.strip()))


def _date(text: str) -> dt.date | Unknown:
    if text == "?":
        return UNKNOWN
    try:
        # date.fromisoformat takes 20261201 and 2026-W49-2 as well, which are more often a slip than meant.
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise NotUnderstood(f"{text!r} is no date; write it like 2026-12-01, or ? while it isn't known")


def _quantity(text: str) -> Decimal | Unknown:
    return UNKNOWN if text == "?" else decimal(text, "quantity")


def decimal(text: str, what: str) -> Decimal:
    """A number of zero or more, exact to its last digit. Raises NotUnderstood."""
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text) is None:
        raise NotUnderstood(f"{text!r} is no {what}; write digits with a point before decimals, like 12.50")
    try:
        return number(text)
    except ValueError as error:
        raise NotUnderstood(f"{what} {text[:40]}…: {error}") from None


def terms(named: NamedTerms, order: Order, line: OrderLine) -> Terms:
    """The whole terms for `line`. Raises NotUnderstood."""
    return Terms(
        delivery_schedule=_schedule(named.deliveries, line),
        prices=_prices(named, order, line),
    )


def _schedule(deliveries: Sequence[NamedDelivery], line: OrderLine) -> tuple[ScheduledDelivery, ...]:
    """All that are named; where each names an existing position, with those that none names, as requested."""
    existing = line.requested.delivery_schedule
    if not deliveries:
        return existing
    positions = [planned.position for planned in existing]
    by_position = {planned.position: planned for planned in existing if planned.position is not None}
    scheduled: list[ScheduledDelivery] = []
    for at, named in enumerate(deliveries):
        if named.position is None:
            before = existing[at] if at < len(existing) else None
        elif named.position in by_position:
            before = by_position[named.position]
        else:
            known = ", ".join(position for position in positions if position) or "none"
            raise NotUnderstood(
                f"line {line.position} has no delivery at position {named.position!r}; its positions are {known}"
            )
        position = before.position if before else None
        if position is not None and any(other.position == position for other in scheduled):
            raise NotUnderstood(f"line {line.position}: two deliveries for position {position!r}; name one for each")
        scheduled.append(
            ScheduledDelivery(
                position=position,
                date=named.date,
                quantity=named.quantity,
                transport_mode=before.transport_mode if before else None,
            )
        )
    if all(named.position is not None for named in deliveries):
        ours = {planned.position: planned for planned in scheduled}
        return tuple(ours.get(planned.position, planned) for planned in existing)
    # A split that is new to the platform has no position and stands last.
    return tuple(sorted(scheduled, key=lambda planned: planned.position is None)) if by_position else tuple(scheduled)


def _prices(named: NamedTerms, order: Order, line: OrderLine) -> Prices | None:
    requested = line.requested.prices
    if named.net_price is not None:
        if named.gross_price is not None or named.discount is not None:
            raise NotUnderstood("a price is net, or gross with a discount, not both")
        net = _price(named.net_price, requested, order, line)
        return (requested or Prices()).but(net=net, gross=None, discount_percentage=None)
    if named.gross_price is None and named.discount is None:
        return requested
    if named.discount is not None and named.discount > 100:
        raise NotUnderstood("a discount is at most 100 percent")
    gross = requested.gross if requested else None
    if named.gross_price is not None:
        gross = _price(named.gross_price, requested, order, line)
    if gross is None:
        raise NotUnderstood(f"line {line.position} has no gross price that a discount could be taken from; name one")
    before = requested.discount_percentage if requested else None
    return (requested or Prices()).but(
        net=None, gross=gross, discount_percentage=named.discount if named.discount is not None else before
    )


def _price(value: Decimal, requested: Prices | None, order: Order, line: OrderLine) -> Price:
    """In the currency of the transaction alone: a price in the base currency would be the old one."""
    stated = [price.transaction for price in (requested.net, requested.gross) if price] if requested else []
    currency = next((money.currency for money in stated if money is not None), order.header.currency)
    if not currency:
        raise NotUnderstood(f"line {line.position}: neither its price nor the order says which currency it is in")
    return Price(transaction=Money(value=value, currency=currency))
