"""Until when our answers are due stands on the desk, in letters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.tasks import first_due
from tests.tui.driving import driven
from tests.tui.orders import MORNING, Sample, sample
from tui.task_words import soonest

TUESDAY = MORNING + dt.timedelta(days=1)


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Sample]:
    """Orders that came on Monday the second of March; it is looked at on the next morning, which doesn't go on."""
    with sample(tmp_path, clock=lambda: MORNING) as orders:
        orders.issue("PAST", due=dt.date(2026, 3, 2))
        orders.issue("SOON", due=dt.date(2026, 3, 4))
        orders.issue("LATER", due=dt.date(2026, 3, 6))
        orders.issue("WAITS", ("10",), due=dt.date(2026, 3, 4))
        orders.answer("WAITS", "10", dt.date(2026, 3, 5))
        yield orders


def test_the_first_of_our_answers_is_due_on_the_morning_of_the_first_delivery(still: Sample) -> None:
    ids = {number: still.order(number).id for number in ("PAST", "SOON", "LATER", "WAITS")}
    due = first_due(still.store, [*ids.values(), 999])
    assert due[ids["SOON"]].startswith("2026-03-03T23:00")  # midnight in Amsterdam
    assert set(due) == {ids["PAST"], ids["SOON"], ids["LATER"]}


async def test_the_inbox_marks_what_is_due_within_a_day_or_late(still: Sample) -> None:
    async with driven(still, clock=lambda: TUESDAY) as desk:
        await desk.press("shift+tab")
        text = await desk.sees(lambda text: "[All" in text and "overdue" in text)
        marks = {row[16:34].strip(): row for row in text.splitlines() if "Metal Works" in row}
        assert "overdue" in marks["PAST"]
        assert " due " in marks["SOON"]
        assert "due" not in marks["LATER"]
        assert "due" not in marks["WAITS"]


async def test_the_order_says_by_when_and_for_which_lines(still: Sample) -> None:
    async with driven(still, clock=lambda: TUESDAY) as desk:
        await desk.press("enter")
        await desk.sees(lambda text: "to do: answer by 2026-03-0" in text and "(overdue): line 10, 20" in text)
        await desk.press("c")
        await desk.sees("(overdue): line 20")
        await desk.press("j", "c")
        await desk.sees(lambda text: "to do" not in text)


def test_where_there_is_little_room_it_is_told_how_many_dates_more_there_are() -> None:
    facts = [("to do", f"answer by 2026-03-0{day} 00:00: line {day}") for day in range(1, 6)]
    assert soonest(facts) == [*facts[:2], ("then", "3 more")]
    assert soonest(facts[:2]) == facts[:2]


async def test_what_waits_for_the_buyer_is_told_beside_the_inbox(still: Sample) -> None:
    async with driven(still, size=(150, 30), clock=lambda: TUESDAY) as desk:
        await desk.press("tab")
        await desk.sees("waiting: the buyer decides by")
