"""`podesk confirm`, `reject` and `withdraw`: our word on an order, on some of its lines, or on hundreds."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tui.commands.choosing import its_lines, line_option, po_arguments, the_orders
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.orders import view_option
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option
from tui.ending import complain

if TYPE_CHECKING:
    from core.decisions import Act, Decision
    from core.model import Order
    from core.orderbook import Changed
    from core.store import Store

_CANCELS = "buyer-asks"
"""The view of which a yes is one to cancellations too."""

reason_option = click.option("--reason", metavar="T", required=True, help="Why; the buyer reads it.")


@click.command(short_help="Agree: accept, approve what the buyer asks, reconfirm.")
@po_arguments
@line_option
@view_option
@click.option("--all", "everything", is_flag=True, help="With --view: every order of the view.")
@click.option("--yes", is_flag=True, help="With --view: don't ask before lines are cancelled as their buyers ask.")
@json_option
@pass_desk
def confirm(
    desk: Desk,
    pos: tuple[str, ...],
    lines: tuple[str, ...],
    view: str | None,
    everything: bool,
    yes: bool,
    as_json: bool,
) -> int:
    """Agree to the orders PO…: accept as requested, approve what the buyer asks, or reconfirm, as each line calls for.

    Without --line, the lines that wait for our word. What was refused is told with the reason; the others are done.
    To agree with a buyer who asks to cancel is to cancel: of a view, only buyer-asks agrees to that; the others leave such
    orders to be confirmed by their numbers. Of a view it is told first how many lines it confirms, approves as their buyers
    ask and cancels; at a terminal it is asked before any is cancelled.

    \b
    Examples:
      podesk confirm 4500012345
      podesk confirm 4500012345 --line 10 --line 20
      podesk confirm --view to-answer --all
      podesk confirm --view buyer-asks --all --yes

    The answer leaves after the undo window (`operator_hold`); until then `podesk undo` takes it back. JSON: an array with
    the object of `podesk orders --json` for each order, and "result" (done, unchanged, refused), "reason", "notes" and
    "became", the positions of the lines that were "confirmed", "approved", "reconfirmed" or "cancelled".
    """
    from core.decisions import Act

    if everything != (view is not None):
        raise click.UsageError("--view and --all go together: they mean every order of the view")
    if view is not None and (pos or lines):
        raise click.UsageError("either PO…, or --view and --all for every order of a view; not both")
    if yes and view is None:
        raise click.UsageError("--yes goes with --view and --all")
    with desk.writing() as store:
        agreeing = _deciding(Act.AGREE, lines)
        if view is not None:
            order_ids, counted = _foreseen(store, view, ask=not yes)
            agreeing = _but_no_other_cancellation(agreeing, counted)
        else:
            order_ids = _named(store, pos)
        became = _became("confirm")
        return carry_out(
            desk, store, order_ids, agreeing, _in_words(became), as_json=as_json, fits=not lines, became=became
        )


@click.command(short_help="Reject, or refuse what the buyer asks.")
@po_arguments
@line_option
@reason_option
@json_option
@pass_desk
def reject(desk: Desk, pos: tuple[str, ...], lines: tuple[str, ...], reason: str, as_json: bool) -> int:
    """Reject the orders PO…, or refuse what the buyer asks, as each line calls for.

    Without --line, the lines that wait for our word.

    \b
    Example:
      podesk reject 4500012345 --line 10 --reason "We no longer make this item"
    """
    from core.decisions import Act

    why = a_reason(reason)
    with desk.writing() as store:
        order_ids = _named(store, pos)
        refusing = _deciding(Act.DISAGREE, lines, why)
        became = _became("reject")
        return carry_out(desk, store, order_ids, refusing, _in_words(became), as_json=as_json, became=became)


@click.command(short_help="Take back our open request.")
@po_arguments
@line_option
@json_option
@pass_desk
def withdraw(desk: Desk, pos: tuple[str, ...], lines: tuple[str, ...], as_json: bool) -> int:
    """Take back our proposal or request on the orders PO… that waits for the buyer.

    Without --line, every line on which one is open. What has not left yet is taken back by `podesk undo` instead.
    """
    from core.decisions import Act

    with desk.writing() as store:
        order_ids = _named(store, pos)
        return carry_out(desk, store, order_ids, _deciding(Act.WITHDRAW, lines), "withdrawn", as_json=as_json)


def a_reason(text: str) -> str:
    """The reason, when there is one in it. Raises click.UsageError."""
    if not text.strip():
        raise click.UsageError("--reason is empty; say why, the buyer reads it")
    return text.strip()


def _named(store: Store, pos: tuple[str, ...]) -> list[int]:
    if not pos:
        raise click.UsageError("name an order: PO")
    return [row.id for row in the_orders(store, pos)]


def _deciding(act: Act, lines: tuple[str, ...], reason: str | None = None) -> Callable[[Order], Decision]:
    def deciding(order: Order) -> Decision:
        from tui import answers

        return answers.decision(order, act, id=new_id(), at=now(), positions=its_lines(order, lines), reason=reason)

    return deciding


_Counted = dict[tuple[str, str, str], set[str]]
"""By connection, buyer and number of an order: the lines that were counted as to be cancelled."""


def _but_no_other_cancellation(deciding: Callable[[Order], Decision], counted: _Counted) -> Callable[[Order], Decision]:
    """…of orders that nobody named: who confirms a whole list doesn't mean to cancel what nobody told of."""

    def confirming(order: Order) -> Decision:
        from core.model import InProgressStatus
        from tui.answers import NoLines
        from tui.display import display

        key = order.key
        told = counted.get((key.connection, key.buyer, key.number), ())
        asked = [
            line.position
            for line in order.lines
            if line.in_progress_status is InProgressStatus.CANCELLATION_REQUESTED and line.position not in told
        ]
        if asked:
            number = key.number
            raise NoLines(
                number,
                f"order {display(number, 60)}: the buyer asks to cancel line {', '.join(display(one, 20) for one in asked)};"
                f" to cancel as asked, confirm it by its number or with --view buyer-asks",
            )
        return deciding(order)

    return confirming


def _became(action: str) -> Callable[[Changed], dict[str, tuple[str, ...]]]:
    def became(changed: Changed) -> dict[str, tuple[str, ...]]:
        from tui import words

        return words.became(action, changed)

    return became


def _in_words(became: Callable[[Changed], dict[str, tuple[str, ...]]]) -> Callable[[Changed], str]:
    def in_words(changed: Changed) -> str:
        from tui import words

        return words.in_words(became(changed))

    return in_words


def _foreseen(store: Store, view: str, *, ask: bool) -> tuple[list[int], _Counted]:
    """The orders of a view to be agreed to, when it has been told, and perhaps asked, what that is to their lines.

    With the lines that it cancels.
    """
    from core.model import InProgressStatus
    from core.store import queries
    from core.store.rows import View
    from tui import agreeing
    from tui.words import counted

    order_ids = list(queries.order_ids(store, view=View(view), now=now()))
    if not order_ids:
        complain(f"There is nothing in {view}.")
        return [], {}
    agreed = dict(agreeing.agreed(store, order_ids))
    to_cancel = {order_id for order_id, lines in agreed.items() if agreeing.CANCELLED in lines}
    if view != _CANCELS:
        agreed = {order_id: lines for order_id, lines in agreed.items() if order_id not in to_cancel}
    complain(f"{counted(len(agreed), 'order')} of {view}: {agreeing.in_words(agreed.values())}.")
    if view != _CANCELS and to_cancel:
        complain(f"{counted(len(to_cancel), 'order')} of {view} left out: the buyer asks to cancel.")
    if view != _CANCELS or not to_cancel:
        return order_ids, {}
    lines: _Counted = {}
    keys = {row.id: (row.connection, row.buyer, row.number) for row in queries.rows_by_id(store, [*to_cancel], now())}
    for line in queries.lines_of(store, [*to_cancel]):
        if line.in_progress_status == InProgressStatus.CANCELLATION_REQUESTED:
            lines.setdefault(keys[line.order_id], set()).add(line.position)
    if ask and sys.stdin.isatty() and sys.stderr.isatty() and not click.confirm("Go on?", err=True):
        complain("Nothing was done.")
        return [], {}
    return order_ids, lines
