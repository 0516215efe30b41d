"""What is typed and pasted into fields: nothing is cut in silence, and an order that changes meanwhile is told at once."""

from __future__ import annotations

import datetime as dt

from textual.events import Paste

from tests.tui.driving import Driver, driven
from tests.tui.orders import MORNING, Sample
from tui.field import as_one_line


async def paste(desk: Driver, text: str) -> None:
    focused = desk.desk.focused
    assert focused is not None
    focused.post_message(Paste(text))
    await desk.pilot.pause()


async def test_a_reason_of_ten_thousand_characters_is_cut_with_a_word(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await paste(desk, "sold " * 2000)
        await desk.sees("Only the first 500 of 9,999 pasted characters have room here")
        await desk.press("z")
        await desk.sees("There is room for 500 characters here, and no more")
        await desk.press("enter")
        await desk.sees("PO1 rejected")
    assert len(orders.order("PO1").number) == 3


async def test_lines_that_are_pasted_become_one_line(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await paste(desk, "sold out\r\n\tuntil \x1b[31mMay\u202e\n")
        await desk.sees("sold out until [31mMay")
        await desk.press("enter")
        await desk.sees("PO1 rejected")
    (waiting,) = orders.book.preview(orders.order("PO1").id)
    assert waiting.payload is not None
    assert b"sold out until [31mMay" in waiting.payload


def test_what_is_pasted_into_a_field_is_fit_for_it() -> None:
    assert as_one_line(" a\tb\r\n\r\nc \x07\u200b") == "a b c "
    assert as_one_line("") == ""


async def test_what_is_pasted_takes_the_place_of_what_is_selected(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"gone", "shift+left", "shift+left")
        await paste(desk, "ne away")
        await desk.sees("gone away")


async def test_where_something_can_be_typed_is_seen_without_colours(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, size=(80, 24)) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e")
        text = await desk.sees("Nothing is changed yet.")
        assert "or gross, discount %  [            ] [            ]" in text
        assert "delivery 1 [1]        [2026-04-01  ] [120         ] requested 2026-04-01 120" in text
        assert "stands at 78.90 EUR" in text
        assert "stands at 100 MTR" in text


async def test_an_order_that_changes_under_an_editor_is_told_there_and_what_was_typed_is_kept(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e")
        await desk.sees("Nothing is changed yet.")
        await desk.press("end", "backspace", "9")
        await desk.sees("Leads to: P In progress")
        orders.issue("PO1", price="7.89")
        text = await desk.sees("! The order changed while you typed; what stands here would be refused.")
        assert "It is kept as your draft: leave (esc), read the order again (r)" in " ".join(text.split())
        assert "Leads to" not in text
        await desk.press("enter")
        await desk.sees("Order PO1 is another than you saw")
        await desk.press("q")
        await desk.sees("your unsent answer: other terms 2026-04-09 120")


async def test_what_only_left_meanwhile_is_no_change_to_an_editor(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10", "20"))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("c")
        await desk.sees("line 10 confirmed")
        await desk.press("j", "e")
        await desk.sees("Nothing is changed yet.")
        for message in orders.book.preview(order_id):
            assert message.outbox_id is not None
            assert orders.book.depart(message.outbox_id) is not None
        await desk.press("end", "backspace", "9")
        text = await desk.sees("Leads to: P In progress")
        assert "changed while you typed" not in text


async def test_a_day_that_is_over_is_told(orders: Sample) -> None:
    orders.issue("PO1", due=dt.date(2026, 4, 1))
    async with driven(orders, clock=lambda: MORNING) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e", "end", "ctrl+u", *"2026-03-01")
        await desk.sees("Leads to: P In progress (our proposal waits for the buyer); look: 2026-03-01 is past")
        await desk.press("end", "backspace", "2")
        await desk.sees(lambda text: "Leads to: P In progress" in text and "past" not in text)


async def test_a_sentence_that_is_wider_than_the_screen_is_not_cut(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, size=(80, 24)) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e", "end", "v")
        text = await desk.sees("is no date")
        assert "write it like 2026-12-01, or ? while it isn't known" in " ".join(text.split())


async def test_a_format_without_gross_prices_leaves_an_untouched_line_untouched(orders: Sample) -> None:
    """The fields that are not offered counted as changed, and enter sent an answer that nobody had typed."""
    orders.issue("H1", ("10",), connection="city-hospital", per=1)
    async with driven(orders, size=(80, 24)) as desk:
        await desk.press("enter")
        await desk.sees("Order H1")
        await desk.press("e")
        text = await desk.sees("Nothing is changed yet.")
        assert "gross" not in text
        await desk.press("enter")
        await desk.sees(lambda text: text.count("Nothing is changed yet.") == 2)
    assert orders.waiting() == []
