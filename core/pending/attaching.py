"""Files that an answer attaches: which of them it still waits for, and what it says once one of them is up.

A platform takes a file first, and says what it calls it; only then can an answer name it. So a document of an unsent answer
may be a file of ours (`Document.attachment`) that has no name there yet.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from core.decisions import Decision, LineDecision
from core.model import Document
from core.outgoing import OrderResponse

_Attaching = TypeVar("_Attaching", Decision, LineDecision)


def waits_for(answer: Decision | OrderResponse) -> dict[str, Document]:
    """The files that must be up before `answer` can leave, by sha256; of one that is attached twice, the first."""
    waiting: dict[str, Document] = {}
    for documents in (answer.documents, *[line.documents for line in answer.lines]):
        for document in documents or ():
            if document.waits_for is not None:
                waiting.setdefault(document.waits_for, document)
    return waiting


def with_object_ids(decision: Decision, known: Mapping[str, str]) -> Decision:
    """`decision` with what the platform calls the files in `known` (sha256 → object id); itself without any."""
    if waits_for(decision).keys().isdisjoint(known):
        return decision
    named = _named(decision, known)
    return named.but(lines=tuple(_named(line, known) for line in named.lines))


def _named(said: _Attaching, known: Mapping[str, str]) -> _Attaching:
    if said.documents is None:
        return said
    documents = []
    for document in said.documents:
        object_id = known.get(document.waits_for) if document.waits_for is not None else None
        documents.append(document if object_id is None else document.but(object_id=object_id))
    return said.but(documents=tuple(documents))
