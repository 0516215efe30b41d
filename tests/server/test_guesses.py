"""Who tries out log-ins is not heard for a while, whatever it says then; nobody else feels it."""

from __future__ import annotations

import hmac
import socket
from hashlib import sha256

import httpx
import pytest

from sync.server.guesses import MOST_CALLERS, Guesses, caller
from tests.server.desk import LOOM_TABLE, MOST_SECONDS, SECRET, SHOP, SHOP_TABLE, STEEL_TABLE, TOKEN, WEBHOOK, Desk
from tests.server.raw import LOGIN, Caller
from tests.sync.partners import tradecloud, ubl

WRONG = ("buyer", "a guess")
ORDER = ubl("S1")


def guarded(desk: Desk, most: int = 3, more: str = "", tables: str = SHOP_TABLE + STEEL_TABLE + LOOM_TABLE) -> Desk:
    desk.write(tables, f"{WEBHOOK}most_failures_per_minute = {most}\n{more}")
    return desk


def guesses(desk: Desk, count: int) -> list[int]:
    return [desk.post(ORDER, auth=WRONG).status_code for _ in range(count)]


def test_after_so_many_wrong_log_ins_the_right_one_is_not_heard_either(desk: Desk) -> None:
    with guarded(desk).serving():
        assert guesses(desk, 4) == [401, 401, 401, 429]
        answer = desk.post(ORDER)

    assert answer.status_code == 429
    assert 1 <= int(answer.headers["retry-after"]) <= 20
    assert answer.json() == {"error": "too many wrong log-ins from this address; wait"}
    assert "www-authenticate" not in answer.headers
    assert desk.documents == []
    words = {each["word"] for each in desk.logged("request", status=429)}
    assert words == {"too many wrong log-ins; callers through a proxy are one without behind_proxy = true"}


def test_who_waits_as_told_is_heard_again(desk: Desk) -> None:
    with guarded(desk, most=60).serving():  # one a second comes back
        assert guesses(desk, 60) == [401] * 60
        wait = int(desk.post(ORDER).headers.get("retry-after", "0"))
        assert wait <= 1
        while (answer := desk.post(ORDER)).status_code == 429:
            assert int(answer.headers["retry-after"]) == 1
        assert answer.status_code == 200


def test_right_log_ins_are_not_counted_however_many(desk: Desk) -> None:
    with guarded(desk, most=1).serving():
        assert [desk.post(ubl(f"S{n}")).status_code for n in range(5)] == [200] * 5


def test_who_first_asks_which_log_in_is_wanted_has_not_guessed(desk: Desk) -> None:
    """Some clients post without one, and again with it after 401."""
    with guarded(desk, most=1).serving():
        for n in range(5):
            assert desk.post(ubl(f"S{n}"), auth=None).status_code == 401
            assert desk.post(ubl(f"S{n}")).status_code == 200


def test_another_connection_of_the_same_platform_does_not_feel_it(desk: Desk) -> None:
    with guarded(desk, most=1).serving():
        assert guesses(desk, 2) == [401, 429]
        assert desk.post(tradecloud("T1"), "/in/steel").status_code == 200


def test_tokens_are_counted_too(desk: Desk) -> None:
    def post(token: str) -> int:
        headers = {"Authorization": f"Bearer {token}"}
        return desk.post(tradecloud("T1"), "/in/steel", headers=headers).status_code

    with guarded(desk, most=1).serving():
        assert [post("guess"), post(TOKEN)] == [401, 429]


EVENT = b'{"id": "e-1", "name": "order.placed", "payload": {}}'
RIGHT = {"X-Loom-Signature": hmac.new(SECRET.encode(), EVENT, sha256).hexdigest()}


@pytest.mark.parametrize(
    ("headers", "read"),
    [({}, 0), ({"X-Loom-Signature": "0" * 63}, 0), ({"X-Loom-Signature": "0" * 64}, len(EVENT))],
    ids=["none", "what can be none", "a wrong one"],
)
def test_signatures_are_counted_too_and_no_further_body_is_read(desk: Desk, headers: dict[str, str], read: int) -> None:
    with guarded(desk, most=1).serving():
        assert desk.post(EVENT, "/in/loom", headers=headers).status_code == 401
        assert desk.post(EVENT, "/in/loom", headers=RIGHT).status_code == 429
    assert [each["bytes"] for each in desk.logged("request")] == [read, 0]


def test_a_body_that_never_comes_to_its_end_has_no_right_signature(desk: Desk) -> None:
    with guarded(desk, 1, 'body_within = "300ms"\n').serving():
        with Caller(desk) as silent:
            silent.head("/in/loom", f"X-Loom-Signature: {'0' * 64}", "Content-Length: 100")
            assert silent.status() == 408
        assert desk.post(EVENT, "/in/loom", headers=RIGHT).status_code == 429


def test_the_wsdl_is_no_way_round(desk: Desk) -> None:
    with guarded(desk, most=1).serving():
        statuses = [httpx.get(f"{desk.url}/in/shop?wsdl", auth=each).status_code for each in (WRONG, SHOP)]
    assert statuses == [401, 429]


def test_another_address_does_not_feel_it(desk: Desk) -> None:
    def post_from(address: str, login: str) -> int:
        """The whole network 127.0.0.0/8 is this machine."""
        with socket.create_connection(("127.0.0.1", desk.port), MOST_SECONDS, (address, 0)) as connection:
            head = f"POST /in/shop HTTP/1.1\r\nHost: desk\r\n{login}\r\nContent-Length: {len(ORDER)}\r\n\r\n"
            connection.sendall(head.encode() + ORDER)
            return int(connection.recv(65536).split(b" ", 2)[1])

    with guarded(desk, most=1).serving():
        assert post_from("127.0.0.2", "Authorization: Bearer guess") == 401
        assert post_from("127.0.0.2", LOGIN) == 429
        assert post_from("127.0.0.3", LOGIN) == 200


# Behind a proxy


def through_proxy(desk: Desk, said: str, auth: tuple[str, str] = WRONG) -> int:
    return desk.post(ORDER, auth=auth, headers={"X-Forwarded-For": said}).status_code


def test_behind_a_proxy_the_caller_is_who_the_proxy_says(desk: Desk) -> None:
    with guarded(desk, 1, "behind_proxy = true\n").serving():
        assert through_proxy(desk, "203.0.113.9") == 401
        assert through_proxy(desk, "203.0.113.9", SHOP) == 429
        assert through_proxy(desk, "203.0.113.10", SHOP) == 200


def test_a_proxy_is_believed_by_a_listener_for_both_families_too(desk: Desk) -> None:
    guarded(desk, 1, "behind_proxy = true\ninsecure = true\n")
    settings = desk.path.read_text(encoding="utf-8")
    desk.path.write_text(settings.replace("127.0.0.1:0", "[::]:0"), encoding="utf-8")
    with desk.serving():
        assert through_proxy(desk, "203.0.113.9") == 401
        assert through_proxy(desk, "203.0.113.10", SHOP) == 200


def test_what_the_caller_wrote_before_the_proxy_did_makes_no_other_of_it(desk: Desk) -> None:
    """A proxy adds to what it got: its own word is the last."""
    with guarded(desk, 1, "behind_proxy = true\n").serving():
        assert through_proxy(desk, "198.51.100.1, 203.0.113.9") == 401
        assert through_proxy(desk, "198.51.100.2, 203.0.113.9", SHOP) == 429
        assert through_proxy(desk, "203.0.113.9, 198.51.100.1", SHOP) == 200


def test_a_port_beside_the_address_makes_no_other_of_it(desk: Desk) -> None:
    with guarded(desk, 1, "behind_proxy = true\n").serving():
        assert through_proxy(desk, "203.0.113.9:40001") == 401
        assert through_proxy(desk, "203.0.113.9:40002", SHOP) == 429


def test_without_a_proxy_nobody_is_another_for_saying_so(desk: Desk) -> None:
    with guarded(desk, 1).serving():
        assert through_proxy(desk, "203.0.113.9") == 401
        assert through_proxy(desk, "203.0.113.10", SHOP) == 429


# The arithmetic


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        (" 203.0.113.9 ", "203.0.113.9"),
        ("203.0.113.9:443", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::99", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::99]:443", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
    ],
)
def test_an_address_is_counted_by_what_one_caller_has_of_them(address: str, counted: str) -> None:
    assert caller(address) == counted


@pytest.mark.parametrize("address", ["", "unknown", "_hidden", "203.0.113", "1" * 5000, "\x1b[2J", "[", ":", "a:b:c"])
def test_what_is_no_address_is_counted_as_one(address: str) -> None:
    assert caller(address) == "unknown"


def test_a_guess_comes_back_with_time() -> None:
    guesses = Guesses(2)
    one = ("/in", "a")
    for _ in range(2):
        assert guesses.wait(one, 100.0) == 0.0
        guesses.wrong(one, 100.0)
    assert guesses.wait(one, 100.0) == pytest.approx(30)
    assert guesses.wait(one, 115.0) == pytest.approx(15)
    assert guesses.wait(one, 130.0) == 0.0
    guesses.wrong(one, 130.0)
    assert guesses.wait(one, 130.0) == pytest.approx(30)


def test_however_many_guess_the_memory_of_them_does_not_grow() -> None:
    guesses = Guesses(1, most_callers=3)
    for n in range(1000):
        guesses.wrong(("/in", str(n)), 0.0)
    assert len(guesses) == 3
    assert [guesses.wait(("/in", str(n)), 0.0) > 0 for n in (996, 997, 998, 999)] == [False, True, True, True]
    assert MOST_CALLERS < 100_000


def test_who_was_wrong_longest_ago_is_forgotten_first() -> None:
    guesses = Guesses(2, most_callers=2)
    for name in ("a", "b", "a", "c"):
        guesses.wrong(("/in", name), 0.0)
    assert guesses.wait(("/in", "a"), 0.0) > 0
    guesses.wrong(("/in", "b"), 0.0)
    assert guesses.wait(("/in", "b"), 0.0) == 0.0


def test_who_asks_whether_it_may_takes_no_memory() -> None:
    guesses = Guesses(1)
    assert guesses.wait(("/in", "a"), 0.0) == 0.0
    assert len(guesses) == 0
