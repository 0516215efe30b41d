"""An answer file read strictly: what isn't understood is an error that names its place, never passed over."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, TypeAlias

from pydantic import ValidationError

from core.answers.form import Answer, Line
from core.formats import Unreadable
from core.formats._json import Numeral, read_json
from core.model import number

_Json: TypeAlias = Mapping[str, Any]

MOST_BYTES: Final = 5_000_000
_MOST_PROBLEMS: Final = 10
_NAMES: Final = ("id", "number", "connection", "buyer")
"""What tells one order from another in the output of `podesk show --json`."""
_LOOKED_AT: Final = frozenset(
    {
        *("item", "process_status", "in_progress_status", "logistics_status"),
        *("requested", "proposed", "confirmed"),
        *("header", "content", "goods", "answered"),
    }
)
"""What it prints of order and lines that somebody could take for the answer."""


class AnswerError(ValueError):
    """An answer file that can't be used: a sentence a line, each with the place and what is wanted there."""


def read(document: bytes, shown: _Json) -> Answer:
    """The answer in `document`. `shown`: the order as `podesk show --json` prints it, which may stand around the answer.

    Raises AnswerError.
    """
    tree = _tree(document)
    if not isinstance(tree, dict):
        raise AnswerError('is no answer; an object is wanted, like {"lines": [{"position": "10", "act": "accept"}]}')
    _same_order(tree, shown)
    if isinstance(revision := tree.get("revision"), Decimal) and int(revision) > shown["revision"]:
        raise AnswerError(
            f"revision: the order has come to {shown['revision']} and not to {_quoted(revision)}, so nobody can tell what "
            "changed since; look at it with `podesk show --json`, then answer that"
        )
    # An order that is another by now is for the order book to tell, which knows what changed.
    looked_at = _LOOKED_AT if tree.get("revision") in (None, shown["revision"]) else frozenset[str]()
    answer = {key: value for key, value in tree.items() if key in Answer.model_fields or key not in shown}
    problems = [_touched(key) for key in _differing(tree, shown, looked_at - answer.keys())]
    if isinstance(lines := tree.get("lines"), list):
        answer["lines"] = [_line(each, f"lines[{at}]", shown, looked_at, problems) for at, each in enumerate(lines)]
    try:
        read = Answer.model_validate(answer)
    except ValidationError as error:
        problems += [_sentence(answer, problem) for problem in error.errors()]
    else:
        problems += _twice(read)
    if problems:
        more = [f"and {len(problems) - _MOST_PROBLEMS} more"] if len(problems) > _MOST_PROBLEMS else []
        raise AnswerError("\n".join([*problems[:_MOST_PROBLEMS], *more]))
    return read


def _tree(document: bytes) -> object:
    if len(document) > MOST_BYTES:
        raise AnswerError(f"is larger than {MOST_BYTES:,} bytes; is it the right file?")
    try:
        tree, warnings = read_json(document)
    except Unreadable as error:
        raise AnswerError(f"{error}; mend it there") from None
    if warnings:
        raise AnswerError("is not UTF-8 text; save it as UTF-8")
    return _numbered(tree, "")


def _numbered(tree: object, place: str) -> object:
    """The tree with its numbers as decimals: they never pass through a binary float."""
    if isinstance(tree, Numeral):
        try:
            return number(tree.text)
        except ValueError as error:
            raise AnswerError(f"{place}: {error}") from None
    if isinstance(tree, str):
        _refuse_no_text(tree, place)
    if isinstance(tree, dict):
        for key in tree:
            _refuse_no_text(key, _below(place, key))
        return {key: _numbered(value, _below(place, key)) for key, value in tree.items()}
    if isinstance(tree, list):
        return [_numbered(value, f"{place}[{at}]") for at, value in enumerate(tree)]
    return tree


def _refuse_no_text(value: str, place: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        raise AnswerError(f"{place}: holds half of a surrogate pair, which is no character; mend it there") from None


def _same_order(tree: _Json, shown: _Json) -> None:
    for name in _NAMES:
        if name in tree and not _equal(tree[name], shown[name]):
            raise AnswerError(
                f"{name}: the answer is to another order ({_quoted(tree[name])}) than the one that you named "
                f"({_quoted(shown[name])})"
            )


def _line(tree: object, place: str, shown: _Json, looked_at: frozenset[str], problems: list[str]) -> object:
    """A line's answer without what `podesk show` prints of the line."""
    if not isinstance(tree, dict):
        return tree
    line = next((each for each in shown["lines"] if each["position"] == tree.get("position")), None)
    if line is None and isinstance(position := tree.get("position"), str):
        has = ", ".join(each["position"] for each in shown["lines"][:20])
        problems.append(f"{place}.position: the order has no line {_quoted(position)}; its lines are {has}")
    printed = line or (shown["lines"][0] if shown["lines"] else {})
    answer = {key: value for key, value in tree.items() if key in Line.model_fields or key not in printed}
    if line is not None:
        problems += [_touched(f"{place}.{key}") for key in _differing(tree, line, looked_at - answer.keys())]
    if isinstance(schedule := answer.get("delivery_schedule"), list):
        known = _transport_modes(line or {})
        for at, each in enumerate(schedule):
            if isinstance(each, dict) and "transport_mode" in each:
                schedule[at] = {key: value for key, value in each.items() if key != "transport_mode"}
                if (each.get("position"), each["transport_mode"]) not in known:
                    problems.append(_touched(f"{place}.delivery_schedule[{at}].transport_mode"))
    return answer


def _transport_modes(line: _Json) -> list[tuple[object, object]]:
    """How the buyer wants each delivery to come, by its position: who writes a schedule of the order's anew has it there."""
    sides = [terms for side in ("requested", "proposed", "confirmed") if (terms := line.get(side)) is not None]
    return [(each["position"], each.get("transport_mode")) for terms in sides for each in terms["delivery_schedule"]]


def _differing(tree: _Json, shown: _Json, looked_at: Collection[str]) -> list[str]:
    return [key for key in tree if key in looked_at and key in shown and not _equal(tree[key], shown[key])]


def _touched(place: str) -> str:
    """What `podesk show` prints beside the answer is there to be looked at; whoever changes it means something by it."""
    return (
        f"{place}: is not what the order says; it is there to be looked at, and is no part of the answer: leave it as "
        "`podesk show --json` prints it, or out"
    )


def _equal(written: object, shown: object) -> bool:
    if isinstance(written, dict) and isinstance(shown, Mapping):
        return written.keys() == shown.keys() and all(_equal(value, shown[key]) for key, value in written.items())
    if isinstance(written, list) and isinstance(shown, Sequence) and not isinstance(shown, str):
        return len(written) == len(shown) and all(map(_equal, written, shown))
    return written == shown and isinstance(written, bool) == isinstance(shown, bool)


def _twice(answer: Answer) -> list[str]:
    seen: set[str] = set()
    problems: list[str] = []
    for at, line in enumerate(answer.lines):
        if line.position in seen:
            problems.append(f"lines[{at}].position: line {_quoted(line.position)} is answered twice; answer it once")
        seen.add(line.position)
    return problems


_SENTENCES: Final = {
    "missing": "is missing",
    "string_type": 'a text is wanted, in "quotes"',
    "string_too_short": "is empty; write something, or leave it out",
    "tuple_type": "an array is wanted, in [brackets]",
    "model_type": "an object is wanted, in {braces}",
    "model_attributes_type": "an object is wanted, in {braces}",
}
"""By pydantic's type of error."""
_PATTERNS: Final = {
    "currency": 'is no currency; write its three letters, like "EUR"',
    "email": 'is no e-mail address; write one like "anna@supplier.example"',
}


def _sentence(tree: object, problem: Any) -> str:
    kind, loc, facts = problem["type"], problem["loc"], problem.get("ctx", {})
    if kind == "wrong":
        loc, sentence = (*loc, *facts["keys"]), facts["sentence"]
    elif kind == "extra_forbidden":
        sentence = f"unknown key; known here are {', '.join(_known(loc[:-1]))}"
    elif kind == "enum":
        sentence = f"is none of {str(facts.get('expected', '')).replace(chr(39), chr(34))}"
    elif kind == "string_pattern_mismatch":
        sentence = _PATTERNS.get(str(loc[-1]), "is not written as it must be")
    else:
        sentence = _SENTENCES.get(kind, str(problem["msg"]))
    place = ""
    for part in loc:
        place = f"{place}[{part}]" if isinstance(part, int) else _below(place, part)
    return f"{place}: {sentence}" if place else sentence


def _known(loc: Sequence[int | str]) -> list[str]:
    """The keys of the object at `loc`."""
    form: Any = Answer
    for part in loc:
        if isinstance(part, str):
            form = _form_in(form.model_fields[part].annotation)
    return list(form.model_fields)


def _form_in(annotation: Any) -> Any:
    """The model in `Model | None`, `tuple[Model, ...] | None` and the like."""
    if hasattr(annotation, "model_fields"):
        return annotation
    found = (_form_in(part) for part in getattr(annotation, "__args__", ()))
    return next((form for form in found if form is not None), None)


def _below(place: str, key: str) -> str:
    name = key if key.isidentifier() else f"[{_quoted(key)}]"
    return f"{place}.{name}" if place and key.isidentifier() else f"{place}{name}"


def _quoted(value: object) -> str:
    text = value if isinstance(value, str) else format(value, "f") if hasattr(value, "as_tuple") else str(value)
    return json.dumps(text[:40])
