"""imapclient's client on a line that can be cut, from the first byte on: greeting and TLS handshake can trickle in too."""

from __future__ import annotations

import socket
import ssl

from imapclient import IMAPClient
from imapclient.imap4 import IMAP4WithTimeout
from imapclient.tls import IMAP4_TLS

from sync.channels.line import Line


class Client(IMAPClient):  # type: ignore[misc]
    """`context` for TLS from the beginning; without one the connection is plain."""

    def __init__(self, line: Line, host: str, port: int, context: ssl.SSLContext | None, timeout: float) -> None:
        self._line = line
        super().__init__(host, port, ssl=context is not None, ssl_context=context, timeout=timeout)

    def _create_IMAP4(self) -> IMAP4WithTimeout | IMAP4_TLS:  # noqa: N802 (imapclient's name)
        if self.ssl:
            return _Secured(self._line, self.host, self.port, self.ssl_context, self._timeout.connect)
        return _Plain(self._line, self.host, self.port, self._timeout.connect)


class _Plain(IMAP4WithTimeout):  # type: ignore[misc]
    def __init__(self, line: Line, host: str, port: int, timeout: float) -> None:
        self._line = line
        super().__init__(host, port, timeout)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        return self._line.hold(super()._create_socket(timeout))


class _Secured(IMAP4_TLS):  # type: ignore[misc]
    def __init__(self, line: Line, host: str, port: int, context: ssl.SSLContext, timeout: float) -> None:
        self._line = line
        super().__init__(host, port, context, timeout)

    def _create_socket(self, timeout: float | None = None) -> socket.socket:
        connected = socket.create_connection((self.host, self.port), self._timeout if timeout is None else timeout)
        secured: socket.socket = self.ssl_context.wrap_socket(self._line.hold(connected), server_hostname=self.host)
        return secured
