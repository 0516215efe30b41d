"""What every test may ask for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.tui.desk_folder import SETTINGS, DeskFolder

ROOT = Path(__file__).resolve().parent.parent
CORPUS = ROOT.parent / "shared" / "corpus"

_skipped_real: list[str] = []


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of real order documents that stands beside the project; tests that need it are skipped elsewhere."""
    if not (CORPUS / "MANIFEST.tsv").is_file():
        pytest.skip("the folder of real order documents is not beside the project")
    return CORPUS


@pytest.fixture
def desk_folder(tmp_path: Path) -> DeskFolder:
    """A desk in a folder of its own, without orders yet."""
    desk = DeskFolder(tmp_path)
    desk.config.write_text(SETTINGS, encoding="utf-8")
    return desk


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    if report.skipped and "real" in report.keywords and not hasattr(report, "wasxfail"):
        _skipped_real.append(report.nodeid)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where real servers were promised, a test of one that was skipped is a failure."""
    if os.environ.get("PODESK_REQUIRE_REAL") and _skipped_real and not hasattr(session.config, "workerinput"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if os.environ.get("PODESK_REQUIRE_REAL") and _skipped_real:
        terminalreporter.write_line("Skipped, though real servers are required here:", red=True)
        for name in _skipped_real:
            terminalreporter.write_line(f"  {name}", red=True)
