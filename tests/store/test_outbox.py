"""What an order's row says of its messages, case by case."""

from __future__ import annotations

import pytest

from core.store.outbox import ADVICE, RESPONSE, Row, waiting

SOON, LATE = "2025-03-03T09:00:10.000+00:00", "2025-03-03T09:00:20.000+00:00"
ANSWER = {state: (RESPONSE, state, SOON, '["1"]') for state in ("queued", "sending", "sent", "uncertain", "failed")}
GOODS = {state: (ADVICE, state, LATE, "[]") for state in ("queued", "sending", "sent", "uncertain", "failed")}


@pytest.mark.parametrize(
    ("messages", "sending", "held_until", "not_delivered"),
    [
        ([], "nothing", None, 0),
        ([ANSWER["queued"]], "queued", SOON, 0),
        ([ANSWER["queued"], GOODS["queued"]], "queued", SOON, 0),
        ([ANSWER["sending"], GOODS["queued"]], "sending", LATE, 0),
        ([ANSWER["sent"]], "sent", None, 0),
        ([ANSWER["sent"], ANSWER["queued"]], "queued", SOON, 0),
        ([ANSWER["failed"]], "failed", None, 1),
        ([ANSWER["uncertain"]], "uncertain", None, 1),
        # A later answer takes the place of one that failed…
        ([ANSWER["failed"], ANSWER["queued"]], "queued", SOON, 0),
        ([ANSWER["uncertain"], ANSWER["sent"]], "sent", None, 0),
        # …on all of its lines, be it by several…
        ([(RESPONSE, "failed", SOON, '["1", "2"]'), ANSWER["sent"]], "failed", None, 1),
        (
            [(RESPONSE, "failed", SOON, '["1", "2"]'), ANSWER["sent"], (RESPONSE, "sent", SOON, '["2"]')],
            "sent",
            None,
            0,
        ),
        # …goods don't, nor does an answer take the place of goods.
        ([ANSWER["failed"], GOODS["sent"]], "failed", None, 1),
        ([GOODS["failed"], GOODS["sent"]], "failed", None, 1),
        ([GOODS["uncertain"], ANSWER["queued"]], "uncertain", SOON, 1),
    ],
)
def test_the_most_urgent_message_speaks_for_the_order(
    messages: list[Row], sending: str, held_until: str | None, not_delivered: int
) -> None:
    found = waiting(messages, drafted=False, awaiting_word=True, reported=True)
    assert (found.sending.value, found.held_until, found.not_delivered) == (sending, held_until, not_delivered)


@pytest.mark.parametrize(
    ("messages", "drafted", "awaiting_word", "reported", "sending"),
    [
        # A platform that reports has spoken: what we sent is settled.
        ([ANSWER["sent"]], False, False, True, "nothing"),
        ([ANSWER["sent"]], False, True, True, "sent"),
        # One that never reports leaves it at that.
        ([ANSWER["sent"]], False, False, False, "sent"),
        # Its word on an answer says nothing of goods.
        ([ANSWER["sent"], GOODS["sent"]], False, False, True, "sent"),
        ([ANSWER["sent"]], True, False, True, "draft"),
        ([], True, False, False, "draft"),
        ([ANSWER["failed"]], True, False, False, "failed"),
    ],
)
def test_what_is_settled_or_only_drafted_is_said_when_nothing_is_on_its_way(
    messages: list[Row], drafted: bool, awaiting_word: bool, reported: bool, sending: str
) -> None:
    found = waiting(messages, drafted=drafted, awaiting_word=awaiting_word, reported=reported)
    assert found.sending.value == sending
