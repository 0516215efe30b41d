"""Wrong rows in the tables of the transition module: each as it could have been written by mistake.

Most rows are made of a few shared effects, and a slip in one of these would change many rows at once; so each row is
changed by itself, and so is each group of states.
"""

from __future__ import annotations

import copy
import importlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from core.decisions import Act
from core.outgoing import Indicator
from core.transition import on_paper, tables
from core.transition.compensation import AFTERWARDS, AGREED
from core.transition.result import TaskKind
from core.transition.tables import Answer, Effect, Refused, Side, State
from core.transition.tasks import TURN
from tests.mutation.mutant import Mutant, replace_everywhere

_BY_STATE: Final = ("ASKS", "ACTS")
"""Where a missing entry is a row too: no effect."""

_SETS: Final = (
    ("tables", "CLOSED"),
    ("tables", "OURS_OPEN"),
    ("tables", "SHIPPABLE"),
    ("tables", "UNDER_AGREEMENT"),
    ("report", "_AGREEMENT_LIVES"),
    ("report", "_ABOUT_THE_AGREEMENT"),
)
"""Groups of states that code asks for."""

_LISTS: Final = (
    ("derive", "_LEAVE"),
    ("tasks", "_WHAT_ANSWERS_ARE_ABOUT"),
    ("tasks", "OURS"),
    ("tasks", "TALKS"),
    ("respond", "_ENDS"),
    ("respond", "_THE_WORD"),
    ("response", "_WHOLE"),
    ("receive", "_REVERSALS"),
    ("content", "_NOTHING"),
    ("content", "_UNTOLD"),
    ("changes", "_NESTED"),
    ("despatch", "_STAGES"),
)
"""Other lists that are short of one."""

Put = Callable[[], None]


def wrong_rows() -> Iterator[Mutant]:
    for table in ("ANSWERS", "ASKS", "ACTS", "MEANS"):
        for outer, row in getattr(tables, table).items():
            place = f"{table}, {named(outer)}"
            for inner in tables.STATES if table in _BY_STATE else row:
                entry = f"{place} × {named(inner)}"
                for what, wrong in _wrong(table, row.get(inner)):
                    yield Mutant(f"{entry}: {what}", _entry(table, outer, inner, wrong), place, only=entry)
    yield from _wrong_on_paper()
    yield from _wrong_by_state()
    yield from _wrong_lists()


def named(key: Any) -> str:
    """A row or column, as the names of mutants have it."""
    return str(getattr(key, "name", key))


# --- what a word does -------------------------------------------------------------------------------------------------


def _wrong(table: str, stands: object) -> Iterator[tuple[str, object]]:
    """As what an entry could have been written; None: not at all."""
    if table == "MEANS":
        for other in (Answer.ACCEPTED, Answer.REJECTED, Answer.CANCELLATION_REFUSED):
            if stands is not other:
                yield f"means {other.name}", other
    elif isinstance(stands, Effect):
        for state in (tables.SAME, tables.CONFIRMED, tables.OUR_PROPOSAL):
            if state is not stands.state:
                yield f"leads to {named(state)}", replace(stands, state=state)
        for field in ("requested", "proposed", "confirmed"):
            for side in _other_sides(getattr(stands, field)):
                yield f"{field} becomes {named(side)}", replace(stands, **{field: side})  # type: ignore[arg-type]
        if table == "ANSWERS":
            yield "is refused", Refused("no.")
        else:
            yield "has no effect", None
    else:
        yield "leads to CONFIRMED", Effect(tables.CONFIRMED, confirmed=Side.REQUESTED)
        if stands is not None:
            yield "is taken, and nothing changes", Effect(tables.SAME)


def _other_sides(side: Side | None) -> tuple[Side | None, ...]:
    if side is None:
        return (Side.SAID, Side.NOBODY)
    return None, Side.SAID if side is Side.REQUESTED else Side.REQUESTED


def _entry(table: str, outer: Any, inner: Any, wrong: object) -> Put:
    def plant() -> None:
        rows = getattr(tables, table)
        row = copy.copy(dict(rows[outer]))
        row.pop(inner, None)
        if wrong is not None:
            row[inner] = wrong
        rows[outer] = row

    return plant


def _row(table: Mapping[Any, Any], key: Any, wrong: object) -> Put:
    def plant() -> None:
        table.pop(key) if wrong is None else table.__setitem__(key, wrong)  # type: ignore[attr-defined,index]

    return plant


# --- how a word is put on paper ---------------------------------------------------------------------------------------


def _wrong_on_paper() -> Iterator[Mutant]:
    for table in ("SAYS", "RESTATES"):
        rows = getattr(on_paper, table)
        for key, says in rows.items():
            other = Indicator.REJECTED if says.indicator is Indicator.ACCEPTED else Indicator.ACCEPTED
            wrongs = [replace(says, indicator=other)]
            wrongs += [replace(says, terms=side) for side in _other_sides(says.terms) if side is not Side.NOBODY]
            if table == "SAYS":
                wrongs.append(replace(says, needs_reason=not says.needs_reason))
            for wrong in wrongs:
                told = ", ".join(named(value) for value in (wrong.indicator, wrong.terms, wrong.needs_reason))
                yield Mutant(f"{table}, {named(key)}: as {told}", _row(rows, key, wrong), table)


# --- what follows from a state ----------------------------------------------------------------------------------------


def _wrong_by_state() -> Iterator[Mutant]:
    for state, kind in TURN.items():
        for other in TaskKind:
            if other is not kind:
                yield Mutant(f"TURN, {named(state)}: {other.name}", _row(TURN, state, other), "TURN")
    for name, offers in (("AFTERWARDS", AFTERWARDS), ("AGREED", AGREED)):
        for state, offer in offers.items():
            for act in (None, Act.WITHDRAW, Act.PROPOSE):
                if act is not offer.act:
                    wrong = replace(offer, act=act)
                    yield Mutant(f"{name}, {named(state)}: {named(act)}", _row(offers, state, wrong), name)
            for side in (None, Side.REQUESTED) if offer.states is not None else (Side.REQUESTED,):
                wrong = replace(offer, states=side)
                yield Mutant(f"{name}, {named(state)}: states {named(side)}", _row(offers, state, wrong), name)


# --- groups and lists -------------------------------------------------------------------------------------------------


def _wrong_lists() -> Iterator[Mutant]:
    for module, name in _SETS:
        group: frozenset[State] = getattr(importlib.import_module(f"core.transition.{module}"), name)
        for state in tables.STATES:
            what = "without" if state in group else "with"
            yield Mutant(f"{name} {what} {named(state)}", _bound(name, group, group ^ {state}), name)
    for module, name in _LISTS:
        stands = getattr(importlib.import_module(f"core.transition.{module}"), name)
        for one in stands:
            if isinstance(stands, Mapping):
                less: object = {key: value for key, value in stands.items() if key is not one}
            else:
                less = type(stands)(each for each in stands if each is not one)
            yield Mutant(f"{module}.{name} without {named(one)[:40]}", _bound(name, stands, less), name)
    for name in ("ACT_ORDER", "_LEAVE"):
        stands = tables.ACT_ORDER if name == "ACT_ORDER" else importlib.import_module("core.transition.derive")._LEAVE
        for at in range(len(stands) - 1):
            order = list(stands)
            order[at], order[at + 1] = order[at + 1], order[at]
            what = f"{named(order[at])} before {named(order[at + 1])}"
            yield Mutant(f"{name}: {what}", _bound(name, stands, tuple(order)), name)


def _bound(name: str, stands: object, wrong: object) -> Put:
    return lambda: replace_everywhere(name, stands, wrong)
