"""Documents that the buyer attached, on the order's screen: how many, what they are called, and how to see them."""

from __future__ import annotations

from core.messages import LineMessage, Message, Received
from core.model import Document, OrderKey
from tests.tui.driving import driven
from tests.tui.orders import Sample


def attach(orders: Sample, number: str, *of_order: Document, of_line: tuple[Document, ...] = ()) -> None:
    """The buyer attaches documents to the order and to its first line."""
    key = OrderKey(connection="metal-works", buyer="buyer of metal-works", number=number)
    lines = (LineMessage(position="10", attached=of_line),) if of_line else ()
    message = Message(key=key, change=True, attached=of_order, lines=lines)
    orders.book.change(key, Received(id=orders.new_id(), at=orders.clock(), message=message), "metal-works")


async def test_the_order_says_how_many_documents_it_has_and_the_line_which(orders: Sample) -> None:
    orders.issue("PO1")
    attach(
        orders,
        "PO1",
        Document(code="R-1", object_id="o-1"),
        of_line=(Document(code="D-1", name="Drawing \x1b[31m", object_id="o-2"), Document(url="https://x.example")),
    )
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("3 documents: podesk documents PO1")
        seen = await desk.sees("Drawing ␛[31m, https://x.example")
        assert "documents  " in seen


async def test_an_order_without_documents_says_nothing_of_them(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("enter")
        assert "document" not in await desk.sees("Line 10")
