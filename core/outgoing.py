"""What leaves: an order response or a despatch advice, before a format turns it into bytes."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum

from core.decisions import Shipment, Stage
from core.model import ChargeLine, Contact, Document, Frozen, ItemDetails, KeyValue, Number, Prices, ScheduledDelivery


class Indicator(StrEnum):
    """What an answer says in a word, instead of by its terms."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"


class Indicators(Frozen):
    """All flags of an answer, each true, false or left unsaid, where one `Indicator` is not the whole of it."""

    accepted: bool | None = None
    rejected: bool | None = None
    shipped: bool | None = None
    cancelled: bool | None = None


class ResponseLine(Frozen):
    """Our answer to one line. An indicator beats terms sent beside it (Tradecloud, order response)."""

    position: str
    indicator: Indicator | None = None
    indicators: Indicators | None = None
    delivery_schedule: tuple[ScheduledDelivery, ...] | None = None
    prices: Prices | None = None
    reason: str | None = None
    description: str | None = None
    sales_order_number: str | None = None
    sales_order_position: str | None = None
    item_details: ItemDetails | None = None
    charge_lines: tuple[ChargeLine, ...] | None = None
    properties: tuple[KeyValue, ...] | None = None
    notes: tuple[str, ...] | None = None
    documents: tuple[Document, ...] | None = None


class OrderResponse(Frozen):
    number: str
    """The buyer's purchase order number."""
    buyer_account_number: str | None = None
    company_id: str | None = None
    """Ours at the platform, where one login serves several companies."""
    indicator: Indicator | None = None
    """On the whole order: where a platform has no answer by line."""
    indicators: Indicators | None = None
    lines: tuple[ResponseLine, ...] = ()
    description: str | None = None
    contact: Contact | None = None
    properties: tuple[KeyValue, ...] | None = None
    notes: tuple[str, ...] | None = None
    documents: tuple[Document, ...] | None = None
    responded_at: dt.datetime | None = None
    """Local time of the desk; on the wire without zone."""
    responded_by: Contact | None = None


class DespatchedLine(Frozen):
    position: str
    quantity: Number
    """What reached the stage now."""
    delivery_position: str | None = None
    backorder_quantity: Number | None = None


class DespatchAdvice(Frozen):
    number: str
    """The buyer's purchase order number."""
    advice_number: str
    buyer_account_number: str | None = None
    company_id: str | None = None
    stage: Stage
    complete: bool
    """Every line of the order has reached the stage with its full quantity."""
    lines: tuple[DespatchedLine, ...]
    shipment: Shipment | None = None
    at: dt.datetime


Outgoing = OrderResponse | DespatchAdvice
