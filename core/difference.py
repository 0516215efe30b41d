"""What differs between a line as somebody answered it and the line as it is: in words that name the field.

For people who must see at a glance why their answer no longer fits. What partners wrote (currencies, units, positions)
stands in the words as it came: whoever shows them makes them fit for a screen.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final

from core.model import InProgressStatus, OrderLine, Price, Prices, ScheduledDelivery, Terms, Unknown, plain
from core.terms import same_prices, same_schedule, same_terms
from core.transition.tables import BUYER_ASKS_AGAIN, BUYER_CANCELS, BUYER_REOPENS, CANCELLED, COMPLETED, State, state_of

_BUYERS: Final = frozenset[State]({CANCELLED, COMPLETED, BUYER_CANCELS, BUYER_REOPENS, BUYER_ASKS_AGAIN})
"""States that come by the buyer's doing alone."""
_SIDES: Final = (("requested", "requested"), ("proposed", "proposed"), ("confirmed", "agreed"))
_NOTHING: Final = "nothing"


def met_by_buyer(before: OrderLine, now: OrderLine) -> bool:
    """Whether the buyer changed what an answer to the line is about: asks other terms, or did something to the line."""
    if not same_terms(before.requested, now.requested) or not same_terms(now.requested, before.requested):
        return True
    return state_of(now) in _BUYERS and state_of(now) is not state_of(before)


def line_differences(before: OrderLine, now: OrderLine) -> tuple[str, ...]:
    """Status and terms that differ, one phrase each: `status Issued → Cancelled`, `requested quantity 10 → 12`."""
    return tuple(_line_differences(before, now))


def terms_differences(side: str, before: Terms | None, now: Terms | None) -> tuple[str, ...]:
    """The same of one side's terms. `side`: requested, proposed or agreed."""
    return tuple(_terms_differences(side, before, now))


def _line_differences(before: OrderLine, now: OrderLine) -> Iterator[str]:
    if state_of(before) is not state_of(now):
        yield f"status {_words(state_of(before))} → {_words(state_of(now))}"
    for side, word in _SIDES:
        yield from _terms_differences(word, getattr(before, side), getattr(now, side))


def _words(state: State) -> str:
    return f"InProgress ({state.value})" if isinstance(state, InProgressStatus) else state.value


def _terms_differences(side: str, before: Terms | None, now: Terms | None) -> Iterator[str]:
    if before is now or before == now:
        return
    if before is None or now is None:
        yield f"{side} terms {_terms(before)} → {_terms(now)}"
        return
    if not _equal_schedules(before, now):
        yield from _schedule_differences(side, before.delivery_schedule, now.delivery_schedule)
    if not (same_prices(before.prices, now.prices) and same_prices(now.prices, before.prices)):
        yield from _price_differences(side, before.prices or Prices(), now.prices or Prices())


def _equal_schedules(before: Terms, now: Terms) -> bool:
    return same_schedule(before.delivery_schedule, now.delivery_schedule) and same_schedule(
        now.delivery_schedule, before.delivery_schedule
    )


def _schedule_differences(
    side: str, before: Sequence[ScheduledDelivery], now: Sequence[ScheduledDelivery]
) -> Iterator[str]:
    """Deliveries beside each other by position, those without one by place."""
    old = {_key(place, one): one for place, one in enumerate(before)}
    new = {_key(place, one): one for place, one in enumerate(now)}
    several = len(old) > 1 or len(new) > 1
    for key in dict.fromkeys([*old, *new]):
        was, is_now = old.get(key), new.get(key)
        which = f" of delivery {key}" if several else ""
        if was is None and is_now is not None:
            yield f"{side} delivery {key} {_delivery(is_now)} is new"
        elif was is not None and is_now is None:
            yield f"{side} delivery {key} {_delivery(was)} is gone"
        elif was is not None and is_now is not None:
            if was.date != is_now.date:
                yield f"{side} date{which} {_day(was.date)} → {_day(is_now.date)}"
            if was.quantity != is_now.quantity:
                yield f"{side} quantity{which} {_quantity(was.quantity)} → {_quantity(is_now.quantity)}"


def _key(place: int, planned: ScheduledDelivery) -> str:
    return planned.position or f"#{place + 1}"


def _price_differences(side: str, before: Prices, now: Prices) -> Iterator[str]:
    for name, word in (("net", "net price"), ("gross", "gross price")):
        old, new = getattr(before, name), getattr(now, name)
        if old != new:
            yield f"{side} {word} {_price(old)} → {_price(new)}"
    if before.discount_percentage != now.discount_percentage:
        yield f"{side} discount {_percentage(before.discount_percentage)} → {_percentage(now.discount_percentage)}"
    if (before.price_unit, before.price_unit_quantity) != (now.price_unit, now.price_unit_quantity):
        yield f"{side} price unit {_unit(before)} → {_unit(now)}"


def _terms(terms: Terms | None) -> str:
    if terms is None:
        return _NOTHING
    parts = [_delivery(one) for one in terms.delivery_schedule]
    price = terms.prices.net or terms.prices.gross if terms.prices is not None else None
    if price is not None:
        parts.append(f"at {_price(price)}")
    return ", ".join(parts) or _NOTHING


def _delivery(planned: ScheduledDelivery) -> str:
    return f"{_day(planned.date)} × {_quantity(planned.quantity)}"


def _day(day: dt.date | Unknown) -> str:
    return "?" if isinstance(day, Unknown) else day.isoformat()


def _quantity(quantity: Decimal | Unknown) -> str:
    return "?" if isinstance(quantity, Unknown) else plain(quantity)


def _price(price: Price | None) -> str:
    if price is None:
        return _NOTHING
    return (
        " = ".join(f"{plain(one.value)} {one.currency}" for one in (price.transaction, price.base) if one) or _NOTHING
    )


def _percentage(value: Decimal | None) -> str:
    return _NOTHING if value is None else f"{plain(value)} %"


def _unit(prices: Prices) -> str:
    count = plain(prices.price_unit_quantity) if prices.price_unit_quantity is not None else "1"
    return f"per {count} {prices.price_unit or ''}".rstrip()
