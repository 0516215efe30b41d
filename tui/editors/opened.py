"""A line as its editors open it: the order as it is, and what the operator has typed or said of it before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.decisions import LineDecision
from core.drafts import DraftLine
from core.model import OrderLine
from core.orderbook import OrderBook
from core.store import StoreDamaged
from core.store.rows import Loaded


@dataclass(frozen=True, slots=True)
class Opened:
    loaded: Loaded
    line: OrderLine
    draft: DraftLine | None = None
    drafted: LineDecision | None = None
    """What the draft says of the line, or said before somebody began to type over it."""
    of_the_order: Mapping[str, Any] = field(default_factory=dict)
    """What the draft says of the order itself, where it has no other line: it leaves with this one."""
    difference: str | None = None
    """Why the draft no longer fits the line."""
    trouble: str | None = None
    """Why drafts of the order can't be read."""
    typed: Mapping[str, str] = field(default_factory=dict)
    """Raw fields of what is half typed in the draft, of whichever editor."""


def opened(book: OrderBook, loaded: Loaded, position: str, actor: str) -> Opened | None:
    """None where the order has no such line (any more). Raises NoSuchOrder, StoreError."""
    line = loaded.record.order.line(position)
    if line is None:
        return None
    try:
        draft = book.draft_of(loaded.id, actor)
        bound = draft.line(position) if draft is not None else None
        if draft is None or bound is None:
            return Opened(loaded, line)
        returned = book.recheck(draft, (position,)).returned
    except StoreDamaged as error:
        return Opened(loaded, line, trouble=str(error))
    difference = returned[0].sentence if returned else bound.why
    if difference is None and bound.revision != loaded.revision and draft.decided(position) is None:
        difference = _since(bound, line)
    of_the_order = draft.of_the_order if draft.positions == (position,) else {}
    return Opened(loaded, line, bound, draft.answered(position), of_the_order, difference, typed=bound.form)


def _since(bound: DraftLine, line: OrderLine) -> str | None:
    """What the buyer changed under a half-typed answer, which `recheck` says nothing of."""
    from core.difference import line_differences
    from core.transition.tasks import answers_differ

    if bound.seen is None or not answers_differ(bound.seen, line):
        return None
    what = "; ".join(line_differences(bound.seen, line)) or "in how it is written"
    return f"line {line.position} changed since you typed this: {what}."
