"""Small mails that would cost much: each is one document for a person, and none takes long or much memory.

What bounds the work is shown, not the time it takes: a mail beyond a bound is kept as it is, before anything is asked of it.
"""

from __future__ import annotations

import zipfile
from base64 import encodebytes
from email.message import Message
from io import BytesIO
from typing import Any

import pytest

from sync.channels import Received
from sync.channels import mail as channel
from sync.channels.mail import documents
from sync.channels.mail_parts import MOST_HEADER, MOST_HEADERS, MOST_LINES
from sync.channels.mail_zip import MOST_BYTES, MOST_MEMBERS

HEAD = b"From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\n"


def kept_whole(source: bytes, trusted_authserv: str | None = None) -> Received:
    [found] = documents(source, trusted_authserv)
    assert found.problem
    assert found.remedy
    assert found.payload == source
    return found


LONG_HEADERS = {
    "words in the subject": b"Subject: " + b"=?utf-8?b?4oCuAAA=?= " * 300_000,
    "words in the sender": b"From: " + b"=?x?q?" * 300_000,
    "parameters": b"Content-Type: application/xml;" + b"a=b;" * 200_000,
    "numbered parameters": b"Content-Type: a/b;" + b"".join(b' name*%d="a";' % n for n in range(50_000)),
    "quotes in a name": b'Content-Type: application/xml; name="' + b'\\"' * 300_000 + b";" * 100_000,
    "a boundary": b'Content-Type: multipart/mixed; boundary="' + b"b" * 300_000 + b'"',
    "a disposition": b"Content-Disposition: attachment;" + b"a=b;" * 200_000,
    "folded lines": b"X-Folded: x" + b"\r\n " * 300_000,
    "who vouches": b"Authentication-Results: mx.ours.example; spf=pass " + b"a" * 300_000,
}


@pytest.fixture
def nothing_is_asked_of_headers(monkeypatch: pytest.MonkeyPatch) -> None:
    """A long header that comes to be split into parameters or decoded into words fails the test."""
    get_param, decode = Message._get_params_preserve, channel.decode_header  # type: ignore[attr-defined]

    def params(self: Message, failobj: Any, header: str) -> Any:
        assert len(str(self.get(header, ""))) <= MOST_HEADER
        return get_param(self, failobj, header)

    def words(text: str) -> Any:
        assert len(text) <= 2_000
        return decode(text)

    monkeypatch.setattr(Message, "_get_params_preserve", params)
    monkeypatch.setattr(channel, "decode_header", words)


@pytest.mark.usefixtures("nothing_is_asked_of_headers")
@pytest.mark.parametrize("name", LONG_HEADERS)
def test_a_mail_with_a_very_long_header_is_kept_as_it_is(name: str) -> None:
    found = kept_whole(LONG_HEADERS[name] + b"\r\n\r\n<a/>", "mx.ours.example")
    assert "a header of " in found.problem


@pytest.mark.usefixtures("nothing_is_asked_of_headers")
@pytest.mark.parametrize("name", LONG_HEADERS)
def test_so_is_one_with_such_a_header_in_a_part(name: str) -> None:
    source = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\n"
        + LONG_HEADERS[name]
        + b"\r\n\r\n<a/>\r\n--X--"
    )
    assert "a header of " in kept_whole(source).problem


@pytest.mark.usefixtures("nothing_is_asked_of_headers")
def test_so_is_one_with_such_a_header_in_an_attached_mail() -> None:
    inner = encodebytes(LONG_HEADERS["parameters"] + b"\r\n\r\n<a/>")
    source = HEAD + b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\n" + inner
    assert "a header of " in kept_whole(source).problem


def test_a_mail_with_very_many_headers_is_kept_as_it_is() -> None:
    block = b"X-Filler: 1\r\n" * (MOST_HEADERS // 10 + 1)
    assert "longer headers" in kept_whole(block + HEAD + b"\r\n<a/>").problem


def test_so_is_one_with_long_headers_in_very_many_parts() -> None:
    part = b"--X\r\nContent-Type: application/xml;" + b"a=b;" * 3_000 + b"\r\n\r\n<a/>\r\n"
    source = HEAD + b"Content-Type: multipart/mixed; boundary=X\r\n\r\n" + part * 100 + b"--X--"
    assert "longer headers" in kept_whole(source).problem


@pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
def test_a_mail_of_very_many_lines_is_kept_as_it_is(end: bytes) -> None:
    assert "lines" in kept_whole(HEAD + b"\r\n" + (b"a" + end) * (MOST_LINES + 1)).problem


def test_many_words_in_a_header_that_is_not_too_long_are_decoded_as_far_as_people_read() -> None:
    [found] = documents(b"From: a@b.example\r\nSubject: " + b"=?utf-8?q?order?= " * 700 + b"\r\n\r\n<a/>")
    assert found.problem == ""
    assert found.name.startswith("orderorder")


@pytest.mark.parametrize("sender", [b"(" * 10_000, b"(" * 1_900, b"<" * 10_000, b"a@[" * 3_000])
def test_a_sender_that_nobody_can_read_is_one_that_nobody_vouches_for(sender: bytes) -> None:
    head = b"Authentication-Results: mx.ours.example; spf=pass smtp.mailfrom=a@b.example\r\nFrom: " + sender
    [found] = documents(head + b"\r\n\r\n<a/>", "mx.ours.example")
    assert found.problem == "sender could not be authenticated"
    assert found.payload == b"<a/>"


@pytest.mark.parametrize("charset", ["punycode", "idna", "unicode_escape", "raw-unicode-escape"])
def test_what_is_no_charset_of_mails_is_not_decoded(charset: str) -> None:
    source = b"From: a@b.example\r\nContent-Type: text/plain; charset=%s\r\n\r\nabc-xn--9a\\u0041" % charset.encode()
    assert [each.payload for each in documents(source)] == [b"abc-xn--9a\\u0041"]


# Zips


def zipped(members: int, size: int) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(members):
            archive.writestr(f"{number}.xml", bytes(size))
    return packed.getvalue()


def with_zips(packed: bytes, count: int) -> bytes:
    part = (
        b"--X\r\nContent-Type: application/zip; name=orders.zip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + encodebytes(packed)
    )
    return HEAD + b"Content-Type: multipart/mixed; boundary=X\r\n\r\n" + part * count + b"--X--"


def test_the_zips_of_a_mail_share_what_may_be_unpacked() -> None:
    """Each of them would be allowed by itself."""
    packed = zipped(40, 900_000)
    found = documents(with_zips(packed, 5))
    assert sum(len(each.payload) for each in found if not each.problem) <= MOST_BYTES
    assert [each.payload for each in found if each.problem] == [packed] * 4
    assert all("its mail together" in each.problem for each in found if each.problem)


def test_the_zips_of_a_mail_share_the_number_of_files_too() -> None:
    found = documents(with_zips(zipped(300, 1), 3))
    assert len([each for each in found if not each.problem]) <= MOST_MEMBERS
    assert len([each for each in found if each.problem]) == 2


def test_a_broken_zip_spends_what_was_unpacked_of_it() -> None:
    packed = bytearray(zipped(40, 900_000))
    at = packed.rindex(b"PK\x03\x04") + 14  # the last file's sum
    packed[at : at + 4] = b"evil"
    last = packed.rindex(b"PK\x01\x02") + 16
    packed[last : last + 4] = b"evil"
    found = documents(with_zips(bytes(packed), 3))
    assert [each.problem[:40] for each in found] == [
        "the zip can't be unpacked (BadZipFile)"[:40],
        *["the zip unpacks to more than 67,108,864 "] * 2,
    ]


def test_a_zip_with_a_huge_directory_is_not_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = zipped(10_001, 0)
    monkeypatch.delattr("sync.channels.mail_zip.ZipFile")
    [found] = documents(with_zips(packed, 1))
    assert "directory" in found.problem
    assert found.payload == packed
