"""A measured ratio and its limit."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ratio:
    what: str
    ours: float
    """Seconds."""
    plain: float
    """Seconds of the plain thing that it is compared with."""
    limit: float

    @property
    def value(self) -> float:
        return self.ours / self.plain

    @property
    def holds(self) -> bool:
        return self.value <= self.limit

    def __str__(self) -> str:
        mark = "ok  " if self.holds else "OVER"
        times = f"{_time(self.ours)} against {_time(self.plain)}"
        return f"{mark} {self.value:6.2f} × (at most {self.limit:g})  {self.what}: {times}"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s" if seconds >= 1 else f"{seconds * 1000:.2f} ms"


def seconds(work: Callable[[], object]) -> float:
    gc.collect()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
