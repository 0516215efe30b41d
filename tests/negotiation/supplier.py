"""An operator at random: every act that a supplier has, on lines in whatever state they are."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from core.decisions import Act, Decision, Despatch, LineDecision, LineProgress, Undo
from core.model import (
    Contact,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    OrderLine,
    Price,
    Prices,
    ScheduledDelivery,
    Terms,
    Unknown,
)
from core.stages import Stage

_DAY = dt.date(2026, 4, 1)
_ACTS = (Act.AGREE, Act.AGREE, Act.ACCEPT, Act.DISAGREE, Act.REJECT, *(Act.PROPOSE,) * 5, Act.WITHDRAW)
_RARE = (Act.APPROVE, Act.REFUSE, Act.RECONFIRM, Act.DETAILS)
_DETAILS = (
    ItemDetails(country_of_origin="NL", combined_nomenclature_code="6406 10 10"),
    ItemDetails(net_weight=Decimal("41.2410"), net_weight_unit="KGM", dangerous_goods_code="0060"),
    ItemDetails(serial_number="0x28000", batch_number="#18001"),
)


@dataclass
class Supplier:
    """Makes decisions; saves nothing. `new_id` gives each its id."""

    rng: random.Random
    new_id: Callable[[str], str]

    def decision(self, order: Order, at: dt.datetime) -> Decision:
        few = self.rng.randint(1, min(3, len(order.lines)))
        lines = order.lines if self.rng.random() < 0.2 else self.rng.sample(order.lines, few)
        act = self._act()
        mixed = self.rng.random() < 0.3
        decided = tuple(self._line(line, self._act() if mixed else act) for line in lines)
        more: dict[str, object] = {}
        if self.rng.random() < 0.1:
            more = {"description": "As agreed by phone", "contact": Contact(email="bob@supplier.example")}
        return Decision(id=self.new_id("decision"), at=at, lines=decided, **more)  # type: ignore[arg-type]

    def undo(self, order: Order, at: dt.datetime) -> Undo:
        """All that has not left, or what was decided of some lines."""
        lines: Sequence[OrderLine] = () if self.rng.random() < 0.5 else self.rng.sample(order.lines, 1)
        return Undo(id=self.new_id("undo"), at=at, positions=tuple(line.position for line in lines))

    def despatch(self, order: Order, at: dt.datetime) -> Despatch:
        line = self.rng.choice(order.lines)
        quantity = None
        agreed = line.confirmed or line.requested
        if self.rng.random() < 0.5 and agreed.delivery_schedule:
            planned = self.rng.choice(agreed.delivery_schedule).quantity
            quantity = None if isinstance(planned, Unknown) else planned
        progress = () if self.rng.random() < 0.2 else (LineProgress(position=line.position, quantity=quantity),)
        return Despatch(id=self.new_id("despatch"), at=at, stage=self.rng.choice(list(Stage)), lines=progress)

    def _act(self) -> Act:
        return self.rng.choice(_ACTS) if self.rng.random() < 0.85 else self.rng.choice(_RARE)

    def _line(self, line: OrderLine, act: Act) -> LineDecision:
        more: dict[str, object] = {}
        if act is Act.DETAILS or self.rng.random() < 0.1:
            more["item_details"] = self.rng.choice(_DETAILS)
        if self.rng.random() < 0.1:
            more |= {"notes": ("with certificate", "zweite Größe"), "properties": (KeyValue(key="lot", value="L-1"),)}
        if self.rng.random() < 0.1:
            more |= {"sales_order_number": "SO-17", "sales_order_position": "1", "description": "ours"}
        return LineDecision(
            position=line.position,
            act=act,
            terms=self._terms(line) if act is Act.PROPOSE else None,
            reason="the mill is late" if act in (Act.PROPOSE, Act.REJECT, Act.REFUSE, Act.DISAGREE) else None,
            **more,  # type: ignore[arg-type]
        )

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
