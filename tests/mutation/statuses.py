"""Every status that one input can lead to: states × words × profiles × flags. What a survivor leaves alone here, it doesn't
change anywhere: transitions have no memory but the order."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from itertools import product

from core.decisions import Act, Stage
from core.messages import BuyerAct, Received
from core.model import LineContent, LogisticsStatus, Order, ProcessStatus, Progress, Terms
from core.profile import PROFILES
from core.transition import Transition, TransitionRefused, despatch, receive, respond
from core.transition.tables import BUYER_CANCELS, CONFIRMED, STATES, State
from tests.core.trade import (
    ASKED,
    DEARER,
    LATER,
    THIRD,
    answer,
    deliveries,
    goods,
    issue,
    line_in,
    message,
    order_of,
    said,
    version,
    word,
)

_TERMS: tuple[Terms | None, ...] = (None, ASKED, LATER, DEARER, THIRD)
_PROGRESS = (
    Progress(),
    Progress(produced=Decimal(4), packed=Decimal(4), shipped=Decimal(4)),
    Progress(produced=Decimal(10), packed=Decimal(10), shipped=Decimal(10)),
)


def orders() -> Iterator[Order]:
    for state, flag, auto in product(STATES, (False, True), (False, True)):
        resumed: tuple[State, ...] = (ProcessStatus.ISSUED, CONFIRMED) if state is BUYER_CANCELS else (CONFIRMED,)
        for before in resumed:
            fields: dict[str, object] = {"content": LineContent(propose_when_accepted=flag)}
            if state is BUYER_CANCELS:
                fields["resumes"] = before
                fields["confirmed"] = ASKED if before is CONFIRMED else None
            yield order_of(line_in(state, "10", **fields), line_in(ProcessStatus.ISSUED, "20"), auto_confirm=auto)
    for state, progress in product((CONFIRMED, ProcessStatus.ISSUED), _PROGRESS):
        yield order_of(line_in(state, progress=progress))


def told() -> Iterator[Received]:
    """One word of the buyer's or the platform's, with and without terms, on a line, on the order, or on goods."""
    for act, asked in product(BuyerAct, _TERMS):
        yield message(said(act, terms=asked))
        yield message(said(act, terms=asked, proposed=THIRD))
    for act in BuyerAct:
        yield message(acts=(act,))
        for other in BuyerAct:
            yield message(said(act, other, terms=THIRD))
    yield message(said(position="20"), cancel_missing=True)
    yield issue("10", "20", "30", terms=THIRD)
    for rows, adds in product(
        (("1:2026-05-01=10",), ("1:2026-05-01=4",), ("1:2026-05-01=10", "2:2026-05-02=1")), (False, True)
    ):
        yield message(said(delivered=deliveries(*rows), delivered_adds=adds))
    for state, logistics in product(STATES, (None, *LogisticsStatus)):
        yield message(said(reported=word(state, logistics)))
        yield message(said(reported=word(state, logistics), terms=LATER, confirmed=LATER), reported=version(3))


def digest() -> str:
    """A fingerprint of every status that comes of it."""
    seen = hashlib.sha256()
    for order in orders():
        for profile in PROFILES.values():
            for act, terms, reason in product(Act, _TERMS, (None, "busy")):
                seen.update(_come_to(lambda: respond(order, answer(act, terms=terms, reason=reason), profile)))  # noqa: B023
            for stage, quantity in product(Stage, (None, "4", "10", "11")):
                seen.update(_come_to(lambda: despatch(order, goods(stage, ("10", quantity)), profile)))  # noqa: B023
                if quantity is None:
                    seen.update(_come_to(lambda: despatch(order, goods(stage), profile)))  # noqa: B023
            if order.header.auto_confirm or order.lines[0].content.propose_when_accepted:
                continue  # the buyer's flags are about answers
            for received in told():
                seen.update(_come_to(lambda: receive(order, received, profile)))  # noqa: B023
    for profile in PROFILES.values():
        for received in told():
            seen.update(_come_to(lambda: receive(None, received, profile)))  # noqa: B023
    return seen.hexdigest()


def _come_to(step: object) -> bytes:
    try:
        transition: Transition = step()  # type: ignore[operator]
    except TransitionRefused:
        return b"refused\n"
    except Exception as error:  # a slip may break anything; that too is another outcome
        return f"{type(error).__name__}\n".encode()
    after = transition.order
    lines = ";".join(f"{line.process_status},{line.in_progress_status},{line.logistics_status}" for line in after.lines)
    return f"{after.process_status},{after.logistics_status}|{lines}\n".encode()
