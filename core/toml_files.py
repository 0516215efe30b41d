"""A TOML file that a person wrote, held against a model: every error names the file, the line and the key.

No error repeats a value of the file: it may be a secret that stands in the wrong place.
"""

from __future__ import annotations

import os
import re
import stat
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from core.toml_places import Keys, line_of

_MOST_CHARACTERS = 1_000_000

_Model = TypeVar("_Model", bound=BaseModel)

_SENTENCES = {
    "extra_forbidden": "unknown key",
    "missing": "is missing",
    "string_type": 'text is wanted, in "quotes"',
    "path_type": 'text is wanted, in "quotes"',
    "dict_type": "a table is wanted",
    "string_too_short": "is empty",
    "int_type": "a whole number is wanted, without quotes",
    "bool_type": "true or false is wanted, without quotes",
    "greater_than": "must be longer than nothing",
}
"""By pydantic's type of error."""


def _at_once(path: str, flags: int) -> int:
    """Open without waiting: a named pipe, or what a shell makes of `<(…)`, is refused instead."""
    return os.open(path, flags | os.O_NONBLOCK)


@dataclass(frozen=True, slots=True)
class TomlFile:
    """The text of a file, and what to raise about it."""

    path: Path
    text: str
    error: type[Exception]
    named: str = ""
    """The array of tables whose entries are called by their `name` in an error."""
    tables: Mapping[str, str] = field(default_factory=dict)
    """What is wanted in place of what is no table, by the name of its model."""

    def tree(self, parse_float: Callable[[str], Any] = float) -> dict[str, Any]:
        """The file as it stands, unchecked. Raises `error`."""
        try:
            return tomllib.loads(self.text, parse_float=parse_float)
        except (ValueError, RecursionError) as problem:
            raise self.error(self._not_toml(problem)) from None

    def checked(self, model: type[_Model], tree: dict[str, Any], **more: object) -> _Model:
        """`tree`, and `more` that isn't in the file, as a `model`. Raises `error`, with a line for each mistake."""
        for key in more:
            if key in tree:
                raise self.wrong((key,), "unknown key")
        try:
            return model.model_validate({**tree, **more})
        except ValidationError as problem:
            raise self.error("\n".join(self._sentence(tree, each) for each in problem.errors())) from None

    def wrong(self, keys: Keys, sentence: str) -> Exception:
        """What to raise about the value at `keys`."""
        return self.error(f"{self.place(keys)}: {sentence}")

    def place(self, keys: Keys) -> str:
        """File, line and key; of an entry with a name that too, since the key alone fits each of them."""
        dotted = ".".join(key for key in keys if isinstance(key, str))
        place = f"{self.path}, line {line_of(self.text, keys)}: {dotted}"
        if len(keys) > 1 and keys[0] == self.named and isinstance(keys[1], int):
            entries = tomllib.loads(self.text).get(self.named, [])
            table = entries[keys[1]] if isinstance(entries, list) and keys[1] < len(entries) else None
            name = table.get("name") if isinstance(table, dict) else None
            return f"{place} (of {name if isinstance(name, str) else f'{self.named} {keys[1] + 1}'})"
        return place

    def _not_toml(self, problem: Exception) -> str:
        if not isinstance(problem, tomllib.TOMLDecodeError):
            return f"{self.path}: not TOML: {type(problem).__name__}"
        said = re.fullmatch(r"(.*) \(at (?:line ([0-9]+), column [0-9]+|end of document)\)", str(problem), re.DOTALL)
        if said is None:
            return f"{self.path}: not TOML: {problem}"
        line = said[2] or self.text.rstrip().count("\n") + 1
        return f"{self.path}, line {line}: not TOML: {said[1]}"

    def _sentence(self, tree: dict[str, Any], problem: Any) -> str:
        kind, facts = problem["type"], problem.get("ctx", {})
        keys = _keys(tree, problem["loc"], kind)
        if kind == "wrong":
            keys = (*keys, *facts["keys"])
        if kind.startswith("union_tag"):
            known = str(facts.get("expected_tags", "")).replace("'", '"')
            keys = (*keys, "channel")
            sentence = f"unknown channel; known are {known}" if known else "is missing"
        elif kind in ("model_attributes_type", "model_type"):
            sentence = self.tables.get(facts.get("class_name", ""), "a table is wanted")
        elif kind == "tuple_type":
            sentence = f"write [[{keys[-1]}]], in two pairs of brackets, once for each {keys[-1]}"
        else:
            sentence = _SENTENCES.get(kind, str(problem["msg"]).removeprefix("Value error, "))
        return f"{self.place(keys)}: {sentence}"


def read(
    path: Path,
    error: type[Exception],
    *,
    missing: str,
    encoding: str = "utf-8-sig",
    most: int = _MOST_CHARACTERS,
    newline: str | None = None,
) -> tuple[str, os.stat_result]:
    """The text of the file at `path`, and what the system says of it. Raises `error`; `missing`: what helps then."""
    try:
        # With or without the mark that some editors begin a file with.
        with open(path, encoding=encoding, newline=newline, opener=_at_once) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise error(f"{path}: is no regular file; name the file itself")
            text = file.read(most + 1)
    except FileNotFoundError:
        raise error(f"{path}: no such file; {missing}") from None
    except OSError as problem:
        raise error(f"{path}: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise error(f"{path}: is not {'UTF-8' if encoding == 'utf-8-sig' else encoding} text") from None
    if len(text) > most:
        raise error(f"{path}: longer than {most:,} characters; is it the right file?")
    return text, found


def _keys(tree: object, loc: tuple[int | str, ...], kind: str) -> Keys:
    """`loc` without the names of union members that pydantic puts between the keys of the file."""
    keys: list[int | str] = []
    for at, part in enumerate(loc):
        if not isinstance(tree, dict | list):
            break
        last_is_key = at + 1 == len(loc) and kind in ("missing", "extra_forbidden")
        if isinstance(tree, dict) and part not in tree and not last_is_key:
            continue
        keys.append(part)
        if isinstance(tree, dict):
            tree = tree.get(str(part))
        elif isinstance(tree, list) and isinstance(part, int):
            tree = tree[part]
    return tuple(keys)
