"""Hundreds of steps between podesk and the platform, in one process: polled, told by events, and both."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from core.decisions import Act, Stage
from tests.negotiation.coming import WAYS, Ways
from tests.negotiation.world import World
from tests.platform.buyer import Buyer


@pytest.mark.parametrize("ways", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("seed", range(3))
def test_both_sides_end_agreed_on_every_line(tmp_path: Path, seed: int, ways: Ways) -> None:
    world = World(tmp_path, seed, ways)
    try:
        world.run(250)
        world.verify()
        assert world.foresight.kept
    finally:
        world.close()


def test_between_them_the_stories_have_all_that_can_happen(tmp_path: Path) -> None:
    """What never comes up is not tried by any number of seeds."""
    buyers, ours, comes, leaves = (Counter[str]() for _ in range(4))
    for seed in range(4):
        for name, ways in WAYS.items():
            (folder := tmp_path / f"{name} {seed}").mkdir()
            with closing(World(folder, seed, ways)) as world:
                world.run(250)
            buyers += world.buyer.did
            ours += world.acts
            comes += world.coming.kinds
            leaves += world.leaving.kinds
    assert set(buyers) >= Buyer.all_acts() | {"reissues before an answer", "reissues after an answer"}
    assert set(ours) >= {*map(str, Act), *map(str, Stage)}
    assert set(ours) >= {"attach", "undo", "decides on what has changed since"}
    fates = {each.partition(": ")[2] for each in leaves}
    assert fates >= {"taken", "lost", "answer lost", "503", "no connection"}
    assert set(comes) >= {
        "an event that overtakes another",
        "an event that comes twice",
        "an old event that comes again",
        "a cursor that is lost",
    }
