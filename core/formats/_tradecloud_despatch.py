"""A despatch advice as Tradecloud takes it, its members in the order of the SDK's sample.

The same advice number again changes nothing there: it is made from the input's id, and has no white space. A line of ours
that falls on several scheduled deliveries stands once for each, with the delivery's position where it has one. The
tracking number stands where the newer sample has it, in `shipment.identifiers`.
"""

from __future__ import annotations

from core.formats import CannotCarry
from core.formats._tradecloud_write import NAME, account_of, refuse_no_or_too_many, said
from core.model import Item, Order, OrderLine
from core.outgoing import DespatchAdvice, DespatchedLine

_Members = dict[str, object]


def despatch_advice(advice: DespatchAdvice, order: Order) -> _Members:
    """The members of a despatch advice. Raises CannotCarry, naming the line and the field."""
    account = account_of(advice.buyer_account_number, order, "a despatch advice")
    refuse_no_or_too_many(advice.lines, "a despatch advice")
    return said(
        header=said(
            supplierCompanyId=advice.company_id,
            buyerAccountNumber=account,
            despatchAdviceNumber=_code(advice.advice_number, "a despatch advice number"),
            shipment=_shipment(advice),
        ),
        lines=[_line(nth, moved, advice, order) for nth, moved in enumerate(advice.lines, start=1)],
        # Local to the desk, and on the wire without a zone.
        erpIssueDateTime=f"{advice.at:%Y-%m-%dT%H:%M:%S}",
    )


def _shipment(advice: DespatchAdvice) -> _Members:
    """Every advice has a shipment with a number; one that we gave none goes by the advice's."""
    shipment = advice.shipment
    if shipment is None:
        return {"shipmentNumber": advice.advice_number}
    tracking = shipment.tracking_number
    return said(
        shipmentNumber=_code(shipment.number or advice.advice_number, "a shipment number"),
        identifiers={"trackingNumber": tracking} if tracking is not None else None,
        shipmentCompanyName=shipment.carrier,
    )


def _line(nth: int, moved: DespatchedLine, advice: DespatchAdvice, order: Order) -> _Members:
    line = order.line(moved.position)
    if line is None:
        raise CannotCarry(NAME, "goods of a line that the order doesn't have", moved.position)
    return said(
        despatchAdviceLinePosition=str(nth),
        purchaseOrderNumber=advice.number,
        purchaseOrderLinePosition=moved.position,
        deliverySchedulePosition=moved.delivery_position,
        item=_item(line),
        despatchQuantity=moved.quantity,
        backorderQuantity=moved.backorder_quantity,
    )


def _item(line: OrderLine) -> _Members | None:
    item: Item = line.content.item
    members = said(
        buyerItemNumber=item.number,
        buyerItemRevision=item.revision,
        buyerItemName=item.name,
        supplierItemNumber=item.supplier_item_number,
        purchaseUnitOfMeasureIso=item.unit,
    )
    return members or None


def _code(text: str, what: str) -> str:
    """ "Identifiers have no white space and never change." """
    if any(character.isspace() for character in text):
        raise CannotCarry(NAME, f"{what} with white space in it ({text[:40]!r})")
    return text
