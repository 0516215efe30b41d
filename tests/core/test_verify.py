"""Whoever changes the store behind podesk's back is found out, row by row; erasing what was said is no such change."""

from __future__ import annotations

import hashlib

import pytest

from core.decisions import Act, Outcome
from core.intake import Incoming, IncomingDocument, apply, keep
from core.messages import BuyerAct, LineMessage, Message
from core.model import InProgressStatus, LineReport, ProcessStatus
from core.store import log
from core.verify import verify
from tests.bench.ubl import order as ubl_order
from tests.orders import Desk, issue, key, terms

_UNGUARDED = ("log_refuses_update", "log_refuses_delete", "log_texts_refuse_update")


@pytest.fixture
def history(desk: Desk) -> Desk:
    """A desk on which a bit of everything has happened."""
    first = desk.has("PO-1")
    desk.agrees(first, "1")
    desk.book.change(first, desk.decision(Act.PROPOSE, "2", to=terms(quantity="8"), reason="less"), "bob")
    message = desk.leaves(first)
    desk.book.delivered(message, Outcome.SENT, "200")
    desk.receives(Message(key=key("PO-1"), lines=(LineMessage(position="2", acts=(BuyerAct.REJECT,)),)))
    second = desk.has("PO-2")
    desk.agrees(second)
    payload = ubl_order("UBL-1", 3)
    documents = (IncomingDocument("order.xml", payload),)
    [kept] = keep(desk.store, [Incoming("city", "/1", hashlib.sha256(payload).hexdigest(), documents)], desk.now)
    list(apply(desk.book, kept.document_ids))
    assert verify(desk.store) == []
    return desk


def tamper(desk: Desk, statement: str, *, parameters: tuple[object, ...] = ()) -> list[str]:
    """Run a statement with the store's own guards taken away; what is found then."""
    for trigger in _UNGUARDED:
        desk.store.connection.execute(f"DROP TRIGGER {trigger}")
    desk.store.connection.execute("PRAGMA foreign_keys = OFF")
    assert desk.store.connection.execute(statement, parameters).rowcount > 0
    return [finding.sentence for finding in verify(desk.store)]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE log SET actor = 'mallory' WHERE seq = 2", "entry 2 of the log was altered"),
        ("UPDATE log SET at = '2020-01-01' WHERE seq = 3", "entry 3 of the log was altered"),
        ("UPDATE log SET hash = 'x' WHERE seq = 4", "entry 4 of the log was altered"),
        ("UPDATE log SET prev_hash = 'x' WHERE seq = 4", "entry 4 of the log doesn't follow"),
        ("DELETE FROM log WHERE seq = 3", "entries 3 to 3 of the log are missing"),
        ("DELETE FROM log WHERE seq = 1", "entries 1 to 1 of the log are missing"),
        ("DELETE FROM log WHERE order_id = 1", "the log knows nothing of it"),
        ("UPDATE log_texts SET changes = '[]' WHERE seq = 2", "texts of entry 2 of the log were altered"),
        ("UPDATE log_texts SET input = replace(input, 'alice', 'bob') || ' ' WHERE seq = 2", "texts of entry 2"),
        ("UPDATE log_texts SET notes = '[\"x\"]' WHERE seq = 1", "texts of entry 1 of the log were altered"),
        ("UPDATE log_texts SET salt = x'00' WHERE seq = 1", "texts of entry 1 of the log were altered"),
        (
            "UPDATE orders SET body = replace(body, '\"10\"', '\"11\"') WHERE id = 1",
            "not what its recorded changes give",
        ),
        ("UPDATE orders SET body = '{}' WHERE id = 1", "what is stored is no order"),
        ("UPDATE orders SET revision = 1 WHERE id = 1", "has revision 1, but the log's last one is"),
        ("UPDATE orders SET process_status = 'Completed' WHERE id = 2", "process_status is 'Completed'"),
        ("UPDATE orders SET due = '2031-01-01' WHERE id = 2", "due is '2031-01-01'"),
        ("UPDATE orders SET to_answer = 1 WHERE id = 2", "to_answer is 1"),
        ("UPDATE orders SET sending = 'nothing' WHERE id = 2", "sending is 'nothing'"),
        ("UPDATE orders SET number = 'PO-3' WHERE id = 2", "another connection, buyer or number"),
        ("DELETE FROM orders WHERE id = 2", "order #2 is on the log, but not in the store"),
        ("UPDATE lines SET process_status = 'Issued' WHERE order_id = 2 AND position = '1'", "rows of its lines"),
        ("DELETE FROM lines WHERE order_id = 2 AND position = '1'", "rows of its lines"),
        ("UPDATE outbox SET payload = x'00' WHERE order_id = 2", "in the outbox was altered"),
        ("UPDATE outbox SET order_id = 1, sequence = 9 WHERE order_id = 2", "in the outbox was altered"),
        ("UPDATE outbox SET payload = 'text' WHERE order_id = 2", "in the outbox was altered"),
        ("DELETE FROM outbox WHERE order_id = 2", "is no longer in the outbox"),
        ("UPDATE outbox SET state = 'failed' WHERE order_id = 2", "sending is"),
        ("UPDATE payloads SET bytes = x'00'", "stored bytes of document"),
        ("UPDATE payloads SET bytes = 'text'", "stored bytes of document"),
        ("DELETE FROM payloads", "points to something in payloads that is not there"),
    ],
)
def test_a_change_behind_podesks_back_is_found(history: Desk, statement: str, found: str) -> None:
    sentences = tamper(history, statement)
    assert any(found in sentence for sentence in sentences), sentences


def test_an_order_that_was_put_in_from_outside_is_found(history: Desk) -> None:
    columns = [row[1] for row in history.store.connection.execute("PRAGMA table_info(orders)")]
    copied = ", ".join({"id": "id + 100", "number": "number || '-copy'"}.get(column, column) for column in columns)
    sentences = tamper(history, f"INSERT INTO orders ({', '.join(columns)}) SELECT {copied} FROM orders WHERE id = 2")
    assert any("the log knows nothing of it" in sentence for sentence in sentences)


def test_a_forged_change_with_its_digest_and_chain_made_right_is_found_by_replaying_it(history: Desk) -> None:
    """Somebody who knows how the chain is made rewrites what an answer did, and the order with it."""
    connection = history.store.connection
    for trigger in _UNGUARDED:
        connection.execute(f"DROP TRIGGER {trigger}")
    connection.execute(
        """UPDATE log_texts SET changes = replace(changes, '"10"', '"11"')
        WHERE seq IN (SELECT seq FROM log WHERE order_id = 2)"""
    )
    connection.execute("""UPDATE orders SET body = replace(body, '"10"', '"11"') WHERE id = 2""")
    head = log.FIRST
    columns = "seq, order_id, revision, at, actor, kind, rules_version, profile, document, input_id"
    for facts in connection.execute(f"SELECT {columns} FROM log ORDER BY seq").fetchall():
        texts = connection.execute(
            "SELECT salt, input, changes, notes, queued FROM log_texts WHERE seq = ?", facts[:1]
        ).fetchone()
        digest = log.digest_of(*texts)
        link = log.hash_of(head, (*facts, digest))
        connection.execute(
            "UPDATE log SET digest = ?, prev_hash = ?, hash = ? WHERE seq = ?", (digest, head, link, facts[0])
        )
        head = link
    sentences = [finding.sentence for finding in verify(history.store)]
    assert sentences
    assert all("recorded other changes than the rules give" in sentence for sentence in sentences)


def test_the_log_itself_refuses_to_be_changed(history: Desk) -> None:
    for statement in (
        "UPDATE log SET actor = 'mallory'",
        "DELETE FROM log",
        "INSERT OR REPLACE INTO log SELECT * FROM log WHERE seq = 1",
        "UPDATE log_texts SET notes = '[]'",
    ):
        with pytest.raises(Exception, match=r"only ever added to|never changed"):
            history.store.connection.execute(statement)
    assert verify(history.store) == []


def test_texts_can_be_erased_and_the_chain_still_holds(history: Desk) -> None:
    with history.store.writing() as connection:
        log.erase(connection, [2, 3])
    assert verify(history.store) == []


def test_what_is_wrong_elsewhere_is_still_found_after_texts_were_erased(history: Desk) -> None:
    with history.store.writing() as connection:
        log.erase(connection, [2])
    sentences = tamper(history, "UPDATE orders SET process_status = 'Completed' WHERE id = 1")
    assert any("process_status is 'Completed'" in sentence for sentence in sentences)


def test_findings_name_the_order_and_the_entry(history: Desk) -> None:
    tamper(history, "UPDATE log_texts SET changes = '[]' WHERE seq = 2")
    finding = next(one for one in verify(history.store) if "texts of entry 2" in one.sentence)
    assert (finding.order_id, finding.seq) == (1, 2)


def test_an_empty_store_is_in_order(desk: Desk) -> None:
    assert verify(desk.store) == []


def test_verify_reads_only_what_was_there_when_it_began(history: Desk) -> None:
    with history.store.reading():
        assert verify(history.store) == []
    history.receives(issue(key("PO-9")))
    assert verify(history.store) == []


def test_a_number_that_is_written_in_another_way_is_the_same(desk: Desk) -> None:
    """No change is recorded of it, and so replaying finds the number as it was written first."""
    order = desk.has("PO-1", lines=("1",))
    open_proposal = LineReport(
        process_status=ProcessStatus.IN_PROGRESS, in_progress_status=InProgressStatus.OPEN_SUPPLIER_PROPOSAL
    )

    def says(ours: str, *acts: BuyerAct, asked: str = "10") -> None:
        line = LineMessage(
            position="1", acts=acts, terms=terms(asked), reported=open_proposal, proposed=terms(quantity=ours)
        )
        desk.receives(Message(key=key("PO-1"), lines=(line,)))

    says("1E+2")
    desk.agrees(order, "1")
    message = desk.leaves(order)
    says("100", BuyerAct.ISSUE, asked="12")
    desk.book.release(message, "401")
    desk.book.change(order, desk.decision(Act.PROPOSE, "1", to=terms(quantity="7"), reason="less"), "bob")
    desk.leaves(order)
    assert verify(desk.store) == []
