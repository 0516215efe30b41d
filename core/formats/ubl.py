"""UBL 2 without a dialect: orders, order changes and cancellations in, order responses out.

An order response has the lines that the answer has, with Peppol's codes for what it says of them. A delivery in parts
is several `cac:Delivery` in the line, each with quantity and day; one without a day has no day yet.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from core.formats import CannotCarry, Carries, Rendered, Source
from core.formats._carried import refuse_transport_modes
from core.formats._ubl_answers import LineAnswer, OrderStatus, answer_to, answers_to_all, order_status
from core.formats._ubl_line import CUSTOMS_TARIFF, NET_WEIGHT
from core.formats._ubl_read import is_ubl, read
from core.formats._ubl_write import (
    Element,
    currency_of,
    customer_reference,
    issued,
    line_notes,
    one_sales_order_number,
    order_notes,
    order_response,
    order_uuid,
    party_number,
    promised,
    refuse,
    rendered,
)
from core.formats._xml import peek
from core.messages import Message
from core.model import (
    EXACT,
    Contact,
    Document,
    Item,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    Party,
    Prices,
    ScheduledDelivery,
    Unknown,
    total_quantity,
)
from core.outgoing import Indicator, OrderResponse, Outgoing

name: Final = "ubl"
carries = Carries()


def recognises(document: bytes) -> bool:
    """Any UBL document: those that are no order are then refused by name."""
    return is_ubl(peek(document))


def parse(document: bytes, source: Source) -> tuple[Message, ...]:
    return (read(document, source),)


def render(outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
    if not isinstance(outgoing, OrderResponse):
        raise CannotCarry(name, "a despatch advice")
    document = order_response(name)
    refuse(
        document,
        ((outgoing.properties, "properties of the order"), (outgoing.indicators, "indicators of another platform")),
    )
    answers = _answers(outgoing, order)
    sales_order_number, _ = one_sales_order_number(outgoing.lines)
    document.value("UBLVersionID", "2.1")
    document.value("ID", document_id)
    document.value("SalesOrderID", sales_order_number)
    issued(document, outgoing.responded_at)
    document.value("OrderResponseCode", _order_status(outgoing, order, answers))
    for note in order_notes(outgoing):
        document.value("Note", note)
    document.value("DocumentCurrencyCode", currency_of(document, outgoing, order))
    document.value("CustomerReference", customer_reference(order))
    reference = document.aggregate("OrderReference")
    reference.value("ID", outgoing.number)
    reference.value("UUID", order_uuid(order))
    for attached in outgoing.documents or ():
        _document(document, "AdditionalDocumentReference", attached)
    seller = document.aggregate("SellerSupplierParty")
    seller.value("CustomerAssignedAccountID", order.header.supplier_account_number)
    _party(seller, order.header.supplier)
    _contact(seller, outgoing.contact or outgoing.responded_by)
    buyer = document.aggregate("BuyerCustomerParty")
    buyer.value("SupplierAssignedAccountID", outgoing.buyer_account_number)
    _party(buyer, order.header.buyer)
    for answer in answers:
        _order_line(document, answer)
    return rendered(document)


def _answers(response: OrderResponse, order: Order) -> list[LineAnswer]:
    answers = []
    for said in response.lines:
        line = order.line(said.position)
        if line is None:
            raise CannotCarry(name, "an answer to a line that the order doesn't have", said.position)
        answers.append(answer_to(line, said, response.indicator))
    return answers


def _order_status(response: OrderResponse, order: Order, answers: list[LineAnswer]) -> OrderStatus:
    """Accepted or rejected only when that holds for every line, also for those that this answer doesn't speak of."""
    if not answers and response.indicator is not None:
        return OrderStatus.ACCEPTED if response.indicator is Indicator.ACCEPTED else OrderStatus.REJECTED
    every = answers_to_all(response, order.lines)
    if not every or not all(isinstance(answer, LineAnswer) for answer in every):
        return OrderStatus.CONDITIONALLY_ACCEPTED
    return order_status([answer for answer in every if isinstance(answer, LineAnswer)])


def _party(owner: Element, party: Party | None) -> None:
    if party is None:
        return
    written = owner.aggregate("Party")
    written.value("EndpointID", party.endpoint, schemeID=party.endpoint_scheme)
    party_number(written, party, scheme=party.id_scheme)
    if party.names:
        written.aggregate("PartyName").value("Name", party.names[0])
    if len(party.names) > 1:
        written.aggregate("PartyLegalEntity").value("RegistrationName", party.names[-1])


def _contact(seller: Element, contact: Contact | None) -> None:
    if contact is None:
        return
    written = seller.aggregate("SellerContact")
    written.value("ID", contact.user_name)
    written.value("Name", contact.name)
    written.value("Telephone", contact.phone)
    written.value("ElectronicMail", contact.email)


def _order_line(document: Element, answer: LineAnswer) -> None:
    said = answer.said
    position = answer.line.position
    line = document.aggregate("OrderLine", position=position)
    refuse(line, ((said.charge_lines, "charges"), (said.indicators, "indicators of another platform")))
    item_line = line.aggregate("LineItem")
    item_line.value("ID", position)
    item_line.value("SalesOrderID", said.sales_order_number)
    for note in line_notes(said):
        item_line.value("Note", note)
    item_line.value("LineStatusCode", answer.status)
    refuse_transport_modes(name, position, said.delivery_schedule or (), answer.line.requested)
    _deliveries(item_line, answer.terms.delivery_schedule, answer.line.content.item.unit)
    if answer.terms.prices is not None:
        _price(item_line, answer.terms.prices, answer.line.content.item.unit)
    written = item_line.aggregate("Item")
    _item(written, answer.line.content.item, said.documents or (), said.item_details, said.properties or ())
    reference = line.aggregate("OrderLineReference")
    reference.value("LineID", position)
    reference.value("SalesOrderLineID", said.sales_order_position)


def _deliveries(item_line: Element, schedule: tuple[ScheduledDelivery, ...], unit: str | None) -> None:
    if not schedule:
        return
    item_line.value("Quantity", total_quantity(schedule), unitCode=unit)
    for delivery in schedule:
        if isinstance(delivery.quantity, Unknown):
            raise item_line.cannot_carry("a quantity that is not known yet")
        written = item_line.aggregate("Delivery")
        written.value("ID", delivery.position)
        written.value("Quantity", delivery.quantity, unitCode=unit)
        promised(written, delivery.date)


def _price(item_line: Element, ours: Prices, unit: str | None) -> None:
    """The net price; a gross one as the amount that an allowance takes it from, a discount as that allowance's factor.

    A net price that isn't stated is the gross one less the discount, to the last digit.
    """
    net = ours.net.transaction if ours.net else None
    gross = ours.gross.transaction if ours.gross else None
    refuse(
        item_line,
        (
            (ours.net and ours.net.base, "a price in a base currency"),
            (ours.gross and ours.gross.base, "a price in a base currency"),
            (net and gross and net.currency != gross.currency, "net and gross prices in two currencies"),
        ),
    )
    if net is None and gross is not None and ours.discount_percentage is not None:
        net = Money(value=_less_percentage(gross.value, ours.discount_percentage), currency=gross.currency)
    if net is None:
        if gross is not None or ours.discount_percentage is not None:
            raise item_line.cannot_carry("a gross price without a discount, or a discount without a price")
        return
    price = item_line.aggregate("Price")
    price.value("PriceAmount", net.value, currencyID=net.currency)
    if ours.price_unit_quantity is not None or ours.price_unit not in (None, unit):
        quantity = Decimal(1) if ours.price_unit_quantity is None else ours.price_unit_quantity
        price.value("BaseQuantity", quantity, unitCode=ours.price_unit or unit)
    if gross is not None:
        allowance = price.aggregate("AllowanceCharge")
        allowance.value("ChargeIndicator", "false")
        if ours.discount_percentage is not None:
            allowance.value("MultiplierFactorNumeric", ours.discount_percentage.scaleb(-2, EXACT))
        allowance.value("Amount", EXACT.subtract(gross.value, net.value), currencyID=gross.currency)
        allowance.value("BaseAmount", gross.value, currencyID=gross.currency)


def _less_percentage(gross: Decimal, percentage: Decimal) -> Decimal:
    """`gross` less so many per cent of it, with every digit that this has."""
    return EXACT.multiply(gross, EXACT.subtract(Decimal(100), percentage)).scaleb(-2, EXACT)


def _item(
    written: Element,
    item: Item,
    documents: tuple[Document, ...],
    details: ItemDetails | None,
    properties: tuple[KeyValue, ...],
) -> None:
    details = details or ItemDetails()
    written.value("Description", item.description)
    written.value("Name", item.name)
    for identification, number in (
        ("BuyersItemIdentification", item.number),
        ("SellersItemIdentification", item.supplier_item_number),
    ):
        if number:
            written.aggregate(identification).value("ID", number)
    if item.standard_id:
        written.aggregate("StandardItemIdentification").value("ID", item.standard_id, schemeID=item.standard_id_scheme)
    for attached in documents:
        _document(written, "ItemSpecificationDocumentReference", attached)
    if details.country_of_origin:
        written.aggregate("OriginCountry").value("IdentificationCode", details.country_of_origin)
    if details.combined_nomenclature_code:
        tariff = written.aggregate("CommodityClassification")
        tariff.value("ItemClassificationCode", details.combined_nomenclature_code, listID=CUSTOMS_TARIFF[0])
    if details.dangerous_goods_code:
        written.aggregate("HazardousItem").value("UNDGCode", details.dangerous_goods_code)
    for said in properties:
        one = written.aggregate("AdditionalItemProperty")
        one.value("Name", said.key)
        one.value("Value", said.value)
    if details.serial_number or details.batch_number:
        instance = written.aggregate("ItemInstance")
        instance.value("SerialID", details.serial_number)
        if details.batch_number:
            instance.aggregate("LotIdentification").value("LotNumberID", details.batch_number)
    if details.net_weight is not None:
        weight = written.aggregate("Dimension")
        weight.value("AttributeID", NET_WEIGHT)
        weight.value("Measure", details.net_weight, unitCode=details.net_weight_unit)


def _document(owner: Element, kind: str, attached: Document) -> None:
    if attached.object_id:
        raise owner.cannot_carry("a document kept at another platform: refer to it by a url")
    reference = owner.aggregate(kind)
    reference.value("ID", attached.code or attached.name or attached.url)
    reference.value("DocumentType", attached.type)
    reference.value("VersionID", attached.revision)
    reference.value("DocumentDescription", attached.description)
    named = attached.name if attached.code else None
    if attached.url:
        place = reference.aggregate("Attachment").aggregate("ExternalReference")
        place.value("URI", attached.url)
        place.value("FileName", named)
    elif named:
        raise owner.cannot_carry("a document's name beside its code, without an address")
