"""What leaves gets what only the settings know (who answers, when, as whom), and then its bytes."""

from __future__ import annotations

import mimetypes
from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final

from core.config import Settings
from core.connections import Connection, HttpOutbound, Outbound
from core.formats import CannotCarry, Rendered, format_named
from core.model import Contact, Document, Order
from core.outgoing import DespatchAdvice, OrderResponse, Outgoing
from core.pending import Step
from core.pending.attaching import waits_for
from core.store.outbox import ADVICE, ATTACHMENT, RESPONSE, Queued
from core.transition import TransitionRefused

_LONGEST_EXTENSION: Final = 8


def kind_of(outgoing: Outgoing) -> str:
    return ADVICE if isinstance(outgoing, DespatchAdvice) else RESPONSE


def sendable(done: Step, connection: Connection) -> Step:
    """`done` without advices that the connection's format has no words for: the goods are recorded, and a note says so."""
    route = connection.outbound
    if route is None or DespatchAdvice not in map(type, done.outgoing):
        return done
    wanted = (route.despatch or route).format
    if format_named(wanted).carries.despatch:
        return done
    return replace(
        done,
        outgoing=tuple(one for one in done.outgoing if not isinstance(one, DespatchAdvice)),
        notes=(*done.notes, f"recorded here; nothing is sent: {wanted} says nothing of goods that are on their way."),
    )


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
        if not takes_files(route) and (files := waits_for(outgoing)):
            name = next(iter(files.values())).name or "a file"
            raise TransitionRefused(
                order.key.number,
                None,
                f"connection {connection.name} has no way to send {name} along; refer to it by a url instead.",
            )
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


def takes_files(route: Outbound) -> bool:
    """Whether there is a place at the partner's where a file goes up before the answer that names it."""
    return isinstance(route, HttpOutbound) and (route.auth == "tradecloud" or "document_upload" in route.paths)


def file_message(answer: Queued, message_id: str, sha256: str, document: Document) -> Queued:
    """The file `sha256`, which `answer` waits for: it leaves before it, and as late as it."""
    name = document.name or sha256[:12]
    content_type, _ = mimetypes.guess_type(name)
    extension = PurePosixPath(name).suffix.lstrip(".")
    return replace(
        answer,
        id=message_id,
        kind=ATTACHMENT,
        payload=b"",
        content_type=content_type or "application/octet-stream",
        extension=extension if extension.isalnum() and len(extension) <= _LONGEST_EXTENSION else "bin",
        positions="[]",
        attachment=sha256,
        name=name,
        waits_for=(),
    )


def _person(actor: str, settings: Settings) -> Contact:
    """Who the buyer is told has answered: by the operators' table, else by login name."""
    known = settings.operators.get(actor)
    if known is None or (known.email is None and known.user_name is None):
        return Contact(user_name=actor)
    return Contact(email=known.email, user_name=known.user_name)
