"""Tradecloud's JSON: orders in, in every shape that the platform and its buyers send; order responses and
despatch advices out.

Sources: the manual's page "Send order response", and those that each part names.
"""

from __future__ import annotations

from typing import Final

from core.formats import Carries, Rendered, Source
from core.formats._json import write_json
from core.formats._tradecloud_despatch import despatch_advice
from core.formats._tradecloud_read import looks_like_tradecloud, read_messages
from core.formats._tradecloud_response import parse_response
from core.formats._tradecloud_write import NAME, response
from core.messages import Message
from core.model import Order
from core.outgoing import DespatchAdvice, Outgoing

__all__ = ["carries", "name", "parse", "parse_response", "recognises", "render"]

name: Final = NAME
carries = Carries(despatch=True)


def recognises(document: bytes) -> bool:
    """By the names of JSON members, in a broken document too: what is wrong with it is then said by place."""
    return looks_like_tradecloud(document)


def parse(document: bytes, source: Source) -> tuple[Message, ...]:
    """A message for each order that `document` holds; a poll page holds any number. Raises Unreadable."""
    return read_messages(document, source)


def render(outgoing: Outgoing, order: Order, document_id: str) -> Rendered:
    """The bytes of an answer or a despatch advice. An answer names itself by its order alone, and an advice by its own
    number, so `document_id` does not appear in them.

    The same twice changes nothing at Tradecloud. Raises CannotCarry.
    """
    members = despatch_advice(outgoing, order) if isinstance(outgoing, DespatchAdvice) else response(outgoing, order)
    payload = write_json(members, name)
    return Rendered(payload=payload, content_type="application/json", extension="json")
