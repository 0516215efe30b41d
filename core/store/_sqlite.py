"""The one place that says which SQLite is used.

The same module that `sqlite_utils.utils.sqlite3` names (a test holds the two together), without the 90 ms that importing
sqlite-utils costs every command that only reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite3
else:
    import pysqlite3 as sqlite3

__all__ = ["sqlite3"]

_Value = TypeVar("_Value")


def _as_it_is(value: _Value) -> _Value:
    return value


# pysqlite3 asks each value that it binds, but a str, int or float, whether it adapts itself: by attributes that it hasn't,
# so by exceptions. For None and bytes, which are a third of what a row holds, that took longer than all else of the row.
for _kind in (type(None), bytes):
    sqlite3.register_adapter(_kind, _as_it_is)
