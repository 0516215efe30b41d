"""Whether the store's file is in good hands: which SQLite works on it, and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass

from core.store._sqlite import sqlite3
from core.store.opening import Store, sentence_for


@dataclass(frozen=True, slots=True)
class Sqlite:
    version: str
    sound: bool
    """Free of the bug by which a write-ahead log that is reset at the wrong moment corrupts the file."""


def sqlite() -> Sqlite:
    """The SQLite in use. The WAL-reset bug is in 3.7.0 to 3.51.2; 3.44.6 and 3.50.7 are mended too (sqlite.org)."""
    version = sqlite3.sqlite_version_info
    mended = version >= (3, 51, 3) or (3, 44, 6) <= version < (3, 45) or (3, 50, 7) <= version < (3, 51)
    return Sqlite(sqlite3.sqlite_version, mended)


def quick_check(store: Store) -> list[str]:
    """What SQLite finds wrong with the file; empty when it is whole."""
    try:
        found = [str(row[0]) for row in store.connection.execute("PRAGMA quick_check")]
    except sqlite3.DatabaseError as error:
        raise sentence_for(error, store.path) from error
    return [] if found == ["ok"] else found
