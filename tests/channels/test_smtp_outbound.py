"""Answers by mail: what the mail looks like, and what each word of a mail server means (RFC 5321)."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from core.ids import uuid7
from sync.channels import NotAdmitted, Refused, Uncertain, Unreachable
from tests.channels.dovecot import sign_oneself
from tests.channels.places import PASSWORD, USER, SmtpPlace, attachments, outbound_place
from tests.channels.postbox import Postbox
from tests.channels.test_outbound_contract import parcel, send
from tests.channels.test_trickle import TIMEOUT, server, trickle


@pytest.fixture
def place(tmp_path: Path) -> Iterator[SmtpPlace]:
    with outbound_place("aiosmtpd", tmp_path) as place:
        assert isinstance(place, SmtpPlace)
        yield place


def only_mail(place: SmtpPlace) -> EmailMessage:
    [source] = place.server.mails
    return BytesParser(policy=policy.default).parsebytes(source)


# The mail


def test_a_mail_says_what_it_is_and_carries_the_answer(place: SmtpPlace) -> None:
    send(place.channel(), parcel(payload=b"<OrderResponse>\n.\n..\r\n</OrderResponse>"))
    mail = only_mail(place)
    assert mail["From"] == "Desk <desk@supplier.example>"
    assert mail["To"] == "orders@buyer.example"
    assert mail["Subject"] == "Order response PO-1"
    assert mail["Message-ID"] == "<0192f0c1-0000-7000-8000-000000000001@supplier.example>"
    assert mail["Auto-Submitted"] == "auto-generated"
    body = mail.get_body()
    assert body is not None
    assert body.get_content().strip() == "Order response to purchase order PO-1: see the attachment."
    [attachment] = mail.iter_attachments()
    assert attachment.get_content_type() == "application/xml"
    assert attachment.get_filename() == "PO-1-0192f0c1-0000-7000-8000-000000000001.xml"
    assert attachments(mail) == [b"<OrderResponse>\n.\n..\r\n</OrderResponse>"]


def test_it_goes_from_the_sender_to_everybody_it_is_for(place: SmtpPlace) -> None:
    send(place.channel(to="Orders <orders@buyer.example>, archive@buyer.example"), parcel())
    assert place.server.envelopes == [("desk@supplier.example", ["orders@buyer.example", "archive@buyer.example"])]


def test_it_bears_the_time_at_which_the_answer_was_queued(place: SmtpPlace) -> None:
    queued = dt.datetime(2025, 1, 16, 23, 44, 40, tzinfo=dt.UTC)
    send(place.channel(), replace(parcel(), id=uuid7(queued)))
    assert parsedate_to_datetime(only_mail(place)["Date"]) == queued


def test_a_repeat_is_the_same_mail_to_the_last_byte(place: SmtpPlace) -> None:
    send(place.channel(), parcel(), parcel())
    first, second = place.server.mails
    assert first == second


def test_a_despatch_advice_says_so(place: SmtpPlace) -> None:
    send(place.channel(), replace(parcel(), kind="despatch_advice"))
    assert only_mail(place)["Subject"] == "Despatch advice PO-1"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "text/csv", "multipart/mixed", "nonsense", ""]
)
def test_whatever_its_type_the_bytes_arrive(place: SmtpPlace, content_type: str) -> None:
    payload = "naïve\r\n.\r\n\xff".encode()
    send(place.channel(), replace(parcel(payload=payload), content_type=content_type))
    assert place.got() == [payload]


@pytest.mark.parametrize(
    "number", ["PO\r\nBcc: evil@evil.example", "訂單 45", "=?utf-8?b?ZXZpbA==?=", "\ud800", "x" * 5000]
)
def test_an_order_number_adds_no_header(place: SmtpPlace, number: str) -> None:
    send(place.channel(), parcel(number=number))
    mail = only_mail(place)
    assert mail["Bcc"] is None
    assert place.server.envelopes[0][1] == ["orders@buyer.example"]
    assert len(mail["Subject"]) < 200
    assert place.got() == [b"<OrderResponse/>"]


@pytest.mark.parametrize(
    "code", ["=?utf-8?q?=0D=0ABcc:_eve@evil.example=0D=0A=0D=0APay_here?=", "=?utf-8?b?DQpCY2M6IGVAZQ==?="]
)
def test_an_order_number_that_mail_programs_would_decode_stays_as_it_is(place: SmtpPlace, code: str) -> None:
    """An encoded word (RFC 2047) is printable, and decoded it may hold line ends: a header, or a text, of the buyer's."""
    send(place.channel(), parcel(number=f"4711 {code}"))
    [source] = place.server.mails
    assert not any(row.lower().startswith(b"bcc") for row in source.splitlines())
    mail = only_mail(place)
    assert mail["Bcc"] is None
    assert mail["Message-ID"] == "<0192f0c1-0000-7000-8000-000000000001@supplier.example>"
    assert mail["Subject"] == f"Order response 4711 {code.replace('=?', '= ?')}"


def test_no_document_is_uploaded_by_mail(place: SmtpPlace) -> None:
    with pytest.raises(Refused, match="order PO-1: no document can be uploaded by mail"):
        send(place.channel(), replace(parcel(), kind="attachment", name="a.pdf"))
    assert place.server.mails == []


# What the mail server says


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "TEXT"])
def test_4xx_is_passing_trouble_and_the_next_mail_goes(place: SmtpPlace, command: str) -> None:
    place.server.says.append((command, "451 greylisted,\x1b[31m come again"))
    with place.channel().session() as session:
        with pytest.raises(Unreachable, match=r"order PO-1: not now, says the mail server \(451 greylisted,") as later:
            session.send(parcel(1))
        assert str(later.value).isprintable()
        session.send(parcel(2, b"second"))
    assert place.got() == [b"second"]


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "TEXT"])
def test_5xx_is_refused_with_the_servers_words_and_the_next_mail_goes(place: SmtpPlace, command: str) -> None:
    place.server.says.append((command, "550 no such user"))
    with place.channel().session() as session:
        with pytest.raises(Refused, match=r"order PO-1: .*\(550 no such user\); mend what it names") as refused:
            session.send(parcel(1))
        session.send(parcel(2, b"second"))
    assert (refused.value.status, refused.value.body) == (550, "no such user")
    assert place.got() == [b"second"]


def test_one_recipient_who_is_refused_refuses_the_mail(place: SmtpPlace) -> None:
    """Nobody could say afterwards who has it."""
    place.server.says.append(("RCPT", "550 no such user"))
    with pytest.raises(Refused):
        send(place.channel(to="a@buyer.example, b@buyer.example"), parcel())
    assert place.server.mails == []


@pytest.mark.parametrize("command", ["MAIL", "RCPT"])
def test_a_connection_lost_before_the_text_sent_nothing(place: SmtpPlace, command: str) -> None:
    place.server.says.append((command, "cut"))
    with pytest.raises(Unreachable, match=r"order PO-1: .*nothing was sent"):
        send(place.channel(), parcel())
    assert place.server.mails == []


@pytest.mark.parametrize("taken", ["cut", "take and cut"])
def test_a_connection_lost_after_the_text_leaves_it_open_and_the_repeat_is_known(place: SmtpPlace, taken: str) -> None:
    channel = place.channel()
    place.server.says.append(("TEXT", taken))
    with pytest.raises(Uncertain, match="order PO-1: the connection was lost before the mail server answered"):
        send(channel, parcel())
    send(channel, parcel())
    assert place.got() == [b"<OrderResponse/>"]
    assert len(place.server.mails) == (2 if taken == "take and cut" else 1)


@pytest.mark.parametrize(("said", "error"), [("535 wrong", NotAdmitted), ("454 later", Unreachable)])
def test_a_log_in_that_fails(place: SmtpPlace, said: str, error: type[Exception]) -> None:
    place.server.says.extend([("AUTH", said)] * 4)
    with pytest.raises(error):
        send(place.channel(), parcel())


def test_where_a_log_in_is_wanted_and_none_is_set_the_settings_are_named(place: SmtpPlace) -> None:
    with pytest.raises(NotAdmitted, match="wants us to log in first; set user and password"):
        send(place.channel(user=None, password=None), parcel())


def test_a_server_without_starttls_gets_no_password(place: SmtpPlace) -> None:
    with pytest.raises(NotAdmitted, match=r"does not offer what the settings want .*check tls"):
        send(place.channel(tls="starttls"), parcel())


def test_who_needs_no_log_in_sends_without(tmp_path: Path) -> None:
    with Postbox() as postbox:
        place = SmtpPlace(postbox, tmp_path)
        send(place.channel(user=None, password=None), parcel())
        assert place.got() == [b"<OrderResponse/>"]
        assert place.channel(user=None, password=None).check() == (
            f"127.0.0.1:{postbox.port}: takes mail from us; answers go to orders@buyer.example"
        )


def test_a_secret_that_fits_no_mail_is_not_told(place: SmtpPlace) -> None:
    with pytest.raises((NotAdmitted, Unreachable)) as refused:
        send(place.channel(password="two\nlines ü"), parcel())
    assert "two" not in str(refused.value)


@pytest.mark.parametrize("greeting", [b"", b"220 ready\r\n"], ids=["no greeting", "greeting"])
def test_a_server_that_trickles_has_an_end(tmp_path: Path, greeting: bytes) -> None:
    def talk(connection: socket.socket) -> None:
        connection.sendall(greeting)
        trickle(connection)

    with server(talk) as port, Postbox() as postbox, pytest.raises(Unreachable, match="no answer in time"):
        SmtpPlace(postbox, tmp_path).channel(port=port, timeout=f"{TIMEOUT}s").check()


# TLS


@contextmanager
def secured(folder: Path, *, at_once: bool) -> Iterator[SmtpPlace]:
    sign_oneself(folder / "certificate.pem", folder / "key.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "certificate.pem", folder / "key.pem")
    with Postbox(USER, PASSWORD, context=context, at_once=at_once) as postbox:
        yield SmtpPlace(postbox, folder)


@pytest.mark.parametrize("how", ["ssl", "starttls"])
def test_over_tls(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with secured(tmp_path, at_once=how == "ssl") as place:
        with pytest.raises(NotAdmitted, match="a certificate that this machine does not trust"):
            send(place.channel(tls=how), parcel())
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        send(place.channel(tls=how), parcel())
        assert place.got() == [b"<OrderResponse/>"]


def test_no_password_goes_out_in_the_clear_where_tls_is_set(tmp_path: Path) -> None:
    """A server that speaks no TLS, and notes all that it hears."""
    heard = bytearray()

    def talk(connection: socket.socket) -> None:
        connection.sendall(b"220 ready\r\n")
        with suppress(OSError):
            while more := connection.recv(4096):
                heard.extend(more)
                connection.sendall(b"250-hello\r\n250 AUTH PLAIN LOGIN\r\n")

    with server(talk) as port, Postbox() as postbox:
        place = SmtpPlace(postbox, tmp_path)
        with pytest.raises(NotAdmitted):
            send(place.channel(port=port, tls="starttls"), parcel())
    assert b"AUTH" not in heard
