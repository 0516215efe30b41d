"""What every outbound channel does, whatever is on the other side: one suite, run against each, real servers included."""

from __future__ import annotations

import datetime as dt
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.ids import uuid7
from sync.channels import NotAdmitted, OutboundChannel, Parcel, Uncertain, Unreachable
from tests.channels.places import PASSWORD, OutboundPlace, outbound_place

WITH_A_LOCK = [
    "asyncssh",
    "aiosmtpd",
    "http-tradecloud",
    "http-basic",
    "http-bearer",
    pytest.param("openssh", marks=pytest.mark.real),
]
PLACES = [*WITH_A_LOCK, "http-none"]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OutboundPlace]:
    with outbound_place(request.param, tmp_path) as place:
        yield place


def parcel(at: int = 1, payload: bytes = b"<OrderResponse/>", number: str = "PO-1") -> Parcel:
    return Parcel(
        id=f"0192f0c1-0000-7000-8000-{at:012d}",
        payload=payload,
        content_type="application/xml",
        extension="xml",
        order_number=number,
        kind="order_response",
    )


def send(channel: OutboundChannel, *parcels: Parcel) -> list[str]:
    with channel.session() as session:
        return [session.send(each) for each in parcels]


def test_an_answer_arrives_with_its_bytes_and_a_receipt_of_one_line(place: OutboundPlace) -> None:
    [receipt] = send(place.channel(), parcel())
    assert place.got() == [b"<OrderResponse/>"]
    assert receipt
    assert receipt.isprintable()


def test_answers_arrive_one_after_the_other(place: OutboundPlace) -> None:
    send(place.channel(), *(parcel(at, b"%d" % at) for at in range(5)))
    assert place.got() == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize(
    "payload",
    [bytes(range(256)) * 40, b"", b"".join(b"<line>%07d</line>" % n for n in range(45_000))],
    ids=["every byte", "nothing", "many packets"],
)
def test_bytes_arrive_as_they_are(place: OutboundPlace, payload: bytes) -> None:
    send(place.channel(), parcel(payload=payload))
    assert place.got() == [payload]


def test_the_same_answer_sent_again_is_there_once(place: OutboundPlace) -> None:
    first, second = send(place.channel(), parcel(), parcel())
    third = send(place.channel(), parcel())
    assert place.got() == [b"<OrderResponse/>"]
    assert [first, second, *third] == [first] * 3


def test_two_answers_to_one_order_are_both_there(place: OutboundPlace) -> None:
    send(place.channel(), parcel(1, b"first"), parcel(2, b"second"))
    assert place.got() == [b"first", b"second"]


@pytest.mark.parametrize(
    "number",
    [
        "../../etc/passwd",
        ".",
        "..",
        "",
        "a\r\nX-Evil: 1",
        "a b/c\\d",
        "\x00\x1b[31m",
        "4500é訂",
        "%2e%2e",
        "n" * 500,
        "-rf",
    ],
)
def test_an_order_number_is_only_text(place: OutboundPlace, number: str, tmp_path: Path) -> None:
    before = {path for path in tmp_path.rglob("*") if "order_response" not in path.parts}
    [receipt] = send(place.channel(), parcel(number=number))
    assert receipt.isprintable()
    assert place.got() == [b"<OrderResponse/>"]
    after = {path for path in tmp_path.rglob("*") if "order_response" not in path.parts}
    assert {path.name for path in after - before} <= {"log"}


def test_order_numbers_that_begin_alike_are_told_apart(place: OutboundPlace) -> None:
    long = "n" * 300
    same_id = [replace(parcel(1), order_number=long + end, payload=end.encode()) for end in "ab"]
    send(place.channel(), same_id[0])
    send(place.channel(), replace(same_id[1], id=parcel(2).id))
    assert place.got() == [b"a", b"b"] or place.got() == [b"b", b"a"]


def test_check_sends_nothing(place: OutboundPlace) -> None:
    assert str(place.port) in place.channel().check()
    assert place.got() == []


@pytest.mark.parametrize("place", WITH_A_LOCK, indirect=True)
def test_wrong_credentials_are_not_admitted_and_never_told(place: OutboundPlace) -> None:
    wrong = {"password": "hunter2"} | ({"private_key": None} if hasattr(place, "root") else {})
    with pytest.raises(NotAdmitted) as refused:
        send(place.channel(**wrong), parcel())
    assert place.got() == []
    assert str(place.port) in str(refused.value)
    assert "check user" in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


@pytest.mark.parametrize("place", WITH_A_LOCK, indirect=True)
def test_a_secret_that_cannot_be_had_says_where_it_was_looked_for(place: OutboundPlace) -> None:
    with pytest.raises(NotAdmitted, match="PODESK_TEST_NO_SUCH_VARIABLE"):
        send(place.channel(password={"env": "PODESK_TEST_NO_SUCH_VARIABLE"}), parcel())


def test_a_server_that_is_away_is_unreachable(place: OutboundPlace) -> None:
    place.server.stop()
    with pytest.raises(Unreachable, match=f"127.0.0.1:{place.port}"):
        send(place.channel(), parcel())


def test_a_server_that_says_nothing_fails_in_time_and_never_as_refused(place: OutboundPlace) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises((Unreachable, Uncertain), match="in time"):
        send(place.channel(port=silent.getsockname()[1], timeout="200ms"), parcel())


def test_after_trouble_the_same_channel_delivers(place: OutboundPlace) -> None:
    channel = place.channel()
    with pytest.raises(ZeroDivisionError), channel.session():
        raise ZeroDivisionError
    send(channel, parcel())
    assert place.got() == [b"<OrderResponse/>"]


def test_no_password_stands_in_what_a_channel_shows_of_itself(place: OutboundPlace) -> None:
    channel = place.channel()
    send(channel, parcel())
    assert PASSWORD not in repr(channel) + repr(vars(channel))


def test_ids_of_the_outbox_are_fit_for_names_and_headers(place: OutboundPlace) -> None:
    send(place.channel(), replace(parcel(), id=uuid7(dt.datetime(2026, 1, 2, tzinfo=dt.UTC))))
    assert place.got() == [b"<OrderResponse/>"]
