"""More seeds, longer stories: `python -m tests.negotiation --help`."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from tests.negotiation.coming import WAYS
from tests.negotiation.journal import Disagreement
from tests.negotiation.through_daemon import network_world
from tests.negotiation.world import World

THROUGH_DAEMON = {"daemon, polled": "polled", "daemon, posted": "posted"}
ALL = (*WAYS, *THROUGH_DAEMON)


@contextmanager
def world_of(folder: Path, seed: int, way: str) -> Iterator[World]:
    if way in THROUGH_DAEMON:
        with network_world(folder, seed, THROUGH_DAEMON[way]) as world:
            yield world
    else:
        with closing(World(folder, seed, WAYS[way])) as world:
            yield world


def negotiate(seed: int, steps: int, way: str) -> tuple[int, str, str | None, list[str]]:
    """Seed, way, what went wrong (None: nothing), and the whole story."""
    with tempfile.TemporaryDirectory() as folder, world_of(Path(folder), seed, way) as world:
        try:
            world.run(steps)
            world.verify()
        except Disagreement as found:
            return seed, way, str(found), world.journal.entries
        except Exception as error:
            last = "\n".join(world.journal.entries[-20:])
            return seed, way, f"{type(error).__name__}: {error}\n{last}", world.journal.entries
        return seed, way, None, world.journal.entries


def _all(
    seeds: list[int], steps: int, ways: list[str], processes: int
) -> Iterator[tuple[int, str, str | None, list[str]]]:
    with ProcessPoolExecutor(processes) as pool:
        for way in ways:
            yield from pool.map(partial(negotiate, steps=steps, way=way), seeds)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.negotiation", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20, help="how many, from --seed on")
    parser.add_argument("--seed", type=int, default=None, help="only this one, unless --seeds says more")
    parser.add_argument("--steps", type=int, default=500)
    parser.add_argument("--ways", choices=ALL, action="append", help="how the platform's word comes; all")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--story", action="store_true", help="print all that happened")
    parser.add_argument("--brief", action="store_true", help="only what differs, not what led there")
    asked = parser.parse_args()
    first = asked.seed or 0
    count = 1 if asked.seed is not None and "--seeds" not in " ".join(sys.argv) else asked.seeds
    bad = 0
    seeds = list(range(first, first + count))
    for seed, way, wrong, story in _all(seeds, asked.steps, asked.ways or list(ALL), asked.processes):
        if asked.story:
            print("\n".join(story))
        if wrong is not None:
            bad += 1
            print(f"--- seed {seed}, {way}\n{wrong.split(chr(10) + chr(10))[0] if asked.brief else wrong}")
    print(f"{bad} of {len(seeds) * len(asked.ways or list(ALL))} negotiations ended in disagreement")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
