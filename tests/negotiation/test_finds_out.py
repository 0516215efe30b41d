"""Planted bugs, one at a time: a negotiation ends in a disagreement that names the line and what each side says of it.

Without the bug the same negotiation ends agreed. So what the other tests of this folder find nothing wrong with is not
merely what they don't look at.
"""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path

import pytest

from tests.negotiation.coming import WAYS
from tests.negotiation.journal import Disagreement
from tests.negotiation.planted import BUGS, Plant
from tests.negotiation.world import World

STEPS, MOST_SEEDS = 180, 25
"""A bug shows where its case comes up: in one of so many negotiations."""


def ends(folder: Path, seed: int, way: str) -> list[str]:
    """How a negotiation ends: in these disagreements, or in none."""
    folder.mkdir()
    with closing(World(folder, seed, WAYS[way])) as world:
        try:
            world.run(STEPS)
        except Disagreement as found:
            return str(found).split("\n\n")[0].splitlines()[1:]
    return []


@pytest.mark.parametrize(("plant", "way", "says"), BUGS, ids=[plant.__name__ for plant, _, _ in BUGS])
def test_a_negotiation_finds_out(tmp_path: Path, plant: Plant, way: str, says: str) -> None:
    otherwise: list[str] = []
    for seed in range(MOST_SEEDS):
        with pytest.MonkeyPatch.context() as patch:
            plant(patch)
            found = ends(tmp_path / f"{seed} with it", seed, way)
        if any(re.search(says, one) for one in found):
            assert all(one.startswith("order PO-") for one in found if re.search(says, one))
            assert ends(tmp_path / f"{seed} without it", seed, way) == []
            return
        otherwise += found
    pytest.fail(f"none of {MOST_SEEDS} negotiations found it; they said {sorted(set(otherwise))}")
