"""What an HTTP partner can answer to us, and what each answer means; Tradecloud's tokens; the pace."""

from __future__ import annotations

import datetime as dt
import logging
import socket
import ssl
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.connections import HttpOutbound
from sync.channels import NotAdmitted, Refused, Uncertain, Unreachable
from sync.channels.http import HttpOutboundChannel
from sync.channels.pace import Pacer
from sync.demo.servers.tradecloud import Fault
from tests.channels.dovecot import sign_oneself
from tests.channels.places import PASSWORD, USER, Clock, HttpPlace, outbound_place
from tests.channels.test_outbound_contract import parcel, send


@pytest.fixture
def place(tmp_path: Path) -> Iterator[HttpPlace]:
    with outbound_place("http-tradecloud", tmp_path) as place:
        assert isinstance(place, HttpPlace)
        yield place


@pytest.fixture
def open_place(tmp_path: Path) -> Iterator[HttpPlace]:
    """A partner who asks for no credentials."""
    with outbound_place("http-none", tmp_path) as place:
        assert isinstance(place, HttpPlace)
        yield place


# The request


def test_a_message_goes_out_under_its_id_and_with_its_type(place: HttpPlace) -> None:
    send(place.channel(), replace(parcel(), content_type="application/json"))
    [message] = place.server.messages
    assert (message.key, message.content_type) == (parcel().id, "application/json")


def test_at_tradecloud_each_kind_of_message_has_its_path(place: HttpPlace) -> None:
    send(place.channel(), parcel(1), replace(parcel(2), kind="despatch_advice"))
    assert [message.path for message in place.server.messages] == [
        "/v2/api-connector/order-response",
        "/v2/api-connector/shipment/despatch-advice",
    ]


def test_elsewhere_the_address_is_the_one_of_the_settings(open_place: HttpPlace) -> None:
    send(open_place.channel(url=f"{open_place.server.url}/receive/"), parcel())
    assert [message.path for message in open_place.server.messages] == ["/v2/receive/"]


def test_paths_of_the_settings_come_before_all_others(place: HttpPlace) -> None:
    channel = place.channel(paths={"order_response": "elsewhere/answers"})
    send(channel, parcel(1), replace(parcel(2), kind="despatch_advice"))
    assert [message.path for message in place.server.messages] == [
        "/v2/elsewhere/answers",
        "/v2/api-connector/shipment/despatch-advice",
    ]


# The answer


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_a_receipt(open_place: HttpPlace, status: int) -> None:
    open_place.server.plan([Fault(status=status, body=b"" if status == 204 else b"queued")])
    [receipt] = send(open_place.channel(), parcel())
    assert receipt == ("HTTP 204" if status == 204 else f"HTTP {status}: queued")


@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 410, 413, 415, 422, 451])
def test_4xx_is_refused_with_the_partners_words(open_place: HttpPlace, status: int) -> None:
    open_place.server.plan([Fault(status=status, body=b'{"errors": {"lines": ["unknown position 10"]}}')])
    with pytest.raises(Refused, match=rf"order PO-1: .* \(HTTP {status}: .*unknown position 10") as refused:
        send(open_place.channel(), parcel())
    assert refused.value.status == status
    assert refused.value.body == '{"errors": {"lines": ["unknown position 10"]}}'


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_passing_trouble_is_for_later(open_place: HttpPlace, status: int) -> None:
    open_place.server.plan([Fault(status=status)])
    with pytest.raises(Unreachable, match=rf"order PO-1: .*HTTP {status}") as later:
        send(open_place.channel(), parcel())
    assert later.value.retry_after is None


@pytest.mark.parametrize("status", [500, 501, 502, 504, 599])
def test_after_a_failure_at_the_partners_nobody_knows(open_place: HttpPlace, status: int) -> None:
    open_place.server.plan([Fault(status=status, headers={"Retry-After": "9"})])
    with pytest.raises(Uncertain, match=rf"order PO-1: .*HTTP {status}.*may have the message") as later:
        send(open_place.channel(), parcel())
    assert later.value.retry_after == 9


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ("Retry-After: 7", 7),
        ("Retry-After:  0 ", 0),
        ("Retry-After: Fri, 02 Jan 2026 10:01:30 GMT\r\nDate: Fri, 02 Jan 2026 10:00:00 GMT", 90),
        ("Retry-After: Fri, 02 Jan 2026 09:00:00 GMT\r\nDate: Fri, 02 Jan 2026 10:00:00 GMT", 0),
        ("Retry-After: Mon, 01 Jan 2035 00:01:00 GMT", 60),  # by our clock, where the partner tells no time
        ("Retry-After: Mon, 01 Jan 2035 00:01:00 GMT\r\nDate: yesterday", 60),
        ("Retry-After: 999999999999999999999", 24 * 3600),
        ("Retry-After: soon", None),
        ("Retry-After: -5", None),
        ("Retry-After: \N{SUPERSCRIPT TWO}", None),
        ("RateLimit-Reset: 12", 12),
        ("X: y", None),
    ],
)
def test_a_partner_may_say_when(tmp_path: Path, headers: str, seconds: int | None) -> None:
    answer = f"HTTP/1.1 429 Too Many Requests\r\n{headers}\r\nContent-Length: 0\r\n\r\n"
    with answering(answer.encode("latin-1")) as port:
        channel = channel_to(f"http://127.0.0.1:{port}", tmp_path)
        channel.now = lambda: dt.datetime(2035, 1, 1, tzinfo=dt.UTC)
        with pytest.raises(Unreachable) as later:
            send(channel, parcel())
    assert later.value.retry_after == seconds


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_sends_our_answers_on_to_somewhere_else(open_place: HttpPlace, status: int) -> None:
    target = open_place.server.url + "/elsewhere"
    open_place.server.plan([Fault(status=status, headers={"Location": target})])
    with pytest.raises(Refused, match=rf"sends us on to {target} \(HTTP {status}\), where we don't follow"):
        send(open_place.channel(), parcel())
    assert open_place.server.attempts == 1


def test_words_of_a_partner_are_one_short_line_without_control_characters(open_place: HttpPlace) -> None:
    nasty = b"no\r\n\x1b[31mred\x00\xff\xe2\x80\xae [@click=app.quit]" + b"x" * 100_000
    open_place.server.plan([Fault(status=422, body=nasty), Fault(status=200, body=nasty)])
    channel = open_place.channel()
    with pytest.raises(Refused) as refused:
        send(channel, parcel())
    [receipt] = send(channel, parcel())
    for text in (str(refused.value), refused.value.body, receipt):
        assert text.isprintable()
    assert len(str(refused.value)) < 500
    assert len(refused.value.body) <= 4096
    assert len(receipt) < 300


def test_one_order_in_trouble_does_not_stop_the_next(open_place: HttpPlace) -> None:
    open_place.server.plan([Fault(status=503), Fault(status=422), Fault(cut=True)])
    with open_place.channel().session() as session:
        for at in range(4):
            with suppress(Unreachable, Refused, Uncertain):
                session.send(parcel(at, b"%d" % at))
    assert open_place.got() == [b"3"]


# No answer


def test_a_lost_200_is_uncertain_and_the_repeat_is_known_by_its_key(place: HttpPlace) -> None:
    channel = place.channel()
    place.server.plan([Fault(lose_answer=True)])
    with pytest.raises(Uncertain, match="order PO-1: the connection was lost before the partner answered"):
        send(channel, parcel())
    send(channel, parcel())
    assert place.got() == [b"<OrderResponse/>"]
    assert [message.key for message in place.server.repeats] == [parcel().id]


def test_a_partner_that_takes_too_long_is_uncertain(place: HttpPlace) -> None:
    place.server.plan([Fault(delay=5)])
    with pytest.raises(Uncertain, match="no answer in time"):
        send(place.channel(timeout="300ms"), parcel())
    assert place.got() == [b"<OrderResponse/>"]


def test_an_answer_whose_body_breaks_off_is_an_answer(tmp_path: Path) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nqueu") as port:
        [receipt] = send(channel_to(f"http://127.0.0.1:{port}", tmp_path), parcel())
    assert receipt == "HTTP 200: queu"


@pytest.mark.parametrize("answer", [b"", b"220 mail.example ESMTP\r\n", b"HTTP/1.1 200"])
def test_what_is_no_http_answer_leaves_it_open(tmp_path: Path, answer: bytes) -> None:
    with answering(answer) as port, pytest.raises(Uncertain):
        send(channel_to(f"http://127.0.0.1:{port}", tmp_path), parcel())


# Tradecloud's tokens


def test_one_log_in_serves_many_messages_and_rounds(place: HttpPlace) -> None:
    channel = place.channel()
    send(channel, parcel(1), parcel(2))
    send(channel, parcel(3))
    assert (place.server.logins, place.server.refreshes) == (1, 0)


def test_an_expired_token_is_refreshed_once_and_the_message_goes(place: HttpPlace) -> None:
    channel = place.channel()
    send(channel, parcel(1))
    place.server.expire_tokens()
    send(channel, parcel(2), parcel(3))
    assert (place.server.logins, place.server.refreshes) == (1, 1)
    assert len(place.got()) == 3


def test_where_the_refresh_token_is_dead_too_we_log_in_again(place: HttpPlace) -> None:
    channel = place.channel()
    send(channel, parcel(1))
    place.server.forget_sessions()
    send(channel, parcel(2))
    assert (place.server.logins, place.server.refreshes) == (2, 0)
    assert len(place.got()) == 2


def test_a_platform_that_takes_no_token_gets_one_refresh_and_one_log_in_then_we_stop(place: HttpPlace) -> None:
    channel = place.channel()
    send(channel, parcel(1))
    place.server.plan([Fault(status=401)] * 9)
    with pytest.raises(NotAdmitted, match="does not take our credentials"):
        send(channel, parcel(2))
    assert (place.server.logins, place.server.refreshes, place.server.attempts) == (2, 1, 4)


def test_a_changed_password_is_not_admitted_and_no_message_is_tried(place: HttpPlace) -> None:
    channel = place.channel()
    send(channel, parcel(1))
    place.server.change_password("new")
    with pytest.raises(NotAdmitted, match=f"does not let {USER} in; check user and password"):
        send(channel, parcel(2))
    assert len(place.got()) == 1


@pytest.mark.parametrize("fault", [Fault(status=503, headers={"Retry-After": "9"}), Fault(status=429), Fault(cut=True)])
def test_trouble_at_the_log_in_is_passing_trouble_and_nothing_was_sent(place: HttpPlace, fault: Fault) -> None:
    place.server.plan_logins([fault])
    channel = place.channel()
    with pytest.raises(Unreachable) as later:
        send(channel, parcel())
    assert later.value.retry_after == (9 if fault.headers else None)
    assert place.server.attempts == 0
    send(channel, parcel())
    assert len(place.got()) == 1


def test_who_is_not_let_in_has_no_session(place: HttpPlace) -> None:
    place.server.change_password("new")
    with pytest.raises(NotAdmitted, match="check user and password"), place.channel().session():
        pytest.fail("we are in")


def test_trouble_at_the_refresh_is_passing_trouble_and_the_next_attempt_logs_in(place: HttpPlace) -> None:
    channel = place.channel()
    send(channel, parcel(1))
    place.server.expire_tokens()
    place.server.plan_logins([Fault(cut=True)])
    with pytest.raises(Unreachable):
        send(channel, parcel(2))
    send(channel, parcel(2))
    assert place.server.logins == 2
    assert len(place.got()) == 2


@pytest.mark.parametrize("fault", [Fault(status=200), Fault(status=404), Fault(status=302)])
def test_an_address_that_is_no_api_is_told_at_the_log_in(place: HttpPlace, fault: Fault) -> None:
    place.server.plan_logins([fault])
    with pytest.raises(NotAdmitted, match=rf"logging in gave HTTP {fault.status} and no token; check `url`"):
        send(place.channel(), parcel())


def test_a_token_without_the_word_bearer_is_sent_with_it(place: HttpPlace) -> None:
    place.server.plan_logins([Fault(status=200, headers={"Set-Authorization": "plain-token"})])
    channel = place.channel()
    channel.check()
    assert channel.tokens.present() == "Bearer plain-token"


def test_check_logs_in_and_sends_nothing(place: HttpPlace) -> None:
    assert place.channel().check() == f"http://127.0.0.1:{place.port}: logged in as {USER}"
    assert (place.server.logins, place.server.attempts) == (1, 0)


# Secrets


def test_no_secret_is_ever_logged(place: HttpPlace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    channel = place.channel()
    send(channel, parcel(1))
    place.server.expire_tokens()
    send(channel, parcel(2))
    token = channel.tokens.present()
    assert token is not None
    said = caplog.text
    assert PASSWORD not in said
    assert token.removeprefix("Bearer ") not in said
    assert b64encode(f"{USER}:{PASSWORD}".encode()).decode() not in said


@pytest.mark.parametrize("auth", ["basic", "bearer", "tradecloud"])
def test_a_secret_that_fits_no_header_is_not_told(tmp_path: Path, auth: str) -> None:
    secret = "two\nlines"
    channel = channel_to("http://127.0.0.1:9", tmp_path, auth=auth, user=USER, password=secret, token=secret)
    with pytest.raises((NotAdmitted, Unreachable)) as refused:
        send(channel, parcel())
    assert "two" not in str(refused.value)


# TLS


def test_a_certificate_that_nobody_vouches_for_is_not_admitted(tmp_path: Path) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls_in=tmp_path) as port:
        channel = channel_to(f"https://127.0.0.1:{port}", tmp_path)
        with pytest.raises(NotAdmitted, match="a certificate that this machine does not trust"):
            send(channel, parcel())


def test_a_certificate_of_the_companys_own_authority_can_be_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", tls_in=tmp_path) as port:
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "certificate.pem"))
        assert send(channel_to(f"https://127.0.0.1:{port}", tmp_path), parcel()) == ["HTTP 200"]


def test_a_proxy_of_the_environment_is_not_asked_for_our_own_machine(
    open_place: HttpPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    send(open_place.channel(), parcel())
    assert len(open_place.got()) == 1


# The pace


def test_at_most_ten_requests_leave_in_any_second_log_ins_counted(place: HttpPlace) -> None:
    clock = Clock()
    times: list[float] = []
    pacer = Pacer(10, clock, clock.sleep)

    def wait() -> None:
        Pacer.wait(pacer)
        times.append(clock.now)

    pacer.wait = wait  # type: ignore[method-assign]
    with place.channel(pacer=pacer).session() as session:
        for at in range(30):
            session.send(parcel(at))
    assert len(times) == 31
    assert all(later - earlier >= 0.999 for earlier, later in zip(times, times[10:], strict=False))
    assert clock.now - 1000 == pytest.approx(3.0)


def test_after_a_pause_the_first_request_waits_for_nothing() -> None:
    clock = Clock()
    pacer = Pacer(10, clock, clock.sleep)
    pacer.wait()
    clock.now += 60
    pacer.wait()
    assert clock.slept == []


# A partner in a few bytes


@contextmanager
def answering(answer: bytes, *, tls_in: Path | None = None, until: bytes = b"<OrderResponse/>") -> Iterator[int]:
    """The port of a server that reads what comes `until` there, says `answer`, and hangs up.

    With TLS by a certificate of its own, which is put into the folder `tls_in`.
    """
    context = None
    if tls_in is not None:
        sign_oneself(tls_in / "certificate.pem", tls_in / "key.pem")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls_in / "certificate.pem", tls_in / "key.pem")

    def serve() -> None:
        while True:
            try:
                plain, _ = listening.accept()
            except OSError:
                return
            with suppress(OSError), plain:
                connection = plain if context is None else context.wrap_socket(plain, server_side=True)
                with connection:
                    read = b""
                    while until not in read and (more := connection.recv(65536)):
                        read += more
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()


def channel_to(url: str, folder: Path, **settings: Any) -> HttpOutboundChannel:
    return HttpOutboundChannel(
        HttpOutbound.model_validate({"channel": "http", "url": url, "format": "ubl", "timeout": "5s", **settings}),
        folder,
    )
