"""What a buyer says besides terms, on the order's screen: conditions, charges, the reason of a change; how much has left."""

from __future__ import annotations

from decimal import Decimal

from core.decisions import Despatch, LineProgress
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import ChargeLine, LineContent, Money, OrderHeader, OrderKey, Price, TradeTerms
from core.stages import Stage
from tests.tui.driving import driven
from tests.tui.orders import Sample


def says(orders: Sample, number: str, header: OrderHeader, content: LineContent) -> None:
    """The buyer says more of the order and of its first line."""
    key = OrderKey(connection="metal-works", buyer="buyer of metal-works", number=number)
    line = LineMessage(position="10", acts=(BuyerAct.ISSUE,), content=content)
    message = Message(key=key, header=header, lines=(line,))
    orders.book.change(key, Received(id=orders.new_id(), at=orders.clock(), message=message), "metal-works")


async def test_conditions_charges_and_the_buyers_reason_stand_on_the_orders_screen(orders: Sample) -> None:
    orders.issue("PO1")
    freight = ChargeLine(
        type_code="FC", description="Freight", price=Price(transaction=Money(value=Decimal("35.00"), currency="EUR"))
    )
    says(
        orders,
        "PO1",
        OrderHeader(
            terms=TradeTerms(incoterms_code="CIF", incoterms="Rotterdam \x1b[31m", payment_terms="30 days"),
            labels=("urgent",),
            auto_confirm=True,
        ),
        LineContent(reason="The ship is late", charge_lines=(freight,)),
    )
    async with driven(orders) as desk:
        await desk.press("enter")
        seen = await desk.sees("The ship is late")
        for told in (
            "delivery: CIF Rotterdam ␛[31m",
            "payment: 30 days",
            "labels: urgent",
            "other terms: are confirmed",
        ):
            assert told in seen
        assert "FC Freight: 35.00 EUR" in seen


async def test_of_goods_that_left_in_part_the_screen_says_how_much(orders: Sample) -> None:
    orders.issue("PO1")
    orders.answer("PO1", "10")
    part = Despatch(
        id=orders.new_id(),
        at=orders.clock(),
        stage=Stage.SHIPPED,
        lines=(LineProgress(position="10", quantity=Decimal(1)),),
    )
    orders.book.change(orders.order("PO1").id, part, "alice")
    async with driven(orders) as desk:
        await desk.press("enter")
        assert "shipped 1" in await desk.sees("goods so far")
