"""The demo walks the whole way, and says so when a part of it did not happen."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.demo.servers.tradecloud import Fault
from sync.demo.walk import StepFailed, walk
from sync.demo.world import World, open_world
from tests.conftest import ROOT

TODAY = dt.date(2026, 11, 2)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path, TODAY, hold="0s") as opened:
        yield opened


def test_forty_documents_come_in_and_every_order_is_answered(world: World) -> None:
    steps: list[str] = []
    tally = walk(world, steps.append)
    assert sum(tally.received.values()) == 40
    assert tally.quarantined == 1
    answered = tally.confirmed + tally.rejected + tally.proposed + tally.bulk_confirmed
    assert answered == sum(tally.delivered.values()) == 39
    assert tally.approved == 1
    assert any("could not be read" in step for step in steps)


def test_a_buyer_that_takes_no_answer_stops_the_walk_at_that_step(world: World) -> None:
    world.plan_faults([Fault(status=503)] * 100)
    with pytest.raises(StepFailed, match="answers out") as failed:
        walk(world, lambda sentence: None)
    assert failed.value.step == "answers out"


def test_a_mailbox_that_is_gone_stops_the_walk_at_the_first_step(world: World) -> None:
    text = world.settings_path.read_text(encoding="utf-8")
    world.settings_path.write_text(
        text.replace('user = "supplier"\npassword', 'user = "nobody"\npassword'), encoding="utf-8"
    )
    with pytest.raises(StepFailed, match="orders in"):
        walk(world, lambda sentence: None)


def test_without_a_terminal_the_demo_walks_and_prints_the_fixed_json() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tui", "demo", "--headless", "--json"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert said.keys() == {
        "received",
        "quarantined",
        "confirmed",
        "rejected",
        "proposed",
        "approved",
        "bulk_confirmed",
        "delivered",
    }
    assert said["received"].keys() == {"sftp", "imap"}
    assert said["delivered"].keys() == {"sftp", "http"}
