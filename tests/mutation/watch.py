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
        self.reached: dict[str, array[int]] = {}
        self._entries: set[str] = set()
        self._codes: set[CodeType] = set()
        self._names: dict[CodeType, str | None] = {}
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
        self._codes.clear()
        sys.settrace(self._enters)
        try:
            return does()
        finally:
            sys.settrace(None)
            functions = {name for code in self._codes if (name := self._function(code)) is not None}
            for name in self._entries | functions:
                self.reached.setdefault(name, array("l")).append(number)

    def _enters(self, frame: FrameType, event: str, argument: object) -> None:
        self._codes.add(frame.f_code)

    def _function(self, code: CodeType) -> str | None:
        if code not in self._names:
            package = f"{PACKAGE}/"
            module = code.co_filename.removeprefix(package).removesuffix(".py")
            inside = code.co_filename.startswith(package)
            self._names[code] = f"{module}.{code.co_qualname.split('.')[0]}" if inside else None
        return self._names[code]
