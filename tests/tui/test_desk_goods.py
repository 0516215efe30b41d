"""Packed and shipped, said on the desk: by a form for one order, by the summary for many."""

from __future__ import annotations

from decimal import Decimal

from core.model import OrderLine
from core.store.queries import load
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample

CLEAR = ("end", "ctrl+u")


def lines(orders: Sample, number: str = "PO1") -> tuple[OrderLine, ...]:
    found = load(orders.store, orders.order(number).id, orders.clock())
    assert found is not None
    return found.record.order.lines


def agreed(orders: Sample, number: str = "PO1", positions: tuple[str, ...] = ("10", "20"), **more: str) -> None:
    orders.issue(number, positions, **more)  # type: ignore[arg-type]
    for position in positions:
        orders.answer(number, position)


async def to_ship(desk: Driver) -> None:
    await desk.press("tab", "tab", "tab")
    await desk.sees("[To ship")
    await desk.sees("PO1")


async def test_what_is_left_is_prefilled_and_enter_says_that_it_left(orders: Sample) -> None:
    agreed(orders)
    async with driven(orders) as desk:
        await to_ship(desk)
        await desk.press("s")
        text = await desk.sees("Shipped: order PO1")
        assert text.count("of 120 MTR") == 2
        await desk.press(*CLEAR, *"100", "down", *CLEAR, "down", *"DHL", "down", *"1Z 9")
        await desk.sees("the buyer is told, and that can't be taken back")
        await desk.press("enter")
        await desk.sees("PO1 line 10 shipped; the buyer is told, and that can't be taken back")
        await desk.press("s")
        text = await desk.sees("of 20 MTR")
        assert "of 120 MTR" in text
        await desk.press("escape")
        await desk.sees("[To ship")
    assert [line.progress.shipped for line in lines(orders)] == [Decimal(100), Decimal(0)]
    [advice] = orders.book.preview(orders.order("PO1").id)
    assert advice.payload is not None
    assert b"DHL" in advice.payload
    assert b"1Z 9" in advice.payload


async def test_too_much_or_nonsense_is_told_before_anything_leaves(orders: Sample) -> None:
    agreed(orders)
    async with driven(orders) as desk:
        await to_ship(desk)
        await desk.press("s")
        await desk.sees("Shipped: order PO1")
        await desk.press(*CLEAR, *"121")
        await desk.sees("Refused: order PO1, line 10: 121 is more than the 120 that are not yet shipped")
        await desk.press(*CLEAR, *"many", "enter")
        await desk.sees("line 10: 'many' is no quantity")
        await desk.press(*CLEAR, "down", *CLEAR, "enter")
        await desk.sees("no line has a quantity; write how much, or leave with escape")
    assert [line.progress.shipped for line in lines(orders)] == [Decimal(0), Decimal(0)]


async def test_packed_is_recorded_and_it_is_told_that_nobody_hears_of_it(orders: Sample) -> None:
    agreed(orders)
    async with driven(orders) as desk:
        await to_ship(desk)
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("j", "space", "p")
        text = await desk.sees("Packed, ready to ship: order PO1")
        assert "line 20" in text
        assert "line 10" not in text
        assert "carrier" not in text
        await desk.press("enter")
        await desk.sees("PO1 line 20 packed; recorded here; nothing is sent before it is shipped")
    assert [line.progress.packed for line in lines(orders)] == [Decimal(0), Decimal(120)]


async def test_what_is_not_agreed_can_t_leave(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders) as desk:
        await desk.press("s")
        await desk.sees("Not possible: PO1: nothing that is agreed is left to ship")
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("p")
        await desk.sees("Not possible: PO1: nothing that is agreed is left to pack")


async def test_of_marked_lines_those_without_goods_are_named(orders: Sample) -> None:
    orders.issue("PO1", ("10", "20"))
    orders.answer("PO1", "10")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("*", "s")
        await desk.sees("Of what is marked, nothing agreed is left of: 20")
        await desk.press("enter")
        await desk.sees("PO1 line 10 shipped")


async def test_a_change_by_somebody_else_stops_it(orders: Sample) -> None:
    agreed(orders)
    async with driven(orders) as desk:
        await to_ship(desk)
        await desk.press("s")
        await desk.sees("Shipped: order PO1")
        orders.issue("PO1", ("10",), price="70")
        await desk.press("enter")
        await desk.sees("Order PO1 is another than you saw")
    assert lines(orders)[0].progress.shipped == 0


async def test_marked_orders_are_shipped_together_and_carrier_and_number_are_asked_once(orders: Sample) -> None:
    agreed(orders, "PO1")
    agreed(orders, "PO2")
    orders.issue("PO3")
    async with driven(orders) as desk:
        await desk.press("shift+tab")
        await desk.sees("[All")
        await desk.press("*", "s")
        await desk.sees("Shipped: 3 orders. Who brings the goods?")
        await desk.press(*"Own lorry", "down", *"7", "enter")
        text = await desk.sees("Shipped: 3 orders, 6 lines")
        assert "Shipment: Own lorry, 7" in text
        assert "All that is agreed and left of each. The buyers are told, and that can't be taken back." in text
        await desk.press("enter")
        text = await desk.sees("2 shipped, 1 refused")
        assert "u takes all of it back" not in text
        await desk.press("u")
        await desk.sees("Not possible: nothing was done that could be taken back")
        assert set(desk.desk.marks) == {orders.order("PO3").id}
    assert all(line.progress.shipped == 120 for number in ("PO1", "PO2") for line in lines(orders, number))
    [advice] = orders.book.preview(orders.order("PO2").id)
    assert b"Own lorry" in (advice.payload or b"")


async def test_escape_where_the_carrier_is_asked_ships_nothing(orders: Sample) -> None:
    agreed(orders)
    async with driven(orders) as desk:
        await to_ship(desk)
        await desk.press("space", "s")
        await desk.sees("Who brings the goods?")
        await desk.press("escape")
        await desk.sees("[To ship")
    assert lines(orders)[0].progress.shipped == 0


async def test_a_long_order_moves_as_a_whole_and_says_so(orders: Sample) -> None:
    positions = tuple(str(number) for number in range(1, 70))
    agreed(orders, "PO1", positions)
    async with driven(orders) as desk:
        await to_ship(desk)
        await desk.press("p")
        await desk.sees("All that is left of 69 lines; mark fewer to say how much of each.")
        await desk.press("enter")
        await desk.sees("PO1 69 lines packed")
    assert all(line.progress.packed == 120 for line in lines(orders))


async def test_the_goods_of_an_order_can_be_told_from_any_of_its_lines(orders: Sample) -> None:
    orders.issue("PO1", ("10", "20"))
    orders.answer("PO1", "20")
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("Order PO1")
        await desk.press("s")
        text = await desk.sees("Shipped: order PO1")
        assert "line 20" in text
        assert "line 10" not in text
