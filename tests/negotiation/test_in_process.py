"""Hundreds of steps between podesk and the platform, in one process: polled, told by events, and both."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.negotiation.coming import WAYS, Ways
from tests.negotiation.world import World


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
