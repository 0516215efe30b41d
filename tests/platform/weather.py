"""What goes wrong on the way to the platform, at random: each request meets one piece of weather."""

from __future__ import annotations

import random
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Trouble:
    status: int = 0
    """Answered in place of what was asked for."""
    headers: dict[str, str] = field(default_factory=dict)
    taken: bool = False
    """What was sent was taken in all the same."""
    cut: bool = False
    """The connection ends without an answer."""
    delay: float = 0.0
    """Seconds before the answer."""
    expired: bool = False
    """The access token is worth nothing from now on."""
    forgotten: bool = False
    """Nor is the refresh token."""


_KINDS = (
    Trouble(status=503),
    Trouble(status=429, headers={"Retry-After": "1"}),
    Trouble(status=500),
    Trouble(status=502, taken=True),
    Trouble(cut=True),
    Trouble(cut=True, taken=True),
    Trouble(delay=0.05),
    Trouble(expired=True),
    Trouble(forgotten=True),
)


class Weather:
    """`share` of the requests meet trouble, until `clear`. The n-th request meets what the seed says, whoever sends it."""

    def __init__(self, rng: random.Random | None = None, share: float = 0.0) -> None:
        self._rng = rng or random.Random(0)
        self.share = share
        self.met: list[Trouble] = []

    def clear(self) -> None:
        self.share = 0.0

    def next(self) -> Trouble | None:
        if self._rng.random() >= self.share:
            return None
        trouble = self._rng.choice(_KINDS)
        self.met.append(trouble)
        return trouble
