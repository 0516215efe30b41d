"""Working days and lead times, against a calendar on paper. March 2025: the 3rd is a Monday."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.calendar import LONGEST, Calendar, LeadTime, lead_time

WEEK = Calendar()
EASTER = Calendar(holidays=frozenset({dt.date(2025, 4, 18), dt.date(2025, 4, 21)}))
"""Good Friday and Easter Monday."""
GULF = Calendar(weekend=frozenset({4, 5}))
AT_NINE = dt.datetime(2025, 3, 3, 9, 0)  # noqa: DTZ001  (only its time of day counts)


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10 working days", LeadTime(10, True)),
        ("1 working day", LeadTime(1, True)),
        ("14 days", LeadTime(14, False)),
        ("2 weeks", LeadTime(14, False)),
        (" 0 days ", LeadTime(0, False)),
        ("3660 days", LeadTime(3660, False)),
    ],
)
def test_a_lead_time_is_read(text: str, expected: LeadTime) -> None:
    assert lead_time(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "10",
        "ten days",
        "-1 days",
        "1.5 days",
        "2 working weeks",
        "3661 days",
        "9999 weeks",
        "10 days or so",
        "１ day",
    ],
)
def test_what_is_no_lead_time_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"days|at most"):
        lead_time(text)


@pytest.mark.parametrize(
    ("calendar", "start", "lead", "earliest"),
    [
        (WEEK, "2025-03-03", "1 working day", "2025-03-04"),
        (WEEK, "2025-03-03", "5 working days", "2025-03-10"),
        (WEEK, "2025-03-07", "1 working day", "2025-03-10"),
        (WEEK, "2025-03-08", "0 working days", "2025-03-10"),
        (WEEK, "2025-03-03", "0 working days", "2025-03-03"),
        (WEEK, "2025-03-03", "5 days", "2025-03-08"),
        (WEEK, "2025-03-03", "2 weeks", "2025-03-17"),
        (EASTER, "2025-04-17", "1 working day", "2025-04-22"),
        (EASTER, "2025-04-15", "5 working days", "2025-04-24"),
        (GULF, "2025-03-06", "1 working day", "2025-03-09"),
    ],
)
def test_the_earliest_day_is_counted_on_the_calendar(calendar: Calendar, start: str, lead: str, earliest: str) -> None:
    assert calendar.earliest(day(start), lead_time(lead)) == day(earliest)


@pytest.mark.parametrize(
    ("today", "at", "first"),
    [
        ("2025-03-03", dt.time(13, 59, 59), "2025-03-03"),
        ("2025-03-03", dt.time(14, 0), "2025-03-04"),
        ("2025-03-07", dt.time(15, 0), "2025-03-10"),
        ("2025-03-08", dt.time(9, 0), "2025-03-10"),
    ],
)
def test_what_comes_late_or_on_a_day_off_counts_as_of_the_next_working_day(today: str, at: dt.time, first: str) -> None:
    calendar = Calendar(cutoff=dt.time(14))
    assert calendar.first_day(day(today), dt.datetime.combine(day(today), at)) == day(first)


def test_a_date_at_the_end_of_the_calendar_has_no_next_working_day() -> None:
    calendar = Calendar(weekend=frozenset({4, 5, 6}))  # 9999-12-31 is a Friday
    with pytest.raises(OverflowError):
        calendar.next_working(dt.date.max)
    with pytest.raises(OverflowError):
        calendar.earliest(dt.date.max, LeadTime(1, False))


weekends = st.frozensets(st.integers(0, 6), max_size=6)
days = st.dates(dt.date(2020, 1, 1), dt.date(2040, 1, 1))
calendars = st.builds(Calendar, weekends, st.frozensets(days, max_size=30))
leads = st.builds(LeadTime, st.integers(0, 60), st.booleans())


@given(calendars, days, st.integers(0, 40))
def test_a_lead_time_in_working_days_spans_that_many_of_them(calendar: Calendar, start: dt.date, count: int) -> None:
    start = calendar.next_working(start)
    earliest = calendar.earliest(start, LeadTime(count, True))
    assert calendar.works(earliest)
    between = [start + dt.timedelta(days=n) for n in range(1, (earliest - start).days + 1)]
    assert sum(calendar.works(one) for one in between) == count


@given(calendars, days, leads)
def test_a_later_start_or_a_longer_lead_time_is_never_earlier(
    calendar: Calendar, start: dt.date, lead: LeadTime
) -> None:
    earliest = calendar.earliest(start, lead)
    assert earliest >= start
    assert calendar.earliest(start + dt.timedelta(days=1), lead) >= earliest
    assert calendar.earliest(start, LeadTime(lead.days + 1, lead.working)) > earliest


@given(calendars, days)
def test_the_next_working_day_is_the_first_one_from_there_on(calendar: Calendar, start: dt.date) -> None:
    found = calendar.next_working(start)
    assert calendar.works(found)
    assert not any(calendar.works(start + dt.timedelta(days=n)) for n in range((found - start).days))


def test_the_longest_lead_time_is_counted_in_no_time_to_speak_of() -> None:
    assert WEEK.earliest(day("2025-03-03"), LeadTime(LONGEST, True)) == day("2039-03-14")
