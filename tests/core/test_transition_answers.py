"""Our answers: "now | our response | becomes", row by row, and the desk's own rules."""

from __future__ import annotations

import pytest

from core.decisions import Act, Decision, LineDecision
from core.model import Contact, ItemDetails, LineContent, Order, OrderLine, Terms
from core.outgoing import Indicator, OrderResponse, ResponseLine
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, TRADECLOUD, Profile
from core.transition import Task, TaskKind, Transition, TransitionRefused, respond, to_answer
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
    IN_PROGRESS,
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
from core.transition.tasks import awaits_us
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    NOW,
    THIRD,
    answer,
    answers,
    gross,
    line_in,
    net,
    order_in,
    order_of,
    propose,
    terms,
)

ACCEPT, REJECT = answer(Act.ACCEPT), answer(Act.REJECT, reason="no capacity")
AUTO = {"auto_confirm": True}


def line_after(order: Order, decision: Decision, profile: Profile = TRADECLOUD) -> OrderLine:
    line = respond(order, decision, profile).order.line("10")
    assert line is not None
    return line


def response(transition: Transition) -> OrderResponse:
    (outgoing,) = transition.outgoing
    assert isinstance(outgoing, OrderResponse)
    return outgoing


def sent(order: Order, decision: Decision, profile: Profile = TRADECLOUD) -> ResponseLine:
    (line,) = response(respond(order, decision, profile)).lines
    return line


# --- the table --------------------------------------------------------------------------------------------------------

ROWS = [
    # now, our response, header, content, becomes, agreed on
    pytest.param(ISSUED, ACCEPT, {}, {}, CONFIRMED, ASKED, id="Issued | accepted | Confirmed"),
    pytest.param(ISSUED, propose(ASKED), {}, {}, CONFIRMED, ASKED, id="Issued | terms equal to requested | Confirmed"),
    pytest.param(
        ISSUED,
        ACCEPT,
        {},
        {"propose_when_accepted": True},
        OUR_PROPOSAL,
        None,
        id="…with `proposeWhenAccepted`: proposal",
    ),
    pytest.param(
        ISSUED, propose(ASKED), {}, {"propose_when_accepted": True}, OUR_PROPOSAL, None, id="…by equal terms too"
    ),
    pytest.param(ISSUED, REJECT, {}, {}, REJECTED, None, id="Issued | rejected | Rejected"),
    pytest.param(ISSUED, propose(LATER), {}, {}, OUR_PROPOSAL, None, id="Issued | terms differ | OpenSupplierProposal"),
    pytest.param(ISSUED, propose(LATER), AUTO, {}, CONFIRMED, LATER, id="…with `autoConfirm`: Confirmed on our terms"),
    *(
        pytest.param(state, ACCEPT, {}, {}, CONFIRMED, ASKED, id=f"{state} | accepted | Confirmed")
        for state in (
            IN_PROGRESS,
            OUR_PROPOSAL,
            PROPOSAL_REJECTED,
            REISSUED,
            COMPLETION_REVERTED,
            CANCELLATION_REVERTED,
        )
    ),
    *(
        pytest.param(state, ACCEPT, {}, {}, CONFIRMED, ASKED, id=f"{state} | accepted | Confirmed")
        for state in (WE_REOPEN, BUYER_ASKS_AGAIN, WE_RESCHEDULE, RESCHEDULED, NOT_RESCHEDULED)
    ),
    pytest.param(BUYER_REOPENS, ACCEPT, {}, {}, CONFIRMED, DEARER, id="buyer's reopen request | accepted | Confirmed"),
    pytest.param(BUYER_REOPENS, propose(DEARER), {}, {}, CONFIRMED, DEARER, id="…terms equal to requested | Confirmed"),
    pytest.param(
        PROPOSAL_REJECTED,
        ACCEPT,
        {},
        {"propose_when_accepted": True},
        CONFIRMED,
        ASKED,
        id="the flag is for Issued lines",
    ),
    *(
        pytest.param(state, REJECT, {}, {}, REJECTED, None, id=f"{state} | rejected | Rejected")
        for state in (*NEGOTIATED, *REOPENED, BUYER_CANCELS)
    ),
    pytest.param(WE_REOPEN, propose(ASKED), {}, {}, CONFIRMED, ASKED, id="our reopen request | equal to confirmed"),
    *(
        pytest.param(state, propose(THIRD), {}, {}, OUR_PROPOSAL, None, id=f"{state} | terms differ | InProgress")
        for state in NEGOTIATED
    ),
    *(
        pytest.param(state, propose(THIRD), {}, {}, WE_REOPEN, ASKED, id=f"{state} | terms differ | InProgress")
        for state in REOPENED
    ),
    *(
        pytest.param(state, propose(THIRD), AUTO, {}, OUR_PROPOSAL, None, id=f"{state} | …whatever `autoConfirm` says")
        for state in (OUR_PROPOSAL, PROPOSAL_REJECTED)
    ),
    pytest.param(CONFIRMED, propose(LATER), {}, {}, WE_REOPEN, ASKED, id="Confirmed | terms differ from confirmed"),
    pytest.param(CONFIRMED, propose(LATER), AUTO, {}, CONFIRMED, LATER, id="…with `autoConfirm`: Confirmed"),
    pytest.param(
        CONFIRMED, propose(ASKED), {}, {}, CONFIRMED, ASKED, id="Confirmed | terms equal confirmed | Confirmed"
    ),
]


@pytest.mark.parametrize(("now", "says", "header", "content", "becomes", "agreed"), ROWS)
def test_now_our_response_becomes(
    now: State,
    says: Decision,
    header: dict[str, object],
    content: dict[str, bool],
    becomes: State,
    agreed: Terms | None,
) -> None:
    order = order_of(line_in(now, content=LineContent().but(**content)), **header)
    line = line_after(order, says)
    assert (state_of(line), line.confirmed) == (becomes, agreed)
    ours_is_open = becomes in (OUR_PROPOSAL, WE_REOPEN)
    assert (line.proposed is not None) == ours_is_open


def test_our_reopen_request_is_withdrawn_by_terms_equal_to_confirmed_even_when_the_buyer_asked_anew() -> None:
    """InProgress, our reopen request open | terms equal to confirmed | Confirmed (request withdrawn)."""
    line = line_after(order_of(line_in(WE_REOPEN, requested=DEARER)), propose(ASKED))
    assert (state_of(line), line.confirmed, line.proposed) == (CONFIRMED, ASKED, None)


@pytest.mark.parametrize("state", sorted(CLOSED))
@pytest.mark.parametrize("act", [act for act in Act if act not in (Act.PROPOSE, Act.DETAILS)])
def test_rejected_completed_cancelled_take_no_answer(state: State, act: Act) -> None:
    """Rejected, Completed, Cancelled | anything | unchanged; our own rule: it is refused and nothing is sent.

    What is told besides is no answer to the line: `test_transition_completed`.
    """
    with pytest.raises(TransitionRefused) as refused:
        respond(order_in(state), answer(act, reason="why"), TRADECLOUD)
    assert refused.value.position == "10"
    if act is not Act.WITHDRAW:
        assert f"it is {state.value}" in refused.value.sentence


# --- our own rules ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.AGREE])
def test_accepting_a_confirmed_line_changes_nothing_and_sends_nothing(act: Act) -> None:
    order = order_in(CONFIRMED)
    transition = respond(order, answer(act), TRADECLOUD)
    assert transition.order is order
    assert (transition.changes, transition.outgoing, transition.silent) == ((), (), ("10",))
    assert transition.notes == ("line 10 is confirmed already: nothing to send.",)


@pytest.mark.parametrize("act", [Act.REJECT, Act.DISAGREE])
def test_rejecting_a_confirmed_line_is_refused_with_the_advice_to_propose_other_terms(act: Act) -> None:
    with pytest.raises(TransitionRefused) as refused:
        respond(order_in(CONFIRMED), answer(act, reason="no capacity"), TRADECLOUD)
    assert str(refused.value) == (
        "order PO-7, line 10: it is confirmed and can't be rejected any more; propose other terms instead."
    )
    assert (refused.value.number, refused.value.position) == ("PO-7", "10")


def test_where_nothing_can_be_changed_any_more_the_advice_is_to_ask_the_buyer() -> None:
    with pytest.raises(TransitionRefused, match="ask the buyer to change or cancel it"):
        respond(order_in(CONFIRMED), REJECT, PEPPOL)
    with pytest.raises(TransitionRefused, match="ask the buyer to change or cancel it"):
        respond(order_in(CONFIRMED), propose(LATER), PEPPOL)


@pytest.mark.parametrize("act", [Act.REFUSE, Act.DISAGREE])
def test_refusing_a_reopen_request_sends_the_confirmed_terms_and_waits_for_the_platforms_word(act: Act) -> None:
    order = order_in(BUYER_REOPENS)
    transition = respond(order, answer(act, reason="too dear"), TRADECLOUD)
    line = transition.order.lines[0]
    assert (state_of(line), line.requested, line.confirmed) == (BUYER_REOPENS, DEARER, ASKED)
    assert (transition.closed, transition.opened) == (
        (Task(TaskKind.BUYER_ASKS, "10"),),
        (Task(TaskKind.WAIT, "10"),),
    )
    (out,) = response(transition).lines
    assert (out.indicator, out.delivery_schedule, out.prices, out.reason) == (
        None,
        ASKED.delivery_schedule,
        ASKED.prices,
        "too dear",
    )


def test_answering_a_reopen_request_with_the_confirmed_terms_is_a_refusal() -> None:
    line = line_after(order_in(BUYER_REOPENS), propose(ASKED))
    assert (state_of(line), line.requested) == (BUYER_REOPENS, DEARER)


@pytest.mark.parametrize("profile", [GENERIC, PEPPOL], ids=lambda profile: profile.name)
def test_a_refusal_is_the_last_word_where_no_platform_says_another(profile: Profile) -> None:
    line = line_after(order_in(BUYER_REOPENS), answer(Act.REFUSE, reason="too dear"), profile)
    assert (state_of(line), line.requested, line.confirmed, line.proposed) == (CONFIRMED, ASKED, ASKED, None)


def test_where_an_agreement_is_frozen_a_buyers_request_takes_a_yes_or_no_only() -> None:
    with pytest.raises(TransitionRefused, match="agree to what the buyer asks, or refuse it"):
        respond(order_in(BUYER_REOPENS), propose(THIRD), PEPPOL)
    assert state_of(line_after(order_in(BUYER_REOPENS), answer(Act.AGREE), PEPPOL)) is CONFIRMED


def test_a_refused_request_can_still_be_approved() -> None:
    refused = respond(order_in(BUYER_REOPENS), answer(Act.REFUSE, reason="too dear"), TRADECLOUD).order
    line = line_after(refused, answer(Act.AGREE))
    assert (state_of(line), line.confirmed, line.proposed) == (CONFIRMED, DEARER, None)


def test_a_request_cannot_be_refused_when_what_was_agreed_is_not_known() -> None:
    order = order_of(line_in(BUYER_REOPENS, confirmed=None))
    with pytest.raises(TransitionRefused, match="what was agreed before is not known here; propose the terms"):
        respond(order, answer(Act.REFUSE, reason="too dear"), TRADECLOUD)


def test_a_reconfirmation_cannot_be_refused_but_by_other_terms() -> None:
    for act in (Act.REFUSE, Act.DISAGREE):
        with pytest.raises(TransitionRefused, match="propose the terms that you can keep"):
            respond(order_in(BUYER_ASKS_AGAIN), answer(act, reason="no"), TRADECLOUD)
    assert state_of(line_after(order_in(BUYER_ASKS_AGAIN), propose(LATER))) is WE_REOPEN


# --- acts -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("act", "state", "becomes"),
    [
        (Act.AGREE, ISSUED, CONFIRMED),
        (Act.AGREE, OUR_PROPOSAL, CONFIRMED),
        (Act.AGREE, BUYER_REOPENS, CONFIRMED),
        (Act.AGREE, BUYER_ASKS_AGAIN, CONFIRMED),
        (Act.AGREE, BUYER_CANCELS, CANCELLED),
        (Act.APPROVE, BUYER_REOPENS, CONFIRMED),
        (Act.APPROVE, BUYER_ASKS_AGAIN, CONFIRMED),
        (Act.APPROVE, BUYER_CANCELS, CANCELLED),
        (Act.RECONFIRM, BUYER_ASKS_AGAIN, CONFIRMED),
        (Act.DISAGREE, ISSUED, REJECTED),
        (Act.DISAGREE, PROPOSAL_REJECTED, REJECTED),
        (Act.DISAGREE, BUYER_CANCELS, ISSUED),
        (Act.REFUSE, BUYER_CANCELS, ISSUED),
        (Act.WITHDRAW, WE_REOPEN, CONFIRMED),
    ],
)
def test_what_an_act_comes_to_in_a_state(act: Act, state: State, becomes: State) -> None:
    assert state_of(line_after(order_in(state), answer(act, reason="why"))) is becomes


@pytest.mark.parametrize(
    ("act", "states"),
    [
        (Act.APPROVE, {BUYER_REOPENS, BUYER_ASKS_AGAIN, BUYER_CANCELS}),
        (Act.REFUSE, {BUYER_REOPENS, BUYER_CANCELS}),
        (Act.RECONFIRM, {BUYER_ASKS_AGAIN}),
        (Act.WITHDRAW, {WE_REOPEN}),
    ],
)
def test_what_answers_a_request_is_refused_where_there_is_none(act: Act, states: set[State]) -> None:
    def taken(state: State) -> bool:
        try:
            respond(order_in(state), answer(act, reason="why"), TRADECLOUD)
        except TransitionRefused:
            return False
        return True

    assert {state for state in STATES if taken(state)} == states


def test_a_proposal_is_not_taken_back_without_an_answer_in_its_place() -> None:
    with pytest.raises(TransitionRefused, match="confirm the line as requested, reject it or propose other terms"):
        respond(order_in(OUR_PROPOSAL), answer(Act.WITHDRAW), TRADECLOUD)


def test_a_shipment_that_we_announced_is_not_withdrawn_by_an_answer() -> None:
    with pytest.raises(TransitionRefused, match=r"is the shipment that we announced.*ask the buyer"):
        respond(order_in(WE_RESCHEDULE), answer(Act.WITHDRAW), TRADECLOUD)


def test_withdrawing_sends_the_confirmed_terms() -> None:
    out = sent(order_in(WE_REOPEN), answer(Act.WITHDRAW))
    assert (out.indicator, out.delivery_schedule, out.prices) == (None, ASKED.delivery_schedule, ASKED.prices)


def test_other_terms_on_a_confirmed_line_start_from_what_is_agreed() -> None:
    agreed_otherwise = order_of(line_in(CONFIRMED, confirmed=DEARER))
    line = line_after(agreed_otherwise, propose(Terms(delivery_schedule=LATER.delivery_schedule)))
    assert line.proposed == terms("1:2026-06-01=10", prices=net("14.00"))
    assert line.requested == DEARER
    back = line_after(respond(agreed_otherwise, propose(LATER), TRADECLOUD).order, answer(Act.WITHDRAW))
    assert (state_of(back), back.confirmed) == (CONFIRMED, DEARER)


def test_what_is_not_named_in_a_proposal_is_sent_as_requested() -> None:
    out = sent(order_in(ISSUED), propose(Terms(prices=gross("20", "10", unit=None))))
    assert out.delivery_schedule == ASKED.delivery_schedule
    assert out.prices == gross("20", "10")
    assert out.reason == "busy"


def test_details_leave_the_answer_as_it_is() -> None:
    details = ItemDetails(country_of_origin="NL", net_weight=net("1.2").net.transaction.value, net_weight_unit="KGM")  # type: ignore[union-attr]
    decision = answer(Act.DETAILS, item_details=details, sales_order_number="SO-1", sales_order_position="1")
    order = order_in(ISSUED)
    line = line_after(order, decision)
    assert (state_of(line), line.item_details, line.sales_order_number, line.sales_order_position) == (
        ISSUED,
        details,
        "SO-1",
        "1",
    )
    out = sent(order, decision)
    assert (out.indicator, out.delivery_schedule, out.prices, out.item_details) == (None, None, None, details)


def test_later_details_come_on_top_of_earlier_ones() -> None:
    first = respond(
        order_in(ISSUED), answer(Act.DETAILS, item_details=ItemDetails(serial_number="S1")), TRADECLOUD
    ).order
    line = line_after(first, answer(Act.DETAILS, item_details=ItemDetails(batch_number="B1")))
    assert line.item_details == ItemDetails(serial_number="S1", batch_number="B1")


def test_the_reason_of_the_last_answer_stands_on_the_line() -> None:
    proposed = respond(order_in(ISSUED), propose(LATER, reason="busy"), TRADECLOUD).order
    assert proposed.lines[0].reason == "busy"
    noted = respond(proposed, answer(Act.DETAILS, notes=("by truck",)), TRADECLOUD).order
    assert noted.lines[0].reason == "busy"
    assert line_after(noted, ACCEPT).reason is None


def test_all_that_the_decision_says_goes_out() -> None:
    decision = Decision(
        id="d",
        at=NOW,
        lines=(LineDecision(position="10", act=Act.ACCEPT, description="as agreed", notes=("n",), properties=()),),
        description="our answer",
        contact=Contact(email="a@b.example"),
        notes=("hello",),
    )
    out = response(respond(order_in(ISSUED, buyer_account_number="4711"), decision, TRADECLOUD))
    assert (out.number, out.buyer_account_number, out.company_id, out.indicator) == ("PO-7", "4711", None, None)
    assert (out.description, out.contact, out.notes) == ("our answer", Contact(email="a@b.example"), ("hello",))
    assert (out.lines[0].description, out.lines[0].notes, out.lines[0].properties) == ("as agreed", ("n",), ())


# --- answers that hold every line -------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", [PROCUREMENT_CONNECT, PEPPOL], ids=lambda profile: profile.name)
def test_nothing_leaves_before_every_open_line_is_decided(profile: Profile) -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"))
    assert respond(order, answer(Act.ACCEPT, "20"), profile).outgoing == ()
    whole = response(respond(order, answer(Act.ACCEPT, "20", "10"), profile))
    assert [line.position for line in whole.lines] == ["10", "20"]
    assert whole.indicator is Indicator.ACCEPTED


def test_details_alone_decide_nothing() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"))
    notes = LineDecision(position="10", act=Act.DETAILS, notes=("n",))
    assert respond(order, answers(notes, LineDecision(position="20", act=Act.ACCEPT)), PEPPOL).outgoing == ()


def test_a_mixed_answer_has_no_indicator_for_the_order() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"))
    mixed = answers(
        LineDecision(position="10", act=Act.ACCEPT), LineDecision(position="20", act=Act.REJECT, reason="no")
    )
    assert response(respond(order, mixed, PEPPOL)).indicator is None
    assert response(respond(order, answer(Act.REJECT, "10", "20", reason="no"), PEPPOL)).indicator is Indicator.REJECTED


def test_lines_that_were_answered_before_are_said_again() -> None:
    order = order_of(
        line_in(ISSUED, "10"),
        line_in(CONFIRMED, "20"),
        line_in(CONFIRMED, "30", confirmed=LATER),
        line_in(REJECTED, "40", reason="no"),
        line_in(OUR_PROPOSAL, "50", reason="busy"),
        line_in(WE_RESCHEDULE, "60"),
        line_in(CANCELLED, "70"),
        line_in(COMPLETED, "80"),
    )
    lines = {line.position: line for line in response(respond(order, ACCEPT, PEPPOL)).lines}
    assert list(lines) == ["10", "20", "30", "40", "50", "60"]
    assert {position: line.indicator for position, line in lines.items()} == {
        "10": Indicator.ACCEPTED,
        "20": Indicator.ACCEPTED,
        "30": None,
        "40": Indicator.REJECTED,
        "50": None,
        "60": None,
    }
    assert lines["30"].delivery_schedule == lines["50"].delivery_schedule == LATER.delivery_schedule
    assert (lines["40"].reason, lines["50"].reason) == ("no", "busy")


def test_details_on_an_answered_line_go_out_with_what_was_said_before() -> None:
    order = order_in(CONFIRMED)
    decision = answer(Act.DETAILS, item_details=ItemDetails(batch_number="B1"))
    out = sent(order, decision, PEPPOL)
    assert (out.indicator, out.delivery_schedule, out.item_details) == (
        Indicator.ACCEPTED,
        ASKED.delivery_schedule,
        ItemDetails(batch_number="B1"),
    )


# --- Procurement Connect ----------------------------------------------------------------------------------------------


def test_an_order_is_cancelled_whole_with_a_reason() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"), line_in(CANCELLED, "30"))
    transition = respond(order, answer(Act.REJECT, "10", "20", reason="out of stock"), PROCUREMENT_CONNECT)
    assert transition.order.process_status is REJECTED
    assert response(transition).indicator is Indicator.REJECTED
    assert {line.reason for line in response(transition).lines} == {"out of stock"}


def test_a_line_is_not_rejected_by_itself() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20"))
    with pytest.raises(TransitionRefused, match="line 20: Procurement Connect takes or cancels an order as a whole"):
        respond(order, REJECT, PROCUREMENT_CONNECT)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_a_rejection_wants_a_reason(reason: str | None) -> None:
    with pytest.raises(TransitionRefused, match="wants a reason for a no; give one"):
        respond(order_in(ISSUED), answer(Act.REJECT, reason=reason), PROCUREMENT_CONNECT)


def test_a_refusal_wants_a_reason_too() -> None:
    for state in (BUYER_REOPENS, BUYER_CANCELS):
        with pytest.raises(TransitionRefused, match="wants a reason"):
            respond(order_in(state), answer(Act.REFUSE), TRADECLOUD)


def test_yes_to_a_cancellation_cancels() -> None:
    transition = respond(order_in(BUYER_CANCELS), answer(Act.AGREE), PROCUREMENT_CONNECT)
    assert transition.order.process_status is CANCELLED
    assert transition.order.logistics_status == "Cancelled"
    assert response(transition).indicator is Indicator.REJECTED


@pytest.mark.parametrize("before", [state for state in STATES if state not in CLOSED and state is not BUYER_CANCELS])
def test_no_to_a_cancellation_brings_back_what_was(before: State) -> None:
    asked = order_of(line_in(BUYER_CANCELS, resumes=before, confirmed=ASKED if before is CONFIRMED else None))
    transition = respond(asked, answer(Act.DISAGREE, reason="it is packed"), PROCUREMENT_CONNECT)
    line = transition.order.lines[0]
    assert (state_of(line), line.resumes) == (before, None)
    if awaits_us(line):
        # Procurement Connect confirms or cancels: it can't hear a no of what still has no answer.
        assert transition.outgoing == ()
        assert "hears our no when the order is confirmed" in transition.notes[0]
    else:
        (out,) = response(transition).lines
        assert (out.indicator, out.delivery_schedule, out.reason) == (None, ASKED.delivery_schedule, "it is packed")


def test_where_nobody_knows_what_was_a_no_goes_by_the_agreement() -> None:
    """What is not known to be agreed here may be: the platform's word on the request is the first that tells of it."""
    for before in (None, ISSUED):
        for agreed, becomes in ((ASKED, CONFIRMED), (None, ISSUED)):
            order = order_of(line_in(BUYER_CANCELS, resumes=before, confirmed=agreed))
            assert state_of(line_after(order, answer(Act.REFUSE, reason="no"), PROCUREMENT_CONNECT)) is becomes


def test_accepting_while_a_cancellation_waits_confirms_or_keeps_the_agreement() -> None:
    assert state_of(line_after(order_in(BUYER_CANCELS), ACCEPT, PROCUREMENT_CONNECT)) is CONFIRMED
    agreed = order_of(line_in(BUYER_CANCELS, resumes=CONFIRMED, confirmed=LATER))
    line = line_after(agreed, answer(Act.ACCEPT, reason="it is packed"), PROCUREMENT_CONNECT)
    assert (state_of(line), line.confirmed) == (CONFIRMED, LATER)


def test_other_terms_while_a_cancellation_waits_confirm_or_wait_for_a_yes_or_no() -> None:
    line = line_after(order_in(BUYER_CANCELS), propose(LATER), PROCUREMENT_CONNECT)
    assert (state_of(line), line.confirmed) == (CONFIRMED, LATER)
    with pytest.raises(TransitionRefused, match="the buyer asks to cancel it; say yes or no to that first"):
        respond(order_in(BUYER_CANCELS), propose(LATER), TRADECLOUD)


def test_a_whole_order_is_not_half_cancelled() -> None:
    order = order_of(line_in(BUYER_CANCELS, "10"), line_in(BUYER_CANCELS, "20"))
    half = answers(
        LineDecision(position="10", act=Act.APPROVE), LineDecision(position="20", act=Act.REFUSE, reason="packed")
    )
    with pytest.raises(TransitionRefused, match=r"line 20: .* as a whole"):
        respond(order, half, PROCUREMENT_CONNECT)
    assert respond(order, answer(Act.APPROVE, "10", "20"), PROCUREMENT_CONNECT).order.process_status is CANCELLED


# --- the order as a whole ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("whole", "lines", "indicator"),
    [
        (Act.ACCEPT, (Act.ACCEPT, Act.ACCEPT), Indicator.ACCEPTED),
        (Act.REJECT, (Act.REJECT, Act.REJECT), Indicator.REJECTED),
        (Act.ACCEPT, (Act.ACCEPT, Act.REJECT), None),
        (Act.ACCEPT, (Act.ACCEPT,), None),
        (None, (Act.ACCEPT, Act.ACCEPT), None),
    ],
)
def test_what_is_said_of_the_whole_order_is_said_of_it_as_far_as_each_line_says_the_same(
    whole: Act | None, lines: tuple[Act, ...], indicator: Indicator | None
) -> None:
    """[R] "indicators.accepted: explicitly accept the order as is"; a line that isn't meant must not be swept along."""
    order = order_of(line_in(ISSUED, "1"), line_in(ISSUED, "2"))
    said = answers(
        *(LineDecision(position=str(at), act=act, reason="no") for at, act in enumerate(lines, 1)),
    )
    (out,) = respond(order, said.but(act=whole), TRADECLOUD).outgoing
    assert isinstance(out, OrderResponse)
    assert out.indicator is indicator


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_the_lines_whose_answer_is_ours_are_told() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(CONFIRMED, "20"), line_in(BUYER_REOPENS, "30"))
    assert to_answer(order) == ("10", "30")


def test_an_answer_closes_one_task_and_opens_the_next() -> None:
    transition = respond(order_in(ISSUED), ACCEPT, TRADECLOUD)
    assert transition.closed == (Task(TaskKind.ANSWER, "10"),)
    assert transition.opened == (Task(TaskKind.SHIP, "10"),)
    rejected = respond(order_in(ISSUED), REJECT, TRADECLOUD)
    assert (rejected.closed, rejected.opened) == ((Task(TaskKind.ANSWER, "10"),), ())


def test_item_details_of_a_confirmed_line_come_with_the_agreement_where_an_answer_holds_every_line() -> None:
    """A whole answer without the agreed dates would read as if they were unknown again."""
    order = order_in(CONFIRMED)
    after = respond(order, answer(Act.DETAILS, item_details=ItemDetails(serial_number="S1")), PROCUREMENT_CONNECT)
    (line,) = response(after).lines
    assert (line.delivery_schedule, line.prices) == (ASKED.delivery_schedule, ASKED.prices)
    assert state_of(after.order.lines[0]) is CONFIRMED
