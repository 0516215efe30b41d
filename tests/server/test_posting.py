"""What is posted is kept, then applied, then answered; each kind of document with the status that the manual gives it."""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from typing import Any

import httpx
import pytest

from tests.formats.ubl_documents import order_xml
from tests.server.desk import SECRET, SHOP, TOKEN, Desk, until
from tests.server.raw import Caller
from tests.sync.partners import tradecloud, ubl

NOT_OURS = b'<Invoice xmlns="urn:oasis:names:specification:ubl:schema:xsd:Invoice-2"/>'


def signed(body: bytes, secret: str = SECRET) -> dict[str, str]:
    """Procurement Connect: "header X-Loom-Signature = hex HMAC-SHA256 of the body with a shared secret"."""
    return {"X-Loom-Signature": hmac.new(secret.encode(), body, sha256).hexdigest()}


def test_an_order_in_xml_is_kept_applied_and_answered_in_xml(served: Desk) -> None:
    answer = served.post(ubl("S1"))

    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
    assert "<status>applied</status>" in answer.text
    assert served.orders == [("shop", "S1", 1)]
    assert served.documents == [("shop", "applied", ubl("S1"))]


def test_an_order_in_json_is_kept_applied_and_answered_in_json(served: Desk) -> None:
    answer = served.post(tradecloud("T1"), "/in/steel")

    assert (answer.status_code, answer.json()) == (200, {"status": "applied", "document": 1})
    assert served.orders == [("steel", "T1", 1)]


def test_a_webhook_event_of_tradecloud_becomes_the_order_that_it_tells_of(served: Desk) -> None:
    """Manual: 'body {"eventName":…, "orderEvent":{…}}'."""
    event = json.dumps({"eventName": "OrderIssuedByBuyer", "orderEvent": json.loads(tradecloud("T1"))}).encode()

    assert served.post(event, "/in/steel").status_code == 200
    assert served.orders == [("steel", "T1", 1)]


def test_the_answer_tells_no_cache_and_no_guesser_of_types_anything(served: Desk) -> None:
    headers = served.post(ubl("S1")).headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")
    assert "server" not in headers


UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "not an order": NOT_OURS,
    "cut off": ubl("S1")[:-40],
    "no text": bytes(range(256)),
    "NULs": b"\0" * 1000,
    "a JSON order without a number": b'{"order": {"purchaseOrderNumber": ""}, "lines": []}',
    "an entity": b'<!DOCTYPE Order [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + ubl("S1").partition(b"?>")[2],
    "a billion laughs": b'<!DOCTYPE Order [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>' + ubl("S1").partition(b"?>")[2],
    "a fault": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><s:Fault/></s:Body></s:Envelope>',
    "deeper than anything": b"[" * 100_000,
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_what_cant_be_read_is_answered_with_400_and_kept_all_the_same(served: Desk, body: bytes) -> None:
    answer = served.post(body)

    assert answer.status_code == 400
    assert served.documents == [("shop", "quarantined", body)]
    assert served.orders == []
    assert served.rows("SELECT reason != '' FROM documents") == [(1,)]


@pytest.mark.parametrize("name", ["nothing", "an entity", "cut off"])
def test_who_says_that_it_is_xml_hears_in_xml_what_is_wrong_with_it(served: Desk, name: str) -> None:
    answer = served.post(UNREADABLE[name], headers={"Content-Type": "application/xml"})

    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/xml")
    assert "<result><error>" in answer.text


def test_the_same_unreadable_bytes_again_are_answered_alike_and_kept_once(served: Desk) -> None:
    assert [served.post(NOT_OURS).status_code for _ in range(3)] == [400, 400, 400]
    assert served.states == ["quarantined"]


def test_the_reason_repeats_hostile_words_as_text_alone(served: Desk) -> None:
    line = b'{"position": "<script>\\u202e\\u0000"}'
    hostile = b'{"order": {"purchaseOrderNumber": "1"}, "lines": [' + line + b"]}"

    answer = served.post(hostile, "/in/steel")

    assert answer.status_code == 400
    assert json.loads(answer.content)["error"]
    assert answer.content.isascii()
    assert b"\0" not in answer.content


def test_what_the_orders_state_refuses_is_kept_for_a_person_and_not_the_callers_fault(served: Desk) -> None:
    reference = "<cac:OrderReference><cbc:ID>PO-1</cbc:ID></cac:OrderReference>"
    change = order_xml(kind="OrderChange", header=f"<cbc:ID>C-1</cbc:ID>{reference}").encode()

    answer = served.post(change)

    assert (answer.status_code, "<status>waits</status>" in answer.text) == (202, True)
    assert served.states == ["quarantined"]
    assert served.post(order_xml().encode()).status_code == 200
    assert served.states == ["applied", "applied"]


def test_equal_bytes_again_are_answered_with_200_and_have_no_effect(served: Desk) -> None:
    answers = [served.post(ubl("S1")) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert ["duplicate" in answer.text for answer in answers] == [False, True, True]
    assert served.orders == [("shop", "S1", 1)]
    assert served.states == ["applied"]


def test_a_buyer_who_goes_back_to_the_first_words_is_heard(served: Desk) -> None:
    for quantity in (10, 20, 10):
        assert served.post(ubl("S1", quantity=quantity)).status_code == 200
    assert served.orders == [("shop", "S1", 3)]


def test_the_same_bytes_under_the_same_key_are_the_same_whatever_came_in_between(served: Desk) -> None:
    for quantity, key in ((10, "a"), (20, "b"), (10, "a")):
        assert served.post(ubl("S1", quantity=quantity), headers={"Idempotency-Key": key}).status_code == 200
    assert served.orders == [("shop", "S1", 2)]
    assert [row[0] for row in served.rows("SELECT locator FROM arrivals ORDER BY id")] == ["/in/shop#a", "/in/shop#b"]


@pytest.mark.parametrize("key", ["", "x" * 201, "a\u00e4\u202e"])
def test_a_key_that_is_none_is_left_out(served: Desk, key: str) -> None:
    assert served.post(ubl("S1"), headers={b"Idempotency-Key": key.encode()}).status_code == 200
    assert served.rows("SELECT locator FROM arrivals") == [("/in/shop",)]


def loom_event(**order: Any) -> dict[str, Any]:
    return {
        "id": "e-1",
        "name": "order.updated",
        "subject": "order",
        "timestamp": "2026-03-01T10:00:00Z",
        "version": 1,
        "payload": order,
        "link": "https://loom.example/orders/1",
        "received_at": "2026-03-01T10:00:01Z",
    }


def test_an_event_that_comes_again_after_another_is_known_by_its_own_id(served: Desk) -> None:
    bodies = [json.dumps({**loom_event(n=n), "id": f"e-{n}"}).encode() for n in (1, 2, 1)]

    statuses = [served.post(body, "/in/loom", headers=signed(body)).status_code for body in bodies]

    assert statuses[0] == statuses[2]
    assert [row[0] for row in served.rows("SELECT locator FROM arrivals")] == ["/in/loom#e-1", "/in/loom#e-2"]


@pytest.mark.parametrize("own_id", [None, True, ["e"], {}, "\0", "e\n2", "x" * 1000, 10**400])
def test_an_id_that_is_none_makes_no_place(served: Desk, own_id: object) -> None:
    body = json.dumps({**loom_event(), "id": own_id}).encode()

    assert served.post(body, "/in/loom", headers=signed(body)).status_code in (200, 202, 400)
    assert served.rows("SELECT locator FROM arrivals") == [("/in/loom",)]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "identity, gzip", "x"])
def test_a_compressed_body_is_not_taken(served: Desk, encoding: str) -> None:
    assert served.post(ubl("S1"), headers={"Content-Encoding": encoding}).status_code == 415
    assert served.documents == []


def test_the_encoding_that_is_none_is_taken(served: Desk) -> None:
    assert served.post(ubl("S1"), headers={"Content-Encoding": "identity"}).status_code == 200


STRANGE_PATHS = [
    "/",
    "/in",
    "/in/",
    "/in/shop/",
    "/IN/SHOP",
    "/in/shop/..",
    "/in/../in/steel/../shop/x",
    "/in/%00",
    "/in/shop%00",
    "/in/shop%2f",
    "//in/shop",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/in/other",
    "/favicon.ico",
]


@pytest.mark.parametrize("path", STRANGE_PATHS)
def test_a_path_of_no_connection_is_404_whoever_asks(served: Desk, path: str) -> None:
    url = httpx.URL(served.url).copy_with(raw_path=path.encode())
    for method in ("POST", "GET"):
        assert httpx.request(method, url, content=ubl("S1"), auth=SHOP).status_code == 404
    assert served.documents == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_orders_are_posted_and_nothing_else(served: Desk, method: str) -> None:
    answer = httpx.request(method, f"{served.url}/in/shop", auth=SHOP, content=b"" if method == "HEAD" else ubl("S1"))

    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert served.documents == []


def test_the_log_has_who_what_and_how_much_and_never_the_body_or_the_login(served: Desk) -> None:
    served.post(ubl("S1"))
    served.post(ubl("S1"), auth=("buyer", "nearly right"))
    until(lambda: len(served.logged("request")) == 2, "both requests are logged")

    taken, refused = served.logged("request")
    assert (taken["connection"], taken["client"], taken["status"]) == ("shop", "127.0.0.1", 200)
    assert (taken["bytes"], taken["document"], taken["word"]) == (len(ubl("S1")), 1, "applied")
    assert (refused["status"], refused["connection"]) == (401, "shop")
    told = served.log.getvalue()
    for secret in (SHOP[1], "nearly right", "Authorization", "Item 0", "YnV5ZXI"):
        assert secret not in told


def test_health_says_when_the_last_order_came(served: Desk) -> None:
    served.post(ubl("S1"))

    def well() -> bool:
        row = served.health("shop")
        return row is not None and row.last_success is not None and row.last_error is None

    until(well, "it is noted")
    assert served.health("steel") is None


@pytest.mark.parametrize("target", ["http://desk/in/steel", "HTTPS://desk.example:8443/in/steel", "/in/steel"])
def test_a_request_in_absolute_form_is_for_its_path(served: Desk, target: str) -> None:
    """RFC 9112, 3.2.2: a server must accept it, though only proxies are asked so."""
    with Caller(served) as caller:
        body = tradecloud("T1")
        caller.say(
            f"POST {target} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {TOKEN}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        assert caller.status() == 200
    assert served.orders == [("steel", "T1", 1)]
