"""What leaves gets what only the settings know (who answers, when, as whom), and then its bytes."""

from __future__ import annotations

from datetime import datetime

from core.config import Settings
from core.connections import Connection
from core.formats import CannotCarry, Rendered, format_named
from core.model import Contact, Order
from core.outgoing import DespatchAdvice, OrderResponse, Outgoing
from core.store.outbox import ADVICE, RESPONSE
from core.transition import TransitionRefused


def kind_of(outgoing: Outgoing) -> str:
    return ADVICE if isinstance(outgoing, DespatchAdvice) else RESPONSE


def sealed(
    outgoing: Outgoing,
    order: Order,
    *,
    connection: Connection,
    settings: Settings,
    actor: str,
    at: datetime,
    document_id: str,
) -> Rendered:
    """The exact bytes for an outgoing message on `order`, decided by `actor` at `at` (aware).

    The connection must have an outbound channel. Raises TransitionRefused when the channel's format has no place for
    something that is said.
    """
    route = connection.outbound
    if route is None:
        raise TransitionRefused(order.key.number, None, f"connection {connection.name} has no outbound channel")
    account = outgoing.buyer_account_number or order.header.buyer_account_number or connection.our_account
    company = outgoing.company_id or connection.company_id
    local = at.astimezone(settings.zone)
    if isinstance(outgoing, OrderResponse):
        outgoing = outgoing.but(
            buyer_account_number=account,
            company_id=company,
            responded_at=local,
            responded_by=_person(actor, settings),
        )
        wanted = route.format
    else:
        outgoing = outgoing.but(buyer_account_number=account, company_id=company, at=local)
        wanted = (route.despatch or route).format
    try:
        return format_named(wanted).render(outgoing, order, document_id)
    except CannotCarry as error:
        raise TransitionRefused(
            order.key.number, error.position, f"{error.format_name} can't carry {error.what}"
        ) from error


def _person(actor: str, settings: Settings) -> Contact:
    """Who the buyer is told has answered: by the operators' table, else by login name."""
    known = settings.operators.get(actor)
    if known is None or (known.email is None and known.user_name is None):
        return Contact(user_name=actor)
    return Contact(email=known.email, user_name=known.user_name)
