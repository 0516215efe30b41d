"""`podesk undo`: what has not left is taken back; where it has left, the message that sets it right is offered, and sent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import simplejson

from sync.demo.servers.tradecloud import TradecloudServer
from tests.tui.desk_folder import DeskFolder, agreed, line, order


@dataclass(frozen=True)
class Trade:
    desk: DeskFolder
    partner: TradecloudServer

    def leaves(self) -> None:
        """What waits to leave is sent."""
        assert self.desk.run("sync", "--once").exit_code == 0

    def does(self, *command: str) -> None:
        done = self.desk.run(*command)
        assert done.exit_code == 0, done.output

    def answered(self) -> Any:
        """The lines of the last answer that the partner got, by position."""
        answer = simplejson.loads(self.partner.responses[-1], use_decimal=True)
        return {each["purchaseOrderLinePosition"]: each for each in answer["lines"]}

    def buyer_asks(self, number: str, date: str, version: int = 2) -> None:
        """The buyer asks to reopen line 10 with another date."""
        tree = simplejson.loads(order(number, agreed("10"), line("20")), use_decimal=True)
        asked = tree["lines"][0]
        asked["status"] = {
            "processStatus": "InProgress",
            "inProgressStatus": "OpenBuyerReopenRequest",
            "logisticsStatus": "Open",
        }
        terms = {"deliverySchedule": [{"position": "1", "date": date, "quantity": 100}], "prices": asked["prices"]}
        asked["buyerLine"]["requests"] = {"reopenRequest": {**terms, "status": "Open"}}
        tree |= {"version": version, "lastUpdatedAt": "2026-05-02T07:00:00.000Z"}
        file = self.desk.write("asks.json", simplejson.dumps(tree, use_decimal=True).encode())
        self.does("import", str(file), "--connection", "metal-works")


@pytest.fixture
def trade(tmp_path: Path) -> Iterator[Trade]:
    desk = DeskFolder(tmp_path)
    with TradecloudServer("erp", "pass-word") as partner:
        desk.sends_to(partner.url)
        yield Trade(desk, partner)


def _statuses(trade: Trade, po: str = "PO-1") -> dict[str, str | None]:
    return {
        each["position"]: each["in_progress_status"] or each["process_status"]
        for each in trade.desk.json("show", po)["lines"]
    }


def test_a_request_of_ours_that_left_is_withdrawn(trade: Trade) -> None:
    trade.desk.take_in("PO-1", agreed("10"), line("20"))
    proposed = trade.desk.run("propose", "PO-1", "--line", "10", "--delivery", "2027-01-15=100", "--reason", "late")
    assert "answered with other terms" in proposed.stdout
    trade.leaves()
    done = trade.desk.run("undo", "PO-1")
    assert done.exit_code == 1
    assert "line 10: our request to reopen it can be withdrawn" in done.stderr
    assert "`podesk undo --compensate` sends what sets it right" in done.stderr
    assert len(trade.partner.responses) == 1
    assert _statuses(trade)["10"] == "OpenSupplierReopenRequest"
    (told,) = trade.desk.json("undo", "PO-1", "--compensate")
    assert told["result"] == "done"
    assert _statuses(trade)["10"] == "Confirmed"
    trade.leaves()
    assert list(trade.answered()) == ["10"]
    assert trade.answered()["10"]["deliverySchedule"] == [{"position": "1", "date": "2026-12-01", "quantity": 100}]


def test_what_compensates_is_ours_until_it_leaves_too(trade: Trade) -> None:
    trade.desk.take_in("PO-1", agreed("10"))
    trade.does("propose", "PO-1", "--line", "10", "--delivery", "2027-01-15=100", "--reason", "late")
    trade.leaves()
    trade.does("undo", "PO-1", "--compensate")
    refused = trade.desk.run("undo", "PO-1", "--compensate")
    assert refused.exit_code == 1
    assert "without --compensate takes back what has not left" in refused.stderr
    trade.does("undo", "PO-1")
    assert _statuses(trade) == {"10": "OpenSupplierReopenRequest"}
    assert trade.desk.json("outbox") == []


def test_what_we_approved_is_asked_back_on_the_terms_of_before(trade: Trade) -> None:
    trade.desk.take_in("PO-1", agreed("10"), line("20"))
    trade.buyer_asks("PO-1", "2026-11-01")
    trade.does("confirm", "PO-1", "--line", "10")
    trade.leaves()
    done = trade.desk.run("undo", "PO-1", "--line", "10")
    assert done.exit_code == 1
    assert "line 10: other terms ask the buyer to reopen it: those of the agreement before." in done.stderr
    trade.does("undo", "PO-1", "--line", "10", "--compensate", "--reason", "not on stock after all")
    trade.leaves()
    assert trade.answered()["10"]["deliverySchedule"] == [{"position": "1", "date": "2026-12-01", "quantity": 100}]
    assert trade.answered()["10"]["reason"] == "not on stock after all"
    assert _statuses(trade)["10"] == "OpenSupplierReopenRequest"


def test_a_confirmation_that_left_is_one_and_the_sentence_says_what_can_be_done(trade: Trade) -> None:
    trade.desk.take_in("PO-1")
    trade.does("confirm", "PO-1")
    trade.leaves()
    for command in (
        ["undo", "PO-1"],
        ["undo", "PO-1", "--compensate"],
        ["undo", "PO-1", "--line", "20", "--compensate"],
    ):
        done = trade.desk.run(*command)
        assert done.exit_code == 1
        assert (
            "it is confirmed, which can't be unsaid; other terms ask the buyer to reopen it: say which" in done.stderr
        )
        assert "sends what sets it right" not in done.stderr
    assert len(trade.partner.responses) == 1


def test_without_lines_what_can_be_set_right_is_and_the_rest_is_told(trade: Trade) -> None:
    trade.desk.take_in("PO-1", agreed("10"), line("20"))
    trade.does("propose", "PO-1", "--line", "10", "--delivery", "2027-01-15=100", "--reason", "late")
    trade.does("reject", "PO-1", "--line", "20", "--reason", "no longer made")
    trade.leaves()
    done = trade.desk.run("undo", "PO-1", "--compensate")
    assert done.exit_code == 0
    assert "line 20: it is rejected, which can't be unsaid" in done.stderr
    assert _statuses(trade) == {"10": "Confirmed", "20": "Rejected"}
    # A line that is named and can't be set right stops it.
    trade.does("undo", "PO-1")
    named = trade.desk.run("undo", "PO-1", "--line", "10", "--line", "20", "--compensate")
    assert named.exit_code == 1
    assert trade.desk.json("outbox") == []


def test_only_lines_that_we_answered_are_told_of(trade: Trade) -> None:
    trade.desk.take_in("PO-1", line("10"), line("20"), line("30"))
    trade.does("confirm", "PO-1", "--line", "20")
    trade.does("details", "PO-1", "--line", "30", "--batch", "B")
    trade.leaves()
    done = trade.desk.run("undo", "PO-1")
    assert "line 20" in done.stderr
    assert "line 10" not in done.stderr
    assert "line 30" not in done.stderr


def test_what_never_was_is_refused(trade: Trade) -> None:
    trade.desk.take_in("PO-1")
    for command in (["undo", "PO-1"], ["undo", "PO-1", "--compensate"]):
        assert trade.desk.run(*command).exit_code == 1
    assert trade.desk.json("undo", "PO-1", status=1)[0]["result"] == "refused"


def test_several_orders_are_set_right_each_for_itself(trade: Trade) -> None:
    for number in ("PO-1", "PO-2"):
        trade.desk.take_in(number, agreed("10"))
    trade.does("propose", "PO-1", "--line", "10", "--delivery", "2027-01-15=100", "--reason", "late")
    trade.leaves()
    told = trade.desk.json("undo", "PO-1", "PO-2", "--compensate", status=1)
    assert {each["number"]: each["result"] for each in told} == {"PO-1": "done", "PO-2": "refused"}


@pytest.mark.parametrize(
    "options",
    [[], ["PO-1", "--reason", "why"], ["PO-1", "--compensate", "--reason", " "], ["PO-1", "--line", "99"], ["PO-9"]],
    ids=" ".join,
)
def test_wrong_usage_is_two(trade: Trade, options: list[str]) -> None:
    trade.desk.take_in("PO-1")
    assert trade.desk.run("undo", *options).exit_code == 2
