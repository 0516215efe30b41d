"""What to say after an answer that left, to set it right: undo takes back only what is still ours.

The platform has no undo. What comes nearest depends on where the line stands by our answer, and on where it stood before:
`AFTERWARDS` says it by the state that the line has, `AGREED` by the one that it had before it was confirmed. Where nothing
does it, a sentence says why, and whose word could. Sources as in `tables`: [R], [T1], [O].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from core.decisions import Act, LineDecision
from core.model import Order, OrderLine, Terms
from core.profile import AfterConfirmation, Profile
from core.terms import same_terms
from core.transition.checks import refuse
from core.transition.derive import agreed
from core.transition.effects import terms_of
from core.transition.result import TransitionRefused
from core.transition.tables import (
    ANSWERS,
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    ISSUED,
    NEGOTIATED,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    REJECTED,
    RESCHEDULED,
    WE_REOPEN,
    WE_RESCHEDULE,
    Answer,
    Effect,
    Side,
    State,
    state_of,
)
from core.transition.words import word_of


@dataclass(frozen=True, slots=True)
class Compensation:
    """What compensates an answer to one line that left."""

    position: str
    act: Act | None
    """None: nothing does."""
    terms: Terms | None
    """With PROPOSE: those that would stand again; None: the operator has to say which."""
    sentence: str
    """For the operator, with the line's position."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A row: the act that compensates, whose terms from before the answer it states, and what that comes to."""

    act: Act | None
    sentence: str
    states: Side | None = None


_OPEN: Final = Offer(None, "it waits for our answer, so there is nothing to take back; answer it.")
_ASK_TO_REOPEN: Final = Offer(
    Act.PROPOSE,
    "it is confirmed, which can't be unsaid; other terms ask the buyer to reopen it: say which.",
)
_FROZEN: Final = Offer(
    None, "it is confirmed, and {title} lets our side change that no more; ask the buyer to change or cancel it."
)

AFTERWARDS: Final[Mapping[State, Offer]] = {
    ISSUED: _OPEN,
    **dict.fromkeys((*NEGOTIATED, BUYER_ASKS_AGAIN, RESCHEDULED, NOT_RESCHEDULED, BUYER_CANCELS), _OPEN),
    # [O] "The only answer that ends a proposal without another one is an acceptance; nobody accepts by taking back."
    OUR_PROPOSAL: Offer(
        None,
        "our proposal is before the buyer and can't be withdrawn; confirm the line as requested, reject it or propose "
        "other terms.",
    ),
    # [T1] "InProgress, our reopen request open | terms equal to confirmed | Confirmed (request withdrawn)"
    WE_REOPEN: Offer(Act.WITHDRAW, "our request to reopen it can be withdrawn; it is then confirmed as before."),
    WE_RESCHEDULE: Offer(
        None, "the buyer decides on the shipment that we announced, and what left the house has left; ask the buyer."
    ),
    # [O] Our no lies before the buyer, and the platform has not said what became of it: until then a yes overrules it.
    BUYER_REOPENS: Offer(Act.APPROVE, "our no is before the buyer; what the buyer asks can still be approved instead."),
    CONFIRMED: _ASK_TO_REOPEN,
    # [R] "When the order line already has process status Rejected the process status will NOT change."
    REJECTED: Offer(None, "it is rejected, which can't be unsaid; ask the buyer to issue it again."),
    COMPLETED: Offer(None, "the buyer completed it; ask the buyer to revert that."),
    CANCELLED: Offer(None, "it is cancelled, which can't be unsaid; ask the buyer to revert that."),
}
"""By the state that the line has now."""

AGREED: Final[Mapping[State, Offer]] = {
    BUYER_REOPENS: Offer(
        Act.PROPOSE, "other terms ask the buyer to reopen it: those of the agreement before.", Side.CONFIRMED
    ),
    WE_REOPEN: Offer(Act.PROPOSE, "what we asked before can be asked again.", Side.PROPOSED),
    OUR_PROPOSAL: Offer(
        Act.PROPOSE, "it is confirmed as requested; what we proposed before can be asked again.", Side.PROPOSED
    ),
}
"""[R] "When the by supplier responded delivery schedule and prices are NOT equal to the confirmed delivery schedule and
prices the process status will become InProgress and a reopen request task for the buyer will be created." By the state from
which our answer confirmed the line: there are terms to go back to."""

_AS_ASKED: Final = Offer(Act.PROPOSE, "our no stands; what the buyer asked can be asked for by us.", Side.REQUESTED)
"""…and the buyer's request to reopen was refused by it, where nobody reports back."""


def compensation(
    order: Order, positions: Sequence[str], profile: Profile, before: Order | None = None
) -> tuple[Compensation, ...]:
    """For each of the lines, which message of ours would compensate our answer to it, now that it has left.

    `order`: as the platform knows it by that answer; `before`: as it stood before, where that is known: terms to go back
    to are found there. Raises TransitionRefused for a line that the order doesn't have.
    """
    return tuple(_of_line(order, position, profile, before) for position in positions)


def _of_line(order: Order, position: str, profile: Profile, before: Order | None) -> Compensation:
    line = order.line(position)
    if line is None:
        refuse(order, position, "the order has no such line.")
    old = before.line(position) if before is not None else None
    offer = _offer(line, old, profile)
    terms = None
    if offer.states is not None and old is not None:
        terms = terms_of(old, offer.states)
        if not _can_be_said(order, line, terms, profile):
            offer, terms = _ASK_TO_REOPEN, None
    return Compensation(position, offer.act, terms, f"line {position}: {offer.sentence.format(title=profile.title)}")


def _offer(line: OrderLine, old: OrderLine | None, profile: Profile) -> Offer:
    state = state_of(line)
    if state is BUYER_REOPENS and line.proposed is None:
        return _OPEN
    if state is not CONFIRMED:
        return AFTERWARDS[state]
    if profile.after_confirmation is AfterConfirmation.FROZEN:
        return _FROZEN
    if old is None:
        return AFTERWARDS[state]
    if state_of(old) is BUYER_REOPENS and same_terms(agreed(old), agreed(line)):
        return _AS_ASKED
    return AGREED.get(state_of(old), AFTERWARDS[state])


def _can_be_said(order: Order, line: OrderLine, terms: Terms | None, profile: Profile) -> bool:
    """Whether the terms from before are other terms today that an answer can state."""
    try:
        word, _ = word_of(order, line, LineDecision(position=line.position, act=Act.PROPOSE, terms=terms), profile)
    except TransitionRefused:
        return False
    return isinstance(word, Answer) and isinstance(ANSWERS[state_of(line)][word], Effect)
