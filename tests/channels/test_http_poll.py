"""Polling: what is asked for, how far we have come and when that is noted, and everything that a platform may do wrong.

The rules are those of the manual's page "Polling pattern": the platform's own `lastUpdatedAt` goes back as it came, an empty
answer leaves it as it was, more than 100 orders come by `offset`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from sync.channels import Arrival, ChannelError, NotAdmitted, Unreachable
from sync.channels.pace import Pacer
from sync.channels.poll_progress import BEGINNING
from sync.demo.servers.tradecloud import Fault
from tests.channels.places import USER, Clock, PollPlace, poll_place, stamp
from tests.channels.rounds import fetch, keys, payloads, take_in
from tests.channels.test_trickle import BYTES, TIMEOUT, server, trickle


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PollPlace]:
    with poll_place(tmp_path) as place:
        yield place


def asked(place: PollPlace) -> list[tuple[Any, Any, Any]]:
    """Of each poll: after what, offset, limit."""
    return [
        (poll["filters"]["lastUpdatedAfter"], poll["offset"], poll["limit"])  # type: ignore[index]
        for poll in place.server.shelf.polls
    ]


def fill(place: PollPlace, orders: int) -> list[bytes]:
    return [place.leave(f"PO-{number:03d}") for number in range(orders)]


# What is asked for


def test_the_first_poll_asks_for_everything_and_the_next_from_the_platforms_own_mark(place: PollPlace) -> None:
    place.put("PO-1", b'{"id": "PO-1"}')
    take_in(place.channel())
    take_in(place.channel())
    assert asked(place) == [(BEGINNING, 0, 100), (stamp(1), 0, 100)]


def test_no_status_is_asked_for_since_that_would_hide_approvals_and_cancellations(place: PollPlace) -> None:
    take_in(place.channel())
    assert place.server.shelf.polls == [{"filters": {"lastUpdatedAfter": BEGINNING}, "offset": 0, "limit": 100}]


def test_the_settings_may_say_from_when_on(place: PollPlace) -> None:
    fill(place, 3)
    assert len(take_in(place.channel(since=stamp(2)))) == 1
    take_in(place.channel(since=stamp(2)))
    assert [since for since, _, _ in asked(place)] == [stamp(2), stamp(3)]


def test_a_mark_goes_back_as_it_came_whatever_it_looks_like(place: PollPlace) -> None:
    odd = "2026-01-02T00:00:01.120000001+01:00"
    place.server.plan_polls([Fault(status=200, body=page([b'{"id": "1"}'], total=1, mark=odd))])
    take_in(place.channel())
    take_in(place.channel())
    assert [since for since, _, _ in asked(place)] == [odd]


@pytest.mark.parametrize("empty", [b'{"data": [], "total": 0}', None])
def test_an_empty_answer_leaves_the_mark_as_it_was(place: PollPlace, empty: bytes | None) -> None:
    place.marks.mark = stamp(7)
    answer = empty or page([], total=0, mark=stamp(99))
    place.server.plan_polls([Fault(status=200, body=answer)])
    assert take_in(place.channel()) == []
    assert (place.marks.mark, place.marks.written) == (stamp(7), [])


# How far we have come


def test_the_mark_is_noted_when_the_last_order_of_the_last_page_is_ours(place: PollPlace) -> None:
    fill(place, 150)
    with place.channel().session() as session:
        arrivals = list(session.arrivals())
        for arrival in arrivals[1:]:
            session.archive(arrival)
        assert place.marks.mark is None
        session.archive(arrivals[0])
    assert place.marks.written == [stamp(150)]


def test_the_mark_is_noted_too_where_all_was_ours_before_the_list_ended(place: PollPlace) -> None:
    fill(place, 150)
    with place.channel().session() as session:
        for arrival in session.arrivals():
            assert place.marks.mark is None
            session.archive(arrival)
    assert place.marks.written == [stamp(150)]


def test_a_round_that_is_stopped_half_way_notes_nothing(place: PollPlace) -> None:
    left = fill(place, 150)
    with place.channel().session() as session:
        arrivals = session.arrivals()
        for _ in range(120):
            session.archive(next(arrivals))
    assert place.marks.mark is None
    assert payloads(take_in(place.channel())) == left


def test_a_later_page_that_fails_notes_nothing_and_what_came_before_is_there(place: PollPlace) -> None:
    left = fill(place, 150)
    place.server.plan_polls([Fault(), Fault(status=503, headers={"Retry-After": "7"})])
    taken: list[Arrival] = []

    def take() -> None:
        with place.channel().session() as session:
            for arrival in session.arrivals():
                taken.append(arrival)
                session.archive(arrival)

    with pytest.raises(Unreachable, match="not now, says the platform") as later:
        take()
    assert later.value.retry_after == 7
    assert payloads(taken) == left[:100]
    assert place.marks.mark is None
    assert payloads(take_in(place.channel())) == left


def test_what_is_stored_from_another_session_does_not_note_this_ones_mark(place: PollPlace) -> None:
    place.leave("PO-1")
    [before] = fetch(place.channel())
    place.leave("PO-2")
    with place.channel().session() as session:
        _, second = session.arrivals()
        session.archive(second)
        assert place.marks.mark is None
        session.archive(before)  # the same bytes, and ours
    assert place.marks.mark == stamp(2)


# Pages


@pytest.mark.parametrize("orders", [1, 99, 100, 101, 200, 250])
def test_every_order_comes_once_page_by_page(place: PollPlace, orders: int) -> None:
    left = fill(place, orders)
    assert payloads(take_in(place.channel())) == left
    assert asked(place) == [(BEGINNING, offset, 100) for offset in range(0, orders, 100)]
    assert place.marks.written == [stamp(orders)]


def test_a_platform_that_gives_less_than_it_was_asked_for_is_asked_for_the_rest(place: PollPlace) -> None:
    place.server.shelf.most = 7
    left = fill(place, 20)
    assert payloads(take_in(place.channel())) == left
    assert [offset for _, offset, _ in asked(place)] == [0, 7, 14]


def test_orders_that_come_while_we_read_are_read_too(place: PollPlace) -> None:
    left = fill(place, 100)
    at(place, 0, lambda: None)
    at(place, 0, lambda: left.append(place.leave("new")), after=True)
    place.leave("PO-last")
    got = take_in(place.channel())
    assert len(got) == 102
    assert place.marks.mark == stamp(102)


def test_an_order_that_changes_while_we_read_lets_no_other_slip_through(place: PollPlace) -> None:
    """It goes to the end of the list, and all behind it move up by one: the 101st is the 100th when we come to it."""
    left = fill(place, 150)
    changed: list[bytes] = []
    at(place, 100, lambda: changed.append(place.leave("PO-005", "changed")))
    got = payloads(take_in(place.channel()))
    assert set(got) == {*left, *changed}
    assert len(got) == 151
    assert place.marks.mark == stamp(151)
    assert take_in(place.channel()) == []


def test_an_order_that_vanishes_while_we_read_lets_no_other_slip_through(place: PollPlace) -> None:
    left = fill(place, 150)
    at(place, 100, lambda: place.server.shelf.orders.pop("PO-005"))
    assert set(payloads(take_in(place.channel()))) == set(left)
    assert place.marks.mark == stamp(150)


def test_a_page_that_is_empty_since_the_list_got_shorter_is_the_end(place: PollPlace) -> None:
    left = fill(place, 101)
    at(place, 100, lambda: place.server.shelf.orders.pop("PO-100"))
    assert payloads(take_in(place.channel())) == left[:100]
    assert place.marks.mark == stamp(100)


def test_a_platform_that_repeats_orders_is_heard_once(place: PollPlace) -> None:
    orders = [order(n) for n in (1, 2, 3)]
    twice = page([orders[0], orders[1], orders[1], orders[2], orders[0]], total=3, mark=stamp(3))
    place.server.plan_polls([Fault(status=200, body=twice)])
    assert payloads(take_in(place.channel())) == orders
    assert place.marks.mark == stamp(3)


def test_a_platform_that_repeats_orders_and_counts_them_twice_does_not_hold_us_for_ever(place: PollPlace) -> None:
    """Its list stays the same, so it is continued by time: no order behind the last but one can be lost by that."""
    orders = [order(n) for n in (1, 2, 3)]

    def answer(body: bytes) -> Fault:
        return Fault(status=200, body=body)

    twice = page([orders[0], orders[0], orders[1], orders[2]], total=4, mark=stamp(3))
    place.server.plan_polls([answer(twice), answer(twice), answer(page([orders[2]], total=1, mark=stamp(3)))])
    assert payloads(take_in(place.channel())) == orders
    assert place.marks.mark == stamp(3)


def test_a_platform_that_gives_the_same_page_for_ever_and_counts_a_thousand_million_is_left(place: PollPlace) -> None:
    left = [order(n) for n in range(1, 4)]
    asked_for: list[bytes] = []

    def same_page(asked: bytes) -> bytes:
        asked_for.append(asked)
        return page(left, total=999_999_999, mark=stamp(3))

    place.server.shelf.page = same_page  # type: ignore[method-assign]
    with pytest.raises(ChannelError, match="counts 999,999,999 changed orders and gave 3 of them"):
        take_in(place.channel())
    assert len(asked_for) < 20
    assert place.marks.mark in (None, stamp(1), stamp(2))  # never past an order behind which more may come


def test_two_versions_of_an_order_in_one_poll_are_both_heard_in_turn(place: PollPlace) -> None:
    versions = [b'{"id": "1", "version": 1}', b'{"id": "1", "version": 2}', b'{"id": "1", "version": 3}']
    place.server.plan_polls([Fault(status=200, body=page(versions, total=1, mark=stamp(3)))])
    got = take_in(place.channel())
    assert payloads(got) == versions
    assert {arrival.locator for arrival in got} == {"order-search/poll/1"}
    assert len(set(keys(got))) == 3


def test_a_platform_that_knows_no_offset_is_continued_by_time(place: PollPlace) -> None:
    left = [order(n) for n in range(1, 251)]
    for n, payload in enumerate(left):
        place.put(str(n), payload)
    shelf = place.server.shelf
    whole = shelf.page

    def first_page(asked: bytes) -> bytes:
        return whole(json.dumps(json.loads(asked) | {"offset": 0}).encode())

    shelf.page = first_page  # type: ignore[method-assign]
    assert payloads(take_in(place.channel())) == left
    assert place.marks.mark == stamp(250)


def test_a_platform_that_gives_only_the_first_hundred_is_continued_by_time(place: PollPlace) -> None:
    left = [order(n) for n in range(1, 251)]
    for n, payload in enumerate(left):
        place.put(str(n), payload)
    shelf = place.server.shelf
    whole = shelf.page

    def window(asked: bytes) -> bytes:
        given = json.loads(whole(asked))
        return json.dumps(given | {"data": given["data"] if json.loads(asked)["offset"] < 100 else []}).encode()

    shelf.page = window  # type: ignore[method-assign]
    assert [json.loads(each) for each in payloads(take_in(place.channel()))] == [json.loads(each) for each in left]
    assert place.marks.mark == stamp(250)


def test_what_a_platform_counts_but_never_gives_is_told_and_not_lost(place: PollPlace) -> None:
    """All at the same time, so that nothing says where to go on."""
    orders = [b'{"id": "%d", "lastUpdatedAt": "%s"}' % (n, stamp(1).encode()) for n in range(2)]
    answer = page(orders, total=5, mark=stamp(1))
    place.server.plan_polls([Fault(status=200, body=answer), Fault(status=200, body=page([], total=5, mark=None))] * 4)
    got: list[Arrival] = []

    def take() -> None:
        with place.channel().session() as session:
            for arrival in session.arrivals():
                got.append(arrival)
                session.archive(arrival)

    with pytest.raises(ChannelError, match="counts 5 changed orders and gave 2 of them; nothing is lost"):
        take()
    assert payloads(got) == orders
    assert place.marks.mark is None


def test_a_list_that_never_stands_still_is_left_for_the_next_poll(place: PollPlace) -> None:
    fill(place, 200)
    numbers = iter(range(100))
    place.server.shelf.before_page = lambda offset: offset and place.server.shelf.orders.pop(f"PO-{next(numbers):03d}")
    with pytest.raises(ChannelError, match="nothing is lost"):
        take_in(place.channel())
    assert place.marks.mark is None
    place.server.shelf.before_page = lambda _: None
    take_in(place.channel())
    assert place.waiting() == 0


def test_a_page_that_is_too_long_is_asked_for_in_smaller_parts(place: PollPlace) -> None:
    left = [place.leave(f"PO-{number}", "x" * 1000) for number in range(30)]
    assert payloads(take_in(place.channel(most_bytes=9000))) == left
    assert place.waiting() == 0


# Answers that are no page


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"<html>Sorry</html>", "the answer is no JSON .*<html>Sorry"),
        (b"", "the answer is no JSON"),
        (b'{"data": [{"id": "1"}', "the answer is no JSON"),
        (b'{"orders": []}', "holds no `data`"),
        (b'{"data": [{"id": "1"}], "lastUpdatedAt": "T"}', r"does not say how many orders changed \(`total`\)"),
        (b'{"data": [{"id": "1"}], "total": "1", "lastUpdatedAt": "T"}', r"does not say how many orders changed"),
        (b'{"data": [{"id": "1"}], "total": 1}', r"does not say up to when its answer goes \(`lastUpdatedAt`\)"),
        (b'{"data": [], "total": 3, "lastUpdatedAt": "T"}', "counts 3 changed orders and gave 0 of them"),
    ],
)
def test_an_answer_that_is_no_page_is_told_and_nothing_is_lost(place: PollPlace, body: bytes, sentence: str) -> None:
    place.marks.mark = stamp(7)
    place.server.plan_polls([Fault(status=200, body=body)] * 2)
    with pytest.raises(ChannelError, match=sentence) as told:
        take_in(place.channel())
    assert type(told.value) is ChannelError
    assert "nothing is lost" in str(told.value)
    assert str(told.value).isprintable()
    assert place.marks.written == []


def test_the_orders_of_an_answer_that_lacks_its_mark_are_taken_all_the_same(place: PollPlace) -> None:
    place.server.plan_polls([Fault(status=200, body=b'{"data": [{"id": "1"}], "total": 1}')])
    got = []
    with suppress(ChannelError), place.channel().session() as session:
        for arrival in session.arrivals():
            got.append(arrival)
            session.archive(arrival)
    assert payloads(got) == [b'{"id": "1"}']
    assert place.marks.mark is None


@pytest.mark.parametrize("entry", [b"null", b'"PO-1"', b"7", b"[1]", b'{"id": 8, "id": 9}'])
def test_what_is_no_order_in_a_page_is_a_document_all_the_same_and_stops_nobody(place: PollPlace, entry: bytes) -> None:
    place.server.plan_polls([Fault(status=200, body=page([order(1), entry, order(2)], total=3, mark=stamp(2)))])
    assert payloads(take_in(place.channel())) == [order(1), entry, order(2)]
    assert place.marks.mark == stamp(2)


@pytest.mark.parametrize("status", [429, 503, 408, 500, 502, 504])
def test_trouble_of_the_platform_is_passing_and_says_when_to_come_again(place: PollPlace, status: int) -> None:
    place.server.plan_polls([Fault(status=status, headers={"Retry-After": "11"})])
    with pytest.raises(Unreachable, match=f"not now, says the platform .HTTP {status}") as later:
        fetch(place.channel())
    assert later.value.retry_after == 11


@pytest.mark.parametrize("status", [400, 404, 405, 422])
def test_a_poll_that_is_refused_names_the_settings(place: PollPlace, status: int) -> None:
    place.server.plan_polls([Fault(status=status, body=b"no such thing")])
    with pytest.raises(ChannelError, match=rf"HTTP {status}: no such thing.*check `url` and paths.poll"):
        fetch(place.channel())


def test_who_may_not_poll_is_not_admitted(place: PollPlace) -> None:
    place.server.plan_polls([Fault(status=403)])
    with pytest.raises(NotAdmitted, match=f"does not let {USER} poll orders"):
        fetch(place.channel())


def test_nobody_sends_us_on_to_somewhere_else(place: PollPlace) -> None:
    place.server.plan_polls([Fault(status=307, headers={"Location": place.server.url + "/elsewhere"})])
    with pytest.raises(ChannelError, match=r"sends us on to .*/elsewhere \(HTTP 307\), where we don't follow"):
        fetch(place.channel())


@pytest.mark.parametrize("fault", [Fault(cut=True), Fault(status=200, body=b"{", headers={"Content-Length": "100"})])
def test_an_answer_that_breaks_off_is_passing_trouble(place: PollPlace, fault: Fault) -> None:
    place.server.plan_polls([fault])
    with pytest.raises(Unreachable):
        fetch(place.channel())


def test_an_answer_that_trickles_in_has_an_end(tmp_path: Path) -> None:
    for head in (b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % BYTES):

        def talk(connection: Any, head: bytes = head) -> None:
            connection.recv(65536)
            connection.sendall(head)
            trickle(connection)

        with server(talk) as port, poll_place(tmp_path, "none") as place, pytest.raises(Unreachable, match="in time"):
            fetch(place.channel(port=port, auth="none", timeout=TIMEOUT))


# Being let in


def test_one_log_in_serves_many_polls(place: PollPlace) -> None:
    channel = place.channel()
    for _ in range(3):
        take_in(channel)
    assert (place.server.logins, place.server.refreshes) == (1, 0)


def test_a_token_that_expires_between_two_pages_is_refreshed(place: PollPlace) -> None:
    left = fill(place, 150)
    channel = place.channel()
    at(place, 0, place.server.expire_tokens)
    assert payloads(take_in(channel)) == left
    assert (place.server.logins, place.server.refreshes) == (1, 1)


def test_a_platform_that_takes_no_token_gets_one_refresh_and_one_log_in_then_we_stop(place: PollPlace) -> None:
    place.server.plan_polls([Fault(status=401)] * 9)
    with pytest.raises(NotAdmitted, match="does not take our credentials"):
        fetch(place.channel())
    assert (place.server.logins, place.server.refreshes) == (2, 1)


@pytest.mark.parametrize("auth", ["basic", "bearer", "none"])
def test_other_ways_to_be_let_in(tmp_path: Path, auth: str) -> None:
    with poll_place(tmp_path, auth) as place:
        left = fill(place, 2)
        assert payloads(take_in(place.channel(auth=auth))) == left
        if auth != "none":
            with pytest.raises(NotAdmitted, match="does not take our credentials"):
                fetch(place.channel(auth=auth, password="wrong"))


def test_check_polls_one_order_and_says_how_many_wait(place: PollPlace) -> None:
    fill(place, 3)
    place.marks.mark = stamp(1)
    assert place.channel().check() == (
        f"http://127.0.0.1:{place.server.port}: let in as {USER}; 2 waiting, changed after {stamp(1)}"
    )
    assert asked(place) == [(stamp(1), 0, 1)]
    assert place.marks.written == []


def test_at_most_ten_requests_leave_in_any_second_log_ins_counted(place: PollPlace) -> None:
    place.server.shelf.most = 5
    fill(place, 100)
    clock = Clock()
    take_in(place.channel(pacer=Pacer(10, clock, clock.sleep)))
    assert len(asked(place)) == 20
    assert clock.now - 1000 == pytest.approx(2.0)


# Things that happen


def order(n: int) -> bytes:
    return b'{"id": "%d", "lastUpdatedAt": "%s"}' % (n, stamp(n).encode())


def page(orders: list[bytes], *, total: int, mark: str | None) -> bytes:
    return b'{"data":[%s],"total":%d,"lastUpdatedAt":%s}' % (b",".join(orders), total, json.dumps(mark).encode())


def at(place: PollPlace, offset: int, happens: Callable[[], object], *, after: bool = False) -> None:
    """It happens once, before the first page at this offset is made (or the first after it)."""
    done = False

    def before(asked_for: int) -> None:
        nonlocal done
        if not done and (asked_for > offset if after else asked_for == offset):
            done = True
            happens()

    place.server.shelf.before_page = before
