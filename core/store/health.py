"""How each connection fares, and the platforms' own poll marks."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from core.store.opening import Store
from core.store.rows import HealthRow
from core.store.times import stamp


def succeeded(store: Store, connection: str, direction: str, at: datetime, warning: str | None = None) -> None:
    """A round with `connection` in this direction went well: its error is over, and it is parked no longer.

    `warning`: what did no harm, but a person should look after.
    """
    with store.writing() as db:
        db.execute(
            """INSERT INTO health (connection, direction, last_success, warning) VALUES (?, ?, ?, ?)
            ON CONFLICT (connection, direction) DO UPDATE
            SET last_success = excluded.last_success, last_error = NULL, error_at = NULL, parked = 0,
                warning = excluded.warning""",
            (connection, direction, stamp(at), warning),
        )


def failed(store: Store, connection: str, direction: str, at: datetime, error: str, *, parked: bool = False) -> None:
    """A round failed; `parked` until a person acts (wrong credentials, changed host key)."""
    with store.writing() as db:
        db.execute(
            """INSERT INTO health (connection, direction, last_error, error_at, parked) VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (connection, direction) DO UPDATE
            SET last_error = excluded.last_error, error_at = excluded.error_at, parked = excluded.parked""",
            (connection, direction, error, stamp(at), parked),
        )


def warned(store: Store, connection: str, direction: str, warning: str | None) -> None:
    """What a person should look after, or no more, whether or not anything goes through. No success is noted by it."""
    with store.writing() as db:
        if warning is None:
            db.execute(
                "UPDATE health SET warning = NULL WHERE connection = ? AND direction = ? AND warning IS NOT NULL",
                (connection, direction),
            )
            return
        db.execute(
            """INSERT INTO health (connection, direction, warning) VALUES (?, ?, ?)
            ON CONFLICT (connection, direction) DO UPDATE SET warning = excluded.warning""",
            (connection, direction, warning),
        )


def lift(store: Store, connection: str, direction: str) -> None:
    """A person looked after the connection: the daemon may try it again. What it said last stays until it succeeds."""
    with store.writing() as db:
        db.execute(
            "UPDATE health SET parked = 0 WHERE connection = ? AND direction = ? AND parked", (connection, direction)
        )


def over(store: Store, connection: str, direction: str) -> None:
    """Nothing waits any more for what failed. No success is noted, and what is parked stays so: nothing went through."""
    with store.writing() as db:
        db.execute(
            """UPDATE health SET last_error = NULL, error_at = NULL
            WHERE connection = ? AND direction = ? AND last_error IS NOT NULL AND NOT parked""",
            (connection, direction),
        )


def health(store: Store, ways: Collection[tuple[str, str]] | None = None) -> list[HealthRow]:
    """One row a connection and direction that was ever tried; of those among `ways`, where these are given."""
    rows = store.connection.execute(
        """SELECT connection, direction, last_success, last_error, error_at, parked, warning FROM health
        ORDER BY connection, direction"""
    )
    return [
        HealthRow(connection, direction, success, error, error_at, bool(parked), warning)
        for connection, direction, success, error, error_at, parked, warning in rows
        if ways is None or (connection, direction) in ways
    ]


def cursor(store: Store, connection: str) -> str | None:
    """The platform's own mark up to which orders were polled."""
    row = store.connection.execute("SELECT mark FROM cursors WHERE connection = ?", (connection,)).fetchone()
    return row[0] if row else None


def set_cursor(store: Store, connection: str, mark: str) -> None:
    with store.writing() as db:
        db.execute(
            """INSERT INTO cursors (connection, mark) VALUES (?, ?)
            ON CONFLICT (connection) DO UPDATE SET mark = excluded.mark""",
            (connection, mark),
        )
