"""Whether the store's file is in good hands: which SQLite works on it, and whether it is whole."""

from __future__ import annotations

from core.store._sqlite import sqlite3
from core.store.opening import Store, sentence_for

Version = tuple[int, int, int]


def sqlite_version() -> Version:
    """Of the SQLite in use."""
    major, minor, patch = sqlite3.sqlite_version_info
    return major, minor, patch


def resets_safely(version: Version) -> bool:
    """Whether that SQLite is free of the bug by which a log that is reset at the wrong moment corrupts the file.

    3.7.0 to 3.51.2 carry it (sqlite.org, "WAL-reset bug"); the branches 3.44 and 3.50 were mended in 3.44.6 and 3.50.7.
    """
    return (
        version < (3, 7, 0)
        or version >= (3, 51, 3)
        or (3, 44, 6) <= version < (3, 45, 0)
        or (3, 50, 7) <= version < (3, 51, 0)
    )


def quick_check(store: Store) -> list[str]:
    """What SQLite finds wrong with the file; empty when it is whole. Raises StoreError when it is none."""
    try:
        found = [str(row[0]) for row in store.connection.execute("PRAGMA quick_check")]
    except sqlite3.DatabaseError as error:
        raise sentence_for(error, store.path) from error
    return [] if found == ["ok"] else found
