"""Whatever is done to a UBL order, reading it ends in messages or in Unreadable, and in nothing else."""

from __future__ import annotations

import copy

from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from core.formats import Unreadable, peppol, recognise, ubl
from core.formats._xml import peek
from core.messages import Message
from core.model import Order
from tests.formats.ubl_documents import BASE_AMOUNT, LINE, PRICE, SOURCE, allowance, order_xml, part, period

RICH = order_xml(
    header="""<cbc:CustomizationID>urn:fdc:peppol.eu:poacc:trns:order:3</cbc:CustomizationID><cbc:ID>PO-1</cbc:ID>
      <cbc:UUID>6E09886B-DC6E-439F-82D1-7CCAC7F4E3B1</cbc:UUID><cbc:IssueDate>2026-02-28</cbc:IssueDate>
      <cbc:Note>Größe</cbc:Note><cbc:DocumentCurrencyCode>EUR</cbc:DocumentCurrencyCode>
      <cac:AdditionalDocumentReference><cbc:ID>D</cbc:ID><cac:Attachment><cac:ExternalReference><cbc:URI>x</cbc:URI>
      </cac:ExternalReference></cac:Attachment></cac:AdditionalDocumentReference>""",
    delivery=period("2026-03-01", "2026-03-02"),
    lines=(
        LINE + PRICE.format("12.50", allowance("false", BASE_AMOUNT)),
        LINE.replace("10<", "20<") + part("60", "2026-05-01") + part("40", "2026-06-01") + allowance("true", ""),
    ),
).encode()
CHANGE = (
    RICH.replace(b"Order xmlns", b"OrderChange xmlns")
    .replace(b"</Order>", b"</OrderChange>")
    .replace(b"Order-2", b"OrderChange-2")
)

KINDS = st.sampled_from([RICH, CHANGE])
FRAGMENTS = st.one_of(
    st.binary(max_size=12),
    st.sampled_from(
        [
            b"<!DOCTYPE a [<!ENTITY b 'c'>]>",
            b"&b;",
            b"&#0;",
            b"&#x110000;",
            b"<![CDATA[",
            b"]]>",
            b"<!--",
            b"<?xml version='1.0'?>",
            b"</cbc:ID>",
            b"<cbc:ID/>",
            b" xmlns:cbc='urn:x'",
            b"\xef\xbb\xbf",
            b"\xff\xfe",
            b"\x00",
            b"1E+400000",
            b"-",
            "İ\u202e\u0000".encode(),
        ]
    ),
)


def parsed(document: bytes) -> tuple[Message, ...]:
    """What both formats make of it; those who look at it first must not mind it either."""
    peek(document)
    peppol.recognises(document)
    messages: tuple[Message, ...] = ()
    refusals: list[Unreadable] = []
    for read in (ubl.parse, peppol.parse):
        try:
            messages = read(document, SOURCE)
        except Unreadable as refusal:
            refusals.append(refusal)
    assert all(refusal.reason and len(str(refusal)) < 2_000 for refusal in refusals)
    return messages


@settings(max_examples=400, deadline=None)
@given(
    document=KINDS,
    cuts=st.lists(st.tuples(st.integers(0, len(RICH)), st.integers(0, 40), FRAGMENTS), min_size=1, max_size=4),
)
def test_bytes_replaced_anywhere_end_in_messages_or_unreadable(
    document: bytes, cuts: list[tuple[int, int, bytes]]
) -> None:
    for at, many, instead in cuts:
        document = document[:at] + instead + document[at + many :]

    parsed(document)


@settings(max_examples=200, deadline=None)
@given(document=st.binary(max_size=300))
@example(b"\xff\xfe<\x00")
@example(b"<a>")
def test_any_bytes_end_in_messages_or_unreadable(document: bytes) -> None:
    parsed(document)


@settings(max_examples=400, deadline=None)
@given(document=KINDS, data=st.data())
def test_elements_dropped_doubled_moved_or_blanked_end_in_messages_or_unreadable(
    document: bytes, data: st.DataObject
) -> None:
    root = etree.fromstring(document)
    for _ in range(data.draw(st.integers(1, 4))):
        every = list(root.iter())[1:]
        if not every:
            break
        element, other = data.draw(st.sampled_from(every)), data.draw(st.sampled_from([root, *every]))
        parent = element.getparent()
        assert parent is not None
        match data.draw(st.sampled_from(["drop", "double", "move", "blank", "text", "strip"])):
            case "drop":
                parent.remove(element)
            case "double":
                parent.append(copy.deepcopy(element))
            case "move":
                other.append(copy.deepcopy(element))
            case "blank":
                element.clear()
            case "text":
                element.text = data.draw(st.text(st.characters(codec="utf-8", categories=["L", "N", "P"]), max_size=9))
            case "strip":
                element.attrib.clear()

    for message in parsed(etree.tostring(root)):
        assert Message.from_json(message.to_json()) == message
        assert message.key.number


@settings(max_examples=60, deadline=None)
@given(encoding=st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig", "utf-32", "cp037", "latin-1"]))
def test_any_encoding_whatever_the_document_says_ends_in_messages_or_unreadable(encoding: str) -> None:
    for document in (RICH, RICH.replace(b'encoding="UTF-8"', b""), RICH.replace(b"UTF-8", encoding.encode())):
        for message in parsed(document.decode().encode(encoding, "replace")):
            assert message.key.number == "PO-1"


def test_the_order_that_is_broken_here_is_a_good_one() -> None:
    (message,) = parsed(RICH)

    assert recognise(RICH).name == "peppol"
    assert message.header is not None
    assert [line.position for line in message.lines] == ["10", "20"]
    assert Order(key=message.key, header=message.header)
