"""How values are written in rules.toml: words, numbers, days, times and tolerances, each with a sentence for a slip."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, InstanceOf

from core.model import number
from core.rules import calendar
from core.rules.calendar import LeadTime
from core.rules.patterns import Patterns, patterns
from core.rules.tolerance import Tolerance, tolerance


def _lead_time(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('a time is wanted, like "10 working days"')  # noqa: TRY004  (pydantic reads ValueError)
    return calendar.lead_time(value)


def quantity(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError("a number is wanted, without quotes")  # noqa: TRY004
    return number(str(value))


def positive(value: object) -> object:
    found = quantity(value)
    if not isinstance(found, Decimal) or found <= 0:
        raise ValueError("a number above zero is wanted")
    return found


def day(value: object) -> object:
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise ValueError("a date is wanted, without quotes, like 2026-12-25")  # noqa: TRY004
    return value


def listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


def words(*known: str) -> BeforeValidator:
    """One of these words or a list of them."""

    def check(value: object) -> object:
        words = listed(value)
        if not isinstance(words, list | tuple) or not words or not all(word in known for word in words):
            raise ValueError(f"known are {', '.join(known)}: one of them, or a list")
        return tuple(words)

    return BeforeValidator(check)


def word(*known: str) -> BeforeValidator:
    def check(value: object) -> object:
        if not isinstance(value, str) or value not in known:
            raise ValueError(f"known are {', '.join(known)}")
        return value

    return BeforeValidator(check)


Globs = Annotated[InstanceOf[Patterns], BeforeValidator(patterns)]
Lead = Annotated[InstanceOf[LeadTime], BeforeValidator(_lead_time)]
Within = Annotated[InstanceOf[Tolerance], BeforeValidator(tolerance)]
Quantity = Annotated[Decimal, BeforeValidator(quantity)]
Pack = Annotated[Decimal, BeforeValidator(positive)]
Day = Annotated[dt.date, BeforeValidator(day)]
