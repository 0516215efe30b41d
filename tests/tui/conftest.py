"""What tests of the desk may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tui.orders import Sample, sample


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[Sample]:
    """A store without orders, and the means to have buyers place some."""
    with sample(tmp_path) as made:
        yield made
