"""The rows that follow from an order: of its lines, its tasks, its search words and the documents that it refers to.

They are worked out before the transaction that writes them: while it lasts, no other process can save.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta, tzinfo

from core.model import Order, OrderLine
from core.store import downloads
from core.store.standing import LineRow, line_row, same_content, words_of
from core.store.tasks import LineTask, task_row
from core.transition.tasks import talk_of


@dataclass(slots=True)
class Following:
    """What is to be written; only what differs from what the store has."""

    lines: list[LineRow] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    """Positions of lines that are no more."""
    opened: list[tuple[str, LineTask]] = field(default_factory=list)
    """By position: tasks that are new, or of another kind or time."""
    closed: list[str] = field(default_factory=list)
    """Positions of lines that have no task any more."""
    words: tuple[str, str, str] | None = None
    """Number, buyer and items, where search finds the order by others than before."""
    referred: list[str] = field(default_factory=list)
    """What the platform calls the documents that the order did not refer to before."""


def following(before: Order | None, after: Order, within: timedelta | None, zone: tzinfo | None) -> Following:
    """What follows from `after`, where the store has what followed from `before`, both as they are shown.

    `within`: the connection's `answer_within`; `zone`: the desk's, None for the system's.
    """
    rows = Following()
    was = {line.position: line for line in before.lines} if before is not None else {}
    for line in after.lines:
        old = was.pop(line.position, None)
        if old is line:
            continue
        if old is None or not _same_row(old, line):
            rows.lines.append(line_row(line))
        kind = talk_of(line)
        had = talk_of(old) if old is not None else None
        if kind is None:
            if had is not None:
                rows.closed.append(line.position)
        elif had is not kind or old is None or not _same_times(old, line):
            task = task_row(line, within, zone)
            assert task is not None
            rows.opened.append((line.position, task))
    rows.gone += was
    rows.closed += was
    if before is None or not same_content(before, after):
        words = words_of(after)
        if before is None or words_of(before) != words:
            rows.words = words
        rows.referred += downloads.referred(after, before)
    return rows


def _same_row(old: OrderLine, new: OrderLine) -> bool:
    """Whether both have the same row of `lines`; told without making it, so False where one must look."""
    return (
        old.process_status is new.process_status
        and old.in_progress_status is new.in_progress_status
        and old.logistics_status is new.logistics_status
        and old.requested is new.requested
        and old.content is new.content
    )


def _same_times(old: OrderLine, new: OrderLine) -> bool:
    """Whether tasks of one kind on both are of the same times, likewise."""
    return old.since == new.since and old.requested is new.requested and old.proposed is new.proposed
