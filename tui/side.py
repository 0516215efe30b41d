"""An order in a narrow column: what stands beside the inbox on a wide terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.text import Text

from core.model import OrderLine
from core.store.rows import Loaded
from tui.display import display
from tui.order_header import unsent
from tui.rule_words import answer, suggested_order
from tui.task_words import soonest
from tui.words import IN_PROGRESS, LOGISTICS, NONE, PROCESS, buyer, counted, line_terms, moment

if TYPE_CHECKING:
    from core.suggestion import Suggestion

_WIDTH: Final = 41
_MOST_ROWS: Final = 2
"""Of one thing that is told above the lines."""


def order_lines(
    loaded: Loaded,
    zone: ZoneInfo | None,
    height: int,
    tasks: Sequence[tuple[str, str]] = (),
    suggestion: Suggestion | None = None,
) -> Text:
    """The order's header and as many of its lines as `height` rows hold; `tasks` as `tui.task_words.told` has them."""
    order, row = loaded.record.order, loaded.row
    rows = [
        display(order.key.number, 60),
        buyer(row),
        f"{PROCESS[order.process_status]}, goods {LOGISTICS[order.logistics_status]}",
        f"received {moment(row.received_at, zone)}",
    ]
    if row.reported and row.reported.get("process_status") not in (None, row.process_status):
        rows.append(f"the platform says: {display(str(row.reported['process_status']), 40)}")
    for what, fact in soonest(tasks):
        rows += textwrap.wrap(f"{what}: {display(fact, 120)}", _WIDTH)[:_MOST_ROWS]
    if suggestion is not None:
        rows += textwrap.wrap(suggested_order(suggestion), _WIDTH)[:_MOST_ROWS]
    rows.append("")
    ours = unsent(loaded.record)
    answers = {mine.position: mine for mine in suggestion.lines} if suggestion is not None else {}
    shown = 0
    for line in order.lines:
        mine = answers.get(line.position)
        waits = IN_PROGRESS[line.in_progress_status] if line.in_progress_status else ""
        if line.position in ours:
            waits = "our answer has not left"
        told = _line(line, f"rules: {answer(mine)}" if mine is not None else waits, is_ours=line.position in ours)
        # The last row is for the number of those that have no room.
        if shown and len(rows) + len(told) > height - (shown + 1 < len(order.lines)):
            break
        rows += told
        shown += 1
    if len(order.lines) > shown:
        if len(rows) >= height and not rows[-1].strip():
            rows.pop()
        rows.append(f"… {counted(len(order.lines) - shown, 'more line')}, enter shows all")
    return Text("\n".join(rows), no_wrap=True, overflow="ellipsis")


def _line(line: OrderLine, waits: str, *, is_ours: bool) -> list[str]:
    """Its rows. The terms have their own where they would be cut off beside the status, and lose the currency."""
    item = line.content.item
    requested, proposed, agreed = line_terms(line)
    said = agreed if line.confirmed else proposed if line.proposed else requested
    status = f" {'~' if line.predicted or is_ours else ' '} {PROCESS[line.process_status]}"
    rows = [f"{display(line.position, 12)}  {display(item.name or item.number or NONE, 80)}"]
    if cell_len(f"{status}  {said}") <= _WIDTH:
        rows.append(f"{status}  {said}")
    else:
        when, at, price = said.partition(" @ ")
        apart = cell_len(f"   {said}") > _WIDTH and at
        rows += [status, *([f"   {when}", f"   @ {price}"] if apart else [f"   {said}"])]
    return [*rows, f"   {waits}"]
