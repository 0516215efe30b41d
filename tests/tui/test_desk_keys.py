"""Keys that arrive together, as they do over a slow line, lead to what they would lead to one by one."""

from __future__ import annotations

import pytest
from textual import events
from textual.widgets import Input

from core.store.queries import load
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample, now
from tui.inbox import InboxScreen
from tui.order_screen import OrderScreen


def together(desk: Driver, *keys: str) -> None:
    """All of them, before the desk has done anything about the first."""
    for key in keys:
        named = {"/": "slash", "*": "asterisk", "-": "minus", " ": "space"}.get(key, key)
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


@pytest.mark.parametrize("screens", [(), ("enter",)], ids=["inbox", "order"])
async def test_what_is_typed_behind_x_is_the_reason(orders: Sample, screens: tuple[str, ...]) -> None:
    orders.issue("PO1", ("10",))
    orders.issue("PO2", ("10",))
    async with driven(orders) as desk:
        together(desk, *screens, "x", *"jack can q c", "enter", "j")
        await desk.sees("rejected; leaves in 10 s")
    rejected = next(number for number in ("PO1", "PO2") if orders.order(number).process_status == "Rejected")
    loaded = load(orders.store, orders.order(rejected).id, now())
    assert loaded is not None
    assert loaded.record.order.lines[0].reason == "jack can q c"
    assert len(orders.waiting()) == 1


async def test_what_is_typed_behind_e_is_typed_in_the_editor_and_moves_nothing_behind_it(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "enter", "e", "down", "ctrl+u", "9", "9", "enter", "j")
        await desk.sees("PO1 line 10 answered with other terms")
    loaded = load(orders.store, order_id, now())
    assert loaded is not None
    assert [line.proposed is None for line in loaded.record.order.lines] == [False, True]
    proposed = loaded.record.order.lines[0].proposed
    assert proposed is not None
    assert proposed.delivery_schedule[0].quantity == 99


async def test_where_no_screen_opens_what_was_typed_for_it_does_nothing(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    orders.store.connection.execute("UPDATE orders SET body = '{' WHERE id = ?", (order_id,))
    async with driven(orders) as desk:
        together(desk, "enter", "x")
        await desk.sees("is damaged")
        await desk.until(lambda: not desk.desk.workers)
        assert isinstance(desk.desk.screen, InboxScreen)


async def test_the_letters_of_a_reason_for_what_can_not_be_rejected_are_no_keys(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    orders.answer("PO1", "10")
    async with driven(orders) as desk:
        await desk.press("shift+tab")
        await desk.sees("C Confirmed")
        await desk.press("enter")
        await desk.sees("Order PO1")
        together(desk, "x", *"sold out", "enter")
        await desk.sees("Not possible: ")
        await desk.until(lambda: not desk.desk.workers)
        assert isinstance(desk.desk.screen, OrderScreen)
    assert orders.waiting() == []


async def test_the_digits_behind_a_split_are_those_of_the_new_delivery(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        together(desk, "enter", "e", "ctrl+n", *"2026-05-04", "down", "7")
        text = await desk.sees("[7 ")
        assert any("[2026-05-04 " in row and "[7 " in row for row in text.splitlines())
        assert "[2026-04-01 " in text


async def test_what_is_typed_behind_the_palette_is_looked_for_there(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "ctrl+p", *"timeline")
        await desk.until(lambda: any(one.value == "timeline" for one in desk.desk.screen.query(Input)))
    assert orders.waiting() == []


async def test_what_is_typed_behind_a_search_is_no_part_of_it(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "/", *"cable", "enter", "j", "k")
        await desk.sees("find cable: 0")


async def test_a_key_that_means_nothing_on_a_screen_means_nothing_on_the_one_that_comes_behind_it(
    orders: Sample,
) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("t")
        await desk.sees("Timeline")
        together(desk, "c", "q")
        await desk.until(lambda: isinstance(desk.desk.screen, InboxScreen))
        await desk.press("j")
        await desk.until(lambda: not desk.desk.workers)
    assert orders.order("PO1").process_status == "Issued"


async def test_what_is_pasted_stands_before_what_is_typed_behind_it(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        desk.desk.post_message(events.Paste("sold"))
        together(desk, *" out", "enter")
        await desk.sees("rejected; leaves in 10 s")
    loaded = load(orders.store, orders.order("PO1").id, now())
    assert loaded is not None
    assert loaded.record.order.lines[0].reason == "sold out"


async def test_the_letters_of_a_search_stay_letters_when_the_terminal_says_that_it_lost_the_focus(
    orders: Sample,
) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("slash")
        desk.desk.post_message(events.AppBlur())
        together(desk, *"cable")
        await desk.sees("find cable: 0")
    assert orders.order("PO1").process_status == "Issued"


async def test_enter_in_the_palette_takes_what_was_typed_before_it_and_what_is_typed_behind_goes_where_that_leads(
    orders: Sample,
) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        together(desk, "ctrl+p", *"reject", "enter", *"jack can q c", "enter")
        await desk.sees("rejected; leaves in 10 s")
    loaded = load(orders.store, orders.order("PO1").id, now())
    assert loaded is not None
    assert loaded.record.order.lines[0].reason == "jack can q c"


async def test_where_the_palette_finds_nothing_enter_does_nothing_and_it_is_left_as_ever(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "ctrl+p", *"zzz", "enter", "c", "escape", "escape", "tab")
        await desk.sees("[Waiting for buyer 0]")
    assert orders.order("PO1").process_status == "Issued"


async def test_a_split_asked_for_in_the_palette_is_typed_in_too(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        together(desk, "enter", "e", "ctrl+p", *"split", "enter", *"2026-05-04")
        await desk.sees("delivery 2 (ours)")
        text = await desk.sees("[2026-05-04 ")
        assert "[2026-04-01 " in text


async def test_what_came_of_an_answer_is_told_though_escape_came_right_behind_it(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        together(desk, "enter", "e", "down", "ctrl+u", "9", "9", "enter", "escape")
        await desk.sees("PO1 line 10 answered with other terms")
