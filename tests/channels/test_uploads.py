"""Documents on their way up: to Tradecloud as a form, and nowhere where an answer could not refer to them.

The form is that of the manual's page "Attach a document to an order" and of the SDK's sample UploadDocument: the bytes in
the part `file`; the answer's `id` is the objectId.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sync.channels import NotAdmitted, Parcel, Refused, Uncertain, Unreachable
from sync.demo.servers.tradecloud import Fault
from tests.channels.places import HttpPlace, outbound_place
from tests.channels.test_http_outbound import answering, channel_to
from tests.channels.test_outbound_contract import parcel, send


@pytest.fixture
def place(tmp_path: Path) -> Iterator[HttpPlace]:
    with outbound_place("http-tradecloud", tmp_path) as place:
        assert isinstance(place, HttpPlace)
        yield place


def document(payload: bytes = b"%PDF-1.7", name: str = "certificate.pdf", at: int = 1) -> Parcel:
    return replace(parcel(at, payload), content_type="application/pdf", extension="pdf", kind="attachment", name=name)


def uploaded(place: HttpPlace) -> list[tuple[str, bytes]]:
    return [(each.name, each.payload) for each in place.server.documents.documents.values()]


def test_a_document_goes_up_with_its_name_and_the_receipt_is_what_an_answer_calls_it(place: HttpPlace) -> None:
    [receipt] = send(place.channel(), document())
    assert uploaded(place) == [("certificate.pdf", b"%PDF-1.7")]
    assert receipt in place.server.documents.documents
    assert place.got() == []


@pytest.mark.parametrize(
    "payload",
    [bytes(range(256)) * 40, b"", b"\r\n--podesk\r\n\r\n--", b"x" * 3_000_000],
    ids=["every byte", "nothing", "boundaries", "large"],
)
def test_its_bytes_go_up_as_they_are(place: HttpPlace, payload: bytes) -> None:
    send(place.channel(), document(payload))
    assert [bytes_ for _, bytes_ in uploaded(place)] == [payload]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ('a "quoted" name.pdf', 'a "quoted" name.pdf'),
        ("naïve 訂單.pdf", "naïve 訂單.pdf"),
        ("100%25.pdf", "100%25.pdf"),
        ("back\\slash.pdf", "back_slash.pdf"),
        ('x"\r\nX-Evil: 1\r\n\r\nevil', 'x"__X-Evil: 1____evil'),
        ("\ud800.pdf", "_.pdf"),
        ("", "document.pdf"),
    ],
)
def test_a_name_is_only_a_name(place: HttpPlace, name: str, shown: str) -> None:
    send(place.channel(), document(name=name))
    assert uploaded(place) == [(shown, b"%PDF-1.7")]


def test_a_repeat_is_the_same_request_and_gets_the_same_answer(place: HttpPlace) -> None:
    place.server.plan([Fault(lose_answer=True)])
    channel = place.channel()
    with pytest.raises(Uncertain, match="order PO-1: the connection was lost before the partner answered"):
        send(channel, document())
    first, second = send(channel, document(), document())
    assert first == second
    assert len(uploaded(place)) == 1


@pytest.mark.parametrize("status", [400, 413, 415])
def test_a_document_that_the_platform_will_not_have_is_refused(place: HttpPlace, status: int) -> None:
    place.server.plan([Fault(status=status, body=b"too large")])
    with pytest.raises(Refused, match=f"HTTP {status}: too large"):
        send(place.channel(), document())


def test_passing_trouble_is_passing_trouble(place: HttpPlace) -> None:
    place.server.plan([Fault(status=503, headers={"Retry-After": "5"})])
    with pytest.raises(Unreachable) as later:
        send(place.channel(), document())
    assert later.value.retry_after == 5


def test_an_expired_token_is_refreshed_and_the_document_goes_up(place: HttpPlace) -> None:
    channel = place.channel()
    channel.check()
    place.server.expire_tokens()
    send(channel, document())
    assert len(uploaded(place)) == 1
    assert place.server.refreshes == 1


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"ok",
        b"[]",
        b"{}",
        b'{"id": null}',
        b'{"id": 7}',
        b'{"id": " "}',
        b'{"id": "a\\nb"}',
        b'{"id": "%s"}' % (b"x" * 201),
    ],
)
def test_an_answer_that_names_no_object_leaves_it_open(place: HttpPlace, body: bytes) -> None:
    place.server.plan([Fault(status=200, body=body)])
    with pytest.raises(Uncertain, match="the document was uploaded, but the answer names no object"):
        send(place.channel(), document())


def test_a_path_of_the_settings_comes_before_tradeclouds(tmp_path: Path) -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n{"id": "o-1"}'
    with answering(answer) as port:
        channel = channel_to(f"http://127.0.0.1:{port}", tmp_path, paths={"document_upload": "/files"})
        assert channel.path_of("attachment") == "/files"
        assert send(channel, document(b"<OrderResponse/>")) == ["o-1"]


@pytest.mark.parametrize("kind", ["http-none", "http-basic"])
def test_where_nothing_says_where_documents_go_they_are_refused(tmp_path: Path, kind: str) -> None:
    with outbound_place(kind, tmp_path) as elsewhere:
        with pytest.raises(
            Refused, match=r"order PO-1: nothing says where documents are uploaded .*paths.document_upload"
        ):
            send(elsewhere.channel(), document())
        assert elsewhere.got() == []


def test_no_document_goes_into_an_sftp_folder(tmp_path: Path) -> None:
    with outbound_place("asyncssh", tmp_path) as folder:
        with pytest.raises(Refused, match="order PO-1: no document can be uploaded by SFTP"):
            send(folder.channel(), document())
        assert folder.got() == []


def test_who_is_not_let_in_uploads_nothing(place: HttpPlace) -> None:
    place.server.plan([Fault(status=401)] * 9)
    with pytest.raises(NotAdmitted):
        send(place.channel(), document())
    assert uploaded(place) == []
