"""In place of pytest's own loop over the tests: the tests, for each mutant.

They are collected once, and run once as it is, to see which functions each of them calls. Each mutant lives in a child that
is forked then, and dies with the first test that fails. What noticed the last slip in the same place is asked first, and
what never calls the function isn't asked. Where no test fails, all that can become of an order is compared with what became
of it before (`statuses`).

Tests with random inputs are left out: luck is no evidence.
"""

from __future__ import annotations

import gc
import inspect
import json
import os
import resource
import sys
from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

from core.model import Frozen
from tests.mutation.mutant import Mutant
from tests.mutation.statuses import Case, cases, fingerprint, outcome
from tests.mutation.watch import Reached, Watch

LONGEST: Final = 180
"""Seconds of computing that a mutant may take; one that goes on for ever is noticed."""


class Fate(Enum):
    NOTICED = "noticed"
    HARMLESS = "not noticed, changes no status"
    UNNOTICED = "not noticed, CHANGES A STATUS"


@dataclass(frozen=True, slots=True)
class Ended:
    fate: Fate
    test: int | None = None
    """The test that noticed it."""
    difference: str = ""
    """What became otherwise of what, where no test noticed it."""


class Trial:
    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self.mutants = mutants
        self.fates: Counter[Fate] = Counter()
        self._tests: Reached = {}
        self._cases: list[Case] = []
        self._outcomes = array("q")
        self._tried: Reached = {}
        self._noticed_last: defaultdict[str, list[int]] = defaultdict(list)

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = [item for item in session.items if isinstance(item, pytest.Function)]
        items = [item for item in items if item.get_closest_marker("hypothesis") is None]
        self._as_it_is(items)
        gc.freeze()
        for mutant in self.mutants:
            ended = self._in_a_child(mutant, items)
            self.fates[ended.fate] += 1
            if ended.test is not None:
                for place in (mutant.place, mutant.place.split(".")[0]):
                    noticed = self._noticed_last[place]
                    noticed[:] = [ended.test, *(test for test in noticed if test != ended.test)]
            if ended.fate is not Fate.NOTICED:
                where = f"\n    {ended.difference}" if ended.difference else ""
                print(f"{ended.fate.value}: {mutant.name}{where}", file=sys.__stdout__, flush=True)
        return True

    def _as_it_is(self, items: Sequence[pytest.Function]) -> None:
        with Watch() as watch:
            for at, item in enumerate(items):
                if watch.during(at, partial(_fails, item)):
                    raise pytest.UsageError(f"{item.nodeid} fails as it is: mend that first")
        self._tests = watch.reached()
        self._every_test = range(len(items))
        with Watch() as watch:
            for at, case in enumerate(cases()):
                self._cases.append(case)
                self._outcomes.append(fingerprint(watch.during(at, partial(outcome, case))))
        self._tried = watch.reached()

    def _in_a_child(self, mutant: Mutant, items: Sequence[pytest.Function]) -> Ended:
        """What becomes of a mutant in a process of its own, which may die of it."""
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            try:
                os.close(reading)
                resource.setrlimit(resource.RLIMIT_CPU, (LONGEST, LONGEST))
                self._lives(mutant, items, lambda told: os.write(writing, json.dumps(told).encode() + b"\n"))
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as told:
            said = [json.loads(line) for line in told]
        os.waitpid(child, 0)
        if not said or said[0]["test"] is not None:
            return Ended(Fate.NOTICED, said[0]["test"] if said else None)
        if len(said) == 1:
            return Ended(Fate.UNNOTICED, difference="no test fails, and something else breaks")
        return Ended(Fate.UNNOTICED, difference=said[1]["other"]) if said[1]["other"] else Ended(Fate.HARMLESS)

    def _lives(self, mutant: Mutant, items: Sequence[pytest.Function], tell: Callable[[object], object]) -> None:
        mutant.plant()
        for test in self._asked(mutant):
            if _fails(items[test]):
                tell({"test": test})
                return
        tell({"test": None})
        tell({"other": next(self._differences(mutant), "")})

    def _asked(self, mutant: Mutant) -> Iterable[int]:
        """The tests that could notice it, the likeliest first."""
        able = self._every_test if mutant.only is None else self._tests.get(mutant.only, ())
        first = [*self._noticed_last[mutant.place], *self._noticed_last[mutant.place.split(".")[0]]]
        return dict.fromkeys((*(test for test in first if test in able), *able))

    def _differences(self, mutant: Mutant) -> Iterator[str]:
        for at in range(len(self._cases)) if mutant.only is None else self._tried.get(mutant.only, ()):
            case = self._cases[at]
            if fingerprint(outcome(case)) != self._outcomes[at]:
                yield f"{case.func.__name__}({', '.join(_told(one) for one in case.args)})"


def _fails(item: pytest.Function) -> bool:
    """By itself, without what pytest does around a test, where it asks for nothing but its own parameters: most do."""
    given = item.callspec.params if hasattr(item, "callspec") else {}
    if not set(inspect.signature(item.obj).parameters) <= given.keys():
        return any(report.failed for report in runtestprotocol(item, log=False))
    try:
        item.obj(**given)
    except pytest.skip.Exception:
        return False
    except Exception:
        return True
    return False


def _told(value: object) -> str:
    """What a case was given, without all that goes without saying."""
    return value.to_json() if isinstance(value, Frozen) else str(getattr(value, "name", value))
