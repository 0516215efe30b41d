"""A SOAP envelope around an order: which version it is, and what lies in its Body, whichever way it was put there.

SOAP 1.1 (W3C note of 2000) and 1.2 (second edition, 2007) differ here in the envelope's namespace alone. An order stands
in the Body bare, or inside the elements of an operation; as XML, or as text that is XML, JSON or the base64 of either.
Headers of the envelope are not looked at: who posts is known from HTTP.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from lxml import etree

from core.formats import MOST_BYTES, Unreadable
from core.formats._xml import peek, place_of, read_root

NAMESPACES: Final = {
    "1.1": "http://schemas.xmlsoap.org/soap/envelope/",
    "1.2": "http://www.w3.org/2003/05/soap-envelope",
}
MOST_WRAPPINGS: Final = 4
"""Elements around the order inside the Body: an operation, its parameter, and room for two more."""
MOST_TRIED: Final = 1_000
"""Elements that are tried and are no order: what surrounds one is a few parameters. Each costs a look by every format."""

_VERSIONS: Final = {namespace: version for version, namespace in NAMESPACES.items()}
_DECLARATION = re.compile(r"<\?xml\s[^>]*+>")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{8,}+={0,2}")
_REMEDY: Final = "ask the buyer to put the order into the Body, as XML or as text"

Knows = Callable[[bytes], bool]


@dataclass(frozen=True, slots=True)
class Envelope:
    version: str | None
    """1.1 or 1.2; None when the envelope is of no SOAP that there is."""
    operation: str
    """Namespace and name of the first element in the Body, as `{namespace}name`; empty when that can't be read."""


def looks_wrapped(document: bytes) -> bool:
    """Whether the root element is called Envelope. Cheap, and never raises."""
    root = peek(document)
    return root is not None and root.name == "Envelope"


def envelope(document: bytes, *, whole: bool = True) -> Envelope | None:
    """What can be told of the envelope around `document`, broken or not; None when there is none. Never raises.

    Not `whole`: without the operation, from the document's first bytes alone, in no time however large it is.
    """
    root = peek(document)
    if root is None or root.name != "Envelope":
        return None
    version = _VERSIONS.get(root.namespace)
    if not whole:
        return Envelope(version, "")
    try:
        first = _body(read_root(document)[0])[0]
    except Unreadable:
        return Envelope(version, "")
    return Envelope(version, str(first.tag))


def contents(document: bytes, knows: Knows) -> tuple[bytes, ...]:
    """What lies in the Body: each outermost thing that `knows`, in UTF-8. Raises Unreadable when there is none."""
    root, _ = read_root(document)
    body = _body(root)
    found = _Search(knows).through(body)
    if not found:
        raise Unreadable("the SOAP body holds no order that podesk can read", place_of(body[0]), _REMEDY)
    return tuple(found)


def _body(root: etree._Element) -> list[etree._Element]:
    """The elements in the Body, at least one."""
    name = etree.QName(root)
    if name.localname != "Envelope" or name.namespace not in _VERSIONS:
        raise Unreadable("the envelope is of no known SOAP version (1.1 or 1.2)", place_of(root), _REMEDY)
    bodies = root.findall(f"{{{name.namespace}}}Body")
    if len(bodies) != 1:
        raise Unreadable(f"an envelope has one Body, and this one has {len(bodies)}", place_of(root), _REMEDY)
    elements = list(bodies[0])
    if not elements:
        raise Unreadable("the SOAP body is empty", place_of(bodies[0]), _REMEDY)
    if elements[0].tag == f"{{{name.namespace}}}Fault":
        raise Unreadable("the SOAP body holds a fault, and no order", place_of(elements[0]), _REMEDY)
    return elements


class _Search:
    def __init__(self, knows: Knows) -> None:
        self._knows = knows
        self._tried = 0

    def through(self, elements: Iterable[etree._Element], levels: int = MOST_WRAPPINGS) -> list[bytes]:
        return [one for element in elements for one in self._inside(element, levels)]

    def _inside(self, element: etree._Element, levels: int) -> list[bytes]:
        standing = etree.tostring(element, encoding="UTF-8", xml_declaration=False, with_tail=False)
        if self._knows(standing):
            return [standing]
        self._tried += 1
        if self._tried > MOST_TRIED:
            raise Unreadable(
                f"none of {MOST_TRIED:,} elements in the SOAP body is an order", place_of(element), _REMEDY
            )
        if len(element):
            return self.through(element, levels - 1) if levels > 0 else []
        return [text for text in _written(element.text or "") if self._knows(text)]


def _written(text: str) -> Iterator[bytes]:
    """The document that a text is, or is the base64 of."""
    # It has been decoded already, whatever encoding it says it was in.
    plain = text.strip().removeprefix("\ufeff").lstrip()
    if (declaration := _DECLARATION.match(plain)) is not None:
        plain = plain[declaration.end() :].lstrip()
    if plain[:1] in ("<", "{", "["):
        yield plain.encode()
    elif _BASE64.fullmatch(packed := "".join(plain.split())):
        try:
            decoded = base64.b64decode(packed, validate=True)
        except (binascii.Error, ValueError):
            return
        if len(decoded) <= MOST_BYTES:
            yield decoded
