"""The one place that says which SQLite is used.

The same module that `sqlite_utils.utils.sqlite3` names (a test holds the two together), without the 90 ms that importing
sqlite-utils costs every command that only reads.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite3
else:
    import pysqlite3 as sqlite3

__all__ = ["sqlite3"]
