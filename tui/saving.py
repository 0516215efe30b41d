"""Bytes written to a file that the operator names: the whole of them or nothing, and over nothing by mistake."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Final

import click

_NO_ROOM: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_NO_LINKS: Final = frozenset({errno.EPERM, errno.ENOTSUP, errno.ENOSYS})
"""What file systems say that have no hard links: FAT on a stick, some of other machines."""


def save(out: str, payload: bytes, *, force: bool) -> None:
    """Write `payload` to the file `out`; with `force` in place of the file that is there.

    Raises click.UsageError where that can't be done, and OSError when the disk is full.
    """
    path = Path(out)
    try:
        _refuse_what_is_there(path, force=force)
        _written(path, payload, force=force)
    except FileExistsError:
        raise click.UsageError(f"{out} is there already; choose another name, or --force") from None
    except ValueError:
        raise click.UsageError(f"{out!r} is no name of a file") from None
    except OSError as error:
        if error.errno in _NO_ROOM:
            error.filename = out
            raise
        raise click.UsageError(f"{out}: {error.strerror}") from None


def _refuse_what_is_there(path: Path, *, force: bool) -> None:
    try:
        there = path.lstat()
    except FileNotFoundError:
        return
    if not stat.S_ISREG(there.st_mode):  # a device, a folder, a link to who knows what
        raise click.UsageError(f"{path} is there and is no plain file; choose another name")
    if not force:
        raise FileExistsError


def _written(path: Path, payload: bytes, *, force: bool) -> None:
    partial = path.with_name(f".podesk-{os.getpid()}.partial")
    file = os.open(partial, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(file, "wb") as stream:
            stream.write(payload)
            stream.flush()
            os.fsync(stream.fileno())
        if force:
            partial.replace(path)
        else:
            _named(partial, path)
    finally:
        partial.unlink(missing_ok=True)


def _named(partial: Path, path: Path) -> None:
    """Give it its name, unless somebody else took that meanwhile."""
    try:
        os.link(partial, path)
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        partial.rename(path)
