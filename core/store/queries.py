"""The queries behind lists and screens. Nothing here loads the model, unless one order is asked for whole."""

from __future__ import annotations

import json
from array import array
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from core.store.documents import arrival_counts, document, quarantine, quarantine_count
from core.store.health import health
from core.store.history import load, timeline
from core.store.opening import Store, damaged
from core.store.rows import (
    DocumentRow,
    HealthRow,
    LineRow,
    Loaded,
    OrderRow,
    OutboxRow,
    QuarantinedDocument,
    Sending,
    TimelineEntry,
    View,
)
from core.store.times import stamp

__all__ = [
    "DocumentRow",
    "HealthRow",
    "LineRow",
    "Loaded",
    "OrderRow",
    "OutboxRow",
    "QuarantinedDocument",
    "Sending",
    "TimelineEntry",
    "View",
    "arrival_counts",
    "counts",
    "document",
    "find",
    "health",
    "lines_of",
    "list_orders",
    "load",
    "newest",
    "order_ids",
    "outbox",
    "quarantine",
    "quarantine_count",
    "rows_by_id",
    "timeline",
]

_COLUMNS = """id, connection, number, buyer, buyer_name, revision, process_status, logistics_status, reported,
    CASE WHEN sending = 'queued' AND held_until > ? THEN 'held' ELSE sending END, due, line_count, received_at,
    changed_at"""
_REPORTED = 8
"""Where `reported` stands in the columns, which are otherwise the fields of OrderRow."""
_CONDITIONS = {
    View.TO_ANSWER: "to_answer = 1",
    View.WAITING: "waiting = 1",
    View.BUYER_ASKS: "buyer_asks = 1",
    View.TO_SHIP: "to_ship = 1",
    View.NOT_DELIVERED: "not_delivered = 1",
}
_BUNCH = 500


def list_orders(
    store: Store,
    *,
    now: datetime,
    view: View = View.ALL,
    search: str | None = None,
    limit: int | None = None,
    after: tuple[str, int] | None = None,
) -> list[OrderRow]:
    """Orders of a view, the soonest due first; those behind the row whose `place` is `after`."""
    where, parameters = _where(view, search)
    if after is not None:
        where.append("(due_place, id) > (?, ?)")
        parameters += after
    rows = store.connection.execute(
        f"SELECT {_COLUMNS} FROM orders{_clause(where)} ORDER BY due_place, id LIMIT ?",  # noqa: S608
        (stamp(now), *parameters, -1 if limit is None else limit),
    )
    return [_row(row) for row in rows]


def order_ids(store: Store, *, now: datetime, view: View = View.ALL, search: str | None = None) -> array[int]:
    """The ids of a whole view in the order of `list_orders`."""
    where, parameters = _where(view, search)
    rows = store.connection.execute(f"SELECT id FROM orders{_clause(where)} ORDER BY due_place, id", parameters)  # noqa: S608
    return array("q", (row[0] for row in rows))


def lines_of(store: Store, ids: Sequence[int]) -> list[LineRow]:
    """How the lines of these orders stand; those of one order beside each other."""
    rows = store.connection.execute(
        """SELECT l.order_id, l.position, l.process_status, l.in_progress_status, t.kind
        FROM lines l LEFT JOIN tasks t ON t.order_id = l.order_id AND t.position = l.position
        WHERE l.order_id IN (SELECT value FROM json_each(?)) ORDER BY l.order_id, l.position""",
        (json.dumps(list(ids)),),
    )
    return [LineRow(*row) for row in rows]


def rows_by_id(store: Store, ids: Sequence[int], now: datetime) -> list[OrderRow]:
    """The orders with these ids, in that order; an id that is not there is left out."""
    found: dict[int, OrderRow] = {}
    for start in range(0, len(ids), _BUNCH):
        rows = store.connection.execute(
            f"SELECT {_COLUMNS} FROM orders WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
            (stamp(now), json.dumps(list(ids[start : start + _BUNCH]))),
        )
        found.update((row[0], _row(row)) for row in rows)
    return [found[order_id] for order_id in ids if order_id in found]


def counts(store: Store) -> dict[View, int]:
    """How many orders each view holds; counted from the views' indexes, never from the orders."""
    with store.reading() as connection:
        return {
            view: connection.execute(f"SELECT count(*) FROM orders{_clause(_where(view, None)[0])}").fetchone()[0]  # noqa: S608
            for view in View
        }


def find(store: Store, po: str, now: datetime) -> list[OrderRow]:
    """The orders that an operator may mean: several where buyers share a number, or one's number is written like an id.

    `##12` is the order with the id 12 and no other; `#12` that one, and those with the number `#12`.
    """
    if (order_id := _id_in(po, "##")) is not None:
        return rows_by_id(store, [order_id], now)
    order_id = _id_in(po, "#")
    found = rows_by_id(store, [order_id], now) if order_id is not None else []
    rows = store.connection.execute(
        f"SELECT {_COLUMNS} FROM orders WHERE number = ? ORDER BY connection, buyer",  # noqa: S608
        (stamp(now), po),
    )
    return [*found, *(_row(row) for row in rows if row[0] != order_id)]


def _id_in(po: str, mark: str) -> int | None:
    digits = po.removeprefix(mark)
    return int(digits) if digits != po and digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def outbox(store: Store, *, everything: bool = False) -> list[OutboxRow]:
    """What waits, failed or is uncertain, in the order in which it was made; `everything`: sent and superseded too."""
    # Each half in the words of an index: all that was ever sent stands in the same table.
    waiting = """(SELECT id FROM outbox WHERE state IN ('queued', 'sending') UNION ALL
        SELECT id FROM outbox WHERE state IN ('sending', 'uncertain', 'failed') AND state != 'sending'
        ) w CROSS JOIN outbox m ON m.id = w.id"""
    rows_of = "outbox m" if everything else waiting
    rows = store.connection.execute(
        f"""SELECT m.id, m.order_id, o.number, m.connection, m.kind, m.state, m.attempts, m.not_before, m.next_attempt,
            m.last_error, m.receipt, m.created_at, m.name
        FROM {rows_of} CROSS JOIN orders o ON o.id = m.order_id ORDER BY m.created_at, m.order_id, m.sequence"""  # noqa: S608
    )
    return [OutboxRow(*row) for row in rows]


def newest(store: Store) -> int:
    """The number of the last thing that happened to any order: cheap to ask again and again."""
    last: int = store.connection.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()[0]
    return last


def last_order(store: Store) -> int:
    """The id of the order that came last; 0 where there is none."""
    last: int = store.connection.execute("SELECT coalesce(max(id), 0) FROM orders").fetchone()[0]
    return last


def orders_after(store: Store, last: int) -> int:
    """How many orders came after the one with the id `last`."""
    came: int = store.connection.execute("SELECT count(*) FROM orders WHERE id > ?", (last,)).fetchone()[0]
    return came


def _where(view: View, search: str | None) -> tuple[list[str], list[Any]]:
    where: list[str] = []
    parameters: list[Any] = []
    if view in _CONDITIONS:
        where.append(_CONDITIONS[view])
    if search is not None and (words := search.split()):
        where.append("id IN (SELECT rowid FROM search WHERE search MATCH ?)")
        parameters.append(_quoted(words))
    return where, parameters


def _quoted(words: Sequence[str]) -> str:
    """A full-text query for orders with all these words, the last one perhaps unfinished.

    What a person types is never query syntax: every word becomes a quoted phrase. A word of signs alone finds nothing to
    hold on to and is left out.
    """
    phrases = ['"' + word.replace('"', '""').replace("\0", "") + '"' for word in words]
    return " ".join(phrases) + " *"


def _clause(where: Sequence[str]) -> str:
    return " WHERE " + " AND ".join(where) if where else ""


def _row(row: tuple[Any, ...]) -> OrderRow:
    try:
        reported = json.loads(row[_REPORTED]) if row[_REPORTED] is not None else None
    except (ValueError, TypeError) as error:
        raise damaged(f"order #{row[0]}") from error
    facts: list[Any] = list(row)
    facts[_REPORTED] = reported
    return OrderRow(*facts)
