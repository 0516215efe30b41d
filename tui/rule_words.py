"""What rules answer, in words for a screen and in the public JSON. What comes out of here is fit to be shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui import views, words
from tui.display import display

if TYPE_CHECKING:
    from core.decisions import LineDecision
    from core.suggestion import Suggestion


def answer(mine: LineDecision) -> str:
    """`propose 2026-05-01 10 @ 78.90 (“our list price”)`"""
    said = mine.act.value
    if mine.terms is not None:
        said += f" {words.terms(mine.terms)}"
    return said + (f" (“{display(mine.reason, 120)}”)" if mine.reason else "")


def suggested(mine: LineDecision) -> str:
    """`accept, by rule “bolts as ordered”`"""
    return f"{answer(mine)}, by rule “{display(mine.rule or '', 100)}”"


def suggested_order(found: Suggestion) -> str:
    """What the rules say of an order, in a line."""
    if found.trouble is not None:
        return f"the rules can't be asked: {display(found.trouble, 200)}"
    parts = [f"an answer to {words.counted(len(found.lines), 'line')}, a takes it"] if found.lines else []
    if found.left:
        parts.append(f"{words.counted(len(found.left), 'line')} left to you")
    return f"rules suggest: {'; '.join(parts)}" if parts else "the rules suggest nothing"


def suggested_line(found: Suggestion, position: str) -> str:
    """What they say of one of its lines, as a line of text that begins with a new line; empty where they say nothing."""
    for mine in found.lines:
        if mine.position == position:
            return f"\nrules suggest: {suggested(mine)}; a takes it"
    for left, why in found.left:
        if left == position:
            return f"\nrules leave it to you: {display(why, 200)}"
    return ""


def answer_json(mine: LineDecision | None) -> dict[str, Any] | None:
    if mine is None:
        return None
    return {"act": str(mine.act), "terms": views.terms(mine.terms), "reason": mine.reason, "rule": mine.rule}


def suggestion_json(found: Suggestion | None) -> dict[str, Any] | None:
    """Null where the connection has no rules, or nothing awaits an answer."""
    if found is None:
        return None
    return {
        "lines": [{"position": mine.position, **(answer_json(mine) or {})} for mine in found.lines],
        "left": [{"position": position, "why": why} for position, why in found.left],
        "error": found.trouble,
    }
