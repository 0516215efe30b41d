"""The lines of one order as a list: requested, ours and confirmed beside each other."""

from __future__ import annotations

from typing import Final

from rich.cells import cell_len

from core.model import OrderLine
from tui.display import display
from tui.line_detail import differs
from tui.row_list import RowList, fitted
from tui.words import NONE, PROCESS, line_terms

_POSITION, _STATUS = 6, 13
_LEAST_TERMS, _MOST_TERMS, _LEAST_ITEM = 15, 37, 8
_HEADS: Final = ("requested", "ours", "confirmed")
"""A column that has nothing in it is as wide as its head."""


class LineList(RowList):
    """An order's lines. `≠` before terms says that they are not what was requested, `~` before a line that its state is our
    word alone as yet."""

    def __init__(self, marks: set[str]) -> None:
        super().__init__(id="lines")
        self.lines: tuple[OrderLine, ...] = ()
        self.met: frozenset[str] = frozenset()
        """Lines on which a buyer's change met an answer of ours: `!` stands before them."""
        self.unsent: frozenset[str] = frozenset()
        """Lines on which an answer of ours has not left."""
        self._marks = marks
        self._filled = (True, True)
        """Whether any line has terms of ours, and confirmed ones: a column with nothing in it gives its room away."""

    def show_lines(self, lines: tuple[OrderLine, ...]) -> None:
        self.lines = lines
        self._filled = (any(line.proposed for line in lines), any(line.confirmed for line in lines))
        self.show_rows(len(lines), self.cursor)

    def is_marked(self, index: int) -> bool:
        return self.lines[index].position in self._marks

    def row_text(self, index: int, width: int) -> str:
        line = self.lines[index]
        item = line.content.item
        requested, *others = line_terms(line)
        ours, agreed = (
            ("≠ " if differs(part, line.requested) else "") + told
            for part, told in zip((line.proposed, line.confirmed), others, strict=True)
        )
        return self._columns(
            width,
            self._sign(line),
            display(line.position, 20),
            PROCESS[line.process_status],
            " ".join(display(part, 80) for part in (item.number, item.name) if part) or NONE,
            requested,
            ours,
            agreed,
        )

    def _sign(self, line: OrderLine) -> str:
        if line.position in self._marks:
            return "*"
        if line.position in self.met:
            return "!"
        return "~" if line.predicted or line.position in self.unsent else " "

    def _columns(self, width: int, mark: str, position: str, status: str, item: str, *three: str) -> str:
        head = f"{mark} {fitted(position, _POSITION)} {fitted(status, _STATUS)} "
        room = width - cell_len(head)
        filled = (True, *self._filled)
        empty = [len(head) for head, full in zip(_HEADS, filled, strict=True) if not full]
        if room < (_LEAST_TERMS + 1) * filled.count(True) + sum(empty) + len(empty):
            empty = [1] * len(empty)
        for_terms = room - _LEAST_ITEM - sum(empty) - len(empty)
        each = max(_LEAST_TERMS, min(_MOST_TERMS, for_terms // filled.count(True) - 1))
        widths = [each if full else empty.pop(0) for full in filled]
        name = room - sum(widths) - len(widths)
        shown = fitted(item, name) if name > 3 else ""
        return head + shown + "".join(f" {fitted(part, cells)}" for part, cells in zip(three, widths, strict=True))

    def heads(self, width: int) -> str:
        return self._columns(width, " ", "line", "status", "item", *_HEADS)
