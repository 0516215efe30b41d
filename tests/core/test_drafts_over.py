"""A draft that is typed over: what its editors don't show stays, and a word that was given back waits for a word."""

from __future__ import annotations

import pytest

from core.decisions import Act, Decision, LineDecision
from core.drafting import DraftReturned
from core.drafts import Draft, sent
from core.model import Contact, Document, KeyValue
from tests.core.test_drafts import changes, proposal, revision, said, the_draft
from tests.orders import Desk

BESIDES = {"properties": (KeyValue(key="heat", value="4711"),), "documents": (Document(code="3.1", url="https://x/1"),)}
CONTACT = Contact(email="bob@supplier.example")


def from_file(desk: Desk, *positions: str, act: Act = Act.ACCEPT) -> Decision:
    """An answer as a file says it: with what no editor of the desk has a field for."""
    lines = tuple(LineDecision(position=one, act=act, **BESIDES) for one in positions)  # type: ignore[arg-type]
    return Decision(id=desk.book.new_id(), at=desk.now, lines=lines, contact=CONTACT, notes=("by rail",))


def given_back(desk: Desk, *positions: str) -> Draft:
    """…which a change of the buyer's gives back to alice."""
    desk.book.change(desk.has(), from_file(desk, *positions), "alice")
    desk.receives(changes(*positions))
    return the_draft(desk)


def test_an_answer_that_is_half_typed_over_is_kept_beneath(desk: Desk) -> None:
    before = given_back(desk, "1")
    desk.book.save_draft(1, None, "alice", revision(desk), form={"1": {"details.batch_number": "B"}})
    draft = the_draft(desk)
    assert (draft.decision, draft.decided("1")) == (None, None)
    assert draft.answered("1") == before.decided("1")
    assert draft.of_the_order == {"contact": CONTACT, "notes": ("by rail",)}
    with pytest.raises(DraftReturned, match="half typed"):
        desk.book.send_draft(1, "alice")


def test_what_is_kept_beneath_stays_while_it_is_typed_on_and_goes_when_it_is_decided(desk: Desk) -> None:
    before = given_back(desk, "1", "2")
    for typed in ("B", "B-", ""):
        desk.book.save_draft(1, None, "alice", revision(desk), form={"1": {"details.batch_number": typed}})
    assert the_draft(desk).answered("1") == before.decided("1")
    decided = before.answered("1")
    assert decided is not None
    whole = Decision(id="d", at=desk.now, lines=(decided.but(act=Act.REJECT, reason="no"),))
    desk.book.save_draft(1, whole, "alice", revision(desk))
    draft = the_draft(desk)
    assert draft.decided("1") == decided.but(act=Act.REJECT, reason="no")
    assert [line.over for line in draft.lines] == [None, None]
    assert draft.decision is not None
    assert (draft.decision.contact, draft.decision.notes) == (CONTACT, ("by rail",))


def test_what_is_said_of_the_order_is_not_lost_with_the_only_line_that_is_typed_over(desk: Desk) -> None:
    given_back(desk, "1")
    desk.book.save_draft(1, None, "alice", revision(desk), form={"1": {"terms.1.date": "2"}})
    desk.book.save_draft(1, proposal(desk, "1"), "alice", revision(desk))
    decision = the_draft(desk).decision
    assert decision is not None
    assert (decision.contact, decision.notes) == (CONTACT, ("by rail",))


def test_a_later_word_on_the_order_is_the_one_that_counts(desk: Desk) -> None:
    given_back(desk, "1")
    desk.book.save_draft(1, proposal(desk, "1").but(notes=("by road",)), "alice", revision(desk))
    decision = the_draft(desk).decision
    assert decision is not None
    assert (decision.contact, decision.notes) == (CONTACT, ("by road",))


def test_a_line_that_was_thrown_away_is_not_kept_beneath_what_is_typed_next(desk: Desk) -> None:
    given_back(desk, "1")
    desk.book.discard_draft(1, "alice", ("1",))
    desk.book.save_draft(1, None, "alice", revision(desk), form={"1": {"details.batch_number": "B"}})
    assert the_draft(desk).answered("1") is None


def test_a_word_that_nobody_looked_at_stays_bound_as_it_was(desk: Desk) -> None:
    """Details typed over an answer that was given back don't say that the operator has seen what the buyer changed."""
    before = given_back(desk, "1")
    answer = before.decided("1")
    assert answer is not None
    told = Decision(id="d", at=desk.now, lines=(answer.but(sales_order_number="SO-1"),))
    desk.book.save_draft(1, told, "alice", revision(desk), form={"1": {"terms.net": "8"}}, as_bound=("1", "2"))
    [line] = the_draft(desk).lines
    assert line == before.lines[0].but(form={"terms.net": "8"})
    with pytest.raises(DraftReturned, match="it changed since your answer"):
        desk.book.send_draft(1, "alice")
    # Where the draft has no such line, it is bound to the order as it was seen.
    desk.book.discard_draft(1, "alice")
    desk.book.save_draft(1, told, "alice", revision(desk), as_bound=("1",))
    assert [(each.revision, each.why) for each in the_draft(desk).lines] == [(revision(desk), None)]


@pytest.mark.parametrize(("act", "left"), [(Act.DETAILS, {"1": Act.ACCEPT}), (Act.AGREE, {})])
def test_details_are_no_answer_to_a_line_whose_answer_was_given_back(
    desk: Desk, act: Act, left: dict[str, Act]
) -> None:
    given_back(desk, "1")
    answer = Decision(id="d", at=desk.now, lines=(LineDecision(position="1", act=act, sales_order_number="SO-1"),))
    desk.book.change(1, answer, "alice")
    drafts = desk.book.drafts(1)
    assert [said(draft) for draft in drafts] == [left] * bool(left)


def test_details_that_were_given_back_are_settled_by_details(desk: Desk) -> None:
    desk.book.change(desk.has(), from_file(desk, "1", act=Act.DETAILS), "alice")
    desk.receives(changes("1"))
    assert said(the_draft(desk)) == {"1": Act.DETAILS}
    desk.book.change(1, from_file(desk, "1", act=Act.DETAILS), "alice")
    assert desk.book.drafts(1) == []


def test_a_word_and_details_of_one_batch_settle_the_word(desk: Desk) -> None:
    given_back(desk, "1", "2")
    lines = (LineDecision(position="1", act=Act.AGREE), LineDecision(position="2", act=Act.DETAILS, notes=("n",)))
    desk.book.change(1, Decision(id="d", at=desk.now, lines=lines), "alice")
    assert said(the_draft(desk)) == {"2": Act.ACCEPT}


def test_what_is_half_typed_of_a_line_stays_when_the_answer_beneath_it_is_sent(desk: Desk) -> None:
    """A draft can have both: an answer, and the fields of the line's other editor."""
    desk.book.save_draft(desk.has(), proposal(desk, "1", "2"), "alice", 1, form={"1": {"details.batch_number": "B"}})
    desk.book.send_draft(1, "alice")
    draft = the_draft(desk)
    assert (draft.decision, draft.positions, draft.lines[0].form) == (None, ("1",), {"details.batch_number": "B"})
    assert draft.answered("1") is None


def test_all_that_was_sent_and_nothing_typed_is_no_draft_any_more(desk: Desk) -> None:
    draft = given_back(desk, "1", "2")
    assert sent(draft, ("1", "2")) is None
    left = sent(draft, ("1",))
    assert left is not None
    assert (left.positions, said(left)) == (("2",), {"2": Act.ACCEPT})
    assert sent(draft, ()) == draft
