"""`sync --once`: one round of everything, with real servers at the other end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from core.decisions import Act
from core.store import queries
from sync.lock import AlreadyRunning, StoreLock
from sync.report import ConnectionReport
from tests.sync.partners import DECIDED, World, letter, tradecloud, ubl


def of(world: World, name: str, **options: object) -> ConnectionReport:
    return next(each for each in world.round(**options).connections if each.connection == name)


def test_an_order_in_the_clinic_s_folder_is_answered_in_the_other_one(world: World) -> None:
    world.put("C1.xml", ubl("C1"))
    assert of(world, "clinic") == ConnectionReport("clinic", fetched=1, applied=1)
    assert [path.name[:7] for path in world.archive.iterdir()] == ["C1.xml."]
    world.decide()
    assert of(world, "clinic") == ConnectionReport("clinic", sent=1)
    (answer,) = world.answer_files().values()
    assert b"<cbc:ID>C1</cbc:ID>" in answer


def test_an_order_in_steel_s_mail_is_answered_by_post(world: World) -> None:
    world.send("S1")
    assert of(world, "steel") == ConnectionReport("steel", fetched=1, applied=1)
    assert world.mailbox()["INBOX"] == []
    world.decide()
    assert of(world, "steel") == ConnectionReport("steel", sent=1)
    (message,) = world.http.messages
    assert json.loads(message.payload)["order"]["purchaseOrderNumber"] == "S1"
    with world.store() as store:
        (row,) = queries.outbox(store, everything=True)
        assert message.key == row.id
        assert row.state == "sent"


def test_nothing_to_do_is_a_round_too(world: World) -> None:
    report = world.round()
    assert report.exit_code == 0
    assert all(each.idle for each in report.connections)


def test_a_round_ends_what_it_finds_also_in_many_documents(world: World) -> None:
    for n in range(250):
        world.put(f"C{n}.xml", ubl(f"C{n}"))
    assert of(world, "clinic") == ConnectionReport("clinic", fetched=250, applied=250)
    assert list(world.orders.rglob("*.xml")) == []


def test_a_document_that_can_not_be_read_stops_no_other(world: World) -> None:
    world.put("a.xml", b"<Order")
    world.put("b.xml", ubl("C1"))
    world.send("S1")
    world.mail.deliver(letter("S2", b"{not json"))
    report = world.round()
    assert [(each.applied, each.quarantined) for each in report.connections] == [(1, 1), (1, 1)]
    assert report.exit_code == 4
    with world.store() as store:
        assert queries.quarantine_count(store) == 2
        kept = [queries.document(store, each.id) for each in queries.quarantine(store)]
        assert sorted(row.payload for row in kept if row is not None) == [b"<Order", b"{not json"]


def test_the_same_document_sent_twice_has_one_effect(world: World) -> None:
    world.put("C1.xml", ubl("C1"))
    world.round()
    world.put("again.xml", ubl("C1"))
    assert of(world, "clinic") == ConnectionReport("clinic", fetched=1, duplicates=1)


def test_a_buyer_who_goes_back_to_the_first_version_is_heard(world: World) -> None:
    for quantity in (10, 20, 10):
        world.put("C1.xml", ubl("C1", quantity=quantity))
        assert of(world, "clinic").applied == 1
    with world.store() as store:
        (row,) = queries.list_orders(store, now=DECIDED)
        loaded = queries.load(store, row.id, DECIDED)
        assert loaded is not None
        assert [str(each.quantity) for each in loaded.record.order.lines[0].requested.delivery_schedule] == ["10"]


def test_a_file_that_is_still_growing_is_left_for_the_next_round(world: World) -> None:
    world.write_settings(settle="100ms")
    world.put("C1.xml", ubl("C1"))
    assert of(world, "clinic") == ConnectionReport("clinic", fetched=1, applied=1)


def test_a_held_answer_does_not_leave_and_a_round_does_not_wait_for_it(world: World) -> None:
    world.put("C1.xml", ubl("C1"))
    world.round()
    world.write_settings(more="")
    text = world.settings_path.read_text().replace('operator_hold = "0s"', 'operator_hold = "5m"')
    world.settings_path.write_text(text)
    world.decide()
    early = DECIDED + timedelta(minutes=4)
    assert of(world, "clinic", clock=lambda: early).sent == 0
    late = DECIDED + timedelta(minutes=6)
    assert of(world, "clinic", clock=lambda: late).sent == 1


def test_answers_to_one_order_leave_in_the_order_in_which_they_were_given(world: World) -> None:
    world.send("S1")
    world.round()
    world.decide(Act.REJECT, reason="sold out")
    world.round()
    world.put("C1.xml", ubl("C1"))
    world.round()
    assert [b"rejected" in body.lower() for body in world.http.responses] == [True]


def test_a_round_beside_a_running_daemon_says_so_and_touches_nothing(world: World) -> None:
    world.put("C1.xml", ubl("C1"))
    with StoreLock(world.settings.store_path), pytest.raises(AlreadyRunning):
        world.round()
    assert [path.name for path in world.orders.glob("*.xml")] == ["C1.xml"]


def test_a_desk_without_connections_has_nothing_to_do(world: World) -> None:
    world.settings_path.write_text("")
    assert world.round().connections == ()


def test_what_was_spooled_but_never_taken_in_goes_when_it_is(world: World) -> None:
    spool = world.settings.store_path.with_name("desk.sqlite.spool")
    world.round()
    (spool / ("0" * 64)).write_bytes(b"whose name is not its sum")
    (spool / "x.part").write_bytes(b"half")
    world.round()
    assert [path.name for path in spool.iterdir()] == ["0" * 64]


def test_the_mail_s_and_the_buyers_words_can_not_forge_the_log(world: World) -> None:
    world.put("C1\nforged.xml", ubl("C1"))
    world.put("bad\x1b[2J.xml", b"<Order")
    world.send("S1", tradecloud("S1"))
    world.round()
    assert all(json.loads(line)["event"] for line in world.log.getvalue().splitlines())
    assert "\x1b" not in world.log.getvalue()
