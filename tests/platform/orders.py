"""What the platform keeps: orders, their versions, the answers that it took in, and what happened to tell others.

The buyer's acts come by `changed`, ours by `respond` and `advise`; time comes in by a clock. Nothing here is random and
nothing is sent: `server` and `pushing` do that.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from tests.platform import wire
from tests.platform.answers import Response, check_lines, read_response
from tests.platform.despatch import Advice, AdviceLine, read_advice
from tests.platform.line import (
    BUYERS_REOPEN,
    CONFIRMED,
    OUR_PROPOSAL,
    OUR_REOPEN,
    RECONFIRMATION,
    REJECTED,
    RESCHEDULE,
    Answer,
    Habits,
    Line,
    answered,
    attached,
    despatched,
    order_logistics,
    order_process,
    reached,
)
from tests.platform.reading import Refused, Tree

UNKNOWN_EVENT, UNKNOWN_SUBJECT = "OrderLinesFootprintCalculatedByBuyer", "ConnectionInvitedByBuyer"


@dataclass
class Order:
    """One purchase order of one buyer."""

    company: str
    """The buyer's, at the platform."""
    account: str
    """The buyer's number in the supplier's books."""
    number: str
    auto_confirm: bool = False
    cancel_missing: bool = False
    buyer: Tree = field(default_factory=dict)
    """The rest of what the buyer says of the order, as it goes on the wire."""
    supplier: Tree = field(default_factory=dict)
    lines: dict[str, Line] = field(default_factory=dict)
    version: int = 0
    updated_at: str = ""

    @property
    def id(self) -> str:
        return f"{self.company}-{self.number}"

    @property
    def process(self) -> str:
        return order_process(list(self.lines.values()))

    @property
    def logistics(self) -> str:
        return order_logistics(list(self.lines.values()))


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that the platform tells: one event of one order, as it stood then."""

    event: str
    order: str
    version: int
    tree: Tree


@dataclass(frozen=True, slots=True)
class Worked:
    """An answer that has had its effect."""

    order: Order
    payload: bytes
    before: dict[str, Line]
    """The lines that it is about, as they stood."""


class Platform:
    """`clock`: the platform's own. Stamps never stand still, so that a poll `after` one of them misses nothing."""

    def __init__(self, clock: Callable[[], dt.datetime], habits: Habits | None = None) -> None:
        self.clock = clock
        self.habits = habits or Habits()
        self.orders: dict[tuple[str, str], Order] = {}
        """By our number for the buyer, and the order's."""
        self.happenings: list[Happening] = []
        self.documents: dict[str, bytes] = {}
        """Uploaded, by object id."""
        self.complaints: list[str] = []
        """What was taken in, and should not have been sent."""
        self._queue: deque[tuple[Order, Response, bytes]] = deque()
        self._taken: set[str] = set()
        self._advices: dict[str, str] = {}
        self._last = dt.datetime.min.replace(tzinfo=dt.UTC)

    # What happens to an order

    def add(self, order: Order) -> None:
        """A buyer issues an order."""
        self.orders[order.account, order.number] = order
        self.changed(order, "OrderIssuedByBuyer", order.lines.values())

    def changed(self, order: Order, event: str, lines: Iterable[Line] = (), *, always: bool = False) -> list[str]:
        """Lines that an act leaves other than they were take their place; the positions. One event, with those lines only.

        `always`: the order itself changed, so there is an event though no line is touched.
        """
        touched = [line for line in lines if order.version == 0 or order.lines.get(line.position) != line]
        if touched or always:
            self._stamp(order, order.version + 1, touched)
            self._tell(event, order, [line.position for line in touched])
        return [line.position for line in touched]

    def resend(self, order: Order) -> None:
        """Somebody at the buyer's sends the order again, as it stands, with all of its lines."""
        self._stamp(order, order.version + 1, ())
        self._tell("OrderResentByBuyer", order, list(order.lines))

    def attach(self, order: Order, documents: list[Tree], lines: Mapping[str, list[Tree]]) -> None:
        """The buyer attaches documents to the order and to lines; one with the code of another replaces it."""
        order.buyer = {**order.buyer, "documents": attached(order.buyer.get("documents"), documents)}
        touched = []
        for position, more in lines.items():
            line = order.lines[position]
            line = replace(line, buyer={**line.buyer, "documents": attached(line.buyer.get("documents"), more)})
            touched.append(line)
        self._stamp(order, order.version + 1, touched)
        name = "OrderDocumentsAttachedByBuyer"
        self.happenings.append(Happening(name, order.id, order.version, wire.documents_event(name, order, list(lines))))

    def says_something_new(self, order: Order, positions: list[str]) -> None:
        """Events that came after the manual: one that touches lines, and one that is about no order at all."""
        self._stamp(order, order.version + 1, [order.lines[position] for position in positions])
        self._tell(UNKNOWN_EVENT, order, positions)
        other = {"eventName": UNKNOWN_SUBJECT, "connectionEvent": {"companyId": order.company, "state": "Invited"}}
        self.happenings.append(Happening(UNKNOWN_SUBJECT, order.id, order.version, other))

    def _stamp(self, order: Order, version: int, lines: Iterable[Line]) -> None:
        self._last = max(self.clock(), self._last + dt.timedelta(milliseconds=1))
        order.version = version
        order.updated_at = f"{self._last:%Y-%m-%dT%H:%M:%S}.{self._last.microsecond // 1000:03d}Z"
        for line in lines:
            order.lines[line.position] = replace(line, updated_at=order.updated_at)

    def _tell(self, event: str, order: Order, positions: list[str]) -> None:
        self.happenings.append(Happening(event, order.id, order.version, wire.event(event, order, positions)))

    # What we send

    def respond(self, payload: bytes) -> bool:
        """An order response arrives; raises Refused (400). It is queued, and has its effect by `work`.

        The same bytes again change nothing. False: they came before.
        """
        response = read_response(payload)
        order = self._order(response.account, response.number)
        charges = {position for position, line in order.lines.items() if line.charge}
        check_lines(response, order.lines, charges)
        if unknown := [one for one in response.objects if one not in self.documents]:
            raise Refused([f"no document {one} was uploaded" for one in unknown])
        if (digest := hashlib.sha256(payload).hexdigest()) in self._taken:
            return False
        self._taken.add(digest)
        self._queue.append((order, response, payload))
        return True

    def work(self) -> None:
        """ "Processing takes usually less than a second" (seed): what was queued has its effect."""
        while self.work_one() is not None:
            pass

    def work_one(self) -> Worked | None:
        """The next of the queue; None when there is none."""
        if self._queue:
            order, response, payload = self._queue.popleft()
            before = {answer.position: order.lines[answer.position] for answer in response.lines}
            if response.supplier:
                order.supplier = {**order.supplier, **response.supplier}
            answers = {answer.position: self._with_order(answer, response) for answer in response.lines}
            if response.indicator is not None:
                # "explicitly accept the order as is": every line of it.
                for position in order.lines:
                    answers.setdefault(position, Answer(position, response.indicator))
            self.answer(order, answers.values())
            return Worked(order, payload, before)
        return None

    @staticmethod
    def _with_order(answer: Answer, response: Response) -> Answer:
        """ "A line's indicator beats the order's" (page)."""
        return answer if answer.indicator is not None else replace(answer, indicator=response.indicator)

    def answer(self, order: Order, answers: Iterable[Answer]) -> None:
        """Answers have their effect, whether they came as a response or were given in the platform's portal."""
        told: dict[str, list[Line]] = {}
        for answer in answers:
            before = order.lines[answer.position]
            after = answered(before, answer, auto_confirm=order.auto_confirm, habits=self.habits)
            told.setdefault(_event_of(before, after, answer), []).append(after)
        if self.habits.one_version_an_answer:
            self._stamp(order, order.version + 1, [line for lines in told.values() for line in lines])
            for event, lines in told.items():
                self._tell(event, order, [line.position for line in lines])
            return
        for event, lines in told.items():
            self.changed(order, event, lines)

    def advise(self, payload: bytes) -> bool:
        """A despatch advice arrives; raises Refused (400). The same number with the same bytes changes nothing: False."""
        advice = read_advice(payload)
        digest = hashlib.sha256(payload).hexdigest()
        if (known := self._advices.get(advice.number)) is not None:
            if known != digest:
                raise Refused([f"despatch advice {advice.number} came before with another content"])
            return False
        found = [(self._order(advice.account, one.number), one) for one in advice.lines]
        if unknown := [one for order, one in found if one.position not in order.lines]:
            raise Refused([f"order {one.number} has no line {one.position}" for one in unknown])
        self._advices[advice.number] = digest
        for order, one in found:
            self._advised(advice, order, one)
        return True

    def _advised(self, advice: Advice, order: Order, one: AdviceLine) -> None:
        before = order.lines[one.position]
        if before.process != CONFIRMED:
            self.complaints.append(f"{advice.number}: line {one.position} of {order.number} is {before.process}")
        after = despatched(before, one.quantity, one.delivery)
        asks = after.in_progress == RESCHEDULE
        name = "OrderLinesShipmentRescheduleRequestedBySupplier" if asks else _LOGISTICS_BY_SUPPLIER
        self.changed(order, name, [after])

    def set_logistics(self, order: Order, position: str, status: str) -> None:
        """Somebody of the supplier's says in the portal how far the goods of a line are."""
        self.changed(order, _LOGISTICS_BY_SUPPLIER, [reached(order.lines[position], status)])

    def upload(self, payload: bytes) -> str:
        """A document comes; its object id."""
        object_id = f"object-{len(self.documents) + 1:04d}"
        self.documents[object_id] = payload
        return object_id

    def _order(self, account: str, number: str) -> Order:
        order = self.orders.get((account, number))
        if order is None:
            raise Refused([f"account {account} has no order {number}"])
        return order

    # What we ask

    def poll(self, after: str | None, offset: int, limit: int) -> Tree:
        """Orders that changed after a stamp of this platform's own, the oldest change first."""
        found = sorted(
            (order for order in self.orders.values() if after is None or order.updated_at > after),
            key=lambda order: order.updated_at,
        )
        page = found[offset : offset + limit]
        answer: Tree = {"data": [wire.polled(order) for order in page], "total": len(found)}
        if page:
            answer["lastUpdatedAt"] = (page if self.habits.answer_names_last_of_page else found)[-1].updated_at
        return answer


_LOGISTICS_BY_SUPPLIER = "OrderLinesDeliveryScheduleLogisticsUpdatedBySupplier"


def _event_of(before: Line, after: Line, answer: Answer) -> str:
    """The platform's name for what an answer did to a line."""
    if replace(after, supplier=before.supplier, item_details=before.item_details, answers=before.answers) == before:
        details = after.item_details != before.item_details
        return "OrderLinesItemDetailsChangedBySupplier" if details else "OrderLinesUpdatedBySupplier"
    if after.process == REJECTED:
        return "OrderLinesRejectedBySupplier"
    if after.process == CONFIRMED:
        if before.in_progress == BUYERS_REOPEN:
            end = "Rejected" if after.confirmed == before.confirmed else "Approved"
            return f"OrderLinesReopenRequest{end}BySupplier"
        if before.in_progress == OUR_REOPEN:
            return "OrderLinesReopenRequestRevertedBySupplier"
        if before.in_progress == RECONFIRMATION:
            return "OrderLinesReconfirmedBySupplier"
        accepted = answer.indicator == "accepted"
        return "OrderLinesAcceptedBySupplier" if accepted else "OrderLinesConfirmedBySupplier"
    if after.in_progress == OUR_PROPOSAL:
        return "OrderChangesProposedBySupplier"
    return "OrderLinesReopenRequestedBySupplier"
