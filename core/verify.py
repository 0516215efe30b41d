"""Whether the store still says what happened: the log's chain, and the orders that follow from it.

Three looks, each catching what the one before can't. The chain: no entry was changed, taken out or put in, and no text of
one was altered. The fold: the recorded changes, applied one after another, give the order, its lines and its columns. The
replay: entries made by the present rules give the same changes again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any

from pydantic import ValidationError

from core.batch import KINDS
from core.model import Order
from core.pending import Record, changes_from_json, changes_to_json, fold, step
from core.profile import PROFILES
from core.store import Store, StoreDamaged, drafts, log, outbox
from core.store._sqlite import sqlite3
from core.store.standing import Standing, line_row, standing_of
from core.store.tasks import task_row
from core.transition import RULES_VERSION, TransitionRefused

_INPUTS = {kind: model for model, kind in KINDS.items()}
_NUMBERS = frozenset(
    {
        "quantity",
        "value",
        "discount_percentage",
        "price_unit_quantity",
        "net_weight",
        "produced",
        "packed",
        "shipped",
        "delivered",
    }
)
"""Fields of the model that hold one, and may write it in more than one way."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in the store that isn't as it was written."""

    sentence: str
    order_id: int | None = None
    seq: int | None = None


def verify(store: Store) -> list[Finding]:
    """Everything that is wrong with the store; empty when all is well.

    Texts that were erased are no finding; the order can't be computed past them and is then taken as it stands.
    """
    with store.reading() as connection, _taking_any_text(connection):
        return [
            *_as_far_as_it_goes(_file(connection)),
            *_as_far_as_it_goes(_chain(connection)),
            *_as_far_as_it_goes(_orders(connection)),
            *_as_far_as_it_goes(_payloads(connection)),
            *_as_far_as_it_goes(_drafts(connection)),
        ]


@contextmanager
def _taking_any_text(connection: sqlite3.Connection) -> Iterator[None]:
    """Text that is no UTF-8 is read as what it can't be, so that one damaged row is a finding and the rest is looked at."""
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")
    try:
        yield
    finally:
        connection.text_factory = str


def _as_far_as_it_goes(findings: Iterator[Finding]) -> Iterator[Finding]:
    """…in a file that SQLite itself can't read to the end."""
    try:
        yield from findings
    except StoreDamaged as error:
        yield Finding(str(error))


_UNFIT = (ValueError, KeyError, TypeError, AttributeError)
"""What reading a stored text raises that is no longer what was stored."""


def _what(error: Exception) -> str:
    """An error in a few words, and in none that a partner wrote."""
    return f"{error.error_count()} faults" if isinstance(error, ValidationError) else type(error).__name__


def _file(connection: sqlite3.Connection) -> Iterator[Finding]:
    for (problem,) in connection.execute("PRAGMA integrity_check"):
        if problem != "ok":
            yield Finding(f"the file is damaged: {problem}")
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check"):
        yield Finding(f"row {row} of {table} points to something in {parent} that is not there")


def _chain(connection: sqlite3.Connection) -> Iterator[Finding]:
    head, expected = log.FIRST, 1
    rows = connection.execute(
        """SELECT l.seq, l.order_id, l.revision, l.at, l.actor, l.kind, l.rules_version, l.profile, l.document, l.input_id,
            l.digest, l.prev_hash, l.hash, t.input, t.changes, t.notes, t.queued, t.salt
        FROM log l LEFT JOIN log_texts t ON t.seq = l.seq ORDER BY l.seq"""
    )
    for row in rows:
        facts, (prev_hash, link), texts, salt = row[:11], row[11:13], row[13:17], row[17]
        seq, order_id = facts[0], facts[1]
        if seq != expected:
            yield Finding(f"entries {expected} to {seq - 1} of the log are missing", seq=seq)
        if prev_hash != head:
            yield Finding(f"entry {seq} of the log doesn't follow from the one before", order_id, seq)
        if log.hash_of(prev_hash, facts) != link:
            yield Finding(f"entry {seq} of the log was altered", order_id, seq)
        if salt is not None and not _digested(salt, texts, facts[10]):
            yield Finding(f"the texts of entry {seq} of the log were altered", order_id, seq)
        head, expected = link, seq + 1


def _digested(salt: Any, texts: tuple[Any, ...], digest: object) -> bool:
    try:
        return log.digest_of(salt, *texts) == digest
    except _UNFIT:
        return False


def _orders(connection: sqlite3.Connection) -> Iterator[Finding]:
    told = connection.execute(
        """SELECT l.order_id, l.seq, l.revision, l.kind, l.rules_version, l.profile, l.document, t.input, t.changes, t.queued
        FROM log l LEFT JOIN log_texts t ON t.seq = l.seq ORDER BY l.order_id, l.revision"""
    )
    with_log: set[int] = set()
    for order_id, entries in groupby(told, itemgetter(0)):
        with_log.add(order_id)
        try:
            yield from _order(connection, order_id, [entry[1:] for entry in entries])
        except (StoreDamaged, *_UNFIT) as error:
            yield Finding(f"order #{order_id} is damaged and can't be looked at further ({_what(error)})", order_id)
    for order_id, number in connection.execute("SELECT id, number FROM orders"):
        if order_id not in with_log:
            yield Finding(f"order {number} (#{order_id}) is in the store, but the log knows nothing of it", order_id)


def _order(connection: sqlite3.Connection, order_id: int, entries: list[tuple[Any, ...]]) -> Iterator[Finding]:
    row = connection.execute("SELECT * FROM orders WHERE id = ?", (order_id,))
    columns = [column[0] for column in row.description]
    found = row.fetchone()
    if found is None:
        yield Finding(f"order #{order_id} is on the log, but not in the store", order_id)
        return
    stored: dict[str, Any] = dict(zip(columns, found, strict=True))
    name = f"order {stored['number']} (#{order_id})"
    if stored["revision"] != entries[-1][1]:
        yield Finding(f"{name} has revision {stored['revision']}, but the log's last one is {entries[-1][1]}", order_id)
    folded, erased = None, False
    for nth, (seq, revision, kind, rules_version, profile, _, said, changes, queued) in enumerate(entries, 1):
        if revision != nth:
            yield Finding(f"{name}: entry {seq} has revision {revision} where {nth} comes next", order_id, seq)
        if changes is None:
            erased = True
            continue
        yield from _queued(connection, name, order_id, seq, queued)
        if erased:
            continue
        if rules_version == RULES_VERSION:
            yield from _replayed(name, order_id, seq, folded, kind, profile, said, changes)
        try:
            folded = fold(folded, changes_from_json(changes))
        except _UNFIT as error:
            yield Finding(
                f"{name}: what entry {seq} changed doesn't fit what was there ({_what(error)})", order_id, seq
            )
            return
    yield from _as_stored(connection, name, stored, None if erased else folded)


def _replayed(
    name: str, order_id: int, seq: int, before: Record | None, kind: str, profile: str, said: str, changes: str
) -> Iterator[Finding]:
    try:
        entry = _INPUTS[kind].from_json(said)
        again = changes_to_json(step(before, entry, PROFILES[profile]).changes)
        same = again == changes or _same(json.loads(again), json.loads(changes))
    except (TransitionRefused, *_UNFIT) as error:
        yield Finding(f"{name}: entry {seq} can't be replayed ({_what(error)})", order_id, seq)
        return
    if not same:
        yield Finding(f"{name}: entry {seq} recorded other changes than the rules give for it", order_id, seq)


def _same(one: Any, other: Any, name: str = "") -> bool:
    """By value: a buyer who writes 100 where 1E+2 stood before changed nothing, so no change of it is recorded."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(value, other[key], key) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(_same(*pair, name) for pair in zip(one, other, strict=True))
    if name in _NUMBERS and isinstance(one, str) and isinstance(other, str) and one != other:
        try:
            return Decimal(one) == Decimal(other)
        except InvalidOperation:
            return False
    return bool(one == other)


def _queued(connection: sqlite3.Connection, name: str, order_id: int, seq: int, queued: str) -> Iterator[Finding]:
    for outbox_id, sha256 in json.loads(queued):
        row = connection.execute(
            """SELECT coalesce(p.bytes, m.payload), m.order_id
            FROM outbox m LEFT JOIN payloads p ON p.sha256 = m.attachment WHERE m.id = ?""",
            (outbox_id,),
        ).fetchone()
        if row is None:
            yield Finding(f"{name}: message {outbox_id} of entry {seq} is no longer in the outbox", order_id, seq)
        elif _sha256(row[0]) != sha256 or row[1] != order_id:
            yield Finding(f"{name}: message {outbox_id} in the outbox was altered", order_id, seq)


def _as_stored(
    connection: sqlite3.Connection, name: str, stored: dict[str, Any], folded: Record | None
) -> Iterator[Finding]:
    """Compare an order's row and lines with the fold of its changes (None: they can't be folded any more)."""
    order_id = stored["id"]
    try:
        record = Record.from_json(stored["body"])
    except _UNFIT as error:
        yield Finding(f"{name}: what is stored is no order ({_what(error)})", order_id)
        return
    if folded is not None and record != folded:
        yield Finding(f"{name} is not what its recorded changes give", order_id)
        record = folded
    key = record.platform.key
    if (stored["connection"], stored["buyer"], stored["number"]) != (key.connection, key.buyer, key.number):
        yield Finding(f"{name} stands under another connection, buyer or number than its own", order_id)
    standing = standing_of(record)
    columns = _columns(standing)
    messages = outbox.messages_of(connection, [order_id]).get(order_id, [])
    waiting = outbox.waiting(
        messages,
        drafted=bool(standing.drafted),
        awaiting_word=bool(standing.awaiting_word),
        reported=standing.reported is not None,
    )
    columns |= {
        "sending": waiting.sending.value,
        "held_until": waiting.held_until,
        "not_delivered": waiting.not_delivered,
    }
    for column, value in columns.items():
        if stored[column] == value:
            continue
        if column in (
            "buyer_name",
            "platform_id",
            "reference",
            "reported",
        ):  # in partners' words, which are not repeated
            yield Finding(f"{name}: {column} is not what follows from the order", order_id)
        else:
            yield Finding(f"{name}: {column} is {stored[column]!r}, but {value!r} follows from the order", order_id)
    lines = connection.execute(
        """SELECT position, item, item_name, due, process_status, in_progress_status, logistics_status FROM lines
        WHERE order_id = ?""",
        (order_id,),
    ).fetchall()
    if {row[0]: row for row in lines} != {row[0]: row for row in map(line_row, standing.order.lines)}:
        yield Finding(f"{name}: the rows of its lines are not what follows from the order", order_id)
    if not _tasks_as_stored(connection, order_id, standing.order):
        yield Finding(f"{name}: its open tasks are not what follows from the order", order_id)


def _tasks_as_stored(connection: sqlite3.Connection, order_id: int, order: Order) -> bool:
    """Whether the tasks are those of the lines. Until when they are due depends on settings, which the log doesn't know."""
    rows = connection.execute("SELECT position, kind, opened_at FROM tasks WHERE order_id = ?", (order_id,))
    stored = {position: (kind, opened_at) for position, kind, opened_at in rows}
    follow = {line.position: task for line in order.lines if (task := task_row(line, None, None)) is not None}
    return stored.keys() == follow.keys() and all(
        stored[position][0] == kind and opened_at in (None, stored[position][1])
        for position, (kind, opened_at, _) in follow.items()
    )


def _columns(standing: Standing) -> dict[str, Any]:
    return {
        name: getattr(standing, name)
        for name in (
            "buyer_name",
            "platform_id",
            "reference",
            "process_status",
            "logistics_status",
            "reported",
            "due",
            "line_count",
            "to_answer",
            "waiting",
            "buyer_asks",
            "to_ship",
            "awaiting_word",
            "drafted",
        )
    }


def _payloads(connection: sqlite3.Connection) -> Iterator[Finding]:
    for sha256, payload in connection.execute("SELECT sha256, bytes FROM payloads"):
        if _sha256(payload) != sha256:
            yield Finding(f"the stored bytes of document {sha256[:12]}… were altered")


def _drafts(connection: sqlite3.Connection) -> Iterator[Finding]:
    """No entry of the log made them; but each can be read, and is of an order as it is or was."""
    rows = connection.execute(
        """SELECT d.order_id, d.operator, CAST(d.body AS BLOB), o.revision
        FROM drafts d LEFT JOIN orders o ON o.id = d.order_id ORDER BY d.order_id, d.operator"""
    ).fetchall()
    for order_id, operator, body, revision in rows:
        try:
            draft = drafts.draft(order_id, operator, body)
        except StoreDamaged as error:
            yield Finding(str(error), order_id)
            continue
        there = {position for (position,) in connection.execute(_POSITIONS, (order_id,))}
        if revision is not None and (not there.issuperset(draft.positions) or draft.revision > revision):
            what = "speaks of lines or a revision that the order doesn't have"
            yield Finding(f"the unsent answer of {operator} to order #{order_id} {what}", order_id)


_POSITIONS = "SELECT position FROM lines WHERE order_id = ?"


def _sha256(stored: object) -> str | None:
    """Of a cell that should hold bytes; None when something else was put there."""
    return hashlib.sha256(stored).hexdigest() if isinstance(stored, bytes) else None
