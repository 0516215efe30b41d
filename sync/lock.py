"""One daemon per store: an `flock` on a file beside it. It goes when the process does, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

_TRIES = 10
_PAUSE = 0.02


class AlreadyRunning(Exception):
    """Another daemon talks for this store. `pid` is its process; None when it hasn't written that down yet."""

    def __init__(self, store: Path, pid: int | None) -> None:
        who = f"process {pid}" if pid is not None else "another process"
        super().__init__(f"{who} already runs `podesk sync` on {store}; end it first, or let it do the work")
        self.store = store
        self.pid = pid


def lock_path(store: Path) -> Path:
    """Beside the file that holds the store, whichever way one comes to it."""
    real = store.resolve()
    return real.with_name(real.name + ".lock")


class StoreLock:
    """Hold it while talking to partners. Raises AlreadyRunning on entering when another process holds it."""

    def __init__(self, store: Path) -> None:
        self.store = store
        self._file: int | None = None

    def acquire(self) -> None:
        file = os.open(lock_path(self.store), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if not _locked(file):
            pid = _pid_in(file)
            os.close(file)
            raise AlreadyRunning(self.store, pid)
        self._file = file
        # The number only tells people who holds the lock; on a full disk it is held all the same.
        with suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Let go. The file stays: deleting it would let two daemons lock two files of one name."""
        if self._file is not None:
            with suppress(OSError):
                os.ftruncate(self._file, 0)
            os.close(self._file)
            self._file = None

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def daemon_pid(store: Path) -> int | None:
    """The process of the daemon that runs on `store`; None when none does, 0 when one does but which is not known."""
    try:
        file = os.open(lock_path(store), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return _pid_in(file) or 0
    else:
        return None
    finally:
        os.close(file)


def _locked(file: int) -> bool:
    """Take the lock; asks a few times, since a desk that looks who is running holds it for an instant."""
    for _ in range(_TRIES):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            time.sleep(_PAUSE)
        else:
            return True
    return False


def _pid_in(file: int) -> int | None:
    text = os.pread(file, 32, 0).strip()
    return int(text) if text.isdigit() else None
