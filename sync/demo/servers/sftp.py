"""An SFTP server whose users see one folder of this machine as their root (asyncssh)."""

from __future__ import annotations

from pathlib import Path

import asyncssh

from sync.demo.servers.loop import LoopThread


class SftpServer(LoopThread):
    """`root` is what partners see as `/`. `read_only`: they may look and fetch, but not move, write or remove anything."""

    def __init__(self, root: Path, user: str, password: str, *, read_only: bool = False) -> None:
        super().__init__("SFTP server")
        self.root = root
        self.port = 0
        """Where it listens, once entered."""
        self._user = user
        self._password = password
        self.serve: type[asyncssh.SFTPServer] = _ReadOnly if read_only else asyncssh.SFTPServer
        """What answers; set it before entering to play a server with habits of its own."""
        self.key = asyncssh.generate_private_key("ssh-ed25519")
        self.acceptor: asyncssh.SSHAcceptor | None = None
        self._connections: set[asyncssh.SSHServerConnection] = set()

    @property
    def host_key_line(self) -> str:
        """The line of a known_hosts file that pins this server's key."""
        return f"[127.0.0.1]:{self.port} {self.key.export_public_key().decode().strip()}"

    def door(self) -> asyncssh.SSHServer:
        """What lets one connection in, or not."""
        return _Door(self._user, self._password, self._connections)

    async def _start(self) -> None:
        self.acceptor = await asyncssh.listen(
            "127.0.0.1",
            0,
            server_host_keys=[self.key],
            server_factory=self.door,
            sftp_factory=lambda channel: self.serve(channel, chroot=str(self.root).encode()),
        )
        self.port = self.acceptor.get_port()

    async def _stop(self) -> None:
        if self.acceptor is not None:
            self.acceptor.close()
        for connection in list(self._connections):
            connection.abort()
        if self.acceptor is not None:
            await self.acceptor.wait_closed()


class _Door(asyncssh.SSHServer):
    """Lets one user in by password."""

    def __init__(self, user: str, password: str, connections: set[asyncssh.SSHServerConnection]) -> None:
        self._user = user
        self._password = password
        self._connections = connections
        self._connection: asyncssh.SSHServerConnection | None = None

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._connection = conn
        self._connections.add(conn)

    def connection_lost(self, exc: Exception | None) -> None:
        if self._connection is not None:
            self._connections.discard(self._connection)

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (self._user, self._password)


class _ReadOnly(asyncssh.SFTPServer):
    def rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise _denied()

    def posix_rename(self, oldpath: bytes, newpath: bytes) -> None:
        raise _denied()

    def mkdir(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
        raise _denied()

    def remove(self, path: bytes) -> None:
        raise _denied()

    def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
        if pflags & (asyncssh.FXF_WRITE | asyncssh.FXF_APPEND | asyncssh.FXF_CREAT | asyncssh.FXF_TRUNC):
            raise _denied()
        return super().open(path, pflags, attrs)


def _denied() -> asyncssh.SFTPPermissionDenied:
    return asyncssh.SFTPPermissionDenied("this server can only be read")
