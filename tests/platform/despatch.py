"""A despatch advice, read as strictly as the page and its samples describe it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from tests.platform.reading import Reading, Tree, parsed

MOST_LINES = 500


@dataclass(frozen=True, slots=True)
class AdviceLine:
    number: str
    position: str
    delivery: str | None
    quantity: Decimal


@dataclass(frozen=True, slots=True)
class Advice:
    company: str | None
    account: str
    number: str
    tracking: str | None
    lines: tuple[AdviceLine, ...]


def read_advice(payload: bytes) -> Advice:
    """Raises Refused with everything that is wrong."""
    tree = parsed(payload)
    reading = Reading()
    reading.tree(tree, "body", "header", "lines", "erpIssueDateTime")
    header = reading.tree(
        tree.get("header"), "header", "supplierCompanyId", "buyerAccountNumber", "despatchAdviceNumber", "shipment"
    )
    account = reading.text(header, "buyerAccountNumber", "header", required=True, whole=True)
    number = reading.text(header, "despatchAdviceNumber", "header", required=True, whole=True)
    shipment = reading.tree(
        header.get("shipment"),
        "header.shipment",
        "shipmentNumber",
        "identifiers",
        "transportMode",
        "shipmentCompanyName",
        "departure",
        "destinations",
    )
    reading.text(shipment, "shipmentNumber", "header.shipment", required=True, whole=True)
    for name in ("transportMode", "shipmentCompanyName"):
        reading.text(shipment, name, "header.shipment")
    identifiers = reading.tree(
        shipment.get("identifiers", {}),
        "header.shipment.identifiers",
        "billOfLadingNumber",
        "billOfLadingIssueDate",
        "carrierShipmentNumber",
        "trackingNumber",
        "imoNumber",
    )
    tracking = reading.text(identifiers, "trackingNumber", "header.shipment.identifiers")
    reading.local_time(tree, "erpIssueDateTime", "body")
    trees = reading.trees(tree.get("lines"), "lines", MOST_LINES)
    if not trees:
        reading.fault("lines", "has no line")
    lines = tuple(_line(reading, line, f"lines[{n}]") for n, line in enumerate(trees))
    numbers = [line.get("despatchAdviceLinePosition") for line in trees]
    if len(set(map(str, numbers))) < len(numbers):
        reading.fault("lines", "use a despatch advice line position twice")
    company = reading.text(header, "supplierCompanyId", "header", whole=True)
    reading.done()
    return Advice(company, account or "", number or "", tracking, lines)


def _line(reading: Reading, tree: Tree, where: str) -> AdviceLine:
    reading.tree(
        tree,
        where,
        "despatchAdviceLinePosition",
        "purchaseOrderNumber",
        "purchaseOrderLinePosition",
        "deliverySchedulePosition",
        "item",
        "despatchQuantity",
        "backorderQuantity",
        "backorderDate",
    )
    reading.text(tree, "despatchAdviceLinePosition", where, required=True)
    number = reading.text(tree, "purchaseOrderNumber", where, required=True, whole=True)
    position = reading.text(tree, "purchaseOrderLinePosition", where, required=True)
    quantity = reading.number(tree, "despatchQuantity", where, least=Decimal(0))
    if quantity is None:
        reading.fault(f"{where}.despatchQuantity", "is missing")
    reading.number(tree, "backorderQuantity", where, least=Decimal(0))
    reading.date(tree, "backorderDate", where)
    if "item" in tree:
        reading.tree(tree["item"], f"{where}.item")
    delivery = reading.text(tree, "deliverySchedulePosition", where)
    return AdviceLine(number or "", position or "", delivery, quantity or Decimal(0))
