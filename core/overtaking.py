"""What of ours is on its way to a buyer who changed meanwhile what it is about: it waits for a person."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from core.pending import Step
from core.store import overtaken
from core.store._sqlite import sqlite3


@dataclass(frozen=True, slots=True)
class Overtaken:
    outbox: str
    sentence: str
    """What changed: it stands with the message until a person has looked."""
    note: str
    """…and on the timeline."""


def overtaking(connection: sqlite3.Connection, order_id: int, done: Step) -> Iterator[Overtaken]:
    """The messages of the order that must not go by themselves any more after `done`."""
    if done.overtaken:
        yield from _answers(connection, order_id, done.overtaken)
    if done.stranded:
        yield from _advices(connection, order_id, done.stranded)


def _answers(connection: sqlite3.Connection, order_id: int, lines: Sequence[str]) -> Iterator[Overtaken]:
    """An answer that may have arrived is about what the buyer has changed since."""
    for message in overtaken.on_their_way(connection, order_id):
        named = _named([one for one in lines if one in message.positions])
        if named:
            yield Overtaken(
                message.id,
                f"what stands on {named} changed since; look, then answer again",
                f"{named}: it changed while our answer to it was being sent."
                if message.state == "sending"
                else f"{named}: it changed. Our answer from before may have arrived, and is not sent again by itself: "
                "look, then answer again.",
            )


def _advices(connection: sqlite3.Connection, order_id: int, lines: Sequence[tuple[str, str]]) -> Iterator[Overtaken]:
    """Goods are advised on a line for which nobody waits for them, or not as was agreed."""
    for message in overtaken.advices_under_way(connection, order_id):
        told = [(position, what) for position, what in lines if position in message.positions or not message.positions]
        if not told:
            continue
        now = "; ".join(f"line {position} {what} now" for position, what in told)
        yield Overtaken(
            message.id,
            f"{now}, after goods of it were advised; look whether they have left",
            f"{now}. The advice of its goods is being sent at this moment."
            if message.state == "sending"
            else f"{now}. The advice of its goods has not arrived for all that we know, and waits for a person: look whether"
            " they have left, then send it (`podesk outbox retry --anyway`) or give it up (`podesk outbox drop`).",
        )


def _named(positions: Sequence[str]) -> str:
    return f"line{'s' if len(positions) > 1 else ''} {', '.join(positions)}" if positions else ""
