"""Delivery schedules and prices as the platform keeps them, and when an answer's say the same as the buyer's.

Equal is equal by value. What an answer leaves out is copied from what stands, and so equals it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Delivery:
    position: str | None
    """None: a split that the platform has not numbered yet."""
    date: str | None
    """yyyy-mm-dd; None: unknown."""
    quantity: Decimal | None


@dataclass(frozen=True, slots=True)
class Money:
    value: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Prices:
    net: Money | None = None
    gross: Money | None = None
    discount: Decimal | None = None
    net_base: Money | None = None
    gross_base: Money | None = None
    unit: str | None = None
    per: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    schedule: tuple[Delivery, ...]
    prices: Prices | None = None

    @property
    def quantity(self) -> Decimal:
        return sum((delivery.quantity or Decimal(0) for delivery in self.schedule), Decimal(0))


@dataclass(frozen=True, slots=True)
class Said:
    """Terms as an answer states them: None is not said, and stays what it is."""

    schedule: tuple[Delivery, ...] | None = None
    prices: Prices | None = None

    def __bool__(self) -> bool:
        return self.schedule is not None or self.prices is not None


def completed(said: Said, standing: Terms) -> Terms:
    """What an answer comes to, where `standing` is what it leaves out."""
    schedule = standing.schedule if said.schedule is None else _numbered(said.schedule, standing.schedule)
    return Terms(schedule, _prices(said.prices, standing.prices))


def same(ours: Terms, theirs: Terms) -> bool:
    """By value; the order of the deliveries means nothing, their positions do."""
    return ours.prices == theirs.prices and Counter(ours.schedule) == Counter(theirs.schedule)


def _numbered(said: Sequence[Delivery], standing: Sequence[Delivery]) -> tuple[Delivery, ...]:
    named = {delivery.position for delivery in said}
    free = [delivery for delivery in standing if delivery.position not in named]
    numbered = []
    for delivery in said:
        alike = None
        if delivery.position is None:  # It is the same delivery where it says the same.
            alike = next((one for one in free if (one.date, one.quantity) == (delivery.date, delivery.quantity)), None)
        if alike is not None:
            free.remove(alike)
        numbered.append(alike or delivery)
    return tuple(numbered)


def _prices(said: Prices | None, standing: Prices | None) -> Prices | None:
    if said is None or standing is None:
        return said or standing
    stated = {field.name: value for field in fields(said) if (value := getattr(said, field.name)) is not None}
    if all(getattr(standing, name) == value for name, value in stated.items()):
        return standing
    unit = standing.unit if said.unit is None else said.unit
    per = standing.per if said.per is None else said.per
    return replace(said, unit=unit, per=per)
