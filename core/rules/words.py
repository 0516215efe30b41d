"""A rules file in words, for whoever wants to read what it says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from core.model import plain
from core.rules.tables import DateCondition, PriceCondition, QuantityCondition, Rule
from core.rules.tolerance import NONE

_TASKS: Final = {
    "issued": "is issued, or issued again",
    "proposal-rejected": "had a proposal of ours that the buyer rejected",
    "other-terms": "is confirmed and the buyer asks for other terms",
    "reconfirmation": "is confirmed and the buyer asks to confirm it again",
    "cancellation": "is one that the buyer asks to cancel",
    "reverted": "was cancelled or completed and is open again",
}
_CHANGES: Final = {
    "date": "move dates to the earliest working day that the lead time allows",
    "quantity": "round quantities up to whole packs",
    "price": "put the list's price",
}


def answer_in_words(rule: Rule) -> str:
    """`reject: “We make no plates”`"""
    match rule.answer:
        case "accept":
            return "accept"
        case "person":
            return "leave it to a person" + (f": {rule.reason}" if rule.reason else "")
        case "reject":
            return f"reject: “{rule.reason}”"
        case _:
            changes = ", ".join(_CHANGES[change] for change in rule.change)
            return f"propose: {changes}" + (f"; “{rule.reason}”" if rule.reason else "")


def conditions_in_words(rule: Rule) -> Iterator[str]:
    """Each as a sentence about the line, without its subject: `is for item HB-*`."""
    when = rule.when
    yield " or ".join(_TASKS[task] for task in when.task)
    if when.order is not None:
        yield "is new" if when.order == "new" else "was changed by the buyer"
    if when.connection is not None:
        yield f"comes by {when.connection}"
    if when.buyer is not None:
        yield f"comes from {when.buyer}"
    if when.item is not None:
        yield f"is for the buyer's item {when.item}"
    if when.supplier_item is not None:
        yield f"is for our item {when.supplier_item}"
    if when.order_type is not None:
        yield f"is of an order of type {when.order_type}"
    if when.line_type is not None:
        yield f"is {' or '.join(f'a {kind.value.lower()}' for kind in when.line_type)}".replace("a item", "an item")
    if when.quantity is not None:
        yield from _quantity(when.quantity)
    if when.date is not None:
        yield from _date(when.date)
    if when.price is not None:
        yield _price(when.price, rule.price_list)


def _quantity(wanted: QuantityCondition) -> Iterator[str]:
    if wanted.min is not None:
        yield f"is for {plain(wanted.min)} or more"
    if wanted.max is not None:
        yield f"is for {plain(wanted.max)} at most"
    if wanted.multiple_of is not None:
        step = "the item's pack" if isinstance(wanted.multiple_of, str) else plain(wanted.multiple_of)
        yield f"has deliveries of multiples of {step}"


def _date(wanted: DateCondition) -> Iterator[str]:
    if wanted.lead_time is not None:
        yield "leaves us the item's lead time" if wanted.lead_time == "kept" else "is wanted sooner than the lead time"
    if wanted.day_off is not None:
        yield "has a delivery on a day off" if wanted.day_off else "has no delivery on a day off"
    if wanted.within is not None:
        yield f"is wanted within {wanted.within}"


def _price(wanted: PriceCondition, named: str | None) -> str:
    prices = f"price list {named}" if named else "the price list"
    match wanted.fits:
        case "missing":
            return "has no price"
        case "unlisted":
            return f"has no price in {prices}"
        case "different":
            return f"has another price than {prices}"
        case _ if wanted.above == wanted.below == NONE:
            return f"has the price of {prices}"
        case _:
            sides = [
                f"{'any amount' if side.any else f'up to {side}'} {name}"
                for side, name in ((wanted.above, "above"), (wanted.below, "below"))
                if side != NONE
            ]
            return f"has the price of {prices}, or {' or '.join(sides)} it"
