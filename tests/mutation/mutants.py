"""What can go wrong in the transition module: slips in its code, and wrong rows in its tables.

Code is changed in its syntax tree, inside functions. What stands outside of them is tables, and those are changed row by
row: most rows are made of a few shared effects, and a slip in one of these would change many rows at once.
"""

from __future__ import annotations

import ast
import copy
import importlib
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

from core.outgoing import Indicator
from core.transition import tables

PACKAGE: Final = Path(__file__).resolve().parents[2] / "core" / "transition"


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    """Where it is and what was changed."""
    plant: Callable[[], None]
    """Puts it in, for the rest of this process."""


# --- slips in code ----------------------------------------------------------------------------------------------------

_OTHER: Final[dict[type[ast.cmpop], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
}

Change = Callable[[ast.AST], None]


def _slips(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What could have been written instead of `node`."""
    match node:
        case ast.Compare(ops=ops):
            for at, operator in enumerate(ops):
                if (other := _OTHER.get(type(operator))) is not None:
                    yield (
                        f"{type(operator).__name__} as {other.__name__}",
                        lambda n, at=at, other=other: n.ops.__setitem__(at, other()),  # type: ignore[misc]
                    )
        case ast.BoolOp(op=operator):
            other_word = ast.Or if isinstance(operator, ast.And) else ast.And
            yield (
                f"{type(operator).__name__} as {other_word.__name__}",
                lambda n, other=other_word: setattr(n, "op", other()),  # type: ignore[misc]
            )
            for at in range(len(node.values)):
                yield f"without its condition {at + 1}", lambda n, at=at: n.values.pop(at)  # type: ignore[misc]
        case ast.If() | ast.IfExp() | ast.While():
            yield "never", lambda n: setattr(n, "test", ast.Constant(False))
            yield "always", lambda n: setattr(n, "test", ast.Constant(True))
        case ast.comprehension(ifs=[_, *_]):
            yield "unfiltered", lambda n: n.ifs.clear()  # type: ignore[attr-defined]
        case ast.Constant(value=bool(stood)):
            yield f"not {stood}", lambda n: setattr(n, "value", not n.value)  # type: ignore[attr-defined]
        case ast.Constant(value=int(stood)):
            yield f"{stood} + 1", lambda n: setattr(n, "value", n.value + 1)  # type: ignore[attr-defined]
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield "left out", lambda n: setattr(n, "left_out", True)
        case ast.Continue():
            yield "left out", lambda n: setattr(n, "left_out", True)
        case ast.Call(keywords=[_, *_]):
            for at, keyword in enumerate(node.keywords):
                if keyword.arg is not None:
                    yield f"without {keyword.arg}=", lambda n, at=at: n.keywords.pop(at)  # type: ignore[misc]


class _LeaveOut(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> Any:
        if getattr(node, "left_out", False):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)


def slips_in_code() -> Iterator[Mutant]:
    for path in sorted(PACKAGE.glob("*.py")):
        if path.stem in ("__init__", "tables"):
            continue
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        inside = {
            node
            for top in tree.body
            if isinstance(top, ast.FunctionDef)
            for part in top.body
            for node in ast.walk(part)
        }
        for at, node in enumerate(ast.walk(tree)):
            for nth, (what, _change) in enumerate(_slips(node) if node in inside else ()):
                line = getattr(node, "lineno", 0) or getattr(getattr(node, "target", None), "lineno", 0)
                yield Mutant(
                    f"{path.stem}.py line {line}: {type(node).__name__} {what}", _planter(path, source, at, nth)
                )


def _planter(path: Path, source: str, at: int, nth: int) -> Callable[[], None]:
    def plant() -> None:
        tree = ast.parse(source)
        node = list(ast.walk(tree))[at]
        list(_slips(node))[nth][1](node)
        mutated = compile(ast.fix_missing_locations(_LeaveOut().visit(tree)), str(path), "exec")
        module = importlib.import_module(f"core.transition.{path.stem}")
        # Others hold these very functions, so each is given other code in place.
        for code in mutated.co_consts:
            if isinstance(code, CodeType) and isinstance(function := vars(module).get(code.co_name), FunctionType):
                function.__code__ = code

    return plant


# --- wrong rows -------------------------------------------------------------------------------------------------------


def wrong_rows() -> Iterator[Mutant]:
    """Of every table, each row as it could have been written wrongly."""
    for table in ("ANSWERS", "ASKS", "ACTS", "MEANS"):
        for outer, row in getattr(tables, table).items():
            states = tables.STATES if table in ("ASKS", "ACTS") else row
            for inner in states:
                for what, _value in _wrong(table, row.get(inner)):
                    yield Mutant(
                        f"{table}, {_name(outer)} × {_name(inner)}: {what}",
                        _row_planter(table, str(_name(outer)), str(_name(inner)), what),
                    )
    for table in ("SAYS", "RESTATES"):
        for key in getattr(tables, table):
            yield Mutant(f"{table}, {_name(key)}: the opposite", _row_planter(table, None, str(_name(key)), "opposite"))
    for at in range(len(tables.ACT_ORDER) - 1):
        yield Mutant(f"ACT_ORDER: {at} and {at + 1} exchanged", _order_planter(at))


def _name(key: Any) -> str:
    return str(getattr(key, "name", key))


def _wrong(table: str, effect: object) -> Iterator[tuple[str, object]]:
    if table == "MEANS":
        for other in (tables.Answer.ACCEPTED, tables.Answer.REJECTED):
            if effect is not other:
                yield f"means {other.name}", other
        return
    confirmed = tables.Effect(tables.CONFIRMED, confirmed=tables.Side.REQUESTED)
    if isinstance(effect, tables.Effect):
        for state in (tables.SAME, tables.CONFIRMED, tables.OUR_PROPOSAL):
            if state is not effect.state:
                yield f"leads to {_name(state)}", replace(effect, state=state)
        if table == "ANSWERS":
            yield "is refused", tables.Refused("no.")
        else:
            yield "has no effect", None
    else:
        yield "leads to CONFIRMED", confirmed
        if effect is not None:
            yield "is taken, and nothing changes", tables.Effect(tables.SAME)


def _row_planter(table: str, outer: str | None, inner: str, what: str) -> Callable[[], None]:
    def plant() -> None:
        rows = getattr(tables, table)
        if outer is None:
            key = next(key for key in rows if str(_name(key)) == inner)
            says = rows[key]
            other = Indicator.REJECTED if says.indicator is Indicator.ACCEPTED else Indicator.ACCEPTED
            rows[key] = replace(says, indicator=other)
            return
        key = next(key for key in rows if str(_name(key)) == outer)
        row = copy.copy(dict(rows[key]))
        column = next(each for each in (*row, *tables.STATES) if str(_name(each)) == inner)
        value = dict(_wrong(table, row.get(column)))[what]
        if value is None:
            del row[column]
        else:
            row[column] = value
        rows[key] = row

    return plant


def _order_planter(at: int) -> Callable[[], None]:
    def plant() -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith("core.transition") and hasattr(module, "ACT_ORDER"):
                order = list(module.ACT_ORDER)
                order[at], order[at + 1] = order[at + 1], order[at]
                setattr(module, "ACT_ORDER", tuple(order))  # noqa: B010  (not every module has one)

    return plant
