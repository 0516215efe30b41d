"""The lines of one order as a list: requested, ours and confirmed beside each other."""

from __future__ import annotations

from rich.cells import cell_len

from core.model import OrderLine
from tui.display import display
from tui.line_detail import differs
from tui.row_list import RowList, fitted
from tui.words import NONE, PROCESS, terms

_POSITION, _STATUS = 6, 13
_LEAST_TERMS, _MOST_TERMS, _LEAST_ITEM = 15, 27, 12


class LineList(RowList):
    """An order's lines. `≠` before terms says that they are not what was requested."""

    def __init__(self, marks: set[str]) -> None:
        super().__init__(id="lines")
        self.lines: tuple[OrderLine, ...] = ()
        self.met: frozenset[str] = frozenset()
        """Lines on which a buyer's change met an answer of ours: `!` stands before them."""
        self._marks = marks

    def show_lines(self, lines: tuple[OrderLine, ...]) -> None:
        self.lines = lines
        self.show_rows(len(lines), self.cursor)

    def is_marked(self, index: int) -> bool:
        return self.lines[index].position in self._marks

    def row_text(self, index: int, width: int) -> str:
        line = self.lines[index]
        item = line.content.item
        ours, agreed = (
            ("≠ " if differs(part, line.requested) else "") + terms(part) for part in (line.proposed, line.confirmed)
        )
        return self._columns(
            width,
            "*" if self.is_marked(index) else "!" if line.position in self.met else " ",
            display(line.position, 20),
            PROCESS[line.process_status],
            " ".join(display(part, 80) for part in (item.number, item.name) if part) or NONE,
            terms(line.requested),
            ours,
            agreed,
        )

    @staticmethod
    def _columns(width: int, mark: str, position: str, status: str, item: str, *three: str) -> str:
        head = f"{mark} {fitted(position, _POSITION)} {fitted(status, _STATUS)} "
        room = width - cell_len(head)
        each = max(_LEAST_TERMS, min(_MOST_TERMS, (room - _LEAST_ITEM) // 3 - 1))
        name = room - 3 * (each + 1)
        shown = fitted(item, name) if name > 3 else ""
        return head + shown + "".join(" " + fitted(part, each) for part in three)

    @classmethod
    def heads(cls, width: int) -> str:
        return cls._columns(width, " ", "line", "status", "item", "requested", "ours", "confirmed")
