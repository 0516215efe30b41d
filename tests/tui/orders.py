"""A store with orders of invented buyers, for tests of the desk: taken in through the order book as real ones are."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from itertools import count
from pathlib import Path

from core.config import Settings, parse
from core.decisions import Act, Decision, LineDecision, Outcome
from core.intake import Incoming, IncomingDocument, apply, keep
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
from core.store import Store, open_store
from core.store.queries import find, load, outbox
from core.store.rows import OrderRow, OutboxRow

MORNING = dt.datetime(2026, 3, 2, 8, 30, tzinfo=dt.UTC)
"""Monday; the sample orders come in then."""

PODESK_TOML = """\
store = "desk.sqlite"
timezone = "Europe/Amsterdam"
operator_hold = "{hold}"

[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:9/v2"
format = "tradecloud-json"

[[connection]]
name = "city-hospital"
profile = "peppol"
[connection.outbound]
channel = "sftp"
host = "127.0.0.1"
port = 9
user = "supplier"
password = {{ env = "NO_SUCH_PASSWORD" }}
format = "peppol"
"""


PAPER_MILL = """
[[connection]]
name = "paper-mill"
profile = "procurement-connect"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:9/receiver"
format = "procurement-connect-json"
"""
"""A buyer who may ask to cancel."""


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


class Sample:
    """Settings, a store, and an order book on it."""

    def __init__(
        self, folder: Path, hold: str = "10s", clock: Callable[[], dt.datetime] = now, besides: str = ""
    ) -> None:
        """`besides`: settings after those that all have."""
        self.clock = clock
        self.file = folder / "podesk.toml"
        self.file.write_text(PODESK_TOML.format(hold=hold) + besides, encoding="utf-8")
        self.settings: Settings = parse(self.file.read_text(encoding="utf-8"), self.file)
        self.store: Store = open_store(self.settings.store_path)
        self.book = OrderBook(self.store, self.settings, clock=clock, new_id=self.new_id)
        self._ids = count()

    def new_id(self) -> str:
        """The same ids in every run; the digits at the end count."""
        return f"01950000-0000-7000-8000-{next(self._ids):012x}"

    def issue(
        self,
        number: str,
        lines: Sequence[str] = ("10", "20"),
        *,
        connection: str = "metal-works",
        buyer: str = "Metal Works B.V.",
        due: dt.date = dt.date(2026, 4, 1),
        item: str = "Round tube 60 × 4.5",
        price: str = "78.90",
        per: int = 100,
        splits: int = 1,
    ) -> int:
        """The buyer issues an order, or issues it again on other terms; its id. `splits`: deliveries of each line, a week
        apart."""
        message = Message(
            key=OrderKey(connection=connection, buyer=f"buyer of {connection}", number=number),
            header=OrderHeader(
                buyer=Party(names=(buyer,), endpoint="7300072311115", endpoint_scheme="0088"),
                supplier=Party(names=("Bolts and Nuts",), endpoint="7302347231111", endpoint_scheme="0088"),
                currency="EUR",
                buyer_account_number="340760",
            ),
            lines=tuple(
                LineMessage(
                    position=position,
                    acts=(BuyerAct.ISSUE,),
                    content=LineContent(item=Item(number=f"RT-{position}", name=item, unit="MTR")),
                    terms=Terms(
                        delivery_schedule=tuple(
                            ScheduledDelivery(
                                position=str(nth + 1), date=due + dt.timedelta(weeks=nth), quantity=Decimal("120")
                            )
                            for nth in range(splits)
                        ),
                        prices=Prices(
                            net=Price(transaction=Money(value=Decimal(price), currency="EUR")),
                            price_unit="MTR",
                            price_unit_quantity=Decimal(per),
                        ),
                    ),
                )
                for position in lines
            ),
        )
        received = Received(id=self.new_id(), at=self.clock(), message=message)
        return self.book.change(message.key, received, connection).order_id

    def cancel(self, number: str, connection: str = "metal-works") -> None:
        """The buyer cancels the whole order."""
        message = Message(
            key=OrderKey(connection=connection, buyer=f"buyer of {connection}", number=number),
            acts=(BuyerAct.CANCEL,),
        )
        self.book.change(message.key, Received(id=self.new_id(), at=self.clock(), message=message), connection)

    def ask_to_cancel(self, number: str, connection: str) -> None:
        """The buyer asks to cancel the whole order."""
        message = Message(
            key=OrderKey(connection=connection, buyer=f"buyer of {connection}", number=number),
            acts=(BuyerAct.ASK_CANCELLATION,),
        )
        self.book.change(message.key, Received(id=self.new_id(), at=self.clock(), message=message), connection)

    def answer(self, number: str, position: str, due: dt.date | None = None) -> None:
        """We accept a line, or answer it with another date; and the answer leaves."""
        order_id = self.order(number).id
        loaded = load(self.store, order_id, self.clock())
        assert loaded is not None
        line = loaded.record.order.line(position)
        assert line is not None
        if due is None:
            decided = LineDecision(position=position, act=Act.AGREE)
        else:
            planned = line.requested.delivery_schedule[0].but(date=due)
            terms = line.requested.but(delivery_schedule=(planned,))
            decided = LineDecision(position=position, act=Act.PROPOSE, terms=terms, reason="later")
        answer = Decision(id=self.new_id(), at=self.clock(), lines=(decided,))
        for message in self.book.change(order_id, answer, "alice").outbox:
            assert self.book.depart(message) is not None
            self.book.delivered(message, Outcome.SENT)

    def unreadable(self, name: str, payload: bytes) -> None:
        """A document arrives that no format knows; it ends in quarantine."""
        incoming = Incoming("metal-works", f"/order/{name}", "0" * 64, (IncomingDocument(name, payload),))
        kept = keep(self.store, [incoming], self.clock())
        for _ in apply(self.book, kept[0].document_ids):
            pass

    def order(self, number: str) -> OrderRow:
        return find(self.store, number, self.clock())[0]

    def waiting(self) -> list[OutboxRow]:
        return outbox(self.store)


@contextmanager
def sample(folder: Path, hold: str = "10s", clock: Callable[[], dt.datetime] = now) -> Iterator[Sample]:
    made = Sample(folder, hold, clock)
    try:
        yield made
    finally:
        made.store.close()
