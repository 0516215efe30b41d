"""Files of ours: their bytes, kept once, and what each connection's platform calls those that it has."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from core.store._sqlite import sqlite3
from core.store.opening import Store
from core.store.times import stamp


def keep(store: Store, files: Iterable[bytes]) -> None:
    """Keep the bytes of files for an answer that will attach them. Raises StoreBusy, StoreFull."""
    rows = [(hashlib.sha256(payload).hexdigest(), payload) for payload in files]
    if rows:
        with store.writing() as connection:
            connection.executemany("INSERT OR IGNORE INTO payloads (sha256, bytes) VALUES (?, ?)", rows)


def remember(connection: sqlite3.Connection, name: str, sha256: str, object_id: str, now: datetime) -> None:
    """Inside a write transaction: the platform of the connection called `name` has the file, and what it calls it."""
    connection.execute(
        """INSERT INTO uploads (connection, sha256, object_id, uploaded_at) VALUES (?, ?, ?, ?)
        ON CONFLICT DO UPDATE SET object_id = excluded.object_id, uploaded_at = excluded.uploaded_at""",
        (name, sha256, object_id, stamp(now)),
    )


def known(connection: sqlite3.Connection, name: str, files: Iterable[str]) -> dict[str, str]:
    """Of `files` (sha256) those that the platform of the connection called `name` has: what it calls each."""
    rows = connection.execute(
        "SELECT sha256, object_id FROM uploads WHERE connection = ? AND sha256 IN (SELECT value FROM json_each(?))",
        (name, json.dumps(list(files))),
    )
    return dict(rows.fetchall())


def sizes(connection: sqlite3.Connection, files: Iterable[str]) -> dict[str, int]:
    """How many bytes each of `files` (sha256) has; one that is not kept here is left out."""
    rows = connection.execute(
        "SELECT sha256, length(bytes) FROM payloads WHERE sha256 IN (SELECT value FROM json_each(?))",
        (json.dumps(list(files)),),
    )
    return dict(rows.fetchall())
