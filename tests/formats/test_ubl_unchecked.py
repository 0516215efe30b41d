"""What the UBL reader makes without pydantic's looking at it is what pydantic would have made."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from core.messages import Message
from core.model import Item, Money, number, unchecked
from tests.bench.ubl import order
from tests.formats.test_ubl_corpus import ORDERS, message_of
from tests.formats.ubl_documents import read


def looked_at(value: object) -> object:
    """`value` with every model in it made anew, by pydantic."""
    if isinstance(value, BaseModel):
        return type(value)(**{name: looked_at(field) for name, field in value})
    return tuple(looked_at(one) for one in value) if isinstance(value, tuple) else value


def holds(message: Message) -> None:
    again = looked_at(message)
    assert isinstance(again, Message)
    assert again == message
    assert again.to_json() == message.to_json()


def test_an_order_is_read_to_values_that_the_model_takes() -> None:
    holds(read(order("PO-1", 3)))


@pytest.mark.parametrize("name", ORDERS)
def test_an_order_of_the_corpus_is_read_to_values_that_the_model_takes(corpus: Path, name: str) -> None:
    holds(message_of(corpus, name))


def test_an_unchecked_value_has_its_defaults_and_stays_as_it_is() -> None:
    bolt = unchecked(Item)(name="Bolt", number="B-1")
    assert bolt == Item(number="B-1", name="Bolt")
    assert bolt.to_json() == '{"number":"B-1","name":"Bolt"}'
    assert hash(bolt) == hash(Item(number="B-1", name="Bolt"))
    assert bolt.but(name=None) == Item(number="B-1")
    with pytest.raises(ValidationError, match="frozen"):
        bolt.name = "Nut"  # type: ignore[misc]


def test_two_unchecked_values_share_nothing_that_changes() -> None:
    money = unchecked(Money)
    assert money(value=number("1"), currency="EUR") != money(value=number("2"), currency="EUR")
    assert money(value=number("1.00"), currency="EUR") == Money(value=number("1"), currency="EUR")
