"""The tables themselves: complete, and saying nothing twice in different ways."""

from __future__ import annotations

import pytest

from core.decisions import Act
from core.messages import BuyerAct
from core.model import InProgressStatus, ProcessStatus
from core.transition.effects import applied
from core.transition.on_paper import SAYS
from core.transition.tables import (
    ACT_ORDER,
    ACTS,
    ANSWERS,
    ASKS,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    CLOSED,
    COMPLETED,
    CONFIRMED,
    MEANS,
    NEGOTIATED,
    REOPENED,
    SAME,
    STATES,
    Answer,
    Asked,
    Effect,
    Refused,
    State,
    state_of,
)
from core.transition.tasks import TURN
from tests.core.trade import LATER, line_in


def test_every_status_is_a_state_and_stands_in_one_group() -> None:
    groups = [ProcessStatus.ISSUED, CONFIRMED, BUYER_CANCELS, *NEGOTIATED, *REOPENED, *CLOSED]
    assert sorted(groups) == sorted([*ProcessStatus, *InProgressStatus]) == sorted(STATES)


def test_each_state_has_an_entry_for_each_of_our_words() -> None:
    assert {state: set(row) for state, row in ANSWERS.items()} == {state: set(Answer) for state in STATES}
    assert set(SAYS) == set(Answer)


def test_each_act_of_ours_means_something_in_each_state_but_a_proposal_whose_terms_are_compared() -> None:
    assert {act: set(row) for act, row in MEANS.items()} == {act: set(STATES) for act in Act if act is not Act.PROPOSE}


def test_each_act_of_the_buyers_stands_in_one_table() -> None:
    on_goods = {BuyerAct.DELIVERED, BuyerAct.MARK_OPEN}
    assert set(ACTS) | {BuyerAct.ISSUE} | on_goods == set(BuyerAct)
    assert set(ACT_ORDER) == set(BuyerAct) - on_goods
    assert set(ASKS) == set(Asked)


def test_a_closed_line_takes_no_answer_and_a_completed_one_what_is_told_besides() -> None:
    taken = {
        (state, word) for state in CLOSED for word, done in ANSWERS[state].items() if not isinstance(done, Refused)
    }
    assert taken == {(COMPLETED, Answer.DETAILS)}
    assert ANSWERS[COMPLETED][Answer.DETAILS] == Effect(SAME)


def test_a_word_that_nobody_could_mean_in_a_state_is_refused_there() -> None:
    """A yes or no where nothing is asked, the agreement where there is none, and what a platform froze."""
    open_states = [state for state in STATES if state not in CLOSED]
    meant: dict[Answer, set[State]] = {
        Answer.REFUSED: {BUYER_REOPENS},
        Answer.REFUSED_REPORTED: {BUYER_REOPENS},
        Answer.CANCELLATION_GRANTED: {BUYER_CANCELS},
        Answer.CANCELLATION_REFUSED: {BUYER_CANCELS},
        Answer.AS_CONFIRMED: {CONFIRMED, *REOPENED, BUYER_CANCELS},
        Answer.OTHER_TERMS_FROZEN: set(),
    }
    for word, states in meant.items():
        taken = {state for state in open_states if not isinstance(ANSWERS[state][word], Refused)}
        assert taken == states, word


def test_completed_and_cancelled_change_only_by_the_buyers_reversal() -> None:
    moving = {(act, state) for act, row in ACTS.items() for state in row if state in (COMPLETED, CANCELLED)}
    assert moving == {(BuyerAct.REVERT_COMPLETION, COMPLETED), (BuyerAct.REVERT_CANCELLATION, CANCELLED)}
    assert all(COMPLETED not in row and CANCELLED not in row for row in ASKS.values())


def test_it_is_somebodys_turn_wherever_a_line_is_not_closed() -> None:
    assert set(TURN) == set(STATES) - CLOSED


@pytest.mark.parametrize("state", STATES)
def test_whatever_confirms_a_line_leaves_it_with_confirmed_terms(state: State) -> None:
    rows = [*ANSWERS[state].values(), *(row.get(state) for row in (*ACTS.values(), *ASKS.values()))]
    for effect in rows:
        if isinstance(effect, Effect):
            after = applied(line_in(state), effect, LATER)
            assert state_of(after) is not CONFIRMED or after.confirmed is not None
            assert (after.resumes is not None) == (state_of(after) is BUYER_CANCELS)
