"""The one door through which orders change: load, step, render, commit.

Everything is computed outside the transaction, against a revision; the transaction compares it, writes log, order, lines
and outbox together, and is over in milliseconds. On a lost race it is computed again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING

from core.batch import Batch, Changed, Conflict, NoSuchOrder
from core.collector import uncollected
from core.config import Settings
from core.decisions import Decision, Delivered, Departed, Despatch, Outcome, Returned, Uploaded
from core.drafting import MOST_RACES, Drafting, DraftReturned, NoSuchDraft
from core.model import OrderKey
from core.pending import Input, Step
from core.previews import Predicted, Preview, previews, unsaved
from core.store import Store, StoreBusy, StoreDamaged, behind, outbox, uploads
from core.store._sqlite import sqlite3
from core.store.outbox import Message
from core.store.pace import Pace
from core.store.rows import OutgoingRow
from core.store.writing import LostRace
from core.transition import TransitionRefused

if TYPE_CHECKING:
    from core.rules import RulesFile

__all__ = [
    "MOST_RACES",
    "Changed",
    "Conflict",
    "DraftReturned",
    "MessageIsOld",
    "NoSuchDraft",
    "NoSuchMessage",
    "NoSuchOrder",
    "OrderBook",
    "OutgoingRow",
    "Predicted",
    "Preview",
    "Refusal",
]


class NoSuchMessage(Exception):
    """An outbox row that isn't there, or isn't in a state for what was asked."""

    def __init__(self, outbox_id: str, sentence: str) -> None:
        super().__init__(sentence)
        self.outbox_id = outbox_id


class MessageIsOld(NoSuchMessage):
    """One that is sent again only when its old words are meant; `why` names them."""

    def __init__(self, outbox_id: str, number: str, why: str) -> None:
        super().__init__(
            outbox_id,
            f"order {number}: {why}; to send message {outbox_id} with its old words all the same, retry it with --anyway",
        )
        self.why = why


class _Taken(Exception):
    """The message is no longer as it was: superseded, or claimed or settled by somebody else."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """One order of many that could not be changed."""

    order_id: int
    number: str
    sentence: str


class OrderBook(Drafting):
    """Changes orders: every change is one transaction that writes log, order, lines and outbox together."""

    def __init__(
        self, store: Store, settings: Settings, *, clock: Callable[[], datetime], new_id: Callable[[], str]
    ) -> None:
        """`clock` gives aware UTC; `new_id` unique text that sorts by time (`core.ids.uuid7`)."""
        self.store = store
        self.settings = settings
        self.clock = clock
        self.new_id = new_id
        self.intake_pace = Pace()
        """Of `core.intake`: documents come a few at a time, and what was learnt of the disk holds for the next few."""

    @property
    def rules(self) -> RulesFile:
        """The rules as their file stands; it is read when it is asked."""
        from core.rules import rules_file  # nothing that only decides or looks needs it

        return rules_file(self.settings.rules_path)

    def batch(self, pace: Pace) -> Batch:
        """An empty batch; what `core.intake` and the methods here save by."""
        return Batch(self.store, self.settings, now=self.clock(), new_id=self.new_id, pace=pace)

    def change(
        self,
        order: int | OrderKey,
        entry: Input,
        actor: str,
        *,
        expected_revision: int | None = None,
        document: int | None = None,
    ) -> Changed:
        """Take `entry` as an input to the order and save what follows from it.

        Raises TransitionRefused when the order's state or the outbound format forbids it, Conflict when something that
        is shown changed since `expected_revision`, NoSuchOrder, StoreBusy, StoreFull. Nothing is saved then.
        """
        return self._change(order, (entry,), actor, expected_revision=expected_revision, document=document)

    def _change(
        self,
        order: int | OrderKey,
        entries: Sequence[Input],
        actor: str,
        *,
        expected_revision: int | None = None,
        document: int | None = None,
        also: Callable[[sqlite3.Connection], None] | None = None,
    ) -> Changed:
        """The last of `entries`, which are saved together, after `also`."""
        for _ in range(MOST_RACES):
            batch = self.batch(Pace())
            for entry in entries:
                batch.take(order, entry, actor, expected_revision=expected_revision, document=document)
            try:
                return batch.commit(also)[-1]
            except LostRace:
                continue
        raise _too_busy(self.store)

    def change_many(self, entries: Iterable[tuple[int, Input, int | None]], actor: str) -> Iterator[Changed | Refusal]:
        """Many changes (order id, input, expected revision), each by itself, saved in groups of a few milliseconds.

        Gives one result an entry, in the order of the entries. What is not consumed is not done.
        """
        pace = Pace()
        rest = iter(entries)
        while group := list(islice(rest, pace.size)):
            # Until the last result is taken: a collection while they all live would go through every one of them.
            with uncollected():
                results = deque(self._change_group(group, actor, pace))
                while results:
                    yield results.popleft()

    def _change_group(
        self, group: list[tuple[int, Input, int | None]], actor: str, pace: Pace
    ) -> list[Changed | Refusal]:
        for _ in range(MOST_RACES):
            batch = self.batch(pace)
            batch.read_ahead([(order_id, entry.id) for order_id, entry, _ in group])
            refusals: dict[int, Refusal] = {}
            for at, (order_id, entry, expected) in enumerate(group):
                try:
                    batch.take(order_id, entry, actor, expected_revision=expected)
                except (TransitionRefused, Conflict) as error:
                    refusals[at] = Refusal(order_id, error.number, str(error))
                except (NoSuchOrder, StoreDamaged) as error:
                    refusals[at] = Refusal(order_id, f"#{order_id}", str(error))
            try:
                changed = iter(batch.commit())
            except LostRace:
                continue
            return [refusals[at] if at in refusals else next(changed) for at in range(len(group))]
        raise _too_busy(self.store)

    def predict(self, order_id: int, entry: Decision | Despatch) -> Step:
        """What `change` would do; nothing is saved.

        Raises TransitionRefused for what `change` would refuse, what the outbound format can't carry too; NoSuchOrder.
        """
        return self.batch(Pace()).take(order_id, entry, "preview")

    def try_out(
        self, order_id: int, entry: Decision, actor: str, *, expected_revision: int | None = None
    ) -> tuple[Step, list[Preview]]:
        """What `change` would do, and what would wait to leave by it; nothing is saved. Raises what `change` raises."""
        batch = self.batch(Pace())
        done = batch.take(order_id, entry, actor, expected_revision=expected_revision)
        opened = batch.open(order_id)
        with self.store.reading() as connection:
            order = done.record.order
            return done, unsaved(connection, order_id, order.key.connection, order, opened.messages)

    def preview(self, order_id: int) -> list[Preview]:
        """What of this order has not gone yet. Raises NoSuchOrder."""
        with self.store.reading() as connection:
            found = previews(connection, order_id, self.clock())
        if found is None:
            raise NoSuchOrder(order_id)
        return found

    def due(
        self,
        connection: str,
        *,
        now: datetime,
        whatever_the_schedule: bool = False,
        kinds: Sequence[str] = outbox.KINDS,
    ) -> list[str]:
        """Outbox ids that may leave now: per order the first in line, behind its hold window and its next attempt."""
        return outbox.due(
            self.store.connection, connection, now, whatever_the_schedule=whatever_the_schedule, kinds=kinds
        )

    def waits(self, connection: str, kinds: Sequence[str]) -> bool:
        """Whether any message of these kinds is in the queue, due or not."""
        return outbox.waits(self.store.connection, connection, kinds)

    def depart(self, outbox_id: str, *, until: datetime | None = None) -> OutgoingRow | None:
        """Claim a message for sending: from here its answer is no longer ours to change, unless it comes back.

        None when it was superseded or taken in the meantime, or when it is a file that the partner has already.
        `until`: whoever sends it has settled it by then, or died; `reclaim` leaves it alone so long.
        """

        def claim(connection: sqlite3.Connection) -> None:
            row = outbox.message(connection, outbox_id)
            if row is None or not row.may_leave or not outbox.first_in_line(connection, row):
                raise _Taken
            outbox.set_state(connection, outbox_id, "sending", attempts=1, next_attempt=until)

        row = outbox.message(self.store.connection, outbox_id)
        if row is None or not row.may_leave:
            return None
        try:
            if self._up_already(row):
                return None
            if row.ours:
                # Only an answer, and only one that is pending still, takes the overlay with it.
                entry = Departed(id=f"departed:{outbox_id}:{self.new_id()}", at=self.clock(), outbox=outbox_id)
                self._change(row.order_id, (entry,), "sync", also=claim)
            else:
                with self.store.writing() as connection:
                    claim(connection)
                    outbox.settle(connection, [row.order_id])
        except (_Taken, NoSuchMessage):
            return None
        return OutgoingRow(
            row.id,
            row.order_id,
            row.number,
            row.connection,
            row.kind,
            row.payload,
            row.content_type,
            row.extension,
            row.attempts + 1,
            row.doubtful,
            row.name,
        )

    def _up_already(self, row: Message) -> bool:
        """Whether `row` is a file that went up for another order in the meantime; it is settled then."""
        if row.attachment is None:
            return False
        known = uploads.known(self.store.connection, row.connection, (row.attachment,))
        if not known:
            return False
        self._settle(row, Outcome.SENT, known[row.attachment], "sync")
        return True

    def delivered(
        self, outbox_id: str, outcome: Outcome, detail: str | None = None, *, next_attempt: datetime | None = None
    ) -> None:
        """What became of a claimed message; on the order's log. Raises NoSuchMessage when it is not being sent.

        One that FAILED and can't have arrived before is ours again: it can be taken back, changed, or retried.
        `next_attempt`: it is not settled, and is sent again then, under the same id. Of a file that is SENT, `detail` is
        what the partner calls it.
        """
        row = self._being_sent(outbox_id)
        if row.attachment is not None and outcome is Outcome.SENT and not (detail or "").strip():
            outcome, detail = Outcome.FAILED, "the partner took it, but did not say what it calls it; ask the partner"
        self._settle(row, outcome, detail, "sync", next_attempt=next_attempt)

    def _settle(
        self, row: Message, outcome: Outcome, detail: str | None, actor: str, *, next_attempt: datetime | None = None
    ) -> None:
        expected = row.state
        again = outcome is Outcome.RETRIED or next_attempt is not None
        sent = outcome is Outcome.SENT
        # A person may say it twice between two attempts: the buyer changes the order meanwhile, say.
        said = f":{self.new_id()}" if outcome in (Outcome.RETRIED, Outcome.DROPPED) else ""
        at = self.clock()

        def settle(connection: sqlite3.Connection) -> None:
            found = outbox.message(connection, row.id)
            if found is None or found.state != expected or found.attempts != row.attempts:
                raise NoSuchMessage(row.id, f"message {row.id} changed in the meantime; look again")
            outbox.set_state(
                connection,
                row.id,
                "queued" if again else "superseded" if outcome is Outcome.DROPPED else outcome.value,
                next_attempt=next_attempt,
                error=None if sent or (again and next_attempt is None) else detail,
                receipt=detail if sent else None,
                doubtful=outcome is Outcome.UNCERTAIN,
                afresh=outcome is Outcome.RETRIED,
            )
            if row.kind == outbox.RESPONSE:
                behind.tell_advices(connection, [row.order_id])
            elif row.kind == outbox.ADVICE and outcome is Outcome.RETRIED:
                behind.back_in_line(connection, row.order_id)
            if row.attachment is not None:
                waits = None if sent or again else f"{row.name} did not go up: {detail}"
                outbox.keep_waiting(connection, row.order_id, waits)
                if sent:
                    uploads.remember(connection, row.connection, row.attachment, detail or "", at)

        entry = Delivered(
            id=f"{outcome.value}:{row.id}:{row.attempts}{said}",
            at=at,
            outbox=row.id,
            outcome=outcome,
            detail=detail,
            again=next_attempt is not None,
        )
        if outcome is Outcome.FAILED and row.ours:
            self._give_back(row, self._returned(row, detail), settle, entry)
        elif row.attachment is not None and sent:
            uploaded = Uploaded(id=f"uploaded:{row.id}", at=at, attachment=row.attachment, object_id=detail or "")
            self._change(row.order_id, (entry, uploaded), actor, also=settle)
        else:
            self._change(row.order_id, (entry,), actor, also=settle)

    def _returned(self, row: Message, detail: str | None, next_attempt: datetime | None = None) -> Returned:
        return Returned(
            id=f"returned:{row.id}:{self.new_id()}",
            at=self.clock(),
            outbox=row.id,
            detail=detail,
            next_attempt=next_attempt,
        )

    def _give_back(
        self, row: Message, returned: Returned, settle: Callable[[sqlite3.Connection], None], *then: Delivered
    ) -> None:
        """Save that an answer certainly did not arrive, and `settle` its row in the same transaction."""
        try:
            self._change(row.order_id, (returned, *then), "sync", also=settle)
        except TransitionRefused:
            # It can't be given back (its connection left podesk.toml): it stays what the platform may know, and shown.
            with self.store.writing() as connection:
                settle(connection)
                outbox.doubt(connection, row.id)
                outbox.settle(connection, [row.order_id])

    def postpone(self, outbox_id: str, next_attempt: datetime, error: str, *, doubtful: bool = False) -> None:
        """Passing trouble: back to the queue until `next_attempt`, with the error shown. Raises NoSuchMessage.

        `doubtful`: this attempt may have arrived, whatever becomes of the next ones. Otherwise, and where no earlier one
        may have, the answer is ours again.
        """
        row = self._being_sent(outbox_id)
        if doubtful and row.ours:
            self._settle(row, Outcome.UNCERTAIN, error, "sync", next_attempt=next_attempt)
        else:
            self._back_to_queue(row, error, next_attempt=next_attempt, doubtful=doubtful)

    def release(self, outbox_id: str, error: str) -> None:
        """The partner did not let us in: back to the queue, and the attempt doesn't count. Raises NoSuchMessage.

        Where no earlier attempt may have arrived, the answer is ours again.
        """
        self._back_to_queue(self._being_sent(outbox_id), error, attempts=-1)

    def _back_to_queue(
        self,
        row: Message,
        error: str,
        *,
        attempts: int = 0,
        next_attempt: datetime | None = None,
        doubtful: bool = False,
    ) -> None:
        def settle(connection: sqlite3.Connection) -> None:
            found = outbox.message(connection, row.id)
            if found is None or found.state != "sending":
                raise NoSuchMessage(row.id, f"message {row.id} is not being sent")
            outbox.set_state(
                connection,
                row.id,
                "queued",
                attempts=attempts,
                next_attempt=next_attempt,
                error=error,
                doubtful=doubtful,
            )

        if row.ours and not doubtful:
            self._give_back(row, self._returned(row, error, next_attempt), settle)
            return
        with self.store.writing() as connection:
            settle(connection)
            outbox.settle(connection, [row.order_id])

    def put_off(self, outbox_ids: Sequence[str], error: str, next_attempt: datetime | None = None) -> None:
        """The partner can't be reached: messages that wait, unclaimed and untried, show why, and wait on."""
        with self.store.writing() as connection:
            outbox.put_off(connection, outbox_ids, error, next_attempt)

    def reclaim(
        self, connection: str | None = None, *, leased: bool = False, kinds: Sequence[str] = outbox.KINDS
    ) -> int:
        """Messages (of one connection, or of all) that a dead daemon left `sending` go back to the queue; how many.

        They may have arrived. For those alone who know that nobody is sending now, but those who said until when;
        `leased`: for anybody, since it takes back only what was to be settled by now.
        """
        left = outbox.sending(self.store.connection, connection, self.clock(), leased=leased, kinds=kinds)
        return sum(self._reclaimed(row) for row in left)

    def _reclaimed(self, row: Message) -> bool:
        """Whether it was still being sent: several processes may look at the same time."""

        def settle(db: sqlite3.Connection) -> None:
            found = outbox.message(db, row.id)
            if found is None or (found.state, found.attempts) != ("sending", row.attempts):
                raise _Taken
            outbox.set_state(db, row.id, "queued", error=row.last_error, doubtful=True)

        # What the message took along can't come back any more, which the log must say.
        entry = Delivered(
            id=f"{Outcome.UNCERTAIN.value}:{row.id}:{row.attempts}",
            at=self.clock(),
            outbox=row.id,
            outcome=Outcome.UNCERTAIN,
            detail="podesk ended while it was being sent",
            again=True,
        )
        with suppress(_Taken):
            try:
                if row.ours:
                    self._change(row.order_id, (entry,), "sync", also=settle)
                    return True
            except (TransitionRefused, StoreDamaged):
                # Its connection left podesk.toml, or its order can't be read: all that can be said is that it may have
                # arrived.
                pass
            with self.store.writing() as db:
                settle(db)
                outbox.settle(db, [row.order_id])
            return True
        return False

    def retry(self, outbox_id: str, actor: str, *, anyway: bool = False) -> None:
        """An operator puts a failed or uncertain message back into the queue. Raises NoSuchMessage.

        MessageIsOld, unless `anyway`: the buyer changed one of its lines since, or a later answer of ours speaks of one.
        Where later answers speak of all its lines it never goes.
        """
        row = self._message(outbox_id)
        if row.state == "superseded":
            why = "the advice was given up" if row.kind == outbox.ADVICE else "answered again since, or taken back"
            raise NoSuchMessage(outbox_id, f"order {row.number}: {why}; message {outbox_id} is not sent")
        if row.state not in ("failed", "uncertain"):
            raise NoSuchMessage(
                outbox_id, f"message {outbox_id} is {row.state}; only what failed or is uncertain can be sent again"
            )
        answered, left = outbox.answered_since(self.store.connection, row)
        if answered and not left:
            raise NoSuchMessage(
                outbox_id,
                f"order {row.number} was answered again since; that answer stands, so message {outbox_id} is not sent",
            )
        if not anyway and (answered or row.overtaken is not None):
            why = (
                row.overtaken
                or f"line {', '.join(answered)} was answered again since; answer line {', '.join(left)} again"
            )
            raise MessageIsOld(outbox_id, row.number, why)
        self._settle(row, Outcome.RETRIED, None, actor)

    def drop(self, outbox_id: str, actor: str) -> None:
        """An operator gives up a despatch advice that failed, is uncertain, or waits for an answer that was refused: it is
        not sent, and what was said of the goods stays. Raises NoSuchMessage."""
        row = self._message(outbox_id)
        if row.kind != outbox.ADVICE:
            raise NoSuchMessage(
                outbox_id,
                f"message {outbox_id} is no despatch advice; an answer is taken back with `podesk undo`, or given again",
            )
        held = row.state == "queued" and behind.waits_for_a_person(self.store.connection, outbox_id)
        if row.state not in ("failed", "uncertain") and not held:
            raise NoSuchMessage(
                outbox_id, f"message {outbox_id} is {row.state}; only what failed or is uncertain can be given up"
            )
        self._settle(row, Outcome.DROPPED, None, actor)

    def _being_sent(self, outbox_id: str) -> Message:
        row = self._message(outbox_id)
        if row.state != "sending":
            raise NoSuchMessage(outbox_id, f"message {outbox_id} is {row.state}, not being sent")
        return row

    def _message(self, outbox_id: str) -> Message:
        row = outbox.message(self.store.connection, outbox_id)
        if row is None:
            raise NoSuchMessage(outbox_id, f"there is no message {outbox_id} in the outbox")
        return row


def _too_busy(store: Store) -> StoreBusy:
    return StoreBusy(f"{store.path}: other processes changed the same orders again and again; try again")
