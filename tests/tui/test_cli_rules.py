"""`podesk rules`, and what other commands say of rules."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from core.store._sqlite import sqlite3
from tests.core.rules.desks import PRICES, RULES
from tests.tui.desk_folder import DeskFolder, line, net_price

STEEL = """\
[[item]]
lead_time = "1 working day"
pack = 50

[price_list.steel]
file = "steel.csv"
numbers = "buyers"
delimiter = ";"
decimal_comma = true

[[rule]]
name = "steel as listed"
answer = "accept"
[rule.when]
item = "PLATE-*"
price = { above = "any" }
quantity = { multiple_of = "pack" }

[[rule]]
name = "whole packs"
answer = "propose"
change = ["quantity", "price"]

[[rule]]
name = "elsewhere"
answer = "reject"
reason = "We don't know you"
when = { connection = "far-away" }
"""
LIST = "item;price;currency;per;unit\r\nPLATE-10;78,90;EUR;100;PCE\r\n"


@pytest.fixture
def desk(desk_folder: DeskFolder) -> DeskFolder:
    """A desk with rules that may suggest to its first connection."""
    put(desk_folder, STEEL)
    allow(desk_folder, "suggest")
    return desk_folder


def put(desk: DeskFolder, rules: str, prices: str = LIST) -> None:
    desk.write("rules.toml", rules.encode())
    desk.write("steel.csv", prices.encode())


def allow(desk: DeskFolder, mode: str) -> None:
    text = desk.config.read_text(encoding="utf-8").split('rules = "')
    before = text[0] if len(text) == 1 else text[0] + text[1].partition('"\n')[2]
    settings = before.replace('our_account = "340760"\n', f'our_account = "340760"\nrules = "{mode}"\n', 1)
    desk.config.write_text(settings, encoding="utf-8")


def steel(position: str = "10", quantity: str = "100", price: str = "78.90") -> dict[str, Any]:
    return line(position, [("2030-12-02", quantity)], {**net_price(price, per=100), "priceUnitOfMeasureIso": "PCE"})


def test_the_rules_are_told_in_words(desk: DeskFolder) -> None:
    told = desk.run("rules", "check")
    assert told.exit_code == 0
    assert "price list steel: 1 item\n" in told.stdout
    assert (
        "1. steel as listed\n   a line that is issued, or issued again; is for the buyer's item PLATE-*;" in told.stdout
    )
    assert "→ reject: “We don't know you”" in told.stdout
    assert "4. every other line → leave it to a person" in told.stdout
    assert "connection metal-works: rules suggest" in told.stdout
    assert "rule “elsewhere” fits no connection" in told.stderr
    assert desk.run("rules").stdout == told.stdout


def test_the_rules_are_told_to_programs(desk: DeskFolder) -> None:
    told = desk.json("rules", "check")
    assert [rule["name"] for rule in told["rules"]] == ["steel as listed", "whole packs", "elsewhere"]
    assert told["price_lists"] == [{"name": "steel", "items": 1}]
    assert told["connections"][0] == {"connection": "metal-works", "rules": "suggest"}


@pytest.mark.parametrize("command", [["rules"], ["rules", "check"], ["rules", "test"], ["rules", "test", "--json"]])
@pytest.mark.parametrize(
    ("rules", "prices", "sentence"),
    [
        ("[[rule]]\nnme = 1\n", LIST, "rules.toml, line 2: rule.nme (of rule 1): unknown key"),
        (STEEL, "item;price\nPLATE-10;a lot\n", "steel.csv, line 2, column price"),
        (STEEL, LIST.replace(";", ","), "steel.csv, line 1, column item,price,currency,per,unit: unknown"),
    ],
)
def test_a_broken_file_is_told_with_its_place(
    desk: DeskFolder, command: list[str], rules: str, prices: str, sentence: str
) -> None:
    put(desk, rules, prices)
    told = desk.run(*command)
    assert told.exit_code == 2
    assert told.stdout == ""
    assert sentence in told.stderr


def test_a_missing_file_is_told_when_it_is_asked_for_and_only_then(desk_folder: DeskFolder) -> None:
    told = desk_folder.run("rules", "test")
    assert told.exit_code == 2
    assert "rules.toml: no such file" in told.stderr
    assert desk_folder.run("orders").exit_code == 0
    assert desk_folder.json("status")["rules"] is None


def test_the_replay_tells_where_the_rules_would_have_answered_otherwise(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel("10"), steel("20", "70"), steel("30"))
    desk.take_in("PO-2", steel("10"), connection="city-hospital")
    assert desk.run("confirm", "PO-1", "--line", "10", "--line", "20").exit_code == 0
    told = desk.run("rules", "test")
    assert told.exit_code == 0
    first, second, third = told.stdout.splitlines()
    assert first.startswith(
        "PO-1 (#1) line 20: rules propose 2030-12-02 100 @ 78.90/100 EUR (“We deliver in packs of 50”), "
        "by rule “whole packs”; "
    )
    assert first.endswith(": agree")
    assert second == "PO-1 (#1) line 30: rules accept, by rule “steel as listed”; nobody has answered yet"
    assert third.startswith("PO-2 (#2) line 10: rules accept")
    assert "the rules say the same of 1 lines, otherwise of 1, and leave 0 to a person" in told.stderr
    assert "would answer 2 lines" in told.stderr


def test_the_replay_is_told_to_programs_as_one_object(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel("10"), steel("20", "70"))
    desk.run("confirm", "PO-1")
    told = desk.json("rules", "test")
    assert told["counts"] == {"same": 1, "other": 1, "left": 0, "would answer": 0, "waits": 0, "unreadable": 0}
    [other] = told["lines"]
    assert (other["number"], other["position"], other["outcome"]) == ("PO-1", "20", "other")
    assert other["rules"]["rule"] == "whole packs"
    assert other["rules"]["terms"]["delivery_schedule"][0]["quantity"] == "100"
    assert other["person"] == {"act": "agree", "terms": None, "reason": None, "rule": None}
    assert desk.json("rules", "test", "--connection", "by-hand")["lines"] == []
    assert desk.json("rules", "test", "--since", "2999-01-01")["counts"]["same"] == 0


@pytest.mark.parametrize(
    "wrong", [["--connection", "nobody"], ["--since", "yesterday"], ["--since", "2025-13-01"]], ids=" ".join
)
def test_a_replay_of_nothing_that_there_is_is_refused(desk: DeskFolder, wrong: list[str]) -> None:
    assert desk.run("rules", "test", *wrong).exit_code == 2


def test_a_replay_changes_nothing(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    allow(desk, "answer")
    assert desk.json("rules", "test")["counts"]["would answer"] == 1
    assert desk.json("show", "PO-1")["process_status"] == "Issued"
    assert desk.json("outbox") == []


def test_a_suggestion_is_shown_and_can_be_taken(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel("10"), steel("20", "70"))
    shown = desk.run("show", "PO-1").stdout
    assert "rules suggest: line 10: accept, by rule “steel as listed”" in shown
    assert "rules suggest: line 20: propose 2030-12-02 100 @ 78.90/100 EUR" in shown
    suggested = desk.json("show", "PO-1")["suggestion"]
    assert [(mine["position"], mine["act"], mine["rule"]) for mine in suggested["lines"]] == [
        ("10", "accept", "steel as listed"),
        ("20", "propose", "whole packs"),
    ]
    assert (suggested["left"], suggested["error"]) == ([], None)
    taken = desk.run("rules", "take", "PO-1", "--line", "10")
    assert (taken.exit_code, "answered as the rules suggest" in taken.stdout) == (0, True)
    assert [each["process_status"] for each in desk.json("show", "PO-1")["lines"]] == ["Confirmed", "Issued"]
    entry = desk.json("timeline", "PO-1")[-1]
    assert entry["summary"] == "accept line 10 by rule “steel as listed”"
    assert entry["actor"] != "rules"
    again = desk.run("rules", "take", "PO-1", "--line", "10")
    assert again.exit_code == 1
    assert "line 10: the rules suggest no answer to it" in again.stderr


def test_suggestions_for_several_orders_are_taken_and_the_refused_are_told(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    desk.take_in("PO-2", line("10", item="BEAM-1"))
    desk.take_in("PO-3", steel("20"))
    taken = desk.run("rules", "take", "PO-1", "PO-2", "PO-3")
    assert taken.exit_code == 1
    assert taken.stdout.count("answered as the rules suggest; Confirmed") == 2
    assert "#2 refused: order PO-2: the rules suggest no answer to it" in taken.stderr
    stand = {each["number"]: each["process_status"] for each in desk.json("orders")}
    assert stand == {"PO-1": "Confirmed", "PO-2": "Issued", "PO-3": "Confirmed"}


def test_a_line_that_one_of_the_orders_lacks_takes_none_of_the_suggestions(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel("10"))
    desk.take_in("PO-2", steel("20"))
    assert desk.run("rules", "take", "PO-1", "PO-2", "--line", "10").exit_code == 2
    assert desk.run("rules", "take").exit_code == 2
    assert [each["process_status"] for each in desk.json("orders")] == ["Issued", "Issued"]


def test_suggestions_of_a_whole_view_are_taken_and_what_is_left_to_people_is_counted(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    desk.take_in("PO-2", line("10", item="BEAM-1"))
    desk.take_in("PO-3", steel("10"), steel("20", "70"))
    desk.take_in("PO-4", steel(), connection="city-hospital")
    taken = desk.run("rules", "take", "--view", "to-answer", "--all")
    assert taken.exit_code == 0
    assert "2 orders of to-answer left to a person: the rules suggest nothing." in taken.stderr
    assert "answered as the rules suggest: 2 of 2." in taken.stderr
    stand = {each["number"]: each["process_status"] for each in desk.json("orders")}
    assert stand == {"PO-1": "Confirmed", "PO-2": "Issued", "PO-3": "InProgress", "PO-4": "Issued"}
    again = desk.run("rules", "take", "--view", "to-answer", "--all")
    assert (again.exit_code, again.stdout) == (0, "")


def test_what_waits_for_nobody_is_left_to_nobody(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    desk.take_in("PO-2", line("10", item="BEAM-1"))
    assert desk.run("rules", "take", "PO-1").exit_code == 0
    assert "1 order of all left to a person" in desk.run("rules", "take", "--view", "all", "--all").stderr
    assert desk.run("confirm", "PO-2").exit_code == 0
    done = desk.run("rules", "take", "--view", "all", "--all")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "Nothing in all waits for an answer.\n")


def test_a_replay_that_can_not_begin_prints_no_piece_of_json(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    with closing(sqlite3.connect(desk.config.parent / "desk.sqlite")) as damaged:
        damaged.execute("ALTER TABLE orders RENAME COLUMN changed_at TO lost")
    done = desk.run("rules", "test", "--json")
    assert done.exit_code != 0
    assert done.stdout == ""


def test_suggestions_taken_are_told_as_json_like_confirmations(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    desk.take_in("PO-2", line("10", item="BEAM-1"))
    told = sorted(desk.json("rules", "take", "PO-1", "PO-2", status=1), key=lambda one: str(one["number"]))
    assert [(one["number"], one["result"], one["process_status"]) for one in told] == [
        ("PO-1", "done", "Confirmed"),
        ("PO-2", "refused", "Issued"),
    ]
    assert told[1]["reason"] == "order PO-2: the rules suggest no answer to it."


@pytest.mark.parametrize(
    "wrong",
    [["--all"], ["--view", "all"], ["--view", "all", "--all", "PO-1"], ["--view", "all", "--all", "--line", "10"], []],
    ids=" ".join,
)
def test_words_that_mean_no_orders_take_nothing(desk: DeskFolder, wrong: list[str]) -> None:
    desk.take_in("PO-1", steel())
    assert desk.run("rules", "take", *wrong).exit_code == 2
    assert desk.json("orders")[0]["process_status"] == "Issued"


def test_rules_that_can_t_be_read_take_nothing(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    put(desk, "[[rule]]\n")
    told = desk.run("rules", "take", "--view", "to-answer", "--all")
    assert (told.exit_code, "rules.toml, line 1" in told.stderr) == (2, True)
    assert desk.json("orders")[0]["process_status"] == "Issued"


def test_why_rules_leave_a_line_is_shown(desk: DeskFolder) -> None:
    desk.take_in("PO-1", line("10", item="BEAM-1"))
    assert (
        "rules leave to a person: line 10: rule “whole packs”: item BEAM-1 is not in price list steel"
        in desk.run("show", "PO-1").stdout
    )
    assert desk.json("show", "PO-1")["suggestion"]["left"][0]["position"] == "10"


def test_an_import_is_answered_where_the_rules_may_and_the_timeline_names_them(desk: DeskFolder) -> None:
    allow(desk, "answer")
    desk.take_in("PO-1", steel())
    assert desk.json("show", "PO-1")["process_status"] == "Confirmed"
    assert "rules  accept line 10 by rule “steel as listed”" in desk.run("timeline", "PO-1").stdout
    assert desk.run("undo", "PO-1").exit_code == 0
    assert desk.json("show", "PO-1")["process_status"] == "Issued"


@pytest.mark.parametrize("mode", ["suggest", "answer"])
def test_status_and_check_say_that_the_rules_are_stopped(desk: DeskFolder, mode: str) -> None:
    allow(desk, mode)
    desk.take_in("PO-0", steel())
    assert desk.json("status")["rules"] == {"connections": ["metal-works"], "error": None}
    assert "rules: in use" in desk.run("status").stdout
    put(desk, "[[rule]]\n")
    told = desk.run("status")
    assert told.exit_code == 4
    assert "rules: stopped:" in told.stdout
    assert "rules.toml, line 1: rule.name" in told.stdout
    checked = desk.run("check")
    assert checked.exit_code == 2
    assert "FAIL  rules: " in checked.stdout
    desk.take_in("PO-1", steel())
    assert "rules: can't be asked: " in desk.run("show", "PO-1").stdout
    put(desk, STEEL)
    assert desk.run("status").exit_code == 0
    assert "ok    rules: " in desk.run("check").stdout


def test_hostile_words_of_a_buyer_are_shown_as_words(desk: DeskFolder) -> None:
    text = "\x1b]0;owned\x07[red]\u202e"
    put(desk, '[[rule]]\nname = "all"\nanswer = "accept"\n')
    desk.config.write_text(desk.config.read_text(encoding="utf-8") + 'rules = "suggest"\n', encoding="utf-8")
    order_id = desk.take_in_hostile(text)
    for command in (["rules", "test"], ["rules", "test", "--json"], ["show", f"#{order_id}"]):
        told = desk.run(*command)
        assert told.exit_code == 0
        assert "\x1b" not in told.output
        assert "\u202e" not in told.output
    assert desk.json("rules", "test")["lines"][0]["number"] == text


def test_rules_of_another_folder_and_name_are_read_where_the_settings_say(desk: DeskFolder, tmp_path: Path) -> None:
    (tmp_path / "desk-rules").mkdir()
    (tmp_path / "desk-rules" / "ours.toml").write_text(RULES, encoding="utf-8")
    (tmp_path / "desk-rules" / "bolts.csv").write_text(PRICES, encoding="utf-8")
    settings = desk.config.read_text(encoding="utf-8")
    desk.config.write_text(f'rules = "{tmp_path}/desk-rules/ours.toml"\n{settings}', encoding="utf-8")
    assert desk.json("rules", "check")["price_lists"] == [{"name": "bolts", "items": 3}]


def test_a_reader_that_goes_away_ends_a_replay(desk: DeskFolder) -> None:
    desk.take_in("PO-1", steel())
    assert desk.without_reader("rules", "test", "--json").returncode == 141


def test_a_replay_since_the_first_day_of_the_calendar_is_one_of_everything(desk: DeskFolder) -> None:
    text = desk.config.read_text(encoding="utf-8")
    desk.config.write_text('timezone = "Europe/Amsterdam"\n' + text, encoding="utf-8")
    desk.take_in("PO-1", steel())
    assert desk.json("rules", "test", "--since", "0001-01-01")["counts"]["would answer"] == 1
