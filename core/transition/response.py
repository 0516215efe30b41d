"""The order response that leaves: what is said now and, where an answer holds all lines, what was said before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from core.decisions import Act, Decision, LineDecision
from core.model import Order, OrderLine, Terms, unchecked
from core.outgoing import Indicator, OrderResponse, ResponseLine
from core.profile import AnswerContains, Profile
from core.terms import same_terms
from core.transition.effects import terms_of
from core.transition.on_paper import RESTATES, SAYS
from core.transition.tables import Answer, state_of
from core.transition.tasks import awaits_us

_response_line: Final = unchecked(ResponseLine)
_WHOLE: Final[Mapping[Act, Indicator]] = {Act.ACCEPT: Indicator.ACCEPTED, Act.REJECT: Indicator.REJECTED}
"""[R] "explicitly accept the order as is", "explicitly reject the order"."""


def response(
    order: Order,
    after: Order,
    decision: Decision,
    words: Mapping[str, Answer],
    said: Mapping[str, ResponseLine],
    profile: Profile,
) -> tuple[OrderResponse, ...]:
    if not said:
        return ()
    indicator = None
    lines = tuple(said.values())
    if profile.answer_contains is AnswerContains.ALL_LINES:
        if any(awaits_us(line) for line in after.lines):
            return ()
        lines = tuple(
            answer
            for line in after.lines
            if (answer := _whole_answer(line, words.get(line.position), said.get(line.position))) is not None
        )
        indicator = _of_all(lines)
    elif decision.act is not None and len(lines) == len(order.lines) and _of_all(lines) is _WHOLE.get(decision.act):
        indicator = _of_all(lines)
    header = order.header
    return (
        OrderResponse(
            number=order.key.number,
            buyer_account_number=header.buyer_account_number,
            indicator=indicator,
            lines=lines,
            description=decision.description,
            contact=decision.contact,
            properties=decision.properties,
            notes=decision.notes,
            documents=decision.documents,
        ),
    )


def _of_all(lines: Sequence[ResponseLine]) -> Indicator | None:
    """What each of the lines says, where they all say the same in a word."""
    indicators = {line.indicator for line in lines}
    return indicators.pop() if len(indicators) == 1 else None


def written(line: OrderLine, mine: LineDecision, word: Answer, terms: Terms | None) -> ResponseLine:
    """The answer to one line: what its word says, and all that the decision adds."""
    says = SAYS[word]
    stated = terms_of(line, says.terms, terms) if says.terms is not None else None
    return _response_line(
        position=line.position,
        indicator=says.indicator,
        delivery_schedule=(stated.delivery_schedule or None) if stated is not None else None,
        prices=stated.prices if stated is not None else None,
        reason=mine.reason,
        description=mine.description,
        sales_order_number=mine.sales_order_number,
        sales_order_position=mine.sales_order_position,
        item_details=mine.item_details,
        charge_lines=mine.charge_lines,
        properties=mine.properties,
        notes=mine.notes,
        documents=mine.documents,
    )


def _whole_answer(line: OrderLine, word: Answer | None, said: ResponseLine | None) -> ResponseLine | None:
    """The line's part in an answer that holds all lines: what is said now, or what was said before, again.

    What is told besides of a line that the buyer completed stands alone: there is no word of ours left to repeat.
    """
    if said is not None and word is not Answer.DETAILS:
        return said
    says = RESTATES.get(state_of(line))
    if says is None:
        return said
    terms = terms_of(line, says.terms) if says.terms is not None else None
    indicator = says.indicator
    if indicator is Indicator.ACCEPTED and terms is not None and not same_terms(terms, line.requested):
        indicator = None  # Confirmed, but on other terms than were requested.
    return (said or ResponseLine(position=line.position, reason=line.reason)).but(
        indicator=indicator,
        delivery_schedule=terms.delivery_schedule if terms is not None else None,
        prices=terms.prices if terms is not None else None,
    )
