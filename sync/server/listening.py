"""The socket that we listen on, and its certificate: had when the listener starts, and tried by `podesk check`."""

from __future__ import annotations

import errno
import os
import socket
import ssl
from pathlib import Path
from typing import Final

from core.config import Settings, SettingsError
from core.webhook import Webhook
from sync.server.lock import listening_pid

BACKLOG: Final = 512


def bind(settings: Webhook) -> socket.socket:
    """The listening socket. Raises SettingsError with what to do."""
    host, port = settings.address
    try:
        found = socket.getaddrinfo(host, int(port), type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        listening = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        raise _unusable(settings, error) from None
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        raise _unusable(settings, error) from None
    return listening


def _unusable(settings: Webhook, error: OSError) -> SettingsError:
    advice = {
        errno.EADDRINUSE: "another program listens there; end it, or choose another port",
        errno.EACCES: "only a privileged user may; choose a port from 1024 on, or put a proxy before it",
        errno.EADDRNOTAVAIL: "this machine has no such address",
    }.get(error.errno or 0, error.strerror or str(error))
    return SettingsError(f"[webhook] listen: {settings.listen} can't be listened on: {advice}")


def tls(settings: Webhook, folder: Path) -> ssl.SSLContext | None:
    """What TLS is spoken with, from TLS 1.2 on; None for plain HTTP. Raises SettingsError."""
    if settings.certificate is None or settings.key is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_certificate(context, settings, folder)
    return context


def load_certificate(context: ssl.SSLContext, settings: Webhook, folder: Path) -> None:
    """Read certificate and key, for the next connections. Raises SettingsError."""
    for name, file in (("certificate", settings.certificate), ("key", settings.key)):
        try:
            (folder / (file or "")).read_bytes()
        except OSError as error:
            raise SettingsError(f"[webhook] {name}: {folder / (file or '')}: {error.strerror}") from None
    try:
        # An empty word in place of asking at the terminal: the daemon has none.
        context.load_cert_chain(folder / (settings.certificate or ""), folder / (settings.key or ""), lambda: "")
    except (ssl.SSLError, ValueError, OSError) as error:
        reason = getattr(error, "reason", None) or "not in PEM, or the key is encrypted"
        raise SettingsError(
            f"[webhook] certificate {settings.certificate} and key {settings.key} can't be used together: {reason}; "
            "both are PEM, the key without a passphrase"
        ) from None


def age(settings: Webhook, folder: Path) -> tuple[int, ...]:
    """Changes when the files of the certificate do."""
    files = [folder / file for file in (settings.certificate, settings.key) if file is not None]
    return tuple(os.stat(file).st_mtime_ns for file in files)


def could_listen(settings: Settings) -> str:
    """What `podesk check` says of the listener. Raises SettingsError."""
    listener = settings.listener
    how = "TLS" if tls(listener, settings.folder) is not None else "plain HTTP, for this machine or a proxy on it"
    pid = listening_pid(settings.store_path)
    if pid is not None:
        return f"process {pid or 'unknown'} listens on {listener.listen}, {how}"
    bind(listener).close()
    who = "`podesk serve`" if listener.apart else "`podesk sync`"
    return f"{listener.listen} is free for {who}, {how}"
