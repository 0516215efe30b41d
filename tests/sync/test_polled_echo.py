"""The echo of our own answers in polled orders, from the document that the platform writes to the line on the desk.

Manual, "Polling echo": while our proposal or request is open, `deliverySchedule` and `prices` of a polled line still hold
the old terms; the twins `…IncludingRequests` and `supplierLine.requests` hold ours. What is polled must not overwrite ours.
"""

from __future__ import annotations

import datetime as dt
import itertools
from decimal import Decimal
from typing import Any

import pytest

from core.decisions import Act, Decision, LineDecision
from core.ids import uuid7
from core.model import OrderLine, ScheduledDelivery, Terms
from core.orderbook import Changed, OrderBook
from core.store import queries
from sync.demo.tradecloud_orders import Tree, encode, polled
from tests.sync.partners import DECIDED, World, order

ASKED, OURS, THIRD = dt.date(2024, 4, 1), dt.date(2024, 4, 15), dt.date(2024, 4, 22)
QUANTITY = Decimal(10)


class Platform:
    """The platform's one order, of one line, and what it says of it from version to version."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tree: Tree = polled(order("Y1", lines=1), dt.datetime(2024, 3, 1, 7, tzinfo=dt.UTC))
        self.line: Tree = self.tree["lines"][0]
        self._times = itertools.count(1)
        self.tells()

    def tells(self, status: str | None = None, in_progress: str | None = None, **line: Any) -> None:
        """The next version, polled and taken in."""
        self.tree["version"] += 1
        if status is not None:
            self.line["status"] = {"processStatus": status, "logisticsStatus": "Open"}
            if in_progress is not None:
                self.line["status"]["inProgressStatus"] = in_progress
            self.tree["status"] = {"processStatus": status, "logisticsStatus": "Open"}
        self.line.update(line)
        at = f"2024-03-01T07:00:{next(self._times):02d}.000Z"
        self.tree["lastUpdatedAt"] = self.line["lastUpdatedAt"] = at
        self.world.http.shelf.put("Y1", at, encode(self.tree))
        [connection] = self.world.round().connections
        assert (connection.applied, connection.errors) == (1, [])


def schedule(date: dt.date) -> list[Tree]:
    return [{"position": "0001", "date": date.isoformat(), "quantity": QUANTITY, "status": "Open"}]


def requests(name: str, date: dt.date, status: str = "Open") -> Tree:
    return {"requests": {name: {"deliverySchedule": schedule(date), "reason": "The mill is late", "status": status}}}


def shown(world: World) -> OrderLine:
    with world.store() as store:
        [row] = queries.list_orders(store, now=DECIDED)
        loaded = queries.load(store, row.id, DECIDED)
        assert loaded is not None
        [line] = loaded.record.order.lines
        return line


def dates(terms: Terms | None) -> list[Any] | None:
    return None if terms is None else [each.date for each in terms.delivery_schedule]


def three(line: OrderLine) -> tuple[Any, Any, Any]:
    """The delivery dates asked, proposed and agreed."""
    return dates(line.requested), dates(line.proposed), dates(line.confirmed)


_numbers = itertools.count()


def answer(world: World, act: Act, date: dt.date | None = None) -> None:
    """Ours, decided and sent."""
    line = shown(world)
    terms = None
    if date is not None:
        terms = line.requested.but(
            delivery_schedule=(ScheduledDelivery(position="0001", date=date, quantity=QUANTITY),)
        )
    with world.store() as store:
        [row] = queries.list_orders(store, now=DECIDED)
        book = OrderBook(store, world.settings, clock=lambda: DECIDED, new_id=lambda: uuid7(DECIDED))
        reason = "The mill is late" if date is not None else None
        said = LineDecision(position=line.position, act=act, terms=terms, reason=reason)
        decision = Decision(id=f"decision-{next(_numbers)}", at=DECIDED, lines=(said,))
        assert isinstance(book.change(row.id, decision, "alice"), Changed)
    sent = len(world.http.responses)
    world.round()
    assert len(world.http.responses) == sent + 1


@pytest.fixture
def platform(yard: World) -> Platform:
    return Platform(yard)


def test_our_open_proposal_is_not_overwritten_by_the_terms_that_were_asked(yard: World, platform: Platform) -> None:
    answer(yard, Act.PROPOSE, OURS)
    assert shown(yard).predicted
    platform.tells(
        "InProgress",
        "OpenSupplierProposal",
        deliverySchedule=schedule(ASKED),
        deliveryScheduleIncludingRequests=schedule(OURS),
        supplierLine=requests("proposal", OURS),
    )
    line = shown(yard)
    assert three(line) == ([ASKED], [OURS], None)
    assert not line.predicted
    assert line.in_progress_status == "OpenSupplierProposal"


def test_our_proposal_stays_from_poll_to_poll_until_the_buyer_approves_it(yard: World, platform: Platform) -> None:
    answer(yard, Act.PROPOSE, OURS)
    for _ in range(2):
        platform.tells(
            "InProgress",
            "OpenSupplierProposal",
            deliveryScheduleIncludingRequests=schedule(OURS),
            supplierLine=requests("proposal", OURS),
        )
        assert three(shown(yard)) == ([ASKED], [OURS], None)
    platform.tells(
        "Confirmed",
        deliverySchedule=schedule(OURS),
        deliveryScheduleIncludingRequests=schedule(OURS),
        supplierLine=requests("proposal", OURS, "Approved"),
        confirmedLine={"deliverySchedule": schedule(OURS)},
    )
    line = shown(yard)
    assert three(line) == ([OURS], None, [OURS])
    assert line.process_status == "Confirmed"


@pytest.mark.parametrize("twins", [True, False], ids=["with the twins", "without the twins"])
def test_our_open_reopen_request_leaves_the_agreement_and_keeps_our_terms(
    yard: World, platform: Platform, twins: bool
) -> None:
    answer(yard, Act.ACCEPT)
    platform.tells("Confirmed", confirmedLine={"deliverySchedule": schedule(ASKED)})
    answer(yard, Act.PROPOSE, OURS)
    platform.tells(
        "InProgress",
        "OpenSupplierReopenRequest",
        supplierLine=requests("reopenRequest", OURS) if twins else {},
        **({"deliveryScheduleIncludingRequests": schedule(OURS)} if twins else {}),
    )
    line = shown(yard)
    assert three(line) == ([ASKED], [OURS], [ASKED])
    assert line.in_progress_status == "OpenSupplierReopenRequest"


def test_a_rejected_reopen_request_leaves_what_was_agreed(yard: World, platform: Platform) -> None:
    answer(yard, Act.ACCEPT)
    platform.tells("Confirmed", confirmedLine={"deliverySchedule": schedule(ASKED)})
    answer(yard, Act.PROPOSE, OURS)
    platform.tells("InProgress", "OpenSupplierReopenRequest", supplierLine=requests("reopenRequest", OURS))
    platform.tells("Confirmed", supplierLine=requests("reopenRequest", OURS, "Rejected"))
    assert three(shown(yard)) == ([ASKED], None, [ASKED])


def test_an_open_reschedule_request_leaves_the_agreement(yard: World, platform: Platform) -> None:
    answer(yard, Act.ACCEPT)
    platform.tells("Confirmed", confirmedLine={"deliverySchedule": schedule(ASKED)})
    platform.tells(
        "InProgress",
        "OpenSupplierShipmentRescheduleRequest",
        deliverySchedule=schedule(THIRD),  # stale, or wrong: no word on what is agreed
        deliveryScheduleIncludingRequests=schedule(OURS),
    )
    asked, _, agreed = three(shown(yard))
    assert (asked, agreed) == ([ASKED], [ASKED])


def test_what_a_colleague_proposed_in_the_portal_is_our_proposal(yard: World, platform: Platform) -> None:
    platform.tells(
        "InProgress",
        "OpenSupplierProposal",
        deliverySchedule=schedule(ASKED),
        deliveryScheduleIncludingRequests=schedule(THIRD),
        supplierLine=requests("proposal", THIRD),
    )
    line = shown(yard)
    assert three(line) == ([ASKED], [THIRD], None)
    assert not line.predicted


def test_what_a_colleague_proposed_in_the_portal_after_us_replaces_our_proposal(
    yard: World, platform: Platform
) -> None:
    answer(yard, Act.PROPOSE, OURS)
    platform.tells("InProgress", "OpenSupplierProposal", supplierLine=requests("proposal", OURS))
    platform.tells(
        "InProgress",
        "OpenSupplierProposal",
        deliveryScheduleIncludingRequests=schedule(THIRD),
        supplierLine=requests("proposal", THIRD),
    )
    assert three(shown(yard)) == ([ASKED], [THIRD], None)


def test_a_colleagues_proposal_is_read_from_the_terms_that_include_requests_where_it_is_not_spelled_out(
    yard: World, platform: Platform
) -> None:
    platform.tells("InProgress", "OpenSupplierProposal", deliveryScheduleIncludingRequests=schedule(THIRD))
    assert three(shown(yard)) == ([ASKED], [THIRD], None)


def test_a_request_that_is_no_longer_open_says_nothing_of_ours(yard: World, platform: Platform) -> None:
    """The buyer rejected a colleague's proposal of before; ours is the one that is open."""
    answer(yard, Act.PROPOSE, OURS)
    platform.tells("InProgress", "OpenSupplierProposal", supplierLine=requests("proposal", THIRD, "Rejected"))
    assert three(shown(yard)) == ([ASKED], [OURS], None)


def test_a_poll_of_what_stood_before_our_answer_came_leaves_our_prediction(yard: World, platform: Platform) -> None:
    """The platform's index lags behind: the same version once more, with another time."""
    answer(yard, Act.PROPOSE, OURS)
    platform.tree["version"] -= 1
    platform.tells()
    line = shown(yard)
    assert three(line) == ([ASKED], [OURS], None)
    assert line.predicted
