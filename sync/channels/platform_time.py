"""A platform's times as it writes them, as far as one can say what they mean by a clock of ours.

They are never turned into times of ours: what goes back to a platform is its own text. All that is asked is whether a clock
is wrong.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

AHEAD: Final = timedelta(minutes=15)
"""What a platform's clock may be before ours: more than clocks differ that somebody looks after."""
_EASTERNMOST: Final = timedelta(hours=14)
"""Where a time without a zone is earliest."""
_LAST: Final = datetime.max.replace(tzinfo=UTC)
_TIME: Final = re.compile(
    r"""\s*(?P<year>[0-9]{4,6})-(?P<month>[0-9]{2})-(?P<day>[0-9]{2})[Tt ](?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})
    (?::(?P<second>[0-9]{2})(?:[.,][0-9]*)?)?\s*(?:(?P<utc>[Zz])|(?P<sign>[+-])(?P<h>[0-9]{2}):?(?P<m>[0-9]{2})?)?\s*""",
    re.VERBOSE,
)


def earliest(said: str) -> datetime | None:
    """The earliest moment that `said` (ISO 8601) can mean; None where it is no time. Never raises."""
    found = _TIME.fullmatch(said)
    if found is None:
        return None
    year, month, day, hour, minute = (int(found[part]) for part in ("year", "month", "day", "hour", "minute"))
    try:
        if year > _LAST.year:
            return _LAST
        local = datetime(year, month, day, hour, minute, min(int(found["second"] or 0), 59), tzinfo=UTC)
        if found["utc"]:
            return local
        if found["sign"]:
            offset = timedelta(hours=int(found["h"]), minutes=int(found["m"] or 0))
            return local - offset if found["sign"] == "+" else local + offset
        return local - _EASTERNMOST
    except ValueError:
        return None
    except OverflowError:
        return _LAST if year > 1 else None


def is_ahead(said: str, now: datetime) -> bool:
    """Whether `said` is later than a clock that somebody looks after can say by `now`, our own."""
    moment = earliest(said)
    return moment is not None and moment - AHEAD > now


def last_by_now(times: list[str], now: datetime) -> str | None:
    """Of a platform's times the last that is past by our clock, as it was written."""
    past = [(moment, said) for said in times if (moment := earliest(said)) is not None and moment <= now]
    return max(past)[1] if past else None
