"""A line that the buyer completed, at the desk: what can still be told of it is offered, and no answer is."""

from __future__ import annotations

import json

import pytest

from core.decisions import Act, Decision, LineDecision
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import OrderKey
from core.store.queries import load
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample


def complete(orders: Sample, number: str = "PO1", act: BuyerAct = BuyerAct.COMPLETE) -> None:
    """The buyer completes line 10, or reverts that."""
    key = OrderKey(connection="metal-works", buyer="buyer of metal-works", number=number)
    message = Message(key=key, lines=(LineMessage(position="10", acts=(act,)),))
    orders.book.change(key, Received(id=orders.new_id(), at=orders.clock(), message=message), "metal-works")


def status(orders: Sample) -> str:
    found = load(orders.store, orders.order("PO1").id, orders.clock())
    assert found is not None
    return found.record.order.lines[0].process_status


async def opened(desk: Driver) -> None:
    await desk.press("shift+tab")
    await desk.sees("PO1")
    await desk.press("enter")
    await desk.sees("Order PO1")


async def test_item_details_of_a_completed_line_are_sent_and_its_status_stays(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    complete(orders)
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("i")
        await desk.sees("Item details: line 10 of PO1")
        await desk.press(*"NL")
        await desk.sees("Leads to: D Completed")
        await desk.press("enter")
        await desk.sees("PO1 line 10 told more of")
    assert status(orders) == "Completed"
    [message] = orders.book.preview(orders.order("PO1").id)
    assert message.payload is not None
    assert json.loads(message.payload)["lines"] == [
        {"purchaseOrderLinePosition": "10", "itemDetails": {"countryOfOriginCodeIso2": "NL"}}
    ]


@pytest.mark.parametrize("key", ["c", "x", "e"])
async def test_no_answer_to_a_completed_line_is_offered(orders: Sample, key: str) -> None:
    orders.issue("PO1", ("10",))
    complete(orders)
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press(key)
        await desk.sees("Not possible: line 10 is completed: it takes no answer but item details")
    assert orders.waiting() == []


async def test_item_details_of_a_cancelled_line_are_not_offered(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    orders.cancel("PO1")
    async with driven(orders) as desk:
        await opened(desk)
        await desk.press("i")
        await desk.sees("line 10: it is Cancelled and takes no answer any more")


async def test_what_was_told_of_a_completed_line_comes_back_when_the_buyer_reverts_that_before_it_left(
    orders: Sample,
) -> None:
    order_id = orders.issue("PO1", ("10",))
    complete(orders)
    said = LineDecision(position="10", act=Act.DETAILS, notes=("as delivered",))
    orders.book.change(order_id, Decision(id=orders.new_id(), at=orders.clock(), lines=(said,)), "alice")
    complete(orders, act=BuyerAct.REVERT_COMPLETION)
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("your unsent answer: item details")
        await desk.press("i")
        text = await desk.sees("Item details: line 10 of PO1")
        assert "as delivered" in text
        await desk.press("enter")
        await desk.sees("enter once more sends it")
        await desk.press("enter")
        await desk.sees("PO1 line 10 told more of")
    assert status(orders) == "InProgress"
