"""UBL 2 orders, order changes and order cancellations to messages; plain UBL and its dialects alike.

Read is what UBL 2.0 to 2.4 have in common (they share their namespaces), whatever version a document names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from lxml import etree

from core.formats import Source, Unreadable
from core.formats._ubl_aggregate import UBL, Aggregate
from core.formats._ubl_header import buyer_key, issued, issued_at, order_header, sequence
from core.formats._ubl_line import OrderSays, order_line, requested_date
from core.formats._xml import Root, place_of, read_root
from core.messages import BuyerAct, LineMessage, Message
from core.model import OrderHeader, OrderKey

_LINE_STATUS: Final[Mapping[str, BuyerAct | None]] = {
    "2": BuyerAct.CANCEL,
    "cancelled": BuyerAct.CANCEL,
    "4": None,
    "nostatus": None,
}
"""What a `LineStatusCode` of an order change says (UN/CEFACT 1229 in Peppol, UBL's own words elsewhere)."""

_ALLOWANCES_UNSHOWN: Final = (
    "has allowances or charges on the whole order, which are not shown: look at the document itself"
)


def is_ubl(root: Root | None) -> bool:
    """Whether a document is UBL of any kind, readable here or not."""
    return root is not None and root.namespace.startswith(UBL)


def read(document: bytes, source: Source) -> Message:
    """The message in `document`. Raises Unreadable."""
    root, guessed = read_root(document)
    namespace, _, name = root.tag.removeprefix("{").rpartition("}")
    if namespace != f"{UBL}{name}-2" or name not in ("Order", "OrderChange", "OrderCancellation"):
        raise _another_document(root, namespace, name)
    document_root = Aggregate(root)
    warnings = list(guessed)
    if name == "Order":
        return _order(document_root, source, warnings)
    if name == "OrderChange":
        return _order_change(document_root, source, warnings)
    return _order_cancellation(document_root, source, warnings)


def _order(order: Aggregate, source: Source, warnings: list[str]) -> Message:
    number = order.identifier("ID")
    if number is None:
        raise order.unreadable("the order has no number", "ID", "ask the buyer to send it again with one")
    header = order_header(order, source, warnings)
    if order.text("CopyIndicator") in ("true", "1"):
        warnings.append("the buyer calls this document a copy")
    requested_on, several = _requested_on(order, warnings)
    says = OrderSays(requested_on=requested_on, several_days=several, currency=header.currency)
    return Message(
        key=OrderKey(connection=source.connection, buyer=buyer_key(order, source, header.buyer), number=number),
        header=header,
        lines=_lines(order, says, warnings),
        event="Order",
        at_platform=issued_at(order),
        issued=issued(order),
        warnings=tuple(warnings),
    )


def _order_change(change: Aggregate, source: Source, warnings: list[str]) -> Message:
    """The lines named are issued anew or cancelled.

    Of the header only what can change after an order is taken: what identifies the order stands in the order, and a
    change repeats little of it.
    """
    warnings.extend(f"the buyer writes: {note}" for note in change.texts("Note"))
    header = order_header(change, source, warnings)
    requested_on, several = _requested_on(change, warnings)
    says = OrderSays(
        requested_on=requested_on,
        several_days=several,
        currency=header.currency,
        acts=_LINE_STATUS,
        changes=True,
    )
    lines = tuple(line for line in _lines(change, says, warnings) if line.acts)
    if "AllowanceCharge" in change:
        warnings.append(f"the change {_ALLOWANCES_UNSHOWN}")
        lines = tuple(map(_with_allowances, lines))
    return Message(
        key=_key_of_reference(change, source),
        header=OrderHeader(destination=header.destination, contact=header.contact, terms=header.terms),
        lines=lines,
        change=True,
        event="OrderChange",
        at_platform=issued_at(change),
        issued=issued(change),
        sequence=sequence(change, warnings),
        attached=header.documents,
        warnings=tuple(warnings),
    )


def _order_cancellation(cancellation: Aggregate, source: Source, warnings: list[str]) -> Message:
    warnings.extend(f"the buyer writes: {note}" for note in cancellation.texts("CancellationNote"))
    return Message(
        key=_key_of_reference(cancellation, source),
        acts=(BuyerAct.CANCEL,),
        change=True,
        event="OrderCancellation",
        at_platform=issued_at(cancellation),
        issued=issued(cancellation),
        warnings=tuple(warnings),
    )


def _key_of_reference(document: Aggregate, source: Source) -> OrderKey:
    references = document.each("OrderReference")
    if len(references) > 1:
        raise references[1].unreadable("it refers to several orders", remedy="ask the buyer for one document an order")
    number = references[0].identifier("ID") if references else None
    if number is None:
        raise document.unreadable("it does not say which order it is about", "OrderReference")
    return OrderKey(connection=source.connection, buyer=buyer_key(document, source), number=number)


def _with_allowances(line: LineMessage) -> LineMessage:
    """`line` of a change that has allowances or charges on all that it changes."""
    if line.content is None:
        return line
    doubt = f"is part of a change that {_ALLOWANCES_UNSHOWN}"
    return line.but(content=line.content.but(doubts=(*line.content.doubts, doubt)))


def _requested_on(order: Aggregate, warnings: list[str]) -> tuple[dt.date | None, bool]:
    """The day asked for lines that don't ask for one of their own, and whether there are others."""
    asked = [on for delivery in order.each("Delivery") if (on := requested_date(delivery))]
    several = len(set(asked)) > 1
    if several:
        warnings.append("the order names several delivery dates; lines without one of their own got the first")
    return asked[0] if asked else None, several


def _lines(order: Aggregate, says: OrderSays, warnings: list[str]) -> tuple[LineMessage, ...]:
    lines: dict[str, LineMessage] = {}
    for element in order.each("OrderLine"):
        line = order_line(element, says, warnings)
        if line.position in lines:
            raise element.unreadable(f"a second line with the number {line.position!r}")
        lines[line.position] = line
    if not lines:
        raise order.unreadable("there are no order lines", "OrderLine", "ask the buyer to send it again")
    return tuple(lines.values())


def _another_document(root: etree._Element, namespace: str, name: str) -> Unreadable:
    if not namespace.startswith(UBL):
        return Unreadable(f"the document is no UBL: it begins with {name[:60]!r}", place_of(root))
    version = namespace.rpartition("-")[2][:10]
    what = f"a UBL {name[:60]}" + ("" if version == "2" else f" of version {version}")
    return Unreadable(
        f"the document is {what}; podesk reads a UBL 2 Order, OrderChange and OrderCancellation",
        place_of(root),
    )
