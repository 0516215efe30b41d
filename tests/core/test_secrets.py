"""Secrets: found where the settings say, refused where others could read them, never repeated."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from core.config import Secret
from core.secrets import SecretError, resolve


def _written(path: Path, text: bytes, mode: int = 0o600) -> None:
    path.touch(mode=0o600)
    path.write_bytes(text)
    path.chmod(mode)


def _prints(code: str) -> str:
    return shlex.join([sys.executable, "-c", code])


def test_a_secret_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("METAL_SFTP_PASSWORD", "hunter2")
    assert resolve(Secret(env="METAL_SFTP_PASSWORD"), tmp_path) == "hunter2"


@pytest.mark.parametrize("held", [None, ""])
def test_a_variable_that_is_not_set_or_empty_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, held: str | None
) -> None:
    monkeypatch.delenv("METAL_SFTP_PASSWORD", raising=False)
    if held is not None:
        monkeypatch.setenv("METAL_SFTP_PASSWORD", held)
    with pytest.raises(SecretError, match="METAL_SFTP_PASSWORD is not set"):
        resolve(Secret(env="METAL_SFTP_PASSWORD"), tmp_path)


def test_a_file_is_looked_for_beside_the_settings_and_its_line_end_is_not_part_of_it(tmp_path: Path) -> None:
    _written(tmp_path / "tradecloud.secret", b" hunter 2\r\n")
    assert resolve(Secret(file="tradecloud.secret"), tmp_path) == " hunter 2"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644])
def test_a_file_that_others_can_read_is_refused_without_telling_what_it_holds(tmp_path: Path, mode: int) -> None:
    _written(tmp_path / "open.secret", b"hunter2", mode)
    with pytest.raises(SecretError, match="chmod 600") as refused:
        resolve(Secret(file="open.secret"), tmp_path)
    assert "hunter2" not in str(refused.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SecretError, match=r"gone\.secret: No such file"):
        resolve(Secret(file="gone.secret"), tmp_path)


@pytest.mark.parametrize(
    ("held", "why"),
    [(b"", "nothing in it"), (b"\n", "nothing in it"), (b"\xff\xfe", "not UTF-8"), (b"x" * 70_000, "longer than")],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, held: bytes, why: str) -> None:
    _written(tmp_path / "odd.secret", held)
    with pytest.raises(SecretError, match=why):
        resolve(Secret(file="odd.secret"), tmp_path)


def test_a_named_pipe_in_place_of_a_file_does_not_stop_the_daemon(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.secret", 0o600)
    with pytest.raises(SecretError, match="is no file"):
        resolve(Secret(file="pipe.secret"), tmp_path)


def test_a_command_prints_the_secret_and_runs_beside_the_settings(tmp_path: Path) -> None:
    _written(tmp_path / "vault", b"hunter2\n")
    command = _prints("print(open('vault').read(), end='')")
    assert resolve(Secret(command=command), tmp_path) == "hunter2"


def test_a_command_is_no_shell(tmp_path: Path) -> None:
    command = _prints("import sys; print(sys.argv[1])") + " '$(echo no);|x'"
    assert resolve(Secret(command=command), tmp_path) == "$(echo no);|x"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (_prints("import sys; print('hunter2'); sys.exit('hunter2')"), "ended with status 1"),
        (_prints("pass") + " hunter2", "nothing in it"),
        ("/nonexistent/vault hunter2", "can't be run: No such file"),
        ("vault 'hunter2", "split into words"),
    ],
)
def test_a_command_that_fails_is_told_by_its_program_alone(tmp_path: Path, command: str, why: str) -> None:
    with pytest.raises(SecretError, match=why) as refused:
        resolve(Secret(command=command), tmp_path)
    assert "hunter2" not in str(refused.value)


def test_a_secret_in_plain_text_is_told_by_no_repr_and_no_dump() -> None:
    secret = Secret.model_validate("hunter2")
    assert resolve(secret, Path()) == "hunter2"
    assert "hunter2" not in repr(secret)
    assert "hunter2" not in str(secret.model_dump())
    assert "hunter2" not in secret.model_dump_json()
