"""An order as its screen shows it: with its tasks, the operator's own unsent answer, and where a buyer's change met ours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.drafts import Draft
from core.store import Store, StoreDamaged, drafts, outbox
from core.store.outbox import Message
from core.store.queries import load
from core.store.rows import Loaded
from core.store.tasks import TaskRow, open_tasks
from tui.drafted import met_positions


@dataclass(frozen=True, slots=True)
class Looked:
    loaded: Loaded
    tasks: tuple[TaskRow, ...] = ()
    met: frozenset[str] = frozenset()
    """Lines on which a buyer's change met an answer of ours."""
    draft: Draft | None = None
    """The operator's own."""
    trouble: str | None = None
    """Why drafts, or what the buyer's changes met, can't be told; the order itself can."""
    stuck: tuple[Message, ...] = ()
    """What did not get through, or may not have."""


def look_at(store: Store, order_id: int, actor: str, now: datetime) -> Looked | None:
    """None when there is no such order. Raises StoreDamaged where the order itself can't be read."""
    with store.reading() as connection:
        loaded = load(store, order_id, now)
        if loaded is None:
            return None
        tasks = tuple(open_tasks(store, order_id))
        found = drafts.found(connection, order_id)
        mine = next((draft for draft in found.drafts if draft.actor == actor), None)
        trouble = found.torn[0] if found.torn else None
        stuck = tuple(one for one in outbox.unsettled(connection, order_id) if one.state in ("failed", "uncertain"))
        try:
            return Looked(loaded, tasks, met_positions(store, order_id), mine, trouble, stuck)
        except StoreDamaged as error:
            return Looked(loaded, tasks, draft=mine, trouble=str(error), stuck=stuck)
