"""Files of this machine that an answer will attach: read once and with care, then known by the sha256 of their bytes.

A file's name is something to say to the buyer and nothing more: no path is ever made of it again.
"""

from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

MOST_BYTES: Final = 20_000_000
MOST_TOGETHER: Final = 100_000_000
"""Of all files of one answer."""


class NotAttachable(ValueError):
    """A file that can't be attached. The sentence names it and says what to do."""

    def __init__(self, path: Path, sentence: str) -> None:
        super().__init__(f"{path}: {sentence}")
        self.path = path


@dataclass(frozen=True)
class AttachedFile:
    name: str
    """As it is called on this machine, without its folder."""
    payload: bytes = field(repr=False)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.payload).hexdigest()


def read(path: Path) -> AttachedFile:
    """The file at `path`. Raises NotAttachable when it isn't there, is no regular file, is empty or too large."""
    try:
        path.name.encode()
        # Without waiting: opening a named pipe would, until somebody writes to it.
        with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
            found = os.fstat(file.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise NotAttachable(path, "is no regular file; name a file")
            payload = file.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise NotAttachable(path, "is a folder; name a file in it") from None
    except OSError as error:
        raise NotAttachable(path, f"can't be read: {error.strerror}") from None
    except ValueError as error:
        if isinstance(error, NotAttachable):
            raise
        raise NotAttachable(path, "is no name of a file") from None
    if not payload:
        raise NotAttachable(path, "is empty; attach a file with something in it")
    if len(payload) > MOST_BYTES:
        raise NotAttachable(path, f"is larger than {MOST_BYTES:,} bytes; attach a smaller one, or refer to it by a url")
    return AttachedFile(path.name, payload)
