"""Procurement Connect from end to end: orders as files, answers and statuses as files and as posts, events in disorder."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from sync.demo.servers.sftp import SftpServer
from tests.formats.procurement_connect_documents import Tree, encode, event, line, order
from tests.tui.desk_folder import DeskFolder


class Receiver(ThreadingHTTPServer):
    """The platform's receiver: keeps what is posted to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Posted)
        self.posted: list[tuple[str, str, bytes]] = []
        """Path, content type and body, in the order in which they came."""


class _Posted(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.posted.append((self.path, self.headers["Content-Type"], body))
        self.send_response(202)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@dataclass
class Platform:
    """The platform's SFTP folder and receiver, and a desk with a connection to each way."""

    desk: DeskFolder
    root: Path
    receiver: Receiver
    placed: int = field(default=0)

    def place(self, tree: Tree, buyer: str = "files") -> None:
        """An order or event, as a file; the desk takes it in and sends what is due."""
        self.placed += 1
        (self.root / buyer / "order" / f"{self.placed}.json").write_bytes(encode(tree))
        self.sync()

    def sync(self) -> None:
        done = self.desk.run("sync", "--once")
        assert done.exit_code == 0, done.output

    def files(self, folder: str) -> list[Path]:
        return sorted((self.root / "files" / folder).iterdir(), key=lambda path: path.name.rpartition("-")[2])

    def lines(self, number: str) -> dict[str, tuple[str, str | None, str]]:
        shown = self.desk.json("show", number)["lines"]
        return {
            each["position"]: (each["process_status"], each["in_progress_status"], each["logistics_status"])
            for each in shown
        }


_SFTP = """\
channel = "sftp"
host = "127.0.0.1"
port = {port}
user = "supplier"
password = {{ file = "secret" }}
"""


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    root = tmp_path / "partner"
    for folder in ("files/order", "files/order_response", "files/order_status", "posts/order"):
        (root / folder).mkdir(parents=True)
    receiver = Receiver()
    Thread(target=receiver.serve_forever, daemon=True).start()
    with SftpServer(root, "supplier", "pass-word") as server:
        desk = DeskFolder(tmp_path)
        desk.write("known_hosts", server.host_key_line.encode() + b"\n")
        desk.write("secret", b"pass-word\n").chmod(0o600)
        sftp = _SFTP.format(port=server.port)
        desk.config.write_text(f"""\
operator_hold = "0s"
[[connection]]
name = "files"
profile = "procurement-connect"
[connection.inbound]
{sftp}path = "/files/order"
settle = "0s"
[connection.outbound]
{sftp}path = "/files/order_response"
format = "procurement-connect-xml"
[connection.outbound.despatch]
{sftp}path = "/files/order_status"
format = "procurement-connect-json"
[[connection]]
name = "posts"
profile = "procurement-connect"
[connection.inbound]
{sftp}path = "/posts/order"
settle = "0s"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:{receiver.server_port}/receiver"
format = "procurement-connect-json"
""")
        yield Platform(desk, root, receiver)
    receiver.shutdown()
    receiver.server_close()


NUMBER = "CO/7H38HB"


def at(second: int) -> str:
    return f"2026-11-02T13:00:{second:02}.000Z"


def test_answers_and_statuses_are_posted_to_their_paths(platform: Platform) -> None:
    platform.place(order("transferred", line("A"), line("B")), "posts")
    assert platform.lines(NUMBER) == {"1": ("Issued", None, "Open"), "2": ("Issued", None, "Open")}
    platform.desk.json("confirm", NUMBER, "--line", "1")
    platform.sync()
    assert platform.receiver.posted == []  # one line of a whole order: kept until the other is answered
    platform.desk.json("confirm", NUMBER, "--line", "2")
    platform.desk.json("pack", NUMBER)
    platform.desk.json("ship", NUMBER, "--line", "1", "--carrier", "DHL", "--tracking", "1Z6")
    platform.desk.json("ship", NUMBER)
    platform.sync()
    told = [(path, kind, json.loads(body)) for path, kind, body in platform.receiver.posted]
    assert [(path, kind, body["state"]) for path, kind, body in told] == [
        ("/receiver/order_response", "application/json", "confirmed"),
        ("/receiver/despatch_advice", "application/json", "packed"),
        ("/receiver/despatch_advice", "application/json", "partially_shipped"),
        ("/receiver/despatch_advice", "application/json", "shipped"),
    ]
    assert told[2][2]["shipment"] == {"carrier": "DHL", "tracking_number": "1Z6"}
    assert {body["references"][0] for _, _, body in told} == {NUMBER}


def test_answers_and_statuses_are_put_into_their_folders(platform: Platform) -> None:
    platform.place(order())
    platform.desk.json("confirm", NUMBER)
    platform.desk.json("ship", NUMBER)
    platform.sync()
    (answer,) = platform.files("order_response")
    assert answer.name.startswith("CO%2F7H38HB-")
    assert answer.suffix == ".xml"
    assert b"<state>confirmed</state>" in answer.read_bytes()
    (status,) = platform.files("order_status")
    assert (status.suffix, json.loads(status.read_bytes())["state"]) == (".json", "shipped")


def test_a_rejection_goes_as_one_cancellation(platform: Platform) -> None:
    platform.place(order("transferred", line("A"), line("B")), "posts")
    refused = platform.desk.run("reject", NUMBER, "--line", "1", "--reason", "Sold out")
    assert (refused.exit_code, "as a whole" in refused.output) == (1, True)
    platform.desk.json("reject", NUMBER, "--reason", "Sold out")
    platform.sync()
    ((_, _, body),) = platform.receiver.posted
    assert (json.loads(body)["state"], json.loads(body)["state_reason"]) == ("canceled_by_supplier", "Sold out")


def test_after_the_confirmation_nothing_changes_any_more(platform: Platform) -> None:
    platform.place(order(), "posts")
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    done = platform.desk.run("propose", NUMBER, "--line", "1", "--delivery", "2027-01-01=2", "--reason", "late")
    assert (done.exit_code, "lets prices, quantities and dates of a confirmed line change no more" in done.output) == (
        1,
        True,
    )


def test_a_cancellation_waits_for_our_word_and_a_no_is_the_confirmation_again(platform: Platform) -> None:
    platform.place(order(updated_at=at(1)), "posts")
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    platform.place(event(order("cancelation_requested", updated_at=at(2), confirmed_at=at(1)), id="e-2"), "posts")
    assert platform.lines(NUMBER) == {"1": ("InProgress", "CancellationRequested", "Open")}
    assert [each["number"] for each in platform.desk.json("orders", "--view", "buyer-asks")] == [NUMBER]
    platform.desk.json("reject", NUMBER, "--reason", "It is on the lorry")
    platform.sync()
    assert platform.lines(NUMBER) == {"1": ("Confirmed", None, "Open")}
    last: dict[str, Any] = json.loads(platform.receiver.posted[-1][2])
    assert (last["state"], last["state_reason"]) == ("confirmed", "It is on the lorry")


def test_a_no_to_the_cancellation_of_what_was_confirmed_before_we_knew_it_confirms_it(platform: Platform) -> None:
    platform.place(event(order("cancelation_requested", updated_at=at(2), confirmed_at=at(1)), id="e-2"), "posts")
    platform.desk.json("reject", NUMBER, "--reason", "It is on the lorry")
    platform.sync()
    assert platform.lines(NUMBER) == {"1": ("Confirmed", None, "Open")}
    last: dict[str, Any] = json.loads(platform.receiver.posted[-1][2])
    assert (last["state"], last["state_reason"]) == ("confirmed", "It is on the lorry")


def test_a_cancellation_is_granted(platform: Platform) -> None:
    platform.place(order("cancelation_requested"), "posts")
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    assert platform.lines(NUMBER) == {"1": ("Cancelled", None, "Cancelled")}
    assert json.loads(platform.receiver.posted[-1][2])["state"] == "canceled_by_supplier"


def test_a_no_to_the_cancellation_of_what_is_not_confirmed_waits_for_the_confirmation(platform: Platform) -> None:
    platform.place(order("cancelation_requested"), "posts")
    (told,) = platform.desk.json("reject", NUMBER, "--reason", "It is cut already")
    assert told["notes"] == ["line 1: Procurement Connect hears our no when the order is confirmed, not before."]
    platform.sync()
    assert platform.receiver.posted == []
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    ((_, _, body),) = platform.receiver.posted
    assert (json.loads(body)["state"], json.loads(body)["state_reason"]) == ("confirmed", "It is cut already")


def test_events_in_disorder_and_twice_end_where_they_would_have_in_order(platform: Platform) -> None:
    platform.place(order(updated_at=at(1)))
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    asked = event(order("cancelation_requested", updated_at=at(5), confirmed_at=at(2)), id="e-5")
    platform.place(asked)
    platform.place(event(order("confirmed", updated_at=at(3)), id="e-3"))  # older: it has no effect
    assert platform.lines(NUMBER) == {"1": ("InProgress", "CancellationRequested", "Open")}
    platform.desk.json("reject", NUMBER, "--reason", "It is on the lorry")
    platform.sync()
    platform.place(asked | {"received_at": at(59)})  # sent again, in other bytes
    assert platform.lines(NUMBER) == {"1": ("Confirmed", None, "Open")}
    platform.place(event(order("shipped", updated_at=at(9)), id="e-9"))
    assert platform.lines(NUMBER) == {"1": ("Confirmed", None, "Shipped")}
    assert platform.desk.run("verify").exit_code == 0


def test_our_answer_is_sent_until_an_event_says_what_became_of_it(platform: Platform) -> None:
    def standing() -> tuple[str, str]:
        (row,) = platform.desk.json("orders")
        return row["process_status"], row["sending"]

    platform.place(order(updated_at=at(1)))
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    assert standing() == ("Confirmed", "sent")
    platform.place(event(order(updated_at=at(1)), id="e-1"))  # what it said before it heard of our answer
    assert standing() == ("Confirmed", "sent")
    platform.place(event(order("canceled_by_supplier", updated_at=at(3)), id="e-3"))
    assert standing() == ("Rejected", "nothing")
    notes = [note for entry in platform.desk.json("timeline", NUMBER) for note in entry["notes"]]
    assert "line 1: expected Confirmed, and Procurement Connect says Rejected." in notes


def test_an_event_of_few_words_finds_its_order_even_when_it_overtook_it(platform: Platform) -> None:
    few = {"order_id": "a29f3c77", "references": [NUMBER], "state": "canceled_by_consumer", "updated_at": at(9)}
    (platform.root / "files/order/1.json").write_bytes(encode(event(few, id="e-9")))
    assert platform.desk.run("sync", "--once").exit_code == 4
    (waiting,) = platform.desk.json("quarantine", status=4)
    assert "the order itself has not come" in waiting["reason"]
    platform.placed = 1
    platform.place(order(updated_at=at(1)))
    assert platform.lines(NUMBER) == {"1": ("Cancelled", None, "Cancelled")}
    assert platform.desk.json("quarantine") == []


def test_credentials_of_a_contract_stand_in_the_document_alone(platform: Platform) -> None:
    platform.place(order())
    platform.desk.json("confirm", NUMBER)
    platform.sync()
    shown = [platform.desk.run(*words, NUMBER).output for words in (["show"], ["timeline"], ["preview"])]
    shown += [platform.desk.run(*words, NUMBER, "--json").output for words in (["show"], ["timeline"])]
    assert not any("hunter2" in text or "joeys-print" in text for text in shown)
