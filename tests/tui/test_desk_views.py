"""What there is room for: the views on every width, the columns that say something, and not every position of hundreds."""

from __future__ import annotations

import pytest

from tests.tui.driving import driven
from tests.tui.orders import Sample
from tui.inbox import VIEWS
from tui.view_bar import view_bar


def views(count: str) -> list[tuple[str, str, str]]:
    return [(long, short, count) for _, long, short in VIEWS]


@pytest.mark.parametrize("count", ["", "0", "39", "12,345", "1,000,000"])
@pytest.mark.parametrize("width", [40, 60, 80, 100, 200])
def test_the_view_that_is_shown_is_told_with_its_count_at_every_width(width: int, count: str) -> None:
    for at, (long, short, _) in enumerate(views(count)):
        text = view_bar(views(count), at, width)
        assert text.cell_len <= width
        assert any(f"[{f'{title} {count}'.rstrip()}]" in text.plain for title in (long, short)), text.plain


def test_what_there_is_no_room_for_is_told_by_a_sign() -> None:
    assert view_bar(views("7"), 0, 40).plain.endswith("…")
    assert view_bar(views("7"), 6, 40).plain.startswith("…")
    middle = view_bar(views("7"), 3, 40).plain
    assert (middle[0], middle[-1]) == ("…", "…")


def test_all_views_fit_the_smallest_usual_terminal() -> None:
    text = view_bar(views("39"), 6, 80).plain
    assert all(f"{short} 39" in text for _, short, _ in views(""))


async def test_quarantine_is_seen_beside_the_others_on_80_columns(orders: Sample) -> None:
    orders.unreadable("cut-off.xml", b"<Order")
    async with driven(orders, size=(80, 24)) as desk:
        await desk.sees("Quarantine 1")
        await desk.press("shift+tab")
        await desk.sees("[All 0]")


async def test_columns_with_nothing_in_them_leave_their_room_to_the_terms(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, size=(80, 24)) as desk:
        await desk.press("enter")
        text = await desk.sees("Order PO1")
        assert text.count("2026-04-01 120 @ 78.90/100 EUR") == 2


async def test_positions_stand_in_the_order_of_their_numbers_and_many_are_counted(orders: Sample) -> None:
    orders.issue("PO1", [str(position) for position in range(10, 210, 10)])
    async with driven(orders) as desk:
        await desk.press("enter")
        await desk.sees("line 10, 20, 30, 40, 50, 60, 70, 80, … 20 lines")


async def test_the_side_shows_prices_to_their_currency_and_as_many_lines_as_have_room(orders: Sample) -> None:
    orders.issue("PO1", ("10", "20", "30"), price="1234.75", splits=3)
    async with driven(orders, size=(120, 22)) as desk:
        text = await desk.sees("@ 1234.75/100 EUR")
        assert "… 1 more line, enter shows all" in text
        await desk.pilot.resize_terminal(120, 40)
        text = await desk.sees(lambda text: "more line" not in text)
        assert text.count("@ 1234.75/100 EUR") == 3
