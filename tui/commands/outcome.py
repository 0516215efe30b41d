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
"""What to put to an order, made from the order as it is now."""


def carry_out(desk: Desk, store: Store, order_ids: Sequence[int], entry: Entry, done: str, *, as_json: bool) -> int:
    """Put `entry` to each of the orders and print a result for each; `done` is the word for it ("confirmed").

    A refused order doesn't stop the others. The exit status: 1 when any was refused.
    """
    from core.orderbook import Refusal

    if len(order_ids) <= _CHECKED_FIRST:
        # Few enough to find a mistake in the words (a line that isn't there) before anything is done to any of them.
        for order_id in order_ids:
            entry(loaded(store, order_id).record.order)
    results = Results()
    told: dict[int, dict[str, Any]] = {}
    refused = 0
    book = desk.book(store)
    try:
        for result in book.change_many(_entries(store, order_ids, entry), actor()):
            if isinstance(result, Refusal):
                refused += 1
                told[result.order_id] = {"result": "refused", "reason": result.sentence, "notes": []}
            else:
                word = "done" if result.step.changes or result.outbox else "unchanged"
                told[result.order_id] = {"result": word, "reason": None, "notes": list(result.step.notes)}
            if not as_json:
                _say(results, result, done, desk)
    except KeyboardInterrupt:
        complain(
            f"Stopped after {len(told)} of {len(order_ids)}; what was done stays done, `podesk undo` takes it back."
        )
        raise
    finally:
        if as_json:
            print_json(_with_orders(store, told))
    if len(order_ids) > 1 and not as_json:
        complain(f"{len(told) - refused} of {len(order_ids)} {done}" + (f", {refused} refused." if refused else "."))
    return Exit.REFUSED if refused else Exit.DONE


_CHECKED_FIRST = 100


def _entries(store: Store, order_ids: Sequence[int], entry: Entry) -> Iterator[tuple[int, Input, int | None]]:
    for order_id in order_ids:
        # With the revision that the entry was made from: nobody's change in between is answered unseen.
        order = loaded(store, order_id)
        yield order_id, entry(order.record.order), order.revision


def _say(results: Results, result: Changed | Refusal, done: str, desk: Desk) -> None:
    from core.orderbook import Refusal

    if isinstance(result, Refusal):
        complain(f"{display(result.number, 60)} (#{result.order_id}): refused: {result.sentence}")
        return
    order = result.step.record.order
    results.say(f"{display(order.key.number, 60)} (#{result.order_id}): {_became(result, done, desk)}")
    for note in result.step.notes:
        complain(f"  {note}")


def _became(result: Changed, done: str, desk: Desk) -> str:
    if not result.step.changes and not result.outbox:
        return "nothing changes by that, and nothing is sent"
    order = result.step.record.order
    what = f"{done}; {order.process_status}"
    if result.outbox:
        hold = desk.settings.operator_hold.total_seconds()
        return f"{what}; " + (f"leaves in {hold:g} s" if hold else "leaves at once")
    if result.step.record.pending is not None:
        return f"{what}; kept until the other lines are answered"
    return what


def _with_orders(store: Store, told: dict[int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Each result beside its order as it is now."""
    from core.store import queries
    from tui import views

    return [{**views.order(row), **told[row.id]} for row in queries.rows_by_id(store, list(told), now())]
