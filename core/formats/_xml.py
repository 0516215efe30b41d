"""XML from strangers, read so that it can only be read.

No DTD, so no entities and nothing to fetch; no network; caps on bytes and depth; only encodings in which a `<` is one,
whichever way one looks at it. lxml's `resolve_entities=False` alone would leave text out in silence, so a document with
a DOCTYPE is refused, before the parser sees it. The parser is always fed UTF-8: what it reads and what was looked
through beforehand are then the same characters.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import Final, cast

from lxml import etree

from core.formats import MOST_BYTES, MOST_ENTRIES, Unreadable

MOST_DEPTH: Final = 64
"""Levels of elements. Orders in use have about a dozen."""

NOT_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""A character that XML has no way to write."""

_HEAD: Final = 65_536
"""Where a root element must have begun, in bytes: licence texts in comments before it included."""
_SPACE: Final = " \t\r\n"
_DECLARED = re.compile(r"""<\?xml\s[^>]*?\bencoding\s*=\s*["']([^"']{1,40})["']""")
_START_TAG = re.compile(r"<(?:([\w.-]+):)?([\w.-]+)")
_ENCODINGS = re.compile(r"utf-8|utf-16(-le|-be)?|ascii|iso8859-\d+|cp125\d")
_WHERE = re.compile(r",? line \d+, column \d+.*$", re.DOTALL)
_TOO_DEEP = etree.XPath(f"boolean({'/*' * (MOST_DEPTH + 1)})")
_TOO_MANY = etree.XPath(f"boolean(//*[count(*) > {MOST_ENTRIES}])")
_WITHOUT_NAMESPACE = etree.XPath("//*[contains(local-name(), ':')]")
"""Elements whose prefix nothing declares: to lxml the colon is part of their name."""
_PARSER: Final = etree.XMLParser(
    encoding="utf-8",
    resolve_entities=False,
    load_dtd=False,
    dtd_validation=False,
    no_network=True,
    huge_tree=False,
    recover=False,
    remove_comments=True,
    remove_pis=True,
)


@dataclass(frozen=True, slots=True)
class Root:
    """The root element as its start tag names it, found without parsing the document."""

    namespace: str
    name: str
    start: str
    """The first characters of the document from the start tag on."""


def peek(document: bytes) -> Root | None:
    """The root element of what looks like XML, or None. Cheap, and never raises; the document may still be broken."""
    head = _head(document)
    at, _ = _prolog(head)
    match = _START_TAG.match(head, at) if at is not None else None
    if match is None:
        return None
    prefix, name = match.groups()
    attribute = re.escape(f"xmlns:{prefix}" if prefix else "xmlns")
    tag, _, _ = head[match.end() :].partition(">")
    namespace = re.search(rf"""\s{attribute}\s*=\s*["']([^"']*)["']""", tag)
    return Root(namespace=namespace[1] if namespace else "", name=name, start=head[match.start() :])


def read_root(document: bytes) -> tuple[etree._Element, tuple[str, ...]]:
    """The root element, without comments and processing instructions, and warnings on what had to be guessed.

    Raises Unreadable with line and column for what is not well-formed, has a DOCTYPE, or exceeds a cap.
    """
    if len(document) > MOST_BYTES:
        raise Unreadable(f"{len(document):,} bytes; at most {MOST_BYTES:,} are read")
    text, warnings = _as_utf8(document)
    _, doctype = _prolog(text.decode("latin-1"))
    if doctype:
        raise _has_doctype(text.count(b"\n", 0, doctype) + 1)
    try:
        root = etree.fromstring(text, _PARSER)
    except etree.XMLSyntaxError as broken:
        raise _not_well_formed(broken) from None
    if root.getroottree().docinfo.internalDTD is not None:  # in case parser and search should ever disagree
        raise _has_doctype(1)
    if undeclared := cast("list[etree._Element]", _WITHOUT_NAMESPACE(root)):
        raise _undeclared(undeclared[0])
    if _TOO_DEEP(root):
        raise Unreadable(f"elements lie within each other more than {MOST_DEPTH} deep")
    if _TOO_MANY(root):
        raise Unreadable(f"too many elements stand side by side in one; at most {MOST_ENTRIES:,} are read")
    return root, warnings


def known_encoding(name: str) -> str | None:
    """What Python calls the encoding `name`; None for one that is not read."""
    try:
        encoding = codecs.lookup(name).name
    except (LookupError, ValueError):
        return None
    return encoding if _ENCODINGS.fullmatch(encoding) else None


def declared_encoding(document: bytes) -> str | None:
    """The encoding that an XML declaration names; None without one, and for one that is not read."""
    declared = _DECLARED.match(_head(document))
    return known_encoding(declared[1]) if declared else None


def place_of(element: etree._Element, child: str = "") -> str:
    """Where `element`, or a child that it should have, stands: XPath and line."""
    path = element.getroottree().getpath(element)
    if path.startswith("/*"):  # lxml's word for an element without a prefix
        root = element.getroottree().getroot()
        path = f"/{etree.QName(root).localname}{path[2:]}"
    return f"{path}/{child}, line {element.sourceline}" if child else f"{path}, line {element.sourceline}"


def _head(document: bytes) -> str:
    """The beginning of `document`, exact wherever XML's own characters are concerned."""
    wide = _wide(document)
    if wide:
        return document[:_HEAD].decode(wide, "replace").removeprefix("\ufeff")
    return document[:_HEAD].removeprefix(codecs.BOM_UTF8).decode("latin-1")


def _wide(document: bytes) -> str | None:
    if document.startswith((codecs.BOM_UTF16_LE, b"<\0")):
        return "utf-16-le"
    if document.startswith((codecs.BOM_UTF16_BE, b"\0<")):
        return "utf-16-be"
    return None


def _prolog(head: str) -> tuple[int | None, int]:
    """Where the root's start tag begins, None if it is not in `head`; and where a DOCTYPE begins, 0 without one."""
    at = doctype = 0
    if head.startswith("ï»¿"):
        at = 3
    while at < len(head):
        if head[at] in _SPACE:
            at += 1
        elif head.startswith("<?", at):
            at = _behind(head, "?>", at)
        elif head.startswith("<!--", at):
            at = _behind(head, "-->", at + 4)
        elif head.startswith("<!", at):
            doctype = doctype or at
            root = re.compile(r"<[\w.-]+[\s:/>][^<]*urn:").search(head, at)
            return (root.start() if root else None), doctype
        else:
            return (at if head[at] == "<" else None), doctype
    return None, doctype


def _behind(head: str, mark: str, at: int) -> int:
    found = head.find(mark, at)
    return len(head) if found < 0 else found + len(mark)


def _as_utf8(document: bytes) -> tuple[bytes, tuple[str, ...]]:
    """`document` in UTF-8, whatever its declaration, which the parser is told to ignore."""
    head = _head(document)
    declared = _DECLARED.match(head)
    wide = _wide(document)
    name = declared[1] if declared else "utf-8"
    encoding = known_encoding(name)
    if encoding is None:
        raise Unreadable(f"the encoding {name!r} is not one that podesk reads", "line 1", "ask the buyer for UTF-8")
    if wide:
        encoding = wide
    elif document.startswith(codecs.BOM_UTF8) or encoding == "ascii" or encoding.startswith("utf-16"):
        encoding = "utf-8"  # of which ASCII is a part; and UTF-16 it can't be, since it begins with single bytes
    try:
        text = document.decode(encoding)
    except UnicodeDecodeError as lie:
        if encoding != "utf-8":
            raise Unreadable(f"not {name}, as it says", f"byte {lie.start:,}", "ask the buyer for UTF-8") from None
        return _as_windows(document, lie)
    if encoding == "utf-8":
        return document, ()
    return text.removeprefix("\ufeff").encode(), ()


def _as_windows(document: bytes, lie: UnicodeDecodeError) -> tuple[bytes, tuple[str, ...]]:
    """Senders say UTF-8 and send what their Windows has: one such byte is enough to tell, and both are one of the two."""
    try:
        text = document.decode("cp1252")
    except UnicodeDecodeError as other:
        raise Unreadable("neither UTF-8 nor Windows-1252", f"byte {other.start:,}", "ask the buyer for UTF-8") from None
    line = document.count(b"\n", 0, lie.start) + 1
    return text.encode(), (
        f"the document is not UTF-8 (line {line}); read as Windows-1252: look at its accented letters",
    )


def _has_doctype(line: int) -> Unreadable:
    return Unreadable(
        "the document has a DOCTYPE, which an order has no use for and an attack has",
        f"line {line}",
        "ask the buyer to send it without",
    )


def _undeclared(element: etree._Element) -> Unreadable:
    prefix = str(element.tag).partition(":")[0][:40]
    return Unreadable(
        f"the prefix {prefix!r} stands for no namespace, so nobody knows what its elements are",
        f"line {element.sourceline}",
        "ask the buyer to declare it (xmlns)",
    )


def _not_well_formed(broken: etree.XMLSyntaxError) -> Unreadable:
    line, column = broken.position
    message = _WHERE.sub("", broken.msg or "broken")[:200]
    return Unreadable(
        f"not well-formed XML: {message}",
        f"line {line}, column {column}",
        "the document may be cut off: ask the buyer to send it again",
    )
