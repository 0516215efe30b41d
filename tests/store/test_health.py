"""How connections fare, and the marks up to which platforms were polled."""

from __future__ import annotations

from datetime import timedelta

from core.store import health
from core.store.times import moment
from tests.orders import START, Desk


def test_an_error_is_shown_until_a_round_goes_well_again(desk: Desk) -> None:
    later = START + timedelta(minutes=1)
    health.succeeded(desk.store, "metal-works", "in", START)
    health.failed(desk.store, "metal-works", "in", later, "connection refused")
    [row] = health.health(desk.store)
    assert (row.connection, row.direction, row.last_error, row.parked) == (
        "metal-works",
        "in",
        "connection refused",
        False,
    )
    assert row.last_success is not None
    assert row.error_at is not None
    assert (moment(row.last_success), moment(row.error_at)) == (START, later)
    health.succeeded(desk.store, "metal-works", "in", later)
    [row] = health.health(desk.store)
    assert (row.last_error, row.error_at) == (None, None)


def test_a_parked_connection_stays_so_until_it_lets_us_in(desk: Desk) -> None:
    health.failed(desk.store, "metal-works", "out", START, "wrong password", parked=True)
    assert [row.parked for row in health.health(desk.store)] == [True]
    health.succeeded(desk.store, "metal-works", "out", START)
    assert [row.parked for row in health.health(desk.store)] == [False]


def test_the_two_directions_of_a_connection_fare_by_themselves(desk: Desk) -> None:
    health.succeeded(desk.store, "metal-works", "in", START)
    health.failed(desk.store, "metal-works", "out", START, "503")
    assert [(row.direction, row.last_error) for row in health.health(desk.store)] == [("in", None), ("out", "503")]


def test_a_warning_is_no_error_and_goes_with_a_round_that_has_none(desk: Desk) -> None:
    health.succeeded(desk.store, "metal-works", "in", START, "its clock is wrong")
    health.failed(desk.store, "metal-works", "in", START, "503")
    [row] = health.health(desk.store)
    assert (row.last_error, row.warning) == ("503", "its clock is wrong")  # nobody has looked since
    health.succeeded(desk.store, "metal-works", "in", START)
    [row] = health.health(desk.store)
    assert (row.last_error, row.warning) == (None, None)


def test_a_warning_may_come_and_go_though_nothing_goes_through(desk: Desk) -> None:
    health.warned(desk.store, "metal-works", "in", None)
    assert health.health(desk.store) == []  # nothing to say of a connection that was never tried
    health.warned(desk.store, "metal-works", "in", "its certificate expired")
    [row] = health.health(desk.store)
    assert (row.last_success, row.last_error, row.warning) == (None, None, "its certificate expired")
    health.warned(desk.store, "metal-works", "in", None)
    [row] = health.health(desk.store)
    assert row.warning is None


def test_a_platforms_mark_is_kept_as_it_was_given(desk: Desk) -> None:
    assert health.cursor(desk.store, "metal-works") is None
    health.set_cursor(desk.store, "metal-works", "2025-04-23T10:01:53.812Z")
    health.set_cursor(desk.store, "metal-works", "2025-04-23T10:01:54.000+00:00 ")
    assert health.cursor(desk.store, "metal-works") == "2025-04-23T10:01:54.000+00:00 "
