"""The rules' word on an order: an answer to each line that they can answer, and why the others are a person's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Final

from core.decisions import Act, Decision, LineDecision
from core.formats._doubts import EARLIEST
from core.model import Order, Unknown, plain
from core.profile import AnswerContains, Profile
from core.rules.case import Case, Known
from core.rules.fitting import fits
from core.rules.proposing import proposed
from core.rules.tables import Rule
from core.rules.undecided import Undecided
from core.transition import TransitionRefused, respond
from core.transition.tables import BUYER_ASKS_AGAIN, BUYER_CANCELS, BUYER_REOPENS, State, state_of
from core.transition.tasks import awaits_us

_YES: Final[Mapping[State, Act]] = {
    BUYER_REOPENS: Act.APPROVE,
    BUYER_ASKS_AGAIN: Act.RECONFIRM,
    BUYER_CANCELS: Act.APPROVE,
}
"""What agreeing is called where it isn't simply to accept…"""
_NO: Final[Mapping[State, Act]] = dict.fromkeys(_YES, Act.REFUSE)
"""…and a no, where it isn't to reject."""


@dataclass(frozen=True, slots=True)
class Rules:
    """A rules file, read and checked."""

    path: Path
    rules: tuple[Rule, ...] = ()
    known: Known = field(default_factory=Known)
    files: tuple[Path, ...] = ()
    """All that was read: the file itself and its price lists."""


@dataclass(frozen=True, slots=True)
class Verdict:
    lines: tuple[LineDecision, ...] = ()
    """What the rules answer, each naming its rule."""
    left: tuple[tuple[str, str], ...] = ()
    """Position and why, of every other line that awaits our word."""


def judge(
    order: Order,
    rules: Rules,
    profile: Profile,
    *,
    at: dt.datetime,
    today: dt.date,
    changed: Collection[str] = (),
    theirs: Mapping[str, str] = MappingProxyType({}),
) -> Verdict:
    """What the rules answer to the lines of `order` that await our word. Raises nothing.

    `at`: aware, on the desk's clock, of which `today` is the day. `changed`: positions of the lines that the buyer changed
    after issuing them. `theirs`: positions of lines that are a person's whatever the rules say, and why.

    The first rule that fits a line decides. What can't be decided, what the platform wouldn't take, and on a platform that
    takes only whole answers everything beside it, is left.
    """
    decided: dict[str, LineDecision] = {}
    left: dict[str, str] = {}
    for line in order.lines:
        if not awaits_us(line):
            continue
        if line.position in theirs:
            left[line.position] = theirs[line.position]
            continue
        try:
            case = Case(order, line, rules.known, at, today, line.position in changed)
            decided[line.position] = _answer(rules.rules, case)
        except Undecided as undecided:
            left[line.position] = str(undecided)
    _take_out_what_is_refused(order, decided, left, profile, at)
    if left and decided and profile.answer_contains is AnswerContains.ALL_LINES:
        first = next(iter(left))
        for position, mine in decided.items():
            left[position] = (
                f"rule “{mine.rule}” would {mine.act.value} it, but {profile.title} takes only whole answers, and line "
                f"{first} is left to a person"
            )
        decided.clear()
    places = {line.position: place for place, line in enumerate(order.lines)}
    return Verdict(tuple(decided.values()), tuple(sorted(left.items(), key=lambda one: places[one[0]])))


def _answer(rules: tuple[Rule, ...], case: Case) -> LineDecision:
    """Of the first rule that fits. Raises Undecided."""
    for delivery in case.line.requested.delivery_schedule:
        if not isinstance(delivery.quantity, Unknown) and delivery.quantity <= 0:
            raise Undecided(f"a delivery of {plain(delivery.quantity)} is none")
        if not isinstance(delivery.date, Unknown) and delivery.date < EARLIEST:
            raise Undecided(f"a delivery on {delivery.date} can hardly be meant")
    if case.line.content.doubts and state_of(case.line) is not BUYER_CANCELS:  # which is granted whatever the terms are
        raise Undecided(case.line.content.doubts[0])
    if (stated := case.stated()) is not None and stated[0] < 0:
        raise Undecided("its price is below nothing")
    for rule in rules:
        try:
            if fits(rule, case) and (mine := _decision(rule, case)) is not None:
                return mine
        except Undecided as undecided:
            raise Undecided(f"rule “{rule.name}”: {undecided}") from None
    raise Undecided("no rule fits it")


def _decision(rule: Rule, case: Case) -> LineDecision | None:
    """What `rule` answers; None where it would put something right and nothing is wrong."""
    state, position = state_of(case.line), case.line.position
    if rule.answer == "accept":
        return LineDecision(position=position, act=_YES.get(state, Act.ACCEPT), rule=rule.name)
    if rule.answer == "reject":
        return LineDecision(position=position, act=_NO.get(state, Act.REJECT), reason=rule.reason, rule=rule.name)
    if rule.answer == "person":
        raise Undecided(rule.reason or "leaves it to a person")
    found = proposed(rule, case)
    if found is None:
        return None
    terms, reason = found
    return LineDecision(position=position, act=Act.PROPOSE, terms=terms, reason=reason, rule=rule.name)


def _take_out_what_is_refused(
    order: Order, decided: dict[str, LineDecision], left: dict[str, str], profile: Profile, at: dt.datetime
) -> None:
    """What the transition would not take of the rules is a person's, with its sentence."""
    while decided:
        try:
            respond(order, Decision(id="judged", at=at, lines=tuple(decided.values())), profile)
        except TransitionRefused as refused:
            position = refused.position if refused.position in decided else None
            sentence = _bare(refused, order)
            for one in [position] if position is not None else [*decided]:
                left[one] = f"rule “{decided.pop(one).rule}”: {sentence}"
        else:
            return


def _bare(refused: TransitionRefused, order: Order) -> str:
    """Its sentence, without the order and line that stand beside it anyhow."""
    return (
        str(refused)
        .removeprefix(f"order {order.key.number}")
        .removeprefix(f", line {refused.position}" if refused.position is not None else "")
        .removeprefix(": ")
    )
