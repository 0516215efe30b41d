"""Until it leaves, an answer is still ours: the platform's state, what is pending over it, and the way between records."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from core.decisions import Act, Decision, LineDecision, Outcome, Stage, Uploaded
from core.messages import BuyerAct
from core.model import Document, ItemDetails, LogisticsStatus
from core.outgoing import DespatchAdvice, Indicator, OrderResponse
from core.pending import Input, Record, Step, changes_from_json, changes_to_json, fold, step
from core.pending.attaching import waits_for
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, TRADECLOUD, Profile
from core.transition import Change, Layer, Task, TaskKind, TransitionRefused
from core.transition.tables import (
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLED,
    CONFIRMED,
    IN_PROGRESS,
    ISSUED,
    OUR_PROPOSAL,
    REJECTED,
    WE_REOPEN,
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
    ended,
    goods,
    issue,
    line_in,
    message,
    order_in,
    order_of,
    propose,
    returned,
    said,
    undo,
    version,
    word,
)


def stepped(record: Record | None, *entries: Input, profile: Profile = TRADECLOUD) -> Step:
    """The last of these steps; each is checked to be folded from its recorded changes, and to read back from JSON."""
    done = None
    for entry in entries:
        done = step(record, entry, profile)
        assert fold(record, changes_from_json(changes_to_json(done.changes))) == done.record
        assert Record.from_json(done.record.to_json()) == done.record
        record = done.record
    assert done is not None
    return done


def shown(done: Step, position: str = "10") -> State:
    line = done.record.order.line(position)
    assert line is not None
    return state_of(line)


def at_platform(done: Step, position: str = "10") -> State:
    line = done.record.platform.line(position)
    assert line is not None
    return state_of(line)


def answered(done: Step) -> dict[str, tuple[Indicator | None, object]]:
    """Of the one response that leaves: indicator and schedule by line."""
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    return {line.position: (line.indicator, line.delivery_schedule) for line in response.lines}


ISSUED_ORDER = Record(platform=order_in(ISSUED))
TWO_LINES = Record(platform=order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20")))
ACCEPT, REJECT = answer(Act.ACCEPT), answer(Act.REJECT, reason="no capacity")


# --- the last word per line -------------------------------------------------------------------------------------------


def test_an_answer_is_shown_at_once_and_the_platform_knows_nothing_of_it() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT)
    assert (shown(done), at_platform(done), done.supersedes) == (CONFIRMED, ISSUED, True)
    assert answered(done) == {"10": (Indicator.ACCEPTED, ASKED.delivery_schedule)}
    assert (done.closed, done.opened) == ((Task(TaskKind.ANSWER, "10"),), (Task(TaskKind.SHIP, "10"),))


def test_a_confirmation_that_never_left_followed_by_other_terms_is_a_proposal_and_no_reopen_request() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, propose(LATER))
    assert shown(done) is OUR_PROPOSAL
    assert done.supersedes
    assert answered(done) == {"10": (None, LATER.delivery_schedule)}


def test_answers_to_several_lines_leave_as_one_message_with_the_last_word_per_line() -> None:
    done = stepped(
        TWO_LINES, answer(Act.ACCEPT, "10"), answer(Act.REJECT, "20", reason="no"), answer(Act.ACCEPT, "20", "10")
    )
    assert answered(done) == {
        "10": (Indicator.ACCEPTED, ASKED.delivery_schedule),
        "20": (Indicator.ACCEPTED, ASKED.delivery_schedule),
    }
    assert (shown(done, "10"), shown(done, "20")) == (CONFIRMED, CONFIRMED)


def test_details_come_on_top_of_an_answer_and_an_answer_keeps_earlier_details() -> None:
    details = answer(Act.DETAILS, item_details=ItemDetails(batch_number="B1"))
    for entries in ((ACCEPT, details), (details, ACCEPT)):
        done = stepped(ISSUED_ORDER, *entries)
        (response,) = done.outgoing
        assert isinstance(response, OrderResponse)
        assert response.lines[0].indicator is Indicator.ACCEPTED
        assert response.lines[0].item_details == ItemDetails(batch_number="B1")
        assert shown(done) is CONFIRMED


def test_each_item_detail_is_said_for_itself() -> None:
    done = stepped(
        ISSUED_ORDER,
        answer(Act.DETAILS, item_details=ItemDetails(batch_number="B1", country_of_origin="NL")),
        answer(Act.DETAILS, item_details=ItemDetails(batch_number="B2", serial_number="S1")),
    )
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert response.lines[0].item_details == ItemDetails(batch_number="B2", country_of_origin="NL", serial_number="S1")


def test_documents_add_up_and_one_with_the_code_of_another_takes_its_place() -> None:
    first = answer(Act.ACCEPT, documents=(Document(code="D1", url="u1"), Document(url="u2")))
    later = answer(Act.DETAILS, documents=(Document(code="D1", url="u3"), Document(code="D2", url="u4")))
    done = stepped(
        ISSUED_ORDER, first.but(documents=(Document(code="C", url="c1"),)), later.but(documents=(Document(code="C"),))
    )
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert [document.url for document in response.lines[0].documents or ()] == ["u2", "u3", "u4"]
    assert response.documents == (Document(code="C"),)


def test_documents_that_are_said_to_be_none_are_none() -> None:
    done = stepped(ISSUED_ORDER, answer(Act.ACCEPT, documents=(Document(url="u"),)), answer(Act.ACCEPT, documents=()))
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert response.lines[0].documents == ()


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.AGREE], ids=str)
def test_what_is_said_besides_leaves_although_a_confirmed_line_needs_no_yes(act: Act) -> None:
    confirmed = Record(platform=order_in(CONFIRMED))
    details = answer(Act.DETAILS, item_details=ItemDetails(batch_number="B1"))
    for entries in ((answer(act, notes=("n",)),), (details, answer(act, notes=("n",)))):
        done = stepped(confirmed, *entries)
        (response,) = done.outgoing
        assert isinstance(response, OrderResponse)
        assert (response.lines[0].indicator, response.lines[0].notes) == (None, ("n",))
        assert shown(done) is CONFIRMED


# --- files that go up before the answer -------------------------------------------------------------------------------

FILE, OTHER_FILE = "a" * 64, "b" * 64
ATTACHING = answer(Act.ACCEPT, documents=(Document(attachment=FILE), Document(attachment=OTHER_FILE))).but(
    documents=(Document(attachment=FILE, name="order.pdf"),)
)


def uploaded(sha256: str = FILE, object_id: str = "object-1") -> Uploaded:
    return Uploaded(id=f"uploaded {sha256}", at=NOW, attachment=sha256, object_id=object_id)


def test_an_answer_names_a_file_from_when_it_is_up_wherever_it_attaches_it() -> None:
    done = stepped(ISSUED_ORDER, ATTACHING)
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert list(waits_for(response)) == [FILE, OTHER_FILE]
    done = stepped(ISSUED_ORDER, ATTACHING, uploaded())
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert done.supersedes
    assert list(waits_for(response)) == [OTHER_FILE]
    assert response.documents == (Document(attachment=FILE, name="order.pdf", object_id="object-1"),)
    assert [document.object_id for document in response.lines[0].documents or ()] == ["object-1", None]
    done = stepped(ISSUED_ORDER, ATTACHING, uploaded(), uploaded(OTHER_FILE, "object-2"))
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert not waits_for(response)


def test_a_file_that_no_answer_waits_for_changes_nothing() -> None:
    for entries in (
        (ATTACHING, undo(), uploaded()),
        (ATTACHING, uploaded("c" * 64)),
        (ATTACHING, uploaded(), uploaded(object_id="object-2")),
    ):
        done = stepped(ISSUED_ORDER, *entries)
        assert (done.changes, done.outgoing, done.supersedes) == ((), (), False)


def test_what_a_later_answer_does_not_say_of_the_order_stays_said() -> None:
    first = Decision(id="d1", at=NOW, lines=ACCEPT.lines, description="first", notes=("n",))
    done = stepped(TWO_LINES, first, answer(Act.ACCEPT, "20").but(description="second"))
    (response,) = done.outgoing
    assert isinstance(response, OrderResponse)
    assert (response.description, response.notes) == ("second", ("n",))


def test_an_answer_that_says_nothing_new_is_not_pending() -> None:
    confirmed = Record(platform=order_in(CONFIRMED))
    done = stepped(confirmed, ACCEPT)
    assert done.record is confirmed
    assert (done.changes, done.outgoing, done.supersedes) == ((), (), False)
    assert done.notes == ("line 10 is confirmed already: nothing to send.",)


def test_agreeing_after_all_takes_back_a_reopen_request_that_never_left() -> None:
    done = stepped(Record(platform=order_in(CONFIRMED)), propose(LATER), answer(Act.AGREE))
    assert (done.record.pending, done.outgoing, done.supersedes) == (None, (), True)
    assert shown(done) is CONFIRMED


def test_only_the_lines_that_say_something_are_pending() -> None:
    record = Record(platform=order_of(line_in(ISSUED, "10"), line_in(CONFIRMED, "20")))
    done = stepped(record, answer(Act.ACCEPT, "10", "20"))
    assert done.record.pending is not None
    assert [line.position for line in done.record.pending.lines] == ["10"]


def test_a_refused_answer_leaves_what_is_pending() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT)
    with pytest.raises(TransitionRefused, match="wants a reason"):
        step(done.record, answer(Act.REJECT), TRADECLOUD)
    with pytest.raises(TransitionRefused, match="answered twice"):
        step(done.record, answer(Act.ACCEPT, "10", "10"), TRADECLOUD)


def test_a_draft_waits_for_the_other_lines_where_an_answer_holds_them_all() -> None:
    draft = stepped(TWO_LINES, answer(Act.ACCEPT, "10"), profile=PEPPOL)
    assert (draft.outgoing, draft.supersedes, shown(draft)) == ((), True, CONFIRMED)
    whole = stepped(draft.record, answer(Act.ACCEPT, "20"), profile=PEPPOL)
    assert list(answered(whole)) == ["10", "20"]


# --- no to a cancellation, and what is said next ----------------------------------------------------------------------

ASKED_TO_CANCEL = Record(platform=order_in(BUYER_CANCELS))
NO = answer(Act.DISAGREE, reason="it is packed")


def test_after_no_to_a_cancellation_to_agree_means_what_the_desk_shows() -> None:
    no = stepped(ASKED_TO_CANCEL, NO, profile=PROCUREMENT_CONNECT)
    assert (shown(no), at_platform(no)) == (ISSUED, BUYER_CANCELS)
    agreed = stepped(no.record, answer(Act.AGREE), profile=PROCUREMENT_CONNECT)
    assert shown(agreed) is CONFIRMED
    rejected = stepped(no.record, answer(Act.DISAGREE, reason="sold out"), profile=PROCUREMENT_CONNECT)
    assert shown(rejected) is REJECTED
    yes_after_all = stepped(no.record, answer(Act.APPROVE), profile=PROCUREMENT_CONNECT)
    assert shown(yes_after_all) is CANCELLED


def test_after_no_to_the_cancellation_of_a_confirmed_line_it_stays_confirmed() -> None:
    confirmed = Record(platform=order_of(line_in(BUYER_CANCELS, resumes=CONFIRMED, confirmed=LATER)))
    for act in (Act.AGREE, Act.DISAGREE):
        done = stepped(confirmed, NO, answer(act), profile=PROCUREMENT_CONNECT)
        assert (shown(done), done.record.order.lines[0].confirmed) == (CONFIRMED, LATER)
        assert answered(done) == {"10": (None, LATER.delivery_schedule)}


def test_a_no_on_one_line_leaves_agree_on_another_what_it_is() -> None:
    record = Record(platform=order_of(line_in(BUYER_CANCELS, "10"), line_in(ISSUED, "20")))
    done = stepped(record, NO, answer(Act.AGREE, "20"))
    assert (shown(done, "10"), shown(done, "20")) == (ISSUED, CONFIRMED)
    reopened = Record(platform=order_in(BUYER_REOPENS))
    assert shown(stepped(reopened, answer(Act.REFUSE, reason="no"), answer(Act.AGREE))) is CONFIRMED


# --- undo -------------------------------------------------------------------------------------------------------------


def test_undo_drops_what_has_not_left() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, undo())
    assert done.record == ISSUED_ORDER
    assert (done.outgoing, done.supersedes) == ((), True)
    assert (done.closed, done.opened) == ((Task(TaskKind.SHIP, "10"),), (Task(TaskKind.ANSWER, "10"),))


def test_undo_of_a_line_leaves_the_others_and_their_answer() -> None:
    done = stepped(TWO_LINES, answer(Act.ACCEPT, "10", "20"), undo("20"))
    assert (shown(done, "10"), shown(done, "20")) == (CONFIRMED, ISSUED)
    assert list(answered(done)) == ["10"]


def test_undo_of_what_left_or_never_was_is_refused() -> None:
    with pytest.raises(TransitionRefused, match="order PO-7: nothing waits to be sent"):
        step(ISSUED_ORDER, undo(), TRADECLOUD)
    leaves = stepped(ISSUED_ORDER, ACCEPT, departed())
    with pytest.raises(TransitionRefused, match="being sent at this moment"):
        step(leaves.record, undo("10"), TRADECLOUD)
    left = stepped(leaves.record, ended(Outcome.SENT))
    with pytest.raises(TransitionRefused, match="what left, or may have, stands"):
        step(left.record, undo("10"), TRADECLOUD)
    with pytest.raises(TransitionRefused, match="line 20: no answer to it waits to be sent"):
        step(stepped(TWO_LINES, ACCEPT).record, undo("20"), TRADECLOUD)


def test_a_whole_rejection_is_not_half_undone() -> None:
    rejected = stepped(TWO_LINES, answer(Act.REJECT, "10", "20", reason="no"), profile=PROCUREMENT_CONNECT)
    with pytest.raises(TransitionRefused, match="as a whole"):
        step(rejected.record, undo("10"), PROCUREMENT_CONNECT)


# --- departure --------------------------------------------------------------------------------------------------------


def test_what_departs_is_what_the_platform_will_know_and_a_prediction_where_it_reports_back() -> None:
    done = stepped(TWO_LINES, ACCEPT, departed())
    assert (done.record.pending, done.record.shown, at_platform(done)) == (None, None, CONFIRMED)
    assert [line.predicted for line in done.record.platform.lines] == [True, False]
    elsewhere = stepped(TWO_LINES, ACCEPT, departed(), profile=GENERIC)
    assert [line.predicted for line in elsewhere.record.platform.lines] == [False, False]


def test_after_it_left_other_terms_are_a_reopen_request() -> None:
    assert shown(stepped(ISSUED_ORDER, ACCEPT, departed(), propose(LATER))) is WE_REOPEN


def test_details_that_depart_predict_nothing() -> None:
    done = stepped(ISSUED_ORDER, answer(Act.DETAILS, item_details=ItemDetails(batch_number="B1")), departed())
    assert not done.record.platform.lines[0].predicted


def test_a_refusal_that_departs_is_a_prediction() -> None:
    done = stepped(Record(platform=order_in(BUYER_REOPENS)), answer(Act.REFUSE, reason="no"), departed())
    assert done.record.platform.lines[0].predicted


def test_a_despatch_advice_that_departs_takes_no_decision_along() -> None:
    pending = stepped(ISSUED_ORDER, ACCEPT)
    assert stepped(pending.record, departed(answers=False)).record is pending.record
    assert stepped(ISSUED_ORDER, departed()).record is ISSUED_ORDER


def test_what_became_of_a_message_changes_nothing() -> None:
    done = stepped(ISSUED_ORDER, ended(Outcome.SENT))
    assert (done.record, done.changes, done.outgoing, done.supersedes) == (ISSUED_ORDER, (), (), False)


# --- what certainly did not arrive ------------------------------------------------------------------------------------


def test_an_answer_that_did_not_arrive_is_ours_again_as_if_it_had_never_been_claimed() -> None:
    pending = stepped(TWO_LINES, ACCEPT)
    done = stepped(pending.record, departed(), returned())
    assert done.record == pending.record
    assert (done.outgoing, done.supersedes, done.opened, done.closed) == ((), False, (), ())
    again = stepped(done.record, departed(), returned(), departed(), ended(Outcome.SENT))
    assert (at_platform(again), again.record.pending, again.record.in_flight) == (CONFIRMED, None, None)


@pytest.mark.parametrize("profile", [TRADECLOUD, GENERIC])
def test_after_it_came_back_other_terms_are_a_proposal_and_undo_takes_it_back(profile: Profile) -> None:
    back = stepped(ISSUED_ORDER, ACCEPT, departed(), returned(), profile=profile)
    assert shown(stepped(back.record, propose(LATER), profile=profile)) is OUR_PROPOSAL
    undone = stepped(back.record, undo(), profile=profile)
    assert (undone.record, undone.supersedes, undone.outgoing) == (ISSUED_ORDER, True, ())


def test_what_was_decided_while_it_was_being_sent_leaves_with_it() -> None:
    done = stepped(TWO_LINES, ACCEPT, departed(), answer(Act.REJECT, "20", reason="no"), returned())
    assert (shown(done, "10"), shown(done, "20"), done.supersedes) == (CONFIRMED, REJECTED, True)
    assert list(answered(done)) == ["10", "20"]
    after = stepped(TWO_LINES, ACCEPT, departed(), returned(), answer(Act.ACCEPT, "20"))
    assert list(answered(after)) == ["10", "20"]


def test_the_later_word_stands_when_the_earlier_one_comes_back() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, departed(), propose(LATER), returned())
    assert (shown(done), answered(done)) == (OUR_PROPOSAL, {"10": (None, LATER.delivery_schedule)})


def test_to_withdraw_a_reopen_request_that_then_comes_back_leaves_nothing_to_send() -> None:
    record = Record(platform=order_of(line_in(CONFIRMED, "10"), line_in(ISSUED, "20")))
    done = stepped(record, propose(LATER), departed(), answer(Act.WITHDRAW), answer(Act.ACCEPT, "20"), returned())
    assert (shown(done, "10"), shown(done, "20"), list(answered(done))) == (CONFIRMED, CONFIRMED, ["20"])
    (note,) = done.notes
    assert note.startswith("our answer came back and no longer fits, so it was taken back: order PO-7, line 10")


def test_to_agree_after_a_no_to_a_cancellation_that_comes_back_does_not_grant_it() -> None:
    done = stepped(ASKED_TO_CANCEL, NO, departed(), answer(Act.AGREE), returned(), profile=PROCUREMENT_CONNECT)
    assert shown(done) is CONFIRMED


def test_an_answer_to_a_line_that_the_buyer_changed_meanwhile_does_not_come_back() -> None:
    changed = message(said(BuyerAct.ISSUE, position="10", terms=DEARER))
    done = stepped(TWO_LINES, answer(Act.ACCEPT, "10", "20"), departed(), changed, returned())
    assert (shown(done, "10"), shown(done, "20"), at_platform(done, "20")) == (ISSUED, CONFIRMED, ISSUED)
    assert (list(answered(done)), done.supersedes) == (["20"], True)
    assert done.notes == ("line 10: the buyer changed it, so our answer was taken back before it left.",)
    alone = stepped(ISSUED_ORDER, ACCEPT, departed(), changed, returned())
    assert (alone.record.pending, alone.outgoing, alone.supersedes, shown(alone)) == (None, (), True, ISSUED)


def test_lines_that_the_buyer_changes_one_after_another_while_it_is_sent_are_all_given_back() -> None:
    first = message(said(BuyerAct.ISSUE, position="10", terms=DEARER))
    second = message(said(BuyerAct.ISSUE, position="20", terms=DEARER))
    done = stepped(TWO_LINES, answer(Act.ACCEPT, "10", "20"), departed(), first, second, returned())
    assert done.dropped is not None
    assert [line.position for line in done.dropped.lines] == ["10", "20"]
    assert [(line.position, line.requested) for line in done.dropped_from] == [("10", ASKED), ("20", ASKED)]
    assert [note.partition(":")[0] for note in done.notes] == ["line 10", "line 20"]


def test_what_was_decided_meanwhile_leaves_alone_when_nothing_is_left_of_what_comes_back() -> None:
    changed = message(said(BuyerAct.ISSUE, position="10", terms=DEARER))
    done = stepped(TWO_LINES, answer(Act.ACCEPT, "10"), departed(), changed, answer(Act.ACCEPT, "20"), returned())
    assert (shown(done, "10"), shown(done, "20"), list(answered(done))) == (ISSUED, CONFIRMED, ["20"])
    assert done.dropped is not None
    assert [line.position for line in done.dropped.lines] == ["10"]


def test_what_the_platform_says_of_the_order_as_it_was_does_not_take_the_answer_back() -> None:
    poll = message(said(reported=word(ISSUED)), reported=version(2))
    meanwhile = stepped(ISSUED_ORDER, ACCEPT, departed(), poll, returned())
    afterwards = stepped(ISSUED_ORDER, ACCEPT, departed(), returned(), poll)
    for done in (meanwhile, afterwards):
        assert (shown(done), at_platform(done), done.supersedes) == (CONFIRMED, ISSUED, False)
        assert done.record.pending == ACCEPT


def test_goods_that_left_meanwhile_have_left_when_the_answer_comes_back() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, departed(), goods(Stage.SHIPPED), returned())
    assert (shown(done), at_platform(done)) == (CONFIRMED, ISSUED)
    assert done.record.platform.logistics_status is LogisticsStatus.SHIPPED


@pytest.mark.parametrize("outcome", [Outcome.SENT, Outcome.UNCERTAIN])
def test_what_arrived_or_may_have_does_not_come_back(outcome: Outcome) -> None:
    left = stepped(ISSUED_ORDER, ACCEPT, departed(), ended(outcome))
    assert left.record.in_flight is None
    done = stepped(left.record, returned())
    assert (done.record, done.changes, done.supersedes) == (left.record, (), False)
    assert shown(stepped(left.record, propose(LATER))) is WE_REOPEN


def test_another_message_that_comes_back_gives_nothing_back() -> None:
    left = stepped(ISSUED_ORDER, ACCEPT, departed())
    for entry in (returned("row-2"), ended(Outcome.SENT, "row-2"), ended(Outcome.FAILED)):
        assert stepped(left.record, entry).record is left.record


def test_an_order_that_is_claimed_is_written_once_on_the_log() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, departed())
    flight = [change for change in done.changes if change.layer is Layer.IN_FLIGHT]
    assert flight == [Change(None, "*", None, {"outbox": "row-1"}, Layer.IN_FLIGHT)]


# --- what comes meanwhile ---------------------------------------------------------------------------------------------


def test_a_message_makes_the_record() -> None:
    done = stepped(None, issue("10", "20"))
    assert done.record.pending is None
    assert [change.layer for change in done.changes] == [Layer.ORDER]
    assert done.opened == (Task(TaskKind.ANSWER, "10"), Task(TaskKind.ANSWER, "20"))


def test_a_message_on_an_order_without_an_unsent_answer_is_the_platforms_word() -> None:
    done = stepped(ISSUED_ORDER, message(said(BuyerAct.CANCEL)))
    assert (shown(done), done.supersedes) == (CANCELLED, False)
    assert {change.layer for change in done.changes} == {Layer.ORDER}


def test_an_answer_to_a_line_that_the_buyer_changed_is_never_sent_in_silence() -> None:
    pending = stepped(TWO_LINES, answer(Act.ACCEPT, "10", "20"))
    done = stepped(pending.record, message(said(BuyerAct.ISSUE, position="10", terms=DEARER)))
    assert (shown(done, "10"), shown(done, "20")) == (ISSUED, CONFIRMED)
    assert (list(answered(done)), done.supersedes) == (["20"], True)
    assert done.notes == ("line 10: the buyer changed it, so our answer was taken back before it left.",)
    assert (done.closed, done.opened) == ((Task(TaskKind.SHIP, "10"),), (Task(TaskKind.ANSWER, "10"),))


def test_an_answer_of_which_nothing_is_left_is_gone() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, message(said(BuyerAct.CANCEL)))
    assert (done.record.pending, done.outgoing, done.supersedes, shown(done)) == (None, (), True, CANCELLED)


def test_an_answer_stays_when_the_message_is_about_something_else() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, message(said(reported=word(ISSUED)), reported=version(3), platform_id="p"))
    assert (shown(done), at_platform(done)) == (CONFIRMED, ISSUED)
    assert (done.supersedes, done.outgoing) == (False, ())


def test_an_answer_is_written_anew_when_the_order_around_it_changed() -> None:
    pending = stepped(TWO_LINES, answer(Act.ACCEPT, "10"))
    done = stepped(pending.record, message(said(BuyerAct.ISSUE, position="20", terms=DEARER)))
    assert (shown(done), done.supersedes, list(answered(done))) == (CONFIRMED, True, ["10"])
    assert done.overtaken == ("20",)


def test_an_agreement_on_what_we_said_before_overtakes_what_we_said_last() -> None:
    """Sent again, our last word would ask to reopen what the buyer has just approved."""
    proposal = stepped(ISSUED_ORDER, propose(LATER), departed(), ended(Outcome.SENT))
    again = stepped(proposal.record, propose(DEARER), departed(), ended(Outcome.UNCERTAIN))
    approved = message(said(reported=word(CONFIRMED), confirmed=LATER))
    assert stepped(again.record, approved).overtaken == ("10",)


def test_an_agreement_on_what_we_said_last_overtakes_nothing() -> None:
    proposal = stepped(ISSUED_ORDER, propose(LATER), departed(), ended(Outcome.UNCERTAIN))
    approved = message(said(reported=word(CONFIRMED), confirmed=LATER))
    assert stepped(proposal.record, approved).overtaken == ()


def test_where_the_newest_word_is_taken_back_an_older_one_does_not_go_in_its_place() -> None:
    doubtful = stepped(TWO_LINES, answer(Act.ACCEPT, "20"), departed(), ended(Outcome.UNCERTAIN))
    newest = stepped(doubtful.record, propose(LATER, "20"))
    unheard = message(said(position="20", reported=word(ISSUED), terms=ASKED), reported=version(2))
    done = stepped(newest.record, unheard)
    assert (done.record.pending, done.overtaken) == (None, ("20",))


def test_a_message_that_says_nothing_new_leaves_the_answer_in_the_outbox() -> None:
    pending = stepped(ISSUED_ORDER, ACCEPT)
    done = stepped(pending.record, message(said(BuyerAct.ISSUE, terms=ASKED), warnings=("guessed",)))
    assert done.record is pending.record
    assert (done.supersedes, done.outgoing, done.notes) == (False, (), ("guessed",))


def test_an_answer_that_no_longer_fits_is_taken_back_whole() -> None:
    rejected = stepped(TWO_LINES, answer(Act.REJECT, "10", "20", reason="no"), profile=PROCUREMENT_CONNECT)
    more = message(said(BuyerAct.ISSUE, position="30", terms=ASKED))
    done = stepped(rejected.record, more, profile=PROCUREMENT_CONNECT)
    assert (done.record.pending, done.supersedes, done.outgoing) == (None, True, ())
    assert [state_of(line) for line in done.record.order.lines] == [ISSUED] * 3
    (note,) = done.notes
    assert note.startswith("our answer was taken back before it left, since it no longer fits: order PO-7, line 30:")


def test_a_line_that_comes_meanwhile_makes_a_whole_answer_a_draft_again() -> None:
    pending = stepped(TWO_LINES, answer(Act.ACCEPT, "10", "20"), profile=PEPPOL)
    done = stepped(pending.record, issue("30"), profile=PEPPOL)
    assert (done.outgoing, done.supersedes) == ((), True)
    assert (shown(done, "10"), shown(done, "30"), done.record.order.process_status) == (CONFIRMED, ISSUED, IN_PROGRESS)


# --- goods ------------------------------------------------------------------------------------------------------------


def test_goods_may_leave_for_what_is_only_just_confirmed_and_both_states_know() -> None:
    done = stepped(ISSUED_ORDER, ACCEPT, goods(Stage.SHIPPED))
    assert (shown(done), at_platform(done), done.supersedes) == (CONFIRMED, ISSUED, False)
    (advice,) = done.outgoing
    assert isinstance(advice, DespatchAdvice)
    both = (done.record.order, done.record.platform)
    assert [order.logistics_status for order in both] == [LogisticsStatus.SHIPPED] * 2
    meanwhile = stepped(done.record, message(said(BuyerAct.ISSUE, terms=DEARER)))
    assert (shown(meanwhile), meanwhile.record.order.logistics_status) == (ISSUED, LogisticsStatus.SHIPPED)


@pytest.mark.parametrize(
    "entry", [undo(), undo("10"), REJECT, propose(LATER)], ids=["undo", "line", "no", "other terms"]
)
def test_an_answer_on_which_goods_are_on_their_way_is_not_taken_back_before_it_left(entry: Input) -> None:
    packed = stepped(ISSUED_ORDER, ACCEPT, goods(Stage.PACKED, ("10", "4")))
    with pytest.raises(TransitionRefused, match="line 10: goods of it are on their way on the answer that this would"):
        step(packed.record, entry, TRADECLOUD)
    assert shown(stepped(packed.record, departed(), propose(LATER))) is WE_REOPEN
    assert shown(stepped(packed.record, answer(Act.AGREE))) is CONFIRMED


WHOLE_ANSWERS = pytest.mark.parametrize("profile", [PROCUREMENT_CONNECT, PEPPOL], ids=lambda profile: profile.name)
BOTH = answer(Act.ACCEPT, "10", "20")


@WHOLE_ANSWERS
@pytest.mark.parametrize("stage", list(Stage))
def test_goods_wait_for_the_word_on_the_other_lines_where_an_answer_holds_them_all(
    profile: Profile, stage: Stage
) -> None:
    """Nobody would hear that the line is confirmed, and "partially shipped" would be the first word on the order."""
    half = stepped(TWO_LINES, ACCEPT, profile=profile).record
    for all_or_one in (goods(stage), goods(stage, ("10", "4"))):
        with pytest.raises(TransitionRefused) as refused:
            step(half, all_or_one, profile)
        assert str(refused.value) == (
            f"order PO-7, line 10: it is confirmed here only: {profile.title} takes the lines of an order together, so "
            "answer line 20 first."
        )
    assert shown(stepped(half, answer(Act.REJECT, "10", "20", reason="none left"), profile=profile)) is REJECTED
    assert (
        stepped(half, answer(Act.ACCEPT, "20"), goods(stage), profile=profile).record.order.lines[1].progress.produced
    )


def test_goods_of_a_line_that_was_confirmed_before_wait_for_no_other() -> None:
    """…which the buyer has added since."""
    known = Record(platform=order_of(line_in(CONFIRMED, "10"), line_in(ISSUED, "20"), line_in(ISSUED, "30")))
    done = stepped(known, answer(Act.ACCEPT, "20"), goods(Stage.SHIPPED, ("10", "4")), profile=PROCUREMENT_CONNECT)
    assert isinstance(done.outgoing[0], DespatchAdvice)
    with pytest.raises(TransitionRefused, match=r"line 20: it is confirmed here only: .* so answer line 30 first"):
        step(done.record, goods(Stage.SHIPPED, ("20", "4")), PROCUREMENT_CONNECT)


@WHOLE_ANSWERS
def test_an_answer_on_which_goods_are_on_their_way_is_not_held_back_by_another_line(profile: Profile) -> None:
    shipped = stepped(TWO_LINES, BOTH, goods(Stage.SHIPPED, ("10", "4")), profile=profile).record
    with pytest.raises(
        TransitionRefused, match="line 10: goods of it are on their way on the answer that this would hold"
    ):
        step(shipped, undo("20"), profile)
    noted = LineDecision(position="20", act=Act.DETAILS, notes=("in crates",))
    assert stepped(shipped, answers(noted), profile=profile).outgoing


def test_goods_whose_answer_comes_back_to_wait_for_a_line_that_came_meanwhile_wait_for_a_person() -> None:
    sending = (BOTH, departed(), goods(Stage.SHIPPED, ("10", "4")), issue("30"))
    done = stepped(TWO_LINES, *sending, profile=PROCUREMENT_CONNECT)
    assert done.stranded == ()
    assert stepped(done.record, returned(), profile=PROCUREMENT_CONNECT).stranded == (
        ("10", "waits for an answer to the other lines"),
    )


def test_goods_whose_answer_has_to_wait_for_a_line_that_came_meanwhile_wait_for_a_person() -> None:
    shipped = stepped(TWO_LINES, BOTH, goods(Stage.SHIPPED, ("10", "4")), profile=PROCUREMENT_CONNECT).record
    more = stepped(shipped, issue("30"), profile=PROCUREMENT_CONNECT)
    assert (more.outgoing, more.supersedes) == ((), True)
    assert more.stranded == (("10", "waits for an answer to the other lines"),)
    # It is known from then on, and nothing stops the answer that is still missing.
    again = stepped(
        more.record, message(said(BuyerAct.ISSUE, position="30", terms=DEARER)), profile=PROCUREMENT_CONNECT
    )
    assert again.stranded == ()
    assert stepped(again.record, answer(Act.ACCEPT, "30"), profile=PROCUREMENT_CONNECT).outgoing


def test_goods_of_an_order_without_an_unsent_answer() -> None:
    done = stepped(Record(platform=order_in(CONFIRMED)), goods(Stage.PACKED, ("10", "4")), goods(Stage.PACKED))
    assert done.record.order.logistics_status is LogisticsStatus.READY_TO_SHIP
    assert {change.layer for change in done.changes} == {Layer.ORDER}
    two = stepped(TWO_LINES, answer(Act.ACCEPT, "10"), goods(Stage.SHIPPED))
    assert two.record.platform.lines[1] is TWO_LINES.platform.lines[1]


def test_an_order_that_is_not_there_takes_nothing_but_a_message() -> None:
    for entry in (ACCEPT, goods(Stage.SHIPPED), undo(), departed()):
        with pytest.raises(TransitionRefused, match="not known here"):
            step(None, entry, TRADECLOUD)


# --- recorded changes -------------------------------------------------------------------------------------------------


def test_the_timeline_prints_what_is_shown_and_the_record_knows_the_rest() -> None:
    done = stepped(ISSUED_ORDER, propose(LATER))
    by_layer = {layer: [(c.line, c.field) for c in done.changes if c.layer is layer] for layer in Layer}
    assert by_layer == {
        Layer.ORDER: [],
        Layer.SHOWN: [
            (None, "process_status"),
            ("10", "proposed"),
            ("10", "process_status"),
            ("10", "in_progress_status"),
            ("10", "reason"),
            ("10", "since"),
        ],
        Layer.PLATFORM: [],
        Layer.PENDING: [(None, "*")],
        Layer.IN_FLIGHT: [],
    }


def test_changes_are_plain_json_with_decimals_and_dates_as_text() -> None:
    done = stepped(ISSUED_ORDER, propose(LATER))
    changes = json.loads(changes_to_json(done.changes))
    proposed = next(change for change in changes if change["field"] == "proposed")
    assert proposed == {
        "line": "10",
        "field": "proposed",
        "after": {
            "delivery_schedule": [{"position": "1", "date": "2026-06-01", "quantity": "10"}],
            "prices": {
                "net": {"transaction": {"value": "12.50", "currency": "EUR"}},
                "price_unit": "PCE",
                "price_unit_quantity": "1",
            },
        },
        "layer": "shown",
    }


def test_a_change_within_header_or_content_is_told_by_its_field() -> None:
    update = message(
        said(BuyerAct.ISSUE, terms=ASKED, content=line_in(ISSUED).content.but(description="Bolts", notes=("n",))),
        header=order_in(ISSUED, description="Spring", issued_on=dt.date(2026, 3, 1)).header,
    )
    done = stepped(ISSUED_ORDER, update)
    assert done.changes == (
        Change(None, "header.description", None, "Spring"),
        Change(None, "header.issued_on", None, "2026-03-01"),
        Change("10", "content.description", None, "Bolts"),
        Change("10", "content.notes", [], ["n"]),
    )


@pytest.mark.parametrize(
    "change",
    [
        Change("99", "reason", None, "x"),
        Change("10", "no_such_field", None, "x"),
        Change("10", "process_status", None, "Lost"),
        Change("10", "reason.deeper", None, "x"),
        Change(None, "*", None, 7),
    ],
)
def test_changes_that_do_not_fit_are_not_folded(change: Change) -> None:
    record = Record(platform=order_of(line_in(ISSUED, reason="r")))
    with pytest.raises(ValueError):
        fold(record, [change])


def test_changes_of_nothing_are_not_folded() -> None:
    with pytest.raises(ValueError):
        fold(None, [])
    with pytest.raises(ValueError):
        fold(None, [Change("10", "reason", None, "x")])
    assert fold(ISSUED_ORDER, []) is ISSUED_ORDER


@pytest.mark.parametrize("text", ['[{"line": "10"}]', "[1]", "7", "{"])
def test_what_is_no_list_of_changes_is_not_read(text: str) -> None:
    with pytest.raises(ValueError):
        changes_from_json(text)


def test_both_orders_of_one_record_are_folded_apart() -> None:
    record = Record(platform=order_in(ISSUED), pending=ACCEPT)
    folded = fold(record, [Change("10", "reason", None, "mine", Layer.SHOWN)])
    assert (folded.platform.lines[0].reason, folded.order.lines[0].reason) == (None, "mine")
    details = answer(Act.DETAILS, notes=("n",))
    done = stepped(ISSUED_ORDER, details)
    assert done.record.shown == ISSUED_ORDER.platform
    assert answers(*details.lines) == done.record.pending


def test_one_line_may_be_said_of_twice_only_across_answers() -> None:
    both = answers(LineDecision(position="10", act=Act.ACCEPT), LineDecision(position="10", act=Act.DETAILS))
    with pytest.raises(TransitionRefused, match="answered twice"):
        step(ISSUED_ORDER, both, TRADECLOUD)
    assert shown(stepped(ISSUED_ORDER, propose(THIRD), propose(LATER))) is OUR_PROPOSAL
