"""Whose terms stand where after a platform's own word: what is asked, what is agreed, and what of ours is open.

"deliverySchedule/prices hold issued or confirmed values, never open requests" (Tradecloud): so beside a Confirmed line
stands the agreement, and beside it, if anything, the order as the buyer once wrote it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import pytest

from core.messages import BuyerAct
from core.model import OrderLine, Terms
from core.profile import TRADECLOUD
from core.transition import TaskKind, Transition, receive, tasks
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_REOPENS,
    COMPLETED,
    CONFIRMED,
    ISSUED,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    RESCHEDULED,
    STATES,
    WE_REOPEN,
    WE_RESCHEDULE,
    State,
    state_of,
)
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    THIRD,
    deliveries,
    line_in,
    message,
    order_in,
    order_of,
    said,
    word,
)


def told(before: OrderLine, state: State, *acts: BuyerAct, **terms: Terms) -> Transition:
    """What the platform's word that `before` is in `state` makes of it, with the terms beside the word."""
    heard = said(*acts, reported=word(state)).but(**terms)
    return receive(order_of(before), message(heard), TRADECLOUD)


def after(before: OrderLine, state: State, *acts: BuyerAct, **terms: Terms) -> OrderLine:
    return told(before, state, *acts, **terms).order.lines[0]


@dataclass(frozen=True)
class Case:
    rule: str
    before: OrderLine
    state: State
    requested: Terms
    confirmed: Terms | None
    terms: dict[str, Terms] = field(default_factory=dict)


CASES = [
    Case(
        "what is agreed on other terms leaves what is asked",
        line_in(ISSUED),
        CONFIRMED,
        terms={"confirmed": LATER},
        requested=ASKED,
        confirmed=LATER,
    ),
    Case(
        "an agreement that ended with its line leaves what was asked",
        line_in(CONFIRMED),
        COMPLETED,
        terms={"confirmed": LATER},
        requested=ASKED,
        confirmed=LATER,
    ),
    Case(
        "…of a line that we knew as Issued too",
        line_in(ISSUED),
        COMPLETED,
        terms={"confirmed": LATER},
        requested=ASKED,
        confirmed=LATER,
    ),
    Case(
        "where only we foretold an agreement, what the platform says is asked is no echo",
        line_in(CONFIRMED, requested=LATER, confirmed=LATER, predicted=True),
        WE_REOPEN,
        terms={"terms": DEARER, "confirmed": ASKED},
        requested=DEARER,
        confirmed=ASKED,
    ),
    Case(
        "where an agreement stood, the terms beside our request are an echo",
        line_in(CONFIRMED),
        WE_REOPEN,
        terms={"terms": DEARER, "confirmed": ASKED},
        requested=ASKED,
        confirmed=ASKED,
    ),
    Case(
        "the order as the buyer once wrote it is no news on a line that was reconfirmed",
        line_in(BUYER_ASKS_AGAIN, requested=DEARER, confirmed=DEARER),
        CONFIRMED,
        terms={"terms": ASKED, "confirmed": DEARER},
        requested=DEARER,
        confirmed=DEARER,
    ),
    Case(
        "…nor where our request was rejected",
        line_in(WE_REOPEN, requested=DEARER, confirmed=DEARER),
        CONFIRMED,
        terms={"terms": ASKED, "confirmed": DEARER},
        requested=DEARER,
        confirmed=DEARER,
    ),
    Case(
        "…but it is where what is agreed was never what is asked",
        line_in(CONFIRMED, requested=ASKED, confirmed=LATER),
        CONFIRMED,
        terms={"terms": DEARER, "confirmed": LATER},
        requested=DEARER,
        confirmed=LATER,
    ),
    Case(
        "…and where the agreement is another one, if it is on what was asked",
        line_in(CONFIRMED, requested=ASKED, confirmed=LATER),
        CONFIRMED,
        terms={"terms": DEARER, "confirmed": ASKED},
        requested=DEARER,
        confirmed=ASKED,
    ),
    Case(
        "a request of the buyer's that was taken back or refused is asked no more",
        line_in(BUYER_REOPENS),
        CONFIRMED,
        requested=ASKED,
        confirmed=ASKED,
    ),
    Case(
        "one that was approved in the portal is the agreement",
        line_in(BUYER_REOPENS),
        CONFIRMED,
        terms={"terms": ASKED, "confirmed": DEARER},
        requested=DEARER,
        confirmed=DEARER,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.rule)
def test_what_is_asked_and_what_is_agreed(case: Case) -> None:
    line = after(case.before, case.state, **case.terms)
    assert (state_of(line), line.requested, line.confirmed) == (case.state, case.requested, case.confirmed)


@pytest.mark.parametrize("state", [state for state in STATES if state not in (WE_REOPEN, WE_RESCHEDULE)])
def test_the_terms_beside_a_word_are_what_the_buyer_asks_unless_a_request_on_an_agreement_is_ours(state: State) -> None:
    assert after(line_in(ISSUED), state, terms=THIRD).requested == THIRD


@pytest.mark.parametrize("ours", [OUR_PROPOSAL, WE_REOPEN])
def test_an_approval_is_of_our_terms_and_not_of_the_order_that_the_event_repeats(ours: State) -> None:
    """[T2] "approves our proposal or reopen request | Confirmed on our terms"."""
    line = after(line_in(ours), CONFIRMED, BuyerAct.APPROVE, terms=ASKED)
    assert (line.requested, line.confirmed) == (LATER, LATER)


@pytest.mark.parametrize("state", [BUYER_ASKS_AGAIN, RESCHEDULED, NOT_RESCHEDULED])
def test_what_is_asked_of_an_agreement_is_that_and_not_the_order_that_is_repeated_beside_it(state: State) -> None:
    """The platform's `buyerLine` has the schedule and prices that the buyer once issued, also when others were agreed."""
    agreed = after(line_in(OUR_PROPOSAL), CONFIRMED, BuyerAct.APPROVE, terms=ASKED, confirmed=LATER)
    line = after(agreed, state, terms=ASKED, confirmed=LATER)
    assert (line.requested, line.confirmed) == (LATER, LATER)
    # [T2] "reissues an Issued or InProgress line | same status, new requested terms"
    for acts in ((BuyerAct.ISSUE,), ()):  # an event, or a poll, which says nothing but that the order is another
        reissued = after(line, state, *acts, terms=DEARER, confirmed=LATER)
        assert (reissued.requested, reissued.confirmed) == (DEARER, LATER)
        for again in ({"terms": DEARER, "confirmed": LATER}, {"confirmed": LATER}):
            repeated = after(reissued, state, **again)
            assert (repeated.requested, repeated.confirmed) == (DEARER, LATER)
        kept = after(after(reissued, CONFIRMED, confirmed=LATER), state, terms=DEARER, confirmed=LATER)
        assert (kept.requested, kept.confirmed) == (LATER, LATER)


def test_a_request_of_the_buyers_ends_ours_and_waits_for_our_word() -> None:
    """Only a refusal of ours stays before the buyer while their request is open."""
    asked = receive(order_in(WE_REOPEN), message(said(reported=word(BUYER_REOPENS))), TRADECLOUD).order
    assert asked.lines[0].proposed is None
    assert {task.kind for task in tasks(asked)} == {TaskKind.BUYER_ASKS}


def test_what_we_did_not_predict_is_no_surprise() -> None:
    assert told(line_in(CONFIRMED), CONFIRMED, confirmed=LATER).notes == ()
    assert told(line_in(COMPLETED, confirmed=ASKED, predicted=True), COMPLETED, confirmed=LATER).notes == ()


def test_goods_are_heard_of_on_a_line_whose_answer_may_not_have_arrived() -> None:
    """The platform says where the goods are, and nothing of the line's status."""
    received = message(said(delivered=deliveries("2026-05-01=10")))
    line = receive(order_of(line_in(CONFIRMED, predicted=True)), received, TRADECLOUD, ("10",)).order.lines[0]
    assert (state_of(line), line.predicted, line.progress.delivered, line.reported) == (
        CONFIRMED,
        True,
        Decimal(10),
        None,
    )


def test_terms_told_of_a_line_whose_answer_may_not_have_arrived_are_those_from_before_it() -> None:
    line = line_in(CONFIRMED, predicted=True)
    old = message(said(reported=word(ISSUED), terms=THIRD))
    unheard = receive(order_of(line), old, TRADECLOUD, ("10",)).order.lines[0]
    assert (state_of(unheard), unheard.requested, unheard.confirmed) == (CONFIRMED, ASKED, ASKED)
