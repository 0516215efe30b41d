"""Orders from a mailbox (imapclient).

Every mail in the folder waits to be taken in, read or unread: flags are other people's. It is fetched without a mark
(`BODY.PEEK[]`), several at a time up to a number of bytes, and moved to the archive folder when our store has it. A mail
that another client took away in between is passed over: FETCH tells nothing of it, and a MOVE of it "succeeds".

A mail's key is folder, UIDVALIDITY and UID: after a change of UIDVALIDITY the same UID is another mail.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, NoReturn

from imapclient.exceptions import CapabilityError, IMAPClientAbortError, IMAPClientError, LoginError

from core.connections import ImapInbound
from core.secrets import SecretError, resolve
from sync.channels import Arrival, ChannelError, NotAdmitted, Received, Unreachable, mail, tls
from sync.channels.imap_client import Client
from sync.channels.line import Line

TIMEOUT: Final = 30.0
"""Seconds that the server may be silent; a command as a whole may take twice as long, and more where it carries much."""
MOST_BYTES: Final = 64 * 1024 * 1024
"""A larger mail is no order; a person gets its header to look at."""
_TOGETHER_BYTES: Final = 4 * 1024 * 1024
_TOGETHER_MAILS: Final = 100
_SIZES_TOGETHER: Final = 500

_BODY: Final = b"BODY[]"
_HEADER: Final = b"BODY[HEADER]"


@dataclass(frozen=True, slots=True)
class _Place:
    uidvalidity: int
    uid: int


class ImapInboundChannel:
    """One folder of one mailbox. `folder`: where podesk.toml is."""

    def __init__(
        self, settings: ImapInbound, folder: Path, *, most_bytes: int = MOST_BYTES, timeout: float = TIMEOUT
    ) -> None:
        self.settings = settings
        self.most_bytes = most_bytes
        self.name = f"imap {settings.host}:{settings.port}"
        self._folder = folder
        self._timeout = timeout

    @contextmanager
    def session(self) -> Iterator[ImapInboundSession]:
        line = Line(2 * self._timeout)
        try:
            client = self._log_in(line)
            try:
                yield ImapInboundSession(self, client, line)
            finally:
                # Not LOGOUT: it waits for an answer, and nothing hangs on it.
                with suppress(OSError, IMAPClientError):
                    client.shutdown()
        finally:
            line.close()

    def check(self) -> str:
        with self.session() as session:
            return f"{self.name}: {len(session.waiting())} waiting in {self.settings.folder}"

    def _log_in(self, line: Line) -> Client:
        settings = self.settings
        try:
            password = resolve(settings.password, self._folder)
        except SecretError as error:
            raise NotAdmitted(f"{self.name}: {error}") from None
        client = None
        try:
            with line.step():
                context = tls.context() if settings.tls == "ssl" else None
                client = Client(line, settings.host, settings.port, context, self._timeout)
                if settings.tls == "starttls":
                    client.starttls(tls.context())
                client.login(settings.user, password)
        except Exception as error:
            if client is not None:
                with suppress(OSError, IMAPClientError):
                    client.shutdown()
            self._not_logged_in(error)
        return client

    def _not_logged_in(self, error: Exception) -> NoReturn:
        if isinstance(error, ssl.SSLCertVerificationError):
            raise NotAdmitted(
                f"{self.name} shows a certificate that this machine does not trust ({error.verify_message}); check `host`,"
                " or install the authority that signed it (SSL_CERT_FILE)"
            ) from None
        if isinstance(error, LoginError) and not any(word in str(error).upper() for word in _PASSING):
            raise NotAdmitted(
                f"{self.name} does not let {self.settings.user} in; check user and password of this connection"
            ) from None
        if isinstance(error, CapabilityError):
            raise NotAdmitted(f'{self.name} knows no STARTTLS; set tls = "ssl" for this connection') from None
        if isinstance(error, socket.gaierror):
            raise Unreachable(f"{self.name}: this host name is not known; check `host`") from None
        if isinstance(error, OSError | IMAPClientError | EOFError | ValueError):
            raise Unreachable(f"{self.name} can't be reached ({_why(error)})") from None
        raise error


_PASSING: Final = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]", "[CONTACTADMIN]")
"""Refusals of a log-in that say nothing about the password (RFC 5530)."""


class ImapInboundSession:
    def __init__(self, channel: ImapInboundChannel, client: Client, line: Line) -> None:
        self._channel = channel
        self._client = client
        self._line = line
        self._name = channel.name
        self._lost = False
        self._archive_is_there = False
        folder = channel.settings.folder
        with self._talking():
            try:
                selected = client.select_folder(folder)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                raise ChannelError(f"{self._name}: there is no folder {folder}; check `folder`") from None
        self._uidvalidity = int(selected.get(b"UIDVALIDITY", 0))

    def waiting(self) -> list[int]:
        """The UIDs of what waits, oldest first. What is marked as deleted has been archived, but for its removal."""
        with self._talking():
            return sorted(int(uid) for uid in self._client.search("UNDELETED"))

    def arrivals(self) -> Iterator[Arrival]:
        waiting = self.waiting()
        for at in range(0, len(waiting), _SIZES_TOGETHER):
            sizes = self._fetch(waiting[at : at + _SIZES_TOGETHER], b"RFC822.SIZE")
            for together in _by_bytes(sizes, self._channel.most_bytes):
                whole = sizes[together[0]] <= self._channel.most_bytes
                size = sum(sizes[uid] for uid in together) if whole else 0
                fetched = self._fetch(together, _BODY if whole else _HEADER, size)
                for uid in together:
                    if isinstance(fetched.get(uid), bytes):
                        yield self._arrival(uid, fetched[uid], None if whole else sizes[uid])

    def _fetch(self, uids: list[int], what: bytes, size: int = 0) -> dict[int, Any]:
        """What the server tells of these mails; those that are gone are missing."""
        asked = what.replace(b"BODY[", b"BODY.PEEK[")
        with self._talking(size):
            answer = self._client.fetch(uids, [asked])
        return {uid: answer[uid][what] for uid in uids if uid in answer and answer[uid].get(what) is not None}

    def _arrival(self, uid: int, source: bytes, too_large: int | None) -> Arrival:
        settings = self._channel.settings
        digest = sha256(source)
        if too_large is None:
            documents = mail.documents(source, settings.trusted_authserv)
        else:
            digest.update(b"%d" % too_large)
            documents = (
                Received(
                    "header of a large mail",
                    source,
                    problem=f"the mail has {too_large:,} bytes, more than an order can have ({self._channel.most_bytes:,})",
                    remedy=f"look at it in the mailbox, folder {settings.archive}; ask its sender to send orders one by one",
                ),
            )
        return Arrival(
            locator=f"{settings.folder};UIDVALIDITY={self._uidvalidity}/;UID={uid}",
            fingerprint=digest.hexdigest(),
            documents=documents,
            handle=_Place(self._uidvalidity, uid),
        )

    def archive(self, arrival: Arrival) -> bool:
        place = arrival.handle
        assert isinstance(place, _Place)
        if place.uidvalidity != self._uidvalidity:
            return False  # the UID may be another mail by now; this one is seen again, under its new number
        with self._talking():
            try:
                self._make_archive()
                self._move(place.uid)
            except IMAPClientAbortError:
                raise
            except IMAPClientError as error:
                raise ChannelError(
                    f"{self._name}: mail {place.uid} of {self._channel.settings.folder} is taken in but can't be moved to"
                    f" {self._channel.settings.archive} ({_why(error)}); make that folder"
                ) from None
        return True

    def _make_archive(self) -> None:
        if self._archive_is_there:
            return
        archive = self._channel.settings.archive
        if not self._client.folder_exists(archive):
            # Another may make it at this moment; whether it is there shows when a mail is moved.
            try:
                self._client.create_folder(archive)
            except IMAPClientAbortError:
                raise
            except IMAPClientError:
                return
        self._archive_is_there = True

    def _move(self, uid: int) -> None:
        client, archive = self._client, self._channel.settings.archive
        if client.has_capability("MOVE"):
            client.move([uid], archive)
            return
        client.copy([uid], archive)
        client.add_flags([uid], [b"\\Deleted"], silent=True)
        # Without UIDPLUS it stays, marked: a plain EXPUNGE would remove what others marked.
        if client.has_capability("UIDPLUS"):
            client.uid_expunge([uid])

    @contextmanager
    def _talking(self, carried: int = 0) -> Iterator[None]:
        if self._lost:
            raise Unreachable(f"{self._name}: the connection was lost")
        try:
            with self._line.step(carried):
                yield
        except (OSError, EOFError, IMAPClientAbortError) as error:
            self._lost = True
            raise Unreachable(f"{self._name}: the connection was lost ({_why(error)})") from None
        except (IMAPClientError, ValueError, AssertionError, KeyError) as error:
            # After an answer that can't be read nothing more on this connection can be relied on.
            self._lost = True
            raise Unreachable(f"{self._name}: the server's answer can't be read ({_why(error)})") from None


def _by_bytes(sizes: dict[int, int], most_bytes: int) -> Iterable[list[int]]:
    """The mails in groups to be fetched together; one that is too large to be read stands alone."""
    together: list[int] = []
    size = 0
    for uid, each in sizes.items():
        if together and (each > most_bytes or size + each > _TOGETHER_BYTES or len(together) >= _TOGETHER_MAILS):
            yield together
            together, size = [], 0
        together.append(uid)
        size += each
        if each > most_bytes:
            yield together
            together, size = [], 0
    if together:
        yield together


def _why(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.errno is not None:
        return (error.strerror or f"error {error.errno}")[:200]
    return " ".join(str(error).split())[:200] or type(error).__name__
