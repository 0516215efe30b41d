"""How many lines a yes to many orders confirms, approves and cancels: told before, and what became of them counted after."""

from __future__ import annotations

import json
from itertools import combinations_with_replacement
from pathlib import Path

import pytest

from core.decisions import Act, Decision, LineDecision
from core.messages import BuyerAct, LineMessage, Message, Received
from core.model import OrderKey, OrderLine, ProcessStatus
from core.profile import GENERIC
from core.store.rows import LineRow
from core.transition import TransitionRefused, respond
from core.transition.tables import BUYER_ASKS_AGAIN, BUYER_CANCELS, BUYER_REOPENS, STATES, State, state_of
from core.transition.tasks import talk_of
from tests.core.trade import NOW, line_in, order_of
from tests.tui.desk_folder import DeskFolder, Tree
from tests.tui.desk_folder import line as issued
from tests.tui.desk_folder import order as document
from tests.tui.driving import driven
from tests.tui.orders import PAPER_MILL, Sample
from tests.tui.terminal import PODESK, Terminal
from tui import agreeing, answers

# --- which lines, and what a yes is to them ---------------------------------------------------------------------------

YES: dict[State, str] = {
    BUYER_CANCELS: agreeing.CANCELLED,
    BUYER_REOPENS: agreeing.APPROVED,
    BUYER_ASKS_AGAIN: agreeing.AGAIN,
}
"""To each state; to any other open one it confirms."""


def row(line: OrderLine) -> LineRow:
    kind = talk_of(line)
    why = str(line.in_progress_status) if line.in_progress_status is not None else None
    return LineRow(1, line.position, str(line.process_status), why, str(kind) if kind is not None else None)


@pytest.mark.parametrize("states", combinations_with_replacement(STATES, 2), ids=str)
def test_the_count_is_of_the_lines_that_the_answer_means(states: tuple[State, State]) -> None:
    order = order_of(*(line_in(state, str(10 * nth)) for nth, state in enumerate(states, 1)))
    meant = answers.meant(order, Act.AGREE)
    counted: dict[str, int] = {}
    for line in order.lines:
        if line.position in meant and line.process_status in (ProcessStatus.ISSUED, ProcessStatus.IN_PROGRESS):
            word = YES.get(state_of(line), agreeing.CONFIRMED)
            counted[word] = counted.get(word, 0) + 1
    assert agreeing.of_lines([row(line) for line in order.lines]) == counted


@pytest.mark.parametrize("state", STATES)
def test_the_count_foresees_what_the_tables_make_of_a_yes(state: State) -> None:
    line = line_in(state)
    counted = agreeing.of_lines([row(line)], ["10"])
    yes = Decision(id="d", at=NOW, lines=(LineDecision(position="10", act=Act.AGREE),))
    try:
        done = respond(order_of(line), yes, GENERIC)
    except TransitionRefused:
        assert counted == {}
        return
    if done.silent:
        assert counted == {}
    elif done.order.process_status is ProcessStatus.CANCELLED:
        assert counted == {agreeing.CANCELLED: 1}
    else:
        assert done.order.process_status is ProcessStatus.CONFIRMED
        assert counted == {YES.get(state, agreeing.CONFIRMED): 1}


def test_the_most_serious_stands_first() -> None:
    assert agreeing.in_words([{agreeing.CONFIRMED: 1200, agreeing.CANCELLED: 1}, {agreeing.CONFIRMED: 1}]) == (
        "1 line to CANCEL as the buyer asks, 1,201 lines to confirm"
    )
    assert agreeing.in_words([]) == "no line to confirm"


# --- by command -------------------------------------------------------------------------------------------------------


def in_progress(position: str, why: str) -> Tree:
    tree = issued(position)
    terms = {key: tree[key] for key in ("deliverySchedule", "prices")}
    asked: Tree = {}
    if why == "OpenBuyerReopenRequest":
        asked = {"requests": {"reopenRequest": {**terms, "status": "Open"}}}
    return {
        **tree,
        "buyerLine": {**tree["buyerLine"], **asked},
        "status": {"processStatus": "InProgress", "inProgressStatus": why, "logisticsStatus": "Open"},
        "confirmedLine": issued(position, deliveries=[("2026-11-01", "100")]) if asked else terms,
    }


def paper_mill(desk: DeskFolder, number: str, act: BuyerAct, *positions: str) -> None:
    """What a buyer who may ask to cancel does; issued first."""
    from tests.tui.test_cli_drafts import book

    key = OrderKey(connection="paper-mill", buyer="b", number=number)
    with book(desk) as orders:
        lines = tuple(LineMessage(position=one, acts=(act,)) for one in positions)
        orders.change(
            key,
            Received(id=orders.new_id(), at=orders.clock(), message=Message(key=key, lines=lines)),
            "paper-mill",
        )


@pytest.fixture
def asked(desk_folder: DeskFolder) -> DeskFolder:
    """C1 of two lines that the buyer asks to cancel; T1 with one to approve, one to confirm again and one just issued."""
    with desk_folder.config.open("a", encoding="utf-8") as settings:
        settings.write(PAPER_MILL)
    paper_mill(desk_folder, "C1", BuyerAct.ISSUE, "1", "2")
    paper_mill(desk_folder, "C1", BuyerAct.ASK_CANCELLATION, "1", "2")
    lines = [
        in_progress("10", "OpenBuyerReopenRequest"),
        in_progress("20", "OpenBuyerReconfirmationRequest"),
        issued("30"),
    ]
    desk_folder.json("import", str(desk_folder.write("t1.json", document("T1", *lines))), "--connection", "metal-works")
    return desk_folder


COUNTED = (
    "2 orders of buyer-asks: 2 lines to CANCEL as the buyer asks, 1 line to approve as the buyer asks, "
    "1 line to confirm again, 1 line to confirm."
)


def test_how_many_lines_are_confirmed_approved_and_cancelled_is_told_first_and_counted_after(asked: DeskFolder) -> None:
    done = asked.run("confirm", "--view", "buyer-asks", "--all")
    assert done.exit_code == 0, done.output
    told = done.stderr.splitlines()
    assert told[0] == COUNTED
    assert (
        told[-1]
        == "In all 2 lines cancelled as asked, 1 line approved as asked, 1 line confirmed again, 1 line confirmed."
    )
    assert "C1 (#1): cancelled as asked; Cancelled" in done.stdout
    assert "line 10 approved as asked, line 20 confirmed again, line 30 confirmed; Confirmed" in done.stdout


def test_scripts_read_what_became_of_each_line(asked: DeskFolder) -> None:
    done = asked.run("confirm", "--view", "buyer-asks", "--all", "--yes", "--json")
    assert done.stderr == f"{COUNTED}\n"
    told = {each["number"]: each for each in asked.json("orders")}
    assert {number: each["process_status"] for number, each in told.items()} == {"C1": "Cancelled", "T1": "Confirmed"}
    became = {each["number"]: each["became"] for each in json.loads(done.stdout)}
    assert became == {
        "C1": {"cancelled": ["1", "2"]},
        "T1": {"approved": ["10"], "reconfirmed": ["20"], "confirmed": ["30"]},
    }


def test_of_another_view_what_would_be_cancelled_is_left_out_of_the_count(asked: DeskFolder) -> None:
    done = asked.run("confirm", "--view", "all", "--all")
    assert done.exit_code == 1
    assert done.stderr.splitlines()[:2] == [
        "1 order of all: 1 line to approve as the buyer asks, 1 line to confirm again, 1 line to confirm.",
        "1 order of all left out: the buyer asks to cancel.",
    ]
    assert asked.json("show", "C1")["process_status"] == "InProgress"
    (refused,) = [each for each in asked.json("confirm", "--view", "all", "--all", status=1) if each["number"] == "C1"]
    assert (refused["result"], refused["became"]) == ("refused", {})


def test_an_empty_view_asks_and_counts_nothing(desk_folder: DeskFolder) -> None:
    done = desk_folder.run("confirm", "--view", "buyer-asks", "--all")
    assert (done.exit_code, done.stderr) == (0, "There is nothing in buyer-asks.\n")


def test_yes_goes_with_a_view(asked: DeskFolder) -> None:
    assert asked.run("confirm", "C1", "--yes").exit_code == 2


def at_a_terminal(desk: DeskFolder, *options: str) -> Terminal:
    env = {"PODESK_CONFIG": str(desk.config)}
    return Terminal([*PODESK, "confirm", "--view", "buyer-asks", "--all", *options], env)


def test_at_a_terminal_it_is_asked_before_any_is_cancelled(asked: DeskFolder) -> None:
    with at_a_terminal(asked) as terminal:
        terminal.wait_for("2 lines to CANCEL as the buyer asks")
        terminal.wait_for("Go on? [y/N]")
        terminal.press("\r")
        terminal.wait_for("Nothing was done.")
        assert terminal.process.wait() == 0
    assert asked.json("outbox") == []
    with at_a_terminal(asked, "--yes") as terminal:
        terminal.wait_for("In all 2 lines cancelled as asked")
        assert "Go on?" not in terminal.text


def test_nothing_is_asked_where_nothing_is_cancelled(asked: DeskFolder) -> None:
    asked.run("reject", "C1", "--reason", "It is on the lorry")
    with at_a_terminal(asked) as terminal:
        terminal.wait_for("T1 (#2): line 10 approved as asked")
        assert "Go on?" not in terminal.text


def test_what_a_buyer_asks_to_cancel_while_it_is_asked_is_not_cancelled_unseen(asked: DeskFolder) -> None:
    paper_mill(asked, "C2", BuyerAct.ISSUE, "1", "2")
    paper_mill(asked, "C2", BuyerAct.ASK_CANCELLATION, "1")
    with at_a_terminal(asked) as terminal:
        terminal.wait_for("3 lines to CANCEL as the buyer asks")
        terminal.wait_for("Go on? [y/N]")
        paper_mill(asked, "C2", BuyerAct.ASK_CANCELLATION, "2")
        terminal.press("y\r")
        terminal.wait_for("the buyer asks to cancel line 2")
        assert terminal.process.wait() == 1
    assert asked.json("show", "C1")["process_status"] == "Cancelled"
    assert asked.json("show", "C2")["process_status"] == "InProgress"


# --- at the desk ------------------------------------------------------------------------------------------------------


async def test_the_desk_tells_it_before_the_key_that_goes(tmp_path: Path) -> None:
    orders = Sample(tmp_path, besides=PAPER_MILL)
    for number in ("A1", "A2"):
        orders.issue(number, connection="paper-mill", per=1)
    orders.ask_to_cancel("A2", "paper-mill")
    orders.issue("A3")
    for position in ("10", "20"):
        orders.answer("A3", position)
    orders.issue("A3", price="7.89")
    try:
        async with driven(orders) as desk:
            await desk.sees("A1")
            await desk.press("shift+tab", "*")
            await desk.sees("3 marked")
            await desk.press("c")
            text = await desk.sees("Confirm: 3 orders, 6 lines")
            counted = [line.split(maxsplit=2) for line in text.splitlines() if line.startswith("        2  line")]
            assert counted == [
                ["2", "lines", "to CANCEL as the buyer asks"],
                ["2", "lines", "to approve as the buyer asks"],
                ["2", "lines", "to confirm"],
            ]
            assert orders.order("A2").process_status == "InProgress", "nothing is done before enter"
    finally:
        orders.store.close()


async def test_the_desk_counts_the_marked_lines_of_one_order(tmp_path: Path) -> None:
    orders = Sample(tmp_path, besides=PAPER_MILL)
    orders.issue("A1", connection="paper-mill", per=1)
    orders.ask_to_cancel("A1", "paper-mill")
    try:
        async with driven(orders) as desk:
            await desk.press("shift+tab", "enter")
            await desk.sees("Order A1")
            await desk.press("space")
            await desk.sees("1 line marked")
            await desk.press("c")
            await desk.sees("1  line to CANCEL as the buyer asks")
            await desk.press("q", "x")
            await desk.sees("why?")
    finally:
        orders.store.close()


async def test_where_no_marked_order_waits_for_a_yes_that_is_told(orders: Sample) -> None:
    orders.issue("A1", ("10",))
    orders.answer("A1", "10")
    async with driven(orders) as desk:
        await desk.press("shift+tab", "*")
        await desk.sees("1 marked")
        await desk.press("c")
        await desk.sees("No line of it waits for a yes.")
