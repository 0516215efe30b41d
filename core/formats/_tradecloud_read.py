"""Which of Tradecloud's documents this is, and the messages in it.

The shape is told by the names of the members, never by their order or by a file's name: polled orders, one by one or a
page of them, events of the three kinds, and what a buyer sends of their own. Our own documents, a response or a
despatch advice, are told apart and refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from core.formats import AboutNoOrder, Source, Unreadable
from core.formats._json import REMEDY, Node, as_text, read_json
from core.formats._tradecloud_flat import buyers_own_order
from core.formats._tradecloud_reported import EVENT_ACTS, attached_documents, reported_order
from core.messages import Message

OTHER_EVENTS: Final = frozenset(
    {
        "OrderLinesUpdatedByBuyer",
        "OrderLinesAcceptedBySupplier",
        "OrderLinesRejectedBySupplier",
        "OrderLinesConfirmedBySupplier",
        "OrderChangesProposedBySupplier",
        "OrderLinesUpdatedBySupplier",
        "OrderLinesItemDetailsChanged",
        "OrderLinesItemDetailsChangedByBuyer",
        "OrderLinesItemDetailsChangedBySupplier",
        "OrderLinesReopenRequestedBySupplier",
        "OrderLinesReopenRequestRevertedBySupplier",
        "OrderLinesReopenRequestApprovedBySupplier",
        "OrderLinesReopenRequestRejectedBySupplier",
        "OrderLinesReconfirmedBySupplier",
        "OrderLinesMarkedAsOpenBySupplier",
        "OrderLinesMarkedAsDeliveredBySupplier",
        "OrderLinesShippedByBuyer",
        "OrderLinesDeliveryHistoryAppendedByBuyer",
        "OrderLinesDeliveryHistorySetByBuyer",
        "OrderLinesDeliveryScheduleLogisticsUpdatedByBuyer",
        "OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier",
        "OrderLinesShipmentRescheduleRequestedBySupplier",
        "OrderContactReassignedByBuyer",
        "OrderContactReassignedBySupplier",
        "OrderResentByBuyer",
        "OrderResentBySupplier",
        "OrderDocumentsAttachedByBuyer",
        "OrderDocumentsAttachedBySupplier",
        "OrderCustomLabelsUpdatedByBuyer",
        "OrderCustomLabelsUpdatedBySupplier",
        "OrderSynced",
    }
)
"""Events that bring the platform's present state and nothing that a buyer does to a line."""

_ORDER_EVENTS = ("orderEvent", "singleDeliveryOrderEvent")

_TELLTALE = re.compile(
    r'"(?:purchaseOrderNumber|buyerOrder|eventName|orderEvent|singleDeliveryOrderEvent|orderDocumentsEvent'
    r'|despatchAdviceNumber)"\s*:'
)


def looks_like_tradecloud(document: bytes) -> bool:
    """Whether `document` is JSON, or was meant to be, that names an order as Tradecloud does."""
    text = as_text(document)
    return text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") and _TELLTALE.search(text) is not None


def read_messages(document: bytes, source: Source) -> tuple[Message, ...]:
    """A message for each order in `document`. Raises Unreadable."""
    tree, warnings = read_json(document)
    messages = []
    other: AboutNoOrder | None = None
    for order in _orders(tree):
        try:
            messages.append(_message(order, source))
        except AboutNoOrder as error:
            other = error
    if other is not None and not messages:
        raise other
    return tuple(_warned(message, (*warnings, *_odd_numbers(message))) for message in messages)


def _warned(message: Message, warnings: tuple[str, ...]) -> Message:
    return message.but(warnings=(*warnings, *message.warnings)) if warnings else message


def _odd_numbers(message: Message) -> Iterator[str]:
    """Numbers with white space in them are taken as they are, but the platform promises that it has none."""
    if " " in message.key.number:
        yield f"The order number {message.key.number!r} has white space in it; answers repeat it as it is."
    for line in message.lines:
        if " " in line.position:
            yield f"The position {line.position!r} has white space in it; answers repeat it as it is."


def _orders(tree: object) -> tuple[Node, ...]:
    """The single order or event of a document, or each order of a poll page."""
    if isinstance(tree, list):
        return Node({"": tree}).children("")
    if not isinstance(tree, dict):
        raise Unreadable("neither an order nor an event of Tradecloud's", remedy=REMEDY)
    root = Node(tree)
    if isinstance(tree.get("data"), list) and not root.has("buyerOrder", "order", *_ORDER_EVENTS):
        return root.children("data")
    return (root,)


def _message(document: Node, source: Source) -> Message:
    event = document.text("eventName")
    for name in _ORDER_EVENTS:
        body = document.child(name)
        if body is not None:
            return _of_event(reported_order(body, source, event=event))
    body = document.child("orderDocumentsEvent")
    if body is not None:
        return _of_event(attached_documents(body, source, event))
    if document.has("buyerOrder"):
        return reported_order(document, source)
    _refuse_our_own(document)
    order = document.child("order")
    if order is not None and order.has("buyerOrder"):
        return reported_order(order, source)
    if order is not None:
        return buyers_own_order(document, source)
    if not event:
        raise Unreadable("neither an order nor an event of Tradecloud's", document.path, REMEDY)
    error = Unreadable if event in EVENT_ACTS or event in OTHER_EVENTS else AboutNoOrder
    raise error(f"the event {event[:80]!r} carries no order", document.path, REMEDY)


def _of_event(message: Message) -> Message:
    """`message`, with a warning where its event is not known here (manual, "compatibility": it is no reason to refuse)."""
    event = message.event
    if event is None or event in EVENT_ACTS or event in OTHER_EVENTS:
        return message
    unknown = f"The event {event[:80]!r} is not known here; what it brings was taken over."
    return message.but(warnings=(unknown, *message.warnings))


def _refuse_our_own(document: Node) -> None:
    """A response or a despatch advice is what suppliers send; taking one for an order would invent an order."""
    advice = document.child("header")
    if advice is not None and advice.has("despatchAdviceNumber"):
        raise Unreadable("a despatch advice, which suppliers send, is no order", advice.path)
    is_response = document.has("erpResponseDateTime", "erpRespondedBy") or any(
        line.has("purchaseOrderLinePosition") for line in document.children("lines")
    )
    if is_response:
        raise Unreadable("an order response, which suppliers send, is no order", document.path)
