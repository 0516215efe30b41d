"""The tables of rules.toml: frozen, closed to unknown keys, decimals as they are written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from core.connections import LocalPath, Table, Text, wrong
from core.model import LineType
from core.rules.calendar import WEEKDAYS, Calendar
from core.rules.price_list import COLUMNS
from core.rules.tolerance import NONE
from core.rules.values import Day, Globs, Lead, Pack, Quantity, Within, day, listed, positive, word, words

Task = Literal["issued", "proposal-rejected", "other-terms", "reconfirmation", "cancellation", "reverted"]
"""What a line waits for, in words; `core.rules.fitting` has the states that they mean."""


class Holidays(Table):
    """A works holiday of several days."""

    since: Day = Field(alias="from")
    to: Day

    @model_validator(mode="after")
    def _in_order(self) -> Holidays:
        if not dt.timedelta(0) <= self.to - self.since <= dt.timedelta(days=366):
            raise wrong("to", "is a day after from, within a year")
        return self


def _holiday(value: object) -> object:
    return value if isinstance(value, dict) else {"from": day(value), "to": value}


class CalendarTable(Table):
    weekend: tuple[str, ...] = ("saturday", "sunday")
    holidays: tuple[Annotated[Holidays, BeforeValidator(_holiday)], ...] = ()
    cutoff: dt.time | None = None

    @field_validator("weekend", mode="before")
    @classmethod
    def _days(cls, value: object) -> object:
        days = listed(value)
        if not isinstance(days, list | tuple) or not all(day in WEEKDAYS for day in days):
            raise ValueError(f"a list of days is wanted, of {', '.join(WEEKDAYS)}")
        if set(days) == set(WEEKDAYS):
            raise ValueError("leaves no day on which you work")
        return tuple(days)

    @field_validator("holidays", mode="before")
    @classmethod
    def _several(cls, value: object) -> object:
        if not isinstance(value, list | tuple):
            raise ValueError("a list of dates is wanted, like [2026-12-25, { from = 2026-07-27, to = 2026-08-14 }]")  # noqa: TRY004
        return value

    @field_validator("cutoff", mode="before")
    @classmethod
    def _time(cls, value: object) -> object:
        if not isinstance(value, dt.time):
            raise ValueError("a time is wanted, without quotes, like 14:00:00")  # noqa: TRY004
        return value

    def calendar(self) -> Calendar:
        days = {
            each.since + dt.timedelta(days=n) for each in self.holidays for n in range((each.to - each.since).days + 1)
        }
        return Calendar(frozenset(WEEKDAYS.index(day) for day in self.weekend), frozenset(days), self.cutoff)


class PriceListTable(Table):
    file: LocalPath
    numbers: Annotated[str, word("ours", "buyers")]
    """Whose item numbers stand in it."""
    valid_on: Annotated[str, word("today", "ordered")] = "today"
    """The day on which a price must hold: that of the answer, or that of the order."""
    delimiter: str = ","
    decimal_comma: Annotated[bool, Field(strict=True)] = False
    encoding: Annotated[str, word("utf-8", "windows-1252", "iso-8859-15")] = "utf-8"
    currency: Text | None = None
    columns: dict[str, Text] | None = None

    @field_validator("delimiter")
    @classmethod
    def _one(cls, value: str) -> str:
        if len(value) != 1 or value in '"\r\n' or not value.isascii() or value.isalnum():
            raise ValueError('one sign is wanted, like ";"; a tab is "\\t"')
        return value

    @field_validator("columns")
    @classmethod
    def _known(cls, value: dict[str, str] | None) -> dict[str, str] | None:
        if value is None:
            return None
        for column in value:
            if column not in COLUMNS:
                raise wrong(column, f"unknown column; known are {', '.join(COLUMNS)}")
        for column in ("item", "price"):
            if column not in value:
                raise ValueError(f"says not what the column {column} is called")
        if len(set(value.values())) < len(value):
            raise ValueError("two columns can't be called the same")
        return value

    @model_validator(mode="after")
    def _unambiguous(self) -> PriceListTable:
        if self.decimal_comma and self.delimiter == ",":
            raise wrong("decimal_comma", 'where the decimal sign is a comma, set delimiter = ";" or another')
        return self


class ItemTable(Table):
    """What is known of items: of those that it names, or of all."""

    item: Globs | None = None
    supplier_item: Globs | None = None
    lead_time: Lead | None = None
    pack: Pack | None = None

    @model_validator(mode="after")
    def _says_something(self) -> ItemTable:
        if self.lead_time is None and self.pack is None:
            raise ValueError("says neither lead_time nor pack")
        return self


class QuantityCondition(Table):
    min: Quantity | None = None
    """Of the whole line."""
    max: Quantity | None = None
    multiple_of: Annotated[Decimal | Literal["pack"], Field(union_mode="left_to_right")] | None = None
    """Of each delivery; "pack": of the item's pack."""

    @field_validator("multiple_of", mode="before")
    @classmethod
    def _step(cls, value: object) -> object:
        if isinstance(value, str):
            if value != "pack":
                raise ValueError('a number is wanted, without quotes, or "pack"')
            return value
        return positive(value)

    @model_validator(mode="after")
    def _possible(self) -> QuantityCondition:
        if self.min is None and self.max is None and self.multiple_of is None:
            raise ValueError("says neither min, max nor multiple_of")
        if self.max is not None and self.max <= 0:
            raise wrong("max", "a number above zero is wanted: no line asks for less")
        if self.min is not None and self.min < 0:
            raise wrong("min", "is below zero, and no line asks for less")
        if self.min is not None and self.max is not None and self.max < self.min:
            raise wrong("max", "is below min")
        return self


class DateCondition(Table):
    lead_time: Annotated[str, word("kept", "short")] | None = None
    """kept: every delivery leaves us the item's lead time; short: one doesn't."""
    day_off: Annotated[bool, Field(strict=True)] | None = None
    """false: no delivery is on a day on which we don't work; true: one is."""
    within: Lead | None = None
    """Every delivery is today or later, and at most so far from now."""

    @model_validator(mode="after")
    def _says_something(self) -> DateCondition:
        if self.lead_time is None and self.day_off is None and self.within is None:
            raise ValueError("says neither lead_time, day_off nor within")
        return self


class PriceCondition(Table):
    """The order's price beside the list's."""

    fits: Literal["listed", "different", "unlisted", "missing"] = "listed"
    above: Within = NONE
    below: Within = NONE


_PRICE_WORDS: Final = ("listed", "different", "unlisted", "missing")


def _price(value: object) -> object:
    if isinstance(value, str):
        if value not in _PRICE_WORDS:
            raise ValueError(f'known are {", ".join(_PRICE_WORDS)}, or {{ above = "2 %", below = "any" }}')
        return PriceCondition(fits=value)
    if value == {}:
        raise ValueError("says neither above nor below")
    if isinstance(value, dict) and "fits" in value:
        raise wrong("fits", "unknown key")
    if not isinstance(value, dict | PriceCondition):
        raise ValueError(f'known are {", ".join(_PRICE_WORDS)}, or {{ above = "2 %", below = "any" }}')  # noqa: TRY004
    return value


class When(Table):
    """What all must hold of a line."""

    connection: Globs | None = None
    buyer: Globs | None = None
    """Key, name, account or company of the buyer."""
    item: Globs | None = None
    """The buyer's number of it."""
    supplier_item: Globs | None = None
    """Ours."""
    order_type: Globs | None = None
    """As the buyer writes it. Not named: anything but a forecast or a request for a quotation."""
    line_type: Annotated[tuple[LineType, ...], words(*LineType)] | None = None
    task: Annotated[
        tuple[Task, ...],
        words("issued", "proposal-rejected", "other-terms", "reconfirmation", "cancellation", "reverted"),
    ] = ("issued",)
    order: Annotated[str, word("new", "changed")] | None = None
    """changed: the buyer changed the line after issuing it."""
    quantity: QuantityCondition | None = None
    price: Annotated[PriceCondition, BeforeValidator(_price)] | None = None
    date: DateCondition | None = None


class Rule(Table):
    name: Text
    answer: Annotated[str, word("accept", "reject", "propose", "person")]
    change: Annotated[tuple[Literal["date", "quantity", "price"], ...], words("date", "quantity", "price")] = ()
    """With propose: what is put right."""
    reason: Text | None = None
    """To the buyer; with person: to the operator."""
    price_list: Text | None = None
    """Default: the only one."""
    when: When = When()

    @field_validator("name")
    @classmethod
    def _short(cls, value: str) -> str:
        if len(value) > 100 or not value.isprintable():
            raise ValueError("a name is a line of at most 100 characters")
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> Rule:
        if self.answer == "reject" and self.reason is None:
            raise wrong("reason", "is missing: whoever is rejected wants to know why")
        if self.answer == "accept" and self.reason is not None:
            raise wrong("reason", "an acceptance gives none")
        if (self.answer == "propose") != bool(self.change):
            raise wrong(
                "change", 'change = ["date", "quantity", "price"], or some of them, belongs to answer = "propose"'
            )
        if self.answer == "propose" and (odd := {*self.when.task} & {"proposal-rejected", "cancellation"}):
            raise wrong(
                ("when", "task"), f"with {', '.join(sorted(odd))} nothing can be proposed again; that is a person's"
            )
        if self.answer == "reject" and self.when.task == ("reconfirmation",):
            raise wrong("answer", "a reconfirmation can't be refused; propose, or leave it to a person")
        return self

    @property
    def asks_price(self) -> bool:
        """Whether it looks into a price list."""
        condition = self.when.price
        return "price" in self.change or (condition is not None and condition.fits != "missing")


class RulesTable(Table):
    calendar: CalendarTable = CalendarTable()
    item: tuple[ItemTable, ...] = ()
    price_list: dict[str, PriceListTable] = Field(default_factory=dict)
    rule: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> RulesTable:
        names: dict[str, int] = {}
        for at, rule in enumerate(self.rule):
            if rule.name in names:
                raise wrong(("rule", at, "name"), f"two rules are called {rule.name!r}")
            names[rule.name] = at
            self._check(("rule", at), rule)
        return self

    def _check(self, keys: tuple[str | int, ...], rule: Rule) -> None:
        def refuse(key: str, sentence: str) -> Any:
            raise wrong((*keys, *key.split(".")), sentence)

        if rule.price_list is not None and rule.price_list not in self.price_list:
            refuse("price_list", f"there is no [price_list.{rule.price_list}]")
        if rule.asks_price and rule.price_list is None and len(self.price_list) != 1:
            many = "say which, by price_list" if self.price_list else "no [price_list.…] is there"
            refuse("change" if "price" in rule.change else "when.price", f"looks into a price list, and {many}")
        date, quantity = rule.when.date, rule.when.quantity
        if "date" in rule.change and not self._known("lead_time"):
            refuse("change", "no [[item]] says a lead_time")
        if date is not None and date.lead_time is not None and not self._known("lead_time"):
            refuse("when.date.lead_time", "no [[item]] says a lead_time")
        if "quantity" in rule.change and not self._known("pack"):
            refuse("change", "no [[item]] says a pack")
        if quantity is not None and quantity.multiple_of == "pack" and not self._known("pack"):
            refuse("when.quantity.multiple_of", "no [[item]] says a pack")

    def _known(self, fact: str) -> bool:
        return any(getattr(item, fact) is not None for item in self.item)
