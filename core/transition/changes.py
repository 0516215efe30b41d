"""What differs between two orders, field by field, as the log records it and the timeline prints it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any, Final

from pydantic_core import to_json

from core.model import Frozen, Order
from core.transition.result import WHOLE, Change, Json, Layer, Written

_NESTED: Final = frozenset({"header", "content"})
"""What has many fields of its own: a change in it is told by the field that changed."""


def order_changes(before: Order | None, after: Order, layer: Layer = Layer.ORDER) -> tuple[Change, ...]:
    """Every field that differs; applied to `before` in turn they give `after`. Lines never go, and new ones come last."""
    if before is after:
        return ()
    if before is None:
        return (Change(None, WHOLE, None, told(after), layer),)
    return tuple(_order_changes(before, after, layer))


def _order_changes(before: Order, after: Order, layer: Layer) -> Iterator[Change]:
    yield from _field_changes(None, before, after, layer, skip="lines")
    if before.lines is after.lines:
        return
    for old, new in zip(before.lines, after.lines, strict=False):
        if old is not new:
            yield from _field_changes(new.position, old, new, layer)
    for line in after.lines[len(before.lines) :]:
        yield Change(line.position, WHOLE, None, told(line), layer)


def _field_changes(
    position: str | None, before: Frozen, after: Frozen, layer: Layer, *, prefix: str = "", skip: str = ""
) -> Iterator[Change]:
    present = before.__dict__
    for name, new in after.__dict__.items():
        old = present[name]
        if old is new or name == skip or old == new:
            continue
        if name in _NESTED:
            yield from _field_changes(position, old, new, layer, prefix=f"{name}.")
        else:
            yield Change(position, prefix + name, told(old), told(new), layer)


def told(value: Frozen | str | int | dt.date | tuple[Any, ...] | None) -> Json:
    """`value` of a model's field as a change has it: `as_json`, and a model written out."""
    return Written(value.to_json()) if isinstance(value, Frozen) else as_json(value)


def as_json(value: Frozen | str | int | dt.date | tuple[Any, ...] | None) -> Json:
    """`value` of a model's field as plain JSON; what equals its default is left out of an object."""
    if value is None:
        return None
    if isinstance(value, str):  # statuses too
        return str(value)
    if isinstance(value, Frozen):
        dumped: Json = value.__pydantic_serializer__.to_python(value, mode="json", exclude_defaults=True)
        return dumped
    if isinstance(value, tuple):
        return [as_json(one) for one in value]
    return value.isoformat() if isinstance(value, dt.date) else value


def compact(value: Json) -> str:
    """The JSON text of `value`, without blanks."""
    return to_json(value).decode()
