"""Procurement Connect in XML: the tree of `procurement-connect-json` as elements, in both directions.

A list is an element that holds one for each entry (`references` a `reference`, `order_line_items` an
`order_line_item`); what is null is an empty element. Coming in, names may be written with hyphens, as the platform's
own serializer writes them.
"""

from __future__ import annotations

import re
from typing import Final

from lxml import etree

from core.formats import CannotCarry, Carries, Rendered, Source, Unreadable
from core.formats import procurement_connect_json as as_json
from core.formats._json import Node
from core.formats._procurement_connect_answer import Tree, tree_of
from core.formats._procurement_connect_order import order_message
from core.formats._xml import NOT_XML, peek, place_of, read_root
from core.messages import Message
from core.model import Order
from core.outgoing import Outgoing

name: Final = "procurement-connect-xml"
carries: Final[Carries] = as_json.carries

_LISTS: Final = {
    "references": "reference",
    "order_line_items": "order_line_item",
    "deliveries": "delivery",
    "delivery_line_items": "delivery_line_item",
}
"""With the name of an entry."""
_TELLTALE = re.compile(
    r"<order[_-]line[_-]items[\s/>]|<state(?:\s[^>]*)?>\s*(?:cancelation_requested|canceled_by_consumer)\s*</"
)


def recognises(document: bytes) -> bool:
    root = peek(document)
    return (
        root is not None and (root.namespace, root.name) == ("", "order") and _TELLTALE.search(root.start) is not None
    )


def parse(document: bytes, source: Source) -> tuple[Message, ...]:
    """The order in `document`. Raises Unreadable."""
    root, warnings = read_root(document)
    if root.tag != "order":
        raise Unreadable("no order of Procurement Connect's", place_of(root))
    order = Node(_members(root), "order")
    as_json.refuse_our_own(order)
    message = order_message(order, source)
    return (message.but(warnings=(*warnings, *message.warnings)),)


def render(outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
    root = etree.Element("order")
    _write(root, tree_of(outgoing, order, name), None)
    payload = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return Rendered(payload=payload, content_type="application/xml", extension="xml")


def _members(element: etree._Element) -> dict[str, object]:
    members: dict[str, object] = {}
    for child in element:
        key = etree.QName(child).localname.replace("-", "_")
        if key in members:
            raise Unreadable(f"{key[:40]!r} stands twice", place_of(child))
        members[key] = _entries(child) if key in _LISTS else _value(child)
    return members


def _entries(element: etree._Element) -> list[object]:
    """Those of a list; one alone may stand in the list's own element."""
    if not len(element) and (text := _value(element)) is not None:
        return [text]
    return [_value(entry) for entry in element]


def _value(element: etree._Element) -> object:
    if len(element):
        return _members(element)
    text = (element.text or "").strip()
    return text or None


def _write(owner: etree._Element, tree: Tree, position: str | None) -> None:
    for key, value in tree.items():
        element = etree.SubElement(owner, key)
        if isinstance(value, list):
            for entry in value:
                _fill(etree.SubElement(element, _LISTS[key]), entry, position)
        else:
            _fill(element, value, position)


def _fill(element: etree._Element, value: object, position: str | None) -> None:
    if isinstance(value, dict):
        _write(element, value, value.get("position") or position)
    elif value is not None:
        text = str(value)
        wrong = NOT_XML.search(text)
        if wrong is not None:
            raise CannotCarry(name, f"the control character U+{ord(wrong[0]):04X} in {text[:40]!r}", position)
        element.text = text
