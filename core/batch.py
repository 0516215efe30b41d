"""Several inputs, computed one by one against what was read, then saved together in one short transaction.

Nothing of a batch is in the store until `commit`. When another process changed one of its orders in the meantime, `commit`
raises LostRace with nothing written, and the whole batch is computed again from what is there now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

from core.config import Settings
from core.connections import Connection
from core.decisions import Act, Decision, Delivered, Departed, Despatch, LineDecision, Returned, Undo, Uploaded
from core.envelope import file_message, kind_of, sealed, sendable
from core.messages import Received
from core.model import Document, Order, OrderKey
from core.open_order import OpenOrder
from core.outgoing import DespatchAdvice, OrderResponse, Outgoing
from core.overtaking import overtaking
from core.pending import Input, Step, changes_to_json, step
from core.pending.attaching import waits_for, with_object_ids
from core.store import Store, StoreDamaged, history, log, outbox, uploads
from core.store._sqlite import sqlite3
from core.store.following import following
from core.store.history import Snapshot
from core.store.outbox import Queued
from core.store.pace import Pace
from core.store.rows import TimelineEntry
from core.store.standing import standing_of
from core.store.times import stamp
from core.store.writing import OrderWrite, write
from core.taken_back import save_drafts
from core.transition import RULES_VERSION, Change, Layer, TransitionRefused, respond
from core.transition.changes import compact
from core.transition.tasks import awaits_us

KINDS: dict[type[Input], str] = {
    Received: "received",
    Decision: "decided",
    Despatch: "despatched",
    Undo: "undone",
    Departed: "departed",
    Returned: "returned",
    Delivered: "delivered",
    Uploaded: "uploaded",
}
_SEEN = frozenset({Layer.ORDER, Layer.SHOWN})


def _is_seen(change: Change, kind: str) -> bool:
    """Whether an operator sees it; an answer that comes back is no prediction any more, and says the same."""
    return change.layer in _SEEN and not (kind == "returned" and change.field == "predicted")


def unseen(connection: sqlite3.Connection, order_id: int, revision: int) -> list[TimelineEntry]:
    """What happened to an order that whoever saw it at `revision` doesn't know; their decision is a conflict then.

    What left or was delivered in between is none: they saw the same order.
    """
    return [
        entry
        for entry in history.since(connection, order_id, revision)
        if entry.kind not in ("departed", "delivered")
        and (entry.changes is None or any(_is_seen(change, entry.kind) for change in entry.changes))
    ]


class NoSuchOrder(Exception):
    """An order that the store doesn't have."""

    def __init__(self, order: int | OrderKey) -> None:
        name = f"#{order}" if isinstance(order, int) else order.number
        super().__init__(f"there is no order {name}")
        self.order = order


class Conflict(Exception):
    """Somebody else changed what the operator was looking at; nothing was saved."""

    def __init__(self, order_id: int, number: str, expected: int, actual: int, since: list[TimelineEntry]) -> None:
        what = "; ".join(f"{entry.actor}: {entry.summary}" for entry in since)
        super().__init__(f"order {number} changed while you looked at it ({what}); look again, then decide")
        self.order_id = order_id
        self.number = number
        self.expected = expected
        self.actual = actual
        self.since = since


@dataclass(frozen=True, slots=True)
class Changed:
    order_id: int
    revision: int
    step: Step
    outbox: tuple[str, ...]
    """Ids of the messages that were queued."""
    repeated: bool = False
    """The same input was taken before: nothing happened now, and `step` is empty."""


@dataclass(frozen=True, slots=True)
class _Taken:
    key: OrderKey
    revision: int
    step: Step
    outbox: tuple[str, ...]
    repeated: bool


def _keys(connection: str, found: Iterable[tuple[str, str]]) -> set[OrderKey]:
    return {OrderKey(connection=connection, buyer=buyer, number=number) for buyer, number in found}


class Batch:
    def __init__(
        self, store: Store, settings: Settings, *, now: datetime, new_id: Callable[[], str], pace: Pace
    ) -> None:
        self._store = store
        self._settings = settings
        self._now = now
        self._stamp = stamp(now)
        self._new_id = new_id
        self._pace = pace
        self._orders: dict[OrderKey, OpenOrder] = {}
        self._keys: dict[int, OrderKey] = {}
        self._taken: list[_Taken] = []
        self._ahead: dict[int, Snapshot] = {}
        self._news: set[tuple[int, str]] = set()
        """Inputs (order id, input id) that are known not to have been taken before."""
        self._untouched: dict[OrderKey, OpenOrder] | None = None
        """Inside `together`: orders as they were when it began."""

    def read_ahead(self, inputs: Sequence[tuple[int, str]]) -> None:
        """Read at once what `take` will need for inputs (order id, input id); that it will take others does no harm."""
        connection = self._store.connection
        with suppress(StoreDamaged):  # which is told of the order when that is read by itself
            self._ahead = history.snapshots(connection, [order_id for order_id, _ in inputs])
            self._news = {*inputs} - history.taken(connection, inputs)

    def open(self, order: int | OrderKey) -> OpenOrder:
        """The order as it stands in the batch; one never seen has no record. Raises NoSuchOrder for an unknown id."""
        key = self._keys.get(order) if isinstance(order, int) else order
        opened = self._orders.get(key) if key is not None else None
        if opened is None:
            opened = self._read(order)
            self._orders[opened.key] = opened
        if self._untouched is not None and opened.key not in self._untouched:
            self._untouched[opened.key] = opened.copy()
        return opened

    def queued(self, key: OrderKey, actor: str) -> tuple[str, ...]:
        """Ids of the messages in the batch that say what `actor` decided of an order, without those replaced in it."""
        return tuple(one.id for one in self.open(key).messages if one.state == "queued" and one.actor == actor)

    def buyers(self, connection: str, number: str) -> set[str]:
        """Those whose order on the connection has this number, as far as it is saved or in the batch."""
        found = set(history.buyers(self._store.connection, connection, number))
        found.update(
            opened.key.buyer
            for opened in self._orders.values()
            if opened.record is not None and (opened.key.connection, opened.key.number) == (connection, number)
        )
        return found

    def called(self, connection: str, name: str) -> set[OrderKey]:
        """The orders of which this is what the connection's platform calls them, by its id or else by its own reference, as
        far as they are saved or in the batch."""
        found = self.with_platform_id(connection, name)
        if not found:
            found = _keys(connection, history.referred_to(self._store.connection, connection, name))
            known = self._known(connection)
            found.update(key for key, order in known if order.header.references[:1] == (name,))
        return found

    def with_platform_id(self, connection: str, name: str) -> set[OrderKey]:
        """The same by the platform's id alone."""
        found = _keys(connection, history.called(self._store.connection, connection, name))
        found.update(key for key, order in self._known(connection) if order.platform_id == name)
        return found

    def _known(self, connection: str) -> list[tuple[OrderKey, Order]]:
        opened = self._orders.values()
        return [(one.key, one.record.platform) for one in opened if one.record and one.key.connection == connection]

    def took(self, opened: OpenOrder, input_id: str) -> bool:
        """Whether the order has had the input with this id, as far as it is saved or in the batch."""
        if opened.entries and any(made.input_id == input_id for made in opened.entries):
            return True
        if opened.snapshot is None or (opened.snapshot.id, input_id) in self._news:
            return False
        return history.taken_before(self._store.connection, opened.snapshot.id, input_id)

    def _read(self, order: int | OrderKey) -> OpenOrder:
        connection = self._store.connection
        if isinstance(order, int):
            found = self._ahead.get(order) or history.snapshot(connection, order)
            if found is None:
                raise NoSuchOrder(order)
        else:
            found = history.snapshot_by_key(connection, order.connection, order.buyer, order.number)
            if found is None:
                return OpenOrder(None, order, 0, None, None, None, None)
        record = found.record
        key = record.platform.key
        self._keys[found.id] = key
        opened = OpenOrder(found, key, found.revision, record, record, found.last_document, found.last_sha256)
        if record.pending is None and found.body.endswith("}"):
            opened.written = (record, found.body)
        return opened

    @contextmanager
    def together(self) -> Iterator[None]:
        """What is taken inside is taken whole, or not at all when something is raised."""
        taken = len(self._taken)
        self._untouched = {}
        try:
            yield
        except BaseException:
            self._orders.update(self._untouched)
            del self._taken[taken:]
            raise
        finally:
            self._untouched = None

    def take(
        self,
        order: int | OrderKey,
        entry: Input,
        actor: str,
        *,
        expected_revision: int | None = None,
        document: int | None = None,
    ) -> Step:
        """Compute what follows from `entry`; `commit` gives the results in the order of the calls.

        Raises TransitionRefused, Conflict, NoSuchOrder: then the entry isn't part of the batch.
        """
        opened = self.open(order)
        if opened.snapshot is not None:
            if self.took(opened, entry.id):
                assert opened.record is not None
                known = Step(opened.record, ())
                self._taken.append(_Taken(opened.key, opened.revision, known, (), True))
                return known
            if expected_revision is not None and expected_revision != opened.snapshot.revision:
                self._look_for_conflict(opened.snapshot, expected_revision)
        elif opened.record is None and not isinstance(entry, Received):
            raise NoSuchOrder(order)
        connection = self.connection_of(opened.key)
        if isinstance(entry, Decision) and (files := waits_for(entry)):
            # Equal bytes go up once a connection.
            entry = with_object_ids(entry, uploads.known(self._store.connection, connection.name, files))
        done = sendable(step(opened.record, entry, connection.terms), connection)
        messages: list[Queued] = []
        if connection.outbound is not None:
            for one in done.outgoing:
                going_up = [(self._new_id(), *file) for file in self._to_go_up(opened, one)]
                answer = self._queued(opened, one, done, entry, connection, actor)
                messages += [*(file_message(answer, *file) for file in going_up), answer]
            if isinstance(entry, Decision) and not messages and done.record.pending is not None:
                self._check_draft(done.record.platform, done.record.pending, connection, actor)
        elif done.outgoing:
            done = replace(
                done,
                notes=(*done.notes, f"nothing is sent: connection {connection.name} has no outbound channel"),
            )
        if (done.overtaken or done.stranded) and opened.snapshot is not None:
            done = self._overtaken(opened, opened.snapshot.id, done)
        done = self._on_drafts(opened, done, entry, actor)
        said = _as_json(entry, done)
        made = log.entry(
            revision=opened.revision + 1,
            at=stamp(entry.at),
            actor=actor,
            kind=KINDS[type(entry)],
            rules_version=RULES_VERSION,
            profile=connection.terms.name,
            document=document,
            input_id=entry.id,
            texts=(
                said,
                changes_to_json(done.changes),
                compact(list(done.notes)),
                compact([[one.id, one.sha256] for one in messages]),
            ),
        )
        if opened.record is None:  # the one change brings the whole order
            opened.written = (done.record, f'{{"platform":{done.changes[0].after}}}')
        opened.revision += 1
        opened.record = done.record
        opened.said = (entry, said)
        if done.supersedes:
            opened.supersede = True
            opened.files = frozenset(file for one in messages for file in one.waits_for)
            opened.messages = [
                replace(one, state="superseded")
                if one.kind == outbox.RESPONSE or (one.kind == outbox.ATTACHMENT and one.attachment not in opened.files)
                else one
                for one in opened.messages
            ]
        opened.messages += messages
        opened.entries.append(made)
        self._taken.append(_Taken(opened.key, opened.revision, done, tuple(one.id for one in messages), False))
        return done

    def commit(
        self, also: Callable[[sqlite3.Connection], None] | None = None, *, count: int | None = None
    ) -> list[Changed]:
        """Save everything that was taken, and what `also` does first in the same transaction. Raises LostRace.

        `count`: of how many things the pace shall think that they were saved; else the number of inputs.
        """
        touched = [opened for opened in self._orders.values() if opened.entries]
        writes = [self._write_of(opened) for opened in touched]
        if touched or also is not None:
            self._pace.rest()
            with self._store.writing() as connection:
                self._pace.begins()
                if also is not None:
                    also(connection)
                ids = write(connection, writes) if writes else []
                save_drafts(connection, [(one, opened.on_drafts) for one, opened in zip(ids, touched, strict=True)])
                self._pace.wrote(count or len(self._taken) or 1)
            self._pace.ended()
        else:
            ids = []
        numbers = {opened.key: order_id for opened, order_id in zip(touched, ids, strict=True)}
        return [
            Changed(
                numbers.get(taken.key) or self._id_of(taken.key),
                taken.revision,
                taken.step,
                taken.outbox,
                taken.repeated,
            )
            for taken in self._taken
        ]

    def _id_of(self, key: OrderKey) -> int:
        snapshot = self._orders[key].snapshot
        assert snapshot is not None
        return snapshot.id

    def connection_of(self, key: OrderKey) -> Connection:
        """The settings of the order's connection. Raises TransitionRefused when podesk.toml no longer has it."""
        connection = self._settings.connection_named(key.connection)
        if connection is None:
            raise TransitionRefused(key.number, None, f"its connection {key.connection} is not in podesk.toml")
        return connection

    def _look_for_conflict(self, snapshot: Snapshot, expected: int) -> None:
        if since := unseen(self._store.connection, snapshot.id, expected):
            raise Conflict(snapshot.id, snapshot.number, expected, snapshot.revision, since)

    def _queued(
        self, opened: OpenOrder, outgoing: Outgoing, done: Step, entry: Input, connection: Connection, actor: str
    ) -> Queued:
        outbox_id = self._new_id()
        kind = kind_of(outgoing)
        decided_at = entry.at
        created_at = not_before = self._stamp
        if kind == outbox.RESPONSE:
            if done.record.pending is not None:
                decided_at = done.record.pending.at
            if isinstance(entry, Decision):
                not_before = stamp(self._now + self._settings.operator_hold)
            else:
                # Computed again, not decided again: the window that runs and the one who decided stay.
                not_before, actor = self._replaced(opened) or (not_before, actor)
        order: Order = done.record.order
        rendered = sealed(
            outgoing,
            order,
            connection=connection,
            settings=self._settings,
            actor=actor,
            at=decided_at,
            document_id=outbox_id,
        )
        return Queued(
            id=outbox_id,
            kind=kind,
            payload=rendered.payload,
            content_type=rendered.content_type,
            extension=rendered.extension,
            not_before=not_before,
            actor=actor,
            input_id=entry.id,
            created_at=created_at,
            positions=compact([*_answered(outgoing, order)]),
            next_attempt=stamp(entry.next_attempt)
            if isinstance(entry, Returned) and entry.next_attempt is not None
            else None,
            waits_for=tuple(waits_for(outgoing)) if isinstance(outgoing, OrderResponse) else (),
        )

    def _to_go_up(self, opened: OpenOrder, outgoing: Outgoing) -> list[tuple[str, Document]]:
        """Of the files (sha256) that an answer waits for, those that are not on their way yet."""
        files = waits_for(outgoing) if isinstance(outgoing, OrderResponse) else {}
        if not files:
            return []
        going = {one.attachment for one in opened.messages if one.state == "queued"}
        if opened.snapshot is not None:
            going |= outbox.going_up(self._store.connection, opened.snapshot.id)
        return [(sha256, document) for sha256, document in files.items() if sha256 not in going]

    def _check_draft(self, platform: Order, pending: Decision, connection: Connection, actor: str) -> None:
        """Refuse what the outbound format can't say of a line now, while it is decided, and not with the last line.

        Tried is the answer that would leave if we agreed to all other lines. Raises TransitionRefused.
        """
        decided = {line.position for line in pending.lines}
        waiting = {line.position for line in platform.lines if awaits_us(line)}
        others = (LineDecision(position=position, act=Act.AGREE) for position in sorted(waiting - decided))
        # What is only told besides leaves with the word on its line.
        said = tuple(
            line.but(act=Act.AGREE) if line.act is Act.DETAILS and line.position in waiting else line
            for line in pending.lines
        )
        try:
            whole = respond(platform, pending.but(lines=(*said, *others)), connection.terms)
        except TransitionRefused:
            return  # Not all other lines can be agreed to: it shows when they are decided.
        for outgoing in whole.outgoing:
            try:
                sealed(
                    outgoing,
                    whole.order,
                    connection=connection,
                    settings=self._settings,
                    actor=actor,
                    at=pending.at,
                    document_id="draft",
                )
            except TransitionRefused as refused:
                if refused.position is None or refused.position in decided:
                    raise

    def _overtaken(self, opened: OpenOrder, order_id: int, done: Step) -> Step:
        found = list(overtaking(self._store.connection, order_id, done))
        opened.overtaken += [(one.outbox, one.sentence) for one in found]
        return replace(done, notes=(*done.notes, *(one.note for one in found)))

    def _on_drafts(self, opened: OpenOrder, done: Step, entry: Input, actor: str) -> Step:
        """What was taken back is kept for those who decided it; who answers anew has no need of that any more."""
        if isinstance(entry, Decision):
            opened.on_drafts.answer(actor, entry)
        if done.dropped is None or opened.snapshot is None:
            return done
        window = self._replaced(opened)
        notes = opened.on_drafts.give_back(
            self._store.connection,
            opened.snapshot.id,
            done,
            unsaved=opened.entries,
            revision=opened.revision,
            at=entry.at,
            held=window is not None and window[0] > self._stamp,
            waited=window is not None or isinstance(entry, Returned),
        )
        return replace(done, notes=(*done.notes, *notes))

    def _replaced(self, opened: OpenOrder) -> tuple[str, str] | None:
        for one in opened.messages:
            if one.kind == outbox.RESPONSE and one.state == "queued":
                return one.not_before, one.actor
        if opened.snapshot is None:
            return None
        return outbox.replaceable(self._store.connection, opened.snapshot.id)

    def _write_of(self, opened: OpenOrder) -> OrderWrite:
        assert opened.record is not None
        before = opened.before.order if opened.before is not None else None
        after = standing_of(opened.record)
        connection = self._settings.connection_named(opened.key.connection)
        within = connection.answer_within if connection is not None else None
        return OrderWrite(
            order_id=opened.snapshot.id if opened.snapshot is not None else None,
            connection=opened.key.connection,
            buyer=opened.key.buyer,
            number=opened.key.number,
            read_revision=opened.snapshot.revision if opened.snapshot is not None else 0,
            revision=opened.revision,
            after=after,
            following=following(before, after.order, within, self._settings.zone),
            body=opened.body,
            changed_at=opened.entries[-1].at,
            last_document=opened.last_document,
            entries=opened.entries,
            supersede=opened.supersede,
            files=opened.files,
            messages=opened.messages,
            overtaken=opened.overtaken,
        )


def _as_json(entry: Input, done: Step) -> str:
    """The input as JSON; where it became what is pending, the last change has that written out."""
    if entry is done.record.pending and done.changes and done.changes[-1].layer is Layer.PENDING:
        return str(done.changes[-1].after)
    return entry.to_json()


def _answered(outgoing: Outgoing, order: Order) -> list[str]:
    """The lines that a message is about; an answer that names none answers the order as a whole."""
    if isinstance(outgoing, DespatchAdvice):
        return list(dict.fromkeys(line.position for line in outgoing.lines))
    return [line.position for line in outgoing.lines or order.lines]
