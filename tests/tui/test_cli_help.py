"""The manual page of the command, and what a shell completes."""

from __future__ import annotations

import re
import subprocess
import sys

import click
import pytest

from tests.tui.desk_folder import SETTINGS, DeskFolder
from tui.cli import SECTIONS, podesk
from tui.commands.orders import VIEWS
from tui.ending import Exit

COMMANDS = [
    *("demo", "init", "check", "sync", "status", "orders", "show", "timeline", "confirm", "reject", "propose"),
    *(
        "details",
        "answer",
        "contact",
        "withdraw",
        "undo",
        "drafts",
        "serve",
        "preview",
        "documents",
        "import",
        "outbox",
        "quarantine",
        "verify",
        "backup",
    ),
]
ENTRIES = [entry for entries in SECTIONS.values() for entry in entries]


def test_every_command_of_this_stage_is_there(desk_folder: DeskFolder) -> None:
    manual = desk_folder.run("--help").stdout
    for name in COMMANDS:
        assert re.search(rf"^  {name}  ", manual, re.MULTILINE), name


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_command_says_of_itself_what_the_manual_page_says(entry: object) -> None:
    name, short = entry.name, entry.short  # type: ignore[attr-defined]
    command = podesk.get_command(click.Context(podesk), name)
    assert command is not None
    assert command.name == name
    if name != "demo":  # its own text is longer
        assert command.get_short_help_str(100) == short


def test_the_manual_page_names_every_exit_status_and_variable(desk_folder: DeskFolder) -> None:
    manual = desk_folder.run("--help").stdout
    for status in Exit:
        assert re.search(rf"^    {status.value}  ", manual, re.MULTILINE), status
    for variable in ("PODESK_CONFIG", "XDG_CONFIG_HOME", "_PODESK_COMPLETE"):
        assert variable in manual


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(desk_folder: DeskFolder, name: str) -> None:
    done = desk_folder.run(name, "--help")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) > 5


def test_views_are_those_of_the_store() -> None:
    from core.store.rows import View

    assert [str(view) for view in View] == list(VIEWS)


def _completed(desk: DeskFolder, *words: str) -> list[str]:
    """What a bash offers for the last of the words."""
    done = desk.spawn_with(
        {"_PODESK_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(["podesk", *words]), "COMP_CWORD": str(len(words))}
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    return [text.partition(",")[2] for text in done.stdout.decode().splitlines() if text]


def test_a_shell_completes_commands_views_connections_and_numbers(desk_folder: DeskFolder) -> None:
    for number in ("4500-1", "4500-2", "9000"):
        desk_folder.take_in(number)
    assert _completed(desk_folder, "con") == ["confirm", "contact"]
    assert _completed(desk_folder, "orders", "--view", "to-") == ["to-answer", "to-ship"]
    assert _completed(desk_folder, "import", "--connection", "m") == ["metal-works"]
    assert sorted(_completed(desk_folder, "show", "45")) == ["4500-1", "4500-2"]
    assert sorted(_completed(desk_folder, "confirm", "9000", "4500-1", "")) == ["4500-2"]
    assert _completed(desk_folder, "timeline", "x") == []


def test_a_shell_is_not_offered_what_it_would_run(desk_folder: DeskFolder) -> None:
    for number in ("PO-$(touch pwned)", "PO-;ls", "PO-`ls`", "PO-'x", "PO-\x1b[2J", "PO-a b", "PO-é", "PO-x\nPO-y"):
        desk_folder.take_in_hostile(number)
    desk_folder.take_in("PO-1")
    assert _completed(desk_folder, "show", "PO-") == ["PO-1"]


@pytest.mark.parametrize("settings", [None, "stroe = 1", SETTINGS], ids=["none", "wrong", "no store yet"])
def test_completion_never_fails(desk_folder: DeskFolder, settings: str | None) -> None:
    if settings is None:
        desk_folder.config.unlink()
    else:
        desk_folder.config.write_text(settings, encoding="utf-8")
    assert _completed(desk_folder, "show", "P") == []
    assert not desk_folder.store.exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_script(desk_folder: DeskFolder, shell: str) -> None:
    done = desk_folder.spawn_with({"_PODESK_COMPLETE": f"{shell}_source"})
    assert done.returncode == 0
    assert b"_PODESK_COMPLETE" in done.stdout


@pytest.mark.parametrize("module", ["tui", "tui.cli"])
def test_a_module_that_is_run_is_the_command(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "no-such"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "No such command" in done.stderr
