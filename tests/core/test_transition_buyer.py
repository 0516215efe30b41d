"""What the buyer does: "the buyer does | becomes", row by row, and what a message may hold."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.decisions import Act
from core.messages import BuyerAct, LineMessage
from core.model import (
    Document,
    Item,
    LineContent,
    LogisticsStatus,
    Order,
    OrderHeader,
    OrderKey,
    OrderLine,
    Prices,
    ProcessStatus,
    Progress,
    Terms,
)
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, TRADECLOUD, Profile
from core.transition import Task, TaskKind, TransitionRefused, receive, respond
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
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    THIRD,
    answer,
    deliveries,
    gross,
    issue,
    line_in,
    message,
    net,
    order_in,
    order_of,
    positions,
    propose,
    said,
    terms,
    word,
)

OPEN = [state for state in STATES if state not in CLOSED]
IN_PROGRESS = [state for state in OPEN if state not in (ISSUED, CONFIRMED)]


def heard(line: OrderLine, *words: LineMessage, profile: Profile = GENERIC) -> OrderLine:
    """`line` after a message of these words."""
    return receive(order_of(line), message(*words), profile).order.lines[0]


def after(state: State, *acts: BuyerAct, terms: Terms | None = None, profile: Profile = GENERIC) -> OrderLine:
    return heard(line_in(state), said(*acts, terms=terms), profile=profile)


# --- the table --------------------------------------------------------------------------------------------------------


def test_issues_a_line_issued_logistics_open() -> None:
    transition = receive(None, issue("10", "20"), GENERIC)
    assert [(state_of(line), line.logistics_status, line.requested) for line in transition.order.lines] == [
        (ISSUED, LogisticsStatus.OPEN, ASKED)
    ] * 2
    assert (transition.order.process_status, transition.order.logistics_status) == (ISSUED, LogisticsStatus.OPEN)
    assert transition.opened == (Task(TaskKind.ANSWER, "10"), Task(TaskKind.ANSWER, "20"))


@pytest.mark.parametrize("state", [ISSUED, *IN_PROGRESS])
def test_reissues_an_issued_or_in_progress_line_same_status_new_requested_terms(state: State) -> None:
    before = line_in(state)
    line = heard(before, said(BuyerAct.ISSUE, terms=THIRD), profile=TRADECLOUD)
    assert (state_of(line), line.requested, line.proposed, line.confirmed) == (
        state,
        THIRD,
        before.proposed,
        before.confirmed,
    )


def test_reissues_a_rejected_line() -> None:
    for asked in (ASKED, LATER):
        line = after(REJECTED, BuyerAct.ISSUE, terms=asked)
        assert (state_of(line), line.requested) == (REISSUED, asked)


def test_asks_other_terms_on_a_confirmed_line() -> None:
    line = after(CONFIRMED, BuyerAct.ISSUE, terms=LATER)
    assert (state_of(line), line.requested, line.confirmed) == (BUYER_REOPENS, LATER, ASKED)


def test_asking_the_confirmed_terms_again_reverts_to_confirmed() -> None:
    line = after(BUYER_REOPENS, BuyerAct.ISSUE, terms=terms("2026-05-01=10.0"))
    assert (state_of(line), line.confirmed) == (CONFIRMED, ASKED)


def test_a_new_request_takes_the_place_of_the_one_that_we_refused() -> None:
    refused = line_in(BUYER_REOPENS, proposed=ASKED)
    assert heard(refused, said(BuyerAct.ISSUE, terms=THIRD)).proposed is None
    assert heard(refused, said(BuyerAct.ISSUE, terms=DEARER)).proposed == ASKED


@pytest.mark.parametrize("ends", ["we withdraw ours", "the buyer rejects ours"])
def test_what_the_buyer_asks_again_after_our_counter_request_ended_is_asked_again(ends: str) -> None:
    asked = receive(order_in(CONFIRMED), message(said(BuyerAct.ISSUE, terms=DEARER)), GENERIC).order
    countered = respond(asked, propose(LATER), GENERIC).order
    assert state_of(countered.lines[0]) is WE_REOPEN
    if ends == "we withdraw ours":
        agreed = respond(countered, answer(Act.WITHDRAW), GENERIC).order
    else:
        agreed = receive(countered, message(said(BuyerAct.REJECT)), GENERIC).order
    assert (state_of(agreed.lines[0]), agreed.lines[0].confirmed) == (CONFIRMED, ASKED)
    again = receive(agreed, message(said(BuyerAct.ISSUE, terms=DEARER)), GENERIC)
    assert (state_of(again.order.lines[0]), again.opened) == (BUYER_REOPENS, (Task(TaskKind.BUYER_ASKS, "10"),))


HUNDRED = terms(prices=net("78.90", per="100"))
LESS = terms(prices=gross("100", "10"))


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        pytest.param(HUNDRED, terms(prices=net("78.90", per=None)), id="per 100, then per nothing, which is one"),
        pytest.param(LESS, terms(prices=gross("100")), id="less 10 %, then less nothing"),
        pytest.param(ASKED, terms(prices=net("12.50", per="100")), id="per 1, then per 100"),
    ],
)
def test_a_price_that_is_changed_by_leaving_something_out_is_another_price(before: Terms, asked: Terms) -> None:
    """Nothing is copied into a buyer's order: "Price, unit and unit quantity always travel together"."""
    for state in (ISSUED, PROPOSAL_REJECTED):
        line = heard(line_in(state, requested=before), said(BuyerAct.ISSUE, terms=asked))
        assert (state_of(line), line.requested) == (state, asked)
    for profile in (GENERIC, PEPPOL, TRADECLOUD):
        known = line_in(CONFIRMED, requested=before, confirmed=before)
        line = heard(known, said(BuyerAct.ISSUE, terms=asked), profile=profile)
        assert (state_of(line), line.requested, line.confirmed) == (BUYER_REOPENS, asked, before)
        assert state_of(heard(line, said(BuyerAct.ISSUE, terms=before), profile=profile)) is CONFIRMED


def test_to_order_our_price_per_hundred_as_one_of_a_piece_is_no_approval() -> None:
    waiting = line_in(OUR_PROPOSAL, proposed=HUNDRED)
    assert state_of(heard(waiting, said(BuyerAct.ISSUE, terms=HUNDRED))) is CONFIRMED
    line = heard(waiting, said(BuyerAct.ISSUE, terms=terms(prices=net("78.90", per=None))))
    assert (state_of(line), line.confirmed) == (PROPOSAL_REJECTED, None)


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        pytest.param(ASKED, terms(prices=net("12.5", per=None)), id="per 1, then per nothing"),
        pytest.param(ASKED, terms(prices=net("12.50", unit=None)), id="per the unit in which it is bought"),
        pytest.param(LESS, terms(prices=net("90")), id="what is paid, said otherwise"),
        pytest.param(HUNDRED, Terms(delivery_schedule=HUNDRED.delivery_schedule), id="no prices"),
        pytest.param(HUNDRED, HUNDRED.but(prices=Prices()), id="prices that say nothing"),
        pytest.param(HUNDRED, HUNDRED.but(prices=Prices(price_unit="PCE")), id="a unit without a price"),
        pytest.param(HUNDRED, Terms(prices=HUNDRED.prices), id="no schedule"),
        pytest.param(HUNDRED, terms("2026-05-01=10", prices=HUNDRED.prices), id="a delivery without position"),
    ],
)
def test_the_same_order_in_other_words_or_with_a_part_left_out_asks_nothing(before: Terms, asked: Terms) -> None:
    content = LineContent(item=Item(unit="PCE"))
    known = line_in(ISSUED, requested=before, content=content)
    assert heard(known, said(BuyerAct.ISSUE, terms=asked)) == known
    agreed = line_in(CONFIRMED, requested=before, confirmed=before, content=content)
    line = heard(agreed, said(BuyerAct.ISSUE, terms=asked))
    assert (state_of(line), line.confirmed) == (CONFIRMED, before)


def test_a_unit_without_a_price_is_the_unit_of_the_price_that_stands() -> None:
    line = heard(
        line_in(ISSUED), said(BuyerAct.ISSUE, terms=ASKED.but(prices=Prices(price_unit_quantity=Decimal(100))))
    )
    assert line.requested == terms(prices=net("12.50", per="100"))


@pytest.mark.parametrize("asked", [ASKED, DEARER], ids=["as it was requested", "as it was confirmed"])
def test_the_same_order_sent_again_asks_nothing_of_a_line_confirmed_on_our_terms(asked: Terms) -> None:
    line = heard(line_in(CONFIRMED, confirmed=DEARER), said(BuyerAct.ISSUE, terms=asked))
    assert (state_of(line), line.confirmed) == (CONFIRMED, DEARER)


def test_where_no_platform_speaks_a_buyer_who_orders_our_terms_approves_them() -> None:
    split = terms("1:2026-05-01=4", "2026-06-01=6")
    numbered = terms("1:2026-05-01=4", "2:2026-06-01=6")
    for state in (OUR_PROPOSAL, WE_REOPEN):
        line = heard(line_in(state, proposed=split), said(BuyerAct.ISSUE, terms=numbered))
        assert (state_of(line), line.requested, line.proposed, line.confirmed) == (CONFIRMED, numbered, None, numbered)


def test_where_no_platform_speaks_a_buyer_who_orders_otherwise_rejects_our_terms() -> None:
    proposal = after(OUR_PROPOSAL, BuyerAct.ISSUE, terms=THIRD)
    assert (state_of(proposal), proposal.requested, proposal.proposed) == (PROPOSAL_REJECTED, THIRD, None)
    reopen = after(WE_REOPEN, BuyerAct.ISSUE, terms=THIRD)
    assert (state_of(reopen), reopen.requested, reopen.confirmed, reopen.proposed) == (
        BUYER_REOPENS,
        THIRD,
        ASKED,
        None,
    )
    for state in (OUR_PROPOSAL, WE_REOPEN):
        assert after(state, BuyerAct.ISSUE, terms=ASKED) == line_in(state)


def test_terms_of_ours_that_are_not_known_are_no_terms_that_the_buyer_orders() -> None:
    unknown = heard(line_in(OUR_PROPOSAL, proposed=None), said(BuyerAct.ISSUE, terms=THIRD))
    assert (state_of(unknown), unknown.requested) == (PROPOSAL_REJECTED, THIRD)


def test_asks_to_reconfirm() -> None:
    line = heard(line_in(CONFIRMED, confirmed=LATER), said(BuyerAct.ASK_RECONFIRMATION))
    assert (state_of(line), line.requested, line.confirmed) == (BUYER_ASKS_AGAIN, LATER, LATER)
    assert state_of(heard(line, said(BuyerAct.ASK_RECONFIRMATION))) is BUYER_ASKS_AGAIN


@pytest.mark.parametrize("state", [OUR_PROPOSAL, WE_REOPEN])
def test_approves_our_proposal_or_reopen_request_confirmed_on_our_terms(state: State) -> None:
    line = after(state, BuyerAct.APPROVE)
    assert (state_of(line), line.requested, line.proposed, line.confirmed) == (CONFIRMED, LATER, None, LATER)


def test_what_was_approved_is_what_the_buyer_asks_so_the_old_terms_are_a_reopen_request() -> None:
    approved = after(OUR_PROPOSAL, BuyerAct.APPROVE)
    assert state_of(heard(approved, said(BuyerAct.ISSUE, terms=ASKED))) is BUYER_REOPENS


def test_an_approval_of_terms_that_we_do_not_know_takes_those_of_the_message() -> None:
    line = heard(line_in(WE_REOPEN, proposed=None), said(BuyerAct.APPROVE, confirmed=THIRD))
    assert (state_of(line), line.confirmed) == (CONFIRMED, THIRD)
    silent = heard(line_in(WE_REOPEN, proposed=None), said(BuyerAct.APPROVE))
    assert (state_of(silent), silent.confirmed) == (CONFIRMED, ASKED)


def test_rejects_our_proposal() -> None:
    line = after(OUR_PROPOSAL, BuyerAct.REJECT)
    assert (state_of(line), line.requested, line.proposed, line.confirmed) == (PROPOSAL_REJECTED, ASKED, None, None)


def test_rejects_our_reopen_request_confirmed_on_the_old_terms() -> None:
    line = after(WE_REOPEN, BuyerAct.REJECT)
    assert (state_of(line), line.proposed, line.confirmed) == (CONFIRMED, None, ASKED)


def test_approves_or_rejects_our_shipment_reschedule() -> None:
    assert state_of(after(WE_RESCHEDULE, BuyerAct.APPROVE)) is RESCHEDULED
    assert state_of(after(WE_RESCHEDULE, BuyerAct.REJECT)) is NOT_RESCHEDULED


@pytest.mark.parametrize("state", [*OPEN, REJECTED])
def test_cancels_from_issued_in_progress_rejected_confirmed(state: State) -> None:
    line = after(state, BuyerAct.CANCEL)
    assert (state_of(line), line.logistics_status, line.proposed) == (CANCELLED, LogisticsStatus.CANCELLED, None)


@pytest.mark.parametrize("state", [COMPLETED, CANCELLED])
def test_a_cancellation_has_no_effect_on_completed_or_cancelled(state: State) -> None:
    order = order_in(state)
    transition = receive(order, message(said(BuyerAct.CANCEL)), GENERIC)
    assert transition.order is order
    assert transition.notes == (f"line 10 is {state.value}: “cancel” has no effect on it.",)


def test_reverts_a_cancellation_or_a_completion() -> None:
    assert state_of(after(CANCELLED, BuyerAct.REVERT_CANCELLATION)) is CANCELLATION_REVERTED
    assert state_of(after(COMPLETED, BuyerAct.REVERT_COMPLETION)) is COMPLETION_REVERTED


def test_a_reverted_line_asks_what_was_agreed_unless_the_message_asks_otherwise() -> None:
    cancelled = line_in(CANCELLED, confirmed=LATER, progress=Progress())
    line = heard(cancelled, said(BuyerAct.REVERT_CANCELLATION))
    assert (line.requested, line.confirmed, line.logistics_status) == (LATER, None, LogisticsStatus.OPEN)
    assert heard(cancelled, said(BuyerAct.REVERT_CANCELLATION, terms=THIRD)).requested == THIRD
    completed = line_in(COMPLETED, confirmed=LATER)
    assert heard(completed, said(BuyerAct.REVERT_COMPLETION)).requested == LATER
    assert heard(completed, said(BuyerAct.REVERT_COMPLETION, terms=THIRD)).requested == THIRD


@pytest.mark.parametrize("state", [*OPEN, REJECTED])
def test_completes_from_issued_in_progress_rejected_confirmed(state: State) -> None:
    assert state_of(after(state, BuyerAct.COMPLETE)) is COMPLETED


def test_completion_beats_a_cancellation_in_the_same_message() -> None:
    assert state_of(after(CONFIRMED, BuyerAct.CANCEL, BuyerAct.COMPLETE)) is COMPLETED
    order = order_of(line_in(CONFIRMED, "10"), line_in(CONFIRMED, "20"))
    both = message(said(position="10"), acts=(BuyerAct.COMPLETE,), cancel_missing=True)
    assert [state_of(line) for line in receive(order, both, GENERIC).order.lines] == [COMPLETED, COMPLETED]


def test_cancel_line_when_missing_cancels_the_lines_that_are_absent() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(CONFIRMED, "20"))
    update = message(said(BuyerAct.ISSUE, position="10", terms=LATER), cancel_missing=True)
    assert [state_of(line) for line in receive(order, update, GENERIC).order.lines] == [ISSUED, CANCELLED]


def test_lines_that_an_update_leaves_out_stay_as_they_are_otherwise() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(CONFIRMED, "20"))
    after_update = receive(order, message(said(BuyerAct.ISSUE, position="10", terms=LATER)), GENERIC).order
    assert after_update.lines[1] is order.lines[1]


def test_confirms_a_line_in_our_stead() -> None:
    line = after(ISSUED, BuyerAct.CONFIRM)
    assert (state_of(line), line.confirmed) == (CONFIRMED, ASKED)
    named = after(ISSUED, BuyerAct.CONFIRM, terms=LATER)
    assert (state_of(named), named.requested, named.confirmed) == (CONFIRMED, LATER, LATER)


@pytest.mark.parametrize("state", [BUYER_REOPENS, BUYER_ASKS_AGAIN])
def test_takes_back_a_request_confirmed_as_before(state: State) -> None:
    line = after(state, BuyerAct.WITHDRAW)
    assert (state_of(line), line.requested, line.confirmed) == (CONFIRMED, ASKED, ASKED)


@pytest.mark.parametrize("state", [ISSUED, CONFIRMED, *NEGOTIATED, *REOPENED])
def test_asks_to_cancel_and_takes_it_back(state: State) -> None:
    asked = after(state, BuyerAct.ASK_CANCELLATION, profile=PROCUREMENT_CONNECT)
    assert (state_of(asked), asked.resumes) == (BUYER_CANCELS, state)
    again = heard(asked, said(BuyerAct.ASK_CANCELLATION), profile=PROCUREMENT_CONNECT)
    assert again == asked
    back = heard(again, said(BuyerAct.WITHDRAW), profile=PROCUREMENT_CONNECT)
    assert back.but(since=None) == line_in(state)


def test_where_nobody_asks_to_cancel_such_a_message_is_refused() -> None:
    with pytest.raises(TransitionRefused, match="line 10: a request to cancel that waits for our word is nothing that"):
        receive(order_in(ISSUED), message(said(BuyerAct.ASK_CANCELLATION)), TRADECLOUD)


@pytest.mark.parametrize(
    ("act", "states"),
    [
        (BuyerAct.APPROVE, {OUR_PROPOSAL, WE_REOPEN, WE_RESCHEDULE}),
        (BuyerAct.REJECT, {OUR_PROPOSAL, WE_REOPEN, WE_RESCHEDULE}),
        (BuyerAct.ASK_RECONFIRMATION, {CONFIRMED, BUYER_ASKS_AGAIN}),
        (BuyerAct.WITHDRAW, {BUYER_REOPENS, BUYER_ASKS_AGAIN, BUYER_CANCELS}),
        (BuyerAct.ISSUE, set(STATES) - {COMPLETED, CANCELLED}),
        (BuyerAct.CONFIRM, set(STATES) - CLOSED),
        (BuyerAct.REVERT_CANCELLATION, {CANCELLED}),
        (BuyerAct.REVERT_COMPLETION, {COMPLETED}),
    ],
)
def test_an_act_without_effect_is_noted_and_changes_nothing(act: BuyerAct, states: set[State]) -> None:
    for state in set(STATES) - states:
        order = order_in(state)
        transition = receive(order, message(said(act)), GENERIC)
        assert transition.order is order
        assert transition.notes == (f"line 10 is {state.value}: “{act.value}” has no effect on it.",)
    for state in states:
        assert receive(order_in(state), message(said(act)), GENERIC).notes == ()


def test_acts_on_the_order_are_on_every_line() -> None:
    order = order_of(line_in(ISSUED, "10"), line_in(CONFIRMED, "20"))
    cancelled = receive(order, message(acts=(BuyerAct.CANCEL,)), GENERIC).order
    assert (cancelled.process_status, cancelled.logistics_status) == (CANCELLED, LogisticsStatus.CANCELLED)


def test_a_word_of_the_buyers_ends_our_prediction() -> None:
    assert not heard(line_in(OUR_PROPOSAL, predicted=True), said(BuyerAct.APPROVE)).predicted
    assert heard(line_in(OUR_PROPOSAL, predicted=True), said(position="10")).predicted


@pytest.mark.parametrize("asked", [None, ASKED], ids=["without terms", "as it was asked"])
def test_an_order_sent_again_is_no_word_on_our_answer(asked: Terms | None) -> None:
    answered = line_in(OUR_PROPOSAL, predicted=True)
    assert heard(answered, said(BuyerAct.ISSUE, terms=asked)) == answered


# --- what a message holds ---------------------------------------------------------------------------------------------


def test_a_new_line_in_an_update_stands_last() -> None:
    transition = receive(order_in(ISSUED), issue("5"), GENERIC)
    assert positions(transition.order.lines) == ["10", "5"]
    assert [(change.line, change.field) for change in transition.changes if change.field == "*"] == [("5", "*")]


def test_a_line_may_come_and_be_cancelled_in_one_message() -> None:
    order = receive(None, message(said(BuyerAct.ISSUE, BuyerAct.CANCEL, terms=ASKED)), GENERIC).order
    assert order.process_status is CANCELLED


@pytest.mark.parametrize(
    ("acts", "state"),
    [
        ((BuyerAct.CANCEL,), CANCELLED),
        ((BuyerAct.COMPLETE,), COMPLETED),
        ((BuyerAct.CANCEL, BuyerAct.COMPLETE), COMPLETED),
    ],
)
@pytest.mark.parametrize("before", [None, order_in(ISSUED)], ids=["a new order", "an order that is here"])
def test_a_line_that_was_ended_before_it_came_does_not_hold_up_the_others(
    before: Order | None, acts: tuple[BuyerAct, ...], state: State
) -> None:
    ended = said(*acts, position="20", terms=LATER, content=LineContent(description="not needed any more"))
    live = said(BuyerAct.ISSUE, terms=ASKED, content=LineContent())
    order = receive(before, message(live, ended), GENERIC).order
    assert [(line.position, state_of(line)) for line in order.lines] == [("10", ISSUED), ("20", state)]
    assert order.lines[1].requested == LATER


@pytest.mark.parametrize(
    ("held", "change"),
    [
        (said(BuyerAct.CANCEL, position="20", terms=LATER, content=LineContent()), True),
        (said(BuyerAct.COMPLETE, position="20"), False),
        (said(BuyerAct.DELIVERED, position="20", content=LineContent()), False),
    ],
    ids=["a change that overtook its line", "an end without the line", "goods of a line that nobody ordered"],
)
def test_what_is_said_of_a_line_does_not_bring_it(held: LineMessage, change: bool) -> None:
    with pytest.raises(TransitionRefused, match="line 20: the order has no such line"):
        receive(order_in(ISSUED), message(held, change=change), GENERIC)


def test_a_change_can_not_stand_for_an_order_that_has_not_come() -> None:
    with pytest.raises(TransitionRefused, match="this is a change of it, and the order itself has not come"):
        receive(None, message(said(BuyerAct.ISSUE, terms=ASKED), change=True), GENERIC)


def test_an_act_on_a_line_that_never_came_is_refused() -> None:
    with pytest.raises(TransitionRefused, match="line 30: the order has no such line"):
        receive(order_in(ISSUED), message(said(BuyerAct.CANCEL, position="30")), GENERIC)


@pytest.mark.parametrize(
    "acts_only",
    [message(acts=(BuyerAct.CANCEL,)), message(said(BuyerAct.CANCEL)), message(said(terms=ASKED)), message()],
    ids=["the order", "a line", "terms without an act", "nothing"],
)
def test_a_message_that_only_acts_makes_no_order(acts_only: object) -> None:
    with pytest.raises(TransitionRefused, match=r"not known here|has no such line"):
        receive(None, acts_only, GENERIC)  # type: ignore[arg-type]


@pytest.mark.parametrize("position", ["", "  "])
def test_a_line_without_a_position_is_refused(position: str) -> None:
    with pytest.raises(TransitionRefused, match="one of its lines has no position"):
        receive(None, issue("10", position), GENERIC)


def test_a_line_that_a_message_names_twice_is_refused() -> None:
    with pytest.raises(TransitionRefused, match="line 10: the message names it twice"):
        receive(None, issue("10", "10"), GENERIC)


def test_a_message_about_another_order_is_refused() -> None:
    stray = issue("10")
    stray = stray.but(message=stray.message.but(key=OrderKey(connection="metal-works", buyer="acme", number="PO-8")))
    with pytest.raises(TransitionRefused, match="order PO-8: the message is about another order"):
        receive(order_in(ISSUED), stray, GENERIC)


def test_what_a_message_leaves_out_it_leaves_as_it_was() -> None:
    first = message(
        said(
            BuyerAct.ISSUE,
            terms=ASKED,
            content=LineContent(item=Item(number="A1"), description="Bolt", notes=("n",), reason="first"),
        ),
        header=OrderHeader(buyer_account_number="4711", description="Spring", notes=("h",)),
        platform_id="p-1",
    )
    order = receive(None, first, GENERIC).order
    update = message(
        said(BuyerAct.ISSUE, terms=Terms(prices=net("13")), content=LineContent(description="Bolts"), reason="second"),
        header=OrderHeader(description="Summer", auto_confirm=True),
    )
    updated = receive(order, update, GENERIC).order
    assert updated.header == OrderHeader(
        buyer_account_number="4711", description="Summer", notes=("h",), auto_confirm=True
    )
    assert updated.platform_id == "p-1"
    assert updated.lines[0].content == LineContent(
        item=Item(number="A1"), description="Bolts", notes=("n",), reason="second"
    )
    assert updated.lines[0].requested == terms(prices=net("13"))
    prices_left_out = said(BuyerAct.ISSUE, terms=Terms(delivery_schedule=LATER.delivery_schedule))
    assert receive(updated, message(prices_left_out), GENERIC).order.lines[0].requested == terms(
        "1:2026-06-01=10", prices=net("13")
    )


@pytest.mark.parametrize(
    ("doubts", "terms_of", "left"),
    [
        ((), {"terms": LATER}, ()),
        (("asks 3 and 4",), {"terms": LATER}, ("asks 3 and 4",)),
        ((), {"confirmed": LATER}, ()),
        ((), {"ordered": LATER}, ()),
        ((), {"terms": Terms(prices=net("13"))}, ("asks 1 and 2",)),
        (("asks 3 and 4",), {}, ("asks 1 and 2", "asks 3 and 4")),
        (("asks 1 and 2",), {}, ("asks 1 and 2",)),
    ],
)
def test_doubts_on_terms_stay_until_deliveries_are_planned_anew(
    doubts: tuple[str, ...], terms_of: dict[str, Terms], left: tuple[str, ...]
) -> None:
    line = line_in(ISSUED, content=LineContent(description="Bolt", doubts=("asks 1 and 2",)))
    update = said(BuyerAct.ISSUE, content=LineContent(doubts=doubts)).but(**terms_of)
    assert heard(line, update).content == LineContent(description="Bolt", doubts=left)


def test_terms_without_content_end_doubts_too() -> None:
    line = line_in(ISSUED, content=LineContent(doubts=("asks 1 and 2",)))
    assert heard(line, said(BuyerAct.ISSUE, terms=LATER)).content.doubts == ()
    assert heard(line, said(BuyerAct.ISSUE)).content.doubts == ("asks 1 and 2",)


def test_a_reason_goes_with_the_next_message() -> None:
    line = heard(line_in(CONFIRMED), said(BuyerAct.ISSUE, terms=LATER, reason="the ship is late"))
    assert line.content.reason == "the ship is late"
    assert heard(line, said(BuyerAct.WITHDRAW, content=LineContent())).content.reason is None


def test_attached_documents_come_on_top_and_replace_those_of_the_same_code() -> None:
    old, other, new = (
        Document(code="D1", revision="A"),
        Document(name="plan.pdf"),
        Document(code="D1", revision="B"),
    )
    order = order_of(line_in(ISSUED, content=LineContent(documents=(old, other))), documents=(old,))
    after_message = receive(order, message(said(attached=(new,)), attached=(new, other)), GENERIC).order
    assert after_message.lines[0].content.documents == (other, new)
    assert after_message.header.documents == (new, other)
    again = receive(after_message, message(said(attached=(new,))), GENERIC).order
    assert again.lines[0] is after_message.lines[0]


def test_the_readers_warnings_stand_on_the_timeline() -> None:
    assert receive(None, message(*issue().message.lines, warnings=("guessed",)), GENERIC).notes == ("guessed",)


def test_a_message_that_says_nothing_new_changes_nothing() -> None:
    first = receive(None, issue("10", "20"), GENERIC)
    again = receive(first.order, issue("10", "20", terms=terms("1:2026-05-01=10.000", prices=net("12.5"))), GENERIC)
    assert again.order is first.order
    assert (again.changes, again.opened, again.closed) == ((), (), ())


# --- goods ------------------------------------------------------------------------------------------------------------


def test_marks_delivered() -> None:
    line = after(CONFIRMED, BuyerAct.DELIVERED)
    assert (line.logistics_status, line.progress.reached("shipped"), line.progress.delivered) == (
        LogisticsStatus.DELIVERED,
        Decimal(10),
        Decimal(10),
    )


def test_marks_delivered_where_nobody_knows_how_much() -> None:
    unknown = line_in(CONFIRMED, confirmed=terms("1:?=?"))
    assert heard(unknown, said(BuyerAct.DELIVERED)).logistics_status is LogisticsStatus.DELIVERED


def test_marks_delivered_although_the_platform_said_less_before() -> None:
    unknown = line_in(CONFIRMED, confirmed=terms("1:?=?"))
    shipped = heard(unknown, said(reported=word(CONFIRMED, LogisticsStatus.SHIPPED)), profile=TRADECLOUD)
    there = heard(shipped, said(BuyerAct.DELIVERED), profile=TRADECLOUD)
    assert (there.logistics_status, there.reported) == (
        LogisticsStatus.DELIVERED,
        word(CONFIRMED, LogisticsStatus.DELIVERED),
    )


def test_marks_open_again_and_logistics_start_anew() -> None:
    delivered = after(CONFIRMED, BuyerAct.DELIVERED)
    line = heard(delivered, said(BuyerAct.MARK_OPEN))
    assert (line.logistics_status, line.progress, line.received) == (LogisticsStatus.OPEN, Progress(), ())


def test_a_report_does_not_hold_up_what_the_buyer_marks_open() -> None:
    shipped = heard(line_in(CONFIRMED), said(reported=word(CONFIRMED, LogisticsStatus.SHIPPED)), profile=TRADECLOUD)
    assert shipped.logistics_status is LogisticsStatus.SHIPPED
    opened = heard(shipped, said(BuyerAct.MARK_OPEN), profile=TRADECLOUD)
    assert (opened.logistics_status, opened.reported and opened.reported.logistics_status) == (
        LogisticsStatus.OPEN,
        None,
    )


def test_delivered_when_the_full_quantity_is_there() -> None:
    half = heard(line_in(CONFIRMED), said(delivered=deliveries("2026-05-01=4")))
    assert (half.logistics_status, half.progress.delivered) == (LogisticsStatus.OPEN, Decimal(4))
    full = heard(half, said(delivered=deliveries("2026-05-01=4", "2026-05-03=6")))
    assert (full.logistics_status, full.progress.delivered) == (LogisticsStatus.DELIVERED, Decimal(10))


def test_history_is_matched_by_date_and_quantity_not_position() -> None:
    known = heard(line_in(CONFIRMED), said(delivered=deliveries("1:2026-05-01=4")))
    again = heard(known, said(delivered=deliveries("7:2026-05-01=4.0", "8:2026-05-01=4"), delivered_adds=True))
    assert again.progress.delivered == 8
    assert again.received == deliveries("1:2026-05-01=4", "8:2026-05-01=4")


def test_a_whole_history_replaces_the_one_before() -> None:
    known = heard(line_in(CONFIRMED), said(delivered=deliveries("2026-05-01=10")))
    corrected = heard(known, said(delivered=deliveries("2026-05-01=9", "?=?")))
    assert (corrected.progress.reached("shipped"), corrected.logistics_status) == (Decimal(9), LogisticsStatus.OPEN)
    none = heard(corrected, said(delivered=()))
    assert none == corrected  # most messages have no history
    taken_back = heard(corrected, said(delivered_whole=True))
    assert (taken_back.received, taken_back.progress, taken_back.logistics_status) == (
        (),
        Progress(),
        LogisticsStatus.OPEN,
    )


def test_received_quantities_that_nobody_can_add_up_are_refused() -> None:
    hostile = said(delivered=deliveries("2026-05-01=1E+40", "2026-05-02=1E-40"))
    with pytest.raises(TransitionRefused, match="line 10: its received quantities can't be added up"):
        receive(order_in(CONFIRMED), message(hostile), GENERIC)


def test_a_cancelled_line_stays_cancelled_whatever_comes() -> None:
    line = heard(line_in(CANCELLED), said(BuyerAct.DELIVERED))
    assert (line.process_status, line.logistics_status) == (ProcessStatus.CANCELLED, LogisticsStatus.CANCELLED)
    assert heard(line, said(BuyerAct.REVERT_CANCELLATION)).logistics_status is LogisticsStatus.DELIVERED


# --- an order that stands ---------------------------------------------------------------------------------------------


def test_an_order_that_is_transferred_after_a_request_to_cancel_stands_as_before() -> None:
    """Procurement Connect, "Its states and ours": "transferred = Issued"."""
    stands = said(BuyerAct.ISSUE, BuyerAct.STANDS, terms=ASKED)
    asked = receive(order_in(CONFIRMED), message(said(BuyerAct.ASK_CANCELLATION)), PROCUREMENT_CONNECT)
    transition = receive(asked.order, message(stands), PROCUREMENT_CONNECT)
    assert (state_of(transition.order.lines[0]), transition.closed) == (CONFIRMED, (Task(TaskKind.CANCELLATION, "10"),))
    assert state_of(heard(line_in(BUYER_CANCELS), stands, profile=PROCUREMENT_CONNECT)) is ISSUED


@pytest.mark.parametrize("state", [state for state in STATES if state is not BUYER_CANCELS])
def test_that_an_order_stands_takes_back_nothing_else_and_is_no_news(state: State) -> None:
    before = order_in(state)
    transition = receive(before, message(said(BuyerAct.STANDS)), PROCUREMENT_CONNECT)
    assert (transition.order, transition.notes) == (before, ())


def test_other_terms_beside_an_order_that_stands_are_asked_of_the_agreement() -> None:
    line = line_in(BUYER_CANCELS, confirmed=ASKED, resumes=CONFIRMED)
    line = heard(line, said(BuyerAct.ISSUE, BuyerAct.STANDS, terms=DEARER), profile=PROCUREMENT_CONNECT)
    assert (state_of(line), line.requested, line.confirmed) == (BUYER_REOPENS, DEARER, ASKED)
