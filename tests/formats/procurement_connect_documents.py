"""Orders and events of Procurement Connect for the tests, in both shapes that the platform's client libraries know."""

from __future__ import annotations

import json
from typing import Any

from core.formats import Source, read
from core.messages import Message

SOURCE = Source(connection="paper")

Tree = dict[str, Any]


def line(number: str = "MAG-80/PL", **members: object) -> Tree:
    """A line as the older shape has it."""
    return {
        "id": f"id-of-{number}",
        "references": ["OR/CAPDHH"],
        "amount": 2,
        "amount_in_base_unit": 24000,
        "base_unit": "sheet",
        "description": "Gloss coated, 920 × 650 mm, 1 pallet",
        "order_number": number,
        "total_net_price": "932.88",
        "unit": "pallet",
        "catalog_price": "466.44",
        "confirmed_price": None,
        "sku": {"id": "6ab32765", "order_number": f"{number}|v1"},
        **members,
    }


def order(state: str = "transferred", *lines: Tree, **members: object) -> Tree:
    """An order as the older shape has it: contract and customer number beside it, deliveries of their own."""
    return {
        "id": "a29f3c77-5e53-4658-a741-afd1824f4829",
        "currency": "EUR",
        "delivery_mode": "complete",
        "net_shipping_fee": None,
        "net_total": "932.88",
        "references": ["CO/7H38HB", "pacnr:0102471714"],
        "state": state,
        "state_reason": None,
        "cancelation_requested_at": None,
        "placed_at": "2026-11-02T12:34:11.199Z",
        "contract": {
            "id": "fd677fc7",
            "customer_number": "0001052231",
            "references": ["C/GN9Z2W"],
            "consumer_id": "5e48383d",
            "consumer": {"id": "5e48383d", "display_name": "Joey’s Print Ltd"},
            "account_manager": {"full_name": "Ann Sales", "email": "ann@supplier.example", "phone": "+49 6131 1"},
            "username": "joeys-print",
            "password": "hunter2-very-secret",
        },
        "person": {"id": "b0ebe28c", "full_name": "Hayet Özcan"},
        "deliveries": [
            {
                "desired_delivery_date": "2026-12-01",
                "address": {
                    "id": "15ae3e5e",
                    "addressee": "Joey’s Print Ltd",
                    "addition": "Gate 2",
                    "street": "Emmerich-Josef-Straße",
                    "number": "1A",
                    "zip_code": "55116",
                    "town": "Mainz",
                    "country_code": "DE",
                },
            }
        ],
        "created_at": "2026-11-02T12:34:11.000Z",
        "updated_at": "2026-11-02T12:36:39.802Z",
        "order_line_items": list(lines) or [line()],
        **members,
    }


def newer(state: str = "transferred", **members: object) -> Tree:
    """…as the newer shape has it: no contract, one `delivery`, prices in `pricing`, units at the SKU."""
    address = {
        "addressee": "Joey’s Print Ltd",
        "street": "Emmerich-Josef-Straße",
        "town": "Mainz",
        "zip_code": "55116",
        "country_code": "DE",
        "addressable": {"id": "5e48383d", "type": "Consumer"},
    }
    pricing = {"unit_net_price": "781.4", "total_net_price": "1562.8", "tax_rate": None, "taxes": "0.0"}
    return {
        "id": "1abe8e70",
        "currency": "EUR",
        "references": ["CO/NA8F3D"],
        "state": state,
        "confirmed_at": None,
        "delivery": {"date": None, "desired_delivery_date": "2026-12-03", "address": address},
        "order_line_items": [
            {
                "references": ["COL/AS447D"],
                "amount": 2,
                "amount_in_base_unit": 20000,
                "base_unit": "sheet",
                "confirmed_delivery_at": None,
                "description": "Natural, 1020 × 720 mm",
                "order_number": "MAGNAT/PL",
                "pricing": pricing,
                "sku": {"id": "0b2c8344", "amount": 1, "order_number": "MAGNAT/PL", "unit": "pallet"},
            }
        ],
        "updated_at": "2026-11-02T12:37:13.986Z",
        **members,
    }


def event(payload: Tree, name: str = "procurement.order_transferred", **members: object) -> Tree:
    """The envelope in which the platform posts what happened. `version` is that of its format."""
    return {
        "id": "62abcc92-e17e-4db0-b78e-13369251474b",
        "name": name,
        "subject": "Org/a8b99fd3",
        "timestamp": "2026-11-02T12:36:40.100Z",
        "version": "1.2",
        "payload": payload,
        "link": "https://procurement.example/orders/1",
        "received_at": "2026-11-02T12:36:40.200Z",
        **members,
    }


def encode(tree: object) -> bytes:
    return json.dumps(tree).encode()


def messages(tree: object, source: Source = SOURCE) -> tuple[Message, ...]:
    return read(tree if isinstance(tree, bytes) else encode(tree), source)


def message(tree: object, source: Source = SOURCE) -> Message:
    (only,) = messages(tree, source)
    return only
