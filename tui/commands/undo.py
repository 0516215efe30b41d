"""`podesk undo`: take back what has not left yet; and where it has, what would set it right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.choosing import its_lines, line_option, loaded, po_arguments, the_orders
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option
from tui.display import display
from tui.ending import complain

if TYPE_CHECKING:
    from core.decisions import Decision, Undo
    from core.model import Order, OrderKey
    from core.store import Store
    from core.transition import Compensation

_LONGEST = 400
"""Of a sentence among others."""


@click.command(short_help="Take back what has not left yet.")
@po_arguments
@line_option
@click.option("--compensate", is_flag=True, help="It left: send the message that sets it right, where there is one.")
@click.option("--reason", metavar="T", help="With --compensate: why; the buyer reads it.")
@json_option
@pass_desk
def undo(
    desk: Desk, pos: tuple[str, ...], lines: tuple[str, ...], compensate: bool, reason: str | None, as_json: bool
) -> int:
    """Take back what was decided on the orders PO… and has not left yet: all of it, or what was said to --line P….

    What has left can't be taken back. For each of its lines it is told which message would set it right, where the state
    allows one; --compensate sends it, after the undo window as any answer.

    \b
    Examples:
      podesk undo 4500012345
      podesk undo 4500012345 --line 10 --compensate --reason "The other part is on stock after all"
    """
    if not pos:
        raise click.UsageError("name an order: PO")
    if reason is not None and (not compensate or not reason.strip()):
        raise click.UsageError("--reason goes with --compensate, and says why")
    with desk.writing() as store:
        rows = the_orders(store, pos)
        past = _Past(desk, store, {loaded(store, row.id).record.order.key: row.id for row in rows}, lines)
        order_ids = [row.id for row in rows]
        if not compensate:
            return carry_out(desk, store, order_ids, past.undoing, "taken back", as_json=as_json, window_runs_on=True)
        status = carry_out(
            desk, store, order_ids, lambda order: past.compensating(order, reason), "set right", as_json=as_json
        )
    for sentence in past.left_alone:
        complain(sentence)
    return status


class _Past:
    """What was decided on some orders: what of it is still ours, and what would set right the rest."""

    def __init__(self, desk: Desk, store: Store, order_ids: dict[OrderKey, int], lines: tuple[str, ...]) -> None:
        self.left_alone: dict[str, None] = {}
        """Sentences on the lines that nothing sets right."""
        self._desk = desk
        self._store = store
        self._order_ids = order_ids
        self._lines = lines

    def undoing(self, order: Order) -> Undo:
        """Raises NoLines where all has left, with what would set it right."""
        from core.decisions import Undo

        positions = its_lines(order, self._lines)
        record = loaded(self._store, self._order_ids[order.key]).record
        if record.pending is None and record.in_flight is None and (found := self._found(order, positions)):
            raise _left(order, found)
        return Undo(id=new_id(), at=now(), positions=positions)

    def compensating(self, order: Order, reason: str | None) -> Decision:
        """Raises NoLines where nothing sets it right, or it has not left."""
        from core.decisions import Decision, LineDecision

        positions = its_lines(order, self._lines)
        record = loaded(self._store, self._order_ids[order.key]).record
        unsent = {line.position for line in record.pending.lines} if record.pending is not None else set()
        found = self._found(order, positions)
        if record.in_flight is not None or not found or any(one.position in unsent for one in found):
            raise _no_lines(order, _WHERE_IT_IS)
        sendable = [one for one in found if _is_complete(one)]
        if not sendable or (positions and len(sendable) < len(found)):
            raise _left(order, found)
        self.left_alone |= {f"{order.key.number}, {one.sentence}": None for one in found if not _is_complete(one)}
        lines = [
            LineDecision(position=one.position, act=one.act, terms=one.terms, reason=reason)
            for one in sendable
            if one.act is not None
        ]
        return Decision(id=new_id(), at=now(), lines=tuple(lines))

    def _found(self, order: Order, positions: tuple[str, ...]) -> tuple[Compensation, ...]:
        from core.compensating import compensations

        connection = self._desk.settings.connection_named(order.key.connection)
        if connection is None:
            return ()
        return compensations(self._store, self._order_ids[order.key], connection.terms, positions)


_WHERE_IT_IS = (
    "nothing of ours has left that could be set right, or an answer of ours waits or is being sent; `podesk undo` without "
    "--compensate takes back what has not left"
)


def _is_complete(one: Compensation) -> bool:
    """Whether it can be sent as it stands; other terms are else for the operator to name."""
    from core.decisions import Act

    return one.act is not None and (one.act is not Act.PROPOSE or one.terms is not None)


def _left(order: Order, found: tuple[Compensation, ...]) -> Exception:
    offers = [f"  {display(one.sentence, _LONGEST)}" for one in found]
    how = ["`podesk undo --compensate` sends what sets it right."] if any(map(_is_complete, found)) else []
    return _no_lines(order, "\n".join(["what was answered has left.", *offers, *how]))


def _no_lines(order: Order, sentence: str) -> Exception:
    from tui.answers import NoLines

    return NoLines(order.key.number, f"order {display(order.key.number, 60)}: {sentence}")
