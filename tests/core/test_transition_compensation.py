"""After an answer left: the message that sets it right, for each state, or the sentence why there is none."""

from __future__ import annotations

import pytest

from core.decisions import Act, Decision, Outcome
from core.model import OrderLine, Terms
from core.pending import Record, step
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, PROFILES, TRADECLOUD, Profile
from core.transition import Compensation, TransitionRefused, compensation, respond
from core.transition.compensation import AFTERWARDS, AGREED
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    CLOSED,
    CONFIRMED,
    ISSUED,
    OUR_PROPOSAL,
    REJECTED,
    STATES,
    WE_REOPEN,
    State,
    state_of,
)
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    THIRD,
    answer,
    departed,
    ended,
    line_in,
    order_in,
    order_of,
    propose,
    terms,
)


def afterwards(before: OrderLine, said: Decision, profile: Profile = TRADECLOUD) -> tuple[OrderLine, Compensation]:
    """The line after an answer that left, and what compensates it."""
    record = Record(platform=order_of(before))
    for entry in (said, departed(), ended(Outcome.SENT)):
        record = step(record, entry, profile).record
    (found,) = compensation(record.platform, ["10"], profile, order_of(before))
    return record.platform.lines[0], found


def undone(line: OrderLine, found: Compensation, profile: Profile = TRADECLOUD) -> OrderLine:
    """The line after the message that compensates."""
    assert found.act is not None
    said = answer(found.act, terms=found.terms, reason="changed our mind")
    return respond(order_of(line), said, profile).order.lines[0]


def test_each_state_has_its_row() -> None:
    assert set(AFTERWARDS) == set(STATES)
    assert set(AGREED) <= set(STATES)


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
@pytest.mark.parametrize("state", STATES)
def test_what_is_offered_can_be_said_and_what_is_not_has_its_reason(state: State, profile: Profile) -> None:
    for line in (line_in(state), line_in(state, proposed=ASKED if state is BUYER_REOPENS else None)):
        (found,) = compensation(order_of(line), ["10"], profile)
        assert found.position == "10"
        assert found.sentence.startswith("line 10: ")
        assert found.sentence.endswith(".")
        if found.act is None:
            assert found.terms is None
            continue
        said = answer(found.act, terms=THIRD if found.act is Act.PROPOSE else None)
        assert respond(order_of(line), said, profile).outgoing


OFFERED = {
    # Our request can be withdrawn, a no that lies before the buyer overruled, an agreement asked to be reopened.
    WE_REOPEN: Act.WITHDRAW,
    BUYER_REOPENS: Act.APPROVE,
    CONFIRMED: Act.PROPOSE,
}


@pytest.mark.parametrize("state", STATES)
def test_the_state_alone_says_what_can_be_said_now_and_states_no_terms(state: State) -> None:
    """Where there is no agreement of before to go back to, the operator says which terms."""
    line = line_in(state).but(requested=DEARER, proposed=LATER, confirmed=ASKED)
    for before in (None, order_of(line_in(ISSUED, requested=THIRD))):
        (found,) = compensation(order_of(line), ["10"], TRADECLOUD, before)
        assert (found.act, found.terms) == (OFFERED.get(state), None)


def test_a_reopen_request_of_ours_is_withdrawn() -> None:
    line, found = afterwards(line_in(CONFIRMED), propose(LATER))
    assert (state_of(line), found.act, found.terms) == (WE_REOPEN, Act.WITHDRAW, None)
    back = undone(line, found)
    assert (state_of(back), back.confirmed) == (CONFIRMED, ASKED)


def test_a_request_of_the_buyers_that_we_approved_is_reopened_with_the_terms_of_before() -> None:
    line, found = afterwards(line_in(BUYER_REOPENS), answer(Act.APPROVE))
    assert (state_of(line), line.confirmed) == (CONFIRMED, DEARER)
    assert (found.act, found.terms) == (Act.PROPOSE, ASKED)
    again = undone(line, found)
    assert (state_of(again), again.proposed) == (WE_REOPEN, ASKED)


def test_a_request_of_ours_that_we_withdrew_can_be_asked_again() -> None:
    line, found = afterwards(line_in(WE_REOPEN), answer(Act.WITHDRAW))
    assert (state_of(line), found.act, found.terms) == (CONFIRMED, Act.PROPOSE, LATER)
    again = undone(line, found)
    assert (state_of(again), again.proposed) == (WE_REOPEN, LATER)


def test_what_we_proposed_before_we_accepted_can_be_asked_again() -> None:
    line, found = afterwards(line_in(OUR_PROPOSAL), answer(Act.ACCEPT))
    assert (state_of(line), found.act, found.terms) == (CONFIRMED, Act.PROPOSE, LATER)


def test_a_no_that_is_the_last_word_is_set_right_by_asking_for_what_the_buyer_asked() -> None:
    line, found = afterwards(line_in(BUYER_REOPENS), answer(Act.REFUSE, reason="no"), GENERIC)
    assert (state_of(line), found.act, found.terms) == (CONFIRMED, Act.PROPOSE, DEARER)
    again = undone(line, found, GENERIC)
    assert (state_of(again), again.proposed) == (WE_REOPEN, DEARER)


def test_a_no_that_is_before_the_buyer_is_overruled_by_a_yes() -> None:
    line, found = afterwards(line_in(BUYER_REOPENS), answer(Act.REFUSE, reason="no"))
    assert (state_of(line), found.act) == (BUYER_REOPENS, Act.APPROVE)
    yes = undone(line, found)
    assert (state_of(yes), yes.confirmed) == (CONFIRMED, DEARER)


@pytest.mark.parametrize("said", [answer(Act.ACCEPT), answer(Act.RECONFIRM)], ids=["accepted", "reconfirmed"])
def test_a_confirmation_is_set_right_by_other_terms_that_the_operator_names(said: Decision) -> None:
    before = line_in(ISSUED if said.lines[0].act is Act.ACCEPT else BUYER_ASKS_AGAIN)
    line, found = afterwards(before, said)
    assert (state_of(line), found.act, found.terms) == (CONFIRMED, Act.PROPOSE, None)
    assert "say which" in found.sentence


@pytest.mark.parametrize("profile", [PEPPOL, PROCUREMENT_CONNECT])
def test_a_confirmation_that_is_frozen_is_not_ours_to_set_right(profile: Profile) -> None:
    _, found = afterwards(line_in(ISSUED), answer(Act.ACCEPT), profile)
    assert (found.act, found.terms) == (None, None)
    assert f"{profile.title} lets our side change that no more; ask the buyer" in found.sentence


def test_a_proposal_and_a_rejection_can_not_be_unsaid() -> None:
    _, proposal = afterwards(line_in(ISSUED), propose(LATER))
    assert (proposal.act, "can't be withdrawn" in proposal.sentence) == (None, True)
    line, rejection = afterwards(line_in(ISSUED), answer(Act.REJECT, reason="no"))
    assert (state_of(line), rejection.act) == (REJECTED, None)
    assert "ask the buyer to issue it again" in rejection.sentence


def test_a_cancellation_that_we_granted_is_the_buyers_to_revert() -> None:
    line, found = afterwards(line_in(BUYER_CANCELS), answer(Act.APPROVE), PROCUREMENT_CONNECT)
    assert (state_of(line), found.act) == (CANCELLED, None)


@pytest.mark.parametrize("state", [state for state in STATES if state not in CLOSED and state is not CONFIRMED])
def test_a_line_that_waits_for_our_answer_has_nothing_to_take_back(state: State) -> None:
    (found,) = compensation(order_in(state), ["10"], TRADECLOUD)
    ours = state not in (OUR_PROPOSAL, WE_REOPEN) and "Shipment" not in state
    assert ("it waits for our answer" in found.sentence) == ours


@pytest.mark.parametrize(
    ("once", "now"),
    [(LATER, LATER), (terms("7:2026-06-01=10"), ASKED)],
    ids=["the same as now", "a delivery that is no more"],
)
def test_terms_of_before_that_are_no_other_terms_today_are_for_the_operator_to_name(once: Terms, now: Terms) -> None:
    before, line = order_in(WE_REOPEN), line_in(CONFIRMED, confirmed=now, requested=now)
    before = order_of(before.lines[0].but(proposed=once))
    (found,) = compensation(order_of(line), ["10"], TRADECLOUD, before)
    assert (found.act, found.terms) == (Act.PROPOSE, None)


def test_a_line_that_was_not_there_before_and_one_that_never_was() -> None:
    (found,) = compensation(order_in(CONFIRMED), ["10"], TRADECLOUD, order_of(line_in(ISSUED, "20")))
    assert (found.act, found.terms) == (Act.PROPOSE, None)
    with pytest.raises(TransitionRefused, match="line 30: the order has no such line"):
        compensation(order_in(CONFIRMED), ["30"], TRADECLOUD)


def test_an_agreement_that_nobody_knows_is_for_the_operator_to_name() -> None:
    before = order_of(line_in(BUYER_REOPENS, confirmed=None))
    approved = respond(before, answer(Act.APPROVE), TRADECLOUD).order
    (found,) = compensation(approved, ["10"], TRADECLOUD, before)
    assert (found.act, found.terms) == (Act.PROPOSE, None)
