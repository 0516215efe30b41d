"""What must not end the desk: a key typed twice, an order that can't be read, a window that is too small."""

from __future__ import annotations

import asyncio
import re
import threading

import pytest
from rich.cells import cell_len
from textual.widgets import Input

from tests.tui.driving import PATIENCE, driven
from tests.tui.orders import Sample


def damage(orders: Sample, number: str) -> None:
    """The order's body is no order any more; what lists show of it is as it was."""
    with orders.store.writing() as connection:
        connection.execute("UPDATE orders SET body = '{' WHERE number = ?", (number,))


# Keys typed ahead


async def test_enter_twice_rejects_once_and_the_desk_goes_on(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"gone", "enter", "enter")
        # The second may be taken by the inbox already, and opens the order there.
        await desk.sees(lambda text: "PO1 rejected" in text or "Order PO1" in text)
    assert orders.order("PO1").process_status == "Rejected"


async def test_a_reason_that_is_sent_twice_at_once_is_taken_once(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        line = desk.desk.screen.query_one(Input)
        line.value = "gone"
        for _ in range(2):
            await line.action_submit()
        await desk.sees("PO1 rejected; leaves in 10 s")
    assert len(orders.waiting()) == 1


async def test_escape_twice_leaves_the_question_and_nothing_else(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("x")
        await desk.sees("why?")
        await desk.press("escape", "escape")
        await desk.sees(lambda text: "why?" not in text)
    assert orders.order("PO1").process_status == "Issued"


async def test_a_screen_is_left_once(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        order = desk.desk.screen
        await desk.press("t")
        await desk.sees("Timeline of order PO1")
        timeline = desk.desk.screen
        for screen in (order, timeline, timeline, timeline):  # keys that were on their way when the screen had gone
            screen.action_do("back")  # type: ignore[attr-defined]
        await desk.sees("requested")
        assert desk.desk.screen is order


async def test_enter_twice_opens_an_order_once(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        for _ in range(2):
            desk.desk.open_order(orders.order("PO1").id)
        await desk.sees("Order PO1")
        await desk.press("q")
        await desk.sees("To answer 1")


async def test_what_the_store_answers_after_the_end_is_not_shown(orders: Sample) -> None:
    orders.issue("PO1")
    gate = threading.Event()
    async with driven(orders) as desk:
        app = desk.desk
        order_id = orders.order("PO1").id
        orders.issue("PO2")
        app.reading.ask(lambda _: gate.wait(PATIENCE))  # the store is slow
        late = [asyncio.ensure_future(each) for each in (app._look(), app._open_order(order_id))]
        await asyncio.sleep(0)  # asked now; nobody ends them with the desk, as a worker may not be in time
        app.exit(return_code=0)
    gate.set()
    await asyncio.wait_for(asyncio.gather(*late), PATIENCE)
    assert app.crashed is None


# What can't be read


@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
async def test_a_damaged_order_is_told_and_the_others_are_answered(orders: Sample, wide: bool) -> None:
    orders.issue("BAD")
    orders.issue("GOOD")
    damage(orders, "BAD")
    async with driven(orders, size=(140 if wide else 110, 30)) as desk:
        await desk.sees("BAD")
        if wide:
            await desk.sees("is damaged")
        for key in ("enter", "v", "c", "enter"):
            await desk.press("j", "k")
            await desk.press(key)
            await desk.sees("is damaged")
        await desk.press("j")
        await desk.press("c")
        await desk.sees("GOOD confirmed")
    assert orders.order("BAD").process_status == "Issued"
    assert orders.order("GOOD").process_status == "Confirmed"


async def test_an_order_that_is_damaged_while_it_is_open_is_told(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        damage(orders, "PO1")
        await desk.press("r")
        await desk.sees("is damaged")
        await desk.press("v")
        await desk.press("q")
        await desk.sees("To answer 1")


async def test_a_damaged_store_is_told_and_no_view_shows_another_s_orders(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.sees("PO1")
        damage_pages(orders)
        await desk.press("shift+tab")
        text = await desk.sees(lambda text: "damaged" in text)
        assert "PO1" not in text


def damage_pages(orders: Sample) -> None:
    """Every page behind the first is noise."""
    orders.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path = orders.settings.store_path
    with path.open("r+b") as file:
        size = path.stat().st_size
        file.seek(4096)
        file.write(b"\xa5" * (size - 4096))


async def test_in_a_bulk_a_damaged_order_is_refused_and_the_others_go_on(orders: Sample) -> None:
    for number in ("GOOD1", "BAD", "GOOD2"):
        orders.issue(number)
    damage(orders, "BAD")
    async with driven(orders) as desk:
        await desk.press("*", "c")
        await desk.sees("3 orders")
        await desk.press("enter")
        text = await desk.sees("2 confirmed, 1 refused")
        assert re.search(r"refused  #\d+: .*is damaged", text)
        assert set(desk.desk.marks) == {orders.order("BAD").id}


# The room there is


async def test_wide_characters_leave_the_columns_where_they_are(orders: Sample) -> None:
    orders.issue("PO1", ("10",), buyer="Metal Works", item="Plate")
    orders.issue("订单钢板二", ("10",), buyer="北京钢铁有限公司", item="钢板")
    async with driven(orders) as desk:
        rows = [row for row in (await desk.sees("订单")).splitlines() if "2026-04-01" in row]
        assert len({cell_len(row[: row.index("2026-04-01")]) for row in rows}) == 1
        heads = next(row for row in desk.text.splitlines() if "status" in row)
        assert cell_len(rows[1][: rows[1].index("北京")]) == heads.index("buyer")
        await desk.press("j", "enter")
        text = await desk.sees("Order 订单钢板二")
        heads = next(row for row in text.splitlines() if "requested" in row)
        row = next(row for row in text.splitlines() if "I Issued" in row and "2026-04-01" in row)
        assert cell_len(row[: row.index("2026-04-01")]) == heads.index("requested")


async def test_marks_of_wide_positions_keep_an_order_s_columns(orders: Sample) -> None:
    orders.issue("PO1", ("一二", "10"))
    async with driven(orders) as desk:
        await desk.press("enter")
        text = await desk.sees("Order PO1")
        rows = [row for row in text.splitlines() if "I Issued" in row and "2026-04-01" in row]
        assert len({cell_len(row[: row.index("2026-04-01")]) for row in rows}) == 1
        assert len(rows) == 2


@pytest.mark.parametrize("size", [(72, 24), (40, 10), (30, 10), (20, 5), (12, 3)])
async def test_the_reason_can_be_written_in_any_window(orders: Sample, size: tuple[int, int]) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await desk.pilot.resize_terminal(*size)
        line = desk.desk.screen.query_one(Input)
        await desk.until(lambda: desk.desk.screen.size == size and desk.desk.screen.region.contains_region(line.region))
        await desk.press(*"sold")
        await desk.sees("sold")
        await desk.press("enter")
        await desk.until(lambda: orders.order("PO1").process_status == "Rejected")


@pytest.mark.parametrize("size", [(39, 24), (110, 9), (10, 3)])
async def test_a_window_that_is_too_small_says_so_and_decides_nothing(orders: Sample, size: tuple[int, int]) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("slash")
        await desk.pilot.resize_terminal(*size)
        await desk.sees(lambda text: text.strip().startswith("make"))
        assert "PO1" not in desk.text
        await desk.pilot.resize_terminal(40, 10)
        await desk.sees("PO1")
        await desk.press("P", "O")
        assert desk.desk.screen.query_one(Input).value == "PO"
        await desk.press("enter")
        await desk.pilot.resize_terminal(*size)
        await desk.press("c", "enter")
        await desk.pilot.resize_terminal(110, 30)
        await desk.sees("I Issued")
    assert orders.order("PO1").process_status == "Issued"
