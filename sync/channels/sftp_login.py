"""Logging in to a partner's SFTP server: pinned host keys, a password or a private key, a time-out for every step.

Nothing of the user's own `~/.ssh` or agent takes part: which key opens which door stands in podesk.toml.
"""

from __future__ import annotations

import logging
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final, Protocol

import paramiko
from paramiko.hostkeys import InvalidHostKey

from core.connections import Secret
from core.secrets import SecretError, resolve
from sync.channels import NotAdmitted, Unreachable
from sync.channels.line import Line
from sync.channels.sftp import Remote, why
from sync.channels.sftp_client import Client

TIMEOUT: Final = 30.0
"""Seconds that the server may be silent; a step as a whole may take twice as long, and more where it carries much."""

_SSH_PORT: Final = 22
"""The port that known_hosts doesn't spell out."""

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


@contextmanager
def connect(login: Login, folder: Path, timeout: float = TIMEOUT) -> Iterator[Remote]:
    """Log in; the connection ends with the `with`. `folder`: where podesk.toml is.

    Raises NotAdmitted (key, credentials) or Unreachable.
    """
    name = f"sftp {login.host}:{login.port}"
    password, key = _credentials(name, login, folder)
    client = paramiko.SSHClient()
    pinned = _PinnedKeys(name, login, folder)
    line = Line(2 * timeout)
    client.set_missing_host_key_policy(pinned)
    try:
        with _connecting(name, login.user), line.step():
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
                transport_factory=lambda sock, /, **settings: pinned.transport(line.hold(sock), **settings),
            )
        with _connecting(name, login.user), line.step():
            session = _open_sftp(client, timeout)
        yield Remote(name, session, line)
    finally:
        client.close()
        line.close()


def _open_sftp(client: paramiko.SSHClient, timeout: float) -> Client:
    """The file session on a connection that is logged in. paramiko itself would wait for it without end."""
    transport = client.get_transport()
    session = None if transport is None else Client.from_transport(transport)
    channel = None if session is None else session.get_channel()
    if session is None or channel is None:
        raise paramiko.SSHException("the server opens no file session")
    channel.settimeout(timeout)
    return session


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
        reason = why(error)
        if "banner" in reason or reason == "No existing session":  # which of the two comes is a matter of milliseconds
            reason = "nothing there answers as an SSH server in time"
        raise Unreachable(f"{name}: {reason}") from None
    except socket.gaierror:
        raise Unreachable(f"{name}: this host name is not known; check `host`") from None
    except (OSError, EOFError, ValueError) as error:
        raise Unreachable(f"{name} can't be reached ({why(error)})") from None


def _credentials(name: str, login: Login, folder: Path) -> tuple[str | None, paramiko.PKey | None]:
    try:
        password = None if login.password is None else resolve(login.password, folder)
        passphrase = None if login.passphrase is None else resolve(login.passphrase, folder)
    except SecretError as error:
        raise NotAdmitted(f"{name}: {error}") from None
    if login.private_key is None:
        return password, None
    return password, _private_key(name, folder / login.private_key, passphrase)


def _private_key(name: str, path: Path, passphrase: str | None) -> paramiko.PKey:
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise NotAdmitted(f"{name}: {path} can be read by others; `chmod 600` it")
        for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
            # One after the other: `PKey.from_path`, which could tell, takes no passphrase in paramiko 5.1.
            with suppress(paramiko.SSHException, ValueError, TypeError):
                return _loaded(kind, path, passphrase)
    except _NeedsPassphrase:
        raise NotAdmitted(f"{name}: {path} needs a passphrase") from None
    except OSError as error:
        raise NotAdmitted(f"{name}: {path}: {error.strerror}") from None
    raise NotAdmitted(f"{name}: {path} is no private key that can be read, or its passphrase is another")


class _NeedsPassphrase(Exception):
    pass


def _loaded(kind: type[paramiko.PKey], path: Path, passphrase: str | None) -> paramiko.PKey:
    try:
        return kind.from_private_key_file(str(path), passphrase)
    except paramiko.PasswordRequiredException:
        raise _NeedsPassphrase from None


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
            raise NotAdmitted(f"{name}: {self._file} can't be read ({why(error)})") from None
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
