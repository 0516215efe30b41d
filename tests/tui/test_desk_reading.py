"""What there is to read: a line in full, and when it was read."""

from __future__ import annotations

from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import Document, LineContent, OrderKey
from tests.tui.driving import driven
from tests.tui.orders import Sample


async def test_enter_on_a_line_reads_all_of_it_with_every_delivery(orders: Sample) -> None:
    orders.issue("PO1", ("10", "20"), splits=30)
    async with driven(orders, size=(80, 24)) as desk:
        await desk.press("enter")
        text = await desk.sees("more deliveries; enter reads them")
        assert "net price" in text, "prices are never cut off for deliveries"
        assert "\n  20     I Issued" in text, "nor is the list of lines"
        await desk.press("j", "enter")
        await desk.sees("Line 20 of order PO1, as of ")
        await desk.press("G")
        await desk.sees("Order PO1  Metal Works B.V.")
        for _ in range(40):
            if "delivery 30" in desk.text:
                break
            await desk.press("k")
        await desk.sees("delivery 30   2026-")
        await desk.press("q")
        await desk.sees("Order PO1")


async def test_what_is_read_says_when_that_was(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        for key, heading in (("t", "Timeline of order PO1, as of "), ("v", "What will be sent for order PO1, as of ")):
            await desk.press(key)
            await desk.sees(heading)
            await desk.press("q")
            await desk.sees("To answer 1")


async def test_an_answer_that_has_no_type_yet_is_told_without_one(orders: Sample) -> None:
    orders.issue("H1", ("10", "20"), connection="city-hospital", per=1)
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order H1")
        await desk.press("c")
        await desk.sees("kept until the other lines are answered")
        await desk.press("v")
        await desk.sees("order response to city-hospital, draft\n")


async def test_help_tells_the_signs_and_goes_on_below_its_words(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, size=(80, 40)) as desk:
        await desk.press("question_mark")
        text = await desk.sees("Agree: accept as requested")
        rows = text.splitlines()
        after = rows[next(number for number, row in enumerate(rows) if "Agree: accept" in row) + 1]
        assert after.startswith(" " * 32)
        await desk.press("G")
        await desk.sees("\n~ before a line                 what stands there is our word alone as yet")


async def test_a_key_that_means_nothing_says_so(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("z")
        await desk.sees("z does nothing here; ? shows the keys")
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("Z")
        await desk.sees("Z does nothing here; ? shows the keys")
        await desk.press("slash")
        await desk.sees("/ does nothing here")


async def test_letters_that_are_typed_into_a_field_are_no_keys(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("slash", *"zz9")
        text = await desk.sees("zz9")
        assert "does nothing" not in text


async def test_of_a_line_of_which_much_is_said_the_terms_are_never_left_out(orders: Sample) -> None:
    orders.issue("PO1", ("10",), splits=6)
    key = OrderKey(connection="metal-works", buyer="buyer of metal-works", number="PO1")
    content = LineContent(reason="the ship is late", notes=("a note",), documents=(Document(name="drawing.pdf"),))
    line = LineMessage(position="10", acts=(BuyerAct.ISSUE,), content=content)
    message = Message(key=key, lines=(line,))
    orders.book.change(key, Received(id="more", at=orders.clock(), message=message), "metal-works")
    async with driven(orders, size=(80, 24)) as desk:
        await desk.press("enter")
        text = await desk.sees("Order PO1")
        assert "delivery 1    2026-04-01" in text
        assert "… 5 more deliveries; enter reads them" in text
        assert "net price" in text
        assert "… 3 more; enter reads them" in text
        await desk.press("enter")
        text = await desk.sees("Line 10 of order PO1")
        for told in ("delivery 6    2026-05-06", "buyer says    the ship is late", "document      drawing.pdf"):
            assert told in text


async def test_a_line_of_an_order_that_has_changed_is_read_as_it_is_by_now(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        orders.issue("PO1", ("10",), price="7.89")
        await desk.sees("! it has changed since; r reads it again")
        await desk.press("enter")
        text = await desk.sees("Line 10 of order PO1, as of ")
        assert "7.89 EUR" in text
        assert "78.90" not in text
        await desk.press("q")
        await desk.sees("! it has changed since; r reads it again")


async def test_of_marks_only_those_are_told_who_have_some(orders: Sample) -> None:
    orders.issue("PO1", ("10",))
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        orders.issue("PO1", ("10",), price="7.89")
        await desk.press("c")
        text = await desk.sees("Order PO1 is another than you saw")
        assert "then decide again." in text
        assert "marks" not in text
