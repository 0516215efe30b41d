"""Whatever bytes come over the wire, the answer is no 500, nothing wrong is kept, and the next caller is served."""

from __future__ import annotations

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync.server import wire
from tests.server.desk import SHOP_TABLE, WEBHOOK, Desk, until
from tests.server.raw import LOGIN, Caller
from tests.sync.partners import ubl

ORDER = ubl("S1")
START = f"POST /in/shop HTTP/1.1\r\nHost: desk\r\n{LOGIN}\r\n"
LENGTH = f"Content-Length: {len(ORDER)}\r\n"

LIES: dict[str, tuple[bytes, set[int | None]]] = {
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50 + b"\r\n\r\n", {400}),
    "an empty line": (b"\r\n\r\n\r\n", {400, 408, None}),
    "no host": (f"POST /in/shop HTTP/1.1\r\n{LOGIN}\r\n\r\n".encode(), {400}),
    "HTTP/9.9": (START.replace("HTTP/1.1", "HTTP/9.9").encode() + b"\r\n", {400}),
    "a header that ends the head": (f"{START}X: a\r\n\r\n{LENGTH}\r\n".encode() + ORDER, {400}),
    "a NUL in a header": (f"{START}X: a\0b\r\n{LENGTH}\r\n".encode() + ORDER, {400}),
    "a NUL in the path": (b"POST /in/shop\0 HTTP/1.1\r\nHost: desk\r\n\r\n", {400}),
    "a folded header": (f"{START}X: a\r\n b\r\n{LENGTH}\r\n".encode() + ORDER, {200, 400}),
    "a header without a colon": (f"{START}nonsense\r\n\r\n".encode(), {400}),
    "a space before the colon": (f"{START}Content-Length : 3\r\n\r\nabc".encode(), {400}),
    "a huge header": (f"{START}X: {'a' * 200_000}\r\n\r\n".encode(), {400, None}),
    "very many headers": ((START + "".join(f"X-{n}: a\r\n" for n in range(20_000)) + "\r\n").encode(), {400, None}),
    "a huge path": (b"POST /" + b"a" * 200_000 + b" HTTP/1.1\r\n\r\n", {400, None}),
    "two lengths": (f"{START}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd".encode(), {400}),
    "a length below nothing": (f"{START}Content-Length: -1\r\n\r\n".encode(), {400}),
    "a length that is none": (f"{START}Content-Length: three\r\n\r\nabc".encode(), {400}),
    "a length of many digits": (f"{START}Content-Length: {'9' * 400}\r\n\r\n".encode(), {400, 413}),
    "length and chunks": (f"{START}{LENGTH}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n".encode(), {400}),
    "an unknown transfer encoding": (f"{START}Transfer-Encoding: gzip\r\n\r\n".encode(), {400, 501}),
    "a chunk that lies about its size": (
        f"{START}Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n".encode(),
        {400},
    ),
    "a chunk of no size": (f"{START}Transfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n".encode(), {400}),
    "a chunk below nothing": (f"{START}Transfer-Encoding: chunked\r\n\r\n-3\r\nabc\r\n".encode(), {400}),
    "a chunk larger than all": (f"{START}Transfer-Encoding: chunked\r\n\r\n{'f' * 30}\r\nabc".encode(), {400}),
    "a chunk with a long extension": (
        f"{START}Transfer-Encoding: chunked\r\n\r\n3;{'x' * 100_000}\r\nabc".encode(),
        {400, 408},
    ),
    "an upgrade": (f"{START}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n".encode(), {400}),
    "HTTP/2 in the clear": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {400, 404}),
    "an absolute address": (
        b"POST http://evil.example/in/shop HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
        {401},
    ),
    "a proxy's connect": (b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
    "a star": (b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n", {404}),
}


@pytest.fixture
def impatient(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setattr(wire, "REQUEST_SECONDS", 0.3)
    desk.write(SHOP_TABLE, WEBHOOK + 'body_within = "300ms"\n')
    return desk


@pytest.mark.parametrize(("words", "statuses"), LIES.values(), ids=LIES.keys())
def test_a_lie_on_the_wire_is_the_callers_fault_and_hurts_nobody_else(
    impatient: Desk, words: bytes, statuses: set[int | None]
) -> None:
    with impatient.serving():
        with Caller(impatient) as caller:
            try:
                caller.say(words)
            except ConnectionError:
                assert None in statuses
            assert caller.status() in statuses

        assert impatient.post(ubl("S2")).status_code == 200
    assert not impatient.logged("request stumbled")


def test_a_length_that_is_never_reached_keeps_nothing(served: Desk) -> None:
    with Caller(served) as caller:
        caller.say(f"{START}Content-Length: {len(ORDER) + 1}\r\n\r\n".encode() + ORDER)
    until(lambda: served.logged("request", word="went away"), "it is seen that the caller went away")

    assert served.documents == []


def test_more_bytes_than_the_length_are_the_next_request_and_no_part_of_this_one(served: Desk) -> None:
    with Caller(served) as caller:
        caller.say(f"{START}{LENGTH}\r\n".encode() + ORDER + b"GARBAGE\r\n\r\n")
        assert (caller.status(), caller.status()) == (200, 400)

    assert [body for _, _, body in served.documents] == [ORDER]


def test_requests_that_come_together_are_answered_in_turn(served: Desk) -> None:
    bodies = [ubl(f"S{n}") for n in range(5)]
    with Caller(served) as caller:
        caller.say(b"".join(f"{START}Content-Length: {len(body)}\r\n\r\n".encode() + body for body in bodies))
        assert [caller.status() for _ in bodies] == [200] * 5

    assert [body for _, _, body in served.documents] == bodies


def test_a_request_of_http_1_0_is_answered(served: Desk) -> None:
    with Caller(served) as caller:
        caller.say(f"POST /in/shop HTTP/1.0\r\n{LOGIN}\r\n{LENGTH}\r\n".encode() + ORDER)
        assert caller.status() == 200
        assert caller.closed()


def test_a_refused_body_is_read_past_and_the_connection_serves_on(served: Desk) -> None:
    with Caller(served) as caller:
        caller.say(f"POST /nowhere HTTP/1.1\r\nHost: desk\r\n{LENGTH}\r\n".encode() + ORDER)
        caller.say(f"{START}{LENGTH}\r\n".encode() + ORDER)
        assert (caller.status(), caller.status()) == (404, 200)


def test_a_head_that_trickles_is_given_up(impatient: Desk) -> None:
    with impatient.serving(), Caller(impatient) as caller:
        caller.say(b"POST /in/shop HTTP/1.1\r\nHost: ")
        stop = threading.Event()

        def trickle() -> None:
            while not stop.wait(0.05):
                try:
                    caller.say(b"x")
                except OSError:
                    return

        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            assert caller.status() in (408, None)  # None: our next byte broke it before we heard
        finally:
            stop.set()
            thread.join()


def test_a_head_that_stops_half_way_is_told_so(impatient: Desk) -> None:
    with impatient.serving(), Caller(impatient) as caller:
        caller.say(b"POST /in/shop HTTP/1.1\r\nHost: ")
        assert caller.status() == 408
        assert caller.closed()


def test_a_connection_that_never_says_a_word_is_ended(impatient: Desk) -> None:
    with impatient.serving(), Caller(impatient) as caller:
        assert caller.status() is None


def test_a_refused_body_that_never_ends_is_ended(impatient: Desk) -> None:
    with impatient.serving(), Caller(impatient) as caller:
        caller.say(b"POST /nowhere HTTP/1.1\r\nHost: desk\r\nContent-Length: 1000000\r\n\r\nabc")
        assert caller.status() == 404
        assert caller.closed()


TARGETS = st.one_of(
    st.just("/in/shop"), st.text(st.characters(codec="latin-1"), max_size=30).map(lambda text: f"/{text}")
)
NAMES = st.sampled_from(
    [
        "Content-Type",
        "Content-Encoding",
        "SOAPAction",
        "Idempotency-Key",
        "Expect",
        "Connection",
        "X-Forwarded-For",
        "Range",
        "TE",
    ]
)
VALUES = st.text(st.characters(codec="latin-1"), max_size=40)
BODIES = st.one_of(
    st.binary(max_size=300),
    st.sampled_from(
        [ORDER, ORDER[:200], b"{", b'{"id": 1, "name": 2, "payload": 3}', b"<s:Envelope xmlns:s='x'/>", b"\xff\xfe<\0"]
    ),
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    st.sampled_from(["POST", "GET", "PUT", "X"]),
    TARGETS,
    st.lists(st.tuples(NAMES, VALUES), max_size=4),
    BODIES,
    st.booleans(),
)
def test_no_request_whatever_is_answered_with_500(
    served: Desk, method: str, target: str, headers: list[tuple[str, str]], body: bytes, chunked: bool
) -> None:
    told = "".join(f"{name}: {value}\r\n" for name, value in headers)
    sized = "Transfer-Encoding: chunked\r\n" if chunked else f"Content-Length: {len(body)}\r\n"
    sent = (
        f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"
        if chunked and body
        else b"0\r\n\r\n"
        if chunked
        else body
    )
    words = f"{method} {target} HTTP/1.1\r\nHost: desk\r\n{LOGIN}\r\n{told}{sized}\r\n".encode("latin-1") + sent
    with Caller(served) as caller:
        caller.say(words)
        status = caller.status()
        while status == 100:
            status = caller.status()

    assert status in {200, 202, 400, 401, 404, 405, 408, 413, 415, 429, None}
    assert not served.logged("request stumbled")
