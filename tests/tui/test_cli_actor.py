"""Who acted: the login that runs the process, whatever its environment says."""

from __future__ import annotations

import os
import pwd

import pytest

from tui.commands.desk import actor


def _forged(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(name, "mallory")


def test_the_actor_is_the_owner_of_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    _forged(monkeypatch)
    assert actor() == pwd.getpwuid(os.getuid()).pw_name


def test_a_login_without_a_name_acts_under_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    _forged(monkeypatch)
    monkeypatch.setattr(os, "getuid", lambda: 4_000_000_123)
    assert actor() == "uid-4000000123"
