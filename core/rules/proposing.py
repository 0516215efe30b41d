"""Other terms by rule: the date that the lead time allows, whole packs, the price of the list."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

from core.model import Money, Price, Prices, ScheduledDelivery, Terms, Unknown, number, total_quantity
from core.rules.case import OUT_OF_CALENDAR, Case, rounded_up
from core.rules.price_list import ListPrice
from core.rules.tables import Rule
from core.rules.undecided import Undecided
from core.terms import same_prices, same_schedule


def proposed(rule: Rule, case: Case) -> tuple[Terms, str] | None:
    """The terms with all put right that `rule` changes, and why in a sentence to the buyer; None where nothing is wrong.

    Raises Undecided where what is right isn't known.
    """
    asked = case.line.requested
    schedule, prices = asked.delivery_schedule, asked.prices
    why = []
    if "quantity" in rule.change:
        schedule = _in_packs(schedule, case)
        if not same_schedule(schedule, asked.delivery_schedule):
            why.append(f"we deliver in packs of {_plain(case.pack())}")
    if "date" in rule.change:
        packed, schedule = schedule, _in_time(schedule, case)
        if not same_schedule(schedule, packed):
            why.append("the earliest working day that our lead time allows")
    if "price" in rule.change:
        listed = case.listed(rule, total_quantity(schedule) if schedule else None)
        prices = _priced(prices, listed, case)
        if prices is not asked.prices:
            why.append("our list price")
    if not why:
        return None
    sentence = "; ".join(why)
    return Terms(delivery_schedule=schedule, prices=prices), rule.reason or sentence[0].upper() + sentence[1:]


def _in_packs(schedule: tuple[ScheduledDelivery, ...], case: Case) -> tuple[ScheduledDelivery, ...]:
    case.quantities()
    pack = case.pack()
    try:
        return tuple(
            one if isinstance(one.quantity, Unknown) else one.but(quantity=number(str(rounded_up(one.quantity, pack))))
            for one in schedule
        )
    except ValueError:
        raise Undecided("the quantity has too many digits to be rounded up") from None


def _in_time(schedule: tuple[ScheduledDelivery, ...], case: Case) -> tuple[ScheduledDelivery, ...]:
    case.dates()
    earliest, calendar = case.earliest(), case.known.calendar
    try:
        return tuple(
            one if isinstance(one.date, Unknown) else one.but(date=calendar.next_working(max(one.date, earliest)))
            for one in schedule
        )
    except OverflowError:
        raise Undecided(OUT_OF_CALENDAR) from None


def _priced(asked: Prices | None, listed: ListPrice, case: Case) -> Prices | None:
    """The list's price, for as many items as the order's price is for where that can be written; else as in the list."""
    stated = case.price()
    if stated is not None and stated[0] * Fraction(listed.per) == Fraction(listed.value) * Fraction(stated[2]):
        return asked
    per = asked.price_unit_quantity if asked is not None else None
    value = _exactly(Fraction(listed.value) * Fraction(per) / Fraction(listed.per)) if per is not None else None
    if value is None:
        value, per = listed.value, listed.per
    ours = Prices(
        net=Price(transaction=Money(value=value, currency=listed.currency)),
        price_unit=(asked.price_unit if asked is not None else None) or listed.unit,
        price_unit_quantity=per,
    )
    return asked if same_prices(ours, asked) else ours


_MOST_DIGITS = 12


def _exactly(value: Fraction) -> Decimal | None:
    """`value` as a decimal of at most so many digits behind the point; None where it isn't one."""
    scaled = value * 10**_MOST_DIGITS
    if scaled.denominator != 1:
        return None
    whole = Decimal(scaled.numerator).scaleb(-_MOST_DIGITS)
    return _short(whole)


def _short(value: Decimal) -> Decimal | None:
    """`value` without zeros that say nothing, two digits left for cents; None where it has too many digits to be sent."""
    text = format(value, "f")
    if "." in text:
        units, _, cents = text.partition(".")
        text = f"{units}.{cents.rstrip('0').ljust(2, '0')}"
    try:
        return number(text)
    except ValueError:
        return None


def _plain(value: Decimal) -> str:
    return format(value, "f")
