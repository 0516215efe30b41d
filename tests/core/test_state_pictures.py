"""The manual's pictures of a line's states are those that the transition tables make."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from core.profile import PROCUREMENT_CONNECT, TRADECLOUD

SCRIPT = Path(__file__).parents[2] / "screenshots" / "states.py"


@pytest.fixture(scope="module")
def states() -> ModuleType:
    spec = importlib.util.spec_from_file_location("states", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["states"] = module
    spec.loader.exec_module(module)
    return module


def test_the_manual_shows_what_the_tables_say(states: ModuleType) -> None:
    manual = states.MANUAL.read_text(encoding="utf-8")
    assert states.redrawn(manual) == manual, "run `python screenshots/states.py`"


def test_a_picture_without_a_place_in_the_manual_is_an_error(states: ModuleType) -> None:
    with pytest.raises(LookupError, match="our answers, tradecloud"):
        states.redrawn("# A manual without places\n")


def test_the_seeds_sentences_are_arrows_of_the_picture(states: ModuleType) -> None:
    """ "the process status will become InProgress and a reopen request task for the buyer will be created" """
    steps = {(step.before, step.word, step.after) for step in states.answers(TRADECLOUD)}
    assert ("Issued", "accept", "Confirmed") in steps
    assert ("Issued", "reject", "Rejected") in steps
    assert ("Issued", "other terms", "OpenSupplierProposal") in steps
    assert ("Confirmed", "other terms", "OpenSupplierReopenRequest") in steps
    assert not [step for step in steps if step[0] in ("Rejected", "Completed", "Cancelled")]


def test_after_confirmation_nothing_leads_on_at_procurement_connect(states: ModuleType) -> None:
    assert not [step for step in states.answers(PROCUREMENT_CONNECT) if step.before == "Confirmed"]
