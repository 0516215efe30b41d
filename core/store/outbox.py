"""Outbox rows: what waits to leave, in which order, and what an order's row says of it.

Per order messages leave one after another. A message that failed or is uncertain doesn't hold up later ones: it is out of
the queue until a person puts it back. Advices are the exception (`behind`): they wait for the answer that they rest on.

An answer is ours as long as it certainly did not arrive (queued or failed, and not `doubtful`): there is at most one of an
order, it says what is pending, and another takes its place when that changes.

A file that an answer attaches is a message of its own, before it: the answer waits (`waits_for`) until the platform has said
what it calls the file, and another that names it takes its place. A file that no answer waits for any more is not sent.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, Final, TypeAlias

from core.store._sqlite import sqlite3
from core.store.behind import HELD_UP, put_advices_behind, tell_advices
from core.store.rows import Sending
from core.store.times import stamp

RESPONSE = "order_response"
ADVICE = "despatch_advice"
ATTACHMENT = "attachment"
KINDS: Final = (RESPONSE, ADVICE, ATTACHMENT)

_NOT_DELIVERED: Final = frozenset({"failed", "uncertain"})
_UNSETTLED: Final = "('sending', 'uncertain', 'failed')"
"""As the index `outbox_unsettled` has it: SQLite takes that only for a query that says the same words."""
WAITS_FOR_A_PERSON: Final = "iif({doubtful}, 'uncertain', 'failed')"
"""The state of a message that doesn't go by itself any more."""


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
    positions: str = "[]"
    """Of the lines that it answers, as JSON."""
    next_attempt: str | None = None
    state: str = "queued"
    """…or superseded, by a later input that is saved with it."""
    attachment: str | None = None
    """sha256 of the bytes, where they are kept already and are not in `payload`."""
    name: str = ""
    """Of a file, as people know it."""
    waits_for: tuple[str, ...] = ()
    """The files (sha256) that must be up before it can leave."""

    @property
    def sha256(self) -> str:
        """Of the bytes that leave."""
        return self.attachment or hashlib.sha256(self.payload).hexdigest()


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
    last_error: str | None
    content_type: str
    extension: str
    payload: bytes
    positions: str
    doubtful: bool
    overtaken: str | None = None
    """What the buyer changed since it may have arrived."""
    attachment: str | None = None
    name: str = ""
    waits_for: str = "[]"

    @property
    def ours(self) -> bool:
        """Whether it is an answer that certainly did not arrive yet."""
        return self.kind == RESPONSE and not self.doubtful

    @property
    def may_leave(self) -> bool:
        """As far as it is for itself: it waits for nothing but its turn."""
        return self.state == "queued" and self.waits_for == "[]"


_MESSAGE = """SELECT m.id, m.order_id, o.number, m.connection, m.sequence, m.kind, m.state, m.actor, m.attempts,
    m.not_before, m.last_error, m.content_type, m.extension, coalesce(p.bytes, m.payload), m.positions, m.doubtful,
    m.overtaken, m.attachment, m.name, m.waits_for
    FROM outbox m JOIN orders o ON o.id = m.order_id LEFT JOIN payloads p ON p.sha256 = m.attachment"""


def message(connection: sqlite3.Connection, outbox_id: str) -> Message | None:
    row = connection.execute(f"{_MESSAGE} WHERE m.id = ?", (outbox_id,)).fetchone()
    return _message(row) if row else None


def waiting_answer(connection: sqlite3.Connection, order_id: int, name: str, actor: str) -> str | None:
    """The answer of `actor` to the order that waits to leave by the connection called `name`, whatever its hold window."""
    row = connection.execute(
        """SELECT id FROM outbox WHERE order_id = ? AND connection = ? AND actor = ? AND state = 'queued'
            AND kind = 'order_response' ORDER BY sequence LIMIT 1""",
        (order_id, name, actor),
    ).fetchone()
    return row[0] if row else None


def with_receipt(connection: sqlite3.Connection, order_id: int, receipt: str) -> Message | None:
    """The order's last message that was sent with this receipt; None when a later answer of ours has left, or may have."""
    row = connection.execute(
        f"""{_MESSAGE} WHERE m.order_id = ? AND m.state = 'sent' AND m.receipt = ?
            AND NOT EXISTS (
                SELECT 1 FROM outbox l
                WHERE l.order_id = m.order_id AND l.sequence > m.sequence AND l.kind = 'order_response'
                    AND (l.state IN ('sending', 'sent', 'uncertain') OR l.doubtful)
            )
            ORDER BY m.sequence DESC LIMIT 1""",  # noqa: S608
        (order_id, receipt),
    ).fetchone()
    return _message(row) if row else None


def unsettled(connection: sqlite3.Connection, order_id: int) -> list[Message]:
    """What of the order has not gone, in the order in which it would go."""
    rows = connection.execute(
        f"{_MESSAGE} WHERE m.order_id = ? AND m.state NOT IN ('sent', 'superseded') ORDER BY m.sequence", (order_id,)
    )
    return [_message(row) for row in rows]


def last_sent(connection: sqlite3.Connection, order_id: int, kind: str) -> bytes | None:
    """The bytes of the order's message of this kind that was sent last."""
    row = connection.execute(
        """SELECT payload FROM outbox WHERE order_id = ? AND kind = ? AND state = 'sent'
        ORDER BY sequence DESC LIMIT 1""",
        (order_id, kind),
    ).fetchone()
    return row[0] if row else None


def _message(row: Sequence[Any]) -> Message:
    found = Message(*row)
    return replace(found, doubtful=bool(found.doubtful))


def sending(
    connection: sqlite3.Connection,
    name: str | None,
    now: datetime,
    *,
    leased: bool = False,
    kinds: Sequence[str] = KINDS,
) -> list[Message]:
    """What is claimed and should be settled by now, of the connection called `name` or of all.

    `leased`: only what was claimed until a time, and not what its daemon may still be sending.
    """
    rows = connection.execute(
        f"""{_MESSAGE} WHERE m.state = 'sending' AND m.state IN {_UNSETTLED} AND m.connection = coalesce(?, m.connection)
            AND m.kind IN (SELECT value FROM json_each(?))
            AND (m.next_attempt <= ? OR (m.next_attempt IS NULL AND NOT ?))""",  # noqa: S608
        (name, json.dumps(kinds), stamp(now), leased),
    )
    return [_message(row) for row in rows]


def replaceable(connection: sqlite3.Connection, order_id: int) -> tuple[str, str] | None:
    """Hold window and author of the last answer that a recomputed one replaces; None when there is none."""
    row = connection.execute(
        """SELECT not_before, actor FROM outbox
        WHERE order_id = ? AND state IN ('queued', 'sending', 'failed') AND NOT doubtful AND kind = 'order_response'
        ORDER BY sequence DESC LIMIT 1""",
        (order_id,),
    ).fetchone()
    return (row[0], row[1]) if row else None


def waits(connection: sqlite3.Connection, name: str, kinds: Sequence[str]) -> bool:
    """Whether anything of these kinds is in the connection's queue, due or not."""
    found = connection.execute(
        """SELECT 1 FROM outbox
        WHERE connection = ? AND state = 'queued' AND kind IN (SELECT value FROM json_each(?)) LIMIT 1""",
        (name, json.dumps(kinds)),
    )
    return found.fetchone() is not None


def due(
    connection: sqlite3.Connection,
    name: str,
    now: datetime,
    *,
    whatever_the_schedule: bool,
    kinds: Sequence[str] = KINDS,
) -> list[str]:
    """Ids of the connection's messages of these kinds that may leave now, the one that has waited longest first."""
    at = stamp(now)
    rows = connection.execute(
        f"""SELECT m.id FROM outbox m
        WHERE m.connection = ? AND m.state = 'queued' AND m.waits_for = '[]' AND m.not_before <= ?
            AND m.kind IN (SELECT value FROM json_each(?))
            AND (? OR m.next_attempt IS NULL OR m.next_attempt <= ?)
            AND NOT {HELD_UP}
        ORDER BY m.not_before, m.id""",  # noqa: S608
        (name, at, json.dumps(kinds), whatever_the_schedule, at),
    )
    return [row[0] for row in rows]


def first_in_line(connection: sqlite3.Connection, row: Message) -> bool:
    """Whether nothing of the same order has to leave before it."""
    ((held_up,),) = connection.execute(f"SELECT {HELD_UP} FROM outbox m WHERE m.id = ?", (row.id,))  # noqa: S608
    return not held_up


def answered_since(connection: sqlite3.Connection, row: Message) -> tuple[list[str], list[str]]:
    """The lines of an answer that have a later word of ours, and those that have none."""
    if row.kind != RESPONSE:
        return [], []
    later = connection.execute(
        """SELECT positions FROM outbox
        WHERE order_id = ? AND sequence > ? AND kind = 'order_response' AND state != 'superseded'""",
        (row.order_id, row.sequence),
    ).fetchall()
    answered = {position for (positions,) in later for position in json.loads(positions)}
    ours: list[str] = json.loads(row.positions)
    return [one for one in ours if one in answered], [one for one in ours if one not in answered]


def _covered(positions: str, later: Sequence[str]) -> bool:
    """Whether each of the lines has a later word."""
    answered: set[str] = set()
    for one in later:
        answered.update(json.loads(one))
    return bool(later) and answered.issuperset(json.loads(positions))


def enqueue(
    connection: sqlite3.Connection,
    messages: Sequence[tuple[int, str, Queued]],
    supersede: Mapping[int, Iterable[str]],
) -> None:
    """Drop the answers of the orders in `supersede` that are still ours, and the files of theirs but for those (sha256)
    that are named there; then append messages (order id, connection, message)."""
    ids = json.dumps([*supersede, *(order_id for order_id, _, _ in messages)])
    last: dict[int, int] = {}
    replaced = []
    for order_id, sequence, any_waits in connection.execute(
        """SELECT order_id, max(sequence), max(state IN ('queued', 'failed', 'uncertain')) FROM outbox
        WHERE order_id IN (SELECT value FROM json_each(?)) GROUP BY order_id""",
        (ids,),
    ).fetchall():
        last[order_id] = sequence
        if any_waits and order_id in supersede:
            replaced.append(order_id)
    connection.executemany(
        """UPDATE outbox SET state = 'superseded'
        WHERE order_id = ? AND state IN ('queued', 'failed') AND NOT doubtful AND kind = 'order_response'""",
        [(order_id,) for order_id in replaced],
    )
    # A file that may have arrived does no harm there: nothing names it.
    connection.executemany(
        """UPDATE outbox SET state = 'superseded'
        WHERE order_id = ? AND state IN ('queued', 'failed', 'uncertain') AND kind = 'attachment'
            AND attachment NOT IN (SELECT value FROM json_each(?))""",
        [(order_id, json.dumps(list(supersede[order_id]))) for order_id in replaced],
    )
    if not messages:
        tell_advices(connection, replaced)
        return
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
                queued.positions,
                queued.next_attempt,
                queued.attachment,
                queued.name,
                json.dumps(queued.waits_for) if queued.waits_for else "[]",
            )
        )
    connection.executemany(
        """INSERT INTO outbox (id, order_id, sequence, connection, kind, state, actor, input_id, created_at, not_before,
            content_type, extension, payload, positions, next_attempt, attachment, name, waits_for)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )
    advised = {order_id for order_id, _, queued in messages if queued.kind == ADVICE and order_id in supersede}
    put_advices_behind(connection, {order_id: last[order_id] for order_id in advised.union(replaced)})
    new_advices = {order_id for order_id, _, queued in messages if queued.kind == ADVICE}
    tell_advices(connection, new_advices.union(replaced))


@dataclass(frozen=True, slots=True)
class Waiting:
    """What an order's row says of its messages."""

    sending: Sending
    held_until: str | None
    not_delivered: int


Row: TypeAlias = tuple[str, str, str, str]
"""Of a message: kind, state, hold window, the positions that it answers (JSON)."""


def waiting(rows: Sequence[Row], *, drafted: bool, awaiting_word: bool, reported: bool) -> Waiting:
    """From an order's messages that were not superseded, in sequence.

    An answer that was not delivered counts no more when later ones took its place on all of its lines. `sent` is said
    until the platform's word comes.
    """
    states = {
        state
        for at, (kind, state, _, positions) in enumerate(rows)
        if state not in _NOT_DELIVERED
        or kind != RESPONSE
        or not _covered(positions, [later for other, _, _, later in rows[at + 1 :] if other == RESPONSE])
    }
    held = min((not_before for _, state, not_before, _ in rows if state == "queued"), default=None)
    troubled = int(not states.isdisjoint(_NOT_DELIVERED))
    for sending in (Sending.FAILED, Sending.UNCERTAIN, Sending.SENDING, Sending.QUEUED):
        if sending in states:
            return Waiting(sending, held, troubled)
    if drafted:
        return Waiting(Sending.DRAFT, None, 0)
    spoken = reported and not awaiting_word
    if rows and not (rows[-1][0] == RESPONSE and spoken):
        return Waiting(Sending.SENT, None, 0)
    return Waiting(Sending.NOTHING, None, 0)


def messages_of(connection: sqlite3.Connection, order_ids: Iterable[int]) -> dict[int, list[Row]]:
    """What each order sent or will send, in sequence, as `waiting` takes it. A file that is up says nothing by itself."""
    rows = connection.execute(
        """SELECT order_id, kind, state, not_before, positions FROM outbox
        WHERE order_id IN (SELECT value FROM json_each(?)) AND state != 'superseded'
            AND NOT (kind = 'attachment' AND state = 'sent') ORDER BY order_id, sequence""",
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
    afresh: bool = False,
) -> None:
    """Change a message's state inside a write transaction.

    `attempts` are added; a receipt stays once it is there, and a doubt too. What was overtaken by the buyer, and may have
    arrived or is a despatch advice, doesn't go back to the queue but waits; `afresh`: a person has looked, and it goes.
    """
    waits = """:state = 'queued' AND NOT :afresh AND overtaken IS NOT NULL
                AND (doubtful OR :doubtful OR kind = 'despatch_advice')"""
    connection.execute(
        f"""UPDATE outbox SET attempts = attempts + :attempts, next_attempt = :next_attempt,
            state = iif({waits}, {WAITS_FOR_A_PERSON.format(doubtful="doubtful OR :doubtful")}, :state),
            last_error = iif({waits}, overtaken, :error),
            overtaken = iif(:afresh, NULL, overtaken),
            receipt = coalesce(:receipt, receipt), doubtful = doubtful OR :doubtful
        WHERE id = :id""",  # noqa: S608
        {
            "id": outbox_id,
            "state": state,
            "attempts": attempts,
            "next_attempt": stamp(next_attempt) if next_attempt is not None else None,
            "error": error,
            "receipt": receipt,
            "doubtful": doubtful,
            "afresh": afresh,
        },
    )


def doubt(connection: sqlite3.Connection, outbox_id: str) -> None:
    connection.execute("UPDATE outbox SET doubtful = 1 WHERE id = ?", (outbox_id,))


def going_up(connection: sqlite3.Connection, order_id: int) -> set[str]:
    """The files (sha256) of the order that wait to go up, are going, or did not arrive."""
    rows = connection.execute(
        """SELECT attachment FROM outbox WHERE order_id = ? AND kind = 'attachment'
            AND state IN ('queued', 'sending', 'failed', 'uncertain')""",
        (order_id,),
    )
    return {row[0] for row in rows}


def states(connection: sqlite3.Connection, order_id: int) -> dict[str, str]:
    """Of all messages of the order, by id."""
    return dict(connection.execute("SELECT id, state FROM outbox WHERE order_id = ?", (order_id,)).fetchall())


def keep_waiting(connection: sqlite3.Connection, order_id: int, why: str | None) -> None:
    """Show with the answer of the order that waits for files what became of them; None: they are on their way.

    And with the advices that wait for that answer.
    """
    connection.execute(
        """UPDATE outbox SET last_error = ?
        WHERE order_id = ? AND kind = 'order_response' AND state = 'queued' AND waits_for != '[]'""",
        (why, order_id),
    )
    tell_advices(connection, (order_id,))


def put_off(
    connection: sqlite3.Connection, outbox_ids: Sequence[str], error: str, next_attempt: datetime | None
) -> None:
    """Show why messages still wait; with `next_attempt`, until when."""
    connection.execute(
        """UPDATE outbox SET last_error = ?, next_attempt = coalesce(?, next_attempt)
        WHERE id IN (SELECT value FROM json_each(?)) AND state = 'queued'""",
        (error, stamp(next_attempt) if next_attempt is not None else None, json.dumps(list(outbox_ids))),
    )
