"""The daemon in a process of its own: `python -m tests.sync.child SETTINGS MODE [POINT] [NTH] [VARIANT]`.

MODE is `once`, `serve` or `decide`. At the NTHth time that the daemon comes to POINT it kills itself. VARIANT is a way of
doing the steps wrong, from `tests.sync.wrong`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from core.config import load
from core.store import open_store
from sync import daemon
from tests.sync import wrong
from tests.sync.partners import decide


def killer(point: str, nth: int) -> Callable[[str], None]:
    seen = 0

    def at(here: str) -> None:
        nonlocal seen
        if here == point:
            seen += 1
            if seen == nth:
                os.kill(os.getpid(), signal.SIGKILL)

    return at


def main(settings_path: str, mode: str, point: str = "", nth: str = "1", variant: str = "") -> None:
    settings = load(Path(settings_path))
    faults = killer(point, int(nth))
    if variant:
        wrong.install(variant, faults)
    if mode == "decide":
        wrong.watch_queueing(faults)
        store = open_store(settings.store_path)
        decide(store, settings)
        store.close()
    else:
        daemon.run(settings, once=mode == "once", faults=faults)


if __name__ == "__main__":
    main(*sys.argv[1:])
