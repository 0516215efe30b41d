"""The SOAP service as SOAP clients see it: zeep loads the WSDL and calls it as 1.1 and 1.2; others post what they make."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
import requests
import zeep
from lxml import etree
from zeep.transports import Transport

from tests.formats.test_soap import JSON, SOAP_11, SOAP_12, wrapped
from tests.formats.ubl_documents import order_xml
from tests.server.desk import MOST_SECONDS, SHOP, SHOP_TABLE, WEBHOOK, Desk
from tests.sync.partners import ubl

VERSIONS = {"1.1": (SOAP_11, "Orders11", "text/xml"), "1.2": (SOAP_12, "Orders12", "application/soap+xml")}


def client(desk: Desk, port: str) -> Any:
    session = requests.Session()
    session.auth = SHOP
    transport = Transport(session=session, timeout=MOST_SECONDS, operation_timeout=MOST_SECONDS)  # type: ignore[no-untyped-call]
    wsdl = f"{desk.url}/in/shop?wsdl"
    return zeep.Client(wsdl, transport=transport, port_name=port).service  # type: ignore[no-untyped-call]


@pytest.mark.parametrize("port", ["Orders11", "Orders12"])
def test_a_soap_client_places_an_order_as_xml(served: Desk, port: str) -> None:
    answer = client(served, port).PlaceOrder(xml={"_value_1": etree.fromstring(ubl("S1"))})

    assert (answer.status, answer.document, answer.answer) == ("applied", "1", None)
    assert served.orders == [("shop", "S1", 1)]


@pytest.mark.parametrize("port", ["Orders11", "Orders12"])
@pytest.mark.parametrize("document", [ubl("PO-1").decode(), JSON], ids=["XML", "JSON"])
def test_a_soap_client_places_an_order_as_text(served: Desk, port: str, document: str) -> None:
    answer = client(served, port).PlaceOrder(document=document)

    assert answer.status == "applied"
    assert served.orders == [("shop", "PO-1", 1)]


@pytest.mark.parametrize("port", ["Orders11", "Orders12"])
def test_a_soap_client_hears_of_a_duplicate(served: Desk, port: str) -> None:
    service = client(served, port)
    for status in ("applied", "duplicate"):
        assert service.PlaceOrder(document=order_xml()).status == status


@pytest.mark.parametrize("port", ["Orders11", "Orders12"])
def test_a_soap_client_gets_a_fault_for_what_cant_be_read(served: Desk, port: str) -> None:
    with pytest.raises(zeep.exceptions.Fault) as fault:
        client(served, port).PlaceOrder(document="not an order")

    assert fault.value.code.partition(":")[2] == ("Client" if port == "Orders11" else "Sender")
    assert "no order" in fault.value.message
    assert served.states == ["quarantined"]


@pytest.mark.parametrize(("namespace", "_port", "media"), VERSIONS.values(), ids=VERSIONS.keys())
@pytest.mark.parametrize("said", ["text/xml", "application/soap+xml", "application/json", ""])
def test_the_envelope_decides_the_version_whatever_the_media_type_says(
    served: Desk, namespace: str, _port: str, media: str, said: str
) -> None:
    answer = served.post(wrapped(order_xml(declaration=""), namespace), headers={"Content-Type": said})

    assert answer.status_code == 200
    assert answer.headers["content-type"].partition(";")[0] == media
    root = etree.fromstring(answer.content)
    assert root.tag == f"{{{namespace}}}Envelope"
    assert root.findtext("*//{urn:podesk:orders:1}status") == "applied"


FAULTS = {
    "1.1": (SOAP_11, "faultcode", "faultstring", "soap:Client"),
    "1.2": (SOAP_12, f"{{{SOAP_12}}}Code/{{{SOAP_12}}}Value", f"{{{SOAP_12}}}Reason/{{{SOAP_12}}}Text", "soap:Sender"),
}


@pytest.mark.parametrize(("namespace", "code", "reason", "word"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("body", ["", "<ping xmlns='urn:x'/>", "<broken"])
def test_what_cant_be_read_is_a_fault_of_the_callers_with_400(
    served: Desk, namespace: str, code: str, reason: str, word: str, body: str
) -> None:
    answer = served.post(wrapped(body, namespace))

    assert answer.status_code == 400
    fault = etree.fromstring(answer.content).find(f"{{{namespace}}}Body/{{{namespace}}}Fault")
    assert fault is not None
    assert fault.findtext(code) == word
    assert fault.findtext(reason)
    assert served.states == ["quarantined"]


def test_an_envelope_of_no_known_version_gets_a_fault_that_every_client_reads(served: Desk) -> None:
    answer = served.post(wrapped(order_xml(declaration=""), "urn:soap:of:the:future"))

    assert answer.status_code == 400
    assert etree.fromstring(answer.content).find(f"{{{SOAP_11}}}Body/{{{SOAP_11}}}Fault") is not None


SPOKEN = [
    ({"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}, SOAP_11),
    ({"Content-Type": "application/soap+xml; action=x"}, SOAP_12),
]


@pytest.mark.parametrize(("headers", "namespace"), SPOKEN)
@pytest.mark.parametrize("body", [b"", b"<soap:Envelope", b"<order/>", b"no markup at all"])
def test_where_the_body_does_not_tell_a_soap_client_gets_a_fault_of_the_version_that_it_speaks(
    served: Desk, headers: dict[str, str], namespace: str, body: bytes
) -> None:
    answer = served.post(body, headers=headers)

    assert answer.status_code == 400
    assert etree.fromstring(answer.content).find(f"{{{namespace}}}Body/{{{namespace}}}Fault") is not None


@pytest.mark.parametrize(("headers", "namespace"), SPOKEN)
def test_a_soap_client_without_the_login_gets_a_fault_it_can_read(
    served: Desk, headers: dict[str, str], namespace: str
) -> None:
    answer = served.post(wrapped("", namespace), auth=("buyer", "wrong"), headers=headers)

    assert answer.status_code == 401
    assert etree.fromstring(answer.content).find(f"{{{namespace}}}Body/{{{namespace}}}Fault") is not None
    assert served.documents == []


def test_a_fault_repeats_hostile_words_as_text_alone(served: Desk) -> None:
    hostile = wrapped('<order xmlns="urn:x">&lt;/faultstring&gt;&lt;script&gt;</order>')

    answer = served.post(hostile)

    assert answer.status_code == 400
    root = etree.fromstring(answer.content)
    assert not root.findall(".//script")


# The WSDL


def addresses(wsdl: bytes) -> set[str]:
    root = etree.fromstring(wsdl)
    return {each.get("location", "") for each in root.iter("{*}address")}


def test_the_wsdl_names_the_address_that_the_caller_used(served: Desk) -> None:
    answer = httpx.get(f"{served.url}/in/shop?wsdl", auth=SHOP)

    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/xml; charset=utf-8")
    assert addresses(answer.content) == {f"{served.url}/in/shop"}


@pytest.mark.parametrize("query", ["wsdl", "WSDL", "Wsdl"])
def test_wsdl_is_asked_for_in_any_letters(served: Desk, query: str) -> None:
    assert httpx.get(f"{served.url}/in/shop?{query}", auth=SHOP).status_code == 200


@pytest.mark.parametrize("query", ["", "wsdl=1", "xsd", "wsdl&x"])
def test_another_question_is_not_answered(served: Desk, query: str) -> None:
    assert httpx.get(f"{served.url}/in/shop?{query}", auth=SHOP).status_code == 405


def test_the_wsdl_is_for_those_who_may_post(served: Desk) -> None:
    assert httpx.get(f"{served.url}/in/shop?wsdl").status_code == 401
    assert httpx.get(f"{served.url}/in/loom?wsdl", headers={"X-Loom-Signature": "0" * 64}).status_code == 401


@pytest.mark.parametrize(
    "host", ['x"><script>alert(1)</script>', "a b", "x/../y", "x@y", "x" * 300, "[::1", "x:y", "é"]
)
def test_a_hostile_host_header_is_not_repeated(served: Desk, host: str) -> None:
    answer = httpx.get(f"{served.url}/in/shop?wsdl", auth=SHOP, headers={b"Host": host.encode("latin-1")})

    assert answer.status_code == 200
    assert addresses(answer.content) == {f"http://127.0.0.1:{served.port}/in/shop"}


@pytest.mark.parametrize("host", ["orders.supplier.example", "[2001:db8::1]:8443", "10.0.0.1:80"])
def test_a_good_host_header_is_the_address(served: Desk, host: str) -> None:
    answer = httpx.get(f"{served.url}/in/shop?wsdl", auth=SHOP, headers={"Host": host})

    assert addresses(answer.content) == {f"http://{host}/in/shop"}


def test_the_host_of_a_whole_address_stands_above_the_header(served: Desk) -> None:
    """RFC 9112, 3.2.2. So a client asks whoever it takes for its proxy."""
    with httpx.Client(proxy=served.url, auth=SHOP) as client:
        answer = client.get("http://orders.supplier.example/in/shop?wsdl", headers={"Host": "another"})

    assert addresses(answer.content) == {"http://orders.supplier.example/in/shop"}


def test_the_public_address_of_the_settings_is_the_address_whatever_the_caller_says(desk: Desk) -> None:
    desk.write(SHOP_TABLE, WEBHOOK + 'public_url = "https://orders.supplier.example/desk/"\n')
    with desk.serving():
        answer = httpx.get(f"{desk.url}/in/shop?wsdl", auth=SHOP, headers={"Host": "evil.example"})

    assert addresses(answer.content) == {"https://orders.supplier.example/desk/in/shop"}


def test_behind_a_proxy_the_address_has_the_scheme_that_the_proxy_tells(desk: Desk) -> None:
    desk.write(SHOP_TABLE, WEBHOOK + "behind_proxy = true\n")
    forwarded = {"Host": "orders.example", "X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    with desk.serving():
        answer = httpx.get(f"{desk.url}/in/shop?wsdl", auth=SHOP, headers=forwarded)

    assert addresses(answer.content) == {"https://orders.example/in/shop"}
    assert desk.logged("request")[-1]["client"] == "203.0.113.9"


def test_without_a_proxy_nobody_says_for_whom_they_ask(served: Desk) -> None:
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.9"}
    answer = httpx.get(f"{served.url}/in/shop?wsdl", auth=SHOP, headers=forwarded)

    assert addresses(answer.content) == {f"{served.url}/in/shop"}
