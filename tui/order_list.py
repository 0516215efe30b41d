"""The inbox's list of orders: what stands in a row, and which rows are marked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from core.store.rows import OrderRow, QuarantinedDocument
from tui.display import display
from tui.row_list import RowList, fitted
from tui.words import NONE, PROCESS, SENDING, buyer

_STATUS, _NUMBER, _LINES, _DUE, _SENDING, _CONNECTION = 13, 18, 5, 10, 12, 16
_NARROW: Final = 104
"""Below this many cells the connection isn't shown."""


def _columns(width: int, mark: str, *cells: str) -> str:
    """Mark, status, number, buyer, lines, due, sending, connection; the buyer takes the room that is left."""
    status, number, buyer, lines, due, sending, connection = cells
    tail = f" {lines:>{_LINES}}  {fitted(due, _DUE)}  {fitted(sending, _SENDING)}"
    if width >= _NARROW:
        tail += f"  {fitted(connection, _CONNECTION)}"
    head = f"{mark} {fitted(status, _STATUS)} {fitted(number, _NUMBER)} "
    return head + fitted(buyer, max(width - cell_len(head) - cell_len(tail), 4)) + tail


class ColumnHeads(Static):
    """What the columns of the list below hold."""

    DEFAULT_CSS = "ColumnHeads { height: 1; text-style: underline; }"

    def show(self, text: str) -> None:
        self.update(Text(text, no_wrap=True))


class OrderList(RowList):
    def __init__(
        self,
        row: Callable[[int], OrderRow | None],
        due: Callable[[int], str],
        marks: Mapping[int, int],
        id_at: Callable[[int], int],
    ) -> None:
        """`row` gives what is known of a row; `due` whether our answer is; `marks` the marked orders; `id_at` the order's
        id in a row."""
        super().__init__(id="orders")
        self._row = row
        self._due = due
        self._marks = marks
        self._id_at = id_at

    def is_marked(self, index: int) -> bool:
        return bool(self._marks) and self._id_at(index) in self._marks

    def row_text(self, index: int, width: int) -> str:
        mark = "*" if self.is_marked(index) else " "
        row = self._row(index)
        if row is None:
            return f"{mark} …"
        return _columns(
            width,
            mark,
            PROCESS.get(row.process_status, row.process_status),
            display(row.number, 60),
            buyer(row),
            str(row.line_count),
            row.due or NONE,
            " ".join(filter(None, (self._due(index), SENDING.get(row.sending, row.sending)))),
            row.connection,
        )

    @staticmethod
    def heads(width: int) -> str:
        return _columns(width, " ", "status", "order", "buyer", "lines", "due", "answer", "connection")


class QuarantineList(RowList):
    """Documents that could not be read, with the reason."""

    def __init__(self) -> None:
        super().__init__(id="quarantine")
        self.documents: list[QuarantinedDocument] = []

    def show_documents(self, documents: list[QuarantinedDocument]) -> None:
        self.documents = documents
        self.show_rows(len(documents), self.cursor)

    def row_text(self, index: int, width: int) -> str:
        document = self.documents[index]
        place = f"{display(document.place, 60)}: " if document.place else ""
        head = f"  {document.id:>5}  {fitted(document.connection, 16)}  {fitted(display(document.name, 60), 28)}  "
        return head + place + display(document.reason)

    @staticmethod
    def heads(width: int) -> str:
        return fitted(f"  {'id':>5}  {fitted('connection', 16)}  {fitted('document', 28)}  why it can't be read", width)
