"""Answering from a shell: one order, some of its lines, many at once; what is refused, and what undo takes back."""

from __future__ import annotations

import json
import os
import pwd
from typing import Any

import pytest

from core.store import open_store
from tests.formats.procurement_connect_documents import encode
from tests.formats.procurement_connect_documents import order as placed
from tests.tui.desk_folder import SETTINGS, DeskFolder, line, order
from tests.tui.orders import PAPER_MILL


def _answer(desk: DeskFolder, po: str) -> dict[str, Any]:
    """The lines of the answer that would leave, by position."""
    (message,) = desk.json("preview", po)
    return {each["purchaseOrderLinePosition"]: each for each in json.loads(message["payload"])["lines"]}


def _status(desk: DeskFolder, po: str) -> dict[str, str]:
    return {each["position"]: each["process_status"] for each in desk.json("show", po)["lines"]}


def test_confirm_accepts_every_line(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    (told,) = desk_folder.json("confirm", "PO-1")
    assert (told["number"], told["result"], told["reason"]) == ("PO-1", "done", None)
    assert (told["process_status"], told["sending"]) == ("Confirmed", "held")
    assert {position: each["indicators"] for position, each in _answer(desk_folder, "PO-1").items()} == {
        "10": {"accepted": True},
        "20": {"accepted": True},
    }


def test_confirm_of_some_lines_leaves_the_others_alone(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("confirm", "PO-1", "--line", "20").exit_code == 0
    assert _status(desk_folder, "PO-1") == {"10": "Issued", "20": "Confirmed"}
    assert list(_answer(desk_folder, "PO-1")) == ["20"]


def test_several_orders_are_confirmed_at_once(desk_folder: DeskFolder) -> None:
    ids = [desk_folder.take_in(f"PO-{n}") for n in range(3)]
    told = desk_folder.json("confirm", "PO-0", f"#{ids[1]}", "PO-1")
    assert [each["number"] for each in told] == ["PO-0", "PO-1"]
    assert _status(desk_folder, "PO-2") == {"10": "Issued", "20": "Issued"}


def test_every_order_of_a_view_is_confirmed(desk_folder: DeskFolder) -> None:
    for n in range(25):
        desk_folder.take_in(f"PO-{n}")
    desk_folder.run("reject", "PO-7", "--reason", "no")
    told = desk_folder.json("confirm", "--view", "to-answer", "--all")
    assert len(told) == 24
    assert {each["result"] for each in told} == {"done"}
    assert desk_folder.json("orders", "--view", "to-answer") == []
    assert _status(desk_folder, "PO-7") == {"10": "Rejected", "20": "Rejected"}


def test_an_empty_view_is_no_mistake(desk_folder: DeskFolder) -> None:
    assert desk_folder.json("confirm", "--view", "to-answer", "--all") == []


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--all"],
        ["--view", "to-answer"],
        ["PO-1", "--view", "all", "--all"],
        ["--view", "all", "--all", "--line", "1"],
    ],
    ids=" ".join,
)
def test_confirm_wants_orders_or_a_whole_view(desk_folder: DeskFolder, words: list[str]) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("confirm", *words).exit_code == 2
    assert _status(desk_folder, "PO-1") == {"10": "Issued", "20": "Issued"}


def test_a_refused_order_does_not_stop_the_others(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", connection="city-hospital")
    desk_folder.take_in("PO-2")
    desk_folder.config.write_text(SETTINGS.replace("city-hospital", "elsewhere"), encoding="utf-8")
    told = desk_folder.json("confirm", "PO-1", "PO-2", status=1)
    assert [each["result"] for each in told] == ["refused", "done"]
    assert "PO-1" in told[0]["reason"]
    assert _status(desk_folder, "PO-2") == {"10": "Confirmed", "20": "Confirmed"}
    done = desk_folder.run("undo", "PO-1", "PO-2")
    assert done.exit_code == 1
    assert "#1 refused: order PO-1" in done.stderr
    assert "1 refused" in done.stderr


def test_withdrawing_where_nothing_is_open_is_refused(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    (told,) = desk_folder.json("withdraw", "PO-1", status=1)
    assert told["result"] == "refused"


def test_nothing_is_done_when_one_of_the_orders_is_not_there(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("confirm", "PO-1", "PO-9").exit_code == 2
    assert _status(desk_folder, "PO-1") == {"10": "Issued", "20": "Issued"}


@pytest.mark.parametrize(
    "command",
    [
        ["confirm"],
        ["reject", "--reason", "no"],
        ["withdraw"],
        ["undo"],
        ["propose", "--delivery", "?=1", "--reason", "no"],
    ],
    ids=lambda command: command[0],
)
def test_nothing_is_done_when_a_line_is_not_there(desk_folder: DeskFolder, command: list[str]) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.run(*command, "PO-1", "--line", "30")
    assert done.exit_code == 2
    assert "has no line 30; its lines are 10, 20" in done.stderr
    assert len(desk_folder.json("timeline", "PO-1")) == 1


def test_reject_carries_the_reason(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    (told,) = desk_folder.json("reject", "PO-1", "--line", "10", "--reason", " We no longer make this item. ")
    assert told["result"] == "done"
    answer = _answer(desk_folder, "PO-1")["10"]
    assert answer["indicators"] == {"rejected": True}
    assert answer["reason"] == "We no longer make this item."


@pytest.mark.parametrize("reason", [[], ["--reason", ""], ["--reason", "  "]])
@pytest.mark.parametrize("command", [["reject"], ["propose", "--line", "10", "--delivery", "?=1"]], ids=lambda c: c[0])
def test_a_rejection_and_other_terms_need_a_reason(
    desk_folder: DeskFolder, command: list[str], reason: list[str]
) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run(*command, "PO-1", *reason).exit_code == 2


def test_propose_sends_other_terms_and_keeps_what_was_not_named(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    (told,) = desk_folder.json(
        "propose", "PO-1", "--line", "10", "--delivery", "2026-12-08=60", "--delivery", "?=40", "--reason", "in parts"
    )
    assert told["process_status"] == "InProgress"
    answer = _answer(desk_folder, "PO-1")
    assert list(answer) == ["10"]
    schedule = answer["10"]["deliverySchedule"]
    assert schedule[0] == {"position": "1", "date": "2026-12-08", "quantity": 60}
    assert schedule[1].get("quantity") == 40
    assert not schedule[1].get("position")
    assert not schedule[1].get("date")
    proposed = desk_folder.json("show", "PO-1")["lines"][0]["proposed"]
    assert proposed["prices"]["net_price"] == {"value": "78.90", "currency": "EUR"}
    assert proposed["prices"]["price_unit_quantity"] == "100"


def test_propose_a_price(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.json("propose", "PO-1", "--line", "10", "--net-price", "79.50", "--reason", "price list")
    proposed = desk_folder.json("show", "PO-1")["lines"][0]["proposed"]
    assert proposed["prices"]["net_price"] == {"value": "79.50", "currency": "EUR"}
    assert proposed["delivery_schedule"] == [{"position": "1", "date": "2026-12-01", "quantity": "100"}]


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--delivery", "soon"],
        ["--delivery", "9:2026-12-01=1"],
        ["--net-price", "12,50"],
        ["--net-price", "1", "--gross-price", "2"],
        ["--discount", "5"],
    ],
    ids=" ".join,
)
def test_terms_that_are_not_understood_are_wrong_usage(desk_folder: DeskFolder, words: list[str]) -> None:
    desk_folder.take_in("PO-1")
    assert desk_folder.run("propose", "PO-1", "--line", "10", "--reason", "x", *words).exit_code == 2
    assert len(desk_folder.json("timeline", "PO-1")) == 1


def test_terms_equal_to_those_requested_confirm(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line())
    (told,) = desk_folder.json("propose", "PO-1", "--line", "10", "--delivery", "2026-12-01=100.0", "--reason", "x")
    assert told["process_status"] == "Confirmed"
    desk_folder.take_in("PO-2", line())
    done = desk_folder.run("propose", "PO-2", "--line", "10", "--delivery", "2026-12-01=100", "--reason", "x")
    assert "these terms are those requested, so the line is confirmed; Confirmed" in done.stdout
    assert "other terms" not in done.output


def test_a_total_that_differs_from_the_one_requested_is_pointed_out(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line(deliveries=(("2026-12-01", "60"), ("2027-01-15", "40"))))
    same = desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2:2027-02-01=40", "--reason", "later")
    assert same.stderr == ""
    less = desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2027-01-15=40", "--reason", "sold out")
    assert less.stderr == "Line 10: the quantities come to 40, and 100 was requested.\n"
    unknown = desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2027-01-15=?", "--reason", "sold out")
    assert unknown.stderr == ""


def test_a_refused_proposal_says_nothing_but_why(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line())
    desk_folder.run("confirm", "PO-1")
    desk_folder.config.write_text(SETTINGS.replace("metal-works", "gone"), encoding="utf-8")
    done = desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2026-12-01=1", "--reason", "less")
    assert (done.exit_code, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("#1 refused: ")


def test_who_answers_what_a_colleague_answered_is_told(
    desk_folder: DeskFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_folder.take_in("PO-1")
    monkeypatch.setattr("tui.commands.outcome.actor", lambda: "alice")
    desk_folder.run("reject", "PO-1", "--line", "10", "--reason", "no")
    assert desk_folder.run("confirm", "PO-1", "--line", "20").stderr == ""
    assert desk_folder.run("propose", "PO-1", "--line", "10", "--net-price", "1", "--reason", "no").stderr == ""
    monkeypatch.setattr("tui.commands.outcome.actor", lambda: "bob")
    done = desk_folder.run("confirm", "PO-1", "--line", "10")
    assert "line 10: this takes the place of alice's answer (other terms) of 20" in done.stderr
    assert "which had not left" in done.stderr
    assert "line 20" not in done.stderr
    (told,) = desk_folder.json("reject", "PO-1", "--line", "20", "--reason", "no")
    assert "line 20: this takes the place of alice's answer (confirmed)" in told["notes"][0]


def test_what_is_agreed_on_other_terms_goes_back_to_those_requested_and_that_is_said(desk_folder: DeskFolder) -> None:
    tree = json.loads(order("PO-1", line()))
    tree["buyerOrder"]["indicators"] = {"autoConfirm": True}
    desk_folder.run(
        "import", str(desk_folder.write("1.json", json.dumps(tree).encode())), "--connection", "metal-works"
    )
    moved = desk_folder.run("propose", "PO-1", "--line", "10", "--delivery", "2026-12-24=100", "--reason", "later")
    assert "agreed on other terms" not in moved.stderr
    assert _status(desk_folder, "PO-1") == {"10": "Confirmed"}
    priced = desk_folder.run("propose", "PO-1", "--line", "10", "--net-price", "80", "--reason", "price list")
    assert "agreed on other terms" in priced.stderr
    (shown,) = desk_folder.json("show", "PO-1")["lines"]
    assert shown["confirmed"]["delivery_schedule"][0]["date"] == "2026-12-01"


def test_undo_takes_back_what_has_not_left(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    (told,) = desk_folder.json("undo", "PO-1")
    assert (told["result"], told["process_status"], told["sending"]) == ("done", "Issued", "nothing")
    assert desk_folder.json("preview", "PO-1") == []


def test_undo_of_one_line_leaves_the_rest_of_the_answer(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    desk_folder.json("undo", "PO-1", "--line", "10")
    assert list(_answer(desk_folder, "PO-1")) == ["20"]


def test_the_rest_of_an_answer_leaves_when_the_whole_of_it_would_have(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    with open_store(desk_folder.store) as store, store.writing() as connection:
        connection.execute("UPDATE outbox SET not_before = '2020-01-01T00:00:00.000000Z'")
    done = desk_folder.run("undo", "PO-1", "--line", "10")
    assert "taken back; InProgress; the rest leaves at once" in done.stdout


def test_undo_of_nothing_is_refused(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.run("undo", "PO-1")
    assert done.exit_code == 1
    assert "refused" in done.stderr


def test_confirming_again_changes_nothing(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.run("confirm", "PO-1")
    desk_folder.run("confirm", "PO-1")
    assert len(desk_folder.json("preview", "PO-1")) == 1
    assert _status(desk_folder, "PO-1") == {"10": "Confirmed", "20": "Confirmed"}


def test_the_actor_is_the_user_of_the_process(desk_folder: DeskFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    desk_folder.take_in("PO-1")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    desk_folder.run("confirm", "PO-1")
    assert desk_folder.json("timeline", "PO-1")[-1]["actor"] == me


def test_a_result_is_told_for_each_order(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    desk_folder.take_in("PO-2")
    done = desk_folder.run("confirm", "PO-1", "PO-2")
    assert [text.split(" ")[0] for text in done.stdout.splitlines()] == ["PO-1", "PO-2"]
    assert "leaves in 10 s" in done.stdout
    assert "confirmed: 2 of 2." in done.stderr


def test_bulk_goes_on_when_nobody_reads_its_results(desk_folder: DeskFolder) -> None:
    for n in range(5):
        desk_folder.take_in(f"PO-{n}")
    assert desk_folder.without_reader("confirm", "--view", "to-answer", "--all").returncode == 0
    assert desk_folder.json("orders", "--view", "to-answer") == []


def test_an_answer_where_none_can_leave_is_kept_and_says_so(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", connection="by-hand")
    (told,) = desk_folder.json("confirm", "PO-1")
    assert told["result"] == "done"
    assert told["notes"]
    assert desk_folder.json("outbox") == []


@pytest.fixture
def asked_to_cancel(desk_folder: DeskFolder) -> DeskFolder:
    """A desk with order A as it was issued, and B, which its buyer asks to cancel."""
    with desk_folder.config.open("a", encoding="utf-8") as settings:
        settings.write(PAPER_MILL)
    for number, state in (("A", "transferred"), ("B", "cancelation_requested")):
        document = placed(state, order_number=number, references=[number], confirmed_at="2026-11-02T12:36:39Z")
        desk_folder.json(
            "import", str(desk_folder.write(f"{number}.json", encode(document))), "--connection", "paper-mill"
        )
    return desk_folder


def test_agreeing_to_a_cancellation_is_told_as_that(asked_to_cancel: DeskFolder) -> None:
    done = asked_to_cancel.run("confirm", "A", "B")
    assert (done.exit_code, _status(asked_to_cancel, "B")) == (0, {"1": "Cancelled"})
    first, second = done.stdout.splitlines()
    assert "confirmed; Confirmed" in first
    assert "cancelled as asked; Cancelled" in second
    assert "confirmed: 1, cancelled as asked: 1; 2 of 2." in done.stderr


def test_a_no_to_a_cancellation_is_told_as_that(asked_to_cancel: DeskFolder) -> None:
    done = asked_to_cancel.run("reject", "B", "--reason", "It is on the lorry")
    assert (done.exit_code, "request refused" in done.stdout, "rejected" in done.stdout) == (0, True, False)
    assert _status(asked_to_cancel, "B") == {"1": "Confirmed"}


def test_confirming_a_whole_view_cancels_nothing_unless_it_is_the_one_of_what_buyers_ask(
    asked_to_cancel: DeskFolder,
) -> None:
    done = asked_to_cancel.run("confirm", "--view", "all", "--all")
    assert (done.exit_code, "B: the buyer asks to cancel line 1" in done.stderr) == (1, True)
    assert [_status(asked_to_cancel, each) for each in "AB"] == [{"1": "Confirmed"}, {"1": "InProgress"}]
    assert "cancelled as asked" in asked_to_cancel.run("confirm", "--view", "buyer-asks", "--all").stdout
    assert _status(asked_to_cancel, "B") == {"1": "Cancelled"}
