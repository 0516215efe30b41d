"""What an order response says of each line, in the one code that UBL and Peppol have for it.

The codes are UN/CEFACT's: 1229 for a line, 4343 for the whole order.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.model import OrderLine, ProcessStatus, Terms
from core.outgoing import Indicator, OrderResponse, ResponseLine
from core.terms import same_terms


class LineStatus(StrEnum):
    ADDED = "1"
    CHANGED = "3"
    NO_ACTION = "4"
    ACCEPTED = "5"
    REJECTED = "7"
    ALREADY_DELIVERED = "42"


class OrderStatus(StrEnum):
    ACCEPTED = "AP"
    REJECTED = "RE"
    CONDITIONALLY_ACCEPTED = "CA"


_NONE: Final = Terms()


@dataclass(frozen=True, slots=True)
class LineAnswer:
    line: OrderLine
    said: ResponseLine
    status: LineStatus
    terms: Terms = _NONE
    """Ours, where they differ from the buyer's: with CHANGED."""


_BY_INDICATOR: Final = {Indicator.ACCEPTED: LineStatus.ACCEPTED, Indicator.REJECTED: LineStatus.REJECTED}


def answer_to(line: OrderLine, said: ResponseLine, whole: Indicator | None) -> LineAnswer:
    """An indicator beats terms sent beside it, a line's the order's (`whole`); terms that are the buyer's accept."""
    indicator = said.indicator or whole
    if indicator is not None:
        return LineAnswer(line, said, _BY_INDICATOR[indicator])
    ours = Terms(delivery_schedule=said.delivery_schedule or (), prices=said.prices)
    if not ours.delivery_schedule and ours.prices is None:
        return LineAnswer(line, said, LineStatus.NO_ACTION)
    if same_terms(ours, line.requested):
        return LineAnswer(line, said, LineStatus.ACCEPTED)
    return LineAnswer(line, said, LineStatus.CHANGED, ours)


def standing(line: OrderLine) -> LineAnswer | None:
    """What holds for a line that the response doesn't speak of; None while it has no answer of ours."""
    said = ResponseLine(position=line.position)
    if line.process_status is ProcessStatus.COMPLETED:
        return LineAnswer(line, said, LineStatus.ALREADY_DELIVERED)
    if line.process_status is ProcessStatus.REJECTED:
        return LineAnswer(line, said, LineStatus.REJECTED)
    agreed = line.confirmed if line.process_status is ProcessStatus.CONFIRMED else line.proposed
    if agreed is None:
        return None
    if same_terms(agreed, line.requested):
        return LineAnswer(line, said, LineStatus.ACCEPTED)
    return LineAnswer(line, said, LineStatus.CHANGED, agreed)


def answers_to_all(response: OrderResponse, order_lines: tuple[OrderLine, ...]) -> list[LineAnswer | OrderLine]:
    """For each line that is not cancelled its answer, or the line itself when it has none yet."""
    said = {line.position: line for line in response.lines}
    answers: list[LineAnswer | OrderLine] = []
    for line in order_lines:
        if line.process_status is ProcessStatus.CANCELLED:
            continue
        of_line = said.get(line.position)
        if of_line is not None:
            answer = answer_to(line, of_line, response.indicator)
            stands = standing(line) if answer.status is LineStatus.NO_ACTION else None
            answers.append(LineAnswer(line, of_line, stands.status, stands.terms) if stands else answer)
        elif (stands := standing(line)) is not None:
            answers.append(stands)
        elif response.indicator is not None:
            answers.append(LineAnswer(line, ResponseLine(position=line.position), _BY_INDICATOR[response.indicator]))
        else:
            answers.append(line)
    return answers


def order_status(answers: list[LineAnswer]) -> OrderStatus:
    statuses = {answer.status for answer in answers}
    if statuses == {LineStatus.ACCEPTED}:
        return OrderStatus.ACCEPTED
    if statuses == {LineStatus.REJECTED}:
        return OrderStatus.REJECTED
    return OrderStatus.CONDITIONALLY_ACCEPTED
