"""What only a mailbox can do to us: other clients, flags, numbers that start again, servers that can do less, TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.channels import ChannelError, NotAdmitted, Unreachable
from sync.channels.imap import ImapInboundChannel
from tests.channels.dovecot import Dovecot
from tests.channels.places import PASSWORD, USER, MailPlace, inbound_place, letter
from tests.channels.rounds import fetch, payloads, take_in


@pytest.fixture(params=["pymap", pytest.param("dovecot", marks=pytest.mark.real)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[MailPlace]:
    with inbound_place(request.param, tmp_path) as place:
        assert isinstance(place, MailPlace)
        yield place


@pytest.fixture
def dovecot(tmp_path: Path) -> Iterator[Dovecot]:
    with Dovecot(USER, PASSWORD) as server:
        yield server


def test_a_mail_that_somebody_read_is_taken_in_all_the_same(place: MailPlace) -> None:
    place.put("PO-1.xml", b"<Order/>")
    with place.client() as reader:
        reader.fetch(reader.search(), ["BODY[]"])
        assert reader.search("SEEN") != []
    assert payloads(take_in(place.channel())) == [b"<Order/>"]


def test_looking_leaves_no_mark(place: MailPlace) -> None:
    place.put("PO-1.xml", b"<Order/>")
    fetch(place.channel())
    with place.client() as reader:
        assert reader.search("UNSEEN") != []


def test_the_key_is_folder_uidvalidity_and_uid(place: MailPlace) -> None:
    place.put("PO-1.xml", b"<Order/>")
    with place.client() as reader:
        validity = reader.folder_status("INBOX", ["UIDVALIDITY"])[b"UIDVALIDITY"]
        [uid] = reader.search()
    [arrival] = fetch(place.channel())
    assert arrival.locator == f"INBOX;UIDVALIDITY={validity}/;UID={uid}"


def test_other_folders_can_be_read_and_filled(place: MailPlace) -> None:
    with place.client() as owner:
        owner.create_folder("Orders")
        owner.append("Orders", letter("PO-1.xml", b"<Order/>"))
    assert payloads(take_in(place.channel(folder="Orders", archive="Done & dusted"))) == [b"<Order/>"]
    with place.client() as owner:
        assert owner.select_folder("Done & dusted")[b"EXISTS"] == 1


def test_a_folder_that_is_not_there_is_told(place: MailPlace) -> None:
    with pytest.raises(ChannelError, match="there is no folder Orders; check `folder`"):
        fetch(place.channel(folder="Orders"))


def test_many_mails_come_in_their_order_and_all_of_them(place: MailPlace) -> None:
    place.deliver(*(letter(f"PO-{number}.xml", b"%d" % number) for number in range(230)))
    assert payloads(take_in(place.channel())) == [b"%d" % number for number in range(230)]
    assert place.waiting() == 0


def test_mails_of_very_different_sizes_come_in_their_order(place: MailPlace) -> None:
    sizes = [10, 3_000_000, 20, 2_900_000, 30]
    for size in sizes:
        place.put("PO.dat", b"x" * size)
    assert [len(payload) for payload in payloads(take_in(place.channel(most_bytes=10_000_000)))] == sizes


def test_of_a_mail_that_is_too_large_a_person_sees_the_header(place: MailPlace) -> None:
    place.put("PO.dat", b"x" * 200_000)
    [arrival] = take_in(place.channel(most_bytes=100_000))
    [document] = arrival.documents
    assert b"Subject: An order" in document.payload
    assert b"xxxx" not in document.payload
    assert "folder Processed" in document.remedy


def test_a_mail_that_is_marked_as_deleted_is_no_order(place: MailPlace) -> None:
    place.put("PO-1.xml", b"<Order>1</Order>")
    place.put("PO-2.xml", b"<Order>2</Order>")
    with place.client() as owner:
        owner.delete_messages(owner.search()[:1])
    assert payloads(take_in(place.channel())) == [b"<Order>2</Order>"]


def test_a_mail_that_vanished_between_listing_and_fetching_is_passed_over(place: MailPlace) -> None:
    place.put("big.dat", b"x" * 5_000_000)
    place.put("PO-2.xml", b"<Order>2</Order>")
    with place.channel(most_bytes=10_000_000).session() as session:
        arrivals = session.arrivals()
        session.archive(next(arrivals))
        place.take_away()
        for arrival in arrivals:  # pymap still tells of it, Dovecot doesn't
            assert payloads([arrival]) == [b"<Order>2</Order>"]
            session.archive(arrival)
    assert place.waiting() == 0


def test_mails_of_others_are_never_removed(place: MailPlace) -> None:
    place.put("PO-1.xml", b"<Order>1</Order>")
    with place.channel().session() as session:
        arrivals = list(session.arrivals())
        place.put("other.xml", b"not ours")
        with place.client() as owner:
            owner.delete_messages(owner.search()[-1:])
        for arrival in arrivals:
            session.archive(arrival)
    with place.client() as owner:
        assert len(owner.search("DELETED")) == 1


def test_after_a_change_of_uidvalidity_the_same_uid_is_another_mail(place: MailPlace) -> None:
    channel = place.channel(folder="Orders")
    with place.client() as owner:
        owner.create_folder("Orders")
        owner.append("Orders", letter("PO-1.xml", b"<Order>1</Order>"))
    [old] = fetch(channel)
    with place.client() as owner:
        owner.delete_folder("Orders")
        owner.create_folder("Orders")
        owner.append("Orders", letter("PO-2.xml", b"<Order>2</Order>"))
    with channel.session() as session:
        assert session.archive(old) is False
    [new] = take_in(channel)
    assert payloads([new]) == [b"<Order>2</Order>"]
    assert old.locator.partition(";UID=")[2] == new.locator.partition(";UID=")[2]
    assert old.locator != new.locator


@pytest.mark.real
@pytest.mark.parametrize("capability", ["IMAP4rev1 UIDPLUS", "IMAP4rev1"])
def test_where_mails_cannot_be_moved_they_are_copied_and_only_they_removed(tmp_path: Path, capability: str) -> None:
    with Dovecot(USER, PASSWORD, capability=capability) as server:
        place = MailPlace(server, tmp_path)
        place.put("PO-1.xml", b"<Order>1</Order>")
        place.put("kept.xml", b"somebody else's")
        with place.client() as owner:
            owner.delete_messages(owner.search()[-1:])
        assert payloads(take_in(place.channel())) == [b"<Order>1</Order>"]
        assert place.archived() == [b"<Order>1</Order>"]
        assert take_in(place.channel()) == []
        with place.client() as owner:
            assert len(owner.search("DELETED")) == (1 if "UIDPLUS" in capability else 2)


def test_only_a_sender_that_the_trusted_server_vouches_for_is_believed(place: MailPlace) -> None:
    place.deliver(
        b"Authentication-Results: mx.ours.example; dmarc=pass header.from=buyer.example\r\n" + letter("1.xml", b"<a/>")
    )
    place.deliver(letter("2.xml", b"<b/>"))
    good, doubtful = take_in(place.channel(trusted_authserv="mx.ours.example"))
    assert good.documents[0].problem == ""
    assert doubtful.documents[0].problem == "sender could not be authenticated"
    assert doubtful.documents[0].payload == b"<b/>"


@pytest.mark.real
@pytest.mark.parametrize("tls", ["ssl", "starttls"])
def test_over_tls_a_certificate_must_be_vouched_for(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    place = MailPlace(dovecot, tmp_path)
    place.put("PO-1.xml", b"<Order/>")
    port = dovecot.tls_port if tls == "ssl" else dovecot.port
    with pytest.raises(NotAdmitted, match="a certificate that this machine does not trust"):
        place.channel(tls=tls, port=port).check()
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    assert payloads(take_in(place.channel(tls=tls, port=port))) == [b"<Order/>"]


@pytest.mark.real
def test_a_certificate_for_another_name_is_not_admitted(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(dovecot.certificate))
    channel = MailPlace(dovecot, tmp_path).channel(tls="ssl", port=dovecot.tls_port, host="127.0.0.2")
    with pytest.raises((NotAdmitted, Unreachable), match=r"certificate|can't be reached"):
        channel.check()


def test_a_server_without_starttls_gets_no_password(tmp_path: Path) -> None:
    with (
        inbound_place("pymap", tmp_path) as place,
        pytest.raises(NotAdmitted, match='knows no STARTTLS; set tls = "ssl"'),
    ):
        place.channel(tls="starttls").check()


def test_a_time_out_is_set_on_every_connection(place: MailPlace) -> None:
    channel: ImapInboundChannel = place.channel(timeout=7)
    with channel.session() as session:
        assert session._client.socket().gettimeout() == 7
