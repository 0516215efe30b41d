"""Where in a TOML text a key stands, for errors that name the line: tomllib keeps no positions.

Imports nothing of the project.
"""

from __future__ import annotations

import re

Keys = tuple[int | str, ...]
"""The way to a value: names of tables and keys, and the index in an array of tables."""

_PART = r"""(?:[A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')"""
_DOTTED = rf"{_PART}(?:\s*\.\s*{_PART})*"
_ARRAY_HEADER = re.compile(rf"\s*\[\[\s*({_DOTTED})\s*\]\]")
_HEADER = re.compile(rf"\s*\[\s*({_DOTTED})\s*\]\s*(?:#.*)?$")
_KEY = re.compile(rf"\s*({_DOTTED})\s*=")
_STRINGS = re.compile(
    r'''"""|\'\'\'|"(?:[^"\\]|\\.)*"|'[^']*'|#.*'''  # what may hold a bracket or quotes that mean nothing
)


def line_of(text: str, keys: Keys) -> int:
    """The line on which the table or key at `keys` stands, as near as the file says; 1 when it says nothing."""
    best, depth = 1, 0
    table: Keys = ()
    counts: dict[Keys, int] = {}
    inside: str | None = None
    for no, line in enumerate(text.split("\n"), 1):
        if inside is not None:  # of a string over several lines
            if inside in line:
                inside = None
            continue
        here = table
        if header := _ARRAY_HEADER.match(line):
            names = _resolved(_parts(header[1]), counts)
            counts[names] = counts.get(names, -1) + 1
            table = here = (*names, counts[names])
        elif header := _HEADER.match(line):
            table = here = _resolved(_parts(header[1]), counts)
        elif key := _KEY.match(line):
            here = (*table, *_parts(key[1]))
            inside = _left_open(line[key.end() :])
        same = 0
        while same < min(len(here), len(keys)) and here[same] == keys[same]:
            same += 1
        if same == len(here) and same > depth:
            best, depth = no, same
    return best


def _left_open(value: str) -> str | None:
    """The quotes that close a string over several lines which `value` begins; None when it begins none."""
    opened: str | None = None
    for found in _STRINGS.findall(value):
        if found in ('"""', "'''"):
            opened = None if opened == found else opened or found
    return opened


def _parts(dotted: str) -> list[str]:
    return [part[1:-1] if part[0] in "\"'" else part for part in re.findall(_PART, dotted)]


def _resolved(parts: list[str], counts: dict[Keys, int]) -> Keys:
    """The keys of a table header, with the index of the array entry that it stands in."""
    keys: Keys = ()
    for at, part in enumerate(parts):
        keys = (*keys, part)
        if keys in counts and at + 1 < len(parts):
            keys = (*keys, counts[keys])
    return keys
