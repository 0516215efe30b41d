"""rules.toml: all that it promises is taken, everything else is an error with file, line and key; changes are noticed."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest

from core.rules import RulesError, RulesFile, load
from core.rules.calendar import LeadTime
from core.rules.words import answer_in_words, conditions_in_words
from tests.core.rules.desks import PRICES, RULES, rules_file

WHOLE = """\
[calendar]
weekend = ["friday", "saturday"]
holidays = [2025-12-25, { from = 2025-07-28, to = 2025-07-30 }]
cutoff = 14:00:00

[price_list.bolts]
file = "bolts.csv"
numbers = "buyers"
valid_on = "ordered"

[price_list.ours]
file = "bolts.csv"
numbers = "ours"
columns = { item = "item", price = "price", currency = "currency", min_quantity = "min_quantity" }

[[item]]
item = ["HB-*", "!HB-9*"]
supplier_item = "47*"
lead_time = "10 working days"
pack = 12.5

[[item]]
lead_time = "2 weeks"

[[rule]]
name = "everything"
answer = "propose"
change = ["date", "quantity", "price"]
reason = "As agreed in the contract"
price_list = "ours"
[rule.when]
connection = "metal-*"
buyer = ["Metal Works*", "!*Germany"]
item = "HB-?"
supplier_item = "4711"
order_type = "Purchase"
line_type = ["Item", "Service"]
task = ["issued", "other-terms"]
order = "changed"
quantity = { min = 1, max = 500.5, multiple_of = "pack" }
price = { above = "2 %", below = 0.05 }
date = { lead_time = "short", day_off = false, within = "26 weeks" }

[[rule]]
name = "prices only"
answer = "accept"
price_list = "bolts"
when = { price = "listed", quantity = { multiple_of = 6 } }

[[rule]]
name = "no"
answer = "reject"
reason = "We are closed"

[[rule]]
name = "look"
answer = "person"
reason = "a new customer"
"""


def test_all_that_the_format_promises_is_taken(tmp_path: Path) -> None:
    rules = load(rules_file(tmp_path, WHOLE))
    calendar = rules.known.calendar
    assert calendar.weekend == {4, 5}
    assert calendar.cutoff == dt.time(14)
    assert not any(calendar.works(dt.date(2025, 7, day)) for day in (28, 29, 30))
    assert calendar.works(dt.date(2025, 7, 31))
    assert [item.lead_time for item in rules.known.items] == [LeadTime(10, True), LeadTime(14, False)]
    assert rules.known.ours == {"ours"}
    assert rules.known.on_ordered == {"bolts"}
    assert [rule.answer for rule in rules.rules] == ["propose", "accept", "reject", "person"]
    assert rules.files == (tmp_path / "rules.toml", tmp_path / "bolts.csv")


def test_what_a_file_says_can_be_read_in_words(tmp_path: Path) -> None:
    whole, accept, reject, person = load(rules_file(tmp_path, WHOLE)).rules
    assert list(conditions_in_words(whole)) == [
        "is issued, or issued again or is confirmed and the buyer asks for other terms",
        "was changed by the buyer",
        "comes by metal-*",
        "comes from Metal Works*, but not *Germany",
        "is for the buyer's item HB-?",
        "is for our item 4711",
        "is of an order of type Purchase",
        "is an item or a service",
        "is for 1 or more",
        "is for 500.5 at most",
        "has deliveries of multiples of the item's pack",
        "is wanted sooner than the lead time",
        "has no delivery on a day off",
        "is wanted within 182 days",
        "has the price of price list ours, or up to 2 % above or up to 0.05 below it",
    ]
    assert answer_in_words(accept) == "accept"
    assert answer_in_words(reject) == "reject: “We are closed”"
    assert answer_in_words(person) == "leave it to a person: a new customer"
    assert answer_in_words(whole).endswith("put the list's price; “As agreed in the contract”")


def test_a_file_without_rules_is_one(tmp_path: Path) -> None:
    assert load(rules_file(tmp_path, "")).rules == ()


RULE = '[[rule]]\nname = "a"\nanswer = "accept"\n'
"""Three lines; what a test adds stands on the fourth."""


@pytest.mark.parametrize(
    ("text", "line", "slip"),
    [
        ("nonsense = 1", 1, "nonsense: unknown key"),
        ('rule = "accept"', 1, "rule: write [[rule]], in two pairs of brackets, once for each rule"),
        ("[rule]\nname = 1", 1, "rule: write [[rule]]"),
        ("[[rule]]", 1, "rule.name (of rule 1): is missing"),
        ('[[rule]]\nname = "a"', 1, "rule.answer (of a): is missing"),
        ('[[rule]]\nname = ""\nanswer = "accept"', 2, "rule.name (of ): is empty"),
        ('[[rule]]\nname = "a\\u202e"\nanswer = "accept"', 2, "a name is a line of at most 100 characters"),
        ('[[rule]]\nname = "a"\nanswer = "agree"', 3, "rule.answer (of a): known are accept, reject, propose, person"),
        ('[[rule]]\nname = "a"\nanswer = "reject"', 1, "rule.reason (of a): is missing"),
        ('[[rule]]\nname = "a"\nanswer = "propose"', 1, "rule.change (of a): change = "),
        (RULE + 'change = "price"', 4, "rule.change (of a): change = "),
        (RULE + 'change = "colour"', 4, "rule.change (of a): known are date, quantity, price"),
        (RULE + 'reason = "because"', 4, "rule.reason (of a): an acceptance gives none"),
        (RULE + 'price_list = "x"', 4, "rule.price_list (of a): there is no [price_list.x]"),
        (RULE + "[rule.when]\ncolour = 1", 5, "rule.when.colour (of a): unknown key"),
        (RULE + "when = 5", 4, "rule.when (of a): a table is wanted"),
        (RULE + "when.item = 5", 4, 'rule.when.item (of a): text is wanted, in "quotes", or a list of it'),
        (RULE + "when.item = []", 4, "the list is empty"),
        (RULE + 'when.item = ["RT", ""]', 4, "is empty"),
        (RULE + 'when.item = "!"', 4, "is empty"),
        (RULE + f'when.item = "{"x" * 201}"', 4, "longer than 200 characters"),
        (RULE + 'when.task = "shipping"', 4, "rule.when.task (of a): known are issued, "),
        (RULE + 'when.order = "old"', 4, "rule.when.order (of a): known are new, changed"),
        (RULE + 'when.line_type = "Item "', 4, "known are Item, Service, Charge"),
        (
            RULE + 'when.quantity = { min = "5" }',
            4,
            "rule.when.quantity.min (of a): a number is wanted, without quotes",
        ),
        (RULE + "when.quantity = { min = true }", 4, "a number is wanted"),
        (RULE + "when.quantity = { min = nan }", 4, "rule.when.quantity.min (of a): 'NaN' is not a decimal number"),
        (RULE + "when.quantity = { min = 1e99999999999999999999 }", 4, "rule.when.quantity.min"),
        (RULE + "when.quantity = { min = 5, max = 4 }", 4, "rule.when.quantity.max (of a): is below min"),
        (RULE + "when.quantity = {}", 4, "rule.when.quantity (of a): says neither min, max nor multiple_of"),
        (RULE + "when.quantity = { max = -5 }", 4, "rule.when.quantity.max (of a): a number above zero is wanted"),
        (RULE + "when.quantity = { max = 0 }", 4, "rule.when.quantity.max (of a): a number above zero is wanted"),
        (RULE + "when.quantity = { min = -5 }", 4, "rule.when.quantity.min (of a): is below zero"),
        (RULE + "when.date = {}", 4, "rule.when.date (of a): says neither lead_time, day_off nor within"),
        (RULE + "when.price = {}", 4, "rule.when.price (of a): says neither above nor below"),
        (RULE + "when.quantity = { multiple_of = 0 }", 4, "a number above zero is wanted"),
        (RULE + 'when.quantity = { multiple_of = "box" }', 4, 'a number is wanted, without quotes, or "pack"'),
        (RULE + 'when.quantity = { multiple_of = "pack" }', 4, "no [[item]] says a pack"),
        (
            RULE + 'when.date = { lead_time = "kept" }',
            4,
            "rule.when.date.lead_time (of a): no [[item]] says a lead_time",
        ),
        (RULE + 'when.date = { lead_time = "5 days" }', 4, "known are kept, short"),
        (RULE + 'when.date = { day_off = "no" }', 4, "true or false is wanted"),
        (RULE + "when.date = { within = 5 }", 4, "a time is wanted"),
        (RULE + 'when.price = "listed"', 4, "rule.when.price (of a): looks into a price list, and no [price_list"),
        (RULE + 'when.price = "liste"', 4, "rule.when.price (of a): known are listed, different, unlisted, missing"),
        (RULE + "when.price = 5", 4, "known are listed"),
        (RULE + 'when.price = { above = "2" }', 4, "rule.when.price.above (of a): an amount is written like 0.05"),
        (RULE + "when.price = { below = -0.5 }", 4, "a tolerance is not negative"),
        (RULE + 'when.price = { fits = "listed" }', 4, "rule.when.price.fits (of a): unknown key"),
        (RULE + RULE, 5, "rule.name (of a): two rules are called 'a'"),
        (
            '[[rule]]\nname = "a"\nanswer = "propose"\nchange = "date"\nwhen.task = "proposal-rejected"',
            5,
            "rule.when.task (of a): with proposal-rejected nothing can be proposed again",
        ),
        (
            '[[rule]]\nname = "a"\nanswer = "reject"\nreason = "no"\nwhen.task = "reconfirmation"',
            3,
            "rule.answer (of a): a reconfirmation can't be refused",
        ),
        ('[[rule]]\nname = "a"\nanswer = "propose"\nchange = "date"', 4, "no [[item]] says a lead_time"),
        ('[[rule]]\nname = "a"\nanswer = "propose"\nchange = "quantity"', 4, "no [[item]] says a pack"),
        ("[[item]]", 1, "item: says neither lead_time nor pack"),
        ("[[item]]\npack = -1", 2, "item.pack: a number above zero is wanted"),
        ('[[item]]\nlead_time = "soon"', 2, "item.lead_time: a time is written like"),
        ('[calendar]\nweekend = ["sonntag"]', 2, "calendar.weekend: a list of days is wanted"),
        (
            '[calendar]\nweekend = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]',
            2,
            "calendar.weekend: leaves no day on which you work",
        ),
        ("[calendar]\nholidays = 2025-12-25", 2, "calendar.holidays: a list of dates is wanted"),
        ('[calendar]\nholidays = ["2025-12-25"]', 2, "a date is wanted, without quotes"),
        ("[calendar]\nholidays = [2025-12-25T00:00:00]", 2, "a date is wanted"),
        ("[calendar]\nholidays = [{ from = 2025-12-25 }]", 2, "is missing"),
        ("[calendar]\nholidays = [{ from = 2025-12-25, to = 2025-12-24 }]", 2, "is a day after from, within a year"),
        ("[calendar]\nholidays = [{ from = 0001-01-01, to = 9999-12-31 }]", 2, "within a year"),
        ('[calendar]\ncutoff = "14:00"', 2, "calendar.cutoff: a time is wanted, without quotes"),
        ('[price_list.x]\nfile = "bolts.csv"', 1, "price_list.x.numbers: is missing"),
        ('[price_list.x]\nfile = "bolts.csv"\nnumbers = "theirs"', 3, "price_list.x.numbers: known are ours, buyers"),
        ('[price_list.x]\nfile = "none.csv"\nnumbers = "ours"', 2, "none.csv: no such file; it is the price list x of"),
        ('[price_list.x]\nfile = "bolts.csv"\nnumbers = "ours"\ndelimiter = ";;"', 4, "one sign is wanted"),
        (
            '[price_list.x]\nfile = "bolts.csv"\nnumbers = "ours"\ndecimal_comma = true',
            4,
            "where the decimal sign is a comma",
        ),
        (
            '[price_list.x]\nfile = "bolts.csv"\nnumbers = "ours"\nencoding = "latin"',
            4,
            "known are utf-8, windows-1252",
        ),
        ('[price_list.x]\nfile = "bolts.csv"\nnumbers = "ours"\ncolumns = { item = "a" }', 4, "column price"),
        (
            '[price_list.x]\nfile = "bolts.csv"\nnumbers = "ours"\ncolumns = { item = "a", price = "b", size = "c" }',
            4,
            "price_list.x.columns.size: unknown column",
        ),
        ('[price_list.x]\nfile = "bolts.csv"\nnumbers = "ours"\ncolumns = { item = "a", price = "a" }', 4, "the same"),
        ("rule = [", 1, "not TOML"),
        (f"a = {'[' * 10_000}", 1, "not TOML"),
    ],
)
def test_a_slip_is_told_with_file_line_and_key(tmp_path: Path, text: str, line: int, slip: str) -> None:
    path = rules_file(tmp_path, text)
    with pytest.raises(RulesError) as told:
        load(path)
    sentence = str(told.value)
    assert slip in sentence
    assert str(path) in sentence
    assert f"rules.toml, line {line}:" in sentence or "RecursionError" in sentence


def test_every_slip_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(RulesError) as told:
        load(rules_file(tmp_path, 'x = 1\n[[item]]\npack = "a"\n[[rule]]\nname = "a"\nanswer = "b"'))
    assert len(str(told.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("write", "sentence"),
    [
        (lambda path: path.mkdir(), "Is a directory"),
        (os.mkfifo, "no regular file"),
        (lambda path: path.write_bytes(b"name = '\xff'"), "is not UTF-8 text"),
        (lambda path: path.write_text("#" * 1_000_001), "is it the right file?"),
        (lambda path: None, "no such file; write one"),
    ],
    ids=["folder", "pipe", "bytes", "huge", "missing"],
)
def test_what_is_no_rules_file_is_told_in_a_sentence(tmp_path: Path, write: object, sentence: str) -> None:
    path = tmp_path / "rules.toml"
    write(path)  # type: ignore[operator]
    with pytest.raises(RulesError, match=sentence) as told:
        load(path)
    assert str(path) in str(told.value)


def test_a_price_list_in_the_coding_of_windows_is_read_when_the_file_says_so(tmp_path: Path) -> None:
    text = '[price_list.x]\nfile = "w.csv"\nnumbers = "ours"\nencoding = "windows-1252"\ncurrency = "EUR"\n'
    path = rules_file(tmp_path, text)
    (tmp_path / "w.csv").write_bytes("item,price\nSchraube-Ø5,1.25\n".encode("cp1252"))
    assert set(load(path).known.lists["x"].rows) == {"Schraube-Ø5"}
    path.write_text(text.replace('encoding = "windows-1252"\n', ""), encoding="utf-8")
    with pytest.raises(RulesError, match=r"w\.csv: is not UTF-8 text"):
        load(path)


def test_a_changed_file_or_price_list_is_read_again_and_nothing_else_is(tmp_path: Path) -> None:
    file = RulesFile(rules_file(tmp_path))
    first = file.current()
    assert file.current() is first
    os.utime(tmp_path / "bolts.csv", ns=(1, 1))
    second = file.current()
    assert second is not first
    assert file.current() is second
    (tmp_path / "rules.toml").write_text(RULES.replace("bolts as ordered", "bolts"), encoding="utf-8")
    assert file.current().rules[0].name == "bolts"


def test_a_broken_file_stays_broken_until_it_is_mended_whichever_of_them_it_is(tmp_path: Path) -> None:
    file = RulesFile(rules_file(tmp_path, RULES, "item,price\n"))
    file.current()
    (tmp_path / "bolts.csv").write_text("item,price\nHB-1,x\n", encoding="utf-8")
    for _ in range(2):
        with pytest.raises(RulesError, match=r"bolts\.csv, line 2"):
            file.current()
    (tmp_path / "bolts.csv").unlink()
    with pytest.raises(RulesError, match="no such file"):
        file.current()
    (tmp_path / "bolts.csv").write_text(PRICES, encoding="utf-8")
    assert len(file.current().rules) == 3
