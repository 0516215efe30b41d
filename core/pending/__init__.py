"""An order as the store keeps it: the platform's state plus a pending overlay.

Until an answer leaves it is still ours. So what has not left (`pending`, the last word per line) is kept apart from the
order as the platform knows it (`platform`), and what the desk shows is the one applied to the other (`shown`). A later
decision is computed from the platform's state, never from our own unsent one: a confirmation that never left, followed
by other terms, is a proposal and no reopen request.

    Decision    joins what is pending; the answer in the outbox is replaced
    Undo        takes all of it back, or some lines
    Departed    an answer leaves: what is shown is now what the platform knows, or will know
    Returned    it certainly did not arrive: it is pending again, as if it had never been claimed
    Received    changes the platform's state; a decision on a line that it touches is dropped, never sent in silence
    Despatch    what left the house left it: both states know
    Uploaded    a file that our answer attaches is with the platform: the answer names it, and can leave
    Delivered   what became of a message; once it arrived, or may have, it can't come back
                (while it may have, `flights` tells a platform's word on it from its silence)

Every step also gives the changes that lead from the one record to the other; `fold` does them again, which is how the
log is checked.
"""

from __future__ import annotations

from core.pending.folding import changes_from_json, changes_to_json, fold
from core.pending.record import Input, Record, Step
from core.pending.step import step

__all__ = ["Input", "Record", "Step", "changes_from_json", "changes_to_json", "fold", "step"]
