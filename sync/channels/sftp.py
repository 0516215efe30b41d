"""The few verbs on a partner's files that the SFTP channels need (paramiko); `sftp_login` makes the connection.

Names at the partner's are bytes, as they are in the protocol: a name that is no UTF-8 must not hide the folder it is in.
Every verb has a time-out. When the connection is lost a verb raises `Unreachable`; what the server answers otherwise comes
as FileNotFoundError, PermissionError or plain OSError.

One connection belongs to one thread: a shared paramiko client hangs.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

import paramiko
from paramiko.message import Message
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

from sync.channels import Unreachable

_PREFETCH_ABOVE: Final = 4 * 32768
"""Larger files are asked for in many requests at once; for small ones that would only be a thread more."""


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


class Client(paramiko.SFTPClient):
    """paramiko's client, with a listing that doesn't fail as a whole over one name that is no UTF-8."""

    def entries(self, folder: bytes) -> list[tuple[bytes, paramiko.SFTPAttributes]]:
        _, answer = self._checked(CMD_OPENDIR, CMD_HANDLE, folder)
        opened = answer.get_binary()
        found = []
        while True:
            try:
                _, answer = self._checked(CMD_READDIR, CMD_NAME, opened)
            except EOFError:
                break
            for _ in range(answer.get_int()):
                name, _longname = answer.get_binary(), answer.get_binary()
                found.append((name, paramiko.SFTPAttributes._from_msg(answer)))  # type: ignore[attr-defined]
        self._request(CMD_CLOSE, opened)  # type: ignore[attr-defined]
        return found

    def _checked(self, command: int, wanted: int, argument: bytes) -> tuple[int, Message]:
        kind, answer = self._request(command, argument)  # type: ignore[attr-defined]
        if kind != wanted:
            raise paramiko.SFTPError("the server answers out of turn")
        return kind, answer


class Remote:
    """The verbs. `name` is how sentences call the server."""

    def __init__(self, name: str, client: Client) -> None:
        self.name = name
        self._client = client
        self._gone = False

    def list(self, folder: bytes) -> list[Entry]:
        """The names in `folder` in no order, without `.` and `..`; symbolic links are not followed."""
        with self._talking():
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

    def look(self, path: bytes) -> tuple[int, int] | None:
        """Size and mtime of what stands at `path`; None when nothing does."""
        with self._talking():
            try:
                found = self._client.lstat(path)
            except FileNotFoundError:
                return None
            return found.st_size or 0, found.st_mtime or 0

    def read(self, path: bytes, size: int) -> tuple[bytes, tuple[int, int]]:
        """At most `size` bytes from the beginning; then the size and mtime that the file has after they were read."""
        with self._talking(), self._client.open(path, "rb") as file:
            if size > _PREFETCH_ABOVE:
                file.prefetch(size)
            try:
                held = file.read(size) if size else b""
            except EOFError:
                held = b""  # it became shorter while we read
            after = file.stat()
            return held, (after.st_size or 0, after.st_mtime or 0)

    def write(self, path: bytes, payload: bytes) -> int:
        """Write a file, replacing what stands there; the size that the server says it has now."""
        with self._talking():
            with self._client.open(path, "wb") as file:
                file.set_pipelined(True)
                file.write(payload)
            return self._client.stat(path).st_size or 0

    def rename(self, source: bytes, target: bytes) -> None:
        """Plain rename: fails where `target` exists. (`posix-rename` would overwrite it.)"""
        with self._talking():
            self._client.rename(source, target)

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
    def _talking(self) -> Iterator[None]:
        if self._gone:  # at once, and not after another time-out for each file that was still to be moved
            raise Unreachable(f"{self.name}: the connection was lost")
        try:
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
        if isinstance(error, TimeoutError | ConnectionError | paramiko.SSHException):
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
