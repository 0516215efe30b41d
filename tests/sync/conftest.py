"""A world of partners for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sync.partners import World, open_world


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with open_world(tmp_path) as world:
        yield world


@pytest.fixture
def yard(world: World) -> World:
    """The same, with one buyer only, who is polled."""
    world.poll_only()
    return world
