"""The same through the real daemon, over HTTP: polled, and posted to us, with all that can go wrong on the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.negotiation.through_daemon import network_world


@pytest.mark.parametrize("way", ["polled", "posted"])
@pytest.mark.parametrize("seed", range(2))
def test_both_sides_end_agreed_through_the_daemon(tmp_path: Path, seed: int, way: str) -> None:
    with network_world(tmp_path, seed, way) as world:
        world.run(150, settle_every=75)
        world.verify()
        assert any(request.endswith("/order-response") for request in world.server.requests)
