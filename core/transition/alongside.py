"""An answer about the order alone: a contact, a description, notes, properties, documents, and no word on a line.

Tradecloud's order response has "at least one line, always; a line is at least its position". So one line goes along with
nothing but its position, which is `Act.DETAILS` without details: no indicator and no terms, so there is nothing to compare
and no status changes (`on_paper`, `SAYS`). It is the line on which the least could go wrong should a platform compare after
all: one that is confirmed ([R] "equal to the confirmed … the process status will stay Confirmed"), else one that is
completed ([R] "already has process status Completed the process status will NOT change"), else one on which our own request
is open, else the first that is open at all. On an order whose lines are all rejected or cancelled `respond` refuses it;
where only our unsent answer closes it, what is said goes along with that.

Where an answer holds every line, it leaves with them: as soon as each has its word.
"""

from __future__ import annotations

from core.decisions import Act, LineDecision
from core.model import Order, OrderLine
from core.transition.tables import CLOSED, COMPLETED, CONFIRMED, OURS_OPEN, state_of


def about_the_order(order: Order) -> tuple[LineDecision, ...]:
    """The lines of a decision that says something of the order only."""
    along = min(order.lines, key=_risk)
    return (LineDecision(position=along.position, act=Act.DETAILS),)


def _risk(line: OrderLine) -> int:
    state = state_of(line)
    if state in (CONFIRMED, COMPLETED):
        return 0 if state is CONFIRMED else 1
    if state in CLOSED:
        return 4
    return 2 if state in OURS_OPEN else 3
