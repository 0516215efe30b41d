"""Whose turn it is: the open tasks of an order, read off its lines' states, and since when and until when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from core.model import LogisticsStatus, Order, OrderLine
from core.transition.derive import has_goods, reaches
from core.transition.result import Task, TaskKind
from core.transition.tables import (
    BUYER_ASKS_AGAIN,
    BUYER_CANCELS,
    BUYER_REOPENS,
    CANCELLATION_REVERTED,
    COMPLETION_REVERTED,
    CONFIRMED,
    IN_PROGRESS,
    ISSUED,
    NOT_RESCHEDULED,
    OUR_PROPOSAL,
    PROPOSAL_REJECTED,
    REISSUED,
    RESCHEDULED,
    WE_REOPEN,
    WE_RESCHEDULE,
    State,
    state_of,
)

TURN: Final[Mapping[State, TaskKind]] = {
    ISSUED: TaskKind.ANSWER,
    IN_PROGRESS: TaskKind.ANSWER,
    OUR_PROPOSAL: TaskKind.WAIT,
    PROPOSAL_REJECTED: TaskKind.ANSWER,
    REISSUED: TaskKind.ANSWER,
    COMPLETION_REVERTED: TaskKind.ANSWER,
    CANCELLATION_REVERTED: TaskKind.ANSWER,
    BUYER_REOPENS: TaskKind.BUYER_ASKS,
    WE_REOPEN: TaskKind.WAIT,
    BUYER_ASKS_AGAIN: TaskKind.BUYER_ASKS,
    WE_RESCHEDULE: TaskKind.WAIT,
    RESCHEDULED: TaskKind.ANSWER,
    NOT_RESCHEDULED: TaskKind.ANSWER,
    BUYER_CANCELS: TaskKind.CANCELLATION,
    CONFIRMED: TaskKind.SHIP,
}
"""Closed lines are nobody's turn."""

_WHAT_ANSWERS_ARE_ABOUT: Final = ("process_status", "in_progress_status", "requested", "proposed", "confirmed")

OURS: Final = frozenset({TaskKind.ANSWER, TaskKind.BUYER_ASKS, TaskKind.CANCELLATION})
"""What waits for an answer of ours."""
TALKS: Final = OURS | {TaskKind.WAIT}
"""What waits for somebody's word. Goods to ship are no talk: what is agreed says when they are due."""


def task_of(line: OrderLine) -> TaskKind | None:
    """Whose turn it is on `line`, and for what; None where it is nobody's."""
    kind = TURN.get(state_of(line))
    if kind is TaskKind.SHIP:
        shipped = reaches(line.logistics_status, LogisticsStatus.SHIPPED)
        return None if shipped or not has_goods(line) else kind
    if state_of(line) is BUYER_REOPENS and line.proposed is not None:
        return TaskKind.WAIT  # We refused, and wait for the platform's word.
    return kind


def talk_of(line: OrderLine) -> TaskKind | None:
    """Whose word is awaited on `line`; None where nobody's is, whatever goods are to be shipped."""
    kind = TURN.get(state_of(line))
    return task_of(line) if kind in TALKS else None


def awaits_us(line: OrderLine) -> bool:
    """Whether an answer to `line` is ours to give."""
    return talk_of(line) in OURS


def answers_differ(before: OrderLine, after: OrderLine) -> bool:
    """Whether an answer to the one means something else than to the other: by its state, or by the terms of a side."""
    return any(getattr(before, name) != getattr(after, name) for name in _WHAT_ANSWERS_ARE_ABOUT)


def dated(before: OrderLine | None, after: OrderLine, at: dt.datetime) -> OrderLine:
    """`after`, with the time from which somebody's word on it is awaited: `at`, where there is something new to answer.

    The same word said again, by a platform that repeats itself for example, starts no new time.
    """
    if after is before or talk_of(after) is None:
        return after
    if before is not None and task_of(before) is task_of(after) and not answers_differ(before, after):
        return after
    return after.but(since=at)


def due(line: OrderLine, within: dt.timedelta | None, zone: dt.tzinfo | None) -> dt.datetime | None:
    """Until when the word that is awaited on `line` should come (`due_at`); None where nothing says, or nobody's is."""
    kind = talk_of(line)
    if kind is None or line.since is None:
        return None
    terms = line.proposed if kind is TaskKind.WAIT and line.proposed is not None else line.requested
    days = [delivery.date for delivery in terms.delivery_schedule if isinstance(delivery.date, dt.date)]
    return due_at(line.since, min(days, default=None), within if kind in OURS else None, zone)


def due_at(
    since: dt.datetime, first: dt.date | None, within: dt.timedelta | None, zone: dt.tzinfo | None
) -> dt.datetime | None:
    """Until when a word should come that is awaited since then.

    Ours: `within` the time that the connection's settings give after the buyer spoke. Anybody's: not after the morning, in
    the desk's time zone, of the `first` delivery that is asked, or that we propose: an answer on the day on which goods
    should be there is senseless. Terms whose first delivery is past when they come are to be answered on that day: nobody
    is late before they could be.
    """
    limits = []
    if first is not None:
        morning = _morning(first, zone)
        limits.append(morning if morning > since else _end_of_day(since, zone))
    if within is not None:
        limits.append(since + within)
    return min(limits, default=None)


def _morning(day: dt.date, zone: dt.tzinfo | None) -> dt.datetime:
    """The day's first moment, where it has one in UTC at all: a calendar's first and last day may begin outside of it."""
    try:
        return dt.datetime.combine(day, dt.time(), zone).astimezone(dt.UTC)
    except (OverflowError, ValueError):
        return dt.datetime.combine(day, dt.time(), dt.UTC)


def _end_of_day(moment: dt.datetime, zone: dt.tzinfo | None) -> dt.datetime:
    """…of which the moment is; the moment itself on the calendar's last day."""
    try:
        return max(_morning(moment.astimezone(zone).date() + dt.timedelta(days=1), zone), moment)
    except OverflowError:
        return moment


def tasks(order: Order) -> frozenset[Task]:
    """Every open task of `order`: at most one a line."""
    return frozenset(Task(kind, line.position) for line in order.lines if (kind := task_of(line)) is not None)


def to_answer(order: Order) -> tuple[str, ...]:
    """Positions of the lines whose answer is ours to give."""
    return tuple(line.position for line in order.lines if awaits_us(line))


def task_changes(before: Order | None, after: Order) -> tuple[tuple[Task, ...], tuple[Task, ...]]:
    """The tasks that a transition opened, and those that it closed, in the order of the lines."""
    opened, closed = [], []
    old_lines = {line.position: line for line in before.lines} if before is not None else {}
    for line in after.lines:
        old = old_lines.get(line.position)
        if old is line:
            continue
        now, then = task_of(line), task_of(old) if old is not None else None
        if now is then:
            continue
        if now is not None:
            opened.append(Task(now, line.position))
        if then is not None:
            closed.append(Task(then, line.position))
    return tuple(opened), tuple(closed)
