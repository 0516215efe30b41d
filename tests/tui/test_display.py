"""Text of strangers as it is shown."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tui.display import CAP, MOST_MARKS, display, display_lines, is_safe, without_unsafe

CASES = [
    ("plain text stays as it is", "Steel plate 10 mm", "Steel plate 10 mm"),
    ("letters of other scripts stay", "Grüße 钢板 Ελλάδα עברית ไทย", "Grüße 钢板 Ελλάδα עברית ไทย"),
    ("markup is text", "[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
    ("an escape sequence is a picture and harmless letters", "\x1b]52;c;aGk=\x07", "␛]52;c;aGk=␇"),
    ("clearing the screen is not obeyed", "\x1b[2J", "␛[2J"),
    ("NUL and DEL have pictures", "a\x00b\x7fc", "a␀b␡c"),
    ("a line end doesn't break the line", "a\nb\r\tc", "a␊b␍␉c"),
    ("the eight-bit escape introducer is replaced", "\x9b2J\x85", "�2J�"),
    ("right-to-left override is replaced", "invoice\u202efdp.exe", "invoice�fdp.exe"),
    ("isolates and marks of direction are replaced", "\u2066a\u2069\u200f\u061c", "�a���"),
    ("zero-width characters are replaced", "PO\u200b1\u200d2\ufeff3\u2060", "PO�1�2�3�"),
    ("a soft hyphen is replaced", "co\u00adop", "co�op"),
    ("letters that look like nothing are replaced", "a\u3164b\u115f", "a�b�"),
    ("line and paragraph separators are replaced", "a\u2028b\u2029", "a�b�"),
    ("a lone surrogate is replaced", "a\ud800b", "a�b"),
    ("tags, the invisible letters, are replaced", "a\U000e0041b", "a�b"),
    ("a mark with nothing to stand on is replaced", "\u0301a", "�a"),
    ("a letter keeps its few marks", "e\u0302\u0301", "e\u0302\u0301"),
]


@pytest.mark.parametrize(("why", "text", "shown"), CASES, ids=[case[0] for case in CASES])
def test_what_is_shown(why: str, text: str, shown: str) -> None:
    assert display(text) == shown


def test_a_tower_of_marks_is_capped() -> None:
    assert display("e" + "\u0301" * 500 + "f", cap=1000) == "e" + "\u0301" * MOST_MARKS + "f"


def test_a_long_text_is_cut_and_says_so() -> None:
    assert display("x" * CAP) == "x" * CAP
    cut = display("x" * (CAP + 1))
    assert len(cut) == CAP
    assert cut.endswith("x…")


def test_the_lines_of_a_text_are_shown_line_by_line() -> None:
    assert display_lines("one\r\ntwo\x1b\n") == ["one", "two␛", ""]
    assert display_lines("a\nb\nc", most=2) == ["a", "b", "… 1 more lines"]


@given(st.text(alphabet=st.characters(), max_size=60))
def test_nothing_that_a_terminal_obeys_is_left(text: str) -> None:
    shown = display(text)
    assert is_safe(shown)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"}
    assert display(shown) == shown, "showing what is shown changes nothing"


@given(st.text(alphabet=st.characters(), max_size=60))
def test_the_last_look_finds_nothing_in_what_display_made_and_leaves_nothing_elsewhere(text: str) -> None:
    assert is_safe(without_unsafe(text))
    assert without_unsafe(display(text)) == display(text)
