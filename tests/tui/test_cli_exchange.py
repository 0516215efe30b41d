"""The whole way from a shell: fetched, answered, delivered; and what a person sees when an answer does not get through."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync.demo.servers.sftp import SftpServer
from sync.demo.servers.tradecloud import Fault, TradecloudServer
from tests.tui.desk_folder import PODESK, DeskFolder, agreed, line, order


@dataclass(frozen=True)
class Exchange:
    """A desk with a buyer: orders come as files, answers go by HTTP."""

    desk: DeskFolder
    inbox: Path
    tradecloud: TradecloudServer

    def place(self, number: str) -> None:
        (self.inbox / f"{number}.json").write_bytes(order(number))


@pytest.fixture
def exchange(tmp_path: Path) -> Iterator[Exchange]:
    inbox = tmp_path / "partner" / "order"
    inbox.mkdir(parents=True)
    with (
        SftpServer(tmp_path / "partner", "supplier", "pass-word") as sftp,
        TradecloudServer("erp", "pass-word") as http,
    ):
        desk = DeskFolder(tmp_path)
        desk.write("known_hosts", sftp.host_key_line.encode() + b"\n")
        desk.write("secret", b"pass-word\n").chmod(0o600)
        desk.config.write_text(
            f"""\
operator_hold = "0s"
[[connection]]
name = "metal-works"
profile = "tradecloud"
our_account = "340760"
[connection.inbound]
channel = "sftp"
host = "127.0.0.1"
port = {sftp.port}
user = "supplier"
password = {{ file = "secret" }}
path = "/order"
settle = "0s"
every = "200ms"
[connection.outbound]
channel = "http"
url = "{http.url}"
auth = "tradecloud"
user = "erp"
password = {{ file = "secret" }}
format = "tradecloud-json"
""",
            encoding="utf-8",
        )
        yield Exchange(desk, inbox, http)


def test_an_order_is_fetched_answered_and_delivered(exchange: Exchange) -> None:
    exchange.place("PO-1")
    assert all(each["ok"] for each in exchange.desk.json("check"))
    fetched = exchange.desk.json("sync", "--once")
    assert (fetched["connections"][0]["fetched"], fetched["connections"][0]["applied"]) == (1, 1)
    exchange.desk.run("confirm", "PO-1")
    (promised,) = exchange.desk.json("preview", "PO-1")
    assert exchange.desk.json("sync", "--once")["connections"][0]["sent"] == 1
    assert [answer.decode() for answer in exchange.tradecloud.responses] == [promised["payload"]]
    (row,) = exchange.desk.json("orders")
    assert (row["process_status"], row["sending"]) == ("Confirmed", "sent")
    assert exchange.desk.json("outbox") == []
    (sent,) = exchange.desk.json("outbox", "--all")
    assert sent["state"] == "sent"
    assert exchange.desk.run("undo", "PO-1").exit_code == 1
    assert [entry["kind"] for entry in exchange.desk.json("timeline", "PO-1")] == [
        "received",
        "decided",
        "departed",
        "delivered",
    ]
    assert exchange.desk.json("status")["connections"] != []
    assert exchange.desk.json("verify") == []


def test_an_answer_that_was_refused_for_good_is_four_until_it_is_tried_again(exchange: Exchange) -> None:
    exchange.place("PO-1")
    exchange.desk.run("sync", "--once")
    exchange.desk.run("confirm", "PO-1")
    exchange.tradecloud.plan([Fault(status=422, body=b'{"error":"no \x1b[2J"}')])
    assert exchange.desk.json("sync", "--once", status=4)["undelivered"] == 1
    (dead,) = exchange.desk.json("outbox", status=4)
    assert dead["state"] == "failed"
    assert exchange.desk.json("status", status=4)["outbox"]["failed"] == 1
    assert "\x1b" not in exchange.desk.run("outbox").stdout
    assert [row["number"] for row in exchange.desk.json("orders", "--view", "not-delivered")] == ["PO-1"]
    assert exchange.desk.run("outbox", "retry", dead["id"]).exit_code == 0
    assert exchange.desk.json("sync", "--once")["connections"][0]["sent"] == 1
    assert exchange.desk.run("outbox", "retry", dead["id"]).exit_code == 2


def test_a_despatch_advice_whose_line_is_cancelled_before_it_leaves_waits_for_a_look(exchange: Exchange) -> None:
    exchange.place("PO-1")
    exchange.desk.run("sync", "--once")
    exchange.desk.run("confirm", "PO-1")
    exchange.desk.run("sync", "--once")
    exchange.desk.run("ship", "PO-1", "--line", "10")
    exchange.desk.run("ship", "PO-1", "--line", "20")
    exchange.tradecloud.plan([Fault(status=503)])
    exchange.desk.run("sync", "--once")
    assert [row["state"] for row in exchange.desk.json("outbox")] == ["queued", "queued"]
    cancelled = line("10") | {"status": {"processStatus": "Cancelled", "logisticsStatus": "Cancelled"}}
    word = json.loads(order("PO-1", cancelled, agreed("20"))) | {"version": 2}
    (exchange.inbox / "PO-1-2.json").write_text(json.dumps(word), encoding="utf-8")

    assert exchange.desk.json("sync", "--once", status=4)["undelivered"] == 1

    (kept,) = exchange.desk.json("outbox", status=4)
    assert (kept["kind"], kept["state"]) == ("despatch_advice", "failed")
    assert [json.loads(each)["lines"][0]["purchaseOrderLinePosition"] for each in exchange.tradecloud.despatches] == [
        "20"
    ]
    told = exchange.desk.run("timeline", "PO-1").stdout
    assert "line 10 is Cancelled now. The advice of its goods has not arrived for all that we know" in " ".join(
        told.split()
    )
    refused = exchange.desk.run("outbox", "retry", kept["id"])
    assert (refused.exit_code, "look whether they have left" in refused.stderr) == (2, True)
    assert exchange.desk.run("outbox", "drop", kept["id"]).exit_code == 0
    assert exchange.desk.json("outbox") == exchange.desk.json("verify") == []
    assert exchange.desk.run("outbox", "drop", kept["id"]).exit_code == 2
    assert exchange.desk.json("sync", "--once")["connections"][0]["sent"] == 0


def test_wrong_credentials_are_three_in_check_and_sync(exchange: Exchange) -> None:
    exchange.place("PO-1")
    exchange.desk.run("sync", "--once")
    exchange.desk.run("confirm", "PO-1")
    exchange.tradecloud.change_password("another")
    told = {each["what"]: each["ok"] for each in exchange.desk.json("check", status=3)}
    assert told["metal-works: outbound http"] is False
    assert told["metal-works: inbound sftp"] is True
    assert exchange.desk.json("sync", "--once", status=3)["connections"][0]["sent"] == 0
    assert exchange.desk.json("status", status=3)["outbox"]["queued"] == 1


def test_the_daemon_works_until_it_is_told_to_end(exchange: Exchange) -> None:
    exchange.place("PO-1")
    with subprocess.Popen(
        [*PODESK, "sync"],
        env={**exchange.desk.environment, **os.environ, "PODESK_CONFIG": str(exchange.desk.config)},
        stderr=subprocess.PIPE,
        text=True,
    ) as daemon:
        assert daemon.stderr is not None
        for text in daemon.stderr:
            if json.loads(text)["event"] == "applied":
                break
        assert exchange.desk.json("status")["daemon"] == {"running": True, "pid": daemon.pid}
        daemon.send_signal(signal.SIGTERM)
        daemon.communicate(timeout=60)
    assert daemon.returncode == 0
    assert [row["number"] for row in exchange.desk.json("orders")] == ["PO-1"]
    assert exchange.desk.json("status")["daemon"]["running"] is False
