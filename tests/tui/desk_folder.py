"""A desk in a folder of its own, with orders on it, and `podesk` run there as an operator runs it."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import simplejson
from click.testing import CliRunner, Result

from core.config import load
from core.ids import uuid7
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import (
    Item,
    LineContent,
    Money,
    OrderHeader,
    OrderKey,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
)
from core.orderbook import OrderBook
from core.store import open_store
from tui.cli import podesk

SETTINGS = """\
store = "desk.sqlite"
operator_hold = "10s"

[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:1/v2"
format = "tradecloud-json"

[[connection]]
name = "city-hospital"
profile = "generic"
our_account = "1"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:1/v2"
format = "tradecloud-json"

[[connection]]
name = "by-hand"
profile = "generic"
"""

SENDING = """\
operator_hold = "0s"
[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"
[connection.outbound]
channel = "http"
url = "{url}"
auth = "tradecloud"
user = "erp"
password = {{ file = "secret" }}
format = "tradecloud-json"
"""
"""A desk whose answers leave at once to a Tradecloud at `url`, where `erp` logs in with `pass-word`."""

Tree = dict[str, Any]


def line(
    position: str = "10",
    deliveries: Sequence[tuple[str, str]] = (("2026-12-01", "100"),),
    prices: Tree | None = None,
    item: str = "PLATE-10",
    name: str = "Steel plate 10 mm",
) -> Tree:
    """A line just issued; deliveries get the positions 1, 2, …"""
    return {
        "buyerLine": {"position": position, "item": {"number": item, "name": name, "purchaseUnitOfMeasureIso": "PCE"}},
        "supplierLine": {},
        "deliverySchedule": [
            {"position": str(n), "date": date, "quantity": Decimal(quantity)}
            for n, (date, quantity) in enumerate(deliveries, 1)
        ],
        "prices": prices or net_price("78.90", per=100),
        "status": {"processStatus": "Issued", "logisticsStatus": "Open"},
    }


def agreed(position: str) -> Tree:
    """A line that both have agreed on."""
    tree = line(position)
    return {
        **tree,
        "status": {"processStatus": "Confirmed", "logisticsStatus": "Open"},
        "confirmedLine": {key: tree[key] for key in ("deliverySchedule", "prices")},
    }


def net_price(value: str, per: int = 1) -> Tree:
    return {"netPrice": _money(value), "priceUnitOfMeasureIso": "MTR", "priceUnitQuantity": per}


def gross_price(value: str, discount: str) -> Tree:
    return {
        "grossPrice": _money(value),
        "discountPercentage": Decimal(discount),
        "priceUnitOfMeasureIso": "PCE",
        "priceUnitQuantity": 1,
    }


def _money(value: str) -> Tree:
    return {"priceInTransactionCurrency": {"value": Decimal(value), "currencyIso": "EUR"}}


def order(number: str, *lines: Tree, buyer: str = "buyer-1") -> bytes:
    """An order just issued, as Tradecloud's poll gives it."""
    tree = {
        "id": f"{buyer}-{number}",
        "version": 1,
        "buyerOrder": {"companyId": buyer, "purchaseOrderNumber": number, "supplierAccountNumber": "540830"},
        "supplierOrder": {"buyerAccountNumber": "340760"},
        "status": {"processStatus": "Issued", "logisticsStatus": "Open"},
        "lines": list(lines) or [line("10"), line("20")],
        "lastUpdatedAt": "2026-05-01T07:00:00.000Z",
    }
    return simplejson.dumps(tree, use_decimal=True).encode()


@dataclass(frozen=True)
class DeskFolder:
    folder: Path

    @property
    def config(self) -> Path:
        return self.folder / "podesk.toml"

    @property
    def store(self) -> Path:
        return self.folder / "desk.sqlite"

    def run(self, *command: str) -> Result:
        """Run `podesk` in this process, as the console script does."""
        return CliRunner(env={"PODESK_CONFIG": str(self.config)}).invoke(podesk, list(command))

    def json(self, *command: str, status: int = 0) -> Any:
        """What the command prints as JSON."""
        done = self.run(*command, "--json")
        assert done.exit_code == status, done.output
        return json.loads(done.stdout_bytes)

    def spawn(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """Run the installed `podesk` in a process of its own."""
        return self.spawn_with({}, *command)

    def spawn_with(self, variables: dict[str, str], *command: str) -> subprocess.CompletedProcess[bytes]:
        """…with `variables` in its environment."""
        return subprocess.run(
            [*PODESK, *command],
            capture_output=True,
            env={**self.environment, **variables},
            stdin=subprocess.DEVNULL,
        )

    def without_reader(self, *command: str) -> subprocess.CompletedProcess[bytes]:
        """…with a stdout that nobody reads."""
        reading, writing = os.pipe()
        os.close(reading)
        try:
            return subprocess.run([*PODESK, *command], stdout=writing, stderr=subprocess.PIPE, env=self.environment)
        finally:
            os.close(writing)

    def from_a_shell(self, script: str) -> subprocess.CompletedProcess[bytes]:
        """Run a line of shell, in which `"$0"` is the installed `podesk`."""
        return subprocess.run(["sh", "-c", script, *PODESK], capture_output=True, env=self.environment)

    def on_a_terminal(self, *command: str, term: str = "xterm") -> tuple[int, str]:
        """…on a terminal: its status, and what reached the screen."""
        ours, theirs = os.openpty()
        try:
            running = subprocess.Popen(
                [*PODESK, *command],
                stdin=theirs,
                stdout=theirs,
                stderr=theirs,
                env={**self.environment, "TERM": term},
                start_new_session=True,
            )
        finally:
            os.close(theirs)
        shown = b""
        try:
            while part := os.read(ours, 65_536):
                shown += part
        except OSError:  # Linux says EIO when the other end is closed
            pass
        finally:
            os.close(ours)
        return running.wait(), shown.decode()

    @property
    def environment(self) -> dict[str, str]:
        return {
            **os.environ,
            "PODESK_CONFIG": str(self.config),
            "HOME": str(self.folder),
            "XDG_STATE_HOME": str(self.folder / "state"),
            "XDG_CONFIG_HOME": str(self.folder / "config"),
        }

    def sends_to(self, url: str) -> None:
        """What is answered is sent there by `podesk sync`."""
        self.write("secret", b"pass-word\n").chmod(0o600)
        self.config.write_text(SENDING.format(url=url), encoding="utf-8")

    def write(self, name: str, document: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(document)
        return path

    def take_in(self, number: str, *lines: Tree, connection: str = "metal-works", buyer: str = "buyer-1") -> int:
        """Import an order; its id."""
        file = self.write(f"{number.replace('/', '_')}-{buyer}.json", order(number, *lines, buyer=buyer))
        (told,) = self.json("import", str(file), "--connection", connection)
        assert told["state"] == "applied", told
        order_id: int = told["orders"][0]["id"]
        return order_id

    def take_in_hostile(self, text: str) -> int:
        """An order with `text` wherever a buyer can write some, past the formats that would refuse it; its id."""
        at = dt.datetime.now(dt.UTC)
        item = Item(number=text, name=text, supplier_item_number=text, unit=text)
        terms = Terms(
            delivery_schedule=(ScheduledDelivery(position=text, date=at.date(), quantity=Decimal(1)),),
            prices=Prices(net=Price(transaction=Money(value=Decimal(1), currency=text)), price_unit=text),
        )
        lines = (
            LineMessage(
                position=text,
                acts=(BuyerAct.ISSUE,),
                content=LineContent(item=item, description=text, notes=(text,)),
                terms=terms,
            ),
        )
        header = OrderHeader(description=text, notes=(text,), buyer=Party(names=(text,)))
        key = OrderKey(connection="by-hand", buyer=text, number=text)
        message = Message(key=key, header=header, lines=lines, event=text, warnings=(text,))
        with open_store(self.store) as store:
            book = OrderBook(store, load(self.config), clock=lambda: at, new_id=lambda: uuid7(at))
            return book.change(key, Received(id=uuid7(at), at=at, message=message), text).order_id


PODESK = [str(Path(sys.executable).with_name("podesk"))]
