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
"""All members together, unpacked."""
MOST_RATIO: Final = 200
_RATIO_FROM: Final = 1024 * 1024
"""Unpacked bytes below which a good ratio is no attack: a short XML of many equal lines."""
MOST_DEPTH: Final = 2
_TYPES: Final = frozenset({"application/zip", "application/x-zip", "application/x-zip-compressed"})


class _Unfit(Exception):
    """Why a zip stays packed: a phrase for the operator."""


def is_zip(name: str, content_type: str, payload: bytes) -> bool:
    """Whether this is a zip of documents, and not a file of an office program, which is a zip too."""
    if not payload.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    return PurePosixPath(name).suffix.lower() == ".zip" or content_type in _TYPES


def unpack(name: str, payload: bytes, sender: str) -> list[Received]:
    """The members, named `<zip>/<member>`; or, where it can't be unpacked, the zip itself with the problem."""
    budget = [MOST_MEMBERS, MOST_BYTES]
    try:
        members = [Received(path, held, sender) for path, held in _members(name, payload, 1, budget)]
    except _Unfit as unfit:
        return [Received(name, payload, sender, str(unfit), "ask the sender for the documents themselves, then retry")]
    # An empty zip says something too: somebody meant to send an order.
    return members or [Received(name, payload, sender, "the zip is empty", "ask the sender for its documents")]


def _members(name: str, payload: bytes, depth: int, budget: list[int]) -> Iterator[tuple[str, bytes]]:
    if depth > MOST_DEPTH:
        raise _Unfit("the zip holds zips within zips")
    try:
        with ZipFile(BytesIO(payload)) as packed:
            for member in packed.infolist():
                if member.is_dir() or _is_clutter(member.filename):
                    continue
                budget[0] -= 1
                if budget[0] < 0:
                    raise _Unfit(f"the zip holds more than {MOST_MEMBERS} files")
                held = _read(packed, member, budget)
                path = f"{name}/{member.filename}"
                if is_zip(member.filename, "", held):
                    yield from _members(path, held, depth + 1, budget)
                else:
                    yield path, held
    except (BadZipFile, zlib.error, EOFError, NotImplementedError, ValueError, OSError, MemoryError) as error:
        raise _Unfit(f"the zip can't be unpacked ({type(error).__name__})") from None


def _read(packed: ZipFile, member: ZipInfo, budget: list[int]) -> bytes:
    if member.flag_bits & 1:
        raise _Unfit("the zip is locked with a password")
    # The sizes in the directory are the sender's word; what is counted is what comes out.
    with packed.open(member) as file:
        held = file.read(budget[1] + 1)
    budget[1] -= len(held)
    if budget[1] < 0:
        raise _Unfit(f"the zip unpacks to more than {MOST_BYTES:,} bytes")
    if len(held) > _RATIO_FROM and len(held) > MOST_RATIO * max(member.compress_size, 1):
        raise _Unfit(f"the zip unpacks to more than {MOST_RATIO} times its size")
    return held


def _is_clutter(path: str) -> bool:
    return path.startswith("__MACOSX/") or PurePosixPath(path).name.startswith(".")
