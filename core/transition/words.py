"""Which word an answer says to a line: the ifs of an answer, resolved before the tables are asked."""

from __future__ import annotations

from core.decisions import Act, LineDecision
from core.model import Order, OrderLine, Terms
from core.profile import AfterConfirmation, OtherTerms, Profile
from core.terms import filled, same_terms
from core.transition.checks import check_act, check_change, check_schedule
from core.transition.derive import agreed
from core.transition.tables import (
    BUYER_CANCELS,
    BUYER_REOPENS,
    CLOSED,
    CONFIRMED,
    MEANS,
    NOTHING_AGREED,
    UNDER_AGREEMENT,
    Answer,
    Refused,
    state_of,
)


def word_of(
    order: Order, line: OrderLine, mine: LineDecision, profile: Profile
) -> tuple[Answer | Refused, Terms | None]:
    """What `mine` says to `line`, and the terms that it states, completed from those that stand.

    Raises TransitionRefused for terms that no answer can state.
    """
    check_act(order, mine)
    state = state_of(line)
    if mine.act is not Act.PROPOSE or mine.terms is None:
        return _variant(MEANS[mine.act][state], order, line, profile), None
    if state in CLOSED:
        return Answer.OTHER_TERMS, None
    word, terms = _compared(order, line, mine.terms, profile)
    return _variant(word, order, line, profile), terms


def _compared(order: Order, line: OrderLine, said: Terms, profile: Profile) -> tuple[Answer, Terms]:
    """How terms of ours compare with those that stand: equal to requested, equal to confirmed, or other terms."""
    state = state_of(line)
    confirmed = line.confirmed if state in UNDER_AGREEMENT else None
    base = agreed(line) if state is CONFIRMED else line.requested
    check_schedule(order, line, said.delivery_schedule, base)
    terms = filled(said, base)
    if terms is base:
        return (Answer.AS_CONFIRMED if state is CONFIRMED else Answer.ACCEPTED), base
    if confirmed is not None and same_terms(terms, confirmed):
        return (Answer.REFUSED if state is BUYER_REOPENS else Answer.AS_CONFIRMED), confirmed
    check_change(order, line, terms, base, profile)
    frozen = confirmed is not None and profile.after_confirmation is AfterConfirmation.FROZEN
    return Answer.OTHER_TERMS_FROZEN if frozen else Answer.OTHER_TERMS, terms


def _variant(word: Answer | Refused, order: Order, line: OrderLine, profile: Profile) -> Answer | Refused:
    """The word that profile and buyer's flags make of a plain one."""
    if word is Answer.ACCEPTED and state_of(line) is BUYER_CANCELS and line.confirmed is not None:
        return Answer.CANCELLATION_REFUSED  # What is confirmed already stays so.
    if word is Answer.ACCEPTED and line.content.propose_when_accepted:
        return Answer.ACCEPTED_FOR_APPROVAL
    if word is Answer.REFUSED:
        if line.confirmed is None:
            return NOTHING_AGREED
        return Answer.REFUSED_REPORTED if profile.reports_status else word
    if word is Answer.OTHER_TERMS:
        if profile.other_terms is OtherTerms.CONFIRM:
            return Answer.OTHER_TERMS_CONFIRM
        return Answer.OTHER_TERMS_AUTO_CONFIRMED if order.header.auto_confirm else word
    return word
