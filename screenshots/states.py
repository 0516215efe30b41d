"""Draws the manual's pictures of a line's states from the transition tables: `python screenshots/states.py`.

They stand in MANUAL.md between marks, as Mermaid text. `--check` writes nothing and ends with 1 where the manual no longer
says what the tables do; CI runs that.
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from core.messages import BuyerAct  # noqa: E402  (the checkout comes first)
from core.profile import GENERIC, PEPPOL, PROCUREMENT_CONNECT, TRADECLOUD, AfterConfirmation, OtherTerms, Profile  # noqa: E402
from core.transition.tables import (  # noqa: E402
    ACTS,
    ANSWERS,
    ASKS,
    BUYER_CANCELS,
    CONFIRMED,
    ISSUED,
    REOPENED,
    RESUMED,
    SAME,
    STATES,
    Answer,
    Asked,
    Effect,
    State,
)

MANUAL: Final = HERE.parent / "MANUAL.md"

_OURS: Final[Mapping[Answer, str]] = {
    Answer.ACCEPTED: "accept",
    Answer.ACCEPTED_FOR_APPROVAL: "accept, where the buyer wants to approve that",
    Answer.REJECTED: "reject",
    Answer.AS_CONFIRMED: "the agreed terms again",
    Answer.REFUSED: "refuse",
    Answer.REFUSED_REPORTED: "refuse",
    Answer.OTHER_TERMS: "other terms",
    Answer.OTHER_TERMS_AUTO_CONFIRMED: "other terms, where the buyer confirms them unseen",
    Answer.OTHER_TERMS_CONFIRM: "other terms",
    Answer.OTHER_TERMS_FROZEN: "other terms",
    Answer.CANCELLATION_GRANTED: "cancel as asked",
    Answer.CANCELLATION_REFUSED: "refuse to cancel",
    Answer.DETAILS: "item details",
}
_BUYERS: Final[Mapping[Asked, str]] = {
    Asked.AGREED_TERMS: "order the agreed terms",
    Asked.NOTHING_NEW: "order the same again",
    Asked.OTHER_TERMS: "order other terms",
    Asked.OUR_TERMS: "order our terms",
    Asked.COUNTER: "order other terms than ours",
}


@dataclass(frozen=True, slots=True)
class Step:
    """A word that takes a line from one state to another (None: back to where a request to cancel found it)."""

    before: State
    word: str
    after: State | None


def answers(profile: Profile) -> Iterator[Step]:
    """What our answers do on a platform."""
    words = {Answer.ACCEPTED, Answer.REJECTED, Answer.AS_CONFIRMED}
    words.add(Answer.REFUSED_REPORTED if profile.reports_status else Answer.REFUSED)
    if profile.cancellation_is_asked:
        words |= {Answer.CANCELLATION_GRANTED, Answer.CANCELLATION_REFUSED}
    if profile.other_terms is OtherTerms.PROPOSE:
        words |= {Answer.OTHER_TERMS, Answer.OTHER_TERMS_AUTO_CONFIRMED, Answer.ACCEPTED_FOR_APPROVAL}
    else:
        words |= {Answer.OTHER_TERMS_CONFIRM}
    for state, row in ANSWERS.items():
        agreed = state in (CONFIRMED, BUYER_CANCELS, *REOPENED)
        frozen = agreed and profile.after_confirmation is AfterConfirmation.FROZEN
        for word, effect in row.items():
            if word in words and not (frozen and _OURS[word].startswith("other terms")):
                yield from _step(state, _OURS[word], effect)


def buyers_words(profile: Profile | None = None) -> Iterator[Step]:
    """What the buyer's words do: on one platform, or on any."""
    for act, column in ACTS.items():
        if act is not BuyerAct.ASK_CANCELLATION or profile is None or profile.cancellation_is_asked:
            for state, effect in column.items():
                yield from _step(state, act.value, effect)
    for asked, column in ASKS.items():
        for state, effect in column.items():
            yield from _step(state, _BUYERS[asked], effect)


def _step(state: State, word: str, effect: object) -> Iterator[Step]:
    if isinstance(effect, Effect) and effect.state is not SAME and effect.state != state:
        yield Step(state, word, None if effect.state is RESUMED else effect.state)


def reachable(steps: Collection[Step]) -> frozenset[State]:
    """The states to which these words can bring a newly issued line."""
    found: set[State] = set()
    beyond: list[State] = [ISSUED]
    while beyond:
        state = beyond.pop()
        if state not in found:
            found.add(state)
            beyond += [step.after for step in steps if step.before == state and step.after is not None]
    return frozenset(found)


def diagram(steps: Collection[Step], states: Collection[State]) -> str:
    """Mermaid text. States in which the same words lead to the same states share a box."""
    rows = {
        state: frozenset((step.word, step.after) for step in steps if step.before == state)
        for state in STATES
        if state in states
    }
    boxes: dict[frozenset[tuple[str, State | None]], list[State]] = defaultdict(list)
    for state, row in rows.items():
        # A closed line that nothing leads out of keeps a box of its own: Rejected is not Cancelled.
        boxes[row or frozenset({(state.value, None)})].append(state)
    names = {state: f"s{at}" for at, group in enumerate(boxes.values()) for state in group}
    text = ["```mermaid", "flowchart LR"]
    text += [f'  s{at}["{"<br/>".join(state.value for state in group)}"]' for at, group in enumerate(boxes.values())]
    if any(after is None for row in rows.values() for _word, after in row):
        text.append('  before(["the state that the request found"])')
    for group in boxes.values():
        edges: dict[str, list[str]] = defaultdict(list)
        for word, after in sorted(rows[group[0]], key=lambda edge: (edge[0], edge[1] or "")):
            if after is None:
                edges["before"].append(word)
            else:
                shared = len(boxes[rows[after] or frozenset({(after.value, None)})]) > 1
                edges[names[after]].append(f"{word}: {after.value}" if shared else word)
        text += [f'  {names[group[0]]} -->|"{"<br/>".join(words)}"| {to}' for to, words in sorted(edges.items())]
    return "\n".join([*text, "```"])


def pictures() -> Mapping[str, str]:
    """Every picture of the manual, by the name in its marks."""
    drawn: dict[str, str] = {}
    for profile in (TRADECLOUD, PROCUREMENT_CONNECT, PEPPOL, GENERIC):
        ours = list(answers(profile))
        states = reachable([*ours, *buyers_words(profile)])
        if profile.reports_status:
            # It tells of states that only its own doing brings, a shipment that the buyer looks at for one.
            states = frozenset(STATES) - (frozenset() if profile.cancellation_is_asked else {BUYER_CANCELS})
        drawn[f"our answers, {profile.name}"] = diagram([step for step in ours if step.before in states], states)
    theirs = list(buyers_words())
    drawn["the buyer's words"] = diagram(theirs, STATES)
    return drawn


def redrawn(manual: str) -> str:
    """The manual with every picture as the tables have it now. Raises LookupError where one has no place in it."""
    for name, picture in pictures().items():
        begin, end = f"<!-- drawn: {name} -->", "<!-- end -->"
        place = re.search(f"{re.escape(begin)}\n.*?{re.escape(end)}", manual, re.DOTALL)
        if place is None:
            raise LookupError(f"{MANUAL.name} has no place {begin} … {end}")
        manual = f"{manual[: place.start()]}{begin}\n{picture}\n{end}{manual[place.end() :]}"
    return manual


def main(arguments: Collection[str]) -> int:
    before = MANUAL.read_text(encoding="utf-8")
    after = redrawn(before)
    if "--check" in arguments:
        if after != before:
            print(f"{MANUAL.name} no longer shows what the tables say: run `python screenshots/states.py`")
            return 1
        return 0
    MANUAL.write_text(after, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
