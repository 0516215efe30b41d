"""A platform's own word on a line: it stands, whatever we computed, and the terms are put to match it."""

from __future__ import annotations

from typing import Final

from core.messages import BuyerAct, LineMessage
from core.model import LineReport, OrderLine, ProcessStatus, Terms
from core.profile import Profile
from core.terms import same_terms
from core.transition.effects import completed, settled
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    IN_PROGRESS,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    OURS_OPEN,
    REOPENED,
    RESCHEDULED,
    WE_REOPEN,
    WE_RESCHEDULE,
    State,
    state_of,
)

_AGREEMENT_LIVES: Final = frozenset[State]({*REOPENED, BUYER_CANCELS, COMPLETED, CANCELLED})
_ABOUT_THE_AGREEMENT: Final = frozenset[State]({BUYER_ASKS_AGAIN, RESCHEDULED, NOT_RESCHEDULED})
"""What is asked of a line there is what was agreed: to reconfirm it, or to keep it though it was sent otherwise."""


def reported(
    line: OrderLine, said: LineMessage, word: LineReport, before: OrderLine, profile: Profile, notes: list[str]
) -> OrderLine:
    """`line` (computed from what the message says of acts and goods) with the statuses of the platform's `word`.

    `before` is the line that the message found. Where we predicted otherwise, both are noted.
    """
    state = _state(word)
    if before.predicted and state_of(line) is not state:
        notes.append(
            f"line {line.position}: expected {_words(state_of(line))}, and {profile.title} says {_words(state)}."
        )
    elif before.predicted and state is CONFIRMED and _another_agreement(line, said) is not None:
        notes.append(f"line {line.position}: {profile.title} says that other terms are agreed than we expected.")
    requested = _requested(line, said, before, state)
    proposed = _proposed(line, said, before, state, requested)
    return settled(
        line,
        state,
        requested=requested,
        proposed=proposed,
        reason=_our_reason(line, said, proposed),
        confirmed=_confirmed(line, said, before, state),
        reported=word_kept(line, said, word, before),
        predicted=False,
    )


def word_kept(line: OrderLine, said: LineMessage, word: LineReport | None, before: OrderLine) -> LineReport | None:
    """The platform's word as it stays with `line`: with what it said besides, or before, and what tells news from it."""
    if word is None:
        return None
    return _with_goods(line, word.but(issued=_issued(said, before, _state(word))))


def _with_goods(line: OrderLine, word: LineReport) -> LineReport:
    """The platform's word; of where the goods are, its last one, where this one doesn't say."""
    if word.logistics_status is not None or line.reported is None:
        return word
    return word.but(logistics_status=line.reported.logistics_status)


def _state(word: LineReport) -> State:
    in_progress = word.in_progress_status if word.process_status is ProcessStatus.IN_PROGRESS else None
    return in_progress or word.process_status


def _words(state: State) -> str:
    return state.value if isinstance(state, ProcessStatus) else f"InProgress / {state.value}"


# --- whose terms stand where ------------------------------------------------------------------------------------------


def _requested(line: OrderLine, said: LineMessage, before: OrderLine, state: State) -> Terms:
    """What the buyer asks at present.

    While our own request on an agreement is open, the platform's terms are an echo of the old ones: they don't overwrite
    what is known, unless only we foretold that agreement: it never was. Beside a proposal they are the buyer's present
    ones, who may have asked anew meanwhile.
    """
    if state is CONFIRMED:
        return _requested_of_confirmed(line, said, before)
    foretold = _foretold(before)
    if state in (WE_REOPEN, WE_RESCHEDULE) and not foretold:
        return _another_agreement(line, said) or line.requested  # A new agreement settled what was asked before it.
    if said.confirmed is not None and state in _ABOUT_THE_AGREEMENT and not _issued_anew(said, before):
        # The platform goes on to repeat the order as the buyer once wrote it.
        asked_already = state_of(before) is state
        return (_another_agreement(line, said) or line.requested) if asked_already else said.confirmed
    if said.terms is not None:
        return completed(said.terms, line.requested)
    if said.confirmed is not None and (foretold or state not in _AGREEMENT_LIVES):
        # One that ended, or never was, is what the buyer asks from here.
        return said.confirmed
    return line.requested


def _issued(said: LineMessage, before: OrderLine, state: State) -> Terms | None:
    """What the platform repeats as the buyer's order beside a question about the agreement; None elsewhere."""
    if state not in _ABOUT_THE_AGREEMENT:
        return None
    return said.terms or (before.reported.issued if before.reported is not None else None)


def _issued_anew(said: LineMessage, before: OrderLine) -> bool:
    """Whether the buyer wrote the line anew while the agreement was in question. Where the message doesn't say so, only a
    difference to what the platform repeated before tells it."""
    issued = before.reported.issued if before.reported is not None else None
    return BuyerAct.ISSUE in said.acts or (
        issued is not None and said.terms is not None and not same_terms(said.terms, issued)
    )


def _foretold(before: OrderLine) -> bool:
    """Whether only we say as yet that it is agreed."""
    return before.predicted and state_of(before) is CONFIRMED


def _requested_of_confirmed(line: OrderLine, said: LineMessage, before: OrderLine) -> Terms:
    """The same beside the platform's Confirmed.

    An agreement on what we asked makes that the buyer's own (tables, `_APPROVED`), and any agreement ends what the buyer
    asked to reopen (`_AS_BEFORE`). After that the platform goes on to repeat the order as the buyer once wrote it: while
    the agreement is the same, that is no news.
    """
    agreed = _agreed(line, said)
    ours = before.proposed is not None and same_terms(before.proposed, agreed)
    if ours or state_of(before) is BUYER_REOPENS:
        return agreed
    known = before.confirmed is not None and same_terms(before.confirmed, agreed)
    if known and same_terms(before.requested, agreed):
        return line.requested
    return completed(said.terms, line.requested)


def _another_agreement(line: OrderLine, said: LineMessage) -> Terms | None:
    """What the platform says is agreed, where we know of other terms that are."""
    if said.confirmed is None or line.confirmed is None or same_terms(line.confirmed, said.confirmed):
        return None
    return said.confirmed


def _proposed(line: OrderLine, said: LineMessage, before: OrderLine, state: State, requested: Terms) -> Terms | None:
    if state_of(line) is state is BUYER_REOPENS and same_terms(requested, line.requested):
        return line.proposed  # Our refusal still lies before the buyer.
    if state not in OURS_OPEN:
        return None
    ours = line.proposed
    if said.proposed is None or ours is None or not before.predicted:
        return said.proposed or ours
    # Ours as the platform has it: with what we left out, and where we accepted, as it was asked when our word came there.
    return said.proposed if same_terms(ours, said.proposed) or same_terms(ours, before.requested) else ours


def _our_reason(line: OrderLine, said: LineMessage, proposed: Terms | None) -> str | None:
    """That of our request as the platform has it; while it has another one there than we wrote last, ours."""
    theirs = said.our_reason if proposed is not None and proposed is said.proposed else None
    return theirs or line.reason


def _confirmed(line: OrderLine, said: LineMessage, before: OrderLine, state: State) -> Terms | None:
    if state is CONFIRMED:
        return _agreed(line, said)
    if state is IN_PROGRESS:
        # Why isn't known here, or isn't said: that ends no agreement, and makes none of what only we foretold.
        return None if _foretold(before) else line.confirmed
    if state not in _AGREEMENT_LIVES:
        return None
    # Also beside a request of ours: another one may have been approved before it came there.
    return said.confirmed or line.confirmed


def _agreed(line: OrderLine, said: LineMessage) -> Terms:
    """A Confirmed line always has what was agreed: stated, else computed, else the best that is known."""
    computed = line.confirmed if said.acts and state_of(line) is CONFIRMED else None
    ours = line.proposed if state_of(line) is OUR_PROPOSAL else None
    return said.confirmed or computed or said.terms or ours or line.confirmed or line.requested
