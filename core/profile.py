"""What a buyer's platform permits and expects: one frozen object each.

This is the only place where platforms differ in the eyes of `core.transition`: no code asks which platform it is.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from core.stages import Stage


class OtherTerms(Enum):
    """What an answer with other terms means."""

    PROPOSE = "a proposal that the buyer approves or rejects"
    CONFIRM = "a confirmation on our terms"


class AfterConfirmation(Enum):
    """What a supplier can still say of a confirmed line."""

    REOPEN = "other terms open a request that the buyer approves or rejects"
    FROZEN = "nothing: prices, quantities and dates can't change any more"


class AnswerContains(Enum):
    """What one answer must hold."""

    CHANGED_LINES = "the lines that are new or changed"
    ALL_LINES = "every line of the order, so it leaves when the last one is decided"


class LineFields(Enum):
    """What other terms may change."""

    DATE = "delivery date"
    QUANTITY = "quantity"
    SPLIT = "number of deliveries"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Profile:
    name: str
    title: str
    """As it stands in sentences for the operator."""
    other_terms: OtherTerms
    after_confirmation: AfterConfirmation
    answer_contains: AnswerContains
    line_rejection: bool
    """A line can be rejected by itself; otherwise the whole order or nothing."""
    rejection_needs_reason: bool
    reports_status: bool
    """The platform tells us what became of our answer; until then our status is a prediction."""
    cancellation_is_asked: bool = False
    """A buyer's cancellation can wait for our yes or no."""
    may_change: frozenset[LineFields] = field(default_factory=lambda: frozenset(LineFields))
    despatch_stages: frozenset[Stage] = frozenset()
    """Of these an advice leaves; what reaches another stage is recorded here, and nobody is told."""
    told_as_a_whole: frozenset[Stage] = frozenset()
    """Of those, the ones that the platform has a word for only when the whole order has reached them."""
    most_lines: int = 500
    most_deliveries: int = 100
    post_paths: tuple[tuple[str, str], ...] = ()
    """Where each kind of message is posted, below the base address of a connection whose settings don't say; others are
    posted to that address itself."""
    poll_path: str | None = None
    """Where changed orders can be polled, below the platform's base address; None: nowhere."""
    keeps_documents: bool = False
    """Documents that the buyer attached are kept there, and can be fetched by the names that orders give them."""


_NO_LIMIT = 1_000_000
"""Of lines: a platform that names none must not leave a long order unanswered."""

TRADECLOUD = Profile(
    name="tradecloud",
    title="Tradecloud",
    other_terms=OtherTerms.PROPOSE,
    after_confirmation=AfterConfirmation.REOPEN,
    answer_contains=AnswerContains.CHANGED_LINES,
    line_rejection=True,
    rejection_needs_reason=True,
    reports_status=True,
    poll_path="/order-search/poll",
    keeps_documents=True,
    # One advice a quantity: a second one for the same goods would count twice there.
    despatch_stages=frozenset({Stage.SHIPPED}),
)

PROCUREMENT_CONNECT = Profile(
    name="procurement-connect",
    title="Procurement Connect",
    other_terms=OtherTerms.CONFIRM,
    after_confirmation=AfterConfirmation.FROZEN,
    answer_contains=AnswerContains.ALL_LINES,
    line_rejection=False,
    rejection_needs_reason=True,
    reports_status=False,
    cancellation_is_asked=True,
    may_change=frozenset({LineFields.DATE, LineFields.QUANTITY, LineFields.PRICE}),
    despatch_stages=frozenset(Stage),
    # "producing" is said when it begins, "partially_shipped" has a word of its own; there is no "partially packed".
    told_as_a_whole=frozenset({Stage.PACKED}),
    # "A HTTP POST request to a receiver on our server": where is agreed by partner; these are named like the folders.
    post_paths=(("order_response", "/order_response"), ("despatch_advice", "/despatch_advice")),
    most_lines=_NO_LIMIT,
)

PEPPOL = Profile(
    name="peppol",
    title="Peppol",
    other_terms=OtherTerms.PROPOSE,
    after_confirmation=AfterConfirmation.FROZEN,
    answer_contains=AnswerContains.ALL_LINES,
    line_rejection=True,
    rejection_needs_reason=True,
    reports_status=False,
    most_lines=_NO_LIMIT,
)

GENERIC = Profile(
    name="generic",
    title="this buyer",
    other_terms=OtherTerms.PROPOSE,
    after_confirmation=AfterConfirmation.REOPEN,
    answer_contains=AnswerContains.CHANGED_LINES,
    line_rejection=True,
    rejection_needs_reason=True,
    reports_status=False,
    most_lines=_NO_LIMIT,
)

PROFILES = {profile.name: profile for profile in (TRADECLOUD, PROCUREMENT_CONNECT, PEPPOL, GENERIC)}
