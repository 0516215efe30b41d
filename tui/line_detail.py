"""One line in full: every delivery and price as requested, as we said, and as agreed, with what differs marked."""

from __future__ import annotations

from dataclasses import dataclass

from rich.text import Text

from core.model import OrderLine, Prices, ScheduledDelivery, Terms, plain
from core.terms import same_terms
from tui.display import display
from tui.document_words import names
from tui.row_list import fitted
from tui.words import IN_PROGRESS, LOGISTICS, NONE, PROCESS, delivery, price, price_unit

_NAME, _CELL = 14, 28


def differs(ours: Terms | None, requested: Terms) -> bool:
    """Whether `ours` is not what was requested, by value."""
    return ours is not None and not same_terms(ours, requested)


def detail(line: OrderLine) -> Text:
    item = line.content.item
    text = Text(no_wrap=True, overflow="ellipsis")
    name = " ".join(display(part, 80) for part in (item.number, item.name or item.description) if part)
    text.append(f"Line {display(line.position, 20)}  {name or NONE}", "bold")
    if item.supplier_item_number:
        text.append(f"  (ours: {display(item.supplier_item_number, 40)})")
    status = f"{PROCESS[line.process_status]}, goods {LOGISTICS[line.logistics_status]}"
    if line.in_progress_status is not None:
        status += f": {IN_PROGRESS[line.in_progress_status]}"
    if line.predicted:
        status += " (our prediction; the platform has not said so yet)"
    text.append(f"\n{status}")
    beside(text, ("requested", "ours", "confirmed"), (line.requested, line.proposed, line.confirmed), against=(0, 0))
    documents = names(line.content.documents)
    for label, said in (
        ("reason", line.reason),
        ("notes", " / ".join(line.content.notes)),
        ("documents", documents),
    ):
        if said:
            text.append(f"\n{fitted(label, _NAME)}{display(said, 160)}")
    return text


def beside(
    text: Text,
    heads: tuple[str, str, str],
    sides: tuple[Terms, Terms | None, Terms | None],
    *,
    against: tuple[int, int],
) -> None:
    """Three sides of a line's terms beside each other, added to `text`.

    `against`: which side the second and the third are held against; where they differ stands `≠`.
    """
    text.append(f"\n{'':<{_NAME}}{''.join(fitted(head, _CELL) for head in heads)}", "underline")
    for label, cells in _rows(*sides):
        text.append(f"\n{fitted(label, _NAME)}{fitted(cells[0].text, _CELL)}")
        for mine, side, held in zip(cells[1:], sides[1:], against, strict=True):
            base = sides[held]
            other = base is not None and differs(side, base) and mine.text != NONE and mine.value != cells[held].value
            text.append(fitted(("≠ " if other else "  ") + mine.text, _CELL), "bold" if other else "")


@dataclass(frozen=True, slots=True)
class _Cell:
    text: str
    value: object
    """Compared instead of the text: 1.0 is 1.00."""


_NOTHING = _Cell(NONE, None)


def _rows(*terms: Terms | None) -> list[tuple[str, list[_Cell]]]:
    """Label and one cell for each of `terms`; deliveries stand beside each other by position, else by place."""
    schedules = [agreed.delivery_schedule if agreed else () for agreed in terms]
    rows = []
    for place, key in enumerate(_keys(schedules)):
        rows.append((f"delivery {place + 1}", [_delivery(schedule, key) for schedule in schedules]))
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
