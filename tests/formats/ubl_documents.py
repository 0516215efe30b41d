"""UBL documents and orders for the tests of its reading and writing."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from functools import cache
from pathlib import Path

from lxml import etree

from core.formats import Source, ubl
from core.messages import LineMessage, Message
from core.model import Item, Money, Order, OrderHeader, OrderLine, Party, Price, Prices, ScheduledDelivery, Terms
from core.outgoing import Indicator, OrderResponse, ResponseLine

SOURCE = Source(connection="metal-works")
ANSWERED_AT = dt.datetime(2026, 3, 2, 9, 30, 5, tzinfo=dt.timezone(dt.timedelta(hours=1)))

CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
NAMESPACES = {"cbc": CBC, "cac": CAC}

BUYER = """<cac:BuyerCustomerParty><cac:Party>
  <cbc:EndpointID schemeID="0088">7300010000001</cbc:EndpointID>
  <cac:PartyLegalEntity><cbc:RegistrationName>Metal Works AB</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:BuyerCustomerParty>"""
SUPPLIER = """<cac:SellerSupplierParty><cac:Party>
  <cbc:EndpointID schemeID="0192">987654325</cbc:EndpointID>
  <cac:PartyLegalEntity><cbc:RegistrationName>Bolts AS</cbc:RegistrationName></cac:PartyLegalEntity>
</cac:Party></cac:SellerSupplierParty>"""
LINE = "<cbc:ID>10</cbc:ID><cbc:Quantity unitCode='EA'>100</cbc:Quantity><cac:Item><cbc:Name>Bolt</cbc:Name></cac:Item>"

PRICE = "<cac:Price><cbc:PriceAmount currencyID='EUR'>{}</cbc:PriceAmount>{}</cac:Price>"
BASE_AMOUNT = "<cbc:BaseAmount currencyID='EUR'>60</cbc:BaseAmount>"


def period(start: str = "", end: str = "", more: str = "") -> str:
    return (
        f"<cac:Delivery>{more}<cac:RequestedDeliveryPeriod><cbc:StartDate>{start}</cbc:StartDate>"
        f"<cbc:EndDate>{end}</cbc:EndDate></cac:RequestedDeliveryPeriod></cac:Delivery>"
    )


def part(quantity: str, end: str) -> str:
    return period(end=end, more=f"<cbc:Quantity unitCode='EA'>{quantity}</cbc:Quantity>")


def allowance(indicator: str, more: str) -> str:
    return (
        f"<cac:AllowanceCharge><cbc:ChargeIndicator>{indicator}</cbc:ChargeIndicator>"
        f"<cbc:Amount currencyID='EUR'>10</cbc:Amount>{more}</cac:AllowanceCharge>"
    )


def order_xml(
    *,
    header: str = "<cbc:ID>PO-1</cbc:ID>",
    buyer: str = BUYER,
    delivery: str = "",
    lines: tuple[str, ...] = (LINE,),
    kind: str = "Order",
    declaration: str = '<?xml version="1.0" encoding="UTF-8"?>\n',
) -> str:
    """An order, or a document shaped like one, with the parts given."""
    order_lines = "".join(f"<cac:OrderLine><cac:LineItem>{line}</cac:LineItem></cac:OrderLine>\n" for line in lines)
    return (
        f'{declaration}<{kind} xmlns="urn:oasis:names:specification:ubl:schema:xsd:{kind}-2"\n'
        f'  xmlns:cac="{CAC}" xmlns:cbc="{CBC}">\n{header}\n{buyer}\n{SUPPLIER}\n{delivery}\n{order_lines}</{kind}>\n'
    )


def read(document: str | bytes, source: Source = SOURCE) -> Message:
    """The one message that plain UBL has."""
    (message,) = ubl.parse(document.encode() if isinstance(document, str) else document, source)
    return message


def read_line(line: str, delivery: str = "") -> LineMessage:
    """The one line of an order whose line item has `line` beside its number."""
    (read_one,) = read(order_xml(lines=(f"<cbc:ID>1</cbc:ID>{line}",), delivery=delivery)).lines
    return read_one


def order_of(message: Message) -> Order:
    """The order that a message makes where there was none."""
    assert message.header is not None
    lines = [
        OrderLine(position=line.position, content=line.content, requested=line.terms)
        for line in message.lines
        if line.content is not None and line.terms is not None
    ]
    return Order(key=message.key, header=message.header, lines=tuple(lines))


def deliveries(*planned: tuple[str, str]) -> tuple[ScheduledDelivery, ...]:
    """Deliveries from (day, quantity)."""
    return tuple(ScheduledDelivery(date=dt.date.fromisoformat(day), quantity=Decimal(many)) for day, many in planned)


def net_price(value: str, currency: str = "EUR", unit: str | None = None, quantity: str | None = None) -> Prices:
    return Prices(
        net=Price(transaction=Money(value=Decimal(value), currency=currency)),
        price_unit=unit,
        price_unit_quantity=Decimal(quantity) if quantity else None,
    )


def an_order(*positions: str) -> Order:
    """An order of 100 bolts at 2.50 EUR a piece for each of `positions`, due on 20 March."""
    party = Party(endpoint="7300010000001", endpoint_scheme="0088", names=("Metal Works AB",))
    seller = Party(endpoint="987654325", endpoint_scheme="0192", names=("Bolts AS",))
    asked = Terms(delivery_schedule=deliveries(("2026-03-20", "100")), prices=net_price("2.50", "EUR", "EA", "1"))
    lines = tuple(OrderLine(position=position, requested=asked) for position in positions or ("10",))
    item = Item(number="B-1", name="Bolt M8", unit="EA", supplier_item_number="4711")
    return Order(
        key=read(order_xml()).key,
        header=OrderHeader(currency="EUR", buyer=party, supplier=seller),
        lines=tuple(line.but(content=line.content.but(item=item)) for line in lines),
    )


def answer(*lines: ResponseLine, number: str = "PO-1", **fields: object) -> OrderResponse:
    return OrderResponse(number=number, responded_at=ANSWERED_AT, lines=lines).but(**fields)


def accepted(position: str) -> ResponseLine:
    return ResponseLine(position=position, indicator=Indicator.ACCEPTED)


def rejected(position: str, reason: str = "no longer made") -> ResponseLine:
    return ResponseLine(position=position, indicator=Indicator.REJECTED, reason=reason)


def texts(payload: bytes, path: str) -> list[str]:
    """The texts at an XPath whose names have the prefixes `cbc` and `cac`."""
    return [str(element.text) for element in elements(payload, path)]


def elements(payload: bytes, path: str) -> list[etree._Element]:
    found = etree.fromstring(payload).xpath(path, namespaces=NAMESPACES)
    assert isinstance(found, list)
    return [element for element in found if isinstance(element, etree._Element)]


@cache
def _schema(path: Path) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(path))


def schema_error(corpus: Path, payload: bytes) -> str | None:
    """What the UBL 2.1 schema has against an order response."""
    try:
        _schema(corpus / "ubl" / "xsd" / "2.1" / "maindoc" / "UBL-OrderResponse-2.1.xsd").assertValid(
            etree.fromstring(payload)
        )
    except etree.DocumentInvalid as invalid:
        return str(invalid)
    return None
