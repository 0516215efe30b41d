"""The header of a UBL order, as the model has it; and by what its buyer is known."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from core.formats import Source, Unreadable
from core.formats import _unchecked as made
from core.formats._ubl_aggregate import LONGEST_IDENTIFIER, Aggregate
from core.formats._ubl_line import allowances, documents
from core.formats._ubl_parties import contact, destination, party
from core.model import KeyValue, OrderHeader, Party, TradeTerms

CUSTOMER_REFERENCE: Final = "Customer reference"
"""The property under which the buyer's own reference stands; an answer echoes it."""
PROCESS: Final = "Process"
"""The property under which the business process stands that the order is part of (`ProfileID`)."""

_WHOLE: Final = re.compile(r"[0-9]{1,18}")
_SAID_BY_ID = (
    ("Quotation", "QuotationDocumentReference"),
    ("Earlier order", "OrderDocumentReference"),
    ("Requisition", "OriginatorDocumentReference"),
    ("Catalogue", "CatalogueReference"),
    ("Contract", "Contract"),
    ("Project", "ProjectReference"),
)


def order_header(order: Aggregate, source: Source, warnings: list[str]) -> OrderHeader:
    buyer = order.first("BuyerCustomerParty")
    supplier = order.first("SellerSupplierParty")
    identifier = order.text("UUID")
    account = buyer.identifier("SupplierAssignedAccountID") if buyer is not None else None
    return made.header(
        order_type=order.text("OrderTypeCode"),
        issued_on=_issued_on(order, warnings),
        currency=order.text("DocumentCurrencyCode") or order.text("PricingCurrencyCode"),
        buyer_account_number=account or source.our_account,
        supplier_account_number=supplier.identifier("CustomerAssignedAccountID") if supplier is not None else None,
        buyer=party(buyer),
        buyer_accounting=party(order.first("AccountingCustomerParty")),
        supplier=party(supplier),
        destination=next((found for each in order.each("Delivery") if (found := destination(each))), None),
        contact=contact(buyer, "BuyerContact"),
        supplier_contact=contact(supplier, "SellerContact"),
        terms=_trade_terms(order),
        properties=tuple(_properties(order)),
        notes=order.texts("Note"),
        documents=tuple(documents(order, "AdditionalDocumentReference")),
        references=(identifier,) if identifier else (),
        customization=order.text("CustomizationID"),
    )


def buyer_key(order: Aggregate, source: Source, known: Party | None = None) -> str:
    """Electronic address, party identification (each with its scheme, `0088:7300010000001`), name or account number.

    The first of these that the document states, so that an order, its changes and its cancellation, which state the
    same buyer, belong together. Raises Unreadable when it states none and the connection names no account either.
    `known`: the buyer, where it has been read.
    """
    buyer = order.first("BuyerCustomerParty")
    found = known or party(buyer) or Party()
    if found.endpoint:
        return _in_scheme(found.endpoint, found.endpoint_scheme)
    if found.id:
        return _in_scheme(found.id, found.id_scheme)
    account = buyer.identifier("SupplierAssignedAccountID") if buyer is not None else None
    name = next((each for each in (*found.names, account, source.our_account) if each), None)
    if name is None or len(name) > LONGEST_IDENTIFIER:
        raise order.unreadable("it does not say who the buyer is", "BuyerCustomerParty")
    return name


def issued_at(document: Aggregate) -> str | None:
    """When the document was issued, in its own words."""
    return " ".join(filter(None, (document.text("IssueDate"), document.text("IssueTime")))) or None


def issued(document: Aggregate) -> str | None:
    """The same to compare: ISO 8601, a day or with its time a moment; None for what is no day."""
    try:
        day = document.date("IssueDate")
    except Unreadable:  # `issued_at` shows it
        return None
    time = document.text("IssueTime")
    if day is None or time is None:
        return day.isoformat() if day is not None else None
    try:
        return dt.datetime.combine(day, dt.time.fromisoformat(time)).isoformat()
    except ValueError:
        return day.isoformat()


def sequence(change: Aggregate, warnings: list[str]) -> int | None:
    """The number of an order change among the others of its order (UBL: "to ensure the proper sequencing of changes")."""
    text = change.identifier("SequenceNumberID")
    if text is None:
        return None
    if _WHOLE.fullmatch(text) is None:
        warnings.append(f"the change's number {text[:40]!r} is no whole number: it counts as it comes")
        return None
    return int(text)


def _in_scheme(identifier: str, scheme: str | None) -> str:
    return f"{scheme}:{identifier}" if scheme else identifier


def _issued_on(order: Aggregate, warnings: list[str]) -> dt.date | None:
    try:
        return order.date("IssueDate")
    except Unreadable as wrong:  # nothing depends on it, so it is not worth refusing an order for
        warnings.append(f"the date of issue was left out: {wrong.reason}")
        return None


def _trade_terms(order: Aggregate) -> TradeTerms | None:
    delivery = order.first("DeliveryTerms")
    payment = [note for each in order.each("PaymentTerms") for note in each.texts("Note")]
    if delivery is None and not payment:
        return None
    place = delivery.text("DeliveryLocation", "ID") if delivery is not None else None
    special = delivery.texts("SpecialTerms") if delivery is not None else ()
    return made.trade_terms(
        incoterms_code=delivery.text("ID") if delivery is not None else None,
        incoterms=", ".join(filter(None, (*special, place))) or None,
        payment_terms="\n".join(payment) or None,
    )


def _properties(order: Aggregate) -> list[KeyValue]:
    said = [
        (CUSTOMER_REFERENCE, order.text("CustomerReference")),
        ("Accounting cost", order.text("AccountingCost") or order.text("AccountingCostCode")),
        ("Our order number", order.text("SalesOrderID")),
        *((key, order.text(name, "ID")) for key, name in _SAID_BY_ID),
        ("Valid until", order.text("ValidityPeriod", "EndDate")),
        ("Originator", order.text("OriginatorCustomerParty", "Party", "PartyName", "Name")),
        ("Conditions", order.text("TransactionConditions", "Description")),
        ("Total to pay", _amount(order, "PayableAmount")),
        (PROCESS, order.text("ProfileID")),
    ]
    return [made.key_value(key=key, value=value) for key, value in said if value] + allowances(order, charges=True)


def _amount(order: Aggregate, name: str) -> str | None:
    total = order.first("AnticipatedMonetaryTotal")
    amount = total.text(name) if total is not None else None
    if total is None or amount is None:
        return None
    return " ".join(filter(None, (amount, total.attribute(name, "currencyID"))))
