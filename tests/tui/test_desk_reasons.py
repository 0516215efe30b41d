"""A reason that was typed is not lost, whatever happens to the order or to the terminal meanwhile."""

from __future__ import annotations

from core.decisions import Act
from tests.tui.driving import driven
from tests.tui.orders import Sample


async def test_the_reason_of_a_no_that_a_change_has_overtaken_is_there_again(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10", "20"))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"Not in stock")
        orders.issue("PO1", ("10", "20"), price="7.89")
        await desk.sees("It has changed since: enter is refused, what you type is kept")
        await desk.press("enter")
        await desk.sees("Order PO1 is another than you saw")
        await desk.press("q")
        await desk.sees("your unsent answer: reject (Not in stock); x opens it")
        [draft] = orders.book.drafts(order_id)
        assert draft.positions == ("10",)
        await desk.press("x")
        text = await desk.sees("Typed before and not taken; type over it, or end goes on with it")
        assert "Not in stock" in text
        await desk.press("enter")
        await desk.sees("PO1 line 10 rejected")
        await desk.until(lambda: not orders.book.drafts(order_id))
        await desk.press("j", "x")
        assert "Typed before" not in await desk.sees("Reject line 20 of PO1: why?")


async def test_what_is_typed_takes_the_place_of_the_reason_before(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"gone", "escape")
        await desk.sees("To answer 1")
        await desk.press("x")
        await desk.sees("Typed before")
        await desk.press(*"sold", "enter")
        await desk.sees("PO1 rejected")
    assert orders.order("PO1").process_status == "Rejected"


async def test_a_half_typed_reason_is_kept_when_the_terminal_goes(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10", "20"))
    async with driven(orders) as desk:
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"Not in st")
        desk.desk.exit(return_code=129)
    [draft] = orders.book.drafts(order_id)
    said = [draft.decided(position) for position in ("10", "20")]
    assert [(one.act, one.reason) for one in said if one is not None] == [(Act.DISAGREE, "Not in st")] * 2
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("your unsent answer: reject (Not in st)")
        await desk.press("x")
        await desk.sees("Typed before")


async def test_other_terms_that_are_a_draft_are_not_lost_to_a_reason(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("e")
        await desk.sees("Other terms")
        await desk.press("end", "ctrl+u", *"2027-03-01", "escape")
        await desk.sees("your unsent answer: other terms 2027-03-01")
        await desk.press("x")
        await desk.sees("why?")
        await desk.press(*"gone")
        orders.issue("PO1", ("10",), price="7.89")
        await desk.press("enter")
        await desk.sees("Order PO1 is another than you saw")
        await desk.press("q")
        await desk.sees("your unsent answer: other terms 2027-03-01")
        await desk.press("x")
        assert "gone" in await desk.sees("Typed before")
