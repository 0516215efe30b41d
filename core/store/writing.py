"""Orders that change are written here: rows, lines, search words, outbox and log together, or not at all."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from core.store import downloads, log, outbox, overtaken, tasks
from core.store._sqlite import sqlite3
from core.store.following import Following
from core.store.log import Entry
from core.store.outbox import Queued
from core.store.standing import Standing


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
    after: Standing
    following: Following
    body: str
    changed_at: str
    last_document: int | None
    entries: list[Entry] = field(default_factory=list)
    supersede: bool = False
    files: Collection[str] = ()
    """With `supersede`: the files (sha256) that the answer in the old one's place waits for."""
    messages: list[Queued] = field(default_factory=list)
    overtaken: list[tuple[str, str]] = field(default_factory=list)
    """Messages that the buyer overtook, and by what: see `overtaken.overtake`."""


def write(connection: sqlite3.Connection, orders: Sequence[OrderWrite]) -> list[int]:
    """Write inside an open transaction; the orders' ids. Raises LostRace when a revision is not the one that was read."""
    _hold(connection, orders)
    ids = _identified(connection, orders)
    new = [(order_id, order) for order_id, order in zip(ids, orders, strict=True) if order.read_revision == 0]
    old = [(order_id, order) for order_id, order in zip(ids, orders, strict=True) if order.read_revision != 0]
    if new:
        _insert(connection, new)
    if old:
        _make_way(connection, old)
    _write_following(connection, list(zip(ids, orders, strict=True)))
    superseded = {order_id: order.files for order_id, order in old if order.supersede}
    messages = [
        (order_id, order.connection, queued)
        for order_id, order in zip(ids, orders, strict=True)
        for queued in order.messages
    ]
    if found := [one for _, order in old for one in order.overtaken]:
        overtaken.overtake(connection, found)
    if messages or superseded:
        outbox.enqueue(connection, messages, superseded)
    if old:
        _update(connection, old)
    if any(order.messages for _, order in new):
        outbox.settle(connection, [order_id for order_id, order in new if order.messages])
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
            platform_id, reference, reported, sending, due, line_count, received_at, changed_at, to_answer, waiting,
            buyer_asks, to_ship, not_delivered, awaiting_word, drafted, last_document, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'nothing', ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?)""",
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
                order.after.platform_id,
                order.after.reference,
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
                after.platform_id,
                after.reference,
                after.reported,
                str(now.sending),
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
        """UPDATE orders SET buyer_name = ?, revision = ?, process_status = ?, logistics_status = ?,
            platform_id = ?, reference = ?, reported = ?, sending = ?, held_until = ?, due = ?, line_count = ?,
            changed_at = ?, to_answer = ?, waiting = ?, buyer_asks = ?, to_ship = ?, not_delivered = ?, awaiting_word = ?,
            drafted = ?, last_document = ?, body = ?
        WHERE id = ?""",
        rows,
    )


def _make_way(connection: sqlite3.Connection, orders: Sequence[tuple[int, OrderWrite]]) -> None:
    """Rows that go, or that others take the place of."""
    gone = [(order_id, position) for order_id, order in orders for position in order.following.gone]
    if gone:
        connection.executemany("DELETE FROM lines WHERE order_id = ? AND position = ?", gone)
    reworded = [(order_id,) for order_id, order in orders if order.following.words is not None]
    if reworded:
        connection.executemany("DELETE FROM search WHERE rowid = ?", reworded)


def _write_following(connection: sqlite3.Connection, orders: Sequence[tuple[int, OrderWrite]]) -> None:
    lines = [(order_id, *row) for order_id, order in orders for row in order.following.lines]
    if lines:
        connection.executemany(
            """INSERT INTO lines (order_id, position, item, item_name, due, process_status, in_progress_status,
                logistics_status) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (order_id, position) DO UPDATE SET item = excluded.item, item_name = excluded.item_name,
                due = excluded.due, process_status = excluded.process_status,
                in_progress_status = excluded.in_progress_status, logistics_status = excluded.logistics_status""",
            lines,
        )
    tasks.write(
        connection,
        [
            (order_id, position, task, order.changed_at)
            for order_id, order in orders
            for position, task in order.following.opened
        ],
        [(order_id, position) for order_id, order in orders for position in order.following.closed],
    )
    words = [(order_id, *order.following.words) for order_id, order in orders if order.following.words is not None]
    if words:
        connection.executemany("INSERT INTO search (rowid, number, buyer, items) VALUES (?, ?, ?, ?)", words)
    wanted = [
        (order.connection, object_id, order_id, order.changed_at)
        for order_id, order in orders
        for object_id in order.following.referred
    ]
    if wanted:
        downloads.want(connection, wanted)
