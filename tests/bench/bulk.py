"""Confirming ten thousand orders at once, against the plain SQL that writes the same rows; and what others feel of it."""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from core.decisions import Act, Decision, LineDecision
from core.ids import uuid7
from core.messages import Received
from core.orderbook import Changed, OrderBook
from core.store import Store, open_store
from core.store._sqlite import sqlite3
from core.store.pace import Pace
from tests.bench.ratios import Ratio, seconds
from tests.conftest import ROOT
from tests.orders import issue, key, settings

ORDERS, LINES, LIMIT, SAVES_LIMIT = 10_000, ("1", "2", "3"), 10, 20
_ROUNDS = 3


def measure(folder: Path) -> list[Ratio]:
    before = folder / "before.sqlite"
    with _desk(folder) as (store, book):
        ids = _received(book)
        store.connection.execute("VACUUM INTO ?", (str(before),))
    # Once with the desk to itself for the ratio, as the best of a few, and once with another process saving for its pace.
    rounds = []
    for _ in range(_ROUNDS):
        with _desk(folder, before) as (store, book):
            alone = seconds(partial(_confirm, book, ids))
            rounds.append((alone, _plain(store, before, folder / "plain.sqlite")))
    with _desk(folder, before) as (_, book):
        idle, busy = _saves_of_another(folder, partial(_confirm, book, ids))
    return [
        Ratio(
            f"confirming {len(ids):,} orders of {len(LINES)} lines at once",
            min(alone for alone, _ in rounds),
            min(plain for _, plain in rounds),
            LIMIT,
        ),
        Ratio(
            "p95 of another process's saves meanwhile, against their idle median",
            statistics.quantiles(busy, n=20)[-1],
            statistics.median(idle),
            SAVES_LIMIT,
        ),
    ]


@contextmanager
def _desk(folder: Path, copied_from: Path | None = None) -> Iterator[tuple[Store, OrderBook]]:
    path = folder / "desk.sqlite"
    _remove(path)
    if copied_from is not None:
        shutil.copy(copied_from, path)
    with open_store(path) as store:
        yield store, OrderBook(store, settings(folder), clock=_now, new_id=lambda: uuid7(_now()))


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{path}{suffix}").unlink(missing_ok=True)


def _received(book: OrderBook) -> list[int]:
    def entries() -> Iterator[int]:
        for start in range(0, ORDERS + 1, 200):
            batch = book.batch(Pace())
            for number in range(start, min(start + 200, ORDERS + 1)):
                order = key(f"PO-{number:05}")
                entry = Received(id=f"received-{number}", at=_now(), message=issue(order, lines=LINES))
                batch.take(order, entry, "metal-works")
            yield from (changed.order_id for changed in batch.commit())

    # The last one is the other process's.
    return list(entries())[:-1]


def _confirm(book: OrderBook, ids: Sequence[int]) -> None:
    lines = tuple(LineDecision(position=position, act=Act.AGREE) for position in LINES)
    entries = ((order_id, Decision(id=f"bulk-{order_id}", at=_now(), lines=lines), None) for order_id in ids)
    for result in book.change_many(entries, "alice"):
        assert isinstance(result, Changed), result


def _plain(store: Store, before: Path, place: Path) -> float:
    """Write the rows that the confirmation left, all of them by executemany in one go, into an equal store without any."""
    with sqlite3.connect(before) as known:
        work = list(_written(store.connection, known))
    known.close()
    _remove(place)
    with open_store(place) as plain:

        def write() -> None:
            with plain.writing() as connection:
                for statement, rows in work:
                    connection.executemany(statement, rows)

        return seconds(write)


def _written(after: sqlite3.Connection, before: sqlite3.Connection) -> Iterator[tuple[str, list[tuple[Any, ...]]]]:
    """Insert statements and rows, for every row that is in `after` and not, or not so, in `before`."""
    for table in ("orders", "lines", "outbox", "log", "log_texts"):
        columns = ", ".join(row[1] for row in after.execute(f"PRAGMA table_info({table})"))
        was = set(before.execute(f"SELECT {columns} FROM {table}"))
        rows = [row for row in after.execute(f"SELECT {columns} FROM {table}") if row not in was]
        yield f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(rows[0]))})", rows


def _saves_of_another(folder: Path, work: Callable[[], None]) -> tuple[list[float], list[float]]:
    """How long saves of another process take, before `work` and while it runs, in seconds."""
    command = [sys.executable, "-m", "tests.bench.saver", str(folder), str(ORDERS + 1)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdin is not None
        assert other.stdout is not None
        assert other.stdout.readline() == "idle measured\n"
        started = time.perf_counter()
        work()
        print(f"     (with another process saving, the confirmation took {time.perf_counter() - started:.1f} s)")
        out, _ = other.communicate("enough\n")
    idle, busy = ([float(one) for one in line.split()] for line in out.splitlines())
    return idle, busy


def _now() -> datetime:
    return datetime.now(UTC)
