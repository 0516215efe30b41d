"""Three sides of a line on which a buyer's change met an answer of ours: derived from the log, and gone when settled."""

from __future__ import annotations

import pytest

from core.decisions import Act, Decision, LineDecision, Outcome, Undo
from core.messages import BuyerAct, LineMessage, Message
from core.model import InProgressStatus, LineReport, OrderReport, ProcessStatus, Terms
from core.revision import ThreeSides, shown_at, three_sides
from core.store import history, log
from core.verify import verify
from tests.core.test_intake import taken, tradecloud
from tests.orders import Desk, issue, key, open_desk, report, terms

GENERIC = """
operator_hold = "10s"
timezone = "Europe/Amsterdam"

[[connection]]
name = "metal-works"
profile = "generic"

[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
user = "supplier"
password = { env = "SFTP_PASSWORD" }
format = "tradecloud-json"
"""

ASKED, NOW, OURS = terms(), terms(quantity="12"), terms(quantity="5")


def changes(*positions: str, quantity: str = "12") -> Message:
    return issue(key("PO-1"), lines=positions, wanted=terms(quantity=quantity))


def asks_to_reopen(*positions: str, quantity: str = "12") -> Message:
    """As a platform that keeps the state itself says it: confirmed terms, and others that are asked."""
    state = LineReport(
        process_status=ProcessStatus.IN_PROGRESS, in_progress_status=InProgressStatus.OPEN_BUYER_REOPEN_REQUEST
    )
    return Message(
        key=key("PO-1"),
        lines=tuple(
            LineMessage(position=one, terms=terms(quantity=quantity), confirmed=ASKED, reported=state)
            for one in positions
        ),
        reported=OrderReport(process_status=ProcessStatus.IN_PROGRESS),
    )


def proposes(desk: Desk, *positions: str, actor: str = "alice", to: Terms = OURS) -> None:
    desk.book.change(1, desk.decision(Act.PROPOSE, *positions, to=to, reason="busy"), actor)


def arrives(desk: Desk) -> None:
    desk.book.delivered(desk.leaves(1), Outcome.SENT, "200")


def sides(desk: Desk) -> tuple[ThreeSides, ...]:
    assert verify(desk.store) == []
    return three_sides(desk.store, 1)


def the_sides(desk: Desk) -> tuple[Terms, Terms, Terms | None, str, str, int, str | None]:
    [one] = sides(desk)
    return one.before, one.now, one.ours, one.ours_is, one.our_word, one.since_revision, one.actor


# --- where our answer was ---------------------------------------------------------------------------------------------


def test_a_draft_that_a_change_meets(desk: Desk) -> None:
    desk.has()
    decision = desk.decision(Act.PROPOSE, "1", to=OURS, reason="busy")
    desk.book.save_draft(1, decision, "alice", 1, form={"2": {"reason": "so"}})
    assert sides(desk) == ()
    desk.receives(changes("1"))
    assert the_sides(desk) == (ASKED, NOW, OURS, "draft", "propose", 2, "alice")
    desk.receives(changes("2"))
    second = sides(desk)[1]
    assert (second.position, second.ours, second.our_word, second.since_revision) == ("2", None, "", 3)
    desk.book.discard_draft(1, "alice")
    assert sides(desk) == ()


@pytest.mark.parametrize(("seconds", "was"), [(1, "held"), (60, "queued")])
def test_an_answer_that_had_not_left(desk: Desk, seconds: int, was: str) -> None:
    desk.has()
    proposes(desk, "1")
    desk.later(seconds=seconds)
    desk.receives(changes("1"))
    assert the_sides(desk) == (ASKED, NOW, OURS, was, "propose", 3, "alice")
    assert sides(desk)[0].differences == ("requested quantity 10 → 12",)
    desk.book.discard_draft(1, "alice")  # throwing the old words away is no answer
    assert the_sides(desk)[3] == was


def test_a_part_of_a_whole_answer_that_was_decided_already(desk: Desk) -> None:
    order = key("PO-1", "city")
    desk.receives(issue(order))
    desk.agrees(1, "1")
    desk.receives(issue(order, lines=("1",), wanted=NOW))
    assert the_sides(desk) == (ASKED, NOW, ASKED, "draft", "agree", 3, "alice")


def test_an_answer_that_had_left(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    arrives(desk)
    desk.receives(
        Message(
            key=key("PO-1"),
            lines=(
                LineMessage(
                    position="1",
                    acts=(BuyerAct.ISSUE,),
                    terms=NOW,
                    reported=LineReport(process_status=ProcessStatus.ISSUED),
                ),
            ),
            reported=OrderReport(process_status=ProcessStatus.ISSUED),
        )
    )
    before, now, ours, ours_is, word, since, actor = the_sides(desk)
    assert (before, now, ours_is, word, actor) == (ASKED, NOW, "sent", "propose", "alice")
    assert ours is not None
    assert ours.delivery_schedule == OURS.delivery_schedule
    assert history.timeline(desk.store, 1)[since - 1].kind == "received"


def test_a_proposal_that_is_still_before_the_buyer_who_asks_something_else_meanwhile(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    arrives(desk)
    changed = desk.receives(changes("1"))
    line = changed.step.record.order.line("1")
    assert line is not None
    assert line.in_progress_status == "OpenSupplierProposal"
    before, now, _, ours_is, word, since, _ = the_sides(desk)
    assert (before, now, ours_is, word, since) == (ASKED, NOW, "sent", "propose", changed.revision)
    proposes(desk, "1", to=terms(quantity="6"))
    assert sides(desk) == ()


def test_a_refusal_that_left_answers_the_buyer_who_wants_to_change_the_agreement(desk: Desk) -> None:
    desk.has()
    desk.agrees(1)
    arrives(desk)
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    desk.receives(asks_to_reopen("2"))
    desk.book.change(1, desk.decision(Act.REFUSE, "2", reason="shipped tomorrow"), "alice")
    assert sides(desk) == ()
    arrives(desk)
    assert sides(desk) == ()


def test_an_answer_that_was_on_its_way_counts_as_sent_until_it_certainly_did_not_arrive(desk: Desk) -> None:
    desk.has()
    desk.agrees(1, "1")
    message = desk.leaves(1)
    changed = desk.receives(changes("1"))
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "1"))
    assert the_sides(desk) == (ASKED, NOW, ASKED, "sent", "agree", changed.revision, "alice")
    desk.book.delivered(message, Outcome.FAILED, "422")
    assert the_sides(desk) == (ASKED, NOW, ASKED, "queued", "agree", changed.revision, "alice")


def test_an_agreement_that_the_buyer_wants_to_change(desk: Desk) -> None:
    desk.has()
    desk.agrees(1)
    arrives(desk)
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    changed = desk.receives(asks_to_reopen("2"))
    desk.later(days=1)
    desk.receives(asks_to_reopen("2"))
    assert the_sides(desk) == (ASKED, NOW, ASKED, "agreed", "agreed", changed.revision, "alice")
    assert sides(desk)[0].position == "2"


def test_an_agreement_that_was_made_elsewhere(desk: Desk) -> None:
    desk.has()
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    changed = desk.receives(asks_to_reopen("1"))
    assert the_sides(desk) == (ASKED, NOW, ASKED, "agreed", "agreed", changed.revision, None)


def test_on_a_platform_that_says_nothing_of_states_too(desk: Desk) -> None:
    quiet = open_desk(desk.store.path.parent / "quiet", GENERIC)
    try:
        quiet.has()
        proposes(quiet, "1")
        quiet.agrees(1, "2")
        arrives(quiet)
        quiet.receives(changes("1", "2"))  # rejects our proposal by ordering otherwise; asks to change the other line
        first, second = sides(quiet)
        assert (first.position, first.before, first.now, first.ours_is) == ("1", ASKED, NOW, "sent")
        assert (second.position, second.before, second.now, second.ours_is) == ("2", ASKED, NOW, "agreed")
    finally:
        quiet.store.close()


# --- the words of our answer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "ours"),
    [
        (LineDecision(position="1", act=Act.REJECT, reason="sold out"), None),
        (LineDecision(position="1", act=Act.ACCEPT), ASKED),
        (
            LineDecision(position="1", act=Act.PROPOSE, terms=Terms(delivery_schedule=OURS.delivery_schedule)),
            OURS,
        ),
    ],
)
def test_the_terms_of_our_answer_are_what_it_stood_for(desk: Desk, line: LineDecision, ours: Terms | None) -> None:
    desk.has()
    desk.book.change(1, Decision(id="said", at=desk.now, lines=(line,)), "alice")
    desk.receives(changes("1"))
    [one] = sides(desk)
    assert (one.ours, one.our_word) == (ours, line.act.value)


def test_the_order_before_is_what_we_answered_whatever_the_buyer_said_since(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    met = desk.receives(changes("1"))
    desk.receives(changes("1", quantity="14"))
    assert the_sides(desk)[:2] == (ASKED, terms(quantity="14"))
    assert the_sides(desk)[5] == met.revision


def test_two_operators_who_write_to_one_line_have_a_side_each(desk: Desk) -> None:
    desk.has()
    for actor, quantity in (("alice", "5"), ("bob", "6")):
        decision = desk.decision(Act.PROPOSE, "1", to=terms(quantity=quantity), reason="busy")
        desk.book.save_draft(1, decision, actor, 1)
    desk.receives(changes("1"))
    assert [(one.actor, one.ours) for one in sides(desk)] == [("alice", OURS), ("bob", terms(quantity="6"))]


# --- and gone when settled --------------------------------------------------------------------------------------------


def test_a_new_answer_ends_it_and_its_undo_brings_it_back(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    desk.receives(changes("1"))
    shown = sides(desk)
    desk.agrees(1, "1")
    assert sides(desk) == ()
    desk.book.change(1, Undo(id="undo", at=desk.now), "alice")
    assert sides(desk) == shown
    desk.agrees(1, "1")
    arrives(desk)
    assert sides(desk) == ()


def test_an_undo_lets_the_answer_before_it_stand_as_the_one_that_was_met(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    arrives(desk)
    met = desk.receives(changes("1"))
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "1"))
    desk.agrees(1, "1", actor="bob")
    desk.book.change(1, Undo(id="undo", at=desk.now, positions=("1",)), "bob")
    [one] = sides(desk)
    assert (one.ours_is, one.our_word, one.actor, one.since_revision) == ("sent", "propose", "alice", met.revision)


@pytest.mark.parametrize("status", [ProcessStatus.CONFIRMED, ProcessStatus.CANCELLED, ProcessStatus.COMPLETED])
def test_the_platforms_word_ends_it_and_what_comes_later_is_no_part_of_it(desk: Desk, status: ProcessStatus) -> None:
    desk.has()
    proposes(desk, "1")
    arrives(desk)
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "1"))
    desk.receives(changes("1"))
    assert len(sides(desk)) == 1
    desk.receives(report(key("PO-1"), status, "1"))
    assert sides(desk) == ()
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "1"))
    assert sides(desk) == ()


def test_a_buyer_who_goes_back_to_what_was_asked_ends_it(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    desk.receives(changes("1"))
    desk.receives(changes("1", quantity="10.0"))
    assert sides(desk) == ()


def test_details_are_no_answer_that_a_change_could_meet(desk: Desk) -> None:
    desk.has()
    details = LineDecision(position="1", act=Act.DETAILS, sales_order_number="SO-1")
    desk.book.change(1, Decision(id="details", at=desk.now, lines=(details,)), "alice")
    arrives(desk)
    desk.receives(changes("1"))
    assert sides(desk) == ()


def test_lines_that_were_never_answered_have_no_three_sides(desk: Desk) -> None:
    desk.has()
    desk.agrees(1, "2")
    desk.receives(changes("1"))
    assert sides(desk) == ()


def test_an_order_that_is_not_there_has_none(desk: Desk) -> None:
    assert three_sides(desk.store, 7) == ()


def test_what_was_erased_from_the_log_is_not_told_and_stops_nothing(desk: Desk) -> None:
    desk.has()
    proposes(desk, "1")
    arrives(desk)
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "1"))
    desk.receives(changes("1"))
    with desk.store.writing() as connection:
        log.erase(connection, range(1, 3))
    assert three_sides(desk.store, 1) == ()


# --- an order as it was shown -----------------------------------------------------------------------------------------


def test_a_line_as_it_was_shown_at_any_revision_is_what_was_shown_then(desk: Desk) -> None:
    desk.has()
    shown = {}

    def look() -> None:
        found = history.snapshot(desk.store.connection, 1)
        assert found is not None
        shown[found.revision] = found.record.order

    look()
    desk.agrees(1, "1")
    look()
    desk.receives(changes("1"))
    look()
    proposes(desk, "1", "2", actor="bob")
    look()
    message = desk.leaves(1)
    look()
    desk.receives(report(key("PO-1"), ProcessStatus.ISSUED, "2"))
    look()
    desk.book.delivered(message, Outcome.FAILED, "422")
    look()
    desk.book.change(1, Undo(id="undo", at=desk.now), "bob")
    look()
    desk.receives(issue(key("PO-1"), lines=("3",)))
    look()
    found = history.snapshot(desk.store.connection, 1)
    assert found is not None
    for revision, order in shown.items():
        lines = shown_at(desk.store.connection, 1, found.record, revision, ("1", "2", "3"))
        assert lines == {one: order.line(one) for one in ("1", "2", "3")}, revision


# --- cost -------------------------------------------------------------------------------------------------------------


def test_of_a_long_order_with_a_long_log_nothing_is_read_from_before_our_first_answer(desk: Desk) -> None:
    """The first entry holds all lines of the order; whoever reads it here stumbles over it."""
    desk.receives(issue(key("PO-1"), lines=[str(position) for position in range(1, 501)]))
    for nth in range(20):
        desk.receives(changes("1", quantity=str(20 + nth)))
    first = desk.agrees(1, "1").revision
    desk.receives(changes("1"))
    with desk.store.writing() as connection:
        log.erase(connection, range(1, first))
        connection.executemany(
            "INSERT INTO log_texts (seq, input, changes, notes, queued, salt) VALUES (?, '{', '{', '{', '{', '')",
            [(seq,) for seq in range(1, first)],
        )
    [one] = three_sides(desk.store, 1)
    assert (one.before, one.now, one.ours_is) == (terms(quantity="39"), NOW, "held")


def test_an_order_on_which_nobody_waits_for_us_needs_nothing_of_its_log(desk: Desk) -> None:
    desk.has()
    desk.agrees(1)
    with desk.store.writing() as connection:
        log.erase(connection, [1, 2])
        connection.executemany(
            "INSERT INTO log_texts (seq, input, changes, notes, queued, salt) VALUES (?, '{', '{', '{', '{', '')",
            [(1,), (2,)],
        )
    assert three_sides(desk.store, 1) == ()


# --- what is a revision and what a duplicate --------------------------------------------------------------------------


def test_a_b_a_are_two_revisions_of_an_answered_order_and_the_draft_of_a_fits_again(desk: Desk) -> None:
    assert taken(desk, tradecloud("PO-1", "10"), "/1").state == "applied"
    desk.agrees(1, "1")
    assert taken(desk, tradecloud("PO-1", "12"), "/2").state == "applied"
    [draft] = desk.book.drafts(1)
    assert len(desk.book.recheck(draft).returned) == 1
    assert len(sides(desk)) == 1
    assert taken(desk, tradecloud("PO-1", "10"), "/3").state == "applied"
    assert desk.book.recheck(draft).returned == ()
    assert sides(desk) == ()


def test_equal_bytes_again_take_nothing_back_whatever_way_they_come(desk: Desk) -> None:
    taken(desk, tradecloud("PO-1", "10"), "/1")
    desk.agrees(1, "1")
    assert taken(desk, tradecloud("PO-1", "10"), "mail:17").state == "duplicate"
    assert (desk.book.drafts(1), len(desk.book.preview(1))) == ([], 1)


def test_other_bytes_of_the_same_content_are_a_revision_that_changes_nothing(desk: Desk) -> None:
    taken(desk, tradecloud("PO-1", "10"), "/1")
    desk.agrees(1, "1")
    assert taken(desk, tradecloud("PO-1", "10.0") + b"\n", "/2").state == "applied"
    assert (desk.book.drafts(1), len(desk.book.preview(1)), sides(desk)) == ([], 1, ())
