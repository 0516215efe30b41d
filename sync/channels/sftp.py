"""The few verbs on a partner's files that the SFTP channels need (paramiko); `sftp_login` makes the connection.

Names at the partner's are bytes, as they are in the protocol: a name that is no UTF-8 must not hide the folder it is in.
Every verb has a time-out. When the connection is lost a verb raises `Unreachable`; what the server answers otherwise comes
as FileNotFoundError, PermissionError or plain OSError.

One connection belongs to one thread: a shared paramiko client hangs.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import paramiko

from sync.channels import Unreachable
from sync.channels.line import Line
from sync.channels.sftp_client import SMALL, Client, State, state

_PREFETCH_ABOVE: Final = 4 * SMALL
"""Larger files are asked for in many requests at once; for small ones that would only be a thread more."""
_STEPS_OF_A_LISTING: Final = 10
"""A large folder takes many questions."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What a listing tells of one name."""

    name: bytes
    size: int
    mtime: int
    """Seconds by the partner's clock: good for seeing a change, never to be compared with ours."""
    regular: bool


def shown(name: bytes) -> str:
    """A remote name or path as text that can be stored and printed on one line.

    Control characters and bytes that are no UTF-8 are percent-encoded.
    """
    text = name.decode("utf-8", "surrogateescape")
    return "".join(c if c.isprintable() else _encoded(c) for c in text)


def _encoded(character: str) -> str:
    return quote(character.encode("utf-8", "surrogateescape"), safe="")


def join(folder: bytes, name: bytes) -> bytes:
    return folder + name if folder.endswith(b"/") else folder + b"/" + name


class Remote:
    """The verbs. `name` is how sentences call the server; each verb has its time on the `line`."""

    def __init__(self, name: str, client: Client, line: Line) -> None:
        self.name = name
        self._client = client
        self._line = line
        self._gone = False

    def entries(self, folder: bytes) -> list[Entry]:
        """The names in `folder` in no order, without `.` and `..`; symbolic links are not followed."""
        with self._talking(steps=_STEPS_OF_A_LISTING):
            return [
                Entry(name, *self._facts(folder, name, attributes))
                for name, attributes in self._client.entries(folder)
                if name not in (b".", b"..")
            ]

    def _facts(self, folder: bytes, name: bytes, attributes: paramiko.SFTPAttributes) -> tuple[int, int, bool]:
        if attributes.st_mode is None or attributes.st_size is None or attributes.st_mtime is None:
            try:
                attributes = self._client.lstat(join(folder, name))
            except OSError as error:
                if self._lost(error):
                    raise
        # A name that tells nothing of itself may be anything; only what is known to be a file is one.
        return attributes.st_size or 0, attributes.st_mtime or 0, stat.S_ISREG(attributes.st_mode or 0)

    def look(self, path: bytes) -> State | None:
        """The state of what stands at `path`; None when nothing does."""
        with self._talking():
            try:
                return state(self._client.lstat(path))
            except FileNotFoundError:
                return None

    def read(self, path: bytes, size: int) -> tuple[bytes, State]:
        """At most `size` bytes from the beginning; then the state that the file has after they were read."""
        with self._talking(size), self._client.open(path, "rb") as file:
            if size > _PREFETCH_ABOVE:
                file.prefetch(size)
            try:
                held = file.read(size) if size else b""
            except EOFError:
                held = b""  # it became shorter while we read
            return held, state(file.stat())

    def read_all(self, files: Sequence[tuple[bytes, int]]) -> list[tuple[bytes, State] | OSError]:
        """`read` for several files of at most SMALL bytes at once. A server may give fewer bytes than there are."""
        with self._talking(sum(size for _, size in files)):
            return self._client.read_all(files)

    def write(self, path: bytes, payload: bytes) -> int:
        """Write a file, replacing what stands there; the size that the server says it has now."""
        with self._talking(len(payload)):
            with self._client.open(path, "wb") as file:
                file.set_pipelined(True)
                file.write(payload)
            return self._client.stat(path).st_size or 0

    def rename(self, source: bytes, target: bytes) -> None:
        """Plain rename: fails where `target` exists. (`posix-rename` would overwrite it.)"""
        with self._talking():
            self._client.rename(source, target)

    def rename_all(self, moves: Sequence[tuple[bytes, bytes]]) -> list[OSError | None]:
        """`rename` for several at once, and what went wrong with each."""
        with self._talking():
            return self._client.rename_all(moves)

    def rename_and_look(self, source: bytes, target: bytes) -> State | None:
        """`rename`, then `look` at the target, at once."""
        with self._talking():
            return self._client.rename_and_look(source, target)

    def remove(self, path: bytes) -> None:
        with self._talking():
            self._client.remove(path)

    def permit(self, path: bytes, mode: int) -> None:
        with self._talking():
            self._client.chmod(path, mode)

    def make_folders(self, path: bytes) -> None:
        """Make `path` and what is missing above it. Raises OSError when `path` still isn't there."""
        missing = []
        while path not in (b"", b"/", b".") and self.look(path) is None:
            missing.append(path)
            path = path.rstrip(b"/").rpartition(b"/")[0]
        for folder in reversed(missing):
            with self._talking():
                try:
                    self._client.mkdir(folder)
                except OSError as error:
                    # Made by another at this moment, or it can't be made.
                    if self._lost(error) or self.look(folder) is None:
                        raise

    @contextmanager
    def _talking(self, carried: int = 0, *, steps: int = 1) -> Iterator[None]:
        if self._gone:  # at once, and not after another time-out for each file that was still to be moved
            raise Unreachable(f"{self.name}: the connection was lost")
        try:
            with self._line.step(carried, steps=steps):
                yield
        except (OSError, EOFError, paramiko.SSHException, paramiko.SFTPError, UnicodeDecodeError) as error:
            if self._lost(error):
                self._gone = True
                raise Unreachable(f"{self.name}: the connection was lost ({why(error)})") from None
            if isinstance(error, OSError):
                raise
            raise OSError(why(error)) from None

    def _lost(self, error: Exception) -> bool:
        # What the server answers and what the socket says are both OSError; an answer leaves the channel open.
        if isinstance(error, TimeoutError | ConnectionError | EOFError | paramiko.SSHException):
            return True
        channel = self._client.get_channel()
        return channel is None or channel.closed or not channel.get_transport().is_active()


def reason(error: OSError) -> str:
    """Why a verb failed, in a few words of ours or the server's."""
    if isinstance(error, PermissionError):
        return "no permission"
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return str(error)[:200] or "the server gives no reason"


def why(error: BaseException) -> str:
    """Why a connection failed or broke, likewise."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None:
        return (error.strerror or f"error {error.errno}")[:200]
    return str(error)[:200] or type(error).__name__
