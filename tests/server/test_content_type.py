"""What the header Content-Type says of a document is believed, and kept with it."""

from __future__ import annotations

import datetime as dt

import pytest

from core import intake
from core.formats.soap import NAMESPACES
from core.intake import Incoming, IncomingDocument
from core.orderbook import OrderBook
from sync.server.content_type import content_type
from sync.server.voice import Voice, of_headers
from tests.formats.test_soap import wrapped
from tests.formats.ubl_documents import order_xml
from tests.server.desk import Desk, until
from tests.sync.partners import ubl

CITY = "ŁÓDŹ-1"
ORDER = order_xml(declaration="", header=f"<cbc:ID>{CITY}</cbc:ID>")
LATIN_2 = "application/xml; charset=ISO-8859-2"


def headers(said: str) -> dict[str, str]:
    return {"Content-Type": said, "SOAPAction": '""'} if said.startswith("text/xml") else {"Content-Type": said}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (ORDER.encode("iso-8859-2"), LATIN_2),
        (ORDER.encode("iso-8859-2"), 'application/xml;CHARSET="iso-8859-2"'),
        (wrapped(ORDER).partition(b"?>")[2].decode().encode("iso-8859-2"), "text/xml; charset=ISO-8859-2"),
        (ORDER.encode(), "application/xml; charset=utf-8"),
        (ORDER.encode(), "application/xml"),
        (ORDER.encode(), ""),
    ],
)
def test_an_order_is_read_in_the_charset_that_the_header_names(served: Desk, body: bytes, said: str) -> None:
    assert served.post(body, headers=headers(said)).status_code == 200
    assert served.orders == [("shop", CITY, 1)]


def test_what_its_header_can_hardly_mean_is_refused_and_kept_and_stays_so_when_it_is_read_again(served: Desk) -> None:
    answer = served.post(ORDER.encode(), headers=headers(LATIN_2))

    assert answer.status_code == 400
    assert "its Content-Type says iso-8859-2" in answer.text
    assert served.documents == [("shop", "quarantined", ORDER.encode())]
    with served.store() as store:
        book = OrderBook(store, served.settings, clock=lambda: dt.datetime.now(dt.UTC), new_id=lambda: "1")
        assert intake.retry(book, 1).state == "quarantined"
    assert served.orders == []


def test_a_charset_that_nobody_reads_is_refused_by_name_and_kept(served: Desk) -> None:
    answer = served.post(ORDER.encode("iso-8859-2"), headers=headers("application/xml; charset=klingon"))

    assert answer.status_code == 400
    assert "klingon" in answer.text
    assert served.states == ["quarantined"]


def test_the_same_bytes_are_read_again_when_the_caller_has_mended_the_header(served: Desk) -> None:
    for said, status in ((LATIN_2, 400), ("application/xml; charset=UTF-8", 200), ("application/xml", 200)):
        assert served.post(ORDER.encode(), headers=headers(said)).status_code == status
    assert served.states == ["quarantined", "applied"]
    assert served.orders == [("shop", CITY, 1)]


def test_what_a_crash_left_unread_is_read_as_it_was_posted(desk: Desk) -> None:
    document = IncomingDocument("shop", ORDER.encode("iso-8859-2"), charset="iso-8859-2")
    with desk.store() as store:
        intake.keep(store, [Incoming("shop", "/in/shop", "0" * 64, (document,))], dt.datetime.now(dt.UTC))
    with desk.serving():
        until(lambda: desk.orders, "what was left is taken up")
    assert desk.orders == [("shop", CITY, 1)]


# A message of several parts

PARTS = 'multipart/related; type="application/xop+xml"; start="<r>"; boundary=B; start-info="{}"'


@pytest.mark.parametrize(
    ("said", "version"),
    [
        (PARTS.format("text/xml"), "1.1"),
        (PARTS.format('application/soap+xml; action=\\"x\\"'), "1.2"),
        ('multipart/related; type="text/xml"; boundary=B', "1.1"),
        ("multipart/related; boundary=B", "1.1"),
    ],
)
def test_a_soap_caller_with_attachments_hears_in_soap_that_they_are_not_read(
    served: Desk, said: str, version: str
) -> None:
    body = b"\r\n".join(
        [b"--B", b'Content-Type: application/xop+xml; type="text/xml"', b"", wrapped(ubl("S1").decode()), b"--B--", b""]
    )
    asked = {"Content-Type": said, **({"SOAPAction": '""'} if version == "1.1" else {})}

    answer = served.post(body, headers=asked)

    assert answer.status_code == 400
    assert NAMESPACES[version] in answer.text
    assert "attachments (MTOM, forms) are not read; send the order without" in answer.text
    assert served.states == ["quarantined"]


# The header itself


@pytest.mark.parametrize(
    ("header", "media", "charset"),
    [
        ("", "", ""),
        ("Application/XML", "application/xml", ""),
        ("text/xml; charset=UTF-8", "text/xml", "utf-8"),
        ('text/xml ;a="b;charset=x"; charset = "ISO-8859-2" ', "text/xml", "iso-8859-2"),
        ("text/xml; charset", "text/xml", ""),
        ("text/xml; charset=" + "x" * 90, "text/xml", "x" * 40),
        ("text/xml; charset=\x1b[2J", "text/xml", "?"),
        ("; charset=a", "", "a"),
        (";" * 60_000, "", ""),
        ('a/b; x="' + ";" * 60_000, "a/b", ""),
        ("text/xml; charset*=utf-8''x", "text/xml", ""),
    ],
)
def test_a_header_is_taken_apart_whatever_stands_there(header: str, media: str, charset: str) -> None:
    found = content_type(header)
    assert (found.media, found.charset) == (media, charset)


def test_a_form_is_no_soap() -> None:
    assert of_headers(content_type("multipart/form-data; boundary=B"), None) is Voice.JSON
