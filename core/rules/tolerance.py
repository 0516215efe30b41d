"""How far a price may lie from the list's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from core.model import number, plain


@dataclass(frozen=True, slots=True)
class Tolerance:
    """An amount, a part of the list's price, or any difference at all."""

    amount: Decimal = Decimal(0)
    """In the list's currency, for the number of items that the list's price is for."""
    percent: bool = False
    """`amount` is a percentage of the list's price."""
    any: bool = False

    def allows(self, difference: Fraction, listed: Fraction) -> bool:
        """Whether a `difference` (not negative) from the `listed` price is within it; on the edge it is."""
        if self.any:
            return True
        amount = Fraction(self.amount)
        return difference <= (abs(listed) * amount / 100 if self.percent else amount)

    def __str__(self) -> str:
        return "any" if self.any else f"{plain(self.amount)}{' %' if self.percent else ''}"


NONE = Tolerance()


def tolerance(value: object) -> Tolerance:
    """What a rules file writes: `0.05`, `"2.5 %"` or `"any"`. Raises ValueError."""
    if isinstance(value, Tolerance):
        return value
    wanted = 'an amount is written like 0.05, a part like "2 %", and no limit as "any"'
    if isinstance(value, str):
        if value.strip() == "any":
            return Tolerance(any=True)
        part = re.fullmatch(r"([0-9.]+) ?%", value.strip())
        if part is None:
            raise ValueError(wanted)
        return Tolerance(number(part[1]), percent=True)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(wanted)  # noqa: TRY004  (pydantic reads ValueError as "this value is bad")
    amount = number(str(value))
    if amount < 0:
        raise ValueError("a tolerance is not negative; say it for above and below")
    return Tolerance(amount)
