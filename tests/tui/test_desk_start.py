"""What is loaded before the desk paints for the first time: nothing that it doesn't need to show a list."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.tui.orders import Sample
from tests.tui.terminal import PATIENCE, ROOT

HEAVY = (
    "paramiko",
    "httpx",
    "lxml",
    "sqlite_utils",
    "imapclient",
    "simplejson",
    "asyncssh",
    "pymap",
    "starlette",
    "uvicorn",
)

SCRIPT = f"""
import asyncio, json, sys
from pathlib import Path
from core.config import load
from tui.app import Desk

async def main():
    async with Desk(load(Path(sys.argv[1]))).run_test(size=(120, 30)) as pilot:
        await pilot.pause()
        print(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))

asyncio.run(main())
"""


@pytest.mark.parametrize("wide", [False, True], ids=["narrow", "wide"])
def test_nothing_heavy_is_imported_before_the_first_paint(orders: Sample, wide: bool) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.replace("(120, 30)", "(140, 30)" if wide else "(100, 30)"), str(orders.file)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == []


def test_the_registry_and_the_way_to_show_text_need_no_screen_library() -> None:
    script = "import sys, tui.actions, tui.display, tui.session; print({'textual', 'rich'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=PATIENCE, cwd=ROOT)
    assert done.stdout.strip() == "set()", done.stderr
