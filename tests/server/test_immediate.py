"""An order that matches the rules is answered in the response that took it, once, and never lost on the way."""

from __future__ import annotations

import itertools
import json
import socket
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from lxml import etree

from core.config import SettingsError
from core.decisions import Outcome
from core.orderbook import OrderBook
from core.store import open_store
from core.verify import verify
from core.webhook import Webhook
from sync import faults
from sync.lanes import OutboundLane
from sync.server import listening, wire, wsdl
from tests.formats.test_soap import SOAP_11, SOAP_12, wrapped
from tests.server.answering import ruled, shop
from tests.server.desk import SHOP_TABLE, Desk, until
from tests.server.raw import Caller
from tests.server.test_soap_service import client
from tests.sync.partners import tradecloud, ubl
from tui.cli import podesk

RESPONSE = "{urn:oasis:names:specification:ubl:schema:xsd:OrderResponse-2}OrderResponse"
IMMEDIATE = "in the HTTP response to the document"


def payload(desk: Desk) -> bytes:
    [(found,)] = desk.rows("SELECT payload FROM outbox")
    return bytes(found)


def sound(desk: Desk) -> bool:
    with open_store(desk.settings.store_path) as store:
        return verify(store) == []


def test_an_order_that_matches_the_rules_is_answered_in_the_same_response(desk: Desk) -> None:
    with ruled(desk).serving():
        answer = desk.post(ubl("S1"))

        assert (answer.status_code, answer.headers["content-type"]) == (200, "application/xml")
        assert answer.content == payload(desk)
        assert etree.fromstring(answer.content).tag == RESPONSE
        until(lambda: desk.outbox[0][0] == "sent", "it is marked")
    assert desk.outbox[0][2:] == (0, desk.outbox[0][3])
    assert str(desk.outbox[0][3]).startswith(IMMEDIATE)
    assert desk.rows("SELECT process_status, sending FROM orders") == [("Confirmed", "sent")]
    assert sound(desk)


def test_the_answer_is_in_the_format_of_the_outbound_channel(desk: Desk) -> None:
    with ruled(desk, shop("tradecloud-json", "tradecloud")).serving():
        answer = desk.post(tradecloud("T1"))

    assert answer.headers["content-type"] == "application/json"
    assert json.loads(answer.content)["order"]["purchaseOrderNumber"] == "T1"


@pytest.mark.parametrize("namespace", [SOAP_11, SOAP_12], ids=["1.1", "1.2"])
def test_who_puts_the_order_bare_into_the_body_finds_the_answer_bare_in_it(desk: Desk, namespace: str) -> None:
    with ruled(desk).serving():
        answer = desk.post(wrapped(ubl("S1").decode().partition("?>")[2], namespace))

    assert answer.status_code == 200
    [found] = list(etree.fromstring(answer.content)[0])
    assert found.tag == RESPONSE
    assert payload(desk).partition(b"?>")[2].strip() in answer.content


@pytest.mark.parametrize("port", ["Orders11", "Orders12"])
def test_a_soap_client_finds_the_answer_where_the_wsdl_says(desk: Desk, port: str) -> None:
    with ruled(desk).serving():
        found = client(desk, port).PlaceOrder(document=ubl("S1").decode())

    assert found.status == "answered"
    assert found.answer["_value_1"].tag == RESPONSE


def test_an_operation_is_answered_as_such_in_whatever_charset_the_header_names(desk: Desk) -> None:
    ruled(desk)
    order = ubl("S1").decode().partition("?>")[2].replace("<cbc:ID>S1<", "<cbc:ID>ŹRÓDŁO-1<", 1)
    said = f'<PlaceOrder xmlns="{wsdl.NAMESPACE}"><xml>{order}</xml></PlaceOrder>'
    body = wrapped(said).partition(b"?>")[2].decode().encode("cp1250")  # in which this Ź is a byte that cp1252 hasn't
    with desk.serving():
        answer = desk.post(body, headers={"Content-Type": "text/xml; charset=windows-1250", "SOAPAction": '""'})
    assert [number for _, number, _ in desk.orders] == ["ŹRÓDŁO-1"]
    assert f'<o:{wsdl.RESPONSE} xmlns:o="{wsdl.NAMESPACE}"><o:status>answered<' in answer.text


def test_a_soap_client_finds_an_answer_in_json_as_text(desk: Desk) -> None:
    with ruled(desk, shop("tradecloud-json", "tradecloud")).serving():
        found = client(desk, "Orders11").PlaceOrder(document=tradecloud("T1").decode())

    assert json.loads(found.answerText) == json.loads(payload(desk))


def test_an_order_that_matches_no_rule_is_taken_and_answered_later_by_a_person(desk: Desk) -> None:
    with ruled(desk).serving():
        answer = desk.post(ubl("S1", quantity=101))

        assert (answer.status_code, "<status>applied</status>" in answer.text) == (202, True)
    assert desk.outbox == []
    assert desk.rows("SELECT to_answer FROM orders") == [(1,)]


@pytest.mark.parametrize(("mode", "immediate"), [("answer", False), ("suggest", True), ("off", True)])
def test_only_where_the_settings_say_so(desk: Desk, mode: str, immediate: bool) -> None:
    with ruled(desk, shop(mode=mode, immediate=immediate)).serving():
        answer = desk.post(ubl("S1"))

        assert answer.status_code == 200
        assert "<status>applied</status>" in answer.text
    assert [state for state, *_ in desk.outbox] == (["queued"] if mode == "answer" else [])


def test_who_asks_again_gets_the_same_answer_again_and_nothing_else_happens(desk: Desk) -> None:
    with ruled(desk).serving():
        first = desk.post(ubl("S1"))
        until(lambda: desk.outbox[0][0] == "sent", "it is marked")
        again = [desk.post(ubl("S1")) for _ in range(3)]

    assert {answer.content for answer in (first, *again)} == {payload(desk)}
    assert {answer.status_code for answer in again} == {200}
    assert [state for state, *_ in desk.outbox] == ["sent"]
    assert desk.rows("SELECT count(*) FROM log WHERE kind = 'departed'") == [(1,)]


def test_a_changed_order_is_answered_anew(desk: Desk) -> None:
    with ruled(desk).serving():
        answers = [desk.post(ubl("S1", quantity=quantity)) for quantity in (10, 20)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].content != answers[1].content
    assert sound(desk)


def test_two_orders_in_one_document_are_answered_by_the_outbound_channel(desk: Desk) -> None:
    """Nobody could tell to which of them an answer in the response belongs."""
    bare = [ubl(number).decode().partition("?>")[2] for number in ("S1", "S2")]
    with ruled(desk).serving():
        answer = desk.post(wrapped("".join(bare)))

    assert answer.status_code == 200
    assert "applied" in answer.text
    assert [state for state, *_ in desk.outbox] == ["queued", "queued"]


def test_of_two_orders_in_one_document_an_answer_to_the_one_goes_by_the_outbound_channel_too(desk: Desk) -> None:
    """Its caller would take it for the answer to both, and get another one for asking again."""
    orders = (ubl("S1"), ubl("S2", quantity=101))
    both = wrapped("".join(each.decode().partition("?>")[2] for each in orders))
    with ruled(desk).serving():
        answers = [desk.post(both) for _ in range(2)]

    assert ["status>applied<" in answers[0].text, "status>duplicate<" in answers[1].text] == [True, True]
    assert [state for state, *_ in desk.outbox] == ["queued"]


def test_who_asks_again_after_we_said_something_else_does_not_hear_the_old_answer(desk: Desk) -> None:
    """It would take back, at the platform alone, what a person has said since."""
    with ruled(desk, hold="0s").serving():
        first = desk.post(ubl("S1"))
        until(lambda: desk.outbox[0][0] == "sent", "it is marked")
        other_terms = ["propose", "S1", "--line", "00010", "--delivery", "2024-05-01=10", "--reason", "late"]
        assert CliRunner(env={"PODESK_CONFIG": str(desk.path)}).invoke(podesk, other_terms).exit_code == 0
        waiting = desk.post(ubl("S1"))  # what has not left is no word of ours yet
        with desk.store() as store:
            ids = (f"test-{n}" for n in itertools.count())
            book = OrderBook(store, desk.settings, clock=lambda: datetime.now(UTC), new_id=lambda: next(ids))
            [(outbox_id,)] = desk.rows("SELECT id FROM outbox WHERE state = 'queued'")
            assert book.depart(outbox_id) is not None
            going = desk.post(ubl("S1"))
            book.delivered(outbox_id, Outcome.SENT, "200")
        gone = desk.post(ubl("S1"))

    assert waiting.content == first.content
    assert [(answer.status_code, "<status>duplicate</status>" in answer.text) for answer in (going, gone)] == [
        (202, True),
        (202, True),
    ]


def test_when_the_caller_was_gone_before_the_answer_it_is_ours_again_and_goes_by_the_outbound_channel(
    desk: Desk,
) -> None:
    ruled(desk, hold="1h")
    callers: list[Caller] = []

    def go_away(point: str) -> None:
        if point == faults.CLAIMED:
            callers[0].cut()

    with desk.serving(faults=go_away):
        caller = Caller(desk)
        callers.append(caller)
        body = ubl("S1")
        caller.head("/in/shop", f"Content-Length: {len(body)}")
        caller.say(body)
        until(lambda: desk.logged("postponed"), "it is put back")

    [(state, _, doubtful, receipt)] = desk.outbox
    assert (state, doubtful, receipt) == ("queued", desk.logged("postponed")[0]["doubtful"], None)
    assert desk.rows("SELECT last_error FROM outbox")[0][0].startswith("the buyer's platform went away")
    assert sound(desk)


def test_an_answer_that_the_caller_does_not_read_to_its_end_is_doubtful(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    bind = listening.bind

    def little(settings: Webhook) -> socket.socket:
        """A listener whose connections hold few bytes that were not heard yet."""
        bound = bind(settings)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return bound

    monkeypatch.setattr(wire, "WRITE_SECONDS", 0.3)
    monkeypatch.setattr(listening, "bind", little)
    ruled(desk, hold="1h")
    body = ubl("S1", lines=300)
    with desk.serving(), Caller(desk, window=1024) as caller:
        caller.head("/in/shop", f"Content-Length: {len(body)}")
        caller.say(body)
        until(lambda: desk.logged("postponed"), "it is put back")

    assert [(state, doubtful) for state, _, doubtful, _ in desk.outbox] == [("queued", 1)]
    assert sound(desk)


def test_who_comes_back_for_an_answer_that_was_lost_on_the_way_gets_it(desk: Desk) -> None:
    ruled(desk, hold="1h")
    lost: list[str] = []

    def lose(point: str) -> None:
        if point == faults.SENT and not lost:
            lost.append(point)
            raise ConnectionResetError("as if the process had died here")

    with desk.serving(faults=lose):
        assert desk.post(ubl("S1")).status_code == 200
        until(lambda: lost, "the note of it is lost")
        assert desk.outbox[0][0] == "sending"  # until its time is over, nobody else takes it
        again = desk.post(ubl("S1"))
    assert (again.status_code, [state for state, *_ in desk.outbox]) == (202, ["sending"])


def test_the_daemon_leaves_an_answer_alone_that_is_on_its_way_in_a_response(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its outbound lane takes back what was being sent; this is not left behind, but in the listener's hands."""
    ruled(desk, hold="0s")
    looks: list[str] = []
    look = OutboundLane._due

    def counted(lane: OutboundLane, *, once: bool = False) -> list[str]:
        looks.append(lane.name)
        return look(lane, once=once)

    def slow(point: str) -> None:
        if point == faults.CLAIMED:
            enough = len(looks) + 3
            until(lambda: len(looks) >= enough, "the outbound lane looks again and again")

    monkeypatch.setattr(OutboundLane, "_due", counted)
    with desk.serving(by="sync", faults=slow):
        answer = desk.post(ubl("S1"))
        until(lambda: desk.outbox[0][0] == "sent", "it is marked")

    assert (answer.status_code, answer.content) == (200, payload(desk))
    assert not desk.logged("taken back: was being sent when we failed")
    assert desk.outbox[0][2] == 0


def test_an_immediate_answer_needs_a_way_for_those_that_come_later(desk: Desk) -> None:
    desk.write(SHOP_TABLE + "immediate_answer = true\n")
    with pytest.raises(SettingsError, match=r"immediate_answer \(of shop\): needs \[connection.outbound\]"):
        _ = desk.settings
