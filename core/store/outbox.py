"""Outbox rows: what waits to leave, in which order, and what an order's row says of it.

Per order messages leave one after another. A message that failed or is uncertain doesn't hold up later ones: it is out of
the queue until a person puts it back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any

from core.store._sqlite import sqlite3
from core.store.rows import Sending
from core.store.times import stamp

RESPONSE = "order_response"
ADVICE = "despatch_advice"


@dataclass(frozen=True, slots=True)
class Queued:
    """A message on its way into the outbox."""

    id: str
    kind: str
    payload: bytes
    content_type: str
    extension: str
    not_before: str
    actor: str
    """Who decided what it says."""
    input_id: str
    created_at: str
    state: str = "queued"
    """…or superseded, by a later input that is saved with it."""


@dataclass(frozen=True, slots=True)
class Message:
    """A row of the outbox, as those who change it need to know it."""

    id: str
    order_id: int
    number: str
    connection: str
    sequence: int
    kind: str
    state: str
    actor: str
    attempts: int
    not_before: str
    content_type: str
    extension: str
    payload: bytes
    doubtful: bool


_MESSAGE = """SELECT m.id, m.order_id, o.number, m.connection, m.sequence, m.kind, m.state, m.actor, m.attempts,
    m.not_before, m.content_type, m.extension, m.payload, m.doubtful FROM outbox m JOIN orders o ON o.id = m.order_id"""


def message(connection: sqlite3.Connection, outbox_id: str) -> Message | None:
    row = connection.execute(f"{_MESSAGE} WHERE m.id = ?", (outbox_id,)).fetchone()
    return _message(row) if row else None


def unsettled(connection: sqlite3.Connection, order_id: int) -> list[Message]:
    """What of the order has not gone, in the order in which it would go."""
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.order_id = ? AND m.state NOT IN ('sent', 'superseded') ORDER BY m.sequence", (order_id,)
    )
    return [_message(row) for row in rows]


def _message(row: Sequence[Any]) -> Message:
    found = Message(*row)
    return replace(found, doubtful=bool(found.doubtful))


@dataclass(frozen=True, slots=True)
class BeingSent:
    id: str
    order_id: int
    last_error: str | None


def sending(connection: sqlite3.Connection, name: str | None) -> list[BeingSent]:
    """What is claimed and not settled, of the connection called `name` or of all."""
    rows = connection.execute(
        """SELECT id, order_id, last_error FROM outbox
        WHERE state = 'sending' AND connection = coalesce(?, connection)""",
        (name,),
    )
    return [BeingSent(*row) for row in rows]


def replaceable(connection: sqlite3.Connection, order_id: int) -> tuple[str, str] | None:
    """Hold window and author of the answer that a recomputed one replaces; None when none waits unclaimed."""
    row = connection.execute(
        """SELECT not_before, actor FROM outbox
        WHERE order_id = ? AND state = 'queued' AND attempts = 0 AND kind = 'order_response' ORDER BY sequence LIMIT 1""",
        (order_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def due(connection: sqlite3.Connection, name: str, now: datetime, *, whatever_the_schedule: bool) -> list[str]:
    """Ids of the connection's messages that may leave now, the one that has waited longest first."""
    at = stamp(now)
    rows = connection.execute(
        """SELECT m.id FROM outbox m
        WHERE m.connection = ? AND m.state = 'queued' AND m.not_before <= ?
            AND (? OR m.next_attempt IS NULL OR m.next_attempt <= ?)
            AND NOT EXISTS (
                SELECT 1 FROM outbox e
                WHERE e.order_id = m.order_id AND e.sequence < m.sequence AND e.state IN ('queued', 'sending')
            )
        ORDER BY m.not_before, m.id""",
        (name, at, whatever_the_schedule, at),
    )
    return [row[0] for row in rows]


def first_in_line(connection: sqlite3.Connection, row: Message) -> bool:
    """Whether nothing of the same order has to leave before it."""
    return (
        connection.execute(
            "SELECT 1 FROM outbox WHERE order_id = ? AND sequence < ? AND state IN ('queued', 'sending')",
            (row.order_id, row.sequence),
        ).fetchone()
        is None
    )


def answered_since(connection: sqlite3.Connection, row: Message) -> bool:
    """Whether a later answer to the same order takes the place of this one."""
    return (
        row.kind == RESPONSE
        and connection.execute(
            """SELECT 1 FROM outbox
            WHERE order_id = ? AND sequence > ? AND kind = 'order_response' AND state != 'superseded'""",
            (row.order_id, row.sequence),
        ).fetchone()
        is not None
    )


def enqueue(
    connection: sqlite3.Connection, messages: Sequence[tuple[int, str, Queued]], supersede: Iterable[int]
) -> None:
    """Drop the unclaimed answers of the orders in `supersede`, then append messages (order id, connection, message)."""
    connection.executemany(
        """UPDATE outbox SET state = 'superseded'
        WHERE order_id = ? AND state = 'queued' AND attempts = 0 AND kind = 'order_response'""",
        [(order_id,) for order_id in supersede],
    )
    if not messages:
        return
    ids = json.dumps([order_id for order_id, _, _ in messages])
    last: dict[int, int] = dict(
        connection.execute(
            """SELECT order_id, max(sequence) FROM outbox
            WHERE order_id IN (SELECT value FROM json_each(?)) GROUP BY order_id""",
            (ids,),
        ).fetchall()
    )
    rows = []
    for order_id, name, queued in messages:
        sequence = last[order_id] = last.get(order_id, 0) + 1
        rows.append(
            (
                queued.id,
                order_id,
                sequence,
                name,
                queued.kind,
                queued.state,
                queued.actor,
                queued.input_id,
                queued.created_at,
                queued.not_before,
                queued.content_type,
                queued.extension,
                queued.payload,
            )
        )
    connection.executemany(
        """INSERT INTO outbox (id, order_id, sequence, connection, kind, state, actor, input_id, created_at, not_before,
            content_type, extension, payload) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an order's row says of its messages."""

    sending: Sending
    held_until: str | None
    not_delivered: int


def waiting(rows: Sequence[tuple[str, str, str]], *, drafted: bool, awaiting_word: bool, reported: bool) -> Waiting:
    """From an order's messages that were not superseded (kind, state, not before), in sequence.

    A failed answer counts no more when a later one took its place. `sent` is said until the platform's word comes.
    """
    answers = [at for at, (kind, _, _) in enumerate(rows) if kind == RESPONSE]
    last_answer = answers[-1] if answers else -1
    states = {
        state
        for at, (kind, state, _) in enumerate(rows)
        if state not in ("failed", "uncertain") or kind != RESPONSE or at == last_answer
    }
    held = min((not_before for _, state, not_before in rows if state == "queued"), default=None)
    troubled = int(bool(states & {"failed", "uncertain"}))
    for sending in (Sending.FAILED, Sending.UNCERTAIN, Sending.SENDING, Sending.QUEUED):
        if sending in states:
            return Waiting(sending, held, troubled)
    if drafted:
        return Waiting(Sending.DRAFT, None, 0)
    spoken = reported and not awaiting_word
    if rows and not (rows[-1][0] == RESPONSE and spoken):
        return Waiting(Sending.SENT, None, 0)
    return Waiting(Sending.NOTHING, None, 0)


def messages_of(connection: sqlite3.Connection, order_ids: Iterable[int]) -> dict[int, list[tuple[str, str, str]]]:
    """Kind, state and hold window of what each order sent or will send, in sequence, as `waiting` takes it."""
    rows = connection.execute(
        """SELECT order_id, kind, state, not_before FROM outbox
        WHERE order_id IN (SELECT value FROM json_each(?)) AND state != 'superseded' ORDER BY order_id, sequence""",
        (json.dumps(list(order_ids)),),
    )
    return {order_id: [row[1:] for row in group] for order_id, group in groupby(rows, itemgetter(0))}


def settle(connection: sqlite3.Connection, order_ids: Iterable[int]) -> None:
    """Bring what the orders' rows say of their messages up to date, after the state of a message changed."""
    ids = list(order_ids)
    messages = messages_of(connection, ids)
    rows = connection.execute(
        """SELECT id, drafted, awaiting_word, reported IS NOT NULL FROM orders
        WHERE id IN (SELECT value FROM json_each(?))""",
        (json.dumps(ids),),
    ).fetchall()
    updates: list[tuple[Any, ...]] = []
    for order_id, drafted, awaiting_word, reported in rows:
        now = waiting(
            messages.get(order_id, ()),
            drafted=bool(drafted),
            awaiting_word=bool(awaiting_word),
            reported=bool(reported),
        )
        updates.append((now.sending, now.held_until, now.not_delivered, order_id))
    connection.executemany("UPDATE orders SET sending = ?, held_until = ?, not_delivered = ? WHERE id = ?", updates)


def set_state(
    connection: sqlite3.Connection,
    outbox_id: str,
    state: str,
    *,
    attempts: int = 0,
    next_attempt: datetime | None = None,
    error: str | None = None,
    receipt: str | None = None,
    doubtful: bool = False,
) -> None:
    """Change a message's state inside a write transaction.

    `attempts` are added; a receipt stays once it is there, and a doubt too.
    """
    connection.execute(
        """UPDATE outbox SET state = ?, attempts = attempts + ?, next_attempt = ?, last_error = ?,
            receipt = coalesce(?, receipt), doubtful = doubtful OR ? WHERE id = ?""",
        (
            state,
            attempts,
            stamp(next_attempt) if next_attempt is not None else None,
            error,
            receipt,
            doubtful,
            outbox_id,
        ),
    )


def put_off(
    connection: sqlite3.Connection, outbox_ids: Sequence[str], error: str, next_attempt: datetime | None
) -> None:
    """Show why messages still wait; with `next_attempt`, until when."""
    connection.execute(
        """UPDATE outbox SET last_error = ?, next_attempt = coalesce(?, next_attempt)
        WHERE id IN (SELECT value FROM json_each(?)) AND state = 'queued'""",
        (error, stamp(next_attempt) if next_attempt is not None else None, json.dumps(list(outbox_ids))),
    )
