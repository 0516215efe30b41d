"""A desk that serves, for each test one of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.server import application
from tests.server.desk import Desk


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What became of a document is waited for, however busy the machine is; a test of impatience sets its own."""
    monkeypatch.setattr(application, "APPLIED_WITHIN", 10.0)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Not serving yet: three connections, one for each way of logging in."""
    desk = Desk(tmp_path)
    desk.write()
    return desk


@pytest.fixture
def served(desk: Desk) -> Iterator[Desk]:
    with desk.serving():
        yield desk
