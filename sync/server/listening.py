"""The socket that we listen on: had when the listener starts, and tried by `podesk check`."""

from __future__ import annotations

import errno
import socket
from typing import Final

from core.config import Settings, SettingsError
from core.webhook import Webhook
from sync.server.certificate import certificate
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


def could_listen(settings: Settings) -> str:
    """What `podesk check` says of the listener. Raises SettingsError."""
    listener = settings.listener
    how = (
        "TLS" if certificate(listener, settings.folder) is not None else "plain HTTP, for this machine or a proxy on it"
    )
    pid = listening_pid(settings.store_path)
    if pid is not None:
        return f"process {pid or 'unknown'} listens on {listener.listen}, {how}"
    bind(listener).close()
    who = "`podesk serve`" if listener.apart else "`podesk sync`"
    return f"{listener.listen} is free for {who}, {how}"
