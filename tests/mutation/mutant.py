"""One thing that can go wrong in the transition module."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Final

PACKAGE: Final = Path(__file__).resolve().parents[2] / "core" / "transition"


@dataclass(frozen=True, slots=True)
class Mutant:
    name: str
    """Where it is and what was changed."""
    plant: Callable[[], None]
    """Puts it in, for the rest of this process."""
    place: str
    """The function or row that it is in: what noticed one slip there is likely to notice the next."""
    only: str | None = None
    """The function ("module.function") or entry ("TABLE, row × column") without which nothing can notice it."""


def modules() -> Iterator[ModuleType]:
    """Those of the transitions, each once."""
    for name, module in sorted(sys.modules.items()):
        if name.startswith("core.transition."):
            yield module


def replace_everywhere(name: str, old: object, new: object) -> None:
    """Binds `new` in every module, the tests' too, that knows `old` by `name`."""
    for known, module in list(sys.modules.items()):
        if known.startswith(("core.", "tests.")) and vars(module).get(name) is old:
            setattr(module, name, new)
