"""The open tasks of orders: whose word is awaited on a line, since when, and until when.

The table follows the orders and is written with them: a task appears when a line comes to such a state and goes with it.
What waits for goods to leave is not in it; what is agreed says when those are due, and the list `to-ship` sorts by that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, TypeAlias

from core.store._sqlite import sqlite3
from core.store.opening import Store
from core.store.times import moment, stamp

if TYPE_CHECKING:
    from datetime import timedelta, tzinfo

    from core.model import OrderLine

OURS: Final = ("answer", "buyer asks", "cancellation")
"""The kinds that wait for us; `wait` is the buyer's turn. By the names of `core.transition.TaskKind`."""

_COLUMNS = "order_id, position, kind, opened_at, due_at"


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A line that waits for somebody's word. Times are ISO 8601 in UTC."""

    order_id: int
    position: str
    kind: str
    """answer, buyer asks, cancellation: ours to give; wait: the buyer's decision."""
    opened_at: str
    """When what is to be answered was said."""
    due_at: str | None
    """Until when the word should come; None where neither settings nor terms say. See `core.transition.tasks.due`."""


# --- reading ----------------------------------------------------------------------------------------------------------


def open_tasks(store: Store, order_id: int) -> list[TaskRow]:
    """The tasks of one order, the soonest due first; those without a due date last."""
    rows = store.connection.execute(
        f"SELECT {_COLUMNS} FROM tasks WHERE order_id = ? ORDER BY due_at IS NULL, due_at, position",  # noqa: S608
        (order_id,),
    )
    return [TaskRow(*row) for row in rows]


def tasks_of(store: Store, order_ids: Iterable[int]) -> dict[int, list[TaskRow]]:
    """The tasks of each of these orders that has any, as `open_tasks` sorts them."""
    rows = store.connection.execute(
        f"""SELECT {_COLUMNS} FROM tasks WHERE order_id IN (SELECT value FROM json_each(?))
        ORDER BY due_at IS NULL, due_at, position""",  # noqa: S608
        (json.dumps(list(order_ids)),),
    )
    found: dict[int, list[TaskRow]] = {}
    for row in rows:
        found.setdefault(row[0], []).append(TaskRow(*row))
    return found


def first_due(store: Store, order_ids: Iterable[int]) -> dict[int, str]:
    """When the first of our answers to each of these orders is due (ISO 8601, UTC); without those where none is."""
    rows = store.connection.execute(
        """SELECT order_id, min(due_at) FROM tasks
        WHERE order_id IN (SELECT value FROM json_each(?)) AND due_at IS NOT NULL
            AND kind IN (SELECT value FROM json_each(?))
        GROUP BY order_id""",
        (json.dumps(list(order_ids)), json.dumps(OURS)),
    )
    return dict(rows.fetchall())


def due_before(
    store: Store, until: datetime, *, kinds: Sequence[str] = OURS, limit: int | None = None
) -> list[TaskRow]:
    """Tasks of these kinds that are due before `until` (aware), the longest overdue first."""
    rows = store.connection.execute(
        f"""SELECT {_COLUMNS} FROM tasks
        WHERE due_at IS NOT NULL AND due_at < ? AND kind IN (SELECT value FROM json_each(?))
        ORDER BY due_at, order_id, position LIMIT ?""",  # noqa: S608
        (stamp(until), json.dumps(list(kinds)), -1 if limit is None else limit),
    )
    return [TaskRow(*row) for row in rows]


def overdue(store: Store, now: datetime, *, limit: int | None = None) -> list[TaskRow]:
    """What we should have answered by `now` (aware), the longest overdue first."""
    return due_before(store, now, limit=limit)


# --- writing ----------------------------------------------------------------------------------------------------------

LineTask: TypeAlias = "tuple[str, str | None, str | None]"
"""Kind, opened at (None: an older podesk wrote the line, and nobody knows), due at."""


def task_row(line: OrderLine, within: timedelta | None, zone: tzinfo | None) -> LineTask | None:
    """The task on `line`; None where nobody's word is awaited. `within`: the connection's `answer_within`."""
    from core.transition.tasks import due, talk_of  # lists read without the model

    kind = talk_of(line)
    if kind is None:
        return None
    until = due(line, within, zone)
    return (
        str(kind),
        stamp(line.since) if line.since is not None else None,
        stamp(until) if until is not None else None,
    )


def write(
    connection: sqlite3.Connection,
    opened: Sequence[tuple[int, str, LineTask, str]],
    closed: Sequence[tuple[int, str]],
) -> None:
    """Inside a write transaction: tasks that are open now (order id, position, task, now as text), and those that went."""
    if closed:
        connection.executemany("DELETE FROM tasks WHERE order_id = ? AND position = ?", closed)
    if opened:
        connection.executemany(
            """INSERT INTO tasks (order_id, position, kind, opened_at, due_at)
            VALUES (?1, ?2, ?3, coalesce(?4, ?6), ?5)
            ON CONFLICT (order_id, position) DO UPDATE SET kind = excluded.kind, due_at = excluded.due_at,
                opened_at = coalesce(?4, opened_at)""",
            [(order_id, position, *task, now) for order_id, position, task, now in opened],
        )


_AT_ONCE: Final = 500


def settle_due(store: Store, name: str, within: timedelta | None, zone: tzinfo | None) -> int:
    """Put the due dates of what waits for us on the connection called `name` to its settings, where those have changed.

    Reads narrow rows and never an order, so that it is done in a second on a big store; tasks of the buyer's have no due
    date by settings. Returns how many dates changed.
    """
    settings = f"{within} {zone}"
    known = store.connection.execute("SELECT settings FROM task_settings WHERE connection = ?", (name,)).fetchone()
    if known is not None and known[0] == settings:
        return 0
    changed = list(_misdated(store, name, within, zone))
    for start in range(0, len(changed), _AT_ONCE):
        with store.writing() as connection:  # only where the task is still the one that was read
            connection.executemany(
                "UPDATE tasks SET due_at = ? WHERE order_id = ? AND position = ? AND kind = ? AND opened_at = ?",
                changed[start : start + _AT_ONCE],
            )
    with store.writing() as connection:
        connection.execute("INSERT OR REPLACE INTO task_settings VALUES (?, ?)", (name, settings))
    return len(changed)


def _misdated(
    store: Store, name: str, within: timedelta | None, zone: tzinfo | None
) -> Iterator[tuple[str | None, int, str, str, str]]:
    from core.transition.tasks import due_at  # lists read without the model

    rows = store.connection.execute(
        """SELECT t.order_id, t.position, t.kind, t.opened_at, t.due_at, l.due FROM orders o
        JOIN tasks t ON t.order_id = o.id JOIN lines l ON l.order_id = t.order_id AND l.position = t.position
        WHERE o.connection = ? AND t.kind IN (SELECT value FROM json_each(?))""",
        (name, json.dumps(OURS)),
    ).fetchall()
    for order_id, position, kind, opened_at, was, first in rows:
        until = due_at(moment(opened_at), date.fromisoformat(first) if first is not None else None, within, zone)
        now = stamp(until) if until is not None else None
        if now != was:
            yield now, order_id, position, kind, opened_at
