"""What can still be told of a line that the buyer completed: item details, notes, numbers of ours and documents.

Certificates and countries of origin go out after the delivery, when the buyer may have completed the line. The manual says
that its status will not change by an order response, and does not say that it takes none.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.decisions import Act, LineDecision
from core.formats import CannotCarry, format_named
from core.messages import BuyerAct
from core.model import Document, ItemDetails, Order, OrderLine
from core.outgoing import Indicator, OrderResponse, ResponseLine
from core.pending import Record, Step, step
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, PROFILES, TRADECLOUD, Profile
from core.transition import Transition, TransitionRefused, compensation, respond, tasks
from core.transition.tables import (
    CANCELLED,
    COMPLETED,
    COMPLETION_REVERTED,
    CONFIRMED,
    ISSUED,
    REJECTED,
    State,
    state_of,
)
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    NOW,
    THIRD,
    answer,
    answers,
    departed,
    line_in,
    message,
    order_in,
    order_of,
    propose,
    returned,
    said,
    version,
    word,
)

CERTIFICATE = Document(code="3.1", name="3.1-heat-4711.pdf", url="https://supplier.example/3.1.pdf")
ORIGIN = ItemDetails(country_of_origin="NL")
DETAILS = answer(Act.DETAILS, item_details=ORIGIN, documents=(CERTIFICATE,), notes=("as delivered",))
WHOLE = replace(GENERIC, answer_contains=PEPPOL.answer_contains)
"""Whose answers hold all lines."""


def completed(position: str = "10", **fields: object) -> OrderLine:
    """A line with terms on every side, so that a wrong one can be told."""
    return line_in(COMPLETED, position).but(
        **{"requested": ASKED, "proposed": LATER, "confirmed": DEARER, "item_details": None, **fields}
    )


def response(done: Transition | Step) -> OrderResponse:
    (outgoing,) = done.outgoing
    assert isinstance(outgoing, OrderResponse)
    return outgoing


# --- the line ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_status_will_not_change_nor_do_the_terms(profile: Profile) -> None:
    """[R] "When the order line already has process status Completed the process status will NOT change." """
    order = order_of(completed())
    done = respond(order, DETAILS, profile)
    (line,) = done.order.lines
    assert line == order.lines[0].but(item_details=ORIGIN)
    assert (done.order.process_status, tasks(done.order)) == (COMPLETED, frozenset())
    assert (done.opened, done.closed, done.notes, done.silent) == ((), (), (), ())
    assert [change.field for change in done.changes] == ["item_details"]


@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_the_line_leaves_as_its_position_and_what_is_told(profile: Profile) -> None:
    """Terms or an indicator beside it would be an answer, and there is none to give."""
    out = response(respond(order_of(completed()), DETAILS, profile))
    assert out.lines == (
        ResponseLine(position="10", item_details=ORIGIN, documents=(CERTIFICATE,), notes=("as delivered",)),
    )
    assert out.indicator is None


def test_numbers_of_ours_are_kept_and_a_reason_that_was_given_before_stays() -> None:
    numbers = answer(Act.DETAILS, sales_order_number="SO-1", sales_order_position="1", reason="late")
    (line,) = respond(order_of(completed(reason="the mill")), numbers, TRADECLOUD).order.lines
    assert (line.sales_order_number, line.sales_order_position, line.reason) == ("SO-1", "1", "the mill")


def test_what_no_part_can_have_is_refused_there_too() -> None:
    with pytest.raises(TransitionRefused, match="line 10: “Holland” is no country"):
        respond(
            order_in(COMPLETED), answer(Act.DETAILS, item_details=ItemDetails(country_of_origin="Holland")), GENERIC
        )


@pytest.mark.parametrize("state", [REJECTED, CANCELLED])
def test_a_rejected_or_cancelled_line_takes_none(state: State) -> None:
    with pytest.raises(TransitionRefused, match=f"line 10: it is {state.value} and takes no answer any more; only the"):
        respond(order_in(state), DETAILS, TRADECLOUD)


@pytest.mark.parametrize(
    "says",
    [
        *(answer(act, reason="why", notes=("n",)) for act in (Act.AGREE, Act.DISAGREE, Act.ACCEPT, Act.REJECT)),
        *(answer(act, reason="why") for act in (Act.APPROVE, Act.REFUSE, Act.RECONFIRM)),
        propose(THIRD),
        propose(ASKED),
    ],
    ids=lambda says: str(says.lines[0].act),
)
@pytest.mark.parametrize("profile", PROFILES.values(), ids=PROFILES)
def test_an_answer_to_it_is_refused_with_what_it_takes_instead(says: object, profile: Profile) -> None:
    with pytest.raises(TransitionRefused) as refused:
        respond(order_of(completed()), says, profile)  # type: ignore[arg-type]
    assert str(refused.value) == (
        "order PO-7, line 10: it is Completed and takes no answer any more but item details, notes, documents and "
        "numbers of ours; only the buyer can open it again."
    )


def test_there_is_nothing_to_withdraw_and_nothing_to_set_right_by_a_message() -> None:
    with pytest.raises(TransitionRefused, match="no request of ours is open on it"):
        respond(order_in(COMPLETED), answer(Act.WITHDRAW), TRADECLOUD)
    (offer,) = compensation(order_in(COMPLETED), ["10"], TRADECLOUD, order_in(CONFIRMED))
    assert (offer.act, offer.terms) == (None, None)


# --- beside other lines -----------------------------------------------------------------------------------------------


def beside(state: State) -> Order:
    return order_of(completed("10"), line_in(state, "20"))


TOLD = LineDecision(position="10", act=Act.DETAILS, notes=("as delivered",))


def test_where_changed_lines_are_sent_it_goes_alone_or_with_an_answer() -> None:
    assert [line.position for line in response(respond(beside(ISSUED), answers(TOLD), TRADECLOUD)).lines] == ["10"]
    both = answers(TOLD, LineDecision(position="20", act=Act.ACCEPT))
    lines = response(respond(beside(ISSUED), both, TRADECLOUD)).lines
    assert {line.position: line.indicator for line in lines} == {"10": None, "20": Indicator.ACCEPTED}


def test_the_order_is_not_accepted_as_a_whole_over_a_line_that_takes_no_acceptance() -> None:
    """[R] "explicitly accept the order as is": said of a completed line too, it would be an answer to it."""
    both = answers(TOLD, LineDecision(position="20", act=Act.ACCEPT)).but(act=Act.ACCEPT)
    for profile in (TRADECLOUD, WHOLE):
        assert response(respond(beside(ISSUED), both, profile)).indicator is None


def test_an_answer_that_holds_all_lines_says_it_beside_what_was_said_before() -> None:
    lines = response(respond(beside(CONFIRMED), answers(TOLD), WHOLE)).lines
    assert [(line.position, line.indicator, line.delivery_schedule, line.notes) for line in lines] == [
        ("10", None, None, ("as delivered",)),
        ("20", Indicator.ACCEPTED, ASKED.delivery_schedule, None),
    ]


def test_an_answer_that_holds_all_lines_waits_for_the_others_with_it() -> None:
    waits = step(Record(platform=beside(ISSUED)), answers(TOLD), WHOLE)
    assert waits.outgoing == ()
    out = response(step(waits.record, answer(Act.ACCEPT, "20"), WHOLE))
    assert [(line.position, line.indicator, line.notes) for line in out.lines] == [
        ("10", None, ("as delivered",)),
        ("20", Indicator.ACCEPTED, None),
    ]


def test_a_completed_line_of_which_nothing_is_told_has_no_part_in_an_answer() -> None:
    for profile in (TRADECLOUD, WHOLE):
        out = response(respond(beside(ISSUED), answer(Act.ACCEPT, "20"), profile))
        assert [line.position for line in out.lines] == ["20"]


@pytest.mark.parametrize("name", ["procurement-connect-json", "procurement-connect-xml"])
@pytest.mark.parametrize("state", [COMPLETED, CONFIRMED])
def test_procurement_connect_has_no_place_for_a_word_on_a_completed_line(name: str, state: State) -> None:
    """It "confirms or cancels" an order; a `state_reason` alone would confirm it once more."""
    order = beside(state)
    (out,) = respond(order, answer(Act.DETAILS, reason="as delivered"), PROCUREMENT_CONNECT).outgoing
    with pytest.raises(CannotCarry, match=f"^line 10: {name} can't carry a word on a completed line"):
        format_named(name).render(out, order, "id")


# --- until it leaves, and afterwards ----------------------------------------------------------------------------------


def stepped(*entries: object, profile: Profile = TRADECLOUD) -> Step:
    record: Record | None = Record(platform=order_of(completed(reported=word(COMPLETED))).but(reported=version(1)))
    done = None
    for entry in entries:
        done = step(record, entry, profile)  # type: ignore[arg-type]
        record = done.record
    assert done is not None
    return done


def shown(done: Step) -> OrderLine:
    (line,) = done.record.order.lines
    return line


def test_it_predicts_nothing_when_it_leaves() -> None:
    line = shown(stepped(DETAILS, departed()))
    assert (state_of(line), line.predicted, line.predicted_at, line.item_details) == (COMPLETED, False, None, ORIGIN)


def test_an_answer_after_it_is_refused_and_what_was_told_still_leaves() -> None:
    told = stepped(DETAILS)
    with pytest.raises(TransitionRefused, match="it is Completed and takes no answer any more but item details"):
        step(told.record, answer(Act.AGREE), TRADECLOUD)
    assert response(step(told.record, answer(Act.DETAILS, sales_order_number="SO-1"), TRADECLOUD)).lines == (
        ResponseLine(
            position="10",
            item_details=ORIGIN,
            documents=(CERTIFICATE,),
            notes=("as delivered",),
            sales_order_number="SO-1",
        ),
    )


def test_where_the_buyer_reverts_the_completion_it_is_taken_back_and_given_back() -> None:
    """What was told of a line that is over is looked at again, since the line takes an answer now."""
    back = stepped(DETAILS, message(said(BuyerAct.REVERT_COMPLETION)))
    assert (state_of(shown(back)), shown(back).item_details, back.record.pending) == (COMPLETION_REVERTED, None, None)
    assert back.dropped is not None
    assert [(line.position, line.act) for line in back.dropped.lines] == [("10", Act.DETAILS)]
    assert (back.outgoing, back.supersedes) == ((), True)
    assert back.notes == ("line 10: the buyer changed it, so our answer was taken back before it left.",)


def test_what_left_and_came_back_is_taken_back_where_the_buyer_reverted_the_completion_meanwhile() -> None:
    done = stepped(DETAILS, departed(), message(said(BuyerAct.REVERT_COMPLETION)), returned())
    assert (state_of(shown(done)), done.record.pending, done.outgoing) == (COMPLETION_REVERTED, None, ())
    assert done.dropped is not None


def test_what_the_buyer_completed_meanwhile_takes_details_anew_but_not_the_answer() -> None:
    open_order = Record(platform=order_of(line_in(ISSUED)))
    pending = step(open_order, answer(Act.ACCEPT, notes=("n",)), TRADECLOUD).record
    over = step(pending, message(said(BuyerAct.COMPLETE)), TRADECLOUD)
    assert (state_of(shown(over)), over.record.pending) == (COMPLETED, None)
    assert over.dropped is not None
    with pytest.raises(TransitionRefused, match="it is Completed"):
        step(over.record, over.dropped.but(id="again", at=NOW), TRADECLOUD)
    assert response(step(over.record, DETAILS, TRADECLOUD)).lines[0].item_details == ORIGIN
