"""Outbox rows that the buyer overtook: what they are about has changed, so that a person looks before they go."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from core.store._sqlite import sqlite3
from core.store.outbox import WAITS_FOR_A_PERSON


@dataclass(frozen=True, slots=True)
class OnItsWay:
    id: str
    state: str
    positions: frozenset[str]


def on_their_way(connection: sqlite3.Connection, order_id: int) -> list[OnItsWay]:
    """Answers of the order that may have arrived or may arrive now, and that a change of the buyer's overtakes."""
    rows = connection.execute(
        """SELECT id, state, positions FROM outbox
        WHERE order_id = ? AND kind = 'order_response'
            AND (state = 'sending' OR (state IN ('queued', 'uncertain', 'failed') AND doubtful))""",
        (order_id,),
    )
    return [OnItsWay(outbox_id, state, frozenset(json.loads(positions))) for outbox_id, state, positions in rows]


def advices_under_way(connection: sqlite3.Connection, order_id: int) -> list[OnItsWay]:
    """Despatch advices of the order that have not arrived for all that we know; one from before lines were noted names
    none."""
    rows = connection.execute(
        """SELECT id, state, positions FROM outbox
        WHERE order_id = ? AND kind = 'despatch_advice' AND state IN ('queued', 'sending', 'uncertain', 'failed')""",
        (order_id,),
    )
    return [OnItsWay(outbox_id, state, frozenset(json.loads(positions))) for outbox_id, state, positions in rows]


def overtake(connection: sqlite3.Connection, messages: Iterable[tuple[str, str]]) -> None:
    """Messages (id, what the buyer changed) wait for a person, and are not sent by themselves: answers that may have
    arrived, and despatch advices.

    One that is being sent does so as soon as it is known that it may have arrived, or that it did not.
    """
    connection.executemany(
        f"""UPDATE outbox SET overtaken = ?1, last_error = iif(state = 'sending', last_error, ?1),
            state = iif(state = 'queued', {WAITS_FOR_A_PERSON.format(doubtful="doubtful")}, state)
        WHERE id = ?2 AND (
            state = 'sending' OR (state IN ('queued', 'uncertain', 'failed') AND (doubtful OR kind = 'despatch_advice'))
        )""",  # noqa: S608
        [(sentence, outbox_id) for outbox_id, sentence in messages],
    )
