"""A line before the rules: what they ask of it, each fact known or `Undecided`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.model import ALLOWANCE, CHARGE, EXACT, KeyValue, Order, OrderLine, Unknown, total_quantity
from core.rules.calendar import Calendar, LeadTime
from core.rules.patterns import Patterns
from core.rules.price_list import ListPrice, PriceList
from core.rules.prices import contradicting
from core.rules.tables import ItemTable, Rule
from core.rules.undecided import Undecided
from core.terms import effective

OUT_OF_CALENDAR: Final = "the date lies beyond the calendar"


@dataclass(frozen=True, slots=True)
class Known:
    """What a rules file knows besides its rules."""

    calendar: Calendar = field(default_factory=Calendar)
    items: tuple[ItemTable, ...] = ()
    lists: dict[str, PriceList] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    """The lists with our item numbers; the others have the buyers'."""
    on_ordered: frozenset[str] = frozenset()
    """The lists whose price must hold on the day of the order."""


@dataclass(frozen=True, slots=True)
class Case:
    order: Order
    line: OrderLine
    known: Known
    at: dt.datetime
    """On the desk's clock."""
    today: dt.date
    changed: bool
    """The buyer changed the line after issuing it."""

    # --- dates

    def dates(self) -> tuple[dt.date, ...]:
        """Of all deliveries."""
        dates = [delivery.date for delivery in self.line.requested.delivery_schedule]
        known = tuple(date for date in dates if not isinstance(date, Unknown))
        if not known or len(known) < len(dates):
            raise Undecided("the order doesn't say when it is wanted")
        return known

    def earliest(self) -> dt.date:
        """The first day that the item's lead time allows."""
        calendar = self.known.calendar
        try:
            return calendar.earliest(calendar.first_day(self.today, self.at), self._lead_time())
        except OverflowError:
            raise Undecided(OUT_OF_CALENDAR) from None

    def horizon(self, lead: LeadTime) -> dt.date:
        """The last day that is within `lead` of today."""
        try:
            return self.known.calendar.earliest(self.today, lead)
        except OverflowError:
            return dt.date.max

    def _lead_time(self) -> LeadTime:
        for facts in self._facts():
            if facts.lead_time is not None:
                return facts.lead_time
        raise Undecided("no lead time of the item is known")

    # --- quantities

    def quantities(self) -> tuple[Decimal, ...]:
        """Of all deliveries."""
        quantities = [delivery.quantity for delivery in self.line.requested.delivery_schedule]
        known = tuple(quantity for quantity in quantities if not isinstance(quantity, Unknown))
        if not known or len(known) < len(quantities):
            raise Undecided("the order doesn't say how much is wanted")
        return known

    def total(self) -> Decimal | None:
        """Of the line; None where it isn't known."""
        schedule = self.line.requested.delivery_schedule
        return total_quantity(schedule) if schedule else None

    def pack(self) -> Decimal:
        for facts in self._facts():
            if facts.pack is not None:
                return facts.pack
        raise Undecided("no pack of the item is known")

    def _facts(self) -> Iterable[ItemTable]:
        item = self.line.content.item
        for facts in self.known.items:
            if numbered(facts.item, item.number, "the buyer's") and numbered(
                facts.supplier_item, item.supplier_item_number, "our"
            ):
                yield facts

    # --- prices

    def price(self) -> tuple[Fraction, str, Decimal] | None:
        """What the buyer would pay, in which currency, for how many; None where the order states no price.

        Raises Undecided where that isn't all that is paid, or can't be told.
        """
        content, header, prices = self.line.content, self.order.header, self.line.requested.prices
        if content.charge_lines or _beside_the_price(content.properties):
            raise Undecided("charges or allowances come beside its price")
        if _beside_the_price(header.properties):
            raise Undecided("charges or allowances on the whole order come beside its price")
        if prices is not None and (why := contradicting(prices)) is not None:
            raise Undecided(why)
        return self.stated()

    def stated(self) -> tuple[Fraction, str, Decimal] | None:
        """The price that stands in the order, whatever else does, as `price` has it."""
        prices = self.line.requested.prices
        found = effective(prices) if prices is not None else None
        if prices is None or found is None:
            return None
        per = prices.price_unit_quantity if prices.price_unit_quantity is not None else Decimal(1)
        if per <= 0:
            raise Undecided("the order states a price for nothing")
        return (*found, per)

    def listed(self, rule: Rule, quantity: Decimal | None) -> ListPrice:
        """The price of `quantity` by the list that `rule` looks into. Raises NotListed, and Undecided."""
        lists = self.known.lists
        prices = lists[rule.price_list] if rule.price_list is not None else next(iter(lists.values()))
        ours = prices.name in self.known.ours
        item = self.line.content.item
        number = item.supplier_item_number if ours else item.number
        if number is None:
            raise Undecided(f"the order doesn't say {'our' if ours else 'the buyer’s'} number of the item")
        day = self.order.header.issued_on if prices.name in self.known.on_ordered else self.today
        if day is None:
            raise Undecided("the order has no date")
        stated = self.stated()
        said = self.line.requested.prices
        return prices.price(
            number,
            on=day,
            quantity=quantity,
            currency=stated[1] if stated is not None else self.order.header.currency,
            unit=said.price_unit if said is not None else None,
            ordered_in=item.unit,
        )


def _beside_the_price(properties: Iterable[KeyValue]) -> bool:
    return any(each.key in (ALLOWANCE, CHARGE) for each in properties)


def numbered(wanted: Patterns | None, number: str | None, whose: str) -> bool:
    """Whether an item's number is wanted. Raises Undecided where the order has none."""
    if wanted is None:
        return True
    if number is None:
        raise Undecided(f"the order doesn't say {whose} number of the item")
    return wanted.match((number,))


def whole(quantity: Decimal, step: Decimal) -> bool:
    """Whether `quantity` is a multiple of `step`, to the last digit."""
    return Fraction(quantity) % Fraction(step) == 0


def rounded_up(quantity: Decimal, step: Decimal) -> Decimal:
    """The least multiple of `step` that is no less than `quantity`."""
    if whole(quantity, step):
        return quantity
    return EXACT.multiply(Decimal(-(-Fraction(quantity) // Fraction(step))), step)
