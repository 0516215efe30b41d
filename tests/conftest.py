"""What every test may ask for."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real order documents that stands beside the project; tests that need it are skipped elsewhere."""
    if not (CORPUS / "MANIFEST.tsv").is_file():
        pytest.skip("the folder of real order documents is not beside the project")
    return CORPUS
