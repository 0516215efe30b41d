"""What an editor says of the order and of what its fields lead to is so when enter is pressed."""

from __future__ import annotations

from pathlib import Path

from core.decisions import Outcome
from tests.tui.driving import Driver, driven
from tests.tui.orders import PAPER_MILL, Sample
from tests.tui.test_desk_editors import CLEAR, line
from tui.editors.form import FormScreen

OURS = "Leads to: P In progress (our proposal waits for the buyer)"
REOPENS = "Leads to: P In progress (our request for other terms waits for the buyer)"


def leaves(orders: Sample, number: str = "PO1") -> None:
    """What waits to be sent of it is sent."""
    for message in orders.book.preview(orders.order(number).id):
        assert message.outbox_id is not None
        assert orders.book.depart(message.outbox_id) is not None
        orders.book.delivered(message.outbox_id, Outcome.SENT)


async def confirmed_and_edited(desk: Driver, number: str = "PO1") -> str:
    await desk.press("enter")
    await desk.sees(f"Order {number}")
    await desk.press("c")
    await desk.sees("line 10 confirmed")
    await desk.press("e")
    text = await desk.sees("Nothing is changed yet.")
    await desk.press(*CLEAR, *"2027-03-01")
    return text


async def test_when_our_answer_leaves_the_same_fields_lead_elsewhere_and_that_is_told(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        text = await confirmed_and_edited(desk)
        assert "ours, not left: 2026-04-01 120" in text
        await desk.sees(OURS)
        leaves(orders)
        text = await desk.sees(REOPENS)
        assert "agreed, our prediction: 2026-04-01 120" in text
        assert "changed while you typed" not in text
        await desk.press("enter")
        await desk.sees("PO1 line 10 answered with other terms")
    assert line(orders).in_progress_status == "OpenSupplierReopenRequest"


async def test_an_answer_that_leaves_just_before_enter_takes_a_second_one(orders: Sample) -> None:
    order_id = orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await confirmed_and_edited(desk)
        await desk.sees(OURS)
        editor = desk.desk.screen
        assert isinstance(editor, FormScreen)
        leaves(orders)
        # Before the desk has looked at the store again.
        editor.action_do("send")
        await desk.sees("PO1: not sent, it leads to something else by now, see there; enter once more sends it")
        await desk.sees(REOPENS)
        assert line(orders).process_status == "Confirmed"
        [draft] = orders.book.drafts(order_id)
        assert draft.decided("10") is not None, "it is kept though it was not sent"
        await desk.press("enter")
        await desk.sees("PO1 line 10 answered with other terms")
    assert line(orders).in_progress_status == "OpenSupplierReopenRequest"


async def test_what_a_platform_takes_no_more_once_our_answer_is_there_is_told_as_refused(tmp_path: Path) -> None:
    orders = Sample(tmp_path, besides=PAPER_MILL)
    try:
        orders.issue("PC1", ("10",), connection="paper-mill", per=1)
        async with driven(orders) as desk:
            await confirmed_and_edited(desk, "PC1")
            await desk.sees("Leads to: ")
            leaves(orders, "PC1")
            text = await desk.sees("Refused: ")
            assert "Leads to" not in text
    finally:
        orders.store.close()


async def test_an_editor_of_an_order_that_is_marked_as_changed_says_so(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        orders.issue("PO1", ("10",), price="7.89")
        await desk.sees("! it has changed since; r reads it again")
        await desk.press("e")
        text = await desk.sees("! The order has changed since you saw it; what stands here would be refused.")
        assert "read the order again (r)" in " ".join(text.split())
        await desk.press(*CLEAR, *"2027-03-01")
        await desk.sees(lambda text: "[2027-03-01" in text and "Leads to" not in text)
