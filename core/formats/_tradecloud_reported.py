"""Orders as the platform keeps them: polled, or in the body of an event. They carry the platform's own statuses.

Where each side's terms stand (manual, "Receive an order"): `deliverySchedule` and `prices` hold issued or confirmed
values and never an open request, their `…IncludingRequests` twins do; `buyerLine.requests.reopenRequest` holds what the
buyer asks, `supplierLine.requests` what we ask, `confirmedLine` what is agreed, but only while the status says so.
"""

from __future__ import annotations

from typing import Final

from core.formats import Source, Unreadable
from core.formats import _tradecloud_parts as parts
from core.formats._json import REMEDY, Node
from core.formats._tradecloud_order import (
    content,
    delivered,
    filled,
    header,
    known,
    once,
    stated_terms,
)
from core.messages import BuyerAct, LineMessage, Message
from core.model import (
    InProgressStatus,
    LineReport,
    LogisticsStatus,
    OrderKey,
    OrderReport,
    ProcessStatus,
    Terms,
)

EVENT_ACTS: Final[dict[str, tuple[BuyerAct, ...]]] = {
    "OrderIssuedByBuyer": (BuyerAct.ISSUE,),
    "OrderLinesIssuedByBuyer": (BuyerAct.ISSUE,),
    "OrderLinesReissuedByBuyer": (BuyerAct.ISSUE,),
    "OrderLinesConfirmedByBuyer": (BuyerAct.CONFIRM,),
    "OrderChangesProposalApprovedByBuyer": (BuyerAct.APPROVE,),
    "OrderChangesProposalRejectedByBuyer": (BuyerAct.REJECT,),
    "OrderLinesReopenRequestedByBuyer": (BuyerAct.ISSUE,),
    "OrderLinesReopenRequestRevertedByBuyer": (BuyerAct.WITHDRAW,),
    "OrderLinesReopenRequestApprovedByBuyer": (BuyerAct.APPROVE,),
    "OrderLinesReopenRequestRejectedByBuyer": (BuyerAct.REJECT,),
    "OrderLinesReconfirmationRequestedByBuyer": (BuyerAct.ASK_RECONFIRMATION,),
    "OrderLinesCancelledByBuyer": (BuyerAct.CANCEL,),
    "CancelledOrderLinesRevertedByBuyer": (BuyerAct.REVERT_CANCELLATION,),
    "OrderLinesCompletedByBuyer": (BuyerAct.COMPLETE,),
    "CompletedOrderLinesRevertedByBuyer": (BuyerAct.REVERT_COMPLETION,),
    "OrderLinesMarkedAsDeliveredByBuyer": (BuyerAct.DELIVERED,),
    "OrderLinesMarkedAsOpenByBuyer": (BuyerAct.MARK_OPEN,),
    "OrderLinesShipmentRescheduleApprovedByBuyer": (BuyerAct.APPROVE,),
    "OrderLinesShipmentRescheduleRejectedByBuyer": (BuyerAct.REJECT,),
}
"""What the buyer does to the lines of an event. Every other event only brings the platform's present state."""

_APPENDS: Final = frozenset({"OrderLinesDeliveryHistoryAppendedByBuyer"})
"""Events whose goods received come on top of those that were told before, whether they carry these again or not."""
_SETS: Final = frozenset({"OrderLinesDeliveryHistorySetByBuyer"})
"""Events whose history of goods received stands in the place of the one before, also when it is empty."""

_SUPPLIERS_REQUEST = {
    InProgressStatus.OPEN_SUPPLIER_PROPOSAL: "proposal",
    InProgressStatus.OPEN_SUPPLIER_REOPEN_REQUEST: "reopenRequest",
}

_AGREED_BEFORE = frozenset(
    {
        InProgressStatus.OPEN_BUYER_REOPEN_REQUEST,
        InProgressStatus.OPEN_SUPPLIER_REOPEN_REQUEST,
        InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST,
        InProgressStatus.OPEN_SUPPLIER_SHIPMENT_RESCHEDULE_REQUEST,
        InProgressStatus.APPROVED_DELIVERY_SCHEDULE,
        InProgressStatus.REJECTED_DELIVERY_SCHEDULE,
    }
)
"""A line comes to these only from Confirmed, and its confirmed terms still hold."""

_MAY_HAVE_BEEN_AGREED = frozenset({InProgressStatus.REVERTED_COMPLETED_LINE, InProgressStatus.REVERTED_CANCELLED_LINE})

_NOTHING = Node({})


def reported_order(order: Node, source: Source, *, event: str | None = None) -> Message:
    """The message in a polled order or in the body of an event. `order` has a `buyerOrder`."""
    warnings: list[str] = []
    buyer_order = order.child("buyerOrder") or _NOTHING
    account = _buyer_account_number(order, source)
    head = header(buyer_order, warnings, buyer_account_number=account, issued_on=None)
    if head.supplier_account_number is None:
        head = head.but(supplier_account_number=order.identifier("supplierAccountNumber"))
    supplier_order = order.child("supplierOrder") or _NOTHING
    head = head.but(supplier_contact=parts.contact(supplier_order.child("contact")) or head.supplier_contact)
    acts = EVENT_ACTS.get(event or "", ())
    seen: set[str] = set()
    lines = (_reported_line(line, acts, seen, warnings, event) for line in order.children("lines"))
    heard = tuple(line for line in lines if line is not None)
    return Message(
        key=_key(order, source),
        header=head,
        lines=heard,
        change=event is not None and not heard,
        reported=_order_report(order, warnings),
        platform_id=order.identifier("id") or order.identifier("orderId"),
        event=event,
        at_platform=order.text("lastUpdatedAt"),
        warnings=tuple(warnings),
    )


def attached_documents(event_body: Node, source: Source, event: str | None) -> Message:
    """The message in an `orderDocumentsEvent`: the buyer attached documents, and nothing else changes."""
    buyer_order = event_body.child("buyerOrder") or _NOTHING
    lines = []
    for line in event_body.children("lines"):
        buyer_line = line.child("buyerLine") or line
        attached = parts.documents(buyer_line)
        if attached:
            lines.append(
                LineMessage(position=buyer_line.required("position", "the line's position"), attached=attached)
            )
    return Message(
        key=_key(event_body, source),
        lines=tuple(lines),
        change=True,
        attached=(*parts.documents(buyer_order), *parts.documents(event_body)),
        platform_id=event_body.identifier("id") or event_body.identifier("orderId"),
        event=event,
        at_platform=event_body.text("lastUpdatedAt"),
    )


def _key(order: Node, source: Source) -> OrderKey:
    """Buyer: company and our account with it, as every shape of the platform carries both."""
    buyer_order = order.child("buyerOrder") or _NOTHING
    number = buyer_order.identifier("purchaseOrderNumber") or order.required(
        "purchaseOrderNumber", "the purchase order number"
    )
    company = buyer_order.identifier("companyId") or order.identifier("companyId")
    account = _buyer_account_number(order, source)
    if company is None and account is None:
        raise Unreadable(
            "nothing says which buyer this is",
            order.place("buyerOrder.companyId"),
            "set our_account in the connection's settings, or ask the sender for a corrected document",
        )
    return OrderKey(connection=source.connection, buyer="/".join(filter(None, (company, account))), number=number)


def _buyer_account_number(order: Node, source: Source) -> str | None:
    supplier_order = order.child("supplierOrder") or _NOTHING
    return supplier_order.identifier("buyerAccountNumber") or source.our_account


def _order_report(order: Node, warnings: list[str]) -> OrderReport | None:
    status = order.child("status")
    process = known(ProcessStatus, status, "processStatus", warnings)
    logistics = known(LogisticsStatus, status, "logisticsStatus", warnings)
    if process is None:
        return None
    return OrderReport(
        process_status=process,
        logistics_status=logistics,
        version=order.whole("version"),
        last_updated_at=order.text("lastUpdatedAt"),
    )


def _line_report(line: Node, warnings: list[str], doubts: list[str]) -> LineReport | None:
    status = line.child("status")
    process = known(ProcessStatus, status, "processStatus", warnings, doubts)
    in_progress = known(InProgressStatus, status, "inProgressStatus", warnings, doubts)
    logistics = known(LogisticsStatus, status, "logisticsStatus", warnings)
    if process is None:
        return None
    return LineReport(process_status=process, in_progress_status=in_progress, logistics_status=logistics)


def _reported_line(
    line: Node, acts: tuple[BuyerAct, ...], seen: set[str], warnings: list[str], event: str | None
) -> LineMessage | None:
    buyer_line = line.child("buyerLine") or _NOTHING
    supplier_line = line.child("supplierLine") or _NOTHING
    original = buyer_line.identifier("originalPosition") or line.identifier("originalPosition")
    position = buyer_line.identifier("position") or line.identifier("position")
    if position is None and (line.has("scheduledDelivery", "statusLine") or original):
        # A line that we split has no position until the buyer's system gives it one (manual, "Delivery schedule").
        warnings.append(f"{line.path}: a split of line {original!r} that the buyer has not numbered yet was left out.")
        return None
    if position is None:
        raise Unreadable("the line's position is missing", line.place("buyerLine.position"), REMEDY)
    doubts: list[str] = []
    report = _line_report(line, warnings, doubts)
    asked, proposed, confirmed = _terms(line, buyer_line, supplier_line, report)
    details = buyer_line.child("itemDetails") or line.child("itemDetails") or line.child("mergedItemDetails")
    reopen = _open_request(buyer_line, "reopenRequest")
    ours = _our_request(supplier_line, report)
    return LineMessage(
        position=once(position, line.place("buyerLine.position"), seen),
        acts=acts,
        content=content(
            buyer_line,
            warnings,
            type_of=line if line.has("lineType") else buyer_line,
            doubts=tuple(doubts),
            charge_reason=line.text("chargeReasonCode") or buyer_line.text("chargeReasonCode"),
            original_position=original,
            item_details=parts.item_details(details),
            charge_lines=parts.charge_lines(buyer_line) or parts.charge_lines(line),
        ),
        terms=asked,
        confirmed=confirmed,
        proposed=proposed,
        our_reason=ours.text("reason") if ours is not None else None,
        reported=report,
        delivered=delivered(line) or delivered(buyer_line),
        delivered_adds=event in _APPENDS,
        delivered_whole=event in _SETS and (line.has("deliveryHistory") or buyer_line.has("deliveryHistory")),
        reason=reopen.text("reason") if reopen is not None else buyer_line.text("reason"),
    )


def _terms(
    line: Node, buyer_line: Node, supplier_line: Node, report: LineReport | None
) -> tuple[Terms | None, Terms | None, Terms | None]:
    """What the buyer asks, what we propose, and what is agreed; None where the document doesn't say.

    Asked terms are left out where only agreed ones are stated: they may differ from what was once asked.
    """
    process = report.process_status if report else None
    progress = report.in_progress_status if report else None
    present = filled(stated_terms(line.child("statusLine")), stated_terms(line))
    with_requests = _terms_including_requests(line)
    if with_requests is None and line.has("scheduledDelivery") and not line.has("statusLine"):
        with_requests = present  # A single delivery has no twin: it holds the open request itself.
        if progress in _SUPPLIERS_REQUEST or progress is InProgressStatus.OPEN_BUYER_REOPEN_REQUEST:
            present = None

    confirmed = None
    if process is ProcessStatus.CONFIRMED or progress in _AGREED_BEFORE:
        confirmed = filled(stated_terms(line.child("confirmedLine")), present)
    elif process in (ProcessStatus.COMPLETED, ProcessStatus.CANCELLED) or progress in _MAY_HAVE_BEEN_AGREED:
        confirmed = stated_terms(line.child("confirmedLine"))

    proposed = None
    if progress in _SUPPLIERS_REQUEST:
        request = _our_request(supplier_line, report)
        proposed = filled(stated_terms(request), confirmed or present) if request is not None else with_requests

    reopen = _open_request(buyer_line, "reopenRequest")
    if reopen is not None:
        return filled(stated_terms(reopen), confirmed or present), proposed, confirmed
    if progress is InProgressStatus.OPEN_BUYER_REOPEN_REQUEST:
        return with_requests, proposed, confirmed
    own = stated_terms(buyer_line)
    if confirmed is None or progress in _MAY_HAVE_BEEN_AGREED:
        # The buyer's part goes on to say what was once issued; the line itself has what is asked now, which may have been
        # agreed in between.
        return filled(present, own), proposed, confirmed
    return (filled(own, present) if own is not None else None), proposed, confirmed


def _terms_including_requests(line: Node) -> Terms | None:
    status_line = line.child("statusLine")
    return (
        stated_terms(line, "deliveryScheduleIncludingRequests", "pricesIncludingRequests")
        or stated_terms(line, "deliveryScheduleInclRequests", "pricesInclRequests")
        or stated_terms(status_line, "deliveryScheduleInclRequests", "pricesInclRequests")
    )


def _our_request(supplier_line: Node, report: LineReport | None) -> Node | None:
    progress = report.in_progress_status if report is not None else None
    return _open_request(supplier_line, _SUPPLIERS_REQUEST[progress]) if progress in _SUPPLIERS_REQUEST else None


def _open_request(side: Node, name: str) -> Node | None:
    requests = side.child("requests")
    request = requests.child(name) if requests is not None else None
    return request if request is not None and request.text("status") == "Open" else None
