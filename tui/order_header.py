"""What stands above an order's lines: who ordered, how far it has come, who awaits what, and what to look at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.text import Text

from core.model import Order
from core.pending import Record
from core.store.outbox import Message
from tui import order_facts
from tui.display import display
from tui.document_words import of_order
from tui.looked import Looked
from tui.rule_words import suggested_order
from tui.task_words import soonest, told
from tui.words import CHANGED_SINCE, IN_PROGRESS, LOGISTICS, PROCESS, SENDING, buyer, counted, moment

if TYPE_CHECKING:
    from core.suggestion import Suggestion

_Row = tuple[str, str]
"""Text and style."""


def header(
    looked: Looked,
    zone: ZoneInfo | None,
    now: datetime,
    suggestion: Suggestion | None = None,
    *,
    is_old: bool = False,
    most: int = 12,
) -> Text:
    """At most `most` rows; the last says how many more there would be. `suggestion`: what the rules would answer, where they
    were asked. `is_old`: the order is another by now."""
    rows = list(_rows(looked, zone, now, suggestion, is_old=is_old))
    if len(rows) > most:
        more = len(rows) - most + 1
        rows[most - 1 :] = [(f"… {more} more; enter reads all of it", "")]
    number = f"Order {display(looked.loaded.record.order.key.number, 60)}"
    text = Text(number, "bold reverse", no_wrap=True, overflow="ellipsis", end="")
    row = looked.loaded.row
    text.append(f"  {buyer(row)}  ({row.connection}, #{looked.loaded.id})", "not bold not reverse")
    for told_so, style in rows:
        text.append(f"\n{told_so}", style or "not bold not reverse")
    return text


def unsent(record: Record) -> frozenset[str]:
    """The lines on which an answer of ours has not left: what is shown of them is ours alone as yet."""
    return frozenset(line.position for line in record.pending.lines) if record.pending is not None else frozenset()


_WHAT: Final = {"order_response": "our answer", "despatch_advice": "our despatch advice", "attachment": "our file"}


def stuck(message: Message) -> str:
    """What became of a message that did not get through, and what to do about it."""
    what = f"{_WHAT[message.kind]} {display(message.name, 40)}".rstrip()
    why = f" ({display(message.last_error, 120)})" if message.last_error else ""
    if message.state == "uncertain":
        return f"! nobody knows whether {what} arrived{why}; ctrl+r sends it again (podesk outbox retry {message.id})"
    back = "u takes it back, " if message.kind == "order_response" else ""
    return f"! {what} did not get through{why}; {back}ctrl+r sends it again (podesk outbox retry {message.id})"


def _rows(
    looked: Looked, zone: ZoneInfo | None, now: datetime, suggestion: Suggestion | None, *, is_old: bool
) -> Iterator[_Row]:
    """What must not be overlooked first."""
    loaded = looked.loaded
    order, row = loaded.record.order, loaded.row
    if is_old:
        yield f"! {CHANGED_SINCE}", "bold"
    status = f"{PROCESS[order.process_status]}, goods {LOGISTICS[order.logistics_status]}"
    if row.sending != "nothing":
        status += f", answer: {SENDING.get(row.sending, row.sending)}"
    if row.reported and row.reported.get("process_status") not in (None, order.process_status):
        status += f", the platform says {display(str(row.reported['process_status']), 40)}"
    yield f"{status}, received {moment(row.received_at, zone)}", ""
    if looked.met:
        told_of = f"! {counted(len(looked.met), 'line')} changed after our answer: d shows before, now and ours"
        yield told_of, "bold"
    for message in looked.stuck:
        yield stuck(message), "bold"
    if looked.trouble is not None:
        yield f"! {display(looked.trouble, 200)}", "bold"
    for what, fact in soonest(told(looked.tasks, zone, now, unsent(loaded.record))):
        yield f"{what}: {display(fact, 200)}", "bold" if "(overdue)" in fact else ""
    if suggestion is not None:
        yield suggested_order(suggestion), ""
    away = unsent(loaded.record)
    waiting = {line.in_progress_status for line in order.lines if line.in_progress_status and line.position not in away}
    if waiting:
        yield "; ".join(sorted(IN_PROGRESS[each] for each in waiting)), ""
    facts = [f"{name}: {value}" for name, value in _facts(order) if value]
    if facts:
        yield "  ".join(facts), ""
    conditions = [
        f"{name}: {display(fact, 80)}" for name, fact in order_facts.of_order(order) if name in order_facts.CONDITIONS
    ]
    if conditions:
        yield "  ".join(conditions), ""
    if attached := of_order(order):
        yield attached, ""


def _facts(order: Order) -> Iterator[tuple[str, str]]:
    head = order.header
    if head.contact is not None:
        yield "contact", " ".join(display(part, 60) for part in (head.contact.name, head.contact.email) if part)
    if head.destination is not None:
        yield "to", ", ".join(display(part, 60) for part in (*head.destination.names, head.destination.city) if part)
    yield "says", display(head.description or "", 120)
    yield "notes", " / ".join(display(note, 120) for note in head.notes)
