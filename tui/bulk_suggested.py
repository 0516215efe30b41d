"""All that is marked answered as the rules suggest: what that will be is counted first, line by line.

The rules are asked of every marked order, and once more when it is answered: an order on which they say something else by
then is refused, as is one that somebody changed after it was marked. What they leave to a person stays marked.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from core.decisions import Act, Decision, Despatch, LineDecision, Undo
from core.orderbook import Conflict, OrderBook
from core.store import Store, StoreDamaged
from core.store.queries import rows_by_id
from core.store.rows import OrderRow
from core.store.tasks import TaskRow, tasks_of
from core.suggestion import Suggestion, as_suggested, suggestion
from core.transition import TransitionRefused
from tui.bulk import BulkScreen, Job, Result, has_changed
from tui.display import display
from tui.row_list import fitted
from tui.rule_words import answer
from tui.words import PROCESS, buyer, counted

if TYPE_CHECKING:
    from tui.app import Desk

_PAGE: Final = 128
_MOST_NAMED: Final = 1000
_MOST_ANSWERS: Final = 4
"""Answers that are told apart in the row of an order; more are counted."""
_MOST_POSITIONS: Final = 5
_WORDS: Final = {
    Act.ACCEPT: "accepted",
    Act.REJECT: "rejected",
    Act.PROPOSE: "answered with other terms",
    Act.APPROVE: "approved as the buyer asks",
    Act.REFUSE: "refused what the buyer asks",
    Act.RECONFIRM: "confirmed again",
}
_CANCELLED: Final = "CANCELLED as the buyer asks"
_NO_RULES: Final = "no rules are for its buyer"
_NOTHING_WAITS: Final = "nothing of it waits for our answer"
_ALL_OURS: Final = "the rules leave all of it to a person"
_CHANGED: Final = "changed since you marked it"


@dataclass
class Foreseen:
    """What answering as the rules suggest would be, as far as the marked orders have been looked at."""

    orders: list[tuple[int, int]] = field(default_factory=list)
    """Ids of those that the rules have an answer to, and the revision that the operator saw."""
    digests: dict[int, str] = field(default_factory=dict)
    """…and what exactly they say of each."""
    lines: Counter[str] = field(default_factory=Counter)
    """Lines by what becomes of them."""
    said: dict[int, Counter[str]] = field(default_factory=dict)
    """…of each order."""
    by_connection: Counter[str] = field(default_factory=Counter)
    lines_left: int = 0
    """Lines of theirs that are left to a person."""
    left: Counter[str] = field(default_factory=Counter)
    """Marked orders that stay as they are, by why."""
    missing: int = 0
    named: list[str] = field(default_factory=list)
    """The first of the orders, a line each, fit to be shown."""


def look_over(
    book: OrderBook,
    marks: Mapping[int, int],
    actor: str,
    progress: Callable[[int], None],
    stop: Callable[[], bool] = lambda: False,
) -> Foreseen:
    """Ask the rules of every marked order. `progress` hears how many have been looked at. Raises StoreError."""
    found = Foreseen()
    ids = list(marks)
    for start in range(0, len(ids), _PAGE):
        page = ids[start : start + _PAGE]
        rows = rows_by_id(book.store, page, book.clock())
        tasks = tasks_of(book.store, page)
        found.missing += len(page) - len(rows)
        for row in rows:
            if stop():
                return found
            _look(book, row, tasks.get(row.id, ()), marks[row.id], actor, found)
        progress(start + len(page))
    return found


def _look(book: OrderBook, row: OrderRow, tasks: Sequence[TaskRow], seen: int, actor: str, found: Foreseen) -> None:
    try:
        suggested = suggestion(book, row.id)
    except StoreDamaged as error:
        _leave(found, row, str(error))
        return
    why = _why_left(book, row, suggested, seen, actor)
    if why is not None or suggested is None:
        reasons = suggested.left if suggested is not None and why == _ALL_OURS else ()
        _leave(found, row, why or _NOTHING_WAITS, next((reason for _, reason in reasons), None))
        return
    to_cancel = {task.position for task in tasks if task.kind == "cancellation"}
    words = Counter(_word(mine, to_cancel) for mine in suggested.lines)
    found.orders.append((row.id, seen or suggested.revision))
    found.digests[row.id] = suggested.digest
    found.said[row.id] = words
    found.lines += words
    found.lines_left += len(suggested.left)
    found.by_connection[row.connection] += 1
    if len(found.named) < _MOST_NAMED:
        found.named.append(_row(row, _answers(suggested, to_cancel)))


def _why_left(book: OrderBook, row: OrderRow, suggested: Suggestion | None, seen: int, actor: str) -> str | None:
    if suggested is None:
        connection = book.settings.connection_named(row.connection)
        return _NO_RULES if connection is None or connection.rules == "off" else _NOTHING_WAITS
    if suggested.trouble is not None:
        return f"the rules can't be asked: {suggested.trouble}"
    if not suggested.lines:
        return _ALL_OURS
    if seen not in (0, suggested.revision):
        # What only left or was delivered meanwhile is no change to the operator's eyes, so it is tried.
        try:
            decision, _ = as_suggested(book, row.id, shown=suggested.digest)
            book.try_out(row.id, decision, actor, expected_revision=seen)
        except Conflict:
            return _CHANGED
        except TransitionRefused:
            return None  # it will be told when it is done, as of any other order
    return None


def _leave(found: Foreseen, row: OrderRow, why: str, closer: str | None = None) -> None:
    """`closer`: why of this very order, where `why` is said of many."""
    found.left[why] += 1
    if len(found.named) < _MOST_NAMED:
        found.named.append(_row(row, f"left to you: {display(closer or why, 300)}"))


def _word(mine: LineDecision, to_cancel: set[str]) -> str:
    return _CANCELLED if mine.act is Act.APPROVE and mine.position in to_cancel else _WORDS[mine.act]


def _row(row: OrderRow, said: str) -> str:
    status = PROCESS.get(row.process_status, row.process_status)
    return f"{fitted(status, 13)} {fitted(display(row.number, 60), 20)} {fitted(buyer(row), 24)} {said}"


def _answers(suggested: Suggestion, to_cancel: set[str]) -> str:
    """`line 10, 20 accept; line 30 reject (“no longer made”); 1 line left to you`"""
    alike: dict[str, list[str]] = {}
    for mine in suggested.lines:
        said = "CANCEL as the buyer asks" if _word(mine, to_cancel) == _CANCELLED else answer(mine)
        alike.setdefault(said, []).append(display(mine.position, 20))
    parts = []
    for said, positions in list(alike.items())[:_MOST_ANSWERS]:
        named = ", ".join(positions)
        parts.append(
            f"{f'line {named}' if len(positions) <= _MOST_POSITIONS else counted(len(positions), 'line')} {said}"
        )
    if len(alike) > _MOST_ANSWERS:
        rest = sum(len(positions) for positions in list(alike.values())[_MOST_ANSWERS:])
        parts.append(f"{counted(rest, 'more line')} otherwise")
    if suggested.left:
        parts.append(f"{counted(len(suggested.left), 'line')} left to you")
    return "; ".join(parts)


def in_lines(words: Mapping[str, int]) -> str:
    """`3 lines accepted, 1 line rejected`"""
    return ", ".join(f"{counted(lines, 'line')} {word}" for word, lines in words.items())


class SuggestedScreen(BulkScreen):
    """Counts what the rules suggest, goes, tells."""

    def __init__(self, marks: Mapping[int, int]) -> None:
        super().__init__(Job("suggested", tuple(marks.items())))
        self._marks = dict(marks)
        self._found: Foreseen | None = None
        self._looked_at = 0
        self._enough = threading.Event()

    def _title(self) -> str:
        return "Answer as the rules suggest: all that is marked"

    async def _summarise(self) -> None:
        # A thread of its own: asking the rules of thousands takes a while, and answers elsewhere don't wait for it.
        desk, marks, stop = self.desk, self._marks, self._enough
        thread = desk.new_writer("desk-look-over")
        counting = self.set_interval(0.2, self._tell_looking)
        try:
            found = await desk.read(
                thread.ask(lambda book: look_over(book, marks, desk.actor, self._has_looked, stop.is_set))
            )
        finally:
            counting.stop()
            thread.stop()
        if found is None or stop.is_set():
            return
        self._found = found
        self._list.show_lines(list(self._told(found)))
        self.say("")
        self.show_keys()

    async def look(self) -> None:
        """Asking the rules again takes a while; what changed is told, and will be refused."""
        found = self._found
        if found is None or self._job is not None:
            return
        now, orders = self.desk.clock(), dict(found.orders)

        def count(store: Store) -> int:
            return sum(has_changed(store, row, orders[row.id]) for row in rows_by_id(store, list(orders), now))

        changed = await self.desk.read(self.desk.reading.ask(count))
        if changed and self._job is None:
            self.say(f"{changed:,} of them changed since the rules were asked; those will be refused")

    def _has_looked(self, orders: int) -> None:
        self._looked_at = orders

    def _tell_looking(self) -> None:
        self.say(f"The rules are asked: {self._looked_at:,} of {counted(len(self._marks), 'order')} …")

    def _told(self, found: Foreseen) -> Iterator[str]:
        marked = f"{len(self._marks):,} that {'is' if len(self._marks) == 1 else 'are'} marked"
        yield f"As the rules suggest: {counted(len(found.orders), 'order')} of {marked}"
        yield ""
        for word, lines in found.lines.most_common():
            yield f"  {lines:>7,}  {'line' if lines == 1 else 'lines'} {word}"
        if found.lines_left:
            yield f"  {found.lines_left:>7,}  {'line' if found.lines_left == 1 else 'lines'} of theirs left to you"
        if found.orders:
            yield ""
        for connection, orders in sorted(found.by_connection.items()):
            yield f"  {orders:>7,}  {connection}"
        if found.left or found.missing:
            yield ""
            yield f"{counted(sum(found.left.values()), 'order')} left to you, and marked still:"
            for why, orders in found.left.most_common():
                yield f"  {orders:>7,}  {display(why, 300)}"
            if found.missing:
                yield f"  {found.missing:>7,}  not there any more"
        yield ""
        if found.orders:
            yield self.how_they_leave()
            yield "Press enter to go, q to leave it. What an order's rules refuse stays marked."
        else:
            yield "There is nothing to answer. Press q to leave it."
        yield ""
        yield from found.named
        if (more := len(self._marks) - found.missing - len(found.named)) > 0:
            yield f"… and {counted(more, 'more order')}"

    def do_go(self) -> None:
        if self._finished:
            super().do_go()
        elif self._found is None:
            self.say("The rules are being asked yet")
        elif not self._found.orders:
            self.say("Not possible: the rules suggest no answer to any of them")
        else:
            self._go(Job("suggested", tuple(self._found.orders)))

    def entry(self, book: OrderBook, job: Job, order_id: int) -> Decision | Despatch | Undo:
        if job.action != "suggested" or self._found is None:
            return super().entry(book, job, order_id)
        decision, _ = as_suggested(book, order_id, shown=self._found.digests[order_id])
        return decision

    def beside(self, result: Result) -> str:
        words = self._words_of(result)
        return f": {in_lines(words)}" if words else ""

    def in_all(self, taken: Sequence[Result]) -> str:
        words: Counter[str] = Counter()
        for result in taken:
            words += Counter(self._words_of(result))
        return f" ({in_lines(dict(words.most_common()))})" if words else ""

    def _words_of(self, result: Result) -> Mapping[str, int]:
        if self._found is None or self._job is None or self._job.action != "suggested":
            return {}
        return self._found.said.get(result.order_id, {})

    def do_back(self) -> None:
        self._enough.set()
        super().do_back()

    def on_unmount(self) -> None:
        self._enough.set()


def ask_for_suggested(desk: Desk) -> SuggestedScreen:
    """The summary of what the rules suggest for all marked orders."""
    return SuggestedScreen(desk.marks)
