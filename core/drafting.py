"""The order book's part for unsent answers: kept while they are written, checked again before they are sent.

One draft an operator and order. Saving one is no change of the order: it stands beside the log. Sending one is a decision
like any other, and takes it off the drafts in the same transaction.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping
from datetime import datetime

from core.batch import Batch, Changed, NoSuchOrder
from core.decisions import Decision
from core.drafts import Draft, DraftLine, Rechecked, rebased, recheck, saved
from core.model import OrderLine
from core.revision import shown_at
from core.store import Store, StoreBusy, drafts, history
from core.store._sqlite import sqlite3
from core.store.history import Snapshot
from core.store.pace import Pace
from core.store.writing import LostRace
from core.transition import TransitionRefused

MOST_RACES = 50
"""Races lost one after another before a save gives up."""


class NoSuchDraft(Exception):
    """The operator has no unsent answer to the order, or none to the line."""

    def __init__(self, order_id: int, actor: str, sentence: str) -> None:
        super().__init__(sentence)
        self.order_id = order_id
        self.actor = actor


class DraftReturned(TransitionRefused):
    """Something of a draft no longer fits the order, or is half typed; nothing of it was sent."""

    def __init__(self, number: str, rechecked: Rechecked) -> None:
        if rechecked.returned:
            first, *others = rechecked.returned
            position = first.position
            what = "; ".join(first.differences) or "what it was then is not known any more"
            more = f" So did {len(others)} more." if others else ""
            sentence = (
                f"it changed since your answer ({first.ours.act.value}) was drafted: {what}.{more} Look, then decide."
            )
        else:
            position = rechecked.unfinished[0]
            sentence = "your answer to it is half typed; finish it at the desk, or leave the line out."
        super().__init__(number, position, sentence)
        self.rechecked = rechecked


class Drafting:
    """What `core.orderbook.OrderBook` can do with drafts."""

    store: Store
    clock: Callable[[], datetime]
    new_id: Callable[[], str]

    @abstractmethod
    def batch(self, pace: Pace) -> Batch: ...

    def drafts(self, order_id: int) -> list[Draft]:
        """The unsent answers to an order, by operator. Raises StoreDamaged."""
        return drafts.of_order(self.store.connection, order_id)

    def draft_of(self, order_id: int, actor: str) -> Draft | None:
        """An operator's unsent answer to an order. Raises StoreDamaged."""
        return drafts.of_operator(self.store.connection, order_id, actor)

    def save_draft(
        self,
        order_id: int,
        decision: Decision | None,
        actor: str,
        revision: int,
        *,
        form: Mapping[str, Mapping[str, str]] | None = None,
        as_bound: Collection[str] = (),
    ) -> Draft:
        """Keep what an operator is writing, as seen at `revision`; the lines that it does not name stay as they were.

        `form`: by position, the raw fields of an editor; a line may be there alone, half typed, without a decision.
        `as_bound`: lines whose answer was not looked at anew; where the draft has them, they stay bound as they were.
        Raises NoSuchOrder, TransitionRefused for a line that the order doesn't have, StoreBusy, StoreFull.
        """
        fields = form or {}
        decided = tuple(line.position for line in decision.lines) if decision is not None else ()
        named = tuple(dict.fromkeys((*decided, *fields)))
        seen = self._seen(order_id, actor, revision, named)
        lines = [
            DraftLine(position=one, revision=revision, seen=seen[one], form=dict(fields.get(one, {}))) for one in named
        ]
        at = self.clock()
        with self.store.writing() as connection:
            before = drafts.of_operator(connection, order_id, actor)
            if before is not None:
                bound = {line.position: line for line in before.lines if line.position in as_bound}
                lines = [bound.get(line.position, line).but(form=line.form) for line in lines]
            draft = saved(before, order_id=order_id, actor=actor, at=at, decision=decision, lines=lines)
            if named:
                drafts.put(connection, draft)
        return draft

    def discard_draft(self, order_id: int, actor: str, positions: Collection[str] = ()) -> None:
        """Throw an operator's draft away, or what it says of some lines. Raises NoSuchDraft.

        Whole, it need not be readable any more.
        """
        with self.store.writing() as connection:
            if positions:
                drafts.keep(connection, self._draft(connection, order_id, actor, positions), positions)
            elif not drafts.remove(connection, order_id, actor):
                raise _no_draft(order_id, actor)

    def recheck(self, draft: Draft, positions: Collection[str] = ()) -> Rechecked:
        """What of a draft, or of some of its lines, still fits the order as it is now. Raises NoSuchOrder."""
        return recheck(draft, self._snapshot(draft.order_id).record.order, positions)

    def rebase_draft(self, order_id: int, actor: str, revision: int, positions: Collection[str] = ()) -> Draft:
        """Bind an operator's draft, or some of its lines, to `revision`, which the operator has looked at.

        Raises NoSuchDraft, NoSuchOrder, StoreBusy, StoreFull.
        """
        draft = self._draft(self.store.connection, order_id, actor, positions)
        snapshot = self._snapshot(order_id)
        seen = self._shown_at(snapshot, revision, positions or draft.positions)
        at = self.clock()
        with self.store.writing() as connection:
            now = self._draft(connection, order_id, actor, positions)
            draft = rebased(now, {one: seen[one] for one in seen if now.line(one) is not None}, revision, at)
            drafts.put(connection, draft)
        return draft

    def send_draft(
        self, order_id: int, actor: str, expected_revision: int | None = None, positions: Collection[str] = ()
    ) -> Changed:
        """Decide what an operator's draft says, or what it says of some lines; that is no draft any more then.

        Raises DraftReturned when a line no longer fits or is half typed, Conflict when something shown changed since
        `expected_revision`, TransitionRefused when the order's state forbids it, NoSuchDraft, NoSuchOrder, StoreBusy,
        StoreFull. Nothing is sent then, and the draft stays.
        """
        for _ in range(MOST_RACES):
            draft = self._draft(self.store.connection, order_id, actor, positions)
            batch = self.batch(Pace())
            opened = batch.open(order_id)
            assert opened.record is not None
            rechecked = recheck(draft, opened.record.order, positions)
            if rechecked.returned or rechecked.unfinished or rechecked.fits is None:
                raise DraftReturned(opened.key.number, rechecked)
            entry = rechecked.fits.but(id=self.new_id(), at=self.clock())
            batch.take(order_id, entry, actor, expected_revision=expected_revision)
            sent = frozenset(line.position for line in entry.lines)

            def take_off(connection: sqlite3.Connection, draft: Draft = draft, sent: frozenset[str] = sent) -> None:
                if drafts.of_operator(connection, order_id, actor) != draft:
                    raise LostRace  # typed on, or sent, at another screen
                drafts.take_off(connection, draft, sent)

            try:
                return batch.commit(take_off)[-1]
            except LostRace:
                continue
        raise StoreBusy(f"{self.store.path}: other processes changed the same order again and again; try again")

    def _seen(
        self, order_id: int, actor: str, revision: int, positions: Collection[str]
    ) -> Mapping[str, OrderLine | None]:
        """The lines as they were shown; what the draft knows already is not asked of the log again and again."""
        before = drafts.of_operator(self.store.connection, order_id, actor)
        known = {line.position: line for line in before.lines} if before is not None else {}
        if all(one in known and known[one].revision == revision and known[one].why is None for one in positions):
            return {one: known[one].seen for one in positions}
        return self._shown_at(self._snapshot(order_id), revision, positions)

    def _shown_at(
        self, snapshot: Snapshot, revision: int, positions: Collection[str]
    ) -> Mapping[str, OrderLine | None]:
        if not 1 <= revision <= snapshot.revision:
            raise ValueError(f"order {snapshot.number} has no revision {revision}; it has {snapshot.revision}")
        record = snapshot.record
        for position in positions:
            if record.order.line(position) is None:
                raise TransitionRefused(snapshot.number, position, "the order has no such line.")
        if revision == snapshot.revision:
            return {one: record.order.line(one) for one in positions}
        return shown_at(self.store.connection, snapshot.id, record, revision, positions)

    def _snapshot(self, order_id: int) -> Snapshot:
        snapshot = history.snapshot(self.store.connection, order_id)
        if snapshot is None:
            raise NoSuchOrder(order_id)
        return snapshot

    def _draft(self, connection: sqlite3.Connection, order_id: int, actor: str, positions: Collection[str]) -> Draft:
        draft = drafts.of_operator(connection, order_id, actor)
        if draft is None:
            raise _no_draft(order_id, actor)
        for position in positions:
            if draft.line(position) is None:
                raise NoSuchDraft(
                    order_id, actor, f"the unsent answer of {actor} to order #{order_id} has no line {position}"
                )
        return draft


def _no_draft(order_id: int, actor: str) -> NoSuchDraft:
    return NoSuchDraft(order_id, actor, f"{actor} has no unsent answer to order #{order_id}")
