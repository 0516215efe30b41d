"""An IMAP server with one mailbox, kept in memory (pymap)."""

from __future__ import annotations

import asyncio
from argparse import Namespace
from datetime import UTC, datetime
from typing import Any

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import Config, DictBackend
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage
from pysasl.hashing import Cleartext

from sync.demo.servers.loop import LoopThread


class MailServer(LoopThread):
    """Mail for one user, without TLS: for the loopback only. It knows MOVE and UIDPLUS."""

    def __init__(self, user: str, password: str) -> None:
        super().__init__("mail server")
        self.port = 0
        """Where it listens, once entered."""
        self._user = user
        self._password = password
        self._backend: Any = None
        self._server: asyncio.Server | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    def deliver(self, message: bytes, folder: str = "INBOX") -> None:
        """A mail arrives: `message` is its whole source."""
        self._do(self._append(message, folder))

    async def _append(self, message: bytes, folder: str) -> None:
        identity = await self._backend.login.authorize(self._backend.login.demo_user_identity, self._user)
        async with identity.new_session() as session:
            mailbox = await session.mailbox_set.get_mailbox(folder)
            await mailbox.append(AppendMessage(message, datetime.now(UTC), frozenset()), recent=True)

    async def _start(self) -> None:
        # pymap takes its settings as a command line would give them.
        arguments = Namespace(
            host="127.0.0.1", port="0", debug=False, cert=None, key=None, tls=False, proxy_protocol=None,
            passlib_cfg=None, demo_data=False, demo_user=self._user, demo_password=self._password,
        )  # fmt: skip
        self._backend, config = await DictBackend.init(arguments, invalid_user_sleep=0.0, hash_context=Cleartext())
        assert isinstance(config, Config)
        config.apply_context()
        callback = ProxyProtocolReader(config.proxy_protocol).get_callback(IMAPServer(self._backend.login, config))

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._writers.add(writer)
            await callback(reader, writer)

        self._server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for writer in self._writers:
                writer.transport.abort()
            await self._server.wait_closed()
