"""Killed between any two steps: what was answered with 2xx is there; what was not counts once when it comes again."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from core.verify import verify
from sync import faults
from sync.server.immediate import LEASE
from tests.conftest import ROOT
from tests.server.answering import ruled
from tests.server.desk import SHOP, Desk, until
from tests.sync.partners import ubl

KILLED = -signal.SIGKILL
KEPT_BY_THEN = [faults.STORED, faults.UNSPOOLED, faults.APPLIED_SOME, faults.APPLIED]


@contextmanager
def child(desk: Desk, point: str, nth: int = 1) -> Iterator[subprocess.Popen[str]]:
    """`podesk serve` in a process of its own, that kills itself at `point`."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.server.child", str(desk.path), point, str(nth)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        for line in process.stderr:
            told = json.loads(line)
            if told["event"] == "listening":
                desk.url = f"http://127.0.0.1:{told['port']}"
            if told["event"] == "takes in":
                break
        yield process
    finally:
        process.kill()
        process.stderr.close()
        process.wait()


def posted(desk: Desk, body: bytes) -> int | None:
    with suppress(httpx.HTTPError):
        return desk.post(body).status_code
    return None


@pytest.mark.parametrize("point", [faults.SPOOLED, *KEPT_BY_THEN])
def test_killed_at_a_step_nothing_is_lost_and_nothing_counts_twice(desk: Desk, point: str) -> None:
    with child(desk, point) as process:
        heard = posted(desk, ubl("S1"))
        assert process.wait(30) == KILLED
    assert heard in (None, 200, 202)

    with desk.serving():
        if point in KEPT_BY_THEN:
            until(lambda: desk.states == ["applied"], "it is there without the caller")
        assert desk.post(ubl("S1")).status_code in (200, 202)
        until(lambda: desk.states == ["applied"], "it is applied")
    assert desk.orders == [("shop", "S1", 1)]
    assert [path.name for path in desk.folder.glob("*.spool/*")] == []
    with desk.store() as store:
        assert verify(store) == []


def test_whatever_was_answered_with_2xx_is_there_after_a_kill_at_any_moment(desk: Desk) -> None:
    heard: dict[str, int | None] = {}
    for nth in (1, 4, 9):
        with child(desk, faults.UNSPOOLED, nth) as process, httpx.Client(base_url=desk.url, auth=SHOP) as client:
            for n in range(20):
                number = f"S{nth}-{n}"
                try:
                    heard[number] = client.post("/in/shop", content=ubl(number)).status_code
                except httpx.HTTPError:
                    break
            assert process.wait(30) == KILLED
    with desk.serving():
        until(lambda: set(desk.states) == {"applied"}, "all is applied")
    there = {number for _, number, _ in desk.orders}
    assert {number for number, status in heard.items() if status in (200, 202)} <= there
    assert len([number for number in heard if heard[number] in (200, 202)]) >= 10


@pytest.mark.parametrize("point", [faults.CLAIMED, faults.SENT])
def test_an_answer_on_its_way_in_a_response_is_not_lost_with_the_process(desk: Desk, point: str) -> None:
    """It may have arrived or not: it goes again by the outbound channel, under the same id, when its time is over."""
    ruled(desk, hold="0s")
    with child(desk, point) as process:
        heard = posted(desk, ubl("S1"))
        assert process.wait(30) == KILLED
    assert heard == (200 if point == faults.SENT else None)
    assert [state for state, *_ in desk.outbox] == ["sending"]

    with desk.serving(by="sync"):
        until(lambda: desk.logged("listening"), "the daemon runs")
    assert [(state, doubtful) for state, _, doubtful, _ in desk.outbox] == [("sending", 0)]

    with desk.store() as store, store.writing() as db:  # its time is over
        db.execute("UPDATE outbox SET next_attempt = '2020-01-01T00:00:00.000000Z' WHERE state = 'sending'")
    with desk.serving(by="sync"):
        until(lambda: desk.outbox[0][0] != "sending", "it is taken back")
    assert [doubtful for _, _, doubtful, _ in desk.outbox] == [1]


@pytest.mark.parametrize("point", [faults.CLAIMED, faults.SENT])
def test_who_serves_alone_takes_an_answer_back_when_its_time_is_over_and_the_caller_who_asks_again_gets_it(
    desk: Desk, point: str
) -> None:
    """No daemon may ever run beside it, or only once a day."""
    ruled(desk, hold="1h")
    with child(desk, point) as process:
        posted(desk, ubl("S1"))
        assert process.wait(30) == KILLED
    with desk.serving(clock=lambda: datetime.now(UTC) + LEASE - timedelta(seconds=30)):
        assert desk.post(ubl("S1")).status_code == 202
        assert [state for state, *_ in desk.outbox] == ["sending"]

    with desk.serving(clock=lambda: datetime.now(UTC) + LEASE):
        until(lambda: desk.outbox[0][0] == "queued", "it is taken back")
        until(lambda: desk.logged("taken back: was being answered at once when we failed", answers=1), "it is told")
        [(doubtful, payload)] = desk.rows("SELECT doubtful, payload FROM outbox")
        answer = desk.post(ubl("S1"))
        assert (answer.status_code, answer.content, doubtful) == (200, payload, 1)
        until(lambda: desk.outbox[0][0] == "sent", "it is marked")
    assert desk.rows("SELECT count(*), max(attempts) FROM outbox") == [(1, 2)]
    with desk.store() as store:
        assert verify(store) == []


def test_who_serves_alone_leaves_to_the_daemon_what_the_daemon_sends(desk: Desk) -> None:
    ruled(desk, hold="0s")
    with desk.serving():
        assert desk.post(ubl("S1")).status_code == 200
        until(lambda: desk.outbox[0][0] == "sent", "it is marked")
    with desk.store() as store, store.writing() as db:
        db.execute("UPDATE outbox SET state = 'sending', next_attempt = NULL, receipt = NULL")  # as a daemon claims
    with desk.serving(clock=lambda: datetime.now(UTC) + timedelta(days=1)):
        assert desk.post(ubl("S2")).status_code == 200
        assert desk.post(ubl("S3")).status_code == 200
    assert desk.outbox[0][0] == "sending"
    assert not desk.logged("taken back: was being answered at once when we failed")
