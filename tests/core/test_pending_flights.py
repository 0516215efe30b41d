"""While nobody knows whether our answer arrived: what the platform says of the order tells whether it heard us."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.decisions import Act, Decision, Delivered, Departed, Outcome, Stage
from core.messages import BuyerAct, Received
from core.model import LogisticsStatus, Order, Terms
from core.pending import Input, Record, Step, changes_from_json, changes_to_json, fold, step
from core.profile import GENERIC, TRADECLOUD, Profile
from core.transition import TransitionRefused
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_REOPENS,
    CONFIRMED,
    ISSUED,
    OUR_PROPOSAL,
    PROPOSAL_REJECTED,
    WE_REOPEN,
    State,
    state_of,
)
from tests.core.test_transition_properties import DECISIONS, FIRST, INPUTS, holds_for_the_record, holds_for_the_step
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    NOW,
    THIRD,
    answer,
    deliveries,
    departed,
    ended,
    goods,
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

NO_ANSWER_IN_TIME = Delivered(id="doubt-1", at=NOW, outbox="row-1", outcome=Outcome.UNCERTAIN, again=True)

SAID: dict[State, Decision] = {
    ISSUED: answer(Act.ACCEPT),
    PROPOSAL_REJECTED: propose(LATER),
    OUR_PROPOSAL: answer(Act.ACCEPT),
    CONFIRMED: propose(LATER),
    WE_REOPEN: answer(Act.WITHDRAW),
    BUYER_REOPENS: answer(Act.APPROVE),
    BUYER_ASKS_AGAIN: answer(Act.RECONFIRM),
}
"""An answer to a line in each of these states."""


def stepped(record: Record, *entries: Input, profile: Profile = TRADECLOUD) -> Step:
    """The last of these steps; each is folded from its recorded changes, and reads back from JSON."""
    for entry in entries:
        done = step(record, entry, profile)
        assert fold(record, changes_from_json(changes_to_json(done.changes))) == done.record
        assert Record.from_json(done.record.to_json()) == done.record
        record = done.record
    return done


def in_doubt(state: State, said: Decision | None = None, **order: object) -> Record:
    """An order in `state`, and an answer to it that may have arrived."""
    record = Record(platform=order_in(state).but(**order))
    return stepped(record, said or SAID[state], departed(), NO_ANSWER_IN_TIME).record


def as_it_was(order: Order, number: int | None = None) -> Received:
    """The platform reports the order as it stands in `order`."""
    lines = (
        said(
            position=line.position,
            reported=word(state_of(line)),
            terms=line.requested,
            confirmed=line.confirmed,
            proposed=line.proposed,
        )
        for line in order.lines
    )
    return message(*lines, reported=version(number) if number else None)


@pytest.mark.parametrize("state", SAID)
def test_a_platform_that_has_not_heard_us_is_no_word_on_our_answer(state: State) -> None:
    doubt = in_doubt(state)
    polled = stepped(doubt, as_it_was(order_in(state)))
    (before,), (after,) = doubt.platform.lines, polled.record.platform.lines
    assert (state_of(after), after.predicted) == (state_of(before), True)
    assert after.reported is not None
    assert after.reported.but(issued=None) == word(state)
    assert (polled.overtaken, polled.opened, polled.closed) == ((), (), ())
    assert polled.notes == ("line 10: at Tradecloud it stands as before our answer, which may not have arrived yet.",)
    sent = stepped(polled.record, ended(Outcome.SENT))
    assert (state_of(sent.record.order.lines[0]), sent.record.doubts) == (state_of(before), ())


def test_that_the_buyer_writes_the_line_anew_is_seen_also_after_a_poll_that_had_not_heard_us() -> None:
    def told(terms: Terms) -> Received:
        return message(said(reported=word(BUYER_ASKS_AGAIN), terms=terms, confirmed=LATER))

    agreed = Record(platform=order_of(line_in(CONFIRMED, confirmed=LATER)))
    doubt = stepped(agreed, told(ASKED), SAID[BUYER_ASKS_AGAIN], departed(), NO_ANSWER_IN_TIME).record
    polled = stepped(doubt, told(ASKED)).record
    assert polled.order.lines[0].predicted
    anew = stepped(polled, told(THIRD)).record
    assert (state_of(anew.order.lines[0]), anew.order.lines[0].requested) == (BUYER_ASKS_AGAIN, THIRD)


def test_when_it_has_heard_us_its_word_stands() -> None:
    doubt = in_doubt(CONFIRMED)
    heard = stepped(doubt, message(said(reported=word(WE_REOPEN), terms=ASKED, confirmed=ASKED, proposed=LATER)))
    (line,) = heard.record.platform.lines
    assert (state_of(line), line.predicted, heard.overtaken, heard.record.doubts) == (WE_REOPEN, False, (), ())


def test_what_the_buyer_settled_meanwhile_overtakes_the_doubtful_answer() -> None:
    doubt = in_doubt(CONFIRMED)
    settled = stepped(doubt, message(said(reported=word(CONFIRMED), terms=THIRD, confirmed=THIRD)))
    assert (settled.overtaken, settled.record.doubts) == (("10",), ())
    (line,) = settled.record.platform.lines
    assert (state_of(line), line.confirmed) == (CONFIRMED, THIRD)


def test_a_rejection_of_our_request_is_no_silence_although_it_leads_back() -> None:
    rejected = message(said(BuyerAct.REJECT, reported=word(CONFIRMED), terms=ASKED, confirmed=ASKED))
    done = stepped(in_doubt(CONFIRMED), rejected)
    (line,) = done.record.platform.lines
    assert (state_of(line), line.predicted, done.overtaken) == (CONFIRMED, False, ("10",))


def test_a_change_of_what_the_buyer_asks_is_no_silence() -> None:
    done = stepped(in_doubt(ISSUED), message(said(reported=word(ISSUED), terms=DEARER)))
    assert (done.overtaken, done.record.doubts) == (("10",), ())
    assert state_of(done.record.order.lines[0]) is ISSUED


def test_an_act_on_the_whole_order_is_no_silence() -> None:
    cancelled = message(said(reported=word(ISSUED), terms=ASKED), acts=(BuyerAct.CONFIRM,))
    (line,) = stepped(in_doubt(ISSUED), cancelled).record.platform.lines
    assert not line.predicted


def test_while_it_is_being_sent_a_platform_may_not_have_heard_us_either() -> None:
    sending = stepped(Record(platform=order_in(BUYER_REOPENS)), SAID[BUYER_REOPENS], departed()).record
    polled = stepped(sending, as_it_was(order_in(BUYER_REOPENS)))
    assert (polled.overtaken, state_of(polled.record.order.lines[0])) == ((), CONFIRMED)
    sent = stepped(polled.record, ended(Outcome.SENT)).record
    assert (state_of(sent.order.lines[0]), sent.order.lines[0].predicted) == (CONFIRMED, True)
    back = stepped(polled.record, returned()).record
    assert (state_of(back.platform.lines[0]), back.platform.lines[0].predicted) == (BUYER_REOPENS, False)


def test_what_the_platform_said_while_it_was_being_sent_is_remembered_when_it_turns_doubtful() -> None:
    sending = stepped(Record(platform=order_in(BUYER_REOPENS)), SAID[BUYER_REOPENS], departed()).record
    doubtful = stepped(sending, as_it_was(order_in(BUYER_REOPENS)), NO_ANSWER_IN_TIME).record
    assert state_of(doubtful.order.lines[0]) is CONFIRMED
    over = stepped(doubtful, ended(Outcome.FAILED)).record
    assert (state_of(over.order.lines[0]), over.order.lines[0].predicted) == (BUYER_REOPENS, False)


def test_the_same_report_again_after_the_answer_arrived_is_still_from_before_it() -> None:
    polled = stepped(in_doubt(ISSUED, reported=version(1)), as_it_was(order_in(ISSUED), 3))
    again = stepped(polled.record, ended(Outcome.SENT), as_it_was(order_in(ISSUED), 3))
    assert again.notes == ("line 10: Tradecloud had not come to our answer yet when it wrote this.",)
    assert state_of(again.record.order.lines[0]) is CONFIRMED
    newer = stepped(again.record, as_it_was(order_in(ISSUED), 4))
    assert newer.notes == ("line 10: expected Confirmed, and Tradecloud says Issued.",)
    assert state_of(newer.record.order.lines[0]) is ISSUED


def test_a_version_from_before_our_answer_says_nothing_of_whether_we_were_heard() -> None:
    doubt = in_doubt(ISSUED, reported=version(2))
    late = stepped(doubt, as_it_was(order_in(ISSUED), 2))
    assert late.notes == ("line 10: Tradecloud had not come to our answer yet when it wrote this.",)
    assert [one.told for one in late.record.doubts] == [()]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNCERTAIN])
def test_when_it_goes_no_more_by_itself_the_word_that_the_platform_gave_stands(outcome: Outcome) -> None:
    polled = stepped(in_doubt(BUYER_REOPENS), as_it_was(order_in(BUYER_REOPENS)))
    over = stepped(polled.record, ended(outcome))
    (line,) = over.record.platform.lines
    assert (state_of(line), line.requested, line.confirmed, line.predicted) == (BUYER_REOPENS, DEARER, ASKED, False)
    assert ({task.kind for task in over.closed}, {task.kind for task in over.opened}) == ({"ship"}, {"buyer asks"})
    assert over.record.doubts == ()


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNCERTAIN])
def test_when_nothing_was_heard_meanwhile_the_prediction_is_all_there_is(outcome: Outcome) -> None:
    doubt = in_doubt(ISSUED)
    over = stepped(doubt, ended(outcome))
    assert over.record == doubt.but(doubts=())


def _two_in_doubt() -> Record:
    two = Record(platform=order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20")))
    return stepped(two, answer(Act.ACCEPT, "10", "20"), departed(), NO_ANSWER_IN_TIME).record


CHANGED = (said(reported=word(ISSUED), terms=DEARER), said(position="20", reported=word(ISSUED), terms=ASKED))
"""The buyer reissued line 10, and on line 20 the platform has not heard us."""


def test_a_doubtful_answer_that_waits_for_a_person_leaves_the_platforms_word_on_its_other_lines() -> None:
    done = stepped(_two_in_doubt(), message(*CHANGED))
    assert (done.overtaken, done.record.doubts) == (("10",), ())
    lines = done.record.platform.lines
    assert [(state_of(line), line.predicted) for line in lines] == [(ISSUED, False), (ISSUED, False)]
    assert {(task.position, task.kind) for task in done.opened} == {("10", "answer"), ("20", "answer")}


def test_an_acceptance_that_would_have_been_needless_is_given_back_with_it() -> None:
    """Line 20 was agreed by our prediction alone, so saying yes again would have sent nothing, ever."""
    again = stepped(_two_in_doubt(), propose(LATER, "20")).record
    done = stepped(again, message(*CHANGED))
    assert done.record.pending is None
    assert done.dropped is not None
    assert [line.position for line in done.dropped.lines] == ["20"]
    assert [state_of(line) for line in done.record.order.lines] == [ISSUED, ISSUED]
    assert set(done.overtaken) == {"10", "20"}


def test_a_later_answer_on_its_way_keeps_its_own_prediction() -> None:
    later = stepped(_two_in_doubt(), propose(LATER, "20"), departed().but(outbox="row-2")).record
    done = stepped(later, message(*CHANGED))
    first, second = done.record.platform.lines
    assert (state_of(first), first.predicted, second.predicted) == (ISSUED, False, True)


def test_on_lines_of_which_nothing_was_heard_the_prediction_stays() -> None:
    two = Record(platform=order_of(line_in(ISSUED, "10"), line_in(ISSUED, "20")))
    doubt = stepped(two, answer(Act.ACCEPT, "10", "20"), departed(), NO_ANSWER_IN_TIME).record
    polled = stepped(doubt, message(said(reported=word(ISSUED), terms=ASKED)))
    over = stepped(polled.record, ended(Outcome.UNCERTAIN)).record
    assert [state_of(line) for line in over.order.lines] == [ISSUED, CONFIRMED]


def test_a_later_answer_is_not_taken_back_because_the_earlier_one_is_unheard() -> None:
    newer = stepped(in_doubt(ISSUED), propose(LATER))
    polled = stepped(newer.record, as_it_was(order_in(ISSUED)))
    assert (polled.record.pending, polled.overtaken, polled.supersedes) == (newer.record.pending, (), False)
    assert state_of(polled.record.order.lines[0]) is WE_REOPEN
    over = stepped(polled.record, ended(Outcome.UNCERTAIN))
    assert state_of(over.record.order.lines[0]) is WE_REOPEN


def test_what_else_a_platform_says_that_has_not_heard_us_is_taken_in() -> None:
    heard = message(
        said(
            reported=word(ISSUED, LogisticsStatus.PRODUCED),
            terms=ASKED,
            content=line_in(ISSUED).content.but(notes=("urgent",)),
            delivered=deliveries("2026-05-01=4"),
        )
    )
    (line,) = stepped(in_doubt(ISSUED), heard).record.order.lines
    assert (state_of(line), line.content.notes) == (CONFIRMED, ("urgent",))
    assert line.progress.delivered == 4
    assert line.logistics_status is LogisticsStatus.PRODUCED


def test_goods_that_leave_while_in_doubt_have_left_whatever_becomes_of_the_answer() -> None:
    shipped = stepped(in_doubt(ISSUED), goods(Stage.SHIPPED)).record
    polled = stepped(shipped, as_it_was(order_in(ISSUED)), ended(Outcome.UNCERTAIN)).record
    assert (state_of(polled.order.lines[0]), polled.order.logistics_status) == (ISSUED, LogisticsStatus.SHIPPED)


def test_what_fits_no_order_without_our_answer_ends_the_doubt() -> None:
    """A message may act on a line that only another message brought: the order as it was can't take it then."""
    doubt = in_doubt(ISSUED)
    (kept,) = doubt.doubts
    other = kept.but(platform=kept.platform.but(key=kept.platform.key.but(number="PO-8")))
    done = stepped(doubt.but(doubts=(other,)), as_it_was(order_in(ISSUED)))
    assert done.record.doubts == ()


def test_where_no_platform_reports_nothing_is_kept_in_doubt() -> None:
    record = Record(platform=order_in(ISSUED))
    done = stepped(record, answer(Act.ACCEPT), departed(), NO_ANSWER_IN_TIME, profile=GENERIC)
    assert (done.record.doubts, done.record.in_flight) == ((), None)


def test_of_an_answer_whose_lines_all_changed_while_it_was_being_sent_no_doubt_is_left() -> None:
    sending = stepped(Record(platform=order_in(ISSUED)), answer(Act.ACCEPT), departed())
    changed = stepped(sending.record, message(said(BuyerAct.ISSUE, terms=DEARER)))
    assert changed.overtaken == ("10",)
    assert stepped(changed.record, NO_ANSWER_IN_TIME).record.doubts == ()


@pytest.mark.parametrize(
    "entry",
    [
        NO_ANSWER_IN_TIME,
        ended(Outcome.RETRIED),
        ended(Outcome.SENT, "row-2"),
        ended(Outcome.FAILED, "row-2"),
    ],
)
def test_a_doubt_ends_only_when_its_own_message_is_settled(entry: Delivered) -> None:
    doubt = in_doubt(ISSUED)
    assert stepped(doubt, entry).record is doubt


def test_two_answers_may_be_in_doubt_at_once() -> None:
    two = Record(platform=order_of(line_in(ISSUED, "10"), line_in(BUYER_REOPENS, "20")))
    first = stepped(two, answer(Act.ACCEPT, "10"), departed(), NO_ANSWER_IN_TIME).record
    second = stepped(
        first,
        answer(Act.APPROVE, "20"),
        Departed(id="departed-2", at=NOW, outbox="row-2"),
        Delivered(id="doubt-2", at=NOW, outbox="row-2", outcome=Outcome.UNCERTAIN, again=True),
    ).record
    assert [one.outbox for one in second.doubts] == ["row-1", "row-2"]
    polled = stepped(second, as_it_was(two.platform))
    assert (polled.overtaken, [one.told for one in polled.record.doubts]) == ((), [("10",), ("20",)])
    over = stepped(polled.record, ended(Outcome.FAILED, "row-2")).record
    assert [state_of(line) for line in over.order.lines] == [CONFIRMED, BUYER_REOPENS]


@settings(max_examples=200, deadline=None)
@given(first=FIRST, inputs=st.lists(INPUTS, max_size=6), said=DECISIONS, polls=st.integers(1, 3))
def test_however_often_a_platform_repeats_what_stood_before_nothing_of_ours_is_overtaken(
    first: Received, inputs: list[Input], said: Decision, polls: int
) -> None:
    record: Record | None = None
    for entry in (first, *inputs, said):
        with suppress(TransitionRefused):
            record = step(record, entry, TRADECLOUD).record
    if record is None or record.pending is None:
        return
    base = record.platform
    for left in (
        Departed(id="o", at=NOW, outbox="y"),
        Delivered(id="e", at=NOW, outbox="y", outcome=Outcome.UNCERTAIN, again=True),
    ):
        record = step(record, left, TRADECLOUD).record
    predicted = record.platform
    report = as_it_was(base)
    if state_changes(base, report):
        return  # Not a report that a platform could write of it.
    for _ in range(polls):
        done = step(record, report, TRADECLOUD)
        holds_for_the_step(record, report, done)
        holds_for_the_record(done.record, TRADECLOUD)
        assert done.overtaken == ()
        record = done.record
    for line, ours in zip(record.platform.lines, predicted.lines, strict=True):
        if ours.predicted:
            assert (state_of(line), line.confirmed, line.proposed) == (state_of(ours), ours.confirmed, ours.proposed)


def state_changes(order: Order, report: Received) -> bool:
    """Whether a report of the order as it stands would change what it is about."""
    after = step(Record(platform=order), report, TRADECLOUD).record.platform
    return [
        (state_of(line), line.requested, line.proposed, line.confirmed) for line in (*order.lines, *after.lines)
    ] != 2 * [(state_of(line), line.requested, line.proposed, line.confirmed) for line in order.lines]


def test_the_property_is_not_empty() -> None:
    for state, answered in SAID.items():
        order = order_in(state)
        assert not state_changes(order, as_it_was(order)), state
        assert stepped(Record(platform=order), answered).record.pending is not None
