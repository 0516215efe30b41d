"""Trouble of our own is 503, never 500; what was answered with 2xx is on the disk; the other connections go on."""

from __future__ import annotations

import asyncio
import gc
import shutil
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest

from core import intake
from core.store import health, opening, queries
from core.store._sqlite import sqlite3
from sync import faults
from sync.server import application, reception
from sync.server.application import Application
from tests.server.answering import ruled
from tests.server.desk import MOST_SECONDS, SHOP, SHOP_TABLE, WEBHOOK, Desk, until
from tests.server.raw import Caller
from tests.sync.partners import tradecloud, ubl


class Holding:
    """Another process takes the store when the first document is kept and not applied yet; nobody waits long for it."""

    def __init__(self, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
        open_store = opening.open_store
        monkeypatch.setattr("sync.lanes.open_store", lambda path: open_store(path, busy_seconds=0.1))
        self._path = desk.settings.store_path
        self._other: sqlite3.Connection | None = None

    def __call__(self, point: str) -> None:
        if point == faults.UNSPOOLED and self._other is None:
            self._other = sqlite3.connect(self._path, isolation_level=None, check_same_thread=False)
            self._other.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        assert self._other is not None
        self._other.execute("ROLLBACK")
        self._other.close()


def test_a_connection_without_its_secret_lets_nobody_in_and_the_others_go_on(desk: Desk) -> None:
    (desk.folder / "shop.secret").unlink()
    with desk.serving():
        refused = desk.post(ubl("S1"))
        taken = desk.post(tradecloud("T1"), "/in/steel")

        assert (refused.status_code, taken.status_code) == (503, 200)
        assert int(refused.headers["retry-after"]) > 0
        until(lambda: desk.health("shop") is not None, "it is noted")
        row = desk.health("shop")
        assert row is not None
        assert row.parked
        assert "nobody is let in" in str(row.last_error)
        assert "shop.secret" in str(row.last_error)
    assert [connection for connection, _, _ in desk.orders] == ["steel"]


def test_a_secret_that_others_can_read_is_none(desk: Desk) -> None:
    (desk.folder / "shop.secret").chmod(0o644)
    with desk.serving():
        assert desk.post(ubl("S1")).status_code == 503


def test_when_the_secret_is_there_and_a_person_lifts_the_connection_it_lets_in(desk: Desk) -> None:
    (desk.folder / "shop.secret").unlink()
    with desk.serving():
        assert desk.post(ubl("S1")).status_code == 503
        desk.secret("shop", SHOP[1])
        with desk.store() as store:
            health.lift(store, "shop", "in")
        until(lambda: desk.post(ubl("S1")).status_code == 200, "it lets in")

        def well() -> bool:
            row = desk.health("shop")
            return row is not None and row.last_error is None and not row.parked

        until(well, "its error is over")


def test_when_the_disk_is_nearly_full_nothing_is_taken_until_there_is_room(desk: Desk, tmp_path: Path) -> None:
    free = shutil.disk_usage(tmp_path).free
    with desk.serving(least_free=free * 2):
        assert desk.post(ubl("S1")).status_code == 503
        row = desk.health("shop")
        assert row is not None
        assert "must stay so" in str(row.last_error)
    assert desk.documents == []
    with desk.serving():
        assert desk.post(ubl("S1")).status_code == 200
        until(lambda: desk.health("shop").last_error is None, "its error is over")  # type: ignore[union-attr]


def test_while_another_process_holds_the_store_the_caller_is_told_to_come_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_store = opening.open_store
    monkeypatch.setattr("sync.lanes.open_store", lambda path: open_store(path, busy_seconds=0.1))
    with desk.serving():
        assert desk.post(ubl("S1")).status_code == 200
        other = sqlite3.connect(desk.settings.store_path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert desk.post(ubl("S2")).status_code == 503
        other.execute("ROLLBACK")
        other.close()
        assert desk.post(ubl("S2")).status_code == 200
    assert desk.states == ["applied", "applied"]


def test_what_is_kept_and_cant_be_applied_now_is_202_and_applied_later(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The store is held between the two transactions."""
    hold = Holding(desk, monkeypatch)
    with desk.serving(faults=hold):
        answer = desk.post(ubl("S1"))
        assert (answer.status_code, "<status>kept</status>" in answer.text) == (202, True)
        assert desk.states == ["fetched"]
        again = desk.post(ubl("S1"))
        assert again.status_code == 503  # not even kept: the store is held still
        hold.let_go()
        until(lambda: desk.states == ["applied"], "it is applied")
    assert desk.orders == [("shop", "S1", 1)]


def test_when_applying_takes_longer_than_a_second_the_caller_hears_that_it_is_kept(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(application, "APPLIED_WITHIN", 0.1)
    go_on = threading.Event()

    def wait(point: str) -> None:
        if point == faults.UNSPOOLED:
            assert go_on.wait(MOST_SECONDS)

    with desk.serving(faults=wait):
        answer = desk.post(ubl("S1"))
        go_on.set()
        assert (answer.status_code, "<status>kept</status>" in answer.text) == (202, True)
        until(lambda: desk.states == ["applied"], "it is applied")


def test_an_answer_that_nobody_waits_for_any_more_is_not_claimed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "ANSWERED_WITHIN", 0.1)
    ruled(desk, hold="1h")
    go_on = threading.Event()

    def wait(point: str) -> None:
        if point == faults.UNSPOOLED:
            assert go_on.wait(MOST_SECONDS)

    with desk.serving(faults=wait):
        assert desk.post(ubl("S1")).status_code == 202
        go_on.set()
        until(lambda: desk.states == ["applied"], "it is applied")
    assert [state for state, *_ in desk.outbox] == ["queued"]


@pytest.mark.parametrize(
    "where", [faults.SPOOLED, faults.STORED, faults.UNSPOOLED, faults.APPLIED_SOME, faults.APPLIED]
)
@pytest.mark.parametrize(
    "error", [ZeroDivisionError("a bug of ours"), OSError(28, "No space left on device"), MemoryError()]
)
def test_a_fault_of_ours_at_any_step_is_503_or_202_and_the_next_order_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, where: str, error: Exception
) -> None:
    """503: the caller sends it again, and it counts once; 202: it was kept, and is applied."""
    stumbled: list[str] = []

    def stumble(point: str) -> None:
        if point == where and not stumbled:
            stumbled.append(point)
            raise error

    with desk.serving(faults=stumble):
        with monkeypatch.context() as patch:
            patch.setattr(application, "APPLIED_WITHIN", 0.1)
            first = desk.post(ubl("S1"))
        assert first.status_code in (503, 202, 200)
        assert desk.post(ubl("S1")).status_code in (200, 202)
        assert desk.post(ubl("S2")).status_code == 200
        until(lambda: set(desk.states) == {"applied"}, "both are applied")
    assert stumbled
    assert desk.orders == [("shop", "S1", 1), ("shop", "S2", 1)]


def test_one_of_many_that_cant_be_kept_keeps_no_other_from_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    keep = intake.keep

    def picky(store: Any, incoming: Any, now: Any) -> Any:
        if any(b"S3" in document.payload for each in incoming for document in each.documents):
            raise ZeroDivisionError("a bug of ours")
        return keep(store, incoming, now)

    monkeypatch.setattr(intake, "keep", picky)
    statuses: dict[int, int] = {}
    with desk.serving():
        threads = [
            threading.Thread(target=lambda n=n: statuses.update({n: desk.post(ubl(f"S{n}")).status_code}))
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert statuses == {n: 503 if n == 3 else 200 for n in range(8)}


def test_a_fault_in_the_application_itself_is_503(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(self: Application, call: object) -> None:
        raise ZeroDivisionError("a bug of ours")

    with desk.serving():
        with monkeypatch.context() as patch:
            patch.setattr(Application, "_routed", broken)
            assert desk.post(ubl("S1")).status_code == 503
            assert desk.logged("request stumbled")
        assert desk.post(ubl("S1")).status_code == 200


def test_a_damaged_store_is_503_and_shown(desk: Desk) -> None:
    with desk.serving():
        assert desk.post(ubl("S1")).status_code == 200
    path = desk.settings.store_path
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xff" * 40_960)
    with desk.serving():
        assert desk.post(ubl("S2")).status_code == 503
        until(lambda: desk.logged("trouble"), "it is told")


def test_a_request_in_flight_is_finished_when_we_are_asked_to_end(desk: Desk) -> None:
    body = ubl("S1")
    with desk.serving() as stop, Caller(desk) as caller:
        caller.head("/in/shop", f"Content-Length: {len(body)}", "Expect: 100-continue")
        assert caller.status() == 100
        stop.request()
        until(lambda: _refuses(desk), "nobody else is let in")
        caller.say(body)
        assert caller.status() == 200
    assert desk.states == ["applied"]


def test_a_body_that_does_not_come_when_we_are_asked_to_end_is_503(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(application, "LAST_SECONDS", 0.2)
    with desk.serving() as stop, Caller(desk) as caller:
        caller.head("/in/shop", "Content-Length: 100", "Expect: 100-continue")
        assert caller.status() == 100
        caller.say(b"<Order")
        stop.request()
        assert caller.status() == 503
    assert desk.documents == []


def _refuses(desk: Desk) -> bool:
    try:
        httpx.post(f"{desk.url}/in/shop", content=b"", auth=SHOP, timeout=MOST_SECONDS)
    except httpx.HTTPError:
        return True
    return False


def test_what_a_crash_left_is_applied_at_the_next_start(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(reception.Reception, "_apply", lambda self, posts: None)
        patch.setattr(application, "APPLIED_WITHIN", 0.01)
        with desk.serving():
            assert desk.post(ubl("S1")).status_code == 202
    assert desk.states == ["fetched"]
    with desk.serving():
        until(lambda: desk.states == ["applied"], "it is applied")


def test_the_daemon_serves_too_and_tells_in_its_report(desk: Desk) -> None:
    desk.write(SHOP_TABLE, WEBHOOK)
    with desk.serving(by="sync"):
        assert desk.post(ubl("S1")).status_code == 200
    with desk.store() as store:
        assert queries.counts(store)[queries.View.TO_ANSWER] == 1
    assert desk.logged("ended", left_behind=False)


def test_what_came_while_the_store_was_held_is_applied_in_the_order_in_which_it_came(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first could be kept and not applied; the next comes when the store is free again."""
    hold = Holding(desk, monkeypatch)
    monkeypatch.setattr(reception, "TICK", 3600.0)  # nothing happens by itself meanwhile
    with desk.serving(faults=hold):
        assert desk.post(ubl("S1", quantity=10)).status_code == 202
        hold.let_go()
        assert desk.post(ubl("S1", quantity=20)).status_code == 200
    assert desk.states == ["applied", "applied"]
    [(body,)] = desk.rows("SELECT body FROM orders")
    assert '"quantity":"20"' in body


def test_what_the_event_loop_has_to_say_stands_in_the_log(served: Desk) -> None:
    """It would be a traceback on stderr, between lines of JSON."""

    async def fails() -> None:
        raise ValueError("nobody asked")

    async def forgets() -> None:
        await asyncio.wait([asyncio.create_task(fails())])

    asyncio.run(forgets())
    gc.collect()

    [said] = served.logged("server")
    assert said["words"].startswith("Task exception was never retrieved")
    assert "ValueError: nobody asked" in said["trace"]
