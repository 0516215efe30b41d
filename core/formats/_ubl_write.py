"""Writing UBL: elements in the order given, and the parts that every order response has.

Blank values are left out, since an empty element is an error in Peppol and says nothing elsewhere. The same values
give the same bytes.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable
from decimal import Decimal

from lxml import etree

from core.formats import CannotCarry, Rendered
from core.formats._ubl_aggregate import CAC, CBC, UBL
from core.formats._ubl_header import CUSTOMER_REFERENCE
from core.formats._xml import NOT_XML
from core.model import Order, Party, Unknown, plain
from core.outgoing import OrderResponse, ResponseLine

_UUID = re.compile(r"[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")


class Element:
    """An aggregate being written; `value` and `aggregate` append to it."""

    __slots__ = ("format_name", "node", "position")

    def __init__(self, element: etree._Element, format_name: str, position: str | None = None) -> None:
        self.node = element
        self.format_name = format_name
        self.position = position

    def aggregate(self, name: str, *, position: str | None = None) -> Element:
        """A new `cac:` element; `position` is the order line that it and all in it speak of."""
        element = etree.SubElement(self.node, f"{{{CAC}}}{name}")
        return Element(element, self.format_name, position or self.position)

    def about(self, position: str) -> Element:
        """This element, spoken of in the name of one order line."""
        return Element(self.node, self.format_name, position)

    def value(self, name: str, value: str | Decimal | dt.date | None, **attributes: str | None) -> None:
        """A new `cbc:` element, unless there is nothing to write. Raises CannotCarry for what XML has no place for."""
        text = plain(value) if isinstance(value, Decimal) else "" if value is None else str(value)
        if not text.strip():
            return
        element = etree.SubElement(self.node, f"{{{CBC}}}{name}")
        element.text = self._writable(text)
        for attribute, written in attributes.items():
            if written:
                element.set(attribute, self._writable(written))

    def _writable(self, text: str) -> str:
        wrong = NOT_XML.search(text)
        if wrong:
            raise self.cannot_carry(f"the control character U+{ord(wrong[0]):04X} in {text[:40]!r}")
        return text

    def cannot_carry(self, what: str) -> CannotCarry:
        return CannotCarry(self.format_name, what, self.position)


def order_response(format_name: str) -> Element:
    namespaces: dict[str | None, str] = {None: f"{UBL}OrderResponse-2", "cac": CAC, "cbc": CBC}
    root = etree.Element(f"{{{UBL}OrderResponse-2}}OrderResponse", nsmap=namespaces)  # type: ignore[arg-type]
    return Element(root, format_name)


def rendered(document: Element) -> Rendered:
    payload = etree.tostring(document.node, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return Rendered(payload=payload, content_type="application/xml", extension="xml")


def issued(document: Element, at: dt.datetime | None) -> None:
    """Day and time on the desk's clock, without zone, which Peppol forbids. Raises CannotCarry when nobody said when."""
    if at is None:
        raise document.cannot_carry("an answer without the time at which it was given")
    document.value("IssueDate", at.date())
    document.value("IssueTime", at.strftime("%H:%M:%S"))


def currency_of(document: Element, response: OrderResponse, order: Order) -> str:
    """What the answer's prices are in: the order's currency, or that of the first price in either."""
    terms = [line.prices for line in response.lines] + [line.requested.prices for line in order.lines]
    stated = (prices.net.transaction.currency for prices in terms if prices and prices.net and prices.net.transaction)
    currency = order.header.currency or next(stated, None)
    if currency is None:
        raise document.cannot_carry("an answer without a currency, and the order names none")
    return currency


def customer_reference(order: Order) -> str | None:
    """The buyer's own reference, which an answer repeats."""
    return next((said.value for said in order.header.properties if said.key == CUSTOMER_REFERENCE), None)


def order_uuid(order: Order) -> str | None:
    return next((known for known in order.header.references[:1] if _UUID.fullmatch(known)), None)


def one_sales_order_number(lines: Iterable[ResponseLine]) -> tuple[str | None, str | None]:
    """Our order number, when the lines that name one name the same; else the first position that names another."""
    named = [line for line in lines if line.sales_order_number]
    other = next((line.position for line in named if line.sales_order_number != named[0].sales_order_number), None)
    return (named[0].sales_order_number if named and other is None else None), other


def order_notes(response: OrderResponse) -> list[str]:
    return [note for note in (response.description, *(response.notes or ())) if note and note.strip()]


def line_notes(said: ResponseLine) -> list[str]:
    """The reason first: it is what a buyer looks for."""
    return [note for note in (said.reason, said.description, *(said.notes or ())) if note and note.strip()]


def party_number(element: Element, party: Party, *, scheme: str | None) -> None:
    if party.id:
        element.aggregate("PartyIdentification").value("ID", party.id, schemeID=scheme)


def promised(delivery: Element, on: dt.date | Unknown) -> None:
    """The day on which we deliver: a period of that one day. Nothing when it is not known."""
    if not isinstance(on, Unknown):
        period = delivery.aggregate("PromisedDeliveryPeriod")
        period.value("StartDate", on)
        period.value("EndDate", on)


def refuse(element: Element, said: Iterable[tuple[object, str]]) -> None:
    """Raises CannotCarry naming the first of `said` (value, name) that says something."""
    for value, what in said:
        if value:
            raise element.cannot_carry(what)
