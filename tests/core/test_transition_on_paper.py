"""How each word of ours is put on paper: its indicator, whose terms stand beside it, and which noes need a reason.

The line has terms on all sides, so that those that leave can be told from each other; and in an answer that holds all lines,
what is said again of a line that was answered before.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.decisions import Act, Decision
from core.model import LineContent, Order, OrderLine, Terms
from core.outgoing import Indicator, OrderResponse, ResponseLine
from core.profile import GENERIC, PROCUREMENT_CONNECT, TRADECLOUD, Profile
from core.transition import TransitionRefused, respond
from core.transition.on_paper import RESTATES
from core.transition.tables import (
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    ISSUED,
    NEGOTIATED,
    OUR_PROPOSAL,
    REJECTED,
    REOPENED,
    STATES,
    WE_REOPEN,
    WE_RESCHEDULE,
    State,
)
from core.transition.tasks import awaits_us
from tests.core.trade import ASKED, DEARER, LATER, THIRD, answer, line_in, order_of, propose

THEIRS, OURS, AGREED, SAID = ASKED, LATER, DEARER, THIRD
"""What the buyer asks, what is before the buyer, what is agreed; and what is said now."""

CONFIRMS_OTHER_TERMS = replace(GENERIC, other_terms=PROCUREMENT_CONNECT.other_terms)
"""A platform that takes other terms for a confirmation."""
WHOLE = replace(GENERIC, answer_contains=PROCUREMENT_CONNECT.answer_contains)
"""One whose answers hold all lines, and that lets an agreement change."""

Paper = tuple[Indicator | None, Terms | None]


def full(state: State, position: str = "10", **fields: object) -> OrderLine:
    stood = {"requested": THEIRS, "proposed": OURS, "confirmed": AGREED}
    return line_in(state, position).but(**{**stood, **fields})


def on_paper(said: ResponseLine) -> Paper:
    """The indicator, and the terms as those of the line; None where there is neither schedule nor price."""
    if said.delivery_schedule is None and said.prices is None:
        return said.indicator, None
    return said.indicator, Terms(delivery_schedule=said.delivery_schedule or (), prices=said.prices)


def response(order: Order, says: Decision, profile: Profile) -> OrderResponse:
    (outgoing,) = respond(order, says, profile).outgoing
    assert isinstance(outgoing, OrderResponse)
    return outgoing


# --- what is said -----------------------------------------------------------------------------------------------------

ACCEPT, OTHER = answer(Act.ACCEPT), propose(SAID, reason=None)
FLAGGED = LineContent(propose_when_accepted=True)

ROWS = [
    # [R] "explicitly accept the order line as is", and yet a line "contains at least the position and delivery schedule"
    *((f"{state} accepted", full(state), ACCEPT, TRADECLOUD, (Indicator.ACCEPTED, THEIRS)) for state in NEGOTIATED),
    ("accepted for approval", full(ISSUED, content=FLAGGED), ACCEPT, TRADECLOUD, (Indicator.ACCEPTED, THEIRS)),
    ("rejected", full(ISSUED), answer(Act.REJECT, reason="why"), TRADECLOUD, (Indicator.REJECTED, None)),
    ("other terms", full(ISSUED), OTHER, TRADECLOUD, (None, SAID)),
    ("other terms that confirm", full(ISSUED), OTHER, CONFIRMS_OTHER_TERMS, (None, SAID)),
    ("our request withdrawn", full(WE_REOPEN), answer(Act.WITHDRAW), TRADECLOUD, (None, AGREED)),
    ("the agreement again", full(WE_RESCHEDULE), propose(AGREED, reason=None), TRADECLOUD, (None, AGREED)),
    # [O] "Refusing a buyer's reopen request has no indicator (`rejected` would reject the line): we answer with the
    # confirmed terms and a reason"
    ("refused", full(BUYER_REOPENS), answer(Act.REFUSE, reason="why"), TRADECLOUD, (None, AGREED)),
    ("refused, unreported", full(BUYER_REOPENS), answer(Act.REFUSE, reason="why"), GENERIC, (None, AGREED)),
    # A supplier grants a cancellation by cancelling, and refuses it by confirming.
    ("cancellation granted", full(BUYER_CANCELS), answer(Act.APPROVE), GENERIC, (Indicator.REJECTED, None)),
    ("cancellation refused", full(BUYER_CANCELS), answer(Act.REFUSE, reason="why"), GENERIC, (None, AGREED)),
    # Terms beside item details would be an answer, equal ones an acceptance.
    ("details", full(ISSUED), answer(Act.DETAILS, notes=("by lorry",)), TRADECLOUD, (None, None)),
]


@pytest.mark.parametrize(("line", "says", "profile", "paper"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
def test_each_word_has_its_indicator_and_its_terms(
    line: OrderLine, says: Decision, profile: Profile, paper: Paper
) -> None:
    (said,) = response(order_of(line), says, profile).lines
    assert on_paper(said) == paper


def test_other_terms_on_an_order_that_confirms_by_itself_are_stated_and_need_no_reason() -> None:
    for state in (ISSUED, CONFIRMED, *NEGOTIATED):
        (said,) = response(order_of(full(state), auto_confirm=True), OTHER, TRADECLOUD).lines
        assert on_paper(said) == (None, SAID)


@pytest.mark.parametrize("says", ["reject", "refuse", "refuse, unreported", "refuse to cancel"])
def test_a_no_needs_a_reason_where_the_platform_wants_one(says: str) -> None:
    line, act, profile = {
        "reject": (full(ISSUED), Act.REJECT, GENERIC),
        "refuse": (full(BUYER_REOPENS), Act.REFUSE, TRADECLOUD),
        "refuse, unreported": (full(BUYER_REOPENS), Act.REFUSE, GENERIC),
        "refuse to cancel": (full(BUYER_CANCELS), Act.REFUSE, GENERIC),
    }[says]
    for nothing in (None, "", " \t"):
        with pytest.raises(TransitionRefused, match="wants a reason for a no"):
            respond(order_of(line), answer(act, reason=nothing), profile)
    assert respond(order_of(line), answer(act, reason="sold out"), profile).outgoing
    assert respond(order_of(line), answer(act), replace(profile, rejection_needs_reason=False)).outgoing


def test_what_is_accepted_by_flag_or_confirmed_already_is_silent() -> None:
    """[O] "accepting a Confirmed line changes nothing and sends nothing", whatever flag the buyer sets."""
    for content in (LineContent(), FLAGGED):
        for says in (ACCEPT, answer(Act.ACCEPT, reason="gladly"), propose(AGREED)):
            done = respond(order_of(full(CONFIRMED, content=content)), says, TRADECLOUD)
            assert (done.outgoing, done.silent, done.changes) == ((), ("10",), ())


def test_other_terms_while_the_buyer_asks_to_cancel_are_refused_on_an_order_that_confirms_by_itself_too() -> None:
    for automatic in (False, True):
        with pytest.raises(TransitionRefused, match="asks to cancel it; say yes or no to that first"):
            respond(order_of(full(BUYER_CANCELS), auto_confirm=automatic), OTHER, TRADECLOUD)


# --- the order as a whole ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [None, Act.ACCEPT, Act.REJECT])
def test_the_order_is_accepted_or_rejected_as_a_whole_only_where_each_line_is(act: Act | None) -> None:
    """[R] "explicitly accept the order as is", "explicitly reject the order"."""
    order = order_of(full(ISSUED), full(ISSUED, "20"))
    accepted = answer(Act.ACCEPT, "10", "20").but(act=act)
    rejected = answer(Act.REJECT, "10", "20", reason="why").but(act=act)
    assert response(order, accepted, TRADECLOUD).indicator is (Indicator.ACCEPTED if act is Act.ACCEPT else None)
    assert response(order, rejected, TRADECLOUD).indicator is (Indicator.REJECTED if act is Act.REJECT else None)
    for one in (accepted, rejected):
        assert response(order, one.but(lines=one.lines[:1]), TRADECLOUD).indicator is None


# --- an answer that holds all lines -----------------------------------------------------------------------------------

AGAIN: dict[State, Paper] = {
    # Confirmed, but on other terms than were requested: those are stated, since accepting would say the buyer's.
    CONFIRMED: (None, AGREED),
    OUR_PROPOSAL: (None, OURS),
    WE_REOPEN: (None, OURS),
    WE_RESCHEDULE: (None, AGREED),
    BUYER_REOPENS: (None, AGREED),
    REJECTED: (Indicator.REJECTED, None),
}


@pytest.mark.parametrize("state", AGAIN)
def test_a_whole_answer_says_again_what_was_said_of_the_lines_that_were_answered_before(state: State) -> None:
    order = order_of(full(ISSUED), full(state, "20"))
    now, before = response(order, ACCEPT, WHOLE).lines
    assert on_paper(now) == (Indicator.ACCEPTED, THEIRS)
    assert (before.position, *on_paper(before)) == ("20", *AGAIN[state])


def test_what_was_confirmed_as_requested_is_accepted_again() -> None:
    order = order_of(full(ISSUED), full(CONFIRMED, "20", confirmed=THEIRS))
    assert on_paper(response(order, ACCEPT, WHOLE).lines[1]) == (Indicator.ACCEPTED, THEIRS)


@pytest.mark.parametrize("state", [COMPLETED, CANCELLED])
def test_a_line_that_the_buyer_closed_has_no_part_in_a_whole_answer(state: State) -> None:
    (only,) = response(order_of(full(ISSUED), full(state, "20")), ACCEPT, WHOLE).lines
    assert only.position == "10"


def test_there_is_a_word_to_repeat_in_each_state_in_which_nobody_waits_for_ours() -> None:
    silent = {state for state in STATES if not awaits_us(full(state)) and state not in (COMPLETED, CANCELLED)}
    assert set(RESTATES) == set(AGAIN) == silent


@pytest.mark.parametrize("state", [ISSUED, *NEGOTIATED, *REOPENED, BUYER_CANCELS])
def test_a_whole_answer_waits_while_another_line_waits_for_our_word(state: State) -> None:
    waits = full(state, "20", proposed=None if state is BUYER_REOPENS else OURS)
    done = respond(order_of(full(ISSUED), waits), ACCEPT, WHOLE)
    assert bool(done.outgoing) is not awaits_us(waits)


# --- agreements that nobody told us -----------------------------------------------------------------------------------


def test_to_withdraw_a_request_agrees_to_what_is_asked_where_the_agreement_is_not_known() -> None:
    """A Confirmed line always has its agreement; of a line that came here reopened it can be unknown."""
    unknown = order_of(full(WE_REOPEN, confirmed=None))
    line = respond(unknown, answer(Act.WITHDRAW), TRADECLOUD).order.lines[0]
    assert (line.process_status, line.requested, line.proposed, line.confirmed) == (CONFIRMED, THEIRS, None, THEIRS)
