"""Despatch advices stay behind the answers that they rest on: goods leave on what was answered.

An answer that certainly did not arrive is still ours and can still be taken back, whether it waits in the queue or was
refused. An advice that goes before it would tell of goods on an order that nobody has confirmed.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from core.store._sqlite import sqlite3

ABOUT_THE_SAME: Final = (
    "EXISTS (SELECT 1 FROM json_each(e.positions) a JOIN json_each(m.positions) b ON b.value = a.value)"
)
"""Whether the messages `e` and `m` speak of one line."""
_REFUSED_ANSWER: Final = f"""e.order_id = m.order_id AND e.sequence < m.sequence AND e.kind = 'order_response'
        AND e.state = 'failed' AND NOT e.doubtful AND m.kind = 'despatch_advice' AND {ABOUT_THE_SAME}"""
"""Whether the answer `e`, on which the advice `m` rests, was refused: it is ours until a person looks."""
_WAITS: Final = "waits for our answer, which did not get through: "
_WAITS_FOR_A_FILE: Final = "waits for the answer before it: "

_FILE_DID_NOT_GO_UP: Final = """{e}.waits_for != '[]' AND EXISTS (
        SELECT 1 FROM outbox f
        WHERE f.order_id = {e}.order_id AND f.kind = 'attachment' AND f.state IN ('failed', 'uncertain')
            AND f.attachment IN (SELECT value FROM json_each({e}.waits_for))
    )"""
_STUCK_ANSWER: Final = f"""({_REFUSED_ANSWER} OR e.order_id = m.order_id AND e.sequence < m.sequence
        AND e.kind = 'order_response' AND e.state = 'queued' AND m.kind = 'despatch_advice' AND {ABOUT_THE_SAME}
        AND {_FILE_DID_NOT_GO_UP.format(e="e")})"""
"""The same, or whether it waits for a file that did not go up."""
_UNTIL_A_PERSON_LOOKS: Final = f"""(({_FILE_DID_NOT_GO_UP.format(e="e")}) OR e.kind = 'despatch_advice' AND EXISTS (
    SELECT 1 FROM outbox r
    WHERE r.order_id = e.order_id AND r.sequence < e.sequence AND r.kind = 'order_response'
        AND (r.state = 'failed' AND NOT r.doubtful OR r.state = 'queued' AND {_FILE_DID_NOT_GO_UP.format(e="r")})
        AND EXISTS (SELECT 1 FROM json_each(r.positions) a JOIN json_each(e.positions) b ON b.value = a.value)
))"""  # noqa: S608
"""Whether `e`, which is in the queue, is an answer whose file did not go up, or an advice that rests on such an answer or on
one that was refused."""

HELD_UP: Final = f"""(EXISTS (
    SELECT 1 FROM outbox e
    WHERE e.order_id = m.order_id AND e.sequence < m.sequence AND e.state IN ('queued', 'sending')
        AND NOT (m.kind = 'despatch_advice' AND NOT {ABOUT_THE_SAME} AND {_UNTIL_A_PERSON_LOOKS})
) OR EXISTS (SELECT 1 FROM outbox e WHERE {_REFUSED_ANSWER}))"""  # noqa: S608
"""Whether something of the same order has to leave before the message `m`. Goods that left wait neither for an answer to
other lines that was refused, or whose file did not go up, nor for the advice of such lines: that may take until a person
looks."""


def put_advices_behind(connection: sqlite3.Connection, last: dict[int, int]) -> None:
    """Where the answer before an advice was replaced, the advice goes behind the one in its place.

    `last`: the last sequence of each order; one by one from there, so that advices keep their order and numbers stay small
    however often an answer is replaced.
    """
    overtaken = connection.execute(
        """SELECT m.order_id, m.id FROM outbox m
        WHERE m.order_id IN (SELECT value FROM json_each(?)) AND m.kind = 'despatch_advice' AND m.state = 'queued'
            AND m.sequence < (
                SELECT max(sequence) FROM outbox
                WHERE order_id = m.order_id AND kind = 'order_response'
                    AND (state = 'queued' OR (state = 'failed' AND NOT doubtful))
            )
            AND 'superseded' = (
                SELECT a.state FROM outbox a
                WHERE a.order_id = m.order_id AND a.kind = 'order_response' AND a.sequence < m.sequence
                ORDER BY a.sequence DESC LIMIT 1
            )
        ORDER BY m.order_id, m.sequence""",
        (json.dumps(list(last)),),
    ).fetchall()
    for order_id, outbox_id in overtaken:
        last[order_id] += 1
        connection.execute("UPDATE outbox SET sequence = ? WHERE id = ?", (last[order_id], outbox_id))


def back_in_line(connection: sqlite3.Connection, order_id: int) -> None:
    """A person put an advice back: it goes behind the answer that took the place of the one before it meanwhile."""
    ((last,),) = connection.execute("SELECT max(sequence) FROM outbox WHERE order_id = ?", (order_id,))
    put_advices_behind(connection, {order_id: last})
    tell_advices(connection, (order_id,))


def tell_advices(connection: sqlite3.Connection, order_ids: Collection[int]) -> None:
    """Show with the orders' advices why they wait for a person: for an answer that was refused, or one whose file did not go
    up. Only as long as they do."""
    if not order_ids:
        return
    connection.execute(
        f"""UPDATE outbox AS m SET last_error = (
            SELECT iif(e.state = 'failed', ?1, ?2) || coalesce(e.last_error, 'look at it in the outbox') FROM outbox e
            WHERE {_STUCK_ANSWER} ORDER BY e.sequence DESC LIMIT 1
        )
        WHERE m.order_id IN (SELECT value FROM json_each(?3)) AND m.kind = 'despatch_advice' AND m.state = 'queued'
            AND (substr(m.last_error, 1, length(?1)) = ?1 OR substr(m.last_error, 1, length(?2)) = ?2
                OR EXISTS (SELECT 1 FROM outbox e WHERE {_STUCK_ANSWER}))""",  # noqa: S608
        (_WAITS, _WAITS_FOR_A_FILE, json.dumps(list(order_ids))),
    )


def waits_for_a_person(connection: sqlite3.Connection, outbox_id: str) -> bool:
    """Whether the message is an advice that waits for an answer which was refused."""
    ((found,),) = connection.execute(
        f"SELECT EXISTS (SELECT 1 FROM outbox e WHERE {_REFUSED_ANSWER}) FROM outbox m WHERE m.id = ?",  # noqa: S608
        (outbox_id,),
    )
    return bool(found)
