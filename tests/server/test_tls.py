"""TLS by certificate files: spoken, renewed, and refused with a sentence where it can't be."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from core.config import SettingsError
from core.webhook import Webhook
from sync.server import door, listening, serving, wire
from sync.server.certificate import certificate
from tests.server.answering import ruled, shop
from tests.server.certificates import write_certificate
from tests.server.desk import MOST_SECONDS, SHOP, SHOP_TABLE, WEBHOOK, Desk, until
from tests.server.raw import LOGIN, Caller
from tests.server.test_soap_service import addresses
from tests.sync.partners import ubl

WITH_TLS = WEBHOOK + 'certificate = "desk.pem"\nkey = "desk.key"\n'


@pytest.fixture
def secure(desk: Desk) -> Desk:
    write_certificate(desk.folder)
    desk.write(SHOP_TABLE, WITH_TLS)
    return desk


def trusting(folder: Path, name: str = "desk") -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(folder / f"{name}.pem"))


def test_orders_are_posted_over_tls(secure: Desk) -> None:
    with secure.serving():
        answer = secure.post(ubl("S1"), verify=trusting(secure.folder))
        wsdl = httpx.get(f"{secure.url}/in/shop?wsdl", auth=SHOP, verify=trusting(secure.folder))

    assert secure.url.startswith("https://")
    assert answer.status_code == 200
    assert addresses(wsdl.content) == {f"{secure.url}/in/shop"}


def test_a_large_answer_goes_over_tls_too(secure: Desk) -> None:
    ruled(secure, shop(), webhook=WITH_TLS)
    with secure.serving():
        answer = secure.post(ubl("S1", lines=300), verify=trusting(secure.folder))
        until(lambda: secure.outbox[0][0] == "sent", "it is marked")
    assert len(answer.content) > 100_000


def test_who_speaks_no_tls_is_not_heard(secure: Desk) -> None:
    with secure.serving():
        with pytest.raises(httpx.HTTPError):
            httpx.post(f"http://127.0.0.1:{secure.port}/in/shop", content=ubl("S1"), auth=SHOP)
        assert secure.post(ubl("S1"), verify=trusting(secure.folder)).status_code == 200
    assert secure.states == ["applied"]


def test_tls_before_1_2_is_not_spoken(secure: Desk) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with (
        secure.serving(),
        socket.create_connection(("127.0.0.1", secure.port), timeout=10) as plain,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(plain)


def test_a_handshake_that_is_never_made_is_ended(secure: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "HANDSHAKE_SECONDS", 0.2)
    with secure.serving(), socket.create_connection(("127.0.0.1", secure.port), timeout=10) as silent:
        assert silent.recv(1) == b""


def test_who_makes_no_handshake_counts_as_a_connection_too(secure: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door, "MOST_CONNECTIONS", 3)
    with secure.serving(), ExitStack() as silent:
        for _ in range(3):
            silent.enter_context(socket.create_connection(("127.0.0.1", secure.port), timeout=MOST_SECONDS))
        one_more = socket.create_connection(("127.0.0.1", secure.port), timeout=MOST_SECONDS)
        with one_more, suppress(ConnectionResetError):
            assert one_more.recv(1) == b""
        silent.close()
        until(lambda: heard(secure), "there is room again")


def heard(desk: Desk) -> bool:
    with suppress(httpx.TransportError):
        return desk.post(ubl("S1"), verify=trusting(desk.folder)).status_code == 200
    return False


@pytest.fixture
def little(monkeypatch: pytest.MonkeyPatch) -> None:
    """A listener whose connections hold few bytes that were not heard yet."""
    bind = listening.bind

    def bound_to_little(settings: Webhook) -> socket.socket:
        bound = bind(settings)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return bound

    monkeypatch.setattr(listening, "bind", bound_to_little)


@contextmanager
def answered(desk: Desk) -> Iterator[Caller]:
    """A caller, over TLS and of few bytes at a time, to whom a large answer is on its way."""
    ruled(desk, shop(), hold="1h", webhook=WITH_TLS)
    body = ubl("S1", lines=300)
    with desk.serving(), Caller(desk, window=1024) as caller:
        caller.socket = trusting(desk.folder).wrap_socket(caller.socket, server_hostname="127.0.0.1")
        caller.head("/in/shop", f"Content-Length: {len(body)}")
        caller.say(body)
        yield caller


@pytest.mark.usefixtures("little")
def test_an_answer_that_the_caller_does_not_read_to_its_end_is_doubtful_over_tls_too(
    secure: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "WRITE_SECONDS", 0.3)
    with answered(secure):
        until(lambda: secure.logged("postponed"), "it is put back")

    assert [(state, doubtful) for state, _, doubtful, _ in secure.outbox] == [("queued", 1)]


@pytest.mark.usefixtures("little")
def test_an_answer_in_the_middle_of_which_the_caller_breaks_off_is_doubtful_at_whatever_moment_one_looks(
    secure: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "TLS_LOOK", 0)
    with answered(secure) as caller:
        assert caller.socket.recv(1)
        caller.cut()
        until(lambda: secure.logged("postponed") or secure.logged("answered at once"), "it is settled")

    assert [(state, doubtful) for state, _, doubtful, _ in secure.outbox] == [("queued", 1)]


def next_words(caller: Caller) -> bytes:
    said = caller.socket.recv(65536)
    assert said, "the connection was ended"
    return said


def test_a_request_in_one_piece_with_the_end_of_the_handshake_is_heard(secure: Desk) -> None:
    with secure.serving(), Caller(secure) as caller:
        coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = trusting(secure.folder).wrap_bio(coming, going, server_hostname="127.0.0.1")
        while True:
            try:
                tls.do_handshake()
                break
            except ssl.SSLWantReadError:
                caller.say(going.read())
                coming.write(next_words(caller))
        tls.write(f"GET /in/shop?wsdl HTTP/1.1\r\nHost: desk\r\n{LOGIN}\r\n\r\n".encode())
        caller.say(going.read())
        said = b""
        while b"\r\n" not in said:
            coming.write(next_words(caller))
            with suppress(ssl.SSLWantReadError):
                said += tls.read(65536)
        assert said.startswith(b"HTTP/1.1 200")


def test_who_asks_for_a_name_that_is_none_is_heard_without_a_word_on_stderr(secure: Desk) -> None:
    coming, going = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = trusting(secure.folder).wrap_bio(coming, going, server_hostname="desk.example")
    with suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = going.read().replace(b"desk.example", "desk.examp\u00fc".encode())
    with secure.serving(), Caller(secure) as caller:
        caller.say(hello)
        assert next_words(caller)[:1] == b"\x16"  # its side of the handshake


def test_a_renewed_certificate_is_used_without_a_new_start(secure: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CERTIFICATE_LOOK", 0.05)
    with secure.serving():
        assert secure.post(ubl("S1"), verify=trusting(secure.folder)).status_code == 200
        write_certificate(secure.folder)
        until(lambda: secure.logged("certificate renewed"), "it is taken up")
        assert secure.post(ubl("S2"), verify=trusting(secure.folder)).status_code == 200


def test_a_broken_renewal_leaves_the_old_certificate_in_use(secure: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "CERTIFICATE_LOOK", 0.05)
    trusted = trusting(secure.folder)
    with secure.serving():
        (secure.folder / "desk.pem").write_text("half of a cert")
        until(lambda: secure.logged("the certificate can't be renewed, the old one is used on"), "it is told")
        assert secure.post(ubl("S1"), verify=trusted).status_code == 200


def test_a_certificate_that_came_before_its_key_leaves_the_old_pair_in_use(
    secure: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "CERTIFICATE_LOOK", 0.05)
    old = trusting(secure.folder)
    write_certificate(secure.folder, "new")
    new = trusting(secure.folder, "new")
    with secure.serving():
        (secure.folder / "new.pem").replace(secure.folder / "desk.pem")
        until(lambda: secure.logged("the certificate can't be renewed, the old one is used on"), "it is told")
        assert secure.post(ubl("S1"), verify=old).status_code == 200
        (secure.folder / "new.key").replace(secure.folder / "desk.key")
        until(lambda: secure.logged("certificate renewed"), "it is taken up")
        assert secure.post(ubl("S2"), verify=new).status_code == 200
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            secure.post(ubl("S3"), verify=old)


def test_a_renewal_while_the_listener_starts_is_seen_by_the_next_look(secure: Desk) -> None:
    pair = certificate(secure.settings.listener, secure.folder)
    assert pair is not None
    assert not pair.renew()
    write_certificate(secure.folder)
    assert pair.renew()
    assert not pair.renew()


BROKEN = {
    "no certificate": (lambda folder: (folder / "desk.pem").unlink(), r"certificate: .*desk.pem: No such file"),
    "no key": (lambda folder: (folder / "desk.key").unlink(), r"key: .*desk.key: No such file"),
    "not PEM": (lambda folder: (folder / "desk.pem").write_text("x"), r"can't be used together"),
    "another's key": (
        lambda folder: write_certificate(folder, "other")[1].rename(folder / "desk.key"),
        r"can't be used together",
    ),
    "an encrypted key": (lambda folder: write_certificate(folder, passphrase=b"secret"), r"without a passphrase"),
}


@pytest.mark.parametrize(("breaks", "sentence"), BROKEN.values(), ids=BROKEN.keys())
def test_a_certificate_that_cant_be_used_is_told_at_the_start(secure: Desk, breaks: object, sentence: str) -> None:
    breaks(secure.folder)  # type: ignore[operator]
    with pytest.raises(SettingsError, match=sentence), secure.serving():
        pass
