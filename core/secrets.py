"""Where a secret is described, this finds it: only the daemon and `podesk check` do, and only when it is needed.

A sentence about a secret that can't be had names where it was looked for, never what was found there.
"""

from __future__ import annotations

import os
import shlex
import stat
import subprocess
from pathlib import Path

from core.config import Secret

_COMMAND_SECONDS = 30
_MOST_BYTES = 65_536
"""A secret is a password, a token or a key; what is longer is another file."""


class SecretError(Exception):
    """A secret can't be had. The sentence names where it was looked for, never what was found."""


def resolve(secret: Secret, folder: Path) -> str:
    """The secret's text. `folder` is where podesk.toml is: files are relative to it, commands run in it.

    Raises SecretError. A file that others can read is refused: a password that every login on the machine can see is none.
    """
    if secret.plain is not None:
        return secret.plain.get_secret_value()
    if secret.env is not None:
        return _something(os.environ.get(secret.env), f"the environment variable {secret.env} is not set")
    if secret.file is not None:
        return _from_file(folder / secret.file)
    return _from_command(secret.command or "", folder)


def _from_file(path: Path) -> str:
    try:
        # Not blocking: a named pipe in its place must not stop the daemon.
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if not stat.S_ISREG(mode):
                raise SecretError(f"{path} is no file")
            if stat.S_IMODE(mode) & 0o077:
                raise SecretError(f"{path} can be read by others; `chmod 600` it")
            held = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise SecretError(f"{path}: {error.strerror}") from None
    return _text(held, str(path))


def _from_command(command: str, folder: Path) -> str:
    # The command stands in the operator's own settings; it is split into words and run without a shell. Its words and
    # what it complains of may hold the secret: only the program's name is told.
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words:
        raise SecretError("the command for a secret can't be split into words; look at its quotes")
    where = f"the command {words[0]!r} for a secret"
    try:
        done = subprocess.run(  # noqa: S603
            words, capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=_COMMAND_SECONDS, cwd=folder
        )
    except subprocess.TimeoutExpired:
        raise SecretError(f"{where} took longer than {_COMMAND_SECONDS} seconds") from None
    except (OSError, ValueError) as error:
        raise SecretError(f"{where} can't be run: {getattr(error, 'strerror', None) or type(error).__name__}") from None
    if done.returncode != 0:
        raise SecretError(f"{where} ended with status {done.returncode}")
    return _text(done.stdout, where)


def _text(held: bytes, where: str) -> str:
    if len(held) > _MOST_BYTES:
        raise SecretError(f"{where}: longer than a secret is")
    try:
        text = held.decode("utf-8")
    except UnicodeDecodeError:
        raise SecretError(f"{where}: is not UTF-8 text") from None
    return _something(text.rstrip("\r\n"), f"{where}: there is nothing in it")


def _something(text: str | None, otherwise: str) -> str:
    if not text:
        raise SecretError(otherwise)
    return text
