"""Orders in SOAP envelopes are read, whichever way they were put into the Body; what else is in one is refused by place."""

from __future__ import annotations

import base64

import pytest

from core import formats
from core.formats import Source, Unreadable, soap
from core.formats._xml import MOST_DEPTH
from tests.formats.ubl_documents import order_xml

SOURCE = Source(connection="metal-works", our_account="340760")
# The two namespaces as the W3C's documents give them (SOAP 1.1, section 3; SOAP 1.2 part 1, section 5).
SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"

UBL = order_xml()
BARE = order_xml(declaration="")
JSON = """{"order": {"purchaseOrderNumber": "PO-1", "buyerAccountNumber": "340760"},
  "lines": [{"position": "10", "item": {"number": "A & B <1>", "name": "Bolt", "purchaseUnitOfMeasureIso": "PCE"},
    "deliverySchedule": [{"position": "1", "date": "2026-12-01", "quantity": 5}],
    "prices": {"netPrice": {"priceInTransactionCurrency": {"value": 1.5, "currencyIso": "EUR"}},
    "priceUnitOfMeasureIso": "PCE", "priceUnitQuantity": 1}}]}"""


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def wrapped(content: str, namespace: str = SOAP_11, header: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="{namespace}">{header}<s:Body>{content}</s:Body>'
        "</s:Envelope>"
    ).encode()


def operation(content: str) -> str:
    return f'<PlaceOrder xmlns="urn:buyer:orders"><order>{content}</order></PlaceOrder>'


def in_base64(text: str) -> str:
    return base64.encodebytes(text.encode()).decode()


WAYS = {
    "bare": (BARE, UBL),
    "in an operation": (f'<p:PlaceOrder xmlns:p="urn:buyer:orders"><p:order>{BARE}</p:order></p:PlaceOrder>', UBL),
    "as CDATA": (operation(f"<![CDATA[{UBL}]]>"), UBL),
    "as escaped text": (operation(escaped(UBL)), UBL),
    "as text that says it is in another encoding": (operation(escaped(UBL.replace("UTF-8", "utf-16"))), UBL),
    "as base64": (operation(in_base64(UBL)), UBL),
    "beside credentials": (operation(f"</order><user>us</user><key>c2VjcmV0IHNlY3JldA==</key><order>{BARE}"), UBL),
    "in an envelope in the envelope": (wrapped(BARE).decode().partition("?>")[2], UBL),
    "as JSON in CDATA": (operation(f"<![CDATA[{JSON}]]>"), JSON),
    "as escaped JSON": (operation(escaped(JSON)), JSON),
    "as JSON in base64": (operation(in_base64(JSON)), JSON),
}


@pytest.mark.parametrize("namespace", [SOAP_11, SOAP_12], ids=["1.1", "1.2"])
@pytest.mark.parametrize(("content", "alone"), WAYS.values(), ids=WAYS.keys())
def test_an_order_in_an_envelope_is_the_order_without_it(content: str, alone: str, namespace: str) -> None:
    messages = formats.read(wrapped(content, namespace), SOURCE)

    assert messages == formats.read(alone.encode(), SOURCE)
    assert messages[0].key.number == "PO-1"


def test_namespaces_declared_on_the_envelope_hold_inside() -> None:
    content = BARE.replace(' xmlns:cbc="', ' xmlns:unused="')
    declared = BARE.split('xmlns:cbc="')[1].split('"')[0]
    document = wrapped(content).replace(b"<s:Envelope ", f'<s:Envelope xmlns:cbc="{declared}" '.encode())

    assert formats.read(document, SOURCE)[0].key.number == "PO-1"


def test_an_envelope_in_utf_16_is_read() -> None:
    document = wrapped(BARE).decode().replace("UTF-8", "UTF-16").encode("utf-16")

    assert formats.read(document, SOURCE)[0].key.number == "PO-1"


def test_two_orders_in_one_body_are_both_read_in_their_order() -> None:
    other = BARE.replace("PO-1", "PO-2")

    messages = formats.read(wrapped(operation(f"{BARE}</order><order>{other}")), SOURCE)

    assert [message.key.number for message in messages] == ["PO-1", "PO-2"]


def test_the_format_of_the_settings_is_looked_for_in_the_body() -> None:
    both = wrapped(operation(f"<![CDATA[{JSON}]]></order><order>{BARE.replace('PO-1', 'PO-2')}"))

    assert [one.key.number for one in formats.read(both, SOURCE, "ubl")] == ["PO-2"]


def test_a_header_that_must_be_understood_is_left_to_http() -> None:
    header = '<s:Header><w:Security xmlns:w="urn:wsse" s:mustUnderstand="1"><w:User>u</w:User></w:Security></s:Header>'

    assert formats.read(wrapped(BARE, header=header), SOURCE)[0].key.number == "PO-1"


LAUGHS = '<!DOCTYPE s:Envelope [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
STRANGE = {
    "an empty body": (wrapped(""), "is empty"),
    "only text in the body": (wrapped("an order, please"), "is empty"),
    "a fault": (wrapped("<s:Fault><faultcode>s:Server</faultcode></s:Fault>"), "a fault"),
    "something else": (wrapped("<ping xmlns='urn:x'/>"), "no order"),
    "base64 of something else": (wrapped(operation(in_base64("not an order, at all"))), "no order"),
    "what looks like base64": (wrapped(operation("AAAAAAAAA=")), "no order"),
    "no body": (f'<s:Envelope xmlns:s="{SOAP_11}"/>'.encode(), "has 0"),
    "two bodies": (wrapped(f"{BARE}</s:Body><s:Body>{BARE}"), "has 2"),
    "a SOAP of the future": (wrapped(BARE, "http://www.w3.org/2044/soap-envelope"), "no known SOAP version"),
    "an order behind many elements": (wrapped("<a>" * 5 + BARE + "</a>" * 5), "no order"),
    "too deep": (wrapped("<a>" * MOST_DEPTH + "</a>" * MOST_DEPTH), "deep"),
    "a DOCTYPE": (wrapped(BARE).replace(b"<s:Envelope", LAUGHS.encode() + b"<s:Envelope", 1), "DOCTYPE"),
    "a DOCTYPE inside": (wrapped(operation(escaped(LAUGHS + BARE))), "DOCTYPE"),
    "cut off": (wrapped(BARE)[:-9], "not well-formed"),
}


@pytest.mark.parametrize(("document", "reason"), STRANGE.values(), ids=STRANGE.keys())
def test_what_holds_no_order_is_refused_with_the_reason(document: bytes, reason: str) -> None:
    with pytest.raises(Unreadable) as refusal:
        formats.read(document, SOURCE)
    assert reason in refusal.value.reason


def test_an_envelope_says_its_version_and_operation_even_when_it_is_broken() -> None:
    assert soap.envelope(wrapped(operation(""), SOAP_12)) == soap.Envelope("1.2", "{urn:buyer:orders}PlaceOrder")
    assert soap.envelope(wrapped(BARE)[:-30]) == soap.Envelope("1.1", "")
    assert soap.envelope(wrapped("", "urn:x")) == soap.Envelope(None, "")
    assert soap.envelope(BARE.encode()) is None
    assert soap.envelope(JSON.encode()) is None


def test_a_json_order_that_speaks_of_envelopes_is_json() -> None:
    document = JSON.replace("Bolt", "Envelope C5").encode()

    assert formats.recognise(document).name == "tradecloud-json"
    assert formats.read(document, SOURCE)[0].key.number == "PO-1"


SLOW_TO_TELL = {
    "nearly base64": "A" * 8 + " " * 2_000_000 + "!",
    "white space": " " * 2_000_000 + "x",
    "base64 that goes on": "A" * 2_000_000 + "=!",
}


@pytest.mark.parametrize("text", SLOW_TO_TELL.values(), ids=SLOW_TO_TELL)
def test_a_text_made_to_be_tried_over_and_over_takes_no_time(text: str) -> None:
    with pytest.raises(Unreadable):
        soap.contents(wrapped(operation(text)), lambda document: False)


@pytest.mark.parametrize("shape", ["<b>text</b>" * 5_000, "<g><b>text</b></g>" * 3_000], ids=["flat", "in pairs"])
def test_a_body_of_thousands_of_elements_is_not_tried_to_its_end(shape: str) -> None:
    tried: list[bytes] = []

    def knows(part: bytes) -> bool:
        tried.append(part)
        return False

    with pytest.raises(Unreadable, match=r"none of 1,000 elements in the SOAP body is an order"):
        soap.contents(wrapped(f"<a>{shape}</a>"), knows)
    assert len(tried) <= 2 * (soap.MOST_TRIED + 1)


def test_from_its_beginning_an_envelope_says_its_version(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soap, "read_root", None)
    found = soap.envelope(wrapped("<a/>", SOAP_12), whole=False)
    assert found == soap.Envelope("1.2", "")


@pytest.mark.parametrize("document", [UBL, JSON], ids=["XML", "JSON"])
def test_a_byte_order_mark_before_an_order_as_text_is_read_past(document: str | bytes) -> None:
    text = document if isinstance(document, str) else document.decode()
    [message] = formats.read(wrapped(operation(escaped(f"\ufeff{text}"))), SOURCE)
    assert message.key.number == "PO-1"
