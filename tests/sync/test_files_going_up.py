"""Files that answers attach, on their way through the daemon's rounds: before the answer, once, and in trouble."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from core.config import load
from sync import daemon, faults
from sync.demo.servers.tradecloud import Fault, TradecloudServer
from sync.log import Log
from sync.schedule import Schedule
from sync.stop import Stop
from tests.conftest import ROOT
from tests.sync.test_daemon import MOST_SECONDS, until
from tests.tui.desk_folder import DeskFolder

DRAWING = bytes(range(256)) * 40
ANSWER = {"lines": [{"position": "10", "act": "accept", "documents": [{"file": "drawing.pdf", "code": "D-1"}]}]}


@dataclass(frozen=True)
class Trade:
    desk: DeskFolder
    partner: TradecloudServer

    def answer(self, number: str, answer: object = ANSWER) -> None:
        self.desk.take_in(number)
        file = self.desk.write("answer.json", json.dumps(answer).encode())
        done = self.desk.run("answer", number, "--file", str(file))
        assert done.exit_code == 0, done.output

    def round(self, status: int = 0) -> None:
        done = self.desk.run("sync", "--once")
        assert done.exit_code == status, done.output

    @contextmanager
    def running(self, schedule: Schedule | None = None) -> Iterator[None]:
        """The daemon, which logs in once and goes on."""
        stop = Stop()
        options = {"once": False, "stop": stop, "log": Log(io.StringIO()), "schedule": schedule}
        thread = threading.Thread(target=daemon.run, args=(load(self.desk.config),), kwargs=options)
        thread.start()
        try:
            yield
        finally:
            stop.request()
            thread.join(timeout=MOST_SECONDS)
            assert not thread.is_alive()

    def waiting(self) -> list[tuple[str, str]]:
        told = json.loads(self.desk.run("outbox", "--json").stdout)
        return [(each["kind"], each["state"]) for each in told]

    @property
    def uploads(self) -> list[tuple[str, bytes]]:
        return [(each.name, each.payload) for each in self.partner.documents.documents.values()]

    @property
    def object_ids(self) -> list[str]:
        return list(self.partner.documents.documents)

    def documents(self, answer: bytes) -> Any:
        return json.loads(answer)["lines"][0]["documents"]


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Trade]:
    desk = DeskFolder(tmp_path)
    desk.write("drawing.pdf", DRAWING)
    with TradecloudServer("erp", "pass-word") as partner:
        desk.sends_to(partner.url)
        yield Trade(desk, partner)
        assert desk.json("verify") == []


def test_file_and_answer_leave_in_one_round(trade: Trade) -> None:
    trade.answer("PO-1")
    trade.round()
    assert trade.uploads == [("drawing.pdf", DRAWING)]
    [answer] = trade.partner.responses
    assert trade.documents(answer) == [{"code": "D-1", "name": "drawing.pdf", "objectId": trade.object_ids[0]}]
    assert trade.waiting() == []
    assert trade.desk.json("orders")[0]["sending"] == "sent"


def test_equal_bytes_go_up_once_for_all_orders(trade: Trade) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        trade.answer(number)
    trade.round()
    assert trade.uploads == [("drawing.pdf", DRAWING)]
    assert len(trade.partner.responses) == 3
    assert {trade.documents(answer)[0]["objectId"] for answer in trade.partner.responses} == set(trade.object_ids)
    trade.answer("PO-4")
    trade.round()
    assert (len(trade.uploads), len(trade.partner.responses)) == (1, 4)


@pytest.mark.parametrize("fault", [Fault(status=503), Fault(status=429), Fault(cut=True)], ids=["503", "429", "cut"])
def test_passing_trouble_holds_the_answer_until_the_file_is_up(trade: Trade, fault: Fault) -> None:
    trade.answer("PO-1")
    trade.partner.plan([fault])
    trade.desk.run("sync", "--once")
    assert trade.partner.responses == []
    assert trade.waiting() == [("attachment", "queued"), ("order_response", "queued")]
    trade.round()
    assert (trade.uploads, len(trade.partner.responses)) == ([("drawing.pdf", DRAWING)], 1)


def test_an_upload_whose_answer_is_lost_goes_again_and_the_answer_names_the_one_that_is_known(trade: Trade) -> None:
    trade.answer("PO-1")
    trade.partner.plan([Fault(lose_answer=True)])
    trade.desk.run("sync", "--once")
    assert trade.partner.responses == []
    trade.round()
    [answer] = trade.partner.responses
    assert trade.partner.attempts == 3  # the file, the file again, the answer
    assert trade.documents(answer)[0]["objectId"] == trade.object_ids[-1]


@pytest.mark.parametrize("status", [500, 502])
def test_an_upload_that_may_have_arrived_holds_the_answer_and_goes_again(trade: Trade, status: int) -> None:
    trade.answer("PO-1")
    trade.partner.plan([Fault(status=status)])
    trade.desk.run("sync", "--once")
    assert trade.partner.responses == []
    assert trade.waiting() == [("attachment", "queued"), ("order_response", "queued")]
    trade.round()
    assert (trade.uploads, len(trade.partner.responses)) == ([("drawing.pdf", DRAWING)], 1)


@pytest.mark.parametrize(
    ("over", "logins", "refreshes"),
    [(TradecloudServer.expire_tokens, 1, 1), (TradecloudServer.forget_sessions, 2, 0)],
    ids=["access token", "refresh token"],
)
def test_a_token_that_is_over_when_a_file_goes_up_costs_no_attempt(
    trade: Trade, over: Callable[[TradecloudServer], None], logins: int, refreshes: int
) -> None:
    trade.answer("PO-1", {"lines": [{"position": "10", "act": "accept"}]})
    with trade.running():
        until(lambda: len(trade.partner.responses) == 1, "the first answer arrives")
        over(trade.partner)
        trade.answer("PO-2")
        until(lambda: len(trade.partner.responses) == 2, "file and answer arrive")
        until(lambda: trade.waiting() == [], "both are marked")
    assert (trade.partner.logins, trade.partner.refreshes) == (logins, refreshes)
    assert trade.uploads == [("drawing.pdf", DRAWING)]
    assert trade.documents(trade.partner.responses[-1])[0]["objectId"] in trade.object_ids
    sent = json.loads(trade.desk.run("outbox", "--all", "--json").stdout)
    assert {each["attempts"] for each in sent if each["state"] == "sent"} == {1}


def test_a_running_daemon_sends_file_and_answer_again_until_both_are_heard(trade: Trade) -> None:
    trade.answer("PO-1")
    lost = Fault(lose_answer=True)
    trade.partner.plan([lost, Fault(status=500), Fault(status=503, headers={"Retry-After": "1"}), Fault(), lost])
    with trade.running(Schedule(first=Schedule().first / 50)):
        until(lambda: trade.waiting() == [], "file and answer are heard")
    [answer] = trade.partner.responses
    assert trade.documents(answer)[0]["objectId"] == trade.object_ids[-1]
    assert len(trade.partner.repeats) == 1


def test_a_file_that_is_refused_is_shown_and_the_answer_held_until_it_is_tried_again(trade: Trade) -> None:
    trade.answer("PO-1")
    trade.partner.plan([Fault(status=413, body=b'{"error":"too large"}')])
    trade.round(status=4)
    assert trade.partner.responses == []
    (file, answer) = json.loads(trade.desk.run("outbox", "--json").stdout)
    assert (file["state"], file["name"]) == ("failed", "drawing.pdf")
    assert "too large" in file["last_error"]
    assert answer["last_error"].startswith("drawing.pdf did not go up: ")
    trade.round(status=4)
    assert trade.partner.responses == []
    assert trade.desk.run("outbox", "retry", file["id"]).exit_code == 0
    trade.round()
    assert (len(trade.uploads), len(trade.partner.responses)) == (1, 1)


def test_undo_of_what_is_held_leaves_nothing_to_send(trade: Trade) -> None:
    trade.answer("PO-1")
    trade.partner.plan([Fault(status=413)])
    trade.round(status=4)
    assert trade.desk.run("undo", "PO-1").exit_code == 0
    assert trade.waiting() == []
    trade.round()
    assert (trade.uploads, trade.partner.responses) == ([], [])
    assert trade.desk.json("orders")[0]["sending"] == "nothing"


def test_another_order_is_not_held_up(trade: Trade) -> None:
    trade.answer("PO-1")
    trade.partner.plan([Fault(status=413)])
    trade.desk.take_in("PO-2")
    assert trade.desk.run("confirm", "PO-2").exit_code == 0
    trade.round(status=4)
    assert [json.loads(answer)["order"]["purchaseOrderNumber"] for answer in trade.partner.responses] == ["PO-2"]


@pytest.mark.parametrize("nth", [1, 2], ids=["file", "answer"])
@pytest.mark.parametrize("point", [point for point in faults.POINTS if point.startswith("outbound")])
def test_a_daemon_killed_at_any_step_sends_each_answer_once_and_with_its_file(
    trade: Trade, point: str, nth: int
) -> None:
    trade.answer("PO-1")
    killed = subprocess.run(
        [sys.executable, "-m", "tests.sync.child", str(trade.desk.config), "once", point, str(nth)],
        capture_output=True,
        cwd=ROOT,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    trade.round()
    assert {payload for _, payload in trade.uploads} == {DRAWING}
    [answer] = trade.partner.responses
    assert trade.documents(answer)[0]["objectId"] in trade.object_ids
    assert trade.waiting() == []
    assert trade.desk.json("show", "PO-1")["lines"][0]["process_status"] == "Confirmed"
