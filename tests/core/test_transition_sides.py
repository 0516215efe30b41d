"""Whose terms stand where after a word: the buyer's, ours and the agreed ones, each told from the others.

The line has all of them, whatever its state: what stood there from before must not come back by another way.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.decisions import Act, Decision
from core.messages import BuyerAct, LineMessage
from core.model import LineContent, Order, OrderLine, Terms
from core.profile import GENERIC, PROCUREMENT_CONNECT, TRADECLOUD, AfterConfirmation, Profile
from core.transition import receive, respond
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLATION_REVERTED,
    CANCELLED,
    CLOSED,
    COMPLETED,
    COMPLETION_REVERTED,
    CONFIRMED,
    ISSUED,
    NEGOTIATED,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    PROPOSAL_REJECTED,
    REISSUED,
    REJECTED,
    REOPENED,
    RESCHEDULED,
    STATES,
    WE_REOPEN,
    WE_RESCHEDULE,
    State,
    state_of,
)
from tests.core.trade import ASKED, DEARER, LATER, THIRD, answer, line_in, message, order_of, propose, said, word

THEIRS, OURS, AGREED, SAID = ASKED, LATER, DEARER, THIRD
"""What the buyer asks, what is before the buyer, what is agreed; and what is said now."""
STOOD = (THEIRS, OURS, AGREED)

OPEN: tuple[State, ...] = tuple(state for state in STATES if state not in CLOSED)
IN_PROGRESS = (*NEGOTIATED, *REOPENED, BUYER_CANCELS)
CONFIRMS_OTHER_TERMS = replace(PROCUREMENT_CONNECT, after_confirmation=AfterConfirmation.REOPEN)
"""A platform that takes other terms for a confirmation, and lets an agreement change."""


def full(state: State, **fields: object) -> OrderLine:
    resumes = WE_RESCHEDULE if state is BUYER_CANCELS else None
    stood = {"requested": THEIRS, "proposed": OURS, "confirmed": AGREED, "resumes": resumes}
    return line_in(state).but(**{**stood, **fields})


def order_in(state: State, *, flagged: bool = False, auto: bool = False, **fields: object) -> Order:
    return order_of(full(state, content=LineContent(propose_when_accepted=flagged), **fields), auto_confirm=auto)


Stands = tuple[State, Terms, Terms | None, Terms | None]


def stands(order: Order) -> Stands:
    """State, requested, proposed and confirmed terms of the line."""
    (line,) = order.lines
    return state_of(line), line.requested, line.proposed, line.confirmed


def answered(order: Order, says: Decision, profile: Profile = TRADECLOUD) -> Stands:
    return stands(respond(order, says, profile).order)


def heard(state: State, says: LineMessage, profile: Profile) -> Stands:
    return stands(receive(order_of(full(state)), message(says), profile).order)


# --- our words --------------------------------------------------------------------------------------------------------

ACCEPT, REJECT, OTHER = answer(Act.ACCEPT), answer(Act.REJECT, reason="why"), propose(SAID)


@pytest.mark.parametrize("state", [ISSUED, *NEGOTIATED, *REOPENED])
def test_what_is_accepted_is_agreed_as_the_buyer_asks_it(state: State) -> None:
    """[R] "explicitly accept the order as is"."""
    assert answered(order_in(state), ACCEPT) == (CONFIRMED, THEIRS, None, THEIRS)
    assert answered(order_in(state), propose(THEIRS)) == (CONFIRMED, THEIRS, None, THEIRS)


def test_what_the_buyer_wants_to_approve_is_our_proposal_of_what_the_buyer_asks() -> None:
    """[T1] "…with the line's `proposeWhenAccepted`: InProgress / OpenSupplierProposal"."""
    assert answered(order_in(ISSUED, flagged=True), ACCEPT) == (OUR_PROPOSAL, THEIRS, THEIRS, AGREED)
    for state in (*NEGOTIATED, *REOPENED):
        assert answered(order_in(state, flagged=True), ACCEPT) == (CONFIRMED, THEIRS, None, THEIRS)
    assert answered(order_in(CONFIRMED, flagged=True), ACCEPT) == (CONFIRMED, *STOOD)


@pytest.mark.parametrize("state", [ISSUED, *IN_PROGRESS])
def test_where_we_reject_nothing_is_agreed_and_nothing_of_ours_is_open(state: State) -> None:
    assert answered(order_in(state), REJECT) == (REJECTED, THEIRS, None, None)


def test_other_terms_lie_before_the_buyer_and_what_is_agreed_stays() -> None:
    """[T1] "terms differ | InProgress, reopen request": the agreement lives until the buyer lets it go."""
    for state in (ISSUED, *NEGOTIATED):
        assert answered(order_in(state), OTHER) == (OUR_PROPOSAL, THEIRS, SAID, AGREED)
    for state in REOPENED:
        assert answered(order_in(state), OTHER) == (WE_REOPEN, THEIRS, SAID, AGREED)
    assert answered(order_in(CONFIRMED), OTHER) == (WE_REOPEN, AGREED, SAID, AGREED)


def test_on_an_order_that_confirms_by_itself_other_terms_are_agreed_at_once_where_nothing_is_negotiated() -> None:
    """[T1] "with the order's `autoConfirm`: Confirmed on our terms", of Issued and Confirmed lines."""
    for agreed_at_once in (ISSUED, CONFIRMED):
        assert answered(order_in(agreed_at_once, auto=True), OTHER) == (CONFIRMED, THEIRS, None, SAID)
    for state in NEGOTIATED:
        assert answered(order_in(state, auto=True), OTHER) == (OUR_PROPOSAL, THEIRS, SAID, AGREED)
    for state in REOPENED:
        assert answered(order_in(state, auto=True), OTHER) == (WE_REOPEN, THEIRS, SAID, AGREED)


@pytest.mark.parametrize("state", OPEN)
def test_where_other_terms_confirm_ours_are_agreed(state: State) -> None:
    assert answered(order_in(state), OTHER, CONFIRMS_OTHER_TERMS) == (CONFIRMED, THEIRS, None, SAID)


@pytest.mark.parametrize("state", [state for state in (*REOPENED, BUYER_CANCELS) if state is not BUYER_REOPENS])
def test_to_state_what_is_agreed_again_ends_all_talk_of_it(state: State) -> None:
    """[T1] "our reopen request open | terms equal to confirmed | Confirmed (request withdrawn)"; and what the buyer asked
    before is settled too: said again, it is asked again."""
    assert answered(order_in(state), propose(AGREED, reason="it stands")) == (CONFIRMED, AGREED, None, AGREED)


def test_what_was_agreed_once_is_no_agreement_before_there_is_one_again() -> None:
    """A line that was reopened after its end is negotiated anew: terms that were agreed once are other terms."""
    for state in (ISSUED, *NEGOTIATED):
        assert answered(order_in(state), propose(AGREED)) == (OUR_PROPOSAL, THEIRS, AGREED, AGREED)


def test_our_no_to_a_request_to_reopen_states_the_agreement() -> None:
    """[O] "we answer with the confirmed terms and a reason, and wait for the platform's word" where there is one."""
    for says in (answer(Act.REFUSE, reason="why"), answer(Act.DISAGREE, reason="why"), propose(AGREED)):
        assert answered(order_in(BUYER_REOPENS), says) == (BUYER_REOPENS, THEIRS, AGREED, AGREED)
        assert answered(order_in(BUYER_REOPENS), says, GENERIC) == (CONFIRMED, AGREED, None, AGREED)


def test_a_cancellation_that_we_grant_ends_the_line_and_one_that_we_refuse_brings_back_what_was() -> None:
    yes, no = answer(Act.APPROVE), answer(Act.REFUSE, reason="packed")
    assert answered(order_in(BUYER_CANCELS), yes) == (CANCELLED, THEIRS, None, AGREED)
    assert answered(order_in(BUYER_CANCELS), no) == (WE_RESCHEDULE, *STOOD)


def test_while_a_cancellation_waits_an_acceptance_is_a_no_where_there_is_an_agreement() -> None:
    asks = replace(TRADECLOUD, rejection_needs_reason=False)
    for flagged in (False, True):
        assert answered(order_in(BUYER_CANCELS, flagged=flagged), ACCEPT, asks) == (WE_RESCHEDULE, *STOOD)
        nothing_agreed = order_in(BUYER_CANCELS, flagged=flagged, confirmed=None)
        assert answered(nothing_agreed, ACCEPT, asks) == (CONFIRMED, THEIRS, None, THEIRS)
    # The desk's `c` says yes to what is asked, and what is asked is to cancel.
    assert answered(order_in(BUYER_CANCELS), answer(Act.AGREE), asks) == (CANCELLED, THEIRS, None, AGREED)


@pytest.mark.parametrize("state", [*OPEN, COMPLETED])
def test_details_leave_state_and_terms_as_they_are(state: State) -> None:
    assert answered(order_in(state), answer(Act.DETAILS, notes=("by lorry",))) == (state, *STOOD)


# --- the buyer's acts -------------------------------------------------------------------------------------------------

ACTS: dict[tuple[BuyerAct, tuple[State, ...]], tuple[State | None, Terms, Terms | None, Terms | None]] = {
    # act, states → becomes (None: stays), requested, proposed, confirmed
    # [T2] "approves our proposal or reopen request | Confirmed on our terms": ours, whatever the message repeats.
    (BuyerAct.APPROVE, (OUR_PROPOSAL, WE_REOPEN)): (CONFIRMED, OURS, None, OURS),
    (BuyerAct.APPROVE, (WE_RESCHEDULE,)): (RESCHEDULED, THEIRS, None, AGREED),
    # [T2] "rejects our proposal | InProgress / RejectedSupplierProposal"
    (BuyerAct.REJECT, (OUR_PROPOSAL,)): (PROPOSAL_REJECTED, THEIRS, None, AGREED),
    # [T2] "rejects our reopen request | Confirmed on the old terms"
    (BuyerAct.REJECT, (WE_REOPEN,)): (CONFIRMED, AGREED, None, AGREED),
    (BuyerAct.REJECT, (WE_RESCHEDULE,)): (NOT_RESCHEDULED, THEIRS, None, AGREED),
    # [T2] "asks to reconfirm | InProgress / OpenBuyerReconfirmationRequest": of what is agreed.
    (BuyerAct.ASK_RECONFIRMATION, (CONFIRMED,)): (BUYER_ASKS_AGAIN, AGREED, OURS, AGREED),
    (BuyerAct.ASK_RECONFIRMATION, (BUYER_ASKS_AGAIN,)): (None, *STOOD),
    (BuyerAct.ASK_CANCELLATION, (ISSUED, CONFIRMED, *IN_PROGRESS)): (BUYER_CANCELS, *STOOD),
    # The buyer takes back a request of their own: what is agreed stands, and nothing else.
    (BuyerAct.WITHDRAW, (BUYER_REOPENS, BUYER_ASKS_AGAIN)): (CONFIRMED, AGREED, None, AGREED),
    (BuyerAct.WITHDRAW, (BUYER_CANCELS,)): (WE_RESCHEDULE, *STOOD),
    # Procurement Connect: "transferred = Issued", said after "cancelation_requested".
    (BuyerAct.STANDS, (BUYER_CANCELS,)): (WE_RESCHEDULE, *STOOD),
    # [T2] "cancels | Cancelled from Issued, InProgress, Rejected, Confirmed"; what was agreed is known for a reversal.
    (BuyerAct.CANCEL, (*OPEN, REJECTED)): (CANCELLED, THEIRS, None, AGREED),
    (BuyerAct.COMPLETE, (*OPEN, REJECTED)): (COMPLETED, THEIRS, None, AGREED),
    # [T2] "reverts a cancellation / a completion": the old agreement is what the buyer asks now.
    (BuyerAct.REVERT_CANCELLATION, (CANCELLED,)): (CANCELLATION_REVERTED, AGREED, OURS, None),
    (BuyerAct.REVERT_COMPLETION, (COMPLETED,)): (COMPLETION_REVERTED, AGREED, OURS, None),
    # The buyer confirms in our stead, on the terms that the message names.
    (BuyerAct.CONFIRM, OPEN): (CONFIRMED, SAID, None, SAID),
}
ACT_ROWS = [
    pytest.param(act, state, (becomes or state, *terms), id=f"{act} | {state}")
    for (act, states), (becomes, *terms) in ACTS.items()
    for state in states
]


@pytest.mark.parametrize(("act", "state", "becomes"), ACT_ROWS)
def test_what_an_act_of_the_buyers_leaves_on_each_side(act: BuyerAct, state: State, becomes: Stands) -> None:
    assert heard(state, said(act, confirmed=SAID), PROCUREMENT_CONNECT) == becomes


@pytest.mark.parametrize("act", [act for act in BuyerAct if act is not BuyerAct.ISSUE])
def test_an_act_leaves_the_sides_of_every_other_line_alone(act: BuyerAct) -> None:
    moved = {state for (of, states), _ in ACTS.items() for state in states if of is act}
    for state in set(STATES) - moved:
        assert heard(state, said(act, confirmed=SAID), PROCUREMENT_CONNECT) == (state, *STOOD)


def test_a_confirmation_in_our_stead_that_names_no_terms_is_of_what_the_buyer_asks() -> None:
    for state in OPEN:
        assert heard(state, said(BuyerAct.CONFIRM), GENERIC) == (CONFIRMED, THEIRS, None, THEIRS)


@pytest.mark.parametrize(
    ("act", "state"),
    [
        (BuyerAct.REJECT, WE_REOPEN),
        (BuyerAct.WITHDRAW, BUYER_REOPENS),
        (BuyerAct.WITHDRAW, BUYER_ASKS_AGAIN),
    ],
)
def test_where_the_agreement_is_not_known_what_stands_again_is_what_is_asked(act: BuyerAct, state: State) -> None:
    """A Confirmed line always has its agreement; of a line that came here reopened it can be unknown."""
    order = order_of(full(state, confirmed=None))
    assert stands(receive(order, message(said(act)), GENERIC).order) == (CONFIRMED, THEIRS, None, THEIRS)


@pytest.mark.parametrize("state", sorted(CLOSED))
def test_what_a_platform_closed_has_the_terms_that_it_shows_and_nothing_of_ours_is_open(state: State) -> None:
    """Only while our own request is before the buyer are the terms that it shows an echo of old ones."""
    for before in (ISSUED, CONFIRMED, OUR_PROPOSAL, WE_REOPEN):
        shown = said(terms=SAID, proposed=OURS, reported=word(state))
        assert heard(before, shown, TRADECLOUD)[:3] == (state, SAID, None)


@pytest.mark.parametrize(
    ("state", "acts", "becomes"),
    [
        # What a message asks and takes back, or confirms itself, is not asked after it.
        (CONFIRMED, (BuyerAct.ISSUE, BuyerAct.WITHDRAW), (CONFIRMED, AGREED, None, AGREED)),
        (ISSUED, (BuyerAct.ASK_RECONFIRMATION, BuyerAct.CONFIRM), (CONFIRMED, SAID, None, SAID)),
        # …and what is asked of an agreement is asked of the one that the same message brings back.
        (WE_REOPEN, (BuyerAct.REJECT, BuyerAct.ASK_RECONFIRMATION), (BUYER_ASKS_AGAIN, AGREED, None, AGREED)),
        # A yes and a no to the same thing: what is agreed is not refused by what comes with it.
        (OUR_PROPOSAL, (BuyerAct.APPROVE, BuyerAct.REJECT), (CONFIRMED, OURS, None, OURS)),
    ],
)
def test_two_acts_of_one_message_count_in_one_order_however_they_are_listed(
    state: State, acts: tuple[BuyerAct, BuyerAct], becomes: Stands
) -> None:
    for listed in (acts, acts[::-1]):
        assert heard(state, said(*listed, terms=SAID), TRADECLOUD) == becomes


# --- what the buyer issues --------------------------------------------------------------------------------------------

TALKED_OF = (ISSUED, *NEGOTIATED, *(state for state in REOPENED if state is not BUYER_REOPENS), BUYER_CANCELS)


def issued(state: State, terms: Terms, profile: Profile = TRADECLOUD) -> Stands:
    return heard(state, said(BuyerAct.ISSUE, terms=terms), profile)


@pytest.mark.parametrize("state", TALKED_OF)
def test_a_reissue_changes_what_is_asked_and_nothing_else(state: State) -> None:
    """[T2] "reissues an Issued or InProgress line | same status, new requested terms"."""
    for asked in (SAID, AGREED):
        assert issued(state, asked) == (state, asked, OURS, AGREED)
    assert issued(state, THEIRS) == (state, *STOOD)


def test_on_a_confirmed_line_other_terms_ask_to_reopen_it_and_the_agreement_stays() -> None:
    """[T2] "asks other terms on a Confirmed line | InProgress / OpenBuyerReopenRequest"."""
    assert issued(CONFIRMED, SAID) == (BUYER_REOPENS, SAID, OURS, AGREED)
    assert issued(CONFIRMED, AGREED) == (CONFIRMED, AGREED, OURS, AGREED)
    assert issued(CONFIRMED, THEIRS) == (CONFIRMED, *STOOD)


def test_on_a_reopened_line_a_new_request_replaces_the_one_that_we_refused_and_the_old_terms_end_it() -> None:
    """[T2] "…asking the confirmed terms again reverts to Confirmed"."""
    assert issued(BUYER_REOPENS, SAID) == (BUYER_REOPENS, SAID, None, AGREED)
    assert issued(BUYER_REOPENS, AGREED) == (CONFIRMED, AGREED, None, AGREED)
    assert issued(BUYER_REOPENS, THEIRS) == (BUYER_REOPENS, *STOOD)


def test_a_rejected_line_that_is_issued_again_asks_what_is_issued() -> None:
    """[T2] "reissues a Rejected line | InProgress / ReissuedRejectedLine"."""
    for asked in (SAID, AGREED, THEIRS):
        assert issued(REJECTED, asked) == (REISSUED, asked, OURS, AGREED)


@pytest.mark.parametrize("state", [COMPLETED, CANCELLED])
def test_what_is_over_is_not_opened_by_issuing_it(state: State) -> None:
    for asked in (SAID, AGREED, THEIRS, OURS):
        assert issued(state, asked) == issued(state, asked, GENERIC) == (state, *STOOD)


def test_where_no_platform_speaks_our_terms_ordered_are_agreed_and_others_are_a_no() -> None:
    """[O] A buyer whose only word is another order approves our terms by ordering them, and rejects them by others."""
    for ours in (OUR_PROPOSAL, WE_REOPEN):
        assert issued(ours, OURS, GENERIC) == (CONFIRMED, OURS, None, OURS)
    assert issued(OUR_PROPOSAL, SAID, GENERIC) == (PROPOSAL_REJECTED, SAID, None, AGREED)
    assert issued(WE_REOPEN, SAID, GENERIC) == (BUYER_REOPENS, SAID, None, AGREED)
    # Where nothing of ours was asked, an order says only what it asks.
    for state in set(TALKED_OF) - {OUR_PROPOSAL, WE_REOPEN}:
        assert issued(state, SAID, GENERIC) == (state, SAID, OURS, AGREED)
    # Where a platform speaks, it says itself what became of ours.
    for ours in (OUR_PROPOSAL, WE_REOPEN):
        assert issued(ours, OURS) == (ours, OURS, OURS, AGREED)
