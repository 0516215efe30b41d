"""Whether the store's file is in good hands."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.store import StoreError, open_store
from core.store.upkeep import quick_check, resets_safely, sqlite_version


@pytest.mark.parametrize(
    ("version", "safe"),
    [
        ((3, 6, 23), True),
        ((3, 7, 0), False),
        ((3, 40, 1), False),
        ((3, 44, 5), False),
        ((3, 44, 6), True),
        ((3, 45, 0), False),
        ((3, 50, 6), False),
        ((3, 50, 7), True),
        ((3, 51, 0), False),
        ((3, 51, 2), False),
        ((3, 51, 3), True),
        ((4, 0, 0), True),
    ],
)
def test_the_versions_that_can_corrupt_a_store_are_known(version: tuple[int, int, int], safe: bool) -> None:
    assert resets_safely(version) is safe


def test_the_sqlite_that_podesk_brings_is_safe() -> None:
    assert resets_safely(sqlite_version())


def test_a_whole_store_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    path = tmp_path / "desk.sqlite"
    with open_store(path) as store:
        assert quick_check(store) == []
    pages = path.stat().st_size // 4096
    assert pages > 3
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 4096 * (pages - 2))
    try:
        with open_store(path, read_only=True) as store:
            assert quick_check(store) != []
    except StoreError:
        pass  # too damaged to be opened is told as well
