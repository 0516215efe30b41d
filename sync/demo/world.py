"""The demo's outside world: three buyers with servers of their own on this machine, and a podesk.toml that leads to them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from lxml import etree

from sync.demo import catalogue
from sync.demo.buyer import Buyer
from sync.demo.servers.mail import MailServer
from sync.demo.servers.sftp import SftpServer
from sync.demo.servers.tradecloud import Fault, TradecloudServer
from sync.demo.tradecloud_orders import OUR_ACCOUNT, Tree, encode, event, polled
from sync.demo.ubl_orders import CAC, CBC, Company, ubl_order

_US = Company("Demo Supplies B.V.", "8712345000004", "Utrecht")
_HOSPITAL = Company("City Hospital", "8798765000001", "Amersfoort")
_CAMPUS = Company("Campus Supplies, State University", "8755555000008", "Leiden")
_USER, _PASSWORD = "supplier", "demo"
_BROKEN = b'<?xml version="1.0"?>\n<Order xmlns="urn:oasis:names:specification:ubl:schema:xsd:Order-2">\n  <ID>H-26-'
"""A document that its sender cut off half-way: it must end in quarantine, with its bytes."""


class World:
    """The buyers while the demo runs. `folder` holds everything: settings, store and the SFTP server's files."""

    def __init__(
        self, folder: Path, today: dt.date, sftp: SftpServer, mail: MailServer, tradecloud: TradecloudServer
    ) -> None:
        self.folder = folder
        self.settings_path = folder / "podesk.toml"
        self._today = today
        self._sftp = sftp
        self._mail = mail
        self._tradecloud = tradecloud
        self._read = 0
        self._files = 0
        at = dt.datetime.combine(today, dt.time(7), dt.UTC)
        self._orders = [polled(order, at) for order in catalogue.metal_works(today)]
        self.buyer = Buyer(self._orders)

    # What buyers send

    def place_orders(self) -> dict[str, int]:
        """Every buyer sends its orders; how many documents went which way, the broken one included."""
        today = self._today
        at = dt.datetime.combine(today, dt.time(7), dt.UTC)
        for n, (order, tree) in enumerate(zip(catalogue.metal_works(today), self._orders, strict=True)):
            self._drop("metal-works", order.number, encode(event(order, at) if n % 2 else tree))
        for order in catalogue.city_hospital(today):
            document = ubl_order(order, _HOSPITAL, _US, today, peppol=True)
            self._put("city-hospital/order", f"{order.number}.xml", document)
        self._put("city-hospital/order", "H-26-cut-off.xml", _BROKEN)
        campus = catalogue.campus_supplies(today)
        for n, order in enumerate(campus):
            document = ubl_order(order, _CAMPUS, _US, today, peppol=False)
            self._mail.deliver(_letter(order.number, document, in_body=n % 4 == 3))
        return {"sftp": len(self._orders) + len(catalogue.city_hospital(today)) + 1, "imap": len(campus)}

    def revise_one(self, at: dt.datetime) -> None:
        """Metal Works asks for one of the orders that it still waits for a week later."""
        number = self.buyer.unanswered()
        if number is not None:
            self._tell([self.buyer.revise(number, at, days=7)])

    def plan_faults(self, faults: Iterable[Fault]) -> None:
        """What goes wrong at Metal Works with our next answers."""
        self._tradecloud.plan(faults)

    # What buyers get

    def read_answers(self, at: dt.datetime) -> int:
        """Metal Works reads what has come since, and the platform says what became of it. How many it read."""
        responses = self._tradecloud.responses
        new = responses[self._read :]
        self._read += len(new)
        for response in new:
            self._tell(self.buyer.read(response, at))
        return len(new)

    def decide(self, at: dt.datetime) -> int:
        """Metal Works says yes or no to our open proposals. How many events that made."""
        events = self.buyer.decide(at)
        self._tell(events)
        return len(events)

    def delivered(self) -> dict[str, int]:
        """Answers that lie at the buyers' now, by channel."""
        files = [
            path
            for name in ("city-hospital", "campus-supplies")
            for path in (self._sftp.root / name / "order_response").iterdir()
            if not path.name.startswith(".")
        ]
        return {"sftp": len(files), "http": len(self._tradecloud.responses)}

    def answered_numbers(self, connection: str) -> dict[str, str]:
        """What the answer files in a buyer's SFTP folder say: order number to UBL response code (AP accepted …)."""
        folder = self._sftp.root / connection / "order_response"
        said = {}
        for path in folder.iterdir():
            if not path.name.startswith("."):
                answer = etree.fromstring(path.read_bytes())
                number = answer.findtext(f"{{{CAC}}}OrderReference/{{{CBC}}}ID") or path.name
                said[number] = answer.findtext(f"{{{CBC}}}OrderResponseCode") or ""
        return said

    def _tell(self, events: list[Tree]) -> None:
        for tree in events:
            self._files += 1
            number = tree["orderEvent"]["buyerOrder"]["purchaseOrderNumber"]
            self._drop("metal-works", f"{number}-{self._files:03d}", encode(tree))

    def _drop(self, connection: str, name: str, document: bytes) -> None:
        self._put(f"{connection}/order", f"{name}.json", document)

    def _put(self, folder: str, name: str, document: bytes) -> None:
        """A file as a good sender leaves it: under another name until it is whole."""
        target = self._sftp.root / folder / name.replace("/", "_")
        partial = target.with_name(f".{target.name}.part")
        partial.write_bytes(document)
        partial.rename(target)


def _letter(number: str, document: bytes, *, in_body: bool) -> bytes:
    letter = EmailMessage(policy=SMTP)
    letter["From"] = "orders@campus-supplies.example"
    letter["To"] = "desk@demo-supplies.example"
    letter["Subject"] = f"Purchase order {number}"
    letter["Message-ID"] = f"<{number.replace('/', '.')}@campus-supplies.example>"
    if in_body:
        letter.set_content(document.decode(), subtype="xml", cte="base64")
    else:
        letter.set_content("Dear supplier,\n\nplease find our order attached.\n")
        letter.add_attachment(document, maintype="application", subtype="xml", filename=f"{number}.xml")
    return letter.as_bytes()


def _settings(sftp: SftpServer, mail: MailServer, tradecloud: TradecloudServer, hold: str) -> str:
    def sftp_at(path: str) -> str:
        return (
            f'channel = "sftp"\nhost = "127.0.0.1"\nport = {sftp.port}\nuser = "{_USER}"\n'
            f'password = {{ file = "partners.secret" }}\nknown_hosts = "known_hosts"\npath = "{path}"\n'
        )

    return f"""\
# The demo's settings: everything is on this machine, and in this folder.
store = "desk.sqlite"
operator_hold = "{hold}"

[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "{OUR_ACCOUNT}"
[connection.inbound]
{sftp_at("/metal-works/order")}settle = "0s"
every = "2s"
[connection.outbound]
channel = "http"
url = "{tradecloud.url}"
auth = "tradecloud"
user = "{_USER}"
password = {{ file = "partners.secret" }}
format = "tradecloud-json"

[[connection]]
name = "city-hospital"
profile = "peppol"
[connection.inbound]
{sftp_at("/city-hospital/order")}settle = "0s"
every = "2s"
[connection.outbound]
{sftp_at("/city-hospital/order_response")}format = "peppol"

[[connection]]
name = "campus-supplies"
profile = "procurement-connect"
[connection.inbound]
channel = "imap"
host = "127.0.0.1"
port = {mail.port}
user = "{_USER}"
password = {{ file = "partners.secret" }}
tls = "none"
every = "2s"
[connection.outbound]
{sftp_at("/campus-supplies/order_response")}format = "ubl"
"""


@contextmanager
def open_world(folder: Path, today: dt.date, *, hold: str) -> Iterator[World]:
    """Start the servers, write the settings into `folder`, and stop it all at the end. `hold`: the undo window."""
    root = folder / "partners"
    for name in ("metal-works", "city-hospital", "campus-supplies"):
        for part in ("order", "order_response"):
            (root / name / part).mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        sftp = stack.enter_context(SftpServer(root, _USER, _PASSWORD))
        mail = stack.enter_context(MailServer(_USER, _PASSWORD))
        tradecloud = stack.enter_context(TradecloudServer(_USER, _PASSWORD))
        secret = folder / "partners.secret"
        secret.touch(mode=0o600)
        secret.write_text(_PASSWORD + "\n", encoding="utf-8")
        (folder / "known_hosts").write_text(sftp.host_key_line + "\n", encoding="utf-8")
        world = World(folder, today, sftp, mail, tradecloud)
        world.settings_path.write_text(_settings(sftp, mail, tradecloud, hold), encoding="utf-8")
        yield world
