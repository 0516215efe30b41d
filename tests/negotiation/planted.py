"""Bugs as they could be written by mistake: in podesk's tables and code, in the platform, and on the way between them.

Each is put in by a `pytest.MonkeyPatch`, which takes it out again whatever happens.
"""

from __future__ import annotations

import datetime as dt
import importlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

import pytest

from core.decisions import LineDecision, Outcome
from core.formats._json import Node
from core.messages import BuyerAct, LineMessage
from core.model import Document, LineReport, OrderLine, ScheduledDelivery, Terms
from core.orderbook import OrderBook
from core.outgoing import Indicator
from core.pending import Record, Step
from core.transition import tables
from core.transition.on_paper import SAYS
from core.transition.tables import CONFIRMED, OUR_PROPOSAL, WE_REOPEN, Answer, Side
from tests.platform import line as theirs

Plant = Callable[[pytest.MonkeyPatch], None]


def everywhere(patch: pytest.MonkeyPatch, module: str, name: str, wrong: object) -> Any:
    """Binds `wrong` in every module that knows what `module` calls `name`; gives what stood there."""
    right = getattr(importlib.import_module(module), name)
    for known, each in list(sys.modules.items()):
        if known.startswith(("core.", "sync.", "tests.platform.")) and vars(each).get(name) is right:
            patch.setattr(each, name, wrong)
    return right


def _effect(patch: pytest.MonkeyPatch, table: Any, row: object, word: object, **wrong: object) -> None:
    patch.setitem(table, row, {**table[row], word: replace(table[row][word], **wrong)})


# --- what a word does, and how it is put on paper ---------------------------------------------------------------------


def reopening_is_a_proposal(patch: pytest.MonkeyPatch) -> None:
    _effect(patch, tables.ANSWERS, CONFIRMED, Answer.OTHER_TERMS, state=OUR_PROPOSAL)


def approved_on_the_buyers_terms(patch: pytest.MonkeyPatch) -> None:
    for state in (OUR_PROPOSAL, WE_REOPEN):
        _effect(patch, tables.ACTS, BuyerAct.APPROVE, state, confirmed=Side.REQUESTED)


def other_terms_are_written_as_requested(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(SAYS, Answer.OTHER_TERMS, replace(SAYS[Answer.OTHER_TERMS], terms=Side.REQUESTED))


def a_rejection_is_written_as_accepted(patch: pytest.MonkeyPatch) -> None:
    patch.setitem(SAYS, Answer.REJECTED, replace(SAYS[Answer.REJECTED], indicator=Indicator.ACCEPTED))


def prices_are_not_compared(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "core.terms", "same_prices", lambda ours, theirs: True)


def auto_confirm_is_not_heeded(patch: pytest.MonkeyPatch) -> None:
    def wrong(*given: Any) -> object:
        word = right(*given)
        return Answer.OTHER_TERMS if word is Answer.OTHER_TERMS_AUTO_CONFIRMED else word

    right = everywhere(patch, "core.transition.words", "_variant", wrong)


# --- what comes -------------------------------------------------------------------------------------------------------


def an_echo_is_news(patch: pytest.MonkeyPatch) -> None:
    """While our request is open, the old terms that a line shows are taken for ours."""

    def wrong(line: Node, buyer: Node, supplier: Node, report: LineReport | None) -> tuple[Terms | None, ...]:
        asked, proposed, confirmed = right(line, buyer, supplier, report)
        return asked, (confirmed or asked) if proposed is not None else None, confirmed

    right = everywhere(patch, "core.formats._tradecloud_reported", "_terms", wrong)


def numbers_are_floats(patch: pytest.MonkeyPatch) -> None:
    patch.setattr("core.formats._json.number", lambda text: Decimal(repr(float(text))))


def an_older_version_overwrites_a_newer(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "core.transition.versions", "news", lambda order, message: message)


def goods_received_count_each_time_they_are_told(patch: pytest.MonkeyPatch) -> None:
    def wrong(known: tuple[ScheduledDelivery, ...], said: LineMessage) -> tuple[ScheduledDelivery, ...]:
        return (*known, *said.delivered) if said.delivered_adds else said.delivered

    everywhere(patch, "core.transition.goods", "_history", wrong)


def a_document_stays_beside_the_one_that_replaces_it(patch: pytest.MonkeyPatch) -> None:
    def wrong(documents: tuple[Document, ...], attached: tuple[Document, ...]) -> tuple[Document, ...]:
        return (*documents, *attached)

    everywhere(patch, "core.transition.content", "with_documents", wrong)


# --- what leaves ------------------------------------------------------------------------------------------------------


def an_answer_that_was_lost_is_not_repeated(patch: pytest.MonkeyPatch) -> None:
    def wrong(
        book: OrderBook, outbox_id: str, next_attempt: dt.datetime, error: str, *, doubtful: bool = False
    ) -> None:
        if doubtful:
            book.delivered(outbox_id, Outcome.SENT, "HTTP 200")
        else:
            right(book, outbox_id, next_attempt, error)

    right = OrderBook.postpone
    patch.setattr(OrderBook, "postpone", wrong)


def what_was_taken_back_leaves(patch: pytest.MonkeyPatch) -> None:
    def wrong(*given: Any) -> Step:
        return replace(right(*given), outgoing=(), supersedes=False)

    right: Callable[..., Step] = everywhere(patch, "core.pending.step", "_undone", wrong)


def the_first_word_leaves(patch: pytest.MonkeyPatch) -> None:
    def wrong(earlier: LineDecision, later: LineDecision) -> LineDecision:
        said: LineDecision = right(later, earlier)
        return said

    right = everywhere(patch, "core.pending.merging", "_over", wrong)


def what_the_buyer_overtook_leaves(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "core.pending.comparing", "touched", lambda pending, before, after: ())


def what_never_arrived_is_forgotten(patch: pytest.MonkeyPatch) -> None:
    def wrong(record: Record, *_: object) -> Step:
        return Step(record.but(in_flight=None), ())

    everywhere(patch, "core.pending.step", "_returned", wrong)


def item_details_are_not_kept(patch: pytest.MonkeyPatch) -> None:
    def wrong(line: OrderLine, mine: LineDecision) -> dict[str, object]:
        return {name: value for name, value in right(line, mine).items() if name != "item_details"}

    right = everywhere(patch, "core.transition.respond", "_own_words", wrong)


def an_answer_names_another_file(patch: pytest.MonkeyPatch) -> None:
    """The last one that went up, whichever is meant."""

    def wrong(connection: Any, name: str, files: Sequence[str]) -> dict[str, str]:
        up = connection.execute("SELECT object_id FROM uploads ORDER BY object_id DESC LIMIT 1").fetchone()
        return dict.fromkeys(files, up[0]) if up is not None else {}

    patch.setattr("core.store.uploads.known", wrong)


# --- the platform -----------------------------------------------------------------------------------------------------


def the_platform_takes_a_rejection_for_a_yes(patch: pytest.MonkeyPatch) -> None:
    everywhere(patch, "tests.platform.line", "_rejected", lambda line: theirs.agreed(line, line.requested))


def the_platform_approves_what_the_buyer_asked(patch: pytest.MonkeyPatch) -> None:
    def wrong(line: theirs.Line) -> theirs.Line:
        ours = line.in_progress in (theirs.OUR_PROPOSAL, theirs.OUR_REOPEN)
        return theirs.agreed(line, line.requested) if ours else line

    everywhere(patch, "tests.platform.line", "approved", wrong)


IN_ORDER, FEW_WORDS, DISORDER, POLLED = "told", "told in few words", "told in disorder", "polled"

BUGS: Final[Sequence[tuple[Plant, str, str]]] = (
    # the bug, the way in which the platform's word comes, and what the disagreement says of it
    (
        reopening_is_a_proposal,
        POLLED,
        r"line \d+ was Confirmed, and not as foreseen: .*Proposal here .*ReopenRequest there",
    ),
    (approved_on_the_buyers_terms, FEW_WORDS, r"line \d+: confirmed (schedule is|prices are) .* here and .* there"),
    (other_terms_are_written_as_requested, IN_ORDER, r"line \d+: .* was decided, and .* leaves"),
    (a_rejection_is_written_as_accepted, DISORDER, r"line \d+: (reject|disagree) was decided, and “accepted” leaves"),
    (prices_are_not_compared, POLLED, r"line \d+: a price of \S+ was decided, and \S+ leaves"),
    (
        auto_confirm_is_not_heeded,
        IN_ORDER,
        r"line \d+ was \S+, and not as foreseen: is InProgress/.* and Confirmed there",
    ),
    (an_echo_is_news, DISORDER, r"line \d+: proposed (schedule is|prices are) .* here and .* there"),
    (numbers_are_floats, POLLED, r"line \d+: \w+ (schedule is|prices are) .* here and .* there"),
    (an_older_version_overwrites_a_newer, DISORDER, r"line \d+ is \S+ as a fact, and \S+ was said last"),
    (goods_received_count_each_time_they_are_told, IN_ORDER, r"line \d+: \S+ were received here and \S+ there"),
    (a_document_stays_beside_the_one_that_replaces_it, IN_ORDER, r"attached are \[.*\] here and \[.*\] there"),
    (an_answer_that_was_lost_is_not_repeated, IN_ORDER, r"line \d+: is (a prediction still|\S+ here and \S+ there)"),
    (what_was_taken_back_leaves, POLLED, r"line \d+: an answer leaves that was taken back"),
    (the_first_word_leaves, IN_ORDER, r"line \d+: .* was decided, and .* leaves"),
    (
        what_the_buyer_overtook_leaves,
        POLLED,
        r"line \d+: an answer leaves that was given before the buyer changed the line",
    ),
    (what_never_arrived_is_forgotten, IN_ORDER, r"line \d+"),
    (item_details_are_not_kept, IN_ORDER, r"line \d+: \w+ is None here and \S+ there"),
    (an_answer_names_another_file, POLLED, r"line \d+: \S+\.pdf is another file there"),
    (
        the_platform_takes_a_rejection_for_a_yes,
        POLLED,
        r"line \d+ was \S+, and not as foreseen: is Rejected here and Confirmed there",
    ),
    (the_platform_approves_what_the_buyer_asked, FEW_WORDS, r"line \d+: confirmed (schedule is|prices are) .* here"),
)
