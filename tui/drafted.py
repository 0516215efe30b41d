"""Drafts and three sides in words and in public JSON, for the commands and the desk alike.

What partners wrote, and what an operator typed, goes through `display` here. Imports no model: a list is made without it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tui.display import display

if TYPE_CHECKING:
    from core.decisions import LineDecision
    from core.drafts import Draft, Rechecked
    from core.revision import ThreeSides
    from core.store import Store

ACTS: Final[dict[str, str]] = {
    "agree": "agree",
    "accept": "accept",
    "approve": "approve",
    "reconfirm": "confirm again",
    "disagree": "reject",
    "reject": "reject",
    "refuse": "refuse",
    "propose": "other terms",
    "withdraw": "withdraw",
    "details": "item details",
    "agreed": "agreed",
    "": "half typed",
}
"""What an answer says to a line, by its act."""
OURS_IS: Final[dict[str, str]] = {
    "draft": "was being written",
    "held": "was held, and taken back before it left",
    "queued": "waited to leave, and was taken back",
    "sent": "had left",
    "agreed": "was agreed",
}
"""Where our answer was when the buyer's change met it."""

Json = dict[str, Any]


def met_positions(store: Store, order_id: int) -> frozenset[str]:
    """The lines of an order on which a buyer's change met an answer of ours. Raises StoreDamaged."""
    from core.revision import three_sides

    return frozenset(side.position for side in three_sides(store, order_id))


def met(side: ThreeSides) -> str:
    """`the buyer changed it since revision 3; alice's answer (other terms) had left`"""
    whose = f"{display(side.actor, 40)}'s" if side.actor else "our"
    if side.ours_is == "agreed":
        return f"since revision {side.since_revision} the buyer asks for other terms than agreed"
    word = ACTS.get(side.our_word, side.our_word)
    return f"changed by the buyer at revision {side.since_revision}; {whose} answer ({word}) {OURS_IS[side.ours_is]}"


def ours(side: ThreeSides) -> str:
    """Our side in one line: terms, or the word that has none."""
    from tui import words

    word = ACTS.get(side.our_word, side.our_word)
    return words.terms(side.ours, unit=_unlike(side)) if side.ours is not None else f"({word})"


def buyers(side: ThreeSides) -> tuple[str, str]:
    """The buyer's, before and now, in one line each."""
    from tui import words

    unit = _unlike(side)
    return words.terms(side.before, unit=unit), words.terms(side.now, unit=unit)


def _unlike(side: ThreeSides) -> bool:
    """Whether the prices of the three are in units of several kinds."""
    from tui import words

    return len(words.price_units(side.before, side.now, side.ours)) > 1


def line_word(said: LineDecision | None) -> str:
    """What a draft says of a line, in a few words."""
    from tui import words

    if said is None:
        return ACTS[""]
    text = ACTS.get(said.act.value, said.act.value)
    if said.terms is not None:
        text += f" {words.terms(said.terms)}"
    return f"{text} ({display(said.reason, 80)})" if said.reason else text


def side_json(side: ThreeSides) -> Json:
    from tui import views

    return {
        "position": side.position,
        "before": views.terms(side.before),
        "now": views.terms(side.now),
        "ours": views.terms(side.ours),
        "ours_is": side.ours_is,
        "our_word": side.our_word,
        "operator": side.actor,
        "since_revision": side.since_revision,
        "differences": list(side.differences),
    }


def draft_json(draft: Draft, rechecked: Rechecked) -> Json:
    """`fits` is null where a line is half typed; `form` are the fields of an editor as they were typed."""
    from tui import views

    back = {one.position: one.sentence for one in rechecked.returned}
    lines = []
    for line in draft.lines:
        said = draft.decided(line.position)
        lines.append(
            {
                "position": line.position,
                "act": str(said.act) if said is not None else None,
                "terms": views.terms(said.terms) if said is not None else None,
                "reason": said.reason if said is not None else None,
                "form": line.form,
                "fits": None if said is None else line.position not in back,
                "difference": back.get(line.position),
                "why": line.why,
            }
        )
    return {
        "operator": draft.actor,
        "revision": draft.revision,
        "saved_at": draft.saved_at.isoformat(),
        "returned": draft.returned,
        "lines": lines,
    }
