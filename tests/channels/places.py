"""Places where partners leave orders or fetch answers: each the same few verbs over a real server.

The contract suites use nothing but these verbs, so that every channel is held to the same words.
"""

from __future__ import annotations

import datetime as dt
import json
import os
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

from imapclient import IMAPClient
from pydantic import TypeAdapter

from core.connections import (
    Duration,
    HttpOutbound,
    HttpPollInbound,
    ImapInbound,
    SftpInbound,
    SftpOutbound,
    SmtpOutbound,
)
from sync.channels import InboundChannel, OutboundChannel
from sync.channels.http import HttpOutboundChannel
from sync.channels.http_poll import HttpPollChannel
from sync.channels.imap import ImapInboundChannel
from sync.channels.pace import Pacer
from sync.channels.sftp_inbound import SftpInboundChannel
from sync.channels.sftp_outbound import SftpOutboundChannel
from sync.channels.smtp import SmtpOutboundChannel
from sync.demo.servers.mail import MailServer
from sync.demo.servers.sftp import SftpServer
from sync.demo.servers.tradecloud import TradecloudServer
from tests.channels.dovecot import Dovecot
from tests.channels.openssh import OpenSsh
from tests.channels.postbox import Postbox

USER, PASSWORD = "supplier", "correct horse"


class Clock:
    """Time that passes when somebody sleeps; `meanwhile` happens while they do."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.slept: list[float] = []
        self.meanwhile: Callable[[], object] = lambda: None

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.meanwhile()


class InboundPlace(ABC):
    """`server` has a port, and can be stopped for good."""

    server: SftpServer | OpenSsh | MailServer | Dovecot | TradecloudServer

    @abstractmethod
    def put(self, name: str, payload: bytes) -> None:
        """A partner leaves one document."""

    def leave(self, name: str, text: str = "1") -> bytes:
        """A partner leaves a document of a kind that lies in such a place; its bytes."""
        payload = f"<Order>{name} {text}</Order>".encode()
        self.put(name, payload)
        return payload

    @abstractmethod
    def waiting(self) -> int:
        """How many documents lie where partners left them."""

    @abstractmethod
    def archived(self) -> list[bytes]:
        """What lies in the archive, oldest first."""

    @abstractmethod
    def take_away(self) -> None:
        """Another client takes everything away that waits."""

    @abstractmethod
    def channel(self, *, most_bytes: int = 1_000_000, timeout: float = 20.0, **settings: Any) -> InboundChannel:
        """A channel to here, with some settings of its own."""


class SftpPlace(InboundPlace):
    """An SFTP folder: `seen` is how partners call `root`."""

    def __init__(self, server: SftpServer | OpenSsh, root: Path, seen: str, login: dict[str, Any]) -> None:
        self.server = server
        self.root = root
        self.order = root / "order"
        self.claimed = self.order / "claimed"
        self.archive = root / "archive" / "order"
        self.order.mkdir()
        (root / "known_hosts").write_text(server.host_key_line + "\n")
        self._seen = seen
        self._login = login
        self._clock = 1_700_000_000

    def put(self, name: str, payload: bytes) -> None:
        self.write(self.order / name, payload)

    def write(self, path: Path, payload: bytes) -> None:
        """A file that is a second younger than the one before it."""
        path.write_bytes(payload)
        self._clock += 1
        os.utime(path, (self._clock, self._clock))

    def waiting(self) -> int:
        return sum(path.is_file() for path in self.order.iterdir())

    def archived(self) -> list[bytes]:
        if not self.archive.is_dir():
            return []
        return [path.read_bytes() for path in sorted(self.archive.iterdir(), key=lambda path: path.stat().st_mtime)]

    def take_away(self) -> None:
        for path in self.order.iterdir():
            if path.is_file():
                path.unlink()

    def settings(self, **settings: Any) -> SftpInbound:
        return SftpInbound.model_validate(
            {
                "channel": "sftp", "host": "127.0.0.1", "port": self.server.port, **self._login,
                "path": f"{self._seen}/order", "archive": f"{self._seen}/archive/order", "settle": "0s", **settings,
            }
        )  # fmt: skip

    def channel(self, *, most_bytes: int = 1_000_000, timeout: float = 20.0, **settings: Any) -> SftpInboundChannel:
        return SftpInboundChannel(self.settings(**settings), self.root, most_bytes=most_bytes, timeout=timeout)

    def timed_channel(self, clock: Clock, *, wait_to_settle: bool = False, **settings: Any) -> SftpInboundChannel:
        """A channel whose time is `clock`'s."""
        return SftpInboundChannel(
            self.settings(**settings), self.root, wait_to_settle=wait_to_settle, monotonic=clock, sleep=clock.sleep
        )


class MailPlace(InboundPlace):
    def __init__(self, server: MailServer | Dovecot, folder: Path) -> None:
        self.server = server
        self._folder = folder

    @contextmanager
    def client(self) -> Iterator[IMAPClient]:
        """Another client of the same mailbox, INBOX selected."""
        client = IMAPClient("127.0.0.1", port=self.server.port, ssl=False, timeout=20)
        try:
            client.login(USER, PASSWORD)
            client.select_folder("INBOX")
            yield client
        finally:
            client.shutdown()

    def put(self, name: str, payload: bytes) -> None:
        self.deliver(letter(name, payload))

    def deliver(self, *sources: bytes) -> None:
        if isinstance(self.server, MailServer):
            for source in sources:
                self.server.deliver(source)
            return
        with self.client() as client:
            for source in sources:
                client.append("INBOX", source)

    def waiting(self) -> int:
        with self.client() as client:
            return len(client.search("UNDELETED"))

    def archived(self) -> list[bytes]:
        with self.client() as client:
            if not client.folder_exists("Processed"):
                return []
            client.select_folder("Processed")
            uids = client.search()
            fetched = client.fetch(uids, ["BODY.PEEK[]"])
        mails = [BytesParser(policy=policy.default).parsebytes(fetched[uid][b"BODY[]"]) for uid in uids]
        return [part.get_content() for mail in mails for part in mail.iter_attachments()]

    def take_away(self) -> None:
        with self.client() as client:
            client.delete_messages(client.search())
            client.expunge()

    def settings(self, **settings: Any) -> ImapInbound:
        return ImapInbound.model_validate(
            {
                "channel": "imap", "host": "127.0.0.1", "port": self.server.port, "user": USER, "password": PASSWORD,
                "tls": "none", **settings,
            }
        )  # fmt: skip

    def channel(self, *, most_bytes: int = 1_000_000, timeout: float = 20.0, **settings: Any) -> ImapInboundChannel:
        return ImapInboundChannel(self.settings(**settings), self._folder, most_bytes=most_bytes, timeout=timeout)


class Kept:
    """How far we polled, kept as long as the test lasts."""

    def __init__(self) -> None:
        self.mark: str | None = None
        self.written: list[str] = []
        self.ends: list[tuple[str, bool]] = []
        """Of each poll that came to its end: what is doubtful, and whether more waits."""

    def read(self) -> str | None:
        return self.mark

    def write(self, mark: str) -> None:
        self.mark = mark
        self.written.append(mark)

    def ended(self, *, doubt: str, more: bool) -> None:
        self.ends.append((doubt, more))


class PollPlace(InboundPlace):
    """A platform that gives out orders to those who ask what changed: what lies behind the mark is out of the way."""

    server: TradecloudServer

    def __init__(self, server: TradecloudServer, folder: Path) -> None:
        self.server = server
        self.marks = Kept()
        self._folder = folder
        self._clock = 0

    def put(self, name: str, payload: bytes) -> None:
        self._clock += 1
        self.server.shelf.put(name, stamp(self._clock), payload)

    def leave(self, name: str, text: str = "1") -> bytes:
        payload = json.dumps({"id": name, "text": text}, ensure_ascii=False).encode()
        self.put(name, payload)
        return payload

    def waiting(self) -> int:
        return len(self.server.shelf.orders) - len(self.archived())

    def archived(self) -> list[bytes]:
        mark = self.marks.mark or ""
        orders = sorted(self.server.shelf.orders.values(), key=lambda each: each.last_updated_at)
        return [each.payload for each in orders if each.last_updated_at <= mark]

    def take_away(self) -> None:
        self.server.shelf.orders.clear()

    def channel(
        self,
        *,
        most_bytes: int = 1_000_000,
        timeout: float = 20.0,
        port: int | None = None,
        pacer: Pacer | None = None,
        now: dt.datetime = dt.datetime(2026, 7, 1, tzinfo=dt.UTC),
        **settings: Any,
    ) -> HttpPollChannel:
        table = {
            "channel": "http-poll", "url": f"http://127.0.0.1:{port or self.server.port}/v2", "auth": "tradecloud",
            "user": USER, "password": PASSWORD, **settings,
        }  # fmt: skip
        return HttpPollChannel(
            HttpPollInbound.model_validate(table),
            self._folder,
            "/order-search/poll",
            self.marks,
            most_bytes=most_bytes,
            timeout=timeout,
            pacer=pacer or Pacer(10_000),
            now=lambda: now,
        )


def stamp(second: int) -> str:
    """A time as Tradecloud writes it; a later second is a later time."""
    return f"2026-01-02T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.120Z"


@contextmanager
def poll_place(folder: Path, auth: str = "tradecloud") -> Iterator[PollPlace]:
    with TradecloudServer(USER, PASSWORD, auth=auth) as server:
        yield PollPlace(server, folder)


def letter(name: str, payload: bytes, text: str = "Dear supplier,\n\nour order is attached.\n") -> bytes:
    """A mail with one attachment."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"] = "Orders <orders@buyer.example>"
    mail["Subject"] = "An order"
    mail.set_content(text)
    mail.add_attachment(payload, maintype="application", subtype="octet-stream", filename=name)
    return mail.as_bytes()


@contextmanager
def inbound_place(kind: str, folder: Path) -> Iterator[InboundPlace]:
    """One of the kinds: asyncssh, pymap, openssh, dovecot, http-poll."""
    match kind:
        case "http-poll":
            with poll_place(folder) as polled:
                yield polled
        case "asyncssh" | "openssh":
            with sftp_place(kind, folder) as place:
                yield place
        case "pymap":
            with MailServer(USER, PASSWORD) as mail:
                yield MailPlace(mail, folder)
        case _:
            with Dovecot(USER, PASSWORD) as dovecot:
                yield MailPlace(dovecot, folder)


@contextmanager
def sftp_place(kind: str, folder: Path, *, read_only: bool = False) -> Iterator[SftpPlace]:
    """`kind`: asyncssh or openssh."""
    root = folder / "partner"
    root.mkdir()
    if kind == "asyncssh":
        with SftpServer(root, USER, PASSWORD, read_only=read_only) as server:
            yield SftpPlace(server, root, "", {"user": USER, "password": PASSWORD})
    else:
        with OpenSsh(folder, read_only=read_only) as openssh:
            login = {"user": openssh.user, "private_key": str(openssh.private_key)}
            yield SftpPlace(openssh, root, str(root), login)


class OutboundPlace(ABC):
    server: SftpServer | OpenSsh | TradecloudServer | Postbox
    port: int

    @abstractmethod
    def got(self) -> list[bytes]:
        """What the partner has, each message once, oldest first where that is known."""

    @abstractmethod
    def channel(self, **settings: Any) -> OutboundChannel: ...


class SftpOutPlace(OutboundPlace):
    def __init__(self, server: SftpServer | OpenSsh, root: Path, seen: str, login: dict[str, Any]) -> None:
        self.server = server
        self.port = server.port
        self.root = root
        self.folder = root / "order_response"
        self.folder.mkdir()
        (root / "known_hosts").write_text(server.host_key_line + "\n")
        self._seen = seen
        self._login = login

    def got(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted(self.folder.iterdir())]

    def channel(self, **settings: Any) -> SftpOutboundChannel:
        timeout = settings.pop("timeout", "20s")  # as an HTTP channel has it in its settings
        return SftpOutboundChannel(
            SftpOutbound.model_validate(
                {
                    "channel": "sftp", "host": "127.0.0.1", "port": self.port, **self._login,
                    "path": f"{self._seen}/order_response", "format": "ubl", **settings,
                }
            ),
            self.root,
            timeout=TypeAdapter(Duration).validate_python(timeout).total_seconds(),
        )  # fmt: skip


class HttpPlace(OutboundPlace):
    server: TradecloudServer

    def __init__(self, server: TradecloudServer, auth: str, folder: Path) -> None:
        self.server = server
        self.port = server.port
        self._auth = auth
        self._folder = folder

    def got(self) -> list[bytes]:
        return [message.payload for message in self.server.messages]

    def channel(self, *, pacer: Pacer | None = None, **settings: Any) -> HttpOutboundChannel:
        url = f"http://127.0.0.1:{settings.pop('port', self.port)}/v2"
        return HttpOutboundChannel(
            HttpOutbound.model_validate(
                {
                    "channel": "http", "url": url, "auth": self._auth, "user": USER, "password": PASSWORD,
                    "format": "tradecloud-json", **settings,
                }
            ),
            self._folder,
            pacer=pacer or Pacer(10_000),
        )  # fmt: skip


def attachments(mail: EmailMessage) -> list[bytes]:
    found = [part.get_payload(decode=True) for part in mail.iter_attachments()]
    return [payload for payload in found if isinstance(payload, bytes)]


class SmtpPlace(OutboundPlace):
    server: Postbox

    def __init__(self, server: Postbox, folder: Path) -> None:
        self.server = server
        self.port = server.port
        self._folder = folder

    def got(self) -> list[bytes]:
        """What is attached; a mail that came twice is known by its Message-ID."""
        mails = [BytesParser(policy=policy.default).parsebytes(mail) for mail in self.server.mails]
        once = {mail["Message-ID"]: mail for mail in mails}
        return [attached for mail in once.values() for attached in attachments(mail)]

    def channel(self, **settings: Any) -> SmtpOutboundChannel:
        timeout = settings.pop("timeout", "20s")
        return SmtpOutboundChannel(
            SmtpOutbound.model_validate(
                {
                    "channel": "smtp", "host": "127.0.0.1", "port": self.port, "user": USER, "password": PASSWORD,
                    "tls": "none", "sender": "Desk <desk@supplier.example>", "to": "orders@buyer.example",
                    "format": "ubl", **settings,
                }
            ),
            self._folder,
            timeout=TypeAdapter(Duration).validate_python(timeout).total_seconds(),
        )  # fmt: skip


@contextmanager
def outbound_place(kind: str, folder: Path) -> Iterator[OutboundPlace]:
    """One of the kinds: asyncssh, openssh, aiosmtpd, or `http-` with a way to log in."""
    if kind == "aiosmtpd":
        with Postbox(USER, PASSWORD) as postbox:
            yield SmtpPlace(postbox, folder)
        return
    if kind.startswith("http-"):
        auth = kind.removeprefix("http-")
        with TradecloudServer(USER, PASSWORD, auth=auth) as server:
            yield HttpPlace(server, auth, folder)
        return
    root = folder / "partner"
    root.mkdir()
    if kind == "asyncssh":
        with SftpServer(root, USER, PASSWORD) as sftp:
            yield SftpOutPlace(sftp, root, "", {"user": USER, "password": PASSWORD})
    else:
        with OpenSsh(folder) as openssh:
            yield SftpOutPlace(
                openssh, root, str(root), {"user": openssh.user, "private_key": str(openssh.private_key)}
            )
