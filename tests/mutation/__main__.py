"""`python -m tests.mutation [--part I/N] [TEXT…]`: plant each slip by itself, run the tests of the transition module, and
tell which of them no test noticed. Ends with 1 where one of those changes a status. With TEXT: slips whose names hold it.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pytest

from tests.mutation.rows import wrong_rows
from tests.mutation.slips import slips_in_code
from tests.mutation.trial import Fate, Trial

ROOT: Final = Path(__file__).resolve().parents[2]
FIRST: Final = ("seed", "tables", "answers", "buyer", "report", "despatch", "checks")
"""Of the test files: those that notice most, and fastest."""


def _test_files() -> list[str]:
    files = [f"tests/core/test_transition_{name}.py" for name in FIRST]
    folder = ROOT / "tests" / "core"
    found = (*sorted(folder.glob("test_transition_*.py")), *sorted(folder.glob("test_pending*.py")))
    return list(dict.fromkeys((*files, *(str(path.relative_to(ROOT)) for path in found))))


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
    if not mutants:
        print(f"no slip is called anything like {' or '.join(wanted)}", file=sys.stderr)
        return 2
    trial = Trial(mutants)
    status = pytest.main(["-q", "-p", "no:cacheprovider", "-p", "no:xdist", *_test_files()], plugins=[trial])
    fates = trial.fates
    if fates.total() != len(mutants):
        return int(status) or 2
    print(
        f"{len(mutants)} slips: {fates[Fate.NOTICED]} noticed, {fates[Fate.HARMLESS]} not noticed that change no status, "
        f"{fates[Fate.UNNOTICED]} not noticed that change one"
    )
    return int(fates[Fate.UNNOTICED] > 0)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
