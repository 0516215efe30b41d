"""A document with the charset that its Content-Type named: RFC 7303, section 3, for XML; RFC 8259, section 8.1, for JSON."""

from __future__ import annotations

import json

import pytest

from core.formats import Source, Unreadable, read
from tests.formats.test_soap import SOAP_12, wrapped
from tests.formats.tradecloud_documents import flat, flat_line
from tests.formats.ubl_documents import SOURCE, order_xml

CITY = "ŁÓDŹ-1"


def xml(encoding: str, declared: str | None = None, number: str = CITY) -> bytes:
    declaration = f'<?xml version="1.0" encoding="{declared}"?>' if declared else ""
    return order_xml(declaration=declaration, header=f"<cbc:ID>{number}</cbc:ID>").encode(encoding)


def number(document: bytes, charset: str, source: Source = SOURCE) -> str:
    (message,) = read(document, source, "auto", charset)
    assert message.warnings == ()
    return message.key.number


@pytest.mark.parametrize(
    ("document", "charset"),
    [
        (xml("iso-8859-2"), "iso-8859-2"),
        (xml("iso-8859-2"), "latin2"),
        (xml("iso-8859-2", "ISO-8859-2"), "iso-8859-2"),
        (xml("cp1250"), "windows-1250"),
        (xml("utf-8"), "utf-8"),
        (xml("utf-8", "ISO-8859-2"), "utf-8"),  # the header stands above the declaration
        (xml("iso-8859-2", "ISO-8859-2"), "utf-8"),  # and here it can't be right
        (xml("utf-8"), "us-ascii"),
        (xml("utf-16-le"), "utf-16le"),
        (xml("utf-16"), "utf-16"),
        (xml("utf-8-sig"), "iso-8859-2"),  # a byte-order mark stands above both
        (xml("utf-16", "UTF-16"), "iso-8859-2"),
        (xml("utf-16-le"), "iso-8859-2"),
        (xml("utf-8"), "utf-16"),
        (wrapped(order_xml(declaration="", header=f"<cbc:ID>{CITY}</cbc:ID>")).decode().encode("utf-16"), "utf-16"),
        (wrapped(order_xml(declaration="", header=f"<cbc:ID>{CITY}</cbc:ID>"), SOAP_12).partition(b"?>")[2], "utf-8"),
        (
            wrapped(order_xml(declaration="", header=f"<cbc:ID>{CITY}</cbc:ID>"))
            .partition(b"?>")[2]
            .decode()
            .encode("iso-8859-2"),
            "iso-8859-2",
        ),
    ],
)
def test_an_order_is_read_in_the_charset_that_its_header_names(document: bytes, charset: str) -> None:
    assert number(document, charset) == CITY


@pytest.mark.parametrize("charset", ["klingon", "shift_jis", "iso-8859-2", "utf-7", "?"])
def test_what_is_ascii_alone_is_the_same_in_any(charset: str) -> None:
    assert number(xml("ascii", number="PO-1"), charset) == "PO-1"


def test_where_header_and_declaration_differ_the_header_is_read_and_it_is_said() -> None:
    (message,) = read(xml("iso-8859-2", "ISO-8859-1"), SOURCE, "auto", "iso-8859-2")

    assert message.key.number == CITY
    assert message.warnings == (
        "read as iso-8859-2, as the header said; the document says iso8859-1: look at its accented letters",
    )


@pytest.mark.parametrize(
    ("document", "charset", "reason"),
    [
        (xml("iso-8859-2"), "klingon", "its Content-Type names the charset 'klingon', which podesk doesn't read"),
        (xml("iso-8859-2"), "shift_jis", "its Content-Type names the charset 'shift_jis', which podesk doesn't read"),
        (
            xml("utf-8", "UTF-8"),
            "iso-8859-1",
            "its Content-Type says iso-8859-1, but its letters beyond ASCII are UTF-8: it may be either",
        ),
        (xml("iso-8859-2").replace(b"-1<", b"\x81<"), "cp1252", "not cp1252, as its Content-Type says"),
    ],
)
def test_what_its_header_can_hardly_mean_is_not_guessed_at(document: bytes, charset: str, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        read(document, SOURCE, "auto", charset)

    assert refusal.value.reason == reason
    assert "UTF-8" in refusal.value.remedy


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("utf-8", "iso-8859-1"),
        ("utf-8", "utf-8"),
        ("utf-8", "shift_jis"),
        ("utf-8", "utf8mb4"),
        ("cp1250", "cp1250"),
    ],
)
def test_json_is_utf_8_whatever_its_header_says_unless_it_is_none(encoding: str, charset: str) -> None:
    document = json.dumps(flat(flat_line(), purchaseOrderNumber=CITY), ensure_ascii=False).encode(encoding)

    assert number(document, charset) == CITY


@pytest.mark.parametrize(
    "head", [b"--B\r\nContent-Type: text/xml\r\n", b'\r\n--=_1\nX-y: z\nContent-Disposition: form-data; name="f"\n']
)
def test_a_message_of_several_parts_is_told_from_an_order(head: bytes) -> None:
    with pytest.raises(Unreadable, match=r"attachments \(MTOM, forms\) are not read; send the order without"):
        read(head + b"\r\n" + xml("utf-8") + b"\r\n--B--", SOURCE)
