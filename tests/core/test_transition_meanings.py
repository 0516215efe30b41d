"""What the desk's two keys mean in each state, and whose turn each state is: row by row, so that no row is left to luck."""

from __future__ import annotations

import pytest

from core.decisions import Act
from core.transition import TaskKind
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CLOSED,
    CONFIRMED,
    MEANS,
    OURS_OPEN,
    STATES,
    Answer,
    Refused,
    State,
)
from core.transition.tasks import TURN


@pytest.mark.parametrize("state", STATES)
def test_to_agree_accepts_but_grants_a_cancellation_that_is_asked(state: State) -> None:
    assert MEANS[Act.AGREE][state] is (Answer.CANCELLATION_GRANTED if state is BUYER_CANCELS else Answer.ACCEPTED)


@pytest.mark.parametrize("state", STATES)
def test_to_disagree_rejects_but_refuses_what_the_buyer_asks(state: State) -> None:
    means = MEANS[Act.DISAGREE][state]
    if state is BUYER_ASKS_AGAIN:
        assert isinstance(means, Refused)
    else:
        asked: dict[State, Answer] = {BUYER_REOPENS: Answer.REFUSED, BUYER_CANCELS: Answer.CANCELLATION_REFUSED}
        assert means is asked.get(state, Answer.REJECTED)


@pytest.mark.parametrize("state", STATES)
def test_an_open_request_waits_for_the_other_side_and_an_agreement_to_be_shipped(state: State) -> None:
    turn = TURN.get(state)
    if state in CLOSED:
        assert turn is None
    elif state in OURS_OPEN:
        assert turn is TaskKind.WAIT
    elif state in (BUYER_REOPENS, BUYER_ASKS_AGAIN):
        assert turn is TaskKind.BUYER_ASKS
    elif state is BUYER_CANCELS:
        assert turn is TaskKind.CANCELLATION
    else:
        assert turn is (TaskKind.SHIP if state is CONFIRMED else TaskKind.ANSWER)
