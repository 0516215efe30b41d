"""Documents that a buyer attached, fetched by the address that the platform signs for a minute."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.channels import ChannelError, NotAdmitted, Refused, Unreachable
from sync.channels.tradecloud_documents import _may_be_asked, download
from sync.demo.servers.tradecloud import Fault
from tests.channels.places import HttpPlace, outbound_place
from tests.channels.test_http_outbound import answering, channel_to
from tests.channels.test_outbound_contract import send
from tests.channels.test_uploads import document


@pytest.fixture
def place(tmp_path: Path) -> Iterator[HttpPlace]:
    with outbound_place("http-tradecloud", tmp_path) as place:
        assert isinstance(place, HttpPlace)
        yield place


@pytest.mark.parametrize("payload", [b"", bytes(range(256)), b"x" * 3_000_000])
def test_a_document_comes_down_as_it_went_up(place: HttpPlace, payload: bytes) -> None:
    [object_id] = send(place.channel(), document(payload, "drawing ø.pdf"))
    got = download(place.channel(), object_id)
    assert (got.name, got.payload) == ("drawing ø.pdf", payload)


def test_the_signed_address_never_sees_our_token(place: HttpPlace) -> None:
    """The test server refuses whoever shows one there."""
    [object_id] = send(place.channel(), document())
    assert download(place.channel(), object_id).payload == b"%PDF-1.7"


def test_a_document_that_is_not_there_is_refused(place: HttpPlace) -> None:
    with pytest.raises(Refused, match=r"document o-1: it can't be had \(HTTP 404"):
        download(place.channel(), "o-1")
    with pytest.raises(Refused):
        download(place.channel(), "../x?y#z")


def test_a_document_that_is_too_large_is_refused(place: HttpPlace) -> None:
    [object_id] = send(place.channel(), document(b"x" * 1000))
    with pytest.raises(Refused, match="more than 999 bytes"):
        download(place.channel(), object_id, most_bytes=999)
    assert len(download(place.channel(), object_id, most_bytes=1000).payload) == 1000


@pytest.mark.parametrize(
    ("body", "error", "sentence"),
    [
        (b"", ChannelError, "does not say where"),
        (b"[]", ChannelError, "does not say where"),
        (b'{"downloadUrl": 5}', ChannelError, "does not say where"),
        (b'{"downloadUrl": "http://storage.example/x"}', Refused, "not https"),
        (b'{"downloadUrl": "file:///etc/passwd"}', Refused, "not https"),
        (b'{"downloadUrl": "//127.0.0.1/x"}', Refused, "not https"),
        (b'{"downloadUrl": "https:///x"}', Refused, "not https"),
        (b'{"downloadUrl": "https://[::1/x"}', Refused, "not https"),
        (b'{"downloadUrl": "https://storage.example:port/x"}', Refused, "not https"),
        (b'{"downloadUrl": "http://127.0.0.1:9/x"}', Unreachable, "can't be reached"),
    ],
)
def test_an_address_that_is_none_is_not_asked(
    tmp_path: Path, body: bytes, error: type[Exception], sentence: str
) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    with answering(answer, until=b"\r\n\r\n") as port, pytest.raises(error, match=sentence):
        download(channel_to(f"http://127.0.0.1:{port}", tmp_path), "o-1")


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:9/x", "https://localhost/x", "https://[::1]:9/x", "http://storage.example/x"]
)
def test_a_platform_elsewhere_has_us_ask_nothing_of_this_machine(address: str) -> None:
    assert not _may_be_asked(address, here=False)
    assert _may_be_asked("https://storage.example/x", here=False)


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, NotAdmitted), (403, Refused), (410, Refused), (429, Unreachable), (500, Unreachable), (302, Refused)],
)
def test_what_the_platform_answers(tmp_path: Path, status: int, error: type[Exception]) -> None:
    answer = b"HTTP/1.1 %d Word\r\nContent-Length: 0\r\nLocation: /x\r\n\r\n" % status
    with answering(answer, until=b"\r\n\r\n") as port, pytest.raises(error):
        download(channel_to(f"http://127.0.0.1:{port}", tmp_path), "o-1")


def test_an_address_that_has_expired_is_worth_another_attempt(place: HttpPlace) -> None:
    """Good for one minute; the storage answers 403 afterwards (Tradecloud's manual, "Download a document")."""
    [object_id] = send(place.channel(), document())
    place.server.plan_downloads([Fault(status=403, body=b"<Error>Request has expired</Error>")])
    with pytest.raises(Unreachable, match="has expired"):
        download(place.channel(), object_id)
    assert download(place.channel(), object_id).payload == b"%PDF-1.7"


def test_a_name_is_one_line(place: HttpPlace) -> None:
    [object_id] = send(place.channel(), document())
    shelf = place.server.documents.documents
    shelf[object_id] = replace(shelf[object_id], name="../../a\nb\x1b[31m" + "c" * 500)
    name = download(place.channel(), object_id).name
    assert name.isprintable()
    assert len(name) <= 200
