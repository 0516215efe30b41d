"""Doing what an operator decided, order by order, and telling what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from tui.commands.choosing import loaded
from tui.commands.desk import Desk, actor, now
from tui.commands.printing import Results, print_json
from tui.display import display
from tui.ending import Exit, complain

if TYPE_CHECKING:
    from core.model import Order
    from core.orderbook import Changed, Refusal
    from core.pending import Input
    from core.store import Store

Entry = Callable[["Order"], "Input"]
"""What to put to an order, made from the order as it is now. Raises NoLines, and click.UsageError for words that don't
fit the order."""


def carry_out(
    desk: Desk, store: Store, order_ids: Sequence[int], entry: Entry, done: str, *, as_json: bool, fits: bool = False
) -> int:
    """Put `entry` to each of the orders and print a result for each; `done` is the word for it ("confirmed").

    Unless it `fits` every order, it is tried on each first, so that a line that isn't there is told before anything is
    done to any of them. A refused order doesn't stop the others. The exit status: 1 when any was refused.
    """
    if not fits:
        from core.store import StoreDamaged
        from tui.answers import NoLines

        for order_id in order_ids:
            try:
                entry(loaded(store, order_id).record.order)
            except (NoLines, StoreDamaged):
                continue  # refused below, with the others' results
    results = _Results(desk, done, quiet=as_json)
    try:
        for result in desk.book(store).change_many(_entries(store, order_ids, entry, results), actor()):
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
        complain(results.summary(len(order_ids)))
    return Exit.REFUSED if results.refused else Exit.DONE


def _entries(
    store: Store, order_ids: Sequence[int], entry: Entry, results: _Results
) -> Iterator[tuple[int, Input, int | None]]:
    from core.orderbook import Refusal
    from core.store import StoreDamaged
    from tui.answers import NoLines

    for order_id in order_ids:
        try:
            order = loaded(store, order_id)
        except StoreDamaged as error:
            results.take(Refusal(order_id, f"#{order_id}", str(error)))
            continue
        try:
            # With the revision that the entry was made from: nobody's change in between is answered unseen.
            yield order_id, entry(order.record.order), order.revision
        except NoLines as error:
            results.take(Refusal(order_id, order.row.number, str(error)))


class _Results:
    """What came of each order, told at once to people or kept for JSON."""

    def __init__(self, desk: Desk, done: str, *, quiet: bool) -> None:
        self.told: dict[int, dict[str, Any]] = {}
        self.refused = 0
        self._hold = desk.settings.operator_hold.total_seconds()
        self._done = done
        self._quiet = quiet
        self._lines = Results()

    def take(self, result: Changed | Refusal) -> None:
        from core.orderbook import Refusal

        if isinstance(result, Refusal):
            self.refused += 1
            self.told[result.order_id] = {"result": "refused", "reason": result.sentence, "notes": []}
            if not self._quiet:
                complain(f"#{result.order_id} refused: {result.sentence}")
            return
        word = "done" if result.step.changes or result.outbox else "unchanged"
        self.told[result.order_id] = {"result": word, "reason": None, "notes": list(result.step.notes)}
        if not self._quiet:
            number = display(result.step.record.order.key.number, 60)
            self._lines.say(f"{number} (#{result.order_id}): {self._became(result)}")
            for note in result.step.notes:
                complain(f"  {note}")

    def _became(self, result: Changed) -> str:
        if not result.step.changes and not result.outbox:
            return "nothing changes by that, and nothing is sent"
        what = f"{self._done}; {result.step.record.order.process_status}"
        if result.outbox:
            return f"{what}; " + (f"leaves in {self._hold:g} s" if self._hold else "leaves at once")
        if result.step.record.pending is not None:
            return f"{what}; kept until the other lines are answered"
        return what

    def summary(self, asked: int) -> str:
        """`taken back: 3 of 4, 1 refused.`"""
        refused = f", {self.refused} refused" if self.refused else ""
        return f"{self._done}: {len(self.told) - self.refused} of {asked}{refused}."

    def with_orders(self, store: Store) -> list[dict[str, Any]]:
        """Each result beside its order as it is now."""
        from core.store import queries
        from tui import views

        return [{**views.order(row), **self.told[row.id]} for row in queries.rows_by_id(store, list(self.told), now())]
