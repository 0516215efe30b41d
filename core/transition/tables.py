"""The rules of an order line, as tables that a reader can hold against the manual.

Two rules hold for this file: everything that decides what becomes of a line stands here, and nothing here knows which
platform it is: `core.profile` says in words like `OtherTerms.CONFIRM` which column counts.

THE THEORY

Two parties write to each other about a line. Each line has a *state*: its process status or, while it is InProgress,
the reason why (`State`). The state says whose word is awaited, and on what. Beside the state lie up to three sets of
terms, one a *side*:

    requested   the buyer's present word: what was issued, or what an open request of the buyer's asks
    proposed    ours, while it is before the buyer; it is gone when the buyer has spoken
    confirmed   the agreement. A Confirmed line always has one; it lives on while either party asks to reopen it

An input is first put into a *word*: what it says to this line, with all its ifs resolved. The operator's "agree" is an
acceptance here and a yes to a cancellation there (`MEANS`); terms that equal the requested ones *are* an acceptance;
other terms are a proposal, or a confirmation, or forbidden, as the profile and the buyer's flags say. Where terms must
be compared to find the word, that is code (`words`, `receive`). What a word does is data: `ANSWERS` for ours, `ASKS` and
`ACTS` for the buyer's, each state × word → effect:

    Effect(state, side=side, …)     the new state, and for each side of the terms whose terms stand there from now on;
                                    a side that isn't named stays as it is
    SILENT                          nothing changes, and nothing need be said
    Refused(sentence)               the state forbids it; the sentence tells the operator what to do instead

`ANSWERS` is complete: each state has an entry for each word, so that a forgotten case is a failing test and not a
guess. In `ACTS` a missing entry is an act without effect, which is what the manual says of, for example, a
cancellation of a Completed line; the timeline notes it.

Three things fall outside of tables and stand where they are computed: a line that is not there yet (`receive`), a
platform's own report (`report`), which wins over whatever we compute, and logistics (`derive`), which are arithmetic.

SOURCES

[R] Tradecloud's manual, "Send order response", quoted at the rows; [T1] and [T2] the two tables of statuses made from
that manual ("now | our response | becomes" and "the buyer does | becomes"); [O] what the manual leaves open and this
desk decides; [P] Procurement Connect's page "Ordering".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from core.decisions import Act
from core.messages import BuyerAct
from core.model import InProgressStatus, OrderLine, ProcessStatus

# --- states -----------------------------------------------------------------------------------------------------------

State: TypeAlias = ProcessStatus | InProgressStatus
"""A line's process status; while it is InProgress, its in-progress status, or InProgress itself where nobody said why."""

ISSUED: Final = ProcessStatus.ISSUED
IN_PROGRESS: Final = ProcessStatus.IN_PROGRESS
CONFIRMED: Final = ProcessStatus.CONFIRMED
REJECTED: Final = ProcessStatus.REJECTED
COMPLETED: Final = ProcessStatus.COMPLETED
CANCELLED: Final = ProcessStatus.CANCELLED

OUR_PROPOSAL: Final = InProgressStatus.OPEN_SUPPLIER_PROPOSAL
PROPOSAL_REJECTED: Final = InProgressStatus.REJECTED_SUPPLIER_PROPOSAL
REISSUED: Final = InProgressStatus.REISSUED_REJECTED_LINE
BUYER_REOPENS: Final = InProgressStatus.OPEN_BUYER_REOPEN_REQUEST
WE_REOPEN: Final = InProgressStatus.OPEN_SUPPLIER_REOPEN_REQUEST
BUYER_ASKS_AGAIN: Final = InProgressStatus.OPEN_BUYER_RECONFIRMATION_REQUEST
WE_RESCHEDULE: Final = InProgressStatus.OPEN_SUPPLIER_SHIPMENT_RESCHEDULE_REQUEST
RESCHEDULED: Final = InProgressStatus.APPROVED_DELIVERY_SCHEDULE
NOT_RESCHEDULED: Final = InProgressStatus.REJECTED_DELIVERY_SCHEDULE
COMPLETION_REVERTED: Final = InProgressStatus.REVERTED_COMPLETED_LINE
CANCELLATION_REVERTED: Final = InProgressStatus.REVERTED_CANCELLED_LINE
BUYER_CANCELS: Final = InProgressStatus.CANCELLATION_REQUESTED

STATES: Final[tuple[State, ...]] = (*ProcessStatus, *InProgressStatus)

NEGOTIATED: Final[tuple[State, ...]] = (
    IN_PROGRESS,
    OUR_PROPOSAL,
    PROPOSAL_REJECTED,
    REISSUED,
    COMPLETION_REVERTED,
    CANCELLATION_REVERTED,
)
"""InProgress before there is an agreement, or after it ended."""

REOPENED: Final[tuple[State, ...]] = (
    BUYER_REOPENS,
    WE_REOPEN,
    BUYER_ASKS_AGAIN,
    WE_RESCHEDULE,
    RESCHEDULED,
    NOT_RESCHEDULED,
)
"""InProgress with an agreement that one of the two wants to change."""

UNDER_AGREEMENT: Final = frozenset[State]({CONFIRMED, BUYER_CANCELS, *REOPENED})
"""What is agreed stands, though one of the two may ask for something else."""

CLOSED: Final = frozenset[State]({REJECTED, COMPLETED, CANCELLED})
"""We have no say on the line any more: only the buyer can open it again."""

OURS_OPEN: Final = frozenset[State]({OUR_PROPOSAL, WE_REOPEN, WE_RESCHEDULE})
"""Our own request is before the buyer. What a platform shows of the line's terms meanwhile is an echo of the old ones."""

SHIPPABLE: Final = frozenset[State]({CONFIRMED, WE_RESCHEDULE, RESCHEDULED, NOT_RESCHEDULED})
"""Goods may leave: the line is agreed, or its part shipment is what the buyer looks at."""


def state_of(line: OrderLine) -> State:
    """Where the two parties stand on `line`."""
    return line.in_progress_status or line.process_status


# --- what a word does -------------------------------------------------------------------------------------------------


class Side(Enum):
    """Whose terms come to stand somewhere. Where a side has none, those that stand there serve."""

    REQUESTED = "the buyer's"
    PROPOSED = "ours, or where they aren't known those of the message"
    CONFIRMED = "the agreed ones"
    SAID = "those of this answer or message"
    NOBODY = "none"


class Stays(Enum):
    """Where the next state is not a fixed one."""

    SAME = "the state that it had"
    RESUMED = "the state that a cancellation request interrupted"


SAME: Final = Stays.SAME
RESUMED: Final = Stays.RESUMED


@dataclass(frozen=True, slots=True)
class Effect:
    """The state that a line comes to, and whose terms stand on each side from then on (None: as before)."""

    state: State | Stays
    requested: Side | None = None
    proposed: Side | None = None
    confirmed: Side | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the state forbids an answer. `{status}`, `{title}` and `{instead}` are filled in."""

    sentence: str


class Silent(Enum):
    """An answer that says nothing new."""

    SILENT = "nothing changes and nothing is sent"


SILENT: Final = Silent.SILENT

_AGREED: Final = Effect(CONFIRMED, confirmed=Side.REQUESTED, proposed=Side.NOBODY)
_AGREED_ON_OURS: Final = Effect(CONFIRMED, confirmed=Side.SAID, proposed=Side.NOBODY)
# What either side asked for instead is settled by that: said again, it is asked again.
_AS_BEFORE: Final = Effect(CONFIRMED, requested=Side.CONFIRMED, confirmed=Side.CONFIRMED, proposed=Side.NOBODY)
_DECLINED: Final = Effect(REJECTED, confirmed=Side.NOBODY, proposed=Side.NOBODY)
_PROPOSED: Final = Effect(OUR_PROPOSAL, proposed=Side.SAID)
_ASKED_TO_REOPEN: Final = Effect(WE_REOPEN, proposed=Side.SAID)

# --- our words --------------------------------------------------------------------------------------------------------


class Answer(Enum):
    """What an answer of ours says to a line."""

    ACCEPTED = "accepted, or terms equal to requested"
    ACCEPTED_FOR_APPROVAL = "…where the buyer's `proposeWhenAccepted` wants to approve it"
    REJECTED = "rejected"
    AS_CONFIRMED = "terms equal to confirmed"
    REFUSED = "…in answer to the buyer's request to reopen: a no"
    REFUSED_REPORTED = "…where the platform itself says what becomes of that no"
    OTHER_TERMS = "terms differ: the buyer approves or rejects them"
    OTHER_TERMS_AUTO_CONFIRMED = "…with the buyer's `autoConfirm`"
    OTHER_TERMS_CONFIRM = "…where the platform takes other terms for a confirmation"
    OTHER_TERMS_FROZEN = "…on an agreement that the platform no longer lets change"
    CANCELLATION_GRANTED = "yes to the buyer's request to cancel"
    CANCELLATION_REFUSED = "no to it"
    DETAILS = "item details, notes or own numbers alone"


_NOTHING_OF_THE_BUYERS: Final = Refused(
    "the buyer asks nothing that could be approved or refused; answer the line itself."
)
NOTHING_AGREED: Final = Refused("what was agreed before is not known here; propose the terms that you can keep.")
_CANCELLATION_FIRST: Final = Refused("the buyer asks to cancel it; say yes or no to that first.")
_FROZEN: Final = Refused(
    "it is confirmed, and {title} lets prices, quantities and dates of a confirmed line change no more; {instead}."
)
_FROZEN_WHILE_ASKED: Final = Refused(
    "its terms are agreed, and {title} lets our side change them no more; agree to what the buyer asks, or refuse it."
)
_CLOSED: Final = {
    **dict.fromkeys(CLOSED, Refused("it is {status} and takes no answer any more; only the buyer can open it again.")),
    COMPLETED: Refused(
        "it is {status} and takes no answer any more but item details, notes, documents and numbers of ours; only the "
        "buyer can open it again."
    ),
}

_NO_WAY_TO_REFUSE: Final = Refused("a reconfirmation can't be refused; propose the terms that you can keep.")
_WHERE_NOTHING_IS_ASKED: Final = dict.fromkeys(STATES, _NOTHING_OF_THE_BUYERS) | _CLOSED

_NEGOTIATED: Final[Mapping[Answer, Effect | Refused | Silent]] = {
    # [R] "When the order line has process status InProgress: When indicators.accepted is set the process status will
    #     become Confirmed. … When the responded delivery schedule and prices are equal to the requested delivery
    #     schedule and prices the process status will become Confirmed"
    Answer.ACCEPTED: _AGREED,
    Answer.ACCEPTED_FOR_APPROVAL: _AGREED,
    # [R] "When indicators.rejected is set the process status will become Rejected"
    Answer.REJECTED: _DECLINED,
    # [R] "When the responded delivery schedule and prices are NOT equal to the requested delivery schedule and prices
    #     the process status will stay InProgress."
    Answer.OTHER_TERMS: _PROPOSED,
    Answer.OTHER_TERMS_AUTO_CONFIRMED: _PROPOSED,
    # [P] "At this stage, it is possible to change the prices, quantities or delivery date of the order."
    Answer.OTHER_TERMS_CONFIRM: _AGREED_ON_OURS,
    # Of no use before there is an agreement.
    Answer.AS_CONFIRMED: NOTHING_AGREED,
    Answer.REFUSED: _NOTHING_OF_THE_BUYERS,
    Answer.REFUSED_REPORTED: _NOTHING_OF_THE_BUYERS,
    Answer.OTHER_TERMS_FROZEN: _FROZEN,
    Answer.CANCELLATION_GRANTED: _NOTHING_OF_THE_BUYERS,
    Answer.CANCELLATION_REFUSED: _NOTHING_OF_THE_BUYERS,
    Answer.DETAILS: Effect(SAME),
}

_REOPENED: Final[Mapping[Answer, Effect | Refused | Silent]] = {
    **_NEGOTIATED,
    # [T1] "InProgress | terms differ | stays InProgress"; other terms on what was once agreed are a request to reopen
    #      it ([T2] "asks to reconfirm: … other terms → OpenSupplierReopenRequest").
    Answer.OTHER_TERMS: _ASKED_TO_REOPEN,
    Answer.OTHER_TERMS_AUTO_CONFIRMED: _ASKED_TO_REOPEN,
    # [T1] "InProgress, our reopen request open | terms equal to confirmed | Confirmed (request withdrawn)"
    Answer.AS_CONFIRMED: _AS_BEFORE,
    Answer.OTHER_TERMS_FROZEN: _FROZEN_WHILE_ASKED,
}

_CLOSED_ROWS: Final[Mapping[State, Mapping[Answer, Effect | Refused | Silent]]] = {
    state: dict.fromkeys(Answer, refused) for state, refused in _CLOSED.items()
}
"""[R] "When the order line already has process status Rejected [Completed, Cancelled] the process status will NOT
change." [O] "accepting or rejecting a line that is Rejected, Completed or Cancelled is refused and nothing is sent"."""

ANSWERS: Final[Mapping[State, Mapping[Answer, Effect | Refused | Silent]]] = {
    ISSUED: {
        **_NEGOTIATED,
        # [R] "When the order line has process status Issued: When indicators.accepted is set the process status will
        #     become Confirmed" and "When the by supplier responded delivery schedule and prices are equal to the by
        #     buyer requested delivery schedule and prices the process status will become Confirmed"
        Answer.ACCEPTED: _AGREED,
        # [T1] "…with the line's `proposeWhenAccepted`: InProgress / OpenSupplierProposal"
        Answer.ACCEPTED_FOR_APPROVAL: Effect(OUR_PROPOSAL, proposed=Side.REQUESTED),
        # [R] "When indicators.rejected is set the process status will become Rejected"
        Answer.REJECTED: _DECLINED,
        # [R] "When the responded delivery schedule and prices are NOT equal to the requested delivery schedule and
        #     prices the process status will become InProgress and a proposal task for the buyer will be created."
        Answer.OTHER_TERMS: _PROPOSED,
        # [T1] "with the order's `autoConfirm`: Confirmed on our terms"
        Answer.OTHER_TERMS_AUTO_CONFIRMED: _AGREED_ON_OURS,
    },
    **dict.fromkeys(NEGOTIATED, _NEGOTIATED),
    CONFIRMED: {
        # [O] "accepting a Confirmed line changes nothing and sends nothing"
        Answer.ACCEPTED: SILENT,
        Answer.ACCEPTED_FOR_APPROVAL: SILENT,
        # [O] "rejecting a Confirmed line is refused with the advice to propose other terms"
        Answer.REJECTED: Refused("it is confirmed and can't be rejected any more; {instead}."),
        # [R] "When the responded delivery schedule and prices are equal to the confirmed delivery schedule and prices
        #     the process status will stay Confirmed"
        Answer.AS_CONFIRMED: SILENT,
        Answer.REFUSED: _NOTHING_OF_THE_BUYERS,
        Answer.REFUSED_REPORTED: _NOTHING_OF_THE_BUYERS,
        # [R] "When the by supplier responded delivery schedule and prices are NOT equal to the confirmed delivery
        #     schedule and prices the process status will become InProgress and a reopen request task for the buyer will
        #     be created." What was requested once is settled by then: the buyer's word is the agreement.
        Answer.OTHER_TERMS: Effect(WE_REOPEN, proposed=Side.SAID, requested=Side.CONFIRMED),
        # [T1] "(`autoConfirm`: Confirmed)"
        Answer.OTHER_TERMS_AUTO_CONFIRMED: _AGREED_ON_OURS,
        Answer.OTHER_TERMS_CONFIRM: _AGREED_ON_OURS,
        # [P] "After it has been confirmed, we notify the customer via email and prevent further updates to these
        #     attributes."
        Answer.OTHER_TERMS_FROZEN: _FROZEN,
        Answer.CANCELLATION_GRANTED: _NOTHING_OF_THE_BUYERS,
        Answer.CANCELLATION_REFUSED: _NOTHING_OF_THE_BUYERS,
        Answer.DETAILS: Effect(SAME),
    },
    **dict.fromkeys(REOPENED, _REOPENED),
    BUYER_REOPENS: {
        **_REOPENED,
        # [O] "Refusing a buyer's reopen request has no indicator (`rejected` would reject the line): we answer with the
        #     confirmed terms and a reason, and wait for the platform's word." Our refusal lies before the buyer.
        Answer.REFUSED_REPORTED: Effect(SAME, proposed=Side.CONFIRMED),
        # Where no platform will say so, our no is the last word, and the buyer's request is gone.
        Answer.REFUSED: _AS_BEFORE,
    },
    BUYER_CANCELS: {
        **_REOPENED,
        # Procurement Connect: "`cancelation_requested` waits for the supplier's yes or no."
        Answer.CANCELLATION_GRANTED: Effect(CANCELLED, proposed=Side.NOBODY),
        Answer.CANCELLATION_REFUSED: Effect(RESUMED),
        # [O] An acceptance or a confirmation on our terms says no by itself; a proposal would leave it open.
        Answer.OTHER_TERMS: _CANCELLATION_FIRST,
        Answer.OTHER_TERMS_AUTO_CONFIRMED: _CANCELLATION_FIRST,
    },
    **_CLOSED_ROWS,
    # [R] "The supplier may check, change and add item details if they are not correct or incomplete." Certificates and
    #     countries of origin are sent after the delivery, when the buyer may have completed the line; no status changes.
    COMPLETED: {**_CLOSED_ROWS[COMPLETED], Answer.DETAILS: Effect(SAME)},
}
"""[T1], state × our word → what becomes of the line."""


MEANS: Final[Mapping[Act, Mapping[State, Answer | Refused]]] = {
    Act.ACCEPT: dict.fromkeys(STATES, Answer.ACCEPTED),
    Act.REJECT: dict.fromkeys(STATES, Answer.REJECTED),
    Act.APPROVE: {
        **_WHERE_NOTHING_IS_ASKED,
        BUYER_REOPENS: Answer.ACCEPTED,
        BUYER_ASKS_AGAIN: Answer.ACCEPTED,
        BUYER_CANCELS: Answer.CANCELLATION_GRANTED,
    },
    Act.REFUSE: {
        **_WHERE_NOTHING_IS_ASKED,
        BUYER_REOPENS: Answer.REFUSED,
        BUYER_ASKS_AGAIN: _NO_WAY_TO_REFUSE,
        BUYER_CANCELS: Answer.CANCELLATION_REFUSED,
    },
    # [T2] "asks to reconfirm: … equal answer → Confirmed"
    Act.RECONFIRM: {
        **dict.fromkeys(STATES, Refused("the buyer doesn't ask to reconfirm it; answer what is asked.")),
        **_CLOSED,
        BUYER_ASKS_AGAIN: Answer.ACCEPTED,
    },
    # The desk's `c`: whichever of accept, approve and reconfirm the state calls for…
    Act.AGREE: {**dict.fromkeys(STATES, Answer.ACCEPTED), BUYER_CANCELS: Answer.CANCELLATION_GRANTED},
    # …and its `x`: reject or refuse.
    Act.DISAGREE: {
        **dict.fromkeys(STATES, Answer.REJECTED),
        BUYER_REOPENS: Answer.REFUSED,
        BUYER_ASKS_AGAIN: _NO_WAY_TO_REFUSE,
        BUYER_CANCELS: Answer.CANCELLATION_REFUSED,
    },
    Act.WITHDRAW: {
        **dict.fromkeys(STATES, Refused("no request of ours is open on it, so there is nothing to withdraw.")),
        WE_REOPEN: Answer.AS_CONFIRMED,
        WE_RESCHEDULE: Refused(
            "what the buyer decides on is the shipment that we announced, and an answer can't take that back; ask the buyer."
        ),
        # [O] The only answer that ends a proposal without another one is an acceptance; nobody accepts by taking back.
        OUR_PROPOSAL: Refused(
            "a proposal can't be taken back without an answer in its place; confirm the line as requested, reject it or "
            "propose other terms."
        ),
    },
    Act.DETAILS: dict.fromkeys(STATES, Answer.DETAILS),
}
"""Act × state → our word. `Act.PROPOSE` isn't here: what it says depends on how its terms compare with those that stand."""


# --- the buyer's words ------------------------------------------------------------------------------------------------


class Asked(Enum):
    """What a buyer's issued terms are to a line that is there already."""

    AGREED_TERMS = "the terms that are confirmed"
    NOTHING_NEW = "what the buyer asks already"
    OTHER_TERMS = "other terms"
    OUR_TERMS = "the terms that we propose, where no platform says whether they are approved"
    COUNTER = "other terms in answer to ours, where no platform says whether they are rejected"


_ASKED: Final = Effect(SAME, requested=Side.SAID)
_CONFIRMED_BY_BUYER: Final = Effect(CONFIRMED, requested=Side.SAID, confirmed=Side.SAID, proposed=Side.NOBODY)
# [T2] "reissues a Rejected line | InProgress / ReissuedRejectedLine"
_REISSUED: Final = Effect(REISSUED, requested=Side.SAID)

ASKS: Final[Mapping[Asked, Mapping[State, Effect]]] = {
    Asked.OTHER_TERMS: {
        # [T2] "reissues an Issued or InProgress line | same status, new requested terms"
        **dict.fromkeys((ISSUED, *NEGOTIATED, *REOPENED, BUYER_CANCELS), _ASKED),
        # A new request takes the place of the one that we refused.
        BUYER_REOPENS: Effect(SAME, requested=Side.SAID, proposed=Side.NOBODY),
        REJECTED: _REISSUED,
        # [T2] "asks other terms on a Confirmed line | InProgress / OpenBuyerReopenRequest…"
        CONFIRMED: Effect(BUYER_REOPENS, requested=Side.SAID),
    },
    Asked.AGREED_TERMS: {
        **dict.fromkeys((ISSUED, *NEGOTIATED, *REOPENED, BUYER_CANCELS), _ASKED),
        REJECTED: _REISSUED,
        # [T2] "…asking the confirmed terms again reverts to Confirmed"
        BUYER_REOPENS: Effect(CONFIRMED, requested=Side.SAID, proposed=Side.NOBODY),
        CONFIRMED: _ASKED,
    },
    # The same order sent again asks nothing, of a line that was confirmed on our terms too.
    Asked.NOTHING_NEW: {
        **dict.fromkeys((ISSUED, CONFIRMED, *NEGOTIATED, *REOPENED, BUYER_CANCELS), Effect(SAME)),
        REJECTED: _REISSUED,
    },
    # [O] A buyer whose only word is another order approves our terms by ordering them, and rejects them by ordering
    #     otherwise; nobody would come back to the line if it went on waiting for a yes or no.
    Asked.OUR_TERMS: dict.fromkeys((OUR_PROPOSAL, WE_REOPEN), _CONFIRMED_BY_BUYER),
    Asked.COUNTER: {
        OUR_PROPOSAL: Effect(PROPOSAL_REJECTED, requested=Side.SAID, proposed=Side.NOBODY),
        WE_REOPEN: Effect(BUYER_REOPENS, requested=Side.SAID, proposed=Side.NOBODY),
    },
}
"""[T2], what `BuyerAct.ISSUE` does, by what it asks."""

# [T2] "approves our proposal or reopen request | Confirmed on our terms", which become the buyer's own by that.
_APPROVED: Final = Effect(CONFIRMED, requested=Side.PROPOSED, confirmed=Side.PROPOSED, proposed=Side.NOBODY)
_IN_PROGRESS: Final = (*NEGOTIATED, *REOPENED, BUYER_CANCELS)

ACTS: Final[Mapping[BuyerAct, Mapping[State, Effect]]] = {
    BuyerAct.APPROVE: {
        OUR_PROPOSAL: _APPROVED,
        WE_REOPEN: _APPROVED,
        # The platform's `OrderLinesShipmentRescheduleApprovedByBuyer` and its opposite.
        WE_RESCHEDULE: Effect(RESCHEDULED, proposed=Side.NOBODY),
    },
    BuyerAct.REJECT: {
        # [T2] "rejects our proposal | InProgress / RejectedSupplierProposal"
        OUR_PROPOSAL: Effect(PROPOSAL_REJECTED, proposed=Side.NOBODY),
        # [T2] "rejects our reopen request | Confirmed on the old terms"
        WE_REOPEN: _AS_BEFORE,
        WE_RESCHEDULE: Effect(NOT_RESCHEDULED, proposed=Side.NOBODY),
    },
    BuyerAct.ASK_RECONFIRMATION: {
        # [T2] "asks to reconfirm | InProgress / OpenBuyerReconfirmationRequest". What is asked is the agreement.
        CONFIRMED: Effect(BUYER_ASKS_AGAIN, requested=Side.CONFIRMED),
        BUYER_ASKS_AGAIN: Effect(SAME),
    },
    # Procurement Connect: "cancelation_requested = InProgress with in-progress status `CancellationRequested` and a task"
    BuyerAct.ASK_CANCELLATION: dict.fromkeys((ISSUED, CONFIRMED, *_IN_PROGRESS), Effect(BUYER_CANCELS)),
    BuyerAct.WITHDRAW: {
        BUYER_REOPENS: _AS_BEFORE,
        BUYER_ASKS_AGAIN: _AS_BEFORE,
        BUYER_CANCELS: Effect(RESUMED),
    },
    # Procurement Connect: "transferred = Issued". A platform that says so after a request to cancel has dropped that.
    BuyerAct.STANDS: {BUYER_CANCELS: Effect(RESUMED)},
    # [T2] "cancels | Cancelled from Issued, InProgress, Rejected, Confirmed; no effect on Completed or Cancelled"
    BuyerAct.CANCEL: dict.fromkeys(
        (ISSUED, REJECTED, CONFIRMED, *_IN_PROGRESS), Effect(CANCELLED, proposed=Side.NOBODY)
    ),
    # [T2] "completes | Completed from Issued, InProgress, Rejected, Confirmed"
    BuyerAct.COMPLETE: dict.fromkeys(
        (ISSUED, REJECTED, CONFIRMED, *_IN_PROGRESS), Effect(COMPLETED, proposed=Side.NOBODY)
    ),
    # [T2] "reverts a cancellation / a completion | InProgress / RevertedCancelledLine / RevertedCompletedLine". The old
    #      agreement ended with the line; it is what the buyer asks now, unless the message asks something else.
    BuyerAct.REVERT_CANCELLATION: {
        CANCELLED: Effect(CANCELLATION_REVERTED, requested=Side.CONFIRMED, confirmed=Side.NOBODY)
    },
    BuyerAct.REVERT_COMPLETION: {
        COMPLETED: Effect(COMPLETION_REVERTED, requested=Side.CONFIRMED, confirmed=Side.NOBODY)
    },
    # The platform's `OrderLinesConfirmedByBuyer`: on the terms named, or else requested.
    BuyerAct.CONFIRM: dict.fromkeys((ISSUED, CONFIRMED, *_IN_PROGRESS), _CONFIRMED_BY_BUYER),
}
"""[T2], act × state → what becomes of the line. What a state lacks has no effect on it."""

ACT_ORDER: Final[tuple[BuyerAct, ...]] = (
    BuyerAct.REVERT_CANCELLATION,
    BuyerAct.REVERT_COMPLETION,
    BuyerAct.STANDS,
    BuyerAct.ISSUE,
    BuyerAct.WITHDRAW,
    BuyerAct.APPROVE,
    BuyerAct.REJECT,
    BuyerAct.ASK_RECONFIRMATION,
    BuyerAct.CONFIRM,
    BuyerAct.ASK_CANCELLATION,
    BuyerAct.COMPLETE,
    BuyerAct.CANCEL,
)
"""In which order the acts of one message count; those on the goods alone come after them. [T2] Completion "beats a
cancellation in the same message"."""
