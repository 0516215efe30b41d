"""`podesk confirm`, `reject` and `withdraw`: our word on an order, on some of its lines, or on hundreds."""

from __future__ import annotations

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

reason_option = click.option("--reason", metavar="T", required=True, help="Why; the buyer reads it.")


@click.command(short_help="Agree: accept, approve what the buyer asks, reconfirm.")
@po_arguments
@line_option
@view_option
@click.option("--all", "everything", is_flag=True, help="With --view: every order of the view.")
@json_option
@pass_desk
def confirm(
    desk: Desk, pos: tuple[str, ...], lines: tuple[str, ...], view: str | None, everything: bool, as_json: bool
) -> int:
    """Agree to the orders PO…: accept as requested, approve what the buyer asks, or reconfirm, as each line calls for.

    Without --line, the lines that wait for our word. What was refused is told with the reason; the others are done.
    To agree with a buyer who asks to cancel is to cancel: of a view, only buyer-asks agrees to that; the others leave such
    orders to be confirmed by their numbers.

    \b
    Examples:
      podesk confirm 4500012345
      podesk confirm 4500012345 --line 10 --line 20
      podesk confirm --view to-answer --all

    The answer leaves after the undo window (`operator_hold`); until then `podesk undo` takes it back. JSON: an array with
    the object of `podesk orders --json` for each order, and "result" (done, unchanged, refused), "reason", "notes".
    """
    from core.decisions import Act

    if everything != (view is not None):
        raise click.UsageError("--view and --all go together: they mean every order of the view")
    if view is not None and (pos or lines):
        raise click.UsageError("either PO…, or --view and --all for every order of a view; not both")
    with desk.writing() as store:
        if view is not None:
            from core.store import queries
            from core.store.rows import View

            order_ids = list(queries.order_ids(store, view=View(view), now=now()))
            if not order_ids:
                complain(f"There is nothing in {view}.")
        else:
            order_ids = _named(store, pos)
        agreeing = _deciding(Act.AGREE, lines)
        if view not in (None, "buyer-asks"):
            agreeing = _but_no_cancellation(agreeing)
        return carry_out(desk, store, order_ids, agreeing, _became("confirm"), as_json=as_json, fits=not lines)


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
        return carry_out(desk, store, order_ids, refusing, _became("reject"), as_json=as_json)


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


def _but_no_cancellation(deciding: Callable[[Order], Decision]) -> Callable[[Order], Decision]:
    """…of orders that nobody named: who confirms a whole list doesn't mean to cancel some of it."""

    def confirming(order: Order) -> Decision:
        from core.model import InProgressStatus
        from tui.answers import NoLines
        from tui.display import display

        asked = [
            line.position for line in order.lines if line.in_progress_status is InProgressStatus.CANCELLATION_REQUESTED
        ]
        if asked:
            number = order.key.number
            raise NoLines(
                number,
                f"order {display(number, 60)}: the buyer asks to cancel line {', '.join(display(one, 20) for one in asked)};"
                f" to cancel as asked, confirm it by its number or with --view buyer-asks",
            )
        return deciding(order)

    return confirming


def _became(action: str) -> Callable[[Changed], str]:
    def became(changed: Changed) -> str:
        from tui import words

        return words.in_words(words.became(action, changed))

    return became
