"""The nouns of the trade: an order, its lines, what is asked, proposed and agreed.

Every model is frozen and strict: a `date` is a date and a `Decimal` a decimal, never a string or a binary float that
happens to look like one. Inside JSON decimals and dates are strings, so that a stored order reads back to the same
value, trailing zeros included. This module imports nothing of the project.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable
from decimal import Context, Decimal, InvalidOperation
from enum import Enum, StrEnum
from typing import Annotated, Final, ParamSpec, Self, TypeVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

_MOST_DIGITS = 60
_MOST_EXPONENT = 40
_WRITTEN = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)
"""How XML and JSON write a number. `Decimal` alone would take `1_000`, `NaN` and the digits of every script."""


def number(text: str) -> Decimal:
    """The decimal that `text` writes, to the last digit.

    Partners write any number of digits, so the bounds only keep a hostile `1E+999999999` from becoming a gigabyte
    when it is printed. Raises ValueError for what is no finite decimal within 60 digits and 40 powers of ten.
    """
    text = text.strip()
    if _WRITTEN.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not a decimal number")
    try:
        value = Decimal(text)
    except InvalidOperation:  # an exponent beyond what a machine counts to
        raise ValueError(f"{text[:40]!r} is not a decimal number") from None
    return _bounded(value)


def _bounded(value: Decimal) -> Decimal:
    text = str(value)
    if len(text) <= _MOST_EXPONENT and "E" not in text and value.is_finite():
        return value  # nearly every number there is; what follows takes four times as long
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("a number must be finite")  # noqa: TRY004  (pydantic reads ValueError as "this value is bad")
    if len(digits) > _MOST_DIGITS or abs(exponent) > _MOST_EXPONENT:
        raise ValueError(f"a number has at most {_MOST_DIGITS} digits and {_MOST_EXPONENT} powers of ten")
    return value


def plain(value: Decimal) -> str:
    """The digits of `value` without an exponent: what goes on a screen, into JSON and into XML."""
    return format(value, "f")


Number = Annotated[Decimal, AfterValidator(_bounded)]


EXACT: Final = Context(prec=1000)
"""Arithmetic on numbers within those bounds, to the last digit: the default context rounds at 28."""


class Unknown(Enum):
    """A date or quantity that the supplier does not know yet (manual, order response: "leave this date empty")."""

    UNKNOWN = "?"

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown.UNKNOWN

DateOrUnknown = Annotated[dt.date | Unknown, Field(union_mode="left_to_right")]
QuantityOrUnknown = Annotated[Number | Unknown, Field(union_mode="left_to_right")]


_Model = TypeVar("_Model", bound="Frozen")
_Asked = ParamSpec("_Asked")

_FIELDS, _NAMED, _EXTRA, _PRIVATE = (
    vars(BaseModel)[name].__set__
    for name in ("__dict__", "__pydantic_fields_set__", "__pydantic_extra__", "__pydantic_private__")
)
_UNASKED: Final[set[str]] = set()


def _of(model: type[_Model], fields: dict[str, object]) -> _Model:
    """What pydantic makes after validation, for models without private and extra attributes: at a fifth of the cost."""
    value = object.__new__(model)
    _FIELDS(value, fields)
    _NAMED(value, _UNASKED)  # those of the fields that were named when it was made: nobody asks
    _EXTRA(value, None)
    _PRIVATE(value, None)
    return value


class Frozen(BaseModel):  # noqa: PLW1641  (pydantic gives frozen models their hash)
    """What every model here is: immutable, strict, closed to unknown fields."""

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    def __eq__(self, other: object) -> bool:
        # Pydantic's own also looks after private and extra attributes, which these never have, at three times the cost;
        # transitions compare values more than they do anything else.
        if type(other) is not type(self):
            return NotImplemented
        return self is other or self.__dict__ == other.__dict__

    def to_json(self) -> str:
        """Compact JSON of what differs from the defaults; `from_json` reads it back to an equal value."""
        # Pydantic's own methods for these only pass on a score of options.
        return self.__pydantic_serializer__.to_json(self, exclude_defaults=True).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        read: Self = cls.__pydantic_validator__.validate_json(text)
        return read

    def but(self, **fields: object) -> Self:
        """This value with some fields replaced. Not validated: for the transitions, whose values are valid already."""
        return _of(type(self), {**self.__dict__, **fields})


def unchecked(model: Callable[_Asked, _Model]) -> Callable[_Asked, _Model]:
    """What makes values of `model` without looking at its fields: a document has a hundred of them.

    For readers, whose values are what they must be by how they were made: text that a parser gave, days, and decimals that
    `number` gave; and for the transitions, which make them of other models'. That each is of its field's type is then
    mypy's to say.
    """
    kind = cast("type[_Model]", model)
    defaults = {name: None if field.is_required() else field.default for name, field in kind.model_fields.items()}

    def made(**fields: object) -> _Model:
        return _of(kind, {**defaults, **fields})

    return cast("Callable[_Asked, _Model]", made)


class ProcessStatus(StrEnum):
    """How far line or order has come between the two parties (Tradecloud, "process status")."""

    ISSUED = "Issued"
    IN_PROGRESS = "InProgress"
    CONFIRMED = "Confirmed"
    REJECTED = "Rejected"
    COMPLETED = "Completed"
    CANCELLED = "Cancelled"


class InProgressStatus(StrEnum):
    """Why a line is InProgress: whose word is awaited, and on what."""

    OPEN_SUPPLIER_PROPOSAL = "OpenSupplierProposal"
    REJECTED_SUPPLIER_PROPOSAL = "RejectedSupplierProposal"
    REISSUED_REJECTED_LINE = "ReissuedRejectedLine"
    OPEN_BUYER_REOPEN_REQUEST = "OpenBuyerReopenRequest"
    OPEN_SUPPLIER_REOPEN_REQUEST = "OpenSupplierReopenRequest"
    OPEN_BUYER_RECONFIRMATION_REQUEST = "OpenBuyerReconfirmationRequest"
    OPEN_SUPPLIER_SHIPMENT_RESCHEDULE_REQUEST = "OpenSupplierShipmentRescheduleRequest"
    APPROVED_DELIVERY_SCHEDULE = "ApprovedDeliverySchedule"
    REJECTED_DELIVERY_SCHEDULE = "RejectedDeliverySchedule"
    REVERTED_COMPLETED_LINE = "RevertedCompletedLine"
    REVERTED_CANCELLED_LINE = "RevertedCancelledLine"
    CANCELLATION_REQUESTED = "CancellationRequested"
    """Procurement Connect's `cancelation_requested`: it waits for the supplier's yes or no."""


class LogisticsStatus(StrEnum):
    """Where the goods are, in the order in which goods go. A level has a status when its full quantity has it."""

    OPEN = "Open"
    PRODUCED = "Produced"
    READY_TO_SHIP = "ReadyToShip"
    SHIPPED = "Shipped"
    DELIVERED = "Delivered"
    CANCELLED = "Cancelled"


class LineType(StrEnum):
    ITEM = "Item"
    SERVICE = "Service"
    CHARGE = "Charge"


class Money(Frozen):
    value: Number
    currency: str
    """ISO 4217, as the buyer wrote it."""


class Price(Frozen):
    """One price in the currency of the transaction and, where somebody states it, in a base currency."""

    transaction: Money | None = None
    base: Money | None = None


class Prices(Frozen):
    """A line's prices. Price, unit and unit quantity always travel together: 78.90 per 100 M is not 78.90."""

    net: Price | None = None
    gross: Price | None = None
    discount_percentage: Number | None = None
    price_unit: str | None = None
    """Unit in which the price is stated; may differ from the purchase unit. Echoed as the buyer wrote it."""
    price_unit_quantity: Number | None = None
    """Number of items for which the price holds: typically 1 or 100."""


class ScheduledDelivery(Frozen):
    """One planned delivery of a line. A position never changes and is never used again (manual, order response)."""

    position: str | None = None
    date: DateOrUnknown
    quantity: QuantityOrUnknown
    transport_mode: str | None = None


class Terms(Frozen):
    """What two parties agree on for a line: when how much comes, and at what price. Compared by `core.terms`."""

    delivery_schedule: tuple[ScheduledDelivery, ...] = ()
    prices: Prices | None = None


class ChargeLine(Frozen):
    """A surcharge on a line (freight, packing …)."""

    position: str | None = None
    type_code: str | None = None
    description: str | None = None
    quantity: Number | None = None
    price: Price | None = None
    price_unit: str | None = None
    price_unit_quantity: Number | None = None


class KeyValue(Frozen):
    key: str
    value: str


ALLOWANCE: Final = "Allowance"
CHARGE: Final = "Charge"
"""Keys of the properties in which readers tell what is taken off the price or comes on top, where the model has no field."""


class Document(Frozen):
    """A reference to an attached document; the bytes are elsewhere."""

    code: str | None = None
    revision: str | None = None
    name: str | None = None
    object_id: str | None = None
    url: str | None = None
    type: str | None = None
    description: str | None = None
    attachment: str | None = None
    """Of a file of ours: the sha256 (hex) of its bytes, which go up before the answer; `object_id` then says where."""

    @property
    def waits_for(self) -> str | None:
        """The file that must be with the buyer's platform before an answer that names this can leave."""
        return self.attachment if self.object_id is None else None


EMAIL: Final = r"^[^@\s\x00-\x1f\x7f]+@[^@\s\x00-\x1f\x7f]+$"
"""What can be written to at all, for whoever takes an address from a person; what partners write is kept as it is."""


class Contact(Frozen):
    email: str | None = None
    user_name: str | None = None
    name: str | None = None
    phone: str | None = None


class Party(Frozen):
    """A company or place. Codes are as the sender wrote them."""

    id: str | None = None
    id_scheme: str | None = None
    endpoint: str | None = None
    """Electronic address (Peppol `EndpointID`)."""
    endpoint_scheme: str | None = None
    names: tuple[str, ...] = ()
    address_lines: tuple[str, ...] = ()
    postal_code: str | None = None
    city: str | None = None
    country_code: str | None = None
    """ISO 3166-1 alpha-2."""
    country_name: str | None = None
    location_type: str | None = None


class TradeTerms(Frozen):
    incoterms_code: str | None = None
    incoterms: str | None = None
    payment_terms_code: str | None = None
    payment_terms: str | None = None


class Item(Frozen):
    number: str | None = None
    """The buyer's number of the item."""
    revision: str | None = None
    name: str | None = None
    description: str | None = None
    unit: str | None = None
    """Purchase unit, as the buyer wrote it."""
    supplier_item_number: str | None = None
    standard_id: str | None = None
    """GTIN or another standard's number."""
    standard_id_scheme: str | None = None


class ItemDetails(Frozen):
    """Facts on the part itself that the supplier may check, change and add (manual, order response, "Item Details")."""

    country_of_origin: str | None = None
    """ISO 3166-1 alpha-2."""
    combined_nomenclature_code: str | None = None
    """EU CN code: eight digits, spaces allowed."""
    net_weight: Number | None = None
    """Of one item, in `net_weight_unit`."""
    net_weight_unit: str | None = None
    dangerous_goods_code: str | None = None
    """UN number: four digits."""
    serial_number: str | None = None
    batch_number: str | None = None


class LineContent(Frozen):
    """All that a buyer says of a line besides its terms."""

    row: str | None = None
    line_type: LineType = LineType.ITEM
    charge_reason: str | None = None
    """What a charge is for, in the sender's code (UNCL 7161)."""
    original_position: str | None = None
    """The line from which this one was split off (single delivery)."""
    description: str | None = None
    item: Item = Item()
    item_details: ItemDetails | None = None
    charge_lines: tuple[ChargeLine, ...] = ()
    contract_number: str | None = None
    contract_position: str | None = None
    project_number: str | None = None
    production_number: str | None = None
    sales_order_number: str | None = None
    propose_when_accepted: bool = False
    no_delivery_expected: bool = False
    properties: tuple[KeyValue, ...] = ()
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    reason: str | None = None
    doubts: tuple[str, ...] = ()
    """Why its terms may not be what they seem, in the words of whoever read them, said after "line 10": such a line is a
    person's. They go when the buyer plans its deliveries anew."""


class OrderHeader(Frozen):
    """All that a buyer says of an order besides its lines."""

    description: str | None = None
    order_type: str | None = None
    issued_on: dt.date | None = None
    currency: str | None = None
    company_id: str | None = None
    """The buyer's company at the platform."""
    buyer_account_number: str | None = None
    """The buyer's number in our books; our answer echoes it."""
    supplier_account_number: str | None = None
    """Our number in the buyer's books."""
    buyer: Party | None = None
    buyer_accounting: Party | None = None
    supplier: Party | None = None
    destination: Party | None = None
    contact: Contact | None = None
    supplier_contact: Contact | None = None
    terms: TradeTerms | None = None
    auto_confirm: bool = False
    """Other terms of ours confirm the line at once (Tradecloud `indicators.autoConfirm`)."""
    properties: tuple[KeyValue, ...] = ()
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    documents: tuple[Document, ...] = ()
    references: tuple[str, ...] = ()
    """Identifiers that our answer must echo, as received: the platform's own first."""
    customization: str | None = None
    """Which dialect the document names itself (UBL `CustomizationID`)."""


class Progress(Frozen):
    """How much of a line's agreed quantity has come how far; each is a running total, and each includes the next.

    The first three are what we said ourselves, the last is the buyer's word: that goods came, so that they were shipped too,
    is not known before it is `reached`, and no more when the buyer corrects it.
    """

    produced: Number = Decimal(0)
    packed: Number = Decimal(0)
    shipped: Number = Decimal(0)
    delivered: Number = Decimal(0)

    def reached(self, stage: str) -> Decimal:
        """How much has come to `stage` (a field's name) by our word or the buyer's."""
        ours: Decimal = getattr(self, stage)
        return max(ours, self.delivered)


class LineReport(Frozen):
    """The platform's own last word on a line's statuses."""

    process_status: ProcessStatus
    in_progress_status: InProgressStatus | None = None
    logistics_status: LogisticsStatus | None = None
    issued: Terms | None = None
    """What it repeats as the buyer's own order beside a question about the agreement: another one next time is news."""


class OrderReport(Frozen):
    """The platform's own last word on an order's statuses."""

    process_status: ProcessStatus
    logistics_status: LogisticsStatus | None = None
    version: int | None = None
    last_updated_at: str | None = None
    """The platform's own string: never compared with our clock."""


class OrderLine(Frozen):
    """One line of an order, with what the buyer asks, what we propose and what is agreed kept apart."""

    position: str
    content: LineContent = LineContent()
    requested: Terms = Terms()
    """The buyer's terms, those of an open request of the buyer's included."""
    proposed: Terms | None = None
    """Ours, while a proposal or reopen request of ours is open."""
    confirmed: Terms | None = None
    """What both agreed on; a Confirmed line always has them."""
    process_status: ProcessStatus = ProcessStatus.ISSUED
    in_progress_status: InProgressStatus | None = None
    logistics_status: LogisticsStatus = LogisticsStatus.OPEN
    progress: Progress = Progress()
    item_details: ItemDetails | None = None
    """What we answered; the buyer's own stand in `content`."""
    sales_order_number: str | None = None
    sales_order_position: str | None = None
    reason: str | None = None
    """Why we rejected or answered with other terms."""
    received: tuple[ScheduledDelivery, ...] = ()
    """Goods-received history in the buyer's words; an entry is known by its date and quantity, not by its position."""
    resumes: ProcessStatus | InProgressStatus | None = None
    """While a cancellation waits for our word: the status it found, which our no brings back."""
    reported: LineReport | None = None
    predicted: bool = False
    """We answered, and the platform has not said yet what became of it."""
    predicted_at: int | None = None
    """The platform's version of the order that we knew when the answer left: what it says of that one or an older one
    can't be its word on our answer. Counts while `predicted`."""
    since: dt.datetime | None = None
    """When its state or terms last changed, in our time. Counts while somebody's word on it is awaited, ours or the
    buyer's; None where an older podesk wrote the line."""


class OrderKey(Frozen):
    """What makes an order one: one login can carry many buyers, and two buyers may use the same number."""

    connection: str
    buyer: str
    number: str


class Spoken(Frozen):
    """Of which versions of an order the platform's last words on its lines are, or in which of the buyer's changes they
    stand. Both overtake each other."""

    whole: int
    """Of the words on every line that isn't named in `lines`."""
    lines: tuple[tuple[str, int], ...] = ()


class Order(Frozen):
    key: OrderKey
    header: OrderHeader = OrderHeader()
    lines: tuple[OrderLine, ...] = ()
    process_status: ProcessStatus = ProcessStatus.ISSUED
    """Derived from the lines, never set by itself."""
    logistics_status: LogisticsStatus = LogisticsStatus.OPEN
    reported: OrderReport | None = None
    platform_id: str | None = None
    spoken: Spoken | None = None
    """Where the platform counts versions, or the buyer the changes."""
    issued: str | None = None
    """When the latest document on it was issued that says so, as in `Message.issued`."""

    def line(self, position: str) -> OrderLine | None:
        """The line at `position`, or None."""
        for line in self.lines:
            if line.position == position:
                return line
        return None


def total_quantity(schedule: Iterable[ScheduledDelivery]) -> Decimal | None:
    """Sum of a schedule's quantities; None when one of them is unknown."""
    total = Decimal(0)
    for delivery in schedule:
        if isinstance(delivery.quantity, Unknown):
            return None
        total = EXACT.add(total, delivery.quantity)
    return total
