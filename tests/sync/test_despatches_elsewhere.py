"""Despatch advices that go another way than answers: neither way's trouble is the other's, and health tells them apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.demo.servers.tradecloud import Fault, TradecloudServer
from tests.sync.test_files_going_up import Trade
from tests.tui.desk_folder import DeskFolder, agreed, line

ELSEWHERE = """\
[connection.outbound.despatch]
channel = "sftp"
host = "127.0.0.1"
port = 1
user = "x"
password = {{ file = "{secret}" }}
format = "tradecloud-json"
"""


@pytest.fixture
def trade(desk_folder: DeskFolder) -> Iterator[Trade]:
    with TradecloudServer("erp", "pass-word") as partner:
        desk_folder.sends_to(partner.url)
        yield Trade(desk_folder, partner)


def apart(trade: Trade, secret: str = "secret") -> None:
    with trade.desk.config.open("a") as file:
        file.write(ELSEWHERE.format(secret=secret))


def ship(trade: Trade, number: str, *more: str) -> None:
    done = trade.desk.run("ship", number, *more)
    assert done.exit_code == 0, done.output


def ways(trade: Trade, status: int) -> dict[str, str | None]:
    told = trade.desk.json("status", status=status)["connections"]
    return {each["direction"]: each["last_error"] for each in told}


@pytest.mark.parametrize("secret", ["secret", "no-such-secret"])
def test_a_way_for_advices_that_leads_nowhere_holds_up_no_answer(trade: Trade, secret: str) -> None:
    apart(trade, secret)
    trade.desk.take_in("PO-1", agreed("10"))
    ship(trade, "PO-1")
    trade.answer("PO-2", {"lines": [{"position": "10", "act": "accept"}]})

    trade.round(3)

    assert trade.waiting() == [("despatch_advice", "queued")]
    assert len(trade.partner.responses) == 1
    told = ways(trade, 3)
    assert told["out"] is None
    assert ("can't be reached" if secret == "secret" else "no-such-secret") in (told["despatch"] or "")


def test_an_answer_and_its_advice_leave_in_one_round_by_their_ways(trade: Trade, tmp_path: Path) -> None:
    with TradecloudServer("erp", "pass-word") as goods:
        with trade.desk.config.open("a") as file:
            file.write(
                f'[connection.outbound.despatch]\nchannel = "http"\nurl = "{goods.url}"\nauth = "tradecloud"\n'
                'user = "erp"\npassword = { file = "secret" }\nformat = "tradecloud-json"\n'
            )
        trade.answer("PO-1", {"lines": [{"position": "10", "act": "accept"}, {"position": "20", "act": "accept"}]})
        ship(trade, "PO-1")
        trade.round()
        assert (len(trade.partner.responses), len(trade.partner.despatches)) == (1, 0)
        assert (len(goods.responses), len(goods.despatches)) == (0, 1)
    assert trade.waiting() == []


def test_what_failed_is_told_no_more_when_nothing_waits_for_it(trade: Trade) -> None:
    trade.answer("PO-1", {"lines": [{"position": "10", "act": "accept"}]})
    trade.partner.plan([Fault(status=503)])
    trade.round(3)
    assert "not now" in (ways(trade, 3)["out"] or "")
    assert trade.desk.run("undo", "PO-1").exit_code == 0
    trade.round()
    assert ways(trade, 0) == {"out": None}


def test_a_connection_that_left_the_settings_fails_no_more(trade: Trade) -> None:
    trade.answer("PO-1", {"lines": [{"position": "10", "act": "accept"}]})
    trade.partner.plan([Fault(status=503)])
    trade.round(3)
    trade.desk.config.write_text(trade.desk.config.read_text().replace("metal-works", "metals"))
    assert ways(trade, 0) == {}


FILE = {"lines": [{"position": "20", "act": "accept", "documents": [{"file": "drawing.pdf", "code": "D-1"}]}]}


def test_a_file_that_is_refused_holds_back_no_goods_but_those_that_its_answer_is_about(trade: Trade) -> None:
    trade.desk.write("drawing.pdf", b"abc" * 100)
    trade.desk.take_in("PO-1", agreed("10"), line("20"))
    done = trade.desk.run("answer", "PO-1", "--file", str(trade.desk.write("answer.json", json.dumps(FILE).encode())))
    assert done.exit_code == 0, done.output
    ship(trade, "PO-1", "--line", "10")
    ship(trade, "PO-1", "--line", "20")
    trade.partner.plan([Fault(status=413)])

    trade.round(4)
    trade.round(4)

    sent = [each["lines"][0]["purchaseOrderLinePosition"] for each in map(json.loads, trade.partner.despatches)]
    assert sent == ["10"]
    rows = trade.desk.json("outbox", status=4)
    (advice,) = [row for row in rows if row["kind"] == "despatch_advice"]
    assert advice["state"] == "queued"
    assert advice["last_error"].startswith("waits for the answer before it: drawing.pdf did not go up")

    file_id = next(row["id"] for row in rows if row["kind"] == "attachment")
    assert trade.desk.run("outbox", "retry", file_id).exit_code == 0
    trade.round()
    assert (len(trade.partner.responses), len(trade.partner.despatches)) == (1, 2)
    assert trade.waiting() == []
