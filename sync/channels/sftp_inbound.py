"""Orders from an SFTP folder.

A file is taken when it is complete (`sftp_settling`): claimed by a plain rename into `claimed/` (one winner, whoever else
reads the folder), read, looked at again (its writer may still hold it open), and, once our store has it, moved to
`archive/<name>.<sha256, first 8>`.

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
from sync.channels.sftp_client import SMALL, State
from sync.channels.sftp_login import TIMEOUT, connect
from sync.channels.sftp_settling import RemoteFile, Settling

MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger file is no order; a person gets its beginning to look at."""
_BEGINNING: Final = 64 * 1024
_TOGETHER: Final = 40
"""Small files that are claimed and read at once. A crash leaves at most so many claimed."""
_LONGEST_NAME: Final = 255


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
        self._settling = Settling(self._settle)

    @contextmanager
    def session(self) -> Iterator[SftpInboundSession]:
        with connect(self.settings, self._folder, self._timeout) as remote:
            yield SftpInboundSession(self, remote)

    def check(self) -> str:
        with connect(self.settings, self._folder, self._timeout) as remote:
            waiting = self.wanted(remote, self.path)
            return f"{remote.name}: {len(waiting)} waiting in {shown(self.path)}"

    def wanted(self, remote: Remote, folder: bytes) -> list[RemoteFile]:
        """The files in `folder` that the settings ask for, oldest first. Raises ChannelError when it can't be listed."""
        try:
            entries = remote.entries(folder)
        except OSError as error:
            if folder == self.claimed:
                return []  # nothing was ever claimed
            raise ChannelError(
                f"{remote.name}: the folder {shown(folder)} can't be listed ({reason(error)}); check `path`"
            ) from None
        files = [RemoteFile(folder, each.name, each.size, each.mtime) for each in entries if self._asked_for(each)]
        return sorted(files, key=lambda file: (file.mtime, file.name))

    def _asked_for(self, entry: Entry) -> bool:
        name = entry.name
        if not entry.regular or name.startswith(b".") or name.endswith(b".tmp") or b"/" in name or b"\0" in name:
            return False
        return fnmatchcase(name.decode("utf-8", "surrogateescape"), self.settings.pattern)

    def complete(self, remote: Remote) -> list[RemoteFile]:
        """What can be taken now, oldest first, what a crash left in `claimed/` before all else."""
        ready, fresh = self._sort_out(remote)
        if fresh and self._wait_to_settle:
            self._sleep(self._settle + 0.001)
            ready, _ = self._sort_out(remote)
        return ready

    def _sort_out(self, remote: Remote) -> tuple[list[RemoteFile], bool]:
        asked = self._monotonic()
        files = [*self.wanted(remote, self.claimed), *self.wanted(remote, self.path)]
        return self._settling.complete(files, asked, self._monotonic())

    def changed(self, file: RemoteFile, state: State) -> None:
        self._settling.changed(file, state, self._monotonic())

    def leave(self, file: RemoteFile) -> None:
        self._settling.leave(file)


class SftpInboundSession:
    def __init__(self, channel: SftpInboundChannel, remote: Remote) -> None:
        self._channel = channel
        self._remote = remote
        self._may_move = True
        self._trouble: list[str] = []

    def arrivals(self) -> Iterator[Arrival]:
        for group in _groups(self._channel.complete(self._remote)):
            claimed = self._claim_all(group)
            for file, read in zip(claimed, self._read_all(claimed), strict=True):
                arrival = self._arrival(file, read)
                if arrival is not None:
                    yield arrival
        if self._trouble:
            more = f" (and {len(self._trouble) - 1} more like it)" if len(self._trouble) > 1 else ""
            raise ChannelError(self._trouble[0] + more)

    def _read_all(self, files: list[RemoteFile]) -> list[tuple[bytes, State] | OSError]:
        """What each file holds (the beginning, if that is too much), and its state after it was read."""
        small = [file for file in files if file.size <= SMALL]
        together = self._remote.read_all([(file.path, file.size) for file in small])
        read: dict[RemoteFile, tuple[bytes, State] | OSError] = dict(zip(small, together, strict=True))
        return [self._read(file) if _is_partly(file, read.get(file)) else read[file] for file in files]

    def _read(self, file: RemoteFile) -> tuple[bytes, State] | OSError:
        try:
            return self._remote.read(file.path, _BEGINNING if file.size > self._channel.most_bytes else file.size)
        except OSError as error:
            return error

    def _arrival(self, file: RemoteFile, read: tuple[bytes, State] | OSError) -> Arrival | None:
        if isinstance(read, FileNotFoundError):
            return None
        if isinstance(read, OSError):
            self._trouble.append(f"{self._remote.name}: {shown(file.path)} can't be read ({reason(read)})")
            return None
        payload, after = read
        too_large = file.size > self._channel.most_bytes
        if after != file.state or (len(payload) != file.size and not too_large):
            self._channel.changed(file, after)
            return None
        digest = sha256(payload)
        problem = remedy = ""
        if too_large:
            digest.update(b"%d" % file.size)
            problem = f"the file has {file.size:,} bytes, more than an order can have ({self._channel.most_bytes:,})"
            remedy = (
                f"look at it in {shown(self._channel.archive)} at the partner's; ask them to send orders one by one"
            )
        return Arrival(
            locator=shown(join(self._channel.path, file.name)),
            fingerprint=digest.hexdigest(),
            documents=(Received(shown(file.name), payload, problem=problem, remedy=remedy),),
            handle=_Taken(file, digest.hexdigest()[:8]),
        )

    def _claim_all(self, files: list[RemoteFile]) -> list[RemoteFile]:
        """Those of the files that are ours to read now, where they are now."""
        at_hand = [file for file in files if file.folder != self._channel.path]
        others = [file for file in files if file.folder == self._channel.path]
        # The first shows whether we may move files here, and makes the folder for them.
        claimed = [self._claim(file) for file in others[:1]]
        rest = others[1:]
        if self._may_move and rest:
            targets = [self._claimed(file) for file in rest]
            failures = self._remote.rename_all(
                [(file.path, target.path) for file, target in zip(rest, targets, strict=True)]
            )
            for file, target, failure in zip(rest, targets, failures, strict=True):
                claimed.append(target if failure is None else self._claim(file))
        else:
            claimed += rest
        return [*at_hand, *(file for file in claimed if file is not None)]

    def _claimed(self, file: RemoteFile) -> RemoteFile:
        return RemoteFile(self._channel.claimed, file.name, file.size, file.mtime)

    def _claim(self, file: RemoteFile) -> RemoteFile | None:
        """The file where it is ours to read; None when it is another's, or can't be had in this round."""
        if not self._may_move:
            return file
        claimed = self._claimed(file)
        try:
            self._remote.rename(file.path, claimed.path)
        except OSError as error:
            if self._remote.look(file.path) is None or self._remote.look(claimed.path) is not None:
                return None  # another was quicker; or one of the same name still waits to be archived
            return claimed if self._claim_first(file, claimed) else self._stay(file, error)
        return claimed

    def _claim_first(self, file: RemoteFile, claimed: RemoteFile) -> bool:
        """Claim a file where there is no `claimed/` yet."""
        try:
            self._remote.make_folders(claimed.folder)
            self._remote.rename(file.path, claimed.path)
        except OSError:
            return False
        return True

    def _stay(self, file: RemoteFile, error: OSError) -> RemoteFile:
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

    def _move(self, file: RemoteFile, target: bytes) -> None:
        remote = self._remote
        try:
            now = remote.rename_and_look(file.path, target)
        except OSError:
            here, there = remote.look(file.path), remote.look(target)
            if here != file.state:
                return  # moved before; or written again, and then it is seen again
            if there is not None and there[0] == file.size:
                remote.remove(file.path)  # the same name with the same bytes was archived before
                return
            if there is not None:
                raise
            remote.make_folders(self._channel.archive)
            now = remote.rename_and_look(file.path, target)
        if now not in (file.state, None):
            remote.rename(target, file.path)  # its writer went on after we read it: it is seen again


def _groups(files: list[RemoteFile]) -> Iterator[list[RemoteFile]]:
    """The files in their order, small ones together, the others alone."""
    group: list[RemoteFile] = []
    for file in files:
        if group and (len(group) >= _TOGETHER or file.size > SMALL):
            yield group
            group = []
        group.append(file)
        if file.size > SMALL:
            yield group
            group = []
    if group:
        yield group


def _is_partly(file: RemoteFile, read: tuple[bytes, State] | OSError | None) -> bool:
    """Whether there is more to be read of a file than what was read with others: all, or what the server kept back."""
    if read is None:
        return True
    return not isinstance(read, OSError) and read[1] == file.state and len(read[0]) < file.size


@dataclass(frozen=True, slots=True)
class _Taken:
    file: RemoteFile
    digest: str
