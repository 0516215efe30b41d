"""One daemon per store."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.lock import AlreadyRunning, StoreLock, daemon_pid, lock_path

_HOLDER = """
import sys
from pathlib import Path
from sync.lock import StoreLock
lock = StoreLock(Path(sys.argv[1]))
lock.acquire()
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def store(tmp_path: Path) -> Path:
    return tmp_path / "desk.sqlite"


def hold(store: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_second_daemon_is_told_who_the_first_is(store: Path) -> None:
    with hold(store) as holder:
        with pytest.raises(AlreadyRunning, match=f"process {holder.pid} already runs") as told:
            StoreLock(store).acquire()
        assert told.value.pid == holder.pid
        assert daemon_pid(store) == holder.pid
        holder.kill()


def test_the_lock_of_a_killed_daemon_is_free(store: Path) -> None:
    with hold(store) as holder:
        holder.kill()
    with StoreLock(store):
        assert daemon_pid(store) == os.getpid()


def test_nobody_runs_before_and_after(store: Path) -> None:
    assert daemon_pid(store) is None
    with StoreLock(store):
        pass
    assert daemon_pid(store) is None
    assert lock_path(store).read_text() == ""


def test_another_way_to_the_same_store_leads_to_the_same_lock(store: Path) -> None:
    store.touch()
    link = store.with_name("link.sqlite")
    link.symlink_to(store)
    with StoreLock(store), pytest.raises(AlreadyRunning):
        StoreLock(link).acquire()


def test_two_stores_have_two_daemons(store: Path) -> None:
    other = store.with_name("other.sqlite")
    with StoreLock(store), StoreLock(other):
        assert daemon_pid(store) == daemon_pid(other) == os.getpid()


def test_the_lock_file_is_for_its_owner_alone(store: Path) -> None:
    with StoreLock(store):
        assert lock_path(store).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("call", ["pwrite", "ftruncate"])
def test_on_a_full_disk_the_lock_is_held_all_the_same(store: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as disk:
        disk.setattr(os, call, full)
        with StoreLock(store):
            assert daemon_pid(store) == 0
            with pytest.raises(AlreadyRunning, match="another process"):
                StoreLock(store).acquire()
    with StoreLock(store):
        assert daemon_pid(store) == os.getpid()
