"""A price list as spreadsheets and accounting systems write it: CSV (RFC 4180), every slip told with its place.

Columns: item, price, currency, per (number of items that the price is for), unit (of that number), valid_from, valid_to,
min_quantity (of a scale price). Only the first two must be there. Empty cells are: the list's own currency, 1, the unit in
which the item is ordered, for ever, any quantity.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, NamedTuple

from core.collector import uncollected
from core.model import number, plain
from core.rules.undecided import NotListed, Undecided

COLUMNS: Final = ("item", "price", "currency", "per", "unit", "valid_from", "valid_to", "min_quantity")
_MOST_SLIPS: Final = 10
"""Told at once."""


class ListError(Exception):
    """A price list can't be used; the text names file, line and column."""


class ListPrice(NamedTuple):
    """A tuple, since a list may have a hundred thousand of them."""

    value: Decimal
    currency: str
    per: Decimal
    unit: str | None
    """None: that in which the item is ordered."""
    valid_from: dt.date | None
    valid_to: dt.date | None
    """The last day on which it holds."""
    min_quantity: Decimal
    line: int
    """Of the file."""

    def holds(self, day: dt.date) -> bool:
        return (self.valid_from or dt.date.min) <= day <= (self.valid_to or dt.date.max)


@dataclass(frozen=True, slots=True)
class Layout:
    """How the file is written, as the rules file says."""

    delimiter: str = ","
    decimal_comma: bool = False
    currency: str | None = None
    """Where a row names none."""
    headings: Mapping[str, str] | None = None
    """What the columns are called in the file. None: by the names above, and no other column may be there."""


@dataclass(frozen=True, slots=True)
class PriceList:
    name: str
    rows: Mapping[str, tuple[ListPrice, ...]]
    """By item number."""

    def price(
        self,
        item: str,
        *,
        on: dt.date,
        quantity: Decimal | None,
        currency: str | None,
        unit: str | None,
        ordered_in: str | None,
    ) -> ListPrice:
        """The one price for `quantity` of `item` on a day.

        `currency`, `unit`: those of the price beside which it is put; None where nobody states them. `ordered_in`: the unit
        of the quantity. Raises NotListed, and Undecided where it can't be compared.
        """
        found = [row for row in self.rows.get(item, ()) if row.holds(on)]
        if not found:
            when = f" on {on}" if item in self.rows else ""
            raise NotListed(f"item {item} is not in price list {self.name}{when}")
        others = sorted({row.currency for row in found})
        found = [row for row in found if currency in (None, row.currency)]
        if not found:
            raise Undecided(f"price list {self.name} has item {item} in {', '.join(others)}, not in {currency}")
        if len({row.currency for row in found}) > 1:
            raise Undecided(
                f"price list {self.name} has item {item} in {', '.join(others)}, and the order names no currency"
            )
        units = sorted({row.unit or "–" for row in found})
        found = [row for row in found if _same_unit(row.unit or ordered_in, unit or ordered_in)]
        if not found:
            raise Undecided(
                f"price list {self.name} has item {item} per {', '.join(units)}, not per {unit or ordered_in or '–'}"
            )
        scaled = next((row for row in found if row.min_quantity > 0), None)
        if scaled is not None and not _same_unit(scaled.unit or ordered_in, ordered_in):
            raise Undecided(
                f"price list {self.name} has item {item} by quantity in {scaled.unit}, and {ordered_in or 'no unit'} is"
                " ordered"
            )
        if quantity is None:
            if len(found) > 1 or found[0].min_quantity > 0:
                raise Undecided(f"price list {self.name} has item {item} by quantity, and the order's is not known")
            return found[0]
        scale = [row for row in found if row.min_quantity <= quantity]
        if not scale:
            least = min(row.min_quantity for row in found)
            raise Undecided(f"price list {self.name} has item {item} from {plain(least)} on, not for {plain(quantity)}")
        best = max(row.min_quantity for row in scale)
        found = [row for row in scale if row.min_quantity == best]
        if len(found) > 1:  # one in the unit that is ordered, whichever that is, and one in a unit by name
            lines = " and ".join(str(row.line) for row in found)
            raise Undecided(f"price list {self.name} has item {item} at two prices, in lines {lines}")
        return found[0]


def _same_unit(one: str | None, other: str | None) -> bool:
    return one == other or (one is not None and other is not None and one.casefold() == other.casefold())


@uncollected()
def parse(name: str, text: str, path: Path, layout: Layout) -> PriceList:
    """The price list in `text`, which stands in the file at `path`. Raises ListError."""
    reading = _Reading(path, layout)
    rows: dict[str, list[ListPrice]] = {}
    for item, row in reading.rows(text):
        rows.setdefault(item, []).append(row)
    for item, prices in rows.items():
        if len(prices) > 1:
            reading.slips += _overlaps(path, item, prices)
    if reading.slips:
        more = len(reading.slips) - _MOST_SLIPS
        shown = reading.slips[:_MOST_SLIPS] + ([f"{path}: and {more} more"] if more > 0 else [])
        raise ListError("\n".join(shown))
    return PriceList(name, {item: tuple(prices) for item, prices in rows.items()})


def _overlaps(path: Path, item: str, prices: list[ListPrice]) -> Iterator[str]:
    """Two prices for one thing on one day are none."""
    ordered = sorted(
        prices,
        key=lambda row: (row.currency, (row.unit or "").casefold(), row.min_quantity, row.valid_from or dt.date.min),
    )
    for one, other in itertools.pairwise(ordered):
        same = (one.currency, one.min_quantity) == (other.currency, other.min_quantity) and _same_unit(
            one.unit, other.unit
        )
        if same and (other.valid_from or dt.date.min) <= (one.valid_to or dt.date.max):
            first, last = sorted((one.line, other.line))
            yield f"{path}, line {last}: a second price of item {item} for the days and quantity of line {first}"


class _Reading:
    """One pass over a file."""

    def __init__(self, path: Path, layout: Layout) -> None:
        self._path = path
        self._layout = layout
        self.slips: list[str] = []
        self._empty: dict[str, Any] = {
            "currency": layout.currency,
            "per": Decimal(1),
            "unit": None,
            "valid_from": None,
            "valid_to": None,
            "min_quantity": Decimal(0),
        }
        """What an empty cell, or a column that isn't there, means."""

    def rows(self, text: str) -> Iterator[tuple[str, ListPrice]]:
        """Item and price of every row that is one; what isn't goes to `slips`. Raises ListError for no table at all."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self._layout.delimiter, strict=True)
        places: dict[str, tuple[int, str]] | None = None
        width, line = 0, 1
        try:
            for cells in reader:
                if not any(cell.strip() for cell in cells):
                    pass
                elif places is None:
                    places, width = self._places(cells, line), len(cells)
                elif len(cells) != width:
                    self._slip(line, None, f"has {len(cells)} cells, and the headings are {width}")
                else:
                    yield from self._row(cells, places, line)
                if len(self.slips) > 1000:
                    return  # another kind of file altogether
                line = reader.line_num + 1
        except csv.Error as error:
            raise ListError(f"{self._path}, line {reader.line_num}: is no CSV: {error}") from None
        if places is None:
            raise ListError(f"{self._path}: is empty; the first line names the columns: {', '.join(COLUMNS)}")

    def _places(self, cells: list[str], line: int) -> dict[str, tuple[int, str]]:
        """Where each column stands, and what it is called."""
        wanted = self._layout.headings
        known = (
            {heading: column for column, heading in wanted.items()} if wanted is not None else {c: c for c in COLUMNS}
        )
        places: dict[str, tuple[int, str]] = {}
        for at, cell in enumerate(cells):
            heading = cell.strip()
            column = known.get(heading)
            if column is None:
                if wanted is None:
                    raise ListError(
                        f"{self._path}, line {line}, column {heading or at + 1}: unknown; known are {', '.join(COLUMNS)}. "
                        'Say by columns = { item = "…", price = "…" } which to read'
                    )
                continue
            if column in places:
                raise ListError(f"{self._path}, line {line}, column {heading}: stands there twice")
            places[column] = at, heading
        for column in ("item", "price", *(wanted or ())):
            if column not in places:
                heading = (wanted or {}).get(column, column)
                raise ListError(f"{self._path}, line {line}: there is no column {heading}; is the delimiter right?")
        return places

    def _row(
        self, cells: list[str], places: Mapping[str, tuple[int, str]], line: int
    ) -> Iterator[tuple[str, ListPrice]]:
        found = dict(self._empty)
        before = len(self.slips)
        for column, (at, heading) in places.items():
            try:
                found[column] = self._cell(column, cells[at].strip())
            except ValueError as error:
                self._slip(line, heading, str(error))
        since, until = found["valid_from"], found["valid_to"]
        if since is not None and until is not None and until < since:
            self._slip(line, places["valid_to"][1], "is before valid_from")
        if found["currency"] is None:
            self._slip(line, None, 'no currency; write the column, or currency = "EUR" for the whole list')
        if len(self.slips) == before:
            yield found.pop("item"), ListPrice(found.pop("price"), line=line, **found)

    def _cell(self, column: str, text: str) -> object:
        """Raises ValueError with a sentence."""
        if not text:
            if column in ("item", "price"):
                raise ValueError("is empty")
            return self._empty[column]
        match column:
            case "item" | "currency" | "unit":
                return text
            case "valid_from" | "valid_to":
                return _date(text)
            case "price":
                value = self._number(text)
                if value < 0:
                    raise ValueError("a price is not negative")
            case "per":
                value = self._number(text)
                if value <= 0:
                    raise ValueError("a price is for more than nothing")
            case _:
                value = self._number(text)
                if value < 0:
                    raise ValueError("a quantity is not negative")
        return value

    def _number(self, text: str) -> Decimal:
        if self._layout.decimal_comma:
            if "." in text:
                raise ValueError(f"{text[:40]!r}: with decimal_comma a number has no point; leave thousands unmarked")
            return number(text.replace(",", ".", 1))
        if "," in text:
            raise ValueError(f"{text[:40]!r} has a comma; set decimal_comma = true, or leave thousands unmarked")
        return number(text)

    def _slip(self, line: int, column: str | None, sentence: str) -> None:
        where = f", column {column}" if column else ""
        self.slips.append(f"{self._path}, line {line}{where}: {sentence}")


def _date(text: str) -> dt.date:
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            pass
    raise ValueError(f"{text[:40]!r} is no date; write it like 2026-12-31")
