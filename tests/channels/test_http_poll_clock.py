"""A platform whose clock is wrong, or ours: nothing is passed over, and it is told.

The manual has the platform's own `lastUpdatedAt` go back to it, and never our clock. Changes that come after a time in the
future are nothing that anybody hears of before it is there, so such a time is no place to ask from.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync.channels.platform_time import AHEAD, earliest, is_ahead, last_by_now
from sync.channels.poll_progress import BEGINNING
from tests.channels.places import PollPlace, poll_place
from tests.channels.rounds import payloads, take_in

NOW = dt.datetime(2026, 3, 4, 12, 0, tzinfo=dt.UTC)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[PollPlace]:
    with poll_place(tmp_path) as place:
        yield place


def at(**later: float) -> str:
    return (NOW + dt.timedelta(**later)).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def changes(place: PollPlace, number: str, time: str) -> bytes:
    """The order changed at that time, by the platform's clock."""
    payload = json.dumps({"id": number, "lastUpdatedAt": time}).encode()
    place.server.shelf.put(number, time, payload)
    return payload


def asked(place: PollPlace) -> list[object]:
    return [poll["filters"]["lastUpdatedAfter"] for poll in place.server.shelf.polls]  # type: ignore[index]


def doubt(place: PollPlace) -> str:
    return place.marks.ends[-1][0]


def test_a_change_after_the_clock_there_was_put_right_is_heard(place: PollPlace) -> None:
    """For a day its clock was in the next year."""
    changes(place, "PO-1", at(hours=-2))
    changes(place, "PO-2", at(days=365))
    take_in(place.channel(now=NOW))
    assert place.marks.mark == at(hours=-2)
    later = changes(place, "PO-3", at(minutes=1))
    assert later in payloads(take_in(place.channel(now=NOW + dt.timedelta(minutes=5))))


def test_it_is_told_what_is_wrong_where_it_goes_on_and_whom_to_ask(place: PollPlace) -> None:
    changes(place, "PO-1", at(hours=-2))
    changes(place, "PO-2", at(days=365))
    take_in(place.channel(now=NOW))
    assert doubt(place) == (
        f"http://127.0.0.1:{place.server.port} says that something changed at {at(days=365)}, which by this machine's clock"
        " is still to come: one of the two clocks is wrong. Nothing is lost, since each poll asks again for all that changed"
        f" after {at(hours=-2)}; ask the platform, and look at this machine's clock"
    )


def test_it_is_told_no_more_when_it_is_mended(place: PollPlace) -> None:
    changes(place, "PO-1", at(days=2))
    take_in(place.channel(now=NOW))
    assert doubt(place)
    changes(place, "PO-1", at(minutes=1))
    take_in(place.channel(now=NOW + dt.timedelta(minutes=5)))
    assert (doubt(place), place.marks.mark) == ("", at(minutes=1))


def test_nor_when_the_time_has_come(place: PollPlace) -> None:
    changes(place, "PO-1", at(days=2))
    take_in(place.channel(now=NOW))
    assert place.marks.written == []
    take_in(place.channel(now=NOW + dt.timedelta(days=2)))
    assert (doubt(place), place.marks.mark) == ("", at(days=2))


@pytest.mark.parametrize(
    ("minutes", "mark", "doubtful"), [(15, at(minutes=15), False), (16, at(hours=-1), True)], ids=["15", "16"]
)
def test_clocks_that_are_looked_after_differ_by_less_than_a_quarter_of_an_hour(
    place: PollPlace, minutes: int, mark: str, doubtful: bool
) -> None:
    changes(place, "PO-1", at(hours=-1))
    changes(place, "PO-2", at(minutes=minutes))
    take_in(place.channel(now=NOW))
    assert (place.marks.mark, bool(doubt(place))) == (mark, doubtful)


def test_where_all_times_are_to_come_each_poll_asks_for_all_of_it_again(place: PollPlace) -> None:
    place.marks.mark = at(hours=-3)
    left = [changes(place, f"PO-{n}", at(days=n)) for n in (1, 2, 3)]
    for _ in range(2):
        assert payloads(take_in(place.channel(now=NOW))) == left
    assert asked(place) == [at(hours=-3)] * 2
    assert (place.marks.mark, place.marks.written) == (at(hours=-3), [])
    assert f"all that changed after {at(hours=-3)}" in doubt(place)


def test_a_first_poll_of_which_nothing_can_be_true_says_that_it_asks_for_everything(place: PollPlace) -> None:
    changes(place, "PO-1", at(days=1))
    take_in(place.channel(now=NOW))
    assert "each poll asks again for everything;" in doubt(place)


@pytest.mark.parametrize("first", [None, at(days=-30)])
def test_a_mark_that_was_kept_from_such_a_time_is_no_place_to_begin(place: PollPlace, first: str | None) -> None:
    place.marks.mark = at(days=365)
    changes(place, "PO-0", at(days=-40))
    expected = [changes(place, "PO-1", at(days=-2)), changes(place, "PO-2", at(hours=-2))]
    settings: dict[str, Any] = {"since": first} if first else {}
    channel = place.channel(now=NOW, **settings)
    assert payloads(take_in(channel))[-2:] == expected
    assert asked(place) == [first or BEGINNING]
    assert place.marks.mark == at(hours=-2)
    assert at(days=365) in doubt(place)
    take_in(place.channel(now=NOW))
    assert doubt(place) == ""


def test_our_own_clock_that_stands_at_its_beginning_forgets_nothing(place: PollPlace) -> None:
    place.marks.mark = at(days=-1)
    changes(place, "PO-1", at(hours=-2))
    take_in(place.channel(now=dt.datetime(1970, 1, 1, tzinfo=dt.UTC)))
    assert (place.marks.mark, asked(place)) == (at(days=-1), [BEGINNING])
    assert "look at this machine's clock" in doubt(place)
    take_in(place.channel(now=NOW))
    assert (place.marks.mark, asked(place)[-1], doubt(place)) == (at(hours=-2), at(days=-1), "")


def test_a_mark_that_is_no_time_is_the_platforms_own_business(place: PollPlace) -> None:
    place.marks.mark = "00099999"
    place.server.shelf.put("PO-1", "00100000", b'{"id": "PO-1"}')
    take_in(place.channel(now=NOW))
    assert (asked(place), place.marks.mark, doubt(place)) == (["00099999"], "00100000", "")


def test_check_begins_where_the_next_poll_does(place: PollPlace) -> None:
    place.marks.mark = at(days=365)
    changes(place, "PO-1", at(hours=-2))
    assert place.channel(now=NOW).check().endswith("1 waiting")


# What a time means


@pytest.mark.parametrize(
    ("said", "moment"),
    [
        ("2026-03-04T12:00:00.812Z", NOW),
        ("2026-03-04T12:00:00.123456789Z", NOW),
        ("2026-03-04T12:00Z", NOW),
        ("2026-03-04 12:00:00,5 z", NOW),
        (" 2026-03-04t12:00:00Z ", NOW),
        ("2026-03-04T14:00:00+02:00", NOW),
        ("2026-03-04T07:30:00-0430", NOW),
        ("2026-03-04T07:00:00-05", NOW),
        ("2026-03-05T02:00:00", NOW),  # on Kiritimati
        ("2026-03-04T12:00:60Z", NOW + dt.timedelta(seconds=59)),
        ("9999-12-31T23:59:59-12:00", dt.datetime.max.replace(tzinfo=dt.UTC)),
        ("12026-01-01T00:00:00Z", dt.datetime.max.replace(tzinfo=dt.UTC)),
    ],
)
def test_a_time_is_read_as_the_earliest_that_it_can_mean(said: str, moment: dt.datetime) -> None:
    assert earliest(said) == moment


@pytest.mark.parametrize(
    "said",
    ["", "now", "1772625600000", "2026-03-04", "2026-13-04T12:00:00Z", "2026-02-30T12:00:00Z", "2026-03-04T24:00:00Z",
     "2026-03-04T12:00:00Zulu", "0000-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "٢٠٢٦-03-04T12:00:00Z",
     "2026-03-04T12:00:00Z\n\n x", "Wed, 04 Mar 2026 12:00:00 GMT"],
)  # fmt: skip
def test_what_is_no_time_means_none(said: str) -> None:
    assert earliest(said) is None
    assert not is_ahead(said, NOW)


def test_what_is_ahead_is_ahead_of_our_clock_by_more_than_the_tolerance() -> None:
    assert not is_ahead("2026-03-04T12:15:00Z", NOW)
    assert is_ahead("2026-03-04T12:15:01Z", NOW)
    assert dt.timedelta(minutes=15) == AHEAD


def test_of_several_times_the_last_that_is_past_counts_however_it_is_written() -> None:
    times = ["2026-03-04T11:00:00Z", "2026-03-04T12:30:00+01:00", "2026-03-04T12:00:01Z", "yesterday"]
    assert last_by_now(times, NOW) == "2026-03-04T12:30:00+01:00"
    assert last_by_now(["2027-01-01T00:00:00Z", "soon"], NOW) is None
