"""One round beside a partner with whom it gets stuck: the others' work is done, and the end is said and comes."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from core.config import Connection, Settings
from sync import daemon
from sync.channels import InboundChannel, factory
from sync.daemon import Patience
from sync.report import ConnectionReport
from sync.stop import Stop
from tests.sync.partners import World
from tests.sync.test_daemon import until

MOST_SECONDS = 30


@pytest.fixture
def answered(world: World) -> World:
    """Steel's order is agreed to, and the answer waits to leave."""
    world.send("S1")
    world.round()
    assert world.decide() == 1
    return world


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Somebody who takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture(autouse=True)
def short_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(daemon, "GRACE", 0.1)


def test_answers_leave_although_the_mailbox_is_silent_and_the_round_ends(
    answered: World, silent: socket.socket
) -> None:
    answered.write_settings(mail_port=str(silent.getsockname()[1]))
    # Time enough for the clinic's orders on a busy machine: only steel's mailbox may be what takes too long.
    report = answered.round(patience=Patience(before_answers=0.05, in_all=3.0))
    assert len(answered.http.messages) == 1
    steel, clinic = report.connections
    assert steel.sent == 1
    assert [error.partition(" was still stuck")[0] for error in steel.errors] == ["fetching orders"]
    assert clinic == ConnectionReport("clinic")
    assert report.exit_code == 3
    told = [json.loads(line) for line in answered.log.getvalue().splitlines()]
    assert [(each["connection"], each["direction"]) for each in told if each["event"].startswith("left behind")] == [
        ("steel", "in")
    ]


def test_answers_leave_while_orders_are_slow_to_come_and_both_get_through(answered: World) -> None:
    """Steel's mailbox gives nothing before steel has our answer."""
    sent = threading.Event()

    def inbound_channel(connection: Connection, settings: Settings, **how: Any) -> InboundChannel:
        if connection.name == "steel":
            assert sent.wait(MOST_SECONDS)
        return factory.inbound_channel(connection, settings, **how)

    def fault(point: str) -> None:
        if point == "outbound: sent, not marked":
            sent.set()

    answered.send("S2")
    channels = SimpleNamespace(inbound_channel=inbound_channel, outbound_channel=factory.outbound_channel)
    report = answered.round(channels=channels, faults=fault, patience=Patience(before_answers=0.05))
    assert report.connections[0] == ConnectionReport("steel", fetched=1, applied=1, sent=1)
    assert report.exit_code == 0


def test_a_round_that_is_told_to_end_says_with_whom_it_was_stuck(world: World, silent: socket.socket) -> None:
    world.write_settings(sftp_port=str(silent.getsockname()[1]))
    stop = Stop()
    taken: list[socket.socket] = []

    def tell() -> None:
        taken.append(silent.accept()[0])
        stop.request()

    threading.Thread(target=tell, daemon=True).start()
    report = world.round(stop=stop)
    taken[0].close()
    assert "clinic: fetching orders" in [error.partition(" was still stuck")[0] for error in report.errors]
    assert report.exit_code == 3


def test_what_was_not_fetched_when_the_time_is_over_is_for_the_next_round_and_that_is_no_failure(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(daemon, "GRACE", float(MOST_SECONDS))
    for n in range(3):
        world.send(f"S{n}")

    def inbound_channel(connection: Connection, settings: Settings, **how: Any) -> InboundChannel:
        until(lambda: "long enough" in world.log.getvalue(), "the time is over")
        return factory.inbound_channel(connection, settings, **how)

    channels = SimpleNamespace(inbound_channel=inbound_channel, outbound_channel=factory.outbound_channel)
    report = world.round(channels=channels, patience=Patience(before_answers=0.0, in_all=0.05))
    assert report.exit_code == 0
    assert report.connections[0].fetched == 0
    assert world.round().connections[0].fetched == 3
