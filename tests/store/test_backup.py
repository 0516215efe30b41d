"""A backup is a whole store of its own, or nothing."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from core.store import StoreError, open_store, queries
from core.store.backup import backup
from core.verify import verify
from tests.orders import Desk


def test_a_backup_holds_what_the_store_held_and_only_its_owner_can_read_it(desk: Desk, tmp_path: Path) -> None:
    order_id = desk.has()
    desk.agrees(order_id)
    target = tmp_path / "copy of 'desk'.sqlite"
    backup(desk.store, target)
    desk.has("after")
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with open_store(target) as copy:
        assert [row.number for row in queries.list_orders(copy, now=desk.now)] == ["PO-1"]
        assert verify(copy) == []


def test_a_backup_never_takes_the_place_of_a_file(desk: Desk, tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.write_text("keep me")
    with pytest.raises(StoreError, match="exists already"):
        backup(desk.store, target)
    assert target.read_text() == "keep me"


def test_a_backup_that_fails_leaves_nothing_behind(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="No such file"):
        backup(desk.store, tmp_path / "missing" / "copy.sqlite")
    before = sorted(tmp_path.iterdir())
    (tmp_path / ".copy.sqlite.partial").write_text("another backup is under way")
    with pytest.raises(StoreError):
        backup(desk.store, tmp_path / "copy.sqlite")
    assert sorted(tmp_path.iterdir()) == sorted([*before, tmp_path / ".copy.sqlite.partial"])
