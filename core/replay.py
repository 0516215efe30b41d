"""What the rules would have answered to the stored orders, beside what people did: how rules are tried before they are let.

Orders are taken one after another, each from its log: the state that a person saw is the fold of what was recorded up to
their answer, and the day is that day. No more than one order is in memory.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from core.config import Settings
from core.decisions import Act, Decision, LineDecision
from core.model import Order, OrderLine
from core.pending import Record, changes_from_json, fold
from core.profile import PROFILES, Profile
from core.rules import Rules, Verdict
from core.ruling import ACTOR, is_news, judged, past_of
from core.store import Store, StoreDamaged, history
from core.store._sqlite import sqlite3
from core.store.times import stamp
from core.terms import same_terms
from core.transition import Change, Layer, TransitionRefused
from core.transition.tasks import awaits_us
from core.transition.words import word_of

_BUNCH = 500


class Replay(StrEnum):
    """What came of a line."""

    SAME = "same"
    """The rules say what the person said."""
    OTHER = "other"
    LEFT = "left"
    """A person answered, and the rules leave it to one."""
    WOULD_ANSWER = "would answer"
    """Nobody answered yet; the rules would, today."""
    WAITS = "waits"
    """Nobody answered yet, and the rules leave it to a person."""
    UNREADABLE = "unreadable"
    """What the log said of the order was erased, or is damaged."""


@dataclass(frozen=True, slots=True)
class Replayed:
    order_id: int
    number: str
    connection: str
    position: str | None
    """None with UNREADABLE."""
    outcome: Replay
    ours: LineDecision | None = None
    """The rules' answer."""
    why: str | None = None
    """Why they have none."""
    theirs: LineDecision | None = None
    """The person's."""
    actor: str | None = None
    at: dt.datetime | None = None


def replay(
    store: Store,
    settings: Settings,
    rules: Rules,
    *,
    now: dt.datetime,
    connection: str | None = None,
    since: dt.date | None = None,
) -> Iterator[Replayed]:
    """Line by line, order by order. `since`: of what happened from the beginning of that day, on the desk's clock.

    Raises StoreError.
    """
    begin = _begin(since, settings)
    last = 0
    while bunch := store.connection.execute(
        """SELECT id, number, connection, to_answer OR buyer_asks FROM orders
        WHERE id > ? AND connection = coalesce(?, connection) AND changed_at >= ? ORDER BY id LIMIT ?""",
        (last, connection, begin, _BUNCH),
    ).fetchall():
        for order_id, number, name, awaits in bunch:
            last = order_id
            one = _One(order_id, number, name, settings, rules)
            try:
                with store.reading() as db:
                    if _was_answered(db, order_id, begin):
                        yield from one.answered(db, begin)
                    if awaits:
                        yield from one.unanswered(db, now)
            except (StoreDamaged, ValueError, KeyError, TypeError, AttributeError):
                yield Replayed(order_id, number, name, None, Replay.UNREADABLE)


def _begin(since: dt.date | None, settings: Settings) -> str:
    if since is None:
        return ""
    midnight = dt.datetime.combine(since, dt.time())
    try:
        return stamp(
            (midnight.replace(tzinfo=settings.zone) if settings.zone else midnight.astimezone()).astimezone(dt.UTC)
        )
    except (OverflowError, ValueError):  # the calendar's first day may begin before all that UTC has
        return stamp(midnight.replace(tzinfo=dt.UTC))


def _was_answered(connection: sqlite3.Connection, order_id: int, begin: str) -> bool:
    row = connection.execute(
        "SELECT 1 FROM log WHERE order_id = ? AND kind = 'decided' AND actor <> ? AND at >= ? LIMIT 1",
        (order_id, ACTOR, begin),
    ).fetchone()
    return row is not None


@dataclass(slots=True)
class _Answer:
    """A person's last word on a line that awaited us, and what the rules say to the line as it was then."""

    order: Order
    line: OrderLine
    profile: Profile
    ours: LineDecision | None
    why: str | None
    theirs: LineDecision
    actor: str
    at: dt.datetime


class _One:
    """One order."""

    def __init__(self, order_id: int, number: str, connection: str, settings: Settings, rules: Rules) -> None:
        self.order_id = order_id
        self.number = number
        self.connection = connection
        self.settings = settings
        self.rules = rules
        self._open: dict[str, _Answer] = {}
        """By position: answers that may be changed before they leave."""
        self._changed: set[str] = set()

    def unanswered(self, connection: sqlite3.Connection, now: dt.datetime) -> Iterator[Replayed]:
        """What the rules would answer now to the lines that await us."""
        route = self.settings.connection_named(self.connection)
        snapshot = history.snapshot(connection, self.order_id)
        if route is None or snapshot is None:
            return
        past = past_of(connection, self.order_id)
        verdict = judged(snapshot.record, self.rules, route.terms, self.settings, now, changed=past.changed)
        for ours in verdict.lines:
            yield self._told(ours.position, Replay.WOULD_ANSWER, ours=ours)
        for position, why in verdict.left:
            yield self._told(position, Replay.WAITS, why=why)

    def answered(self, connection: sqlite3.Connection, begin: str) -> Iterator[Replayed]:
        """What people answered from `begin` on."""
        rows = connection.execute(
            """SELECT l.at, l.actor, l.kind, l.profile, iif(l.kind = 'decided', t.input, NULL), t.changes
            FROM log l LEFT JOIN log_texts t ON t.seq = l.seq WHERE l.order_id = ? ORDER BY l.revision""",
            (self.order_id,),
        )
        record: Record | None = None
        for at, actor, kind, profile, said, recorded in rows:
            if recorded is None or (kind == "decided" and said is None):
                yield Replayed(self.order_id, self.number, self.connection, None, Replay.UNREADABLE)
                break
            changes = changes_from_json(recorded)
            before, record = record, fold(record, changes)
            if kind == "received":
                yield from self._received(before, record)
            elif kind == "departed":
                yield from self._settled()
            elif kind == "undone":
                for position in _taken_back(changes):
                    self._open.pop(position, None)
            elif kind == "decided" and before is not None and actor != ACTOR and at >= begin:
                self._decided(before, Decision.from_json(said), actor, PROFILES[profile])
        yield from self._settled()

    def _received(self, before: Record | None, after: Record) -> Iterator[Replayed]:
        old = {line.position: line for line in before.platform.lines} if before is not None else {}
        for line in after.platform.lines:
            if line.position in old and is_news(old[line.position], line):
                self._changed.add(line.position)
                yield from self._settled(line.position)

    def _decided(self, before: Record, decision: Decision, actor: str, profile: Profile) -> None:
        verdict: Verdict | None = None
        for theirs in decision.lines:
            line = before.order.line(theirs.position)
            if line is None or theirs.act is Act.DETAILS:
                continue
            if theirs.position in self._open:
                self._open[theirs.position].theirs = theirs
                self._open[theirs.position].actor = actor
            elif awaits_us(line):
                verdict = verdict or judged(
                    before, self.rules, profile, self.settings, decision.at, changed=frozenset(self._changed)
                )
                ours = next((one for one in verdict.lines if one.position == theirs.position), None)
                why = dict(verdict.left).get(theirs.position)
                self._open[theirs.position] = _Answer(
                    before.order, line, profile, ours, why, theirs, actor, decision.at
                )

    def _settled(self, *positions: str) -> Iterator[Replayed]:
        """What can't be changed any more."""
        for position in positions or tuple(self._open):
            answer = self._open.pop(position, None)
            if answer is None:
                continue
            outcome = Replay.LEFT if answer.ours is None else Replay.SAME if _same(answer) else Replay.OTHER
            yield self._told(
                position,
                outcome,
                ours=answer.ours,
                why=answer.why,
                theirs=answer.theirs,
                actor=answer.actor,
                at=answer.at,
            )

    def _told(self, position: str, outcome: Replay, **facts: object) -> Replayed:
        return Replayed(self.order_id, self.number, self.connection, position, outcome, **facts)  # type: ignore[arg-type]


def _same(answer: _Answer) -> bool:
    """Whether both say the same word to the line, on the same terms; reasons are only told."""
    assert answer.ours is not None
    try:
        ours, theirs = (
            word_of(answer.order, answer.line, mine, answer.profile) for mine in (answer.ours, answer.theirs)
        )
    except TransitionRefused:
        return False
    if ours[0] is not theirs[0]:
        return False
    if ours[1] is None or theirs[1] is None:
        return ours[1] is theirs[1] or same_terms(ours[1] or answer.line.requested, theirs[1] or answer.line.requested)
    return same_terms(ours[1], theirs[1])


def _taken_back(changes: tuple[Change, ...]) -> Iterator[str]:
    for change in changes:
        if change.layer is Layer.PENDING and isinstance(change.before, dict):
            left = _positions(change.after)
            yield from (position for position in _positions(change.before) if position not in left)


def _positions(pending: object) -> list[str]:
    lines = pending.get("lines", []) if isinstance(pending, dict) else []
    return [line["position"] for line in lines]
