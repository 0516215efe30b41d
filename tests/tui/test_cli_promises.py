"""What was promised and has not left: each agreed delivery by day, how firm it is, and what of it has been shipped."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from core.decisions import Stage
from core.model import LineContent, LineType, OrderLine
from core.profile import TRADECLOUD
from core.promises import owed
from core.transition import despatch
from core.transition.tables import BUYER_CANCELS, CONFIRMED, REOPENED, STATES, State
from tests.core.trade import goods, line_in, order_of, terms
from tests.tui.desk_folder import DeskFolder, agreed, line

SPLIT = (("2026-12-01", "40"), ("2027-01-15", "60"))


def _rows(desk: DeskFolder, *options: str) -> list[tuple[Any, ...]]:
    found = desk.json("promises", *options)
    return [(row["date"], row["number"], row["position"], row["quantity"], row["standing"]) for row in found]


def test_each_agreed_delivery_stands_by_day_and_says_what_of_it_only_we_know(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10"), line("20", deliveries=SPLIT))
    desk_folder.take_in("PO-2", agreed("10"))
    assert _rows(desk_folder) == [("2026-12-01", "PO-2", "10", "100", "agreed")]
    assert desk_folder.run("confirm", "PO-1").exit_code == 0
    assert _rows(desk_folder) == [
        ("2026-12-01", "PO-1", "10", "100", "unsent"),
        ("2026-12-01", "PO-1", "20", "40", "unsent"),
        ("2026-12-01", "PO-2", "10", "100", "agreed"),
        ("2027-01-15", "PO-1", "20", "60", "unsent"),
    ]
    assert _rows(desk_folder, "--until", "2026-12-01", "--limit", "2") == _rows(desk_folder)[:2]
    assert desk_folder.run("undo", "PO-1").exit_code == 0
    assert len(_rows(desk_folder)) == 1


def test_what_was_shipped_is_owed_no_more(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("20", deliveries=SPLIT))
    desk_folder.run("confirm", "PO-1")
    desk_folder.json("ship", "PO-1", "--line", "20=50")
    assert [row[3] for row in _rows(desk_folder)] == ["50"]
    desk_folder.json("ship", "PO-1")
    assert _rows(desk_folder) == []
    done = desk_folder.run("promises")
    assert (done.exit_code, done.stdout) == (0, "")
    assert "Nothing that was promised is still to be shipped." in done.stderr


def test_an_agreement_stands_while_we_ask_to_change_it(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-2", agreed("10"))
    asked = desk_folder.run("propose", "PO-2", "--line", "10", "--delivery", "2027-03-01=100", "--reason", "late")
    assert asked.exit_code == 0, asked.output
    ((date, *_, standing),) = _rows(desk_folder)
    assert (date, standing) == ("2026-12-01", "unsent")


def test_what_is_late_is_said_to_be(desk_folder: DeskFolder) -> None:
    today = dt.datetime.now(dt.UTC).date()
    for number, day in (("PO-1", today - dt.timedelta(days=40)), ("PO-2", today + dt.timedelta(days=40))):
        desk_folder.take_in(number, line("10", deliveries=((day.isoformat(), "5"),)))
    assert desk_folder.run("confirm", "PO-1", "PO-2").exit_code == 0
    assert [row[1] for row in _rows(desk_folder)] == ["PO-1", "PO-2"]
    assert [row[1] for row in _rows(desk_folder, "--late")] == ["PO-1"]
    heads, late, early = desk_folder.run("promises").stdout.splitlines()
    assert heads.split()[:3] == ["date", "quantity", "unit"]
    assert ("late" in late.split(), "late" in early.split()) == (True, False)


def test_what_a_buyer_wrote_is_shown_as_text_only(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1", line("10", name="plate\x1b[2J \u202eevil"))
    desk_folder.run("confirm", "PO-1")
    shown = desk_folder.run("promises")
    assert shown.exit_code == 0
    assert not {"\x1b", "\u202e"} & set(shown.stdout)
    assert desk_folder.json("promises")[0]["name"] == "plate\x1b[2J \u202eevil"


@pytest.mark.parametrize("day", ["tomorrow", "2026-13-01", "01-12-2026"])
def test_a_day_that_is_none_is_wrong_usage(desk_folder: DeskFolder, day: str) -> None:
    done = desk_folder.run("promises", "--until", day)
    assert done.exit_code == 2
    assert "--until" in done.stderr
    assert "is no date; write it like 2026-12-01" in done.stderr


@pytest.mark.parametrize("state", STATES)
def test_only_what_is_agreed_and_open_is_owed(state: State) -> None:
    line = line_in(state).but(confirmed=terms())
    assert bool(list(owed(line))) is (state in {CONFIRMED, BUYER_CANCELS, *REOPENED})
    assert not list(owed(line.but(confirmed=None)))


def test_what_has_left_is_taken_from_the_deliveries_in_their_order() -> None:
    def left(line: OrderLine) -> list[tuple[str | None, str]]:
        return [(delivery.position, str(quantity)) for delivery, quantity in owed(line)]

    schedule = terms("1:2026-05-01=6", "2:2026-06-01=0", "3:2026-06-01=4", "4:?=2")
    line = line_in(CONFIRMED).but(requested=schedule, confirmed=schedule)
    assert left(line) == [("1", "6"), ("3", "4"), ("4", "2")]
    shipped = despatch(order_of(line), goods(Stage.SHIPPED, ("10", "7")), TRADECLOUD).order.lines[0]
    assert left(shipped) == [("3", "3"), ("4", "2")]
    unknown = terms("1:2026-05-01=?")
    assert left(line.but(requested=unknown, confirmed=unknown)) == [("1", "None")]
    for content in (LineContent(line_type=LineType.CHARGE), LineContent(no_delivery_expected=True)):
        assert left(line.but(content=content)) == []
