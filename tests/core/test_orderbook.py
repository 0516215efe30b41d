"""The one door: what a change saves, what it refuses, and that the same input twice is one."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from core.decisions import Act, Despatch, LineProgress, Stage, Undo
from core.messages import Received
from core.model import UNKNOWN, Item, LineContent
from core.orderbook import Conflict, NoSuchOrder
from core.store import StoreFull, queries
from core.transition import TransitionRefused
from core.verify import verify
from tests.orders import Desk, issue, key, terms


def tables(desk: Desk) -> dict[str, list[tuple[object, ...]]]:
    """Everything that a change can write."""
    names = ("orders", "lines", "log", "log_texts", "outbox")
    found = {name: desk.store.connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}
    found["search"] = desk.store.connection.execute("SELECT rowid FROM search WHERE search MATCH 'bolt'").fetchall()
    return found


def test_a_received_order_is_saved_with_its_lines_and_one_log_entry(desk: Desk) -> None:
    changed = desk.receives(issue(key("PO-1")))
    assert (changed.order_id, changed.revision, changed.repeated, changed.outbox) == (1, 1, False, ())
    lines = desk.store.connection.execute("SELECT position, item, item_name, due, process_status FROM lines").fetchall()
    assert lines == [
        ("1", "HB-PO-1-1", "Hex bolt M8", "2025-04-01", "Issued"),
        ("2", "HB-PO-1-2", "Hex bolt M8", "2025-04-01", "Issued"),
    ]
    [entry] = queries.timeline(desk.store, 1)
    assert (entry.seq, entry.revision, entry.actor, entry.kind) == (1, 1, "metal-works", "received")
    assert verify(desk.store) == []


def test_an_answer_is_shown_logged_and_queued_in_one_go(desk: Desk) -> None:
    order_id = desk.has()
    changed = desk.agrees(order_id)
    [row] = queries.list_orders(desk.store, now=desk.now)
    assert (row.process_status, row.sending, row.revision) == ("Confirmed", "held", 2)
    [message] = queries.outbox(desk.store)
    assert (message.id, message.kind, message.state, message.connection) == (
        changed.outbox[0],
        "order_response",
        "queued",
        "metal-works",
    )
    assert verify(desk.store) == []


def test_the_answer_names_who_decided_when_and_the_account_that_the_buyer_knows_us_by(desk: Desk) -> None:
    desk.agrees(desk.has("PO-1"), actor="alice")
    desk.agrees(desk.has("PO-2"), actor="bob")
    payloads = [desk.book.preview(order_id)[0].payload for order_id in (1, 2)]
    assert all(payloads)
    alice, bob = (json.loads(payload or b"") for payload in payloads)
    assert alice["erpRespondedBy"] == {"email": "alice@supplier.example"}
    assert bob["erpRespondedBy"] == {"userName": "bob"}
    # 09:00 UTC on a winter's day is 10:00 at the desk in Amsterdam.
    assert alice["erpResponseDateTime"] == "2025-03-03T10:00:00"
    assert alice["order"]["buyerAccountNumber"] == "340760"


def test_the_same_input_twice_changes_nothing(desk: Desk) -> None:
    order_id = desk.has()
    decision = desk.decision(Act.AGREE, "1", "2")
    first = desk.book.change(order_id, decision, "alice")
    before = tables(desk)
    again = desk.book.change(order_id, decision, "alice")
    assert (first.repeated, again.repeated, again.revision, again.outbox) == (False, True, 2, ())
    assert again.step.changes == ()
    assert tables(desk) == before


def test_what_the_state_forbids_is_refused_and_nothing_is_saved(desk: Desk) -> None:
    order_id = desk.has(lines=("1",))
    desk.book.change(order_id, desk.decision(Act.REJECT, "1", reason="sold out"), "alice")
    desk.leaves(order_id)
    before = tables(desk)
    with pytest.raises(TransitionRefused, match="PO-1"):
        desk.book.change(order_id, desk.decision(Act.ACCEPT, "1"), "alice")
    assert tables(desk) == before


def test_an_order_that_is_not_there_is_named(desk: Desk) -> None:
    with pytest.raises(NoSuchOrder, match="no order #7"):
        desk.agrees(7)
    with pytest.raises(NoSuchOrder, match="no order PO-7"):
        desk.book.change(key("PO-7"), desk.decision(Act.AGREE, "1"), "alice")


def test_an_order_can_be_named_by_its_key(desk: Desk) -> None:
    desk.has("PO-1")
    assert desk.book.change(key("PO-1"), desk.decision(Act.AGREE, "1"), "alice").order_id == 1


def test_the_same_number_of_another_buyer_or_connection_is_another_order(desk: Desk) -> None:
    ids = {desk.receives(issue(one)).order_id for one in (key("7"), key("7", buyer="B2"), key("7", connection="city"))}
    assert len(ids) == 3


def test_a_connection_that_is_gone_from_the_settings_refuses_with_its_name(desk: Desk) -> None:
    with pytest.raises(TransitionRefused, match=r"its connection gone is not in podesk\.toml"):
        desk.receives(issue(key("PO-1", connection="gone")))


def test_a_connection_without_outbound_takes_the_answer_and_says_that_nothing_is_sent(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-1", connection="mute"))).order_id
    changed = desk.agrees(order_id)
    assert changed.outbox == ()
    assert any("no outbound channel" in note for note in changed.step.notes)
    assert any("no outbound channel" in note for note in queries.timeline(desk.store, order_id)[-1].notes)
    assert queries.outbox(desk.store, everything=True) == []


def test_an_operator_who_looked_at_an_older_state_gets_both_to_see(desk: Desk) -> None:
    order_id = desk.has()
    desk.receives(issue(key("PO-1"), wanted=terms(quantity="12")))
    before = tables(desk)
    with pytest.raises(Conflict, match="PO-1 changed while you looked at it") as caught:
        desk.book.change(order_id, desk.decision(Act.AGREE, "1"), "alice", expected_revision=1)
    assert (caught.value.expected, caught.value.actual) == (1, 2)
    assert [entry.kind for entry in caught.value.since] == ["received"]
    assert tables(desk) == before


def test_a_message_that_left_in_the_meantime_is_no_conflict(desk: Desk) -> None:
    order_id = desk.has()
    seen = desk.agrees(order_id, "1").revision
    desk.leaves(order_id)
    changed = desk.book.change(order_id, desk.decision(Act.AGREE, "2"), "alice", expected_revision=seen)
    assert changed.revision == seen + 2


def test_a_prediction_saves_nothing(desk: Desk) -> None:
    order_id = desk.has()
    before = tables(desk)
    step = desk.book.predict(order_id, desk.decision(Act.AGREE, "1", "2"))
    assert step.record.order.process_status == "Confirmed"
    assert tables(desk) == before


def test_undo_takes_the_answer_out_of_the_queue(desk: Desk) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    desk.book.change(order_id, Undo(id="undo", at=desk.now), "alice")
    [row] = queries.list_orders(desk.store, now=desk.now)
    assert (row.process_status, row.sending) == ("Issued", "nothing")
    assert [message.state for message in queries.outbox(desk.store, everything=True)] == ["superseded"]
    assert desk.book.due("metal-works", now=desk.later(hours=1)) == []
    assert verify(desk.store) == []


def test_goods_that_were_shipped_are_on_the_order_and_on_the_log(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-1", connection="mute"), lines=("1",))).order_id
    desk.agrees(order_id, "1")
    progress = Despatch(
        id="ship", at=desk.now, stage=Stage.SHIPPED, lines=(LineProgress(position="1", quantity=Decimal(10)),)
    )
    desk.book.change(order_id, progress, "alice")
    [row] = queries.list_orders(desk.store, now=desk.now)
    assert (row.logistics_status, row.due) == ("Shipped", None)
    assert queries.timeline(desk.store, order_id)[-1].kind == "despatched"
    assert verify(desk.store) == []


def test_what_the_format_can_not_say_is_refused_and_nothing_is_saved(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-1", connection="city"), lines=("1",), our_endpoint=None)).order_id
    before = tables(desk)
    with pytest.raises(TransitionRefused, match="PO-1: peppol can't carry"):
        desk.agrees(order_id, "1")
    assert tables(desk) == before


def test_what_the_format_can_not_say_of_a_line_is_refused_while_other_lines_are_open(desk: Desk) -> None:
    """An answer at Peppol leaves with its last line, and that one must not be refused for what was said of the first."""
    order_id = desk.receives(issue(key("PO-1", connection="city"))).order_id
    [planned] = terms().delivery_schedule
    no_day_yet = terms().but(delivery_schedule=(planned.but(date=UNKNOWN),))
    before = tables(desk)
    with pytest.raises(TransitionRefused, match="PO-1, line 1: peppol can't carry a"):
        desk.book.change(order_id, desk.decision(Act.PROPOSE, "1", to=no_day_yet, reason="full"), "alice")
    assert tables(desk) == before
    assert desk.agrees(order_id, "1").outbox == ()
    assert len(desk.agrees(order_id, "2").outbox) == 1


def test_a_line_is_decided_whatever_the_format_can_not_say_of_another_line(desk: Desk) -> None:
    known, nameless = Item(number="HB-1"), Item()
    order = issue(key("PO-1", connection="city"))
    lines = [
        line.but(content=LineContent(item=item)) for line, item in zip(order.lines, (known, nameless), strict=True)
    ]
    order_id = desk.receives(order.but(lines=tuple(lines))).order_id
    later = terms(date=dt.date(2025, 5, 1))
    assert desk.book.change(order_id, desk.decision(Act.REJECT, "1", to=None, reason="no"), "alice").outbox == ()
    with pytest.raises(TransitionRefused, match="line 2: peppol can't carry"):
        desk.book.change(order_id, desk.decision(Act.PROPOSE, "2", to=later, reason="later"), "alice")


def test_a_disk_that_is_full_loses_nothing_and_writes_nothing_by_halves(desk: Desk) -> None:
    order_id = desk.has()
    before = tables(desk)
    pages = desk.store.connection.execute("PRAGMA page_count").fetchone()[0]
    desk.store.connection.execute(f"PRAGMA max_page_count = {pages}")
    saved = 0

    def fill() -> None:
        nonlocal saved
        for number in range(1000):
            desk.receives(issue(key(f"PO-{number + 2}"), lines=[str(one) for one in range(20)]))
            saved += 1

    with pytest.raises(StoreFull):
        fill()
    assert len(tables(desk)["orders"]) == 1 + saved
    assert verify(desk.store) == []
    desk.store.connection.execute("PRAGMA max_page_count = 1000000")
    desk.agrees(order_id)
    assert len(tables(desk)["log"]) == len(before["log"]) + saved + 1


def test_texts_of_partners_go_into_the_store_as_they_are(desk: Desk) -> None:
    hostile = "'; DROP TABLE orders; -- \x1b[2J\u202e [@click=app.quit]"
    desk.has(hostile, item=hostile, buyer_name=hostile)
    [row] = queries.find(desk.store, hostile, desk.now)
    assert (row.number, row.buyer_name) == (hostile, hostile)
    assert verify(desk.store) == []


def test_a_received_message_of_a_known_order_needs_no_id(desk: Desk) -> None:
    desk.has("PO-1")
    entry = Received(id="again", at=desk.now, message=issue(key("PO-1"), wanted=terms(quantity="3")))
    assert desk.book.change(key("PO-1"), entry, "metal-works").revision == 2
