"""A buyer at random: what buyers do at the platform, and what the supplier's people do in its portal.

Everything random comes from the `random.Random` given in. Acts that the manual says nothing about are left out, so that
where podesk's prediction and the platform differ, one of them has misread.
"""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import ClassVar

from tests.platform.line import (
    BUYERS_REOPEN,
    CANCELLED,
    COMPLETED,
    CONFIRMED,
    ISSUED,
    OUR_PROPOSAL,
    OUR_REOPEN,
    REJECTED,
    RESCHEDULE,
    Answer,
    Line,
    approved,
    asked_to_reconfirm,
    cancelled,
    completed_by_buyer,
    confirmed_by_buyer,
    issued_again,
    reached,
    received,
    refused,
    reschedule_decided,
    revived,
)
from tests.platform.orders import Order, Platform
from tests.platform.terms import Delivery, Money, Prices, Said, Terms

_TRIES = 5
_FIRST_DAY = dt.date(2026, 4, 1)
_QUANTITIES = ("1", "4", "10", "12.50", "0.250", "1000.000000000000000001", "1E+2")
_PRICES = ("5.50", "78.90", "0.0001", "1080.240000000000000000000000001", "12", "99.830")


class Buyer:
    """Acts on the orders of one platform.

    `reissues_agreed`: also a line that was agreed and is InProgress again, whoever asked that: "same status, new requested
    terms" (page), so two requests may be open on it.
    """

    def __init__(
        self, platform: Platform, rng: random.Random, account: str = "340760", *, reissues_agreed: bool = False
    ) -> None:
        self._platform = platform
        self._rng = rng
        self._account = account
        self._numbers = 0
        self._reissues_agreed = reissues_agreed
        self.did: Counter[str] = Counter()
        """Acts that had an effect."""

    def act(self) -> str:
        """Does one thing; what, in words. Of what comes to mind first there is often nothing to do."""
        orders = list(self._platform.orders.values())
        if not orders or self._rng.random() < 0.04:
            return self.order()
        for _ in range(_TRIES):
            order = self._rng.choice(orders)
            act = self._rng.choices(list(self._acts), weights=list(self._acts.values()))[0]
            if positions := act(self, order):
                name = _named(act)
                self.did[name] += 1
                return f"{name} {order.number}: {' '.join(positions)}"
        return "nothing"

    @classmethod
    def all_acts(cls) -> frozenset[str]:
        """What it can do, as `did` names it."""
        return frozenset(_named(act) for act in cls._acts)

    def decide_all(self) -> None:
        """Every open request of ours is approved or rejected: nothing waits for the buyer any more."""
        for order in self._platform.orders.values():
            for line in list(order.lines.values()):
                if line.in_progress in (OUR_PROPOSAL, OUR_REOPEN):
                    self._decide(order, [line])
                elif line.in_progress == RESCHEDULE:
                    self._decide_reschedule(order, [line])

    # What buyers do

    def order(self) -> str:
        self._numbers += 1
        order = Order(
            "buyer-1",
            self._account,
            f"PO-{self._numbers:04d}",
            auto_confirm=self._rng.random() < 0.1,
            cancel_missing=self._rng.random() < 0.3,
            buyer={"description": self._words(), "contact": {"email": "ines@buyer.example"}},
        )
        order.lines = {line.position: line for line in self._lines(order, self._rng.randint(1, 5))}
        self._platform.add(order)
        return f"order {order.number} with {len(order.lines)} lines"

    def _adds_lines(self, order: Order) -> list[str]:
        return self._changed(order, "OrderLinesIssuedByBuyer", self._lines(order, self._rng.randint(1, 2)))

    def _reissues(self, order: Order) -> list[str]:
        """Issued and InProgress lines keep their status; Rejected ones are asked for anew."""
        lines = [
            line
            for line in self._some(order)
            if line.process in (ISSUED, REJECTED)
            or (line.process == "InProgress" and (line.confirmed is None or self._reissues_agreed))
        ]
        touched = self._changed(
            order,
            "OrderLinesReissuedByBuyer",
            [issued_again(line, self._other(line, line.requested)) for line in lines],
        )
        for position in touched:
            self.did["reissues after an answer" if order.lines[position].answers else "reissues before an answer"] += 1
        return touched

    def _asks_other_terms(self, order: Order) -> list[str]:
        lines = [line for line in self._some(order) if line.process == CONFIRMED or line.in_progress == BUYERS_REOPEN]
        return self._changed(
            order,
            "OrderLinesReopenRequestedByBuyer",
            [issued_again(line, self._other(line, line.requested)) for line in lines],
        )

    def _takes_request_back(self, order: Order) -> list[str]:
        lines = [line for line in order.lines.values() if line.in_progress == BUYERS_REOPEN]
        return self._changed(
            order, "OrderLinesReopenRequestRevertedByBuyer", [issued_again(line, line.standing) for line in lines]
        )

    def _asks_to_reconfirm(self, order: Order) -> list[str]:
        return self._each(order, "OrderLinesReconfirmationRequestedByBuyer", asked_to_reconfirm)

    def _decides(self, order: Order) -> list[str]:
        lines = [line for line in order.lines.values() if line.in_progress in (OUR_PROPOSAL, OUR_REOPEN)]
        return self._decide(order, self._rng.sample(lines, self._rng.randint(1, len(lines)))) if lines else []

    def _decide(self, order: Order, lines: list[Line]) -> list[str]:
        touched = []
        for line in lines:
            word, act = ("Approved", approved) if self._rng.random() < 0.6 else ("Rejected", refused)
            what = "OrderChangesProposal" if line.in_progress == OUR_PROPOSAL else "OrderLinesReopenRequest"
            touched += self._changed(order, f"{what}{word}ByBuyer", [act(line)])
        return touched

    def _decides_reschedule(self, order: Order) -> list[str]:
        return self._decide_reschedule(order, list(order.lines.values()))

    def _decide_reschedule(self, order: Order, lines: list[Line]) -> list[str]:
        yes = self._rng.random() < 0.6
        return self._changed(
            order,
            f"OrderLinesShipmentReschedule{'Approved' if yes else 'Rejected'}ByBuyer",
            [reschedule_decided(line, yes, self._platform.habits) for line in lines],
        )

    def _confirms_in_our_stead(self, order: Order) -> list[str]:
        lines = [line for line in self._some(order) if line.process == ISSUED]
        return self._changed(order, "OrderLinesConfirmedByBuyer", [confirmed_by_buyer(line) for line in lines])

    def _cancels(self, order: Order) -> list[str]:
        return self._each(order, "OrderLinesCancelledByBuyer", cancelled)

    def _completes(self, order: Order) -> list[str]:
        """Also where the same message cancels: a completion beats it."""
        return self._each(order, "OrderLinesCompletedByBuyer", completed_by_buyer)

    def _reverts_cancellations(self, order: Order) -> list[str]:
        lines = [line for line in order.lines.values() if line.process == CANCELLED]
        return self._changed(
            order, "CancelledOrderLinesRevertedByBuyer", [revived(line, self._platform.habits) for line in lines]
        )

    def _reverts_completions(self, order: Order) -> list[str]:
        lines = [line for line in order.lines.values() if line.process == COMPLETED]
        return self._changed(
            order, "CompletedOrderLinesRevertedByBuyer", [revived(line, self._platform.habits) for line in lines]
        )

    def _updates_without_some_lines(self, order: Order) -> list[str]:
        """`cancelLineWhenMissing`: what the update doesn't name is cancelled. Of the rest it asks some otherwise."""
        missing = self._some(order) if order.cancel_missing else []
        there = {line.position for line in missing}
        touched = self._changed(order, "OrderLinesCancelledByBuyer", [cancelled(line) for line in missing])
        if touched:
            issued = [line for line in order.lines.values() if line.process == ISSUED and line.position not in there]
            again = [issued_again(line, self._other(line, line.requested)) for line in issued[:1]]
            touched += self._changed(order, "OrderLinesReissuedByBuyer", again)
        return touched

    def _receives_all(self, order: Order) -> list[str]:
        lines = [reached(line, "Delivered") for line in self._some(order) if line.process in (CONFIRMED, COMPLETED)]
        return self._changed(order, "OrderLinesMarkedAsDeliveredByBuyer", lines)

    def _receives_some(self, order: Order) -> list[str]:
        lines = [line for line in order.lines.values() if line.process in (CONFIRMED, COMPLETED)]
        if not lines:
            return []
        in_part = [line for line in lines if line.received]
        line = self._rng.choice(in_part if in_part and self._rng.random() < 0.5 else lines)
        came = self._rng.choice(line.standing.schedule)
        history = (*line.received, Delivery(f"{len(line.received) + 1:02d}", came.date, came.quantity))
        return self._changed(order, "OrderLinesDeliveryHistoryAppendedByBuyer", [received(line, history)])

    def _says_shipped(self, order: Order) -> list[str]:
        lines = [
            reached(line, "Shipped")
            for line in self._some(order)
            if line.process == CONFIRMED and line.logistics == "Open"
        ]
        return self._changed(order, "OrderLinesShippedByBuyer", lines)

    def _marks_open(self, order: Order) -> list[str]:
        lines = [reached(line, "Open") for line in self._some(order) if line.logistics != "Open"]
        return self._changed(order, "OrderLinesMarkedAsOpenByBuyer", lines)

    def _attaches(self, order: Order) -> list[str]:
        object_id = self._platform.upload(self._rng.randbytes(self._rng.randrange(1, 60)))
        document = {"code": f"D-{self._rng.randrange(2)}", "name": self._words(), "objectId": object_id}
        position = self._rng.choice(list(order.lines))
        self._platform.attach(order, [document], {position: [document]} if self._rng.random() < 0.5 else {})
        return [position]

    def _reassigns_contact(self, order: Order) -> list[str]:
        order.buyer = {**order.buyer, "contact": {"email": f"buyer{self._rng.randrange(100)}@buyer.example"}}
        self._platform.changed(order, "OrderContactReassignedByBuyer", always=True)
        return ["contact"]

    def _writes(self, order: Order) -> list[str]:
        lines = [
            replace(line, buyer={**line.buyer, "notes": [self._words()], "labels": [self._words()]})
            for line in self._some(order)
        ]
        return self._changed(order, "OrderLinesUpdatedByBuyer", lines)

    def _sends_again(self, order: Order) -> list[str]:
        self._platform.resend(order)
        return ["the order"]

    def _is_told_of_in_new_words(self, order: Order) -> list[str]:
        positions = [line.position for line in self._some(order)]
        self._platform.says_something_new(order, positions)
        return positions

    def _answered_in_the_portal(self, order: Order) -> list[str]:
        """Somebody of the supplier's answers at the platform, past podesk."""
        line = self._rng.choice(list(order.lines.values()))
        other = self._other(line, line.standing)
        answer = self._rng.choice(
            [
                Answer(line.position, "accepted"),
                Answer(line.position, "rejected", reason="no more of these"),
                Answer(line.position, said=Said(other.schedule, other.prices), reason="from the portal"),
            ]
        )
        self._platform.answer(order, [answer])
        return [line.position]

    _acts: ClassVar[dict[Callable[[Buyer, Order], list[str]], int]] = {
        _adds_lines: 2,
        _reissues: 5,
        _asks_other_terms: 10,
        _takes_request_back: 3,
        _asks_to_reconfirm: 3,
        _decides: 20,
        _decides_reschedule: 12,
        _confirms_in_our_stead: 2,
        _cancels: 3,
        _completes: 2,
        _reverts_cancellations: 3,
        _reverts_completions: 3,
        _updates_without_some_lines: 1,
        _receives_all: 2,
        _receives_some: 6,
        _says_shipped: 2,
        _marks_open: 3,
        _attaches: 4,
        _reassigns_contact: 1,
        _writes: 2,
        _sends_again: 1,
        _is_told_of_in_new_words: 1,
        _answered_in_the_portal: 2,
    }

    # What it does, and how often each beside the others, is `_acts`. How it chooses:

    def _changed(self, order: Order, event: str, lines: Iterable[Line]) -> list[str]:
        return self._platform.changed(order, event, lines)

    def _each(self, order: Order, event: str, act: Callable[[Line], Line]) -> list[str]:
        return self._changed(order, event, [act(line) for line in self._some(order)])

    def _some(self, order: Order) -> list[Line]:
        """A few lines of the order; now and then all."""
        lines = list(order.lines.values())
        return lines if self._rng.random() < 0.15 else self._rng.sample(lines, self._rng.randint(1, min(2, len(lines))))

    def _lines(self, order: Order, count: int) -> list[Line]:
        first = 10 * (len(order.lines) + 1)
        return [self._line(str(first + 10 * n)) for n in range(count)]

    def _line(self, position: str) -> Line:
        charge = self._rng.random() < 0.05
        schedule = tuple(
            Delivery(f"{n:04d}", self._date(), Decimal(self._rng.choice(_QUANTITIES)))
            for n in range(1, 2 if charge else self._rng.choice((2, 2, 2, 3, 4)))
        )
        return Line(
            position,
            Terms(schedule, self._prices()),
            propose_when_accepted=self._rng.random() < 0.1,
            charge=charge,
            buyer={
                "description": self._words(),
                "item": {"number": f"HC-{position}", "name": "Sheave ø250", "purchaseUnitOfMeasureIso": "PCE"},
            },
        )

    def _prices(self) -> Prices:
        unit, per = self._rng.choice((("PCE", Decimal(1)), ("M", Decimal(100)), (None, None)))
        net = Money(Decimal(self._rng.choice(_PRICES)), "EUR")
        if self._rng.random() < 0.2:
            return Prices(gross=Money(net.value * 2, "EUR"), discount=Decimal("50"), net=net, unit=unit, per=per)
        base = Money(Decimal("9.10"), "USD") if self._rng.random() < 0.2 else None
        return Prices(net=net, net_base=base, unit=unit, per=per)

    def _other_prices(self, line: Line) -> Prices:
        """Of another value: where only a unit is left out, the manual doesn't say whether they are others."""
        known = [terms.prices.net for terms in (line.requested, line.standing) if terms.prices is not None]
        while (other := self._prices()).net in known:
            pass
        return other

    def _other(self, line: Line, terms: Terms) -> Terms:
        """What differs from `terms` of the line in dates, quantities, prices or the number of deliveries."""
        schedule = list(terms.schedule)
        n = self._rng.randrange(len(schedule))
        match self._rng.randrange(5):
            case 0:
                return Terms(terms.schedule, self._other_prices(line))
            case 1 if len(schedule) > 1:
                schedule.pop(n)
            case 2:
                schedule[n] = replace(schedule[n], quantity=Decimal(self._rng.choice(_QUANTITIES)))
            case 3:
                schedule[n] = replace(schedule[n], date=self._date(), quantity=Decimal(self._rng.choice(_QUANTITIES)))
            case _:
                schedule[n] = replace(schedule[n], date=self._date())
        return Terms(tuple(schedule), terms.prices)

    def _date(self) -> str:
        return (_FIRST_DAY + dt.timedelta(days=self._rng.randrange(200))).isoformat()

    def _words(self) -> str:
        return self._rng.choice(("Painted grey", "Ring before you come", "[b]x[/b]", "with\ttab", "Größe ø60", ""))


def _named(act: Callable[[Buyer, Order], list[str]]) -> str:
    return act.__name__.strip("_").replace("_", " ")
