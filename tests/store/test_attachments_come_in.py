"""A store that was made before answers could attach files keeps what waits to leave, and takes files from then on."""

from __future__ import annotations

import pytest
from sqlite_utils import Database

from core.store._sqlite import sqlite3
from core.store.schema import migration

INDEXES = {"outbox_queued", "outbox_in_line", "outbox_unsettled"}


@pytest.fixture
def before() -> Database:
    """The file as it was, with two messages of an order."""
    db = Database(sqlite3.connect(":memory:", isolation_level=None))
    db.execute("PRAGMA foreign_keys = ON")
    migration.apply(db, stop_before="attachments")
    db.execute(
        """INSERT INTO orders (id, connection, buyer, number, buyer_name, revision, process_status, logistics_status,
            sending, line_count, received_at, changed_at, to_answer, waiting, buyer_asks, to_ship, not_delivered,
            awaiting_word, drafted, body)
        VALUES (1, 'steel', 'B', 'PO-1', '', 1, 'Issued', 'Open', 'queued', 1, '', '', 1, 0, 0, 0, 0, 0, 0, '{}')"""
    )
    for sequence, kind in enumerate(("order_response", "despatch_advice"), 1):
        db.execute(
            """INSERT INTO outbox (id, order_id, sequence, connection, kind, state, actor, input_id, created_at, not_before,
                content_type, extension, payload, attempts, last_error)
            VALUES (?, 1, ?, 'steel', ?, 'queued', 'alice', 'i', 'then', 'soon', 'text/plain', 'txt', x'7b7d', 2, 'no')""",
            (f"m{sequence}", sequence, kind),
        )
    return db


def test_what_waits_to_leave_still_does(before: Database) -> None:
    was = list(before.query("SELECT * FROM outbox ORDER BY id"))
    migration.apply(before)
    now = list(before.query("SELECT * FROM outbox ORDER BY id"))
    assert [{key: row[key] for key in was[0]} for row in now] == was
    assert [(row["attachment"], row["name"], row["waits_for"]) for row in now] == [(None, "", "[]")] * 2
    found = {
        name
        for (name,) in before.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'outbox'")
    }
    assert found >= INDEXES
    assert list(before.execute("PRAGMA integrity_check")) == [("ok",)]
    assert list(before.execute("PRAGMA foreign_key_check")) == []
    assert "outbox_before" not in before.table_names()


@pytest.mark.parametrize(
    ("change", "taken"),
    [
        ("kind = 'attachment'", True),
        ("kind = 'postcard'", False),
        ("state = 'lost'", False),
        ("order_id = 2", False),
        ("sequence = 1", False),
        ("attachment = 'no such file'", False),
    ],
)
def test_the_outbox_takes_files_and_is_as_strict_as_before(before: Database, change: str, taken: bool) -> None:
    migration.apply(before)
    if taken:
        before.execute(f"UPDATE outbox SET {change} WHERE id = 'm2'")
    else:
        with pytest.raises(sqlite3.IntegrityError):
            before.execute(f"UPDATE outbox SET {change} WHERE id = 'm2'")
