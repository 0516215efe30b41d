"""A partner that sends a byte now and then is never silent, and never done: each step of a conversation has its end.

The servers here give up after some seconds; whoever waited until then is told that the connection was lost, not that it
took too long.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import asyncssh
import pytest

from core.connections import ImapInbound
from sync.channels import Unreachable
from sync.channels.imap import ImapInboundChannel
from sync.channels.line import Line
from sync.channels.sftp_login import connect
from sync.demo.servers.sftp import SftpServer
from tests.channels.places import PASSWORD, USER, SftpPlace

PAUSE = 0.02
BYTES = 400
TIMEOUT = 0.3
"""Longer than PAUSE: no single wait is too long."""


def trickle(connection: socket.socket, byte: bytes = b"x") -> None:
    with suppress(OSError):
        for _ in range(BYTES):
            connection.sendall(byte)
            time.sleep(PAUSE)


@contextmanager
def server(talk: Callable[[socket.socket], None]) -> Iterator[int]:
    """The port of one who talks like that with each who comes."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection, suppress(OSError):
                talk(connection)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)


def imap_until(word: bytes) -> Callable[[socket.socket], None]:
    """An IMAP server that answers in time, until it is asked something with `word` in it."""

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"* OK ready\r\n")
        with connection.makefile("rb") as asked:
            for line in asked:
                tag = line.split()[0]
                if word in line:
                    trickle(connection)
                    return
                if b"CAPABILITY" in line:
                    connection.sendall(b"* CAPABILITY IMAP4rev1\r\n")
                if b"SEARCH" in line:
                    connection.sendall(b"* SEARCH 1\r\n")
                if b"RFC822.SIZE" in line:
                    connection.sendall(b"* 1 FETCH (UID 1 RFC822.SIZE 100)\r\n")
                connection.sendall(tag + b" OK done\r\n")

    return talk


def mailbox(port: int, folder: Path, tls: str = "none") -> ImapInboundChannel:
    (folder / "secret").touch(mode=0o600)
    (folder / "secret").write_text(PASSWORD)
    settings = ImapInbound.model_validate(
        {"channel": "imap", "host": "127.0.0.1", "port": port, "user": USER, "password": {"file": "secret"}, "tls": tls}
    )
    return ImapInboundChannel(settings, folder, timeout=TIMEOUT)


@pytest.mark.parametrize("tls", ["none", "ssl", "starttls"])
def test_a_greeting_that_trickles_in_has_an_end(tmp_path: Path, tls: str) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x20\x00" if tls == "ssl" else b"* ")
        trickle(connection)

    with server(talk) as port, pytest.raises(Unreachable, match="no answer in time"):
        mailbox(port, tmp_path, tls).check()


@pytest.mark.parametrize("word", [b"LOGIN", b"SELECT", b"SEARCH", b"RFC822.SIZE", b"BODY.PEEK"])
def test_an_answer_of_a_mailbox_that_trickles_in_has_an_end(tmp_path: Path, word: bytes) -> None:
    def take() -> None:
        with mailbox(port, tmp_path).session() as session:
            list(session.arrivals())

    with server(imap_until(word)) as port, pytest.raises(Unreachable, match="no answer in time"):
        take()


def test_a_banner_of_an_sftp_server_that_trickles_in_has_an_end(tmp_path: Path) -> None:
    with server(trickle) as port, SftpServer(tmp_path, USER, PASSWORD) as real:
        place = SftpPlace(real, tmp_path, "", {"user": USER, "password": PASSWORD})
        with pytest.raises(Unreachable, match="in time"):
            place.channel(timeout=TIMEOUT, port=port).check()


class Trickling(SftpServer):
    """Lets us in; then what it says of files comes a byte now and then."""

    greeting = b""

    def door(self) -> asyncssh.SSHServer:
        door = super().door()
        door.session_requested = lambda: TricklingSession(self.greeting)  # type: ignore[method-assign]
        return door

    async def _start(self) -> None:
        self.acceptor = await asyncssh.listen(
            "127.0.0.1", 0, server_host_keys=[self.key], server_factory=self.door, encoding=None
        )
        self.port = self.acceptor.get_port()


class TricklingSession(asyncssh.SSHServerSession[bytes]):
    def __init__(self, greeting: bytes) -> None:
        self._greeting = greeting

    def connection_made(self, chan: asyncssh.SSHServerChannel[bytes]) -> None:
        self._channel = chan

    def subsystem_requested(self, subsystem: str) -> bool:
        return True

    def session_started(self) -> None:
        self._talk = asyncio.get_running_loop().create_task(self._trickle())

    async def _trickle(self) -> None:
        # Its version, perhaps; then the beginning of a long packet.
        self._channel.write(self._greeting + b"\0\0\x7f\xff")
        for _ in range(BYTES):
            if self._channel.is_closing():
                return
            self._channel.write(b"x")
            await asyncio.sleep(PAUSE)
        self._channel.exit(0)


@pytest.mark.parametrize("greeting", [b"", b"\0\0\0\5\2\0\0\0\3"], ids=["no version", "version"])
def test_an_answer_of_an_sftp_server_that_trickles_in_has_an_end(tmp_path: Path, greeting: bytes) -> None:
    root = tmp_path / "partner"
    root.mkdir()
    with Trickling(root, USER, PASSWORD) as partner:
        partner.greeting = greeting
        settings = SftpPlace(partner, root, "", {"user": USER, "password": PASSWORD}).settings()

        def look() -> None:
            with connect(settings, root, timeout=1.0) as remote:
                remote.look(b"/order")

        with pytest.raises(Unreachable, match="no answer in time"):
            look()


def test_a_line_that_is_cut_before_it_stands_is_not_used() -> None:
    line = Line(0.01)
    near, far = socket.socketpair()
    with far:
        line._end()
        with pytest.raises(TimeoutError):
            line.hold(near)
    assert near.fileno() == -1


def test_what_carries_much_may_take_as_long_as_it_needs() -> None:
    line = Line(0.0)
    near, far = socket.socketpair()
    with near, far:
        line.hold(near)
        with line.step(100_000_000):
            far.sendall(b"x")
            assert near.recv(1) == b"x"
        line.close()
