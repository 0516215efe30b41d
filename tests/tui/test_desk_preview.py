"""What the desk shows of a message before it leaves, and of a document that could not be read."""

from __future__ import annotations

import datetime as dt

from core.decisions import Act, Decision, LineDecision
from core.store.queries import load
from tests.tui.driving import driven
from tests.tui.orders import Sample


async def test_the_difference_to_what_was_sent_last_stands_under_the_bytes(orders: Sample) -> None:
    order_id = orders.issue("A1", lines=("10",))
    orders.answer("A1", "10", due=dt.date(2026, 4, 8))
    loaded = load(orders.store, order_id, orders.clock())
    assert loaded is not None
    line = loaded.record.order.lines[0]
    planned = line.requested.delivery_schedule[0].but(date=dt.date(2026, 4, 15))
    later = LineDecision(
        position="10",
        act=Act.PROPOSE,
        terms=line.requested.but(delivery_schedule=(planned,)),
        reason="later",
    )
    orders.book.change(order_id, Decision(id=orders.new_id(), at=orders.clock(), lines=(later,)), "alice")
    async with driven(orders, size=(110, 90)) as desk:
        await desk.press("tab", "v")
        shown = await desk.sees("Since what was sent last:")
        _, _, changed = shown.partition("Since what was sent last:")
        assert '-          "date": "2026-04-08"' in changed
        assert '+          "date": "2026-04-15"' in changed


async def test_secrets_in_a_document_of_the_quarantine_are_masked(orders: Sample) -> None:
    orders.unreadable("order.json", b'{"order_line_items": [], "contract": {"password": "hunter2"}}')
    async with driven(orders) as desk:
        await desk.sees("Quarantine")
        while "order.json" not in desk.text:
            await desk.press("tab")
        await desk.press("enter")
        shown = await desk.sees("password")
        assert "hunter2" not in shown
        assert "•••" in shown
