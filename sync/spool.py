"""Fetched bytes on their way into the store: safe on disk before anything is decided, gone when the store has them.

A file is written under a temporary name, synced, and renamed to the sha256 of what it holds; then the folder is synced.
A crash leaves only whole files under their sums, or temporary ones that mean nothing. The name is made of the content
alone, never of anything that a partner wrote.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

LEAST_FREE = 64 * 1024 * 1024
"""Bytes that must stay free on the store's disk: below, nothing is fetched, and what is already ours can still be saved."""

_SUM = re.compile(r"[0-9a-f]{64}")
_UNFINISHED = ".part"


class NoRoom(Exception):
    """The disk of the store is nearly full: nothing is fetched, everything stays safe at the partners."""

    def __init__(self, folder: Path, free: int, least: int) -> None:
        super().__init__(
            f"only {free // 1024:,} KB are free at {folder}, and {least // 1024:,} KB must stay so: nothing is fetched; "
            "make room, the orders wait at the partners"
        )
        self.folder = folder
        self.free = free
        self.least = least


def _free_bytes(folder: Path) -> int:
    return shutil.disk_usage(folder).free


class Spool:
    """A folder of mode 0700 beside the store."""

    def __init__(
        self, store: Path, *, least_free: int = LEAST_FREE, free_bytes: Callable[[Path], int] = _free_bytes
    ) -> None:
        self.folder = store.with_name(store.name + ".spool")
        self._least_free = least_free
        self._free_bytes = free_bytes
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.folder.chmod(0o700)

    def gate(self, coming: int = 0) -> None:
        """Raises NoRoom when `coming` bytes more would leave too little on the disk."""
        free = self._free_bytes(self.folder)
        if free - coming < self._least_free:
            raise NoRoom(self.folder, free, self._least_free)

    def put(self, payload: bytes) -> Path:
        """Write `payload`; durable once `sync` has been called too."""
        path = self.folder / hashlib.sha256(payload).hexdigest()
        # Two connections may fetch equal bytes at the same time: each writes a file of its own, and either may win.
        unfinished = path.with_name(f"{path.name}.{os.getpid()}-{id(payload):x}{_UNFINISHED}")
        file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            rest = memoryview(payload)
            while rest:
                rest = rest[os.write(file, rest) :]
            os.fsync(file)
        finally:
            os.close(file)
        unfinished.rename(path)
        return path

    def sync(self) -> None:
        """Make the names of what was put durable: once for a whole batch."""
        folder = os.open(self.folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop(self, paths: Iterable[Path]) -> None:
        """The store has these now."""
        for path in paths:
            path.unlink(missing_ok=True)

    def sweep(self, stored: Callable[[str], bool]) -> list[Path]:
        """Clear what a crash left: halves of files, and what the store has (`stored`, asked by sha256).

        Gives the rest: whole documents that were never taken in. They still stand at the partner's and come again,
        and then their file goes too.
        """
        rest = []
        for path in sorted(self.folder.iterdir()):
            if path.name.endswith(_UNFINISHED):
                path.unlink(missing_ok=True)
            elif _SUM.fullmatch(path.name):
                if stored(path.name):
                    path.unlink(missing_ok=True)
                else:
                    rest.append(path)
        return rest
