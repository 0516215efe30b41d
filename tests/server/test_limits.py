"""So much and no more: of one document, in a minute, at once, and of everybody's patience."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.server.limits import Full, Rate, Room
from tests.server.desk import MOST_SECONDS, SHOP, SHOP_TABLE, STEEL_TABLE, WEBHOOK, Desk, until
from tests.server.raw import Caller
from tests.sync.partners import tradecloud, ubl

ORDER = ubl("S1")


@contextmanager
def limited(desk: Desk, **limits: str | int) -> Iterator[Desk]:
    lines = "".join(
        f'{key} = "{value}"\n' if isinstance(value, str) else f"{key} = {value}\n" for key, value in limits.items()
    )
    desk.write(SHOP_TABLE + STEEL_TABLE, WEBHOOK + lines)
    with desk.serving():
        yield desk


def chunks(body: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(body), size):
        yield body[at : at + size]


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_document_of_as_many_bytes_as_are_allowed_is_taken_and_one_more_is_too_many(
    desk: Desk, chunked: bool
) -> None:
    with limited(desk, most_bytes=len(ORDER)):
        for body, status in ((ORDER, 200), (ORDER + b"\n", 413)):
            content = chunks(body, 100) if chunked else body
            assert httpx.post(f"{desk.url}/in/shop", content=content, auth=SHOP).status_code == status
        assert [body for _, _, body in desk.documents] == [ORDER]


def test_a_document_that_says_it_is_too_large_is_refused_before_it_comes(desk: Desk) -> None:
    with limited(desk, most_bytes=1000), Caller(desk) as caller:
        caller.head("/in/shop", "Content-Length: 1001")
        assert caller.status() == 413


def test_who_waits_for_100_continue_hears_the_refusal_in_its_place(desk: Desk) -> None:
    with limited(desk, most_bytes=1000), Caller(desk) as caller:
        caller.head("/in/shop", "Content-Length: 1001", "Expect: 100-continue")
        assert caller.status() == 413


def test_who_waits_for_100_continue_and_is_welcome_is_told_to_go_on(served: Desk) -> None:
    with Caller(served) as caller:
        caller.head("/in/shop", f"Content-Length: {len(ORDER)}", "Expect: 100-continue")
        assert caller.status() == 100
        caller.say(ORDER)
        assert caller.status() == 200


def test_so_many_documents_a_minute_and_the_next_is_told_when_to_come_again(desk: Desk) -> None:
    with limited(desk, most_per_minute=3):
        answers = [desk.post(ubl(f"S{n}")) for n in range(4)]
        other = desk.post(tradecloud("T1"), "/in/steel")

    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[3].headers["retry-after"]) <= 20
    assert other.status_code == 200
    assert len(desk.orders) == 4


def test_who_is_not_let_in_uses_up_nobodys_documents(desk: Desk) -> None:
    with limited(desk, most_per_minute=1):
        assert [desk.post(ORDER, auth=("x", "y")).status_code for _ in range(5)] == [401] * 5
        assert desk.post(ORDER).status_code == 200


def test_a_body_that_takes_too_long_is_given_up(desk: Desk) -> None:
    with limited(desk, body_within="300ms"), Caller(desk) as caller:
        caller.head("/in/shop", "Content-Length: 100")
        caller.say(b"<Order")
        assert caller.status() == 408
        assert caller.closed()
    assert desk.documents == []


def test_a_body_that_trickles_is_given_up_too(desk: Desk) -> None:
    with limited(desk, body_within="300ms"), Caller(desk) as caller:
        caller.head("/in/shop", "Content-Length: 1000000")
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.02):
                try:
                    caller.say(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert caller.status() == 408
        finally:
            stop.set()
            thread.join()


def test_so_many_requests_at_once_and_the_next_is_told_to_come_again(desk: Desk) -> None:
    with limited(desk, most_at_once=2), Caller(desk) as first, Caller(desk) as second:
        for caller in (first, second):
            caller.head("/in/shop", f"Content-Length: {len(ORDER)}", "Expect: 100-continue")
            assert caller.status() == 100  # it has its place
        refused = desk.post(ORDER)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
        for caller in (first, second):
            caller.say(ORDER)
            assert caller.status() == 200
        assert desk.post(ORDER).status_code == 200


def test_the_bytes_of_all_documents_at_once_have_a_limit_of_four_large_ones(desk: Desk) -> None:
    with limited(desk, most_bytes=1000):
        callers = []
        for _ in range(4):
            caller = Caller(desk)
            caller.head("/in/shop", "Content-Length: 1000", "Expect: 100-continue")
            assert caller.status() == 100
            caller.say(b" " * 999)
            callers.append(caller)

        def refused() -> bool:
            return desk.post(b"x" * 100).status_code == 503

        until(refused, "no more is taken")
        for caller in callers:
            caller.close()
        until(lambda: desk.post(b"x" * 100).status_code == 400, "there is room again")


SIGNED = f"X-Loom-Signature: {'0' * 64}"
"""By nobody whom we know: the signature over a body is known to be wrong only when all of it is there."""


def unsigned(desk: Desk, size: int, address: str = "127.0.0.1") -> tuple[Caller, int | None]:
    """A caller who was let in until the signature can be looked at, and what it is told."""
    caller = Caller(desk, address=address)
    caller.head("/in/loom", f"Content-Length: {size}", "Expect: 100-continue", SIGNED)
    return caller, caller.status()


def test_without_a_signature_nobody_has_a_place(desk: Desk) -> None:
    desk.write()
    with desk.serving(), Caller(desk) as caller:
        caller.head("/in/loom", "Content-Length: 10")
        assert caller.status() == 401


def test_who_is_not_known_yet_leaves_places_to_those_who_are_and_one_address_to_others(desk: Desk) -> None:
    desk.write(webhook=f"{WEBHOOK}most_at_once = 16\n")
    with ExitStack() as waiting, desk.serving():
        told = []
        for address in ("127.0.0.1", "127.0.0.2", "127.0.0.3"):
            for _ in range(3):
                caller, status = unsigned(desk, 10, address)
                waiting.push(caller)
                told.append(status)
        assert told == [100, 100, 503, 100, 100, 503, 503, 503, 503]
        assert desk.post(ORDER).status_code == 200
        assert desk.post(tradecloud("T1"), "/in/steel").status_code == 200


def test_who_is_not_known_yet_leaves_half_of_the_bytes_and_one_address_has_one_document_of_them(desk: Desk) -> None:
    desk.write(webhook=f"{WEBHOOK}most_bytes = 4000\n")
    with ExitStack() as waiting, desk.serving():
        for address, told in (("127.0.0.1", [None, 503]), ("127.0.0.2", [None, 503]), ("127.0.0.3", [503])):
            for expected in told:
                caller, status = unsigned(desk, 4000, address)
                waiting.push(caller)
                assert status == 100
                caller.say(b" " * 3999)
                if expected is not None:
                    assert caller.status() == expected
        assert desk.post(ORDER).status_code == 200


def test_a_caller_who_goes_away_leaves_nothing_behind(desk: Desk) -> None:
    with limited(desk, most_at_once=1):
        with Caller(desk) as caller:
            caller.head("/in/shop", "Content-Length: 1000", "Expect: 100-continue")
            assert caller.status() == 100
            caller.say(b"x")
        until(lambda: desk.post(ORDER).status_code == 200, "there is room again")
        assert desk.logged("request", word="went away", status=0)
    assert [body for _, _, body in desk.documents] == [ORDER]


def test_the_signature_of_a_large_body_is_checked_as_it_comes(desk: Desk) -> None:
    desk.write()
    with desk.serving():
        answer = httpx.post(
            f"{desk.url}/in/loom",
            content=b"x" * 5_000_000,
            headers={"X-Loom-Signature": "0" * 64},
            timeout=MOST_SECONDS,
        )
    assert answer.status_code == 401
    assert desk.documents == []


# The arithmetic


@given(st.lists(st.floats(0, 30), max_size=80), st.integers(1, 60))
def test_no_minute_has_more_than_a_bucketful_and_what_is_filled_in_meanwhile(pauses: list[float], most: int) -> None:
    rate = Rate(most)
    now, taken = 0.0, []
    for pause in pauses:
        now += pause
        if rate.take(now) == 0.0:
            taken.append(now)
    for start in taken:
        assert sum(start <= each <= start + 60 for each in taken) <= 2 * most + 1


def test_the_wait_that_is_told_is_enough() -> None:
    rate = Rate(2)
    assert [rate.take(0.0), rate.take(0.0)] == [0.0, 0.0]
    wait = rate.take(0.0)
    assert wait == pytest.approx(30)
    assert rate.take(wait) == 0.0


def test_room_is_given_back_whatever_happens() -> None:
    room = Room(10)
    with room.share() as share:
        share.grow(6)
        with pytest.raises(Full):
            share.grow(5)
    with room.share() as share:
        share.grow(10)
        with room.share() as other, pytest.raises(Full):
            other.grow(1)
    with room.share() as share:
        share.grow(10)


def test_one_caller_has_no_more_of_the_room_than_its_part_and_nobody_more_than_there_is() -> None:
    room = Room(10, of_one=4)
    with room.share("a") as first, room.share("a") as second, room.share("b") as third, room.share("c") as fourth:
        first.grow(3)
        second.grow(1)
        with pytest.raises(Full):
            second.grow(1)
        third.grow(4)
        with pytest.raises(Full):
            fourth.grow(3)
        fourth.grow(2)
    with room.share("a") as again:
        again.grow(4)


def test_a_listener_is_no_place_for_more_connections_than_files(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.server.wire.MOST_CONNECTIONS", 3)
    desk.write(SHOP_TABLE)
    with desk.serving():
        silent = [socket.create_connection(("127.0.0.1", desk.port)) for _ in range(3)]
        with Caller(desk) as caller:
            assert caller.status() == 503
            assert caller.closed()
        for each in silent:
            each.close()
        until(lambda: _posted(desk), "others get their turn again")


def _posted(desk: Desk) -> bool:
    try:
        return desk.post(ORDER).status_code == 200
    except httpx.HTTPError:
        return False
