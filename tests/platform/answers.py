"""An order response, read as strictly as the seed's page describes it.

What the page does not name is refused too: a supplier's software that sends it was not written from the page.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from decimal import Decimal

from tests.platform.line import Answer
from tests.platform.reading import Reading, Refused, Tree, parsed
from tests.platform.terms import Delivery, Money, Prices, Said

MOST_LINES, MOST_DELIVERIES, MOST_DOCUMENTS = 500, 100, 100

_TEXTS = ("description", "indicators", "properties", "notes", "documents")
_ORDER = ("companyId", "buyerAccountNumber", "purchaseOrderNumber", "contact", *_TEXTS)
_LINE = (
    "purchaseOrderLinePosition",
    "salesOrderNumber",
    "salesOrderLinePosition",
    "deliverySchedule",
    "prices",
    "chargeLines",
    "itemDetails",
    "reason",
    *_TEXTS,
)
_ECHOED = (
    "salesOrderNumber",
    "salesOrderLinePosition",
    "description",
    "properties",
    "notes",
    "documents",
    "chargeLines",
    "itemDetails",
)
_DETAILS = (
    "countryOfOriginCodeIso2",
    "combinedNomenclatureCode",
    "netWeight",
    "netWeightUnitOfMeasureIso",
    "dangerousGoodsCodeUnece",
    "serialNumber",
    "batchNumber",
)


@dataclass(frozen=True, slots=True)
class Response:
    company: str | None
    account: str
    number: str
    indicator: str | None
    lines: tuple[Answer, ...]
    supplier: Tree
    """What is echoed of the order's own fields."""
    objects: tuple[str, ...]
    """Documents that must have been uploaded before."""
    said_by: str


def read_response(payload: bytes) -> Response:
    """Raises Refused with everything that is wrong."""
    tree = parsed(payload)
    reading = Reading()
    reading.tree(tree, "body", "order", "lines", "erpResponseDateTime", "erpRespondedBy")
    order = reading.tree(tree.get("order"), "order", *_ORDER)
    number = reading.text(order, "purchaseOrderNumber", "order", required=True, whole=True)
    account = reading.text(order, "buyerAccountNumber", "order", required=True, whole=True)
    company = reading.text(order, "companyId", "order", whole=True)
    indicator = _indicator(reading, order, "order")
    _texts(reading, order, "order")
    if "contact" in order:
        _person(reading, order["contact"], "order.contact")
    reading.local_time(tree, "erpResponseDateTime", "body")
    if "erpRespondedBy" in tree:
        _person(reading, tree["erpRespondedBy"], "erpRespondedBy")
    trees = reading.trees(tree.get("lines"), "lines", MOST_LINES)
    if not trees:
        reading.fault("lines", "has no line: at least one, always")
    lines = tuple(_line(reading, line, f"lines[{n}]") for n, line in enumerate(trees))
    positions = [line.position for line in lines]
    reading.faults += [f"line {one} stands twice" for one in sorted({p for p in positions if positions.count(p) > 1})]
    reading.done()
    documents = [*order.get("documents", ()), *(d for line in trees for d in line.get("documents", ()))]
    return Response(
        company=company,
        account=account or "",
        number=number or "",
        indicator=indicator,
        lines=lines,
        supplier={name: order[name] for name in ("description", "contact", *_TEXTS[2:]) if name in order},
        objects=tuple(one["objectId"] for one in documents if "objectId" in one),
        said_by=str(tree.get("erpRespondedBy", "")),
    )


def check_lines(response: Response, known: Container[str], charges: Container[str]) -> None:
    """Against the order: each position is one of its own, and a charge is not split. Raises Refused."""
    faults = [f"there is no line {line.position}" for line in response.lines if line.position not in known]
    faults += [
        f"line {line.position} is a charge, which can't be split"
        for line in response.lines
        if line.position in charges and line.said.schedule is not None and len(line.said.schedule) > 1
    ]
    if faults:
        raise Refused(faults)


def _line(reading: Reading, tree: Tree, where: str) -> Answer:
    reading.tree(tree, where, *_LINE)
    position = reading.text(tree, "purchaseOrderLinePosition", where, required=True)
    for name in ("salesOrderNumber", "salesOrderLinePosition"):
        reading.text(tree, name, where)
    _texts(reading, tree, where)
    if "itemDetails" in tree:
        _item_details(reading, tree["itemDetails"], f"{where}.itemDetails")
    schedule = None
    if "deliverySchedule" in tree:
        schedule = _schedule(reading, tree["deliverySchedule"], f"{where}.deliverySchedule")
    return Answer(
        position=position or "",
        indicator=_indicator(reading, tree, where),
        said=Said(schedule, _prices(reading, tree["prices"], f"{where}.prices") if "prices" in tree else None),
        reason=reading.text(tree, "reason", where),
        supplier={name: tree[name] for name in _ECHOED if name in tree},
    )


def _schedule(reading: Reading, value: object, where: str) -> tuple[Delivery, ...]:
    trees = reading.trees(value, where, MOST_DELIVERIES)
    if not trees:
        reading.fault(where, "has no delivery: at least one")
    deliveries = []
    for n, tree in enumerate(trees):
        place = f"{where}[{n}]"
        reading.tree(tree, place, "position", "date", "quantity")
        deliveries.append(
            Delivery(
                reading.text(tree, "position", place),
                reading.date(tree, "date", place),
                reading.number(tree, "quantity", place, least=Decimal(0)),
            )
        )
    positions = [one.position for one in deliveries]
    named = [one for one in positions if one is not None]
    if len(set(named)) < len(named):
        reading.fault(where, "names a position twice")
    if positions[: len(named)] != named:
        reading.fault(where, "has a new split before the others: new ones stand last")
    return tuple(deliveries)


def _prices(reading: Reading, value: object, where: str) -> Prices:
    tree = reading.tree(
        value, where, "netPrice", "grossPrice", "discountPercentage", "priceUnitOfMeasureIso", "priceUnitQuantity"
    )
    if "netPrice" not in tree and "grossPrice" not in tree:
        reading.fault(where, "has neither a net nor a gross price")
    net, net_base = _price(reading, tree, "netPrice", where)
    gross, gross_base = _price(reading, tree, "grossPrice", where)
    return Prices(
        net=net,
        gross=gross,
        discount=reading.number(tree, "discountPercentage", where),
        net_base=net_base,
        gross_base=gross_base,
        unit=reading.text(tree, "priceUnitOfMeasureIso", where),
        per=reading.number(tree, "priceUnitQuantity", where),
    )


def _price(reading: Reading, tree: Tree, name: str, where: str) -> tuple[Money | None, Money | None]:
    if name not in tree:
        return None, None
    place = f"{where}.{name}"
    price = reading.tree(tree[name], place, "priceInTransactionCurrency", "priceInBaseCurrency")
    if "priceInTransactionCurrency" not in price:
        reading.fault(place, "has no price in transaction currency")
    return (
        _money(reading, price, "priceInTransactionCurrency", place),
        _money(reading, price, "priceInBaseCurrency", place),
    )


def _money(reading: Reading, tree: Tree, name: str, where: str) -> Money | None:
    if name not in tree:
        return None
    place = f"{where}.{name}"
    money = reading.tree(tree[name], place, "value", "currencyIso")
    value = reading.number(money, "value", place)
    reading.matching(money, "currencyIso", place, "[A-Z]{3}", "a currency of ISO 4217")
    if value is None or "currencyIso" not in money:
        reading.fault(place, "is not a value in a currency")
        return None
    return Money(value, str(money["currencyIso"]))


def _indicator(reading: Reading, tree: Tree, where: str) -> str | None:
    if "indicators" not in tree:
        return None
    place = f"{where}.indicators"
    indicators = reading.tree(tree["indicators"], place, "accepted", "rejected", "shipped", "cancelled")
    said = [name for name in ("accepted", "rejected") if reading.flag(indicators, name, place)]
    if len(said) > 1:
        reading.fault(place, "accepts and rejects")
    return said[0] if said else None


def _texts(reading: Reading, tree: Tree, where: str) -> None:
    reading.text(tree, "description", where)
    for n, one in enumerate(reading.trees(tree.get("properties", []), f"{where}.properties", 10_000)):
        reading.tree(one, f"{where}.properties[{n}]", "key", "value")
        reading.text(one, "key", f"{where}.properties[{n}]", required=True)
        reading.text(one, "value", f"{where}.properties[{n}]")
    notes = tree.get("notes", [])
    if not isinstance(notes, list) or not all(isinstance(one, str) for one in notes):
        reading.fault(f"{where}.notes", "is not an array of texts")
    for n, one in enumerate(reading.trees(tree.get("documents", []), f"{where}.documents", MOST_DOCUMENTS)):
        place = f"{where}.documents[{n}]"
        reading.tree(one, place, "code", "revision", "name", "description", "type", "objectId", "url")
        for name in one:
            reading.text(one, name, place)
        if "objectId" not in one and "url" not in one:
            reading.fault(place, "links to nothing: neither objectId nor url")


def _item_details(reading: Reading, value: object, where: str) -> None:
    tree = reading.tree(value, where, *_DETAILS)
    reading.matching(tree, "countryOfOriginCodeIso2", where, "[A-Z]{2}", "a country of ISO 3166-1 alpha-2")
    reading.matching(tree, "combinedNomenclatureCode", where, r"(\d ?){8}", "a CN code of eight digits")
    reading.matching(tree, "dangerousGoodsCodeUnece", where, r"\d{4}", "a UN number of four digits")
    if reading.number(tree, "netWeight", where, least=Decimal(0)) is not None and not tree.get(_DETAILS[3]):
        reading.fault(where, "has a weight without its unit")
    for name in ("netWeightUnitOfMeasureIso", "serialNumber", "batchNumber"):
        reading.text(tree, name, where)


def _person(reading: Reading, value: object, where: str) -> None:
    tree = reading.tree(value, where, "email", "userName")
    if not reading.text(tree, "email", where) and not reading.text(tree, "userName", where):
        reading.fault(where, "names nobody: email or userName")


__all__ = ["Refused", "Response", "check_lines", "read_response"]
