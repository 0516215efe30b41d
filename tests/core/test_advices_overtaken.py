"""A despatch advice that waits while the buyer changes its line: goods that left have left, but nobody is told unawares of
goods that are wanted no more.

The seeds: a cancelled line "will NOT change" by what we send, and goods are told "when the order has been packed, or
shipped".
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.decisions import Despatch, LineProgress, Outcome
from core.messages import BuyerAct, LineMessage, Message
from core.model import InProgressStatus, LineReport, ProcessStatus
from core.orderbook import NoSuchMessage
from core.stages import Stage
from core.store import queries
from core.store.queries import View
from core.verify import verify
from tests.orders import Desk, key, open_desk, report, terms

SETTINGS = """
operator_hold = "0s"
timezone = "Europe/Amsterdam"

[[connection]]
name = "metal-works"
profile = "{profile}"
our_account = "340760"

[connection.outbound]
channel = "http"
url = "http://127.0.0.1:8080/v2"
format = "{format}"
"""
TRADECLOUD = SETTINGS.format(profile="tradecloud", format="tradecloud-json")
CONNECT = SETTINGS.format(profile="procurement-connect", format="procurement-connect-json")


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(tmp_path, TRADECLOUD)
    yield desk
    assert verify(desk.store) == []
    desk.store.close()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Desk]:
    desk = open_desk(tmp_path, CONNECT)
    yield desk
    assert verify(desk.store) == []
    desk.store.close()


def confirmed(desk: Desk) -> int:
    """An order of two lines that are agreed, as the platform knows."""
    order_id = desk.has()
    desk.agrees(order_id)
    arrives(desk, order_id)
    desk.receives(report(key("PO-1"), ProcessStatus.CONFIRMED, "1", "2"))
    return order_id


def arrives(desk: Desk, order_id: int) -> str:
    message = desk.leaves(order_id)
    desk.book.delivered(message, Outcome.SENT, "200")
    return message


def goods(desk: Desk, order_id: int, *lines: str, stage: Stage = Stage.SHIPPED, quantity: str | None = None) -> str:
    """They reach the stage; the id of the advice."""
    amount = Decimal(quantity) if quantity is not None else None
    progress = tuple(LineProgress(position=each, quantity=amount) for each in lines)
    entry = Despatch(id=desk.id("despatch"), at=desk.now, stage=stage, lines=progress)
    [advice] = desk.book.change(order_id, entry, "alice").outbox
    return advice


def says(desk: Desk, act: BuyerAct, *positions: str, quantity: str | None = None) -> None:
    wanted = terms(quantity) if quantity is not None else None
    lines = tuple(LineMessage(position=each, acts=(act,), terms=wanted) for each in positions)
    desk.receives(Message(key=key("PO-1"), lines=lines))


def outbox(desk: Desk, advice: str) -> tuple[str, str | None]:
    [row] = [row for row in queries.outbox(desk.store, everything=True) if row.id == advice]
    return row.state, row.last_error


def due(desk: Desk) -> list[str]:
    desk.later(hours=1)
    return desk.book.due("metal-works", now=desk.now)


def notes(desk: Desk, order_id: int) -> list[str]:
    return [note for entry in queries.timeline(desk.store, order_id) for note in entry.notes]


def test_an_advice_of_goods_of_a_line_that_is_cancelled_meanwhile_waits_for_a_person(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1", "2")
    says(desk, BuyerAct.CANCEL, "2")
    assert due(desk) == []
    assert outbox(desk, advice) == (
        "failed",
        "line 2 is Cancelled now, after goods of it were advised; look whether they have left",
    )
    [row] = queries.rows_by_id(desk.store, [order_id], desk.now)
    assert row.sending == "failed"
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 1
    assert notes(desk, order_id)[-1] == (
        "line 2 is Cancelled now. The advice of its goods has not arrived for all that we know, and waits for a person: look"
        " whether they have left, then send it (`podesk outbox retry --anyway`) or give it up (`podesk outbox drop`)."
    )


def test_the_advice_of_another_line_goes(desk: Desk) -> None:
    order_id = confirmed(desk)
    first, second = goods(desk, order_id, "1"), goods(desk, order_id, "2")
    says(desk, BuyerAct.CANCEL, "1")
    assert due(desk) == [second]
    assert outbox(desk, first)[0] == "failed"
    assert [note for note in notes(desk, order_id) if "advice" in note and "line 2" in note] == []


def test_a_line_without_goods_on_their_way_is_cancelled_without_a_word_of_any(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    says(desk, BuyerAct.CANCEL, "2")
    assert due(desk) == [advice]
    assert notes(desk, order_id) == []


def test_goods_that_left_have_left_when_the_buyer_asks_for_other_terms_of_the_rest(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1", quantity="4")
    says(desk, BuyerAct.ISSUE, "1", quantity="7")
    assert due(desk) == [advice]


def test_goods_that_left_have_left_when_the_buyer_closes_the_line(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1", quantity="4")
    says(desk, BuyerAct.COMPLETE, "1")
    assert due(desk) == [advice]


def test_an_advice_goes_where_our_own_part_shipment_made_the_buyer_look_at_the_line(desk: Desk) -> None:
    """ "Another quantity, a part shipment too, opens a reschedule request"."""
    order_id = confirmed(desk)
    goods(desk, order_id, "1", quantity="4")
    arrives(desk, order_id)
    advice = goods(desk, order_id, "1", quantity="6")
    looked_at = LineReport(
        process_status=ProcessStatus.IN_PROGRESS,
        in_progress_status=InProgressStatus.OPEN_SUPPLIER_SHIPMENT_RESCHEDULE_REQUEST,
    )
    desk.receives(Message(key=key("PO-1"), lines=(LineMessage(position="1", reported=looked_at),)))
    assert due(desk) == [advice]


def test_goods_whose_answer_the_buyer_overtook_before_it_left_wait_for_a_person(desk: Desk) -> None:
    """The answer is taken back; its advice must not be the first word on the order."""
    order_id = desk.has()
    desk.agrees(order_id)
    advice = goods(desk, order_id, "1")
    says(desk, BuyerAct.ISSUE, "1", quantity="77")
    assert outbox(desk, advice) == (
        "failed",
        "line 1 is Issued now, after goods of it were advised; look whether they have left",
    )


def test_goods_wait_for_a_person_too_where_that_is_known_only_when_the_answer_comes_back(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    answer = desk.leaves(order_id)
    advice = goods(desk, order_id, "1")
    says(desk, BuyerAct.ISSUE, "1", quantity="77")
    assert (
        outbox(desk, advice)[0] == "queued"
    )  # by our prediction the line is agreed, and the buyer asks for other terms
    desk.book.postpone(answer, desk.later(minutes=1), "503")
    assert outbox(desk, advice)[0] == "failed"
    assert any(note.startswith("line 1 is Issued now. The advice of its goods") for note in notes(desk, order_id))


def test_goods_that_the_buyer_marks_open_again_wait_for_a_person(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    says(desk, BuyerAct.MARK_OPEN, "1")
    assert outbox(desk, advice) == (
        "failed",
        "line 1 is marked open by the buyer now, after goods of it were advised; look whether they have left",
    )


def test_a_request_to_cancel_makes_it_wait_too(connect: Desk) -> None:
    order_id = connect.has()
    connect.agrees(order_id)
    arrives(connect, order_id)
    advice = goods(connect, order_id, stage=Stage.PACKED)
    connect.receives(Message(key=key("PO-1"), acts=(BuyerAct.ASK_CANCELLATION,)))
    state, why = outbox(connect, advice)
    assert state == "failed"
    assert why is not None
    assert why.startswith("line 1 is CancellationRequested now; line 2 is CancellationRequested now, after goods")


# Claimed already, or perhaps arrived


def test_one_that_is_being_sent_waits_when_it_did_not_arrive(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    assert desk.leaves(order_id) == advice
    says(desk, BuyerAct.CANCEL, "1")
    assert outbox(desk, advice)[0] == "sending"
    assert notes(desk, order_id)[-1] == "line 1 is Cancelled now. The advice of its goods is being sent at this moment."
    desk.book.postpone(advice, desk.later(minutes=1), "503")
    assert outbox(desk, advice) == (
        "failed",
        "line 1 is Cancelled now, after goods of it were advised; look whether they have left",
    )
    assert due(desk) == []


def test_one_that_is_being_sent_and_arrives_has_arrived(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    desk.leaves(order_id)
    says(desk, BuyerAct.CANCEL, "1")
    desk.book.delivered(advice, Outcome.SENT, "200")
    assert outbox(desk, advice) == ("sent", None)


@pytest.mark.parametrize("before", [True, False], ids=["known before", "known after"])
def test_one_that_may_have_arrived_is_uncertain_and_does_not_go_again(desk: Desk, before: bool) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    desk.leaves(order_id)
    if before:
        desk.book.postpone(advice, desk.later(minutes=1), "no answer", doubtful=True)
    says(desk, BuyerAct.CANCEL, "1")
    if not before:
        desk.book.reclaim()
    assert outbox(desk, advice)[0] == "uncertain"
    assert due(desk) == []


def test_one_that_was_refused_before_is_not_sent_again_unawares_either(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    desk.leaves(order_id)
    desk.book.delivered(advice, Outcome.FAILED, "422")
    says(desk, BuyerAct.CANCEL, "1")
    with pytest.raises(NoSuchMessage, match="line 1 is Cancelled now"):
        desk.book.retry(advice, "bob")


# What a person does then


def test_who_has_looked_sends_it_all_the_same_with_the_same_bytes(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    before = [preview.payload for preview in desk.book.preview(order_id)]
    says(desk, BuyerAct.CANCEL, "1")
    with pytest.raises(
        NoSuchMessage, match="line 1 is Cancelled now, after goods of it were advised; look whether they hav"
    ):
        desk.book.retry(advice, "bob")
    desk.book.retry(advice, "bob", anyway=True)
    assert due(desk) == [advice]
    row = desk.book.depart(advice)
    assert row is not None
    assert [row.payload] == before
    desk.book.delivered(advice, Outcome.SENT, "200")
    assert outbox(desk, advice)[0] == "sent"


def test_what_comes_after_a_look_makes_it_wait_again_only_when_the_line_changes_again(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    says(desk, BuyerAct.CANCEL, "1")
    desk.book.retry(advice, "bob", anyway=True)
    says(desk, BuyerAct.CANCEL, "1", "2")
    assert due(desk) == [advice]


def test_who_gives_it_up_has_it_out_of_the_way_and_on_the_timeline(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1")
    says(desk, BuyerAct.CANCEL, "1")
    desk.book.drop(advice, "bob")
    assert due(desk) == []
    assert outbox(desk, advice)[0] == "superseded"
    assert queries.counts(desk.store)[View.NOT_DELIVERED] == 0
    last = queries.timeline(desk.store, order_id)[-1]
    assert (last.actor, last.summary) == ("bob", "dropped")
    loaded = queries.load(desk.store, order_id, desk.now)
    assert loaded is not None
    assert loaded.record.order.lines[0].progress.shipped == 10  # they left, whoever was told
    for again in (desk.book.retry, desk.book.drop):
        with pytest.raises(NoSuchMessage, match=r"given up|is superseded"):
            again(advice, "bob")


def test_what_waits_to_leave_or_has_left_is_not_given_up_nor_is_an_answer(desk: Desk) -> None:
    order_id = desk.has()
    [answer] = desk.agrees(order_id).outbox
    with pytest.raises(NoSuchMessage, match="is no despatch advice; an answer is taken back with `podesk undo`"):
        desk.book.drop(answer, "bob")
    arrives(desk, order_id)
    advice = goods(desk, order_id, "1")
    with pytest.raises(NoSuchMessage, match="is queued; only what failed or is uncertain can be given up"):
        desk.book.drop(advice, "bob")
    arrives(desk, order_id)
    with pytest.raises(NoSuchMessage, match="is sent; only"):
        desk.book.drop(advice, "bob")
    with pytest.raises(NoSuchMessage, match="there is no message"):
        desk.book.drop("none", "bob")


def test_an_advice_from_before_lines_were_noted_with_it_waits_whatever_line_is_cancelled(desk: Desk) -> None:
    order_id = confirmed(desk)
    advice = goods(desk, order_id, "1", "2")
    with desk.store.writing() as db:
        [(positions,)] = db.execute("SELECT positions FROM outbox WHERE id = ?", (advice,)).fetchall()
        assert json.loads(positions) == ["1", "2"]
        db.execute("UPDATE outbox SET positions = '[]' WHERE id = ?", (advice,))
    says(desk, BuyerAct.CANCEL, "2")
    assert outbox(desk, advice)[0] == "failed"
