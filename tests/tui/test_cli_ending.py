"""How commands end: the statuses that scripts rely on, and what is told when something goes wrong."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
from pathlib import Path

import click
import pytest

from core.config import SettingsError
from core.orderbook import Conflict, NoSuchOrder
from core.secrets import SecretError
from core.store import NoStore, StoreBusy, StoreFull
from core.transition import TransitionRefused
from sync.channels import NotAdmitted, Unreachable
from sync.lock import AlreadyRunning
from tests.tui.desk_folder import PODESK, DeskFolder
from tui.ending import exit_status, log_file

KNOWN = [
    (TransitionRefused("PO-1", "10", "line 10 is Cancelled"), 1),
    (Conflict(1, "PO-1", 1, 2, []), 1),
    (SettingsError("podesk.toml, line 1: x: unknown key"), 2),
    (SecretError("pass can be read by others"), 2),
    (NoStore("no store yet"), 2),
    (NoSuchOrder(12), 2),
    (AlreadyRunning(Path("desk.sqlite"), 1), 2),
    (Unreachable("sftp.buyer.example: refused"), 3),
    (NotAdmitted("sftp.buyer.example: wrong password"), 3),
    (StoreBusy("held"), 75),
    (StoreFull("full"), 75),
    (click.UsageError("no such option"), 2),
    (click.FileError("x.json"), 2),
]


def _raise(error: BaseException) -> None:
    raise error


@pytest.mark.parametrize(("error", "status"), KNOWN, ids=[type(error).__name__ for error, _ in KNOWN])
def test_each_error_has_its_status_and_its_sentence(
    error: Exception, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(lambda: _raise(error)) == status
    told = capsys.readouterr()
    assert told.out == ""
    assert str(error).splitlines()[0] in told.err
    assert "Traceback" not in told.err


def test_a_sentence_with_partners_text_in_it_is_fit_to_be_shown(capsys: pytest.CaptureFixture[str]) -> None:
    error = TransitionRefused("PO\x1b[2J", None, "is Cancelled\x9b\u202e")
    assert exit_status(lambda: _raise(error)) == 1
    assert capsys.readouterr().err == "order PO␛[2J: is Cancelled\ufffd\ufffd\n"


def test_a_fault_of_our_own_is_one_line_and_a_traceback_in_a_file_of_ones_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert exit_status(lambda: _raise(RuntimeError("boom \x1b[2J\nnext"))) == 70
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "boom ␛[2J␊next" in told
    assert str(log_file()) in told
    (entry,) = log_file().read_text(encoding="ascii").splitlines()
    assert "boom" in "".join(json.loads(entry)["traceback"])
    assert stat.S_IMODE(log_file().stat().st_mode) == 0o600


def test_a_fault_is_told_also_where_no_log_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "podesk").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert exit_status(lambda: _raise(RuntimeError("boom"))) == 70
    assert "could not be written" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["--help"], ["orders", "--help"], ["orders"]], ids=" ".join)
def test_a_reader_who_goes_away_ends_it_without_a_word(desk_folder: DeskFolder, command: list[str]) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.without_reader(*command)
    assert done.returncode == 141
    assert done.stderr == b""


def test_ctrl_c_ends_it_without_a_traceback(desk_folder: DeskFolder, tmp_path: Path) -> None:
    # The command waits for the reader of a named pipe's other end, so the interrupt finds it at work.
    pipe = tmp_path / "order.json"
    os.mkfifo(pipe)
    running = subprocess.Popen(
        [*PODESK, "import", str(pipe), "--connection", "by-hand"],
        stderr=subprocess.PIPE,
        env=desk_folder.environment,
    )
    with pipe.open("wb"):  # opens when podesk has opened it too
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Traceback" not in told


def test_without_a_screen_there_is_no_desk_but_the_way_to_the_commands(desk_folder: DeskFolder) -> None:
    done = desk_folder.spawn()
    assert done.returncode == 2
    assert b"podesk orders" in done.stderr
    assert done.stdout == b""


@pytest.mark.parametrize("term", ["", "dumb"])
def test_a_terminal_that_can_not_paint_gets_no_desk_either(desk_folder: DeskFolder, term: str) -> None:
    status, shown = desk_folder.on_a_terminal(term=term)
    assert status == 2
    assert "podesk orders" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("command", [["nonsense"], ["orders", "--view", "x"], ["orders", "--limit", "0"], ["show"]])
def test_wrong_usage_is_two(desk_folder: DeskFolder, command: list[str]) -> None:
    assert desk_folder.run(*command).exit_code == 2


def test_wrong_settings_are_two_and_told_with_their_line(desk_folder: DeskFolder) -> None:
    desk_folder.config.write_text("\nstroe = 1\n", encoding="utf-8")
    done = desk_folder.run("orders")
    assert done.exit_code == 2
    assert "line 2: stroe: unknown key" in done.stderr
    assert done.stdout == ""
