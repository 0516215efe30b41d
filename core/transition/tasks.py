"""Whose turn it is: the open tasks of an order, read off its lines' states."""

from __future__ import annotations

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
    BUYER_CANCELS: TaskKind.BUYER_ASKS,
    CONFIRMED: TaskKind.SHIP,
}
"""Closed lines are nobody's turn."""

_OURS_TO_ANSWER: Final = (TaskKind.ANSWER, TaskKind.BUYER_ASKS)


def task_of(line: OrderLine) -> TaskKind | None:
    """Whose turn it is on `line`, and for what; None where it is nobody's."""
    kind = TURN.get(state_of(line))
    if kind is TaskKind.SHIP:
        shipped = reaches(line.logistics_status, LogisticsStatus.SHIPPED)
        return None if shipped or not has_goods(line) else kind
    if kind is TaskKind.BUYER_ASKS and line.proposed is not None:
        return TaskKind.WAIT  # We refused, and wait for the platform's word.
    return kind


def awaits_us(line: OrderLine) -> bool:
    """Whether an answer to `line` is ours to give."""
    return task_of(line) in _OURS_TO_ANSWER


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
