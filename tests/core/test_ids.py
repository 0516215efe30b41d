"""Identifiers sort by the time at which they were made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import RFC_4122, UUID

from core.ids import uuid7

NOON = datetime(2025, 3, 3, 12, 0, 0, 123000, tzinfo=UTC)


def test_an_id_is_a_uuid_of_version_7_that_holds_the_millisecond() -> None:
    made = UUID(uuid7(NOON, lambda size: b"\xff" * size))
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == int(NOON.timestamp() * 1000)
    assert str(made)[14:] == "7fff-bfff-ffffffffffff"


def test_ids_sort_by_time_whatever_the_randomness() -> None:
    early = uuid7(NOON, lambda size: b"\xff" * size)
    late = uuid7(NOON + timedelta(milliseconds=1), bytes)
    assert early < late


def test_ids_of_the_same_moment_differ() -> None:
    assert len({uuid7(NOON) for _ in range(1000)}) == 1000
