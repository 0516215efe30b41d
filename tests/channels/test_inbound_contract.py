"""What every inbound channel does, whatever is on the other side: one suite, run against each, real servers included."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import pytest

from sync.channels import NotAdmitted, Unreachable
from tests.channels.places import PASSWORD, InboundPlace, inbound_place
from tests.channels.rounds import fetch, keys, payloads, take_in

FOLDERS = [
    "asyncssh",
    "pymap",
    pytest.param("openssh", marks=pytest.mark.real),
    pytest.param("dovecot", marks=pytest.mark.real),
]
"""Where documents of any kind lie until they are moved away, each by itself."""
PLACES = [*FOLDERS, "http-poll"]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[InboundPlace]:
    with inbound_place(request.param, tmp_path) as place:
        yield place


def test_an_empty_place_gives_nothing(place: InboundPlace) -> None:
    assert take_in(place.channel()) == []


def test_what_a_partner_left_arrives_with_its_name_and_bytes(place: InboundPlace) -> None:
    left = place.leave("PO-1.xml")
    [arrival] = take_in(place.channel())
    [document] = arrival.documents
    assert (document.name, document.payload) == ("PO-1.xml", left)
    assert document.problem == ""


def test_the_oldest_comes_first(place: InboundPlace) -> None:
    left = [place.leave(f"PO-{number}.xml") for number in (3, 1, 2)]
    assert payloads(take_in(place.channel())) == left


def test_what_was_taken_in_is_out_of_the_way_and_in_the_archive(place: InboundPlace) -> None:
    left = [place.leave(f"PO-{number}.xml") for number in (1, 2)]
    take_in(place.channel())
    assert place.waiting() == 0
    assert place.archived() == left
    assert take_in(place.channel()) == []


def test_what_was_not_archived_comes_again_under_the_same_key(place: InboundPlace) -> None:
    left = place.leave("PO-1.xml")
    before = fetch(place.channel())
    assert place.archived() == []
    after = take_in(place.channel())
    assert keys(before) == keys(after) != []
    assert payloads(after) == [left]
    assert place.archived() == [left]


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
def test_a_round_that_ends_after_the_first_leaves_the_others_for_the_next(place: InboundPlace) -> None:
    for number in range(3):
        place.put(f"PO-{number}.xml", b"<Order>%d</Order>" % number)
    with place.channel().session() as session:
        first = next(iter(session.arrivals()))
        session.archive(first)
    assert payloads([first]) + payloads(take_in(place.channel())) == [b"<Order>%d</Order>" % n for n in range(3)]
    assert len(place.archived()) == 3


def test_archiving_twice_in_any_session_does_nothing_more(place: InboundPlace) -> None:
    left = place.leave("PO-1.xml")
    channel = place.channel()
    with channel.session() as session:
        [arrival] = session.arrivals()
        session.archive(arrival)
        session.archive(arrival)
    with channel.session() as session:
        session.archive(arrival)
    assert place.archived() == [left]


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
def test_an_arrival_can_be_archived_in_a_later_session(place: InboundPlace) -> None:
    place.put("PO-1.xml", b"<Order>1</Order>")
    channel = place.channel()
    [arrival] = fetch(channel)
    with channel.session() as session:
        assert session.archive(arrival)
    assert place.waiting() == 0
    assert place.archived() == [b"<Order>1</Order>"]


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
def test_the_same_name_with_other_bytes_is_another_arrival(place: InboundPlace) -> None:
    channel = place.channel()
    place.put("PO-1.xml", b"<Order>A</Order>")
    first = take_in(channel)
    place.put("PO-1.xml", b"<Order>B</Order>")
    second = take_in(channel)
    assert payloads(first + second) == [b"<Order>A</Order>", b"<Order>B</Order>"]
    assert first[0].fingerprint != second[0].fingerprint
    assert place.archived() == [b"<Order>A</Order>", b"<Order>B</Order>"]


def test_the_same_name_and_bytes_again_are_heard_again(place: InboundPlace) -> None:
    channel = place.channel()
    for _ in range(2):
        left = place.leave("PO-1.xml", "A")
        assert payloads(take_in(channel)) == [left]
    assert place.waiting() == 0
    assert set(place.archived()) == {left}


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
@pytest.mark.parametrize(
    "payload",
    [bytes(range(256)) * 40, b"", b"\r\n.\r\n+ OK\r\n)\r\n", "ünïcode\n".encode("utf-16")],
    ids=["every byte", "nothing", "lines of a protocol", "utf-16"],
)
def test_bytes_come_as_they_were_left(place: InboundPlace, payload: bytes) -> None:
    place.put("PO-1.dat", payload)
    assert payloads(take_in(place.channel())) == [payload]
    assert place.archived() == [payload]


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
def test_a_document_of_many_packets_comes_whole(place: InboundPlace) -> None:
    payload = b"".join(b"<line>%07d</line>" % n for n in range(45_000))
    place.put("PO-1.xml", payload)
    [got] = payloads(take_in(place.channel(most_bytes=10_000_000)))
    assert sha256(got).hexdigest() == sha256(payload).hexdigest()


def test_something_far_too_large_is_one_document_with_a_problem_and_stops_nobody(place: InboundPlace) -> None:
    before = place.leave("PO-1.xml")
    place.leave("huge.xml", "x" * 200_000)
    after = place.leave("PO-2.xml")
    first, large, last = take_in(place.channel(most_bytes=100_000))
    assert payloads([first, last]) == [before, after]
    [document] = large.documents
    assert "bytes, more than an order can have (100,000)" in document.problem
    assert document.remedy
    assert len(document.payload) <= 100_000
    assert place.waiting() == 0


def test_what_another_client_took_away_in_between_stops_nobody(place: InboundPlace) -> None:
    place.leave("PO-1.xml")
    with place.channel().session() as session:
        arrivals = session.arrivals()
        place.take_away()
        for arrival in arrivals:  # what was asked for before may still come
            session.archive(arrival)
    assert place.waiting() == 0


def test_names_lead_nowhere(place: InboundPlace, tmp_path: Path) -> None:
    names = [
        "x..%2F..%2Fevil.xml",
        "$(touch evil).xml",
        "[@click=app.quit] x.xml",
        "a;b'c\"d.xml",
        "naïve 訂單.xml",
        "%s.xml",
    ]
    left = [place.leave(name) for name in names]
    arrivals = take_in(place.channel())
    assert payloads(arrivals) == left
    assert [arrival.documents[0].name for arrival in arrivals] == names
    assert len(place.archived()) == len(names)
    assert not [path for path in tmp_path.rglob("*evil*") if "partner" not in path.parts]


def test_keys_are_one_line_of_text_and_a_sha256(place: InboundPlace) -> None:
    place.leave("naïve.xml")
    [arrival] = take_in(place.channel())
    json.dumps(arrival.locator).encode("utf-8")
    assert arrival.locator.isprintable()
    assert len(bytes.fromhex(arrival.fingerprint)) == 32


def test_check_tells_what_waits_and_takes_nothing(place: InboundPlace) -> None:
    place.leave("PO-1.xml")
    place.leave("PO-2.xml")
    assert "2 waiting" in place.channel().check()
    assert place.waiting() == 2
    assert place.archived() == []


def test_wrong_credentials_are_not_admitted_and_never_told(place: InboundPlace) -> None:
    channel = (
        place.channel(password="hunter2", private_key=None)
        if hasattr(place, "root")
        else place.channel(password="hunter2")
    )
    with pytest.raises(NotAdmitted) as refused, channel.session():
        pass
    assert str(place.server.port) in str(refused.value)
    assert "check user" in str(refused.value)
    assert "hunter2" not in str(refused.value)


def test_a_secret_that_cannot_be_had_says_where_it_was_looked_for(place: InboundPlace) -> None:
    channel = place.channel(password={"env": "PODESK_TEST_NO_SUCH_VARIABLE"})
    with pytest.raises(NotAdmitted, match="PODESK_TEST_NO_SUCH_VARIABLE"):
        channel.check()


def test_a_server_that_is_away_is_unreachable(place: InboundPlace) -> None:
    place.server.stop()
    with pytest.raises(Unreachable, match=f"127.0.0.1:{place.server.port}"), place.channel().session():
        pass


def test_a_server_that_says_nothing_is_unreachable_after_the_time_out(place: InboundPlace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        channel = place.channel(port=silent.getsockname()[1], timeout=0.2)
        with pytest.raises(Unreachable, match="in time"):
            channel.check()


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
def test_a_server_that_speaks_another_language_is_unreachable(place: InboundPlace, http_server: int) -> None:
    with pytest.raises(Unreachable, match=f"127.0.0.1:{http_server}"):
        place.channel(port=http_server, timeout=2).check()


@pytest.mark.parametrize("place", FOLDERS, indirect=True)
def test_a_connection_that_is_lost_says_so_each_time_and_at_once(place: InboundPlace) -> None:
    for number in range(2):
        place.put(f"PO-{number}.xml", b"<Order>%d</Order>" % number)
    with place.channel().session() as session:
        arrivals = session.arrivals()
        first = next(arrivals)
        place.server.stop()
        for _ in range(3):
            with pytest.raises(Unreachable):
                session.archive(first)


def test_the_same_channel_goes_on_after_a_round_that_broke_off(place: InboundPlace) -> None:
    channel = place.channel()
    left = place.leave("PO-1.xml")
    with suppress(ZeroDivisionError), channel.session() as session:
        next(iter(session.arrivals()))
        raise ZeroDivisionError
    assert payloads(take_in(channel)) == [left]


def test_no_password_stands_in_what_a_channel_shows_of_itself(place: InboundPlace) -> None:
    channel = place.channel()
    assert PASSWORD not in repr(channel) + repr(vars(channel))
