"""How commands end: the statuses that scripts rely on, and what is told when something goes wrong."""

from __future__ import annotations

import errno
import json
import os
import signal
import stat
import subprocess
from functools import partial
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
from tui.answers import NoLines
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


def test_a_line_end_that_a_partner_wrote_begins_no_line_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (
        TransitionRefused("PO", "10\n#7 confirmed", "is Cancelled"),
        NoLines("PO\n#7 confirmed"),
        Unreachable("sftp.buyer.example: 550\n#7 confirmed"),
    ):
        exit_status(partial(_raise, error))
        told = capsys.readouterr().err
        assert (told.count("\n"), "␊#7 confirmed" in told) == (1, True), told


def test_a_sentence_of_ours_may_have_lines(capsys: pytest.CaptureFixture[str]) -> None:
    for error in (SettingsError("podesk.toml, line 1: x\npodesk.toml, line 2: y"), click.UsageError("x\ny")):
        exit_status(partial(_raise, error))
        assert capsys.readouterr().err.count("\n") == 2


def test_what_was_refused_of_several_orders_is_a_line_each_whatever_partners_wrote(desk_folder: DeskFolder) -> None:
    desk_folder.take_in_hostile("10\n#7 (#7): confirmed")
    done = desk_folder.run("withdraw", "#1")
    assert done.exit_code == 1
    assert [line for line in done.stderr.splitlines() if line.startswith("#7")] == []
    assert "␊#7" in done.stderr


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
    # The command waits for a secret out of a named pipe, so the interrupt finds it at work.
    pipe = tmp_path / "secret"
    os.mkfifo(pipe)
    settings = desk_folder.config.read_text(encoding="utf-8")
    command = f"""[connection.inbound]
channel = "imap"
host = "127.0.0.1"
user = "x"
password = {{ command = "cat {pipe}" }}
"""
    desk_folder.config.write_text(settings + command, encoding="utf-8")
    running = subprocess.Popen([*PODESK, "check"], stderr=subprocess.PIPE, env=desk_folder.environment)
    with pipe.open("wb"):  # opens when the other end is open too
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


def test_a_closed_output_changes_nothing_about_the_work(desk_folder: DeskFolder) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.from_a_shell('"$0" confirm PO-1 >&-')
    assert done.returncode == 0, done.stderr
    assert desk_folder.json("orders")[0]["sending"] == "held"
    for command in ("preview PO-1", "orders --json", "show PO-1"):
        assert desk_folder.from_a_shell(f'"$0" {command} >&-').returncode == 0
    assert desk_folder.from_a_shell('"$0" show PO-2 >&- 2>&- <&-').returncode == 2
    assert desk_folder.run("verify").exit_code == 0


def test_an_output_on_a_full_disk_does_not_stop_the_work_half_way(desk_folder: DeskFolder) -> None:
    for number in ("PO-1", "PO-2", "PO-3"):
        desk_folder.take_in(number)
    done = desk_folder.from_a_shell('"$0" confirm --view to-answer --all > /dev/full')
    assert done.returncode == 0, done.stderr
    assert done.stderr.count(b"the output can't be written: No space left on device") == 1
    assert [order["sending"] for order in desk_folder.json("orders")] == ["held"] * 3


@pytest.mark.parametrize("command", ["orders", "orders --json", "show PO-1", "--help"])
def test_an_output_on_a_full_disk_is_told_of(desk_folder: DeskFolder, command: str) -> None:
    desk_folder.take_in("PO-1")
    done = desk_folder.from_a_shell(f'"$0" {command} > /dev/full')
    assert done.returncode == 75
    assert done.stderr.decode() == "the output can't be written: No space left on device; what was done stays done\n"
    assert desk_folder.from_a_shell('"$0" show nothing > /dev/full 2> /dev/full').returncode == 2


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "x.sqlite"), 75),
        (OSError(errno.EDQUOT, "Disk quota exceeded", "x.sqlite"), 75),
        (OSError(errno.EROFS, "Read-only file system", "x.sqlite"), 2),
        (OSError(errno.EACCES, "Permission denied", "x.sqlite"), 2),
    ],
    ids=["full", "quota", "read-only", "not-permitted"],
)
def test_what_the_system_refuses_is_told_with_the_file(
    error: OSError, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_status(lambda: _raise(error)) == status
    assert capsys.readouterr().err == f"x.sqlite: {error.strerror}\n"


@pytest.mark.parametrize(
    ("command", "named"),
    [
        (["show", "PO\udcff"], "argument 2"),
        (["orders", "--search", "\udcff"], "--search"),
        (["orders", "--search=\udcff"], "--search"),
        (["reject", "PO-1", "--reason", "caf\udce9"], "--reason"),
        (["propose", "PO-1", "--line", "10", "--net-price", "1", "--reason", "caf\udce9"], "--reason"),
        (["--config", "/tmp/\udcff", "orders"], "--config"),
        (["\udcff"], "argument 1"),
    ],
)
def test_words_that_are_no_text_are_refused(desk_folder: DeskFolder, command: list[str], named: str) -> None:
    done = desk_folder.run(*command)
    assert done.exit_code == 2
    assert f"{named} is not UTF-8" in done.stderr
    assert desk_folder.spawn(*command).returncode == 2


@pytest.mark.parametrize("limit", ["0", "-1", "99999999999999999999", "4294967296"])
def test_a_limit_that_no_list_has_is_wrong_usage(desk_folder: DeskFolder, limit: str) -> None:
    assert desk_folder.run("orders", "--limit", limit).exit_code == 2


def test_a_refused_value_is_told_in_a_sentence_and_where_to_read_more(desk_folder: DeskFolder) -> None:
    done = desk_folder.run("reject", "PO-1", "--reason", " ")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Error: --reason is empty; say why, the buyer reads it\nTry 'podesk reject --help' for what it takes.\n"
    )
