"""What an unsent answer to a line says besides its word, and so besides what an editor may show of it. Knows no screen.

An answer of a file, given back when the buyer changed the line, can hold notes, properties, charges and documents; an editor
that has no field for them keeps them as they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from core.decisions import Act, LineDecision

_NAMES: Final[Mapping[str, str]] = {
    "item_details": "item details",
    "sales_order_number": "numbers of ours",
    "sales_order_position": "numbers of ours",
    "description": "a description",
    "charge_lines": "charges",
    "properties": "properties",
    "notes": "notes",
    "documents": "documents",
}
"""By field: what stands besides the word on a line."""
_OF_THE_ORDER: Final[Mapping[str, str]] = {
    "contact": "who is responsible for the order",
    "description": "a description of the order",
    "properties": "properties of the order",
    "notes": "notes on the order",
    "documents": "documents of the order",
}


def says_besides(said: LineDecision) -> bool:
    return any(getattr(said, name) is not None for name in _NAMES)


def word_alone(said: LineDecision) -> LineDecision:
    return said.but(**dict.fromkeys(_NAMES))


def besides_alone(said: LineDecision) -> LineDecision:
    """…as details, which decide nothing."""
    return said if said.act is Act.DETAILS else said.but(act=Act.DETAILS, terms=None, reason=None, rule=None)


def in_words(said: LineDecision, of_the_order: Mapping[str, Any]) -> str:
    """`notes, documents and who is responsible for the order`; empty where nothing is said besides."""
    names = [name for field, name in _NAMES.items() if getattr(said, field) is not None]
    names += [name for field, name in _OF_THE_ORDER.items() if of_the_order.get(field) is not None]
    *several, last = dict.fromkeys(names) or ("",)
    return f"{', '.join(several)} and {last}" if several else last
