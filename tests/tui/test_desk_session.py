"""How a desk's session ends, on a real terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tui.orders import Sample
from tests.tui.terminal import PATIENCE, PODESK, ROOT, Terminal

CRASHING = """
import sys
from pathlib import Path
from core.config import load
from tui import app, inbox
def broken(self):
    raise RuntimeError("the number was PO\\x1b]0;owned\\x07\\x1b[2J[/]\\u202e")
inbox.InboxScreen.do_refresh = broken
sys.exit(app.run(load(Path(sys.argv[1]))))
"""


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    file = tmp_path / "podesk.toml"
    file.write_text('store = "desk.sqlite"\n', encoding="utf-8")
    return file


@pytest.fixture
def desk(settings_file: Path) -> Callable[..., Terminal]:
    def opened(**more: object) -> Terminal:
        return Terminal([*PODESK, "--config", str(settings_file)], **more)  # type: ignore[arg-type]

    return opened


def alternate_screen_left(written: bytes) -> bool:
    return written.rfind(b"\x1b[?1049l") > written.rfind(b"\x1b[?1049h")


def test_q_ends_with_status_0_and_the_terminal_as_it_was(desk: Callable[..., Terminal]) -> None:
    with desk() as terminal:
        terminal.wait_for("To answer 0")
        terminal.press("q")
        assert terminal.ended() == 0
        assert alternate_screen_left(terminal.written)
        assert terminal.attributes() == terminal.attributes_before


def test_what_came_of_a_decision_too_late_for_the_screen_is_told_when_the_desk_has_ended(orders: Sample) -> None:
    orders.issue("PO1")
    with Terminal([*PODESK, "--config", str(orders.file)]) as terminal:
        terminal.wait_for("I Issued, goods")
        with orders.store.writing():
            terminal.press("cq")
            assert terminal.ended() == 0
        assert "Not done: Confirm PO1: " in terminal.text
        assert "Traceback" not in terminal.text
        assert "Warning" not in terminal.text
    assert orders.order("PO1").process_status == "Issued"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_it_and_gives_the_terminal_back(desk: Callable[..., Terminal], number: signal.Signals) -> None:
    with desk() as terminal:
        terminal.wait_for("To answer 0")
        terminal.signal(number)
        assert terminal.ended() == 128 + number
        assert alternate_screen_left(terminal.written)
        for mode in (b"1000", b"1003", b"1006", b"2004"):
            off, on = terminal.written.rfind(b"\x1b[?" + mode + b"l"), terminal.written.rfind(b"\x1b[?" + mode + b"h")
            assert off > on, f"mode {mode.decode()} is left on"
        assert terminal.attributes() == terminal.attributes_before


@pytest.mark.parametrize("owned", [True, False], ids=["with SIGHUP", "without a controlling terminal"])
def test_a_dropped_link_ends_it(desk: Callable[..., Terminal], owned: bool) -> None:
    with desk(owned=owned) as terminal:
        terminal.wait_for("To answer 0")
        terminal.hang_up()
        assert terminal.ended() == 128 + signal.SIGHUP


def test_on_a_stalled_link_sigterm_ends_it_all_the_same(desk: Callable[..., Terminal]) -> None:
    with desk() as terminal:
        terminal.wait_for("To answer 0")
        terminal.stall()
        terminal.press("\t" * 1000)  # paints far more than a pty and the screen's own queue hold
        terminal.signal(signal.SIGTERM)
        assert terminal.ended() == 128 + signal.SIGTERM
        assert terminal.attributes() == terminal.attributes_before


def test_a_crash_is_logged_told_in_one_safe_line_and_ends_with_status_1(settings_file: Path, tmp_path: Path) -> None:
    with Terminal([sys.executable, "-c", CRASHING, str(settings_file)]) as terminal:
        terminal.wait_for("To answer 0")
        terminal.press("r")
        assert terminal.ended() == 1
        assert alternate_screen_left(terminal.written)
        after = terminal.written[terminal.written.rfind(b"\x1b[?1049l") :].decode()
    assert "The desk stopped: RuntimeError: the number was PO␛]0;owned␇␛[2J[/]�" in after
    assert "Traceback" not in after
    assert b"owned\x07" not in terminal.written
    log = tmp_path / "desk.sqlite.desk.log"
    line = json.loads(log.read_text(encoding="ascii"))
    assert line["error"].startswith("RuntimeError: the number was PO")
    assert any("in broken" in part for part in line["traceback"])
    assert log.stat().st_mode & 0o077 == 0


def test_after_suspending_the_screen_is_painted_again(settings_file: Path) -> None:
    shell = f"exec 2>&1; set -m; {sys.executable} -c 'from tui.cli import main; main()' --config {settings_file}"
    with Terminal(["/bin/bash", "--norc", "-i"], {"PS1": "ready> "}) as terminal:
        terminal.wait_for("ready>")
        terminal.press(f"{shell.partition('set -m; ')[2]}\r")
        terminal.wait_for("To answer 0")
        terminal.press("\x1a")
        terminal.wait_for(lambda text: "ready>" in text and "Stopped" in text)
        terminal.press("clear; fg\r")
        terminal.wait_for("To answer 0")
        terminal.press("q")
        terminal.wait_for(lambda text: "ready>" in text and "To answer" not in text)
        terminal.press("echo status=$?\r")
        terminal.wait_for("status=0")


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_can_do_nothing_is_refused(
    desk: Callable[..., Terminal], settings_file: Path, term: str
) -> None:
    with Terminal([*PODESK, "--config", str(settings_file)], {"TERM": term}) as terminal:
        assert terminal.ended() == 2
        assert b"podesk orders" in terminal.written
        assert b"\x1b[?1049h" not in terminal.written


def test_without_a_terminal_it_is_refused_before_textual_is_imported(settings_file: Path) -> None:
    script = (
        "import sys\nfrom tui.cli import podesk\ntry:\n    podesk()\nfinally:\n    print('textual' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, "--config", str(settings_file)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
        env={**os.environ, "TERM": "xterm"},
    )
    assert done.returncode == 2
    assert "podesk orders" in done.stderr
    assert done.stdout.strip() == "False"
