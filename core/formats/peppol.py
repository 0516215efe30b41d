"""Peppol BIS 3: orders (T01), their changes (T114) and cancellations (T115) in, order responses (T76) out.

A T76 that accepts or rejects the whole order carries no lines; one that does anything else carries all of them. A
delivery in parts is the line itself, changed, for the first part, and an added line for each other part, all of them
referring to the buyer's line: a T76 line has room for one delivery only, though the Schematron rules don't look.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from core.formats import CannotCarry, Carries, Rendered, Source
from core.formats._carried import refuse_transport_modes
from core.formats._ubl_answers import LineAnswer, LineStatus, OrderStatus, answers_to_all, order_status
from core.formats._ubl_header import PROCESS
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
    party_number,
    promised,
    refuse,
    rendered,
)
from core.formats._xml import peek
from core.messages import Message
from core.model import Item, Order, Party, Prices, ScheduledDelivery, Terms, Unknown, total_quantity
from core.outgoing import OrderResponse, Outgoing

name: Final = "peppol"
carries = Carries(gross_prices=False, item_details=False)

TRANSACTION: Final = "urn:fdc:peppol.eu:poacc:trns:"
"""What the `CustomizationID` of every Peppol post-award document begins with."""

_READ = re.compile(rf"<(?:[\w.-]+:)?CustomizationID[^>]*>\s*{re.escape(TRANSACTION)}order(_change|_cancellation)?:")
_EXPECTS = {
    "urn:fdc:peppol.eu:poacc:bis:order_only:3": "the buyer's process is order only: an answer may not be read",
    "urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3": (
        "the buyer's process is advanced ordering; answers leave as the order response of plain ordering (T76)"
    ),
}
_SCHEME = re.compile(r"\d{4}")
_ADDRESS_SCHEME = re.compile(r"\d{4}|[A-Z]{2}")
_UNIT = re.compile(r"[A-Z0-9]{2,3}")
_UNITS = {"PCE": "H87"}
"""Codes that buyers use and Peppol doesn't know, with those that mean the same (UN/ECE recommendation 20)."""


def recognises(document: bytes) -> bool:
    root = peek(document)
    return root is not None and is_ubl(root) and TRANSACTION in root.start and _READ.search(root.start) is not None


def parse(document: bytes, source: Source) -> tuple[Message, ...]:
    message = read(document, source)
    header = message.header
    if header is None or message.event != "Order":
        return (message,)
    warnings = list(message.warnings)
    if not (header.customization or "").startswith(TRANSACTION):
        warnings.append("the order doesn't call itself a Peppol document; it was read as plain UBL")
    process = next((said.value for said in header.properties if said.key == PROCESS), "")
    if process in _EXPECTS:
        warnings.append(_EXPECTS[process])
    return (message.but(warnings=tuple(warnings)),)


def render(outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
    if not isinstance(outgoing, OrderResponse):
        raise CannotCarry(name, "a despatch advice")
    document = order_response(name)
    refuse(
        document,
        (
            (outgoing.contact, "a contact of ours"),
            (outgoing.properties, "properties of the order"),
            (outgoing.documents, "documents"),
            (outgoing.indicators, "indicators of another platform"),
        ),
    )
    answers = _answers(document, outgoing, order)
    status = order_status(answers)
    sales_order_number, other = one_sales_order_number(answer.said for answer in answers)
    if other is not None:
        raise document.about(other).cannot_carry("several order numbers of ours: one order response has one")
    notes = order_notes(outgoing)
    if status is not OrderStatus.CONDITIONALLY_ACCEPTED:
        notes += _notes_on_lines(answers)
    currency = currency_of(document, outgoing, order)
    document.value("CustomizationID", f"{TRANSACTION}order_response:3")
    document.value("ProfileID", "urn:fdc:peppol.eu:poacc:bis:ordering:3")
    document.value("ID", document_id)
    document.value("SalesOrderID", sales_order_number)
    issued(document, outgoing.responded_at)
    document.value("OrderResponseCode", status)
    document.value("Note", "\n".join(notes))
    document.value("DocumentCurrencyCode", currency)
    document.value("CustomerReference", customer_reference(order))
    document.aggregate("OrderReference").value("ID", outgoing.number)
    _party(document.aggregate("SellerSupplierParty"), order.header.supplier, "our own")
    _party(document.aggregate("BuyerCustomerParty"), order.header.buyer, "the buyer's")
    if status is OrderStatus.CONDITIONALLY_ACCEPTED:
        numbers = {answer.line.position for answer in answers}
        for answer in answers:
            _order_lines(document, answer, currency, numbers)
    return rendered(document)


def _answers(document: Element, response: OrderResponse, order: Order) -> list[LineAnswer]:
    unknown = {line.position for line in response.lines} - {line.position for line in order.lines}
    if unknown:
        raise CannotCarry(name, "an answer to a line that the order doesn't have", min(unknown))
    answers: list[LineAnswer] = []
    for answer in answers_to_all(response, order.lines):
        if not isinstance(answer, LineAnswer) or answer.status is LineStatus.NO_ACTION:
            position = answer.line.position if isinstance(answer, LineAnswer) else answer.position
            raise CannotCarry(name, "an answer that leaves a line open: it answers the whole order at once", position)
        said = answer.said
        refuse(
            document.about(said.position),
            (
                (said.item_details, "item details"),
                (said.charge_lines, "charges"),
                (said.properties, "properties"),
                (said.documents, "documents"),
                (said.indicators, "indicators of another platform"),
                (said.sales_order_position, "a line number of ours"),
            ),
        )
        refuse_transport_modes(name, said.position, said.delivery_schedule or (), answer.line.requested)
        answers.append(answer)
    if not answers:
        raise document.cannot_carry("an answer to an order whose lines are all cancelled")
    return answers


def _notes_on_lines(answers: list[LineAnswer]) -> list[str]:
    """What is said of lines, where there are none to say it on; once, when it is the same for all."""
    notes = ["\n".join(line_notes(answer.said)) for answer in answers]
    if len(set(notes)) == 1:
        return [notes[0]] if notes[0] else []
    return [f"{answer.line.position}: {note}" for answer, note in zip(answers, notes, strict=True) if note]


def _party(owner: Element, party: Party | None, whose: str) -> None:
    if party is None or not party.endpoint or not _ADDRESS_SCHEME.fullmatch(party.endpoint_scheme or ""):
        raise owner.cannot_carry(f"an answer without {whose} electronic address, and the order doesn't name it")
    if not party.id and not party.names:
        raise owner.cannot_carry(f"an answer without {whose} name or number, and the order names neither")
    written = owner.aggregate("Party")
    written.value("EndpointID", party.endpoint, schemeID=party.endpoint_scheme)
    party_number(written, party, scheme=party.id_scheme if _SCHEME.fullmatch(party.id_scheme or "") else None)
    if party.names:
        written.aggregate("PartyLegalEntity").value("RegistrationName", party.names[-1])


def _order_lines(document: Element, answer: LineAnswer, currency: str, numbers: set[str]) -> None:
    """The answer to one line: one order line, or one a delivery. `numbers` grows by those given to added lines."""
    schedule = answer.terms.delivery_schedule or (None,)
    position = answer.line.position
    for nth, delivery in enumerate(schedule):
        number = position if nth == 0 else _unused_number(position, numbers)
        line = document.aggregate("OrderLine", position=position)
        item_line = line.aggregate("LineItem")
        item_line.value("ID", number)
        item_line.value("Note", "\n".join(line_notes(answer.said)) if nth == 0 else None)
        item_line.value("LineStatusCode", answer.status if nth == 0 else LineStatus.ADDED)
        if answer.status is LineStatus.CHANGED:
            _terms(item_line, answer, delivery, currency, first=nth == 0)
        _item(item_line.aggregate("Item"), answer.line.content.item)
        line.aggregate("OrderLineReference").value("LineID", position)


def _unused_number(position: str, numbers: set[str]) -> str:
    part = 2
    while f"{position}.{part}" in numbers:
        part += 1
    numbers.add(f"{position}.{part}")
    return f"{position}.{part}"


def _terms(
    item_line: Element, answer: LineAnswer, delivery: ScheduledDelivery | None, currency: str, *, first: bool
) -> None:
    requested = answer.line.requested
    unit = answer.line.content.item.unit
    if delivery is not None:
        _delivery(item_line, delivery, answer.terms, requested, unit, first=first)
    if answer.terms.prices is not None:
        _price(item_line, answer.terms.prices, requested.prices or Prices(), currency, unit)


def _delivery(
    item_line: Element, delivery: ScheduledDelivery, ours: Terms, requested: Terms, unit: str | None, *, first: bool
) -> None:
    """Quantity and date. What is not known can't be said, unless the buyer left it open in the same way."""
    only = len(ours.delivery_schedule) == len(requested.delivery_schedule) == 1
    asked = requested.delivery_schedule[0] if only else None
    if isinstance(delivery.quantity, Unknown):
        if asked is None or asked.quantity != delivery.quantity:
            raise item_line.cannot_carry("a quantity that is not known yet")
    else:
        code = _unit(item_line, unit)
        item_line.value("Quantity", delivery.quantity, unitCode=code)
        if first and _less(ours, requested):
            item_line.value("MaximumBackorderQuantity", Decimal(0), unitCode=code)
    if isinstance(delivery.date, Unknown):
        if asked is None or asked.date != delivery.date:
            raise item_line.cannot_carry("a date that is not known yet")
    else:
        promised(item_line.aggregate("Delivery"), delivery.date)


def _less(ours: Terms, requested: Terms) -> bool:
    """Whether we deliver less than was asked: then the rest never comes, and a T76 says so by a backorder of none."""
    total, asked = total_quantity(ours.delivery_schedule), total_quantity(requested.delivery_schedule)
    return total is not None and asked is not None and total < asked


def _price(item_line: Element, ours: Prices, requested: Prices, currency: str, unit: str | None) -> None:
    """The net price with its unit. Gross prices as the buyer stated them go without saying; others can't be said."""
    for mine, theirs in ((ours.gross, requested.gross), (ours.discount_percentage, requested.discount_percentage)):
        if mine is not None and (ours.net is None or mine != theirs):
            raise item_line.cannot_carry("a gross price or discount: state the net price")
    if ours.net is None or ours.net.transaction is None:
        return
    if ours.net.base is not None and ours.net.base != (requested.net.base if requested.net else None):
        raise item_line.cannot_carry("a price in a base currency")
    net = ours.net.transaction
    if net.currency != currency:
        raise item_line.cannot_carry(f"a price in {net.currency}: the whole answer is in {currency}")
    price = item_line.aggregate("Price")
    price.value("PriceAmount", net.value, currencyID=currency)
    if ours.price_unit_quantity is not None or ours.price_unit not in (None, unit):
        quantity = Decimal(1) if ours.price_unit_quantity is None else ours.price_unit_quantity
        price.value("BaseQuantity", quantity, unitCode=_unit(item_line, ours.price_unit or unit))


def _unit(item_line: Element, unit: str | None) -> str:
    code = _UNITS.get(unit or "", unit or "")
    if not _UNIT.fullmatch(code):
        what = f"the unit {unit!r}, which is no code of UN/ECE recommendation 20" if unit else "a quantity without unit"
        raise item_line.cannot_carry(what)
    return code


def _item(written: Element, item: Item) -> None:
    title = item.name or item.description or item.number or item.supplier_item_number
    if not title:
        raise written.cannot_carry("an answer to a line whose item has no name or number")
    written.value("Name", title)
    if item.number:
        written.aggregate("BuyersItemIdentification").value("ID", item.number)
    if item.supplier_item_number:
        written.aggregate("SellersItemIdentification").value("ID", item.supplier_item_number)
    if item.standard_id and _SCHEME.fullmatch(item.standard_id_scheme or ""):
        written.aggregate("StandardItemIdentification").value("ID", item.standard_id, schemeID=item.standard_id_scheme)
