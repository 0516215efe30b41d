"""Open tasks in the store: they come and go with the lines, and say since when and until when."""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from core.decisions import Act, Outcome, Undo
from core.messages import BuyerAct, LineMessage, Message, Received
from core.orderbook import OrderBook
from core.store import open_store, tasks
from core.store.tasks import TaskRow
from core.store.times import stamp
from core.transition import TransitionRefused
from core.verify import verify
from tests.orders import SETTINGS, START, Desk, issue, key, open_desk, terms

WITHIN = SETTINGS.replace('our_account = "340760"', 'our_account = "340760"\nanswer_within = "2h"', 1)
TWO_HOURS = dt.timedelta(hours=2)
FIRST_DAY = "2025-03-31T22:00:00.000+00:00"
"""The morning of 1 April 2025 in Amsterdam: the delivery that is asked of every line here."""


@pytest.fixture
def prompt(tmp_path: Path) -> Iterator[Desk]:
    """A desk whose first connection wants its answers within two hours."""
    opened = open_desk(tmp_path, WITHIN)
    yield opened
    opened.store.close()


def of(desk: Desk, order_id: int) -> list[tuple[str, str, str, str | None]]:
    return [(task.position, task.kind, task.opened_at, task.due_at) for task in tasks.open_tasks(desk.store, order_id)]


def changes(*positions: str, act: BuyerAct = BuyerAct.ISSUE, quantity: str = "77") -> Message:
    wanted = terms(quantity=quantity) if act is BuyerAct.ISSUE else None
    return Message(
        key=key("PO-1"), lines=tuple(LineMessage(position=one, acts=(act,), terms=wanted) for one in positions)
    )


def test_an_order_that_comes_is_to_be_answered_in_time(prompt: Desk) -> None:
    order_id = prompt.has()
    assert tasks.open_tasks(prompt.store, order_id) == [
        TaskRow(order_id, one, "answer", stamp(START), stamp(START + TWO_HOURS)) for one in ("1", "2")
    ]


def test_without_settings_the_answer_is_due_before_the_goods_are(desk: Desk) -> None:
    assert of(desk, desk.has()) == [(one, "answer", stamp(START), FIRST_DAY) for one in ("1", "2")]


def test_a_task_goes_with_the_answer_and_comes_back_with_undo(prompt: Desk) -> None:
    order_id = prompt.has()
    prompt.later(hours=1)
    prompt.agrees(order_id, "1")
    assert of(prompt, order_id) == [("2", "answer", stamp(START), stamp(START + TWO_HOURS))]
    prompt.book.change(order_id, Undo(id="undo", at=prompt.later(hours=5)), "alice")
    assert [task[:3] for task in of(prompt, order_id)] == [(one, "answer", stamp(START)) for one in ("1", "2")]


def test_an_answer_that_did_not_arrive_leaves_nothing_to_answer(prompt: Desk) -> None:
    order_id = prompt.has()
    prompt.agrees(order_id)
    message = prompt.leaves(order_id)
    prompt.book.delivered(message, Outcome.FAILED, "HTTP 400")
    assert of(prompt, order_id) == []


def test_what_the_buyer_asks_anew_is_due_anew(prompt: Desk) -> None:
    order_id = prompt.has()
    prompt.agrees(order_id, "1")
    prompt.book.delivered(prompt.leaves(order_id), Outcome.SENT)
    later = prompt.later(hours=8)
    prompt.receives(changes("1", "2"))
    assert of(prompt, order_id) == [
        ("1", "buyer asks", stamp(later), stamp(later + TWO_HOURS)),
        ("2", "answer", stamp(later), stamp(later + TWO_HOURS)),
    ]
    prompt.receives(changes("1", act=BuyerAct.CANCEL))
    assert [task[0] for task in of(prompt, order_id)] == ["2"]


def test_our_proposal_waits_for_the_buyer_until_the_day_that_it_names(prompt: Desk) -> None:
    order_id = prompt.has()
    entry = prompt.decision(Act.PROPOSE, "1", to=terms(date=dt.date(2025, 4, 2)), reason="busy")
    prompt.book.change(order_id, entry, "alice")
    assert of(prompt, order_id)[1] == ("1", "wait", stamp(START), "2025-04-01T22:00:00.000+00:00")


def test_a_cancellation_to_decide_is_told_apart(tmp_path: Path) -> None:
    with_buyer = SETTINGS.replace('profile = "tradecloud"', 'profile = "procurement-connect"', 1)
    desk = open_desk(tmp_path, with_buyer)
    order_id = desk.has()
    desk.receives(changes("1", "2", act=BuyerAct.ASK_CANCELLATION))
    assert [(task.position, task.kind) for task in tasks.open_tasks(desk.store, order_id)] == [
        ("1", "cancellation"),
        ("2", "cancellation"),
    ]
    desk.store.close()


def test_what_is_overdue_is_found_among_all_orders_the_longest_first(prompt: Desk) -> None:
    second, first = prompt.has("PO-2", lines=["1"]), None
    prompt.later(minutes=1)
    first = prompt.has("PO-1", lines=["1"])
    slow = prompt.receives(issue(key("PO-3", connection="mute"), lines=["1"])).order_id
    entry = prompt.decision(Act.PROPOSE, "1", to=terms(date=dt.date(2025, 3, 4)), reason="busy")
    proposed = prompt.has("PO-4", lines=["1"])
    prompt.book.change(proposed, entry, "alice")
    now = prompt.later(hours=1, minutes=59, seconds=30)
    assert [task.order_id for task in tasks.overdue(prompt.store, now)] == [second]
    now = prompt.later(minutes=1)
    assert [task.order_id for task in tasks.overdue(prompt.store, now)] == [second, first]
    assert [task.order_id for task in tasks.overdue(prompt.store, now, limit=1)] == [second]
    spring = dt.datetime(2025, 5, 1, tzinfo=dt.UTC)
    assert [task.order_id for task in tasks.due_before(prompt.store, spring)] == [second, first, slow]
    assert [task.order_id for task in tasks.due_before(prompt.store, spring, kinds=["wait"])] == [proposed]
    found = tasks.tasks_of(prompt.store, [first, proposed, 99])
    assert {one: [task.kind for task in rows] for one, rows in found.items()} == {first: ["answer"], proposed: ["wait"]}


def test_new_settings_date_what_is_open_already(tmp_path: Path) -> None:
    desk = open_desk(tmp_path)
    order_id = desk.has()
    waits = desk.decision(Act.PROPOSE, "2", to=terms(date=dt.date(2025, 4, 2)), reason="busy")
    desk.book.change(order_id, waits, "alice")
    before = of(desk, order_id)
    zone = desk.settings.zone
    assert tasks.settle_due(desk.store, "metal-works", None, zone) == 0
    assert tasks.settle_due(desk.store, "city", TWO_HOURS, zone) == 0
    assert of(desk, order_id) == before
    assert tasks.settle_due(desk.store, "metal-works", TWO_HOURS, zone) == 1
    assert of(desk, order_id) == [("1", "answer", stamp(START), stamp(START + TWO_HOURS)), before[1]]
    assert tasks.settle_due(desk.store, "metal-works", TWO_HOURS, zone) == 0
    assert tasks.settle_due(desk.store, "metal-works", None, zone) == 1
    assert of(desk, order_id) == before
    desk.store.close()


def test_without_dates_and_settings_nothing_is_due(desk: Desk) -> None:
    order_id = desk.has(wanted=terms(date=None))
    assert [task[3] for task in of(desk, order_id)] == [None, None]
    assert tasks.settle_due(desk.store, "metal-works", TWO_HOURS, None) == 2
    assert tasks.settle_due(desk.store, "metal-works", None, None) == 2
    assert [task[3] for task in of(desk, order_id)] == [None, None]


def older(desk: Desk) -> Path:
    """The desk's store as a podesk without tasks would have left it."""
    connection = desk.store.connection
    for order_id, body in connection.execute("SELECT id, body FROM orders").fetchall():
        undated = re.sub(r',"since":"[^"]*"', "", body)
        assert "since" not in undated
        connection.execute("UPDATE orders SET body = ? WHERE id = ?", (undated, order_id))
    connection.execute("DROP TABLE tasks")
    connection.execute("DROP TABLE task_settings")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'tasks'")
    connection.execute("PRAGMA user_version = 7")
    desk.store.close()
    return desk.store.path


def test_orders_that_are_stored_already_get_their_tasks(desk: Desk) -> None:
    answered, asked, refused, proposed = (desk.has(f"PO-{number}", lines=["1"]) for number in range(1, 5))
    for order_id in (answered, asked, refused):
        desk.agrees(order_id, "1")
        desk.book.delivered(desk.leaves(order_id), Outcome.SENT)
    for order_id in (asked, refused):
        message = Message(
            key=key(f"PO-{order_id}"),
            lines=(LineMessage(position="1", acts=(BuyerAct.ISSUE,), terms=terms(quantity="77")),),
        )
        desk.receives(message)
    desk.book.change(refused, desk.decision(Act.REFUSE, "1", reason="no"), "alice")
    propose = desk.decision(Act.PROPOSE, "1", to=terms(quantity="5"), reason="busy")
    desk.book.change(proposed, propose, "alice")
    issued = desk.has("PO-9", lines=["1"])
    rejected = desk.has("PO-8", lines=["1"])
    desk.book.change(rejected, desk.decision(Act.REJECT, "1", reason="no"), "alice")
    expected = {
        order_id: [(task.position, task.kind) for task in tasks.open_tasks(desk.store, order_id)]
        for order_id in range(1, rejected + 1)
    }
    assert [kinds for kinds in expected.values() if kinds] == [
        [("1", "buyer asks")],
        [("1", "wait")],
        [("1", "wait")],
        [("1", "answer")],
    ]
    changed_at = dict(desk.store.connection.execute("SELECT id, changed_at FROM orders"))
    with open_store(older(desk)) as store:
        for order_id, kinds in expected.items():
            found = tasks.open_tasks(store, order_id)
            assert [(task.position, task.kind) for task in found] == kinds
            assert all((task.opened_at, task.due_at) == (changed_at[order_id], None) for task in found)
        assert tasks.settle_due(store, "metal-works", TWO_HOURS, None) == 2
        assert [task.due_at for task in tasks.open_tasks(store, issued)] == [stamp(desk.now + TWO_HOURS)]


def test_a_task_of_an_older_podesk_keeps_its_time_until_something_new_is_said(desk: Desk) -> None:
    order_id = desk.has(lines=["1"])
    settings = desk.settings
    with open_store(older(desk)) as store:
        now = desk.later(hours=1)
        book = OrderBook(store, settings, clock=lambda: now, new_id=lambda: "message")
        renamed = Received(id="renamed", at=now, message=issue(key("PO-1"), lines=["1"], item="Hex bolt M10"))
        book.change(order_id, renamed, "metal-works")
        assert [task.opened_at for task in tasks.open_tasks(store, order_id)] == [stamp(START)]
        asked = issue(key("PO-1"), lines=["1"], wanted=terms(quantity="77"))
        book.change(order_id, Received(id="asked", at=now, message=asked), "metal-works")
        assert [task.opened_at for task in tasks.open_tasks(store, order_id)] == [stamp(now)]


def test_verify_finds_tasks_that_do_not_follow(desk: Desk) -> None:
    order_id = desk.has()
    db = desk.store.connection
    for spoilt in (
        "UPDATE tasks SET kind = 'wait' WHERE position = '1'",
        "UPDATE tasks SET opened_at = '2024-01-01T00:00:00.000+00:00' WHERE position = '1'",
        "DELETE FROM tasks WHERE position = '1'",
        "INSERT INTO tasks VALUES (1, '9', 'answer', '2024-01-01', NULL)",
    ):
        db.execute("SAVEPOINT spoil")
        db.execute(spoilt)
        assert [finding.sentence for finding in verify(desk.store)] == [
            f"order PO-1 (#{order_id}): its open tasks are not what follows from the order"
        ]
        db.execute("ROLLBACK TO spoil")
        db.execute("RELEASE spoil")
    assert verify(desk.store) == []


@pytest.mark.parametrize("seed", range(5))
def test_after_whatever_happened_the_tasks_are_those_of_the_lines(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    desk = open_desk(tmp_path, WITHIN)
    order_id = desk.has(lines=["1", "2", "3"])
    for _ in range(40):
        desk.later(minutes=chance.randint(1, 500))
        position = chance.choice(["1", "2", "3"])
        with suppress(TransitionRefused):
            match chance.randrange(5):
                case 0:
                    desk.receives(changes(position, quantity=str(chance.randint(1, 3))))
                case 1:
                    act = chance.choice([one for one in BuyerAct if one is not BuyerAct.ISSUE])
                    desk.receives(changes(position, act=act))
                case 2:
                    to = terms(quantity=str(chance.randint(1, 3)))
                    desk.book.change(order_id, desk.decision(Act.PROPOSE, position, to=to, reason="r"), "alice")
                case 3:
                    ours = chance.choice([Act.AGREE, Act.DISAGREE, Act.WITHDRAW])
                    desk.book.change(order_id, desk.decision(ours, position, reason="r"), "alice")
                case 4:
                    for message in desk.book.due("metal-works", now=desk.now):
                        assert desk.book.depart(message) is not None
                        outcome = chance.choice([Outcome.SENT, Outcome.FAILED, Outcome.UNCERTAIN])
                        desk.book.delivered(message, outcome, "so it went")
    assert verify(desk.store) == []
    desk.store.close()
