"""`[connection.inbound.mapping]` in podesk.toml: where in a buyer's own XML an order's fields stand, as XPath 1.0 each.

For orders in XML of no known schema. Imports nothing that reads XML: a desk that only lists reads settings too.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StringConstraints, field_validator

_SOME_DAY: Final = dt.date(2026, 12, 1)

XPath = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=500)]


class XmlMapping(BaseModel):
    """The paths of a line begin at the line's element; all others at the document."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    number: XPath
    lines: XPath
    """The elements of the lines."""
    quantity: XPath
    position: XPath | None = None
    """Without it the lines are counted: 1, 2, …"""
    date: XPath | None = None
    """The delivery date asked for; without it, or where it is empty: as soon as possible."""
    price: XPath | None = None
    """Net, for `price_unit_quantity` of `price_unit`."""
    price_unit: XPath | None = None
    price_unit_quantity: XPath | None = None
    unit: XPath | None = None
    item_number: XPath | None = None
    """The buyer's number of the item."""
    supplier_item_number: XPath | None = None
    item_name: XPath | None = None
    line_note: XPath | None = None

    buyer: XPath | None = None
    """What tells buyers apart on this connection; without it the connection's `our_account`."""
    buyer_name: XPath | None = None
    issued_on: XPath | None = None
    currency: XPath | None = None
    """Or its three letters in quotes, as an XPath writes text: `"'EUR'"`."""
    description: XPath | None = None
    references: XPath | None = None
    """Any number of them: what our answer repeats."""
    cancelled: XPath | None = None
    """True where the document cancels the order: `/order/@type = 'CANCEL'`."""

    namespaces: dict[str, str] = Field(default_factory=dict)
    """By the prefix that the paths use."""
    date_format: str = "%Y-%m-%d"
    """As `strptime` takes it, of the characters that a date needs: 01.12.2026 is "%d.%m.%Y"."""
    decimal_comma: StrictBool = False
    """Numbers are written 1.234,50 instead of 1,234.50."""

    @field_validator("namespaces")
    @classmethod
    def _named(cls, value: dict[str, str]) -> dict[str, str]:
        if not all(prefix and uri for prefix, uri in value.items()):
            raise ValueError('a namespace is written prefix = "urn:…"; XPath knows none without a prefix')
        return value

    @field_validator("date_format")
    @classmethod
    def _of_a_day(cls, value: str) -> str:
        if not ("%Y" in value or "%y" in value) or "%d" not in value or not ("%m" in value or "%b" in value):
            raise ValueError('a date\'s format names year, month and day, like "%d.%m.%Y"')
        try:
            dt.datetime.strptime(_SOME_DAY.strftime(value), value)  # noqa: DTZ007  (a day has no zone)
        except (ValueError, re.error):
            raise ValueError('no date can be read by it; it is written like "%d.%m.%Y"') from None
        return value
