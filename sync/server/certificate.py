"""The certificate that the listener speaks TLS with, and its renewal while it listens."""

from __future__ import annotations

import ssl
from pathlib import Path

from core.config import SettingsError
from core.webhook import Webhook
from sync.server.validity import Validity, validity


class Certificate:
    """The certificate and its key as files, and what TLS is spoken with: from 1.2 on.

    Renewed every few weeks, and nobody starts us again for it. A context can't take another pair in: where certificate and
    key don't fit, as between the writing of the one and of the other, it is left with neither. So each pair has a context
    of its own, and each handshake takes that of the newest good pair: `context`. (Handed on by OpenSSL's callback for the
    name that a caller asks for, one that is no name would end in a trace on stderr.)
    """

    def __init__(self, settings: Webhook, folder: Path) -> None:
        """Raises SettingsError."""
        assert settings.certificate is not None
        assert settings.key is not None
        self._files = {"certificate": folder / settings.certificate, "key": folder / settings.key}
        self._looked_at = self._marks()  # before they are read: what changes meanwhile is seen by the next look
        self.validity: Validity | None = None
        """Of the newest good pair."""
        self.context = self._load()

    def renew(self) -> bool:
        """Read the files if they changed; whether they did. Raises SettingsError: the old pair stays in use."""
        marks = self._marks()
        if marks == self._looked_at:
            return False
        self.context = self._load()
        self._looked_at = marks
        return True

    def _marks(self) -> tuple[tuple[int, ...] | None, ...]:
        """Changes when a file does; None for one that can't be looked at."""

        def mark(file: Path) -> tuple[int, ...] | None:
            try:
                found = file.stat()
            except OSError:
                return None
            return found.st_mtime_ns, found.st_size, found.st_ino

        return tuple(mark(file) for file in self._files.values())

    def _load(self) -> ssl.SSLContext:
        held = {}
        for name, file in self._files.items():
            try:
                held[name] = file.read_bytes()
            except OSError as error:
                raise SettingsError(f"[webhook] {name}: {file}: {error.strerror}") from None
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        certificate, key = self._files.values()
        try:
            # An empty word in place of asking at the terminal: the daemon has none.
            context.load_cert_chain(certificate, key, lambda: "")
        except (ssl.SSLError, ValueError, OSError) as error:
            reason = getattr(error, "reason", None) or "not in PEM, or the key is encrypted"
            raise SettingsError(
                f"[webhook] certificate {certificate} and key {key} can't be used together: {reason}; "
                "both are PEM, the key without a passphrase"
            ) from None
        self.validity = validity(held["certificate"])
        return context


def certificate(settings: Webhook, folder: Path) -> Certificate | None:
    """As the settings name it; None for plain HTTP. Raises SettingsError."""
    if settings.certificate is None or settings.key is None:
        return None
    return Certificate(settings, folder)
