"""Keys that arrive together, as they do over a slow line, lead to what they would lead to one by one."""

from __future__ import annotations

from textual import events

from core.store.queries import load
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample, now
from tui.inbox import InboxScreen


def together(desk: Driver, *keys: str) -> None:
    """All of them, before the desk has done anything about the first."""
    for key in keys:
        named = {"/": "slash", "*": "asterisk", "-": "minus"}.get(key, key)
        desk.desk.post_message(events.Key(named, key if len(key) == 1 else None))


async def test_the_letters_of_a_search_decide_nothing(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "/", "c", "a", "b", "l", "e")
        await desk.sees("find cable: 0")
        loaded = load(orders.store, order_id, now())
        assert loaded is not None
        assert loaded.row.process_status == "Issued"


async def test_a_slip_is_taken_back_where_it_was_made(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Line ")
        await desk.press("e")
        await desk.sees("Other terms")
        together(desk, "ctrl+u", "1", "2", "0", "backspace", "backspace", "5", "0", "down", "ctrl+u", "9", "9")
        text = await desk.sees("[99 ")
        assert "[150 " in text


async def test_what_is_typed_after_enter_is_not_sent(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Line ")
        await desk.press("e")
        await desk.sees("Other terms")
        together(desk, "down", "ctrl+u", "9", "9", "enter", "0")
        await desk.sees("answered with other terms")
        loaded = load(orders.store, order_id, now())
        assert loaded is not None
        proposed = loaded.record.order.lines[0].proposed
        assert proposed is not None
        assert proposed.delivery_schedule[0].quantity == 99


async def test_nothing_is_decided_by_rows_that_belong_to_the_view_before(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "tab", "c", "*")
        await desk.sees("[Waiting for buyer 0]")
        await desk.until(lambda: isinstance(desk.desk.screen, InboxScreen) and not desk.desk.screen.rows().total)
        loaded = load(orders.store, order_id, now())
        assert loaded is not None
        assert loaded.row.process_status == "Issued"
        assert not desk.desk.marks
