"""The list that paints only what is seen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from tui.row_list import RowList, TextList, broken, fitted


class Numbers(RowList):
    """Rows that note when they are painted."""

    def __init__(self) -> None:
        super().__init__()
        self.painted: list[int] = []

    def row_text(self, index: int, width: int) -> str:
        self.painted.append(index)
        return f"row {index}"


class Shown(App[None]):
    CSS = "Numbers { height: 20; }"

    def compose(self) -> ComposeResult:
        yield Numbers()

    @property
    def rows(self) -> Numbers:
        return self.query_one(Numbers)


async def test_a_million_rows_cost_no_more_than_a_screen_of_them() -> None:
    app = Shown()
    async with app.run_test(size=(40, 24)) as pilot:
        app.rows.show_rows(1_000_000)
        await pilot.pause()
        assert set(app.rows.painted) <= set(range(20))
        app.rows.painted.clear()
        app.rows.move_to(999_999)
        await pilot.pause()
        assert app.rows.painted
        assert min(app.rows.painted) >= 999_980


async def test_moving_the_cursor_paints_two_rows() -> None:
    app = Shown()
    async with app.run_test(size=(40, 24)) as pilot:
        app.rows.show_rows(1000)
        await pilot.pause()
        app.rows.painted.clear()
        app.rows.move(1)
        await pilot.pause()
        assert set(app.rows.painted) == {0, 1}


async def test_a_cursor_that_leaves_the_screen_jumps_half_a_page() -> None:
    app = Shown()
    async with app.run_test(size=(40, 24)) as pilot:
        app.rows.show_rows(1000)
        await pilot.pause()
        for _ in range(20):
            app.rows.move(1)
        await pilot.pause()
        assert app.rows.scroll_offset.y == 10
        for _ in range(9):
            app.rows.move(1)
        await pilot.pause()
        assert app.rows.scroll_offset.y == 10, "no scrolling before the edge is reached again"


async def test_the_ends_are_the_ends() -> None:
    app = Shown()
    async with app.run_test(size=(40, 24)) as pilot:
        app.rows.show_rows(3)
        await pilot.pause()
        app.rows.move(-1)
        assert app.rows.cursor == 0
        app.rows.move_to(99)
        assert app.rows.cursor == 2
        app.rows.show_rows(0)
        app.rows.move(1)
        await pilot.pause()
        assert app.rows.cursor == 0


async def test_text_wider_than_the_screen_is_broken_not_lost() -> None:
    class Reader(App[None]):
        def compose(self) -> ComposeResult:
            yield TextList(["short", "x" * 95, "钢" * 30])

    app = Reader()
    async with app.run_test(size=(42, 24)) as pilot:
        await pilot.pause()
        text = app.query_one(TextList)
        parts = [text.row_text(index, 40) for index in range(text.total)]
        assert "".join(parts) == "short" + "x" * 95 + "钢" * 30
        assert all(cell_len(part) <= 42 for part in parts)
        text.move_to(text.total - 1)
        assert text.line == 2


@pytest.mark.parametrize(
    ("text", "width", "shown"),
    [
        ("abc", 5, "abc  "),
        ("abcdef", 4, "abc…"),
        ("钢板", 5, "钢板 "),
        ("钢板钢板", 5, "钢板…"),
        ("钢板", 4, "钢板"),
        ("ab", 0, ""),
    ],
)
def test_a_cell_is_cut_and_padded_to_its_width(text: str, width: int, shown: str) -> None:
    assert fitted(text, width) == shown


@given(st.text(max_size=40), st.integers(min_value=0, max_value=30))
def test_a_cell_is_never_wider_or_narrower_than_it_should_be(text: str, width: int) -> None:
    from tui.display import display

    assert cell_len(fitted(display(text), width)) == width


@given(st.text(max_size=80), st.integers(min_value=2, max_value=30))
def test_breaking_loses_nothing(text: str, width: int) -> None:
    from tui.display import display

    shown = display(text)
    assert "".join(broken(shown, width)) == shown
    assert all(cell_len(part) <= width for part in broken(shown, width))


async def test_nothing_of_a_long_text_stands_under_the_scrollbar() -> None:
    class Texts(App[None]):
        def compose(self) -> ComposeResult:
            yield TextList(["0123456789" * 9] * 30)

    app = Texts()
    async with app.run_test(size=(40, 10)) as pilot:
        await pilot.pause()
        text = app.query_one(TextList)
        assert text.show_vertical_scrollbar
        seen = "".join(strip.text[:39] for strip in app.screen._compositor.render_strips()[:3])
        assert seen.rstrip() == "0123456789" * 9


async def test_the_last_cell_of_a_row_is_not_under_the_scrollbar() -> None:
    class Prices(RowList):
        def row_text(self, index: int, width: int) -> str:
            return "78.90".rjust(width)

    class Listed(App[None]):
        def compose(self) -> ComposeResult:
            yield Prices()

    app = Listed()
    async with app.run_test(size=(40, 10)) as pilot:
        for total in (3, 300):
            app.query_one(Prices).show_rows(total)
            await pilot.pause()
            assert app.screen._compositor.render_strips()[1].text[:39].endswith("78.90")


async def test_a_window_of_another_width_keeps_the_cursor_on_its_line() -> None:
    class Texts(App[None]):
        def compose(self) -> ComposeResult:
            yield TextList([f"{number} " + "word " * 20 for number in range(9)])

    app = Texts()
    async with app.run_test(size=(40, 10)) as pilot:
        text = app.query_one(TextList)
        text.move_to(text.total - 1)
        assert text.line == 8
        for width in (100, 30, 200):
            await pilot.resize_terminal(width, 10)
            await pilot.pause()
            assert text.line == 8


def test_a_line_is_broken_between_words_and_goes_on_below_itself() -> None:
    help_line = "u    undo    Take back what has not left yet"
    assert broken(help_line, 30, 13) == ["u    undo    Take back what ", " " * 13 + "has not left yet"]
    assert broken("0123456789" * 4, 20, 13) == ["0123456789" * 2, "    0123456789012345", "    6789"], (
        "few where it is narrow"
    )
    assert broken("one two", 6) == ["one ", "two"]
