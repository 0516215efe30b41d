"""Messages that overtake each other: of which version of the order the word on each line is.

A platform counts the versions of an order, a buyer who sends documents the changes of it (UBL `SequenceNumberID`, "to ensure
the proper sequencing of changes"). A polled order speaks of every line; an event or a change only of those that it touches.
So an older one that comes late may still be the newest word on its lines, while the rest of it is long known.

Whole orders and cancellations of such a buyer have no number: they count as they come, and what they say of a line is newer
than the changes that came before them. When a document was issued tells more only where numbers don't.
"""

from __future__ import annotations

import datetime as dt

from core.messages import Message
from core.model import Order, Spoken

_DAY = len("yyyy-mm-dd")
_THE_ORDER_ITSELF = 0
"""Before its first change."""


def version_of(message: Message) -> int | None:
    """The platform's."""
    return message.reported.version if message.reported is not None else None


def known_version(order: Order) -> int | None:
    """The platform's."""
    return order.reported.version if order.reported is not None else None


def numbers(order: Order, message: Message) -> tuple[int | None, int | None]:
    """What `message` counts itself as, and the highest such number that is known: the platform's, else the buyer's."""
    if _by_platform(order, message):
        return version_of(message), known_version(order)
    if order.spoken is None:
        return message.sequence, None
    return message.sequence, _highest(order.spoken)


def _highest(spoken: Spoken) -> int:
    return max((spoken.whole, *(at for _, at in spoken.lines)))


def _by_platform(order: Order, message: Message) -> bool:
    return message.reported is not None or order.reported is not None


def issued_before(message: Message, order: Order) -> bool:
    """Whether `message` was issued before the latest document that is known, as far as both say it; days alone say less."""
    return _earlier(message.issued, order.issued)


def issued_after(message: Message, order: Order) -> bool:
    return _earlier(order.issued, message.issued)


def latest(order: Order, message: Message) -> str | None:
    """When the latest document was issued, `message` included."""
    return order.issued if message.issued is None or issued_before(message, order) else message.issued


def _earlier(one: str | None, other: str | None) -> bool:
    if one is None or other is None:
        return False
    if min(len(one), len(other)) > _DAY:
        first, second = dt.datetime.fromisoformat(one), dt.datetime.fromisoformat(other)
        if (first.tzinfo is None) is (second.tzinfo is None):
            return first < second
    return one[:_DAY] < other[:_DAY]


def news(order: Order, message: Message) -> Message | None:
    """What `message` says that has not been said anew since; None where it is nothing.

    Of an older message that is each line on which no newer one spoke, or which is not here yet. Of two changes to which
    the buyer gave one number the one that was issued before is the older.
    """
    version, known = numbers(order, message)
    if version is None or known is None or version > known:
        return message
    second = version == known
    if second and (_by_platform(order, message) or not issued_before(message, order)):
        return message
    if order.spoken is None:
        return None
    since = dict(order.spoken.lines)
    here = {line.position for line in order.lines}
    lines = tuple(
        said
        for said in message.lines
        if said.position not in here or since.get(said.position, order.spoken.whole) <= version - second
    )
    if not lines:
        return None
    return message.but(header=None, lines=lines, acts=(), cancel_missing=False, all_reported=None)


def spoken(before: Order | None, after: Order, message: Message) -> Spoken | None:
    """The same after `message`, or what was news in it, which made `after` of `before`."""
    version, _ = numbers(after, message)
    known = before.spoken if before is not None else None
    if version is None:
        if before is None or known is None or _by_platform(after, message) or issued_before(message, before):
            return known
        version = _highest(known)  # Late changes must not overwrite what came after others that are newer than they.
    if known is None and not _by_platform(after, message):
        known = Spoken(whole=_THE_ORDER_ITSELF)
    if known is None:
        # Of an order whose versions were not counted by line yet: all that is known of it is as old as it says.
        said = known_version(before) if before is not None else None
        known = Spoken(whole=version if said is None else said)
    here = {line.position for line in before.lines} if before is not None else set()
    named = {said.position for said in message.lines}
    of_all = message.acts or message.cancel_missing or message.all_reported is not None
    since = dict(known.lines)
    words = {}
    for line in after.lines:
        at = since.get(line.position, known.whole) if line.position in here else version
        words[line.position] = max(at, version) if of_all or line.position in named else at
    oldest = min(words.values())
    return Spoken(whole=oldest, lines=tuple((position, one) for position, one in words.items() if one > oldest))
