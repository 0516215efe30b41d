"""What commands print: JSON for programs, tables for people. Data goes to stdout, sentences about it to stderr."""

from __future__ import annotations

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import click

from tui.display import display
from tui.ending import complain, forget_stdout, out_of_reach

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON: UTF-8, decimals as strings.")

_CELL = 60
"""Characters of one cell of a table."""
_SENTENCE = 300
"""…of one in the last column."""


def print_json(value: object) -> None:
    """An array with one element a line, or an object, on stdout.

    What a terminal might obey or hide (C1, bidirectional, zero-width) is written as an escape: the value is the same to
    every program that reads it.
    """
    if isinstance(value, list | tuple):
        text = "[" + ",".join(f"\n  {json_line(part)}" for part in value) + ("\n]" if value else "]")
    else:
        text = json_line(value, indent=2)
    click.echo((text + "\n").encode("utf-8"), nl=False)


def json_line(value: object, indent: int | None = None) -> str:
    """The text of one value, as `print_json` writes it."""
    text = json.dumps(value, ensure_ascii=False, indent=indent, default=_as_json)
    return text if text.isprintable() else re.sub(r"[^\n -~]", _escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    return character if character.isprintable() else json.dumps(character)[1:-1].replace("\x7f", "\\u007f")


def _as_json(value: Any) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, dt.date):
        return value.isoformat()
    from core.model import Unknown

    if isinstance(value, Unknown):
        return None
    raise TypeError(f"no JSON for {type(value).__name__}")


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, right: Sequence[str] = ()) -> None:
    """Rows under their heads, on stdout, in columns as wide as they need; `right` names those set to the right.

    The last column has room for a whole sentence: why something failed is of no use cut in half.
    """
    caps = [*[_CELL] * (len(heads) - 1), _SENTENCE]
    shown = [[display(str(cell), cap) for cell, cap in zip(row, caps, strict=True)] for row in rows]
    widths = [max([_width(head), *(_width(row[at]) for row in shown)]) for at, head in enumerate(heads)]
    for row in [list(heads), *shown]:
        cells = [
            _padded(cell, width, to_the_right=head in right)
            for head, cell, width in zip(heads, row, widths, strict=True)
        ]
        click.echo("  ".join(cells).rstrip())


def _padded(cell: str, width: int, *, to_the_right: bool) -> str:
    room = " " * (width - _width(cell))
    return room + cell if to_the_right else cell + room


def _width(text: str) -> int:
    """Columns that `text` takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


class Results:
    """Lines about work that goes on whether or not anybody reads them: no closed pipe, no full disk stops it half-way."""

    def __init__(self) -> None:
        self._read = True

    def say(self, line: str, *, err: bool = False) -> None:
        if not self._read and not err:
            return
        try:
            click.echo(display(line, 300), err=err)
        except BrokenPipeError:
            self._read = False
            forget_stdout()
        except OSError as error:
            self._read = False
            forget_stdout()
            complain(out_of_reach(error))
