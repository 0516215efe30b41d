"""Whether a rule fits a line: every condition holds, one doesn't, or that can't be told.

A condition that fails settles it, whatever else isn't known. Where none fails and one can't be decided, nobody may guess:
neither that the rule fits nor that a later one gets its turn. What isn't there at all (a price in the order, an item in the
list) is known: it fits the rules that ask for that, and no others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Final

from core.rules.case import Case, numbered, whole
from core.rules.patterns import Patterns
from core.rules.tables import DateCondition, PriceCondition, QuantityCondition, Rule, Task
from core.rules.undecided import NotListed, Undecided
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLATION_REVERTED,
    COMPLETION_REVERTED,
    ISSUED,
    PROPOSAL_REJECTED,
    REISSUED,
    State,
    state_of,
)

TASKS: Final[dict[State, Task]] = {
    ISSUED: "issued",
    REISSUED: "issued",
    PROPOSAL_REJECTED: "proposal-rejected",
    BUYER_REOPENS: "other-terms",
    BUYER_ASKS_AGAIN: "reconfirmation",
    BUYER_CANCELS: "cancellation",
    CANCELLATION_REVERTED: "reverted",
    COMPLETION_REVERTED: "reverted",
}
"""What a line waits for. A state that isn't here is a person's."""

_NO_ORDERS: Final = frozenset({"forecast", "rfq"})
"""Types of what looks like an order at Tradecloud and binds nobody; only a rule that names them is about them."""

_Condition = Callable[[], bool]


def fits(rule: Rule, case: Case) -> bool:
    """Whether all conditions of `rule` hold. Raises Undecided."""
    why: Undecided | None = None
    for condition in _conditions(rule, case):
        try:
            if not condition():
                return False
        except Undecided as undecided:
            why = why or undecided
    if why is not None:
        raise why
    return True


def _conditions(rule: Rule, case: Case) -> Iterator[_Condition]:
    """Each as a question, the cheap ones first."""
    when, content = rule.when, case.line.content
    yield lambda: TASKS.get(state_of(case.line)) in when.task
    if when.order is not None:
        yield lambda: case.changed is (when.order == "changed")
    yield lambda: _of_type(when.order_type, case.order.header.order_type)
    if when.line_type is not None:
        yield lambda: content.line_type in (when.line_type or ())
    if (connection := when.connection) is not None:
        yield lambda: connection.match((case.order.key.connection,))
    if (buyer := when.buyer) is not None:
        yield lambda: buyer.match(_buyers(case))
    yield lambda: numbered(when.item, content.item.number, "the buyer’s")
    yield lambda: numbered(when.supplier_item, content.item.supplier_item_number, "our")
    if when.quantity is not None:
        yield from _quantity(when.quantity, case)
    if when.date is not None:
        yield from _date(when.date, case)
    if (price := when.price) is not None:
        yield lambda: _price(price, rule, case)


def _of_type(wanted: Patterns | None, found: str | None) -> bool:
    if wanted is None:
        return (found or "").casefold() not in _NO_ORDERS
    if found is None:
        raise Undecided("the order doesn't say what type it is of")
    return wanted.match((found,))


def _buyers(case: Case) -> Iterator[str]:
    """All that a buyer is called."""
    header = case.order.header
    yield case.order.key.buyer
    yield from header.buyer.names if header.buyer is not None else ()
    yield from (name for name in (header.buyer_account_number, header.company_id) if name is not None)


def _quantity(wanted: QuantityCondition, case: Case) -> Iterator[_Condition]:
    def total() -> Decimal:
        case.quantities()
        return case.total() or Decimal(0)

    if (least := wanted.min) is not None:
        yield lambda: total() >= least
    if (most := wanted.max) is not None:
        yield lambda: total() <= most
    if (step := wanted.multiple_of) is not None:
        yield lambda: all(whole(one, case.pack() if step == "pack" else step) for one in case.quantities())


def _date(wanted: DateCondition, case: Case) -> Iterator[_Condition]:
    calendar = case.known.calendar
    if wanted.lead_time is not None:
        yield lambda: all(date >= case.earliest() for date in case.dates()) is (wanted.lead_time == "kept")
    if wanted.day_off is not None:
        yield lambda: all(calendar.works(date) for date in case.dates()) is not wanted.day_off
    if (within := wanted.within) is not None:
        # What lies behind us is not within a time from now: nobody can deliver then.
        yield lambda: case.today <= min(case.dates()) and max(case.dates()) <= case.horizon(within)


def _price(wanted: PriceCondition, rule: Rule, case: Case) -> bool:
    stated = case.price()
    if wanted.fits == "missing":
        return stated is None
    if stated is None and wanted.fits != "unlisted":
        return False  # no price is neither the list's nor another one
    try:
        listed = case.listed(rule, case.total())
    except NotListed:
        return wanted.fits == "unlisted"
    if wanted.fits == "unlisted" or stated is None:
        return False
    value, _, per = stated
    theirs, ours = value * Fraction(listed.per) / Fraction(per), Fraction(listed.value)
    if wanted.fits == "different":
        return theirs != ours
    side = wanted.above if theirs > ours else wanted.below
    return theirs == ours or side.allows(abs(theirs - ours), ours)
