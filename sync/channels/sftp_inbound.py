"""Orders from an SFTP folder.

A file is taken when it is complete: its size and mtime were the same in two listings that lie `settle` apart by our own
clock. Then it is claimed by a plain rename into `claimed/` (one winner, whoever else reads the folder), read, looked at
again (its writer may still hold it open), and, once our store has it, moved to `archive/<name>.<sha256, first 8>`.

Both folders are inside the folder that is read, unless the settings say where the archive is. What a crash left in
`claimed/` comes first in the next round. Where the partner permits no moving, files are read where they are and left there.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import sha256
from pathlib import Path
from typing import Final

from core.connections import SftpInbound
from sync.channels import Arrival, ChannelError, Received
from sync.channels.sftp import Entry, Remote, join, reason, shown
from sync.channels.sftp_login import TIMEOUT, connect

MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger file is no order; a person gets its beginning to look at."""
_BEGINNING: Final = 64 * 1024
_LONGEST_NAME: Final = 255
_REPLACED_UNSEEN: Final = 2.0
"""Seconds below which a file can be replaced by another of the same size and mtime (which has whole seconds)."""


@dataclass(frozen=True, slots=True)
class _File:
    folder: bytes
    name: bytes
    size: int
    mtime: int

    @property
    def path(self) -> bytes:
        return join(self.folder, self.name)

    @property
    def place(self) -> tuple[bytes, bytes]:
        return self.folder, self.name

    @property
    def state(self) -> tuple[int, int]:
        return self.size, self.mtime


@dataclass(frozen=True, slots=True)
class _Sighting:
    state: tuple[int, int]
    since: float


class SftpInboundChannel:
    """One folder of one partner. What was seen in earlier rounds is kept in this object, so keep it from round to round.

    `wait_to_settle`: wait for `settle` once in each round that sees something new, instead of leaving it to the next round.
    """

    def __init__(
        self,
        settings: SftpInbound,
        folder: Path,
        *,
        wait_to_settle: bool = False,
        most_bytes: int = MOST_BYTES,
        timeout: float = TIMEOUT,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self.settings = settings
        self.most_bytes = most_bytes
        self.path = settings.path.encode()
        self.claimed = join(self.path, b"claimed")
        self.archive = join(self.path, b"archive") if settings.archive is None else settings.archive.encode()
        self._folder = folder
        self._timeout = timeout
        self._wait_to_settle = wait_to_settle
        self._settle = settings.settle.total_seconds()
        self._monotonic = monotonic
        self._sleep = sleep
        self._sightings: dict[tuple[bytes, bytes], _Sighting] = {}
        self._left: dict[tuple[bytes, bytes], tuple[int, int]] = {}

    @contextmanager
    def session(self) -> Iterator[SftpInboundSession]:
        with connect(self.settings, self._folder, self._timeout) as remote:
            yield SftpInboundSession(self, remote)

    def check(self) -> str:
        with connect(self.settings, self._folder, self._timeout) as remote:
            waiting = self.wanted(remote, self.path)
            return f"{remote.name}: {len(waiting)} waiting in {shown(self.path)}"

    def wanted(self, remote: Remote, folder: bytes) -> list[_File]:
        """The files in `folder` that the settings ask for, oldest first. Raises ChannelError when it can't be listed."""
        try:
            entries = remote.list(folder)
        except OSError as error:
            if folder == self.claimed:
                return []  # nothing was ever claimed
            raise ChannelError(
                f"{remote.name}: the folder {shown(folder)} can't be listed ({reason(error)}); check `path`"
            ) from None
        files = [_File(folder, each.name, each.size, each.mtime) for each in entries if self._asked_for(each)]
        return sorted(files, key=lambda file: (file.mtime, file.name))

    def _asked_for(self, entry: Entry) -> bool:
        name = entry.name
        if not entry.regular or name.startswith(b".") or name.endswith(b".tmp") or b"/" in name or b"\0" in name:
            return False
        return fnmatchcase(name.decode("utf-8", "surrogateescape"), self.settings.pattern)

    def complete(self, remote: Remote) -> list[_File]:
        """What can be taken now, oldest first, what a crash left in `claimed/` before all else."""
        ready, fresh = self._sort_out(remote)
        if fresh and self._wait_to_settle:
            self._sleep(self._settle + 0.001)
            ready, _ = self._sort_out(remote)
        return ready

    def _sort_out(self, remote: Remote) -> tuple[list[_File], bool]:
        """The files that have been unchanged long enough, and whether there are others."""
        asked = self._monotonic()
        files = [*self.wanted(remote, self.claimed), *self.wanted(remote, self.path)]
        told = self._monotonic()
        known, self._sightings = self._sightings, {}
        self._left = {file.place: file.state for file in files if self._left.get(file.place) == file.state}
        ready = []
        for file in files:
            if file.place in self._left:
                continue
            sighting = known.get(file.place)
            if sighting is None or sighting.state != file.state:
                sighting = _Sighting(file.state, told)
            self._sightings[file.place] = sighting
            if self._settle == 0 or asked - sighting.since >= self._settle:
                ready.append(file)
        return ready, len(ready) + len(self._left) < len(files)

    def still_written(self, file: _File, state: tuple[int, int]) -> None:
        """`file` changed while it was read: it has to be quiet for `settle` again."""
        self._sightings[file.place] = _Sighting(state, self._monotonic())

    def leave(self, file: _File) -> None:
        """`file` is in our store and can't be moved away: it need not be read in each round.

        Only where a replacement would show: a settled file can't be replaced within the same second any more.
        """
        if self._settle >= _REPLACED_UNSEEN:
            self._left[file.place] = file.state


class SftpInboundSession:
    def __init__(self, channel: SftpInboundChannel, remote: Remote) -> None:
        self._channel = channel
        self._remote = remote
        self._may_move = True
        self._trouble: list[str] = []

    def arrivals(self) -> Iterator[Arrival]:
        for file in self._channel.complete(self._remote):
            arrival = self._take(file)
            if arrival is not None:
                yield arrival
        if self._trouble:
            more = f" (and {len(self._trouble) - 1} more like it)" if len(self._trouble) > 1 else ""
            raise ChannelError(self._trouble[0] + more)

    def _take(self, file: _File) -> Arrival | None:
        taken = self._claim(file) if file.folder == self._channel.path else file
        if taken is None:
            return None
        too_large = taken.size > self._channel.most_bytes
        try:
            payload, after = self._remote.read(taken.path, _BEGINNING if too_large else taken.size)
        except FileNotFoundError:
            return None
        except OSError as error:
            self._trouble.append(f"{self._remote.name}: {shown(taken.path)} can't be read ({reason(error)})")
            return None
        if after != taken.state or (len(payload) != taken.size and not too_large):
            self._channel.still_written(taken, after)
            return None
        digest = sha256(payload)
        problem = remedy = ""
        if too_large:
            digest.update(b"%d" % taken.size)
            problem = f"the file has {taken.size:,} bytes, more than an order can have ({self._channel.most_bytes:,})"
            remedy = (
                f"look at it in {shown(self._channel.archive)} at the partner's; ask them to send orders one by one"
            )
        return Arrival(
            locator=shown(join(self._channel.path, taken.name)),
            fingerprint=digest.hexdigest(),
            documents=(Received(shown(taken.name), payload, problem=problem, remedy=remedy),),
            handle=_Taken(taken, digest.hexdigest()[:8]),
        )

    def _claim(self, file: _File) -> _File | None:
        """The file where it is ours to read; None when it is another's, or can't be had in this round."""
        if not self._may_move:
            return file
        claimed = _File(self._channel.claimed, file.name, file.size, file.mtime)
        try:
            self._remote.rename(file.path, claimed.path)
        except OSError as error:
            if self._remote.look(file.path) is None or self._remote.look(claimed.path) is not None:
                return None  # another was quicker; or one of the same name still waits to be archived
            return claimed if self._claim_first(file, claimed) else self._stay(file, error)
        return claimed

    def _claim_first(self, file: _File, claimed: _File) -> bool:
        """Claim a file where there is no `claimed/` yet."""
        try:
            self._remote.make_folders(claimed.folder)
            self._remote.rename(file.path, claimed.path)
        except OSError:
            return False
        return True

    def _stay(self, file: _File, error: OSError) -> _File:
        self._may_move = not isinstance(error, PermissionError | FileNotFoundError)
        return file

    def archive(self, arrival: Arrival) -> bool:
        taken = arrival.handle
        assert isinstance(taken, _Taken)
        file = taken.file
        suffix = b"." + taken.digest.encode()
        target = join(self._channel.archive, file.name[: _LONGEST_NAME - len(suffix)] + suffix)
        try:
            self._move(file, target)
        except OSError as error:
            if file.folder == self._channel.path:
                self._channel.leave(file)
                return False
            raise ChannelError(
                f"{self._remote.name}: {shown(file.path)} is taken in but can't be moved to"
                f" {shown(self._channel.archive)} ({reason(error)}); make that folder, or have the right given to us"
            ) from None
        return True

    def _move(self, file: _File, target: bytes) -> None:
        remote = self._remote
        try:
            remote.rename(file.path, target)
        except OSError:
            now, there = remote.look(file.path), remote.look(target)
            if now != file.state:
                return  # moved before; or written again, and then it is seen again
            if there is not None and there[0] == file.size:
                remote.remove(file.path)  # the same name with the same bytes was archived before
                return
            if there is not None:
                raise
            remote.make_folders(self._channel.archive)
            remote.rename(file.path, target)
        if remote.look(target) not in (file.state, None):
            remote.rename(target, file.path)  # its writer went on after we read it: it is seen again


@dataclass(frozen=True, slots=True)
class _Taken:
    file: _File
    digest: str
