"""Documents in words: what is attached to an order, and where each of them stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from tui.display import display
from tui.words import counted, moment

if TYPE_CHECKING:
    from core.attached import Attached
    from core.model import Document, Order

_STANDS: Final = {
    "kept": "kept",
    "waiting": "waiting to be fetched",
    "failed": "can't be had",
    "link": "only a link, which podesk does not open",
    "named": "only named",
    "unsent": "ours, not sent yet",
    "sending": "ours, being sent",
    "sent": "ours, sent",
    "uncertain": "ours, nobody knows whether it arrived",
}
_SHORT: Final = {"link": "only a link", "waiting": "waiting", "uncertain": "ours, uncertain"}


def stands(each: Attached, zone: ZoneInfo | None) -> str:
    """Where it stands, and why; fit to be shown."""
    said = _STANDS[each.stands]
    if each.stands == "link" and each.document.url is not None:
        said += f": {display(each.document.url, 150)}"
    if each.why is not None:
        said += f": {display(each.why, 250)}"
    if each.stands == "waiting" and each.next_attempt is not None:
        said += f"; next try {moment(each.next_attempt, zone)}"
    return said


def told(documents: Sequence[Attached], number: str) -> list[tuple[str, str]]:
    """A fact of the order, where it has documents."""
    if not documents:
        return []
    counts = Counter(_SHORT.get(each.stands, _STANDS[each.stands]) for each in documents)
    each_way = ", ".join(f"{count} {what}" for what, count in counts.items())
    return [("documents", f"{each_way}; podesk documents {number}")]


def of_order(order: Order) -> str:
    """How many documents the buyer attached to the order and its lines, and how to see them; empty without any."""
    count = len(order.header.documents) + sum(len(line.content.documents) for line in order.lines)
    return f"{counted(count, 'document')}: podesk documents {display(order.key.number, 60)}" if count else ""


def each(documents: Sequence[Document]) -> list[str]:
    """What each is called, fit to be shown."""
    return [display(names([document]), 200) for document in documents]


def names(documents: Sequence[Document]) -> str:
    """What they are called, in one line."""
    called = (one.name or one.code or one.description or one.object_id or one.url or "?" for one in documents)
    return ", ".join(called)
