"""What a buyer's change took back before it left, as drafts of those who had decided it.

Answers of rules are no person's work: they are left out, and judged again.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from core.decisions import Act, Decision
from core.difference import line_differences
from core.drafts import Draft, DraftLine, WasThen
from core.model import OrderLine
from core.pending import Step
from core.store import drafts, history
from core.store._sqlite import sqlite3
from core.store.log import Entry


@dataclass(slots=True)
class OnDrafts:
    """What the inputs of a batch mean to the drafts of one order."""

    back: list[Draft] = field(default_factory=list)
    answered: dict[str, dict[str, bool]] = field(default_factory=dict)
    """By operator: the lines answered anew, and whether by a word on the line or by details alone."""

    def copy(self) -> OnDrafts:
        return OnDrafts(list(self.back), {actor: dict(positions) for actor, positions in self.answered.items()})

    def answer(self, actor: str, decision: Decision) -> None:
        answered = self.answered.setdefault(actor, {})
        for line in decision.lines:
            answered[line.position] = answered.get(line.position, False) or line.act is not Act.DETAILS

    def give_back(
        self,
        connection: sqlite3.Connection,
        order_id: int,
        done: Step,
        *,
        unsaved: Sequence[Entry],
        revision: int,
        at: dt.datetime,
        held: bool,
        waited: bool,
    ) -> list[str]:
        """Keep what `done` dropped; a note for the timeline for each operator.

        `unsaved`: entries of the order that the store does not have yet, the first first. `revision`: of the order before
        this step. `held`, `waited`: the answer was in its undo window, or in the outbox at all. Raises StoreDamaged.
        """
        was = WasThen.HELD if held else WasThen.QUEUED if waited else WasThen.DRAFT
        back = _taken_back(connection, order_id, done, unsaved, revision, at, was)
        self.back += back
        return [_told(one) for one in back]


def save_drafts(connection: sqlite3.Connection, orders: Iterable[tuple[int, OnDrafts]]) -> None:
    """Write what inputs mean to the drafts of these orders, inside the transaction that writes the orders."""
    answered: list[tuple[int, str, dict[str, bool]]] = []
    for order_id, each in orders:
        drafts.give_back(connection, each.back)
        answered += [(order_id, actor, positions) for actor, positions in each.answered.items()]
    if answered:
        drafts.settle(connection, answered)


def _taken_back(
    connection: sqlite3.Connection,
    order_id: int,
    done: Step,
    unsaved: Sequence[Entry],
    revision: int,
    at: dt.datetime,
    was: WasThen,
) -> tuple[Draft, ...]:
    """Each operator's part of what `done` dropped."""
    dropped = done.dropped
    mine = [line for line in dropped.lines if line.rule is None] if dropped is not None else []
    if dropped is None or not mine:
        return ()
    with history.naming(order_id):
        by_whom = _by_whom(connection, order_id, dropped.but(lines=tuple(mine)), unsaved)
    before = {line.position: line for line in done.dropped_from}
    now = {line.position: line for line in done.record.platform.lines}
    back = []
    for actor in dict.fromkeys(by_whom[line.position] for line in mine):
        lines = tuple(line for line in mine if by_whom[line.position] == actor)
        back.append(
            Draft(
                order_id=order_id,
                actor=actor,
                saved_at=at,
                decision=dropped.but(lines=lines),
                lines=tuple(
                    DraftLine(
                        position=line.position,
                        revision=revision,
                        seen=before[line.position],
                        why=_why(before[line.position], now[line.position], line.act),
                        was=was,
                    )
                    for line in lines
                ),
            )
        )
    return tuple(back)


def _told(back: Draft) -> str:
    """For the timeline: whose work it is, and where it is kept."""
    named = ", ".join(back.positions[:6]) + (" and more" if len(back.positions) > 6 else "")
    return (
        f"what {back.actor} had answered to line {named} is kept as {back.actor}'s draft: look at it, then send it again or "
        "discard it."
    )


def _why(before: OrderLine, now: OrderLine, act: Act) -> str:
    what = "; ".join(line_differences(before, now))
    changed = f"the buyer changed it ({what})" if what else "it no longer fits"
    return f"line {now.position}: {changed}, so your answer ({act.value}) was taken back before it left."


def _by_whom(
    connection: sqlite3.Connection, order_id: int, dropped: Decision, unsaved: Sequence[Entry]
) -> dict[str, str]:
    """Who decided each line: whose word it is, not who added item details to it."""
    words = {line.position: line.act for line in dropped.lines}
    found: dict[str, str] = {}
    actor = ""
    for actor, lines in _deciders(connection, order_id, unsaved):
        if lines is None:  # erased: it may have been any of them
            return {position: found.get(position, actor) for position in words}
        for line in lines:
            position = line["position"]
            if position in words and (line["act"] != Act.DETAILS or words[position] is Act.DETAILS):
                found.setdefault(position, actor)
        if len(found) == len(words):
            break
    return {position: found.get(position, actor) for position in words}


def _deciders(
    connection: sqlite3.Connection, order_id: int, unsaved: Sequence[Entry]
) -> Iterator[tuple[str, list[dict[str, Any]] | None]]:
    for entry in reversed(unsaved):
        if entry.kind == "decided":
            yield entry.actor, json.loads(entry.input).get("lines", [])
    yield from history.deciders(connection, order_id)
