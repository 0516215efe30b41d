"""The daemon answers by rule, tells once that the rules are broken, and notices a mended file without a new start."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from core.store import queries
from core.store.rows import View
from core.verify import verify
from sync import faults
from sync.log import Log
from sync.rules_watch import RulesWatch
from tests.core.rules.desks import rules_file, settings
from tests.core.rules.test_ruling import YES
from tests.orders import settings as parsed
from tests.sync.ending import run
from tests.sync.partners import World, ubl
from tests.sync.test_daemon import running, until


def events(stream: io.StringIO) -> list[str]:
    return [json.loads(line)["event"] for line in stream.getvalue().splitlines()]


@pytest.fixture
def stream() -> io.StringIO:
    return io.StringIO()


def test_a_broken_file_is_told_once_and_so_is_that_it_is_mended(tmp_path: Path, stream: io.StringIO) -> None:
    rules_file(tmp_path, "nonsense = 1")
    watch = RulesWatch(parsed(tmp_path, settings()), Log(stream))
    watch.look()
    watch.look()
    rules_file(tmp_path, "nonsense = 11")  # as broken as before
    watch.look()
    assert len(events(stream)) == 1
    assert "line 1: nonsense: unknown key" in json.loads(stream.getvalue())["error"]
    rules_file(tmp_path, YES)
    watch.look()
    watch.look()
    assert events(stream) == ["rules stopped, orders stay with people", "rules in use"]
    (tmp_path / "rules.toml").unlink()
    watch.look()
    assert len(events(stream)) == 3


def test_where_no_connection_has_rules_there_is_nothing_to_look_at(tmp_path: Path, stream: io.StringIO) -> None:
    watch = RulesWatch(parsed(tmp_path, settings("off")), Log(stream))
    watch.look()
    assert not watch.wanted
    assert events(stream) == []


# --- in the daemon ----------------------------------------------------------------------------------------------------


def let_rules_answer(world: World, rules: str = YES) -> None:
    text = world.settings_path.read_text(encoding="utf-8")
    for name in ("clinic", "steel"):
        text = text.replace(f'name = "{name}"\n', f'name = "{name}"\nrules = "answer"\n')
    world.settings_path.write_text(text, encoding="utf-8")
    rules_file(world.folder, rules)


def by_rule(world: World) -> list[str]:
    """Numbers of the orders that rules answered, once for each time."""
    with world.store() as store:
        rows = store.connection.execute(
            "SELECT o.number FROM log l JOIN orders o ON o.id = l.order_id WHERE l.actor = 'rules' ORDER BY o.number"
        )
        return [row[0] for row in rows]


def test_orders_are_answered_without_a_person(world: World) -> None:
    let_rules_answer(world)
    with running(world):
        world.put("C1.xml", ubl("C1"))
        world.send("S1")
        until(lambda: world.answer_files() and world.http.messages, "both answers arrive")
    assert by_rule(world) == ["C1", "S1"]
    with world.store() as store:
        assert verify(store) == []


def test_a_running_daemon_notices_that_the_rules_are_mended(world: World) -> None:
    let_rules_answer(world, "nonsense = 1")
    with running(world), world.store() as store:
        world.put("C1.xml", ubl("C1"))
        until(lambda: queries.counts(store)[View.TO_ANSWER] == 1, "the order arrives")
        rules_file(world.folder, YES)
        world.put("C2.xml", ubl("C2"))
        until(world.answer_files, "the second order's answer arrives")
        assert queries.counts(store)[View.TO_ANSWER] == 1
    assert by_rule(world) == ["C2"]
    assert events(world.log).count("rules stopped, orders stay with people") == 1


@pytest.mark.parametrize("point", [point for point in faults.POINTS if point.startswith(("inbound", "outbound"))])
def test_a_daemon_killed_at_a_step_answers_each_order_once(world: World, point: str) -> None:
    let_rules_answer(world)
    for nth in range(2):
        world.put(f"C{nth}.xml", ubl(f"C{nth}"))
        world.send(f"S{nth}")
    run(world, "once", point)
    world.round()
    world.round()
    assert by_rule(world) == ["C0", "C1", "S0", "S1"]
    assert len(world.answer_files()) == 2
    assert len({message.key for message in world.http.messages}) == 2
    with world.store() as store:
        assert {row.state for row in queries.outbox(store, everything=True)} == {"sent"}
        assert verify(store) == []
