"""What rules suggest stands beside the lines, and a takes it as the operator's own decision."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import parse
from core.orderbook import OrderBook
from core.store.queries import timeline
from tests.tui.driving import driven
from tests.tui.orders import PAPER_MILL, Sample

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


async def test_marked_orders_are_answered_as_suggested_after_a_summary_that_counts_the_lines(ruled: Sample) -> None:
    ruled.issue("A1", ("10", "11"))
    ruled.issue("A2", ("10", "20", "30"))
    ruled.issue("A3", ("30",))
    ruled.issue("H1", ("10",), connection="city-hospital")
    async with driven(ruled, size=(150, 30)) as desk:
        await desk.sees("To answer 4")
        await desk.press("*", "a")
        summary = await desk.sees("As the rules suggest: 2 orders of 4 that are marked")
        for told in (
            "      3  lines accepted",
            "      1  line rejected",
            "      1  line of theirs left to you",
            "      2  metal-works",
            "2 orders left to you, and marked still:",
            "      1  the rules leave all of it to a person",
            "      1  no rules are for its buyer",
            "left to you: no rule fits it",
            "line 10 accept; line 20 reject (“we make no such part”); 1 line left to you",
        ):
            assert told in summary
        assert ruled.waiting() == [], "nothing is done before enter"
        await desk.press("enter")
        results = await desk.sees(
            "2 answered as the rules suggest (3 lines accepted, 1 line rejected), 0 refused; u takes"
        )
        assert "answered as the rules suggest  A1: 2 lines accepted" in results
        await desk.press("q")
        await desk.sees("To answer 3")
        assert set(desk.desk.marks) == {ruled.order("A3").id, ruled.order("H1").id}
    entry = timeline(ruled.store, ruled.order("A1").id)[1]
    assert (entry.actor, entry.summary) == ("alice", "accept lines 10, 11 by rule “tubes as ordered”")


async def test_as_suggested_is_taken_back_together(ruled: Sample) -> None:
    for number in ("A1", "A2"):
        ruled.issue(number, ("10", "20"))
    async with driven(ruled) as desk:
        await desk.sees("To answer 2")
        await desk.press("*", "a")
        await desk.sees("2 orders of 2 that are marked")
        await desk.press("enter")
        await desk.sees("2 answered as the rules suggest")
        await desk.press("u")
        taken_back = await desk.sees("2 taken back, 0 refused")
        assert "taken back  A1\n" in taken_back, "no word on what had been answered"
    assert ruled.waiting() == []
    assert ruled.order("A1").process_status == "Issued"


async def test_an_order_that_changed_after_it_was_marked_is_left(ruled: Sample) -> None:
    for number in ("A1", "A2"):
        ruled.issue(number, ("10",))
    async with driven(ruled) as desk:
        await desk.press("space", "space")
        await desk.sees("2 marked")
        ruled.issue("A1", ("10",), price="7.89")
        await desk.press("a")
        summary = await desk.sees("1 order of 2 that are marked")
        assert "      1  line accepted" in summary
        assert "      1  changed since you marked it" in summary
        await desk.press("enter")
        await desk.sees("1 answered as the rules suggest (1 line accepted), 0 refused")
    assert [row.number for row in ruled.waiting()] == ["A2"]


async def test_an_order_that_changes_under_the_summary_is_refused_with_what_changed(ruled: Sample) -> None:
    for number in ("A1", "A2"):
        ruled.issue(number, ("10",))
    async with driven(ruled) as desk:
        await desk.press("*", "a")
        await desk.sees("2 orders of 2 that are marked")
        ruled.cancel("A1")
        ruled.issue("A2", ("10", "20"))
        await desk.press("enter")
        results = await desk.sees("0 answered as the rules suggest, 2 refused")
        assert "refused  A1: order A1: the rules suggest something else by now; look again." in results
        assert "refused  A2: order A2: the rules suggest something else by now; look again." in results
        assert len(desk.desk.marks) == 2
    assert ruled.waiting() == []


async def test_other_terms_under_the_summary_are_a_conflict(ruled: Sample) -> None:
    ruled.issue("A1", ("10",))
    async with driven(ruled) as desk:
        await desk.press("*", "a")
        await desk.sees("1 order of 1 that is marked")
        ruled.issue("A1", ("10",), price="7.89")  # the rules accept that too, but nobody saw it
        await desk.sees("1 of them changed since the rules were asked; those will be refused")
        await desk.press("enter")
        results = await desk.sees("0 answered as the rules suggest, 1 refused")
        assert "refused  A1: order A1 changed while you looked at it" in results


async def test_rules_that_were_changed_under_the_summary_answer_nothing(ruled: Sample) -> None:
    ruled.issue("A1", ("10",))
    async with driven(ruled) as desk:
        await desk.press("*", "a")
        await desk.sees("1 order of 1 that is marked")
        put(ruled, RULES.replace('answer = "accept"', 'answer = "reject"\nreason = "sold out"'))
        await desk.press("enter")
        await desk.sees("refused  A1: order A1: the rules suggest something else by now; look again.")
    assert ruled.waiting() == []


async def test_rules_that_can_t_be_read_answer_none_of_the_marked(ruled: Sample) -> None:
    ruled.issue("A1", ("10",))
    ruled.issue("A2", ("10",))
    put(ruled, "[[rule]]\nnonsense = 1\n")
    async with driven(ruled) as desk:
        await desk.press("*", "a")
        summary = await desk.sees("There is nothing to answer. Press q to leave it.")
        assert "2  the rules can't be asked: " in summary
        await desk.press("enter")
        await desk.sees("Not possible: the rules suggest no answer to any of them")
        await desk.press("q")
        await desk.sees("2 marked")
    assert ruled.waiting() == []


async def test_where_no_connection_has_rules_marked_orders_are_not_asked_about(orders: Sample) -> None:
    orders.issue("A1", ("10",))
    async with driven(orders) as desk:
        await desk.press("*", "a")
        await desk.sees("Not possible: the rules may suggest nothing: no connection in podesk.toml has rules")


async def test_a_buyer_s_wish_to_cancel_is_counted_as_what_a_yes_is(tmp_path: Path) -> None:
    ruled = PAPER_MILL.replace('"procurement-connect"', '"procurement-connect"\nrules = "suggest"', 1)
    orders = Sample(tmp_path, besides=ruled)
    try:
        tasks = '["issued", "cancellation"]'
        rule = f'[[rule]]\nname = "yes"\nanswer = "accept"\nwhen = {{ task = {tasks} }}\n'
        orders.file.with_name("rules.toml").write_text(rule, encoding="utf-8")
        for number in ("A1", "A2"):
            orders.issue(number, connection="paper-mill", per=1)
        orders.ask_to_cancel("A2", "paper-mill")
        async with driven(orders) as desk:
            await desk.sees("A1")
            await desk.press("shift+tab", "*")
            await desk.sees("2 marked")
            await desk.press("a")
            summary = await desk.sees("2  lines CANCELLED as the buyer asks")
            assert "2  lines accepted" in summary
        assert "line 10, 20 CANCEL as the buyer asks" in summary
    finally:
        orders.store.close()


async def test_hostile_words_of_a_buyer_stand_in_the_summary_as_words(ruled: Sample) -> None:
    ruled.issue("\x1b]0;owned\x07[b]", ("10",), buyer="\x1b[2J\u202eevil")
    async with driven(ruled) as desk:
        await desk.press("*", "a")
        assert "␛]0;owned␇[b]" in await desk.sees("1 order of 1 that is marked")
        await desk.press("enter")
        await desk.sees("answered as the rules suggest  ␛]0;owned␇[b]: 1 line accepted")
