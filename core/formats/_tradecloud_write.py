"""An order response as Tradecloud takes it (manual, "Send order response"), its members in the order of the manual's sample.

What is not said is left out: an unknown date or quantity too ("leave this date empty"). A new part of a split stands
last and without position, since positions are the buyer's to give.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from core.formats import CannotCarry
from core.formats._carried import refuse, refuse_transport_modes
from core.model import (
    ChargeLine,
    Contact,
    Document,
    ItemDetails,
    KeyValue,
    LineType,
    Money,
    Order,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
    Unknown,
)
from core.outgoing import Indicator, Indicators, OrderResponse, ResponseLine

NAME: Final = "tradecloud-json"

MOST_LINES: Final = 500
MOST_DELIVERIES: Final = 100
MOST_DOCUMENTS: Final = 100

_Members = dict[str, object]

_COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
_UN_NUMBER = re.compile(r"\d{4}", re.ASCII)
_CN_CODE = re.compile(r"\d{8}", re.ASCII)


def response(answer: OrderResponse, order: Order) -> _Members:
    """The members of an order response. Raises CannotCarry, naming the line and the field."""
    account = account_of(answer.buyer_account_number, order, "an answer")
    refuse_no_or_too_many(answer.lines, "an answer")
    return said(
        order=said(
            companyId=answer.company_id,
            buyerAccountNumber=account,
            purchaseOrderNumber=answer.number,
            description=answer.description,
            indicators=_flags(answer.indicator, answer.indicators),
            properties=_properties(answer.properties),
            documents=_documents(answer.documents, None),
            notes=_list(answer.notes),
            contact=_contact(answer.contact),
        ),
        lines=[_line(line, order) for line in answer.lines],
        # Local to the desk, and on the wire without a zone.
        erpResponseDateTime=answer.responded_at and f"{answer.responded_at:%Y-%m-%dT%H:%M:%S}",
        erpRespondedBy=_person(answer.responded_by),
    )


def account_of(named: str | None, order: Order, what: str) -> str:
    """The buyer's account number in our books, which `what` must name. Raises CannotCarry."""
    account = named or order.header.buyer_account_number
    if account is None:
        raise CannotCarry(NAME, f"{what} to a buyer whose account number is unknown: set our_account on the connection")
    return account


def refuse_no_or_too_many(lines: Sequence[object], what: str) -> None:
    """Raises CannotCarry where a message, called `what`, has no line or more than the platform takes."""
    if not lines:
        raise CannotCarry(NAME, f"{what} without a line")
    if len(lines) > MOST_LINES:
        raise CannotCarry(NAME, f"{what} of {len(lines)} lines (at most {MOST_LINES})")


def _line(line: ResponseLine, order: Order) -> _Members:
    return said(
        purchaseOrderLinePosition=line.position,
        salesOrderNumber=line.sales_order_number,
        salesOrderLinePosition=line.sales_order_position,
        description=line.description,
        itemDetails=_item_details(line.item_details, line.position),
        deliverySchedule=_delivery_schedule(line, order),
        prices=_prices(line.prices),
        chargeLines=None if line.charge_lines is None else [_charge_line(charge) for charge in line.charge_lines],
        indicators=_flags(line.indicator, line.indicators),
        properties=_properties(line.properties),
        documents=_documents(line.documents, line.position),
        notes=_list(line.notes),
        reason=line.reason,
    )


def _delivery_schedule(line: ResponseLine, order: Order) -> list[_Members] | None:
    schedule = line.delivery_schedule
    if schedule is None:
        return None
    if len(schedule) > MOST_DELIVERIES:
        raise CannotCarry(NAME, f"{len(schedule)} deliveries (at most {MOST_DELIVERIES})", line.position)
    ordered = order.line(line.position)
    refuse_transport_modes(NAME, line.position, schedule, ordered.requested if ordered is not None else Terms())
    if ordered is not None and ordered.content.line_type is LineType.CHARGE and len(schedule) > 1:
        raise CannotCarry(NAME, "the split of a charge line", line.position)
    new_last = sorted(schedule, key=lambda delivery: delivery.position is None)
    return [_delivery(delivery) for delivery in new_last]


def _delivery(delivery: ScheduledDelivery) -> _Members:
    return said(
        position=delivery.position,
        date=None if isinstance(delivery.date, Unknown) else delivery.date.isoformat(),
        quantity=None if isinstance(delivery.quantity, Unknown) else delivery.quantity,
    )


def _prices(prices: Prices | None) -> _Members | None:
    if prices is None:
        return None
    return said(
        grossPrice=_price(prices.gross),
        discountPercentage=prices.discount_percentage,
        netPrice=_price(prices.net),
        priceUnitOfMeasureIso=prices.price_unit,
        priceUnitQuantity=prices.price_unit_quantity,
    )


def _price(price: Price | None) -> _Members | None:
    if price is None:
        return None
    return said(
        priceInTransactionCurrency=_money(price.transaction),
        priceInBaseCurrency=_money(price.base),
    )


def _money(money: Money | None) -> _Members | None:
    return None if money is None else {"value": money.value, "currencyIso": money.currency}


def _charge_line(charge: ChargeLine) -> _Members:
    return said(
        position=charge.position,
        chargeTypeCode=charge.type_code,
        chargeDescription=charge.description,
        quantity=charge.quantity,
        price=_price(charge.price),
        priceUnitOfMeasureIso=charge.price_unit,
        priceUnitQuantity=charge.price_unit_quantity,
    )


def _item_details(details: ItemDetails | None, position: str) -> _Members | None:
    if details is None:
        return None
    for value, pattern, what in (
        (details.country_of_origin, _COUNTRY, "a country of origin that is no ISO 3166-1 code of two letters"),
        (details.combined_nomenclature_code, _CN_CODE, "a combined nomenclature code that has not eight digits"),
        (details.dangerous_goods_code, _UN_NUMBER, "a UN number that has not four digits"),
    ):
        if value is not None and not pattern.fullmatch(value.replace(" ", "")):
            raise CannotCarry(NAME, f"{what} ({value!r})", position)
    if details.net_weight is not None and details.net_weight_unit is None:
        raise CannotCarry(NAME, "a net weight without its unit", position)
    return said(
        countryOfOriginCodeIso2=details.country_of_origin,
        combinedNomenclatureCode=details.combined_nomenclature_code,
        netWeight=details.net_weight,
        netWeightUnitOfMeasureIso=details.net_weight_unit,
        dangerousGoodsCodeUnece=details.dangerous_goods_code,
        serialNumber=details.serial_number,
        batchNumber=details.batch_number,
    )


def _flags(word: Indicator | None, flags: Indicators | None) -> _Members | None:
    """Every flag that is said; the word holds whatever the flags say beside it."""
    flagged = said(**flags.model_dump()) if flags is not None else {}
    if word is not None:
        flagged[word.value] = True
    return flagged or None


def _person(contact: Contact | None) -> _Members | None:
    """By e-mail address or by user name: "You can either send his/her email or userName" (manual)."""
    if contact is None:
        return None
    if contact.email is not None:
        return {"email": contact.email}
    return None if contact.user_name is None else {"userName": contact.user_name}


def _contact(contact: Contact | None) -> _Members | None:
    """Who of us is responsible from now on; the platform knows them, and so takes no more than one of the two."""
    if contact is None:
        return None
    refuse(
        NAME,
        None,
        (
            (contact.name, "a contact's name: name them by e-mail address or user name"),
            (contact.phone, "a contact's phone number: name them by e-mail address or user name"),
            (contact.email and contact.user_name, "a contact by e-mail address and by user name: give one of the two"),
            (not contact.email and not contact.user_name, "a contact without e-mail address or user name"),
        ),
    )
    return _person(contact)


def _properties(properties: Iterable[KeyValue] | None) -> list[_Members] | None:
    return None if properties is None else [{"key": entry.key, "value": entry.value} for entry in properties]


def _documents(documents: tuple[Document, ...] | None, position: str | None) -> list[_Members] | None:
    if documents is None:
        return None
    if len(documents) > MOST_DOCUMENTS:
        raise CannotCarry(NAME, f"{len(documents)} documents (at most {MOST_DOCUMENTS})", position)
    return [
        said(
            code=document.code,
            revision=document.revision,
            name=document.name,
            objectId=document.object_id,
            url=document.url,
            type=document.type,
            description=document.description,
        )
        for document in documents
    ]


def _list(texts: tuple[str, ...] | None) -> list[str] | None:
    return None if texts is None else list(texts)


def said(**members: object) -> _Members:
    """The members that say something; an empty array says "none" and stays."""
    return {name: value for name, value in members.items() if value is not None}
