"""A zip as documents, within limits that no honest sender meets: on members, bytes, ratio and zips within zips."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import Final
from zipfile import BadZipFile, ZipFile, ZipInfo

from sync.channels import Received

MOST_MEMBERS: Final = 500
MOST_BYTES: Final = 64 * 1024 * 1024
"""All members together, unpacked: of one zip, and of all zips of one mail."""
MOST_RATIO: Final = 200
_RATIO_FROM: Final = 1024 * 1024
"""Unpacked bytes below which a good ratio is no attack: a short XML of many equal lines."""
MOST_DEPTH: Final = 2
_MOST_ENTRIES: Final = 10_000
"""Of a zip's directory, folders and clutter counted: it is read as a whole, and takes memory."""
_ENTRY: Final = b"PK\x01\x02"
_BLOCK: Final = 1024 * 1024
_TYPES: Final = frozenset({"application/zip", "application/x-zip", "application/x-zip-compressed"})


class _Unfit(Exception):
    """Why a zip stays packed: a phrase for the operator."""


class Budget:
    """What may still be unpacked."""

    def __init__(self) -> None:
        self._members = MOST_MEMBERS
        self._bytes = MOST_BYTES

    def one_more_member(self) -> None:
        self._members -= 1
        if self._members < 0:
            raise _Unfit(f"the zip holds more than {MOST_MEMBERS} files, or the zips of its mail together do")

    def more_bytes(self, count: int) -> None:
        self._bytes -= count
        if self._bytes < 0:
            raise _Unfit(f"the zip unpacks to more than {MOST_BYTES:,} bytes, or the zips of its mail together do")


def is_zip(name: str, content_type: str, payload: bytes) -> bool:
    """Whether this is a zip of documents, and not a file of an office program, which is a zip too."""
    if not payload.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    return PurePosixPath(name).suffix.lower() == ".zip" or content_type in _TYPES


def unpack(name: str, payload: bytes, sender: str, budget: Budget) -> list[Received]:
    """The members, named `<zip>/<member>`; or, where it can't be unpacked, the zip itself with the problem."""
    try:
        members = [Received(path, held, sender) for path, held in _members(name, payload, 1, budget)]
    except _Unfit as unfit:
        return [Received(name, payload, sender, str(unfit), "ask the sender for the documents themselves, then retry")]
    # An empty zip says something too: somebody meant to send an order.
    return members or [Received(name, payload, sender, "the zip is empty", "ask the sender for its documents")]


def _members(name: str, payload: bytes, depth: int, budget: Budget) -> Iterator[tuple[str, bytes]]:
    if depth > MOST_DEPTH:
        raise _Unfit("the zip holds zips within zips")
    if payload.count(_ENTRY) > _MOST_ENTRIES:
        raise _Unfit(f"the zip's directory has more than {_MOST_ENTRIES:,} entries")
    try:
        with ZipFile(BytesIO(payload)) as packed:
            for member in packed.infolist():
                if member.is_dir() or _is_clutter(member.filename):
                    continue
                budget.one_more_member()
                held = _read(packed, member, budget)
                path = f"{name}/{member.filename}"
                if is_zip(member.filename, "", held):
                    yield from _members(path, held, depth + 1, budget)
                else:
                    yield path, held
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, MemoryError) as error:
        raise _Unfit(f"the zip can't be unpacked ({type(error).__name__})") from None


def _read(packed: ZipFile, member: ZipInfo, budget: Budget) -> bytes:
    if member.flag_bits & 1:
        raise _Unfit("the zip is locked with a password")
    # The sizes in the directory are the sender's word; what is counted is what comes out.
    blocks = []
    size = 0
    with packed.open(member) as file:
        while block := file.read(_BLOCK):
            size += len(block)
            budget.more_bytes(len(block))
            if size > _RATIO_FROM and size > MOST_RATIO * max(member.compress_size, 1):
                raise _Unfit(f"the zip unpacks to more than {MOST_RATIO} times its size")
            blocks.append(block)
    return b"".join(blocks)


def _is_clutter(path: str) -> bool:
    return path.startswith("__MACOSX/") or PurePosixPath(path).name.startswith(".")
