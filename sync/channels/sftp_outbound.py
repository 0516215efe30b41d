"""Answers into an SFTP folder.

Written under `.<name>.<id>.tmp`, its size checked, then renamed: a partner never sees half an answer. A rename that fails
because the very same bytes are there already has succeeded before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final
from urllib.parse import quote

from core.connections import SftpOutbound
from sync.channels import ATTACHMENT, NotAdmitted, Parcel, Refused, Uncertain, Unreachable
from sync.channels.sftp import Remote, join, reason, shown
from sync.channels.sftp_login import TIMEOUT, connect

_MODE: Final = 0o664
_LONGEST_NUMBER: Final = 100
"""With the rest of the name, the dot, the id and `.tmp` still a name that every file system takes."""


class SftpOutboundChannel:
    def __init__(self, settings: SftpOutbound, folder: Path, *, timeout: float = TIMEOUT) -> None:
        self.settings = settings
        self.path = settings.path.encode()
        self._folder = folder
        self._timeout = timeout

    @contextmanager
    def session(self) -> Iterator[SftpOutboundSession]:
        with connect(self.settings, self._folder, self._timeout) as remote:
            yield SftpOutboundSession(self, remote)

    def check(self) -> str:
        with connect(self.settings, self._folder, self._timeout) as remote:
            if remote.look(self.path) is None:
                raise NotAdmitted(f"{remote.name}: there is no folder {shown(self.path)}; check `path`")
            return f"{remote.name}: {shown(self.path)} is there for our answers"


class SftpOutboundSession:
    def __init__(self, channel: SftpOutboundChannel, remote: Remote) -> None:
        self._channel = channel
        self._remote = remote

    def send(self, parcel: Parcel) -> str:
        if parcel.kind == ATTACHMENT:
            raise Refused(
                f"{self._remote.name}: order {parcel.order_number}: no document can be uploaded by SFTP, since nothing says"
                " what an answer should call it; send it another way, and answer without it"
            )
        name = file_name(self._channel.settings.name, parcel)
        target = join(self._channel.path, name)
        receipt = f"{self._remote.name}: {shown(target)}, {len(parcel.payload)} bytes"
        if self._is_there(target, parcel):
            return receipt
        partial = join(self._channel.path, b".%s.%s.tmp" % (name, quote(parcel.id, safe="").encode()))
        try:
            written = self._remote.write(partial, parcel.payload)
        except (FileNotFoundError, PermissionError) as error:
            raise NotAdmitted(
                f"{self._remote.name}: order {parcel.order_number}: nothing can be put into {shown(self._channel.path)}"
                f" ({reason(error)}); check `path`, or have the right given to us"
            ) from None
        except OSError as error:
            raise Unreachable(
                f"{self._remote.name}: order {parcel.order_number}: writing failed ({reason(error)})"
            ) from None
        if written != len(parcel.payload):
            raise Unreachable(
                f"{self._remote.name}: order {parcel.order_number}: only {written} of {len(parcel.payload)} bytes arrived"
            )
        self._permit(partial)
        self._rename(partial, target, parcel)
        return receipt

    def _is_there(self, target: bytes, parcel: Parcel) -> bool:
        """Whether this very answer is there already. Raises Refused when another file has its name."""
        found = self._remote.look(target)
        if found is None:
            return False
        try:
            same = found[0] == len(parcel.payload) and self._remote.read(target, found[0])[0] == parcel.payload
        except FileNotFoundError:
            return False
        except OSError:
            same = False
        if not same:
            raise Refused(
                f"{self._remote.name}: order {parcel.order_number}: another file called {shown(target)} is there; put"
                " {id} into the `name` of this connection's settings, or have that file fetched, then retry"
            )
        return True

    def _permit(self, partial: bytes) -> None:
        try:
            self._remote.permit(partial, _MODE)
        except OSError:
            return  # the partner's own rules for new files hold then

    def _rename(self, partial: bytes, target: bytes, parcel: Parcel) -> None:
        try:
            self._remote.rename(partial, target)
        except Unreachable as error:
            raise Uncertain(f"{error}; order {parcel.order_number}: the answer may be there") from None
        except OSError as error:
            if self._is_there(target, parcel):
                self._remove(partial)
                return
            raise Unreachable(
                f"{self._remote.name}: order {parcel.order_number}: the answer is written but can't be given its name"
                f" {shown(target)} ({reason(error)})"
            ) from None

    def _remove(self, partial: bytes) -> None:
        try:
            self._remote.remove(partial)
        except OSError:
            return


def file_name(template: str, parcel: Parcel) -> bytes:
    """The template filled in. The order number is the buyer's text: percent-encoded, it is one harmless part of a name."""
    parts = {
        "number": _number(parcel.order_number),
        "id": quote(parcel.id, safe=""),
        "extension": quote(parcel.extension, safe=""),
        "kind": quote(parcel.kind, safe=""),
    }
    return re.sub(r"\{(\w+)\}", lambda field: parts.get(field[1], field[0]), template).encode()


def _number(number: str) -> str:
    encoded = quote(number, safe="", errors="replace")
    dots = len(encoded) - len(encoded.lstrip("."))
    encoded = "%2E" * dots + encoded[dots:]
    if len(encoded) <= _LONGEST_NUMBER:
        return encoded
    # Two long numbers with the same beginning still get two names.
    short = re.sub(r"%[0-9A-F]?$", "", encoded[: _LONGEST_NUMBER - 9])
    return f"{short}~{sha256(number.encode('utf-8', 'replace')).hexdigest()[:8]}"
