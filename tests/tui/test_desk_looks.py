"""How the desk looks. After a change that is meant: `pytest tests/tui/test_desk_looks.py --snapshot-update`, then look."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from core.decisions import Act, Decision, LineDecision
from tests.tui.driving import Driver
from tests.tui.orders import MORNING, Sample, sample
from tui.app import Desk

Steps = Callable[[Driver], Awaitable[None]]


class Compare(Protocol):
    def __call__(
        self, app: Desk, *, terminal_size: tuple[int, int], run_before: Callable[[Pilot[None]], Awaitable[None]]
    ) -> bool: ...


@pytest.fixture
def still(tmp_path: Path) -> Iterator[Sample]:
    """A few orders of two buyers, on a morning that doesn't go on."""
    with sample(tmp_path, clock=lambda: MORNING) as orders:
        orders.issue("PO45001", ("10", "20", "30"))
        orders.issue("PO45018", due=dt.date(2026, 3, 20), item="Hexagon bolt M12 × 60", price="23.5")
        orders.issue("H-26-4100", ("1",), connection="city-hospital", buyer="City Hospital", item="Gloves, size M")
        orders.issue("PO[/b]\x1b[2J\u202e7", buyer="Evil \x9bCo", due=dt.date(2026, 5, 1))
        orders.unreadable("cut-off.xml", b"<Order")
        yield orders


def looks(compare: Compare, orders: Sample, steps: Steps, size: tuple[int, int] = (110, 24)) -> bool:
    desk = Desk(orders.settings, clock=lambda: MORNING, new_id=orders.new_id, actor="alice")

    async def run_before(pilot: Pilot[None]) -> None:
        driver = Driver(desk, pilot)
        await driver.sees("unsent")
        await steps(driver)
        for field in desk.screen.query(Input):
            field.cursor_blink = False  # else the picture depends on the moment
        await asyncio.sleep(0)

    return compare(desk, terminal_size=size, run_before=run_before)


def test_the_inbox_with_two_marked(snap_compare: Compare, still: Sample) -> None:
    async def steps(desk: Driver) -> None:
        await desk.press("c")
        await desk.sees("leaves soon")
        await desk.press("j", "space", "space")
        await desk.sees("2 marked")

    assert looks(snap_compare, still, steps)


def test_the_inbox_on_a_wide_terminal(snap_compare: Compare, still: Sample) -> None:
    async def steps(desk: Driver) -> None:
        await desk.press("j")
        await desk.sees("received 2026-03-02 09:30")

    assert looks(snap_compare, still, steps, (140, 24))


def test_an_order_with_one_line_confirmed(snap_compare: Compare, still: Sample) -> None:
    async def steps(desk: Driver) -> None:
        await desk.press("j", "enter")
        await desk.sees("Order PO45001")
        await desk.press("c")
        await desk.sees("answer: leaves soon")

    assert looks(snap_compare, still, steps)


def test_the_summary_before_many_are_confirmed(snap_compare: Compare, still: Sample) -> None:
    async def steps(desk: Driver) -> None:
        await desk.press("*", "c")
        await desk.sees("Press enter to go")

    assert looks(snap_compare, still, steps)


def test_three_sides_of_a_line_that_the_buyer_changed_after_our_answer(snap_compare: Compare, still: Sample) -> None:
    order_id = still.order("PO45001").id
    answer = Decision(
        id="rejected", at=MORNING, lines=(LineDecision(position="20", act=Act.REJECT, reason="sold out until May"),)
    )
    still.book.change(order_id, answer, "alice")
    still.issue("PO45001", ("20",), due=dt.date(2026, 5, 1), price="75")

    async def steps(desk: Driver) -> None:
        await desk.press("j", "enter")
        await desk.sees("1 line changed after our answer")
        await desk.press("d")
        await desk.sees("your unsent answer")

    assert looks(snap_compare, still, steps)


def test_other_terms_with_a_delivery_split_off(snap_compare: Compare, still: Sample) -> None:
    async def steps(desk: Driver) -> None:
        await desk.press("j", "enter")
        await desk.sees("Order PO45001")
        await desk.press("e")
        await desk.sees("Nothing is changed yet.")
        await desk.press("down", "end", "ctrl+u", *"100", "ctrl+n")
        await desk.sees("delivery 2 (ours)")
        await desk.press(*"2026-05-04", "down", *"20")
        await desk.sees("Leads to: P In progress")

    assert looks(snap_compare, still, steps)


def test_how_much_is_shipped(snap_compare: Compare, still: Sample) -> None:
    still.answer("PO45001", "10")
    still.answer("PO45001", "30")

    async def steps(desk: Driver) -> None:
        await desk.press("j", "enter")
        await desk.sees("Order PO45001")
        await desk.press("s")
        await desk.sees("that can't be taken back")

    assert looks(snap_compare, still, steps)
