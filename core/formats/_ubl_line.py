"""One line of a UBL order or order change, as the model has it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from core.formats import _unchecked as made
from core.formats._ubl_aggregate import Aggregate
from core.formats._ubl_parties import destination
from core.messages import BuyerAct, LineMessage
from core.model import (
    ALLOWANCE,
    CHARGE,
    UNKNOWN,
    ChargeLine,
    Document,
    Item,
    ItemDetails,
    KeyValue,
    LineContent,
    Price,
    Prices,
    ScheduledDelivery,
    plain,
    total_quantity,
)

NET_WEIGHT: Final = "AAA"
"""A dimension that is the net weight of a unit (UN/CEFACT 6313)."""
CUSTOMS_TARIFF: Final = ("HS", "CN")
"""Lists whose classifications are the customs tariff's; the EU's CN code is a longer HS code."""

_NO_DETAILS: Final = ItemDetails()
_SAYS_DETAILS: Final = frozenset(
    {"OriginCountry", "CommodityClassification", "HazardousItem", "ItemInstance", "Dimension"}
)


@dataclass(frozen=True, slots=True)
class OrderSays:
    """What an order says for all its lines, where a line doesn't say it."""

    requested_on: dt.date | None = None
    currency: str | None = None
    acts: Mapping[str, BuyerAct | None] = field(default_factory=dict)
    """What the buyer does by a line's status, in lower case; None: nothing. Any other status issues the line."""
    several_days: bool = False
    """`requested_on` is the first of several."""
    changes: bool = False
    """It changes an order that is there: a part of the terms that a line leaves out stays as it was."""


def order_line(line: Aggregate, order: OrderSays, warnings: list[str]) -> LineMessage:
    """What a `cac:OrderLine` asks; `warnings` grows by what had to be guessed or left out, which makes its terms doubtful.

    Raises Unreadable for a line without a number, and for a quantity, date or price that is none.
    """
    item_line = line.first("LineItem")
    if item_line is None:
        raise line.unreadable("an order line without a line item", "LineItem")
    position = item_line.identifier("ID")
    if position is None:
        raise item_line.unreadable("an order line without a number", "ID")
    act = order.acts.get((item_line.text("LineStatusCode") or "").lower(), BuyerAct.ISSUE)
    if act is not BuyerAct.ISSUE:
        return made.line(position=position, acts=(act,) if act else ())
    doubts: list[str] = []
    if "SubLineItem" in item_line:
        doubts.append("has sub-lines, which are not shown: look at the document itself")
    price = item_line.first("Price")
    deliveries = item_line.each("Delivery")
    schedule = _schedule(item_line, deliveries, order, doubts)
    warnings.extend(f"line {position} {doubt}" for doubt in doubts)
    if order.several_days and not (deliveries and all(map(requested_date, deliveries))):
        doubts.append("names no day of its own, and the order names several: ask the buyer which is meant")
    return made.line(
        position=position,
        acts=(act,),
        content=_content(line, item_line, deliveries, order.currency, tuple(doubts)),
        terms=made.terms(
            delivery_schedule=schedule,
            prices=_prices(price, order.currency) if price is not None else None,
        ),
    )


def requested_date(delivery: Aggregate) -> dt.date | None:
    """The last day on which a `cac:Delivery` may come, or the first where only that is said."""
    period = delivery.first("RequestedDeliveryPeriod")
    asked = (period.date("EndDate") or period.date("StartDate")) if period is not None else None
    return asked or delivery.date("LatestDeliveryDate")


def _schedule(
    item_line: Aggregate, deliveries: Sequence[Aggregate], order: OrderSays, doubts: list[str]
) -> tuple[ScheduledDelivery, ...]:
    """One delivery of the line's quantity, or as many as the line names with quantities of their own.

    Deliveries get no position: what UBL calls the ID of a delivery is, in use, the number of a place.
    """
    requested_on = order.requested_on
    asked = item_line.decimal("Quantity")
    if len(deliveries) < 2:
        own = deliveries[0].decimal("Quantity") if deliveries else None
        quantity = asked if asked is not None else own
        on = (requested_date(deliveries[0]) if deliveries else None) or requested_on
        if order.changes and (on is None) != (quantity is None):
            known, unsaid = ("quantity", "day") if on is None else ("day", "quantity")
            doubts.append(f"changes the {known} and says no {unsaid}: ask the buyer whether it stays")
        if order.changes and on is None and quantity is None:
            return ()
        return (made.delivery(date=on or UNKNOWN, quantity=UNKNOWN if quantity is None else quantity),)
    schedule = tuple(
        made.delivery(
            date=requested_date(delivery) or requested_on or UNKNOWN,
            quantity=UNKNOWN if (own := delivery.decimal("Quantity")) is None else own,
        )
        for delivery in deliveries
    )
    total = total_quantity(schedule)
    if total is None:
        doubts.append("asks several deliveries without saying how much comes with each")
    elif asked is not None and total != asked:
        doubts.append(f"asks {plain(asked)} and deliveries of {plain(total)} together: ask the buyer which it is")
    return schedule


def _prices(price: Aggregate, currency: str | None) -> Prices | None:
    """The net price with its unit and unit quantity.

    A gross price is one that an allowance on the price is plainly taken from (`cbc:BaseAmount`). No percentage is
    read: UBL's own documents write 5 % as 0.05, Peppol's as 5.
    """
    amount = price.decimal("PriceAmount")
    if amount is None:
        return None
    allowances = price.each("AllowanceCharge")
    gross = None
    if len(allowances) == 1 and allowances[0].text("ChargeIndicator") in ("false", "0"):
        gross = allowances[0].decimal("BaseAmount")
    base_quantity = price.decimal("BaseQuantity")
    if base_quantity is not None and base_quantity <= 0:
        raise price.unreadable(f"a price for {plain(base_quantity)} pieces is none", "BaseQuantity")
    in_currency = price.attribute("PriceAmount", "currencyID") or currency
    if in_currency is None:
        raise price.unreadable("a price without a currency", "PriceAmount")
    return made.prices(
        net=_price(amount, in_currency),
        gross=_price(gross, in_currency) if gross is not None else None,
        price_unit=price.attribute("BaseQuantity", "unitCode"),
        price_unit_quantity=base_quantity,
    )


def _price(value: Decimal, currency: str) -> Price:
    return made.price(transaction=made.money(value=value, currency=currency))


def _content(
    line: Aggregate,
    item_line: Aggregate,
    deliveries: Sequence[Aggregate],
    currency: str | None,
    doubts: tuple[str, ...],
) -> LineContent:
    item = item_line.first("Item")
    return made.content(
        item=_item(item, item_line.attribute("Quantity", "unitCode")),
        item_details=_item_details(item) if item is not None else None,
        charge_lines=tuple(
            [charge for each in item_line.each("AllowanceCharge") if (charge := _charge(each, currency)) is not None]
        ),
        sales_order_number=item_line.text("SalesOrderID"),
        properties=tuple(_properties(line, item_line, item, deliveries)),
        notes=line.texts("Note") + item_line.texts("Note"),
        documents=tuple(
            documents(line, "DocumentReference")
            + (documents(item, "ItemSpecificationDocumentReference") if item is not None else [])
        ),
        doubts=doubts,
    )


def _item(item: Aggregate | None, unit: str | None) -> Item:
    if item is None:
        return made.item(unit=unit)
    standard = item.first("StandardItemIdentification")
    descriptions = item.texts("Description")
    return made.item(
        number=item.text("BuyersItemIdentification", "ID"),
        name=item.text("Name"),
        description="\n".join(descriptions) if descriptions else None,
        unit=unit,
        supplier_item_number=item.text("SellersItemIdentification", "ID"),
        standard_id=standard.text("ID") if standard is not None else None,
        standard_id_scheme=standard.attribute("ID", "schemeID") if standard is not None else None,
    )


def _item_details(item: Aggregate) -> ItemDetails | None:
    if not item.has_any(_SAYS_DETAILS):
        return None
    tariff = next(
        (
            code
            for each in item.each("CommodityClassification")
            if each.attribute("ItemClassificationCode", "listID") in CUSTOMS_TARIFF
            and (code := each.text("ItemClassificationCode"))
        ),
        None,
    )
    weight = next((each for each in item.each("Dimension") if each.text("AttributeID") == NET_WEIGHT), None)
    details = made.item_details(
        country_of_origin=item.text("OriginCountry", "IdentificationCode"),
        combined_nomenclature_code=tariff,
        net_weight=weight.decimal("Measure") if weight is not None else None,
        net_weight_unit=weight.attribute("Measure", "unitCode") if weight is not None else None,
        dangerous_goods_code=item.text("HazardousItem", "UNDGCode"),
        serial_number=item.text("ItemInstance", "SerialID"),
        batch_number=item.text("ItemInstance", "LotIdentification", "LotNumberID"),
    )
    return details if details != _NO_DETAILS else None


def _charge(charge: Aggregate, currency: str | None) -> ChargeLine | None:
    """A surcharge; None for an allowance, which `allowances` tells of."""
    amount = charge.decimal("Amount")
    in_currency = charge.attribute("Amount", "currencyID") or currency
    if charge.text("ChargeIndicator") not in ("true", "1") or amount is None or in_currency is None:
        return None
    return ChargeLine(
        type_code=charge.text("AllowanceChargeReasonCode"),
        description=charge.text("AllowanceChargeReason"),
        price=_price(amount, in_currency),
    )


def allowances(owner: Aggregate, *, charges: bool) -> list[KeyValue]:
    """Allowances (and charges, where nothing else tells of them) as they are said to a reader."""
    said = []
    for each in owner.each("AllowanceCharge"):
        is_charge = each.text("ChargeIndicator") in ("true", "1")
        amount = each.text("Amount")
        if is_charge and amount is not None and not charges:
            continue
        reason = each.text("AllowanceChargeReason") or each.text("AllowanceChargeReasonCode")
        parts = (reason, amount or "of an amount that isn't said", each.attribute("Amount", "currencyID"))
        said.append(made.key_value(key=CHARGE if is_charge else ALLOWANCE, value=" ".join(filter(None, parts))))
    return said


def _properties(
    line: Aggregate, item_line: Aggregate, item: Aggregate | None, deliveries: Sequence[Aggregate]
) -> list[KeyValue]:
    said = [
        made.key_value(key=key, value=value)
        for key, value in (
            ("Accounting cost", item_line.text("AccountingCost") or item_line.text("AccountingCostCode")),
            ("Partial delivery", item_line.text("PartialDeliveryIndicator")),
            ("Originator", item_line.text("OriginatorParty", "PartyName", "Name")),
            ("Quotation line", line.text("QuotationLineReference", "LineID")),
            ("Deliver to", _place(deliveries[0]) if deliveries else None),
        )
        if value
    ]
    said += allowances(item_line, charges=False)
    if item is not None:
        said += _item_properties(item)
    return said


def _item_properties(item: Aggregate) -> list[KeyValue]:
    said = [
        made.key_value(key="Manufacturer's item number", value=value)
        for each in item.each("ManufacturersItemIdentification")
        if (value := each.text("ID"))
    ]
    for each in item.each("CommodityClassification"):
        code = each.text("ItemClassificationCode")
        scheme = each.attribute("ItemClassificationCode", "listID")
        if code and scheme not in CUSTOMS_TARIFF:
            said.append(made.key_value(key=f"Classification {scheme}" if scheme else "Classification", value=code))
    for each in item.each("AdditionalItemProperty"):
        name, value = each.text("Name"), each.text("Value")
        if name and value:
            said.append(made.key_value(key=name, value=value))
    return said


def _place(delivery: Aggregate) -> str | None:
    """Where a line goes that doesn't go where the order goes, in one line of text."""
    party = destination(delivery)
    if party is None:
        return None
    return ", ".join(
        filter(None, (*party.names, *party.address_lines, party.postal_code, party.city, party.country_code, party.id))
    )


def documents(owner: Aggregate, name: str) -> list[Document]:
    """The documents referred to; those embedded stay in the order's own bytes."""
    found = []
    for reference in owner.each(name):
        code = reference.text("ID")
        attachment = reference.first("Attachment")
        embedded = attachment.attribute("EmbeddedDocumentBinaryObject", "filename") if attachment is not None else None
        url = attachment.text("ExternalReference", "URI") if attachment is not None else None
        kind = reference.text("DocumentType") or reference.text("DocumentTypeCode")
        description = "\n".join(reference.texts("DocumentDescription")) or None
        if code or embedded or url:
            found.append(made.document(code=code, name=embedded, url=url, type=kind, description=description))
    return found
