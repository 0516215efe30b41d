"""`podesk serve` in a process that kills itself: `python -m tests.server.child SETTINGS POINT [NTH]`."""

from __future__ import annotations

import sys
from pathlib import Path

from core.config import load
from sync.server import alone
from tests.sync.child import killer

if __name__ == "__main__":
    settings, point, *nth = sys.argv[1:]
    alone.run(load(Path(settings)), faults=killer(point, int(nth[0]) if nth else 1))
