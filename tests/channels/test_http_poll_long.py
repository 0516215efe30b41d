"""Lists of changes that are long, grow as fast as they are read, or have no end: nothing is lost, nothing read for ever.

The bounds are small here, so that a few dozen orders are many.
"""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from sync.channels import Arrival, ChannelError, Unreachable
from sync.channels import http_poll as bounds
from sync.demo.servers.tradecloud import Fault
from tests.channels.places import PollPlace, poll_place, stamp
from tests.channels.rounds import payloads, take_in
from tests.channels.test_http_poll_clock import NOW, at, changes


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PollPlace]:
    """Pages of ten, a list of thirty is long, a hundred are enough for one poll, and three hundred have no end."""
    for bound, orders in (("PAGE", 10), ("LONG", 30), ("MOST_ORDERS", 100), ("ENDLESS", 300)):
        monkeypatch.setattr(bounds, bound, orders)
    with poll_place(tmp_path) as place:
        yield place


def asked(place: PollPlace) -> list[tuple[object, object]]:
    return [(poll["filters"]["lastUpdatedAfter"], poll["offset"]) for poll in place.server.shelf.polls]  # type: ignore[index]


def order(number: str, time: str, version: int = 1) -> bytes:
    return json.dumps({"id": number, "version": version, "lastUpdatedAt": time}).encode()


def fill(place: PollPlace, orders: int, *, alike: int = 1, first: int = 0) -> list[bytes]:
    """Orders, so many `alike` changed at the same time."""
    left = []
    for n in range(first, first + orders):
        time = stamp(1 + n // alike)
        place.server.shelf.put(f"PO-{n:04d}", time, payload := order(f"PO-{n:04d}", time))
        left.append(payload)
    return left


def more_waits(place: PollPlace) -> bool:
    return place.marks.ends[-1][1]


def take_some(place: PollPlace, most: int) -> list[Arrival]:
    """A round that is cut off after so many orders, all of which are stored."""
    taken = []
    with place.channel().session() as session:
        for arrival in itertools.islice(session.arrivals(), most):
            session.archive(arrival)
            taken.append(arrival)
    return taken


def test_a_list_that_is_not_long_is_read_by_its_pages(place: PollPlace) -> None:
    left = fill(place, 30)
    assert payloads(take_in(place.channel())) == left
    assert [offset for _, offset in asked(place)] == [0, 10, 20]
    assert place.marks.written == [stamp(30)]


def test_a_long_list_is_read_by_time_and_noted_page_by_page(place: PollPlace) -> None:
    left = fill(place, 45)
    assert payloads(take_in(place.channel())) == left
    assert {offset for _, offset in asked(place)} == {0}
    assert [since for since, _ in asked(place)[1:]] == place.marks.written[:-1]
    assert place.marks.written == [stamp(n) for n in (9, 18, 27, 36, 45)]


def test_what_was_taken_in_of_a_long_list_is_not_asked_for_again_after_the_round_was_cut_off(place: PollPlace) -> None:
    left = fill(place, 60)
    before = payloads(take_some(place, 35))
    assert place.marks.mark == stamp(27)
    after = payloads(take_in(place.channel()))
    assert before == left[:35]
    assert after == left[27:]


def test_nothing_is_noted_that_our_store_does_not_have_yet(place: PollPlace) -> None:
    fill(place, 60)
    with place.channel().session() as session:
        arrivals = list(session.arrivals())
        assert place.marks.written == []
        for arrival in arrivals[1:]:
            session.archive(arrival)
        assert place.marks.written == []
        session.archive(arrivals[0])
    assert place.marks.mark == stamp(60)


@pytest.mark.parametrize("alike", [2, 3, 7, 9, 10, 11, 25, 80])
def test_orders_of_the_same_time_are_not_skipped_wherever_a_page_ends(place: PollPlace, alike: int) -> None:
    left = fill(place, 80, alike=alike)
    assert payloads(take_in(place.channel())) == left
    assert take_in(place.channel()) == []


@pytest.mark.parametrize("alike", [2, 3, 7, 9])
def test_nor_where_a_round_is_cut_off_after_any_number_of_them(place: PollPlace, alike: int) -> None:
    left = fill(place, 60, alike=alike)
    taken: set[bytes] = set()
    for most in (3, 13, 21, 34, 55, 60, 60):
        taken.update(payloads(take_some(place, most)))
    assert taken == set(left)


def test_a_platform_that_always_has_newer_orders_does_not_hold_us_and_loses_nothing(place: PollPlace) -> None:
    """Each time that it is asked, more orders change than it gives."""
    numbers = itertools.count()
    place.server.shelf.before_page = lambda _offset: fill(place, 20, first=next(numbers) * 20)
    taken: list[bytes] = []
    for _ in range(3):
        taken += payloads(take_in(place.channel()))
        assert more_waits(place)
    assert place.marks.mark is not None
    assert place.marks.mark >= stamp(200)
    place.server.shelf.before_page = lambda _offset: None
    while more_waits(place):
        taken += payloads(take_in(place.channel()))
    assert set(taken) == {each.payload for each in place.server.shelf.orders.values()}
    assert place.waiting() == 0


def test_one_poll_takes_so_many_and_leaves_the_rest_to_the_next(place: PollPlace) -> None:
    left = fill(place, 250)
    first = payloads(take_in(place.channel()))
    assert more_waits(place)
    assert 100 <= len(first) < 120
    assert place.marks.mark == stamp(len(first) - 1)  # the last one's own time might hold others
    rest = []
    while more_waits(place):
        rest += payloads(take_in(place.channel()))
    assert {*first, *rest} == set(left)
    assert place.marks.mark == stamp(250)


def test_more_orders_of_one_time_than_a_poll_takes_are_taken_all_the_same(place: PollPlace) -> None:
    """Nobody could go on from half of them."""
    left = fill(place, 150, alike=150)
    assert payloads(take_in(place.channel())) == left
    assert place.marks.ends == [("", False)]
    assert place.marks.mark == stamp(1)


def test_orders_of_one_time_without_end_are_told_and_what_came_before_them_is_noted(place: PollPlace) -> None:
    before = fill(place, 5)
    numbers = itertools.count()

    def ten_more(_offset: int) -> None:
        for number in itertools.islice(numbers, 10):
            place.server.shelf.put(f"S-{number:04d}", stamp(9), order(f"S-{number:04d}", stamp(9)))

    place.server.shelf.before_page = ten_more
    taken: list[bytes] = []

    def take() -> None:
        with place.channel().session() as session:
            for arrival in session.arrivals():
                session.archive(arrival)
                taken.append(arrival.documents[0].payload)

    with pytest.raises(
        ChannelError, match="orders and has more, with no time in them from which one could go on; nothing"
    ):
        take()
    assert taken[:5] == before
    assert 300 <= len(taken) < 330
    assert place.marks.mark in (None, stamp(4), stamp(5))


def test_a_page_that_always_comes_again_is_not_read_for_ever(place: PollPlace) -> None:
    left = fill(place, 10)
    page = place.server.shelf.page

    def again(asked: bytes) -> bytes:
        given = json.loads(page(json.dumps({"filters": {}, "offset": 0, "limit": 10}).encode()))
        return json.dumps(given | {"total": 10**6}).encode() if asked else b""

    place.server.shelf.page = again  # type: ignore[method-assign]
    with pytest.raises(ChannelError, match="counts 1,000,000 changed orders and gave 10 of them"):
        take_in(place.channel())
    assert len(place.server.shelf.polls) < 20
    assert place.marks.mark == stamp(9)  # behind which its last one stands, and may stand more
    assert len(left) == 10


def test_a_long_list_without_times_is_read_by_its_pages_to_the_end(place: PollPlace) -> None:
    left = [place.leave(f"PO-{n}") for n in range(95)]
    assert payloads(take_in(place.channel())) == left
    assert [offset for _, offset in asked(place)] == list(range(0, 95, 10))
    assert place.marks.written == [stamp(95)]


def test_a_platform_that_asks_us_to_wait_in_the_middle_keeps_nothing_that_was_taken_from_us(place: PollPlace) -> None:
    left = fill(place, 60)
    place.server.plan_polls([Fault(), Fault(), Fault(), Fault(status=503)])
    taken: list[bytes] = []

    def take() -> None:
        with place.channel().session() as session:
            for arrival in session.arrivals():
                session.archive(arrival)
                taken.append(arrival.documents[0].payload)

    with pytest.raises(Unreachable):
        take()
    assert place.marks.mark == stamp(27)
    assert payloads(take_in(place.channel())) == left[27:]


def test_a_long_list_of_times_to_come_is_read_to_its_end_and_not_noted(place: PollPlace) -> None:
    place.marks.mark = at(days=-1)
    left = [changes(place, f"PO-{n:03d}", at(days=1, seconds=n)) for n in range(150)]
    assert payloads(take_in(place.channel(now=NOW))) == left
    assert (place.marks.mark, place.marks.written) == (at(days=-1), [])
    assert f"{at(days=1, seconds=149)}, which by this machine's clock is still to come" in place.marks.ends[0][0]


def test_times_to_come_do_not_stop_what_is_past_from_being_noted(place: PollPlace) -> None:
    past = [changes(place, f"PO-{n:03d}", at(hours=-1, seconds=n)) for n in range(70)]
    to_come = [changes(place, f"PZ-{n:03d}", at(days=1, seconds=n)) for n in range(50)]
    taken: list[bytes] = []
    for _ in range(4):
        taken += payloads(take_in(place.channel(now=NOW)))
    assert set(taken) == {*past, *to_come}
    assert place.marks.mark == at(hours=-1, seconds=69)
    assert payloads(take_in(place.channel(now=NOW))) == to_come


def test_times_to_come_without_end_do_not_hold_us(place: PollPlace) -> None:
    numbers = itertools.count()
    place.server.shelf.before_page = lambda _offset: [
        changes(place, f"PO-{n:04d}", at(days=1, seconds=n)) for n in itertools.islice(numbers, 20)
    ]
    with pytest.raises(ChannelError, match=r"gave 3.. orders and has more, all of them to come; nothing is lost"):
        take_in(place.channel(now=NOW))
    doubt, more = place.marks.ends[-1]
    assert "still to come" in doubt
    assert more


@pytest.mark.parametrize("seed", range(12))
def test_whatever_changes_while_we_read_the_last_word_on_every_order_is_heard(place: PollPlace, seed: int) -> None:
    """Orders change, come and share their times, pages are short, rounds are cut off; then it stands still."""
    chance = random.Random(seed)
    shelf = place.server.shelf
    second = 1
    versions: dict[str, int] = {}

    def change(number: str) -> None:
        versions[number] = versions.get(number, 0) + 1
        shelf.put(number, stamp(second), order(number, stamp(second), versions[number]))

    def meanwhile(_offset: int) -> None:
        nonlocal second
        for _ in range(chance.choice((0, 0, 1, 5, 12))):
            # Changes that come now are later than all that anybody was given.
            second = max(second, 2)
            change(f"PO-{chance.randrange(150):03d}")
        second += 1

    for number in range(120):
        change(f"PO-{number:03d}")
        second += chance.random() < 0.4
    shelf.before_page = meanwhile
    shelf.most = chance.choice((3, 7, 10))
    heard: dict[str, bytes] = {}

    def hear(most: int) -> None:
        with place.channel().session() as session:
            for arrival in itertools.islice(session.arrivals(), most):
                session.archive(arrival)
                heard[arrival.locator] = arrival.documents[0].payload

    for _ in range(6):
        with suppress(ChannelError):  # a list that never stands still is left for the next poll
            hear(chance.choice((5, 40, 1000)))
    shelf.before_page = lambda _offset: None
    hear(1000)
    while more_waits(place):
        hear(1000)
    assert {json.loads(each)["id"]: each for each in heard.values()} == {
        number: each.payload for number, each in shelf.orders.items()
    }
