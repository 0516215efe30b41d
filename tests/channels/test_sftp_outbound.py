"""What only an SFTP folder can do to our answers: names that are taken, renames that fail or seem to, full disks."""

from __future__ import annotations

import re
import stat
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import asyncssh
import pytest

from sync.channels import NotAdmitted, Refused, Uncertain, Unreachable
from sync.channels.sftp_outbound import file_name
from sync.demo.servers.sftp import SftpServer
from tests.channels.places import PASSWORD, USER, SftpOutPlace, outbound_place
from tests.channels.test_outbound_contract import parcel, send

Serve = Callable[[type[asyncssh.SFTPServer]], SftpOutPlace]


@pytest.fixture(params=["asyncssh", pytest.param("openssh", marks=pytest.mark.real)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SftpOutPlace]:
    with outbound_place(request.param, tmp_path) as place:
        assert isinstance(place, SftpOutPlace)
        yield place


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """A place behind a server with habits of its own."""
    with ExitStack() as stack:

        def start(habits: type[asyncssh.SFTPServer]) -> SftpOutPlace:
            root = tmp_path / "partner"
            root.mkdir()
            server = SftpServer(root, USER, PASSWORD)
            server.serve = habits
            stack.enter_context(server)
            return SftpOutPlace(server, root, "", {"user": USER, "password": PASSWORD})

        yield start


def names(place: SftpOutPlace) -> list[str]:
    return sorted(path.name for path in place.folder.iterdir())


def test_the_name_comes_from_the_settings(place: SftpOutPlace) -> None:
    send(place.channel(name="answer_{number}_{kind}-{id}.{extension}"), parcel(7, number="45/1"))
    assert names(place) == ["answer_45%2F1_order_response-0192f0c1-0000-7000-8000-000000000007.xml"]


def test_the_receipt_says_where_the_answer_lies(place: SftpOutPlace) -> None:
    [receipt] = send(place.channel(), parcel())
    assert f":{place.port}: " in receipt
    assert "/order_response/PO-1-0192f0c1-0000-7000-8000-000000000001.xml, 16 bytes" in receipt


def test_the_partner_may_read_and_write_the_answer(place: SftpOutPlace) -> None:
    send(place.channel(), parcel())
    [path] = place.folder.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o664


def test_what_a_crash_left_half_written_is_replaced(place: SftpOutPlace) -> None:
    name = f"PO-1-{parcel().id}.xml"
    (place.folder / f".{name}.{parcel().id}.tmp").write_bytes(b"<OrderResponse with a much longer beginning")
    send(place.channel(), parcel())
    assert names(place) == [name]
    assert place.got() == [b"<OrderResponse/>"]


def test_another_file_of_that_name_is_never_overwritten(place: SftpOutPlace) -> None:
    channel = place.channel(name="{number}.xml")
    send(channel, parcel(1, b"first"))
    with pytest.raises(Refused, match=r"order PO-1: another file called .*/PO-1\.xml is there; put \{id\} into"):
        send(channel, parcel(2, b"other"))
    with pytest.raises(Refused):
        send(channel, parcel(2, b"longer than the first"))
    assert place.got() == [b"first"]


def test_a_folder_that_is_not_there_parks_the_channel(place: SftpOutPlace) -> None:
    channel = place.channel(path="/no/such/place")
    with pytest.raises(NotAdmitted, match=r"order PO-1: nothing can be put into /no/such/place .*check `path`"):
        send(channel, parcel())
    with pytest.raises(NotAdmitted, match="there is no folder /no/such/place"):
        channel.check()


def test_a_folder_that_we_may_not_write_to_parks_the_channel(tmp_path: Path) -> None:
    root = tmp_path / "partner"
    root.mkdir()
    with SftpServer(root, USER, PASSWORD, read_only=True) as server:
        place = SftpOutPlace(server, root, "", {"user": USER, "password": PASSWORD})
        with pytest.raises(NotAdmitted, match="no permission"):
            send(place.channel(), parcel())


def test_a_connection_lost_in_the_rename_leaves_it_open_and_the_repeat_settles_it(serve: Serve) -> None:
    class LosesTheAnswer(asyncssh.SFTPServer):
        lost = False

        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().rename(oldpath, newpath)
            if not LosesTheAnswer.lost:
                LosesTheAnswer.lost = True
                self.connection.abort()

    place = serve(LosesTheAnswer)
    with pytest.raises(Uncertain, match="order PO-1: the answer may be there"):
        send(place.channel(), parcel())
    send(place.channel(), parcel())
    assert place.got() == [b"<OrderResponse/>"]


def test_a_connection_lost_before_the_rename_is_plain_trouble_and_nothing_is_seen(serve: Serve) -> None:
    class BreaksOff(asyncssh.SFTPServer):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            self.connection.abort()
            return 0

    place = serve(BreaksOff)
    with pytest.raises(Unreachable):
        send(place.channel(), parcel())
    assert [name for name in names(place) if not name.startswith(".")] == []


def test_a_rename_that_says_it_failed_and_did_not_is_a_success(serve: Serve) -> None:
    class Lies(asyncssh.SFTPServer):
        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            super().rename(oldpath, newpath)
            raise asyncssh.SFTPFailure("no")

    place = serve(Lies)
    send(place.channel(), parcel())
    assert place.got() == [b"<OrderResponse/>"]


def test_a_rename_that_fails_is_tried_again_later(serve: Serve) -> None:
    class Refuses(asyncssh.SFTPServer):
        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            raise asyncssh.SFTPFailure("busy")

    place = serve(Refuses)
    with pytest.raises(Unreachable, match=r"order PO-1: the answer is written but can't be given its name .*\(busy\)"):
        send(place.channel(), parcel())


def test_a_rename_that_fails_over_another_file_overwrites_nothing(serve: Serve) -> None:
    class Slower(asyncssh.SFTPServer):
        def rename(self, oldpath: bytes, newpath: bytes) -> None:
            Path(self._chroot.decode() + newpath.decode()).write_bytes(b"somebody else's")  # type: ignore[union-attr]
            super().rename(oldpath, newpath)

    place = serve(Slower)
    with pytest.raises(Refused, match="another file called"):
        send(place.channel(), parcel())
    assert b"somebody else's" in place.got()


def test_a_full_disk_is_tried_again_later_and_nothing_half_is_seen(serve: Serve) -> None:
    class Full(asyncssh.SFTPServer):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            raise asyncssh.SFTPFailure("no space left on device")

    place = serve(Full)
    with pytest.raises(Unreachable, match="order PO-1"):
        send(place.channel(), parcel())
    assert [name for name in names(place) if not name.startswith(".")] == []


def test_a_server_that_loses_bytes_is_noticed_before_the_answer_gets_its_name(serve: Serve) -> None:
    class Forgets(asyncssh.SFTPServer):
        def write(self, file_obj: object, offset: int, data: bytes) -> int:
            super().write(file_obj, offset, data[:5])
            return len(data)

    place = serve(Forgets)
    with pytest.raises(Unreachable, match="only 5 of 16 bytes arrived"):
        send(place.channel(), parcel())
    assert [name for name in names(place) if not name.startswith(".")] == []


def test_a_server_that_lets_no_modes_be_set_gets_the_answer_all_the_same(serve: Serve) -> None:
    class NoModes(asyncssh.SFTPServer):
        def setstat(self, path: bytes, attrs: asyncssh.SFTPAttrs) -> None:
            raise asyncssh.SFTPPermissionDenied("no")

    place = serve(NoModes)
    send(place.channel(), parcel())
    assert place.got() == [b"<OrderResponse/>"]


@pytest.mark.parametrize("number", ["..", ".hidden", "a/b", "a\\b", "a\0b", "é" * 400, "%" * 400, ""])
def test_a_number_fills_one_harmless_part_of_a_name(number: str) -> None:
    name = file_name("{number}.{extension}", replace(parcel(), order_number=number))
    assert re.fullmatch(rb"([A-Za-z0-9_~.-]|%[0-9A-F]{2})*\.xml", name)
    assert number == "" or not name.startswith(b".")
    assert len(name) <= 110


def test_a_part_of_a_name_never_becomes_another_part() -> None:
    assert file_name("{number}-{id}.xml", replace(parcel(), order_number="{id}", id="x")) == b"%7Bid%7D-x.xml"
