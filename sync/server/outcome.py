"""What became of a document that was posted, as far as its caller is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from core.config import Connection
from core.formats import Unreadable, read
from core.formats._charset import as_named
from core.store import Store, documents
from core.store.rows import OutgoingRow
from sync.server import voice
from sync.server.voice import Answer, Reply, Voice

Word = Literal["kept", "applied", "duplicate", "waits", "unreadable"]


@dataclass(frozen=True, slots=True)
class Outcome:
    document: int
    word: Word
    """kept: not applied yet. waits: it was read, but an operator must look, or its order must come first."""
    voice: Voice
    operation: str = ""
    """Of SOAP, as the caller named it."""
    why: str = ""
    answer: Answer | None = None
    claimed: OutgoingRow | None = None
    """The outbox row of `answer`, ours to settle; None when it had gone out before."""

    @classmethod
    def kept(cls, document: int, body: bytes, spoken: Voice) -> Outcome:
        """Told by the event loop, which has no time to read a large document: no operation is needed to say `kept`."""
        return cls(document, "kept", *voice.of_body(body, spoken, whole=False))

    def reply(self, *, answers_at_once: bool = False) -> Reply:
        """Where answers go back at once, a plain 200 would promise one: without an answer it is 202."""
        if self.answer is not None:
            return voice.answered(self.voice, self.operation, self.document, self.answer)
        if self.word == "unreadable":
            return voice.problem(self.voice, 400, self.why)
        status = 200 if self.word in ("applied", "duplicate") and not answers_at_once else 202
        return voice.taken(self.voice, status, self.word, self.document)


def outcome_of(
    store: Store, connection: Connection, document_id: int, body: bytes, spoken: Voice, charset: str, *, new: bool
) -> Outcome:
    """How the document stands in the store now; one that is not `new` was posted before.

    `spoken` and `charset`: the language and the charset of the caller's headers.
    """
    said, operation = voice.of_body(_named(body, charset), spoken)
    word, why = _word(store, connection, document_id, body, charset)
    if word == "applied" and not new:
        word = "duplicate"
    return Outcome(document_id, word, said, operation, why)


def _named(body: bytes, charset: str) -> bytes:
    """`body` as it is read; as it came, where its charset can't be right."""
    try:
        return as_named(body, charset)[0]
    except Unreadable:
        return body


def _word(store: Store, connection: Connection, document_id: int, body: bytes, charset: str) -> tuple[Word, str]:
    match documents.state(store, document_id):
        case "applied":
            return "applied", ""
        case "duplicate":
            return "duplicate", ""
        case "quarantined":
            # Whether the document or the order's state is to blame, reading it again tells.
            wanted = connection.inbound.format if connection.inbound is not None else "auto"
            try:
                read(body, connection.source, wanted, charset)
            except Unreadable as error:
                return "unreadable", str(error)
            except Exception:  # a fault of our reader's, which the makers of podesk must see first
                return "waits", ""
            return "waits", ""
    return "kept", ""
