"""When a file in a partner's folder is complete: size and mtime were the same in two listings, `settle` apart by our clock.

The partner's clock is never compared with ours, and what a file was called before counts for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sync.channels.sftp import join
from sync.channels.sftp_client import State

_REPLACED_UNSEEN: Final = 2.0
"""Seconds below which a file can be replaced by another of the same size and mtime (which has whole seconds)."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file as one listing showed it."""

    folder: bytes
    name: bytes
    size: int
    mtime: int

    @property
    def path(self) -> bytes:
        return join(self.folder, self.name)

    @property
    def state(self) -> State:
        return self.size, self.mtime


@dataclass(frozen=True, slots=True)
class _Sighting:
    state: State
    since: float


class Settling:
    """What was seen of a folder's files, from round to round. Times are seconds by our own monotonic clock."""

    def __init__(self, settle: float) -> None:
        self._settle = settle
        self._sightings: dict[bytes, _Sighting] = {}
        self._left: dict[bytes, State] = {}

    def complete(self, files: Sequence[RemoteFile], asked: float, told: float) -> tuple[list[RemoteFile], bool]:
        """Those of a listing that can be taken, and whether there are others that can't yet.

        `asked` and `told`: just before and just after the listing, so that no wait is counted longer than it was.
        """
        known, self._sightings = self._sightings, {}
        self._left = {file.path: file.state for file in files if self._left.get(file.path) == file.state}
        ready = []
        for file in files:
            if file.path in self._left:
                continue
            sighting = known.get(file.path)
            if sighting is None or sighting.state != file.state:
                sighting = _Sighting(file.state, told)
            self._sightings[file.path] = sighting
            if self._settle == 0 or asked - sighting.since >= self._settle:
                ready.append(file)
        return ready, len(ready) + len(self._left) < len(files)

    def changed(self, file: RemoteFile, state: State, now: float) -> None:
        """`file` had another state after it was read: it has to be quiet for `settle` again."""
        self._sightings[file.path] = _Sighting(state, now)

    def leave(self, file: RemoteFile) -> None:
        """`file` is in our store and can't be moved away: it need not be read in each round.

        Only where a replacement would show: what settled long enough can't be replaced within the same second any more.
        """
        if self._settle >= _REPLACED_UNSEEN:
            self._left[file.path] = file.state
