"""What would set right an answer that has left, line by line: found from the log, which knows how each line stood before.

`core.transition.compensation` says which message does it; here is looked up what left last on each line.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from core.decisions import Act, Departed, Returned
from core.model import Order
from core.pending import Record, changes_from_json, fold
from core.profile import Profile
from core.store import Store, history
from core.store._sqlite import sqlite3
from core.transition import Compensation, compensation


@dataclass(slots=True)
class _Left:
    """What left of an order, and did not come back."""

    before: dict[str, Order | None] = field(default_factory=dict)
    """By position: the order as the platform knew it before our last word on the line left; None: nobody knows."""


def compensations(
    store: Store, order_id: int, profile: Profile, positions: Collection[str] = ()
) -> tuple[Compensation, ...]:
    """For each line of the order on which a word of ours left, or of `positions`: what would set it right, or why nothing.

    In the order of the lines. Raises TransitionRefused for a position that the order doesn't have, StoreDamaged; an order
    that is not there has none.
    """
    with store.reading() as connection:
        snapshot = history.snapshot(connection, order_id)
        if snapshot is None:
            return ()
        platform = snapshot.record.platform
        with history.naming(order_id):
            left = _left(connection, order_id)
    chosen = positions or [line.position for line in platform.lines if line.position in left.before]
    return tuple(
        one for position in chosen for one in compensation(platform, (position,), profile, left.before.get(position))
    )


def _left(connection: sqlite3.Connection, order_id: int) -> _Left:
    """The state before an answer is the fold of what was recorded until it was claimed; what was erased is unknown."""
    rows = connection.execute(
        """SELECT l.kind, iif(l.kind IN ('departed', 'returned'), t.input, NULL), t.changes
        FROM log l LEFT JOIN log_texts t ON t.seq = l.seq WHERE l.order_id = ? ORDER BY l.revision""",
        (order_id,),
    ).fetchall()
    record: Record | None = None
    flights: dict[str, dict[str, Order]] = {}
    for kind, said, changes in rows:
        if changes is None:
            break
        if kind == "departed" and record is not None and record.pending is not None:
            flights[Departed.from_json(said).outbox] = {
                line.position: record.platform for line in record.pending.lines if line.act is not Act.DETAILS
            }
        elif kind == "returned":
            flights.pop(Returned.from_json(said).outbox, None)
        record = fold(record, changes_from_json(changes))
    left = _Left()
    for flight in flights.values():
        left.before.update(flight)
    return left
