"""`python -m tests.mutation [--part I/N] [TEXT…]`: plant each slip by itself, run the tests of the transition module, and
tell which of them no test noticed. Ends with 1 where one of those changes a status. With TEXT: slips whose names hold it.

The tests are collected once; each mutant lives in a child that is forked then, and dies with the first test that fails.
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.mutants import Mutant, slips_in_code, wrong_rows
from tests.mutation.statuses import digest

ROOT: Final = Path(__file__).resolve().parents[2]
ORDER: Final = ("seed", "tables", "answers", "buyer", "report", "despatch", "checks", "compensation")
"""Of test files: those that notice most, and fastest, come first; the random ones last."""
LONGEST: Final = 120
"""Seconds that a mutant may run; one that runs for ever is noticed."""

NOTICED, HARMLESS, UNNOTICED = 10, 11, 12


def in_child(work: Callable[[], int]) -> int:
    """What `work` gives in a process of its own; NOTICED where that process dies or takes too long."""
    child = os.fork()
    if child == 0:
        status = NOTICED
        try:
            signal.alarm(LONGEST)
            status = work()
        finally:
            os._exit(status)
    _, ended = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(ended) if os.WIFEXITED(ended) else NOTICED


class Mutation:
    """In place of pytest's own loop over the tests: all of them, for each mutant."""

    def __init__(self, mutants: Sequence[Mutant]) -> None:
        self.mutants = mutants
        self.fates: Counter[int] = Counter()
        self.told: list[str] = []

    @pytest.hookimpl
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        if session.testsfailed or self._pass(session) != HARMLESS:
            raise pytest.UsageError("the tests fail as it is: mend that first")
        statuses = digest()
        for mutant in self.mutants:
            ended = in_child(lambda mutant=mutant: self._fate(session, mutant, statuses))  # type: ignore[misc]
            self.fates[ended] += 1
            if ended != NOTICED:
                word = "CHANGES A STATUS" if ended == UNNOTICED else "changes no status"
                print(f"not noticed, {word}: {mutant.name}", file=sys.__stdout__, flush=True)
        return True

    def _fate(self, session: pytest.Session, mutant: Mutant, statuses: str) -> int:
        mutant.plant()
        if not _all_pass(session):
            return NOTICED
        return HARMLESS if digest() == statuses else UNNOTICED

    def _pass(self, session: pytest.Session) -> int:
        return in_child(lambda: HARMLESS if _all_pass(session) else NOTICED)


def _all_pass(session: pytest.Session) -> bool:
    items = session.items
    for item, following in zip(items, [*items[1:], None], strict=True):
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            return False
    return True


def main(arguments: Sequence[str]) -> int:
    os.chdir(ROOT)
    wanted = list(arguments)
    part, parts = 1, 1
    if "--part" in wanted:
        at = wanted.index("--part")
        part, parts = (int(each) for each in wanted[at + 1].split("/"))
        del wanted[at : at + 2]
    every = (*slips_in_code(), *wrong_rows())
    mutants = [each for each in every if not wanted or any(text in each.name for text in wanted)][part - 1 :: parts]
    files = [f"tests/core/test_transition_{name}.py" for name in (*ORDER, "properties")]
    mutation = Mutation(mutants)
    status = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files], plugins=[mutation])
    fates = mutation.fates
    if fates.total() != len(mutants):
        return int(status) or 2
    print(
        f"{len(mutants)} slips: {fates[NOTICED]} noticed, {fates[HARMLESS]} not noticed that change no status, "
        f"{fates[UNNOTICED]} not noticed that change one"
    )
    return int(fates[UNNOTICED] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
