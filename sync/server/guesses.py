"""Wrong log-ins, counted by who tries: after so many in a minute a caller waits, whatever it says then.

In memory of a fixed size: the caller that was wrong longest ago is forgotten for a new one. Who says nothing at all has not
guessed; some clients ask once without a log-in, to hear which way of it is wanted.
"""

from __future__ import annotations

from collections import OrderedDict
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

from sync.server.limits import Rate

MOST_CALLERS: Final = 4096
_LONGEST: Final = 64
"""Of an address; what is longer is none."""

Guesser = tuple[str, str]
"""The path that is tried, and by whom: a buyer's platform may post for several connections, of which one is set wrong."""


def caller(address: str) -> str:
    """By what an address is counted: an IPv6 one by its network (/64), in which a caller has as many as it likes."""
    host = address[:_LONGEST].strip()
    if host.startswith("["):
        host = host[1:].partition("]")[0]
    elif host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return "unknown"
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)


class Guesses:
    def __init__(self, per_minute: int, most_callers: int = MOST_CALLERS) -> None:
        self._per_minute = per_minute
        self._most = most_callers
        self._rates: OrderedDict[Guesser, Rate] = OrderedDict()

    def wait(self, guesser: Guesser, now: float) -> float:
        """Seconds until the next guess is heard, at `now` (a clock that never goes back); 0.0: it is heard now."""
        rate = self._rates.get(guesser)
        return rate.wait(now) if rate is not None else 0.0

    def wrong(self, guesser: Guesser, now: float) -> None:
        """It guessed wrong."""
        rate = self._rates.pop(guesser, None) or Rate(self._per_minute)
        self._rates[guesser] = rate
        rate.take(now)
        if len(self._rates) > self._most:
            self._rates.popitem(last=False)

    def __len__(self) -> int:
        return len(self._rates)
