"""Unsent answers: kept line by line, checked again before they are sent, given back when the buyer was faster."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import suppress

import pytest

from core.decisions import Act, Decision, LineDecision, Outcome, Undo
from core.drafts import Draft, WasThen
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import ProcessStatus, Terms
from core.orderbook import Conflict, DraftReturned, NoSuchDraft, NoSuchOrder
from core.store import StoreDamaged, drafts, history, log
from core.store.pace import Pace
from core.transition import TransitionRefused
from core.verify import verify
from tests.orders import SETTINGS, Desk, issue, key, open_desk, report, terms


@pytest.fixture(autouse=True)
def _the_store_still_says_what_happened(desk: Desk) -> object:
    yield
    assert verify(desk.store) == []


def changes(*positions: str, quantity: str = "12", number: str = "PO-1") -> Message:
    """The buyer asks another quantity on these lines."""
    return issue(key(number), lines=positions, wanted=terms(quantity=quantity))


def cancels(*positions: str) -> Message:
    return Message(
        key=key("PO-1"), lines=tuple(LineMessage(position=one, acts=(BuyerAct.CANCEL,)) for one in positions)
    )


def proposal(desk: Desk, *positions: str, quantity: str = "5") -> Decision:
    return desk.decision(Act.PROPOSE, *positions, to=terms(quantity=quantity), reason="busy")


def revision(desk: Desk, order_id: int = 1) -> int:
    found = history.snapshot(desk.store.connection, order_id)
    assert found is not None
    return found.revision


def the_draft(desk: Desk, order_id: int = 1) -> Draft:
    [draft] = desk.book.drafts(order_id)
    return draft


def said(draft: Draft) -> dict[str, Act]:
    return {line.position: line.act for line in draft.decision.lines} if draft.decision is not None else {}


def answers(desk: Desk, order_id: int = 1) -> list[dict[str, object]]:
    """The lines of the answer that waits in the outbox."""
    [preview] = desk.book.preview(order_id)
    lines: list[dict[str, object]] = json.loads(preview.payload or b"")["lines"]
    return lines


# --- kept -------------------------------------------------------------------------------------------------------------


def test_a_draft_is_kept_and_changes_nothing_of_the_order(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    draft = the_draft(desk)
    assert (draft.order_id, draft.actor, draft.revision, draft.returned, draft.why) == (order_id, "alice", 1, False, ())
    assert said(draft) == {"1": Act.PROPOSE}
    assert (revision(desk), desk.book.preview(order_id)) == (1, [])


def test_a_half_typed_line_is_kept_as_it_was_typed_and_comes_back_so(desk: Desk) -> None:
    order_id = desk.has()
    typed = {"1": {"date.1": "2025-04-", "reason": "\x1b[2J[b]we are bu"}}
    desk.book.save_draft(order_id, None, "alice", 1, form=typed)
    draft = the_draft(desk)
    assert (draft.decision, draft.positions) == (None, ("1",))
    line = draft.line("1")
    assert line is not None
    assert line.form == typed["1"]


def test_lines_are_saved_one_by_one_and_what_is_saved_last_stands(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1, form={"1": {"reason": "busy"}})
    desk.book.save_draft(order_id, None, "alice", 1, form={"2": {"reason": "so"}})
    desk.book.save_draft(order_id, desk.decision(Act.AGREE, "1"), "alice", 1)
    draft = the_draft(desk)
    assert said(draft) == {"1": Act.AGREE}
    assert {line.position: line.form for line in draft.lines} == {"2": {"reason": "so"}, "1": {}}


def test_a_line_whose_decision_is_typed_over_is_undecided_again(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1", "2"), "alice", 1)
    desk.book.save_draft(order_id, None, "alice", 1, form={"1": {"quantity": "5x"}})
    assert said(the_draft(desk)) == {"2": Act.PROPOSE}


def test_what_is_said_of_the_order_as_a_whole_is_kept_beside_the_lines(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1").but(notes=("by rail",)), "alice", 1)
    desk.book.save_draft(order_id, desk.decision(Act.AGREE, "2"), "alice", 1)
    draft = the_draft(desk)
    assert draft.decision is not None
    assert (draft.decision.notes, set(said(draft))) == (("by rail",), {"1", "2"})


def test_every_operator_has_a_draft_of_the_own(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "bob", 1)
    desk.book.save_draft(order_id, desk.decision(Act.AGREE, "1"), "alice", 1)
    assert [(one.actor, said(one)) for one in desk.book.drafts(order_id)] == [
        ("alice", {"1": Act.AGREE}),
        ("bob", {"1": Act.PROPOSE}),
    ]
    desk.book.discard_draft(order_id, "alice")
    assert [one.actor for one in desk.book.drafts(order_id)] == ["bob"]


def test_a_draft_is_thrown_away_whole_or_by_line(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1", "2"), "alice", 1)
    desk.book.discard_draft(order_id, "alice", ("1",))
    assert said(the_draft(desk)) == {"2": Act.PROPOSE}
    with pytest.raises(NoSuchDraft, match="no line 1"):
        desk.book.discard_draft(order_id, "alice", ("1",))
    desk.book.discard_draft(order_id, "alice", ("2",))
    assert desk.book.drafts(order_id) == []
    with pytest.raises(NoSuchDraft, match="alice has no unsent answer"):
        desk.book.discard_draft(order_id, "alice")


def test_no_draft_is_kept_of_what_is_not_there(desk: Desk) -> None:
    order_id = desk.has()
    with pytest.raises(TransitionRefused, match="line 9: the order has no such line"):
        desk.book.save_draft(order_id, proposal(desk, "9"), "alice", 1)
    with pytest.raises(NoSuchOrder):
        desk.book.save_draft(7, proposal(desk, "1"), "alice", 1)
    for unknown in (0, 2):
        with pytest.raises(ValueError, match="has no revision"):
            desk.book.save_draft(order_id, proposal(desk, "1"), "alice", unknown)
    desk.book.save_draft(order_id, None, "alice", 1)
    assert desk.book.drafts(order_id) == []


# --- sent -------------------------------------------------------------------------------------------------------------


def test_a_draft_that_fits_is_sent_and_is_no_draft_any_more(desk: Desk) -> None:
    order_id = desk.has()
    decision = proposal(desk, "1")
    desk.book.save_draft(order_id, decision, "alice", 1)
    desk.later(hours=3)
    changed = desk.book.send_draft(order_id, "alice", 1)
    assert (len(changed.outbox), desk.book.drafts(order_id)) == (1, [])
    [decided] = [one for one in history.timeline(desk.store, order_id) if one.kind == "decided"]
    assert (decided.actor, dt.datetime.fromisoformat(decided.at)) == ("alice", desk.now)
    assert decided.input is not None
    assert decided.input["id"] != decision.id  # an answer that was given before can be given again


def test_lines_that_are_named_are_sent_and_the_others_stay_drafts(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1", "2"), "alice", 1)
    desk.book.send_draft(order_id, "alice", positions=("2",))
    assert said(the_draft(desk)) == {"1": Act.PROPOSE}
    assert [line["purchaseOrderLinePosition"] for line in answers(desk)] == ["2"]


def test_nobody_sends_the_draft_of_another(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    with pytest.raises(NoSuchDraft):
        desk.book.send_draft(order_id, "bob")
    assert [one.actor for one in desk.book.drafts(order_id)] == ["alice"]


def test_a_half_typed_line_is_not_sent_but_the_others_are_when_they_are_named(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1, form={"2": {"reason": "so"}})
    with pytest.raises(DraftReturned, match="line 2: your answer to it is half typed") as refused:
        desk.book.send_draft(order_id, "alice")
    assert refused.value.rechecked.unfinished == ("2",)
    assert desk.book.preview(order_id) == []
    desk.book.send_draft(order_id, "alice", positions=("1",))
    assert the_draft(desk).positions == ("2",)


def test_a_draft_that_the_state_refuses_stays(desk: Desk) -> None:
    order_id = desk.has()
    no = desk.decision(Act.REJECT, "1")  # Tradecloud wants a reason
    desk.book.save_draft(order_id, no, "alice", 1)
    with pytest.raises(TransitionRefused, match="reason"):
        desk.book.send_draft(order_id, "alice")
    assert said(the_draft(desk)) == {"1": Act.REJECT}


def test_a_change_elsewhere_on_the_order_lets_a_draft_go_unless_the_operator_looked_at_it_as_it_was(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    desk.receives(changes("2"))
    with pytest.raises(Conflict):
        desk.book.send_draft(order_id, "alice", 1)
    assert said(the_draft(desk)) == {"1": Act.PROPOSE}
    assert len(desk.book.send_draft(order_id, "alice").outbox) == 1


def test_what_is_typed_at_another_screen_while_the_draft_is_sent_is_sent_too_or_nothing_is(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    new_id = desk.book.new_id

    def while_it_is_sent() -> str:
        desk.book.new_id = new_id
        desk.book.save_draft(order_id, proposal(desk, "1", quantity="7"), "alice", 1)
        return new_id()

    desk.book.new_id = while_it_is_sent
    changed = desk.book.send_draft(order_id, "alice")
    line = changed.step.record.order.line("1")
    assert line is not None
    assert line.proposed is not None
    assert line.proposed.delivery_schedule == terms(quantity="7").delivery_schedule
    assert desk.book.drafts(order_id) == []


# --- checked again ----------------------------------------------------------------------------------------------------


def test_a_line_that_the_buyer_changed_is_returned_with_the_difference_and_never_sent_in_silence(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1", "2"), "alice", 1)
    desk.receives(changes("1"))
    rechecked = desk.book.recheck(the_draft(desk))
    assert rechecked.fits is not None
    assert [line.position for line in rechecked.fits.lines] == ["2"]
    [back] = rechecked.returned
    assert (back.position, back.ours.act) == ("1", Act.PROPOSE)
    assert (back.before.requested, back.now.requested) == (terms(), terms(quantity="12"))
    assert back.sentence == ("line 1 changed since the answer (propose) was drafted: requested quantity 10 → 12.")
    with pytest.raises(DraftReturned, match=r"order PO-1, line 1: .*requested quantity 10 → 12") as refused:
        desk.book.send_draft(order_id, "alice")
    assert refused.value.rechecked.returned == rechecked.returned
    assert desk.book.preview(order_id) == []
    assert said(the_draft(desk)) == {"1": Act.PROPOSE, "2": Act.PROPOSE}


@pytest.mark.parametrize(
    ("wanted", "difference"),
    [
        (terms(date=dt.date(2025, 5, 1)), "requested date 2025-04-01 → 2025-05-01"),
        (terms(price="1.30"), "requested net price 1.25 EUR → 1.30 EUR"),
        (
            Terms(
                delivery_schedule=(
                    *terms(quantity="6").delivery_schedule,
                    terms(quantity="4").delivery_schedule[0].but(position="2"),
                ),
                prices=terms().prices,
            ),
            "requested quantity of delivery 1 10 → 6; requested delivery 2 2025-04-01 × 4 is new",
        ),
    ],
)
def test_the_difference_names_the_field(desk: Desk, wanted: Terms, difference: str) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    desk.receives(issue(key("PO-1"), lines=("1",), wanted=wanted))
    [back] = desk.book.recheck(the_draft(desk)).returned
    assert back.sentence.endswith(f"was drafted: {difference}.")


def test_a_cancelled_line_is_returned(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    desk.receives(cancels("1"))
    [back] = desk.book.recheck(the_draft(desk)).returned
    assert (back.now.process_status, "status Issued → Cancelled" in back.sentence) == (ProcessStatus.CANCELLED, True)


def test_a_line_that_a_colleague_answered_meanwhile_is_returned(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    desk.agrees(order_id, "1", actor="bob")
    with pytest.raises(DraftReturned, match="status Issued → Confirmed"):
        desk.book.send_draft(order_id, "alice")


def test_a_buyer_who_goes_back_to_what_was_asked_makes_the_draft_fit_again(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    desk.receives(changes("1"))
    desk.receives(changes("1", quantity="10.00"))
    assert desk.book.recheck(the_draft(desk)).returned == ()
    assert len(desk.book.send_draft(order_id, "alice").outbox) == 1


def test_what_left_or_arrived_meanwhile_is_no_difference(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", revision(desk))
    desk.book.delivered(desk.leaves(order_id), Outcome.SENT, "200")
    assert desk.book.recheck(the_draft(desk)).returned == ()


def test_a_draft_is_bound_to_the_revision_that_was_on_the_screen_though_the_order_moved_on(desk: Desk) -> None:
    order_id = desk.has()
    desk.receives(changes("1"))
    desk.agrees(order_id, "2", actor="bob")
    desk.receives(changes("1", quantity="14"))
    desk.book.save_draft(order_id, proposal(desk, "1", "2"), "alice", 2)
    by_position = {one.position: one for one in desk.book.recheck(the_draft(desk)).returned}
    first, second = by_position["1"], by_position["2"]
    assert (first.before.requested, first.now.requested) == (terms(quantity="12"), terms(quantity="14"))
    assert (second.before.process_status, second.now.process_status) == ("Issued", "Confirmed")


def test_a_line_whose_past_was_erased_is_returned_as_it_is_now(desk: Desk) -> None:
    order_id = desk.has()
    desk.receives(changes("1"))
    with desk.store.writing() as connection:
        log.erase(connection, [2])
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    [back] = desk.book.recheck(the_draft(desk)).returned
    assert (back.before, "has been erased" in back.sentence) == (back.now, True)


def test_after_a_look_the_draft_is_bound_to_the_order_as_it_is_and_sent(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1", "2"), "alice", 1)
    desk.receives(changes("1", "2"))
    desk.book.rebase_draft(order_id, "alice", 2, ("1",))
    assert [one.position for one in desk.book.recheck(the_draft(desk)).returned] == ["2"]
    desk.book.send_draft(order_id, "alice", 2, ("1",))
    assert [line["purchaseOrderLinePosition"] for line in answers(desk)] == ["1"]
    assert said(the_draft(desk)) == {"2": Act.PROPOSE}


def test_a_look_at_an_older_revision_does_not_make_what_came_since_fit(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    desk.receives(changes("1"))
    desk.receives(changes("1", quantity="14"))
    desk.book.rebase_draft(order_id, "alice", 2)
    with pytest.raises(DraftReturned, match="requested quantity 12 → 14"):
        desk.book.send_draft(order_id, "alice")


# --- given back -------------------------------------------------------------------------------------------------------


def test_an_answer_that_the_buyer_overtakes_becomes_a_returned_draft_of_whoever_decided_it(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", actor="bob")
    desk.book.change(order_id, proposal(desk, "2"), "alice")
    changed = desk.receives(changes("1", "2"))
    alice, bob = desk.book.drafts(order_id)
    assert [(one.actor, said(one), one.returned) for one in (alice, bob)] == [
        ("alice", {"2": Act.PROPOSE}, True),
        ("bob", {"1": Act.AGREE}, True),
    ]
    assert alice.decision is not None
    assert (alice.decision.lines[0].terms, alice.decision.lines[0].reason) == (terms(quantity="5"), "busy")
    assert alice.why == (
        "line 2: the buyer changed it (requested quantity 10 → 12), so your answer (propose) was taken back before it left.",
    )
    assert changed.step.notes[2:] == (
        "what bob had answered to line 1 is kept as bob's draft: look at it, then send it again or discard it.",
        "what alice had answered to line 2 is kept as alice's draft: look at it, then send it again or discard it.",
    )
    [back] = desk.book.recheck(alice).returned
    assert (back.before.requested, back.now.requested) == (terms(), terms(quantity="12"))


def test_the_last_word_on_a_line_is_given_back_to_whoever_said_it(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1", actor="bob")
    desk.book.change(order_id, proposal(desk, "1"), "alice")
    details = Decision(
        id="details", at=desk.now, lines=(LineDecision(position="1", act=Act.DETAILS, sales_order_number="SO-1"),)
    )
    desk.book.change(order_id, details, "carol")
    desk.receives(changes("1"))
    draft = the_draft(desk)
    assert (draft.actor, said(draft)) == ("alice", {"1": Act.PROPOSE})
    assert draft.decision is not None
    assert draft.decision.lines[0].sales_order_number == "SO-1"


@pytest.mark.parametrize(("seconds", "was"), [(1, WasThen.HELD), (60, WasThen.QUEUED)])
def test_a_returned_draft_knows_whether_the_answer_was_held_or_queued(desk: Desk, seconds: int, was: WasThen) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    desk.later(seconds=seconds)
    desk.receives(changes("1"))
    assert [line.was for line in the_draft(desk).lines] == [was]


def test_a_part_of_an_answer_that_must_hold_all_lines_was_a_draft(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-1", "city"))).order_id
    desk.agrees(order_id, "1")
    desk.receives(issue(key("PO-1", "city"), lines=("1",), wanted=terms(quantity="12")))
    assert [(line.position, line.was) for line in the_draft(desk).lines] == [("1", WasThen.DRAFT)]


def test_what_rules_decided_is_given_back_to_nobody(desk: Desk) -> None:
    order_id = desk.has()
    lines = tuple(LineDecision(position=one, act=Act.ACCEPT, rule="bolts") for one in ("1", "2"))
    desk.book.change(order_id, Decision(id="ruled", at=desk.now, lines=lines), "rules")
    desk.agrees(order_id, "2")
    desk.receives(changes("1", "2"))
    draft = the_draft(desk)
    assert (draft.actor, said(draft)) == ("alice", {"2": Act.AGREE})


def test_an_answer_that_did_not_arrive_and_was_overtaken_on_its_way_is_given_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.receives(changes("1"))
    assert desk.book.drafts(order_id) == []  # it may arrive yet
    desk.book.delivered(message, Outcome.FAILED, "422")
    draft = the_draft(desk)
    assert (draft.actor, said(draft), draft.lines[0].was) == ("alice", {"1": Act.AGREE}, WasThen.QUEUED)
    [back] = desk.book.recheck(draft).returned
    assert (back.before.requested, back.now.requested) == (terms(), terms(quantity="12"))


def test_an_answer_that_was_overtaken_on_its_way_and_arrived_is_no_draft(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.receives(changes("1"))
    desk.book.delivered(message, Outcome.SENT, "200")
    assert desk.book.drafts(order_id) == []


def test_a_line_answered_anew_before_the_old_answer_came_back_gives_nothing_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    message = desk.leaves(order_id)
    desk.receives(changes("1"))
    desk.agrees(order_id, "1")
    desk.book.delivered(message, Outcome.FAILED, "422")
    assert desk.book.drafts(order_id) == []


def test_what_holds_anyhow_is_not_given_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1"))  # accepted in the platform's portal
    assert desk.book.drafts(order_id) == []


def test_what_was_undone_is_not_given_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    desk.book.change(order_id, Undo(id="undo", at=desk.now), "alice")
    desk.receives(changes("1"))
    assert desk.book.drafts(order_id) == []


def test_a_returned_line_joins_what_the_operator_is_writing_and_takes_nothing_of_it_away(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-1"), lines=("1", "2", "3"))).order_id
    desk.agrees(order_id, "1", "2")
    now = revision(desk)
    desk.book.save_draft(
        order_id, proposal(desk, "2"), "alice", now, form={"1": {"reason": "so"}, "3": {"reason": "x"}}
    )
    desk.receives(changes("1", "2"))
    draft = the_draft(desk)
    assert said(draft) == {"2": Act.PROPOSE, "1": Act.AGREE}  # on 2 she has decided anew; 1 was half typed
    assert {line.position: line.form for line in draft.lines} == {"1": {"reason": "so"}, "2": {}, "3": {"reason": "x"}}
    assert len(draft.why) == 2
    assert {one.position for one in desk.book.recheck(draft).returned} == {"1", "2"}


def test_who_answers_a_returned_line_anew_has_no_draft_of_it_any_more(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    desk.receives(changes("1", "2"))
    desk.book.save_draft(order_id, proposal(desk, "2"), "alice", revision(desk))
    desk.agrees(order_id, "1", actor="bob")
    assert set(said(the_draft(desk))) == {"1", "2"}  # bob's word is not hers
    desk.agrees(order_id)
    assert said(the_draft(desk)) == {"2": Act.PROPOSE}  # which she is writing


def test_a_returned_draft_is_sent_after_a_look_and_says_the_same_to_the_order_as_it_is(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, proposal(desk, "1"), "alice")
    desk.receives(changes("1"))
    with pytest.raises(DraftReturned):
        desk.book.send_draft(order_id, "alice")
    draft = desk.book.rebase_draft(order_id, "alice", revision(desk))
    assert (draft.returned, draft.why) == (False, ())
    changed = desk.book.send_draft(order_id, "alice", revision(desk))
    line = changed.step.record.order.line("1")
    assert line is not None
    assert (line.requested, line.in_progress_status) == (terms(quantity="12"), "OpenSupplierProposal")
    assert line.proposed is not None
    assert line.proposed.delivery_schedule == terms(quantity="5").delivery_schedule
    assert desk.book.drafts(order_id) == []


def test_what_is_not_applied_gives_nothing_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id, "1")
    batch = desk.book.batch(Pace())
    with suppress(TransitionRefused), batch.together():
        batch.take(order_id, Received(id="change", at=desk.now, message=changes("1")), "metal-works")
        raise TransitionRefused("PO-1", None, "the rest of the document can't be applied")
    batch.take(order_id, Received(id="other", at=desk.now, message=changes("2")), "metal-works")
    batch.commit()
    assert desk.book.drafts(order_id) == []


def test_a_draft_that_can_not_be_read_stops_no_change_of_the_buyers_and_can_be_thrown_away(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    for operator in ("alice", "bob"):
        desk.book.save_draft(order_id, None, operator, 1, form={"1": {"reason": "so"}})
    with desk.store.writing() as connection:
        connection.execute("UPDATE drafts SET body = '{'")
    with pytest.raises(StoreDamaged, match=r"of alice to order #1 can't be read.*podesk drafts discard #1"):
        desk.book.drafts(order_id)
    desk.agrees(order_id, "2")
    desk.receives(changes("1"))
    desk.book.discard_draft(order_id, "bob")
    assert said(the_draft(desk)) == {"1": Act.AGREE}


@pytest.mark.parametrize("body", ["{", "[]", "null", '{"lines": 5}', '{"lines": [1]}'])
def test_a_draft_that_can_not_be_read_leaves_the_desk_to_its_others(desk: Desk, body: str) -> None:
    """Whatever stands in it, whoever looks what was given back to them hears of the others."""
    for number in ("PO-1", "PO-2"):
        order_id = desk.has(number)
        desk.agrees(order_id)
        desk.receives(changes("1", number=number))
    with desk.store.writing() as connection:
        connection.execute("UPDATE drafts SET body = ? WHERE order_id = 1", (body,))
    assert drafts.given_back_to(desk.store.connection, "alice") == ["PO-2"]
    desk.book.discard_draft(1, "alice")


def test_drafts_outlive_the_desk(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1, form={"2": {"reason": "so"}})
    before = the_draft(desk)
    again = open_desk(desk.store.path.parent, SETTINGS)
    try:
        assert again.book.drafts(order_id) == [before]
    finally:
        again.store.close()
