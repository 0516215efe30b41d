"""Fetched bytes on their way into the store."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from sync.spool import NoRoom, Spool


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


def sum_of(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def test_a_document_lies_whole_under_its_sum(store: Path) -> None:
    spool = Spool(store)
    payload = b"<Order/>" * 1000
    path = spool.put(payload)
    spool.sync()
    assert path.name == sum_of(payload)
    assert path.read_bytes() == payload
    assert [each.name for each in spool.folder.iterdir()] == [path.name]


def test_folder_and_files_are_for_their_owner_alone(store: Path) -> None:
    spool = Spool(store)
    assert spool.folder.stat().st_mode & 0o777 == 0o700
    assert spool.put(b"x").stat().st_mode & 0o777 == 0o600


def test_an_open_folder_is_closed_to_others(store: Path) -> None:
    folder = Spool(store).folder
    folder.chmod(0o755)
    Spool(store)
    assert folder.stat().st_mode & 0o777 == 0o700


def test_equal_bytes_of_two_arrivals_are_one_file(store: Path) -> None:
    spool = Spool(store)
    paths = [spool.put(b"same"), spool.put(b"same")]
    spool.drop(paths)
    assert list(spool.folder.iterdir()) == []


def test_sweeping_clears_halves_and_what_is_stored_and_keeps_what_nobody_has(store: Path) -> None:
    spool = Spool(store)
    spool.put(b"stored")
    spool.put(b"not stored")
    (spool.folder / f"{sum_of(b'half')}.1-2.part").write_bytes(b"ha")
    (spool.folder / "notes.txt").write_text("not ours")
    left = Spool(store).sweep(lambda name: name == sum_of(b"stored"))
    assert [each.name for each in left] == [sum_of(b"not stored")]
    assert sorted(each.name for each in spool.folder.iterdir()) == sorted([sum_of(b"not stored"), "notes.txt"])


def test_a_disk_that_is_nearly_full_says_so_before_anything_is_fetched(store: Path) -> None:
    spool = Spool(store, least_free=1000, free_bytes=lambda _: 1500)
    spool.gate()
    spool.gate(coming=500)
    with pytest.raises(NoRoom, match="nothing is fetched; make room, the orders wait at the partners"):
        spool.gate(coming=501)


def test_the_disk_of_the_store_is_asked(store: Path) -> None:
    with pytest.raises(NoRoom):
        Spool(store, least_free=1 << 62).gate()
