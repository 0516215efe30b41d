"""Doing what an operator decided, order by order, and telling what came of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from math import ceil
from typing import TYPE_CHECKING, Any, Final

from tui.commands.choosing import loaded
from tui.commands.desk import Desk, actor, now
from tui.commands.printing import Results, print_json
from tui.display import display
from tui.ending import Exit, complain, complain_in_lines

if TYPE_CHECKING:
    from core.model import Order
    from core.orderbook import Changed, OrderBook, Refusal
    from core.pending import Input
    from core.store import Store

Entry = Callable[["Order"], "Input"]
"""What to put to an order, made from the order as it is now. Raises NoLines and TransitionRefused, and click.UsageError for
words that don't fit the order."""

Became = Callable[["Changed"], Mapping[str, Sequence[str]]]
"""By word what became of the lines of an order, with their positions."""

BECAME: Final[Mapping[str, str]] = {
    "confirmed": "confirmed",
    "approved as asked": "approved",
    "confirmed again": "reconfirmed",
    "cancelled as asked": "cancelled",
    "rejected": "rejected",
    "request refused": "refused",
}
"""The words of `tui.words.became`, as JSON has them."""


def carry_out(
    desk: Desk,
    store: Store,
    order_ids: Sequence[int],
    entry: Entry,
    done: str | Callable[[Changed], str],
    *,
    as_json: bool,
    fits: bool = False,
    window_runs_on: bool = False,
    revision: int | None = None,
    became: Became | None = None,
) -> int:
    """Put `entry` to each of the orders and print a result for each; `done` is the word for it, or makes it of what became
    of an order ("confirmed" here, "cancelled as asked" there).

    Unless it `fits` every order, it is tried on each first, so that a line that isn't there is told before anything is
    done to any of them. A refused order doesn't stop the others. `window_runs_on`: what is left to be sent is not decided
    anew, and leaves when it would have. `revision`: of the order as the operator saw it, where that was not just now.
    `became`: what became of each line, which is counted and stands in the JSON. The exit status: 1 when any was refused.
    """
    if not fits:
        from core.store import StoreDamaged
        from core.transition import TransitionRefused
        from tui.answers import NoLines

        for order_id in order_ids:
            try:
                entry(loaded(store, order_id).record.order)
            except (NoLines, TransitionRefused, StoreDamaged):
                continue  # refused below, with the others' results
    book = desk.book(store)
    results = _Results(desk, done, book if window_runs_on else None, became, quiet=as_json)
    try:
        for result in book.change_many(_entries(store, order_ids, entry, results, revision), actor()):
            results.take(result)
    except KeyboardInterrupt:
        complain(
            f"Stopped after {len(results.told)} of {len(order_ids)}; what was done stays done, `podesk undo` takes it back."
        )
        raise
    finally:
        if as_json:
            print_json(results.with_orders(store))
    if len(order_ids) > 1 and not as_json:
        for sentence in results.summary(len(order_ids)):
            complain(sentence)
    return Exit.REFUSED if results.refused else Exit.DONE


def _entries(
    store: Store, order_ids: Sequence[int], entry: Entry, results: _Results, revision: int | None
) -> Iterator[tuple[int, Input, int | None]]:
    from core.orderbook import Refusal
    from core.store import StoreDamaged
    from core.transition import TransitionRefused
    from tui.answers import NoLines
    from tui.overriding import overridden

    for order_id in order_ids:
        try:
            order = loaded(store, order_id)
        except StoreDamaged as error:
            results.take(Refusal(order_id, f"#{order_id}", str(error)))
            continue
        try:
            # With the revision that the entry was made from: nobody's change in between is answered unseen.
            made = entry(order.record.order)
            results.instead[order_id] = overridden(store, order, made, actor(), results.zone)
            yield order_id, made, order.revision if revision is None else revision
        except NoLines as error:
            results.take(Refusal(order_id, order.row.number, str(error)), in_lines=True)
        except TransitionRefused as error:
            results.take(Refusal(order_id, error.number, str(error)))


class _Results:
    """What came of each order, told at once to people or kept for JSON."""

    def __init__(
        self,
        desk: Desk,
        done: str | Callable[[Changed], str],
        running: OrderBook | None,
        became: Became | None,
        *,
        quiet: bool,
    ) -> None:
        """`running`: where to ask how long the window of what is left runs; None: a whole one begins."""
        self.told: dict[int, dict[str, Any]] = {}
        self.instead: dict[int, list[str]] = {}
        """By order: whose unsent answers a decision takes the place of."""
        self.refused = 0
        self._became: Counter[str] = Counter()
        """How many orders each word was said of."""
        self._lines_became: Counter[str] = Counter()
        self._of_lines = became
        self.zone = desk.settings.zone
        self._hold = desk.settings.operator_hold
        self._running = running
        self._done = done
        self._quiet = quiet
        self._lines = Results()

    def take(self, result: Changed | Refusal, *, in_lines: bool = False) -> None:
        """`in_lines`: the lines of a refusal's sentence are ours, and nobody else's."""
        from core.orderbook import Refusal

        if isinstance(result, Refusal):
            self.refused += 1
            self.told[result.order_id] = {"result": "refused", "reason": result.sentence, "notes": []}
            if self._of_lines is not None:
                self.told[result.order_id]["became"] = {}
            if not self._quiet:
                tell = complain_in_lines if in_lines else complain
                tell(f"#{result.order_id} refused: {result.sentence}")
            return
        word = "done" if result.step.changes or result.outbox else "unchanged"
        self._became[self._word(result) if len(self._words(result)) < 2 else "answered line by line"] += 1
        notes = [*self.instead.get(result.order_id, ()), *result.step.notes]
        self.told[result.order_id] = {"result": word, "reason": None, "notes": notes}
        if self._of_lines is not None:
            lines = {word: positions for word, positions in self._words(result).items() if positions}
            self._lines_became.update({word: len(positions) for word, positions in lines.items()})
            self.told[result.order_id]["became"] = {BECAME[word]: list(positions) for word, positions in lines.items()}
        if not self._quiet:
            number = display(result.step.record.order.key.number, 60)
            self._lines.say(f"{number} (#{result.order_id}): {self._sentence(result)}")
            for note in notes:
                complain(f"  {note}")

    def _sentence(self, result: Changed) -> str:
        if not result.step.changes and not result.outbox:
            return "nothing changes by that, and nothing is sent"
        what = f"{self._word(result)}; {result.step.record.order.process_status}"
        if result.outbox:
            return f"{what}; {self._leaves(result)}"
        if result.step.record.pending is not None and result.step.supersedes:
            return f"{what}; kept until the other lines are answered"
        return what

    def _word(self, result: Changed) -> str:
        return self._done if isinstance(self._done, str) else self._done(result)

    def _words(self, result: Changed) -> Mapping[str, Sequence[str]]:
        return self._of_lines(result) if self._of_lines is not None else {}

    def _leaves(self, result: Changed) -> str:
        from core.outgoing import DespatchAdvice
        from tui import words

        if any(isinstance(one, DespatchAdvice) for one in result.step.outgoing):
            return words.leaves(timedelta(0)) if result.step.record.pending is None else "leaves after our answer"
        if self._running is None:
            return words.leaves(self._hold)
        ends = [one.not_before for one in self._running.preview(result.order_id) if one.outbox_id in result.outbox]
        left = max(((end - now()).total_seconds() for end in ends if end is not None), default=0.0)
        return f"the rest {words.leaves(timedelta(seconds=ceil(left)))}"

    def summary(self, asked: int) -> Iterator[str]:
        """`taken back: 3 of 4, 1 refused.`; `confirmed: 2, cancelled as asked: 1; 3 of 4.`; and what became of the lines."""
        refused = f", {self.refused} refused" if self.refused else ""
        done = next(iter(self._became), self._done if isinstance(self._done, str) else "done")
        if len(self._became) > 1:
            done = ", ".join(f"{word}: {orders}" for word, orders in self._became.most_common()) + ";"
        else:
            done = f"{done}:"
        yield f"{done} {len(self.told) - self.refused} of {asked}{refused}."
        if self._lines_became:
            from tui.words import counted

            lines = (f"{counted(lines, 'line')} {word}" for word, lines in self._lines_became.most_common())
            yield f"In all {', '.join(lines)}."

    def with_orders(self, store: Store) -> list[dict[str, Any]]:
        """Each result beside its order as it is now."""
        from core.store import queries
        from tui import views

        return [{**views.order(row), **self.told[row.id]} for row in queries.rows_by_id(store, list(self.told), now())]
