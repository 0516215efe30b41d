"""Messages that overtake each other: of which version of the order the platform's word on each line is.

A platform counts the versions of an order. A polled order speaks of every line; an event only of those that it touches. So
an older event that comes late may still be the newest word on its lines, while the rest of it is long known.
"""

from __future__ import annotations

from core.messages import Message
from core.model import Order, Spoken


def version_of(message: Message) -> int | None:
    return message.reported.version if message.reported is not None else None


def known_version(order: Order) -> int | None:
    return order.reported.version if order.reported is not None else None


def news(order: Order, message: Message) -> Message | None:
    """What `message` says that the platform has not said anew since; None where it is nothing.

    Of an older message that is each line on which no newer one spoke, or which is not here yet.
    """
    version = version_of(message)
    known = known_version(order)
    if version is None or known is None or version >= known:
        return message
    if order.spoken is None:
        return None
    since = dict(order.spoken.lines)
    here = {line.position for line in order.lines}
    lines = tuple(
        said
        for said in message.lines
        if said.position not in here or since.get(said.position, order.spoken.whole) <= version
    )
    if not lines:
        return None
    return message.but(header=None, lines=lines, acts=(), cancel_missing=False, all_reported=None)


def spoken(before: Order | None, after: Order, message: Message) -> Spoken | None:
    """The same after `message`, or what was news in it, which made `after` of `before`."""
    version = version_of(message)
    known = before.spoken if before is not None else None
    if version is None:
        return known
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
