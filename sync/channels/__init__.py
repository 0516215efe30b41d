"""The four ways to the outside, each behind one small face: `InboundChannel` to fetch, `OutboundChannel` to send.

Channels block: each connection's task runs its channel in a thread of its own, so a slow partner stops nobody else, and a
paramiko or imapclient connection is never shared between threads. A channel knows nothing of orders, and reads no settings
but its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

ATTACHMENT: Final = "attachment"
"""The kind of a parcel that is a document to be uploaded, so that an answer can refer to it."""


class ChannelError(Exception):
    """Something between us and a partner failed. The sentence names the connection's server and what to do."""


class Unreachable(ChannelError):
    """Passing trouble, and the message was not taken: refused, timed out before anything was sent, 429, 503. Try again
    later."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        """Seconds that the partner asked us to wait."""


class NotAdmitted(ChannelError):
    """Wrong or expired credentials, unknown or changed host key: the channel is parked until a person acts."""


class Refused(ChannelError):
    """The partner read the message and will never take it (HTTP 4xx): show it to a person."""

    def __init__(self, sentence: str, status: int | None = None, body: str = "") -> None:
        super().__init__(sentence)
        self.status = status
        self.body = body


class Uncertain(ChannelError):
    """The message may have arrived: a time-out or a lost answer after it was sent, 500. Retried under the same key."""

    def __init__(self, sentence: str, retry_after: float | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
        """Seconds that the partner asked us to wait."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One thing seen at a channel, with its bytes."""

    locator: str
    """Where it is at the partner's: a remote path, or folder, uidvalidity and uid. Text for people and a key for us;
    never a path of this machine."""
    fingerprint: str
    """sha256 of what was read there, as hex: with the connection and the locator the key of the arrival."""
    documents: tuple[Received, ...]
    """What it holds: the file, or a mail's attachments and body."""
    handle: object = field(compare=False, default=None)
    """The channel's own, for `archive`."""


@dataclass(frozen=True, slots=True)
class Received:
    """A document out of an arrival."""

    name: str
    """As the partner named it: for people only."""
    payload: bytes
    sender: str = ""
    """Who claims to have sent it; for display only."""
    problem: str = ""
    """Why this document can't be read although it could be fetched (too large, unknown encoding, untrusted sender):
    it goes to quarantine with this reason."""
    remedy: str = ""
    charset: str = ""
    """What the `Content-Type` named with which it was posted."""


class InboundSession(Protocol):
    def arrivals(self) -> Iterator[Arrival]:
        """What is complete and waits to be taken in, one at a time, oldest first. Raises ChannelError.

        What can't be fetched by itself (vanished, still growing) is passed over and seen again in the next round.
        """
        ...

    def archive(self, arrival: Arrival) -> bool:
        """Move it out of the way: called when our store has it for good. May be repeated. Raises ChannelError.

        Whether it is out of the way now; False where we may only look, so that it shows up again in every round.
        """
        ...


class InboundChannel(Protocol):
    def session(self) -> AbstractContextManager[InboundSession]:
        """A connection for one round. Raises ChannelError."""
        ...

    def check(self) -> str:
        """Connect, look, disconnect: a sentence on what was found. Raises ChannelError."""
        ...


@dataclass(frozen=True, slots=True)
class Parcel:
    """A frozen payload on its way out."""

    id: str
    """The outbox row's id (UUIDv7): the same on every attempt, so that a partner can tell a repeat."""
    payload: bytes
    content_type: str
    extension: str
    order_number: str
    kind: str
    """`order_response`, `despatch_advice` or `attachment`: names the path at the partner's."""
    name: str = ""
    """Of an attachment: the file's name, as people see it."""


class OutboundSession(Protocol):
    def send(self, parcel: Parcel) -> str:
        """Deliver it; the receipt as a line of text. Safe to repeat. Raises ChannelError.

        The receipt of an attachment is the name by which an answer refers to it. A channel that can't upload any raises
        Refused.
        """
        ...


class OutboundChannel(Protocol):
    def session(self) -> AbstractContextManager[OutboundSession]:
        """A connection for one round. Raises ChannelError."""
        ...

    def check(self) -> str:
        """Connect, look, disconnect: a sentence on what was found. Raises ChannelError."""
        ...
