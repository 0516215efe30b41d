"""The log: append-only, each entry chained to the one before by a hash over its facts and the digest of its texts.

An entry's texts (what was said, what changed by it) stand in `log_texts`. Their salted digest is in the chain, they are
not: erasing them, a person's right, leaves the chain whole, and nobody can guess a short text from its digest.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from core.store._sqlite import sqlite3

_as_json = json.JSONEncoder(separators=(",", ":")).encode

FIRST = ""
"""What stands in place of the previous hash in the first entry."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A log entry before it has its place in the chain."""

    revision: int
    at: str
    actor: str
    kind: str
    rules_version: int
    profile: str
    document: int | None
    input_id: str
    input: str
    changes: str
    notes: str
    queued: str
    salt: bytes
    digest: str


def entry(
    *,
    revision: int,
    at: str,
    actor: str,
    kind: str,
    rules_version: int,
    profile: str,
    document: int | None,
    input_id: str,
    texts: tuple[str, str, str, str],
    random: Callable[[int], bytes] = os.urandom,
) -> Entry:
    """An entry with its salt and digest. `texts`: input, changes, notes and queued messages, each as JSON."""
    salt = random(16)
    return Entry(
        revision, at, actor, kind, rules_version, profile, document, input_id, *texts, salt, digest_of(salt, *texts)
    )


def digest_of(salt: bytes, *texts: str) -> str:
    """Salted sha256 of an entry's texts, each with its length, so that no two splits give the same bytes."""
    digest = hashlib.sha256(salt)
    for text in texts:
        raw = text.encode()
        digest.update(len(raw).to_bytes(8, "big"))
        digest.update(raw)
    return digest.hexdigest()


def hash_of(prev_hash: str, facts: tuple[object, ...]) -> str:
    """The chain's link: sha256 over the previous one and the entry's own columns, `seq` to `digest`, as JSON."""
    return hashlib.sha256(_as_json([prev_hash, *facts]).encode()).hexdigest()


def append(connection: sqlite3.Connection, entries: Iterable[tuple[int, Entry]]) -> int:
    """Write entries, each with its order's id, at the end of the chain; inside a write transaction. The last `seq`."""
    last = connection.execute("SELECT seq, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
    seq, head = last or (0, FIRST)
    rows, texts = [], []
    for order_id, made in entries:
        seq += 1
        facts = (
            seq,
            order_id,
            made.revision,
            made.at,
            made.actor,
            made.kind,
            made.rules_version,
            made.profile,
            made.document,
            made.input_id,
            made.digest,
        )
        link = hash_of(head, facts)
        rows.append((*facts, head, link))
        texts.append((seq, made.input, made.changes, made.notes, made.queued, made.salt))
        head = link
    connection.executemany(
        """INSERT INTO log (seq, order_id, revision, at, actor, kind, rules_version, profile, document, input_id, digest,
            prev_hash, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)""",
        rows,
    )
    connection.executemany(
        "INSERT INTO log_texts (seq, input, changes, notes, queued, salt) VALUES (?, ?, ?, ?, ?, ?)", texts
    )
    return int(seq)


def erase(connection: sqlite3.Connection, seqs: Iterable[int]) -> None:
    """Erase what entries say, for good. The chain still holds; the orders' changes can't be folded again past them."""
    connection.executemany("DELETE FROM log_texts WHERE seq = ?", [(seq,) for seq in seqs])
