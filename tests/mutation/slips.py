"""Slips in the code of the transition module: what could have been written instead, one place at a time.

Code is changed in its syntax tree, inside functions. What stands outside of them is tables: see `rows`. Sentences are left
alone.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable, Iterator
from enum import Enum
from functools import cache
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final

from core.model import InProgressStatus, ProcessStatus
from core.transition import tables
from tests.mutation.mutant import PACKAGE, Mutant, modules

Change = Callable[[Any], None]

_OTHER: Final[dict[type[ast.AST], type[ast.AST]]] = {
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
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
_OTHER_NAME: Final = {"min": "max", "max": "min", "any": "all", "all": "any", "add": "subtract", "subtract": "add"}


def slips_in_code() -> Iterator[Mutant]:
    for path in sorted(PACKAGE.glob("*.py")):
        if path.stem in ("__init__", "on_paper", "tables"):
            continue
        source = path.read_text(encoding="utf-8")
        tree = ast.parse(source)
        inside = {
            node: top.name
            for top in tree.body
            if isinstance(top, ast.FunctionDef)
            for part in top.body
            for node in ast.walk(part)
        }
        for at, node in enumerate(ast.walk(tree)):
            function = inside.get(node)
            for nth, (what, _change) in enumerate(_slips(node) if function is not None else ()):
                start: Any = node.target if isinstance(node, ast.comprehension) else node
                yield Mutant(
                    f"{path.stem}.py line {start.lineno}.{start.col_offset}: {what}",
                    _planter(path, source, at, nth),
                    place=f"{path.stem}.{function}",
                    only=f"{path.stem}.{function}",
                )


def _slips(node: ast.AST) -> Iterator[tuple[str, Change]]:
    """What could have been written instead of `node`."""
    match node:
        case ast.Compare(ops=operators):
            for at, operator in enumerate(operators):
                yield _exchanged(operator), _put("ops", at, _OTHER[type(operator)]())
        case ast.BoolOp(op=operator, values=values):
            yield _exchanged(operator), _set("op", _OTHER[type(operator)]())
            for at, value in enumerate(values):
                yield f"without “{ast.unparse(value)}”", _drop("values", at)
        case ast.BinOp(op=operator) if type(operator) in _OTHER:
            yield _exchanged(operator), _set("op", _OTHER[type(operator)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "without not", _set("operand", ast.UnaryOp(ast.Not(), operand))
        case ast.If() | ast.IfExp() | ast.While():
            yield f"never “{ast.unparse(node.test)}”", _set("test", ast.Constant(False))
            yield f"always “{ast.unparse(node.test)}”", _set("test", ast.Constant(True))
        case ast.comprehension(ifs=[_, *_]):
            yield "unfiltered", _set("ifs", [])
        case ast.Constant(value=bool(stood)):
            yield f"not {stood}", _set("value", not stood)
        case ast.Constant(value=int(stood)):
            yield f"{stood} + 1", _set("value", stood + 1)
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise() | ast.Continue() | ast.Break():
            yield f"without “{ast.unparse(node)[:40]}”", _set("left_out", True)
        case ast.Call(keywords=[_, *_], func=called):
            for at, keyword in enumerate(node.keywords):
                if keyword.arg is not None:
                    yield f"{ast.unparse(called)} without {keyword.arg}=", _drop("keywords", at)
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            others = tuple(_enums()[name].__members__) if name in _enums() else ()
            if attr in others:
                yield f"{name}.{attr} as {_next(others, attr)}", _set("attr", _next(others, attr))
            elif name == "EXACT":
                yield f"{attr} as {_OTHER_NAME[attr]}", _set("attr", _OTHER_NAME[attr])
        case ast.Name(id=name, ctx=ast.Load()):
            other = _next(_states(), name) if name in _states() else _OTHER_NAME.get(name)
            if other is not None:
                yield f"{name} as {other}", _set("id", other)


def _exchanged(operator: ast.AST) -> str:
    return f"{type(operator).__name__} as {_OTHER[type(operator)].__name__}"


def _set(field: str, value: object) -> Change:
    return lambda node: setattr(node, field, value)


def _put(field: str, at: int, value: object) -> Change:
    return lambda node: getattr(node, field).__setitem__(at, value)


def _drop(field: str, at: int) -> Change:
    return lambda node: getattr(node, field).pop(at)


@cache
def _enums() -> dict[str, type[Enum]]:
    """The nouns of the transitions that are one of several."""
    return {
        name: value
        for module in modules()
        for name, value in vars(module).items()
        if isinstance(value, type) and issubclass(value, Enum) and len(value) > 1
    }


@cache
def _states() -> tuple[str, ...]:
    """The names by which code knows a line's states."""
    return tuple(name for name, value in vars(tables).items() if isinstance(value, (ProcessStatus, InProgressStatus)))


def _next(names: tuple[str, ...], name: str) -> str:
    return names[(names.index(name) + 1) % len(names)]


class _LeaveOut(ast.NodeTransformer):
    def visit(self, node: ast.AST) -> Any:
        if getattr(node, "left_out", False):
            return ast.copy_location(ast.Pass(), node)
        return self.generic_visit(node)


def _planter(path: Path, source: str, at: int, nth: int) -> Callable[[], None]:
    def plant() -> None:
        tree = ast.parse(source)
        node = list(ast.walk(tree))[at]
        list(_slips(node))[nth][1](node)
        mutated = compile(ast.fix_missing_locations(_LeaveOut().visit(tree)), str(path), "exec")
        module = importlib.import_module(f"core.transition.{path.stem}")
        for name in _states():
            vars(module).setdefault(name, getattr(tables, name))
        # Others hold these very functions, so each is given other code in place.
        for code in mutated.co_consts:
            if isinstance(code, CodeType) and isinstance(function := vars(module).get(code.co_name), FunctionType):
                function.__code__ = code

    return plant
