"""Documents as they came, kept for ever: each arrival is recorded, equal bytes are stored once."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime

from core.store._sqlite import sqlite3
from core.store.opening import Store
from core.store.rows import DocumentRow, QuarantinedDocument
from core.store.times import stamp


def arrive(
    connection: sqlite3.Connection, name: str, locator: str, fingerprint: str, now: datetime
) -> tuple[int, bool]:
    """Record that something was seen at a channel, inside a write transaction: the arrival's id, and whether it is news.

    The same bytes at the same place are no news, unless other bytes were there in between or the channel had moved
    them out of the way.
    """
    last = connection.execute(
        """SELECT id, fingerprint, gone_at FROM arrivals WHERE connection = ? AND locator = ? ORDER BY id DESC LIMIT 1""",
        (name, locator),
    ).fetchone()
    if last is not None and last[1] == fingerprint and last[2] is None:
        return last[0], False
    arrival: int = connection.execute(
        """INSERT INTO arrivals (connection, locator, fingerprint, occurrence, seen_at)
        SELECT ?1, ?2, ?3, coalesce(max(occurrence), 0) + 1, ?4 FROM arrivals
        WHERE connection = ?1 AND locator = ?2 AND fingerprint = ?3 RETURNING id""",
        (name, locator, fingerprint, stamp(now)),
    ).fetchone()[0]
    return arrival, True


def add(
    connection: sqlite3.Connection,
    arrival: int,
    connection_name: str,
    name: str,
    sender: str,
    payload: bytes,
    now: datetime,
    *,
    problem: str = "",
    remedy: str = "",
    charset: str = "",
) -> int:
    """Keep a document inside a write transaction; its id. One with a `problem` goes to quarantine at once."""
    sha256 = hashlib.sha256(payload).hexdigest()
    connection.execute("INSERT OR IGNORE INTO payloads (sha256, bytes) VALUES (?, ?)", (sha256, payload))
    cursor = connection.execute(
        """INSERT INTO documents (arrival, connection, name, sender, sha256, size, fetched_at, state, reason, remedy,
            charset) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        (
            arrival,
            connection_name,
            name,
            sender,
            sha256,
            len(payload),
            stamp(now),
            "quarantined" if problem else "fetched",
            problem,
            remedy,
            charset,
        ),
    )
    return int(cursor.lastrowid or 0)


def of_arrival(connection: sqlite3.Connection, arrival: int) -> tuple[int, ...]:
    """Ids of the documents that an arrival held, in its order."""
    rows = connection.execute("SELECT id FROM documents WHERE arrival = ? ORDER BY id", (arrival,))
    return tuple(row[0] for row in rows)


def set_states(connection: sqlite3.Connection, states: Sequence[tuple[str, str, str, str, int]]) -> None:
    """State, reason, place, remedy and id of documents, inside a write transaction."""
    connection.executemany("UPDATE documents SET state = ?, reason = ?, place = ?, remedy = ? WHERE id = ?", states)


def set_gone(connection: sqlite3.Connection, arrival: int, now: datetime) -> None:
    connection.execute("UPDATE arrivals SET gone_at = ? WHERE id = ?", (stamp(now), arrival))


_DOCUMENT = """SELECT d.id, d.connection, d.name, a.locator, d.sender, d.sha256, d.state, d.reason, d.place, d.remedy,
    d.fetched_at, p.bytes, d.charset
    FROM documents d JOIN arrivals a ON a.id = d.arrival JOIN payloads p ON p.sha256 = d.sha256"""


def document(store: Store, document_id: int) -> DocumentRow | None:
    row = store.connection.execute(f"{_DOCUMENT} WHERE d.id = ?", (document_id,)).fetchone()
    return DocumentRow(*row) if row else None


def state(store: Store, document_id: int) -> str | None:
    """fetched, applied, duplicate or quarantined; None when there is no such document."""
    row = store.connection.execute("SELECT state FROM documents WHERE id = ?", (document_id,)).fetchone()
    return row[0] if row else None


def fetched(store: Store, connection: str | None = None) -> list[int]:
    """Ids of documents (of one connection, or of all) that are kept but were neither applied nor quarantined yet."""
    rows = store.connection.execute(
        "SELECT id FROM documents WHERE state = 'fetched' AND connection = coalesce(?, connection) ORDER BY id",
        (connection,),
    )
    return [row[0] for row in rows]


def arrival_counts(store: Store) -> dict[str, int]:
    """How many arrivals each connection had, ever."""
    return dict(store.connection.execute("SELECT connection, count(*) FROM arrivals GROUP BY connection").fetchall())


def quarantine(store: Store) -> list[QuarantinedDocument]:
    """Documents that could not be taken in, the oldest first."""
    rows = store.connection.execute(
        """SELECT d.id, d.connection, d.name, a.locator, d.sender, d.reason, d.place, d.remedy, d.fetched_at, d.size
        FROM documents d JOIN arrivals a ON a.id = d.arrival WHERE d.state = 'quarantined' ORDER BY d.id"""
    )
    return [QuarantinedDocument(*row) for row in rows]


def quarantined_for(store: Store, connection: str, reasons: Sequence[str]) -> list[int]:
    """Ids of the documents of a connection that are in quarantine for one of these very reasons, the oldest first."""
    rows = store.connection.execute(
        """SELECT id FROM documents WHERE state = 'quarantined' AND connection = ?
            AND reason IN (SELECT value FROM json_each(?)) ORDER BY id""",
        (connection, json.dumps(list(reasons))),
    )
    return [row[0] for row in rows]


def quarantine_count(store: Store) -> int:
    count: int = store.connection.execute("SELECT count(*) FROM documents WHERE state = 'quarantined'").fetchone()[0]
    return count
