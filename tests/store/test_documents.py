"""Documents are kept for ever, equal bytes once, and every arrival is told from a repeat."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from core.intake import Incoming, IncomingDocument, Kept, gone, keep, unapplied
from core.store import Store, open_store, queries

NOW = datetime(2025, 3, 3, 9, 0, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "desk.sqlite") as opened:
        yield opened


def arrives(store: Store, *payloads: bytes, locator: str = "/order/a.xml", problem: str = "") -> Kept:
    fingerprint = hashlib.sha256(b"".join(payloads)).hexdigest()
    documents = tuple(
        IncomingDocument("a.xml", payload, "buyer@x.example", problem, "ask again") for payload in payloads
    )
    return keep(store, [Incoming("metal-works", locator, fingerprint, documents)], NOW)[0]


def count(store: Store, table: str) -> int:
    return int(store.connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_what_arrives_is_kept_byte_for_byte_with_where_it_came_from(store: Store) -> None:
    kept = arrives(store, b"\x00<Order/>\xff")
    row = queries.document(store, kept.document_ids[0])
    assert kept.new
    assert row is not None
    assert (row.payload, row.connection, row.locator, row.name, row.sender, row.state) == (
        b"\x00<Order/>\xff",
        "metal-works",
        "/order/a.xml",
        "a.xml",
        "buyer@x.example",
        "fetched",
    )
    assert row.sha256 == hashlib.sha256(row.payload).hexdigest()
    assert unapplied(store) == list(kept.document_ids)


def test_a_round_that_crashed_before_archiving_sees_the_same_arrival_again_and_it_is_no_news(store: Store) -> None:
    first, again = arrives(store, b"A", b"B"), arrives(store, b"A", b"B")
    assert not again.new
    assert again.document_ids == first.document_ids
    assert (count(store, "arrivals"), count(store, "documents")) == (1, 2)


def test_a_file_replaced_under_the_same_name_is_news_and_so_is_the_first_one_when_it_comes_back(store: Store) -> None:
    kept = [arrives(store, payload) for payload in (b"A", b"B", b"A", b"A")]
    assert [one.new for one in kept] == [True, True, True, False]
    assert (count(store, "arrivals"), count(store, "documents"), count(store, "payloads")) == (3, 3, 2)


def test_the_same_bytes_at_the_same_place_are_news_once_the_channel_had_archived_the_first(store: Store) -> None:
    first = arrives(store, b"A")
    gone(store, [first.arrival_id], NOW + timedelta(seconds=1))
    again = arrives(store, b"A")
    assert again.new
    assert again.document_ids != first.document_ids
    assert count(store, "payloads") == 1


def test_the_same_bytes_at_another_place_are_another_arrival(store: Store) -> None:
    assert arrives(store, b"A", locator="/order/1.xml").new
    assert arrives(store, b"A", locator="/order/2.xml").new
    assert count(store, "payloads") == 1


def test_an_arrival_without_a_document_is_kept_too(store: Store) -> None:
    assert arrives(store).document_ids == ()
    assert not arrives(store).new


def test_a_document_with_a_problem_goes_to_quarantine_unread(store: Store) -> None:
    arrives(store, b"MZ", problem="sent by a stranger")
    [row] = queries.quarantine(store)
    assert (row.reason, row.remedy, row.name, row.size) == ("sent by a stranger", "ask again", "a.xml", 2)
    assert queries.quarantine_count(store) == 1
    assert unapplied(store) == []


def test_arrivals_of_one_round_are_kept_together_or_not_at_all(store: Store) -> None:
    pages = store.connection.execute("PRAGMA page_count").fetchone()[0]
    store.connection.execute(f"PRAGMA max_page_count = {pages + 2}")
    small = Incoming("a", "1", "f1", (IncomingDocument("1", b"x"),))
    large = Incoming("a", "2", "f2", (IncomingDocument("2", b"x" * 1_000_000),))
    with pytest.raises(Exception, match="disk is full"):
        keep(store, [small, large], NOW)
    assert (count(store, "arrivals"), count(store, "documents"), count(store, "payloads")) == (0, 0, 0)
