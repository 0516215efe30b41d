"""Rows of operators' unsent answers: one an operator and order."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from core.decisions import Act
from core.drafts import Draft, DraftLine, given_back, sent, shortened
from core.store._sqlite import sqlite3
from core.store.opening import StoreDamaged
from core.store.times import stamp

_DRAFT = "SELECT order_id, operator, CAST(body AS BLOB) FROM drafts"
_OF_ORDERS = f"{_DRAFT} WHERE operator = ? AND order_id IN (SELECT value FROM json_each(?))"  # noqa: S608


@dataclass(frozen=True, slots=True)
class Found:
    """Drafts as far as they can be read. Nothing else hangs on one that can't, so that is told beside the others."""

    drafts: list[Draft] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    """For each that can't be read a sentence: whose it is, to which order, and how it is thrown away."""


def found(connection: sqlite3.Connection, order_id: int | None = None) -> Found:
    """The drafts of an order by operator, or all that there are, those of one order beside each other."""
    if order_id is None:
        return _found(connection.execute(f"{_DRAFT} ORDER BY order_id, operator"))
    return _found(connection.execute(f"{_DRAFT} WHERE order_id = ? ORDER BY operator", (order_id,)))


def of_order(connection: sqlite3.Connection, order_id: int) -> list[Draft]:
    """By operator. Raises StoreDamaged where one can't be read."""
    written = found(connection, order_id)
    if written.torn:
        raise StoreDamaged(written.torn[0])
    return written.drafts


def of_operator(connection: sqlite3.Connection, order_id: int, actor: str) -> Draft | None:
    """Raises StoreDamaged."""
    row = connection.execute(f"{_DRAFT} WHERE order_id = ? AND operator = ?", (order_id, actor)).fetchone()
    return None if row is None else draft(*row)


def given_back_to(connection: sqlite3.Connection, actor: str) -> list[str]:
    """The numbers of the orders on which answers of the operator's were taken back, and wait for a look."""
    rows = connection.execute(
        """SELECT o.number FROM drafts d JOIN orders o ON o.id = d.order_id
        WHERE d.operator = ? AND CASE WHEN json_valid(d.body) THEN EXISTS (
            SELECT 1 FROM json_each(d.body, '$.lines') line
            WHERE line.type = 'object' AND json_extract(line.value, '$.why') IS NOT NULL
        ) END ORDER BY d.saved_at""",
        (actor,),
    )
    return [row[0] for row in rows]


def put(connection: sqlite3.Connection, draft: Draft) -> None:
    connection.execute(
        """INSERT INTO drafts (order_id, operator, revision, body, saved_at) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (order_id, operator) DO UPDATE SET revision = excluded.revision, body = excluded.body,
            saved_at = excluded.saved_at""",
        (draft.order_id, draft.actor, draft.revision, draft.to_json(), stamp(draft.saved_at)),
    )


def remove(connection: sqlite3.Connection, order_id: int, actor: str) -> bool:
    """Whether there was one."""
    gone = connection.execute("DELETE FROM drafts WHERE order_id = ? AND operator = ?", (order_id, actor))
    return gone.rowcount > 0


def give_back(connection: sqlite3.Connection, drafts: Iterable[Draft]) -> None:
    """Lines that a buyer's change took back before they left, added to what their operators have.

    Takes the place of a draft that can't be read any more: the buyer's word must not wait for that.
    """
    for draft in drafts:
        before = None
        with suppress(StoreDamaged):
            before = of_operator(connection, draft.order_id, draft.actor)
        put(connection, given_back(before, draft))


def settle(connection: sqlite3.Connection, answered: Iterable[tuple[int, str, Mapping[str, bool]]]) -> None:
    """Operators (order id, operator, positions) answered lines: what was given back to them of those has its answer.

    By position: whether it was a word on the line. Details alone are no answer to a line whose answer was given back. What
    they are writing stays.
    """
    said: dict[str, dict[int, Mapping[str, bool]]] = {}
    for order_id, actor, positions in answered:
        said.setdefault(actor, {})[order_id] = positions
    for actor, orders in said.items():
        rows = connection.execute(_OF_ORDERS, (actor, json.dumps(list(orders)))).fetchall()
        for draft in _found(rows).drafts:
            positions = orders[draft.order_id]
            keep(connection, draft, {line.position for line in draft.lines if _settled(draft, line, positions)})


def _settled(draft: Draft, line: DraftLine, answered: Mapping[str, bool]) -> bool:
    if line.why is None or line.position not in answered:
        return False
    drafted = draft.answered(line.position)
    return answered[line.position] or drafted is None or drafted.act is Act.DETAILS


def keep(connection: sqlite3.Connection, draft: Draft, without: Collection[str]) -> None:
    """What is left of `draft` without some lines; its row goes where nothing is."""
    _put_left(connection, draft, shortened(draft, without) if without else draft)


def take_off(connection: sqlite3.Connection, draft: Draft, positions: Collection[str]) -> None:
    """What is left of `draft` when its answer to some lines has left."""
    _put_left(connection, draft, sent(draft, positions))


def _put_left(connection: sqlite3.Connection, draft: Draft, left: Draft | None) -> None:
    if left is None:
        remove(connection, draft.order_id, draft.actor)
    elif left is not draft:
        put(connection, left)


def _found(rows: Iterable[tuple[Any, ...]]) -> Found:
    drafts = Found()
    for row in rows:
        try:
            drafts.drafts.append(draft(*row))
        except StoreDamaged as error:
            drafts.torn.append(str(error))
    return drafts


def draft(order_id: int, operator: str, body: bytes) -> Draft:
    """What stands in a row. Raises StoreDamaged."""
    try:
        read = Draft.from_json(body)
    except (ValueError, TypeError) as error:
        raise _torn(order_id, operator) from error
    if not read.lines or (read.order_id, read.actor) != (order_id, operator):
        raise _torn(order_id, operator)
    return read


def _torn(order_id: int, operator: str) -> StoreDamaged:
    # Nothing of the order hangs on it: nobody shall put back a backup for it.
    return StoreDamaged(
        f"the unsent answer of {operator} to order #{order_id} can't be read, and the order itself can; {operator} "
        f"throws it away by `podesk drafts discard #{order_id}`"
    )
