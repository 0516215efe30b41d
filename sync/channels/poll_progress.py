"""How far a platform's orders were polled: noted when our store has all of it, and never past what can be true.

The mark is the platform's own text, and goes back to it as it came. Our clock is asked one thing: whether the mark lies in a
time that is still to come. Who asks for what changed after such a time hears of nothing before it comes, and without a
word: so where a platform's clock (or a single order of it) runs ahead, we ask again from the last time that is past, each
time, until it is mended. What comes again is known by its bytes and has no effect; and it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Final, Protocol

from sync.channels.platform_time import is_ahead, last_by_now

BEGINNING: Final = "1970-01-01T00:00:00.000Z"
"""Before all orders."""

Key = tuple[str, str]
"""An order as it was given out: locator and fingerprint."""


class Marks(Protocol):
    """Where it is kept, durably, up to where a platform's orders were polled; in the platform's own words."""

    def read(self) -> str | None: ...

    def write(self, mark: str) -> None: ...

    def ended(self, *, doubt: str, more: bool) -> None:
        """A poll came to its end. `doubt`: why the platform's times can't be true, else empty; `more`: it left a part of
        what waits to the next."""
        ...


class NoMarks:
    """Of a look that takes nothing in: it begins at the beginning and keeps nothing."""

    def read(self) -> str | None:
        return None

    def write(self, mark: str) -> None:
        """Kept nowhere."""

    def ended(self, *, doubt: str, more: bool) -> None:
        """Told nobody."""


def place_to_begin(marks: Marks, first: str, now: datetime) -> str:
    """What a poll asks for: all that changed after this. `first`: where the very first begins."""
    mark = marks.read()
    return first if mark is None or is_ahead(mark, now) else mark


class Progress:
    """Of one poll."""

    def __init__(self, name: str, marks: Marks, first: str, now: Callable[[], datetime]) -> None:
        """`name`: the platform, in a sentence."""
        self._name = name
        self._marks = marks
        self._now = now
        self.begin = place_to_begin(marks, first, now())
        self.further = False
        """Whether it came further than where it began, whatever becomes of the rest."""
        self._given: set[Key] = set()
        self._waiting: set[Key] = set()
        """…and not in our store yet."""
        self._mark: str | None = None
        """How far we have come when nothing waits any more."""
        self._ahead = ""
        """The platform's last word that can't be true."""
        if (kept := marks.read()) is not None and kept != self.begin:
            self._ahead = kept

    @property
    def count(self) -> int:
        """Of the orders that were given out."""
        return len(self._given)

    def gives(self, key: Key) -> bool:
        """Whether an order is news to this poll; it waits for our store from here."""
        if key in self._given:
            return False
        self._given.add(key)
        self._waiting.add(key)
        return True

    def stored(self, key: Key) -> None:
        """Our store has it for good."""
        self._waiting.discard(key)
        self._note()

    def reached(self, mark: str, times: Iterable[str | None]) -> None:
        """Everything up to `mark`, the platform's own, was given out; `times`: of the orders since the last mark reached."""
        now = self._now()
        if is_ahead(mark, now):
            self._ahead = mark
            past = last_by_now([each for each in times if each is not None], now)
            if past is None:
                return
            mark = past
        self._mark, self.further = mark, True
        self._note()

    def ended(self, *, more: bool = False) -> None:
        self._marks.ended(doubt=self._doubt(), more=more)

    def _doubt(self) -> str:
        if not self._ahead:
            return ""
        safe = self._mark or place_to_begin(self._marks, self.begin, self._now())
        again = "everything" if safe == BEGINNING else f"all that changed after {safe}"
        return (
            f"{self._name} says that something changed at {self._ahead}, which by this machine's clock is still to come:"
            f" one of the two clocks is wrong. Nothing is lost, since each poll asks again for {again}; ask the platform,"
            " and look at this machine's clock"
        )

    def _note(self) -> None:
        if not self._waiting and self._mark is not None:
            mark, self._mark = self._mark, None
            if mark != self._marks.read():
                self._marks.write(mark)
