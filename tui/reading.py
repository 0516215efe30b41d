"""Something to read: a timeline, what will be sent, a document that could not be read, the keys."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.text import Text
from textual.app import ComposeResult
from textual.widgets import Static

from core.formats.secrecy import without_secrets
from core.model import Document, OrderLine
from tui import order_facts
from tui.actions import Place, Situation, at, spelt
from tui.desk_screen import DeskScreen, bindings
from tui.display import display, display_lines
from tui.document_words import each
from tui.line_detail import detail
from tui.looked import Looked
from tui.order_header import header, unsent
from tui.row_list import RowList, TextList, fitted
from tui.words import IN_PROGRESS, LOGISTICS, PROCESS, entry, moment

if TYPE_CHECKING:
    from core.orderbook import Conflict, Preview
    from core.store.rows import DocumentRow, TimelineEntry

_PAYLOAD_LINES = 20_000
_PAYLOAD_WIDTH = 4000
_HELP_HANG = 32
"""Where the words on a key begin."""
_HANG = 6
_LABEL = 14
_LONGEST_LABEL = 40
_MOST_FACTS = 1000
_MOST_OF_ONE = 4000

_SIGNS: Final = {
    "* before a line": "marked",
    "! before a line": "the buyer changed it after our answer",
    "~ before a line": "what stands there is our word alone as yet",
    "≠ before terms": "other than requested",
    "a line's status": ", ".join(PROCESS.values()),
    "its goods": ", ".join(LOGISTICS.values()),
}


class ReadingScreen(DeskScreen):
    PLACE = Place.TEXT
    BINDINGS = bindings(Place.TEXT)

    def __init__(self, title: str, lines: Sequence[str], hang: int = 0) -> None:
        """`lines` are fit to be shown already, as everything that `tui.words` makes is; a broken one goes on after `hang`
        blanks."""
        super().__init__()
        self._heading = display(title)
        self._list = TextList(list(lines), hang=hang)

    def compose(self) -> ComposeResult:
        yield Static(Text(self._heading, style="reverse", no_wrap=True), classes="heading")
        yield self._list
        yield self.message_line
        yield self.key_bar

    def on_mount(self) -> None:
        self.set_focus(self._list)
        self.show_keys()

    def rows(self) -> RowList:
        return self._list


def help_screen(now: Situation) -> ReadingScreen:
    """Every key of the place that `now` is, and why some are not possible."""
    lines = []
    for action in at(now.place):
        keys = " ".join(spelt(key) for key in action.keys)
        lines.append(f"{fitted(keys, 16)} {fitted(action.label, 14)} {action.help}")
        reason = action.why_not(now)
        if reason is not None:
            lines.append(f"{'':<32}not now: {display(reason)}")
    lines += [
        "",
        *(f"{fitted(sign, _HELP_HANG)}{means}" for sign, means in _SIGNS.items()),
        "",
        "What the desk does, the commands do too: `podesk --help`.",
    ]
    return ReadingScreen("Keys", lines, _HELP_HANG)


def timeline_screen(
    number: str, entries: Sequence[TimelineEntry], zone: ZoneInfo | None, read_at: datetime
) -> ReadingScreen:
    """All that happened to an order, the latest first."""
    lines = [line for event in reversed(entries) for line in entry(event, zone)]
    title = f"Timeline of order {display(number, 60)}, {_as_of(read_at, zone)}"
    return ReadingScreen(title, lines or ["Nothing has happened to it yet."], _HANG)


def _as_of(read_at: datetime, zone: ZoneInfo | None) -> str:
    """What is read stands still while things go on."""
    return f"as of {read_at.astimezone(zone):%H:%M:%S}"


def conflict_screen(conflict: Conflict, zone: ZoneInfo | None, *, marked: bool) -> ReadingScreen:
    """What others did to an order while an operator was looking at it. `marked`: something is, still."""
    marks = " Your marks are where they were." if marked else ""
    lines = [
        "It was changed after you saw it, so your decision was not taken. This is what changed:",
        "",
        *(line for event in conflict.since for line in entry(event, zone)),
        "",
        f"Look at the order again (q), then decide again.{marks}",
    ]
    return ReadingScreen(f"Order {display(conflict.number, 60)} is another than you saw", lines, _HANG)


def preview_screen(number: str, previews: Sequence[Preview], zone: ZoneInfo | None, read_at: datetime) -> ReadingScreen:
    """The exact bytes that would leave, and what they lead to."""
    lines: list[str] = []
    for preview in previews:
        if preview.kind == "attachment":
            lines.append(f"file {display(preview.name, 100)} to {preview.connection}, {preview.state}, goes up first")
            lines.append("")
            continue
        kind = preview.kind.replace("_", " ")
        facts = (f"{kind} to {preview.connection}", preview.state, display(preview.content_type, 60))
        lines.append(", ".join(fact for fact in facts if fact))
        if preview.state == "held" and preview.not_before is not None:
            lines.append(f"  leaves at {moment(preview.not_before.isoformat(), zone, seconds=True)} at the earliest")
        for line in preview.predicted:
            why = f" ({IN_PROGRESS[line.in_progress_status]})" if line.in_progress_status in IN_PROGRESS else ""
            status = PROCESS.get(line.process_status, line.process_status)
            lines.append(f"  line {display(line.position, 20)} becomes {status}{why}")
        lines.append("")
        if preview.payload is None:
            lines.append("  Not all lines are answered yet: this platform takes whole answers only.")
        else:
            text = preview.payload.decode("utf-8", errors="replace")
            lines.extend(display_lines(text, cap=_PAYLOAD_WIDTH, most=_PAYLOAD_LINES))
            lines.extend(_since_last(preview))
        lines.append("")
    title = f"What will be sent for order {display(number, 60)}, {_as_of(read_at, zone)}"
    return ReadingScreen(title, lines or ["Nothing waits to be sent for this order."])


def _since_last(preview: Preview) -> list[str]:
    """How the message differs from the last one of its kind."""
    if preview.difference:
        changed = display_lines("\n".join(preview.difference), cap=_PAYLOAD_WIDTH, most=_PAYLOAD_LINES)
        return ["", "Since what was sent last:", "", *changed]
    return ["", "The same as what was sent last."] if preview.last_sent is not None else []


def line_screen(
    looked: Looked, line: OrderLine | None, zone: ZoneInfo | None, now: datetime, width: int
) -> ReadingScreen:
    """All that is known of a line and of its order, nothing of it cut. `width`: cells of the screen."""
    order, record = looked.loaded.record.order, looked.loaded.record
    lines: list[str] = []
    if line is not None:
        sending = looked.loaded.row.sending if line.position in unsent(record) else None
        lines += detail(line, sending, besides=False, width=width - 1).plain.split("\n")
        lines += _told([*order_facts.of_line(line), *_attached(line.content.documents)])
        lines.append("")
    lines += header(looked, zone, now, most=_MOST_FACTS).plain.split("\n")
    lines += _told([*order_facts.of_order(order), *_attached(order.header.documents)])
    what = f"Line {display(line.position, 20)} of order" if line is not None else "Order"
    return ReadingScreen(f"{what} {display(order.key.number, 60)}, {_as_of(now, zone)}", lines, _LABEL)


def _told(facts: Sequence[tuple[str, str]]) -> list[str]:
    """Labels beside what they say; a custom field's may be long."""
    shown = [(display(label, _LONGEST_LABEL), display(said, _MOST_OF_ONE)) for label, said in facts]
    return [f"{fitted(label, max(_LABEL - 1, cell_len(label)))} {said}" for label, said in shown]


def _attached(documents: Sequence[Document]) -> list[tuple[str, str]]:
    return [("document", document) for document in each(documents)]


def document_screen(document: DocumentRow, zone: ZoneInfo | None) -> ReadingScreen:
    """A document that could not be read: why, where in it, what to do, and the document without a partner's secrets."""
    lines = [
        f"why      {display(document.reason, 400)}",
        f"where    {display(document.place) or '–'}",
        f"what now {display(document.remedy, 400) or '–'}",
        f"from     {display(document.sender) or '–'}, seen as {display(document.locator)}",
        f"at       {moment(document.fetched_at, zone)}, {len(document.payload):,} bytes",
        f"again    podesk quarantine retry {document.id}",
        "",
        *display_lines(
            without_secrets(document.payload.decode("utf-8", errors="replace")), cap=_PAYLOAD_WIDTH, most=_PAYLOAD_LINES
        ),
    ]
    return ReadingScreen(f"Document {document.id}: {display(document.name, 60)}", lines)
