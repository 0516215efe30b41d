"""`podesk propose`: other dates, quantities or prices for a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.answering import a_reason, reason_option
from tui.commands.choosing import its_lines, po_argument, the_order
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option
from tui.display import display
from tui.ending import Exit, complain

if TYPE_CHECKING:
    from core.decisions import Decision
    from core.model import Order
    from core.orderbook import Changed


@click.command(short_help="Answer a line with other dates, quantities or prices.")
@po_argument
@click.option("--line", "position", metavar="P", required=True, help="The line, by its position.")
@click.option(
    "--delivery",
    "deliveries",
    metavar="[POS:]DATE=QTY",
    multiple=True,
    help="A planned delivery; see above which stay. ? is a date or quantity not known yet.",
)
@click.option("--net-price", metavar="V", help="Net, in the buyer's currency, unit and unit quantity.")
@click.option("--gross-price", metavar="V", help="Gross, likewise.")
@click.option("--discount", metavar="D", help="In percent of the gross price.")
@reason_option
@json_option
@pass_desk
def propose(
    desk: Desk,
    po: str,
    position: str,
    deliveries: tuple[str, ...],
    net_price: str | None,
    gross_price: str | None,
    discount: str | None,
    reason: str,
    as_json: bool,
) -> int:
    """Answer a line of the order PO with other terms. What isn't named stays as requested.

    Where each --delivery names the position (POS) of a delivery that was requested, the other deliveries stay as
    requested. As soon as one names none, those named are the whole schedule: without POS: the nth takes the nth existing
    position, and further ones get none: new splits. A total quantity that differs from the one requested is pointed out.

    Whether it is a proposal that the buyer decides on, or confirms at once, is for the buyer's platform to say. Terms that
    are those requested confirm the line.

    \b
    Examples:
      podesk propose 4500012345 --line 10 --delivery 2026-12-01=100 --reason "Rolling mill overhaul"
      podesk propose 4500012345 --line 10 --delivery 2026-12-01=60 --delivery 2027-01-15=40 --reason "In two parts"
      podesk propose 4500012345 --line 10 --delivery 2:?=40 --reason "The second part is not planned yet"
      podesk propose 4500012345 --line 10 --net-price 12.50 --reason "Price list 2027"
      podesk propose 4500012345 --line 10 --gross-price 15 --discount 12.5 --reason "Price list 2027"
    """
    from core.decisions import Act, Decision, LineDecision
    from core.model import ProcessStatus, plain, total_quantity
    from core.terms import same_terms
    from tui import proposing
    from tui.proposing import NamedTerms, NotUnderstood

    why = a_reason(reason)
    try:
        named = NamedTerms(
            deliveries=tuple(proposing.delivery(text) for text in deliveries),
            net_price=None if net_price is None else proposing.decimal(net_price, "price"),
            gross_price=None if gross_price is None else proposing.decimal(gross_price, "price"),
            discount=None if discount is None else proposing.decimal(discount, "discount"),
        )
    except NotUnderstood as error:
        raise click.UsageError(display(str(error), 400)) from None
    if named.names_nothing:
        raise click.UsageError("say what is different: --delivery, --net-price, --gross-price or --discount")

    notes: set[str] = set()

    def proposal(order: Order) -> Decision:
        (chosen,) = its_lines(order, (position,))
        line = order.line(chosen)
        assert line is not None  # `its_lines` has looked
        try:
            terms = proposing.terms(named, order, line)
        except NotUnderstood as error:
            raise click.UsageError(display(str(error), 400)) from None
        if line.confirmed is not None and not same_terms(line.confirmed, line.requested):
            notes.add(
                f"Line {display(chosen, 40)} is agreed on other terms than requested; what you did not name goes back to "
                "what was requested (see `podesk show`)."
            )
        ours, asked = (total_quantity(each.delivery_schedule) for each in (terms, line.requested))
        if ours is not None and asked is not None and ours != asked:
            notes.add(
                f"Line {display(chosen, 40)}: the quantities come to {plain(ours)}, and {plain(asked)} was requested."
            )
        decided = LineDecision(position=chosen, act=Act.PROPOSE, terms=terms, reason=why)
        return Decision(id=new_id(), at=now(), lines=(decided,))

    def became(changed: Changed) -> str:
        line = changed.step.record.order.line(position)
        agreed = line.confirmed if line is not None and line.process_status is ProcessStatus.CONFIRMED else None
        if line is not None and agreed is not None and same_terms(agreed, line.requested):
            return "these terms are those requested, so the line is confirmed"
        return "answered with other terms"

    with desk.writing() as store:
        row = the_order(store, po)
        status = carry_out(desk, store, [row.id], proposal, became, as_json=as_json)
    if status == Exit.DONE:
        for note in sorted(notes):
            complain(note)
    return status
