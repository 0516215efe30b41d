"""Procurement Connect's JSON: orders and events in; confirmations, cancellations and despatch statuses out.

In: the order as the platform's API has it, bare (posted to us, a file) or as the `payload` of an event. Out: the tree of
`_procurement_connect_answer`, for files and POSTs alike.
"""

from __future__ import annotations

import re
from typing import Final

from core.formats import AboutNoOrder, Carries, Rendered, Source, Unreadable
from core.formats._json import REMEDY, Node, as_text, read_json, write_json
from core.formats._procurement_connect_answer import tree_of
from core.formats._procurement_connect_order import STATES, order_message
from core.messages import Message
from core.model import Order
from core.outgoing import Outgoing

name: Final = "procurement-connect-json"
carries = Carries(
    splits=False,
    gross_prices=False,
    item_details=False,
    despatch=True,
)

_TELLTALE = re.compile(
    r'"(?:order_line_items|transferred_at|cancelation_requested_at|canceled_by_consumer_at)"\s*:'
    r'|"state"\s*:\s*"(?:cancelation_requested|canceled_by_consumer)"'
)
_EVENT = re.compile(r'"payload"\s*:')
_OF_AN_EVENT = re.compile(r'"(?:received_at|subject|link)"\s*:')
_ORDERS = re.compile(r"(?<![A-Za-z])[Oo]rder|(?<=[a-z])Order|(?<![A-Za-z])ORDER")
"""The word in an event's name, also as `PurchaseOrderCanceled` writes it; not in `reorder`."""

_OF_AN_ORDER = ("references", "contract", "deliveries", "delivery")


def recognises(document: bytes) -> bool:
    """By the names of JSON members, in a broken document too: what is wrong with it is then said by place."""
    text = as_text(document)
    if text.lstrip("\ufeff \t\r\n")[:1] not in ("{", "["):
        return False
    is_event = _EVENT.search(text) is not None and _OF_AN_EVENT.search(text) is not None
    return is_event or _TELLTALE.search(text) is not None


def parse(document: bytes, source: Source) -> tuple[Message, ...]:
    """A message for each order; a page of the API holds any number. Raises Unreadable."""
    tree, warnings = read_json(document)
    entries = Node({"": tree}).children("") if isinstance(tree, list) else (_object(tree),)
    messages = []
    other: AboutNoOrder | None = None
    for entry in entries:
        try:
            message = _message(entry, source)
            messages.append(message.but(warnings=(*warnings, *message.warnings)))
        except AboutNoOrder as error:
            other = error
    if other is not None and not messages:
        raise other
    return tuple(messages)


def render(outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
    """The bytes of an answer or a status. The platform knows it by the order's references; `document_id` isn't in it."""
    payload = write_json(tree_of(outgoing, order, name), name)
    return Rendered(payload=payload, content_type="application/json", extension="json")


def _object(tree: object) -> Node:
    if not isinstance(tree, dict):
        raise Unreadable("neither an order nor an event of Procurement Connect's", remedy=REMEDY)
    return Node(tree)


def _message(document: Node, source: Source) -> Message:
    event = document if document.has("payload") else None
    body = (document.child("payload") if event is not None else document) or document
    order = body.child("order") or body
    named = event.text("name") if event is not None else None
    if named and order is body and not _about_an_order(order, named):
        raise AboutNoOrder(f"the event {named[:80]!r} carries no order", document.path)
    if not order.has("state"):
        what = f"the event {named[:80]!r} carries no order" if named else "an order without its state"
        raise Unreadable(what, order.place("state"), REMEDY)
    if event is None:
        refuse_our_own(order)
    return order_message(order, source, event)


def _about_an_order(payload: Node, event: str) -> bool:
    """Whether an event is about an order. Contracts and others have an id, references and a state too; but nothing else is
    cancelled by its buyer, and that must never be missed."""
    state = payload.members.get("state")
    if payload.has("order_number", "order_line_items") or state in ("cancelation_requested", "canceled_by_consumer"):
        return True
    said_so = _ORDERS.search(event) is not None
    if payload.has(*_OF_AN_ORDER):
        return said_so or (isinstance(state, str) and state in STATES)
    return said_so and payload.has("id", "order_id") and payload.has("state")


_OURS: Final = frozenset({"references", "order_number", "state", "state_reason", "order_line_items", "shipment"})
_THEIRS: Final = frozenset(
    {"draft", "placed", "transferred", "transfer_failed", "cancelation_requested", "canceled_by_consumer"}
)
"""States in which no supplier puts an order."""


def refuse_our_own(order: Node) -> None:
    """An answer or a status is what suppliers send; taking one for an order would invent an order.

    It has the members of the page and no others: no currency, no contract, no id; and a state that is ours to say.
    """
    if order.text("state") in _THEIRS:
        return
    if order.members.keys() <= _OURS and not any(
        line.has("id", "unit", "catalog_price", "pricing") for line in order.children("order_line_items")
    ):
        raise Unreadable("an answer, which suppliers send, is no order", order.path)
