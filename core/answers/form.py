"""What an answer file may say, field by field: the models that read it, and that its JSON Schema is made of.

Null says nothing, as where it is left out; but a date or quantity that is null or "?" is not known yet. The sentences of
what is wrong are written for whoever wrote the file; `core.answers.reading` puts the place before them.
"""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from core.decisions import Act
from core.model import EMAIL, UNKNOWN, Unknown, number
from core.model import ItemDetails as DetailsInTrade
from core.transition.checks import wrong_detail

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LONGEST_IDENTIFIER: Final = 200
_NUMBER_PATTERN: Final = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_A_NUMBER: Final = [{"type": "string", "pattern": _NUMBER_PATTERN}, {"type": "number"}]
_NOT_KNOWN: Final = [{"const": "?"}, {"type": "null"}]


def wrong(sentence: str, *keys: str) -> PydanticCustomError:
    """What is wrong with a value, or with what stands under `keys` in it."""
    return PydanticCustomError("wrong", "{sentence}", {"sentence": sentence, "keys": keys})


def _text(value: object) -> object:
    if isinstance(value, str) and not value.strip():
        raise wrong("is empty; write something, or leave it out")
    return _without_nul(value)


def _without_nul(value: object) -> object:
    if isinstance(value, str) and "\0" in value:
        raise wrong("holds a NUL, which no message can carry; take it out")
    return value


def _identifier(value: object) -> object:
    if isinstance(value, str) and (
        value != value.strip() or not value.isprintable() or not 0 < len(value) <= _LONGEST_IDENTIFIER
    ):
        raise wrong(
            f"is no number or code: at most {_LONGEST_IDENTIFIER} characters on one line, without space around it"
        )
    return value


def _decimal(value: object) -> object:
    if isinstance(value, str):
        try:
            return number(value if value == value.strip() else "")
        except ValueError:
            raise wrong(f"{value[:40]!r} is no number; write digits with a point before decimals, like 12.50") from None
    if isinstance(value, Decimal):
        return value
    raise wrong("a number is wanted, like 12.50, with or without quotes")


def _positive(value: object) -> object:
    found = _decimal(value)
    if isinstance(found, Decimal) and found <= 0:
        raise wrong("must be more than zero")
    return found


def _quantity(value: object) -> object:
    return UNKNOWN if value is None or value == "?" else _positive(value)


def _percentage(value: object) -> object:
    found = _decimal(value)
    if isinstance(found, Decimal) and not 0 <= found <= 100:
        raise wrong("is no percentage; it lies between 0 and 100")
    return found


def _date(value: object) -> object:
    if value is None or value == "?":
        return UNKNOWN
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise wrong('is no date; write it like "2026-12-01", or "?" while it isn\'t known')


def _whole(value: object) -> object:
    if isinstance(value, Decimal) and value == value.to_integral_value() and value >= 0:
        return int(value)
    raise wrong("a whole number is wanted")


Text = Annotated[str, BeforeValidator(_text), StringConstraints(min_length=1)]
Identifier = Annotated[str, BeforeValidator(_identifier), StringConstraints(min_length=1, max_length=200)]
Number = Annotated[Decimal, BeforeValidator(_decimal), WithJsonSchema({"anyOf": _A_NUMBER})]
Positive = Annotated[Decimal, BeforeValidator(_positive), WithJsonSchema({"anyOf": _A_NUMBER})]
Percentage = Annotated[Decimal, BeforeValidator(_percentage), WithJsonSchema({"anyOf": _A_NUMBER})]
Quantity = Annotated[
    Decimal | Unknown, BeforeValidator(_quantity), WithJsonSchema({"anyOf": [*_A_NUMBER, *_NOT_KNOWN]})
]
Date = Annotated[
    dt.date | Unknown,
    BeforeValidator(_date),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date"}, *_NOT_KNOWN]}),
]
Revision = Annotated[int, BeforeValidator(_whole), WithJsonSchema({"type": "integer"})]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    @property
    def says_nothing(self) -> bool:
        return all(value is None for _, value in self)


class Money(_Form):
    value: Number
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")]
    """ISO 4217, as the buyer writes it."""


class Prices(_Form):
    """What is left out stays as it stands; a net price goes without gross price and discount."""

    net_price: Money | None = None
    """In the currency of the transaction."""
    gross_price: Money | None = None
    """Likewise."""
    discount_percentage: Percentage | None = None
    """Of the gross price."""
    price_unit: Text | None = None
    price_unit_quantity: Positive | None = None
    """For how many of the price unit a price holds."""
    net_price_in_base_currency: Money | None = None
    gross_price_in_base_currency: Money | None = None

    @model_validator(mode="after")
    def _in_the_currency_of_the_transaction(self) -> Prices:
        for name, price, base in (
            ("net_price", self.net_price, self.net_price_in_base_currency),
            ("gross_price", self.gross_price, self.gross_price_in_base_currency),
        ):
            if base is not None and price is None:
                raise wrong("is missing: a price in a base currency stands beside the one of the transaction", name)
            for key, money in ((name, price), (f"{name}_in_base_currency", base)):
                if money is not None and money.value < 0:
                    raise wrong("is below zero; nobody is paid for taking goods", key, "value")
        if self.net_price is not None and self.gross_price is None and self.discount_percentage is not None:
            raise wrong("is taken from a gross price; write that too, or leave it out", "discount_percentage")
        if self.says_nothing:
            raise wrong("says no price; write one, or leave the prices out")
        return self


class Delivery(_Form):
    position: Identifier | None = None
    """Of a delivery that the buyer planned; a new one has none and stands last."""
    date: Date
    """null or "?": not known yet."""
    quantity: Quantity
    """null or "?": not known yet."""


class ItemDetails(_Form):
    country_of_origin: Text | None = None
    """ISO 3166-1 alpha-2, as in NL."""
    combined_nomenclature_code: Text | None = None
    """EU CN code: eight digits, spaces allowed."""
    net_weight: Positive | None = None
    """Of one item, in `net_weight_unit`."""
    net_weight_unit: Text | None = None
    """As in KGM; goes with a net weight."""
    dangerous_goods_code: Text | None = None
    """UN number: four digits."""
    serial_number: Text | None = None
    batch_number: Text | None = None

    @model_validator(mode="after")
    def _something(self) -> ItemDetails:
        if self.says_nothing:
            raise wrong("says nothing; write a detail, or leave it out")
        if self.net_weight is None and self.net_weight_unit is not None:
            raise wrong("is missing: a unit goes with a net weight", "net_weight")
        if (sentence := wrong_detail(DetailsInTrade(**dict(self)))) is not None:
            raise wrong(sentence)
        return self


class ChargeLine(_Form):
    """A surcharge on a line."""

    position: Identifier | None = None
    type_code: Text | None = None
    description: Text | None = None
    quantity: Number | None = None
    price: Money | None = None
    price_in_base_currency: Money | None = None
    price_unit: Text | None = None
    price_unit_quantity: Positive | None = None

    @model_validator(mode="after")
    def _something(self) -> ChargeLine:
        if self.says_nothing:
            raise wrong("says nothing; write what is charged, or leave the charge out")
        return self


class Property(_Form):
    """A custom field: a name, and what it says."""

    key: Text
    value: Annotated[str, BeforeValidator(_without_nul)]


class Document(_Form):
    """A document: a file of ours, which goes up before the answer, or one that is somewhere already."""

    file: Text | None = None
    """Its path, from where the answer file is."""
    url: Text | None = None
    object_id: Identifier | None = None
    """What the buyer's platform calls a document that it has."""
    code: Text | None = None
    """A document with the code of another takes its place."""
    revision: Text | None = None
    name: Text | None = None
    """Default: the file's own."""
    type: Text | None = None
    description: Text | None = None

    @model_validator(mode="after")
    def _somewhere(self) -> Document:
        if self.file is None and self.url is None and self.object_id is None:
            raise wrong("says not where the document is; give its file, url or object_id")
        if self.file is not None and (self.url is not None or self.object_id is not None):
            raise wrong("is a file of ours and somewhere else at once; give its file, or its url or object_id")
        return self


class Contact(_Form):
    """Who of us is responsible for the order: by e-mail address, or by user name."""

    email: Annotated[str, StringConstraints(pattern=EMAIL)] | None = None
    user_name: Identifier | None = None

    @model_validator(mode="after")
    def _one(self) -> Contact:
        if (self.email is None) == (self.user_name is None):
            raise wrong("is named by an email or a user_name, one of them")
        return self


class Line(_Form):
    """Our answer to a line. One without an `act` is not answered."""

    position: Identifier
    act: Act | None = None
    """agree: accept, approve or reconfirm, and disagree: reject or refuse, as the line calls for; propose: other terms;
    details: what stands beside the terms alone."""
    reason: Text | None = None
    delivery_schedule: tuple[Delivery, ...] | None = None
    """With propose: the whole schedule; left out, the buyer's stands."""
    prices: Prices | None = None
    """With propose; left out, the buyer's stand."""
    description: Text | None = None
    sales_order_number: Identifier | None = None
    """The order's number in our books."""
    sales_order_position: Identifier | None = None
    item_details: ItemDetails | None = None
    charge_lines: tuple[ChargeLine, ...] | None = None
    properties: tuple[Property, ...] | None = None
    notes: tuple[Text, ...] | None = None
    documents: tuple[Document, ...] | None = None

    @model_validator(mode="after")
    def _acts(self) -> Line:
        if self.delivery_schedule == ():
            raise wrong("is empty; write what is delivered when, or leave it out", "delivery_schedule")
        terms = next((name for name in ("delivery_schedule", "prices") if getattr(self, name) is not None), None)
        if self.act is None:
            if any(value is not None for name, value in self if name != "position"):
                raise wrong(f"is missing; say what the answer to the line is: {', '.join(Act)}", "act")
        elif self.act is Act.PROPOSE:
            if terms is None:
                raise wrong('"propose" needs a delivery_schedule or prices: say what is different', "act")
        elif terms is not None:
            raise wrong(
                f'"{self.act}" takes the terms as they stand; write "act": "propose" to send terms of your own', terms
            )
        elif self.act is Act.DETAILS and all(value is None for name, value in self if name not in ("position", "act")):
            raise wrong('"details" needs some: item_details, notes, documents …', "act")
        return self


class Whole(StrEnum):
    """What can be said of an order as a whole."""

    ACCEPT = "accept"
    REJECT = "reject"


class Answer(_Form):
    """A whole answer to an order, in the words of `podesk show --json`."""

    revision: Revision | None = None
    """The revision of the order that was answered: when something on it changed since, the answer is refused."""
    act: Whole | None = None
    """To each line that waits for our word and has no `act` of its own."""
    reason: Text | None = None
    """Of `act`."""
    description: Text | None = None
    contact: Contact | None = None
    properties: tuple[Property, ...] | None = None
    notes: tuple[Text, ...] | None = None
    documents: tuple[Document, ...] | None = None
    lines: tuple[Line, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _lines_or_none(cls, tree: Any) -> Any:
        return {key: value for key, value in tree.items() if value is not None} if isinstance(tree, dict) else tree

    @model_validator(mode="after")
    def _answers(self) -> Answer:
        if self.reason is not None and self.act is None:
            raise wrong('belongs to an "act" of the whole order; a line has its own reason', "reason")
        if self.act is Whole.REJECT and self.reason is None:
            raise wrong("is missing; say why, the buyer reads it", "reason")
        said = [name for name, value in self if name not in ("revision", "lines") and value is not None]
        if not said and all(line.act is None for line in self.lines):
            raise wrong('answers nothing; give a line an "act", like "act": "accept"')
        return self
