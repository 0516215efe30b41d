"""`podesk orders` on a hundred thousand orders, against a Python that only imports what the command stands on."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from core.ids import uuid7
from core.messages import Received
from core.orderbook import OrderBook
from core.store import Store, open_store
from tests.bench.ratios import Ratio, seconds
from tests.conftest import ROOT
from tests.orders import SETTINGS, issue, key, settings

ORDERS, LIMIT = 100_000, 3
_ROUNDS = 11


def measure(folder: Path) -> list[Ratio]:
    config = folder / "podesk.toml"
    config.write_text(SETTINGS, encoding="utf-8")
    with open_store(folder / "desk.sqlite") as store:
        _fill(folder, store)
    ours = [str(Path(sys.executable).with_name("podesk")), "--config", str(config), "orders", "--json", "--limit", "50"]
    plain = [sys.executable, "-c", "import click, pydantic, sqlite_utils"]
    shown = json.loads(_run(ours))
    assert len(shown) == 50, f"{len(shown)} orders shown"
    # One after another, so that whatever else the machine does weighs on both.
    rounds = [(seconds(lambda: _run(ours)), seconds(lambda: _run(plain))) for _ in range(_ROUNDS)]
    return [
        Ratio(
            f"podesk orders --json --limit 50 on {ORDERS:,} orders",
            statistics.median(took for took, _ in rounds),
            statistics.median(took for _, took in rounds),
            LIMIT,
        )
    ]


def _run(command: list[str]) -> str:
    return subprocess.run(command, cwd=ROOT, env=os.environ, capture_output=True, text=True, check=True).stdout


def _fill(folder: Path, store: Store) -> None:
    """One order comes in as orders do; the others are copies of its rows under other numbers."""
    now = datetime.now(UTC)
    book = OrderBook(store, settings(folder), clock=lambda: now, new_id=lambda: uuid7(now))
    order = key("PO-000000")
    book.change(order, Received(id="received", at=now, message=issue(order)), "metal-works")
    columns = [row[1] for row in store.connection.execute("PRAGMA table_info(orders)")]
    copied = ", ".join(
        {"id": "nth", "number": "printf('PO-%06d', nth)", "due": "date(due, (nth % 900) || ' days')"}.get(one, one)
        for one in columns
    )
    numbers = f"WITH RECURSIVE numbers (nth) AS (SELECT 2 UNION ALL SELECT nth + 1 FROM numbers WHERE nth < {ORDERS})"
    lines = "position, item, item_name, due, process_status, in_progress_status, logistics_status"
    with store.writing() as connection:
        connection.execute(
            f"{numbers} INSERT INTO orders ({', '.join(columns)}) SELECT {copied} FROM numbers, orders WHERE id = 1"
        )
        connection.execute(
            f"{numbers} INSERT INTO lines (order_id, {lines}) SELECT nth, {lines} FROM numbers, lines WHERE order_id = 1"
        )
        connection.execute(
            f"""{numbers} INSERT INTO search (rowid, number, buyer, items)
            SELECT nth, printf('PO-%06d', nth), 'B1 Metal Works', 'HB-PO-000000-1 Hex bolt M8' FROM numbers"""
        )
