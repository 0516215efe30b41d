"""An answer about the order alone: a contact, a description, notes, properties, documents, and no word on a line.

Tradecloud's order response has "at least one line, always; a line is at least its position". So one line goes along with
nothing but its position, which is `Act.DETAILS` without details: no indicator and no terms, so there is nothing to compare
and no status changes (`tables`, `SAYS`). It is the line on which the least could go wrong should a platform compare after
all: one that is confirmed ([R] "equal to the confirmed … the process status will stay Confirmed"), else one on which our
own request is open, else the first that is open at all.

Where an answer holds every line, it leaves with them: as soon as each has its word.
"""

from __future__ import annotations

from core.decisions import Act, LineDecision
from core.model import Order
from core.transition.checks import refuse
from core.transition.tables import CLOSED, CONFIRMED, OURS_OPEN, state_of


def about_the_order(order: Order) -> tuple[LineDecision, ...]:
    """The lines of a decision that says something of the order only. Raises TransitionRefused where none is open."""
    open_lines = [line for line in order.lines if state_of(line) not in CLOSED]
    if not open_lines:
        refuse(order, None, "all of its lines are closed, and an answer needs one that is open; ask the buyer.")
    for wanted in (frozenset({CONFIRMED}), OURS_OPEN):
        for line in open_lines:
            if state_of(line) in wanted:
                return (LineDecision(position=line.position, act=Act.DETAILS),)
    return (LineDecision(position=open_lines[0].position, act=Act.DETAILS),)
