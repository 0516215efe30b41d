"""The platform over HTTP: who is let in, what is answered, what goes wrong, and what is pushed to a supplier."""

from __future__ import annotations

import random
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import httpx
import pytest

from tests.platform.made import Clock, Tree, advice, platform, response
from tests.platform.orders import Order
from tests.platform.pushing import Push
from tests.platform.server import DOWNLOAD_FOR, PlatformServer
from tests.platform.weather import Trouble, Weather

USER, PASSWORD = "erp@supplier.example", "correct horse"
ACCEPT = response({"purchaseOrderLinePosition": "10", "indicators": {"accepted": True}})


class Place:
    """A server with one order, and a client that is logged in."""

    def __init__(self, server: PlatformServer, order: Order, clock: Clock) -> None:
        self.server = server
        self.order = order
        self.clock = clock
        self.client = httpx.Client(base_url=server.url, timeout=10)
        self.refresh = ""
        self.log_in()

    def log_in(self) -> httpx.Response:
        answer = self.client.get("/authentication/login", auth=(USER, PASSWORD))
        self._take(answer)
        return answer

    def renew(self, token: str) -> httpx.Response:
        del self.client.headers["Authorization"]
        answer = self.client.get("/authentication/refresh", headers={"Refresh-Token": token})
        self._take(answer)
        return answer

    def _take(self, answer: httpx.Response) -> None:
        if answer.status_code == 200:
            self.client.headers["Authorization"] = answer.headers["Set-Authorization"]
            self.refresh = answer.headers["Set-Refresh-Token"]

    def post(self, path: str, payload: bytes, **headers: str) -> httpx.Response:
        return self.client.post(path, content=payload, headers={"Content-Type": "application/json", **headers})

    def poll(self, **body: object) -> httpx.Response:
        return self.client.post("/order-search/poll", json=body)


@pytest.fixture
def place() -> Iterator[Place]:
    made, order = platform()
    assert isinstance(made.clock, Clock)
    with PlatformServer(made, USER, PASSWORD) as server:
        place = Place(server, order, made.clock)
        yield place
        place.client.close()


class _Met(Weather):
    """The next request meets this."""

    def __init__(self, trouble: Trouble) -> None:
        super().__init__()
        self.left = [trouble]

    def next(self) -> Trouble | None:
        return self.left.pop() if self.left else None


def test_only_who_knows_the_password_is_let_in(place: Place) -> None:
    assert place.client.get("/authentication/login", auth=(USER, "guess")).status_code == 401
    del place.client.headers["Authorization"]
    assert place.poll().status_code == 401
    assert place.post("/api-connector/order-response", ACCEPT).status_code == 401
    assert place.order.version == 1


def test_a_refresh_token_gives_a_new_pair_and_dies_by_that(place: Place) -> None:
    old, header = place.refresh, place.client.headers["Authorization"]
    assert place.client.get("/authentication/refresh", headers={"Refresh-Token": old}).status_code == 400, "alone"
    assert place.renew(old).status_code == 200
    assert place.poll().status_code == 200
    assert place.client.headers["Authorization"] != header
    assert place.refresh != old
    assert place.renew(old).status_code == 401


def test_after_an_hour_and_after_a_logout_nothing_is_given(place: Place) -> None:
    place.server.expire_tokens()
    assert place.poll().status_code == 401
    assert place.renew(place.refresh).status_code == 200
    header = place.client.headers.pop("Authorization")
    assert place.client.post("/authentication/logout", headers={"Refresh-Token": place.refresh}).status_code == 200
    place.client.headers["Authorization"] = header
    assert place.poll().status_code == 401
    assert place.renew(place.refresh).status_code == 401


def test_orders_are_polled_after_a_time_page_by_page(place: Place) -> None:
    page = place.poll(filters={"lastUpdatedAfter": "1970-01-01T00:00:00.000Z"}, offset=0, limit=1).json()
    assert (page["total"], [one["id"] for one in page["data"]]) == (1, ["buyer-1-PO-1"])
    assert page["lastUpdatedAt"] == place.order.updated_at
    assert place.poll(filters={"lastUpdatedAfter": page["lastUpdatedAt"]}, offset=0, limit=1).json()["data"] == []


@pytest.mark.parametrize(
    "body",
    [
        {"filters": {"lastUpdatedAfter": "yesterday"}},
        {"filters": {"lastUpdatedAfter": "2026-03-02T08:00:00Z"}},
        {"filters": {"status": ["Issued"]}},
        {"limit": 101},
        {"offset": -1},
        {"offset": "0"},
    ],
    ids=str,
)
def test_a_poll_that_is_not_as_the_manual_has_it_is_refused(place: Place, body: Tree) -> None:
    assert place.poll(**body).status_code == 400


def test_an_answer_is_queued_and_one_that_can_not_be_read_is_refused_with_the_reason(place: Place) -> None:
    assert place.post("/api-connector/order-response", ACCEPT).status_code in (200, 202)
    place.server.platform.work()
    assert place.order.lines["10"].process == "Confirmed"
    refused = place.post("/api-connector/order-response", response())
    assert (refused.status_code, refused.json()["reasons"]) == (400, ["lines has no line: at least one, always"])
    assert len(place.server.refusals) == 1
    assert place.post("/api-connector/order-response", ACCEPT, **{"Content-Type": "text/plain"}).status_code == 415


def test_an_advice_is_taken(place: Place) -> None:
    place.post("/api-connector/order-response", ACCEPT)
    place.server.platform.work()
    assert place.post("/api-connector/shipment/despatch-advice", advice()).status_code == 200
    assert place.order.logistics == "ReadyToShip"


def test_a_document_goes_up_and_can_be_fetched_for_a_minute(place: Place) -> None:
    form = place.client.post("/object-storage/document", files={"file": ("a.pdf", b"%PDF-1.7\r\n", "application/pdf")})
    object_id = form.json()["objectId"]
    found = place.client.get(f"/object-storage/document/{object_id}/metadata").json()
    assert place.client.get(found["downloadUrl"]).content == b"%PDF-1.7\r\n"
    place.clock.now += DOWNLOAD_FOR
    assert place.client.get(found["downloadUrl"]).status_code == 403
    assert place.client.get("/object-storage/document/other/metadata").status_code == 404


def test_an_integration_user_does_not_set_logistics_by_itself(place: Place) -> None:
    path = "/order/buyer-1-PO-1/line/10/deliverySchedule"
    assert place.post(path, b'{"deliverySchedule": [{"position": "0001", "status": "Shipped"}]}').status_code == 403


@pytest.mark.parametrize("trouble", [Trouble(status=503), Trouble(status=429, headers={"Retry-After": "1"})])
def test_what_meets_trouble_is_not_taken(place: Place, trouble: Trouble) -> None:
    place.server.weather = _Met(trouble)
    answer = place.post("/api-connector/order-response", ACCEPT)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (
        trouble.status,
        trouble.headers.get("Retry-After"),
    )
    place.server.platform.work()
    assert place.order.version == 1


@pytest.mark.parametrize("taken", [False, True])
def test_an_answer_whose_200_is_lost_may_have_been_taken_in(place: Place, taken: bool) -> None:
    place.server.weather = _Met(Trouble(cut=True, taken=taken))
    with pytest.raises(httpx.TransportError):
        place.post("/api-connector/order-response", ACCEPT)
    place.server.platform.work()
    assert place.order.version == (2 if taken else 1)
    assert place.post("/api-connector/order-response", ACCEPT).status_code == 200
    place.server.platform.work()
    assert place.order.version == 2, "the same bytes again change nothing"


def test_weather_is_the_same_for_a_seed() -> None:
    one, other = (Weather(random.Random(3), 0.5) for _ in range(2))
    assert [one.next() for _ in range(50)] == [other.next() for _ in range(50)]
    assert len(one.met) > 10
    one.clear()
    assert one.next() is None


# Pushing


class _Supplier(HTTPServer):
    """A webhook that answers what it is told to, one status after the other, and 200 at the end."""

    def __init__(self, *statuses: int) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.statuses = list(statuses)
        self.headers_seen: list[str | None] = []


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, _Supplier)
        self.rfile.read(int(self.headers["Content-Length"]))
        self.server.headers_seen.append(self.headers["Authorization"])
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.mark.parametrize(
    ("status", "waits", "lost"),
    [(200, 0, 0), (202, 0, 0), (400, 0, 1), (401, 0, 1), (500, 0, 1), (501, 1, 0), (503, 1, 0)],
)
def test_what_a_supplier_answers_decides_whether_an_event_is_posted_again(status: int, waits: int, lost: int) -> None:
    supplier = _Supplier(status)
    thread = Thread(target=supplier.serve_forever, args=(0.01,))
    thread.start()
    try:
        push = Push(f"http://127.0.0.1:{supplier.server_port}/in", "token-1")
        push.queue({"eventName": "OrderIssuedByBuyer"})
        push.push()
        assert (len(push.waiting), len(push.lost)) == (waits, lost)
        assert supplier.headers_seen == ["Bearer token-1"]
        assert push.push() == waits
        assert push.waiting == []
    finally:
        supplier.shutdown()
        thread.join()
        supplier.server_close()


def test_an_event_waits_for_a_supplier_that_can_not_be_reached() -> None:
    push = Push("http://127.0.0.1:1/in", ("user", "password"))
    push.queue({"eventName": "OrderIssuedByBuyer"})
    assert push.push() == 0
    assert len(push.waiting) == 1
