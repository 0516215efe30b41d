"""A buyer's change that meets an answer of ours: the order before, the order now, and our answer.

Derived from the order as it stands, its log and its drafts, and kept nowhere: it is there while the two are talking, and
gone with our next answer or the word that settles the line. Of the log only what it says since our last answers is read.

    draft           an operator was writing it, or had decided it in part
    held, queued    it had not left, and was taken back (`core.pending`)
    sent            it had left, and the buyer had not answered it
    agreed          the two had agreed, and the buyer wants other terms
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from core.decisions import Act, LineDecision
from core.difference import met_by_buyer, terms_differences
from core.drafts import Draft, DraftLine
from core.model import Order, OrderLine, Terms
from core.our_answers import Ours, OursIs, stories
from core.pending import Record
from core.store import Store, drafts, history
from core.store._sqlite import sqlite3
from core.terms import filled
from core.transition import WHOLE, Layer
from core.transition.changes import as_json
from core.transition.tables import BUYER_CANCELS, BUYER_REOPENS, state_of
from core.transition.tasks import TALKS, awaits_us, task_of

_SHOWN: Final = frozenset({None, Layer.ORDER.value, Layer.SHOWN.value})
_YES: Final = frozenset({Act.AGREE, Act.ACCEPT, Act.APPROVE, Act.RECONFIRM})


@dataclass(frozen=True, slots=True)
class ThreeSides:
    """A line on which a buyer's change met an answer of ours."""

    position: str
    before: Terms
    """What the buyer asked when we answered; with `agreed`, what was agreed."""
    now: Terms
    """What the buyer asks."""
    ours: Terms | None
    """The terms of our answer; None where it had none: a no, or nothing yet."""
    ours_is: OursIs
    """Where our answer was when the change met it."""
    our_word: str
    """What our answer says (`core.decisions.Act`), or "agreed"; "" where nothing is decided yet."""
    since_revision: int
    """The order's revision with which the change came."""
    actor: str | None = None
    """Whose answer it is; None: nobody's in particular."""
    differences: tuple[str, ...] = ()
    """What the buyer changed, in phrases that name the field."""


def three_sides(store: Store, order_id: int) -> tuple[ThreeSides, ...]:
    """Lines of the order on which a buyer's change met an answer of ours, in the order of the lines.

    A line has more than one entry where several operators are writing an answer to it. Drafts that can't be read are left
    out. Raises StoreDamaged; an order that is not there has none.
    """
    with store.reading() as connection:
        snapshot = history.snapshot(connection, order_id)
        if snapshot is None:
            return ()
        order = snapshot.record.order
        written = drafts.found(connection, order_id).drafts
        open_lines = {line.position: line for line in order.lines if task_of(line) in TALKS}
        with history.naming(order_id):
            from_log = dict(_from_log(connection, order_id, open_lines)) if open_lines else {}
        found = [*from_log.values(), *_from_drafts(connection, order_id, order, written, from_log)]
    place = {line.position: nth for nth, line in enumerate(order.lines)}
    return tuple(sorted(found, key=lambda one: place[one.position]))


def shown_at(
    connection: sqlite3.Connection, order_id: int, record: Record, revision: int, positions: Collection[str]
) -> dict[str, OrderLine | None]:
    """Lines of the order as they were shown at `revision`, by undoing what the log says since.

    None: the line was not there yet, or what the log said has been erased. Raises StoreDamaged.
    """
    states: dict[str, Any] = {line.position: as_json(line) for line in record.order.lines if line.position in positions}
    kinds = ("received", "decided", "undone", "departed", "returned", "despatched")
    for entry in history.told(connection, order_id, after=revision, changes=kinds, latest_first=True):
        if entry.changes is None:
            if entry.kind == "delivered":
                continue
            return dict.fromkeys(positions)
        for change in reversed(entry.changes):
            position = change.get("line")
            if position in states and change.get("layer") in _SHOWN:
                states[position] = _undone(states[position], change)
    with history.naming(order_id):
        return {
            position: OrderLine.from_json(json.dumps(states[position])) if states.get(position) is not None else None
            for position in positions
        }


def _undone(state: dict[str, Any] | None, change: dict[str, Any]) -> dict[str, Any] | None:
    if state is None or change["field"] == WHOLE:
        return None
    *parents, name = change["field"].split(".")
    target = state
    for parent in parents:
        target = target.setdefault(parent, {})
    if change.get("before") is None:
        target.pop(name, None)
    else:
        target[name] = change["before"]
    return state


# --- from the drafts --------------------------------------------------------------------------------------------------


def _from_drafts(
    connection: sqlite3.Connection,
    order_id: int,
    order: Order,
    written: Sequence[Draft],
    from_log: Mapping[str, ThreeSides],
) -> Iterator[ThreeSides]:
    there = {line.position: line for line in order.lines}
    for draft in written:
        for line in draft.lines:
            now = there[line.position]
            if line.seen is None or (line.why is not None and line.position in from_log):
                continue
            if not met_by_buyer(line.seen, now):
                continue
            ours = draft.decided(line.position)
            yield ThreeSides(
                position=line.position,
                before=line.seen.requested,
                now=now.requested,
                ours=_terms(ours, line.seen.requested, granting=state_of(line.seen) is BUYER_CANCELS),
                ours_is=line.was.value,
                our_word=ours.act.value if ours is not None else "",
                since_revision=_met(connection, order_id, line),
                actor=draft.actor,
                differences=_differences(line.seen, now),
            )


def _differences(seen: OrderLine, now: OrderLine) -> tuple[str, ...]:
    terms = terms_differences("requested", seen.requested, now.requested)
    if state_of(seen) is state_of(now):
        return terms
    return (f"status {state_of(seen).value} → {state_of(now).value}", *terms)


def _met(connection: sqlite3.Connection, order_id: int, line: DraftLine) -> int:
    """The revision of the first word of the buyer's on the line since it is bound; else the one that it is bound to."""
    for entry in history.told(connection, order_id, after=line.revision, changes=("received",)):
        if any(change.get("line") == line.position for change in entry.changes or ()):
            return entry.revision
    return line.revision


def _terms(ours: LineDecision | None, asked: Terms, *, granting: bool = False) -> Terms | None:
    """The terms that an answer stands for. `granting`: a yes to it would cancel the line."""
    if ours is None:
        return None
    if ours.terms is not None:
        return filled(ours.terms, asked)
    return asked if ours.act in _YES and not granting else None


# --- from the log -----------------------------------------------------------------------------------------------------


def _from_log(
    connection: sqlite3.Connection, order_id: int, lines: Mapping[str, OrderLine]
) -> Iterator[tuple[str, ThreeSides]]:
    """`lines`: those that wait for somebody's word, by position."""
    told = stories(connection, order_id, lines)
    reopened = {position for position, line in lines.items() if state_of(line) is BUYER_REOPENS and awaits_us(line)}
    since = _reopened(connection, order_id, reopened)
    for position, line in lines.items():
        story = told[position]
        ours = story.met
        if line.confirmed is not None and position in reopened and story.taken_back is None:
            yield position, _agreed(line, line.confirmed, ours, since.get(position, 1))
        elif ours is not None and ours.met is not None:
            before = Terms.from_json(json.dumps(ours.before or {}))
            differences = terms_differences("requested", before, line.requested)
            if differences:
                yield position, _met_by(line, ours, before, ours.met, differences)


def _met_by(line: OrderLine, ours: Ours, before: Terms, since: int, differences: tuple[str, ...]) -> ThreeSides:
    said = LineDecision.from_json(json.dumps(ours.said))
    return ThreeSides(
        position=line.position,
        before=before,
        now=line.requested,
        ours=_terms(said, before),
        ours_is=ours.was,
        our_word=said.act.value,
        since_revision=since,
        actor=ours.actor,
        differences=differences,
    )


def _agreed(line: OrderLine, confirmed: Terms, ours: Ours | None, since: int) -> ThreeSides:
    return ThreeSides(
        position=line.position,
        before=confirmed,
        now=line.requested,
        ours=confirmed,
        ours_is="agreed",
        our_word="agreed",
        since_revision=since,
        actor=ours.actor if ours is not None else None,
        differences=terms_differences("requested", confirmed, line.requested),
    )


def _reopened(connection: sqlite3.Connection, order_id: int, positions: Collection[str]) -> dict[str, int]:
    """With which revision the buyer came to ask for other terms on lines that are agreed."""
    found: dict[str, int] = {}
    if not positions:
        return found
    for entry in history.told(connection, order_id, changes=("received",), latest_first=True):
        for change in entry.changes or ():
            position = change.get("line") or ""
            if position in positions and change["field"] in (WHOLE, "in_progress_status"):
                found.setdefault(position, entry.revision)
        if len(found) == len(positions):
            break
    return found
