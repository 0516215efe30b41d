"""Documents that buyers attached at their platform, fetched to be kept: which are wanted, and what became of the others.

An order only refers to such a document, by the name that the platform has for it (`Document.object_id`). A reference makes
it wanted in the transaction that brings it to the order, once for each connection, whatever orders refer to it; its bytes
stand in `payloads`.

What an order refers to by an address alone (`Document.url`) is never fetched: a stranger wrote it, and whoever asks for it
from our network says that we are there, and may ask for what only our network can reach. It is shown as text.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Final

from core.model import Document, Order
from core.store._sqlite import sqlite3
from core.store.opening import Store
from core.store.times import stamp

_LONGEST: Final = 200
"""Characters of what a platform calls an object."""


def has_a_name(document: Document) -> bool:
    """Whether a platform could be asked for it; what strangers write there may be anything."""
    name = document.object_id
    return name is not None and 0 < len(name) <= _LONGEST and name.isprintable() and bool(name.strip(". "))


def referred(order: Order, before: Order | None) -> list[str]:
    """What `order` refers to that can be fetched and `before` did not refer to."""
    named = dict.fromkeys(_names(order))
    if named and before is not None:
        for name in _names(before):
            named.pop(name, None)
    return list(named)


def _names(order: Order) -> Iterator[str]:
    for document in order.header.documents:
        if document.object_id is not None and has_a_name(document):
            yield document.object_id
    for line in order.lines:
        for document in line.content.documents:
            if document.object_id is not None and has_a_name(document):
                yield document.object_id


def want(connection: sqlite3.Connection, documents: Sequence[tuple[str, str, int, str]]) -> None:
    """Inside a write transaction: connection, object id, order and since when. What is known already stays as it is."""
    connection.executemany(
        "INSERT OR IGNORE INTO downloads (connection, object_id, order_id, wanted_at) VALUES (?, ?, ?, ?)", documents
    )


@dataclass(frozen=True, slots=True)
class Wanted:
    object_id: str
    order_id: int
    number: str
    """The order's."""
    attempts: int


def due(store: Store, name: str, now: datetime, *, most: int, whatever_the_schedule: bool = False) -> list[Wanted]:
    """What is to be fetched by the connection called `name`, what waited longest first."""
    rows = store.connection.execute(
        """SELECT d.object_id, d.order_id, o.number, d.attempts FROM downloads d JOIN orders o ON o.id = d.order_id
        WHERE d.connection = ? AND d.state = 'wanted' AND (? OR d.next_attempt IS NULL OR d.next_attempt <= ?)
        ORDER BY d.wanted_at, d.object_id LIMIT ?""",
        (name, whatever_the_schedule, stamp(now), most),
    )
    return [Wanted(*row) for row in rows]


def keep(store: Store, name: str, object_id: str, file_name: str, payload: bytes, now: datetime) -> None:
    """The document is here. Raises StoreBusy, StoreFull."""
    digest = sha256(payload).hexdigest()
    with store.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO payloads (sha256, bytes) VALUES (?, ?)", (digest, payload))
        connection.execute(
            """UPDATE downloads SET state = 'kept', sha256 = ?, name = ?, kept_at = ?, next_attempt = NULL,
                last_error = NULL, attempts = attempts + 1
            WHERE connection = ? AND object_id = ?""",
            (digest, file_name, stamp(now), name, object_id),
        )


def postpone(store: Store, name: str, object_id: str, error: str, next_attempt: datetime | None) -> None:
    """An attempt failed; the next is not before `next_attempt`, and with None there is none: it failed for good."""
    with store.writing() as connection:
        connection.execute(
            """UPDATE downloads SET state = iif(?1 IS NULL, 'failed', 'wanted'), next_attempt = ?1, last_error = ?2,
                attempts = attempts + 1
            WHERE connection = ?3 AND object_id = ?4 AND state = 'wanted'""",
            (None if next_attempt is None else stamp(next_attempt), error, name, object_id),
        )


def put_off(store: Store, name: str, error: str, until: datetime | None, now: datetime) -> None:
    """The platform can't be had: nothing is tried before `until`, and no attempt is spent on that."""
    with store.writing() as connection:
        connection.execute(
            """UPDATE downloads SET last_error = ?, next_attempt = ?
            WHERE connection = ? AND state = 'wanted' AND (next_attempt IS NULL OR next_attempt <= ?)""",
            (error, None if until is None else stamp(until), name, stamp(now)),
        )


def want_again(store: Store, name: str, object_ids: Collection[str]) -> int:
    """Those of them that failed are wanted once more, from the first attempt on; how many."""
    with store.writing() as connection:
        changed = connection.execute(
            """UPDATE downloads SET state = 'wanted', attempts = 0, next_attempt = NULL
            WHERE connection = ? AND state = 'failed' AND object_id IN (SELECT value FROM json_each(?))""",
            (name, json.dumps(list(object_ids))),
        )
        return changed.rowcount


@dataclass(frozen=True, slots=True)
class Download:
    state: str
    """wanted, kept or failed."""
    name: str
    """The file's at the platform, once it is kept. A stranger's words, never a path."""
    sha256: str | None
    size: int | None
    last_error: str | None
    next_attempt: str | None


def found(connection: sqlite3.Connection, name: str, object_ids: Collection[str]) -> dict[str, Download]:
    """What is known of these objects at the connection called `name`."""
    rows = connection.execute(
        """SELECT d.object_id, d.state, d.name, d.sha256, length(p.bytes), d.last_error, d.next_attempt
        FROM downloads d LEFT JOIN payloads p ON p.sha256 = d.sha256
        WHERE d.connection = ? AND d.object_id IN (SELECT value FROM json_each(?))""",
        (name, json.dumps(list(object_ids))),
    )
    return {row[0]: Download(*row[1:]) for row in rows}


def payload(connection: sqlite3.Connection, digest: str) -> bytes | None:
    """The bytes with this sha256; None when they are not kept here."""
    row = connection.execute("SELECT bytes FROM payloads WHERE sha256 = ?", (digest,)).fetchone()
    return row[0] if row else None
