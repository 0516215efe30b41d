"""The store's file: how it is made, opened, written to and refused."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from core.store._sqlite import sqlite3

APPLICATION_ID = 0x706F6465
"""`pode`: stands in the file's header, so that another program's database is told apart."""
SCHEMA = 14
"""Number of migrations that this program knows; the file keeps how many it has had in `PRAGMA user_version`."""
_OF_THE_FILE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
    }
)
"""SQLite's codes for what is the matter with a file, not with a statement."""
BUSY_SECONDS = 10.0
"""How long a save waits for another process's before it gives up. Ours take 10 ms; a backup tool may take longer."""


class StoreError(Exception):
    """The store can't be used. The sentence names the file and says what to do."""


class NoStore(StoreError):
    """There is no store yet where a reader expected one."""


class StoreNewer(StoreError):
    """A newer podesk wrote the store."""


class StoreBusy(StoreError):
    """Another process holds the store; nothing was changed."""


class StoreFull(StoreError):
    """The disk is full; nothing was changed."""


class StoreDamaged(StoreError):
    """Something in the store can't be read any more. The sentence repeats nothing of it."""


def damaged(what: str) -> StoreDamaged:
    """`what`: the part of the store that is, as an operator knows it."""
    return StoreDamaged(f"{what} is damaged; `podesk verify` says more; restore the store from a backup")


class _Cursor(sqlite3.Cursor):
    """Gives what SQLite has against reading a row as a StoreError, wherever the row is read."""

    def execute(self, *statement: Any) -> _Cursor:
        try:
            super().execute(*statement)
        except sqlite3.DatabaseError as error:
            raise _known(error, self.connection) from error
        return self

    def fetchone(self) -> Any:
        try:
            return super().fetchone()
        except sqlite3.DatabaseError as error:
            raise _known(error, self.connection) from error

    def fetchall(self) -> list[Any]:
        try:
            return super().fetchall()
        except sqlite3.DatabaseError as error:
            raise _known(error, self.connection) from error

    def __iter__(self) -> Any:
        try:
            yield from iter(super().fetchone, None)
        except sqlite3.DatabaseError as error:
            raise _known(error, self.connection) from error


class _Connection(sqlite3.Connection):
    path: Path

    if not TYPE_CHECKING:

        def cursor(self, factory: type[sqlite3.Cursor] = _Cursor) -> sqlite3.Cursor:
            return super().cursor(factory)


class Store:
    """One SQLite file. Every thread gets a connection of its own; `close` closes them all."""

    def __init__(self, path: Path, *, read_only: bool, busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self.read_only = read_only
        self._busy_seconds = busy_seconds
        self._local = threading.local()
        self._all: list[sqlite3.Connection] = []
        self._lock = threading.Lock()

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, in autocommit: transactions are opened by `writing` and `reading`."""
        mine: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if mine is None:
            mine = self._local.connection = self._connect()
            with self._lock:
                self._all.append(mine)
        return mine

    def _connect(self) -> sqlite3.Connection:
        mode = "ro" if self.read_only else "rw"
        try:
            connection = sqlite3.connect(
                f"file:{quote(str(self.path))}?mode={mode}",
                uri=True,
                timeout=self._busy_seconds,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=256,
                factory=_Connection,
            )
            connection.path = self.path
            connection.execute("PRAGMA foreign_keys = ON")
            # Without it INSERT OR REPLACE would slip past the triggers that keep the log.
            connection.execute("PRAGMA recursive_triggers = ON")
            if not self.read_only:
                # Write-ahead, so that readers never wait for a writer; FULL, since under NORMAL a power cut can lose a
                # committed document whose remote file is archived already.
                _into_write_ahead_mode(connection)
                connection.execute("PRAGMA synchronous = FULL")
                # 16 MB: a bulk writes the same index pages again and again, and most of them need to go home only once.
                connection.execute("PRAGMA wal_autocheckpoint = 4000")
        except sqlite3.DatabaseError as error:
            raise sentence_for(error, self.path) from error
        return connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction: all of it or nothing. Raises StoreBusy, StoreFull.

        IMMEDIATE, since a transaction that reads first and writes later fails at once when another wrote in between,
        whatever the busy timeout says.
        """
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            raise sentence_for(error, self.path) from error
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            if isinstance(error, sqlite3.OperationalError) or (
                isinstance(error, sqlite3.DatabaseError) and _code(error) in _OF_THE_FILE
            ):
                raise sentence_for(error, self.path) from error
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Several reads that see the same state of the store."""
        connection = self.connection
        if connection.in_transaction:
            yield connection
            return
        connection.execute("BEGIN")
        try:
            yield connection
        finally:
            if connection.in_transaction:  # SQLite ends one by itself when the file fails it
                connection.execute("COMMIT")

    def close(self) -> None:
        with self._lock:
            for connection in self._all:
                connection.close()
            self._all.clear()
        self._local = threading.local()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_store(path: Path, *, read_only: bool = False, busy_seconds: float = BUSY_SECONDS) -> Store:
    """The store in the file at `path`, made if it is not there (unless `read_only`), brought up to this program's schema.

    Raises NoStore, StoreNewer, StoreBusy, StoreError.
    """
    if not path.exists():
        if read_only:
            raise NoStore(f"{path}: no store yet; `podesk import` and `podesk sync` make one")
        _create(path)
    store = Store(path, read_only=read_only, busy_seconds=busy_seconds)
    try:
        _bring_up(store)
    except sqlite3.DatabaseError as error:
        store.close()
        raise sentence_for(error, path) from error
    except BaseException:
        store.close()
        raise
    return store


def _into_write_ahead_mode(connection: sqlite3.Connection) -> None:
    """The busy timeout doesn't cover a change of journal mode: two processes that make the store at once collide."""
    for attempt in range(50):
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except (sqlite3.OperationalError, StoreBusy):
            time.sleep(0.002 * (attempt + 1))
        else:
            return
    connection.execute("PRAGMA journal_mode = WAL")


def _create(path: Path) -> None:
    """An empty file that only its owner can read, whatever the umask; SQLite gives `-wal` and `-shm` the same mode."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; choose another place with `store = …` in podesk.toml") from None


def _bring_up(store: Store) -> None:
    version = _version(store)
    if version == SCHEMA:
        return
    if store.read_only:
        raise StoreError(f"{store.path}: written by an older podesk; run `podesk status` once to bring it up to date")
    from core.store.schema import bring_up  # sqlite-utils is only needed when there is something to migrate

    bring_up(store)


def _version(store: Store) -> int:
    """The schema's number in the file; 0 when it is empty. Raises StoreNewer, and StoreError for a stranger's file."""
    connection = store.connection
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    application: int = connection.execute("PRAGMA application_id").fetchone()[0]
    if application == APPLICATION_ID:
        if version > SCHEMA:
            raise StoreNewer(
                f"{store.path} was written by a newer podesk (schema {version}, this one knows {SCHEMA}); upgrade podesk"
            )
        return version
    if application or version or connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise StoreError(f"{store.path} is a database of another program; choose another file for the store")
    return 0


def sentence_for(error: sqlite3.Error, path: Path) -> StoreError:
    """What an operator should read when SQLite itself gives up."""
    code = _code(error)
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"{path} is held by another process; nothing was changed, try again")
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(f"{path}: the disk is full; nothing was changed, make room and try again")
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return StoreDamaged(f"{path} is damaged or no SQLite file ({error}); restore it from a backup")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return StoreError(f"{path} can't be opened or written ({error}); look at its owner and mode")
    return StoreError(f"{path}: {error}")


def _known(error: sqlite3.DatabaseError, connection: sqlite3.Connection) -> Exception:
    """A StoreError for what is the matter with the file or a row of it; other faults (a wrong statement) as they are."""
    path = connection.path if isinstance(connection, _Connection) else Path()
    if str(error).startswith("Could not decode to UTF-8"):  # has no code of its own, and goes on with what stands there
        return damaged(f"a row in {path}")
    return sentence_for(error, path) if _code(error) in _OF_THE_FILE else error


def _code(error: sqlite3.Error) -> int:
    """The low byte is the kind; the rest only refines it."""
    code: int = getattr(error, "sqlite_errorcode", 0)
    return code & 0xFF
