"""Who an order of Procurement Connect is from, where it goes, whom to ask; and the credentials that a contract may hold.

A user name and a password in the contract are secrets: of them the desk keeps no more than that they came, and the
document itself.
"""

from __future__ import annotations

from typing import Final

from core.formats._json import Node
from core.formats.secrecy import is_secret, masked
from core.model import Contact, KeyValue, Party

_NOTHING: Final = Node({})


def buyer(order: Node) -> tuple[Party | None, str | None]:
    """The buying company, and its customer number in our books; None where the document doesn't say."""
    contract = order.child("contract") or _NOTHING
    consumer = order.child("consumer") or contract.child("consumer") or _NOTHING
    address = _address(order)
    owner = address.child("addressable") or _NOTHING
    known = consumer.identifier("id") or order.identifier("consumer_id") or contract.identifier("consumer_id")
    if known is None and owner.text("type") == "Consumer":
        known = owner.identifier("id")
    name = consumer.text("display_name") or consumer.text("name") or address.text("addressee")
    account = contract.identifier("customer_number") or order.identifier("customer_number")
    if known is None and name is None:
        return None, account
    return Party(id=known, names=(name,) if name is not None else ()), account


def destination(order: Node) -> Party | None:
    address = _address(order)
    if not address.members:
        return None
    street = " ".join(filter(None, (address.text("street"), address.text("number"))))
    return Party(
        id=address.identifier("id"),
        names=tuple(filter(None, (address.text("addressee"), address.text("addition")))),
        address_lines=tuple(filter(None, (street or address.text("text"),))),
        postal_code=address.text("zip_code"),
        city=address.text("town"),
        country_code=address.text("country_code"),
    )


def contact(person: Node | None) -> Contact | None:
    if person is None:
        return None
    first_and_last = " ".join(filter(None, (person.text("first_name"), person.text("name"))))
    read = Contact(
        email=person.text("email"),
        name=person.text("full_name") or person.text("display_name") or first_and_last or None,
        phone=person.text("phone") or person.text("phone_number"),
    )
    return None if read == Contact() else read


def masked_credentials(contract: Node) -> tuple[KeyValue, ...]:
    """That a user name, a password or the like came with the contract, and no more of it."""
    nodes = [contract, *(child for key in ("credentials", "login") if (child := _object(contract, key)) is not None)]
    return tuple(
        KeyValue(key=f"contract {key}"[:80], value=masked(value))
        for node in nodes
        for key, value in node.members.items()
        if isinstance(value, str) and value and is_secret(key)
    )


def _object(node: Node, key: str) -> Node | None:
    value = node.members.get(key)
    return node.child(key) if isinstance(value, dict) else None


def _address(order: Node) -> Node:
    shipments = order.children("deliveries")
    delivery = order.child("delivery") or (shipments[0] if shipments else _NOTHING)
    return delivery.child("address") or order.child("delivery_address") or _NOTHING
