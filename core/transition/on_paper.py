"""How our words are put on paper, as tables: what a line of an answer says, and what it says again of what was said before.

Sources as in `tables`: [R].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from core.outgoing import Indicator
from core.transition.tables import (
    BUYER_REOPENS,
    CONFIRMED,
    OUR_PROPOSAL,
    REJECTED,
    WE_REOPEN,
    WE_RESCHEDULE,
    Answer,
    Side,
    State,
)


@dataclass(frozen=True, slots=True)
class Says:
    """How a word is put on paper: an indicator, whose terms beside it, and whether a reason belongs to it."""

    indicator: Indicator | None = None
    terms: Side | None = None
    needs_reason: bool = False


SAYS: Final[Mapping[Answer, Says]] = {
    # [R] "explicitly accept the order line as is, the responded delivery schedule and prices will be ignored" and yet a
    # line "contains at least the position and delivery schedule".
    Answer.ACCEPTED: Says(Indicator.ACCEPTED, Side.REQUESTED),
    Answer.ACCEPTED_FOR_APPROVAL: Says(Indicator.ACCEPTED, Side.REQUESTED),
    Answer.REJECTED: Says(Indicator.REJECTED, needs_reason=True),
    Answer.AS_CONFIRMED: Says(terms=Side.CONFIRMED),
    Answer.REFUSED: Says(terms=Side.CONFIRMED, needs_reason=True),
    Answer.REFUSED_REPORTED: Says(terms=Side.CONFIRMED, needs_reason=True),
    Answer.OTHER_TERMS: Says(terms=Side.SAID),
    Answer.OTHER_TERMS_AUTO_CONFIRMED: Says(terms=Side.SAID),
    Answer.OTHER_TERMS_CONFIRM: Says(terms=Side.SAID),
    Answer.OTHER_TERMS_FROZEN: Says(terms=Side.SAID),
    # A supplier grants it by cancelling.
    Answer.CANCELLATION_GRANTED: Says(Indicator.REJECTED),
    Answer.CANCELLATION_REFUSED: Says(terms=Side.CONFIRMED, needs_reason=True),
    # "A line is at least its position": without indicator and terms it answers nothing, so no status changes by it. Terms
    # beside it would be an answer, equal ones an acceptance.
    Answer.DETAILS: Says(),
}

RESTATES: Final[Mapping[State, Says]] = {
    CONFIRMED: Says(Indicator.ACCEPTED, Side.CONFIRMED),
    **dict.fromkeys((BUYER_REOPENS, WE_RESCHEDULE), Says(terms=Side.CONFIRMED)),
    **dict.fromkeys((OUR_PROPOSAL, WE_REOPEN), Says(terms=Side.PROPOSED)),
    REJECTED: Says(Indicator.REJECTED),
}
"""What an answer that holds every line says again of a line that was answered before. Others have no word to repeat: while
one of them waits for our word no such answer leaves, and what the buyer closed takes none."""
