"""What rules suggest stands beside the lines, and a takes it as the operator's own decision."""

from __future__ import annotations

import pytest

from core.config import parse
from core.orderbook import OrderBook
from core.store.queries import timeline
from tests.tui.driving import driven
from tests.tui.orders import Sample

RULES = """\
[[rule]]
name = "tubes as ordered"
answer = "accept"
when = { item = "RT-1*" }

[[rule]]
name = "not [b]ours"
answer = "reject"
reason = "we make no such part"
when = { item = "RT-2*" }
"""


@pytest.fixture
def ruled(orders: Sample) -> Sample:
    """Rules may suggest to the first connection."""
    put(orders, RULES)
    return orders


def put(orders: Sample, rules: str) -> None:
    orders.file.with_name("rules.toml").write_text(rules, encoding="utf-8")
    text = orders.file.read_text(encoding="utf-8").replace('rules = "suggest"\n', "")
    orders.file.write_text(text.replace('account = "340760"\n', 'account = "340760"\nrules = "suggest"\n', 1))
    orders.settings = parse(orders.file.read_text(encoding="utf-8"), orders.file)
    orders.book = OrderBook(orders.store, orders.settings, clock=orders.clock, new_id=orders.new_id)


async def test_each_line_says_what_the_rules_suggest_and_a_takes_it(ruled: Sample) -> None:
    order_id = ruled.issue("PO1", ("10", "20", "30"))
    async with driven(ruled) as desk:
        await desk.press("enter")
        await desk.sees("rules suggest: an answer to 2 lines, a takes it; 1 line left to you")
        await desk.sees("rules suggest: accept, by rule “tubes as ordered”; a takes it")
        await desk.press("j")
        await desk.sees("rules suggest: reject (“we make no such part”), by rule “not [b]ours”; a takes it")
        await desk.press("j")
        await desk.sees("rules leave it to you: ")
        await desk.press("a")
        await desk.sees("Not possible: the rules suggest no answer to it")
        await desk.press("g", "a")
        await desk.sees("PO1 line 10 answered as the rules suggest; leaves in 10 s, u takes it back")
        await desk.sees("an answer to 1 line, a takes it")
        await desk.press("u")
        await desk.sees("PO1 line 10 taken back")
    entry = timeline(ruled.store, order_id)[1]
    assert (entry.actor, entry.summary) == ("alice", "accept line 10 by rule “tubes as ordered”")


async def test_marked_lines_are_answered_as_suggested_together(ruled: Sample) -> None:
    ruled.issue("PO1", ("10", "20", "30"))
    async with driven(ruled) as desk:
        await desk.press("enter")
        await desk.sees("a takes it")
        await desk.press("*", "a")
        await desk.sees("PO1 line 10, 20 answered as the rules suggest")
        await desk.sees("R Rejected")
    assert [row.number for row in ruled.waiting()] == ["PO1"]


async def test_beside_the_inbox_too(ruled: Sample) -> None:
    ruled.issue("PO1", ("10", "20"))
    async with driven(ruled, size=(150, 30)) as desk:
        text = await desk.sees("rules: accept")
        assert "rules: reject" in text
        await desk.press("a")
        await desk.sees("PO1 answered as the rules suggest; leaves in 10 s")
    assert ruled.order("PO1").sending == "held"


async def test_on_a_narrow_terminal_the_inbox_takes_nothing_unseen(ruled: Sample) -> None:
    ruled.issue("PO1", ("10",))
    async with driven(ruled) as desk:
        await desk.press("a")
        await desk.sees("Not possible: no rule's answer to PO1 is shown here; enter opens the order")
    assert ruled.waiting() == []


async def test_rules_that_say_something_else_by_now_are_not_taken(ruled: Sample) -> None:
    ruled.issue("PO1", ("10",))
    async with driven(ruled) as desk:
        await desk.press("enter")
        await desk.sees("by rule “tubes as ordered”")
        put(ruled, RULES.replace('answer = "accept"', 'answer = "reject"\nreason = "sold out"'))
        await desk.press("a")
        await desk.sees("the rules suggest something else by now; look again")
        await desk.sees("rules suggest: reject (“sold out”)")
    assert ruled.waiting() == []


async def test_rules_that_can_t_be_read_are_told_and_the_order_is_there(ruled: Sample) -> None:
    put(ruled, "[[rule]]\nnonsense = 1\n")
    ruled.issue("PO1", ("10",))
    async with driven(ruled) as desk:
        await desk.press("enter")
        text = await desk.sees("the rules can't be asked: ")
        assert "Order PO1" in text
        await desk.press("c")
        await desk.sees("PO1 line 10 confirmed")


async def test_where_rules_have_no_say_nothing_is_told_of_them(ruled: Sample) -> None:
    ruled.issue("H1", ("10",), connection="city-hospital")
    async with driven(ruled) as desk:
        await desk.press("enter")
        await desk.sees("Order H1")
        await desk.press("a")
        text = await desk.sees("Not possible: the rules suggest no answer to it")
        assert "rules suggest:" not in text
