"""`podesk documents`: what is attached to an order, and the bytes of it written where the operator says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.store import downloads, open_store
from sync.demo.servers.tradecloud import Fault, TradecloudServer
from tests.tui.desk_folder import DeskFolder, Tree, agreed, line

DRAWING = b"\x89PNG\r\n\x1b]0;owned\x07" + bytes(range(256))


def with_documents(*documents: Tree) -> Tree:
    tree = line("10")
    tree["buyerLine"]["documents"] = list(documents)
    return tree


@pytest.fixture
def desk(desk_folder: DeskFolder) -> DeskFolder:
    """An order with a document that was fetched, one that waits, and one of which there is only a link."""
    desk_folder.take_in(
        "PO-1",
        with_documents(
            {"code": "D-1", "name": "Drawing", "objectId": "o-1"},
            {"code": "D-2", "name": "Rules", "objectId": "o-2"},
            {"code": "D-3", "name": "Site", "url": "https://buyer.example/site"},
        ),
    )
    with open_store(desk_folder.store) as store:
        downloads.keep(store, "metal-works", "o-1", "drawing.png", DRAWING, datetime.now(UTC))
    return desk_folder


def test_the_list_says_of_each_where_it_stands(desk: DeskFolder) -> None:
    done = desk.run("documents", "PO-1")
    assert done.exit_code == 0
    _, drawing, rules, site = done.stdout.splitlines()
    assert drawing.split() == ["1", "10", "D-1", "Drawing", f"{len(DRAWING)}", "kept"]
    assert "waiting to be fetched" in rules
    assert "only a link, which podesk does not open: https://buyer.example/site" in site
    assert [each["number"] for each in desk.json("documents", "PO-1", "2")] == [2]


def test_show_counts_them(desk: DeskFolder) -> None:
    shown = desk.run("show", "PO-1").stdout
    assert "documents:     1 kept, 1 waiting, 1 only a link; podesk documents PO-1" in shown
    assert [each["state"] for each in desk.json("show", "PO-1")["attached"]] == ["kept", "waiting", "link"]
    desk.take_in("PO-2")
    assert "documents" not in desk.run("show", "PO-2").stdout
    assert desk.json("show", "PO-2")["attached"] == []


def test_the_bytes_go_into_the_file_that_is_named(desk: DeskFolder) -> None:
    target = desk.folder / "mine.png"
    assert desk.run("documents", "PO-1", "1", "--out", str(target)).exit_code == 0
    assert target.read_bytes() == DRAWING
    assert desk.run("documents", "PO-1", "1", "--out", "-").stdout_bytes == DRAWING


def test_a_file_that_is_there_stays_unless_forced(desk: DeskFolder) -> None:
    target = desk.write("mine.png", b"precious")
    done = desk.run("documents", "PO-1", "1", "--out", str(target))
    assert (done.exit_code, target.read_bytes()) == (2, b"precious")
    assert "--force" in done.stderr
    assert desk.run("documents", "PO-1", "1", "--out", str(target), "--force").exit_code == 0
    assert target.read_bytes() == DRAWING
    assert not list(desk.folder.glob(".podesk*"))


@pytest.mark.parametrize("force", [(), ("--force",)], ids=["plain", "forced"])
def test_what_is_no_plain_file_is_never_replaced(desk: DeskFolder, force: tuple[str, ...]) -> None:
    precious = desk.write("precious", b"precious")
    for name, make in (("link", lambda at: at.symlink_to(precious)), ("pipe", os.mkfifo), ("folder", os.mkdir)):
        path = desk.folder / name
        make(path)
        done = desk.run("documents", "PO-1", "1", "--out", str(path), *force)
        assert done.exit_code == 2, name
        assert "no plain file" in done.stderr
    assert precious.read_bytes() == b"precious"


@pytest.mark.parametrize("name", ["no/such/folder/x", "/", ".", "", "podesk.toml/x", "x" * 300, "a\0b"])
def test_a_place_that_is_none_is_told(desk: DeskFolder, name: str) -> None:
    done = desk.run("documents", "PO-1", "1", "--out", str(desk.folder / name) if name not in ("", "/", ".") else name)
    assert done.exit_code == 2, done.output
    assert done.stderr


def test_a_terminal_gets_no_strangers_bytes(desk: DeskFolder) -> None:
    status, screen = desk.on_a_terminal("documents", "PO-1", "1", "--out", "-")
    assert status == 2
    assert "name a file" in screen
    assert "owned" not in screen


@pytest.mark.parametrize("nth", ["2", "3"])
def test_bytes_that_are_not_here_are_refused(desk: DeskFolder, nth: str) -> None:
    target = desk.folder / "x"
    done = desk.run("documents", "PO-1", nth, "--out", str(target))
    assert done.exit_code == 1
    assert "not here" in done.stderr
    assert not target.exists()


@pytest.mark.parametrize(
    "command",
    [
        ("PO-1", "4"),
        ("PO-1", "0"),
        ("PO-1", "x"),
        ("PO-9",),
        ("PO-1", "--out", "x"),
        ("PO-1", "1", "--force"),
        ("PO-1", "1", "--out", "x", "--json"),
        ("PO-1", "1", "--out", "x", "--retry"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(desk: DeskFolder, command: tuple[str, ...]) -> None:
    done = desk.run("documents", *command)
    assert done.exit_code == 2
    assert "Traceback" not in done.output


def test_an_order_without_any_says_so(desk: DeskFolder) -> None:
    desk.take_in("PO-2")
    done = desk.run("documents", "PO-2")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing is attached to PO-2" in done.stderr
    assert desk.json("documents", "PO-2") == []


def test_a_connection_that_can_fetch_none_is_told(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", with_documents({"objectId": "o-1"}), connection="by-hand")
    done = desk_folder.run("documents", "PO-1")
    assert "Nothing of connection by-hand can fetch documents" in done.stderr


@pytest.fixture
def partner(desk_folder: DeskFolder) -> Iterator[TradecloudServer]:
    with TradecloudServer("erp", "pass-word") as partner:
        desk_folder.sends_to(partner.url)
        yield partner


def answered(desk: DeskFolder, name: str = "certificate.pdf", payload: bytes = b"%PDF ours", code: str = "C-1") -> Path:
    desk.write(name, payload)
    documents = [{"file": name, "code": code}, {"url": "https://us.example/terms", "name": "Terms"}]
    answer = {"lines": [{"position": "10", "act": "accept", "documents": documents}]}
    return desk.write("answer.json", json.dumps(answer).encode())


def test_what_we_attached_is_listed_with_what_became_of_it(desk_folder: DeskFolder, partner: TradecloudServer) -> None:
    desk = desk_folder
    desk.take_in("PO-1", with_documents({"code": "D-1", "objectId": "o-1"}))
    assert desk.run("answer", "PO-1", "--file", str(answered(desk))).exit_code == 0

    def ours() -> list[tuple[str, str, str, str]]:
        told = json.loads(desk.run("documents", "PO-1", "--json").stdout_bytes)
        return [(each["by"], each["line"], each["name"], each["state"]) for each in told[1:]]

    both = ["certificate.pdf", "Terms"]
    assert ours() == [("us", "10", name, "unsent") for name in both]
    partner.plan([Fault(), Fault(status=503)])
    desk.run("sync", "--once")
    assert ours() == [("us", "10", name, "unsent") for name in both], "it came back"
    desk.run("sync", "--once")
    assert ours() == [("us", "10", name, "sent") for name in both]
    assert desk.run("documents", "PO-1", "2", "--out", "-").stdout_bytes == b"%PDF ours"
    told = desk.json("documents", "PO-1", status=4)  # the buyer's own is not on the platform
    assert [each["size"] for each in told] == [None, 9, None]


def test_a_certificate_of_a_line_that_the_buyer_completed_goes_up_and_is_referred_to(
    desk_folder: DeskFolder, partner: TradecloudServer
) -> None:
    """It follows after the delivery; the line is its position and the document, so that it answers nothing."""
    completed = agreed("10")
    completed["status"]["processStatus"] = "Completed"
    desk_folder.take_in("PO-1", completed)
    desk_folder.write("certificate.pdf", b"%PDF ours")
    said = {"position": "10", "act": "details", "documents": [{"file": "certificate.pdf", "code": "3.1"}]}
    file = desk_folder.write("answer.json", json.dumps({"lines": [said]}).encode())
    assert desk_folder.run("answer", "PO-1", "--file", str(file)).exit_code == 0
    assert desk_folder.run("sync", "--once").exit_code == 0
    (listed,) = desk_folder.json("documents", "PO-1")
    assert (listed["by"], listed["line"], listed["code"], listed["state"]) == ("us", "10", "3.1", "sent")
    (said_of_it,) = json.loads(partner.responses[-1])["lines"]
    assert set(said_of_it) == {"purchaseOrderLinePosition", "documents"}
    assert (said_of_it["documents"][0]["code"], "objectId" in said_of_it["documents"][0]) == ("3.1", True)
    shown = desk_folder.json("show", "PO-1")
    assert [(each["process_status"], each["predicted"]) for each in shown["lines"]] == [("Completed", False)]
    assert desk_folder.run("verify").exit_code == 0


@pytest.mark.usefixtures("partner")
def test_what_was_taken_back_was_never_attached(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("answer", "PO-1", "--file", str(answered(desk_folder))).exit_code == 0
    assert len(desk_folder.json("documents", "PO-1")) == 2
    assert desk_folder.run("undo", "PO-1").exit_code == 0
    assert desk_folder.json("documents", "PO-1") == []


def test_what_show_prints_can_be_answered_as_it_is(desk: DeskFolder) -> None:
    """The buyer's documents stand under a name of their own there, so that an answer doesn't send them back."""
    shown = desk.json("show", "PO-1")
    shown["lines"][0]["act"] = "accept"
    file = desk.write("answer.json", json.dumps(shown).encode())
    assert desk.run("answer", "PO-1", "--file", str(file)).exit_code == 0
    assert [each["by"] for each in desk.json("documents", "PO-1")] == ["buyer"] * 3
