"""Partners with real servers on this machine, and a desk that is connected to them: what the tests of `sync` play with.

Two connections: `steel` sends Tradecloud JSON by mail and takes answers by HTTP; `clinic` sends UBL into an SFTP folder and
takes answers as files in another.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import imapclient

from core.config import Settings, load
from core.decisions import Act, Decision, LineDecision
from core.orderbook import Changed, OrderBook
from core.store import Store, open_store, queries
from sync import daemon
from sync.demo.catalogue import WantedDelivery, WantedLine, WantedOrder
from sync.demo.servers.mail import MailServer
from sync.demo.servers.sftp import SftpServer
from sync.demo.servers.tradecloud import TradecloudServer
from sync.demo.tradecloud_orders import encode, polled
from sync.demo.ubl_orders import Company, ubl_order
from sync.log import Log
from sync.report import RoundReport

USER, PASSWORD = "supplier", "correct horse"
ISSUED = dt.date(2024, 3, 1)
DECIDED = dt.datetime(2024, 3, 4, 9, 30, tzinfo=dt.UTC)
"""In the past, so that no answer waits for its hold window."""
_US = Company("Supplier B.V.", "8712345000004", "Utrecht")
_CLINIC = Company("Clinic", "8798765000001", "Amersfoort")


def order(number: str, lines: int = 2, quantity: int = 10) -> WantedOrder:
    return WantedOrder(
        number,
        "EUR",
        tuple(
            WantedLine(
                position=f"{(n + 1) * 10:05d}",
                item=f"IT-{n}",
                name=f"Item {n}",
                unit="PCE",
                price=Decimal("7.50"),
                per=Decimal(1),
                deliveries=(WantedDelivery(dt.date(2024, 4, 1), Decimal(quantity)),),
            )
            for n in range(lines)
        ),
    )


def ubl(number: str, quantity: int = 10, lines: int = 2) -> bytes:
    return ubl_order(order(number, lines, quantity), _CLINIC, _US, ISSUED, peppol=False)


def tradecloud(number: str, quantity: int = 10) -> bytes:
    at = dt.datetime.combine(ISSUED, dt.time(7), dt.UTC)
    return encode(polled(order(number, quantity=quantity), at))


def letter(number: str, document: bytes, subtype: str = "json") -> bytes:
    mail = EmailMessage(policy=SMTP)
    mail["From"] = "orders@steel.example"
    mail["To"] = "desk@supplier.example"
    mail["Subject"] = f"Purchase order {number}"
    mail["Message-ID"] = f"<{number}@steel.example>"
    mail.set_content("Please find our order attached.\n")
    mail.add_attachment(document, maintype="application", subtype=subtype, filename=f"{number}.{subtype}")
    mail.set_boundary(f"=={number}==")  # the same mail has the same bytes every time
    return mail.as_bytes()


@dataclass
class World:
    """The partners' servers, and a folder with the desk's settings and store."""

    folder: Path
    sftp: SftpServer
    mail: MailServer
    http: TradecloudServer
    log: io.StringIO = field(default_factory=io.StringIO)

    # The partners' side

    @property
    def orders(self) -> Path:
        """Where the clinic puts its orders."""
        return self.sftp.root / "clinic" / "order"

    @property
    def archive(self) -> Path:
        return self.sftp.root / "clinic" / "archive"

    @property
    def answers(self) -> Path:
        """Where the clinic finds our answers."""
        return self.sftp.root / "clinic" / "order_response"

    def put(self, name: str, document: bytes) -> None:
        """The clinic places an order."""
        partial = self.orders / f".{name}.part"
        partial.write_bytes(document)
        partial.rename(self.orders / name)

    def send(self, number: str, document: bytes | None = None) -> None:
        """Steel sends an order."""
        self.mail.deliver(letter(number, document if document is not None else tradecloud(number)))

    def answer_files(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in sorted(self.answers.iterdir())}

    def folders(self) -> list[str]:
        """Every file at the clinic's."""
        root = self.sftp.root
        return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())

    def mailbox(self) -> dict[str, list[str]]:
        """The subjects of the mails in each of the mailbox's folders."""
        with imapclient.IMAPClient("127.0.0.1", self.mail.port, ssl=False) as client:
            client.login(USER, PASSWORD)
            folders = {}
            for _, _, folder in client.list_folders():
                client.select_folder(folder, readonly=True)
                found = client.fetch(client.search(), ["ENVELOPE"])
                folders[folder] = sorted(each[b"ENVELOPE"].subject.decode() for each in found.values())
            return folders

    # Our side

    @property
    def settings_path(self) -> Path:
        return self.folder / "podesk.toml"

    @property
    def settings(self) -> Settings:
        return load(self.settings_path)

    def write_settings(self, **replace: str) -> None:
        """podesk.toml; words in it can be replaced, such as `sftp_port="1"`."""
        words = {
            "sftp_port": str(self.sftp.port),
            "mail_port": str(self.mail.port),
            "url": self.http.url,
            "settle": "0s",
            "timeout": "5s",
            "more": "",
            **replace,
        }
        text = _SETTINGS
        for word, value in words.items():
            text = text.replace(f"<{word}>", value)
        self.settings_path.write_text(text, encoding="utf-8")

    def poll_only(self) -> None:
        """podesk.toml with `yard` alone."""
        text = 'operator_hold = "0s"\ntimezone = "UTC"\n' + YARD.replace("<url>", self.http.url)
        self.settings_path.write_text(text, encoding="utf-8")

    def round(self, **options: object) -> RoundReport:
        """`podesk sync --once`, in this process."""
        return daemon.run(self.settings, once=True, log=Log(self.log), **options)  # type: ignore[arg-type]

    @contextmanager
    def store(self) -> Iterator[Store]:
        store = open_store(self.settings.store_path)
        try:
            yield store
        finally:
            store.close()

    def decide(self, act: Act = Act.AGREE, numbers: Sequence[str] | None = None, reason: str | None = None) -> int:
        """An operator answers every line of the orders (all of them, or some): always with the same ids and time."""
        with self.store() as store:
            return decide(store, self.settings, act, numbers, reason)


def decide(
    store: Store,
    settings: Settings,
    act: Act = Act.AGREE,
    numbers: Sequence[str] | None = None,
    reason: str | None = None,
) -> int:
    rows = sorted(queries.list_orders(store, now=DECIDED), key=lambda row: row.number)
    made = 0
    for row in rows:
        if numbers is not None and row.number not in numbers:
            continue
        loaded = queries.load(store, row.id, DECIDED)
        assert loaded is not None
        ids = (f"00000000-0000-7000-8000-{row.number:>12}-{act}-{n}" for n in itertools.count())
        book = OrderBook(store, settings, clock=lambda: DECIDED, new_id=lambda ids=ids: next(ids))  # type: ignore[misc]
        lines = tuple(
            LineDecision(position=line.position, act=act, reason=reason) for line in loaded.record.order.lines
        )
        entry = Decision(id=f"decision:{row.number}:{act}", at=DECIDED, lines=lines)
        changed = book.change(row.id, entry, "alice")
        assert isinstance(changed, Changed)
        made += 1
    return made


@contextmanager
def open_world(folder: Path) -> Iterator[World]:
    root = folder / "partners"
    for part in ("order", "order_response", "archive"):
        (root / "clinic" / part).mkdir(parents=True)
    desk = folder / "desk"
    desk.mkdir()
    with ExitStack() as stack:
        sftp = stack.enter_context(SftpServer(root, USER, PASSWORD))
        mail = stack.enter_context(MailServer(USER, PASSWORD))
        http = stack.enter_context(TradecloudServer(USER, PASSWORD))
        world = World(desk, sftp, mail, http)
        secret = desk / "partners.secret"
        secret.touch(mode=0o600)
        secret.write_text(PASSWORD + "\n", encoding="utf-8")
        (desk / "known_hosts").write_text(sftp.host_key_line + "\n", encoding="utf-8")
        world.write_settings()
        yield world


_SETTINGS = """\
operator_hold = "0s"
timezone = "UTC"

[[connection]]
name = "steel"
profile = "tradecloud"
our_account = "340760"
[connection.inbound]
channel = "imap"
host = "127.0.0.1"
port = <mail_port>
user = "supplier"
password = { file = "partners.secret" }
tls = "none"
every = "1s"
[connection.outbound]
channel = "http"
url = "<url>"
auth = "tradecloud"
user = "supplier"
password = { file = "partners.secret" }
format = "tradecloud-json"
timeout = "<timeout>"

[[connection]]
name = "clinic"
profile = "generic"
[connection.inbound]
channel = "sftp"
host = "127.0.0.1"
port = <sftp_port>
user = "supplier"
password = { file = "partners.secret" }
path = "/clinic/order"
archive = "/clinic/archive"
settle = "<settle>"
every = "1s"
[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
port = <sftp_port>
user = "supplier"
password = { file = "partners.secret" }
path = "/clinic/order_response"
format = "ubl"
<more>
"""

YARD = """\
[[connection]]
name = "yard"
profile = "tradecloud"
our_account = "340760"
[connection.inbound]
channel = "http-poll"
url = "<url>"
auth = "tradecloud"
user = "supplier"
password = { file = "partners.secret" }
every = "1s"
[connection.outbound]
channel = "http"
url = "<url>"
auth = "tradecloud"
user = "supplier"
password = { file = "partners.secret" }
format = "tradecloud-json"
timeout = "5s"
"""
"""A third connection, for where it is wanted: `yard` is polled at Tradecloud."""
