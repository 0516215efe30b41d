"""rules.toml and its price lists: read, checked, and read again when one of them changed."""

from __future__ import annotations

import functools
import os
import threading
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeAlias

from core import toml_files
from core.config import SettingsError
from core.rules import price_list
from core.rules.case import Known
from core.rules.judging import Rules
from core.rules.price_list import Layout, ListError, PriceList
from core.rules.tables import PriceListTable, RulesTable
from core.toml_files import TomlFile

_LONGEST_LIST: Final = 64_000_000
"""Characters of a price list."""
_Stamp: TypeAlias = tuple[int, int, int] | None
_Seen: TypeAlias = dict[Path, _Stamp]
"""Files that were looked at, each as it was before it was read."""


class RulesError(SettingsError):
    """rules.toml or a price list can't be used. The sentence names the file, the line and the key or column."""


def load(path: Path) -> Rules:
    """The rules in the file at `path`, with the price lists beside it. Raises RulesError."""
    return _load(path, {})


def _load(path: Path, seen: _Seen) -> Rules:
    """`seen` gets every file that is looked at, also when an error ends it."""
    seen[path] = _stamp(path)
    text, _ = toml_files.read(path, RulesError, missing='write one, or set rules = "off" on the connections')
    file = TomlFile(path, text, RulesError, named="rule")
    tree = file.tree(_decimal)
    table = file.checked(RulesTable, tree)
    lists = {name: _price_list(name, each, file, seen) for name, each in table.price_list.items()}
    known = Known(
        calendar=table.calendar.calendar(),
        items=table.item,
        lists=lists,
        ours=frozenset(name for name, each in table.price_list.items() if each.numbers == "ours"),
        on_ordered=frozenset(name for name, each in table.price_list.items() if each.valid_on == "ordered"),
    )
    return Rules(path=path, rules=table.rule, known=known, files=tuple(seen))


def _price_list(name: str, table: PriceListTable, file: TomlFile, seen: _Seen) -> PriceList:
    path = file.path.parent / table.file
    seen[path] = _stamp(path)
    text, _ = toml_files.read(
        path,
        RulesError,
        missing=f"it is the price list {name} of {file.place(('price_list', name, 'file'))}",
        encoding="utf-8-sig" if table.encoding == "utf-8" else table.encoding,
        most=_LONGEST_LIST,
        newline="",
    )
    layout = Layout(table.delimiter, table.decimal_comma, table.currency, table.columns)
    try:
        return price_list.parse(name, text, path, layout)
    except ListError as error:
        raise RulesError(str(error)) from None


def _decimal(text: str) -> Decimal:
    """A number as it is written; what no machine counts to is none, which is told with its key."""
    try:
        return Decimal(text)
    except ArithmeticError:
        return Decimal("NaN")


class RulesFile:
    """The rules as the files stand now. For all threads; each change is read once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._seen: _Seen = {}
        self._found: Rules | RulesError | None = None

    def current(self) -> Rules:
        """Raises RulesError."""
        with self._lock:
            if self._found is None or any(_stamp(path) != stamp for path, stamp in self._seen.items()):
                self._seen = {}
                try:
                    self._found = _load(self.path, self._seen)
                except RulesError as error:
                    self._found = error
            if isinstance(self._found, RulesError):
                raise RulesError(str(self._found))
            return self._found


@functools.cache
def rules_file(path: Path) -> RulesFile:
    """The one that all in this process share."""
    return RulesFile(path)


def _stamp(path: Path) -> _Stamp:
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
