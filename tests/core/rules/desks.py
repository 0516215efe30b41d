"""A desk whose connections have rules, one a platform, and orders that arrive there as documents' messages do."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from core.messages import BuyerAct, LineMessage, Message
from core.model import (
    Item,
    LineContent,
    LineType,
    Money,
    Order,
    OrderHeader,
    OrderKey,
    OrderLine,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
)
from core.profile import TRADECLOUD, Profile
from core.rules import Rules, Verdict, judge, load
from tests.orders import Desk, open_desk

MONDAY = dt.date(2025, 3, 3)
"""The day of `tests.orders.START`."""
AT = dt.datetime(2025, 3, 3, 10, 0, tzinfo=dt.UTC)

_OUT = """
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:8080/v2"
format = "{format}"
"""
CONNECTIONS = {
    "metal-works": ("tradecloud", "tradecloud-json"),
    "city": ("peppol", "peppol"),
    "loom": ("procurement-connect", "procurement-connect-json"),
    "plain": ("generic", "tradecloud-json"),
}
"""Name, profile and format of a connection for each kind of platform."""


def settings(mode: str = "answer") -> str:
    text = 'operator_hold = "10s"\ntimezone = "Europe/Amsterdam"\n'
    for name, (profile, form) in CONNECTIONS.items():
        text += f'\n[[connection]]\nname = "{name}"\nprofile = "{profile}"\nour_account = "340760"\nrules = "{mode}"\n'
        text += _OUT.format(format=form)
    return text + f'\n[[connection]]\nname = "mute"\nprofile = "generic"\nrules = "{mode}"\n'


PRICES = """\
item,price,currency,per,unit,min_quantity
HB-1,1.25,EUR,1,PCE,
HB-2,1.25,EUR,1,PCE,
HB-3,10.00,EUR,100,PCE,
HB-3,9.00,EUR,100,PCE,500
"""

RULES = """\
[[item]]
item = "HB-*"
lead_time = "10 working days"
pack = 5

[price_list.bolts]
file = "bolts.csv"
numbers = "buyers"

[[rule]]
name = "bolts as ordered"
answer = "accept"
[rule.when]
item = "HB-*"
price = "listed"
quantity = { multiple_of = "pack" }
date = { lead_time = "kept", day_off = false }

[[rule]]
name = "bolts put right"
answer = "propose"
change = ["date", "quantity", "price"]
[rule.when]
item = "HB-*"

[[rule]]
name = "no plates"
answer = "reject"
reason = "We make no plates"
[rule.when]
item = "PL-*"
"""


def rules_file(folder: Path, text: str = RULES, prices: str = PRICES) -> Path:
    path = folder / "rules.toml"
    path.write_text(text, encoding="utf-8")
    (folder / "bolts.csv").write_text(prices, encoding="utf-8", newline="")
    return path


@contextmanager
def ruled_desk(folder: Path, text: str = RULES, mode: str = "answer") -> Iterator[Desk]:
    rules_file(folder, text)
    desk = open_desk(folder, settings(mode))
    try:
        yield desk
    finally:
        desk.store.close()


def terms(
    quantity: str | None = "10", date: str | None = "2025-04-01", price: str | None = "1.25", **prices: object
) -> Terms:
    """Terms for one delivery; None: not stated."""
    schedule: tuple[ScheduledDelivery, ...] = ()
    if quantity is not None and date is not None:
        planned = ScheduledDelivery(position="1", date=dt.date.fromisoformat(date), quantity=Decimal(quantity))
        schedule = (planned,)
    if price is None:
        return Terms(delivery_schedule=schedule)
    facts: dict[str, object] = {
        "net": Price(transaction=Money(value=Decimal(price), currency="EUR")),
        "price_unit": "PCE",
        "price_unit_quantity": Decimal(1),
    }
    return Terms(delivery_schedule=schedule, prices=Prices(**{**facts, **prices}))  # type: ignore[arg-type]


def line(position: str = "10", asked: Terms | None = None, item: str | None = "HB-1", **fields: object) -> OrderLine:
    facts: dict[str, object] = {
        "content": LineContent(item=Item(number=item, unit="PCE")),
        "requested": asked or terms(),
    }
    return OrderLine(position=position, **{**facts, **fields})  # type: ignore[arg-type]


def order(*lines: OrderLine, connection: str = "metal-works", buyer: str = "B1", **header: object) -> Order:
    from core.transition.derive import derived

    facts: dict[str, object] = {"currency": "EUR", "buyer": Party(names=("Metal Works B.V.",)), **header}
    key = OrderKey(connection=connection, buyer=buyer, number="PO-1")
    return derived(Order(key=key, header=OrderHeader(**facts), lines=lines or (line(),)))  # type: ignore[arg-type]


def ruled(
    folder: Path, text: str, of: Order, profile: Profile = TRADECLOUD, *, today: dt.date = MONDAY, **facts: object
) -> Verdict:
    """The word of the rules in `text` on an order."""
    return judge(of, load(rules_file(folder, text)), profile, at=AT, today=today, **facts)  # type: ignore[arg-type]


def loaded(folder: Path, text: str = RULES) -> Rules:
    return load(rules_file(folder, text))


def issue(
    number: str = "PO-1",
    connection: str = "metal-works",
    lines: dict[str, Terms] | None = None,
    *,
    items: dict[str, str] | None = None,
) -> Message:
    """The buyer issues an order, or issues it again on other terms."""
    return Message(
        key=OrderKey(connection=connection, buyer="B1", number=number),
        header=OrderHeader(
            buyer=Party(names=("Metal Works",), endpoint="7300072311115", endpoint_scheme="0088"),
            supplier=Party(names=("Bolts and Nuts",), endpoint="7302347231111", endpoint_scheme="0088"),
            buyer_account_number="340760",
            currency="EUR",
        ),
        lines=tuple(
            LineMessage(
                position=position,
                acts=(BuyerAct.ISSUE,),
                content=LineContent(
                    item=Item(number=(items or {}).get(position, "HB-1"), name="Bolt", unit="PCE"),
                    line_type=LineType.ITEM,
                ),
                terms=asked,
            )
            for position, asked in (lines or {"10": terms()}).items()
        ),
    )
