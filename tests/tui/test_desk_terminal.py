"""The desk as its console script starts it, on a real terminal: keys in, bytes out."""

from __future__ import annotations

import re

import pytest

from tests.tui.orders import Sample
from tests.tui.terminal import PODESK, Terminal

HOSTILE = "PO\x1b]52;c;aGk=\x07\x1b[2J\x9b2J\x00[@click=app.quit]\u202e\u200b1"
CONTROLS = re.compile(rb"[\x00-\x06\x08-\x0c\x0e-\x1a\x1c-\x1f\x7f]")
"""What no screen of ours writes: Textual needs escape, bell, carriage return and line feed at most."""
INVISIBLE = re.compile("[\x80-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")


def test_orders_are_confirmed_in_bulk_and_nothing_of_a_partner_s_is_obeyed(orders: Sample) -> None:
    orders.issue(HOSTILE, buyer="Evil\x1b[2J Co", item="\x1b]0;owned\x07[/foo]")
    for number in range(40):
        orders.issue(f"PO{number:02d}")
    with Terminal([*PODESK, "--config", str(orders.file)], columns=140) as terminal:
        terminal.wait_for("To answer 41")
        terminal.press("*")
        terminal.wait_for("41 marked")
        terminal.press(" ")  # the first is unmarked again
        terminal.wait_for("40 marked")
        terminal.press("k ")  # and marked again
        terminal.wait_for("41 marked")
        terminal.press("c")
        terminal.wait_for("41 orders, 82 lines")
        terminal.press("\r")
        terminal.wait_for("41 confirmed, 0 refused")
        terminal.press("q")
        # Keys that are typed before a screen has gone belong to it, so each waits for what the one before leads to.
        terminal.wait_for(lambda text: "To answer 0" in text and "41 confirmed, 0 refused" in text)
        terminal.press("g\r")
        terminal.wait_for("Order PO")
        terminal.press("v")
        terminal.wait_for("What will be sent")
        terminal.press("q")
        terminal.wait_for("Order PO")
        terminal.press("q")
        terminal.wait_for("To answer 0")
        terminal.press("q")
        assert terminal.ended() == 0
        written = terminal.written
    assert len({row.order_id for row in orders.waiting()}) == 41
    assert b"\x1b]52" not in written
    assert b"owned\x07" not in written
    assert b"\x1b[2J" not in written
    assert not CONTROLS.findall(written.replace(b"\n", b"").replace(b"\t", b""))
    assert not INVISIBLE.findall(written.decode())
    assert "␛]52;c;aGk=␇␛[2J�2J␀[@click=app.quit]��1" in written.decode()


def test_a_decision_just_before_the_end_is_saved(orders: Sample) -> None:
    orders.issue("PO1")
    with Terminal([*PODESK, "--config", str(orders.file)]) as terminal:
        terminal.wait_for("To answer 1")
        terminal.press("cq")
        assert terminal.ended() == 0
    assert orders.order("PO1").process_status == "Confirmed"


def test_a_held_key_in_view_writes_little(orders: Sample) -> None:
    for number in range(100):
        orders.issue(f"PO{number:02d}")
    with Terminal([*PODESK, "--config", str(orders.file)], columns=110) as terminal:
        terminal.wait_for("To answer 100")
        terminal.press("j")
        terminal.wait_for("PO01")
        before = len(terminal.written)
        terminal.press("j" * 15 + "t")
        terminal.wait_for("Timeline of order PO16")
        # Fifteen moves and a whole new screen: measured 0.7 kB a key in view; a list that is painted whole takes 9 kB.
        assert len(terminal.written) - before < 15 * 1500 + 12_000


@pytest.mark.parametrize("term", ["xterm-256color", "vt100"])
def test_without_colours_everything_is_to_be_read(orders: Sample, term: str) -> None:
    """https://no-color.org: no colour is set, so none can stand on itself; reverse and bold are none."""
    orders.issue("PO1")
    with Terminal([*PODESK, "--config", str(orders.file)], {"NO_COLOR": "1", "TERM": term}) as terminal:
        terminal.wait_for("To answer 1")
        terminal.press("\r")
        terminal.wait_for("Order PO1")
        terminal.press("x")
        terminal.wait_for("why?")
        terminal.press("\x1b")
        terminal.wait_for(lambda text: "why?" not in text)
        terminal.press("e")
        terminal.wait_for("Nothing is changed yet.")
        cells = [cell for row in terminal.screen.buffer.values() for cell in row.values()]
        assert {(cell.fg, cell.bg) for cell in cells} == {("default", "default")}
        written = terminal.written.decode()
    codes = {code for codes in re.findall(r"\x1b\[([0-9;]*)m", written) for code in codes.split(";")}
    assert not {code for code in codes if re.fullmatch("[34][0-8]|9[0-7]|10[0-7]", code)}
