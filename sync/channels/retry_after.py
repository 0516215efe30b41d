"""When an HTTP partner wants to be asked again: `Retry-After` (RFC 9110, 10.2.3), or `RateLimit-Reset`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final

_LONGEST_WAIT: Final = 24 * 3600.0


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds from now; None where the partner doesn't say, or not so that we understand it."""
    asked = headers.get("retry-after") or headers.get("ratelimit-reset")
    if asked is None:
        return None
    seconds = _seconds(asked.strip(), headers.get("date"), now)
    return None if seconds is None else min(max(seconds, 0.0), _LONGEST_WAIT)


def _seconds(asked: str, date: str | None, now: datetime) -> float | None:
    """Seconds as such, or a date, which is measured by the partner's own clock where it tells it."""
    if asked.isascii() and asked.isdigit():
        return float(asked[:9])
    then = _date(asked)
    if then is None:
        return None
    return (then - (_date(date) or now)).total_seconds()


def _date(text: str | None) -> datetime | None:
    try:
        date = parsedate_to_datetime(text or "")
    except (ValueError, OverflowError):
        return None
    return date if date.tzinfo is not None else date.replace(tzinfo=UTC)
