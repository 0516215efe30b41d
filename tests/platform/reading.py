"""A JSON document taken apart as strictly as the manual describes it; every fault is noted with its place."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import simplejson

Tree = dict[str, Any]

_LOCAL_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


class Refused(Exception):
    """The document is answered 400, with these reasons."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.reasons = reasons


class Reading:
    """Reads members of trees and collects what is wrong with them."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def fault(self, where: str, why: str) -> None:
        self.faults.append(f"{where} {why}")

    def done(self) -> None:
        """Raises Refused where anything was wrong."""
        if self.faults:
            raise Refused(self.faults)

    def tree(self, value: object, where: str, *known: str) -> Tree:
        if not isinstance(value, dict):
            self.fault(where, "is not an object")
            return {}
        for name in value:
            if known and name not in known:
                self.fault(f"{where}.{name}", "is not in the manual")
        return value

    def trees(self, value: object, where: str, most: int) -> list[Tree]:
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            self.fault(where, "is not an array of objects")
            return []
        if len(value) > most:
            self.fault(where, f"has more than {most}")
        return value

    def text(self, tree: Tree, name: str, where: str, *, required: bool = False, whole: bool = False) -> str | None:
        """`whole`: an identifier, which has no white space."""
        value = tree.get(name)
        if value is None:
            if required or name in tree:
                self.fault(f"{where}.{name}", "is missing")
            return None
        if not isinstance(value, str) or (required and not value):
            self.fault(f"{where}.{name}", "is not text")
            return None
        if whole and re.search(r"\s", value):
            self.fault(f"{where}.{name}", "has white space")
        return value

    def number(self, tree: Tree, name: str, where: str, *, least: Decimal | None = None) -> Decimal | None:
        """A JSON number; absent, null or empty is unknown."""
        value = tree.get(name)
        if value is None or value == "":
            return None
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            self.fault(f"{where}.{name}", "is not a number")
            return None
        if least is not None and value < least:
            self.fault(f"{where}.{name}", f"is less than {least}")
        return Decimal(value)

    def date(self, tree: Tree, name: str, where: str) -> str | None:
        """yyyy-mm-dd; absent, null or empty is unknown."""
        value = tree.get(name)
        if value is None or value == "":
            return None
        try:
            good = isinstance(value, str) and dt.date.fromisoformat(value).isoformat() == value
        except ValueError:
            good = False
        if not good:
            self.fault(f"{where}.{name}", "is not a date yyyy-MM-dd")
            return None
        return str(value)

    def local_time(self, tree: Tree, name: str, where: str) -> None:
        value = tree.get(name)
        if value is not None and not (isinstance(value, str) and _LOCAL_TIME.fullmatch(value)):
            self.fault(f"{where}.{name}", "is not a local time yyyy-MM-ddThh:mm:ss")

    def flag(self, tree: Tree, name: str, where: str) -> bool:
        value = tree.get(name, False)
        if not isinstance(value, bool):
            self.fault(f"{where}.{name}", "is neither true nor false")
        return value is True

    def matching(self, tree: Tree, name: str, where: str, pattern: str, what: str) -> None:
        value = tree.get(name)
        if value is not None and not (isinstance(value, str) and re.fullmatch(pattern, value)):
            self.fault(f"{where}.{name}", f"is not {what}")


def parsed(payload: bytes) -> Tree:
    """The document's object. Raises Refused."""
    try:
        tree = simplejson.loads(payload.decode("utf-8"), use_decimal=True, parse_constant=_no_constant)
    except (ValueError, UnicodeDecodeError) as error:
        raise Refused([f"not JSON: {error}"]) from None
    if not isinstance(tree, dict):
        raise Refused(["not an object"])
    return tree


def _no_constant(word: str) -> object:
    raise ValueError(f"{word} is no JSON number")
