"""Recorded changes, done again: what the log says must lead to what the store holds.

A record is folded as the JSON that it is kept as, so that a change needs to know nothing of the model. The order of one
step's changes matters: first what a message took along (which is what was known and pending before it was claimed), then
what is shown (which starts as the platform's state where nothing was pending), then the platform's state, then what is
pending, which takes the shown state with it when it goes. Where something becomes pending while the platform's state
changes too, what is pending comes before both.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, TypeAlias

from core.pending.record import Record
from core.transition import WHOLE, Change, Json, Layer, Written
from core.transition.changes import compact

DOUBTS: Final = "doubts"
"""The field of a change in layer IN_FLIGHT that is about the messages that may have arrived."""
_State: TypeAlias = dict[str, Any]


def changes_to_json(changes: Sequence[Change]) -> str:
    """Recorded changes as compact JSON: an array of objects, without the nulls; `changes_from_json` reads them back."""
    return f"[{','.join([_as_object(change) for change in changes])}]"


def _as_object(change: Change) -> str:
    line, field, before, after, layer = change
    said = f'"field":"{field}"' if line is None else f'"line":{compact(line)},"field":"{field}"'
    if before is not None:
        said += f',"before":{_as_value(before)}'
    if after is not None:
        said += f',"after":{_as_value(after)}'
    if layer is not Layer.ORDER:
        said += f',"layer":"{layer}"'
    return f"{{{said}}}"


def _as_value(value: Json) -> str:
    return value if isinstance(value, Written) else compact(value)


def changes_from_json(text: str | bytes) -> tuple[Change, ...]:
    """The changes that `changes_to_json` wrote. Raises ValueError for anything else."""
    try:
        return tuple(
            Change(
                one.get("line"), one["field"], one.get("before"), one.get("after"), Layer(one.get("layer", Layer.ORDER))
            )
            for one in json.loads(text)
        )
    except (KeyError, AttributeError, TypeError) as problem:
        raise ValueError(f"not a list of changes: {problem}") from problem


def fold(record: Record | None, changes: Sequence[Change]) -> Record:
    """`record` with recorded changes done again. Raises ValueError where they don't fit."""
    if record is not None and not changes:
        return record
    state: _State = {} if record is None else json.loads(record.to_json())
    try:
        for change in changes:
            _done(state, change)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ValueError(f"a recorded change doesn't fit the order: {problem!r}") from problem
    return Record.from_json(json.dumps(state))


def _done(state: _State, change: Change) -> None:
    if change.layer is Layer.IN_FLIGHT and change.field == DOUBTS:
        state[DOUBTS] = _copy(change.after)
    elif change.layer is Layer.IN_FLIGHT:
        _in_flight(state, change.after)
    elif change.layer is Layer.PENDING:
        state["pending"] = _copy(change.after)
        if change.after is None:
            state.pop("shown", None)
        else:
            state.setdefault("shown", _copy(state["platform"]))
    elif change.layer is Layer.SHOWN:
        _change(state, "shown", change, start=state.get("shown") or _copy(state["platform"]))
    else:
        _change(state, "platform", change, start=state.get("platform"))


def _in_flight(state: _State, after: Any) -> None:
    """`after` names the message alone where it took along what stands: an order is not written twice for that."""
    if after is None:
        state.pop("in_flight", None)
        return
    flight = _copy(after)
    if "platform" not in flight:
        flight |= {"platform": _copy(state["platform"]), "decision": _copy(state.get("pending"))}
    state["in_flight"] = flight


def _change(state: _State, which: str, change: Change, start: _State | None) -> None:
    if change.field == WHOLE and change.line is None:
        state[which] = _copy(change.after)
        return
    order = state[which] = {} if start is None else start
    if change.line is None:
        _set(order, change.field, change.after)
    elif change.field == WHOLE:
        order.setdefault("lines", []).append(_copy(change.after))
    else:
        _set(_line(order, change.line), change.field, change.after)


def _line(order: _State, position: str) -> _State:
    for line in order.get("lines", ()):
        if line["position"] == position:
            found: _State = line
            return found
    raise KeyError(f"line {position}")


def _set(target: _State, path: str, value: object) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        target = target.setdefault(parent, {})
    target[name] = _copy(value)


def _copy(value: Any) -> Any:
    """A value of its own: two states must not share what one of them changes."""
    return json.loads(value if isinstance(value, Written) else json.dumps(value))
