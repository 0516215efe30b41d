"""An SFTP connection to a partner (paramiko): logging in, host keys, and the few verbs on files that the channels need.

Names at the partner's are bytes, as they are in the protocol: a name that is no UTF-8 must not hide the folder it is in.
Every verb has a time-out. When the connection is lost a verb raises `Unreachable`; what the server answers otherwise comes
as FileNotFoundError, PermissionError or plain OSError.

One connection belongs to one thread: a shared paramiko client hangs.
"""

from __future__ import annotations

import logging
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol
from urllib.parse import quote

import paramiko
from paramiko.hostkeys import InvalidHostKey
from paramiko.message import Message
from paramiko.pkey import UnknownKeyType
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR

from core.connections import Secret
from core.secrets import SecretError, resolve
from sync.channels import NotAdmitted, Unreachable

TIMEOUT: Final = 30.0
"""Seconds that each step of a conversation may take."""

_SSH_PORT: Final = 22
"""The port that known_hosts doesn't spell out."""
_PREFETCH_ABOVE: Final = 4 * 32768
"""Larger files are asked for in many requests at once; for small ones that would only be a thread more."""

# Without a listener of its own, paramiko's log would end on the operator's screen.
logging.getLogger("paramiko").addHandler(logging.NullHandler())


class Login(Protocol):
    """The settings of an SFTP connection, in and out alike."""

    @property
    def host(self) -> str: ...
    @property
    def port(self) -> int: ...
    @property
    def user(self) -> str: ...
    @property
    def password(self) -> Secret | None: ...
    @property
    def private_key(self) -> str | None: ...
    @property
    def passphrase(self) -> Secret | None: ...
    @property
    def known_hosts(self) -> str: ...


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


class _BytesClient(paramiko.SFTPClient):
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

    def __init__(self, name: str, client: _BytesClient) -> None:
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
                raise Unreachable(f"{self.name}: the connection was lost ({_why(error)})") from None
            if isinstance(error, OSError):
                raise
            raise OSError(_why(error)) from None

    def _lost(self, error: Exception) -> bool:
        # What the server answers and what the socket says are both OSError; an answer leaves the channel open.
        if isinstance(error, TimeoutError | ConnectionError | paramiko.SSHException):
            return True
        channel = self._client.get_channel()
        return channel is None or channel.closed or not channel.get_transport().is_active()


@contextmanager
def connect(login: Login, folder: Path, timeout: float = TIMEOUT) -> Iterator[Remote]:
    """Log in; the connection ends with the `with`. `folder`: where podesk.toml is.

    Raises NotAdmitted (key, credentials) or Unreachable.
    """
    name = f"sftp {login.host}:{login.port}"
    password, key = _credentials(name, login, folder)
    client = paramiko.SSHClient()
    pinned = _PinnedKeys(name, login, folder)
    client.set_missing_host_key_policy(pinned)
    try:
        with _connecting(name, login.user):
            client.connect(
                login.host,
                login.port,
                login.user,
                password=password,
                pkey=key,
                allow_agent=False,
                look_for_keys=False,
                timeout=timeout,
                banner_timeout=timeout,
                auth_timeout=timeout,
                channel_timeout=timeout,
                transport_factory=pinned.transport,
            )
            transport = client.get_transport()
            session = None if transport is None else _BytesClient.from_transport(transport)
            channel = None if session is None else session.get_channel()
            if session is None or channel is None:
                raise Unreachable(f"{name}: the server has no sftp to offer")
            channel.settimeout(timeout)
        yield Remote(name, session)
    finally:
        client.close()


@contextmanager
def _connecting(name: str, user: str) -> Iterator[None]:
    try:
        yield
    except paramiko.AuthenticationException as error:
        # A time-out while logging in is one of these too, and says nothing about the password.
        if "timeout" in str(error).lower():
            raise Unreachable(f"{name}: no answer to our login in time") from None
        raise NotAdmitted(f"{name} does not let {user} in; check user, password or key of this connection") from None
    except paramiko.SSHException as error:
        why = _why(error)
        if "banner" in why or why == "No existing session":  # which of the two comes is a matter of milliseconds
            why = "nothing there answers as an SSH server in time"
        raise Unreachable(f"{name}: {why}") from None
    except socket.gaierror:
        raise Unreachable(f"{name}: this host name is not known; check `host`") from None
    except (OSError, EOFError, ValueError) as error:
        raise Unreachable(f"{name} can't be reached ({_why(error)})") from None


def _why(error: BaseException) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None:
        return (error.strerror or f"error {error.errno}")[:200]
    return str(error)[:200] or type(error).__name__


def reason(error: OSError) -> str:
    """Why a verb failed, in a few words of ours or the server's."""
    if isinstance(error, PermissionError):
        return "no permission"
    if isinstance(error, FileNotFoundError):
        return "no such file or folder"
    return str(error)[:200] or "the server gives no reason"


def _credentials(name: str, login: Login, folder: Path) -> tuple[str | None, paramiko.PKey | None]:
    try:
        password = None if login.password is None else resolve(login.password, folder)
        passphrase = None if login.passphrase is None else resolve(login.passphrase, folder)
    except SecretError as error:
        raise NotAdmitted(f"{name}: {error}") from None
    if login.private_key is None:
        return password, None
    path = folder / login.private_key
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NotAdmitted(f"{name}: {path} can be read by others; `chmod 600` it")
        return password, paramiko.PKey.from_path(path, passphrase)
    except paramiko.PasswordRequiredException:
        raise NotAdmitted(f"{name}: {path} needs a passphrase") from None
    except OSError as error:
        raise NotAdmitted(f"{name}: {path}: {error.strerror}") from None
    except (paramiko.SSHException, UnknownKeyType, ValueError):
        raise NotAdmitted(f"{name}: {path} is no private key that can be read, or its passphrase is another") from None


class _PinnedKeys(paramiko.MissingHostKeyPolicy):
    """Lets a server in only if its key stands in the connection's own known_hosts file; learns nothing by itself."""

    def __init__(self, name: str, login: Login, folder: Path) -> None:
        self._name = name
        self._file = folder / login.known_hosts
        self._host = login.host if login.port == _SSH_PORT else f"[{login.host}]:{login.port}"
        known = paramiko.HostKeys()
        try:
            known.load(str(self._file))
        except FileNotFoundError:
            pass
        except (OSError, UnicodeDecodeError, InvalidHostKey) as error:
            raise NotAdmitted(f"{name}: {self._file} can't be read ({_why(error)})") from None
        self._keys = list((known.lookup(self._host) or {}).values())

    def transport(self, sock: Any, /, **settings: Any) -> paramiko.Transport:
        """A transport that asks for the kinds of key that are pinned before all others."""
        transport = paramiko.Transport(sock, **settings)
        options = transport.get_security_options()
        pinned = {key.get_name().replace("ssh-rsa", "rsa-sha2-512") for key in self._keys}
        options.key_types = sorted(options.key_types, key=lambda kind: kind not in pinned)
        return transport

    def missing_host_key(self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey) -> None:
        if key in self._keys:
            return
        offered = f"{key.get_name()} {key.fingerprint}"
        if self._keys:
            pinned = ", ".join(f"{each.get_name()} {each.fingerprint}" for each in self._keys)
            raise NotAdmitted(
                f"{self._name} shows another host key than it should: {offered}; pinned is {pinned}. Ask the partner, by"
                f" another way, whether they changed it; only then replace the line for {self._host} in {self._file}"
            )
        raise NotAdmitted(
            f"{self._name} shows the host key {offered}; pinned is none for {self._host}. Compare it with what the partner"
            f" tells you, then add this line to {self._file}: {self._host} {key.get_name()} {key.get_base64()}"
        )
