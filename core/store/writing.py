"""Orders that change are written here: rows, lines, search words, outbox and log together, or not at all."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from core.model import Order, OrderLine
from core.store import downloads, log, outbox, tasks
from core.store._sqlite import sqlite3
from core.store.log import Entry
from core.store.outbox import Queued
from core.store.standing import LineRow, Standing, line_row, same_words, words_of


class LostRace(Exception):
    """Another process changed one of the orders since they were read; nothing was written, compute again."""


@dataclass(slots=True)
class OrderWrite:
    """One order as it shall stand, and what happened to make it so."""

    order_id: int | None
    """None: a new order."""
    connection: str
    buyer: str
    number: str
    read_revision: int
    """The revision that the change was computed from; 0 for a new order."""
    revision: int
    before: Order | None
    """As it was shown."""
    after: Standing
    body: str
    changed_at: str
    last_document: int | None
    entries: list[Entry] = field(default_factory=list)
    supersede: bool = False
    files: Collection[str] = ()
    """With `supersede`: the files (sha256) that the answer in the old one's place waits for."""
    messages: list[Queued] = field(default_factory=list)
    overtaken: list[tuple[str, str]] = field(default_factory=list)
    """Messages that the buyer overtook, and by what: see `outbox.overtake`."""
    answer_within: timedelta | None = None
    """The connection's, for the due dates of tasks."""
    zone: tzinfo | None = None
    """The desk's; None: the system's."""

    def task(self, line: OrderLine) -> tasks.LineTask | None:
        return tasks.task_row(line, self.answer_within, self.zone)


def write(connection: sqlite3.Connection, orders: Sequence[OrderWrite]) -> list[int]:
    """Write inside an open transaction; the orders' ids. Raises LostRace when a revision is not the one that was read."""
    _hold(connection, orders)
    ids = _identified(connection, orders)
    new = [(order_id, order) for order_id, order in zip(ids, orders, strict=True) if order.read_revision == 0]
    old = [(order_id, order) for order_id, order in zip(ids, orders, strict=True) if order.read_revision != 0]
    if new:
        _insert(connection, new)
    superseded = {order_id: order.files for order_id, order in old if order.supersede}
    messages = [
        (order_id, order.connection, queued)
        for order_id, order in zip(ids, orders, strict=True)
        for queued in order.messages
    ]
    if overtaken := [one for _, order in old for one in order.overtaken]:
        outbox.overtake(connection, overtaken)
    if messages or superseded:
        outbox.enqueue(connection, messages, superseded)
    if old:
        _update(connection, old)
    if any(order.messages for _, order in new):
        outbox.settle(connection, [order_id for order_id, order in new if order.messages])
    wanted = [
        (order.connection, object_id, order_id, order.changed_at)
        for order_id, order in zip(ids, orders, strict=True)
        for object_id in downloads.referred(order.after.order, order.before)
    ]
    if wanted:
        downloads.want(connection, wanted)
    log.append(
        connection,
        [(order_id, entry) for order_id, order in zip(ids, orders, strict=True) for entry in order.entries],
    )
    return ids


def _hold(connection: sqlite3.Connection, orders: Sequence[OrderWrite]) -> None:
    """Compare-and-swap: every order still has the revision that was read, and no new one has appeared."""
    known = [order.order_id for order in orders if order.order_id is not None]
    if known:
        revisions = dict(
            connection.execute(
                "SELECT id, revision FROM orders WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(known),)
            ).fetchall()
        )
        for order in orders:
            if order.order_id is not None and revisions.get(order.order_id) != order.read_revision:
                raise LostRace
    for order in orders:
        if (
            order.order_id is None
            and connection.execute(
                "SELECT 1 FROM orders WHERE connection = ? AND buyer = ? AND number = ?",
                (order.connection, order.buyer, order.number),
            ).fetchone()
        ):
            raise LostRace


def _identified(connection: sqlite3.Connection, orders: Sequence[OrderWrite]) -> list[int]:
    ids: list[int] = []
    last: int | None = None
    for order in orders:
        if order.order_id is not None:
            ids.append(order.order_id)
            continue
        if last is None:
            last = connection.execute("SELECT coalesce(max(id), 0) FROM orders").fetchone()[0]
        last += 1
        ids.append(last)
    return ids


def _insert(connection: sqlite3.Connection, orders: Sequence[tuple[int, OrderWrite]]) -> None:
    connection.executemany(
        """INSERT INTO orders (id, connection, buyer, number, buyer_name, revision, process_status, logistics_status,
            reported, sending, due, line_count, received_at, changed_at, to_answer, waiting, buyer_asks, to_ship,
            not_delivered, awaiting_word, drafted, last_document, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 'nothing', ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)""",
        [
            (
                order_id,
                order.connection,
                order.buyer,
                order.number,
                order.after.buyer_name,
                order.revision,
                order.after.process_status,
                order.after.logistics_status,
                order.after.reported,
                order.after.due,
                order.after.line_count,
                order.changed_at,
                order.changed_at,
                order.after.to_answer,
                order.after.waiting,
                order.after.buyer_asks,
                order.after.to_ship,
                order.after.awaiting_word,
                order.after.drafted,
                order.last_document,
                order.body,
            )
            for order_id, order in orders
        ],
    )
    _write_lines(
        connection, [(order_id, line_row(line)) for order_id, order in orders for line in order.after.order.lines]
    )
    _index(connection, [(order_id, *words_of(order.after.order)) for order_id, order in orders])
    tasks.write(
        connection,
        [
            (order_id, line.position, task, order.changed_at)
            for order_id, order in orders
            for line in order.after.order.lines
            if (task := order.task(line)) is not None
        ],
        (),
    )


def _update(connection: sqlite3.Connection, orders: Sequence[tuple[int, OrderWrite]]) -> None:
    messages = outbox.messages_of(connection, [order_id for order_id, _ in orders])
    rows = []
    for order_id, order in orders:
        after = order.after
        now = outbox.waiting(
            messages.get(order_id, ()),
            drafted=bool(after.drafted),
            awaiting_word=bool(after.awaiting_word),
            reported=after.reported is not None,
        )
        rows.append(
            (
                after.buyer_name,
                order.revision,
                after.process_status,
                after.logistics_status,
                after.reported,
                now.sending,
                now.held_until,
                after.due,
                after.line_count,
                order.changed_at,
                after.to_answer,
                after.waiting,
                after.buyer_asks,
                after.to_ship,
                now.not_delivered,
                after.awaiting_word,
                after.drafted,
                order.last_document,
                order.body,
                order_id,
            )
        )
    connection.executemany(
        """UPDATE orders SET buyer_name = ?, revision = ?, process_status = ?, logistics_status = ?, reported = ?,
            sending = ?, held_until = ?, due = ?, line_count = ?, changed_at = ?, to_answer = ?, waiting = ?,
            buyer_asks = ?, to_ship = ?, not_delivered = ?, awaiting_word = ?, drafted = ?, last_document = ?, body = ?
        WHERE id = ?""",
        rows,
    )
    changed: list[tuple[int, LineRow]] = []
    vanished: list[tuple[int, str]] = []
    reworded: list[tuple[int, str, str, str]] = []
    opened: list[tuple[int, str, tasks.LineTask, str]] = []
    closed: list[tuple[int, str]] = []
    for order_id, order in orders:
        shown = order.after.order
        was = {line.position: line for line in order.before.lines} if order.before is not None else {}
        for line in shown.lines:
            old = was.pop(line.position, None)
            if old is line:
                continue
            changed.append((order_id, line_row(line)))
            task = order.task(line)
            if task is not None:
                opened.append((order_id, line.position, task, order.changed_at))
            elif old is not None:
                closed.append((order_id, line.position))
        vanished += [(order_id, position) for position in was]
        if order.before is None or not same_words(order.before, shown):
            reworded.append((order_id, *words_of(shown)))
    if vanished:
        connection.executemany("DELETE FROM lines WHERE order_id = ? AND position = ?", vanished)
    _write_lines(connection, changed)
    tasks.write(connection, opened, (*closed, *vanished))
    if reworded:
        connection.executemany("DELETE FROM search WHERE rowid = ?", [(row[0],) for row in reworded])
        _index(connection, reworded)


def _write_lines(connection: sqlite3.Connection, lines: Sequence[tuple[int, LineRow]]) -> None:
    connection.executemany(
        """INSERT INTO lines (order_id, position, item, item_name, due, process_status, in_progress_status,
            logistics_status) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (order_id, position) DO UPDATE SET item = excluded.item, item_name = excluded.item_name,
            due = excluded.due, process_status = excluded.process_status,
            in_progress_status = excluded.in_progress_status, logistics_status = excluded.logistics_status""",
        [(order_id, *row) for order_id, row in lines],
    )


def _index(connection: sqlite3.Connection, words: Sequence[tuple[int, str, str, str]]) -> None:
    connection.executemany("INSERT INTO search (rowid, number, buyer, items) VALUES (?, ?, ?, ?)", words)
