"""The demo's buyers while a person watches: they read our answers, take a moment, and say yes, no, or something new."""

from __future__ import annotations

import datetime as dt
import logging
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from sync.demo.world import World

_LOG = logging.getLogger(__name__)
_PAUSE = 4.0
"""Seconds between two looks of the buyer: long enough for a person to see the state between."""
_REVISE_AFTER = 8
"""Looks after which the buyer asks for one of its open orders a week later."""


@contextmanager
def living(world: World) -> Iterator[None]:
    """Orders placed, a daemon running and the buyers answering, until the block ends."""
    world.place_orders()
    with (world.folder / "sync.log").open("wb") as log:
        daemon = subprocess.Popen(  # noqa: S603  (our own program and our own settings)
            [sys.executable, "-m", "tui", "--config", str(world.settings_path), "sync"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    stop = Event()
    buyers = Thread(target=_answer, args=(world, stop), name="demo buyers", daemon=True)
    buyers.start()
    try:
        yield
    finally:
        stop.set()
        buyers.join(timeout=_PAUSE)
        daemon.terminate()
        try:
            daemon.wait(timeout=10)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()


def _answer(world: World, stop: Event) -> None:
    looks = 0
    while not stop.wait(_PAUSE):
        looks += 1
        now = dt.datetime.now(dt.UTC)
        try:
            # Answered first, so that a proposal is seen waiting for one look before the buyer decides on it.
            world.decide(now)
            world.read_answers(now)
            if looks == _REVISE_AFTER:
                world.revise_one(now)
        except OSError:
            _LOG.exception("the demo's buyer could not answer; it tries again")
