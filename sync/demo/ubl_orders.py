"""A wanted order as the UBL document that a buyer's system would send."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from lxml import etree

from core.model import plain
from sync.demo.catalogue import WantedLine, WantedOrder

_ORDER = "urn:oasis:names:specification:ubl:schema:xsd:Order-2"
CAC = "urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
CBC = "urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2"


@dataclass(frozen=True, slots=True)
class Company:
    name: str
    endpoint: str
    """A GLN (scheme 0088)."""
    city: str


def ubl_order(order: WantedOrder, buyer: Company, seller: Company, issued: dt.date, *, peppol: bool) -> bytes:
    """The XML of `order`; with `peppol`, a BIS Ordering 3 document."""
    root = etree.fromstring(f'<Order xmlns="{_ORDER}" xmlns:cac="{CAC}" xmlns:cbc="{CBC}"/>')
    if peppol:
        _text(root, "CustomizationID", "urn:fdc:peppol.eu:poacc:trns:order:3")
        _text(root, "ProfileID", "urn:fdc:peppol.eu:poacc:bis:ordering:3")
    _text(root, "ID", order.number)
    _text(root, "IssueDate", issued.isoformat())
    if order.note:
        _text(root, "Note", order.note)
    _text(root, "DocumentCurrencyCode", order.currency)
    _party(_node(root, "BuyerCustomerParty"), buyer)
    _party(_node(root, "SellerSupplierParty"), seller)
    for line in order.lines:
        _line(root, line, order.currency)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _line(root: etree._Element, line: WantedLine, currency: str) -> None:
    item_line = _node(_node(root, "OrderLine"), "LineItem")
    _text(item_line, "ID", line.position)
    total = sum((delivery.quantity for delivery in line.deliveries), start=line.deliveries[0].quantity * 0)
    _text(item_line, "Quantity", plain(total), unitCode=line.unit)
    for delivery in line.deliveries:
        node = _node(item_line, "Delivery")
        if len(line.deliveries) > 1:
            _text(node, "Quantity", plain(delivery.quantity), unitCode=line.unit)
        period = _node(node, "RequestedDeliveryPeriod")
        _text(period, "StartDate", delivery.date.isoformat())
        _text(period, "EndDate", delivery.date.isoformat())
    price = _node(item_line, "Price")
    _text(price, "PriceAmount", plain(line.price), currencyID=currency)
    _text(price, "BaseQuantity", plain(line.per), unitCode=line.unit)
    item = _node(item_line, "Item")
    _text(item, "Name", line.name)
    _text(_node(item, "BuyersItemIdentification"), "ID", line.item)


def _party(node: etree._Element, company: Company) -> None:
    party = _node(node, "Party")
    _text(party, "EndpointID", company.endpoint, schemeID="0088")
    _text(_node(party, "PartyIdentification"), "ID", company.endpoint, schemeID="0088")
    address = _node(party, "PostalAddress")
    _text(address, "CityName", company.city)
    _text(_node(address, "Country"), "IdentificationCode", "NL")
    _text(_node(party, "PartyLegalEntity"), "RegistrationName", company.name)


def _node(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{CAC}}}{name}")


def _text(parent: etree._Element, name: str, text: str, **attributes: str) -> None:
    node = etree.SubElement(parent, f"{{{CBC}}}{name}", attributes)
    node.text = text
