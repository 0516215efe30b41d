"""The charset that a `Content-Type` names: it stands above what an XML document says of itself (RFC 7303, section 3).

A byte-order mark stands above both, and JSON is UTF-8 whatever the header says (RFC 8259, 8.1 and 11): there it is asked
only where the bytes are none. A document in ASCII alone is the same in all of them.
"""

from __future__ import annotations

import codecs
from typing import Final

from core.formats import Unreadable
from core.formats._xml import declared_encoding, known_encoding

_MARKS: Final = (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
"""…and half a character in its first bytes shows UTF-16 as well."""
_REMEDY: Final = (
    "ask the buyer for UTF-8; or save the document and take it in with `podesk import`, which believes its own word"
)


def as_named(document: bytes, charset: str) -> tuple[bytes, tuple[str, ...]]:
    """`document` so that every reader reads it in `charset`, and warnings on what may be meant otherwise.

    What is left as it came is read by its own word. Raises Unreadable where the header must be wrong, or is unknown.
    """
    if not charset or document.isascii() or document.startswith(_MARKS) or b"\0" in document[:4]:
        return document, ()
    is_utf_8 = _can_be(document, "utf-8")
    if is_utf_8 and document.lstrip()[:1] != b"<":
        return document, ()
    encoding = known_encoding(charset)
    if encoding is None:
        raise Unreadable(f"its Content-Type names the charset {charset!r}, which podesk doesn't read", remedy=_REMEDY)
    if encoding.startswith("utf-16"):  # it isn't
        return document, ()
    own = declared_encoding(document)  # None in JSON, which has no such word
    if is_utf_8:
        if encoding in ("utf-8", "ascii"):
            return codecs.BOM_UTF8 + document, ()
        if own != encoding:  # letters of a single byte are never UTF-8 by accident
            raise Unreadable(
                f"its Content-Type says {charset}, but its letters beyond ASCII are UTF-8: it may be either",
                remedy=_REMEDY,
            )
    elif encoding in ("utf-8", "ascii"):  # the header is wrong
        return document, ()
    try:
        text = document.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not {charset}, as its Content-Type says", f"byte {error.start:,}", _REMEDY) from None
    said = codecs.BOM_UTF8 + text.encode()
    if own is not None and own != encoding and _decoded(document, own) != text:
        return said, (f"read as {charset}, as the header said; the document says {own}: look at its accented letters",)
    return said, ()


def _can_be(document: bytes, encoding: str) -> bool:
    return _decoded(document, encoding) is not None


def _decoded(document: bytes, encoding: str) -> str | None:
    try:
        return document.decode(encoding)
    except UnicodeDecodeError:
        return None
