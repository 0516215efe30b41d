"""What "confirm" would be to the lines of many orders, counted before it is done: to agree with a buyer who asks to cancel
is to cancel, and nobody should do that to a list without knowing.

Reads rows of lines and never an order, so that ten thousand are counted at once. Which lines are meant is the rule of
`tui.answers`, on rows.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Final

from core.model import InProgressStatus, ProcessStatus
from core.store.queries import lines_of
from core.store.tasks import OURS
from tui.words import counted

if TYPE_CHECKING:
    from core.store import Store
    from core.store.rows import LineRow

CONFIRMED: Final = "to confirm"
APPROVED: Final = "to approve as the buyer asks"
AGAIN: Final = "to confirm again"
CANCELLED: Final = "to CANCEL as the buyer asks"

_ASKED: Final[Mapping[str | None, str]] = {
    InProgressStatus.OPEN_BUYER_REOPEN_REQUEST: APPROVED,
    InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST: AGAIN,
    InProgressStatus.CANCELLATION_REQUESTED: CANCELLED,
}
_OPEN: Final = (ProcessStatus.ISSUED, ProcessStatus.IN_PROGRESS)
_PAGE: Final = 500

Agreed = Mapping[str, int]
"""How many lines a yes is what to."""


def agreed(
    store: Store, order_ids: Sequence[int], positions: Callable[[int], Collection[str]] = lambda _: ()
) -> Iterator[tuple[int, Agreed]]:
    """For each of the orders that has lines, what a yes is to those that it means, or to those at its `positions`.

    What is agreed already, or takes no answer any more, is not counted.
    """
    for start in range(0, len(order_ids), _PAGE):
        rows = lines_of(store, order_ids[start : start + _PAGE])
        for order_id, lines in groupby(rows, lambda row: row.order_id):
            yield order_id, of_lines([*lines], positions(order_id))


def of_lines(lines: Sequence[LineRow], positions: Collection[str] = ()) -> Agreed:
    chosen = [line for line in lines if line.position in positions] if positions else _meant(lines)
    return Counter(_ASKED.get(line.in_progress_status, CONFIRMED) for line in chosen if line.process_status in _OPEN)


def _meant(lines: Sequence[LineRow]) -> Sequence[LineRow]:
    """Lines that wait for our word; where none does, all that are open."""
    return [line for line in lines if line.awaited in OURS] or lines


def in_lines(agreed: Iterable[Agreed]) -> list[tuple[int, str]]:
    """How many lines of all these orders, and what a yes is to them; the most serious first."""
    total: Counter[str] = Counter()
    for each in agreed:
        total.update(each)
    return [(total[word], word) for word in (CANCELLED, APPROVED, AGAIN, CONFIRMED) if total[word]]


def in_words(agreed: Iterable[Agreed]) -> str:
    """`1 line to CANCEL as the buyer asks, 12 lines to confirm`"""
    return ", ".join(f"{counted(lines, 'line')} {word}" for lines, word in in_lines(agreed)) or "no line to confirm"
