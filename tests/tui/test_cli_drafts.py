"""Unsent answers from a shell: listed, shown beside what the buyer changed, sent after a look, thrown away."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from core.config import load
from core.decisions import Act, Decision, LineDecision
from core.ids import uuid7
from core.orderbook import OrderBook
from core.store import open_store
from tests.tui.desk_folder import DeskFolder, line
from tui.commands.desk import actor

ME = actor()
TYPED = "\x1b[2J\u202ebusy"


@contextmanager
def book(desk: DeskFolder) -> Iterator[OrderBook]:
    now = dt.datetime.now(dt.UTC)
    with open_store(desk.store) as store:
        yield OrderBook(store, load(desk.config), clock=lambda: now, new_id=lambda: uuid7(now))


def drafted(desk: DeskFolder, *positions: str, by: str = ME, reason: str = "sold out", revision: int = 1) -> None:
    """An operator's draft on order 1, as the desk keeps one: a rejection of these lines."""
    lines = tuple(LineDecision(position=one, act=Act.REJECT, reason=reason) for one in positions)
    with book(desk) as orders:
        orders.save_draft(1, Decision(id="draft", at=orders.clock(), lines=lines), by, revision)


def half_typed(desk: DeskFolder, position: str, **fields: str) -> None:
    with book(desk) as orders:
        orders.save_draft(1, None, ME, 1, form={position: fields})


def changed(desk: DeskFolder, position: str = "10", quantity: str = "120") -> None:
    desk.take_in("PO-1", line(position, deliveries=[("2026-12-01", quantity)]))


def test_a_desk_without_drafts_says_so(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.json("drafts") == []
    done = desk_folder.run("drafts", "PO-1")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "No unsent answers here.\n")


def test_drafts_are_listed_of_all_orders_or_of_one(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.take_in("PO-2")
    drafted(desk_folder, "10")
    drafted(desk_folder, "20", by="bob")
    assert {(one["number"], one["operator"]) for one in desk_folder.json("drafts")} == {("PO-1", ME), ("PO-1", "bob")}
    assert len(desk_folder.json("drafts", "PO-1")) == 2
    assert desk_folder.json("drafts", "PO-2") == []
    assert json.loads(desk_folder.run("drafts", "--json", "PO-1").stdout) == desk_folder.json("drafts", "PO-1")
    assert "sold out" in desk_folder.run("drafts", "#1").stdout
    for command in (["drafts", "PO-9"], ["drafts", "send", "PO-9"], ["drafts", "discard", "PO-9"]):
        assert desk_folder.run(*command).exit_code == 2


def test_a_draft_is_told_line_by_line(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10"), line("20"), line("30"))
    drafted(desk_folder, "10", "20")
    half_typed(desk_folder, "30", reason="we ar")
    changed(desk_folder)
    (draft,) = desk_folder.json("drafts")
    assert (draft["order_id"], draft["order_revision"], draft["revision"], draft["returned"]) == (1, 2, 1, False)
    told = [(one["position"], one["act"], one["reason"], one["fits"]) for one in draft["lines"]]
    assert told == [("10", "reject", "sold out", False), ("20", "reject", "sold out", True), ("30", None, None, None)]
    assert "requested quantity 100 → 120" in draft["lines"][0]["difference"]
    assert draft["lines"][2]["form"] == {"reason": "we ar"}


def test_sending_a_draft_answers_the_order(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10", "20")
    done = desk_folder.run("drafts", "send", "PO-1", "--line", "20")
    assert (done.exit_code, done.stdout) == (0, "PO-1 (#1): answered; Issued; leaves in 10 s\n")
    result = desk_folder.json("drafts", "send", "PO-1")
    assert (result["result"], result["process_status"], result["sending"]) == ("done", "Rejected", "held")
    assert desk_folder.json("drafts") == []
    again = desk_folder.run("drafts", "send", "PO-1")
    assert (again.exit_code, f"{ME} has no unsent answer to order #1" in again.stderr) == (2, True)


def test_a_draft_that_no_longer_fits_is_shown_and_not_sent(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10", "20")
    changed(desk_folder)
    done = desk_folder.run("drafts", "send", "PO-1")
    assert (done.exit_code, done.stdout) == (1, "")
    for part in (
        "line 10",
        "requested quantity 100 → 120",
        "2026-12-01 100 @ 78.90/100 EUR",
        "2026-12-01 120 @",
        "--seen 2",
    ):
        assert part in done.stderr, part
    assert desk_folder.json("show", "PO-1")["sending"] == "nothing"
    refused = desk_folder.json("drafts", "send", "PO-1", status=1)
    assert (refused["result"], [one["position"] for one in refused["returned"]]) == ("refused", ["10"])
    assert refused["returned"][0]["now"]["requested"]["delivery_schedule"][0]["quantity"] == "120"


def test_after_a_look_it_is_sent_all_the_same_but_not_after_a_look_at_something_else(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10")
    changed(desk_folder)
    changed(desk_folder, quantity="130")
    assert desk_folder.run("drafts", "send", "PO-1", "--seen", "2").exit_code == 1
    assert "no revision 9" in desk_folder.run("drafts", "send", "PO-1", "--seen", "9").stderr
    assert desk_folder.run("drafts", "send", "PO-1", "--seen", "3").exit_code == 0
    assert desk_folder.json("show", "PO-1")["lines"][0]["process_status"] == "Rejected"


def test_a_half_typed_line_is_not_sent(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    half_typed(desk_folder, "10", reason="we ar")
    done = desk_folder.run("drafts", "send", "PO-1")
    assert (done.exit_code, "line 10: your answer to it is half typed" in done.stderr) == (1, True)


@pytest.mark.parametrize("command", ["send", "discard"])
def test_a_line_that_is_not_there_or_not_drafted_is_wrong_usage(desk_folder: DeskFolder, command: str) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10")
    for position in ("99", "20"):
        assert desk_folder.run("drafts", command, "PO-1", "--line", position).exit_code == 2
    assert len(desk_folder.json("drafts")) == 1


def test_a_draft_is_thrown_away_and_nobody_elses(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10", "20")
    drafted(desk_folder, "10", by="bob")
    done = desk_folder.run("drafts", "discard", "PO-1", "--line", "10")
    assert (done.exit_code, done.stderr) == (0, "PO-1 line 10: thrown away: reject (sold out)\n")
    assert desk_folder.run("drafts", "discard", "PO-1").exit_code == 0
    assert [one["operator"] for one in desk_folder.json("drafts")] == ["bob"]
    assert desk_folder.run("drafts", "discard", "PO-1").exit_code == 2


def test_an_answer_that_the_buyer_overtook_is_shown_with_its_three_sides(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2026-12-01=60", "--reason", "busy")
    changed(desk_folder)
    shown = desk_folder.json("show", "PO-1")
    (side,) = shown["three_sides"]
    assert {name: side[name] for name in ("position", "ours_is", "our_word", "operator", "since_revision")} == {
        "position": "10",
        "ours_is": "held",
        "our_word": "propose",
        "operator": ME,
        "since_revision": 3,
    }
    quantities = [side[name]["delivery_schedule"][0]["quantity"] for name in ("before", "now", "ours")]
    assert (quantities, side["differences"]) == (["100", "120", "60"], ["requested quantity 100 → 120"])
    (draft,) = shown["drafts"]
    assert (draft["returned"], draft["lines"][0]["fits"]) == (True, False)
    text = desk_folder.run("show", "PO-1").stdout
    for part in ("before  2026-12-01 100", "now     2026-12-01 120", "ours    2026-12-01 60", "given back", "busy"):
        assert part in text, part
    desk_folder.run("confirm", "PO-1", "--line", "10")
    settled = desk_folder.json("show", "PO-1")
    assert (settled["three_sides"], settled["drafts"]) == ([], [])


def test_what_operators_type_and_buyers_write_is_shown_as_text_only(desk_folder: DeskFolder) -> None:
    order_id = desk_folder.take_in_hostile(TYPED)
    lines = (LineDecision(position=TYPED, act=Act.REJECT, reason=TYPED),)
    with book(desk_folder) as orders:
        orders.save_draft(order_id, Decision(id="draft", at=orders.clock(), lines=lines), ME, 1)
    for command in (["drafts"], ["drafts", "#1"], ["show", "#1"], ["drafts", "discard", "#1"]):
        done = desk_folder.run(*command)
        assert done.exit_code == 0
        assert not set("\x1b\u202e") & set(done.stdout + done.stderr)


def _torn(desk: DeskFolder, by: str) -> str:
    with book(desk) as orders, orders.store.writing() as connection:
        row = "UPDATE drafts SET body = substr(body, 1, 40) WHERE operator = ?"
        assert connection.execute(row, (by,)).rowcount == 1
    return f"the unsent answer of {by} to order #1 can't be read"


def test_a_torn_draft_hides_neither_its_order_nor_the_others(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10")
    drafted(desk_folder, "20", by="bob")
    changed(desk_folder, "20")
    torn = _torn(desk_folder, ME)
    for command in (["show", "PO-1"], ["drafts"], ["drafts", "PO-1"]):
        done = desk_folder.run(*command)
        assert done.exit_code == 0
        assert torn in done.stderr
        assert "throws it away by `podesk drafts discard #1`" in done.stderr
        assert "bob" in done.stdout
    shown = desk_folder.json("show", "PO-1")
    assert [each["position"] for each in shown["lines"]] == ["10", "20"]
    assert [each["operator"] for each in shown["drafts"]] == ["bob"]
    assert [each["operator"] for each in shown["three_sides"]] == ["bob"]
    assert [each["operator"] for each in desk_folder.json("drafts")] == ["bob"]
    verified = desk_folder.run("verify")
    assert (verified.exit_code, torn in verified.stderr) == (1, True)
    assert [each["order_id"] for each in desk_folder.json("verify", status=1)] == [1]


def test_a_torn_draft_alone_is_not_called_none_and_goes_when_it_is_discarded(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10")
    torn = _torn(desk_folder, ME)
    listed = desk_folder.run("drafts")
    assert (torn in listed.stderr, "No unsent answers" in listed.stderr) == (True, False)
    sent = desk_folder.run("drafts", "send", "PO-1")
    assert (sent.exit_code, torn in sent.stderr) == (2, True)
    assert desk_folder.run("drafts", "discard", "#1").exit_code == 0
    assert desk_folder.run("verify").exit_code == 0
    assert desk_folder.run("drafts").stderr == "No unsent answers here.\n"


def test_answers_and_buyers_pass_by_a_torn_draft(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    drafted(desk_folder, "10", by="bob")
    torn = _torn(desk_folder, "bob")
    changed(desk_folder)
    assert desk_folder.run("confirm", "PO-1").exit_code == 0
    assert desk_folder.run("undo", "PO-1").exit_code == 0
    assert torn in desk_folder.run("show", "PO-1").stderr
