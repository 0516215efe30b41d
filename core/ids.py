"""Identifiers that sort by the time at which they were made (RFC 9562, version 7)."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import datetime


def uuid7(now: datetime, random: Callable[[int], bytes] = os.urandom) -> str:
    """A UUIDv7 as text: 48 bits of `now` in milliseconds, the rest from `random`, which gives that many bytes."""
    milliseconds = int(now.timestamp() * 1000) & ((1 << 48) - 1)
    value = milliseconds << 80 | int.from_bytes(random(10), "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
