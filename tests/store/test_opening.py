"""The store's file: made for its owner alone, never mistaken for another, whole whatever happens."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlite_utils.utils

from core.store import NoStore, Store, StoreBusy, StoreError, StoreFull, StoreNewer, open_store
from core.store._sqlite import sqlite3
from core.store.opening import SCHEMA
from core.store.schema import migration
from tests.conftest import ROOT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with open_store(path) as opened:
        yield opened


def pragma(store: Store, name: str) -> object:
    return store.connection.execute(f"PRAGMA {name}").fetchone()[0]


def test_sqlite_is_the_one_that_sqlite_utils_takes_and_is_free_of_the_wal_reset_bug() -> None:
    assert vars(sqlite_utils.utils)["sqlite3"] is sqlite3
    assert sqlite3.sqlite_version_info >= (3, 51, 3)


def test_a_new_store_can_be_read_by_its_owner_only(path: Path) -> None:
    mask = os.umask(0)
    try:
        with open_store(path) as store, store.writing() as connection:
            connection.execute("INSERT INTO cursors VALUES ('a', 'b')")
            modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert modes == {"desk.sqlite": 0o600, "desk.sqlite-wal": 0o600, "desk.sqlite-shm": 0o600}


def test_every_thread_gets_a_connection_that_loses_nothing_in_a_power_cut_and_keeps_references(store: Store) -> None:
    def look() -> tuple[int, object, object, object]:
        return (
            id(store.connection),
            pragma(store, "journal_mode"),
            pragma(store, "synchronous"),
            pragma(store, "foreign_keys"),
        )

    here = look()
    with ThreadPoolExecutor(1) as pool:
        there = pool.submit(look).result()
    assert here[1:] == there[1:] == ("wal", 2, 1)
    assert here[0] != there[0]


def test_the_schema_number_counts_the_migrations(store: Store) -> None:
    assert pragma(store, "user_version") == SCHEMA == len(migration.pending(sqlite_utils.Database(memory=True)))


def test_opening_again_changes_nothing(path: Path) -> None:
    open_store(path).close()
    with open_store(path) as store:
        before = store.connection.execute("SELECT * FROM _sqlite_migrations").fetchall()
    with open_store(path) as store:
        assert store.connection.execute("SELECT * FROM _sqlite_migrations").fetchall() == before


def test_opening_an_up_to_date_store_imports_neither_the_model_nor_sqlite_utils_nor_a_format(path: Path) -> None:
    open_store(path).close()
    program = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from core.store import open_store, queries
with open_store(Path(sys.argv[1])) as store:
    queries.list_orders(store, now=datetime.now(UTC), limit=50)
    queries.counts(store)
print(*(name for name in ("pydantic", "sqlite_utils", "lxml", "httpx", "core.model", "core.formats") if name in sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""


def test_processes_that_make_the_store_at_the_same_moment_agree(path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from core.store import open_store; open_store(Path(sys.argv[1])).close()"
    )
    makers = [
        subprocess.Popen([sys.executable, "-c", program, str(path)], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)
    ]
    errors = [maker.communicate()[1].decode() for maker in makers]
    assert [maker.returncode for maker in makers] == [0, 0, 0, 0], errors
    with open_store(path) as store:
        assert store.connection.execute("SELECT count(*) FROM _sqlite_migrations").fetchone()[0] == SCHEMA


def test_a_store_of_a_newer_podesk_is_left_alone(path: Path) -> None:
    with open_store(path) as store:
        store.connection.execute(f"PRAGMA user_version = {SCHEMA + 1}")
    with pytest.raises(StoreNewer, match="newer podesk"):
        open_store(path)


def test_the_database_of_another_program_is_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE songs (name)")
    other.close()
    with pytest.raises(StoreError, match="another program"):
        open_store(path)


def test_a_file_that_is_no_database_is_named_as_such(path: Path) -> None:
    path.write_bytes(b"once upon a time " * 1000)
    with pytest.raises(StoreError, match="damaged or no SQLite file"):
        open_store(path)


def test_a_reader_makes_no_store(path: Path) -> None:
    with pytest.raises(NoStore, match="no store yet"):
        open_store(path, read_only=True)
    assert not path.exists()


def test_a_reader_sees_what_a_writer_commits_and_can_change_nothing(path: Path, store: Store) -> None:
    with open_store(path, read_only=True) as reader:
        with store.writing() as connection:
            connection.execute("INSERT INTO cursors VALUES ('metal-works', 'mark')")
        assert reader.connection.execute("SELECT mark FROM cursors").fetchall() == [("mark",)]
        with pytest.raises(StoreError, match="can't be opened or written"), reader.writing() as connection:
            connection.execute("DELETE FROM cursors")


def test_a_folder_that_is_missing_is_made(tmp_path: Path) -> None:
    path = tmp_path / "a b" / "c?d" / "desk%41.sqlite"
    open_store(path).close()
    assert path.is_file()


def test_a_store_that_another_process_holds_gives_up_with_a_sentence(path: Path, store: Store) -> None:
    with open_store(path, busy_seconds=0.05) as impatient:
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with store.writing():
                held.set()
                release.wait(30)

        with ThreadPoolExecutor(1) as pool:
            holding = pool.submit(hold)
            assert held.wait(30)
            try:
                with pytest.raises(StoreBusy, match="held by another process"), impatient.writing():
                    pass
            finally:
                release.set()
            holding.result()
        with impatient.writing() as connection:
            connection.execute("INSERT INTO cursors VALUES ('a', 'b')")


def test_a_full_disk_undoes_the_whole_transaction(store: Store) -> None:
    pages = pragma(store, "page_count")
    store.connection.execute(f"PRAGMA max_page_count = {pages}")

    def two_rows_of_which_one_fits() -> None:
        with store.writing() as connection:
            connection.execute("INSERT INTO cursors VALUES ('small', 'fits')")
            connection.execute("INSERT INTO payloads VALUES ('x', zeroblob(1000000))")

    with pytest.raises(StoreFull, match="disk is full"):
        two_rows_of_which_one_fits()
    assert store.connection.execute("SELECT count(*) FROM cursors").fetchone() == (0,)
    store.connection.execute("PRAGMA max_page_count = 1000000")
    with store.writing() as connection:
        connection.execute("INSERT INTO payloads VALUES ('x', zeroblob(1000000))")


def test_whatever_is_raised_inside_a_transaction_undoes_it(store: Store) -> None:

    def stumble() -> None:
        with store.writing() as connection:
            connection.execute("INSERT INTO cursors VALUES ('a', 'b')")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        stumble()
    assert not store.connection.in_transaction
    assert store.connection.execute("SELECT count(*) FROM cursors").fetchone() == (0,)
