"""`podesk contact`: who of us is responsible for orders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tui.commands.choosing import po_arguments, the_orders
from tui.commands.desk import Desk, new_id, now, pass_desk
from tui.commands.outcome import carry_out
from tui.commands.printing import json_option

if TYPE_CHECKING:
    from core.decisions import Decision
    from core.model import Order


@click.command(short_help="Hand orders to somebody else of us.")
@po_arguments
@click.option("--email", metavar="E", help="Of who is responsible from now on.")
@click.option("--user-name", metavar="U", help="…or the name by which the buyer's platform knows them.")
@json_option
@pass_desk
def contact(desk: Desk, pos: tuple[str, ...], email: str | None, user_name: str | None, as_json: bool) -> int:
    """Tell the buyers of the orders PO… who is responsible for them from now on. Nothing else changes.

    \b
    Example:
      podesk contact 4500012345 4500012346 --email anna@supplier.example
    """
    from pydantic import ValidationError

    from core import answers

    if not pos:
        raise click.UsageError("name an order: PO")
    if (email is None) == (user_name is None):
        raise click.UsageError("say who: --email or --user-name, one of them")
    try:
        said = answers.Answer.model_validate({"contact": {"email": email, "user_name": user_name}})
    except ValidationError:
        named = "--email is no e-mail address" if email is not None else "--user-name is no name on one line"
        raise click.UsageError(named) from None

    def handing_over(order: Order) -> Decision:
        return answers.decision(said, order, id=new_id(), at=now(), attached={})

    with desk.writing() as store:
        order_ids = [row.id for row in the_orders(store, pos)]
        return carry_out(desk, store, order_ids, handing_over, "handed over", as_json=as_json)
