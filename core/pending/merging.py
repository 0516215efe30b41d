"""Several decisions as one answer: the last word per line, and per field of what is said besides.

Item details are facts of their own, so each is its own field. Documents add up, as they do at a platform: one with the
code of another takes its place.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeVar

from core.decisions import Act, Decision, LineDecision
from core.pending.record import Record
from core.transition.content import with_documents
from core.transition.tables import BUYER_CANCELS, state_of

_Said = TypeVar("_Said", Decision, LineDecision)


def resolved(record: Record, decision: Decision) -> Decision:
    """`decision`, where "agree" means what the desk shows and not what the platform still waits for.

    Our no to a cancellation is no last word on a line: what is said next is about the state that the no brings back. An
    "agree" to that, taken to the platform's state, would grant the cancellation.
    """
    if record.pending is None:
        return decision
    noes = {line.position: line for line in record.pending.lines if line.act in (Act.REFUSE, Act.DISAGREE)}
    brought_back = {
        line.position: line
        for line in record.platform.lines
        if line.position in noes and state_of(line) is BUYER_CANCELS
    }
    if not brought_back:
        return decision
    lines = []
    for line in decision.lines:
        before = brought_back.get(line.position)
        if before is not None:
            no = Act.REJECT if before.confirmed is None else Act.REFUSE
            act = {Act.AGREE: Act.ACCEPT, Act.DISAGREE: no}.get(line.act, line.act)
            lines.append(line.but(act=act, reason=line.reason or noes[line.position].reason))
        else:
            lines.append(line)
    return decision.but(lines=tuple(lines))


def merged(pending: Decision | None, decision: Decision) -> Decision:
    """Both as one answer with the identity of the later: its word on a line is the last one."""
    if pending is None:
        return decision
    lines = {line.position: line for line in pending.lines}
    named: set[str] = set()
    twice: list[LineDecision] = []
    for line in decision.lines:
        if line.position in named:
            twice.append(line)  # Left to `respond` to refuse.
            continue
        named.add(line.position)
        earlier = lines.get(line.position)
        lines[line.position] = line if earlier is None else _over(earlier, line)
    return _over_fields(pending, decision).but(lines=(*lines.values(), *twice))


def _over(earlier: LineDecision, later: LineDecision) -> LineDecision:
    """The later word on a line with what the earlier one said besides; details alone leave the word as it was."""
    both = _over_fields(earlier, later)
    word = earlier if later.act is Act.DETAILS else later
    return both.but(act=word.act, terms=word.terms, reason=word.reason, rule=word.rule)


def _over_fields(earlier: _Said, later: _Said) -> _Said:
    said: dict[str, object] = {name: value for name, value in later if value is not None}
    if earlier.documents and later.documents:
        said["documents"] = with_documents(earlier.documents, later.documents)
    if isinstance(earlier, LineDecision) and isinstance(later, LineDecision):
        details, new = earlier.item_details, later.item_details
        if details is not None and new is not None:
            said["item_details"] = details.but(**{name: value for name, value in new if value is not None})
    return earlier.but(**said)


def without(decision: Decision | None, positions: Collection[str]) -> Decision | None:
    """`decision` without its word on some lines; None where nothing is left of it."""
    if decision is None or not positions:
        return decision
    lines = tuple(line for line in decision.lines if line.position not in positions)
    return decision.but(lines=lines) if lines else None


def only(decision: Decision | None, positions: Collection[str]) -> Decision | None:
    """`decision` with its word on some lines alone; None where it has none."""
    if decision is None:
        return None
    lines = tuple(line for line in decision.lines if line.position in positions)
    return decision.but(lines=lines) if lines else None
