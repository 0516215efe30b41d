"""The parts that Tradecloud's documents share, read from JSON: schedules, prices, items, parties, notes.

Orders, events and responses name them alike (manual, "Receive an order", "Send order response").
"""

from __future__ import annotations

from decimal import Decimal

from core.formats import Unreadable
from core.formats._json import REMEDY, Node
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    Item,
    ItemDetails,
    KeyValue,
    Money,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    TradeTerms,
    plain,
)


def scheduled_delivery(node: Node) -> ScheduledDelivery:
    """One planned or actual delivery. A date or quantity left out or blank is unknown (manual, order response)."""
    date = node.date("date")
    quantity = node.number("quantity")
    return ScheduledDelivery(
        position=node.identifier("position"),
        date=UNKNOWN if date is None else date,
        quantity=UNKNOWN if quantity is None else quantity,
        transport_mode=node.text("transportMode"),
    )


def delivery_schedule(node: Node, key: str = "deliverySchedule") -> tuple[ScheduledDelivery, ...]:
    return tuple(scheduled_delivery(entry) for entry in node.children(key))


def prices(node: Node | None) -> Prices | None:
    """A line's prices; None where none is stated."""
    if node is None:
        return None
    read = Prices(
        net=price(node.child("netPrice")),
        gross=price(node.child("grossPrice")),
        discount_percentage=node.number("discountPercentage"),
        price_unit=node.text("priceUnitOfMeasureIso"),
        price_unit_quantity=_unit_quantity(node),
    )
    return None if read == Prices() else read


def _unit_quantity(node: Node) -> Decimal | None:
    """For how many a price holds. Raises Unreadable for none or less: such a price says nothing."""
    quantity = node.number("priceUnitQuantity")
    if quantity is not None and quantity <= 0:
        raise Unreadable(f"a price for {plain(quantity)} pieces is none", node.place("priceUnitQuantity"), REMEDY)
    return quantity


def price(node: Node | None) -> Price | None:
    if node is None:
        return None
    read = Price(
        transaction=_money(node.child("priceInTransactionCurrency")),
        base=_money(node.child("priceInBaseCurrency")),
    )
    return None if read == Price() else read


def _money(node: Node | None) -> Money | None:
    if node is None:
        return None
    value = node.number("value")
    if value is None:
        return None
    currency = node.identifier("currencyIso")
    if currency is None:
        raise Unreadable("a price without its currency", node.place("currencyIso"), REMEDY)
    return Money(value=value, currency=currency)


def charge_lines(node: Node) -> tuple[ChargeLine, ...]:
    return tuple(
        ChargeLine(
            position=entry.identifier("position"),
            type_code=entry.text("chargeTypeCode"),
            description=entry.text("chargeDescription"),
            quantity=entry.number("quantity"),
            price=price(entry.child("price")),
            price_unit=entry.text("priceUnitOfMeasureIso"),
            price_unit_quantity=_unit_quantity(entry),
        )
        for entry in node.children("chargeLines")
    )


def item(node: Node | None) -> Item:
    if node is None:
        return Item()
    return Item(
        number=node.text("number"),
        revision=node.text("revision"),
        name=node.text("name"),
        description=node.text("description"),
        unit=node.text("purchaseUnitOfMeasureIso"),
        supplier_item_number=node.text("supplierItemNumber"),
    )


def item_details(node: Node | None) -> ItemDetails | None:
    if node is None:
        return None
    read = ItemDetails(
        country_of_origin=node.text("countryOfOriginCodeIso2"),
        combined_nomenclature_code=node.text("combinedNomenclatureCode"),
        net_weight=node.number("netWeight"),
        net_weight_unit=node.text("netWeightUnitOfMeasureIso"),
        dangerous_goods_code=node.text("dangerousGoodsCodeUnece"),
        serial_number=node.text("serialNumber"),
        batch_number=node.text("batchNumber"),
    )
    return None if read == ItemDetails() else read


def party(node: Node | None) -> Party | None:
    """A company or place; a destination's `code` is its id."""
    if node is None:
        return None
    return Party(
        id=node.text("id") or node.text("code"),
        id_scheme=node.text("idScheme"),
        names=node.texts("names"),
        address_lines=node.texts("addressLines"),
        postal_code=node.text("postalCode"),
        city=node.text("city"),
        country_code=node.text("countryCodeIso2"),
        country_name=node.text("countryName"),
        location_type=node.text("locationType"),
    )


def contact(node: Node | None) -> Contact | None:
    if node is None:
        return None
    read = Contact(
        email=node.text("email"),
        user_name=node.text("userName"),
        name=node.text("name") or " ".join(filter(None, (node.text("firstName"), node.text("lastName")))) or None,
        phone=node.text("phoneNumber"),
    )
    return None if read == Contact() else read


def trade_terms(node: Node | None) -> TradeTerms | None:
    if node is None:
        return None
    read = TradeTerms(
        incoterms_code=node.text("incotermsCode"),
        incoterms=node.text("incoterms"),
        payment_terms_code=node.text("paymentTermsCode"),
        payment_terms=node.text("paymentTerms"),
    )
    return None if read == TradeTerms() else read


def properties(node: Node) -> tuple[KeyValue, ...]:
    """Custom fields; one without a key says nothing."""
    named = ((entry.text("key"), entry.text("value")) for entry in node.children("properties"))
    return tuple(KeyValue(key=key, value=value or "") for key, value in named if key is not None)


def documents(node: Node) -> tuple[Document, ...]:
    return tuple(
        Document(
            code=entry.text("code"),
            revision=entry.text("revision"),
            name=entry.text("name"),
            object_id=entry.text("objectId"),
            url=entry.text("url"),
            type=entry.text("type"),
            description=entry.text("description"),
        )
        for entry in node.children("documents")
    )
