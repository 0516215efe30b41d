"""The daemon that runs on: it takes in what comes, sends what is due, shrugs off crashes, and ends when told to."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.config import Connection, Settings
from core.store import health, queries
from sync import daemon, faults
from sync.channels import InboundChannel, factory
from sync.lock import AlreadyRunning, daemon_pid
from sync.log import Log
from sync.schedule import Schedule
from sync.stop import Stop
from tests.sync.ending import child
from tests.sync.partners import World, ubl

MOST_SECONDS = 30


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not true():
        assert time.monotonic() < end, f"never happened: {what}"
        time.sleep(0.02)


@contextmanager
def running(world: World, **options: object) -> Iterator[Stop]:
    """The daemon in a thread of this process; asked to end, and awaited, when the block ends."""
    stop = Stop()
    ended: list[object] = []

    def run() -> None:
        options.setdefault("log", Log(world.log))
        ended.append(daemon.run(world.settings, once=False, stop=stop, **options))  # type: ignore[arg-type]

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield stop
    finally:
        stop.request()
        thread.join(timeout=MOST_SECONDS)
        assert not thread.is_alive()
        assert ended


def test_the_daemon_takes_in_what_comes_and_sends_what_is_decided(world: World) -> None:
    with running(world):
        world.put("C1.xml", ubl("C1"))
        world.send("S1")
        with world.store() as store:
            until(lambda: queries.counts(store)[queries.View.TO_ANSWER] == 2, "two orders arrive")
        world.decide()
        until(lambda: world.answer_files() and world.http.messages, "both answers arrive")


def test_the_lock_says_whether_a_daemon_runs(world: World) -> None:
    with running(world):
        until(lambda: daemon_pid(world.settings.store_path) == os.getpid(), "it runs")
    assert daemon_pid(world.settings.store_path) is None


def test_a_daemon_without_connections_runs_until_it_is_told_to_end(world: World) -> None:
    world.settings_path.write_text("")
    with child(world, "serve") as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["event"] == "started"
        with pytest.raises(AlreadyRunning):
            world.round()
        process.send_signal(signal.SIGTERM)
    assert process.returncode == 0


def test_a_partner_that_comes_back_is_heard_again(world: World) -> None:
    port = world.sftp.port
    # Somebody comes to listen on the port of the settings later: the real server, through a port that is held till then.
    door = socket.socket()
    door.bind(("127.0.0.1", 0))
    vacant = door.getsockname()[1]
    world.write_settings(sftp_port=str(vacant))
    known = world.sftp.host_key_line.replace(str(port), str(vacant))
    (world.folder / "known_hosts").write_text(known + "\n")
    world.put("C1.xml", ubl("C1"))
    with running(world), world.store() as store:
        until(lambda: "clinic" in {row.connection for row in queries.health(store) if row.last_error}, "an error shown")
        with passing_on(door, port):
            until(lambda: queries.counts(store)[queries.View.ALL] == 1, "the order arrives after all")
            until(
                lambda: not any(row.last_error for row in queries.health(store) if row.connection == "clinic"),
                "the error is over",
            )


@contextmanager
def passing_on(door: socket.socket, port: int) -> Iterator[None]:
    """Whoever connects to `door` from now on talks to `port`."""

    def copy(source: socket.socket, target: socket.socket) -> None:
        try:
            while block := source.recv(65536):
                target.sendall(block)
        except OSError:
            pass
        finally:
            target.close()

    def accept() -> None:
        while True:
            try:
                near, _ = door.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            for ends in ((near, far), (far, near)):
                threading.Thread(target=copy, args=ends, daemon=True).start()

    door.listen()
    threading.Thread(target=accept, daemon=True).start()
    try:
        yield
    finally:
        door.shutdown(socket.SHUT_RDWR)
        door.close()


def test_a_crash_in_one_connection_is_logged_and_shown_and_the_others_go_on(world: World) -> None:
    """Our own code breaks, time and again, for one partner; then it works."""
    broken = threading.Event()
    broken.set()

    def inbound_channel(connection: Connection, settings: Settings, **how: Any) -> InboundChannel:
        if connection.name == "clinic" and broken.is_set():
            raise ZeroDivisionError("a bug of ours")
        return factory.inbound_channel(connection, settings, **how)

    channels = SimpleNamespace(inbound_channel=inbound_channel, outbound_channel=factory.outbound_channel)
    world.put("C1.xml", ubl("C1"))
    world.send("S1")
    with running(world, channels=channels, schedule=Schedule(jitter=1.0), random=lambda: 0.99), world.store() as store:
        until(lambda: queries.counts(store)[queries.View.ALL] == 1, "steel's order arrives")
        until(lambda: "ZeroDivisionError" in world.log.getvalue(), "the crash is logged")
        until(
            lambda: any("a bug of ours" in (row.last_error or "") for row in queries.health(store)),
            "the crash is shown",
        )
        broken.clear()
        until(lambda: queries.counts(store)[queries.View.ALL] == 2, "the clinic's order arrives too")


@pytest.mark.parametrize(("settle", "waits"), [("2s", True), ("10s", True), ("1m", False)])
def test_the_daemon_waits_for_a_new_file_unless_that_takes_long(world: World, settle: str, waits: bool) -> None:
    world.write_settings(settle=settle)
    asked: dict[str, bool] = {}

    def inbound_channel(connection: Connection, settings: Settings, **how: Any) -> InboundChannel:
        asked[connection.name] = how["wait_to_settle"]
        return factory.inbound_channel(connection, settings, **how)

    channels = SimpleNamespace(inbound_channel=inbound_channel, outbound_channel=factory.outbound_channel)
    with running(world, channels=channels):
        until(lambda: len(asked) == len(world.settings.connection), "every connection is asked")
    assert asked["clinic"] is waits


def test_what_was_claimed_and_never_settled_is_sent_without_a_new_start(world: World) -> None:
    """The lane fails between the claim and the sending, as by a bug of ours, and goes on."""
    world.send("S1")
    world.round()
    world.decide()
    failed: list[str] = []

    def fault(point: str) -> None:
        if point == faults.CLAIMED and not failed:
            failed.append(point)
            raise ZeroDivisionError("a bug of ours")

    at_once = Schedule(first=timedelta(milliseconds=1))
    with running(world, faults=fault, schedule=at_once), world.store() as store:
        until(lambda: world.http.messages and not queries.outbox(store), "it is sent all the same")
    assert failed
    assert len(world.http.messages) == 1
    assert "taken back: was being sent when we failed" in world.log.getvalue()


def test_a_parked_connection_is_tried_again_when_a_person_lifts_it(world: World) -> None:
    secret = world.folder / "partners.secret"
    right = secret.read_text()
    secret.write_text("wrong\n")
    world.put("C1.xml", ubl("C1"))
    with running(world), world.store() as store:
        until(lambda: any(row.parked for row in queries.health(store) if row.connection == "clinic"), "it is parked")
        secret.write_text(right)
        health.lift(store, "clinic", "in")
        until(lambda: queries.counts(store)[queries.View.ALL] == 1, "the order arrives")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_daemon_ends_well_on_a_signal(world: World, number: signal.Signals) -> None:
    with child(world, "serve") as process:
        assert process.stderr is not None
        assert json.loads(process.stderr.readline())["event"] == "started"
        process.send_signal(number)
        _, told = process.communicate(timeout=MOST_SECONDS)
    assert process.returncode == 0
    assert json.loads(told.splitlines()[-1])["event"] == "ended"


def test_the_daemon_ends_although_a_partner_is_silent(world: World) -> None:
    """The partner takes the connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        world.write_settings(sftp_port=str(silent.getsockname()[1]))
        with child(world, "serve") as process:
            near, _ = silent.accept()
            process.send_signal(signal.SIGTERM)
            _, told = process.communicate(timeout=MOST_SECONDS)
            near.close()
    assert process.returncode == 0
    ended = json.loads(told.splitlines()[-1])
    assert (ended["left_behind"], ended["stuck"]) == (True, ["clinic in"])


def test_two_daemons_on_one_store_the_second_says_so_and_ends(world: World) -> None:
    with running(world):
        until(lambda: daemon_pid(world.settings.store_path), "the first one runs")
        with pytest.raises(AlreadyRunning, match="already runs `podesk sync`"):
            daemon.run(world.settings, once=False, log=Log(io.StringIO()))
