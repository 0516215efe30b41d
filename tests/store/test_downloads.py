"""What buyers attach is wanted in the transaction that brings it to an order, in stores of earlier days too."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlite_utils import Database

from core.config import parse
from core.connections import Connection, HttpOutbound, HttpPollInbound
from core.model import Document, LineContent, Order, OrderHeader, OrderKey, OrderLine
from core.store import downloads
from core.store._sqlite import sqlite3
from core.store.schema import migration

KEY = OrderKey(connection="steel", buyer="B", number="PO-1")


def order(of_order: tuple[Document, ...] = (), of_line: tuple[Document, ...] = ()) -> Order:
    line = OrderLine(position="10", content=LineContent(documents=of_line))
    return Order(key=KEY, header=OrderHeader(documents=of_order), lines=(line,))


def test_only_what_a_platform_has_a_name_for_is_wanted_and_each_once() -> None:
    found = order(
        (Document(object_id="a"), Document(url="https://x.example"), Document(code="c")),
        (Document(object_id="b"), Document(object_id="a", code="d")),
    )
    assert downloads.referred(found, None) == ["a", "b"]
    assert downloads.referred(found, order(of_line=(Document(object_id="a"),))) == ["b"]
    assert downloads.referred(order(), found) == []


@pytest.mark.parametrize("name", ["", "..", ".", ". .", "a\nb", "\u202e", "x" * 201])
def test_what_is_no_name_is_not_asked_for(name: str) -> None:
    assert downloads.referred(order((Document(object_id=name),)), None) == []


@pytest.fixture
def before() -> Database:
    """The file as it was before documents were fetched, with an order that refers to some."""
    db = Database(sqlite3.connect(":memory:", isolation_level=None))
    db.execute("PRAGMA foreign_keys = ON")
    migration.apply(db, stop_before="downloads")
    bodies = (
        order((Document(object_id="a"), Document(url="u")), (Document(object_id="b"), Document(object_id="a"))),
        order((Document(object_id="a"), Document(object_id="x" * 201)), (Document(code="c"),)),
        order(),
    )
    for number, body in enumerate(bodies, 1):
        db.execute(
            """INSERT INTO orders (id, connection, buyer, number, buyer_name, revision, process_status,
                logistics_status, sending, line_count, received_at, changed_at, to_answer, waiting, buyer_asks, to_ship,
                not_delivered, awaiting_word, drafted, body)
            VALUES (?, 'steel', 'B', ?, '', 1, 'Issued', 'Open', 'queued', 1, '', 'then', 1, 0, 0, 0, 0, 0, 0, ?)""",
            (number, f"PO-{number}", f'{{"platform":{body.to_json()}}}'),
        )
    db.execute("INSERT INTO health (connection, direction, last_error, parked) VALUES ('steel', 'in', 'no', 1)")
    return db


def test_what_orders_of_earlier_days_refer_to_is_wanted_too(before: Database) -> None:
    migration.apply(before)
    found = before.execute("SELECT connection, object_id, order_id, state, attempts FROM downloads ORDER BY object_id")
    assert found.fetchall() == [("steel", "a", 1, "wanted", 0), ("steel", "b", 1, "wanted", 0)]
    assert list(before.execute("PRAGMA foreign_key_check")) == []


def test_health_stays_and_tells_of_documents_from_then_on(before: Database) -> None:
    migration.apply(before)
    before.execute("INSERT INTO health (connection, direction) VALUES ('steel', 'documents')")
    with pytest.raises(sqlite3.IntegrityError):
        before.execute("INSERT INTO health (connection, direction) VALUES ('steel', 'sideways')")
    rows = before.execute("SELECT direction, last_error, parked FROM health ORDER BY direction").fetchall()
    assert rows == [("documents", None, 0), ("in", "no", 1)]


POLL = """[connection.inbound]
channel = "http-poll"
url = "https://platform.example/v2"
{paths}
"""
WEBHOOK = """[connection.inbound]
channel = "webhook"
path = "/in"
auth = "bearer"
token = "t"
"""
OUT = """[connection.outbound]
channel = "http"
url = "https://answers.example/v2"
format = "tradecloud-json"
{paths}
"""
METADATA = 'paths = { document_metadata = "/files/{id}", poll = "/orders" }'
POLLED = 'paths = { poll = "/orders" }'


@pytest.mark.parametrize(
    ("profile", "channels", "channel"),
    [
        ("tradecloud", POLL.format(paths="") + OUT.format(paths=""), HttpPollInbound),
        ("tradecloud", WEBHOOK + OUT.format(paths=""), HttpOutbound),
        ("tradecloud", OUT.format(paths=""), HttpOutbound),
        ("tradecloud", "", None),
        ("generic", POLL.format(paths=POLLED) + OUT.format(paths=""), None),
        ("generic", POLL.format(paths=METADATA), HttpPollInbound),
        ("generic", POLL.format(paths=POLLED) + OUT.format(paths=METADATA), HttpOutbound),
    ],
)
def test_which_channel_fetches_documents(profile: str, channels: str, channel: type | None, tmp_path: Path) -> None:
    webhook = '[webhook]\nlisten = "127.0.0.1:0"\n' if "webhook" in channels else ""
    text = f'{webhook}[[connection]]\nname = "one"\nprofile = "{profile}"\n{channels}'
    file = tmp_path / "podesk.toml"
    file.touch(mode=0o600)
    connection: Connection = parse(text, file).connection[0]
    found = connection.documents_from
    assert found is None if channel is None else isinstance(found, channel)
