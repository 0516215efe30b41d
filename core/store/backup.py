"""A copy of the whole store, taken while it is in use, and looked at before it is called one."""

from __future__ import annotations

import os
from pathlib import Path

from core.store._sqlite import sqlite3
from core.store.opening import Store, StoreError, sentence_for


def backup(store: Store, target: Path) -> None:
    """Write a copy of the store to `target`, which must not exist. Raises StoreError and leaves nothing behind then."""
    if target.exists():
        raise StoreError(f"{target} exists already; choose another name for the backup")
    partial = target.with_name(f".{target.name}.partial")
    try:
        # VACUUM INTO takes an empty file that is there: made by us, only its owner can read it.
        os.close(os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    except OSError as error:
        raise StoreError(f"{partial}: {error.strerror}") from None
    try:
        store.connection.execute("VACUUM INTO ?", (str(partial),))
        copy = sqlite3.connect(partial)
        try:
            found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        finally:
            copy.close()
        if found != ["ok"]:
            raise StoreError(f"the backup is damaged ({found[0]}); look at the disk, then try again")
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        os.link(partial, target)
    except sqlite3.Error as error:
        raise sentence_for(error, store.path) from error
    except OSError as error:
        raise StoreError(f"{target}: {error.strerror}") from None
    finally:
        partial.unlink(missing_ok=True)
