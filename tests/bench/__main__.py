"""`python -m tests.bench [--check] [NAME…]`: measure, print the ratios, and with --check fail when a limit is missed."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench import bulk, intake, listing

_MEASURES = {"intake": intake.measure, "bulk": bulk.measure, "listing": listing.measure}


def main(arguments: list[str]) -> int:
    wanted = [argument for argument in arguments if argument != "--check"] or list(_MEASURES)
    unknown = set(wanted) - _MEASURES.keys()
    if unknown:
        print(f"no measure called {', '.join(sorted(unknown))}; there are {', '.join(_MEASURES)}", file=sys.stderr)
        return 2
    missed = False
    for name in wanted:
        with tempfile.TemporaryDirectory(prefix="podesk-bench-") as folder:
            for ratio in _MEASURES[name](Path(folder)):
                print(ratio, flush=True)
                missed |= not ratio.holds
    return int(missed and "--check" in arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
