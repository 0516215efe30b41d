"""An operator's unsent answer to an order, line by line bound to the order as the operator saw it.

A draft is written with an editor, or given back: when a buyer's change takes an answer back before it left, what it said
becomes a draft of whoever decided it. Each line of a draft keeps the order's line as it was answered. Before anything of
it is sent, `recheck` compares that with the line as it is now: what an answer would mean something else to is returned
to the operator with the difference, never sent in silence.

A line may be half typed: then it has the raw fields of its editor (`form`) and no decision yet. An answer that is typed over
says more than its editor shows, notes and documents of an answer file for example; so it is kept beneath (`over`) until what
is typed can be taken together with it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from pydantic import Field

from core.decisions import Decision, LineDecision
from core.difference import line_differences
from core.model import Frozen, Order, OrderLine
from core.pending.merging import only, without
from core.transition.tasks import answers_differ

_OF_THE_ORDER: Final = tuple(name for name in Decision.model_fields if name not in ("id", "at", "lines"))


class WasThen(StrEnum):
    """Where an answer was when the buyer's change met it."""

    DRAFT = "draft"
    """Being written, or decided in part on a platform that takes only whole answers."""
    HELD = "held"
    """…for the undo window."""
    QUEUED = "queued"


class DraftLine(Frozen):
    """What a draft keeps of one line besides the decision."""

    position: str
    revision: int
    """The order's revision to which it is bound."""
    seen: OrderLine | None
    """The line as it was answered then; None: what the log said of it has been erased."""
    form: dict[str, str] = Field(default_factory=dict)
    """Raw fields of an editor by name, as they were typed."""
    over: Decision | None = None
    """What was decided of the line, and of the order with it, where it is half typed now."""
    why: str | None = None
    """A sentence on why it was given back to the operator; None: they are writing it."""
    was: WasThen = WasThen.DRAFT


class Draft(Frozen):
    order_id: int
    actor: str
    saved_at: dt.datetime
    decision: Decision | None
    """What is decided so far; its id and time are replaced when it is sent. None: nothing yet but half-typed lines."""
    lines: tuple[DraftLine, ...]
    """Every line of the draft, decided or half typed."""

    @property
    def revision(self) -> int:
        """The oldest revision to which a line of it is bound."""
        return min(line.revision for line in self.lines)

    @property
    def returned(self) -> bool:
        """Whether a buyer's change took something of it back before it left."""
        return any(line.why is not None for line in self.lines)

    @property
    def why(self) -> tuple[str, ...]:
        return tuple(line.why for line in self.lines if line.why is not None)

    @property
    def positions(self) -> tuple[str, ...]:
        return tuple(line.position for line in self.lines)

    def line(self, position: str) -> DraftLine | None:
        return next((line for line in self.lines if line.position == position), None)

    def decided(self, position: str) -> LineDecision | None:
        """What it says of a line; None where that is not decided yet."""
        return _of(self.decision, position)

    def answered(self, position: str) -> LineDecision | None:
        """…or said before somebody began to type over it."""
        bound = self.line(position)
        return self.decided(position) or _of(bound.over if bound is not None else None, position)

    @property
    def of_the_order(self) -> dict[str, Any]:
        """What it says of the order itself, by field."""
        over = (line.over for line in self.lines)
        said = self.decision or next((one for one in over if one is not None), None)
        return (
            {}
            if said is None
            else {name: value for name in _OF_THE_ORDER if (value := getattr(said, name)) is not None}
        )


@dataclass(frozen=True, slots=True)
class Returned:
    """A line of a draft that no longer fits: three sides."""

    position: str
    before: OrderLine
    """As it was answered. Where the log's text of that has been erased: as it is now."""
    now: OrderLine
    ours: LineDecision
    sentence: str

    @property
    def differences(self) -> tuple[str, ...]:
        """In phrases that name the field; none where it is not known."""
        return line_differences(self.before, self.now)


@dataclass(frozen=True, slots=True)
class Rechecked:
    fits: Decision | None
    """What may be sent as it was meant; None: nothing of it."""
    returned: tuple[Returned, ...] = ()
    unfinished: tuple[str, ...] = ()
    """Positions of the lines that are half typed."""


def recheck(draft: Draft, order: Order, positions: Collection[str] = ()) -> Rechecked:
    """Compare the lines of `draft`, or those at `positions`, with `order` as it is shown now."""
    there = {line.position: line for line in order.lines}
    returned, unfinished, fitting = [], [], []
    for bound in draft.lines:
        if positions and bound.position not in positions:
            continue
        ours, now = draft.decided(bound.position), there.get(bound.position)
        if ours is None or now is None:
            unfinished.append(bound.position)
        elif bound.seen is None:
            sentence = (
                f"line {bound.position}: what it was when the answer ({ours.act.value}) was drafted has been erased from "
                "the log; look at it as it is now."
            )
            returned.append(Returned(bound.position, now, now, ours, sentence))
        elif answers_differ(bound.seen, now):
            returned.append(Returned(bound.position, bound.seen, now, ours, _sentence(bound.seen, now, ours)))
        else:
            fitting.append(bound.position)
    return Rechecked(only(draft.decision, fitting), tuple(returned), tuple(unfinished))


def _sentence(before: OrderLine, now: OrderLine, ours: LineDecision) -> str:
    what = "; ".join(line_differences(before, now)) or "in how it is written"
    return f"line {now.position} changed since the answer ({ours.act.value}) was drafted: {what}."


def saved(
    before: Draft | None,
    *,
    order_id: int,
    actor: str,
    at: dt.datetime,
    decision: Decision | None,
    lines: Collection[DraftLine],
) -> Draft:
    """`before` with `lines` written anew, each with its word in `decision` or without any; its other lines stay.

    What it says of the order itself stays too, and beneath a line without a word what it said of that line.
    """
    named = {line.position for line in lines}
    new = only(decision, named)
    if before is None:
        return Draft(order_id=order_id, actor=actor, saved_at=at, decision=new, lines=tuple(lines))
    if new is not None:
        new = new.but(**{name: value for name, value in before.of_the_order.items() if getattr(new, name) is None})
    kept = tuple(line for line in before.lines if line.position not in named)
    over = {one: _beneath(before, one) for one in named if _of(new, one) is None}
    return Draft(
        order_id=order_id,
        actor=actor,
        saved_at=at,
        decision=_together(without(before.decision, named), new),
        lines=(*kept, *(line.but(over=over.get(line.position)) for line in lines)),
    )


def _beneath(before: Draft, position: str) -> Decision | None:
    bound = before.line(position)
    return only(before.decision, (position,)) or (bound.over if bound is not None else None)


def _of(decision: Decision | None, position: str) -> LineDecision | None:
    lines = decision.lines if decision is not None else ()
    return next((line for line in lines if line.position == position), None)


def given_back(before: Draft | None, back: Draft) -> Draft:
    """The operator's draft with the lines that a buyer's change gives back.

    What the operator has decided anew in the draft is their last word: it stays, and says what happened.
    """
    if before is None:
        return back
    anew = {line.position for line in before.lines if line.why is None and before.decided(line.position) is not None}
    why = {line.position: line.why for line in back.lines}
    told = before.but(
        lines=tuple(line.but(why=why.get(line.position)) if line.position in anew else line for line in before.lines)
    )
    typed = {line.position: line.form for line in before.lines}
    news = [line.but(form=typed.get(line.position, {})) for line in back.lines if line.position not in anew]
    return saved(
        told,
        order_id=back.order_id,
        actor=back.actor,
        at=back.saved_at,
        decision=without(back.decision, anew),
        lines=news,
    )


def shortened(draft: Draft, positions: Collection[str]) -> Draft | None:
    """`draft` without some lines; None where nothing is left."""
    lines = tuple(line for line in draft.lines if line.position not in positions)
    return draft.but(lines=lines, decision=without(draft.decision, positions)) if lines else None


def sent(draft: Draft, positions: Collection[str]) -> Draft | None:
    """`draft` when what it decided of some lines has left; what is half typed of them stays, None where nothing is left."""
    typed = {line.position for line in draft.lines if line.position in positions and line.form}
    left = shortened(draft, {one for one in positions if one not in typed})
    if left is None or not typed:
        return left
    lines = (line.but(why=None, was=WasThen.DRAFT) if line.position in typed else line for line in left.lines)
    return left.but(lines=tuple(lines), decision=without(left.decision, typed))


def rebased(draft: Draft, lines: Mapping[str, OrderLine | None], revision: int, at: dt.datetime) -> Draft:
    """`draft` with the lines named bound to `revision`, at which the operator saw them as `lines`."""
    return draft.but(
        saved_at=at,
        lines=tuple(
            line.but(revision=revision, seen=lines[line.position], why=None, was=WasThen.DRAFT)
            if line.position in lines
            else line
            for line in draft.lines
        ),
    )


def _together(earlier: Decision | None, later: Decision | None) -> Decision | None:
    """Both; what is said of the order as a whole is the later word, where it has one."""
    if earlier is None or later is None:
        return later or earlier
    said = {name: value for name, value in later if value is not None}
    return earlier.but(**said).but(lines=(*earlier.lines, *later.lines))
