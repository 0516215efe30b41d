"""Events that say little of the order that they are about: which of ours is meant, and what if it could be several."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.intake import Applied, Incoming, IncomingDocument, apply, keep
from core.model import LogisticsStatus, ProcessStatus
from core.store import open_store, queries
from core.verify import verify
from tests.orders import SETTINGS, Desk, open_desk

PAPER = """
[[connection]]
name = "paper"
profile = "procurement-connect"
our_account = "77"
"""
_NUMBERS = iter(range(1, 10_000))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path, SETTINGS + PAPER)
    yield opened
    opened.store.close()


def placed(platform_id: str, number: str | None, customer: str, *references: str) -> dict[str, object]:
    said = {
        "id": platform_id,
        "references": references or (f"CO/{platform_id}",),
        "order_number": number,
        "state": "transferred",
        "currency": "EUR",
        "updated_at": "2026-11-01T10:00:00Z",
        "contract": {"customer_number": customer},
        "order_line_items": [{"order_number": "SKU-1", "amount": 7, "unit": "pallet", "catalog_price": "12.50"}],
    }
    return {key: value for key, value in said.items() if value is not None}


def cancelled(**said: object) -> dict[str, object]:
    nth = next(_NUMBERS)
    return {
        "id": f"e-{nth}",
        "name": "procurement.order_canceled",
        "subject": "orders",
        "timestamp": "2026-11-03T11:00:00Z",
        "received_at": "2026-11-03T11:00:00Z",
        "payload": {"state": "canceled_by_consumer", **said},
    }


def taken(desk: Desk, *trees: dict[str, object]) -> list[Applied]:
    ids: list[int] = []
    for tree in trees:
        payload = json.dumps(tree).encode()
        document = IncomingDocument("1.json", payload)
        locator = f"/{next(_NUMBERS)}"
        [kept] = keep(
            desk.store, [Incoming("paper", locator, hashlib.sha256(payload).hexdigest(), (document,))], desk.now
        )
        ids += kept.document_ids
    applied = list(apply(desk.book, ids))
    assert verify(desk.store) == []
    return applied


def statuses(desk: Desk) -> dict[tuple[str, str], str]:
    return {(row.buyer, row.number): row.process_status for row in queries.list_orders(desk.store, now=desk.now)}


@pytest.mark.parametrize(
    "said",
    [
        {"id": "pc1", "order_number": "P1"},
        {"order_number": "P1"},
        {"id": "pc1"},
        {"order_id": "pc1"},
        {"references": ["CO/pc1", "x:y"]},
        {"id": "pc1", "references": ["CO/pc1"]},
        {"id": "pc1", "references": ["other:7"]},
        {"id": "pc1", "contract": {"customer_number": "C1"}, "references": ["CO/pc1"]},
        {"id": "pc1", "contract": {"customer_number": "C1", "consumer_id": "9"}, "order_number": "P1"},
    ],
    ids=str,
)
@pytest.mark.parametrize("together", [True, False])
def test_a_cancellation_reaches_its_order(desk: Desk, said: dict[str, object], together: bool) -> None:
    """The customer number of the settings (77) is another one than the contract's."""
    order = placed("pc1", "P1", "9/C1" if "consumer_id" in str(said) else "C1")
    for trees in ([order, cancelled(**said)],) if together else ([order], [cancelled(**said)]):
        assert [one.state for one in taken(desk, *trees)] == ["applied"] * len(trees)
    [(_, status)] = statuses(desk).items()
    assert status == ProcessStatus.CANCELLED


@pytest.mark.parametrize(
    "said", [{"id": "pc1"}, {"references": ["CO/pc1"]}, {"id": "pc1", "references": ["CO/pc1"]}], ids=str
)
def test_one_that_overtook_its_order_is_taken_in_after_it(desk: Desk, said: dict[str, object]) -> None:
    [early] = taken(desk, cancelled(**said))
    assert (early.state, early.reason.endswith("the order itself has not come.")) == ("quarantined", True)
    taken(desk, placed("pc1", "P1", "C1", "CO/pc1", "x:y"))
    assert queries.quarantine_count(desk.store) == 0
    [row] = queries.list_orders(desk.store, now=desk.now)
    assert (row.process_status, row.logistics_status) == (ProcessStatus.CANCELLED, LogisticsStatus.CANCELLED)


def test_of_two_orders_with_one_number_the_platforms_id_says_which(desk: Desk) -> None:
    taken(desk, placed("pc1", "P1", "C1"), placed("pc2", "P1", "C2"))
    [event] = taken(desk, cancelled(id="pc2", order_number="P1"))
    assert event.state == "applied"
    assert statuses(desk) == {("C1", "P1"): ProcessStatus.ISSUED, ("C2", "P1"): ProcessStatus.CANCELLED}


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ({"order_number": "P1"}, "P1"),
        ({"id": "pc9", "order_number": "P1"}, "P1"),
        ({"id": "pc3", "order_number": "P1"}, "P1"),
        ({"id": "pc1", "order_number": "P2"}, "P2"),
    ],
    ids=str,
)
def test_one_that_could_be_about_several_is_for_a_person(desk: Desk, said: dict[str, object], number: str) -> None:
    taken(desk, placed("pc1", "P1", "C1"), placed("pc2", "P1", "C2"), placed("pc3", "P2", "C1"))
    [event] = taken(desk, cancelled(**said))
    assert event.state == "quarantined"
    assert event.reason.startswith(f"order {number}: it could be about ")
    assert "P1 of C1" in event.reason
    assert event.reason.endswith("doesn't say which of them is meant; ask the buyer, and look at the document.")
    assert set(statuses(desk).values()) == {ProcessStatus.ISSUED}


def test_what_the_platform_calls_an_order_says_nothing_of_another_buyers(desk: Desk) -> None:
    taken(desk, placed("pc1", "P1", "C1"))
    [event] = taken(desk, cancelled(id="pc1", order_number="P1", contract={"customer_number": "C2"}))
    assert (event.state, "has not come" in event.reason) == ("quarantined", True)
    assert statuses(desk) == {("C1", "P1"): ProcessStatus.ISSUED}


def test_orders_that_are_stored_already_are_found_by_what_the_platform_calls_them(desk: Desk) -> None:
    taken(desk, placed("pc1", "P1", "C1"))
    connection = desk.store.connection
    for column in ("platform_id", "reference"):
        connection.execute(f"DROP INDEX orders_by_{column}")
        connection.execute(f"ALTER TABLE orders DROP COLUMN {column}")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name = 'orders_by_the_platforms_names'")
    connection.execute("PRAGMA user_version = 13")
    desk.store.close()
    with open_store(desk.store.path) as store:
        assert store.connection.execute("SELECT platform_id, reference FROM orders").fetchall() == [("pc1", "CO/pc1")]
        assert verify(store) == []


@pytest.mark.parametrize("column", ["platform_id", "reference"])
def test_an_order_is_found_by_an_index_however_many_there_are(desk: Desk, column: str) -> None:
    connection: sqlite3.Connection = desk.store.connection
    looked = f"SELECT buyer, number FROM orders WHERE connection = 'paper' AND {column} = 'pc1'"
    ((*_, plan),) = connection.execute(f"EXPLAIN QUERY PLAN {looked}").fetchall()
    assert f"USING INDEX orders_by_{column}" in plan
