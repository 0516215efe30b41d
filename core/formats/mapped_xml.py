"""A buyer's own XML, read by the paths of the connection's settings; in only.

The paths are the operator's, the document a stranger's: it is read as every XML here is (`_xml`), and a path can look at it
and at nothing else. XPath 1.0 has no way to a file or the network, and extension functions are not offered.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from lxml import etree

from core.formats import MOST_ENTRIES, CannotCarry, Carries, Rendered, Source, Unreadable
from core.formats._xml import peek, place_of, read_root
from core.messages import BuyerAct, LineMessage, Message
from core.model import (
    UNKNOWN,
    DateOrUnknown,
    Item,
    LineContent,
    Money,
    Order,
    OrderHeader,
    OrderKey,
    Party,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
    number,
    plain,
)
from core.outgoing import Outgoing
from core.xml_mapping import XmlMapping

name: Final = "xpath"
carries = Carries(
    splits=False,
    prices=False,
    gross_prices=False,
    item_details=False,
    reasons=False,
)

MOST_LINES: Final = MOST_ENTRIES
LONGEST_VALUE: Final = 4000
LONGEST_IDENTIFIER: Final = 200
_MEND: Final = "mend the mapping in podesk.toml and try it with `podesk check --sample FILE`"
_GROUPED = {
    False: re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII),
    True: re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?", re.ASCII),
}


def recognises(document: bytes) -> bool:
    """Any XML: whether the mapping fits it is seen when it is read."""
    return peek(document) is not None


def fits(document: bytes, mapping: XmlMapping) -> bool:
    """Whether the mapping finds an order's number in `document`. Never raises."""
    if peek(document) is None:
        return False
    try:
        root, _ = read_root(document)
        return _Paths(root, mapping).text("number") is not None
    except Unreadable:
        return False


def parse(document: bytes, source: Source) -> tuple[Message, ...]:
    """The order that the mapping finds. Raises Unreadable, naming the key of the mapping and the place in the document."""
    if source.mapping is None:
        raise Unreadable("the connection has no mapping", remedy=_MEND)
    root, warnings = read_root(document)
    paths = _Paths(root, source.mapping)
    buyer = paths.identifier("buyer") or source.our_account
    if buyer is None:
        raise Unreadable(
            "nothing says which buyer this is",
            "mapping.buyer",
            "map it, or set our_account in the connection's settings",
        )
    act = BuyerAct.CANCEL if paths.is_true("cancelled") else BuyerAct.ISSUE
    header, seen = _header(paths, source), set[str]()
    return (
        Message(
            key=OrderKey(connection=source.connection, buyer=buyer, number=paths.required("number")),
            header=header,
            lines=tuple(_line(line, nth, header, act, seen) for nth, line in enumerate(paths.lines(), start=1)),
            event=etree.QName(root).localname,
            warnings=warnings,
        ),
    )


def render(outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
    raise CannotCarry(name, "an answer: it only reads; choose another format for `outbound`")


class _Paths:
    """The mapping's paths, looked up in one document or one of its lines."""

    def __init__(self, element: etree._Element, mapping: XmlMapping) -> None:
        self.element = element
        self.mapping = mapping

    def lines(self) -> Iterator[_Paths]:
        found = self._found("lines")
        if not isinstance(found, list) or not all(isinstance(one, etree._Element) for one in found):
            raise self.wrong("lines", "is no path to elements")
        if not found:
            raise self.wrong("lines", "finds no line")
        if len(found) > MOST_LINES:
            raise self.wrong("lines", f"finds {len(found):,} lines; at most {MOST_LINES:,} are read")
        return (_Paths(one, self.mapping) for one in found)

    def texts(self, key: str) -> tuple[str, ...]:
        found = self._found(key)
        values = found if isinstance(found, list) else [found]
        return tuple(text for value in values if (text := self._text(key, value)) is not None)

    def text(self, key: str) -> str | None:
        """The one text at a path; None where nothing or only white space stands there."""
        found = self._found(key)
        if isinstance(found, list):
            if len(found) > 1:
                raise self.wrong(key, f"finds {len(found)} places; one is wanted")
            found = found[0] if found else None
        return None if found is None else self._text(key, found)

    def identifier(self, key: str) -> str | None:
        """A number or code that names something: never with control characters in it."""
        text = self.text(key)
        if text is not None and len(text) > LONGEST_IDENTIFIER:
            raise self.wrong(key, f"finds {len(text):,} characters; an identifier has at most {LONGEST_IDENTIFIER}")
        if text is not None and not text.isprintable():
            raise self.wrong(key, "finds an identifier with a line break or another character that can't be printed")
        return text

    def required(self, key: str) -> str:
        text = self.identifier(key)
        if text is None:
            raise self.wrong(key, "finds nothing")
        return text

    def is_true(self, key: str) -> bool:
        """A condition; or a path, by whether it finds something."""
        found = self._found(key)
        return found if isinstance(found, bool) else bool(found)

    def decimal(self, key: str) -> Decimal | None:
        text = self.text(key)
        if text is None:
            return None
        comma = self.mapping.decimal_comma
        digits = text
        if _GROUPED[comma].fullmatch(text):
            digits = text.replace("." if comma else ",", "")
        if comma:
            digits = digits.replace(",", ".")
        try:
            return number(digits)
        except ValueError as error:
            raise self.wrong(key, str(error)) from None

    def day(self, key: str) -> dt.date | None:
        text = self.text(key)
        if text is None:
            return None
        try:
            return dt.datetime.strptime(text, self.mapping.date_format).date()  # noqa: DTZ007  (a day has no zone)
        except ValueError:
            raise self.wrong(key, f"{text[:40]!r} is no date as {self.mapping.date_format!r} writes it") from None

    def _found(self, key: str) -> object:
        path: str | None = getattr(self.mapping, key)
        if path is None:
            return None
        try:
            look = etree.XPath(path, namespaces=self.mapping.namespaces, regexp=False, smart_strings=False)
            return look(self.element)
        except (etree.XPathError, ValueError) as error:
            raise Unreadable(f"{path!r} is no XPath: {error}", f"mapping.{key}", _MEND) from None

    def _text(self, key: str, value: object) -> str | None:
        if isinstance(value, etree._Element):
            value = "".join(str(part) for part in value.itertext())
        if isinstance(value, float):
            raise self.wrong(key, "calculates a number; point to the text, since calculated numbers are not exact")
        if not isinstance(value, str):
            raise self.wrong(key, "is a condition; a text is wanted")
        text = value.strip()
        if len(text) > LONGEST_VALUE:
            raise self.wrong(key, f"finds {len(text):,} characters; at most {LONGEST_VALUE:,} are read")
        return text or None

    def wrong(self, key: str, why: str) -> Unreadable:
        """What to raise about what the path of `key` finds."""
        return Unreadable(f"{getattr(self.mapping, key)!r} {why}", f"mapping.{key} at {place_of(self.element)}", _MEND)


def _header(paths: _Paths, source: Source) -> OrderHeader:
    buyer_name = paths.text("buyer_name")
    return OrderHeader(
        description=paths.text("description"),
        issued_on=paths.day("issued_on"),
        currency=paths.text("currency"),
        buyer_account_number=source.our_account,
        buyer=Party(names=(buyer_name,)) if buyer_name is not None else None,
        references=paths.texts("references") if paths.mapping.references is not None else (),
    )


def _line(line: _Paths, nth: int, order: OrderHeader, act: BuyerAct, seen: set[str]) -> LineMessage:
    position = line.required("position") if line.mapping.position is not None else str(nth)
    if position in seen:
        raise Unreadable(f"position {position!r} stands twice in the order", place_of(line.element), _MEND)
    seen.add(position)
    note = line.text("line_note")
    return LineMessage(
        position=position,
        acts=(act,),
        content=LineContent(
            item=Item(
                number=line.text("item_number"),
                supplier_item_number=line.text("supplier_item_number"),
                name=line.text("item_name"),
                unit=line.text("unit"),
            ),
            notes=(note,) if note is not None else (),
        ),
        terms=Terms(delivery_schedule=(_delivery(line),), prices=_prices(line, order)),
    )


def _delivery(line: _Paths) -> ScheduledDelivery:
    day, quantity = line.day("date"), line.decimal("quantity")
    date: DateOrUnknown = UNKNOWN if day is None else day
    return ScheduledDelivery(date=date, quantity=UNKNOWN if quantity is None else quantity)


def _prices(line: _Paths, order: OrderHeader) -> Prices | None:
    value = line.decimal("price")
    if value is None:
        return None
    if order.currency is None:
        raise Unreadable("a price without its currency", "mapping.currency", _MEND)
    per = line.decimal("price_unit_quantity")
    if per is not None and per <= 0:
        raise line.wrong("price_unit_quantity", f"finds {plain(per)}; a price for {plain(per)} pieces is none")
    return Prices(
        net=Price(transaction=Money(value=value, currency=order.currency)),
        price_unit=line.text("price_unit"),
        price_unit_quantity=per,
    )
