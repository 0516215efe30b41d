"""JSON as partners send it: numbers exact to the last digit, and every complaint names its place.

Reading gives `Node`s, which know their JSON path, so that a document that can't be read is refused with something to
look for (`lines[2].deliverySchedule[0].date`). A number stays the text that was written until somebody asks for its
value; it never passes through a binary float, and neither does a number that is written.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from json.encoder import encode_basestring as _quoted
from typing import Any, Final

import simplejson

from core.formats import MOST_ENTRIES, CannotCarry, Unreadable
from core.model import number, plain

DEEPEST: Final = 64
"""Levels of nesting; the deepest order seen has nine."""

LONGEST_IDENTIFIER: Final = 200

REMEDY: Final = "ask the sender for a corrected document, or mend a copy and take that in with `podesk import`"

_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|([\[{])|([\]}])', re.DOTALL)
_SURROGATE = re.compile("[\ud800-\udfff]")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_WHOLE = re.compile(r"-?\d+", re.ASCII)
_LITERALS: Final = {None: "null", True: "true", False: "false"}
_PLAIN_KEY = re.compile(r"\w+", re.ASCII)


@dataclass(frozen=True, slots=True)
class Numeral:
    """A JSON number as it was written, its value not yet taken."""

    text: str


@dataclass(frozen=True, slots=True)
class Node:
    """A JSON object and where it stands. A member that is null counts as absent everywhere."""

    members: dict[str, object]
    path: str = ""

    def place(self, key: str) -> str:
        """JSON path of a member."""
        return f"{self.path}.{key}" if self.path else key

    def has(self, *keys: str) -> bool:
        """Whether one of `keys` is there and not null."""
        return any(self.members.get(key) is not None for key in keys)

    def child(self, key: str) -> Node | None:
        """The object that stands under `key`."""
        value = self.members.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise self._wrong(key, value, "an object")
        return Node(value, self.place(key))

    def children(self, key: str) -> tuple[Node, ...]:
        """The objects in the array under `key`; empty when it is absent."""
        return tuple(
            Node(entry, place) if isinstance(entry, dict) else _not_an_object(entry, place)
            for entry, place in self._entries(key)
        )

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts in the array under `key`, blank ones left out."""
        read = (_text(entry, place) for entry, place in self._entries(key))
        return tuple(text for text in read if text is not None)

    def text(self, key: str) -> str | None:
        """A text as it was written; None when it is absent or blank."""
        return _text(self.members.get(key), self.place(key))

    def identifier(self, key: str) -> str | None:
        """A number or code that names something: without space around it, never with control characters in it."""
        text = self.text(key)
        if text is None:
            return None
        text = text.strip()
        if len(text) > LONGEST_IDENTIFIER or not text.isprintable():
            raise Unreadable(
                f"is no identifier: at most {LONGEST_IDENTIFIER} characters, and none that can't be printed",
                self.place(key),
                REMEDY,
            )
        return text

    def required(self, key: str, what: str) -> str:
        """The identifier under `key`. Raises Unreadable when it is absent."""
        found = self.identifier(key)
        if found is None:
            raise Unreadable(f"{what} is missing", self.place(key), REMEDY)
        return found

    def number(self, key: str) -> Decimal | None:
        """A JSON number, exact. A text is refused even if it looks like a number: nobody knows whose comma it has."""
        value = self.members.get(key)
        if value is None:
            return None
        if not isinstance(value, Numeral):
            raise self._wrong(key, value, "a number")
        try:
            return number(value.text)
        except ValueError as error:
            raise Unreadable(str(error), self.place(key), REMEDY) from None

    def whole(self, key: str) -> int | None:
        """A JSON number that has no fraction."""
        value = self.number(key)
        if value is None:
            return None
        if value != value.to_integral_value():
            raise Unreadable(f"is {plain(value)}; a whole number is wanted", self.place(key), REMEDY)
        return int(value)

    def date(self, key: str) -> dt.date | None:
        """A date yyyy-MM-dd; None when it is absent or blank."""
        text = self.text(key)
        if text is None:
            return None
        try:
            if not _DATE.fullmatch(text.strip()):
                raise ValueError  # noqa: TRY301  (2025-W01 and 20250101 are ISO too, but nobody's to send here)
            return dt.date.fromisoformat(text.strip())
        except ValueError:
            raise Unreadable(f"{text[:40]!r} is no date; yyyy-MM-dd is wanted", self.place(key), REMEDY) from None

    def flag(self, key: str) -> bool | None:
        value = self.members.get(key)
        if value is None or isinstance(value, bool):
            return value
        raise self._wrong(key, value, "true or false")

    def _entries(self, key: str) -> Iterator[tuple[object, str]]:
        value = self.members.get(key)
        if value is None:
            return
        if not isinstance(value, list):
            raise self._wrong(key, value, "an array")
        if len(value) > MOST_ENTRIES:
            raise Unreadable(f"has {len(value):,} entries; at most {MOST_ENTRIES:,} are read", self.place(key), REMEDY)
        for index, entry in enumerate(value):
            yield entry, f"{self.place(key)}[{index}]"

    def _wrong(self, key: str, value: object, wanted: str) -> Unreadable:
        return Unreadable(f"is {_kind(value)}; {wanted} is wanted", self.place(key), REMEDY)


def read_json(document: bytes) -> tuple[object, tuple[str, ...]]:
    """The JSON value in `document`, and warnings on what had to be guessed.

    Objects are dicts, numbers `Numeral`s. Raises Unreadable for what is no JSON, for a key that stands twice in one
    object (partners' systems disagree on which of the two counts) and for nesting deeper than `DEEPEST`.
    """
    text, warnings = _decoded(document)
    if _deeper_than(text, DEEPEST):
        raise Unreadable(f"nested deeper than {DEEPEST} levels", remedy=REMEDY)
    twice: list[tuple[dict[str, object], str]] = []

    def members(pairs: list[tuple[str, object]]) -> dict[str, object]:
        read = dict(pairs)
        if len(read) < len(pairs):
            twice.append((read, _first_repeated(key for key, _ in pairs)))
        return read

    try:
        tree: object = simplejson.loads(text, object_pairs_hook=members, parse_float=Numeral, parse_int=Numeral)
    except simplejson.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise Unreadable(f"is no JSON: {error.msg[:120]}", place, REMEDY) from None
    except (ValueError, RecursionError):
        raise Unreadable("is no JSON", remedy=REMEDY) from None
    if twice:
        owner, key = twice[0]
        place = next((path for found, path in _objects(tree) if found is owner), "")
        raise Unreadable(f"the key {key[:40]!r} stands twice in one object", place, REMEDY)
    return tree, warnings


def _first_repeated(keys: Iterable[str]) -> str:
    """In one go: an object may have a million keys."""
    seen: set[str] = set()
    for key in keys:
        if key in seen:
            return key
        seen.add(key)
    raise AssertionError("none stands twice")  # pragma: no cover  (who asks knows that one does)


def as_text(document: bytes) -> str:
    """A rough look: every ASCII character of the document in its place, whatever the encoding."""
    return document.replace(b"\0", b"").decode("latin-1").removeprefix("\xef\xbb\xbf").lstrip("\xff\xfe")


def write_json(tree: object, format_name: str) -> bytes:
    """Indented JSON in UTF-8. Decimals become JSON numbers with every digit they have and no exponent.

    Written by hand, since a library's encoder, once it indents or meets a number of ours, takes three times as long.
    Raises CannotCarry for half a surrogate pair, which no UTF-8 can say.
    """
    try:
        return (_written(tree, "\n") + "\n").encode()
    except UnicodeEncodeError as error:
        broken = error.object[error.start : error.end]
        raise CannotCarry(format_name, f"half of a surrogate pair ({broken!r}), which is no character") from None


def _written(value: Any, line: str) -> str:
    """`value` as JSON; `line` is a line break and the indentation of what it stands in."""
    kind = type(value)
    if kind is str:
        return _quoted(value)
    if kind is Decimal:
        return plain(value)
    if kind is dict:
        inner = line + "  "
        members = [
            f"{_quoted(key)}: {_quoted(member) if type(member) is str else _written(member, inner)}"
            for key, member in value.items()
        ]
        return "{" + inner + f",{inner}".join(members) + line + "}" if members else "{}"
    if kind is list:
        inner = line + "  "
        entries = [_written(entry, inner) for entry in value]
        return "[" + inner + f",{inner}".join(entries) + line + "]" if entries else "[]"
    if value is None or kind is bool:
        return _LITERALS[value]
    if kind is int:
        return str(value)
    if isinstance(value, str):
        return _quoted(str(value))
    raise TypeError(f"{kind.__name__} has no place in JSON")


def _decoded(document: bytes) -> tuple[str, tuple[str, ...]]:
    """The text of `document`. JSON is UTF-8, but senders lie: Windows-1252 is read with a warning."""
    encoding = json.detect_encoding(document)
    try:
        return document.decode(encoding), ()
    except UnicodeDecodeError as error:
        if encoding.startswith("utf-8"):
            try:
                text = document.decode("cp1252")
            except UnicodeDecodeError:
                pass
            else:
                return text, ("The document is not in UTF-8, as JSON must be; it was read as Windows-1252.",)
        raise Unreadable(f"the bytes are no {encoding.upper()}", f"byte {error.start + 1}", REMEDY) from None


def _deeper_than(text: str, most: int) -> bool:
    """Checked before parsing, so that no parser is ever led into the depth."""
    depth = 0
    for found in _BRACKET.finditer(text):
        if found[1]:
            depth += 1
            if depth > most:
                return True
        elif found[2]:
            depth -= 1
    return False


def _objects(tree: object) -> Iterator[tuple[dict[str, object], str]]:
    """Every object of the tree with its path, in document order; nesting is bounded by then."""
    pending: list[tuple[object, str]] = [(tree, "")]
    while pending:
        value, path = pending.pop()
        if isinstance(value, dict):
            yield value, path
            named = [(entry, _path_to(path, key)) for key, entry in value.items()]
            pending.extend(reversed(named))
        elif isinstance(value, list):
            numbered = [(entry, f"{path}[{index}]") for index, entry in enumerate(value)]
            pending.extend(reversed(numbered))


def _path_to(path: str, key: str) -> str:
    if not _PLAIN_KEY.fullmatch(key):
        return f"{path}[{key[:40]!r}]"
    return f"{path}.{key}" if path else key


def _text(value: object, place: str) -> str | None:
    """A text. Codes that some systems write as bare whole numbers are taken as the digits that were written."""
    if value is None:
        return None
    if isinstance(value, Numeral) and _WHOLE.fullmatch(value.text):
        return value.text
    if not isinstance(value, str):
        raise Unreadable(f"is {_kind(value)}; a text is wanted", place, REMEDY)
    if _SURROGATE.search(value):
        raise Unreadable("holds half of a surrogate pair, which is no character", place, REMEDY)
    return value if value.strip() else None


def _not_an_object(value: object, place: str) -> Node:
    raise Unreadable(f"is {_kind(value)}; an object is wanted", place, REMEDY)


def _kind(value: object) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true or false"
        case str():
            return "a text"
        case Numeral():
            return "a number"
        case list():
            return "an array"
        case _:
            return "an object"
