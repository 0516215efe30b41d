"""A mail server to send to (aiosmtpd): what it took, and what it says to whom."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections import deque
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sync.demo.servers.loop import LoopThread


class Postbox(LoopThread):
    """`user`: who must log in; None: anybody may send. `context`: with it, TLS is offered (or spoken from the beginning)."""

    def __init__(
        self,
        user: str | None = None,
        password: str = "",
        *,
        context: ssl.SSLContext | None = None,
        at_once: bool = False,
    ) -> None:
        super().__init__("postbox")
        self.port = 0
        self.mails: list[bytes] = []
        """What was taken, in order."""
        self.envelopes: list[tuple[str, list[str]]] = []
        """From whom to whom, likewise."""
        self.says: deque[tuple[str, str]] = deque()
        """Answers that are not the usual ones: a command (or TEXT for the mail itself) and what is said to it. `cut`: the
        connection is cut in place of an answer; `take and cut`: after the mail was taken."""
        self._login = None if user is None else (user.encode(), password.encode())
        self._context = context
        self._at_once = at_once
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.BaseTransport] = set()

    def said(self, command: str) -> str | None:
        if self.says and self.says[0][0] == command:
            return self.says.popleft()[1]
        return None

    # What aiosmtpd calls

    def authenticate(self, _server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: Any) -> AuthResult:
        if (said := self.said("AUTH")) is not None:
            return AuthResult(success=False, handled=False, message=said)
        known = isinstance(data, LoginPassword) and (data.login, data.password) == self._login
        return AuthResult(success=known, handled=False)

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's names)
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return await self._answer(server, "MAIL") or "250 OK"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        said = await self._answer(server, "RCPT")
        if said is None:
            envelope.rcpt_tos.append(address)
        return said or "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        said = self.said("TEXT")
        if said is None or said == "take and cut":
            assert isinstance(envelope.content, bytes)
            self.mails.append(envelope.content)
            self.envelopes.append((str(envelope.mail_from), [str(each) for each in envelope.rcpt_tos]))
        if said in ("cut", "take and cut"):
            self._cut(server)
        return said or "250 taken"

    async def _answer(self, server: SMTP, command: str) -> str | None:
        said = self.said(command)
        if said == "cut":
            self._cut(server)
        return said

    @staticmethod
    def _cut(server: SMTP) -> None:
        assert isinstance(server.transport, asyncio.Transport)
        server.transport.abort()

    # Serving

    async def _start(self) -> None:
        opened = self._open

        class Protocol(SMTP):
            def connection_made(self, transport: asyncio.BaseTransport) -> None:
                opened.add(transport)
                super().connection_made(transport)

            def connection_lost(self, error: Exception | None) -> None:
                opened.discard(self.transport)
                super().connection_lost(error)

        def protocol() -> SMTP:
            with warnings.catch_warnings(action="ignore"):  # of logging in without TLS: on this machine, in a test
                return Protocol(
                    self,
                    hostname="postbox.example",
                    decode_data=False,
                    data_size_limit=None,
                    tls_context=None if self._at_once else self._context,
                    require_starttls=self._context is not None and not self._at_once,
                    auth_required=self._login is not None,
                    auth_require_tls=self._context is not None and not self._at_once,
                    authenticator=self.authenticate if self._login is not None else None,
                )

        context = self._context if self._at_once else None
        self._server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0, ssl=context)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop(self) -> None:
        if self._server is not None:
            self._server.close()
            for transport in list(self._open):
                if isinstance(transport, asyncio.Transport):
                    transport.abort()
            await self._server.wait_closed()
