"""What buyers attach, fetched by the daemon's rounds: once, whole, in trouble, and never in the way of an order."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import simplejson
from click.testing import CliRunner, Result

from core.store import health
from core.store.backup import backup
from core.verify import verify
from sync import faults
from sync.demo.servers.tradecloud import Fault
from sync.demo.servers.tradecloud_shelves import Uploaded
from sync.downloads import MOST_BYTES
from sync.outbound import MOST_FAILURES
from sync.report import ConnectionReport
from sync.schedule import Schedule
from tests.sync.ending import run
from tests.sync.partners import World, tradecloud
from tests.sync.test_daemon import running, until
from tui.cli import podesk

DRAWING = bytes(range(256)) * 40
RULES = b"%PDF-1.7 packing rules"
Tree = dict[str, Any]
AT_ONCE = Schedule(first=timedelta(0), attempts=2)


@dataclass
class Yard:
    """A buyer who is polled, attaches documents, and has us answer by HTTP."""

    world: World
    seconds: int = 0

    def attach(self, name: str, payload: bytes, object_id: str = "") -> str:
        """The buyer puts a document on the platform; what it is called there."""
        object_id = object_id or hashlib.sha256(payload).hexdigest()[:32]
        self.world.http.documents.documents[object_id] = Uploaded(object_id, name, payload)
        return object_id

    def order(self, number: str, *of_order: Tree, line: tuple[Tree, ...] = ()) -> None:
        """…and places an order, or places it again, that refers to documents."""
        self.seconds += 1
        time = f"2024-03-01T07:00:{self.seconds:02d}.000Z"
        tree = simplejson.loads(tradecloud(number), use_decimal=True)
        tree |= {"version": self.seconds, "lastUpdatedAt": time}
        tree["buyerOrder"]["documents"] = list(of_order)
        tree["lines"][0]["buyerLine"]["documents"] = list(line)
        self.world.http.shelf.put(number, time, simplejson.dumps(tree, use_decimal=True).encode())

    def round(self, **options: object) -> ConnectionReport:
        [report] = self.world.round(**options).connections
        return report

    def podesk(self, *command: str) -> Result:
        return CliRunner(env={"PODESK_CONFIG": str(self.world.settings_path)}).invoke(podesk, list(command))

    def documents(self, number: str = "Y1", status: int = 0) -> list[Tree]:
        done = self.podesk("documents", number, "--json")
        assert done.exit_code == status, done.output
        told: list[Tree] = json.loads(done.stdout_bytes)
        return told

    def stands(self, number: str = "Y1") -> list[tuple[str, str | None]]:
        """State of each, and why."""
        told = json.loads(self.podesk("documents", number, "--json").stdout_bytes)
        return [(each["state"], each["why"]) for each in told]

    def bytes(self, nth: int = 1, number: str = "Y1") -> bytes:
        done = self.podesk("documents", number, str(nth), "--out", "-")
        assert done.exit_code == 0, done.output
        return done.stdout_bytes

    @property
    def fetched(self) -> list[str]:
        """Object ids, each time that one was fetched."""
        return self.world.http.documents.downloads

    def attempts(self) -> list[int]:
        with self.world.store() as store:
            return [row[0] for row in store.connection.execute("SELECT attempts FROM downloads ORDER BY object_id")]


@pytest.fixture
def buyer(yard: World) -> Iterator[Yard]:
    yield Yard(yard)
    with yard.store() as store:
        assert verify(store) == []
    assert list(yard.settings.store_path.with_name("desk.sqlite.spool").iterdir()) == []


def test_documents_of_an_order_and_its_line_are_here_after_the_round(buyer: Yard) -> None:
    drawing, rules = buyer.attach("drawing.pdf", DRAWING), buyer.attach("rules.pdf", RULES)
    buyer.order(
        "Y1",
        {"code": "R-1", "name": "Packing rules", "objectId": rules, "type": "Instruction", "description": "read it"},
        line=({"code": "D-1", "revision": "B", "name": "Drawing", "objectId": drawing},),
    )
    report = buyer.round()
    assert (report.applied, report.documents, report.errors) == (1, 2, [])
    of_order, of_line = buyer.documents()
    assert of_order == {
        "number": 1,
        "by": "buyer",
        "line": None,
        "code": "R-1",
        "revision": None,
        "name": "Packing rules",
        "type": "Instruction",
        "description": "read it",
        "object_id": rules,
        "url": None,
        "file_name": "rules.pdf",
        "size": len(RULES),
        "sha256": hashlib.sha256(RULES).hexdigest(),
        "state": "kept",
        "why": None,
        "next_attempt": None,
    }
    assert (of_line["line"], of_line["code"], of_line["revision"], of_line["size"]) == ("00010", "D-1", "B", 10240)
    assert (buyer.bytes(1), buyer.bytes(2)) == (RULES, DRAWING)


def test_an_object_is_fetched_once_whatever_orders_refer_to_it_and_however_often(buyer: Yard) -> None:
    drawing = buyer.attach("drawing.pdf", DRAWING)
    reference = {"code": "D-1", "objectId": drawing}
    buyer.order("Y1", reference, line=(reference,))
    buyer.order("Y2", reference)
    buyer.round()
    buyer.order("Y1", {**reference, "name": "Another name"})
    assert buyer.round().documents == 0
    assert buyer.fetched == [drawing]
    assert [each["state"] for each in (*buyer.documents("Y1"), *buyer.documents("Y2"))] == ["kept"] * 3
    assert buyer.documents("Y1")[0]["name"] == "Another name"


def test_a_document_that_takes_the_place_of_another_is_fetched_too(buyer: Yard) -> None:
    buyer.order("Y1", {"code": "D-1", "objectId": buyer.attach("a.pdf", DRAWING)})
    buyer.round()
    buyer.order("Y1", {"code": "D-1", "revision": "C", "objectId": buyer.attach("a.pdf", RULES)})
    buyer.round()
    assert [(each["revision"], each["state"]) for each in buyer.documents()] == [("C", "kept")]
    assert buyer.bytes() == RULES


def test_a_daemon_that_runs_on_fetches_what_comes(buyer: Yard) -> None:
    with running(buyer.world):
        buyer.order("Y1", {"objectId": buyer.attach("drawing.pdf", DRAWING)})
        until(lambda: buyer.fetched, "the document is fetched")
        until(lambda: buyer.stands() == [("kept", None)], "it is kept")


def test_what_has_only_an_address_is_shown_and_never_asked_for(buyer: Yard) -> None:
    """A stranger's address, asked from our network, may lead to what only our network can reach."""
    buyer.attach("drawing.pdf", DRAWING, "internal")
    url = f"{buyer.world.http.url}/storage/internal?key=k"
    buyer.order("Y1", {"name": "Drawing", "url": url}, {"code": "D-2", "name": "Only a name"})
    buyer.round()
    assert buyer.fetched == []
    assert [state for state, _ in buyer.stands()] == ["link", "named"]
    assert f"only a link, which podesk does not open: {url}" in buyer.podesk("documents", "Y1").stdout
    assert buyer.podesk("documents", "Y1", "1", "--out", "-").exit_code == 1


def test_a_document_that_is_gone_fails_for_good_and_the_order_and_its_answer_go_on(buyer: Yard) -> None:
    buyer.order("Y1", {"objectId": "gone"}, {"objectId": buyer.attach("drawing.pdf", DRAWING)})
    report = buyer.world.round()
    assert (report.connections[0].documents, report.connections[0].documents_failed, report.exit_code) == (1, 1, 4)
    buyer.world.decide()
    buyer.round()
    assert len(buyer.world.http.responses) == 1
    ((state, why), kept) = [(each["state"], each["why"]) for each in buyer.documents(status=4)]
    assert state == "failed"
    assert "it can't be had (HTTP 404" in why
    assert kept == ("kept", None)
    assert buyer.attempts() == [1, 1]
    refused = buyer.podesk("documents", "Y1", "1", "--out", "-")
    assert refused.exit_code == 1
    assert "can't be had" in refused.stderr
    with buyer.world.store() as store:  # one document is no word on the connection
        assert all(row.last_error is None for row in health.health(store))


def test_what_failed_is_fetched_when_a_person_has_it_tried_again(buyer: Yard) -> None:
    buyer.order("Y1", {"objectId": "later"})
    buyer.round()
    buyer.attach("drawing.pdf", DRAWING, "later")
    assert buyer.round().documents == 0
    assert buyer.podesk("documents", "Y1", "--retry").exit_code == 0
    assert buyer.stands()[0][0] == "waiting"
    assert buyer.round().documents == 1
    assert buyer.podesk("documents", "Y1", "--retry").exit_code == 1


TROUBLES = {
    "expired": ("plan_downloads", Fault(status=403, body=b"Request has expired"), "has expired"),
    "cut": ("plan_downloads", Fault(cut=True), "the connection was lost"),
    "half": ("plan_downloads", Fault(lose_answer=True), "broke off"),
    "storage 503": ("plan_downloads", Fault(status=503), "not now"),
    "asked 500": ("plan_metadata", Fault(status=500), "not now"),
    "asked 429": ("plan_metadata", Fault(status=429, headers={"Retry-After": "600"}), "not now"),
    "asked, lost": ("plan_metadata", Fault(cut=True), "the connection was lost"),
    "no address": ("plan_metadata", Fault(status=200, body=b"{}"), "does not say where"),
}


@pytest.mark.parametrize(("plan", "fault", "sentence"), TROUBLES.values(), ids=TROUBLES.keys())
def test_passing_trouble_waits_for_the_next_attempt(buyer: Yard, plan: str, fault: Fault, sentence: str) -> None:
    drawing = buyer.attach("drawing.pdf", DRAWING)
    buyer.order("Y1", {"objectId": drawing})
    getattr(buyer.world.http, plan)([fault])
    before = datetime.now(UTC)
    report = buyer.round()
    assert (report.applied, report.documents) == (1, 0)
    assert "order Y1: " in report.errors[0]
    [waiting] = buyer.documents()
    assert waiting["state"] == "waiting"
    assert sentence in waiting["why"]
    least = timedelta(seconds=600) if fault.headers else timedelta(seconds=3)
    assert datetime.fromisoformat(waiting["next_attempt"]) >= before + least - timedelta(milliseconds=1)
    assert buyer.round().documents == 1
    assert buyer.bytes() == DRAWING
    assert buyer.attempts() == [2]


def test_a_document_that_comes_too_slowly_holds_nobody(buyer: Yard) -> None:
    text = buyer.world.settings_path.read_text()
    buyer.world.settings_path.write_text(text.replace('every = "1s"', 'every = "1s"\ntimeout = "300ms"'))
    buyer.order("Y1", {"objectId": buyer.attach("drawing.pdf", DRAWING)})
    buyer.world.http.plan_downloads([Fault(delay=60)])
    assert buyer.round().applied == 1
    assert buyer.stands()[0][0] == "waiting"
    assert buyer.round().documents == 1


def test_attempts_come_to_an_end(buyer: Yard) -> None:
    buyer.order("Y1", {"objectId": buyer.attach("drawing.pdf", DRAWING)})
    buyer.world.http.plan_downloads([Fault(status=500)] * 2)
    buyer.round(schedule=AT_ONCE)
    report = buyer.round(schedule=AT_ONCE)
    assert report.documents_failed == 1
    [(state, why)] = buyer.stands()
    assert state == "failed"
    assert why is not None
    assert "(after 2 attempts)" in why
    assert buyer.round().documents == 0


@pytest.mark.parametrize(("size", "state"), [(MOST_BYTES, "kept"), (MOST_BYTES + 1, "failed")])
def test_a_document_larger_than_20_mb_is_left_at_the_platform(buyer: Yard, size: int, state: str) -> None:
    buyer.order("Y1", {"objectId": buyer.attach("film.mp4", bytes(size), "film")})
    buyer.round()
    [found] = buyer.stands()
    assert found[0] == state
    if state == "failed":
        assert found[1] is not None
        assert "more than 20,000,000 bytes" in found[1]


def test_an_empty_document_is_one(buyer: Yard) -> None:
    buyer.order("Y1", {"objectId": buyer.attach("empty", b"")})
    buyer.round()
    assert buyer.bytes() == b""


def test_whoever_is_not_let_in_waits_for_a_person_without_spending_attempts(world: World) -> None:
    """Orders by mail go on meanwhile; `podesk check` lets the daemon try again."""
    buyer = Yard(world)
    drawing = buyer.attach("drawing.pdf", DRAWING)
    tree = simplejson.loads(tradecloud("S1"), use_decimal=True)
    tree["buyerOrder"]["documents"] = [{"objectId": drawing}]
    world.send("S1", simplejson.dumps(tree, use_decimal=True).encode())
    world.http.change_password("another")
    report = world.round()
    assert [(each.applied, each.parked) for each in report.connections] == [(1, True), (0, False)]
    [(state, why)] = buyer.stands("S1")
    assert state == "waiting"
    assert why is not None
    assert "does not let supplier in" in why
    assert buyer.attempts() == [0]
    with world.store() as store:
        assert [row.parked for row in health.health(store) if row.direction == "documents"] == [True]
        backup(store, world.folder / "copy.sqlite")
    secret = world.folder / "another.secret"
    secret.touch(mode=0o600)
    secret.write_text("another\n")
    text = world.settings_path.read_text().replace(
        'auth = "tradecloud"\nuser = "supplier"\npassword = { file = "partners.secret" }',
        'auth = "tradecloud"\nuser = "changed"\npassword = { file = "another.secret" }',
    )
    world.settings_path.write_text(text)
    buyer.podesk("check")
    with world.store() as store:
        assert [row.parked for row in health.health(store) if row.direction == "documents"] == [False]
    world.round()
    assert buyer.stands("S1") == [("kept", None)]


def test_a_platform_that_is_down_is_left_alone_after_some_failures_and_answers_still_leave(buyer: Yard) -> None:
    count = MOST_FAILURES + 5
    references = [{"objectId": buyer.attach(f"{n}.pdf", b"%d" % n)} for n in range(count)]
    buyer.order("Y1", *references)
    buyer.world.http.plan_downloads([Fault(status=500)] * count)
    report = buyer.round()
    assert (report.applied, report.documents) == (1, 0)
    assert sorted(buyer.attempts()) == [0] * 5 + [1] * MOST_FAILURES
    assert {state for state, _ in buyer.stands()} == {"waiting"}
    assert all(why for _, why in buyer.stands())
    buyer.world.decide()
    buyer.world.http._download_faults.clear()
    report = buyer.round()
    assert (report.sent, report.documents) == (1, count)


def test_more_documents_than_one_look_gives_are_all_fetched(buyer: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.downloads.MOST_AT_ONCE", 2)
    gone = [{"objectId": f"gone-{n}"} for n in range(3)]
    buyer.order("Y1", *gone, *({"objectId": buyer.attach(f"{n}.pdf", b"%d" % n)} for n in range(5)))
    report = buyer.round()
    assert (report.documents, report.documents_failed) == (5, 3)


@pytest.mark.parametrize("point", [faults.DOWNLOADED, faults.DOWNLOAD_KEPT])
def test_a_daemon_killed_at_a_step_fetches_the_rest_and_nothing_is_lost(buyer: Yard, point: str) -> None:
    drawing, rules = buyer.attach("drawing.pdf", DRAWING), buyer.attach("rules.pdf", RULES)
    buyer.order("Y1", {"objectId": drawing}, {"objectId": rules})
    assert run(buyer.world, "once", point) == -9
    buyer.round()
    assert buyer.stands() == [("kept", None)] * 2
    assert {buyer.bytes(1), buyer.bytes(2)} == {DRAWING, RULES}
    assert len(buyer.fetched) == (3 if point == faults.DOWNLOADED else 2)


def test_a_disk_that_is_nearly_full_keeps_its_room(buyer: Yard) -> None:
    buyer.order("Y1", {"objectId": buyer.attach("drawing.pdf", DRAWING)})
    buyer.world.http.plan_metadata([Fault(status=503)])
    buyer.round(schedule=AT_ONCE)
    buyer.round(least_free=1 << 60)
    [(state, why)] = buyer.stands()
    assert state == "waiting"
    assert why is not None
    assert "nothing is fetched" in why
    assert buyer.attempts() == [1]
    assert buyer.round().documents == 1


HOSTILE = ["../metadata", "..", ".", "a/b", "a?b#c", "\u202egpj", "x\ny", "x" * 201, "%2e%2e"]


@pytest.mark.parametrize("object_id", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_object_id_reaches_nothing_but_a_refusal(buyer: Yard, object_id: str) -> None:
    buyer.order("Y1", {"name": "x", "objectId": object_id})
    assert buyer.round().applied == 1
    assert buyer.fetched == []
    assert all(state == "failed" for state, _ in buyer.stands())
    assert buyer.podesk("documents", "Y1").stdout.replace("\n", "").isprintable()


def test_hostile_names_are_shown_harmlessly_and_name_no_file(buyer: Yard, tmp_path: Path) -> None:
    hostile = "../../etc/passwd\x1b[31m\u202e\n"
    buyer.order(
        "Y1",
        {
            "code": hostile,
            "name": hostile,
            "type": hostile,
            "description": hostile,
            "revision": hostile,
            "objectId": "o",
        },
        {"objectId": "p"},
    )
    for object_id in "op":
        buyer.attach(hostile, DRAWING, object_id)
    buyer.round()
    for command in (("documents", "Y1"), ("show", "Y1")):
        assert buyer.podesk(*command).stdout.replace("\n", "").isprintable()
    assert "../../etc/passwd" in buyer.podesk("documents", "Y1").stdout
    target = tmp_path / "mine.pdf"
    assert buyer.podesk("documents", "Y1", "2", "--out", str(target)).exit_code == 0
    assert target.read_bytes() == DRAWING
    assert sorted(path.name for path in tmp_path.iterdir() if path.is_file()) == ["mine.pdf"]


def test_a_backup_has_the_documents(buyer: Yard) -> None:
    buyer.order("Y1", {"objectId": buyer.attach("drawing.pdf", DRAWING)})
    buyer.round()
    copy = buyer.world.folder / "copy.sqlite"
    assert buyer.podesk("backup", str(copy)).exit_code == 0
    text = buyer.world.settings_path.read_text()
    buyer.world.settings_path.write_text(f'store = "{copy}"\n{text}')
    assert buyer.bytes() == DRAWING
    assert buyer.podesk("verify").exit_code == 0
    buyer.world.settings_path.write_text(text)
