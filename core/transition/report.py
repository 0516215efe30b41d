"""A platform's own word on a line: it stands, whatever we computed, and the terms are put to match it."""

from __future__ import annotations

from core.messages import LineMessage
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
    OUR_PROPOSAL,
    OURS_OPEN,
    REOPENED,
    WE_REOPEN,
    State,
    state_of,
)

_AGREEMENT_LIVES: frozenset[State] = frozenset({*REOPENED, BUYER_CANCELS, COMPLETED, CANCELLED})


def reported(
    line: OrderLine,
    said: LineMessage,
    word: LineReport,
    before: OrderLine,
    profile: Profile,
    notes: list[str],
    *,
    new: bool,
) -> OrderLine:
    """`line` (computed from what the message says of acts and goods) with the statuses of the platform's `word`.

    While our own proposal or request is open, the platform's terms are an echo of the old ones: they don't overwrite
    ours. Beside a proposal they are what the buyer asks at present, who may have asked anew meanwhile. On a line that is
    `new` here there is nothing to overwrite, nor where only we foretold an agreement: it never was. Where we predicted
    otherwise, both are noted.
    """
    state = _state(word)
    if before.predicted and state_of(line) is not state:
        notes.append(
            f"line {line.position}: expected {_words(state_of(line))}, and {profile.title} says {_words(state)}."
        )
    foretold = before.predicted and state_of(before) is CONFIRMED and state is not CONFIRMED
    echo = state in OURS_OPEN and not new and not foretold
    confirmed = _confirmed(line, said, state)
    if (
        before.predicted
        and state_of(line) is state is CONFIRMED
        and not _same_agreement(line.confirmed, said.confirmed)
    ):
        notes.append(f"line {line.position}: {profile.title} says that other terms are agreed than we expected.")
    if not echo or state is OUR_PROPOSAL:
        requested = _requested(line, said, before, state, confirmed, foretold=foretold)
    elif confirmed is None or _same_agreement(line.confirmed, confirmed):
        requested = line.requested
    else:
        requested = confirmed  # A new agreement settled what was asked before it.
    return settled(
        line,
        state,
        requested=requested,
        proposed=_proposed(line, said, before, state, requested),
        confirmed=confirmed,
        reported=word_with_goods(line, word),
        predicted=False,
    )


def word_with_goods(line: OrderLine, word: LineReport | None) -> LineReport | None:
    """The platform's word; of where the goods are, its last one, where this one doesn't say."""
    if word is None or word.logistics_status is not None or line.reported is None:
        return word
    return word.but(logistics_status=line.reported.logistics_status)


def _same_agreement(ours: Terms | None, theirs: Terms | None) -> bool:
    return ours is None or theirs is None or same_terms(ours, theirs)


def _state(word: LineReport) -> State:
    in_progress = word.in_progress_status if word.process_status is ProcessStatus.IN_PROGRESS else None
    return in_progress or word.process_status


def _words(state: State) -> str:
    return state.value if isinstance(state, ProcessStatus) else f"InProgress / {state.value}"


def _requested(
    line: OrderLine, said: LineMessage, before: OrderLine, state: State, confirmed: Terms | None, *, foretold: bool
) -> Terms:
    if state is CONFIRMED and confirmed is not None and _on_our_terms(before, said, confirmed):
        return confirmed
    if said.terms is not None:
        return completed(said.terms, line.requested)
    if said.confirmed is not None and state is not CONFIRMED and (foretold or state not in _AGREEMENT_LIVES):
        return said.confirmed  # The agreement ended, or ours never was: it is what the buyer asks from here.
    if said.confirmed is not None and state is BUYER_ASKS_AGAIN:
        return said.confirmed  # To reconfirm is asked of the agreement, whatever was asked before it.
    return line.requested


def _on_our_terms(before: OrderLine, said: LineMessage, confirmed: Terms) -> bool:
    """Whether the platform's Confirmed approves what we asked, which is the buyer's own by that (tables, `_APPROVED`).

    It goes on to repeat the order as the buyer once wrote it: while the agreement is the same, that is no news.
    """
    if state_of(before) in (OUR_PROPOSAL, WE_REOPEN):
        return before.proposed is not None and same_terms(before.proposed, confirmed)
    if said.confirmed is None or state_of(before) is not CONFIRMED or before.confirmed is None:
        return False
    return same_terms(before.confirmed, confirmed) and same_terms(before.requested, confirmed)


def _proposed(line: OrderLine, said: LineMessage, before: OrderLine, state: State, requested: Terms) -> Terms | None:
    if state is BUYER_REOPENS and state_of(line) is BUYER_REOPENS and same_terms(requested, line.requested):
        return line.proposed  # Our refusal still lies before the buyer.
    if state not in OURS_OPEN:
        return None
    if before.predicted and line.proposed is not None:
        return line.proposed
    return said.proposed or line.proposed


def _confirmed(line: OrderLine, said: LineMessage, state: State) -> Terms | None:
    """A Confirmed line always has what was agreed: stated, else computed, else the best that is known."""
    if state is CONFIRMED:
        computed = line.confirmed if said.acts and state_of(line) is CONFIRMED else None
        ours = line.proposed if state_of(line) is OUR_PROPOSAL else None
        return said.confirmed or computed or said.terms or ours or line.confirmed or line.requested
    if state not in _AGREEMENT_LIVES:
        return None
    # Also beside a request of ours: another one may have been approved before it came there.
    return said.confirmed or line.confirmed
