"""Orders of a made-up buyer, for tests of what stands on the transitions: messages, decisions, a desk with settings."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from core.config import Settings, parse
from core.decisions import Act, Decision, LineDecision
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import (
    Item,
    LineContent,
    LineReport,
    Money,
    OrderHeader,
    OrderKey,
    OrderReport,
    Party,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from core.orderbook import Changed, OrderBook
from core.store import Store, open_store

START = dt.datetime(2025, 3, 3, 9, 0, tzinfo=dt.UTC)

SETTINGS = """
operator_hold = "10s"
timezone = "Europe/Amsterdam"

[operators.alice]
email = "alice@supplier.example"

[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"

[connection.inbound]
channel = "sftp"
host = "127.0.0.1"
user = "supplier"
password = { env = "SFTP_PASSWORD" }

[connection.outbound]
channel = "http"
url = "http://127.0.0.1:8080/v2"
format = "tradecloud-json"

[[connection]]
name = "city"
profile = "peppol"

[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
user = "supplier"
password = { env = "SFTP_PASSWORD" }
format = "peppol"

[[connection]]
name = "mute"
profile = "tradecloud"
"""


def settings(folder: Path, text: str = SETTINGS) -> Settings:
    return parse(text, folder / "podesk.toml")


def terms(quantity: str = "10", date: dt.date | None = dt.date(2025, 4, 1), price: str = "1.25") -> Terms:
    schedule = (ScheduledDelivery(position="1", date=date, quantity=Decimal(quantity)),) if date is not None else ()
    net = Price(transaction=Money(value=Decimal(price), currency="EUR"))
    return Terms(delivery_schedule=schedule, prices=Prices(net=net, price_unit_quantity=Decimal(1)))


def key(number: str, connection: str = "metal-works", buyer: str = "B1") -> OrderKey:
    return OrderKey(connection=connection, buyer=buyer, number=number)


def issue(
    order: OrderKey,
    *,
    lines: Sequence[str] = ("1", "2"),
    wanted: Terms | None = None,
    item: str = "Hex bolt M8",
    buyer_name: str = "Metal Works",
    our_endpoint: str | None = "7302347231111",
) -> Message:
    """The buyer issues (or issues again) an order with these lines."""
    return Message(
        key=order,
        header=OrderHeader(
            buyer=Party(names=(buyer_name,), endpoint="7300072311115", endpoint_scheme="0088"),
            supplier=Party(names=("Bolts and Nuts",), endpoint=our_endpoint, endpoint_scheme="0088"),
            buyer_account_number="340760",
        ),
        lines=tuple(
            LineMessage(
                position=position,
                acts=(BuyerAct.ISSUE,),
                content=LineContent(item=Item(number=f"HB-{order.number}-{position}", name=item)),
                terms=wanted or terms(),
            )
            for position in lines
        ),
    )


def report(order: OrderKey, status: ProcessStatus, *positions: str) -> Message:
    """The platform's own word on where lines stand, without any act of the buyer's."""
    return Message(
        key=order,
        lines=tuple(LineMessage(position=one, reported=LineReport(process_status=status)) for one in positions),
        reported=OrderReport(process_status=status),
    )


@dataclass
class Desk:
    """A store, an order book on it, and a clock that only moves when it is told to."""

    store: Store
    book: OrderBook
    settings: Settings
    times: list[dt.datetime] = field(default_factory=lambda: [START])
    _ids: Iterator[int] = field(default_factory=itertools.count)

    @property
    def now(self) -> dt.datetime:
        return self.times[-1]

    def later(self, **delta: float) -> dt.datetime:
        self.times.append(self.now + dt.timedelta(**delta))
        return self.now

    def id(self, what: str) -> str:
        return f"{what}-{next(self._ids)}"

    def receives(self, message: Message) -> Changed:
        entry = Received(id=self.id("received"), at=self.now, message=message)
        return self.book.change(message.key, entry, message.key.connection)

    def has(self, number: str = "PO-1", **rest: object) -> int:
        """The id of a freshly issued order."""
        return self.receives(issue(key(number), **rest)).order_id  # type: ignore[arg-type]

    def decision(self, act: Act, *positions: str, to: Terms | None = None, reason: str | None = None) -> Decision:
        return Decision(
            id=self.id("decision"),
            at=self.now,
            lines=tuple(LineDecision(position=one, act=act, terms=to, reason=reason) for one in positions),
        )

    def agrees(self, order_id: int, *positions: str, actor: str = "alice") -> Changed:
        return self.book.change(order_id, self.decision(Act.AGREE, *(positions or ("1", "2"))), actor)

    def leaves(self, order_id: int) -> str:
        """The order's first message is claimed, as the daemon would; its id."""
        [outbox_id] = [
            one
            for one in self.book.due(self.connection_of(order_id), now=self.later(minutes=1))
            if self.order_of(one) == order_id
        ]
        assert self.book.depart(outbox_id) is not None
        return outbox_id

    def connection_of(self, order_id: int) -> str:
        return str(
            self.store.connection.execute("SELECT connection FROM orders WHERE id = ?", (order_id,)).fetchone()[0]
        )

    def order_of(self, outbox_id: str) -> int:
        return int(
            self.store.connection.execute("SELECT order_id FROM outbox WHERE id = ?", (outbox_id,)).fetchone()[0]
        )


def open_desk(folder: Path, text: str = SETTINGS) -> Desk:
    """A desk whose store is in `folder`; close its store when done."""
    times = [START]
    ids = itertools.count(1)
    store = open_store(folder / "desk.sqlite")
    book = OrderBook(store, settings(folder, text), clock=lambda: times[-1], new_id=lambda: f"message-{next(ids):06}")
    return Desk(store, book, book.settings, times)
