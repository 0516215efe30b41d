"""What stands above an order's lines: who ordered, how far it has come, who awaits what, and what to look at."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from rich.text import Text

from tui.display import display
from tui.document_words import of_order
from tui.looked import Looked
from tui.rule_words import suggested_order
from tui.task_words import soonest, told
from tui.words import IN_PROGRESS, LOGISTICS, PROCESS, SENDING, buyer, counted, moment

if TYPE_CHECKING:
    from core.suggestion import Suggestion


def header(looked: Looked, zone: ZoneInfo | None, now: datetime, suggestion: Suggestion | None = None) -> Text:
    """`suggestion`: what the rules would answer, where they were asked."""
    loaded = looked.loaded
    order, row = loaded.record.order, loaded.row
    head = order.header
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"Order {display(order.key.number, 60)}", "bold reverse")
    text.append(f"  {buyer(row)}  ({row.connection}, #{loaded.id})\n")
    status = f"{PROCESS[order.process_status]}, goods {LOGISTICS[order.logistics_status]}"
    if row.reported and row.reported.get("process_status") not in (None, order.process_status):
        status += f", the platform says {display(str(row.reported['process_status']), 40)}"
    if row.sending != "nothing":
        status += f", answer: {SENDING.get(row.sending, row.sending)}"
    text.append(f"{status}, received {moment(row.received_at, zone)}\n")
    contact = head.contact
    facts = [
        ("contact", " ".join(display(part, 60) for part in (contact.name, contact.email) if part) if contact else ""),
        (
            "to",
            ", ".join(display(part, 60) for part in (*head.destination.names, head.destination.city) if part)
            if head.destination
            else "",
        ),
        ("says", display(head.description or "", 120)),
        ("notes", " / ".join(display(note, 120) for note in head.notes)),
    ]
    if any(value for _, value in facts):
        text.append("  ".join(f"{name}: {value}" for name, value in facts if value) + "\n")
    if attached := of_order(order):
        text.append(f"{attached}\n")
    for what, fact in soonest(told(looked.tasks, zone, now)):
        text.append(f"{what}: {display(fact, 200)}\n", "bold" if "(overdue)" in fact else "")
    if looked.met:
        text.append(
            f"! {counted(len(looked.met), 'line')} changed after our answer: d shows before, now and ours\n", "bold"
        )
    if looked.trouble is not None:
        text.append(f"! {display(looked.trouble, 200)}\n", "bold")
    if suggestion is not None:
        text.append(f"{suggested_order(suggestion)}\n")
    waiting = {line.in_progress_status for line in order.lines if line.in_progress_status}
    if waiting:
        text.append("; ".join(sorted(IN_PROGRESS[each] for each in waiting)) + "\n")
    text.rstrip()
    return text
