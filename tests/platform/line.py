"""One order line at the platform: the two tables, what our answer does and what the buyer's acts do.

Each rule stands beside the sentence that it comes from: `seed` is the manual's page on order responses, `page` the facts
about the rest. Where both leave a thing open, a platform may have one `Habits` or another, and podesk must do with all.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from tests.platform.terms import Delivery, Said, Terms, completed, same

ISSUED, IN_PROGRESS, CONFIRMED = "Issued", "InProgress", "Confirmed"
REJECTED, COMPLETED, CANCELLED = "Rejected", "Completed", "Cancelled"

OUR_PROPOSAL, OUR_PROPOSAL_REJECTED = "OpenSupplierProposal", "RejectedSupplierProposal"
OUR_REOPEN, BUYERS_REOPEN = "OpenSupplierReopenRequest", "OpenBuyerReopenRequest"
RECONFIRMATION, RESCHEDULE = "OpenBuyerReconfirmationRequest", "OpenSupplierShipmentRescheduleRequest"
REISSUED, UNCOMPLETED, UNCANCELLED = "ReissuedRejectedLine", "RevertedCompletedLine", "RevertedCancelledLine"
RESCHEDULE_APPROVED, RESCHEDULE_REJECTED = "ApprovedDeliverySchedule", "RejectedDeliverySchedule"

GOODS = ("Open", "Produced", "ReadyToShip", "Shipped", "Delivered")


@dataclass(frozen=True, slots=True)
class Habits:
    """What the manual leaves open, as one platform may do it."""

    refusal_reverts: bool = True
    """The confirmed terms, answered to a buyer's reopen request, end it: Confirmed. Else it stays open."""
    reschedule_confirms: bool = True
    """A decided reschedule request leaves the line Confirmed. Else InProgress, with the decision as its status."""
    agreement_survives: bool = True
    """What was agreed before a cancellation or completion still stands when that is reverted."""
    one_version_an_answer: bool = False
    """The events of one answer share one version of the order. Else each has its own."""
    answer_names_last_of_page: bool = False
    """A poll's own `lastUpdatedAt` is that of the page's last order. Else that of all that the poll found."""


@dataclass(frozen=True, slots=True)
class Request:
    terms: Terms
    reason: str | None = None
    status: str = "Open"
    """Open, Approved, Rejected, Closed."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Our answer to one line."""

    position: str
    indicator: str | None = None
    """accepted or rejected: beats the terms."""
    said: Said = field(default_factory=Said)
    reason: str | None = None
    supplier: Mapping[str, object] = field(default_factory=dict)
    """Texts, numbers, documents, item details: echoed as they came."""


@dataclass(frozen=True, slots=True)
class Line:
    position: str
    requested: Terms
    """What the buyer asks. While nothing of the buyer's is open on an agreed line, what is agreed."""
    issued: Terms | None = None
    """What the buyer issued last: the buyer's part of the line goes on to say so, whatever was agreed since."""
    confirmed: Terms | None = None
    process: str = ISSUED
    in_progress: str | None = None
    proposal: Request | None = None
    reopen: Request | None = None
    """Ours."""
    buyers_reopen: Request | None = None
    goods: Mapping[str, str] = field(default_factory=dict)
    """By position of the standing schedule; Open where none stands here."""
    received: tuple[Delivery, ...] = ()
    propose_when_accepted: bool = False
    charge: bool = False
    no_delivery_expected: bool = False
    buyer: Mapping[str, object] = field(default_factory=dict)
    """The rest of what the buyer said, as it goes on the wire."""
    supplier: Mapping[str, object] = field(default_factory=dict)
    item_details: Mapping[str, object] = field(default_factory=dict)
    answers: int = 0
    """How many of ours were taken in, whatever they changed: each is told."""
    updated_at: str = ""

    def __post_init__(self) -> None:
        if self.issued is None:
            object.__setattr__(self, "issued", self.requested)

    @property
    def standing(self) -> Terms:
        """ "deliverySchedule/prices hold issued or confirmed values, never open requests" (page)."""
        return self.requested if self.confirmed is None else self.confirmed

    @property
    def logistics(self) -> str:
        """ "A level has a status when its full quantity has it" (page)."""
        if self.process == CANCELLED:
            return CANCELLED
        return min((self.goods_of(delivery) for delivery in self.standing.schedule), key=GOODS.index, default="Open")

    @property
    def came(self) -> Decimal:
        """How much was received: the history, and deliveries that are said to be here and don't stand in it."""
        history = Counter((one.date, one.quantity) for one in self.received)
        here = Counter((one.date, one.quantity) for one in self.standing.schedule if self.goods_of(one) == "Delivered")
        return sum((quantity or Decimal(0) for _, quantity in (history | here).elements()), Decimal(0))

    def goods_of(self, delivery: Delivery) -> str:
        return self.goods.get(delivery.position or "", "Open")


# What we answer


def answered(line: Line, answer: Answer, *, auto_confirm: bool, habits: Habits) -> Line:
    """The first table of the page, and the seed's sentences."""
    line = replace(
        line,
        supplier={**line.supplier, **_texts(line, answer)},
        item_details={**line.item_details, **_details(answer)},
        answers=line.answers + 1,
    )
    if line.process in (REJECTED, COMPLETED, CANCELLED):
        return (
            line  # seed: "When the order line already has process status Rejected the process status will NOT change"
        )
    if answer.indicator == "rejected":
        return line if line.process == CONFIRMED else _rejected(line)
    if answer.indicator is None and not answer.said:
        return line  # Texts alone.
    if line.process == CONFIRMED:
        return _answered_confirmed(line, answer, auto_confirm)
    terms = completed(answer.said, line.requested)
    if answer.indicator == "accepted" or same(terms, line.requested):
        if line.process == ISSUED and line.propose_when_accepted:
            return _proposed(line, asked(line.requested, answer))
        return agreed(line, line.requested)  # seed, Issued and InProgress: accepted, or equal to requested → Confirmed
    if line.process == ISSUED:
        if auto_confirm:
            return agreed(line, terms)
        return _proposed(line, asked(terms, answer))
    return _answered_differently(line, answer, terms, habits)


def _answered_confirmed(line: Line, answer: Answer, auto_confirm: bool) -> Line:
    terms = completed(answer.said, line.standing)
    if answer.indicator == "accepted" or same(terms, line.standing):
        return (
            line  # seed: "equal to the confirmed delivery schedule and prices the process status will stay Confirmed"
        )
    if auto_confirm:
        return agreed(line, terms)
    return _reopened(line, asked(terms, answer))


def _answered_differently(line: Line, answer: Answer, terms: Terms, habits: Habits) -> Line:
    """InProgress, terms that are not those requested: seed: "will stay InProgress"."""
    if line.confirmed is None:
        return _proposed(line, asked(terms, answer))
    if same(completed(answer.said, line.confirmed), line.confirmed):
        if line.in_progress in (OUR_REOPEN, RECONFIRMATION):
            # page: "Confirmed (request withdrawn)"; asked to reconfirm, "equal answer → Confirmed"
            return agreed(line, line.confirmed)
        if line.in_progress == BUYERS_REOPEN:
            if habits.refusal_reverts:
                return _reverted(line, "Rejected")
            return line
    return _reopened(line, asked(terms, answer))


def _texts(line: Line, answer: Answer) -> dict[str, object]:
    texts = {name: value for name, value in answer.supplier.items() if name != "itemDetails"}
    if "documents" in texts:
        texts["documents"] = attached(line.supplier.get("documents"), texts["documents"])
    return texts if answer.reason is None else {**texts, "reason": answer.reason}


def attached(known: object, more: object) -> list[Mapping[str, object]]:
    """Documents with others on top: page: "same `code` replaces"."""
    here, come = ([*those] if isinstance(those, list) else [] for those in (known, more))
    codes = {one["code"] for one in come if "code" in one}
    return [*(one for one in here if one.get("code") not in codes), *come]


def _details(answer: Answer) -> Mapping[str, object]:
    details = answer.supplier.get("itemDetails")
    return details if isinstance(details, Mapping) else {}


def asked(terms: Terms, answer: Answer) -> Request:
    return Request(terms, answer.reason)


# What the buyer does. Each returns the line unchanged where the act has no effect on it.


def issued_again(line: Line, terms: Terms) -> Line:
    """Reissue, or ask other terms: by the line's status."""
    match line.process:
        case "Issued":
            return _counted(
                replace(line, requested=terms, issued=terms, goods=_goods_kept(line, terms))
            )  # page: "same status, new requested terms"
        case "Rejected":
            goods = _goods_kept(line, terms)
            again = replace(
                line,
                process=IN_PROGRESS,
                in_progress=REISSUED,
                requested=terms,
                issued=terms,
                confirmed=None,
                goods=goods,
            )
            return _counted(again)
        case "Confirmed":
            if same(terms, line.standing):
                return line
            return replace(
                line,
                process=IN_PROGRESS,
                in_progress=BUYERS_REOPEN,
                requested=terms,
                buyers_reopen=Request(terms),
            )
        case "InProgress":
            return _reissued_in_progress(line, terms)
    return line  # Completed and Cancelled lines are over until that is reverted.


def _reissued_in_progress(line: Line, terms: Terms) -> Line:
    if line.confirmed is None:
        return _counted(replace(line, requested=terms, issued=terms, goods=_goods_kept(line, terms)))
    if line.in_progress == BUYERS_REOPEN and same(terms, line.confirmed):
        return _reverted(line, "Closed")  # page: "asking the confirmed terms again reverts to Confirmed"
    if same(terms, line.confirmed):
        return replace(line, requested=terms, buyers_reopen=_ended(line.buyers_reopen, "Closed"))
    return replace(line, requested=terms, buyers_reopen=Request(terms))


def asked_to_reconfirm(line: Line) -> Line:
    return replace(line, process=IN_PROGRESS, in_progress=RECONFIRMATION) if line.process == CONFIRMED else line


def approved(line: Line) -> Line:
    """Our open proposal or reopen request."""
    if line.in_progress == OUR_PROPOSAL and line.proposal is not None:
        return agreed(replace(line, proposal=_ended(line.proposal, "Approved")), line.proposal.terms)
    if line.in_progress == OUR_REOPEN and line.reopen is not None:
        return agreed(replace(line, reopen=_ended(line.reopen, "Approved")), line.reopen.terms)
    return line


def refused(line: Line) -> Line:
    """The same, rejected."""
    if line.in_progress == OUR_PROPOSAL:
        return replace(line, in_progress=OUR_PROPOSAL_REJECTED, proposal=_ended(line.proposal, "Rejected"))
    if line.in_progress == OUR_REOPEN and line.confirmed is not None:
        return agreed(replace(line, reopen=_ended(line.reopen, "Rejected")), line.confirmed)
    return line


def confirmed_by_buyer(line: Line) -> Line:
    """In our stead, as requested."""
    return agreed(line, line.requested) if line.process in (ISSUED, IN_PROGRESS) else line


def cancelled(line: Line) -> Line:
    if line.process in (COMPLETED, CANCELLED):
        return line  # page: "no effect on Completed or Cancelled"
    return replace(_closed(line), process=CANCELLED, in_progress=None, requested=line.standing)


def completed_by_buyer(line: Line) -> Line:
    """page: "beats a cancellation in the same message": whoever says both says this."""
    if line.process in (COMPLETED, CANCELLED):
        return line
    return replace(_closed(line), process=COMPLETED, in_progress=None, requested=line.standing)


def revived(line: Line, habits: Habits) -> Line:
    """A cancellation or a completion is reverted."""
    back = {CANCELLED: UNCANCELLED, COMPLETED: UNCOMPLETED}.get(line.process)
    if back is None:
        return line
    confirmed = line.confirmed if habits.agreement_survives else None
    return replace(line, process=IN_PROGRESS, in_progress=back, confirmed=confirmed)


# Agreement, requests, and their ends


def agreed(line: Line, terms: Terms) -> Line:
    """Confirmed on `terms`; whatever was open is closed."""
    terms = replace(terms, schedule=numbered(terms.schedule, line.requested.schedule))
    after = replace(
        _closed(line),
        process=CONFIRMED,
        in_progress=None,
        requested=terms,
        confirmed=terms,
        goods=_goods_kept(line, terms),
    )
    return _counted(after)


def numbered(schedule: tuple[Delivery, ...], known: tuple[Delivery, ...]) -> tuple[Delivery, ...]:
    """New splits get the numbers after the highest that was ever used here."""
    used = [int(one.position) for one in (*schedule, *known) if one.position is not None and one.position.isdigit()]
    highest = max(used, default=0)
    fresh = itertools.count(highest + 1)
    return tuple(one if one.position is not None else replace(one, position=f"{next(fresh):04d}") for one in schedule)


def _goods_kept(line: Line, terms: Terms) -> dict[str, str]:
    before = {delivery: line.goods_of(delivery) for delivery in line.standing.schedule}
    return {one.position or "": before[one] for one in terms.schedule if before.get(one, "Open") != "Open"}


def _proposed(line: Line, request: Request) -> Line:
    return replace(line, process=IN_PROGRESS, in_progress=OUR_PROPOSAL, proposal=request)


def _reopened(line: Line, request: Request) -> Line:
    """What the buyer asked stays asked: by the seed its terms, answered, still confirm the line."""
    return replace(line, process=IN_PROGRESS, in_progress=OUR_REOPEN, reopen=request)


def _rejected(line: Line) -> Line:
    return replace(_closed(line), process=REJECTED, in_progress=None, requested=line.standing, confirmed=None)


def _reverted(line: Line, end: str) -> Line:
    assert line.confirmed is not None
    return agreed(replace(line, buyers_reopen=_ended(line.buyers_reopen, end)), line.confirmed)


def _closed(line: Line) -> Line:
    """Without open requests."""
    return replace(
        line,
        proposal=_ended(line.proposal, "Closed"),
        reopen=_ended(line.reopen, "Closed"),
        buyers_reopen=_ended(line.buyers_reopen, "Closed"),
    )


def _ended(request: Request | None, status: str) -> Request | None:
    return replace(request, status=status) if request is not None and request.status == "Open" else request


# Goods


def despatched(line: Line, quantity: Decimal, position: str | None) -> Line:
    """page: a quantity "equal to a scheduled delivery sets it ReadyToShip; another quantity opens a reschedule request"."""
    if line.process != CONFIRMED:
        return line
    for delivery in line.standing.schedule:
        fits = position in (None, delivery.position) and delivery.quantity == quantity
        if fits and GOODS.index(line.goods_of(delivery)) < GOODS.index("ReadyToShip"):
            return replace(line, goods={**line.goods, delivery.position or "": "ReadyToShip"})
    return replace(line, process=IN_PROGRESS, in_progress=RESCHEDULE)


def reschedule_decided(line: Line, approve: bool, habits: Habits) -> Line:
    if line.in_progress != RESCHEDULE:
        return line
    if habits.reschedule_confirms:
        return replace(line, process=CONFIRMED, in_progress=None)
    return replace(line, in_progress=RESCHEDULE_APPROVED if approve else RESCHEDULE_REJECTED)


def reached(line: Line, status: str) -> Line:
    """The whole line's goods are said to have come as far as `status`, or to be Open again."""
    if line.process == CANCELLED:
        return line
    if status == "Open":
        return replace(line, goods={}, received=())  # What is open again was not received.
    return replace(line, goods={one.position or "": status for one in line.standing.schedule})


def received(line: Line, history: tuple[Delivery, ...]) -> Line:
    """page: "Delivered when the full quantity is there (history is matched by date and quantity, not position)"."""
    if line.process == CANCELLED:
        return line
    came = Counter((one.date, one.quantity) for one in history)
    goods = dict(line.goods)
    for delivery in line.standing.schedule:
        if came[delivery.date, delivery.quantity] > 0:
            came[delivery.date, delivery.quantity] -= 1
            goods[delivery.position or ""] = "Delivered"
    line = replace(line, received=history, goods=goods)
    return reached(line, "Delivered") if line.came and line.came >= line.standing.quantity else line


def _counted(line: Line) -> Line:
    """`line` after its terms changed: what was received is received, and counts for the new ones."""
    return received(line, line.received)


# The order's own statuses


def order_process(lines: list[Line]) -> str:
    """Cancelled lines don't count unless all are; then rejected, then completed ones likewise."""
    left = {line.process for line in lines}
    for over in (CANCELLED, REJECTED, COMPLETED):
        if left == {over}:
            return over
        left.discard(over)
    return left.pop() if left in ({ISSUED}, {CONFIRMED}) else IN_PROGRESS


def order_logistics(lines: list[Line]) -> str:
    for over in (CANCELLED, REJECTED, COMPLETED):
        if all(line.process == over for line in lines):
            break
        lines = [line for line in lines if line.process != over]
    return min((line.logistics for line in lines if line.logistics != CANCELLED), key=GOODS.index, default=CANCELLED)
