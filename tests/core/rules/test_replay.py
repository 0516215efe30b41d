"""The stored orders, replayed: the state that a person saw, on the day on which they answered."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.decisions import Act, Decision, LineDecision
from core.replay import Replay, Replayed, replay
from core.rules import load
from core.store import log, queries
from tests.bench.ubl import order as ubl_order
from tests.core.rules.desks import RULES, issue, ruled_desk, rules_file, terms
from tests.core.rules.test_ruling import YES, comes, decides, line, ordered, takes_back
from tests.orders import Desk

NOW = dt.datetime(2025, 3, 20, 9, 0, tzinfo=dt.UTC)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with ruled_desk(tmp_path, RULES, "off") as opened:
        yield opened


def replayed(desk: Desk, text: str = RULES, **facts: Any) -> list[Replayed]:
    rules = load(rules_file(desk.settings.folder, text))
    return list(replay(desk.store, desk.settings, rules, now=NOW, **facts))


def outcomes(desk: Desk, text: str = RULES, **facts: Any) -> list[tuple[str | None, str]]:
    return [(one.position, one.outcome.value) for one in replayed(desk, text, **facts)]


def test_where_people_and_rules_agree_and_where_not_is_told_line_by_line(desk: Desk) -> None:
    comes(desk, ordered(_10="10", _20="10", _30="7", _40="10"))
    decides(desk, Act.AGREE, "10")
    decides(desk, Act.REJECT, "20")
    decides(desk, Act.AGREE, "30")
    found = {one.position: one for one in replayed(desk)}
    assert {position: one.outcome for position, one in found.items()} == {
        "10": Replay.SAME,
        "20": Replay.OTHER,
        "30": Replay.OTHER,
        "40": Replay.WOULD_ANSWER,
    }
    twenty, thirty = found["20"], found["30"]
    assert twenty.ours is not None
    assert twenty.theirs is not None
    assert (twenty.ours.act, twenty.ours.rule, twenty.theirs.act) == (Act.ACCEPT, "bolts as ordered", Act.REJECT)
    assert (twenty.number, twenty.actor, twenty.at) == ("PO-1", "alice", desk.now)
    assert thirty.ours is not None
    assert thirty.ours.act is Act.PROPOSE


def test_the_rules_are_asked_on_the_day_of_the_answer_not_today(desk: Desk) -> None:
    # Ten working days before Tuesday 1 April is Tuesday 18 March: on the 3rd it was in time, on the 20th it isn't.
    comes(desk, ordered(_10="10", _20="10"))
    decides(desk, Act.AGREE, "10")
    assert outcomes(desk) == [("10", "same"), ("20", "would answer")]
    assert [one.ours.act for one in replayed(desk) if one.ours] == [Act.ACCEPT, Act.PROPOSE]


def test_what_rules_leave_is_counted_with_the_reason(desk: Desk) -> None:
    comes(desk, ordered(_10="10", _20="10"))
    decides(desk, Act.AGREE, "10")
    left = replayed(desk, '[[rule]]\nname = "new"\nanswer = "person"\nreason = "look"\n')
    assert [(one.position, one.outcome.value, one.why) for one in left] == [
        ("10", "left", "rule “new”: look"),
        ("20", "waits", "rule “new”: look"),
    ]


def test_the_last_word_before_it_leaves_is_the_persons_answer(desk: Desk) -> None:
    comes(desk, ordered(_10="10"))
    decides(desk, Act.REJECT, "10")
    decides(desk, Act.AGREE, "10", actor="bob")
    [one] = replayed(desk)
    assert (one.outcome, one.actor) == (Replay.SAME, "bob")


def test_what_was_taken_back_was_no_answer(desk: Desk) -> None:
    comes(desk, ordered(_10="10"))
    decides(desk, Act.REJECT, "10")
    takes_back(desk)
    assert outcomes(desk) == [("10", "would answer")]


def test_each_answer_to_a_line_counts_by_what_the_buyer_asked_then(desk: Desk) -> None:
    comes(desk, ordered(_10="10"))
    decides(desk, Act.AGREE, "10")
    desk.leaves(1)
    comes(desk, ordered(_10="7"))  # the buyer asks for other terms, which is no task of these rules
    decides(desk, Act.REFUSE, "10")
    assert outcomes(desk) == [("10", "same"), ("10", "left")]
    agrees = YES + 'when = { task = ["issued", "other-terms"] }\n'
    assert outcomes(desk, agrees) == [("10", "same"), ("10", "other")]
    only_changed = YES + 'when = { order = "changed", task = ["issued", "other-terms"] }\n'
    assert outcomes(desk, only_changed) == [("10", "left"), ("10", "other")]


def test_other_terms_that_are_the_same_in_other_words_are_the_same(desk: Desk) -> None:
    comes(desk, ordered(_10="7"))
    asked = line(desk, "10").requested
    [suggested] = [one.ours for one in replayed(desk) if one.ours]
    assert suggested.terms is not None
    bare = suggested.terms.but(
        prices=None, delivery_schedule=tuple(one.but(position=None) for one in suggested.terms.delivery_schedule)
    )
    proposal = LineDecision(position="10", act=Act.PROPOSE, terms=bare, reason="Packs of five")
    desk.book.change(1, Decision(id="d", at=NOW, lines=(proposal,)), "alice")
    assert outcomes(desk) == [("10", "same")]
    # And terms equal to those requested are an acceptance.
    comes(desk, ordered("PO-2", _10="10"))
    equal = LineDecision(position="10", act=Act.PROPOSE, terms=asked.but(delivery_schedule=(), prices=None))
    desk.book.change(2, Decision(id="e", at=desk.now, lines=(equal,)), "alice")
    assert outcomes(desk)[-1] == ("10", "same")


def test_item_details_alone_are_no_answer(desk: Desk) -> None:
    comes(desk, ordered(_10="10"))
    details = LineDecision(position="10", act=Act.DETAILS, sales_order_number="SO-1")
    desk.book.change(1, Decision(id="d", at=desk.now, lines=(details,)), "alice")
    assert outcomes(desk) == [("10", "would answer")]


def test_what_rules_answered_themselves_is_nobodys_answer(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, RULES) as desk:
        comes(desk, ordered(_10="10"))
        assert replayed(desk) == []


def test_a_platform_of_whole_answers_is_replayed_as_one(desk: Desk) -> None:
    comes(desk, ubl_order("PO-1", 2), "city")
    decides(desk, Act.AGREE, "1")
    decides(desk, Act.AGREE, "2")
    assert outcomes(desk, YES) == [("1", "same"), ("2", "same")]
    only_the_first = YES + "when = { quantity = { max = 3 } }\n"
    assert outcomes(desk, only_the_first) == [("1", "left"), ("2", "left")]


def test_connection_and_day_choose_what_is_replayed(desk: Desk) -> None:
    comes(desk, ordered("PO-1"))
    decides(desk, Act.AGREE, "10")
    desk.later(days=5)
    comes(desk, ordered("PO-2"), "plain")
    assert outcomes(desk, connection="plain") == [("10", "would answer")]
    assert outcomes(desk, connection="metal-works") == [("10", "same")]
    assert outcomes(desk, since=dt.date(2025, 3, 3)) == [("10", "same"), ("10", "would answer")]
    assert outcomes(desk, since=dt.date(2025, 3, 8)) == [("10", "would answer")]
    assert outcomes(desk, since=dt.date(2025, 3, 9)) == []


def test_orders_of_which_the_log_was_erased_or_damaged_stop_nothing(desk: Desk) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        comes(desk, ordered(number))
    for order_id in (1, 2, 3):
        agreed = LineDecision(position="10", act=Act.AGREE)
        desk.book.change(order_id, Decision(id="d", at=desk.now, lines=(agreed,)), "alice")
    [seq] = [entry.seq for entry in queries.timeline(desk.store, 1) if entry.kind == "received"]
    with desk.store.writing() as connection:
        log.erase(connection, [seq])
        connection.execute("DROP TRIGGER log_texts_refuse_update")
        connection.execute(
            "UPDATE log_texts SET changes = '{]' WHERE seq = (SELECT min(seq) FROM log WHERE order_id = 2)"
        )
    assert [(one.number, one.outcome.value) for one in replayed(desk)] == [
        ("PO-1", "unreadable"),
        ("PO-2", "unreadable"),
        ("PO-3", "same"),
    ]


def test_every_order_is_taken_once_however_many_there_are(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.replay._BUNCH", 3)
    for nth in range(10):
        desk.receives(issue(f"PO-{nth}", lines={"10": terms()}))
    found = replayed(desk)
    assert Counter(one.outcome for one in found) == {Replay.WOULD_ANSWER: 10}
    assert [one.order_id for one in found] == [*range(1, 11)]
