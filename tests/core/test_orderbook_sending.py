"""The outbox: what may leave when, what is replaced before it left, and what becomes of it."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal
from typing import Any

import pytest

from core.decisions import Act, Decision, Despatch, LineDecision, LineProgress, Outcome, Undo
from core.messages import BuyerAct, LineMessage, Message
from core.model import ProcessStatus
from core.orderbook import NoSuchMessage
from core.stages import Stage
from core.store import outbox, queries
from core.store.queries import View
from core.transition import TransitionRefused
from core.verify import verify
from tests.orders import START, Desk, issue, key, report, terms


@pytest.fixture(autouse=True)
def _the_store_still_says_what_happened(desk: Desk) -> object:
    yield
    assert verify(desk.store) == []


def sending(desk: Desk, order_id: int = 1) -> str:
    return queries.rows_by_id(desk.store, [order_id], desk.now)[0].sending


def states(desk: Desk) -> list[str]:
    return [row.state for row in queries.outbox(desk.store, everything=True)]


def kind(desk: Desk, outbox_id: str) -> str:
    return next(row.kind for row in queries.outbox(desk.store, everything=True) if row.id == outbox_id)


def due(desk: Desk, *, whatever_the_schedule: bool = False) -> list[str]:
    return desk.book.due("metal-works", now=desk.now, whatever_the_schedule=whatever_the_schedule)


def test_an_answer_is_held_for_the_undo_window_and_then_due(desk: Desk) -> None:
    order_id = desk.has()
    [message] = desk.agrees(order_id).outbox
    assert (sending(desk), due(desk), due(desk, whatever_the_schedule=True)) == ("held", [], [])
    desk.later(seconds=9.999)
    assert (sending(desk), due(desk)) == ("held", [])
    desk.later(seconds=0.001)
    assert (sending(desk), due(desk)) == ("queued", [message])
    assert desk.book.due("city", now=desk.now) == []


def test_a_later_answer_replaces_the_one_that_has_not_left_and_holds_the_last_word_on_each_line(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", "2")
    desk.book.change(order_id, desk.decision(Act.REJECT, "2", reason="sold out"), "bob")
    assert states(desk) == ["superseded", "queued"]
    [preview] = desk.book.preview(order_id)
    answered = {
        line["purchaseOrderLinePosition"]: line["indicators"] for line in json.loads(preview.payload or b"")["lines"]
    }
    assert answered == {"1": {"accepted": True}, "2": {"rejected": True}}
    assert [(one.position, one.process_status) for one in preview.predicted] == [("1", "Confirmed"), ("2", "Rejected")]


def test_a_claimed_answer_is_not_replaced_any_more(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    first = desk.leaves(order_id)
    desk.book.change(order_id, desk.decision(Act.AGREE, "2"), "alice")
    assert states(desk) == ["sending", "queued"]
    assert [entry.kind for entry in queries.timeline(desk.store, order_id)] == [
        "received",
        "decided",
        "departed",
        "decided",
    ]
    # The second waits its turn.
    desk.later(hours=1)
    assert due(desk) == []
    desk.book.delivered(first, Outcome.SENT, "200")
    assert len(due(desk)) == 1


def test_undo_after_the_answer_left_is_refused(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    desk.leaves(order_id)
    with pytest.raises(TransitionRefused):
        desk.book.change(order_id, Undo(id="undo", at=desk.now), "alice")


def test_what_the_claim_gives_is_what_the_preview_showed_and_what_every_attempt_gives(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    [preview] = desk.book.preview(order_id)
    assert (preview.state, preview.not_before) == ("held", START + dt.timedelta(seconds=10))
    desk.later(minutes=1)
    [message] = due(desk)
    first = desk.book.depart(message)
    assert first is not None
    desk.book.postpone(message, desk.later(minutes=1), "503")
    again = desk.book.depart(message)
    assert again is not None
    assert first.payload == again.payload == preview.payload
    assert (first.id, first.attempts, again.id, again.attempts) == (message, 1, message, 2)
    assert (first.number, first.kind, first.content_type, first.extension) == (
        "PO-1",
        "order_response",
        preview.content_type,
        "json",
    )


def test_a_message_is_claimed_once(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    desk.later(minutes=1)
    [message] = due(desk)
    assert desk.book.depart(message) is not None
    assert desk.book.depart(message) is None
    assert desk.book.depart("no-such-message") is None


def test_a_message_that_was_replaced_meanwhile_is_not_claimed(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    desk.later(minutes=1)
    [message] = due(desk)
    desk.book.change(order_id, Undo(id="undo", at=desk.now), "alice")
    assert desk.book.depart(message) is None


def test_after_it_left_the_status_is_a_prediction_and_sent_is_shown_until_the_platforms_word_comes(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    assert sending(desk) == "sending"
    desk.book.delivered(message, Outcome.SENT, "200 OK")
    assert sending(desk) == "sent"
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    assert sending(desk) == "nothing"
    assert queries.outbox(desk.store, everything=True)[0].receipt == "200 OK"


def test_trouble_postpones_a_message_and_shows_why(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.book.postpone(message, desk.now + dt.timedelta(minutes=5), "503 Service Unavailable")
    [row] = queries.outbox(desk.store)
    assert (row.state, row.attempts, row.last_error) == ("queued", 1, "503 Service Unavailable")
    assert (due(desk), due(desk, whatever_the_schedule=True)) == ([], [message])
    desk.later(minutes=5)
    assert due(desk) == [message]


def test_an_answer_that_may_have_arrived_is_no_longer_ours_to_replace(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    message = desk.leaves(order_id)
    desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    desk.agrees(order_id, "2")
    assert states(desk) == ["queued", "queued"]
    desk.later(minutes=1)
    assert due(desk) == [message]
    with pytest.raises(TransitionRefused, match="line 1: no answer to it waits"):
        desk.book.change(order_id, Undo(id="undo", at=desk.now, positions=("1",)), "alice")
    assert [entry.kind for entry in queries.timeline(desk.store, order_id)][-3:] == ["departed", "delivered", "decided"]


def fails(desk: Desk, message: str, how: str) -> None:
    """Three ways in which an answer certainly does not arrive."""
    if how == "refused":
        desk.book.delivered(message, Outcome.FAILED, "HTTP 400")
    elif how == "not admitted":
        desk.book.release(message, "HTTP 401")
    else:
        desk.book.postpone(message, desk.now, "HTTP 503")


CERTAINLY = pytest.mark.parametrize("how", ["refused", "not admitted", "not now"])


@CERTAINLY
def test_an_answer_that_certainly_did_not_arrive_is_ours_again(desk: Desk, how: str) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    message = desk.leaves(order_id)
    fails(desk, message, how)
    assert sending(desk) == ("failed" if how == "refused" else "queued")
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == (how == "refused")
    [preview] = desk.book.preview(order_id)
    assert (preview.outbox_id, preview.state) == (message, sending(desk))

    [merged] = desk.agrees(order_id, "2").outbox
    assert states(desk) == ["superseded", "queued"]
    desk.later(minutes=1)
    row = desk.book.depart(merged)
    assert row is not None
    assert [line["purchaseOrderLinePosition"] for line in json.loads(row.payload)["lines"]] == ["1", "2"]


@CERTAINLY
def test_undo_takes_back_what_did_not_arrive(desk: Desk, how: str) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    fails(desk, desk.leaves(order_id), how)
    desk.book.change(order_id, Undo(id="undo", at=desk.now), "alice")
    assert (states(desk), sending(desk)) == (["superseded"], "nothing")
    row = queries.rows_by_id(desk.store, [order_id], desk.now)[0]
    assert row.process_status == ProcessStatus.ISSUED
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 0


@CERTAINLY
def test_after_what_did_not_arrive_other_terms_are_a_proposal(desk: Desk, how: str) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    fails(desk, desk.leaves(order_id), how)
    entry = desk.decision(Act.PROPOSE, "1", to=terms(quantity="5"), reason="busy")
    line = desk.book.predict(order_id, entry).record.order.line("1")
    assert line is not None
    assert line.in_progress_status == "OpenSupplierProposal"


@CERTAINLY
def test_a_change_of_the_buyers_drops_the_answer_that_did_not_arrive(desk: Desk, how: str) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    fails(desk, desk.leaves(order_id), how)
    changed = desk.receives(changes("1"))
    assert (states(desk), due(desk, whatever_the_schedule=True)) == (["superseded"], [])
    assert changed.step.notes == (
        "line 1: the buyer changed it, so our answer was taken back before it left.",
        "what alice had answered to line 1 is kept as alice's draft: look at it, then send it again or discard it.",
    )


@CERTAINLY
def test_a_platform_that_repeats_itself_does_not_touch_what_did_not_arrive(desk: Desk, how: str) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    fails(desk, message, how)
    before = states(desk)
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "1", "2"))
    assert states(desk) == before
    row = queries.rows_by_id(desk.store, [order_id], desk.now)[0]
    assert row.process_status == ProcessStatus.CONFIRMED
    if how == "refused":
        desk.book.retry(message, "alice")
    assert desk.book.depart(message) is not None
    desk.book.delivered(message, Outcome.SENT, "200")
    assert sending(desk) == "sent"


def test_every_attempt_is_a_claim_of_its_own(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.book.release(message, "401")
    for _ in range(2):
        assert desk.book.depart(message) is not None
        desk.book.release(message, "401")
    assert desk.book.depart(message) is not None
    desk.book.delivered(message, Outcome.SENT, "200")
    kinds = [entry.kind for entry in queries.timeline(desk.store, order_id)]
    assert kinds == ["received", "decided", *["departed", "returned"] * 3, "departed", "delivered"]
    with pytest.raises(TransitionRefused, match="what left, or may have, stands"):
        desk.book.change(order_id, Undo(id="undo", at=desk.now), "alice")


def test_what_was_decided_while_an_answer_was_being_sent_leaves_with_it_when_it_comes_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", actor="bob")
    message = desk.leaves(order_id)
    desk.agrees(order_id, "2")
    desk.book.postpone(message, desk.now + dt.timedelta(hours=1), "503")
    assert states(desk) == ["superseded", "superseded", "queued"]
    desk.later(minutes=30)
    assert due(desk) == []
    [preview] = desk.book.preview(order_id)
    assert [line["purchaseOrderLinePosition"] for line in json.loads(preview.payload or b"")["lines"]] == ["1", "2"]


def test_an_operator_who_looked_while_an_answer_came_back_decides_on_the_same_order(desk: Desk) -> None:
    order_id = desk.has()
    seen = desk.agrees(order_id, "1").revision
    fails(desk, desk.leaves(order_id), "not now")
    changed = desk.book.change(order_id, desk.decision(Act.AGREE, "2"), "bob", expected_revision=seen)
    assert changed.revision > seen


def changes(position: str) -> Message:
    return Message(
        key=key("PO-1"),
        lines=(LineMessage(position=position, acts=(BuyerAct.ISSUE,), terms=terms(quantity="77")),),
    )


@pytest.mark.parametrize("how", ["waits", "is taken back after a crash", "is being sent"])
def test_what_may_have_arrived_is_not_sent_again_by_itself_after_the_buyer_changed_the_line(
    desk: Desk, how: str
) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", "2")
    message = desk.leaves(order_id)
    if how == "waits":
        desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    changed = desk.receives(changes("2"))
    assert "line 2: it changed" in changed.step.notes[-1]
    if how == "is being sent":
        desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    elif how != "waits":
        desk.book.reclaim()
    assert (states(desk), due(desk, whatever_the_schedule=True), sending(desk)) == (["uncertain"], [], "uncertain")
    assert queries.outbox(desk.store)[0].last_error == "what stands on line 2 changed since; look, then answer again"
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 1
    with pytest.raises(NoSuchMessage, match=r"changed since.*--anyway"):
        desk.book.retry(message, "alice")
    desk.book.retry(message, "alice", anyway=True)
    assert due(desk) == [message]
    assert desk.book.depart(message) is not None
    desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    assert due(desk) == [message]


@pytest.mark.parametrize("how", ["waits", "is taken back after a crash", "is being sent"])
def test_what_may_have_arrived_goes_again_by_itself_when_the_platform_stands_where_it_did_before(
    desk: Desk, how: str
) -> None:
    order_id = desk.has()
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    reopen = desk.decision(Act.PROPOSE, "2", to=terms(quantity="5"), reason="busy")
    desk.book.change(order_id, reopen, "alice")
    message = desk.leaves(order_id)
    if how == "waits":
        desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    elif how == "is taken back after a crash":
        desk.book.reclaim()
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    if how == "is being sent":
        desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    assert (states(desk), due(desk), sending(desk)) == (["queued"], [message], "queued")
    row = desk.book.depart(message)
    assert row is not None
    assert (row.id, row.attempts) == (message, 2)
    desk.book.delivered(message, Outcome.SENT, "200")
    line = desk.book.predict(order_id, desk.decision(Act.AGREE, "1")).record.order.line("2")
    assert line is not None
    assert (line.in_progress_status, line.predicted, sending(desk)) == ("OpenSupplierReopenRequest", True, "sent")


@pytest.mark.parametrize("outcome", [Outcome.UNCERTAIN, Outcome.FAILED])
def test_a_person_does_not_agree_unawares_to_terms_that_came_after_the_answer(desk: Desk, outcome: Outcome) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "2")
    message = desk.leaves(order_id)
    desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    assert desk.book.depart(message) is not None
    desk.book.delivered(message, outcome, "HTTP 400")
    desk.receives(changes("2"))
    with pytest.raises(NoSuchMessage, match="what stands on line 2 changed since"):
        desk.book.retry(message, "alice")
    assert due(desk) == []


def test_an_older_word_does_not_go_over_a_newer_one_by_a_retry(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", "2")
    older = desk.leaves(order_id)
    desk.book.delivered(older, Outcome.UNCERTAIN, "lost")
    desk.receives(changes("2"))
    desk.agrees(order_id, "2")
    newer = desk.leaves(order_id)
    desk.book.delivered(newer, Outcome.SENT)
    with pytest.raises(NoSuchMessage, match="--anyway"):
        desk.book.retry(older, "alice")
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 1


def test_what_may_have_arrived_goes_again_when_the_buyer_changed_another_line(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    message = desk.leaves(order_id)
    desk.book.postpone(message, desk.now, "no answer in time", doubtful=True)
    desk.receives(changes("2"))
    assert due(desk) == [message]


def test_what_may_have_arrived_and_is_answered_again_on_some_lines_only_stays_to_be_looked_at(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.book.delivered(message, Outcome.UNCERTAIN, "no answer in time")
    propose = desk.decision(Act.PROPOSE, "1", to=terms(quantity="5"), reason="busy")
    desk.book.change(order_id, propose, "alice")
    assert (sending(desk), queries.counts(desk.store)[View.NOT_DELIVERED]) == ("uncertain", 1)
    desk.book.change(order_id, propose.but(id="2", lines=(propose.lines[0].but(position="2"),)), "alice")
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 0
    with pytest.raises(NoSuchMessage, match="answered again since"):
        desk.book.retry(message, "alice")


def test_one_order_in_trouble_doesnt_hold_up_another(desk: Desk) -> None:
    first, second = desk.has("PO-1"), desk.has("PO-2")
    desk.agrees(first)
    desk.agrees(second)
    message = desk.leaves(first)
    desk.book.postpone(message, desk.now + dt.timedelta(hours=1), "503")
    assert [desk.order_of(one) for one in due(desk)] == [second]


@pytest.mark.parametrize("outcome", [Outcome.FAILED, Outcome.UNCERTAIN])
def test_what_was_not_delivered_is_shown_and_goes_again_when_an_operator_says_so(desk: Desk, outcome: Outcome) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.book.delivered(message, outcome, "no idea")
    assert sending(desk) == outcome.value
    assert [row.id for row in queries.list_orders(desk.store, now=desk.now, view=View.NOT_DELIVERED)] == [order_id]
    assert queries.outbox(desk.store)[0].last_error == "no idea"
    assert due(desk, whatever_the_schedule=True) == []

    desk.book.retry(message, "bob")
    assert (sending(desk), due(desk)) == ("queued", [message])
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 0
    last = queries.timeline(desk.store, order_id)[-1]
    assert (last.kind, last.actor) == ("delivered", "bob")
    assert desk.book.depart(message) is not None
    desk.book.delivered(message, outcome, "again")
    desk.book.retry(message, "bob")


def test_a_later_answer_takes_the_place_of_one_that_failed(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    message = desk.leaves(order_id)
    desk.book.delivered(message, Outcome.FAILED, "422")
    desk.agrees(order_id, "2")
    assert (sending(desk), states(desk)) == ("held", ["superseded", "queued"])
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 0
    with pytest.raises(NoSuchMessage, match="answered again since"):
        desk.book.retry(message, "alice")


def test_only_what_failed_can_be_sent_again(desk: Desk) -> None:
    order_id = desk.has()
    [message] = desk.agrees(order_id).outbox
    with pytest.raises(NoSuchMessage, match="queued"):
        desk.book.retry(message, "alice")
    with pytest.raises(NoSuchMessage, match="no message nonsense"):
        desk.book.retry("nonsense", "alice")
    with pytest.raises(NoSuchMessage, match="not being sent"):
        desk.book.delivered(message, Outcome.SENT)


def test_what_a_dead_daemon_was_sending_goes_back_into_the_queue(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    assert desk.book.reclaim() == 1
    assert (sending(desk), due(desk)) == ("queued", [message])
    assert desk.book.reclaim() == 0
    again = desk.book.depart(message)
    assert again is not None
    assert again.attempts == 2


def test_a_message_that_another_process_is_sending_is_taken_back_when_its_time_is_over(desk: Desk) -> None:
    order_id = desk.has()
    [message] = desk.agrees(order_id).outbox
    assert desk.book.depart(message, until=desk.now + dt.timedelta(seconds=30)) is not None
    desk.later(seconds=29)
    assert (desk.book.reclaim(), desk.book.reclaim("metal-works"), sending(desk)) == (0, 0, "sending")
    desk.later(seconds=1)
    assert (desk.book.reclaim("metal-works"), sending(desk), due(desk)) == (1, "queued", [message])


def test_who_is_not_the_daemon_takes_back_only_what_was_to_be_settled_by_now(desk: Desk) -> None:
    claimed, leased = (desk.has(number) for number in ("PO-1", "PO-2"))
    desk.agrees(claimed)
    [message] = desk.agrees(leased).outbox
    desk.leaves(claimed)
    assert desk.book.depart(message, until=desk.now + dt.timedelta(seconds=30)) is not None
    desk.later(seconds=29)
    assert desk.book.reclaim(leased=True) == 0
    desk.later(seconds=1)
    assert desk.book.reclaim("city", leased=True) == 0
    assert desk.book.reclaim("metal-works", leased=True) == 1
    assert (sending(desk, claimed), sending(desk, leased)) == ("sending", "queued")


def test_a_message_that_two_take_back_at_once_is_taken_back_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower one must not put it back again, which the daemon may be sending by then."""
    order_id = desk.has()
    [message] = desk.agrees(order_id).outbox
    assert desk.book.depart(message, until=desk.now) is not None
    look = outbox.sending

    def while_another_is_faster(*looked: Any, **how: Any) -> Any:
        found = look(*looked, **how)
        monkeypatch.setattr(outbox, "sending", look)
        assert desk.book.reclaim(leased=True) == 1
        assert desk.book.depart(message) is not None
        return found

    monkeypatch.setattr(outbox, "sending", while_another_is_faster)
    assert desk.book.reclaim() == 0
    assert sending(desk) == "sending"
    desk.book.delivered(message, Outcome.SENT, "200")


def test_a_change_of_the_buyers_drops_the_answer_to_what_changed_and_keeps_the_rest_in_its_window(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", "2", actor="bob")
    desk.later(seconds=4)
    desk.receives(
        Message(
            key=key("PO-1"),
            lines=(LineMessage(position="2", acts=(BuyerAct.ISSUE,), terms=terms(quantity="77")),),
        )
    )
    assert states(desk) == ["superseded", "queued"]
    [preview] = desk.book.preview(order_id)
    said = json.loads(preview.payload or b"")
    assert [line["purchaseOrderLinePosition"] for line in said["lines"]] == ["1"]
    assert said["erpRespondedBy"] == {"userName": "bob"}
    assert said["erpResponseDateTime"] == "2025-03-03T10:00:00"
    assert preview.not_before == START + dt.timedelta(seconds=10)


def test_a_platform_that_takes_whole_answers_only_shows_a_draft_until_every_line_is_decided(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-1", connection="city"))).order_id
    assert desk.agrees(order_id, "1").outbox == ()
    assert sending(desk) == "draft"
    [preview] = desk.book.preview(order_id)
    assert (preview.state, preview.payload, preview.outbox_id) == ("draft", None, None)
    assert [(one.position, one.process_status) for one in preview.predicted] == [("1", "Confirmed"), ("2", "Issued")]

    assert len(desk.agrees(order_id, "2").outbox) == 1
    assert sending(desk) == "held"
    [preview] = desk.book.preview(order_id)
    assert preview.payload is not None
    assert preview.payload.startswith(b"<?xml")


# --- goods on an answer that has not left -----------------------------------------------------------------------------


def ships(desk: Desk, order_id: int, position: str = "1", quantity: str = "1") -> None:
    line = LineProgress(position=position, quantity=Decimal(quantity))
    desk.book.change(
        order_id, Despatch(id=desk.id("despatch"), at=desk.now, stage=Stage.SHIPPED, lines=(line,)), "alice"
    )


def _noted(desk: Desk, position: str) -> Decision:
    line = LineDecision(position=position, act=Act.DETAILS, notes=("packed in crates",))
    return Decision(id=desk.id("decision"), at=desk.now, lines=(line,))


def leaving(desk: Desk) -> list[str]:
    """The kinds of all that leaves and arrives from here on, in its order."""
    desk.later(minutes=1)
    kinds = []
    while waiting := due(desk):
        row = desk.book.depart(waiting[0])
        assert row is not None
        desk.book.delivered(row.id, Outcome.SENT, "taken")
        kinds.append(row.kind)
    return kinds


def test_goods_never_leave_before_the_answer_that_they_rest_on_whatever_is_answered_meanwhile(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    ships(desk, order_id, quantity="1")
    ships(desk, order_id, quantity="2")
    desk.agrees(order_id, "2")
    ships(desk, order_id, "2")
    advices = [row.id for row in queries.outbox(desk.store) if row.kind == "despatch_advice"]
    desk.book.change(order_id, _noted(desk, "1"), "bob")
    assert leaving(desk) == ["order_response", "despatch_advice", "despatch_advice", "despatch_advice"]
    sent = [row.id for row in queries.outbox(desk.store, everything=True) if row.kind == "despatch_advice"]
    assert sorted(sent) == sorted(advices)


def test_goods_wait_for_their_answer_however_often_it_is_replaced(desk: Desk) -> None:
    """…by a rule, say, each time that a platform repeats itself while it takes nothing."""
    order_id = desk.has()
    desk.agrees(order_id, "1")
    for quantity in ("1", "2"):
        ships(desk, order_id, quantity=quantity)
    advices = [row.id for row in queries.outbox(desk.store) if row.kind == "despatch_advice"]
    for _ in range(80):
        desk.book.change(order_id, _noted(desk, "1"), "bob")
    (last,) = desk.store.connection.execute("SELECT max(sequence) FROM outbox").fetchone()
    assert last < 1000
    desk.later(minutes=1)
    left = []
    while waiting := due(desk):
        assert desk.book.depart(waiting[0]) is not None
        desk.book.delivered(waiting[0], Outcome.SENT, "taken")
        left += waiting
    assert left[1:] == advices


def test_goods_wait_for_the_answer_also_when_the_buyer_takes_a_part_of_it_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    ships(desk, order_id, "1")
    desk.receives(issue(key("PO-1"), lines=("2",), wanted=terms(quantity="3")))
    assert leaving(desk) == ["order_response", "despatch_advice"]


def test_goods_whose_answer_has_left_do_not_wait_for_the_next_one(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    assert leaving(desk) == ["order_response"]
    ships(desk, order_id)
    desk.agrees(order_id, "2")
    desk.book.change(order_id, _noted(desk, "2"), "bob")
    assert [kind(desk, one) for one in due(desk)] == ["despatch_advice"]
    assert leaving(desk) == ["despatch_advice", "order_response"]
