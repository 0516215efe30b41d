"""Orders polled by the daemon: heard once, heard again when they change, and never passed over."""

from __future__ import annotations

import re

import pytest

from core.store import documents, health, queries
from core.verify import verify
from sync.channels import http_poll as bounds
from sync.demo.servers.tradecloud import Fault
from sync.report import RoundReport
from tests.sync.partners import DECIDED, World, tradecloud
from tests.sync.test_daemon import running, until


def put(world: World, number: str, at: int, version: int = 1, quantity: int = 10) -> bytes:
    """The buyer's order as the platform keeps it after it changed at that second."""
    time = f"2024-03-01T07:00:{at:02d}.000Z"
    payload = tradecloud(number, quantity).replace(b'"version": 1', b'"version": %d' % version)
    payload = re.sub(rb'"lastUpdatedAt": "[^"]*"', b'"lastUpdatedAt": "%s"' % time.encode(), payload)
    world.http.shelf.put(number, time, payload)
    return payload


def quantities(world: World) -> dict[str, set[str]]:
    with world.store() as store:
        found = {}
        for row in queries.list_orders(store, now=DECIDED):
            loaded = queries.load(store, row.id, DECIDED)
            assert loaded is not None
            found[row.number] = {
                str(delivery.quantity)
                for line in loaded.record.order.lines
                for delivery in line.requested.delivery_schedule
            }
        return found


def marked(world: World) -> str | None:
    with world.store() as store:
        return health.cursor(store, "yard")


def only(report: RoundReport) -> tuple[int, int, int]:
    """What was fetched, applied, and known already."""
    [connection] = report.connections
    return connection.fetched, connection.applied, connection.duplicates


def test_an_order_is_kept_as_the_platform_wrote_it_and_where_it_was_polled(yard: World) -> None:
    payload = put(yard, "Y1", 1)
    assert only(yard.round()) == (1, 1, 0)
    with yard.store() as store:
        document = documents.document(store, 1)
        assert document is not None
        assert document.payload == payload
        assert (document.name, document.locator) == ("Y1", "order-search/poll/mw-01-Y1")
        assert verify(store) == []


def test_a_desk_that_starts_again_goes_on_where_it_left_off(yard: World) -> None:
    put(yard, "Y1", 1)
    yard.round()
    put(yard, "Y2", 2)
    assert only(yard.round()) == (1, 1, 0)
    assert only(yard.round()) == (0, 0, 0)
    assert [poll["filters"] for poll in yard.http.shelf.polls] == [
        {"lastUpdatedAfter": "1970-01-01T00:00:00.000Z"},
        {"lastUpdatedAfter": "2024-03-01T07:00:01.000Z"},
        {"lastUpdatedAfter": "2024-03-01T07:00:02.000Z"},
    ]


def test_a_buyer_that_goes_back_to_what_was_first_is_heard(yard: World) -> None:
    for at, quantity in enumerate((10, 20, 10), 1):
        put(yard, "Y1", at, version=at, quantity=quantity)
        assert only(yard.round()) == (1, 1, 0)
        assert quantities(yard) == {"Y1": {str(quantity)}}


def test_the_same_bytes_polled_again_are_no_new_arrival(yard: World) -> None:
    """A platform that gives its last order again and again, say since it takes "after" for "from"."""
    put(yard, "Y1", 1)
    yard.round()
    with yard.store() as store:
        health.set_cursor(store, "yard", "2024-03-01T07:00:00.999Z")
    assert only(yard.round()) == (0, 0, 0)
    with yard.store() as store:
        assert documents.arrival_counts(store) == {"yard": 1}


def test_an_order_that_cannot_be_read_is_in_quarantine_and_the_others_are_taken_in(yard: World) -> None:
    yard.http.shelf.put("bad", "2024-03-01T07:00:01.000Z", b'{"id": "bad", "buyerOrder": {"companyId": "c"}}')
    put(yard, "Y1", 2)
    report = yard.round()
    assert only(report) == (2, 1, 0)
    assert report.quarantined == 1
    with yard.store() as store:
        assert health.cursor(store, "yard") == "2024-03-01T07:00:02.000Z"


def test_a_poll_that_fails_on_its_second_page_takes_in_the_first_and_comes_again_for_all(yard: World) -> None:
    yard.http.shelf.most = 2
    for n in range(3):
        put(yard, f"Y{n}", n)
    yard.http.plan_polls([Fault(), Fault(status=500)])
    report = yard.round()
    assert only(report) == (2, 2, 0)
    assert "not now, says the platform" in report.connections[0].errors[0]
    with yard.store() as store:
        assert health.cursor(store, "yard") is None
    assert only(yard.round()) == (1, 1, 0)
    with yard.store() as store:
        assert health.cursor(store, "yard") == "2024-03-01T07:00:02.000Z"


def test_a_platform_that_lets_us_in_no_more_parks_the_connection(yard: World) -> None:
    yard.http.change_password("new")
    [connection] = yard.round().connections
    assert connection.parked
    assert "check user and password" in connection.errors[0]


def test_orders_by_the_hundred_come_in_one_round(yard: World) -> None:
    for n in range(230):
        time = f"2024-03-01T07:{n // 60:02d}:{n % 60:02d}.000Z"
        yard.http.shelf.put(str(n), time, tradecloud(f"Y{n}"))
    assert only(yard.round()) == (230, 230, 0)
    assert only(yard.round()) == (0, 0, 0)


def test_a_platform_whose_clock_is_wrong_is_told_of_and_its_later_changes_are_heard(yard: World) -> None:
    put(yard, "Y1", 1)
    time = "2999-03-01T07:00:00.000Z"
    yard.http.shelf.put("Y2", time, tradecloud("Y2").replace(b"2024-03-01T07:00:00", b"2999-03-01T07:00:00"))
    report = yard.round()
    [warning] = report.connections[0].warnings
    assert (only(report), report.exit_code) == ((2, 2, 0), 4)
    assert f"says that something changed at {time}" in warning
    assert '"level": "warning"' in yard.log.getvalue()
    with yard.store() as store:
        assert health.cursor(store, "yard") == "2024-03-01T07:00:01.000Z"
        assert [(row.last_error, row.warning) for row in health.health(store) if row.direction == "in"] == [
            (None, warning)
        ]

    put(yard, "Y3", 9)  # by a clock that is right again
    assert only(yard.round()) == (1, 1, 0)
    with yard.store() as store:
        assert documents.arrival_counts(store) == {"yard": 3}
        assert verify(store) == []

    put(yard, "Y2", 20, version=2)
    report = yard.round()
    assert (only(report), report.exit_code, report.connections[0].warnings) == ((1, 1, 0), 0, [])
    with yard.store() as store:
        assert not any(row.warning for row in health.health(store))


def test_a_daemon_asks_at_once_for_what_one_poll_leaves(yard: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """An hour between two polls is no reason to take in the first orders of many at that pace."""
    for bound, orders in (("PAGE", 5), ("LONG", 10), ("MOST_ORDERS", 20)):
        monkeypatch.setattr(bounds, bound, orders)
    settings = yard.settings_path.read_text(encoding="utf-8")
    yard.settings_path.write_text(settings.replace('every = "1s"', 'every = "1h"', 1), encoding="utf-8")
    for n in range(60):
        put(yard, f"Y{n}", n)
    with running(yard):
        until(lambda: len(quantities(yard)) == 60, "all are taken in")
        until(lambda: marked(yard) == "2024-03-01T07:00:59.000Z", "the last of them is noted")
