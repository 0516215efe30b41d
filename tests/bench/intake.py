"""Taking in UBL orders from a folder, against parsing them with lxml and inserting the same bytes in one transaction."""

from __future__ import annotations

import hashlib
import shutil
from datetime import UTC, datetime
from pathlib import Path

from lxml import etree

from core.ids import uuid7
from core.intake import Incoming, IncomingDocument, apply, keep
from core.orderbook import OrderBook
from core.store import open_store, queries
from core.store._sqlite import sqlite3
from tests.bench.ratios import Ratio, seconds
from tests.bench.ubl import order
from tests.orders import settings

ORDERS, LINES, LIMIT = 1000, 10, 12
_KEPT_AT_ONCE = 50
_ROUNDS = 3


def measure(folder: Path) -> list[Ratio]:
    inbox = folder / "inbox"
    inbox.mkdir()
    for number in range(ORDERS):
        (inbox / f"order-{number:05}.xml").write_bytes(order(f"PO-{number:05}", LINES))
    rounds = [(_ours(folder, inbox), _plain(folder, inbox)) for _ in range(_ROUNDS)]
    ours, plain = min(ours for ours, _ in rounds), min(plain for _, plain in rounds)
    return [Ratio(f"taking in {ORDERS:,} UBL orders of {LINES} lines", ours, plain, LIMIT)]


def _ours(folder: Path, inbox: Path) -> float:
    place = folder / "ours"
    place.mkdir()
    with open_store(place / "desk.sqlite") as store:
        book = OrderBook(store, settings(place), clock=_now, new_id=lambda: uuid7(_now()))

        def take_in() -> None:
            files = sorted(inbox.iterdir())
            for start in range(0, len(files), _KEPT_AT_ONCE):
                kept = keep(store, [_arrival(file) for file in files[start : start + _KEPT_AT_ONCE]], _now())
                for one in apply(book, [document for arrival in kept for document in arrival.document_ids]):
                    assert one.state == "applied", one

        took = seconds(take_in)
        counted = queries.counts(store)[queries.View.TO_ANSWER]
        assert counted == ORDERS, f"{counted} orders in the store"
    shutil.rmtree(place)
    return took


def _now() -> datetime:
    return datetime.now(UTC)


def _arrival(file: Path) -> Incoming:
    payload = file.read_bytes()
    return Incoming("city", str(file), hashlib.sha256(payload).hexdigest(), (IncomingDocument(file.name, payload),))


def _plain(folder: Path, inbox: Path) -> float:
    place = folder / "plain.sqlite"
    connection = sqlite3.connect(place, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("CREATE TABLE documents (id INTEGER PRIMARY KEY, name TEXT, bytes BLOB)")

    def take_in() -> None:
        files = sorted(inbox.iterdir())
        rows = []
        for file in files:
            payload = file.read_bytes()
            assert len(etree.fromstring(payload)) > LINES
            rows.append((file.name, payload))
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO documents (name, bytes) VALUES (?, ?)", rows)
        connection.execute("COMMIT")

    took = seconds(take_in)
    connection.close()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{place}{suffix}").unlink(missing_ok=True)
    return took
