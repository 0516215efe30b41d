"""A list that paints only the rows on the screen, however many there are.

One segment a row, two rows painted when the cursor moves, half a page when it leaves the screen: over a thin line a held
key then never lags. What stands in a row, and where it comes from, is for those who derive from this.
"""

from __future__ import annotations

from functools import lru_cache
from typing import ClassVar, Final

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

PLAIN: Final = Style()
STYLES: Final = {
    (False, False): PLAIN,
    (True, False): Style(reverse=True),
    (False, True): Style(bold=True),
    (True, True): Style(bold=True, reverse=True),
}
"""By whether the row has the cursor and whether it is marked. A mark is a character too, never a style alone."""


@lru_cache(maxsize=2048)
def _strip(text: str, style: Style, width: int) -> Strip:
    return Strip([Segment(text, style)], width)


def fitted(text: str, width: int) -> str:
    """`text` cut or padded to exactly `width` cells; a cut ends in `…`."""
    if text.isascii():
        return text.ljust(width) if len(text) <= width else text[: max(width - 1, 0)] + "…"[:width]
    cells = cell_len(text)
    if cells > width:
        return set_cell_size(text, max(width - 1, 0)) + "…"[:width]
    return text + " " * (width - cells)


_LEAST_HANG: Final = 4


class RowList(ScrollView, can_focus=True):
    """Rows 0 … `total` - 1, one of which has the cursor. Text in them is fit to be shown already."""

    DEFAULT_CSS: ClassVar[str] = """
    RowList { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; height: 1fr; }
    """

    class Moved(Message):
        """The cursor went to another row."""

        def __init__(self, rows: RowList) -> None:
            super().__init__()
            self.rows = rows

        @property
        def control(self) -> RowList:
            return self.rows

    class Opened(Message):
        """A row was clicked that had the cursor already."""

        def __init__(self, rows: RowList) -> None:
            super().__init__()
            self.rows = rows

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id, classes=classes)
        self.cursor = 0
        self.total = 0

    @property
    def row_width(self) -> int:
        """Cells that a row has. The last of the screen is the scrollbar's, whether or not there is one."""
        return max(self.size.width - 1, 0)

    def row_text(self, index: int, width: int) -> str:
        """Row `index` as text of any width; it is cut and padded here."""
        raise NotImplementedError

    def is_marked(self, index: int) -> bool:
        return False

    def show_rows(self, total: int, cursor: int = 0) -> None:
        """The rows are others now: `total` of them, the cursor on `cursor`."""
        self.total = total
        self.cursor = max(0, min(cursor, total - 1))
        self._fit()
        self._bring_into_view()
        self.refresh()
        self.post_message(self.Moved(self))

    def _fit(self) -> None:
        self.virtual_size = Size(self.size.width, self.total)

    def on_resize(self) -> None:
        self._fit()
        self._bring_into_view()

    def move(self, steps: int) -> None:
        self.move_to(self.cursor + steps)

    def move_page(self, pages: int) -> None:
        self.move(pages * max(self.size.height - 1, 1))

    def move_to(self, index: int) -> None:
        """Put the cursor on row `index`, or the nearest there is."""
        index = max(0, min(index, self.total - 1))
        before, self.cursor = self.cursor, index
        if before == index:
            return
        if not self._bring_into_view():
            self.refresh_line(before)
            self.refresh_line(index)
        self.post_message(self.Moved(self))

    def _bring_into_view(self) -> bool:
        """Scroll by half a page if the cursor is off the screen; whether it was."""
        height = self.size.height
        top = round(self.scroll_offset.y)
        if height <= 0 or top <= self.cursor < top + height:
            return False
        self.scroll_to(y=max(0, self.cursor - height // 2), animate=False, force=True)
        self.refresh()
        return True

    def refresh_row(self, index: int) -> None:
        self.refresh_line(index)

    def render_line(self, y: int) -> Strip:
        index = y + round(self.scroll_offset.y)
        width = self.size.width
        if not 0 <= index < self.total:
            return _strip(" " * width, PLAIN, width)
        marked = self.is_marked(index)
        style = STYLES[index == self.cursor, marked]
        room = self.row_width
        return _strip(fitted(self.row_text(index, room), room) + " " * (width - room), style, width)

    def on_click(self, event: events.Click) -> None:
        index = event.y + round(self.scroll_offset.y)
        if not 0 <= index < self.total:
            return
        if index == self.cursor:
            self.post_message(self.Opened(self))
        else:
            self.move_to(index)


class TextList(RowList):
    """Lines to read, one after the other. Lines wider than the screen are broken, not lost."""

    def __init__(self, lines: list[str] | None = None, *, hang: int = 0, id: str | None = None) -> None:  # noqa: A002
        """`lines` are fit to be shown already. `hang`: cells before what a broken line goes on with."""
        super().__init__(id=id)
        self._lines = lines or []
        self._hang = hang
        self._broken: list[str] = []
        self._of: list[int] = []
        self._width = 0

    @property
    def line(self) -> int:
        """Number of the line that the cursor is on."""
        return self._of[self.cursor] if self._of else 0

    def show_lines(self, lines: list[str]) -> None:
        self._lines = lines
        self._break(self.row_width, self.cursor)

    def on_resize(self) -> None:
        if self.row_width != self._width:
            at = self.line
            self._break(self.row_width)
            # Broken otherwise, the same line is in another row.
            self.move_to(self._of.index(at) if at in self._of else 0)

    def _break(self, width: int, cursor: int = 0) -> None:
        self._width = width
        self._broken, self._of = [], []
        if width <= 0:
            return
        for number, line in enumerate(self._lines):
            for part in broken(line, width, self._hang):
                self._broken.append(part)
                self._of.append(number)
        self.show_rows(len(self._broken), cursor)

    def row_text(self, index: int, width: int) -> str:
        return self._broken[index]


def broken(line: str, width: int, hang: int = 0) -> list[str]:
    """`line` in pieces of at most `width` cells: after a blank where there is one in their second half.

    Every piece but the first begins with `hang` blanks, or fewer where they would take most of the width.
    """
    if cell_len(line) <= width:
        return [line]
    before = " " * (hang if hang <= width * 3 // 5 else min(hang, _LEAST_HANG, width // 4))
    pieces: list[str] = []
    piece, cells = "", 0
    for character in line:
        size = cell_len(character)
        if cells + size > width:
            at = piece.rfind(" ") + 1
            kept, rest = (piece[:at], piece[at:]) if at > len(piece) // 2 else (piece, "")
            pieces.append(kept)
            piece = before + rest
            cells = cell_len(piece)
        piece += character
        cells += size
    pieces.append(piece)
    return pieces
