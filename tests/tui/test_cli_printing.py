"""What commands print: JSON that any program reads and no terminal obeys; tables fit to be shown."""

from __future__ import annotations

import datetime as dt
import json
from decimal import Decimal

import pytest

from core.model import UNKNOWN
from tui.commands.printing import print_json, print_table

NASTY = 'a\x1b[2J\x9b31m\u202egpj\u200b\u2028\x7f\x00\ud800"\\é€中\U000e0041'


def test_decimals_are_strings_to_the_last_digit_and_the_unknown_is_null(
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    print_json({"a": Decimal("1E+3"), "b": Decimal("78.9000"), "c": UNKNOWN, "d": dt.date(2026, 12, 1)})
    assert json.loads(capsysbinary.readouterr().out) == {"a": "1000", "b": "78.9000", "c": None, "d": "2026-12-01"}


def test_json_is_utf_8_that_reads_back_to_the_same_text(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    print_json([{"name": NASTY}, {"name": NASTY}])
    printed = capsysbinary.readouterr().out
    assert json.loads(printed) == [{"name": NASTY}, {"name": NASTY}]
    assert "é€中".encode() in printed


@pytest.mark.parametrize("value", [NASTY, [NASTY], {NASTY: NASTY}])
def test_json_holds_nothing_that_a_terminal_obeys_or_hides(
    value: object, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    print_json(value)
    text = capsysbinary.readouterr().out.decode()
    assert [character for character in text if character != "\n" and not character.isprintable()] == []


def test_an_array_has_one_element_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([{"a": 1}, {"a": 2}])
    assert capsys.readouterr().out == '[\n  {"a": 1},\n  {"a": 2}\n]\n'
    print_json([])
    assert capsys.readouterr().out == "[]\n"


def test_a_table_stands_in_columns_whatever_width_its_characters_have(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("id", "name", "x"), [("#1", "中文", "a"), ("#100", "abcd", "b")], right=("id",))
    assert capsys.readouterr().out == "  id  name  x\n  #1  中文  a\n#100  abcd  b\n"


def test_a_table_shows_control_characters_and_obeys_none(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("name",), [("a\x1b[2J\nb",)])
    assert capsys.readouterr().out == "name\na␛[2J␊b\n"


def test_the_last_column_of_a_table_holds_a_whole_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    why = "http://127.0.0.1:38753: order PO454100: the partner refuses the message (HTTP 400); ask the partner, then retry"
    print_table(("name", "last error"), [("n" * 80, why)])
    printed = capsys.readouterr().out
    assert why in printed
    assert "n" * 61 not in printed
