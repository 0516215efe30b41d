"""How the desk says things: statuses as a letter and a word, terms in a few characters, what became of a decision.

A status is never told by colour alone. What partners wrote goes through `display` here, so that what comes out of this
module is fit to be shown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from core.difference import terms_differences
from core.model import (
    InProgressStatus,
    LogisticsStatus,
    OrderLine,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
    Unknown,
    plain,
    total_quantity,
)
from core.transition import WHOLE, Layer
from tui.display import display
from tui.field_words import FIELDS, UNTOLD

if TYPE_CHECKING:
    from core.orderbook import Changed
    from core.store.rows import OrderRow, TimelineEntry
    from core.transition import Change, Json

PROCESS: Final[dict[str, str]] = {
    ProcessStatus.ISSUED: "I Issued",
    ProcessStatus.IN_PROGRESS: "P In progress",
    ProcessStatus.CONFIRMED: "C Confirmed",
    ProcessStatus.REJECTED: "R Rejected",
    ProcessStatus.COMPLETED: "D Completed",
    ProcessStatus.CANCELLED: "X Cancelled",
}
LOGISTICS: Final[dict[str, str]] = {
    LogisticsStatus.OPEN: "o open",
    LogisticsStatus.PRODUCED: "m produced",
    LogisticsStatus.READY_TO_SHIP: "p packed",
    LogisticsStatus.SHIPPED: "s shipped",
    LogisticsStatus.DELIVERED: "d delivered",
    LogisticsStatus.CANCELLED: "x cancelled",
}
IN_PROGRESS: Final[dict[str, str]] = {
    InProgressStatus.OPEN_SUPPLIER_PROPOSAL: "our proposal waits for the buyer",
    InProgressStatus.REJECTED_SUPPLIER_PROPOSAL: "the buyer rejected our proposal",
    InProgressStatus.REISSUED_REJECTED_LINE: "issued again after we rejected it",
    InProgressStatus.OPEN_BUYER_REOPEN_REQUEST: "the buyer asks for other terms",
    InProgressStatus.OPEN_SUPPLIER_REOPEN_REQUEST: "our request for other terms waits for the buyer",
    InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST: "the buyer asks us to confirm again",
    InProgressStatus.OPEN_SUPPLIER_SHIPMENT_RESCHEDULE_REQUEST: "our shipment's other date waits for the buyer",
    InProgressStatus.APPROVED_DELIVERY_SCHEDULE: "the buyer approved the delivery schedule",
    InProgressStatus.REJECTED_DELIVERY_SCHEDULE: "the buyer rejected the delivery schedule",
    InProgressStatus.REVERTED_COMPLETED_LINE: "the buyer reopened the completed line",
    InProgressStatus.REVERTED_CANCELLED_LINE: "the buyer took the cancellation back",
    InProgressStatus.CANCELLATION_REQUESTED: "the buyer asks to cancel",
}
BUYER_ASKS: Final = frozenset(
    {
        InProgressStatus.OPEN_BUYER_REOPEN_REQUEST,
        InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST,
        InProgressStatus.CANCELLATION_REQUESTED,
    }
)
"""States in which our no rejects no line, but refuses what the buyer asks."""
SENDING: Final[dict[str, str]] = {
    "nothing": "",
    "draft": "draft",
    "held": "leaves soon",
    "queued": "to be sent",
    "sending": "sending",
    "sent": "sent",
    "uncertain": "! uncertain",
    "failed": "! failed",
}
NONE: Final = "–"
"""Stands where there is nothing."""
CHANGED_SINCE: Final = "it has changed since; r reads it again"
"""Said of an order that is another by now than the one shown."""


def counted(number: int, what: str) -> str:
    """`1 order`, `2,000 orders`"""
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def buyer(row: OrderRow) -> str:
    """Who ordered: the name, or where the platform sends none, the connection and the buyer's number there."""
    if row.buyer_name and row.buyer_name != row.buyer:
        return display(row.buyer_name, 120)
    return f"{row.connection} {display(row.buyer, 80)}"


def moment(iso: str, zone: ZoneInfo | None, *, seconds: bool = False) -> str:
    """A time of the store (ISO 8601, UTC) as the operator's clock has it; None: the system's zone."""
    try:
        at = dt.datetime.fromisoformat(iso)
    except ValueError:
        return display(iso)
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")


def quantity(value: object) -> str:
    return "?" if isinstance(value, Unknown) else plain(value)  # type: ignore[arg-type]


def day(value: dt.date | Unknown) -> str:
    return "?" if isinstance(value, Unknown) else value.isoformat()


def delivery(planned: ScheduledDelivery) -> str:
    """`2026-05-01  10`"""
    return f"{day(planned.date)}  {quantity(planned.quantity)}"


def price(value: Price | None) -> str:
    """`78.90 EUR`, with the base currency behind it where it is stated."""
    if value is None:
        return NONE
    stated = [
        f"{plain(money.value)} {display(money.currency, 8)}" for money in (value.transaction, value.base) if money
    ]
    return " = ".join(stated) or NONE


def price_unit(prices: Prices) -> str:
    """What the price is for: `per 100 M`."""
    count = plain(prices.price_unit_quantity) if prices.price_unit_quantity is not None else "1"
    return f"per {count} {display(prices.price_unit or '', 12)}".rstrip()


def whole_price(prices: Prices) -> str:
    """All of it: `net 78.90 EUR = 85.20 USD, gross 80.00 EUR less 5 % per 100 M`."""
    parts = [f"{kind} {price(value)}" for kind, value in (("net", prices.net), ("gross", prices.gross)) if value]
    less = f" less {plain(prices.discount_percentage)} %" if prices.discount_percentage is not None else ""
    return f"{', '.join(parts) or NONE}{less} {price_unit(prices)}"


def price_units(*compared: Terms | None) -> set[str | None]:
    """The units in which prices of terms that stand beside each other are stated."""
    return {side.prices.price_unit for side in compared if side is not None and side.prices is not None}


def line_terms(line: OrderLine) -> tuple[str, str, str]:
    """Requested, proposed and agreed terms, each in one line; with the price's unit where it isn't the line's own."""
    sides = (line.requested, line.proposed, line.confirmed)
    unit = bool(price_units(*sides) - {line.content.item.unit})
    requested, proposed, confirmed = (terms(side, unit=unit) for side in sides)
    return requested, proposed, confirmed


def terms(agreed: Terms | None, *, unit: bool = False) -> str:
    """Terms in one line: `2026-05-01 10 @ 78.90 EUR`, `3× to 2026-07-01 30`. `unit`: with that of the price."""
    if agreed is None:
        return NONE
    schedule = agreed.delivery_schedule
    if len(schedule) == 1:
        when = f"{day(schedule[0].date)} {quantity(schedule[0].quantity)}"
    elif schedule:
        total = total_quantity(schedule)
        days = [planned.date for planned in schedule if isinstance(planned.date, dt.date)]
        until = max(days).isoformat() if days else "?"
        when = f"{len(schedule)}× to {until} {'?' if total is None else plain(total)}"
    else:
        when = NONE
    return f"{when} @ {short_price(agreed.prices, unit=unit)}" if agreed.prices else when


def short_price(prices: Prices, *, unit: bool = False) -> str:
    """`78.90 EUR`, `78.90/100 EUR`; with its unit `78.90/KGM EUR`, `78.90/100 KGM EUR`.

    What it is for stands before the currency: of a text that is cut off, it is what must not be missed.
    """
    shown = prices.net or prices.gross
    if shown is None or shown.transaction is None:
        return NONE
    text = plain(shown.transaction.value)
    if prices.net is None and prices.discount_percentage is not None:
        text += f" -{plain(prices.discount_percentage)}%"
    count = prices.price_unit_quantity
    per = [plain(count)] if count is not None and count != 1 else []
    if unit and prices.price_unit:
        per.append(display(prices.price_unit, 12))
    if per:
        text += f"/{' '.join(per)}"
    return f"{text} {display(shown.transaction.currency, 8)}"


DONE: Final = {
    "confirm": "confirmed",
    "reject": "rejected",
    "withdraw": "withdrawn",
    "undo": "taken back",
    "propose": "answered with other terms",
    "details": "told more of",
    "pack": "packed",
    "ship": "shipped",
    "ours": "answered",
    "suggested": "answered as the rules suggest",
    "compensate": "set right",
}
_AGREED_TO: Final[dict[str, str]] = {
    InProgressStatus.OPEN_BUYER_REOPEN_REQUEST: "approved as asked",
    InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST: "confirmed again",
}
"""What a yes to the buyer's request was."""
_NEVER_BACK: Final = frozenset({"pack", "ship"})
_MOST_NAMED: Final = 3
"""Positions named one by one; more are counted."""


def became(action: str, changed: Changed) -> dict[str, tuple[str, ...]]:
    """What `action` (of DONE) was to the lines that it changed: each word with the positions of its lines.

    To agree with a buyer who asks to cancel is to cancel, with one who asks for other terms to approve them; and a no to
    what a buyer asks rejects no line.
    """
    order = changed.step.record.order
    shown = [
        each for each in changed.step.changes if each.layer in (Layer.ORDER, Layer.SHOWN) and each.line is not None
    ]
    asked = {each.line: each.before for each in shown if each.field == "in_progress_status"}
    words: dict[str, tuple[str, ...]] = {}
    for position in dict.fromkeys(each.line for each in shown if each.line is not None):
        line = order.line(position)
        status = line.process_status if line is not None else None
        word = DONE[action]
        if action == "confirm" and status is ProcessStatus.CANCELLED:
            word = "cancelled as asked"
        elif action == "confirm" and (what := _AGREED_TO.get(str(asked.get(position)))) is not None:
            word = what
        elif action == "reject" and status is not ProcessStatus.REJECTED:
            word = "request refused"
        words[word] = (*words.get(word, ()), position)
    return words or {DONE[action]: ()}


def in_words(words: dict[str, tuple[str, ...]]) -> str:
    """`confirmed`; where lines became different things `line 10 confirmed, 4 lines cancelled as asked`."""
    if len(words) == 1:
        return next(iter(words))
    return ", ".join(f"{_lines(positions)} {word}" for word, positions in words.items())


def _lines(positions: Sequence[str]) -> str:
    if len(positions) > _MOST_NAMED:
        return counted(len(positions), "line")
    return f"line {', '.join(display(position, 20) for position in positions)}"


def done(
    action: str,
    number: str,
    changed: Changed,
    hold: dt.timedelta | None,
    positions: Sequence[str] = (),
    *,
    daemon_runs: bool = True,
) -> str:
    """One sentence on what a decision led to. `number` as partners wrote it; `hold` is the undo window.

    Without `hold` it doesn't say when the answer leaves: what stays true after the window too.
    """
    words = became(action, changed)
    lines = f" {_lines(positions)}" if positions else ""
    what = f"{display(number, 40)}{lines if len(words) == 1 else ''} {in_words(words)}"
    notes = "".join(f"; {display(note)}" for note in changed.step.notes)
    if action == "undo":
        return f"{what}: nothing of it has left{notes}" if hold is not None else f"{what}{notes}"
    if action in _NEVER_BACK:
        told = "; the buyer is told, and that can't be taken back" if changed.outbox else ""
        return f"{what}{told}{notes}"
    if changed.outbox:
        if hold is None:
            return f"{what}{notes}"
        how = leaves(hold) if daemon_runs else "it waits, since the daemon is down"
        return f"{what}; {how}, u takes it back{notes}"
    if changed.step.record.pending is not None and not notes:
        return f"{what}; kept until the other lines are answered, u takes it back"
    if not changed.step.changes and not notes:
        return f"{display(number, 40)}{lines}: nothing changes by that, and nothing is sent"
    return f"{what}{notes}"


def leaves(hold: dt.timedelta) -> str:
    seconds = hold.total_seconds()
    if seconds <= 0:
        return "leaves at once"
    return f"leaves in {seconds:g} s" if seconds < 120 else f"leaves in {seconds / 60:g} min"


def entry(event: TimelineEntry, zone: ZoneInfo | None) -> list[str]:
    """A timeline entry as lines: when, who, what; then each change of what is shown; then the notes."""
    when = moment(event.at, zone, seconds=True)
    lines = [f"{when}  {display(event.actor, 40)}  {display(event.summary, 300)}"]
    lines.extend(
        f"    {change(each)}"
        for each in event.changes or ()
        if each.layer in (Layer.ORDER, Layer.SHOWN) and each.field not in UNTOLD
    )
    lines.extend(f"    {display(note, 300)}" for note in event.notes)
    return lines


_TERMS: Final = frozenset({"requested", "proposed", "confirmed"})
_STATUSES: Final[dict[str, dict[str, str]]] = {
    "process_status": PROCESS,
    "logistics_status": LOGISTICS,
    "in_progress_status": IN_PROGRESS,
}


def change(made: Change) -> str:
    """`line 10 confirmed: – → 2026-05-01 10 @ 78.90 EUR`; where that says too little, what differs: `line 10 requested net
    price 5 EUR = 6 USD → 5 EUR`"""
    where = f"line {display(made.line, 20)}" if made.line is not None else ""
    if made.field == WHOLE:
        return (
            f"{where or 'the order'} is {'new' if made.before is None else 'gone' if made.after is None else 'other'}"
        )
    name = FIELDS.get(made.field) or display(made.field.rpartition(".")[2], 40).replace("_", " ")
    before, after = _value(made.field, made.before), _value(made.field, made.after)
    if made.field in _TERMS and (sides := _both(made)) is not None:
        unit = len(price_units(*sides)) > 1
        before, after = (terms(side, unit=unit) for side in sides)
        if before == after and (differences := terms_differences(name, *sides)):
            return f"{where} {display('; '.join(differences), 300)}".lstrip()
    return f"{where} {name}: {before} → {after}".lstrip()


def _both(made: Change) -> tuple[Terms, Terms] | None:
    """The terms before and after, where there were some and are."""
    if not isinstance(made.before, dict) or not isinstance(made.after, dict):
        return None
    try:
        return Terms.from_json(json.dumps(made.before)), Terms.from_json(json.dumps(made.after))
    except ValueError:  # written by other rules than today's
        return None


def _value(field: str, value: Json) -> str:
    """A value of a change, which is JSON, in a few words."""
    if value is None or value == [] or value == {}:
        return NONE
    if field in _TERMS and isinstance(value, dict):
        try:
            return terms(Terms.from_json(json.dumps(value)))
        except ValueError:  # written by other rules than today's: shown as it stands
            pass
    if field in _STATUSES and isinstance(value, str):
        return _STATUSES[field].get(value, display(value, 60))
    if isinstance(value, dict):
        parts = (
            f"{key.replace('_', ' ')} {_value('', part)}" for key, part in value.items() if part not in (None, [], {})
        )
        return display(", ".join(parts), 120)
    if isinstance(value, list):
        return display("; ".join(_value("", part) for part in value), 120)
    return display(str(value), 80)
