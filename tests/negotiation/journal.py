"""What happened in a negotiation, in words: for whoever reads a failure."""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.platform.reading import Tree


@dataclass
class Journal:
    """What happened, for whoever reads a failure."""

    entries: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    """What must not happen at all: a document that podesk can't take, an answer that the platform refuses."""

    def tell(self, what: str) -> None:
        self.entries.append(f"{len(self.entries):5d} {what}")

    def fault(self, what: str) -> None:
        self.tell(f"FAULT {what}")
        self.faults.append(what)


class Disagreement(AssertionError):
    """Both sides did not end with the same; says the seed and the last that happened to the order."""


def words(entry: object) -> str:
    lines = [f"{one.position}:{getattr(one, 'act', '')}" for one in getattr(entry, "lines", ())]
    return f"{type(entry).__name__} {' '.join(lines)}"


def short(payload: bytes) -> str:
    """A message of ours on one line."""
    return " ".join(payload.decode(errors="replace").split())


def gist(tree: Tree) -> str:
    """A document of the platform's, short."""
    body = tree.get("orderEvent") or tree.get("orderDocumentsEvent") or tree
    if "lines" not in body:
        return str(tree.get("eventName"))
    lines = []
    for line in body["lines"]:
        status = line.get("status", {})
        said = [status.get("processStatus"), status.get("inProgressStatus"), status.get("logisticsStatus")]
        lines.append(f"{line['buyerLine']['position']}:{'/'.join(filter(None, said))}")
    name = body["buyerOrder"]["purchaseOrderNumber"]
    return f"{name} {tree.get('eventName', '')} version {body.get('version')} {' '.join(lines)}"
