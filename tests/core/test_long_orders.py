"""An order with more lines than its platform takes in one answer is answered in parts."""

from __future__ import annotations

import pytest

from core.transition import TransitionRefused
from tests.orders import Desk

LINES = [str(n) for n in range(1, 502)]


def test_the_refusal_of_too_many_lines_names_the_way_out_and_the_way_out_leads_out(desk: Desk) -> None:
    order = desk.has("PO-1", lines=LINES)
    with pytest.raises(TransitionRefused, match=r"501 lines; .* at most 500 in one answer\. .* --line"):
        desk.agrees(order, *LINES)
    assert len(desk.agrees(order, *LINES[:500]).outbox) == 1
    with pytest.raises(TransitionRefused, match="the others when those have left"):
        desk.agrees(order, LINES[500])
    desk.leaves(order)
    assert len(desk.agrees(order, LINES[500]).outbox) == 1
