"""Whose word is awaited until when, in words and as JSON. Imports no model: lists are made without it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from itertools import groupby
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


def told(tasks: Sequence[TaskRow], zone: dt.tzinfo | None, now: dt.datetime) -> list[tuple[str, str]]:
    """Facts for each kind and due date: ("to do", "answer by 2026-05-01 00:00: line 10, 20"). Positions as partners wrote
    them."""
    facts = []
    for (kind, until), group in groupby(tasks, lambda task: (task.kind, task.due_at)):
        what = OURS.get(kind, "the buyer decides")
        if until is not None:
            what += f" by {_by_the_clock(until, zone)}{' (overdue)' if _past(until, now) else ''}"
        positions = ", ".join(task.position for task in group)
        facts.append(("to do" if kind in OURS else "waiting", f"{what}: line {positions}"))
    return facts


def soonest(facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The first of what `told` tells, and how many more there are."""
    more = len(facts) - _MOST
    return [*facts[:_MOST], *([("then", f"{more} more")] if more > 0 else [])]


def _past(at: str, now: dt.datetime) -> bool:
    return dt.datetime.fromisoformat(at) <= now


def _by_the_clock(at: str, zone: dt.tzinfo | None) -> str:
    """A time of the store as the operator's clock has it; None: the system's."""
    return f"{dt.datetime.fromisoformat(at).astimezone(zone):%Y-%m-%d %H:%M}"
