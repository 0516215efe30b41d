"""Formats × fields of an answer: each is on the wire, or refused by the name of the line and of what can't be said."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from core.decisions import Decision, LineDecision
from core.formats import NAMES, CannotCarry, format_named
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    Item,
    ItemDetails,
    KeyValue,
    LineContent,
    Money,
    Order,
    OrderHeader,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
)
from core.outgoing import Indicator, OrderResponse, ResponseLine
from core.transition.tables import CONFIRMED, REJECTED
from tests.core.trade import KEY, NOW, line_in

WRITTEN = [name for name in NAMES if name != "xpath"]
"""Of the formats those in which an answer can leave."""

MARK = "Q7MARK"
URL = f"https://supplier.example/{MARK}"
US = Party(id="1", endpoint="7300010000001", endpoint_scheme="0088", names=("Supplier",))
THEM = Party(id="2", endpoint="7300010000002", endpoint_scheme="0088", names=("Buyer",))
ITEM = Item(number="A-1", name="Plate", unit="KGM", supplier_item_number="S-1")
ASKED = Terms(
    delivery_schedule=(ScheduledDelivery(position="1", date=dt.date(2026, 5, 1), quantity=Decimal(10)),),
    prices=Prices(net=Price(transaction=Money(value=Decimal("12.50"), currency="EUR"))),
)


def delivery(**fields: Any) -> ScheduledDelivery:
    return ASKED.delivery_schedule[0].but(**fields)


def euro(value: str) -> Price:
    return Price(transaction=Money(value=Decimal(value), currency="EUR"))


def document(**fields: str) -> Document:
    return Document(**{"name": "Certificate", "url": "https://supplier.example/1", **fields})


def charge(**fields: Any) -> ChargeLine:
    return ChargeLine(**{"description": "Freight", "price": euro("5"), **fields})


WORDS: dict[str, list[tuple[dict[str, Any], str]]] = {
    "reason": [({"reason": MARK}, MARK)],
    "description": [({"description": MARK}, MARK)],
    "sales_order_number": [({"sales_order_number": MARK}, MARK)],
    "sales_order_position": [({"sales_order_position": MARK}, MARK)],
    "properties": [({"properties": (KeyValue(key="colour", value=MARK),)}, MARK)],
    "notes": [({"notes": ("one", MARK)}, MARK)],
    "item_details": [
        ({"item_details": ItemDetails.model_validate({field: value})}, written)
        for field, value, written in (
            ("country_of_origin", "TD", '>TD<|"TD"'),
            ("combined_nomenclature_code", "85365011", "85365011"),
            ("dangerous_goods_code", "1203", "1203"),
            ("serial_number", MARK, MARK),
            ("batch_number", MARK, MARK),
        )
    ]
    + [({"item_details": ItemDetails(net_weight=Decimal("7.125"), net_weight_unit="GRM")}, r"7\.125.*|GRM")],
    "charge_lines": [
        ({"charge_lines": (charge(**{field: value}),)}, written)
        for field, value, written in (
            ("position", MARK, MARK),
            ("type_code", MARK, MARK),
            ("description", MARK, MARK),
            ("quantity", Decimal("77.25"), r"77\.25"),
            ("price", euro("987.65"), r"987\.65"),
            ("price_unit", MARK, MARK),
            ("price_unit_quantity", Decimal("77.25"), r"77\.25"),
        )
    ],
    "documents": [
        ({"documents": (document(**{field: value}),)}, value)
        for field, value in (
            ("code", MARK),
            ("revision", MARK),
            ("name", MARK),
            ("object_id", MARK),
            ("url", URL),
            ("type", MARK),
            ("description", MARK),
        )
    ]
    + [({"documents": (document(code="C-1", name=MARK),)}, MARK)],
}
"""By field of a line's answer: what is said, and how it looks on the wire."""

TERMS: list[tuple[str, Terms, str]] = [
    ("date", Terms(delivery_schedule=(delivery(date=dt.date(2031, 7, 8)),)), "2031-07-08"),
    ("quantity", Terms(delivery_schedule=(delivery(quantity=Decimal(4321)),)), "4321"),
    ("fraction", Terms(delivery_schedule=(delivery(quantity=Decimal("4.321")),)), r"4\.321"),
    ("transport_mode", Terms(delivery_schedule=(delivery(transport_mode=MARK),)), MARK),
    (
        "split",
        Terms(delivery_schedule=(delivery(quantity=Decimal(4)), delivery(position=None, date=dt.date(2031, 7, 8)))),
        "2031-07-08",
    ),
    ("net price", Terms(prices=Prices(net=euro("987.65"))), r"987\.65"),
    (
        "net price in base currency",
        Terms(prices=Prices(net=euro("9").but(base=Money(value=Decimal("987.65"), currency="USD")))),
        r"987\.65",
    ),
    ("gross price", Terms(prices=Prices(gross=euro("987.65"), discount_percentage=Decimal(0))), r"987\.65"),
    ("discount", Terms(prices=Prices(gross=euro("100"), discount_percentage=Decimal("7.125"))), r"7\.125|0\.07125"),
    ("discount alone", Terms(prices=Prices(discount_percentage=Decimal("7.125"))), r"7\.125|0\.07125"),
    ("another currency", Terms(prices=Prices(net=Price(transaction=Money(value=Decimal(9), currency="SEK")))), "SEK"),
    ("price unit", Terms(prices=Prices(net=euro("9"), price_unit="TNE")), "TNE"),
    ("price unit quantity", Terms(prices=Prices(net=euro("9"), price_unit_quantity=Decimal("4321"))), "4321"),
]

OF_THE_ORDER: dict[str, list[tuple[dict[str, Any], str]]] = {
    "description": [({"description": MARK}, MARK)],
    "properties": WORDS["properties"],
    "notes": WORDS["notes"],
    "documents": WORDS["documents"],
    "contact": [({"contact": Contact(**{field: MARK})}, MARK) for field in ("email", "user_name", "name", "phone")]
    + [({"contact": Contact(email="a@b.example", **{field: MARK})}, MARK) for field in ("user_name", "name", "phone")],
}


def order(indicator: Indicator | None, ours: Terms = ASKED) -> Order:
    state = REJECTED if indicator is Indicator.REJECTED else CONFIRMED
    lines = tuple(
        line_in(
            state,
            position,
            content=LineContent(item=ITEM),
            requested=ASKED,
            confirmed=None if state is REJECTED else ours if position == "10" else ASKED,
        )
        for position in ("10", "20")
    )
    header = OrderHeader(currency="EUR", buyer_account_number="340760", supplier=US, buyer=THEM, references=("CO/1",))
    return Order(key=KEY, header=header, lines=lines)


def response(
    indicator: Indicator | None, ours: Terms, of_line: dict[str, Any], of_order: dict[str, Any]
) -> OrderResponse:
    mine = ResponseLine(
        position="10",
        indicator=indicator,
        delivery_schedule=ours.delivery_schedule or None,
        prices=ours.prices,
        **of_line,
    )
    rest = Indicator.REJECTED if indicator is Indicator.REJECTED else Indicator.ACCEPTED
    other = ResponseLine(position="20", indicator=rest, delivery_schedule=ASKED.delivery_schedule, prices=ASKED.prices)
    return OrderResponse(number="PO-7", lines=(mine, other), responded_at=NOW, **of_order)


def on_the_wire(name: str, said: OrderResponse, after: Order) -> str | CannotCarry:
    try:
        return format_named(name).render(said, after, "019a-1").payload.decode()
    except CannotCarry as refused:
        return refused


def cases(words: dict[str, list[tuple[dict[str, Any], str]]]) -> Iterator[Any]:
    for field, variants in words.items():
        for nth, (said, written) in enumerate(variants):
            yield pytest.param(said, written, id=f"{field}-{nth}")


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("indicator", [None, Indicator.ACCEPTED, Indicator.REJECTED])
@pytest.mark.parametrize(("said", "written"), cases(WORDS))
def test_what_is_said_of_a_line_is_carried_or_refused(
    name: str, indicator: Indicator | None, said: dict[str, Any], written: str
) -> None:
    wire = on_the_wire(name, response(indicator, ASKED, said, {}), order(indicator))
    if isinstance(wire, CannotCarry):
        assert wire.position == "10"
        assert wire.what
    else:
        assert re.search(written, wire)


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize(("ours", "written"), [pytest.param(*case[1:], id=case[0]) for case in TERMS])
def test_terms_of_ours_are_carried_or_refused(name: str, ours: Terms, written: str) -> None:
    whole = Terms(
        delivery_schedule=ours.delivery_schedule or ASKED.delivery_schedule,
        prices=ours.prices if ours.prices is not None else ASKED.prices,
    )
    wire = on_the_wire(name, response(None, whole, {"reason": "why"}, {}), order(None, whole))
    if isinstance(wire, CannotCarry):
        assert wire.position == "10"
    else:
        assert re.search(written, wire)


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("unknown", ["date", "quantity"])
def test_what_we_do_not_know_is_left_open_or_refused_but_never_said_as_it_was_asked(name: str, unknown: str) -> None:
    ours = ASKED.but(delivery_schedule=(delivery(**{unknown: UNKNOWN}),))
    wire = on_the_wire(name, response(None, ours, {"reason": "why"}, {}), order(None, ours))
    if isinstance(wire, CannotCarry):
        assert (wire.position, "not known yet" in wire.what) == ("10", True)
    else:
        first, _, _ = wire.partition("20")
        assert "2026-05-01" not in first if unknown == "date" else not re.search(r"\b10\b.*uantity", first)


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("indicator", [None, Indicator.ACCEPTED, Indicator.REJECTED])
@pytest.mark.parametrize(("said", "written"), cases(OF_THE_ORDER))
def test_what_is_said_of_the_order_is_carried_or_refused(
    name: str, indicator: Indicator | None, said: dict[str, Any], written: str
) -> None:
    wire = on_the_wire(name, response(indicator, ASKED, {}, said), order(indicator))
    if isinstance(wire, CannotCarry):
        assert wire.position is None
        assert wire.what
    else:
        assert re.search(written, wire)


def test_no_field_of_a_decision_is_forgotten_here() -> None:
    not_on_the_wire = {"position", "act", "terms", "rule"}
    assert WORDS.keys() == LineDecision.model_fields.keys() - not_on_the_wire
    assert OF_THE_ORDER.keys() == Decision.model_fields.keys() - {"id", "at", "lines", "act"}
