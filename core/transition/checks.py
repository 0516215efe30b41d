"""What an answer may say at all, whatever the state of the line: limits of the platform, and the manual's fields.

Each function raises TransitionRefused with a sentence that says what to write instead.
"""

from __future__ import annotations

from decimal import Decimal
from typing import NoReturn

from core.decisions import Act, LineDecision
from core.model import ItemDetails, LineType, Order, OrderLine, ScheduledDelivery, Terms, Unknown, plain
from core.profile import LineFields, Profile
from core.terms import same_prices
from core.transition.result import TransitionRefused


def refuse(order: Order, position: str | None, sentence: str) -> NoReturn:
    """Raises TransitionRefused about `order`, or one line of it."""
    raise TransitionRefused(order.key.number, position, sentence)


def check_schedule(order: Order, line: OrderLine, said: tuple[ScheduledDelivery, ...], base: Terms) -> None:
    """The delivery schedule that an answer names, before it is completed from the buyer's."""
    known = {delivery.position for delivery in base.delivery_schedule}
    seen: set[str] = set()
    for delivery in said:
        if delivery.position is not None:
            if delivery.position in seen:
                refuse(order, line.position, f"delivery {delivery.position} is named twice; name each one once.")
            if delivery.position not in known:
                refuse(
                    order,
                    line.position,
                    f"the buyer's schedule has no delivery {delivery.position}; leave a new delivery's position out.",
                )
            seen.add(delivery.position)
        if not isinstance(delivery.quantity, Unknown) and delivery.quantity <= 0:
            refuse(
                order,
                line.position,
                f"a delivery of {plain(delivery.quantity)} is none; give a quantity above zero, or none if it is unknown.",
            )


def check_change(order: Order, line: OrderLine, ours: Terms, base: Terms, profile: Profile) -> None:
    """What other terms change, against what the platform lets change and how long a schedule may be."""
    if (
        ours.prices is not None
        and ours.prices.discount_percentage is not None
        and not (ours.prices.gross or ours.prices.net)
    ):
        refuse(order, line.position, "there is no gross price that a discount could be taken from; give one.")
    schedule = ours.delivery_schedule
    if len(schedule) > profile.most_deliveries:
        refuse(
            order,
            line.position,
            f"{len(schedule)} deliveries; {profile.title} takes at most {profile.most_deliveries} a line.",
        )
    split = len(schedule) > max(len(base.delivery_schedule), 1)
    if split and line.content.line_type is LineType.CHARGE:
        refuse(order, line.position, "it is a charge, and a charge can't be split; give it one delivery.")
    for changed in LineFields:
        if changed not in profile.may_change and changed in _changed(ours, base):
            refuse(
                order,
                line.position,
                f"{profile.title} doesn't let an answer change the {changed.value}; leave it as is.",
            )


def _changed(ours: Terms, base: Terms) -> set[LineFields]:
    """Which of the fields that a platform may hold fixed differ."""
    changed = set() if same_prices(ours.prices, base.prices) else {LineFields.PRICE}
    if len(ours.delivery_schedule) != len(base.delivery_schedule):
        changed.add(LineFields.SPLIT)
    for mine, other in zip(ours.delivery_schedule, base.delivery_schedule, strict=False):
        if mine.date != other.date:
            changed.add(LineFields.DATE)
        if mine.quantity != other.quantity:
            changed.add(LineFields.QUANTITY)
    return changed


def check_details(order: Order, position: str, details: ItemDetails) -> None:
    """Item details (manual, order response, "Item Details")."""
    sentence = wrong_detail(details)
    if sentence is not None:
        refuse(order, position, f"{sentence}.")


def wrong_detail(details: ItemDetails) -> str | None:
    """What is wrong with item details, whatever they are of, and what to write instead; None when all is well."""
    country = details.country_of_origin
    if country is not None and not (len(country) == 2 and country.isascii() and country.isalpha()):
        return f"{_quoted(country)} is no country; write its two letters, as in NL"
    code = details.combined_nomenclature_code
    if code is not None and not _digits(code.replace(" ", ""), 8):
        return f"{_quoted(code)} is no CN code; write its eight digits, as in 8536 50 11"
    if details.net_weight is not None:
        if details.net_weight <= Decimal(0):
            return f"a net weight of {plain(details.net_weight)} is none; write what one item weighs"
        if not details.net_weight_unit:
            return "a net weight needs its unit, as in KGM; give both"
    dangerous = details.dangerous_goods_code
    if dangerous is not None and not _digits(dangerous, 4):
        return f"{_quoted(dangerous)} is no UN number; write its four digits, as in 1203"
    return None


def check_act(order: Order, decision: LineDecision) -> None:
    """What an act needs, and what it can't be given."""
    if decision.act is Act.PROPOSE:
        if decision.terms is None:
            refuse(order, decision.position, "other terms need a delivery schedule or prices; say which.")
    elif decision.terms is not None:
        refuse(
            order,
            decision.position,
            f"“{decision.act.value}” takes the terms as they stand; propose them to send terms of your own.",
        )


def _digits(text: str, count: int) -> bool:
    return len(text) == count and text.isascii() and text.isdigit()


def _quoted(text: str) -> str:
    return f"“{text[:40]}”"
