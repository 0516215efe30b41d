"""Killed in the middle of a word with a partner, at any byte of it, and started again: each word has its effect once.

The other crash tests kill between steps. Here the daemon dies while it polls, fetches mails, files and documents, uploads
and sends: the partner may have heard all of it, half of it, or nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import simplejson

from core.decisions import Act, Decision, LineDecision
from core.model import Document
from core.orderbook import OrderBook
from core.store import queries, uploads
from sync.demo.servers.tradecloud_shelves import Uploaded
from tests.sync.ending import child, ending
from tests.sync.partners import DECIDED, YARD, World, open_world, tradecloud, ubl
from tests.sync.tap import Tap

KILLED = -signal.SIGKILL
DRAWING = random.Random(1).randbytes(150_000)
CERTIFICATE = random.Random(2).randbytes(150_000)
KILLS = 3
"""In each half of the way: orders in, answers out."""


@contextmanager
def tapped(folder: Path) -> Iterator[tuple[World, Tap]]:
    """A world whose partners podesk reaches by a tap alone, with orders of all three."""
    with open_world(folder) as world, Tap() as tap:
        port = tap.before(world.sftp.port)
        line = world.sftp.host_key_line.replace(f"]:{world.sftp.port} ", f"]:{port} ")
        (world.folder / "known_hosts").write_text(line + "\n", encoding="utf-8")
        url = world.http.url = world.http.url.replace(f":{world.http.port}", f":{tap.before(world.http.port)}")
        mail_port = str(tap.before(world.mail.port))
        world.write_settings(sftp_port=str(port), mail_port=mail_port, url=url, more=YARD.replace("<url>", url))
        for n in range(2):
            world.put(f"C{n}.xml", ubl(f"C{n}"))
            world.send(f"S{n}")
        world.http.shelf.most = 2
        for n in range(3):
            world.http.shelf.put(f"Y{n}", f"2024-03-01T07:00:0{n}.000Z", with_a_drawing(world, f"Y{n}"))
        yield world, tap


def with_a_drawing(world: World, number: str) -> bytes:
    payload = DRAWING + number.encode()
    object_id = hashlib.sha256(payload).hexdigest()[:32]
    world.http.documents.documents[object_id] = Uploaded(object_id, f"{number}.pdf", payload)
    tree = simplejson.loads(tradecloud(number), use_decimal=True)
    tree["buyerOrder"]["documents"] = [{"code": "D-1", "name": f"{number}.pdf", "objectId": object_id}]
    return simplejson.dumps(tree, use_decimal=True).encode()


def answer(world: World) -> None:
    """Everything is agreed to; to two of the orders with a certificate."""
    world.decide()
    with world.store() as store:
        for number in ("Y0", "Y1"):
            [row] = [row for row in queries.list_orders(store, now=DECIDED) if row.number == number]
            payload = CERTIFICATE + number.encode()
            uploads.keep(store, [payload])
            attached = Document(attachment=hashlib.sha256(payload).hexdigest(), name=f"{number}-certificate.pdf")
            ids = (f"00000000-0000-7000-8000-{number:>12}-file-{n}" for n in itertools.count())
            book = OrderBook(store, world.settings, clock=lambda: DECIDED, new_id=lambda ids=ids: next(ids))  # type: ignore[misc]
            line = LineDecision(position="00010", act=Act.DETAILS, documents=(attached,))
            book.change(row.id, Decision(id=f"file:{number}", at=DECIDED, lines=(line,)), "alice")


def run(world: World, tap: Tap, at: int | None = None) -> int:
    """`podesk sync --once`, killed at the byte; what it ended with."""
    with child(world, "once") as process:
        tap.kill_at(at, process.kill)
        _, told = process.communicate(timeout=120)
    assert process.returncode in (0, KILLED), told
    assert '"crashed' not in told
    return process.returncode


def end(world: World) -> dict[str, Any]:
    """How it all stands; an answer that was written again when its file was up has an id of that moment."""
    found = ending(world)
    with world.store() as store:
        kept = store.connection.execute(
            "SELECT d.state, d.name, p.bytes FROM downloads d LEFT JOIN payloads p ON p.sha256 = d.sha256 ORDER BY 2"
        ).fetchall()
    return found | {
        "posted": sorted((path, said) for path, _, said in found["posted"]),
        "keys": len({key for _, key, _ in found["posted"]}),
        "documents there": sorted(each.name for each in world.http.documents.documents.values()),
        "documents here": [(state, name, hashlib.sha256(payload or b"").hexdigest()) for state, name, payload in kept],
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, Any], int, int]]:
    """The end, and how many bytes pass on the way in and on the way out."""
    with tapped(tmp_path_factory.mktemp("undisturbed")) as (world, tap):
        bytes_in, bytes_out = walk(world, tap, [], [])
        yield end(world), bytes_in, bytes_out


def walk(world: World, tap: Tap, kills_in: list[int], kills_out: list[int]) -> tuple[int, int]:
    """Orders come in and answers go out, with so many kills on each half of the way; the bytes of the last run of each."""
    passed = []
    for half, kills in enumerate((kills_in, kills_out)):
        if half:
            answer(world)
        ends = [run(world, tap, at) for at in kills]
        assert not kills or ends[0] == KILLED
        assert run(world, tap) == 0
        passed.append(tap.passed)
    return passed[0], passed[1]


def test_the_undisturbed_run_did_it_all(undisturbed: tuple[dict[str, Any], int, int]) -> None:
    found, bytes_in, bytes_out = undisturbed
    assert {status for status, _, _ in found["orders"].values()} == {"Confirmed"}
    assert len(found["orders"]) == 7
    assert [state for state, _, _ in found["documents here"]] == ["kept"] * 3
    assert [name for name in found["documents there"] if "certificate" in name] == [
        "Y0-certificate.pdf",
        "Y1-certificate.pdf",
    ]
    assert (len(found["posted"]), found["keys"], len(found["answer files"])) == (5, 5, 2)
    assert found["verify"] == found["spool"] == []
    assert bytes_in > 3 * len(DRAWING)
    assert bytes_out > 2 * len(CERTIFICATE)


@pytest.mark.parametrize("seed", range(4))
def test_a_daemon_killed_in_the_middle_of_a_word_leaves_nothing_lost_and_nothing_done_twice(
    tmp_path: Path, undisturbed: tuple[dict[str, Any], int, int], seed: int
) -> None:
    expected, bytes_in, bytes_out = undisturbed
    chance = random.Random(seed)
    # Half of the bytes are documents: as often a kill is before them, where there are many more words.
    kills = [
        [int(all_of_it * chance.random() ** chance.choice((1, 4))) + 1 for _ in range(KILLS)]
        for all_of_it in (bytes_in - 2000, bytes_out - 2000)
    ]
    with tapped(tmp_path) as (world, tap):
        walk(world, tap, *kills)
        assert end(world) == expected
