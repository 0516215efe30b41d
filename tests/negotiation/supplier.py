"""An operator at random: every act that a supplier has, on lines in whatever state they are."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from core.decisions import Act, Decision, Despatch, LineDecision, LineProgress, Undo
from core.model import (
    Contact,
    Document,
    InProgressStatus,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    OrderLine,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
    Unknown,
)
from core.stages import Stage

_DAY = dt.date(2026, 4, 1)
_OPEN = (Act.AGREE, Act.ACCEPT, Act.DISAGREE, Act.REJECT, *(Act.PROPOSE,) * 4)
_FITTING: Final = {
    ProcessStatus.ISSUED: _OPEN,
    ProcessStatus.IN_PROGRESS: _OPEN,
    ProcessStatus.CONFIRMED: (*(Act.PROPOSE,) * 3, Act.DETAILS),
    ProcessStatus.COMPLETED: (Act.DETAILS,),
    InProgressStatus.OPEN_SUPPLIER_PROPOSAL: (Act.PROPOSE, Act.PROPOSE, Act.AGREE, Act.REJECT),
    InProgressStatus.OPEN_SUPPLIER_REOPEN_REQUEST: (Act.WITHDRAW, Act.WITHDRAW, Act.PROPOSE, Act.AGREE),
    InProgressStatus.OPEN_BUYER_REOPEN_REQUEST: (Act.APPROVE, Act.AGREE, Act.REFUSE, Act.DISAGREE, Act.PROPOSE),
    InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST: (*(Act.RECONFIRM,) * 3, Act.AGREE, Act.PROPOSE),
}
"""What a state calls for; the rest is tried too, and mostly refused."""
_DETAILS = (
    ItemDetails(country_of_origin="NL", combined_nomenclature_code="6406 10 10"),
    ItemDetails(net_weight=Decimal("41.2410"), net_weight_unit="KGM", dangerous_goods_code="0060"),
    ItemDetails(serial_number="0x28000", batch_number="#18001"),
)


@dataclass
class Supplier:
    """Makes decisions; saves nothing but the files that it attaches. `new_id` gives each its id."""

    rng: random.Random
    new_id: Callable[[str], str]
    attach: Callable[[str, bytes], Document]
    """Keeps a file; its name and its bytes."""

    def decision(self, order: Order, at: dt.datetime) -> Decision:
        lines = self._some(order)
        act = self._act(lines[0])
        mixed = self.rng.random() < 0.3
        decided = tuple(self._line(line, self._act(line) if mixed else act) for line in lines)
        more: dict[str, object] = {}
        if self.rng.random() < 0.1:
            more = {"description": "As agreed by phone", "contact": Contact(email="bob@supplier.example")}
        return Decision(id=self.new_id("decision"), at=at, lines=decided, **more)  # type: ignore[arg-type]

    def undo(self, order: Order, at: dt.datetime) -> Undo:
        """All that has not left, or what was decided of some lines."""
        lines: Sequence[OrderLine] = () if self.rng.random() < 0.5 else self.rng.sample(order.lines, 1)
        return Undo(id=self.new_id("undo"), at=at, positions=tuple(line.position for line in lines))

    def despatch(self, order: Order, at: dt.datetime) -> Despatch:
        agreed_lines = [line for line in order.lines if line.process_status is ProcessStatus.CONFIRMED]
        line = self.rng.choice(agreed_lines if agreed_lines and self.rng.random() < 0.8 else order.lines)
        quantity = None
        agreed = line.confirmed or line.requested
        if self.rng.random() < 0.5 and agreed.delivery_schedule:
            planned = self.rng.choice(agreed.delivery_schedule).quantity
            quantity = None if isinstance(planned, Unknown) else planned
        elif self.rng.random() < 0.3:
            quantity = Decimal(1)  # Less than was planned: at the platform that asks the buyer to reschedule the rest.
        progress = () if self.rng.random() < 0.2 else (LineProgress(position=line.position, quantity=quantity),)
        return Despatch(
            id=self.new_id("despatch"), at=at, stage=self.rng.choice((*Stage, Stage.SHIPPED)), lines=progress
        )

    def _some(self, order: Order) -> Sequence[OrderLine]:
        """Mostly lines that stand alike."""
        first = self.rng.choice(order.lines)
        alike = [line for line in order.lines if _state(line) is _state(first) and line is not first]
        among = [line for line in order.lines if line is not first] if self.rng.random() < 0.2 else alike
        return (first, *self.rng.sample(among, self.rng.randint(0, min(3, len(among)))))

    def _act(self, line: OrderLine) -> Act:
        fitting = _FITTING.get(_state(line), _OPEN)
        return self.rng.choice(fitting if self.rng.random() < 0.85 else list(Act))

    def _line(self, line: OrderLine, act: Act) -> LineDecision:
        more: dict[str, object] = {}
        if act is Act.DETAILS or self.rng.random() < 0.1:
            more["item_details"] = self.rng.choice(_DETAILS)
        if self.rng.random() < 0.1:
            more |= {"notes": ("with certificate", "zweite Größe"), "properties": (KeyValue(key="lot", value="L-1"),)}
        if self.rng.random() < 0.1:
            more |= {"sales_order_number": "SO-17", "sales_order_position": "1", "description": "ours"}
        if self.rng.random() < 0.06:
            more["documents"] = (self._file(),)
        return LineDecision(
            position=line.position,
            act=act,
            terms=self._terms(line) if act is Act.PROPOSE else None,
            reason="the mill is late" if act in (Act.PROPOSE, Act.REJECT, Act.REFUSE, Act.DISAGREE) else None,
            **more,  # type: ignore[arg-type]
        )

    def _file(self) -> Document:
        """Now and then the same bytes under another name."""
        payload = self.rng.choice((b"%PDF-1.7 the same for all \xff", self.rng.randbytes(self.rng.randrange(300))))
        return self.attach(f"{self.new_id('certificate')}.pdf", payload)

    def _terms(self, line: OrderLine) -> Terms:
        """Other terms; now and then those that stand, on either side."""
        standing = line.confirmed or line.requested
        schedule, prices = list(standing.delivery_schedule), standing.prices
        if not schedule:
            return standing
        n = self.rng.randrange(len(schedule))
        one = schedule[n]
        match self.rng.randrange(9):
            case 0:
                return line.requested
            case 1:
                return standing
            case 2:
                return Terms(delivery_schedule=tuple(schedule), prices=self._price(prices))
            case 3:
                return Terms(delivery_schedule=(), prices=self._price(prices))
            case 4:  # a split: new ones stand last, without position
                half = Decimal(1) if isinstance(one.quantity, Unknown) else one.quantity / 2
                schedule[n] = one.but(quantity=half)
                schedule.append(ScheduledDelivery(date=self._date(), quantity=half))
            case 5 if len(schedule) > 1:
                schedule.pop(n)
            case 6:
                schedule[n] = one.but(quantity=Decimal(self.rng.choice(("3", "4.5", "1000000.000000001"))))
            case 7:
                schedule[n] = one.but(**{self.rng.choice(("date", "quantity")): Unknown.UNKNOWN})
            case _:
                schedule[n] = one.but(date=self._date())
        return Terms(delivery_schedule=tuple(schedule), prices=prices if self.rng.random() < 0.5 else None)

    def _price(self, prices: Prices | None) -> Prices:
        value = Decimal(self.rng.choice(("6.10", "99.0001", "1080.240000000000000000000000002")))
        net = Price(transaction=Money(value=value, currency="EUR"))
        if prices is None:
            return Prices(net=net)
        return Prices(net=net, price_unit=prices.price_unit, price_unit_quantity=prices.price_unit_quantity)

    def _date(self) -> dt.date:
        return _DAY + dt.timedelta(days=self.rng.randrange(200))


def _state(line: OrderLine) -> ProcessStatus | InProgressStatus:
    return line.in_progress_status or line.process_status
