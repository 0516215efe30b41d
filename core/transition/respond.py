"""What the supplier decides: the word that an act says to a line, what it does, and the answer that leaves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from core.decisions import Decision, LineDecision
from core.model import ItemDetails, Order, OrderLine, Terms
from core.outgoing import ResponseLine
from core.profile import AfterConfirmation, AnswerContains, Profile
from core.transition.changes import order_changes
from core.transition.checks import check_details, refuse
from core.transition.derive import derived, kept
from core.transition.effects import applied
from core.transition.on_paper import SAYS
from core.transition.response import response, written
from core.transition.result import Transition
from core.transition.tables import ANSWERS, CLOSED, SILENT, Answer, Effect, Refused, state_of
from core.transition.tasks import awaits_us, dated, task_changes
from core.transition.words import word_of

_ENDS: Final = (Answer.REJECTED, Answer.CANCELLATION_GRANTED)
"""What a platform without answers by line takes for the whole order only."""

_THE_WORD: Final = frozenset({"position", "act", "terms", "reason", "rule"})
"""Of a decision on a line: what its word is made of. All else is said besides."""


def respond(order: Order, decision: Decision, profile: Profile) -> Transition:
    """What our answer to some lines makes of `order`, and the response that leaves. Raises TransitionRefused.

    Where an answer must hold all lines, nothing leaves before each line that awaits our word has it.
    """
    decided = _by_position(order, decision, profile)
    lines: list[OrderLine] = []
    words: dict[str, Answer] = {}
    said: dict[str, ResponseLine] = {}
    silent: list[str] = []
    for line in order.lines:
        mine = decided.get(line.position)
        if mine is None:
            lines.append(line)
            continue
        word, terms = word_of(order, line, mine, profile)
        if isinstance(word, Refused):
            refuse(order, line.position, _sentence(word, line, profile))
        effect = ANSWERS[state_of(line)][word]
        if effect is SILENT and _says_more(mine):
            word, effect = Answer.DETAILS, ANSWERS[state_of(line)][Answer.DETAILS]
        if isinstance(effect, Refused):
            refuse(order, line.position, _sentence(effect, line, profile))
        words[line.position] = word
        if effect is SILENT:
            silent.append(line.position)
            lines.append(line)
            continue
        lines.append(dated(line, _answered(order, line, mine, word, effect, terms, profile), decision.at))
        said[line.position] = written(line, mine, word, terms)
    _check_whole(order, words, profile)
    after_order = derived(kept(order, lines=tuple(lines)))
    opened, closed = task_changes(order, after_order)
    return Transition(
        order=after_order,
        changes=order_changes(order, after_order),
        outgoing=response(order, after_order, decision, words, said, profile),
        opened=opened,
        closed=closed,
        notes=(
            *(f"line {position} is confirmed already: nothing to send." for position in silent),
            *_unheard(after_order, words, profile),
        ),
        silent=tuple(silent),
    )


def _unheard(after: Order, words: Mapping[str, Answer], profile: Profile) -> Iterator[str]:
    """A no to the cancellation of what is not confirmed yet: a platform of whole answers hears it by a confirmation."""
    if profile.answer_contains is AnswerContains.ALL_LINES:
        for line in after.lines:
            if words.get(line.position) is Answer.CANCELLATION_REFUSED and awaits_us(line):
                yield (f"line {line.position}: {profile.title} hears our no when the order is confirmed, not before.")


def _by_position(order: Order, decision: Decision, profile: Profile) -> dict[str, LineDecision]:
    decided: dict[str, LineDecision] = {}
    for mine in decision.lines:
        if mine.position in decided:
            refuse(order, mine.position, "it is answered twice in one answer; answer it once.")
        decided[mine.position] = mine
    if len(decided) > profile.most_lines:
        refuse(
            order,
            None,
            f"{len(decided)} lines; {profile.title} takes at most {profile.most_lines} in one answer. Answer that many "
            "at a time, by marking lines at the desk or with --line, and the others when those have left.",
        )
    unknown = decided.keys() - {line.position for line in order.lines}
    if unknown:
        there = ", ".join(line.position for line in order.lines[:20])
        refuse(order, min(unknown), f"the order has no such line; its lines are {there}.")
    return decided


def _answered(
    order: Order,
    line: OrderLine,
    mine: LineDecision,
    word: Answer,
    effect: Effect,
    terms: Terms | None,
    profile: Profile,
) -> OrderLine:
    if SAYS[word].needs_reason and profile.rejection_needs_reason and not (mine.reason or "").strip():
        refuse(order, line.position, f"{profile.title} wants a reason for a no; give one.")
    if mine.item_details is not None:
        check_details(order, line.position, mine.item_details)
    after = applied(line, effect, terms)
    own = _own_words(line, mine)
    if word is not Answer.DETAILS:
        own["reason"] = mine.reason
    return kept(after, **own)


def _says_more(mine: LineDecision) -> bool:
    """Whether there is something in it besides the word on the line, which must leave though the word need not be said."""
    return any(value is not None and name not in _THE_WORD for name, value in mine)


def _own_words(line: OrderLine, mine: LineDecision) -> dict[str, object]:
    """What the answer adds to our side of the line; what it doesn't name stays."""
    own: dict[str, object] = {}
    if mine.item_details is not None:
        stated = {name: value for name, value in mine.item_details if value is not None}
        own["item_details"] = (line.item_details or ItemDetails()).but(**stated)
    if mine.sales_order_number is not None:
        own["sales_order_number"] = mine.sales_order_number
    if mine.sales_order_position is not None:
        own["sales_order_position"] = mine.sales_order_position
    return own


def _sentence(refused: Refused, line: OrderLine, profile: Profile) -> str:
    frozen = profile.after_confirmation is AfterConfirmation.FROZEN
    return refused.sentence.format(
        status=line.process_status.value,
        title=profile.title,
        instead="ask the buyer to change or cancel it" if frozen else "propose other terms instead",
    )


def _check_whole(order: Order, words: Mapping[str, Answer], profile: Profile) -> None:
    """Where a platform has no rejection by line, the whole order ends or none of it."""
    if profile.line_rejection or not any(word in _ENDS for word in words.values()):
        return
    for line in order.lines:
        if state_of(line) not in CLOSED and words.get(line.position) not in _ENDS:
            refuse(
                order,
                line.position,
                f"{profile.title} takes or cancels an order as a whole; reject all of its lines, or none.",
            )
