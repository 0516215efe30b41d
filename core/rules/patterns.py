"""Names and numbers as a rules file writes them: `RT-*`, several of them, and `!RT-9*` for what is left out."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable
from dataclasses import dataclass

_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Patterns:
    """`*` stands for any characters, `?` for one; case counts, as in the numbers of items."""

    texts: tuple[str, ...]
    wanted: tuple[re.Pattern[str], ...]
    """None: everything that isn't left out."""
    unwanted: tuple[re.Pattern[str], ...]

    def match(self, names: Iterable[str]) -> bool:
        """Whether one of the names of a thing is wanted, and none is left out."""
        names = tuple(names)
        if any(pattern.match(name) for pattern in self.unwanted for name in names):
            return False
        return not self.wanted or any(pattern.match(name) for pattern in self.wanted for name in names)

    def __str__(self) -> str:
        wanted = " or ".join(text for text in self.texts if not text.startswith("!"))
        unwanted = " or ".join(text[1:] for text in self.texts if text.startswith("!"))
        return f"{wanted or 'any'}, but not {unwanted}" if unwanted else wanted


def patterns(value: object) -> Patterns:
    """One pattern or a list of them. Raises ValueError."""
    if isinstance(value, Patterns):
        return value
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list | tuple) or not all(isinstance(text, str) for text in texts):
        raise ValueError('text is wanted, in "quotes", or a list of it')
    if not texts:
        raise ValueError("the list is empty, so nothing would fit; leave the key out for everything")
    for text in texts:
        if not text.removeprefix("!").strip():
            raise ValueError("is empty")
        if len(text) > _LONGEST:
            raise ValueError(f"longer than {_LONGEST} characters")
    return Patterns(
        tuple(texts),
        tuple(_compiled(text) for text in texts if not text.startswith("!")),
        tuple(_compiled(text[1:]) for text in texts if text.startswith("!")),
    )


def _compiled(text: str) -> re.Pattern[str]:
    """Without `[…]`, which item numbers hold as they are; `translate` makes what no text can make slow."""
    return re.compile(fnmatch.translate(text.replace("[", "[[]")))
