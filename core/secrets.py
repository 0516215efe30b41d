"""Where a secret is described, this finds it: only the daemon and `podesk check` do, and only when it is needed."""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path

from core.config import Secret

_COMMAND_SECONDS = 30


class SecretError(Exception):
    """A secret can't be had. The sentence names where it was looked for, never what was found."""


def resolve(secret: Secret, folder: Path) -> str:
    """The secret's text. `folder` is where podesk.toml is. Raises SecretError.

    A file that others can read is refused: a password that every login on the machine can see is none.
    """
    if secret.plain is not None:
        return secret.plain
    if secret.env is not None:
        try:
            return os.environ[secret.env]
        except KeyError:
            raise SecretError(f"the environment variable {secret.env} is not set") from None
    if secret.file is not None:
        return _from_file(folder / secret.file)
    return _from_command(secret.command or "")


def _from_file(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise SecretError(f"{path} can be read by others; `chmod 600` it")
            return file.read().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SecretError(f"{path}: {error}") from None


def _from_command(command: str) -> str:
    # The command stands in the operator's own settings; it is split into words and run without a shell.
    try:
        words = shlex.split(command)
        done = subprocess.run(words, capture_output=True, check=True, text=True, timeout=_COMMAND_SECONDS)  # noqa: S603
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise SecretError(
            f"the command for a secret failed ({type(error).__name__}): {command.split(' ')[0]}"
        ) from None
    return done.stdout.rstrip("\r\n")
