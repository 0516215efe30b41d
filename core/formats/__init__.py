"""Bytes to model and back: one module a format, chosen by what a document says, never by its file name.

`read` takes a document as it came, in a SOAP envelope too, and gives the messages in it, or raises `Unreadable` with the
reason and the place.
`render` takes what leaves and gives the exact bytes. A format module is imported when it is first needed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # the settings ask here for names, and a command that lists needs no model
    from core.messages import Message
    from core.model import Order
    from core.outgoing import Outgoing
    from core.xml_mapping import XmlMapping

MOST_BYTES = 20_000_000
"""A document larger than this is refused unread: the largest real order seen has 500 lines and 2 MB."""


MOST_ENTRIES = 10_000
"""Lines of an order, or whatever else stands side by side in a document: twenty times what a platform takes."""


class Unreadable(ValueError):
    """A document that can't be read as an order. `place` is a line and column, an XPath or a JSON path."""

    def __init__(self, reason: str, place: str = "", remedy: str = "") -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
        self.reason = reason
        self.place = place
        self.remedy = remedy


class AboutNoOrder(Unreadable):
    """What a platform tells of something else than orders: events that aren't known must be ignored (Tradecloud's manual,
    "compatibility"), so nobody has to look at it."""


class CannotCarry(ValueError):
    """What the operator wants to say has no place in the format: refused before it is queued."""

    def __init__(self, format_name: str, what: str, position: str | None = None) -> None:
        where = f"line {position}: " if position else ""
        super().__init__(f"{where}{format_name} can't carry {what}")
        self.format_name = format_name
        self.what = what
        self.position = position


_HEAD = 65_536
"""Where a document says what it is."""
_PARTS = re.compile(rb"\s*--[^\r\n]{1,70}\r?\n(?:[\w-]+:[^\r\n]*\r?\n)*?content-", re.IGNORECASE)
"""How a body of the type `multipart/…` begins (RFC 2046, 5.1.1)."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a reader may need to know besides the bytes."""

    connection: str
    our_account: str | None = None
    """The buyer's account number in our books, where the document doesn't say."""
    mapping: XmlMapping | None = None
    """Where the fields of an order stand in the buyer's own XML."""


@dataclass(frozen=True, slots=True)
class Rendered:
    payload: bytes
    content_type: str
    extension: str
    """Of a file that holds it, without the dot."""


@dataclass(frozen=True, slots=True)
class Carries:
    """What answers in a format can say; the screen offers only that."""

    splits: bool = True
    prices: bool = True
    gross_prices: bool = True
    item_details: bool = True
    reasons: bool = True
    despatch: bool = False


class Format(Protocol):
    """What a format module offers, as module-level names."""

    name: str
    carries: Carries

    def recognises(self, document: bytes) -> bool:
        """Whether `document` looks like this format, by its content; cheap, and never raises."""
        ...

    def parse(self, document: bytes, source: Source) -> tuple[Message, ...]:
        """Every order that the document speaks of. Raises Unreadable, and nothing else, for bad input."""
        ...

    def render(self, outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
        """The bytes that leave. `document_id` is unique and stable: the same answer rendered again is the same bytes.

        Raises CannotCarry.
        """
        ...


_MODULES = {
    "tradecloud-json": "core.formats.tradecloud_json",
    "procurement-connect-json": "core.formats.procurement_connect_json",
    "procurement-connect-xml": "core.formats.procurement_connect_xml",
    "peppol": "core.formats.peppol",
    "ubl": "core.formats.ubl",
}
"""By the name in the settings, in the order in which they are asked: a dialect before what it is a dialect of."""

NAMES = tuple(_MODULES)

MAPPED = "xpath"
"""The format that only reads, by a mapping in the connection's settings; told by no content."""


@cache
def format_named(name: str) -> Format:
    """The format called `name` in the settings. Raises KeyError."""
    module: Format = import_module("core.formats.mapped_xml" if name == MAPPED else _MODULES[name])
    return module


def recognise(document: bytes, mapping: XmlMapping | None = None) -> Format:
    """The format that `document` is in, in a SOAP envelope or without. Raises Unreadable when none knows it.

    XML that none knows is read by the `mapping` of the settings, where there is one.
    """
    found = _recognised(_contents(document, mapping=mapping)[0], mapping)
    if found is None:
        raise Unreadable(
            "no known order format",
            remedy=f"podesk reads {', '.join(NAMES)}; look at the document with `podesk quarantine`",
        )
    return found


def read(document: bytes, source: Source, format_name: str = "auto", charset: str = "") -> tuple[Message, ...]:
    """The messages in `document`, with warnings on what can hardly be meant. Raises Unreadable, and nothing else.

    `charset`: what the `Content-Type` named with which it came; empty where there was none.
    """
    if len(document) > MOST_BYTES:
        raise Unreadable(f"{len(document):,} bytes; at most {MOST_BYTES:,} are read")
    if not document.strip():
        raise Unreadable("the document is empty", remedy="ask the buyer to send it again")
    if _PARTS.match(document):
        raise Unreadable(
            "a message of several parts: attachments (MTOM, forms) are not read; send the order without",
            remedy="ask the buyer to turn attachments off at their side, and to send it again",
        )
    guessed: tuple[str, ...] = ()
    if charset:
        from core.formats._charset import as_named

        document, guessed = as_named(document, charset)
    messages: list[Message] = []
    for part in _contents(document, format_name, source.mapping):
        chosen = recognise(part, source.mapping) if format_name == "auto" else format_named(format_name)
        messages += chosen.parse(part, source)
    if not messages:
        raise Unreadable("the document holds no order")
    from core.formats._doubts import doubted  # with the model, which a command that lists does without

    return tuple(
        doubted(message.but(warnings=(*guessed, *message.warnings)) if guessed else message) for message in messages
    )


def _recognised(document: bytes, mapping: XmlMapping | None = None) -> Format | None:
    known = next((one for one in map(format_named, _MODULES) if one.recognises(document)), None)
    if known is None and mapping is not None and format_named(MAPPED).recognises(document):
        return format_named(MAPPED)
    return known


def _contents(document: bytes, format_name: str = "auto", mapping: XmlMapping | None = None) -> tuple[bytes, ...]:
    """What is to be read: the document as it came, or what stands in the SOAP envelope that it is. Raises Unreadable."""
    if b"Envelope" not in document[:_HEAD].replace(b"\0", b""):  # nor loads what reads XML
        return (document,)
    from core.formats import soap

    if not soap.looks_wrapped(document):
        return (document,)

    def knows(part: bytes) -> bool:
        if format_name not in ("auto", MAPPED):
            return format_named(format_name).recognises(part)
        if format_name == "auto" and _recognised(part) is not None:
            return True
        if mapping is None:
            return False
        from core.formats.mapped_xml import fits  # of the elements around an order the one that the paths mean

        return fits(part, mapping)

    return soap.contents(document, knows)
