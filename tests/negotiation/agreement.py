"""Where podesk and the platform differ once nothing is under way: line by line, in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from core.model import Money, OrderLine, Prices, Terms, Unknown
from core.pending import Record
from tests.platform.line import CONFIRMED, IN_PROGRESS, ISSUED, OUR_REOPEN, RESCHEDULE, UNCANCELLED, UNCOMPLETED, Line
from tests.platform.orders import Order
from tests.platform.terms import Money as TheirMoney
from tests.platform.terms import Prices as TheirPrices
from tests.platform.terms import Terms as TheirTerms


def differences(record: Record, theirs: Order, *, few_words: bool = False) -> Iterator[str]:
    """What podesk shows of an order against what the platform holds; nothing when they agree.

    `few_words`: the platform doesn't always say how lines stand, so nobody knows by which positions it calls what we split.
    """
    ours = record.order
    if record.pending is not None:
        yield "an answer is still pending"
    if ours.process_status != theirs.process:
        yield f"the order is {ours.process_status} here and {theirs.process} there"
    if extra := [line.position for line in ours.lines if line.position not in theirs.lines]:
        yield f"lines {', '.join(extra)} are not there"
    for position, line in theirs.lines.items():
        mine = ours.line(position)
        if mine is None:
            yield f"line {position} is not here"
            continue
        found = _line(numbered_as_there(mine, line) if few_words else mine, line)
        yield from (f"line {position}: {what}" for what in found)


def _line(mine: OrderLine, theirs: Line) -> Iterator[str]:
    if mine.predicted:
        yield "is a prediction still"
    yield from line_differences(mine, theirs)


def line_differences(mine: OrderLine, theirs: Line) -> Iterator[str]:
    """The same for one line, predicted or not."""
    here, there = (mine.process_status, mine.in_progress_status), (theirs.process, theirs.in_progress)
    if here != there:
        yield f"is {_status(*here)} here and {_status(*there)} there"
        return
    if _says_what_is_asked(theirs):
        yield from _terms("requested", mine.requested, theirs.requested)
    if theirs.confirmed is not None and theirs.process in (CONFIRMED, IN_PROGRESS) and not was_over(theirs):
        yield from _terms("confirmed", mine.confirmed, theirs.confirmed)
    request = theirs.reopen if theirs.in_progress == OUR_REOPEN else theirs.proposal
    if request is not None and request.status == "Open":
        yield from _terms("proposed", mine.proposed, request.terms)


def numbered_as_there(line: OrderLine, there: Line) -> OrderLine:
    """`line` with the platform's positions for what we split: nobody knows those before it says them."""
    request = there.reopen if there.in_progress == OUR_REOPEN else there.proposal
    return line.but(
        requested=_numbered(line.requested, there.requested),
        confirmed=_numbered(line.confirmed, there.confirmed),
        proposed=_numbered(line.proposed, request.terms if request is not None else None),
    )


def _numbered(ours: Terms | None, theirs: TheirTerms | None) -> Terms | None:
    if ours is None or theirs is None:
        return ours
    free = {(one.date, one.quantity): one.position for one in theirs.schedule}
    schedule = tuple(
        one.but(position=free.get((plain(one.date), plain(one.quantity)))) if one.position is None else one
        for one in ours.delivery_schedule
    )
    return ours.but(delivery_schedule=schedule)


def asked_differences(mine: OrderLine, theirs: Line) -> Iterator[str]:
    """In what the buyer asks while a request of ours is open, which does not always stand on the wire."""
    if theirs.in_progress in (OUR_REOPEN, RESCHEDULE):
        yield from _terms("requested", mine.requested, theirs.requested)


def was_over(line: Line) -> bool:
    """No page says whether the agreement outlives a cancellation or completion that is reverted."""
    return line.in_progress in (UNCANCELLED, UNCOMPLETED)


def _says_what_is_asked(line: Line) -> bool:
    """On an agreed line what counts is the agreement; while a request of ours is open on one, only that stands beside it."""
    return line.process == ISSUED or (line.process == IN_PROGRESS and line.in_progress not in (OUR_REOPEN, RESCHEDULE))


def _status(process: str, in_progress: str | None) -> str:
    return process if in_progress is None else f"{process}/{in_progress}"


def _terms(name: str, ours: Terms | None, theirs: TheirTerms) -> Iterator[str]:
    if ours is None:
        yield f"{name} terms are not here"
        return
    here = [(one.position, plain(one.date), plain(one.quantity)) for one in ours.delivery_schedule]
    there = [(one.position, one.date, one.quantity) for one in theirs.schedule]
    if Counter(here) != Counter(there):
        yield f"{name} schedule is {_words(here)} here and {_words(there)} there"
    if _prices_here(ours.prices) != _prices_there(theirs.prices):
        yield f"{name} prices are {_prices_here(ours.prices)} here and {_prices_there(theirs.prices)} there"


def plain(value: object) -> Any:
    """A date or a quantity as the platform has it: text or decimal, None where it is unknown."""
    if isinstance(value, Unknown) or value is None:
        return None
    return value if isinstance(value, Decimal) else str(value)


def _words(schedule: Sequence[tuple[object, ...]]) -> str:
    return ", ".join(" ".join(map(str, one)) for one in schedule)


def _prices_here(prices: Prices | None) -> tuple[object, ...] | None:
    if prices is None:
        return None
    net = None if prices.net is None else prices.net.transaction
    gross = None if prices.gross is None else prices.gross.transaction
    rest = (prices.discount_percentage, prices.price_unit, prices.price_unit_quantity)
    base = None if prices.net is None else prices.net.base
    return (_money(net), _money(gross), _money(base), *rest)


def _prices_there(prices: TheirPrices | None) -> tuple[object, ...] | None:
    if prices is None:
        return None
    return (_money(prices.net), _money(prices.gross), _money(prices.net_base), prices.discount, prices.unit, prices.per)


def _money(money: Money | TheirMoney | None) -> tuple[Decimal, str] | None:
    return None if money is None else (money.value, money.currency)
