"""A platform's own word: it stands; ours was a prediction, and while our request is open its terms are an echo."""

from __future__ import annotations

from decimal import Decimal

import pytest

from core.messages import BuyerAct, Received
from core.model import LineReport, LogisticsStatus, Order, OrderLine, OrderReport, ProcessStatus, Progress, Terms
from core.profile import TRADECLOUD
from core.transition import TaskKind, Transition, receive, tasks
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLATION_REVERTED,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    IN_PROGRESS,
    ISSUED,
    NEGOTIATED,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    OURS_OPEN,
    REJECTED,
    REOPENED,
    RESCHEDULED,
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
    deliveries,
    line_in,
    message,
    net,
    order_in,
    order_of,
    said,
    terms,
    version,
    word,
)


def report(state: State, *acts: BuyerAct, **fields: object) -> Received:
    """The platform's message that line 10 is in `state`."""
    return message(said(*acts, reported=word(state), **fields))  # type: ignore[arg-type]


def told(order: Order | None, received: Received) -> Transition:
    return receive(order, received, TRADECLOUD)


def line_after(order: Order | None, received: Received) -> OrderLine:
    return told(order, received).order.lines[0]


@pytest.mark.parametrize("now", STATES)
@pytest.mark.parametrize("reported", STATES)
def test_the_platforms_word_stands_from_whatever_state(now: State, reported: State) -> None:
    order = order_of(line_in(now, predicted=True))
    transition = told(order, report(reported, terms=THIRD))
    line = transition.order.lines[0]
    assert state_of(line) is reported
    assert line.reported is not None
    assert line.reported.but(issued=None) == word(reported)
    asks_about_the_agreement = reported in (BUYER_ASKS_AGAIN, RESCHEDULED, NOT_RESCHEDULED)
    assert line.reported.issued == (THIRD if asks_about_the_agreement else None)
    assert not line.predicted
    if reported is CONFIRMED:
        assert line.confirmed == THIRD
    if reported not in OURS_OPEN and not (now is reported is BUYER_REOPENS):
        assert line.proposed is None
    expected = [] if now is reported else [f"line 10: expected {spoken(now)}, and Tradecloud says {spoken(reported)}."]
    assert list(transition.notes) == expected


def spoken(state: State) -> str:
    return state.value if isinstance(state, ProcessStatus) else f"InProgress / {state.value}"


def test_where_nothing_was_predicted_there_is_nothing_to_note() -> None:
    assert told(order_in(ISSUED), report(CONFIRMED, terms=ASKED)).notes == ()


def test_an_agreement_on_other_terms_than_we_predicted_is_noted_and_stands() -> None:
    expected = order_of(line_in(CONFIRMED, predicted=True))
    transition = told(expected, report(CONFIRMED, terms=ASKED, confirmed=LATER))
    assert transition.notes == ("line 10: Tradecloud says that other terms are agreed than we expected.",)
    assert transition.order.lines[0].confirmed == LATER
    for confirmed in (ASKED, None):
        assert told(expected, report(CONFIRMED, terms=ASKED, confirmed=confirmed)).notes == ()


@pytest.mark.parametrize("state", sorted(OURS_OPEN))
def test_while_our_request_is_open_the_old_terms_do_not_overwrite_ours(state: State) -> None:
    agreed = THIRD if state in REOPENED else None
    ours = line_in(state, requested=DEARER, proposed=LATER, confirmed=agreed, predicted=True)
    line = line_after(order_of(ours), report(state, terms=ASKED, confirmed=agreed, proposed=ASKED))
    asked = ASKED if state is OUR_PROPOSAL else DEARER
    assert (line.requested, line.proposed, line.confirmed) == (asked, LATER, agreed)


@pytest.mark.parametrize("now", [CONFIRMED, *sorted(REOPENED)])
def test_an_in_progress_of_which_the_why_is_not_known_here_ends_no_agreement(now: State) -> None:
    """[R] unknown values "must be ignored": the line is InProgress, and what was agreed is agreed."""
    order = order_of(line_in(now, confirmed=LATER))
    line = line_after(order, report(IN_PROGRESS, terms=ASKED))
    assert (state_of(line), line.requested, line.confirmed) == (IN_PROGRESS, ASKED, LATER)


def test_an_in_progress_of_which_the_why_is_not_known_makes_no_agreement_of_what_we_foretold() -> None:
    foretold = order_of(line_in(CONFIRMED, predicted=True))
    assert line_after(foretold, report(IN_PROGRESS, terms=ASKED)).confirmed is None
    asked_again = order_of(line_in(WE_REOPEN, predicted=True))
    assert line_after(asked_again, report(IN_PROGRESS, terms=ASKED)).confirmed == ASKED


def test_beside_our_request_the_agreement_is_what_the_platform_says() -> None:
    """Our first request was approved while the second was on its way: "deliverySchedule/prices hold issued or confirmed
    values, never open requests" (manual), so what they hold is no echo of an older agreement."""
    ours = line_in(WE_REOPEN, requested=ASKED, proposed=THIRD, confirmed=ASKED, predicted=True)
    line = line_after(order_of(ours), report(WE_REOPEN, confirmed=LATER, proposed=THIRD))
    assert (state_of(line), line.requested, line.proposed, line.confirmed) == (WE_REOPEN, LATER, THIRD, LATER)


def test_what_the_buyer_asks_anew_beside_our_proposal_is_heard_without_an_event() -> None:
    """[T2] "reissues an Issued or InProgress line | same status, new requested terms": polled, no act says so."""
    line = line_after(order_in(OUR_PROPOSAL), report(OUR_PROPOSAL, terms=DEARER))
    assert (state_of(line), line.requested, line.proposed) == (OUR_PROPOSAL, DEARER, LATER)


def test_what_the_buyer_asks_meanwhile_by_an_act_is_no_echo() -> None:
    line = line_after(order_in(OUR_PROPOSAL), report(OUR_PROPOSAL, BuyerAct.ISSUE, terms=DEARER))
    assert (state_of(line), line.requested, line.proposed) == (OUR_PROPOSAL, DEARER, LATER)


@pytest.mark.parametrize("state", sorted(OURS_OPEN & set(REOPENED)))
def test_an_agreement_that_only_we_foretold_never_was(state: State) -> None:
    """On an order that confirms by itself we predict Confirmed on our terms; the platform says that ours is only asked."""
    ours = line_in(CONFIRMED, requested=LATER, confirmed=LATER, predicted=True)
    line = line_after(order_of(ours), report(state, confirmed=ASKED, proposed=LATER))
    assert (state_of(line), line.requested, line.proposed, line.confirmed) == (state, ASKED, LATER, ASKED)


@pytest.mark.parametrize("state", [BUYER_ASKS_AGAIN, RESCHEDULED, NOT_RESCHEDULED])
def test_what_the_buyer_wants_reconfirmed_or_sent_otherwise_is_the_agreement(state: State) -> None:
    """…and not what was asked before it, say on a line that was reissued while our acceptance was on its way."""
    agreed = line_in(CONFIRMED, requested=ASKED, confirmed=DEARER)
    line = line_after(order_of(agreed), report(state, confirmed=DEARER))
    assert (state_of(line), line.requested, line.confirmed) == (state, DEARER, DEARER)
    repeated = line_after(order_of(agreed), report(state, terms=LATER, confirmed=DEARER))
    assert repeated.requested == DEARER


@pytest.mark.parametrize("state", [BUYER_REOPENS, BUYER_CANCELS, COMPLETED, CANCELLED])
def test_what_the_buyer_asks_stays_where_the_platform_says_only_what_is_agreed_besides(state: State) -> None:
    agreed = line_in(CONFIRMED, requested=ASKED, confirmed=DEARER)
    line = line_after(order_of(agreed), report(state, confirmed=DEARER))
    assert (state_of(line), line.requested, line.confirmed) == (state, ASKED, DEARER)


def test_what_we_accepted_lies_before_the_buyer_as_it_was_asked_when_our_word_came_there() -> None:
    """The buyer asked anew while our acceptance was on its way, and with `proposeWhenAccepted` it waits for an approval."""
    accepted = line_in(OUR_PROPOSAL, requested=ASKED, proposed=ASKED, predicted=True, predicted_at=1)
    line = line_after(order_of(accepted), report(OUR_PROPOSAL, terms=LATER, proposed=LATER))
    assert (line.requested, line.proposed, line.predicted) == (LATER, LATER, False)
    unsaid = line_after(order_of(accepted), report(OUR_PROPOSAL, terms=LATER))
    assert unsaid.proposed == ASKED


def test_what_we_proposed_is_shown_with_what_the_platform_filled_in() -> None:
    """The buyer asked for another unit meanwhile, which our price left out; and a new delivery has a number now."""
    split = terms("1:2026-05-01=4", "2026-06-01=6", prices=net("14", unit=None, per=None))
    stated = terms("1:2026-05-01=4", "2:2026-06-01=6", prices=net("14.00"))
    ours = line_in(OUR_PROPOSAL, requested=ASKED, proposed=split, predicted=True, predicted_at=1)
    assert line_after(order_of(ours), report(OUR_PROPOSAL, terms=ASKED, proposed=stated)).proposed == stated


def test_what_we_proposed_otherwise_is_no_older_proposal_that_the_platform_repeats() -> None:
    ours = line_in(OUR_PROPOSAL, requested=ASKED, proposed=THIRD, predicted=True, predicted_at=1)
    line = line_after(order_of(ours), report(OUR_PROPOSAL, terms=ASKED, proposed=LATER))
    assert line.proposed == THIRD


def test_what_a_colleague_proposed_in_the_portal_is_ours() -> None:
    line = line_after(order_in(ISSUED), report(OUR_PROPOSAL, proposed=THIRD))
    assert (state_of(line), line.proposed) == (OUR_PROPOSAL, THIRD)
    again = line_after(order_of(line), report(OUR_PROPOSAL, proposed=LATER))
    assert again.proposed == LATER
    unsaid = line_after(order_of(again), report(OUR_PROPOSAL))
    assert unsaid.proposed == LATER


@pytest.mark.parametrize("state", [state for state in STATES if state is not BUYER_CANCELS])
def test_a_line_first_seen_in_a_state_takes_all_that_is_said(state: State) -> None:
    line = line_after(None, report(state, terms=ASKED, confirmed=LATER, proposed=THIRD))
    about_the_agreement = state in (BUYER_ASKS_AGAIN, RESCHEDULED, NOT_RESCHEDULED)
    assert (state_of(line), line.requested) == (state, LATER if about_the_agreement else ASKED)
    if state is CONFIRMED:
        assert line.confirmed == LATER
    assert line.proposed == (THIRD if state in OURS_OPEN else None)


def test_a_confirmed_line_has_confirmed_terms_however_little_is_said() -> None:
    assert line_after(None, report(CONFIRMED)).confirmed == Terms()
    assert line_after(None, report(CONFIRMED, confirmed=LATER)).requested == LATER
    assert line_after(order_in(ISSUED), report(CONFIRMED)).confirmed == ASKED
    assert line_after(order_in(OUR_PROPOSAL), report(CONFIRMED)).confirmed == LATER
    assert line_after(order_in(WE_REOPEN), report(CONFIRMED)).confirmed == ASKED
    assert line_after(order_in(WE_REOPEN), report(CONFIRMED, BuyerAct.APPROVE)).confirmed == LATER
    assert line_after(order_in(WE_REOPEN), report(CONFIRMED, BuyerAct.REJECT)).confirmed == ASKED
    assert line_after(order_in(WE_REOPEN), report(CONFIRMED, BuyerAct.APPROVE, confirmed=THIRD)).confirmed == THIRD


@pytest.mark.parametrize("ours", [OUR_PROPOSAL, WE_REOPEN])
@pytest.mark.parametrize("acts", [(), (BuyerAct.APPROVE,)])
def test_what_the_platform_confirms_on_our_terms_is_what_the_buyer_asks_from_then_on(
    ours: State, acts: tuple[BuyerAct, ...]
) -> None:
    approved = told(order_in(ours), report(CONFIRMED, *acts, terms=ASKED, confirmed=LATER)).order
    assert (approved.lines[0].requested, approved.lines[0].confirmed) == (LATER, LATER)
    repeated = told(approved, report(CONFIRMED, terms=ASKED, confirmed=LATER)).order
    assert (repeated.lines[0].requested, repeated.lines[0].confirmed) == (LATER, LATER)


def test_what_the_platform_confirms_on_other_terms_than_ours_leaves_what_is_asked() -> None:
    line = line_after(order_in(OUR_PROPOSAL), report(CONFIRMED, terms=ASKED, confirmed=THIRD))
    assert (line.requested, line.confirmed) == (ASKED, THIRD)
    back = line_after(order_in(WE_REOPEN), report(CONFIRMED, BuyerAct.REJECT, terms=ASKED, confirmed=ASKED))
    assert (back.requested, back.confirmed) == (ASKED, ASKED)


def test_another_agreement_than_the_one_that_was_known_brings_what_is_asked_with_it() -> None:
    line = line_after(order_in(CONFIRMED), report(CONFIRMED, terms=DEARER, confirmed=THIRD))
    assert (line.requested, line.confirmed) == (DEARER, THIRD)


def test_a_reopen_request_is_reported_with_what_is_asked_and_what_is_agreed() -> None:
    line = line_after(order_in(CONFIRMED), report(BUYER_REOPENS, BuyerAct.ISSUE, terms=LATER, confirmed=ASKED))
    assert (state_of(line), line.requested, line.confirmed, line.proposed) == (BUYER_REOPENS, LATER, ASKED, None)


def test_our_refusal_lies_before_the_buyer_until_the_platform_says_more() -> None:
    refused = order_of(line_in(BUYER_REOPENS, proposed=ASKED, predicted=True))
    still_open = told(refused, report(BUYER_REOPENS, terms=DEARER)).order
    assert {task.kind for task in tasks(still_open)} == {TaskKind.WAIT}
    asked_anew = told(refused, report(BUYER_REOPENS, terms=THIRD)).order
    assert {task.kind for task in tasks(asked_anew)} == {TaskKind.BUYER_ASKS}
    closed = told(refused, report(CONFIRMED, confirmed=ASKED)).order.lines[0]
    assert (state_of(closed), closed.proposed) == (CONFIRMED, None)


@pytest.mark.parametrize("state", [ISSUED, REJECTED, *NEGOTIATED])
def test_where_the_agreement_ended_it_is_what_the_buyer_asks(state: State) -> None:
    line = line_after(order_in(CANCELLED), report(state, confirmed=LATER))
    assert (line.requested, line.confirmed) == (LATER, None)


@pytest.mark.parametrize("state", [COMPLETED, CANCELLED, BUYER_ASKS_AGAIN, BUYER_CANCELS])
def test_where_the_agreement_lives_on_it_stays(state: State) -> None:
    assert line_after(order_in(CONFIRMED), report(state)).confirmed == ASKED
    assert line_after(order_in(CONFIRMED), report(state, confirmed=LATER)).confirmed == LATER


def test_completed_and_cancelled_lines_follow_the_platforms_report() -> None:
    assert state_of(line_after(order_in(COMPLETED), report(ISSUED))) is ISSUED
    assert state_of(line_after(order_in(CANCELLED), report(CONFIRMED))) is CONFIRMED


def test_a_reason_for_being_in_progress_counts_only_in_progress() -> None:
    odd = LineReport(process_status=ProcessStatus.CONFIRMED, in_progress_status=OUR_PROPOSAL)
    line = line_after(order_in(ISSUED), message(said(reported=odd)))
    assert (line.process_status, line.in_progress_status) == (CONFIRMED, None)


def test_terms_reported_in_part_leave_the_rest() -> None:
    line = line_after(order_in(ISSUED), report(ISSUED, terms=Terms(prices=net("9"))))
    assert line.requested == terms(prices=net("9"))


@pytest.mark.parametrize(
    ("stated", "agreed"),
    [
        (Terms(), LATER),
        (Terms(prices=net("14.00")), LATER.but(prices=net("14.00"))),
        (Terms(delivery_schedule=THIRD.delivery_schedule, prices=None), THIRD),
    ],
    ids=["nothing", "the price alone", "the day alone"],
)
@pytest.mark.parametrize("state", [CONFIRMED, WE_REOPEN])
def test_an_agreement_reported_in_part_is_for_the_rest_the_one_that_is_known(
    state: State, stated: Terms, agreed: Terms
) -> None:
    """Procurement Connect confirms with `confirmed_price` and `confirmed_delivery_at` null: nothing is agreed otherwise."""
    line = line_in(CONFIRMED, confirmed=LATER, predicted=True)
    transition = told(order_of(line), report(state, confirmed=stated))
    assert transition.order.lines[0].confirmed == agreed
    assert any("other terms are agreed" in note for note in transition.notes) is (
        state is CONFIRMED and stated != Terms()
    )


def test_of_a_line_that_comes_agreed_the_terms_are_those_stated_and_else_those_asked_once() -> None:
    stated = Terms(prices=net("14.00"))
    line = line_after(None, report(CONFIRMED, confirmed=stated, ordered=ASKED))
    assert (line.requested, line.confirmed) == (ASKED, DEARER)
    assert line_after(None, report(CONFIRMED, confirmed=LATER)).requested == LATER
    assert line_after(None, report(CONFIRMED, terms=THIRD, confirmed=LATER, ordered=ASKED)).requested == THIRD


def test_what_was_asked_once_is_no_news_on_a_line_that_is_here() -> None:
    line = line_after(
        order_of(line_in(CONFIRMED, confirmed=LATER)), report(CONFIRMED, confirmed=Terms(), ordered=THIRD)
    )
    assert (line.requested, line.confirmed) == (ASKED, LATER)


def test_an_act_that_fits_no_state_of_ours_is_settled_by_the_report_without_a_note() -> None:
    transition = told(order_in(ISSUED), report(CONFIRMED, BuyerAct.APPROVE, confirmed=LATER))
    assert (state_of(transition.order.lines[0]), transition.notes) == (CONFIRMED, ())


# --- logistics --------------------------------------------------------------------------------------------------------


def test_the_logistics_shown_are_the_furthest_of_ours_and_the_platforms() -> None:
    order = order_of(line_in(CONFIRMED))
    shipped = told(order, message(said(reported=word(CONFIRMED, LogisticsStatus.SHIPPED)))).order
    assert (shipped.lines[0].logistics_status, shipped.logistics_status) == (LogisticsStatus.SHIPPED,) * 2
    unsaid = told(shipped, report(CONFIRMED)).order
    assert unsaid.lines[0].logistics_status is LogisticsStatus.SHIPPED
    back = told(shipped, message(said(reported=word(CONFIRMED, LogisticsStatus.OPEN)))).order
    assert back.lines[0].logistics_status is LogisticsStatus.OPEN
    opened = told(shipped, message(said(BuyerAct.MARK_OPEN, reported=word(CONFIRMED, LogisticsStatus.PRODUCED)))).order
    assert opened.lines[0].logistics_status is LogisticsStatus.PRODUCED


_DELIVERED = message(said(reported=word(CONFIRMED, LogisticsStatus.DELIVERED), delivered=deliveries("1:2026-05-01=10")))


def _says(status: LogisticsStatus | None, **fields: object) -> Received:
    return message(said(reported=word(CONFIRMED, status), **fields))  # type: ignore[arg-type]


def test_whoever_polls_hears_that_goods_are_open_again_by_what_is_not_there_any_more() -> None:
    """Received is the buyer's word; the act that took it back is told by an event only."""
    delivered = told(order_of(line_in(CONFIRMED)), _DELIVERED).order
    assert delivered.lines[0].logistics_status is LogisticsStatus.DELIVERED
    line = line_after(delivered, _says(LogisticsStatus.OPEN))
    assert (line.logistics_status, line.progress, line.received) == (LogisticsStatus.OPEN, Progress(), ())


def test_so_they_are_after_a_cancellation_that_was_taken_back() -> None:
    delivered = told(order_of(line_in(CONFIRMED)), _DELIVERED).order
    cancelled = told(delivered, message(said(reported=word(CANCELLED, LogisticsStatus.CANCELLED)))).order
    assert cancelled.lines[0].logistics_status is LogisticsStatus.CANCELLED
    back = message(said(reported=word(CANCELLATION_REVERTED, LogisticsStatus.OPEN), terms=ASKED))
    assert line_after(cancelled, back).progress == Progress()


def test_what_left_the_house_did_so_although_the_line_was_cancelled_meanwhile() -> None:
    part = Progress(produced=Decimal(4), packed=Decimal(4), shipped=Decimal(4))
    cancelled = order_of(line_in(CANCELLED, progress=part, logistics_status=LogisticsStatus.CANCELLED))
    back = message(said(reported=word(CANCELLATION_REVERTED, LogisticsStatus.OPEN), terms=ASKED))
    assert line_after(cancelled, back).progress == part


def test_goods_of_which_nobody_knows_how_many_are_open_again_too() -> None:
    delivered = line_in(CONFIRMED, confirmed=terms("1:?=?"), logistics_status=LogisticsStatus.DELIVERED)
    line = line_after(order_of(delivered), _says(LogisticsStatus.OPEN))
    assert line.logistics_status is LogisticsStatus.OPEN


@pytest.mark.parametrize(
    ("status", "shown"),
    [
        (None, LogisticsStatus.DELIVERED),
        (LogisticsStatus.DELIVERED, LogisticsStatus.DELIVERED),
        (LogisticsStatus.SHIPPED, LogisticsStatus.DELIVERED),
    ],
)
def test_a_word_that_is_not_open_takes_nothing_back(status: LogisticsStatus | None, shown: LogisticsStatus) -> None:
    line = line_after(told(order_of(line_in(CONFIRMED)), _DELIVERED).order, _says(status))
    assert (line.logistics_status, line.progress.delivered, len(line.received)) == (shown, Decimal(10), 1)


def test_of_goods_that_are_open_again_what_the_message_names_as_received_is_received() -> None:
    half = deliveries("1:2026-05-01=4")
    line = line_after(told(order_of(line_in(CONFIRMED)), _DELIVERED).order, _says(LogisticsStatus.OPEN, delivered=half))
    assert line.logistics_status is LogisticsStatus.OPEN
    assert (line.progress, line.received) == (Progress(delivered=Decimal(4)), half)


def test_of_goods_that_came_in_part_an_open_line_takes_nothing_back() -> None:
    """A polled order need not carry the history."""
    half = deliveries("1:2026-05-01=4")
    before = told(order_of(line_in(CONFIRMED)), _says(LogisticsStatus.OPEN, delivered=half)).order
    line = line_after(before, _says(LogisticsStatus.OPEN))
    assert (line.progress.delivered, line.received) == (Decimal(4), half)


def test_where_nobody_knows_how_much_the_platforms_newest_word_is_the_one_that_counts() -> None:
    unknown = order_of(line_in(CONFIRMED, confirmed=terms("1:?=?")))
    shipped = told(unknown, _says(LogisticsStatus.SHIPPED)).order
    assert shipped.lines[0].logistics_status is LogisticsStatus.SHIPPED
    assert line_after(shipped, _says(None)).logistics_status is LogisticsStatus.SHIPPED
    assert line_after(shipped, _says(LogisticsStatus.OPEN)).logistics_status is LogisticsStatus.OPEN


def test_where_nobody_knows_how_much_what_we_said_ourselves_stays_said() -> None:
    ours = line_in(
        CONFIRMED,
        confirmed=terms("1:?=?"),
        progress=Progress(produced=Decimal(3)),
        logistics_status=LogisticsStatus.PRODUCED,
    )
    assert line_after(order_of(ours), _says(LogisticsStatus.OPEN)).logistics_status is LogisticsStatus.PRODUCED


def test_logistics_are_cancelled_only_with_the_line() -> None:
    line = line_after(order_in(CONFIRMED), message(said(reported=word(CONFIRMED, LogisticsStatus.CANCELLED))))
    assert line.logistics_status is LogisticsStatus.OPEN


# --- versions ---------------------------------------------------------------------------------------------------------


def test_a_message_older_than_what_is_known_is_stale() -> None:
    order = order_of(line_in(CONFIRMED)).but(reported=version(5))
    transition = told(order, message(said(reported=word(ISSUED)), reported=version(4)))
    assert transition.order is order
    assert transition.notes == ("stale: version 4 of the order, and version 5 is known; it has no effect.",)


@pytest.mark.parametrize(("known", "new"), [(5, 6), (5, 5), (5, None), (None, 1), (None, None)])
def test_a_message_that_is_not_older_is_heard(known: int | None, new: int | None) -> None:
    order = order_of(line_in(CONFIRMED)).but(reported=version(known))
    after = told(order, message(said(reported=word(COMPLETED)), reported=version(new))).order
    assert state_of(after.lines[0]) is COMPLETED
    assert after.reported == version(new if new is not None else known)


def test_an_order_without_a_report_hears_any_version() -> None:
    assert told(order_in(ISSUED), message(reported=version(1))).order.reported == version(1)
    known = order_in(ISSUED).but(reported=version(3))
    assert told(known, message()).order.reported == version(3)


def test_a_version_that_is_known_has_not_come_to_our_answer_yet() -> None:
    answered = order_of(line_in(OUR_PROPOSAL, "10", predicted=True, predicted_at=5), line_in(ISSUED, "20")).but(
        reported=version(5)
    )
    repeated = message(
        said(position="10", reported=word(ISSUED), terms=ASKED),
        said(position="20", reported=word(CONFIRMED), terms=ASKED),
        reported=version(5),
    )
    transition = told(answered, repeated)
    assert transition.order.lines[0] is answered.lines[0]
    assert state_of(transition.order.lines[1]) is CONFIRMED
    assert transition.notes == ("line 10: Tradecloud had not come to our answer yet when it wrote this.",)


def test_a_version_that_came_after_our_answer_is_the_platforms_word_on_it() -> None:
    """An event of another line may have told us of that version before the platform's word on this one came."""
    answered = order_of(line_in(CONFIRMED, "10", predicted=True, predicted_at=2)).but(reported=version(4))
    after = told(answered, message(said(position="10", reported=word(CANCELLED)), reported=version(4))).order
    assert state_of(after.lines[0]) is CANCELLED


def test_the_orders_own_report_is_kept_beside_what_its_lines_come_to() -> None:
    says = OrderReport(process_status=ProcessStatus.COMPLETED, version=1, last_updated_at="2026-03-01T10:00:00.000Z")
    order = told(None, message(said(reported=word(ISSUED), terms=ASKED), reported=says)).order
    assert (order.process_status, order.reported) == (ISSUED, says)


def test_why_we_ask_other_terms_is_known_though_it_was_said_in_the_platforms_portal() -> None:
    asked = report(OUR_PROPOSAL, terms=ASKED, proposed=LATER, our_reason="the mill is late")
    assert line_after(order_in(ISSUED), asked).reason == "the mill is late"
    nothing_said = report(OUR_PROPOSAL, terms=ASKED, proposed=LATER)
    assert line_after(order_of(line_in(OUR_PROPOSAL, reason="ours")), nothing_said).reason == "ours"


def test_the_reason_of_a_request_that_ours_has_replaced_does_not_overwrite_ours() -> None:
    ours = line_in(OUR_PROPOSAL, proposed=LATER, reason="ours", predicted=True)
    line = line_after(order_of(ours), report(OUR_PROPOSAL, terms=ASKED, proposed=THIRD, our_reason="an older one"))
    assert (line.proposed, line.reason) == (LATER, "ours")
