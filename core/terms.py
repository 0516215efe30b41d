"""Equality of terms by value: what makes an answer an acceptance, and a buyer's new message a reopen request.

Tradecloud's manual, order response: a line becomes Confirmed "when the responded delivery schedule and prices are equal
to the requested delivery schedule and prices". Equal means equal to the trade, not to the byte: 1.0 is 1.00; what a
side leaves out is copied from the other by the platform; a gross price with its discount is the net price that comes of
them.

The functions here take *ours*, which may leave things out, and *theirs*, which is copied where ours is silent: but for
`same_stated_prices`, since nobody copies anything into a buyer's order.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from core.model import Money, Price, Prices, ScheduledDelivery, Terms


def same_terms(ours: Terms, theirs: Terms) -> bool:
    """Whether two sides mean the same terms. What ours leaves out counts as theirs."""
    if ours is theirs:
        return True
    return same_schedule(ours.delivery_schedule, theirs.delivery_schedule) and same_prices(ours.prices, theirs.prices)


def same_schedule(ours: tuple[ScheduledDelivery, ...], theirs: tuple[ScheduledDelivery, ...]) -> bool:
    """Whether two schedules plan the same deliveries: dates, quantities and positions, in whatever order they stand.

    An empty schedule of ours leaves theirs as it is. An unknown date or quantity equals only an unknown one.
    """
    if not ours or ours == theirs:
        return True
    if len(ours) != len(theirs):
        return False
    return all(
        mine.position == other.position and mine.date == other.date and mine.quantity == other.quantity
        for mine, other in zip(numbered(ours, theirs), theirs, strict=True)
    )


def same_prices(ours: Prices | None, theirs: Prices | None) -> bool:
    """Whether two price statements come to the same price for the same unit and unit quantity."""
    if ours is theirs or ours is None:
        return True
    if theirs is None:
        return ours == Prices()
    if ours.price_unit not in (None, theirs.price_unit):
        return False
    if ours.price_unit_quantity not in (None, theirs.price_unit_quantity):
        return False
    if ours.net is None and ours.gross is None:
        return ours.discount_percentage in (None, theirs.discount_percentage)
    shared = False
    if ours.net is not None and theirs.net is not None:
        shared = True
        if not _same_price(ours.net, theirs.net):
            return False
    if ours.gross is not None and theirs.gross is not None:
        if not _same_price(ours.gross, theirs.gross):
            return False
        if _net_on_one_side(ours, theirs):
            return _same_effective(ours, theirs)
        return _same_discount(ours, theirs)
    return shared or _same_effective(ours, theirs)


def same_stated_prices(one: Prices | None, other: Prices | None, unit: str | None = None) -> bool:
    """Whether two whole statements come to the same price: neither takes from the other what it leaves out.

    A price without a unit is per `unit`, in which the item is bought; without a unit quantity it is the price of one. A
    gross price without a discount is what is paid.
    """
    if one is other:
        return True
    if one is None or other is None:
        return one in (None, Prices()) and other in (None, Prices())
    if one.net is not None and other.net is not None and None in (one.discount_percentage, other.discount_percentage):
        # What is paid is said; the discount only explains it, and one of them doesn't.
        one, other = one.but(discount_percentage=None), other.but(discount_percentage=None)
    one, other = _spelled_out(one, unit), _spelled_out(other, unit)
    return same_prices(one, other) and same_prices(other, one)


def _spelled_out(prices: Prices, unit: str | None) -> Prices:
    said: dict[str, object] = {}
    if prices.price_unit is None:
        said["price_unit"] = unit
    if prices.price_unit_quantity is None:
        said["price_unit_quantity"] = Decimal(1)
    if prices.gross is not None and prices.net is None and prices.discount_percentage is None:
        said["discount_percentage"] = Decimal(0)
    return prices.but(**said)


def _net_on_one_side(ours: Prices, theirs: Prices) -> bool:
    """Whether one side says what is paid and the other takes it from the gross price that both state. A gross price alone
    of ours says neither: the rest is theirs."""
    if ours.net is None:
        return theirs.net is not None and theirs.discount_percentage is None and ours.discount_percentage is not None
    return theirs.net is None


def _same_discount(ours: Prices, theirs: Prices) -> bool:
    if ours.discount_percentage is None:
        return True
    return ours.discount_percentage == (theirs.discount_percentage or Decimal(0))


def _same_price(ours: Price, theirs: Price) -> bool:
    """Compared in the currencies that both state; without one they can't be the same."""
    pairs = [
        (mine, other)
        for mine, other in ((ours.transaction, theirs.transaction), (ours.base, theirs.base))
        if mine is not None and other is not None
    ]
    return all(mine == other for mine, other in pairs) and (bool(pairs) or ours == theirs)


def _same_effective(ours: Prices, theirs: Prices) -> bool:
    """A net price beside a gross price with its discount, in the currency of the transaction."""
    mine, other = effective(ours), effective(theirs)
    return mine is not None and mine == other


def effective(prices: Prices) -> tuple[Fraction, str] | None:
    """Exactly what is paid, and in which currency: net, or gross × (100 − discount) / 100. None where neither is stated."""
    if prices.net is not None:
        money = _money(prices.net)
        return None if money is None else (Fraction(money.value), money.currency)
    money = None if prices.gross is None else _money(prices.gross)
    if money is None:
        return None
    discount = Fraction(prices.discount_percentage or 0)
    return Fraction(money.value) * (100 - discount) / 100, money.currency


def _money(price: Price) -> Money | None:
    return price.transaction or price.base


def numbered(
    ours: tuple[ScheduledDelivery, ...], theirs: tuple[ScheduledDelivery, ...]
) -> tuple[ScheduledDelivery, ...]:
    """Our deliveries with their positions, in their order; what is new has no position and stands last.

    A delivery of ours without position is the one of theirs at the same place, unless another of ours names that one
    (manual: a position never changes; new splits stand last, without position).
    """
    named = {delivery.position for delivery in ours if delivery.position is not None}
    rows: list[tuple[int, ScheduledDelivery]] = []
    places = {delivery.position: place for place, delivery in enumerate(theirs) if delivery.position is not None}
    for place, delivery in enumerate(ours):
        if delivery.position is not None:
            rows.append((places.get(delivery.position, place), delivery))
            continue
        position = theirs[place].position if place < len(theirs) else None
        if position is not None and position not in named:
            rows.append((place, delivery.but(position=position)))
        else:
            free = place < len(theirs) and position is None
            rows.append((place if free else len(theirs) + place, delivery))
    rows.sort(key=lambda row: row[0])
    return tuple(delivery for _, delivery in rows)


def filled(ours: Terms, theirs: Terms) -> Terms:
    """Our terms with all that they leave out copied from theirs: what the platform makes of them.

    Terms that mean the same come back as theirs themselves.
    """
    if same_terms(ours, theirs):
        return theirs
    schedule = numbered(ours.delivery_schedule, theirs.delivery_schedule) or theirs.delivery_schedule
    if same_schedule(schedule, theirs.delivery_schedule):
        schedule = theirs.delivery_schedule
    return Terms(delivery_schedule=schedule, prices=_filled_prices(ours.prices, theirs.prices))


def _filled_prices(ours: Prices | None, theirs: Prices | None) -> Prices | None:
    if ours is None or theirs is None:
        return ours or theirs
    if same_prices(ours, theirs):
        return theirs
    missing: dict[str, object] = {}
    if ours.price_unit is None:
        missing["price_unit"] = theirs.price_unit
    if ours.price_unit_quantity is None:
        missing["price_unit_quantity"] = theirs.price_unit_quantity
    if ours.net is None and ours.gross is None:
        missing |= {"net": None if ours.discount_percentage is not None else theirs.net, "gross": theirs.gross}
    if ours.net is None and ours.discount_percentage is None:
        missing["discount_percentage"] = theirs.discount_percentage
    return ours.but(**missing)
