"""Who may import whom, and what a command must not load to do its work."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

from tests.conftest import ROOT
from tests.tui.desk_folder import DeskFolder

HEAVY = ("asyncssh", "httpx", "imapclient", "lxml", "paramiko", "pymap", "rich", "starlette", "textual")
"""What talks to the outside or paints screens; each costs a command more than its own work does."""

LOADED = """\
import sys
from tui.cli import podesk
try:
    podesk(sys.argv[2:], prog_name="podesk")
except SystemExit as ended:
    print(ended.code, file=sys.stderr)
heavy = sorted(set(sys.argv[1].split(",")) & {name.partition(".")[0] for name in sys.modules})
print("loaded:", ",".join(heavy), file=sys.stderr)
"""


def _loaded_by(*command: str, home: Path) -> str:
    """The heavy packages that are loaded when the command has ended."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED, ",".join(HEAVY), *command],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), "XDG_CONFIG_HOME": "", "XDG_STATE_HOME": ""},
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("loaded:"), done.stderr
    return last.removeprefix("loaded:").strip()


def test_imports_run_one_way() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize(
    "command",
    [["--help"], ["--version"], ["orders", "--help"], ["confirm", "--help"], ["sync", "--help"], ["nonsense"], []],
    ids=" ".join,
)
def test_a_command_that_does_nothing_loads_nothing_heavy(command: list[str], tmp_path: Path) -> None:
    assert _loaded_by(*command, home=tmp_path) == ""


@pytest.mark.parametrize(
    "command",
    [
        ["orders"],
        ["orders", "--json", "--limit", "1"],
        ["orders", "--search", "plate"],
        ["show", "PO-1"],
        ["show", "PO-1", "--json"],
        ["timeline", "PO-1"],
        ["preview", "PO-1"],
        ["documents", "PO-1"],
        ["status"],
        ["outbox"],
        ["quarantine"],
        ["confirm", "PO-1"],
        ["reject", "PO-1", "--line", "10", "--reason", "no"],
        ["propose", "PO-1", "--line", "10", "--delivery", "?=1", "--reason", "no"],
        ["details", "PO-1", "--line", "10", "--batch", "B-1"],
        ["answer", "PO-1", "--file", os.devnull],
        ["contact", "PO-1", "--user-name", "anna"],
        ["drafts"],
        ["ship", "PO-1"],
        ["undo", "PO-1"],
        ["withdraw", "PO-1"],
        ["verify"],
    ],
    ids=" ".join,
)
def test_a_command_on_orders_loads_neither_the_screen_nor_a_channel(
    command: list[str], desk_folder: DeskFolder
) -> None:
    desk_folder.take_in("PO-1")
    assert _loaded_by("--config", str(desk_folder.config), *command, home=desk_folder.folder) == ""
