"""A buyer that answers: Metal Works at its end of Tradecloud, with a state of its own.

It knows what it ordered, reads our answers as they stand on the wire, and says what became of them in events, as the
platform would. It imports nothing of the core, so what it agrees with is the bytes, not our idea of them.
"""

from __future__ import annotations

import copy
import datetime as dt
from collections import Counter
from collections.abc import Iterable
from typing import Any

import simplejson

from sync.demo.tradecloud_orders import Tree

_WORDS = ("approve", "reject", "approve")
"""What the buyer says to the first proposal, the second, the third, and again from the start."""


class Buyer:
    """The orders of one buyer, by number, as the platform keeps them."""

    def __init__(self, orders: Iterable[Tree]) -> None:
        self._orders = {tree["buyerOrder"]["purchaseOrderNumber"]: copy.deepcopy(tree) for tree in orders}
        self._open: list[tuple[str, str]] = []
        self._decided = 0
        self.seen: Counter[str] = Counter()
        """Lines by what our answers said of them: confirmed, rejected, proposed; and `approved` by the buyer."""

    def read(self, response: bytes, at: dt.datetime) -> list[Tree]:
        """Take one order response in; the events that the platform sends about it."""
        tree: Tree = simplejson.loads(response, use_decimal=True)
        order = self._orders[tree["order"]["purchaseOrderNumber"]]
        touched: dict[str, list[Tree]] = {}
        for answer in tree["lines"]:
            line = next(
                line for line in order["lines"] if line["buyerLine"]["position"] == answer["purchaseOrderLinePosition"]
            )
            touched.setdefault(self._answered(order, line, answer), []).append(line)
        return [self._event(name, order, lines, at) for name, lines in touched.items()]

    def decide(self, at: dt.datetime) -> list[Tree]:
        """Say yes or no to every proposal that is open; the events about it."""
        events = []
        for number, position in self._open:
            order = self._orders[number]
            line = next(line for line in order["lines"] if line["buyerLine"]["position"] == position)
            word = _WORDS[self._decided % len(_WORDS)]
            self._decided += 1
            proposal = line["supplierLine"]["requests"]["proposal"]
            if word == "approve":
                _agree(line, proposal["deliverySchedule"], proposal["prices"])
                self.seen["approved"] += 1
                events.append(self._event("OrderChangesProposalApprovedByBuyer", order, [line], at))
            else:
                line["status"] = {
                    "processStatus": "InProgress",
                    "inProgressStatus": "RejectedSupplierProposal",
                    "logisticsStatus": "Open",
                }
                events.append(self._event("OrderChangesProposalRejectedByBuyer", order, [line], at))
        self._open.clear()
        return events

    def unanswered(self) -> str | None:
        """The number of the last order that has no answer yet."""
        waiting = [number for number, order in self._orders.items() if order["status"]["processStatus"] == "Issued"]
        return waiting[-1] if waiting else None

    def revise(self, number: str, at: dt.datetime, *, days: int) -> Tree:
        """Ask for the first line of an order `days` later than it was asked; the event about it."""
        order = self._orders[number]
        line = order["lines"][0]
        for delivery in line["deliverySchedule"]:
            later = dt.date.fromisoformat(delivery["date"]) + dt.timedelta(days=days)
            delivery["date"] = later.isoformat()
        return self._event("OrderLinesReissuedByBuyer", order, [line], at)

    def _answered(self, order: Tree, line: Tree, answer: Tree) -> str:
        indicators = answer.get("indicators", {})
        schedule, prices = answer.get("deliverySchedule"), answer.get("prices")
        if indicators.get("rejected"):
            line["status"] = {"processStatus": "Rejected", "logisticsStatus": "Open"}
            self.seen["rejected"] += 1
            return "OrderLinesRejectedBySupplier"
        if indicators.get("accepted") or (_same(schedule, line["deliverySchedule"]) and _same(prices, line["prices"])):
            _agree(line, line["deliverySchedule"], line["prices"])
            self.seen["confirmed"] += 1
            return "OrderLinesAcceptedBySupplier"
        line["supplierLine"]["requests"] = {
            "proposal": {
                "deliverySchedule": schedule or line["deliverySchedule"],
                "prices": prices or line["prices"],
                "reason": answer.get("reason"),
                "status": "Open",
            }
        }
        line["status"] = {
            "processStatus": "InProgress",
            "inProgressStatus": "OpenSupplierProposal",
            "logisticsStatus": "Open",
        }
        self._open.append((order["buyerOrder"]["purchaseOrderNumber"], line["buyerLine"]["position"]))
        self.seen["proposed"] += 1
        return "OrderChangesProposedBySupplier"

    def _event(self, name: str, order: Tree, lines: list[Tree], at: dt.datetime) -> Tree:
        """An event carries only the lines that it touches."""
        order["version"] += 1
        statuses = {line["status"]["processStatus"] for line in order["lines"]}
        order["status"]["processStatus"] = statuses.pop() if len(statuses) == 1 else "InProgress"
        order["lastUpdatedAt"] = f"{at:%Y-%m-%dT%H:%M:%S}.000Z"
        tree = {**copy.deepcopy(order), "lines": copy.deepcopy(lines)}
        tree["orderId"] = tree.pop("id")
        return {"eventName": name, "orderEvent": tree}


def _agree(line: Tree, schedule: list[Tree], prices: Tree) -> None:
    agreed = [{"position": f"{n:04d}", "status": "Open", **delivery} for n, delivery in enumerate(schedule, 1)]
    line["deliverySchedule"], line["prices"] = agreed, prices
    line["confirmedLine"] = {"deliverySchedule": agreed, "prices": prices}
    line["status"] = {"processStatus": "Confirmed", "logisticsStatus": "Open"}


def _same(ours: Any, theirs: Any) -> bool:
    """Whether what we answered says the same as what was asked; what we left out says nothing else."""
    if ours is None:
        return True
    if isinstance(ours, dict):
        return isinstance(theirs, dict) and all(_same(value, theirs.get(key)) for key, value in ours.items())
    if isinstance(ours, list):
        return len(ours) == len(theirs) and all(_same(one, other) for one, other in zip(ours, theirs, strict=True))
    return bool(ours == theirs)
