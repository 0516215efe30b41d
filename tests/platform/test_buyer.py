"""The random buyer keeps to the platform's own statuses, and one seed is one story."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from tests.platform.buyer import Buyer
from tests.platform.made import Clock
from tests.platform.orders import Platform


def _story(seed: int, acts: int = 600) -> tuple[Platform, list[str]]:
    platform = Platform(Clock())
    buyer = Buyer(platform, random.Random(seed))
    return platform, [buyer.act() for _ in range(acts)]


def test_one_seed_is_one_story() -> None:
    (first, told), (second, again) = _story(7), _story(7)
    assert told == again
    assert first.happenings == second.happenings
    assert _story(8)[1] != told


@pytest.mark.parametrize("seed", range(4))
def test_a_line_is_in_progress_exactly_while_something_is(seed: int) -> None:
    platform, _ = _story(seed)
    for order in platform.orders.values():
        for line in order.lines.values():
            assert (line.in_progress is not None) == (line.process == "InProgress")
            if line.process == "Confirmed":
                assert line.requested == line.confirmed
            open_ones = [
                one for one in (line.proposal, line.reopen, line.buyers_reopen) if one and one.status == "Open"
            ]
            assert len(open_ones) <= 1


def test_a_long_story_visits_every_status() -> None:
    seen: Counter[str | None] = Counter()
    for seed in range(6):
        for happening in _story(seed)[0].happenings:
            for line in happening.tree.get("orderEvent", {}).get("lines", ()):
                seen.update({line["status"]["processStatus"], line["status"].get("inProgressStatus")})
    assert {
        "Issued",
        "InProgress",
        "Confirmed",
        "Rejected",
        "Completed",
        "Cancelled",
        "OpenSupplierProposal",
        "RejectedSupplierProposal",
        "ReissuedRejectedLine",
        "OpenBuyerReopenRequest",
        "OpenSupplierReopenRequest",
        "OpenBuyerReconfirmationRequest",
        "RevertedCompletedLine",
        "RevertedCancelledLine",
    } <= set(seen)
