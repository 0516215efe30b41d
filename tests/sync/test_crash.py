"""Killed at every step and started again: the end is that of a run that nothing disturbed.

The daemon runs in a process of its own and kills itself, without any last words, between two steps. Whatever it had done by
then, the next run must lead to the same store, the same folders at the partners, and the same answers there, each once.
"""

from __future__ import annotations

import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from sync import faults
from sync.demo.servers.sftp import SftpServer
from tests.sync import wrong
from tests.sync.ending import child, ending, run
from tests.sync.partners import PASSWORD, USER, YARD, World, open_world, tradecloud, ubl

KILLED = -signal.SIGKILL
INBOUND = [point for point in faults.POINTS if point.startswith("inbound")]
DECIDING = [wrong.QUEUEING, wrong.QUEUED, wrong.SAVED]
OUTBOUND = [point for point in faults.POINTS if point.startswith("outbound")]


def place_orders(world: World) -> None:
    world.write_settings(more=YARD.replace("<url>", world.http.url))
    for n in range(3):
        world.put(f"C{n}.xml", ubl(f"C{n}"))
        world.send(f"S{n}")
    place_at_the_yard(world)
    world.put("broken.xml", b"<Order>")


def place_at_the_yard(world: World) -> None:
    """Orders to be polled, on two pages."""
    world.http.shelf.most = 2
    for n in range(3):
        world.http.shelf.put(f"Y{n}", f"2024-03-01T07:00:0{n}.000Z", tradecloud(f"Y{n}"))


def walk(world: World, *, point: str = "", variant: str = "") -> dict[str, Any]:
    """Orders come in, are all agreed to, and the answers go out; with the daemon killed at `point`, on its way in or out."""
    place_orders(world)
    if point in INBOUND:
        assert run(world, "once", point, variant=variant) == KILLED
    world.round()
    if point in DECIDING:
        assert run(world, "decide", point, variant=variant) == KILLED
    world.decide()
    if point in OUTBOUND:
        assert run(world, "once", point, variant=variant) == KILLED
    world.round()
    return ending(world)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    with open_world(tmp_path_factory.mktemp("undisturbed")) as world:
        yield walk(world)


def test_the_undisturbed_run_did_it_all(undisturbed: dict[str, Any]) -> None:
    assert sorted(undisturbed["orders"]) == [
        f"{where}{n}" for where in ("clinic/C", "steel/S", "yard/Y") for n in range(3)
    ]
    assert {status for status, _, _ in undisturbed["orders"].values()} == {"Confirmed"}
    assert [state for _, _, state, _ in undisturbed["documents"]].count("quarantined") == 1
    assert {state for _, _, state, _ in undisturbed["outbox"]} == {"sent"}
    assert len(undisturbed["answer files"]) == 3
    assert len(undisturbed["posted"]) == 6
    assert undisturbed["marks"] == [("yard", "2024-03-01T07:00:02.000Z")]
    assert undisturbed["verify"] == []
    assert undisturbed["spool"] == []
    assert not [each for each in undisturbed["folders"] if each.startswith("clinic/order/")]
    assert not undisturbed["mailbox"]["INBOX"]


@pytest.mark.parametrize("point", [*INBOUND, *OUTBOUND, wrong.QUEUEING, wrong.QUEUED])
def test_a_daemon_killed_at_a_step_leaves_nothing_lost_and_nothing_done_twice(
    world: World, undisturbed: dict[str, Any], point: str
) -> None:
    assert walk(world, point=point) == undisturbed


def test_a_daemon_killed_again_while_it_recovers_still_gets_there(world: World, undisturbed: dict[str, Any]) -> None:
    place_orders(world)
    for point in INBOUND:
        run(world, "once", point)
    world.round()
    world.decide()
    for point in OUTBOUND:
        run(world, "once", point)
    world.round()
    assert ending(world) == undisturbed


@pytest.mark.parametrize("seed", range(3))
def test_a_daemon_killed_at_any_moment_leaves_nothing_lost_and_nothing_done_twice(
    world: World, undisturbed: dict[str, Any], seed: int
) -> None:
    chance = random.Random(seed)
    place_orders(world)
    kill_after_lines(world, chance.randrange(1, 12))
    world.round()
    world.decide()
    kill_after_lines(world, chance.randrange(1, 6))
    world.round()
    assert ending(world) == undisturbed


def kill_after_lines(world: World, lines: int) -> None:
    """Start a daemon that goes on for ever and kill it after so many lines of its log, wherever it is by then."""
    with child(world, "serve") as process:
        assert process.stderr is not None
        for _ in range(lines):
            process.stderr.readline()
        process.kill()


@pytest.mark.parametrize("point", INBOUND)
def test_a_poll_killed_at_a_step_is_done_again(world: World, point: str) -> None:
    world.poll_only()
    place_at_the_yard(world)
    assert run(world, "once", point) == KILLED
    assert run(world) == 0
    end = ending(world)
    assert [(state, name) for _, name, state, _ in end["documents"]] == [("applied", f"Y{n}") for n in range(3)]
    assert len(end["arrivals"]) == len(end["orders"]) == 3
    assert end["marks"] == [("yard", "2024-03-01T07:00:02.000Z")]
    assert end["verify"] == end["spool"] == []


# The comparison must be able to fail: six wrong ways, each of which it notices.


@pytest.mark.parametrize(
    ("variant", "point"),
    [
        (wrong.ARCHIVE_BEFORE_COMMIT, faults.ARCHIVED),
        (wrong.MARK_BEFORE_POST, faults.SENT),
        (wrong.NEW_KEY_PER_ATTEMPT, faults.SENT),
        (wrong.OUTBOX_IN_A_SECOND_TRANSACTION, wrong.SAVED),
        (wrong.POLL_NOTED_BEFORE_COMMIT, faults.POLL_NOTED),
    ],
)
def test_steps_done_in_a_wrong_way_are_noticed(
    world: World, undisturbed: dict[str, Any], variant: str, point: str
) -> None:
    assert walk(world, point=point, variant=variant) != undisturbed


def test_a_file_replaced_while_the_daemon_is_down_is_heard(world: World) -> None:
    """It dies before it could move a file away; meanwhile the buyer places another of the same name."""
    world.put("C0.xml", ubl("C0", quantity=10))
    assert run(world, "once", faults.UNSPOOLED) == KILLED
    world.put("C0.xml", ubl("C0", quantity=20))
    world.round()
    world.round()
    end = ending(world)
    assert [state for _, _, state, _ in end["documents"]] == ["applied", "applied"]
    assert '"20"' in end["orders"]["clinic/C0"][2]


def replaced_where_we_may_only_read(world: World, variant: str = "") -> str:
    """The order after a file was replaced by another of the same name, in a folder from which nothing can be moved away."""
    with SftpServer(world.sftp.root, USER, PASSWORD, read_only=True) as closed:
        (world.folder / "known_hosts").write_text(closed.host_key_line + "\n")
        world.write_settings(sftp_port=str(closed.port))
        for quantity in (10, 20):
            world.put("C0.xml", ubl("C0", quantity=quantity))
            run(world, variant=variant)
    order: str = ending(world)["orders"]["clinic/C0"][2]
    return order


def test_a_file_replaced_under_the_same_name_is_heard(world: World) -> None:
    assert '"20"' in replaced_where_we_may_only_read(world)


def test_a_key_by_name_only_is_noticed(world: World) -> None:
    assert '"20"' not in replaced_where_we_may_only_read(world, wrong.KEY_BY_NAME_ONLY)
