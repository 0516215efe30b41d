"""Whose word is awaited until when, in words and as JSON. Imports no model: lists are made without it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from core.store.tasks import TaskRow

OURS: Final = {
    "answer": "answer",
    "buyer asks": "say yes or no to what the buyer asks",
    "cancellation": "say yes or no to the cancellation",
}

_SOON: Final = dt.timedelta(days=1)
_MOST: Final = 2
"""Facts where there is little room; each line of an order says the rest of itself."""
_MOST_LINES: Final = 8


def task_json(task: TaskRow) -> dict[str, Any]:
    """Times are ISO 8601 in UTC; `due_at` is null where neither settings nor terms say until when."""
    return {
        "position": task.position,
        "kind": task.kind,
        "opened_at": task.opened_at,
        "due_at": task.due_at,
    }


def ours_due(tasks: Iterable[TaskRow], zone: dt.tzinfo | None, now: dt.datetime) -> str:
    """Until when the first of our answers to an order is due, `!` before what has passed; nothing where none is due."""
    first = min((task.due_at for task in tasks if task.due_at is not None and task.kind in OURS), default=None)
    if first is None:
        return ""
    return f"{'! ' if _past(first, now) else ''}{_by_the_clock(first, zone)}"


def due_word(due_at: str | None, now: dt.datetime) -> str:
    """`due` where it is within a day, `overdue` where it is past; else nothing."""
    if due_at is None:
        return ""
    at = dt.datetime.fromisoformat(due_at)
    return "overdue" if at <= now else "due" if at <= now + _SOON else ""


def told(
    tasks: Sequence[TaskRow], zone: dt.tzinfo | None, now: dt.datetime, unsent: Collection[str] = ()
) -> list[tuple[str, str]]:
    """Facts for each kind and due date: ("to do", "answer by 2026-05-01 00:00: line 10, 20"). Positions as partners wrote
    them. On what is `unsent` the buyer can't decide yet."""
    positions: dict[tuple[str, str], list[str]] = {}
    for task in tasks:
        label, what = ("to do", OURS[task.kind]) if task.kind in OURS else ("waiting", "the buyer decides")
        if label == "waiting" and task.position in unsent:
            label, what = "waiting", "our answer has not left"
        elif task.due_at is not None:
            what += f" by {_by_the_clock(task.due_at, zone)}{' (overdue)' if _past(task.due_at, now) else ''}"
        positions.setdefault((label, what), []).append(task.position)
    return [(label, f"{what}: {_lines(found)}") for (label, what), found in positions.items()]


def _lines(positions: Sequence[str]) -> str:
    """In the order of their numbers, where they are numbers; many are counted."""
    named = sorted(positions, key=lambda position: (not _is_number(position), len(position), position))
    more = f", … {len(named):,} lines" if len(named) > _MOST_LINES else ""
    return f"line {', '.join(named[:_MOST_LINES])}{more}"


def _is_number(position: str) -> bool:
    return position.isascii() and position.isdigit()


def soonest(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first of what `told` tells, and how many more there are."""
    more = len(facts) - _MOST
    return [*facts[:_MOST], *([("then", f"{more} more")] if more > 0 else [])]


def _past(at: str, now: dt.datetime) -> bool:
    return dt.datetime.fromisoformat(at) <= now


def _by_the_clock(at: str, zone: dt.tzinfo | None) -> str:
    """A time of the store as the operator's clock has it; None: the system's."""
    return f"{dt.datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"
