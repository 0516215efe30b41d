"""Many orders at once, many hands at once, and a process that dies in the middle of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.decisions import Act, Decision
from core.messages import Received
from core.orderbook import Changed, Refusal
from core.pending import Input
from core.store import open_store, queries
from core.store.pace import Pace
from core.store.queries import View
from core.store.writing import LostRace
from core.verify import verify
from tests.conftest import ROOT
from tests.orders import Desk, issue, key, terms


def agreeing(desk: Desk, *order_ids: int) -> Iterator[tuple[int, Input, int | None]]:
    for order_id in order_ids:
        yield order_id, desk.decision(Act.AGREE, "1", "2"), None


def test_every_order_gets_its_own_result_in_turn(desk: Desk) -> None:
    ids = [desk.has(f"PO-{number}") for number in range(30)]
    results = list(desk.book.change_many(agreeing(desk, *ids), "alice"))
    assert [result.order_id for result in results] == ids
    assert all(isinstance(result, Changed) for result in results)
    assert queries.counts(desk.store)[View.TO_ANSWER] == 0
    assert len(queries.outbox(desk.store)) == 30
    assert verify(desk.store) == []


def test_a_refused_order_stops_none_of_the_others(desk: Desk) -> None:
    ids = [desk.has(f"PO-{number}") for number in range(5)]
    desk.book.change(ids[2], desk.decision(Act.REJECT, "1", "2", reason="sold out"), "alice")
    desk.leaves(ids[2])
    stale = desk.receives(issue(key("PO-3"), wanted=terms(quantity="5"))).revision - 1
    entries: list[tuple[int, Input, int | None]] = list(agreeing(desk, ids[0], ids[2], 99))
    entries += [(ids[3], desk.decision(Act.AGREE, "1"), stale), *agreeing(desk, ids[4])]
    results = list(desk.book.change_many(entries, "alice"))
    assert [type(result) for result in results] == [Changed, Refusal, Refusal, Refusal, Changed]
    refused = [result for result in results if isinstance(result, Refusal)]
    assert [(one.order_id, one.number) for one in refused] == [(ids[2], "PO-2"), (99, "#99"), (ids[3], "PO-3")]
    assert "changed while you looked at it" in refused[2].sentence
    assert verify(desk.store) == []


def test_the_same_order_may_come_twice(desk: Desk) -> None:
    order_id = desk.has()
    entries: list[tuple[int, Input, int | None]] = [
        (order_id, desk.decision(Act.AGREE, "1"), None),
        (order_id, desk.decision(Act.REJECT, "1", reason="after all"), None),
    ]
    first, second = desk.book.change_many(entries, "alice")
    assert isinstance(first, Changed)
    assert isinstance(second, Changed)
    assert (first.revision, second.revision) == (2, 3)
    assert [row.state for row in queries.outbox(desk.store, everything=True)] == ["superseded", "queued"]
    assert verify(desk.store) == []


def test_what_was_confirmed_once_is_not_confirmed_again_by_the_same_inputs(desk: Desk) -> None:
    ids = [desk.has(f"PO-{number}") for number in range(5)]
    entries = list(agreeing(desk, *ids))
    assert all(isinstance(one, Changed) and not one.repeated for one in desk.book.change_many(entries, "alice"))
    assert all(isinstance(one, Changed) and one.repeated for one in desk.book.change_many(entries, "alice"))
    assert len(queries.outbox(desk.store, everything=True)) == 5


def test_what_is_not_consumed_is_not_done(desk: Desk) -> None:
    ids = [desk.has(f"PO-{number}") for number in range(100)]
    results = desk.book.change_many(agreeing(desk, *ids), "alice")
    next(results)
    results.close()  # type: ignore[attr-defined]
    assert 0 < queries.counts(desk.store)[View.TO_SHIP] < 100


def test_a_batch_is_saved_whole_or_not_at_all_when_one_of_its_orders_changed_since(desk: Desk) -> None:
    ids = [desk.has(f"PO-{number}") for number in range(2)]
    batch = desk.book.batch(Pace())
    for order_id in ids:
        batch.take(order_id, desk.decision(Act.AGREE, "1", "2"), "alice")
    desk.receives(issue(key("PO-1"), wanted=terms(quantity="12")))
    with pytest.raises(LostRace):
        batch.commit()
    assert queries.counts(desk.store)[View.TO_ANSWER] == 2
    assert queries.outbox(desk.store, everything=True) == []
    assert verify(desk.store) == []


def test_two_batches_that_bring_the_same_new_order_don_t_both_make_it(desk: Desk) -> None:
    first, second = desk.book.batch(Pace()), desk.book.batch(Pace())
    for nth, batch in enumerate((first, second)):
        entry = Received(id=f"received-{nth}", at=desk.now, message=issue(key("PO-1")))
        batch.take(key("PO-1"), entry, "metal-works")
    first.commit()
    with pytest.raises(LostRace):
        second.commit()
    assert queries.counts(desk.store)[View.ALL] == 1


@pytest.mark.parametrize("many", [False, True])
def test_an_answer_is_computed_anew_when_the_buyers_word_comes_while_it_is_rendered(desk: Desk, many: bool) -> None:
    order_id = desk.has()
    wanted = terms(quantity="12")
    new_id = desk.book.new_id

    def interrupted_once() -> str:
        desk.book.new_id = new_id
        desk.receives(issue(key("PO-1"), wanted=wanted))
        return new_id()

    desk.book.new_id = interrupted_once
    if many:
        list(desk.book.change_many(agreeing(desk, order_id), "alice"))
    else:
        desk.agrees(order_id)
    loaded = queries.load(desk.store, order_id, desk.now)
    assert loaded is not None
    assert [line.confirmed for line in loaded.record.order.lines] == [wanted, wanted]
    assert [entry.kind for entry in queries.timeline(desk.store, order_id)] == ["received", "received", "decided"]
    assert verify(desk.store) == []


_TAKE_TURNS = """
import sys
from pathlib import Path
from core.decisions import Act
from tests.orders import open_desk
folder, actor, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
desk = open_desk(folder)
desk.book.new_id = iter(f"{actor}-message-{n}" for n in range(100000)).__next__
print("ready", flush=True)
sys.stdin.readline()
for turn in range(rounds):
    decision = desk.decision(Act.PROPOSE, "1", to=__import__("tests.orders").orders.terms(quantity=str(turn + 1)))
    desk.book.change(1, decision.but(id=f"{actor}-{turn}"), actor)
desk.store.close()
"""


def test_processes_that_change_the_same_order_at_once_lose_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.has(lines=("1",))
    rounds = 25
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", _TAKE_TURNS, str(tmp_path), actor, str(rounds)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for actor in ("alice", "bob", "carol")
    ]
    for worker in workers:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "ready\n"
    for worker in workers:
        assert worker.stdin is not None
        worker.stdin.write("go\n")
        worker.stdin.flush()
    errors = [worker.communicate(timeout=120)[1] for worker in workers]
    assert [worker.returncode for worker in workers] == [0, 0, 0], errors

    entries = queries.timeline(desk.store, 1)
    assert [entry.revision for entry in entries] == list(range(1, 2 + 3 * rounds))
    for actor in ("alice", "bob", "carol"):
        inputs = [entry.input["id"] for entry in entries if entry.actor == actor and entry.input is not None]
        assert inputs == [f"{actor}-{turn}" for turn in range(rounds)]
    assert [row.state for row in queries.outbox(desk.store, everything=True)].count("queued") == 1
    assert verify(desk.store) == []


_CONFIRM_ALL = """
import sys
from pathlib import Path
from core.decisions import Act
from tests.orders import open_desk
desk = open_desk(Path(sys.argv[1]))
desk.book.new_id = iter(f"bulk-message-{n}" for n in range(100000)).__next__
entries = ((n, desk.decision(Act.AGREE, "1", "2").but(id=f"bulk-{n}"), None) for n in range(1, int(sys.argv[2]) + 1))
for done, _ in enumerate(desk.book.change_many(entries, "alice"), 1):
    print(done, flush=True)
"""


@pytest.mark.parametrize("killed_after", [1, 37, 90])
def test_a_process_killed_in_the_middle_of_a_bulk_leaves_whole_orders_only(
    desk: Desk, tmp_path: Path, killed_after: int
) -> None:
    count = 150
    for number in range(count):
        desk.has(f"PO-{number}")
    desk.store.close()
    worker = subprocess.Popen(
        [sys.executable, "-c", _CONFIRM_ALL, str(tmp_path), str(count)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert worker.stdout is not None
    for line in worker.stdout:
        if int(line) >= killed_after:
            os.kill(worker.pid, signal.SIGKILL)
            break
    worker.communicate()
    assert worker.returncode == -signal.SIGKILL

    with open_store(tmp_path / "desk.sqlite") as store:
        confirmed = queries.counts(store)[View.TO_SHIP]
        assert killed_after <= confirmed < count
        assert len(queries.outbox(store)) == confirmed
        assert verify(store) == []
    # The rest is done by saying the same again.
    done = subprocess.run(
        [sys.executable, "-c", _CONFIRM_ALL.replace("bulk-message", "bulk-again"), str(tmp_path), str(count)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    with open_store(tmp_path / "desk.sqlite") as store:
        assert len(queries.outbox(store, everything=True)) == count
        assert verify(store) == []


def test_decisions_are_kept_as_they_were_said(desk: Desk) -> None:
    order_id = desk.has()
    decision = desk.decision(Act.PROPOSE, "1", to=terms(quantity="7.50"), reason="as cut")
    desk.book.change(order_id, decision, "alice")
    said = queries.timeline(desk.store, order_id)[-1].input
    assert said is not None
    import json

    assert Decision.from_json(json.dumps(said)) == decision
