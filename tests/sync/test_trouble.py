"""What fails is tried again on a schedule that is kept in the store; one bad partner or order never stops the others."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from core import intake
from core.orderbook import OrderBook
from core.store import health, queries
from core.store.rows import OutboxRow
from sync import faults
from sync.channels import OutboundChannel, OutboundSession, Parcel, factory
from sync.demo.servers.mail import MailServer
from sync.demo.servers.sftp import SftpServer
from sync.demo.servers.tradecloud import Fault
from sync.lanes import House, OutboundLane
from sync.log import Log
from sync.report import ConnectionReport
from sync.schedule import Schedule
from sync.stop import Stop
from tests.sync.ending import run
from tests.sync.partners import DECIDED, PASSWORD, USER, World, letter, open_world, tradecloud, ubl

CLOSED = "1"
"""A port on which nobody listens."""
TWICE = Schedule(attempts=2)


def outbox(world: World) -> list[OutboxRow]:
    with world.store() as store:
        return queries.outbox(store, everything=True)


def of(world: World, name: str, **options: object) -> ConnectionReport:
    return next(each for each in world.round(**options).connections if each.connection == name)


@pytest.fixture
def answered(world: World) -> World:
    """An order of each partner is agreed to, and the answers wait to leave."""
    world.put("C1.xml", ubl("C1"))
    world.send("S1")
    world.round()
    assert world.decide() == 2
    return world


def test_a_partner_that_is_down_stops_no_other(world: World) -> None:
    world.write_settings(sftp_port=CLOSED)
    world.send("S1")
    report = world.round()
    steel, clinic = report.connections
    assert steel == ConnectionReport("steel", fetched=1, applied=1)
    assert len(clinic.errors) == 1
    assert report.exit_code == 3
    with world.store() as store:
        health = {(row.connection, row.direction): row for row in queries.health(store)}
    assert health["steel", "in"].last_error is None
    assert "can't be reached" in (health["clinic", "in"].last_error or "")
    assert not health["clinic", "in"].parked


def test_an_answer_that_finds_nobody_waits_with_the_error_shown(answered: World) -> None:
    answered.write_settings(sftp_port=CLOSED)
    report = answered.round()
    assert report.exit_code == 3
    (row,) = (row for row in outbox(answered) if row.connection == "clinic")
    assert row.state == "queued"
    assert "can't be reached" in (row.last_error or "")
    assert row.next_attempt is not None
    answered.write_settings()
    assert answered.round().exit_code == 0
    assert len(answered.answer_files()) == 1


def test_one_order_s_503_does_not_stop_another_s_answer(world: World) -> None:
    for n in range(3):
        world.send(f"S{n}")
    world.round()
    world.decide()
    world.http.plan([Fault(status=503)])
    assert (of(world, "steel").sent, len(world.http.messages)) == (2, 2)
    assert sorted(row.state for row in outbox(world)) == ["queued", "sent", "sent"]
    assert of(world, "steel").sent == 1


def test_the_partner_s_retry_after_is_kept_in_the_store(answered: World) -> None:
    answered.http.plan([Fault(status=503, headers={"Retry-After": "7200"})])
    before = datetime.now(UTC)
    answered.round()
    (row,) = (row for row in outbox(answered) if row.connection == "steel")
    assert row.next_attempt is not None
    assert datetime.fromisoformat(row.next_attempt) >= before + timedelta(seconds=7199)
    assert row.attempts == 1


def test_attempts_that_are_spent_make_a_dead_letter_that_can_be_retried(answered: World) -> None:
    answered.http.plan([Fault(status=503), Fault(status=503)])
    assert of(answered, "steel", schedule=TWICE).postponed == 1
    report = answered.round(schedule=TWICE)
    assert report.connections[0].failed == 1
    assert report.exit_code == 4
    (row,) = (row for row in outbox(answered) if row.connection == "steel")
    assert row.state == "failed"
    assert "503" in (row.last_error or "")
    assert answered.round(schedule=TWICE).exit_code == 4
    retry(answered, row.id)
    assert of(answered, "steel").sent == 1
    assert answered.round().exit_code == 0


def retry(world: World, outbox_id: str) -> None:
    with world.store() as store:
        book = OrderBook(store, world.settings, clock=lambda: datetime.now(UTC), new_id=lambda: str(random.random()))
        book.retry(outbox_id, "alice")


def test_a_lost_answer_is_asked_for_again_under_the_same_key(answered: World) -> None:
    answered.http.plan([Fault(lose_answer=True)])
    assert of(answered, "steel").postponed == 1
    assert of(answered, "steel").sent == 1
    assert len(answered.http.messages) == 1
    assert [each.key for each in answered.http.repeats] == [answered.http.messages[0].key]
    assert answered.http.repeats[0].payload == answered.http.messages[0].payload


def test_what_may_have_arrived_is_never_called_failed(answered: World) -> None:
    answered.http.plan([Fault(lose_answer=True), Fault(lose_answer=True)])
    answered.round(schedule=TWICE)
    answered.round(schedule=TWICE)
    (row,) = (row for row in outbox(answered) if row.connection == "steel")
    assert row.state == "uncertain"


def test_what_may_have_arrived_once_is_not_called_failed_for_later_refusals_to_talk(answered: World) -> None:
    answered.http.plan([Fault(lose_answer=True), Fault(status=503)])
    answered.round(schedule=TWICE)
    answered.round(schedule=TWICE)
    (row,) = (row for row in outbox(answered) if row.connection == "steel")
    assert row.state == "uncertain"


def test_a_time_out_is_unknown_and_tried_again(answered: World) -> None:
    answered.write_settings(timeout="200ms")
    answered.http.plan([Fault(delay=5)])
    assert of(answered, "steel").postponed == 1
    answered.write_settings()
    assert of(answered, "steel").sent == 1
    assert len(answered.http.messages) == 1


@pytest.mark.parametrize("status", [409, 422])
def test_a_refusal_is_shown_to_the_operator_with_the_partner_s_words(answered: World, status: int) -> None:
    answered.http.plan([Fault(status=status, body=b'{"error": "line 10 is closed"}')])
    report = answered.round()
    assert report.connections[0].failed == 1
    assert report.exit_code == 4
    (row,) = (row for row in outbox(answered) if row.connection == "steel")
    assert row.state == "failed"
    assert "line 10 is closed" in (row.last_error or "")
    assert answered.http.attempts == 1


def test_an_expired_token_costs_nothing(answered: World) -> None:
    answered.http.expire_tokens()
    assert of(answered, "steel").sent == 1


def test_a_partner_that_lets_us_in_no_more_is_parked_and_burns_no_attempt(answered: World) -> None:
    answered.http.change_password("another")
    for _ in range(3):
        report = answered.round(schedule=TWICE)
        steel, clinic = report.connections
        assert steel.parked
        assert report.exit_code == 3
    assert clinic.errors == []
    assert len(answered.answer_files()) == 1
    (row,) = (row for row in outbox(answered) if row.connection == "steel")
    assert row.state == "queued"
    assert row.attempts <= 1
    with answered.store() as store:
        assert any(row.parked for row in queries.health(store) if row.connection == "steel" and row.direction == "out")


def test_a_changed_host_key_parks_the_connection(world: World) -> None:
    (world.folder / "known_hosts").write_text("")
    world.put("C1.xml", ubl("C1"))
    report = world.round()
    assert report.connections[1].parked
    assert report.exit_code == 3
    assert [path.name for path in world.orders.glob("*.xml")] == ["C1.xml"]


def test_a_secret_that_is_not_there_parks_the_connection_and_is_named(world: World) -> None:
    (world.folder / "partners.secret").unlink()
    report = world.round()
    assert all(each.parked for each in report.connections)
    assert "partners.secret" in report.errors[0]


def test_no_secret_stands_in_the_log(answered: World) -> None:
    answered.http.plan([Fault(status=401), Fault(status=401)])
    answered.round()
    answered.http.change_password("another")
    answered.round()
    assert "correct horse" not in answered.log.getvalue()
    assert "Bearer" not in answered.log.getvalue()


def test_a_partner_with_bad_days_gets_every_answer_once(world: World) -> None:
    """The partner answers 10 % with 503 and loses 15 % of its 200s."""
    numbers = [f"S{n:02d}" for n in range(40)]
    for number in numbers:
        world.send(number)
    world.round()
    world.decide()
    chance = random.Random(26)
    days = []
    for _ in range(400):
        draw = chance.random()
        days.append(Fault(status=503) if draw < 0.10 else Fault(lose_answer=True) if draw < 0.25 else Fault())
    world.http.plan(days)
    rounds = 0
    while any(row.state != "sent" for row in outbox(world)):
        world.round()
        rounds += 1
        assert rounds < 10
    assert rounds > 1
    assert world.http.repeats
    assert sorted(message.key or "" for message in world.http.messages) == sorted(row.id for row in outbox(world))


def test_a_disk_that_is_nearly_full_fetches_nothing_and_still_sends(answered: World) -> None:
    answered.put("C2.xml", ubl("C2"))
    report = answered.round(least_free=1 << 60)
    assert report.exit_code == 3
    assert all("make room" in error for error in report.errors)
    assert [each.sent for each in report.connections] == [1, 1]
    assert [path.name for path in answered.orders.glob("*.xml")] == ["C2.xml"]
    assert of(answered, "clinic").applied == 1


def test_what_is_in_quarantine_can_be_tried_again(world: World) -> None:
    text = world.settings_path.read_text()
    world.settings_path.write_text(text.replace('settle = "0s"', 'settle = "0s"\nformat = "tradecloud-json"'))
    world.put("C1.xml", ubl("C1"))
    assert of(world, "clinic").quarantined == 1
    world.write_settings()
    with world.store() as store:
        (document,) = queries.quarantine(store)
        book = OrderBook(store, world.settings, clock=lambda: datetime.now(UTC), new_id=lambda: str(random.random()))
        assert intake.retry(book, document.id).state == "applied"
        assert queries.counts(store)[queries.View.ALL] == 1
    assert world.round().exit_code == 0


def test_a_mailbox_that_is_numbered_anew_brings_no_order_twice(world: World) -> None:
    """UIDVALIDITY changes while the mails are ours but could not be moved away: they look new, and are not."""
    world.send("S1")
    world.send("S2")
    run(world, "once", faults.UNSPOOLED)
    with MailServer(USER, PASSWORD) as another:
        another.deliver(letter("S1", tradecloud("S1")))
        another.deliver(letter("S2", tradecloud("S2")))
        world.write_settings(mail_port=str(another.port))
        steel = of(world, "steel")
    assert (steel.fetched, steel.applied, steel.duplicates) == (2, 2, 2)
    with world.store() as store:
        assert [row.revision for row in queries.list_orders(store, now=DECIDED)] == [1, 1]


def test_a_folder_that_may_only_be_read_is_read_once(tmp_path: Path) -> None:
    with open_world(tmp_path) as world, SftpServer(world.sftp.root, USER, PASSWORD, read_only=True) as closed:
        (world.folder / "known_hosts").write_text(closed.host_key_line + "\n")
        world.write_settings(sftp_port=str(closed.port))
        world.put("a.xml", ubl("C1", quantity=10))
        world.put("b.xml", ubl("C1", quantity=20))
        assert of(world, "clinic").applied == 2
        for _ in range(2):
            assert of(world, "clinic") == ConnectionReport("clinic")
        with world.store() as store:
            (row,) = queries.list_orders(store, now=DECIDED)
            assert row.revision == 2


def test_an_answer_over_which_our_own_code_stumbles_stops_no_other(world: World) -> None:
    for n in range(3):
        world.send(f"S{n}")
    world.round()
    world.decide()
    stumbling = True

    @dataclass
    class Stumbling:
        """The real session, but for one order."""

        real: OutboundSession

        def send(self, parcel: Parcel) -> str:
            if stumbling and parcel.order_number == "S0":
                raise ZeroDivisionError("a bug of ours")
            return self.real.send(parcel)

    @dataclass
    class Channel:
        real: OutboundChannel

        @contextmanager
        def session(self) -> Iterator[OutboundSession]:
            with self.real.session() as session:
                yield Stumbling(session)

        def check(self) -> str:
            return self.real.check()

    channels = SimpleNamespace(
        inbound_channel=factory.inbound_channel,
        outbound_channel=lambda *named: Channel(factory.outbound_channel(*named)),
    )
    report = of(world, "steel", channels=channels)
    assert (report.sent, report.postponed) == (2, 1)
    assert "a bug of ours" in report.errors[0]
    stumbling = False
    assert of(world, "steel", channels=channels).sent == 1


def damage(world: World, number: str) -> None:
    with world.store() as store, store.writing() as db:
        db.execute("UPDATE orders SET body = substr(body, 2) WHERE number = ?", (number,))


def test_an_order_that_can_not_be_read_holds_up_no_other_s_answer(world: World) -> None:
    world.send("S1")
    world.send("S2")
    world.round()
    assert world.decide() == 2
    damage(world, "S1")
    steel = of(world, "steel")
    assert (steel.sent, len(world.http.responses)) == (1, 1)
    assert [error for error in steel.errors if "is damaged" in error] != []
    assert [(row.number, row.state) for row in outbox(world)] == [("S1", "queued"), ("S2", "sent")]


def test_an_order_that_can_not_be_read_any_more_when_its_daemon_died_lets_the_next_one_start(answered: World) -> None:
    with answered.store() as store:
        book = OrderBook(store, answered.settings, clock=lambda: datetime.now(UTC), new_id=lambda: "x")
        [due] = book.due("steel", now=datetime.now(UTC))
        assert book.depart(due) is not None
    damage(answered, "S1")
    answered.round()
    assert [row.state for row in outbox(answered) if row.number == "C1"] == ["sent"]


def test_what_parked_a_way_out_is_told_no_more_when_a_person_lifted_it_and_nothing_waits(world: World) -> None:
    house = House(
        settings=world.settings,
        channels=factory,
        schedule=TWICE,
        log=Log(io.StringIO()),
        clock=lambda: datetime.now(UTC),
        random=random.random,
        fault=faults.none,
        stop=Stop(),
        least_free=0,
    )
    steel = next(each for each in world.settings.connection if each.name == "steel")
    lane = OutboundLane(house, steel)
    with world.store() as store:
        health.failed(store, "steel", "out", datetime.now(UTC), "the password is wrong", parked=True)
        lane.round()
        assert [(row.last_error, row.parked) for row in queries.health(store)] == [("the password is wrong", True)]
        health.lift(store, "steel", "out")
        lane.round()
        assert [(row.last_error, row.parked) for row in queries.health(store)] == [(None, False)]
    lane.close()
    lane.thread.end()
