"""One line in full: every delivery and price as requested, as we said, and as agreed, with what differs marked."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from core.model import OrderLine, Prices, ScheduledDelivery, Terms, plain
from core.terms import same_terms
from tui.display import display
from tui.document_words import names
from tui.order_facts import charges, goods_so_far
from tui.row_list import fitted
from tui.words import IN_PROGRESS, LOGISTICS, NONE, PROCESS, delivery, price, price_unit

_NAME, _CELL = 14, 28
_LEAST_ROWS = 8
"""Of a line, however low the screen is."""
_LEAST_DELIVERIES = 3


def differs(ours: Terms | None, requested: Terms) -> bool:
    """Whether `ours` is not what was requested, by value."""
    return ours is not None and not same_terms(ours, requested)


def detail(
    line: OrderLine, sending: str | None = None, *, width: int = 100, most: int | None = None, besides: bool = True
) -> Text:
    """In at most `most` rows: of many deliveries the first. `sending`: how far an answer to it is that has not left.

    `besides`: with the little of what is said besides terms that there is room for.
    """
    item = line.content.item
    text = Text(no_wrap=True, overflow="ellipsis")
    name = " ".join(display(part, 80) for part in (item.number, item.name or item.description) if part)
    text.append(f"Line {display(line.position, 20)}  {name or NONE}", "bold")
    if item.supplier_item_number:
        text.append(f"  (ours: {display(item.supplier_item_number, 40)})")
    status = f"{PROCESS[line.process_status]}, goods {LOGISTICS[line.logistics_status]}"
    if line.in_progress_status is not None and sending is None:
        status += f": {IN_PROGRESS[line.in_progress_status]}"
    if sending is not None:
        # What the buyer is said to do or to wait for is not so yet.
        status += f" once our answer is there; it {'did not get through' if sending == 'failed' else 'has not left'}"
    elif line.predicted:
        status += " (our prediction, not the platform's word yet)"
    text.append(f"\n{status}")
    said = [
        f"{fitted(label, _NAME)}{display(words, 160)}"
        for label, words in (
            ("reason", line.reason),
            ("buyer says", line.content.reason),
            ("charges", charges(line.content.charge_lines)),
            ("goods so far", goods_so_far(line)),
            ("notes", " / ".join(line.content.notes)),
            ("documents", names(line.content.documents)),
        )
        if words and besides
    ]
    sides = (line.requested, line.proposed, line.confirmed)
    room = None
    if most is not None:
        # Terms come first: a few deliveries, and the prices. Of the rest there stands what there is room for.
        most = max(most, _LEAST_ROWS)
        terms_need = 3 + min(len(_deliveries(*sides)), _LEAST_DELIVERIES) + len(_prices(*sides))
        fits = max(most - terms_need, 1)
        if len(said) > fits:
            said[fits - 1 :] = [f"… {len(said) - fits + 1} more; enter reads them"]
        room = most - 2 - len(said)
    beside(text, ("requested", "ours", "confirmed"), sides, against=(0, 0), width=width, most=room)
    for each in said:
        text.append(f"\n{each}")
    return text


def beside(
    text: Text,
    heads: tuple[str, str, str],
    sides: tuple[Terms, Terms | None, Terms | None],
    *,
    against: tuple[int, int],
    width: int = 100,
    most: int | None = None,
) -> None:
    """Three sides of a line's terms beside each other, added to `text` in at most `most` rows of `width` cells.

    `against`: which side the second and the third are held against; where they differ stands `≠`.
    """
    cell = min(_CELL, (width - _NAME) // 3)
    text.append(f"\n{'':<{_NAME}}{''.join(fitted(head, cell) for head in heads)}", "underline")
    deliveries, prices = _deliveries(*sides), _prices(*sides)
    shown = len(deliveries) if most is None else max(most - 1 - len(prices), 2)
    left_out = len(deliveries) - shown + 1 if len(deliveries) > shown else 0
    told = deliveries[: len(deliveries) - left_out]
    if left_out:
        told.append((f"… {left_out} more deliveries; enter reads them", []))
    for label, cells in (*told, *prices):
        if not cells:
            text.append(f"\n{label}")
            continue
        text.append(f"\n{fitted(label, _NAME)}{fitted(cells[0].text, cell - 1)} ")
        for mine, side, held in zip(cells[1:], sides[1:], against, strict=True):
            base = sides[held]
            other = base is not None and differs(side, base) and mine.text != NONE and mine.value != cells[held].value
            text.append(fitted(("≠ " if other else "  ") + mine.text, cell - 1) + " ", "bold" if other else "")


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    value: object
    """Compared instead of the text: 1.0 is 1.00."""


_NOTHING = _Cell(NONE, None)


_Row = tuple[str, list[_Cell]]
"""Label, and one cell for each of the sides."""


def _deliveries(*terms: Terms | None) -> list[_Row]:
    """Beside each other by position, else by place."""
    schedules = [agreed.delivery_schedule if agreed else () for agreed in terms]
    return [
        (f"delivery {place + 1}", [_delivery(schedule, key) for schedule in schedules])
        for place, key in enumerate(_keys(schedules))
    ]


def _prices(*terms: Terms | None) -> list[_Row]:
    rows = []
    prices = [agreed.prices if agreed else None for agreed in terms]
    for label, cell in (("net price", _net), ("gross price", _gross), ("discount", _discount), ("price", _unit)):
        cells = [cell(each) if each is not None else _NOTHING for each in prices]
        if any(each is not _NOTHING for each in cells):
            rows.append((label, cells))
    return rows


_Key = tuple[str, str | int]


def _key(place: int, planned: ScheduledDelivery) -> _Key:
    return ("position", planned.position) if planned.position is not None else ("place", place)


def _keys(schedules: list[tuple[ScheduledDelivery, ...]]) -> list[_Key]:
    keys: dict[_Key, None] = {}
    for schedule in schedules:
        for place, planned in enumerate(schedule):
            keys[_key(place, planned)] = None
    return list(keys)


def _delivery(schedule: tuple[ScheduledDelivery, ...], key: _Key) -> _Cell:
    for place, planned in enumerate(schedule):
        if _key(place, planned) == key:
            return _Cell(delivery(planned), (planned.date, planned.quantity))
    return _NOTHING


def _net(prices: Prices) -> _Cell:
    return _Cell(price(prices.net), prices.net) if prices.net else _NOTHING


def _gross(prices: Prices) -> _Cell:
    return _Cell(price(prices.gross), prices.gross) if prices.gross else _NOTHING


def _discount(prices: Prices) -> _Cell:
    if prices.discount_percentage is None:
        return _NOTHING
    return _Cell(f"{plain(prices.discount_percentage)} %", prices.discount_percentage)


def _unit(prices: Prices) -> _Cell:
    if prices.net is None and prices.gross is None:
        return _NOTHING
    return _Cell(price_unit(prices), (prices.price_unit, prices.price_unit_quantity))
