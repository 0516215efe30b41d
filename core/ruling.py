"""The rules at work on stored orders: which lines are theirs to answer, and their answer as part of a batch.

Rules answer what a buyer's message changed, in the transaction that takes the message in: no crash comes between the
two, and the same document twice answers once. A line that a person took in hand is theirs until the buyer changes it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from core.batch import Batch
from core.config import Settings
from core.decisions import Decision
from core.model import Order, OrderKey, OrderLine
from core.pending import Record
from core.profile import AnswerContains, Profile
from core.rules import Rules, Verdict, judge
from core.store import Store, StoreDamaged, drafts, history
from core.store._sqlite import sqlite3
from core.transition import WHOLE, TransitionRefused
from core.transition.tasks import answers_differ, awaits_us

ACTOR: Final = "rules"
"""Who acts on the log where no person does."""
_NEWS: Final = frozenset(
    {
        "process_status",
        "in_progress_status",
        "requested",
        "proposed",
        "confirmed",
        "content.item",
        "content.line_type",
        "content.charge_lines",
        "content.doubts",
    }
)
"""Fields of a line of which rules may say something else when they change; as `is_news` has them."""


def is_news(before: OrderLine | None, after: OrderLine) -> bool:
    """Whether a line has changed in something that rules look at; a new one has."""
    if before is None or answers_differ(before, after):
        return True
    old, new = before.content, after.content
    if old is new:
        return False
    return (
        old.line_type is not new.line_type
        or old.item != new.item
        or old.charge_lines != new.charge_lines
        or old.doubts != new.doubts
    )


@dataclass(frozen=True, slots=True)
class Past:
    """What happened to the lines of an order, as far as rules must know it."""

    changed: frozenset[str] = frozenset()
    """The buyer changed them after issuing them."""
    in_hand: Mapping[str, str] = field(default_factory=dict)
    """Position and operator: who answered them or took an answer back, since the buyer last changed them."""


def past_of(connection: sqlite3.Connection, order_id: int) -> Past:
    """Read off the order's log. Raises StoreDamaged."""
    past = _Past()
    kinds = ("received", "decided", "undone")
    with history.naming(order_id):
        for told in history.told(connection, order_id, inputs=("decided",), changes=("received", "undone")):
            if told.kind in kinds:
                past.take(told)
    return Past(frozenset(past.changed), past.in_hand)


class _Past:
    def __init__(self) -> None:
        self.lines: set[str] = set()
        self.changed: set[str] = set()
        self.in_hand: dict[str, str] = {}

    def take(self, told: history.Told) -> None:
        if told.kind == "received":
            for change in told.changes or ():
                self._received(change)
        elif told.kind == "undone":
            positions = self.lines if told.changes is None else _taken_back(told.changes)
            self.in_hand.update(dict.fromkeys(positions, told.actor))
        elif told.actor != ACTOR:
            lines = self.lines if told.input is None else [line["position"] for line in told.input["lines"]]
            self.in_hand.update(dict.fromkeys(lines, told.actor))

    def _received(self, change: dict[str, Any]) -> None:
        if change.get("layer") not in (None, "platform"):
            return
        line, after = change.get("line"), change.get("after")
        if change["field"] == WHOLE:
            new = [line] if line is not None else [one["position"] for one in (after or {}).get("lines", ())]
            self.lines.update(new)
        elif line is not None and change["field"] in _NEWS:
            self.changed.add(line)
            self.in_hand.pop(line, None)


def _taken_back(changes: list[dict[str, Any]]) -> Iterator[str]:
    for change in changes:
        if change.get("layer") == "pending":
            left = {line["position"] for line in (change.get("after") or {}).get("lines", ())}
            for line in (change.get("before") or {}).get("lines", ()):
                if line["position"] not in left:
                    yield line["position"]


def judged(
    record: Record, rules: Rules, profile: Profile, settings: Settings, at: dt.datetime, **facts: Any
) -> Verdict:
    """The rules' word on an order as it is shown, at the time of `at` on the desk's clock."""
    local = at.astimezone(settings.zone)
    return judge(record.order, rules, profile, at=local, today=local.date(), **facts)


def answer(
    batch: Batch,
    key: OrderKey,
    before: Record | None,
    rules: Rules,
    *,
    store: Store,
    settings: Settings,
    entry_id: str,
    at: dt.datetime,
) -> bool:
    """Have the rules answer what the message changed that the batch just took. Whether they answered anything.

    `before`: the order before the message. `entry_id`: the message's own. Raises StoreError.
    """
    connection = batch.connection_of(key)
    opened = batch.open(key)
    record = opened.record
    if connection.rules != "answer" or connection.outbound is None or record is None:
        return False
    old = {line.position: line for line in before.platform.lines} if before is not None else {}
    news = {line.position for line in record.platform.lines if is_news(old.get(line.position), line)}
    if not any(line.position in news and awaits_us(line) for line in record.order.lines):
        return False
    changed, theirs = news & old.keys(), {}
    if opened.snapshot is not None and before is not None:
        past = past_of(store.connection, opened.snapshot.id)
        changed |= past.changed
        theirs = _a_persons(record.order, before, past, news, connection.terms)
        try:
            written = drafts.of_order(store.connection, opened.snapshot.id)
        except StoreDamaged:
            return False  # on which lines somebody is writing can't be told: they are all for people
        for draft in written:
            theirs.update(dict.fromkeys(draft.positions, f"{draft.actor} is writing an answer to it"))
    verdict = judged(record, rules, connection.terms, settings, at, changed=changed, theirs=theirs)
    decision = Decision(id=f"rules:{entry_id}", at=at, lines=verdict.lines) if verdict.lines else None
    return decision is not None and _taken(batch, key, decision, connection.terms)


def _a_persons(order: Order, before: Record, past: Past, news: set[str], profile: Profile) -> dict[str, str]:
    """The lines that are not for the rules, and why."""
    pending = before.pending.lines if before.pending is not None else ()
    unsent = next((past.in_hand[line.position] for line in pending if line.position in past.in_hand), None)
    if unsent is not None:
        return dict.fromkeys(
            (line.position for line in order.lines), f"an answer of {unsent} to the order has not left"
        )
    theirs = {}
    for line in order.lines:
        if line.position in news:
            continue
        if line.position in past.in_hand:
            theirs[line.position] = f"{past.in_hand[line.position]} took it in hand"
        elif profile.answer_contains is not AnswerContains.ALL_LINES:
            theirs[line.position] = "the buyer did not change it"
    return theirs


def _taken(batch: Batch, key: OrderKey, decision: Decision, profile: Profile) -> bool:
    """Decide; what can't be sent, since no format carries it, is left to a person. Whether anything was decided."""
    while True:
        try:
            batch.take(key, decision, ACTOR)
        except TransitionRefused as refused:
            left = tuple(line for line in decision.lines if line.position != refused.position)
            if profile.answer_contains is AnswerContains.ALL_LINES or not left or len(left) == len(decision.lines):
                return False
            decision = decision.but(lines=left)
        else:
            return True
