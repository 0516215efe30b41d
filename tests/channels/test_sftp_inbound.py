"""What only an SFTP folder can do to us: half-written files, racing readers, leftovers, odd names, foreign host keys."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import asyncssh
import pytest

from sync.channels import Arrival, ChannelError, NotAdmitted, Unreachable
from sync.demo.servers.sftp import SftpServer
from tests.channels.openssh import OpenSsh
from tests.channels.places import PASSWORD, USER, Clock, SftpPlace, sftp_place
from tests.channels.rounds import fetch, keys, payloads, take_in

SERVERS = ["asyncssh", pytest.param("openssh", marks=pytest.mark.real)]


@pytest.fixture(params=SERVERS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SftpPlace]:
    with sftp_place(request.param, tmp_path) as place:
        yield place


@pytest.fixture(params=SERVERS)
def read_only_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SftpPlace]:
    with sftp_place(request.param, tmp_path, read_only=True) as place:
        yield place


@contextmanager
def place_with(habits: type[asyncssh.SFTPServer], folder: Path) -> Iterator[SftpPlace]:
    """A place behind a server with habits of its own."""
    root = folder / "partner"
    root.mkdir()
    server = SftpServer(root, USER, PASSWORD)
    server.serve = habits
    with server:
        yield SftpPlace(server, root, "", {"user": USER, "password": PASSWORD})


# Complete or not


def test_a_new_file_is_taken_when_it_was_the_same_for_as_long_as_the_settings_say(place: SftpPlace) -> None:
    clock = Clock()
    channel = place.timed_channel(clock, settle="2s")
    place.put("PO-1.xml", b"<Order/>")
    assert take_in(channel) == []
    clock.now += 1.9
    assert take_in(channel) == []
    clock.now += 0.1
    assert payloads(take_in(channel)) == [b"<Order/>"]


def test_a_file_that_grows_has_to_be_quiet_again(place: SftpPlace) -> None:
    clock = Clock()
    channel = place.timed_channel(clock, settle="2s")
    place.put("PO-1.xml", b"<Ord")
    assert take_in(channel) == []
    clock.now += 5
    place.put("PO-1.xml", b"<Order/>")
    assert take_in(channel) == []
    clock.now += 2
    assert payloads(take_in(channel)) == [b"<Order/>"]


def test_a_file_that_was_replaced_by_one_of_the_same_size_has_to_be_quiet_again(place: SftpPlace) -> None:
    clock = Clock()
    channel = place.timed_channel(clock, settle="2s")
    place.put("PO-1.xml", b"<Order>A</Order>")
    assert take_in(channel) == []
    clock.now += 5
    place.put("PO-1.xml", b"<Order>B</Order>")
    assert take_in(channel) == []


def test_one_round_can_wait_for_files_to_settle(place: SftpPlace) -> None:
    clock = Clock()
    place.put("PO-1.xml", b"<Order/>")
    assert payloads(take_in(place.timed_channel(clock, wait_to_settle=True, settle="2s"))) == [b"<Order/>"]
    assert len(clock.slept) == 1
    assert clock.slept[0] >= 2


def test_a_round_that_waits_takes_no_file_that_was_still_written_meanwhile(place: SftpPlace) -> None:
    clock = Clock()
    place.put("PO-1.xml", b"<Order/>")
    place.put("PO-2.xml", b"<Ord")
    clock.meanwhile = lambda: place.put("PO-2.xml", b"<Order/>")
    channel = place.timed_channel(clock, wait_to_settle=True, settle="2s")
    assert [arrival.documents[0].name for arrival in take_in(channel)] == ["PO-1.xml"]
    clock.meanwhile = lambda: None
    assert [arrival.documents[0].name for arrival in take_in(channel)] == ["PO-2.xml"]


def test_a_round_waits_for_nothing_where_there_is_nothing(place: SftpPlace) -> None:
    clock = Clock()
    assert take_in(place.timed_channel(clock, wait_to_settle=True, settle="2s")) == []
    assert clock.slept == []


@pytest.mark.parametrize("size", [100, 100_000])
def test_a_file_that_grew_after_the_listing_waits_for_the_next_round_and_comes_whole(tmp_path: Path, size: int) -> None:
    whole = b"<Order>" + b"x" * size + b"</Order>"

    class Growing(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            local = Path(os.fsdecode(self.map_path(path)))
            if local.stat().st_size < len(whole):
                local.write_bytes(whole)
            return super().open(path, pflags, attrs)

    with place_with(Growing, tmp_path) as place:
        channel = place.channel()
        place.put("PO-1.xml", whole[:-8])
        assert take_in(channel) == []
        assert payloads(take_in(channel)) == [whole]


def test_a_server_that_gives_less_than_was_asked_for_is_asked_again(tmp_path: Path) -> None:
    class Stingy(asyncssh.SFTPServer):
        def read(self, file_obj: object, offset: int, size: int) -> bytes:
            held = super().read(file_obj, offset, min(size, 10))
            assert isinstance(held, bytes)
            return held

    with place_with(Stingy, tmp_path) as place:
        place.put("PO-1.xml", b"<Order>of more than ten bytes</Order>")
        assert payloads(take_in(place.channel())) == [b"<Order>of more than ten bytes</Order>"]


def test_many_files_of_many_sizes_come_in_their_order(place: SftpPlace) -> None:
    sizes = [10] * 50 + [40_000, 10, 0, 32_768, 32_769, 200_000] + [20] * 100
    for at, size in enumerate(sizes):
        place.put(f"PO-{at}.xml", bytes([at % 251]) * size)
    assert payloads(take_in(place.channel())) == [bytes([at % 251]) * size for at, size in enumerate(sizes)]
    assert place.waiting() == 0
    assert len(place.archived()) == len(sizes)


@pytest.mark.parametrize("archive", ["is there", "is made"])
def test_what_its_writer_adds_after_we_read_it_is_not_archived_unread(place: SftpPlace, archive: str) -> None:
    if archive == "is there":
        place.archive.mkdir(parents=True)
    channel = place.channel()
    place.put("PO-1.xml", b"<Order>")
    with (place.order / "PO-1.xml").open("ab") as writer, channel.session() as session:
        [arrival] = session.arrivals()
        writer.write(b"</Order>")
        writer.flush()
        session.archive(arrival)
    assert place.archived() == []
    [later] = take_in(channel)
    assert payloads([later]) == [b"<Order></Order>"]
    assert (later.locator, later.fingerprint) != (arrival.locator, arrival.fingerprint)
    assert place.archived() == [b"<Order></Order>"]


# Whose it is


def test_a_file_that_is_being_taken_in_is_out_of_the_folder(place: SftpPlace) -> None:
    place.put("PO-1.xml", b"<Order/>")
    with place.channel().session() as session:
        list(session.arrivals())
        assert place.waiting() == 0
        assert (place.claimed / "PO-1.xml").read_bytes() == b"<Order/>"


def test_what_a_crash_left_claimed_comes_first_and_under_its_old_key(place: SftpPlace) -> None:
    place.put("PO-2.xml", b"<Order>2</Order>")
    before = fetch(place.channel())
    place.write(place.order / "PO-1.xml", b"<Order>1</Order>")
    os.utime(place.order / "PO-1.xml", (1, 1))  # older, and yet after what we had begun
    after = take_in(place.channel())
    assert payloads(after) == [b"<Order>2</Order>", b"<Order>1</Order>"]
    assert keys(after)[:1] == keys(before)


def test_a_new_file_of_the_name_of_a_claimed_one_is_not_lost(place: SftpPlace) -> None:
    channel = place.channel()
    place.put("PO-1.xml", b"<Order>A</Order>")
    fetch(channel)
    place.put("PO-1.xml", b"<Order>B</Order>")
    assert payloads(take_in(channel) + take_in(channel)) == [b"<Order>A</Order>", b"<Order>B</Order>"]
    assert place.archived() == [b"<Order>A</Order>", b"<Order>B</Order>"]


def test_of_two_readers_each_file_has_one(place: SftpPlace) -> None:
    for number in range(40):
        place.put(f"PO-{number}.xml", b"%d" % number)
    got: list[bytes] = []
    begin = threading.Barrier(2)

    def read() -> None:
        with place.channel().session() as session:
            begin.wait()
            got.extend(payload for arrival in session.arrivals() for payload in payloads([arrival]))

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join()
    # What one has claimed before the other lists is a leftover to it: the store knows those by their key.
    assert {bytes(payload) for payload in got} == {b"%d" % number for number in range(40)}
    assert place.waiting() == 0


def test_where_nothing_may_be_moved_files_are_read_and_left(read_only_place: SftpPlace) -> None:
    place = read_only_place
    place.put("PO-1.xml", b"<Order>1</Order>")
    place.put("PO-2.xml", b"<Order>2</Order>")
    with place.channel().session() as session:
        arrivals = list(session.arrivals())
        assert payloads(arrivals) == [b"<Order>1</Order>", b"<Order>2</Order>"]
        assert [session.archive(arrival) for arrival in arrivals] == [False, False]
    assert place.waiting() == 2
    assert not place.claimed.exists()


def test_a_file_that_is_left_is_not_read_in_every_round_but_its_replacement_is(read_only_place: SftpPlace) -> None:
    place, clock = read_only_place, Clock()
    channel = place.timed_channel(clock, settle="2s", wait_to_settle=True)
    place.put("PO-1.xml", b"<Order>A</Order>")
    with channel.session() as session:
        for arrival in session.arrivals():
            session.archive(arrival)
    assert fetch(channel) == []
    place.put("PO-1.xml", b"<Order>B</Order>")
    assert payloads(fetch(channel)) == [b"<Order>B</Order>"]


def test_a_file_that_is_left_is_read_again_when_the_store_never_had_it(read_only_place: SftpPlace) -> None:
    place, clock = read_only_place, Clock()
    channel = place.timed_channel(clock, settle="2s", wait_to_settle=True)
    place.put("PO-1.xml", b"<Order/>")
    assert keys(fetch(channel)) == keys(fetch(channel)) != []


# Which files


def test_folders_links_hidden_and_unfinished_files_are_passed_over(place: SftpPlace) -> None:
    place.put("PO-1.xml", b"<Order/>")
    (place.order / "folder.xml").mkdir()
    (place.order / "link.xml").symlink_to(place.order / "PO-1.xml")
    (place.order / "nowhere.xml").symlink_to("/nonexistent")
    os.mkfifo(place.order / "pipe.xml")
    place.put(".hidden.xml", b"no")
    place.put("half.xml.tmp", b"no")
    assert payloads(take_in(place.channel())) == [b"<Order/>"]
    assert {path.name for path in place.order.iterdir()} == {
        "folder.xml", "link.xml", "nowhere.xml", "pipe.xml", ".hidden.xml", "half.xml.tmp", "claimed",
    }  # fmt: skip


def test_only_names_of_the_pattern_are_taken(place: SftpPlace) -> None:
    place.put("order_1.xml", b"<Order/>")
    place.put("ORDER_2.XML", b"no")
    place.put("readme.txt", b"no")
    assert payloads(take_in(place.channel(pattern="order_*.xml"))) == [b"<Order/>"]
    assert place.waiting() == 2


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.xml",
        b"line\nbreak\x1b[31m.xml",
        "\u202egnp.xml".encode(),
        b"-rf *.xml",
        b"100%25.xml",
        b"n" * 251 + b".xml",
    ],
    ids=["latin-1", "control", "right to left", "option", "percent", "longest"],
)
def test_odd_names_are_taken_archived_and_told_in_one_printable_line(place: SftpPlace, name: bytes) -> None:
    (place.order / os.fsdecode(name)).write_bytes(b"<Order/>")
    place.put("PO-1.xml", b"<Order/>")
    arrivals = take_in(place.channel())
    assert len(arrivals) == 2
    for arrival in arrivals:
        assert (arrival.locator + arrival.documents[0].name).isprintable()
        arrival.locator.encode("utf-8")
    assert place.waiting() == 0
    assert len(place.archived()) == 2


def test_what_may_not_be_read_is_told_after_all_others_were_taken(tmp_path: Path) -> None:
    class Locked(asyncssh.SFTPServer):
        def open(self, path: bytes, pflags: int, attrs: asyncssh.SFTPAttrs) -> object:
            if path.endswith(b"locked.xml"):
                raise asyncssh.SFTPPermissionDenied("not for you")
            return super().open(path, pflags, attrs)

    with place_with(Locked, tmp_path) as place:
        place.put("locked.xml", b"<Order/>")
        place.put("PO-1.xml", b"<Order/>")
        got: list[Arrival] = []
        with (
            place.channel().session() as session,
            pytest.raises(ChannelError, match=r"locked\.xml can't be read .no perm"),
        ):
            got.extend(session.arrivals())
        assert payloads(got) == [b"<Order/>"]


# The archive


def test_the_archive_is_inside_the_folder_where_the_settings_name_none(place: SftpPlace) -> None:
    place.put("PO-1.xml", b"<Order/>")
    [arrival] = take_in(place.channel(archive=None))
    [kept] = (place.order / "archive").iterdir()
    assert kept.name == f"PO-1.xml.{arrival.fingerprint[:8]}"


def test_an_archive_that_cannot_be_made_is_told_with_its_remedy_and_nothing_is_lost(place: SftpPlace) -> None:
    (place.root / "archive").write_bytes(b"a file where a folder should be")
    place.put("PO-1.xml", b"<Order/>")
    channel = place.channel()
    with channel.session() as session:
        [arrival] = session.arrivals()
        with pytest.raises(ChannelError, match=r"PO-1\.xml is taken in but can't be moved to .*; make that folder"):
            session.archive(arrival)
    (place.root / "archive").unlink()
    assert keys(take_in(channel)) == [(arrival.locator, arrival.fingerprint)]
    assert place.archived() == [b"<Order/>"]


def test_a_folder_that_is_not_there_is_told(place: SftpPlace) -> None:
    with pytest.raises(ChannelError, match=r"the folder /no/such/place can't be listed .*check `path`"):
        fetch(place.channel(path="/no/such/place"))


# Host keys and log-in


def test_an_unknown_host_key_is_not_admitted_and_told_with_the_line_to_add(place: SftpPlace) -> None:
    (place.root / "known_hosts").write_text("")
    with pytest.raises(NotAdmitted, match=r"SHA256:\S+; pinned is none") as refused:
        place.channel().check()
    (place.root / "known_hosts").write_text(str(refused.value).rpartition("known_hosts: ")[2] + "\n")
    assert "0 waiting" in place.channel().check()


def test_a_changed_host_key_is_not_admitted_and_both_fingerprints_are_told(place: SftpPlace) -> None:
    another = asyncssh.generate_private_key("ssh-ed25519")
    line = f"[127.0.0.1]:{place.server.port} {another.export_public_key().decode()}"
    fingerprint = another.get_fingerprint()
    (place.root / "known_hosts").write_text(line)
    with pytest.raises(NotAdmitted) as refused:
        place.channel().check()
    assert fingerprint in str(refused.value)
    assert str(refused.value).count("SHA256:") == 2
    assert (place.root / "known_hosts").read_text() == line


def test_a_key_pinned_for_another_host_is_no_key(place: SftpPlace) -> None:
    known_hosts = place.root / "known_hosts"
    known_hosts.write_text(known_hosts.read_text().replace("127.0.0.1", "127.0.0.2"))
    with pytest.raises(NotAdmitted, match="pinned is none"):
        place.channel().check()


def test_no_known_hosts_file_is_the_same_as_an_empty_one(place: SftpPlace) -> None:
    with pytest.raises(NotAdmitted, match="pinned is none"):
        place.channel(known_hosts="not_there").check()


@pytest.mark.real
@pytest.mark.parametrize("pinned", ["rsa", "ecdsa", "ed25519"])
def test_a_server_with_several_keys_shows_the_one_that_is_pinned(tmp_path: Path, pinned: str) -> None:
    kinds = tuple(sorted(["rsa", "ecdsa", "ed25519"], key=lambda kind: kind == pinned))
    root = tmp_path / "partner"
    root.mkdir()
    with OpenSsh(tmp_path, key_types=kinds) as server:
        place = SftpPlace(server, root, str(root), {"user": server.user, "private_key": str(server.private_key)})
        assert "0 waiting" in place.channel().check()


@pytest.mark.real
def test_a_private_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    with sftp_place("openssh", tmp_path) as place:
        assert isinstance(place.server, OpenSsh)
        place.server.private_key.chmod(0o644)
        with pytest.raises(NotAdmitted, match="can be read by others; `chmod 600` it"):
            place.channel().check()


@pytest.mark.parametrize(("held", "told"), [(None, "No such file"), ("nonsense", "is no private key")])
def test_a_private_key_that_cannot_be_used_is_told(tmp_path: Path, held: str | None, told: str) -> None:
    with sftp_place("asyncssh", tmp_path) as place:
        key = tmp_path / "key"
        if held is not None:
            key.touch(mode=0o600)
            key.write_text(held)
        with pytest.raises(NotAdmitted, match=told):
            place.channel(private_key=str(key)).check()


@pytest.mark.real
@pytest.mark.parametrize("options", ["-t rsa", "-t ecdsa", "-t ed25519", "-t rsa -m PEM"])
def test_a_private_key_with_a_passphrase_opens_with_it_and_only_with_it(tmp_path: Path, options: str) -> None:
    with sftp_place("openssh", tmp_path) as place:
        assert isinstance(place.server, OpenSsh)
        key = place.server.private_key
        key.unlink()
        subprocess.run(["ssh-keygen", "-q", *options.split(), "-N", "", "-f", key], check=True, input=b"y")
        assert "0 waiting" in place.channel().check()
        subprocess.run(["ssh-keygen", "-q", "-p", "-P", "", "-N", "open sesame", "-f", key], check=True)
        assert "0 waiting" in place.channel(passphrase="open sesame").check()
        with pytest.raises(NotAdmitted, match="needs a passphrase"):
            place.channel().check()
        with pytest.raises(NotAdmitted, match="or its passphrase is another") as refused:
            place.channel(passphrase="wrong one").check()
        assert "wrong one" not in str(refused.value)


def test_a_server_that_lets_us_in_and_then_says_nothing_is_unreachable(tmp_path: Path) -> None:
    class Mute(SftpServer):
        async def _start(self) -> None:
            async def say_nothing(process: asyncssh.SSHServerProcess[str]) -> None:
                await process.stdin.read()

            self.acceptor = await asyncssh.listen(
                "127.0.0.1", 0, server_host_keys=[self.key], server_factory=self.door, process_factory=say_nothing
            )
            self.port = self.acceptor.get_port()

    root = tmp_path / "partner"
    root.mkdir()
    with Mute(root, USER, PASSWORD) as server:
        place = SftpPlace(server, root, "", {"user": USER, "password": PASSWORD})
        with pytest.raises(Unreachable, match=f"127.0.0.1:{server.port}"):
            place.channel(timeout=0.5).check()
