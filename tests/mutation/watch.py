"""Which functions and table entries of the transition module something reaches: a slip elsewhere can't be noticed by it."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import CodeType, FrameType
from typing import Any, Final, TypeAlias, TypeVar

from core.transition import tables
from tests.mutation.mutant import PACKAGE, replace_everywhere
from tests.mutation.rows import named

Reached: TypeAlias = Mapping[str, Sequence[int]]
"""Function or entry, as `Mutant.only` has it → the numbers of those that reach it, in their order."""

_TABLES: Final = ("ANSWERS", "ASKS", "ACTS", "MEANS")
_Result = TypeVar("_Result")


class _Row(dict[Any, Any]):
    """A row of a table that tells which of its entries is looked at."""

    def __init__(self, name: str, row: dict[Any, Any], reached: set[str]) -> None:
        super().__init__(row)
        self._name = name
        self._reached = reached

    def _looked(self, *keys: Any) -> None:
        self._reached.update(f"{self._name} × {named(key)}" for key in keys)

    def __getitem__(self, key: Any) -> Any:
        self._looked(key)
        return super().__getitem__(key)

    def get(self, key: Any, default: Any = None) -> Any:
        self._looked(key)
        return super().get(key, default)

    def __contains__(self, key: object) -> bool:
        self._looked(key)
        return super().__contains__(key)

    def __iter__(self) -> Iterator[Any]:
        self._looked(*tables.STATES, *super().keys())
        return super().__iter__()

    def items(self) -> Any:
        self._looked(*tables.STATES, *super().keys())
        return super().items()

    def values(self) -> Any:
        self._looked(*tables.STATES, *super().keys())
        return super().values()

    def __eq__(self, other: object) -> bool:
        self._looked(*tables.STATES, *super().keys())
        return super().__eq__(other)

    __hash__ = None


class Watch:
    """While it is on, `during` notes what is reached."""

    def __init__(self) -> None:
        self._entries: set[str] = set()
        self._codes: dict[int, CodeType] = {}
        """By identity: code is slow to compare."""
        self._called: set[int] = set()
        self._ways: dict[tuple[frozenset[int], frozenset[str]], array[int]] = {}
        """What was reached → by which numbers: most go a way that others went before."""
        self._tables = {name: getattr(tables, name) for name in _TABLES}
        self._watched: dict[str, dict[Any, _Row]] = {}

    def __enter__(self) -> Watch:
        for name, table in self._tables.items():
            self._watched[name] = {key: _Row(f"{name}, {named(key)}", row, self._entries) for key, row in table.items()}
            replace_everywhere(name, table, self._watched[name])
        return self

    def __exit__(self, *_: object) -> None:
        for name, table in self._tables.items():
            replace_everywhere(name, self._watched[name], table)

    def during(self, number: int, does: Callable[[], _Result]) -> _Result:
        """What `does` gives, and notes what it reaches under `number`."""
        self._entries.clear()
        self._called.clear()
        sys.settrace(self._enters)
        try:
            return does()
        finally:
            sys.settrace(None)
            way = frozenset(self._called), frozenset(self._entries)
            self._ways.setdefault(way, array("l")).append(number)

    def _enters(self, frame: FrameType, event: str, argument: object) -> None:
        code = frame.f_code
        self._called.add(id(code))
        self._codes.setdefault(id(code), code)

    def reached(self) -> Reached:
        """By which numbers each function and each entry was."""
        found: dict[str, list[int]] = {}
        for (called, entries), numbers in self._ways.items():
            for name in entries | {_function(self._codes[each]) for each in called}:
                found.setdefault(name, []).extend(numbers)
        return {name: array("l", sorted(numbers)) for name, numbers in found.items()}


def _function(code: CodeType) -> str:
    module = code.co_filename.removeprefix(f"{PACKAGE}/").removesuffix(".py")
    return f"{module}.{code.co_qualname.split('.')[0]}"
