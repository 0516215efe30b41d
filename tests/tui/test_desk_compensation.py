"""u after an answer has left: which message sets it right, line by line, and sending it."""

from __future__ import annotations

import datetime as dt

from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample
from tests.tui.test_desk_editors import CLEAR, line

LATER = dt.date(2026, 5, 4)


def reopened(orders: Sample) -> None:
    """Line 10 is agreed, and our request for another date has left; line 20 is confirmed."""
    orders.issue("PO1")
    orders.answer("PO1", "10")
    orders.answer("PO1", "20")
    orders.answer("PO1", "10", LATER)


async def all_orders(desk: Driver) -> None:
    await desk.press("shift+tab")
    await desk.sees("[All")
    await desk.sees("PO1")


async def test_a_request_that_left_is_withdrawn_when_confirmed(orders: Sample) -> None:
    reopened(orders)
    async with driven(orders) as desk:
        await all_orders(desk)
        await desk.press("u")
        text = await desk.sees("the answer has left; what would set it right")
        rows = text.splitlines()
        assert any(row.startswith("* line 10: our request to reopen it can be withdrawn") for row in rows)
        assert any(row.startswith("  line 20: it is confirmed, which can't be unsaid") for row in rows)
        assert orders.waiting() == []
        await desk.press("enter")
        await desk.sees("PO1 line 10 set right; leaves in 10 s, u takes it back")
        assert line(orders).process_status == "Confirmed"
        await desk.press("u")
        await desk.sees("PO1 taken back")
    assert line(orders).in_progress_status == "OpenSupplierReopenRequest"


async def test_escape_sends_nothing_and_a_line_can_be_left_out(orders: Sample) -> None:
    reopened(orders)
    async with driven(orders) as desk:
        await all_orders(desk)
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("u")
        await desk.sees("enter sends it for 1 line; it leaves in 10 s")
        await desk.press("space")
        await desk.sees("Nothing is chosen that could be sent")
        await desk.press("enter")
        await desk.sees("Not possible: nothing is chosen that could be sent")
        await desk.press("g", "j", "space")
        await desk.sees("Not possible: line 20: there is nothing to send for it")
        await desk.press("escape")
        await desk.sees("Order PO1")
    assert orders.waiting() == []


async def test_terms_that_are_asked_again_go_with_a_reason(orders: Sample) -> None:
    """Our proposal left, then our confirmation as requested: what was proposed can be asked again."""
    orders.issue("PO1", ("10",))
    orders.answer("PO1", "10", LATER)
    orders.answer("PO1", "10")
    async with driven(orders) as desk:
        await all_orders(desk)
        await desk.press("u")
        text = await desk.sees("what we proposed before can be asked again. (2026-05-04 120 @")
        assert "* line 10" in text
        await desk.press("enter")
        await desk.sees("Set right 1 line of PO1: why?")
        await desk.press(*"not on stock", "enter")
        await desk.sees("PO1 line 10 set right; leaves in 10 s")
    asked = line(orders)
    assert asked.in_progress_status == "OpenSupplierReopenRequest"
    assert asked.reason == "not on stock"
    assert asked.proposed is not None
    assert asked.proposed.delivery_schedule[0].date == LATER


async def test_a_change_while_it_is_looked_at_stops_it(orders: Sample) -> None:
    reopened(orders)
    async with driven(orders) as desk:
        await all_orders(desk)
        await desk.press("u")
        await desk.sees("enter sends it for 1 line")
        orders.issue("PO1", ("10",), due=dt.date(2026, 6, 1))
        await desk.press("enter")
        await desk.sees("Order PO1 is another than you saw")
    assert orders.waiting() == []


async def test_where_nothing_was_answered_there_is_nothing_to_take_back(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("u")
        await desk.sees("Not possible: PO1: nothing has been decided that could be taken back")


async def test_other_terms_after_a_confirmation_are_named_in_the_editor(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    orders.answer("PO1", "10")
    async with driven(orders) as desk:
        await all_orders(desk)
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("u")
        await desk.sees("Nothing is chosen that could be sent; e on the line of the order names other terms")
        await desk.press("q", "e")
        await desk.sees("agreed, our prediction: 2026-04-01 120")
        await desk.press(*CLEAR, *"2026-05-04")
        await desk.sees("our request for other terms waits for the buyer")
        await desk.press("enter")
        await desk.sees("PO1 line 10 answered with other terms")


async def test_goods_that_wait_to_be_told_are_no_answer_to_take_back(orders: Sample) -> None:
    reopened(orders)
    async with driven(orders) as desk:
        await all_orders(desk)
        await desk.press("s")
        await desk.sees("Shipped: order PO1")
        await desk.press("enter")
        await desk.sees("PO1 line 20 shipped")
        await desk.press("u")
        await desk.sees("* line 10: our request to reopen it can be withdrawn")


async def test_what_would_set_it_right_is_told_to_be_old_when_the_order_changes(orders: Sample) -> None:
    reopened(orders)
    async with driven(orders, size=(140, 30)) as desk:
        await all_orders(desk)
        await desk.press("u")
        await desk.sees("enter sends it for 1 line")
        orders.issue("PO1", ("10",), due=dt.date(2026, 6, 1))
        await desk.sees("what would set it right  (it has changed since; r reads it again)")
        await desk.press("r")
        await desk.sees(lambda text: "changed since" not in text and "enter sends it for 1 line" in text)
        await desk.press("enter")
        await desk.sees("PO1 line 10 set right; leaves in 10 s")
