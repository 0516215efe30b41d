"""An order in a narrow column: what stands beside the inbox on a wide terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from rich.text import Text

from core.store.rows import Loaded
from tui.display import display
from tui.order_header import unsent
from tui.rule_words import answer, suggested_order
from tui.task_words import soonest
from tui.words import IN_PROGRESS, LOGISTICS, NONE, PROCESS, buyer, counted, moment, terms

if TYPE_CHECKING:
    from core.suggestion import Suggestion

_WIDTH: Final = 40
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
    room = max((height - len(rows)) // 3, 1)
    for line in order.lines[:room]:
        item = line.content.item
        rows.append(f"{display(line.position, 12)}  {display(item.name or item.number or NONE, 80)}")
        sign = "~" if line.predicted or line.position in ours else " "
        rows.append(
            f" {sign} {PROCESS[line.process_status]}  {terms(line.confirmed or line.proposed or line.requested)}"
        )
        mine = answers.get(line.position)
        waits = IN_PROGRESS[line.in_progress_status] if line.in_progress_status else ""
        if line.position in ours:
            waits = "our answer has not left"
        rows.append(f"   {f'rules: {answer(mine)}' if mine is not None else waits}")
    if len(order.lines) > room:
        rows.append(f"… {counted(len(order.lines) - room, 'more line')}, enter shows all")
    return Text("\n".join(rows), no_wrap=True, overflow="ellipsis")
