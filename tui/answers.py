"""What "confirm this order" means line by line, for the desk and the commands alike.

A person answers an order; a decision names lines. An order that is answered in part, or in which one line was cancelled,
must still take one word for the rest, so the lines that can't be meant are left out here. Whether a line takes the
answer, and what it becomes, is for `core.transition` alone to say.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Final

from core.decisions import Act, Decision, LineDecision
from core.model import InProgressStatus, Order, ProcessStatus
from core.transition import to_answer
from tui.display import display

_OURS_OPEN: Final = frozenset(
    {
        InProgressStatus.OPEN_SUPPLIER_PROPOSAL,
        InProgressStatus.OPEN_SUPPLIER_REOPEN_REQUEST,
        InProgressStatus.OPEN_SUPPLIER_SHIPMENT_RESCHEDULE_REQUEST,
    }
)
_TAKES_AN_ANSWER: Final = frozenset({ProcessStatus.ISSUED, ProcessStatus.IN_PROGRESS})


class NoLines(Exception):
    """There is nothing that an answer could be about: the order has no lines, or none that can be meant.

    The sentence may have lines of its own; partners' text in it is fit to be shown.
    """

    def __init__(self, number: str, sentence: str | None = None) -> None:
        super().__init__(sentence or f"order {display(number, 60)} has no lines to answer")
        self.number = number


def decision(
    order: Order,
    act: Act,
    *,
    id: str,  # noqa: A002
    at: dt.datetime,
    positions: Sequence[str] = (),
    reason: str | None = None,
) -> Decision:
    """One answer to `positions`, or to every line of `order` that can be meant. Raises NoLines."""
    chosen = tuple(positions) or meant(order, act)
    if not chosen:
        raise NoLines(order.key.number)
    return Decision(
        id=id,
        at=at,
        lines=tuple(LineDecision(position=position, act=act, reason=reason) for position in chosen),
    )


def meant(order: Order, act: Act) -> tuple[str, ...]:
    """The positions that `act` on the whole order is about.

    Lines that wait for our word come first; where none does, those that wait for the buyer's. Where there is none of
    either it is every line, so that the refusal tells the operator why.
    """
    lines = order.lines
    if act is Act.WITHDRAW:
        chosen = [line for line in lines if line.in_progress_status in _OURS_OPEN]
    else:
        if ours := to_answer(order):
            return ours
        chosen = [line for line in lines if line.process_status in _TAKES_AN_ANSWER]
    return tuple(line.position for line in chosen or lines)
