"""How a fetched document becomes part of an order: kept first, for good; then read; then applied.

Two transactions. After the first the bytes are ours and the channel may archive them, whatever they say. The second writes
what follows for the orders and the document's state together, so that a crash between the two leaves work to do
(`unapplied`), never work half done. A document is applied whole or not at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core import ruling
from core.batch import Batch, Changed
from core.collector import uncollected
from core.formats import AboutNoOrder, Unreadable, read
from core.messages import Message, Received
from core.model import OrderKey
from core.orderbook import MOST_RACES, OrderBook
from core.pending import Record
from core.rules import Rules, RulesError
from core.store import Store, StoreBusy, StoreDamaged, StoreError, documents
from core.store._sqlite import sqlite3
from core.store.pace import Pace
from core.store.rows import DocumentRow
from core.store.writing import LostRace
from core.transition import LINE_NOT_COME_YET, NOT_COME_YET, WHOLE, TransitionRefused

_MOST_BYTES_AT_ONCE = 8_000_000


class NoSuchDocument(Exception):
    """A document that isn't there, or isn't in quarantine."""

    def __init__(self, document_id: int, sentence: str) -> None:
        super().__init__(sentence)
        self.document_id = document_id


@dataclass(frozen=True, slots=True)
class IncomingDocument:
    """A document out of an arrival; `problem`: why it goes to quarantine unread."""

    name: str
    payload: bytes
    sender: str = ""
    problem: str = ""
    remedy: str = ""
    charset: str = ""
    """What the `Content-Type` named with which it was posted."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """One thing seen at a channel."""

    connection: str
    locator: str
    fingerprint: str
    """sha256 of the whole arrival, hex."""
    documents: tuple[IncomingDocument, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    arrival_id: int
    document_ids: tuple[int, ...]
    new: bool
    """False: it was kept before, and has not gone from the channel since."""


@dataclass(frozen=True, slots=True)
class Applied:
    document_id: int
    state: str
    """applied, duplicate or quarantined."""
    orders: tuple[int, ...] = ()
    """Ids of the orders that it is about."""
    reason: str = ""
    answered: tuple[str, ...] = ()
    """Outbox ids of the answers that the rules gave to it, as far as they wait to leave."""
    trouble: str = ""
    """Where the rules stumbled over it: a fault of podesk's own. The orders stay with people."""


def keep(store: Store, incoming: Sequence[Incoming], now: datetime) -> list[Kept]:
    """Transaction A: from its commit on the documents are ours, and the channel may archive them."""
    kept = []
    with store.writing() as connection:
        for one in incoming:
            arrival, new = documents.arrive(connection, one.connection, one.locator, one.fingerprint, now)
            if new:
                ids = tuple(
                    documents.add(
                        connection,
                        arrival,
                        one.connection,
                        document.name,
                        document.sender,
                        document.payload,
                        now,
                        problem=document.problem,
                        remedy=document.remedy,
                        charset=document.charset,
                    )
                    for document in one.documents
                )
            else:
                ids = documents.of_arrival(connection, arrival)
            kept.append(Kept(arrival, ids, new))
    return kept


def gone(store: Store, arrival_ids: Sequence[int], now: datetime) -> None:
    """The channel moved the arrivals out of the way: the same bytes at the same place are news from here on.

    Not to be called when the channel has to leave them where they were.
    """
    with store.writing() as connection:
        for arrival_id in arrival_ids:
            documents.set_gone(connection, arrival_id, now)


def apply(book: OrderBook, document_ids: Sequence[int]) -> Iterator[Applied]:
    """Transaction B for each of the documents that is still `fetched`: read, step, save. One result a document.

    A document that can't be read, or that the order's state refuses, goes to quarantine with the reason. What is not
    consumed is not done.
    """
    pace = book.intake_pace
    group: list[DocumentRow] = []
    size = 0
    for document_id in document_ids:
        document = documents.document(book.store, document_id)
        if document is None or document.state != "fetched":
            continue
        group.append(document)
        size += len(document.payload)
        if len(group) >= pace.size or size > _MOST_BYTES_AT_ONCE:
            yield from _apply(book, group, pace)
            group, size = [], 0
    if group:
        yield from _apply(book, group, pace)


def unapplied(store: Store, connection: str | None = None) -> list[int]:
    """Documents (of one connection, or of all) that are kept but not applied: work that a crash or a full disk left."""
    return documents.fetched(store, connection)


def retry(book: OrderBook, document_id: int) -> Applied:
    """Read a quarantined document again: after an upgrade, new settings, or a look at it. Raises NoSuchDocument."""
    found = documents.document(book.store, document_id)
    if found is None:
        raise NoSuchDocument(document_id, f"there is no document {document_id}")
    if found.state != "quarantined":
        raise NoSuchDocument(document_id, f"document {document_id} is {found.state}, not in quarantine")
    return _apply(book, [found], Pace())[0]


@dataclass(slots=True)
class _Verdict:
    """What becomes of a document."""

    state: str
    reason: str = ""
    place: str = ""
    remedy: str = ""
    takes: int = 0
    """How many of the batch's results are the document's."""
    known: list[int] = field(default_factory=list)
    """Ids of orders on which the document says nothing new."""
    ruled: list[OrderKey] = field(default_factory=list)
    """Orders that the rules answered on it; each is one more of the batch's results, behind the message's own."""
    trouble: str = ""
    again: bool = False
    """It is an event that was taken before, perhaps in other bytes."""


@uncollected()
def _apply(book: OrderBook, found: Sequence[DocumentRow], pace: Pace) -> list[Applied]:
    readings = [_read(book, document) for document in found]
    rules = _rules(book, {document.connection for document in found})
    for _ in range(MOST_RACES):
        batch = book.batch(pace)
        verdicts = [
            _taken(book, batch, document, reading, rules) if isinstance(reading, tuple) else reading
            for document, reading in zip(found, readings, strict=True)
        ]
        states = [
            (verdict.state, verdict.reason, verdict.place, verdict.remedy, document.id)
            for document, verdict in zip(found, verdicts, strict=True)
        ]

        def settle(connection: sqlite3.Connection, states: list[tuple[str, str, str, str, int]] = states) -> None:
            documents.set_states(connection, states)

        try:
            changed = iter(batch.commit(settle, count=len(found)))
        except LostRace:
            continue
        new: dict[str, list[str]] = {}
        results = []
        for document, verdict in zip(found, verdicts, strict=True):
            made = [next(changed) for _ in range(verdict.takes)]
            for one in made:
                if why := _what_could_wait(one):
                    new.setdefault(one.step.record.platform.key.connection, []).extend(why)
            orders = tuple(dict.fromkeys([*(one.order_id for one in made), *verdict.known]))
            answered = tuple(one for key in dict.fromkeys(verdict.ruled) for one in batch.queued(key, ruling.ACTOR))
            results.append(Applied(document.id, verdict.state, orders, verdict.reason, answered, verdict.trouble))
        since = {one.document_id: one for one in _what_waited_for(book, new)}
        return [since.get(one.document_id, one) for one in results]
    raise StoreBusy(f"{book.store.path}: other processes changed the same orders again and again; try again")


def _what_could_wait(changed: Changed) -> list[str]:
    """Why documents may be in quarantine that can be read now: the order, or a line of it, had not come."""
    order = changed.step.record.platform
    number = order.key.number
    if changed.revision == 1 and not changed.repeated:
        # An event of few words may know it by another name.
        names = dict.fromkeys((number, *order.header.references, order.platform_id or number))
        return [_not_come_yet(name) for name in names]
    come = {change.line for change in changed.step.changes if change.field == WHOLE and change.before is None}
    return [str(TransitionRefused(number, line, LINE_NOT_COME_YET)) for line in come if line is not None]


def _what_waited_for(book: OrderBook, new: Mapping[str, Sequence[str]]) -> Iterator[Applied]:
    """Changes that overtook their order or line, which has come now: read again, in the order in which they came.

    `new`: by connection, why they may be in quarantine.
    """
    for connection, reasons in new.items():
        for document_id in documents.quarantined_for(book.store, connection, reasons):
            yield retry(book, document_id)


def _not_come_yet(number: str) -> str:
    return str(TransitionRefused(number, None, NOT_COME_YET))


def _read(book: OrderBook, document: DocumentRow) -> tuple[Message, ...] | _Verdict:
    connection = book.settings.connection_named(document.connection)
    if connection is None:
        return _Verdict(
            "quarantined",
            f"its connection {document.connection} is not in podesk.toml",
            remedy="put the connection back, then `podesk quarantine retry`",
        )
    wanted = connection.inbound.format if connection.inbound is not None else "auto"
    try:
        return read(document.payload, connection.source, wanted, document.charset)
    except AboutNoOrder as error:
        return _Verdict("applied", error.reason, error.place)
    except Unreadable as error:
        return _Verdict("quarantined", error.reason, error.place, error.remedy)
    except Exception as error:  # one document that trips a reader must not stop the others
        return _stumbled(error)


def _rules(book: OrderBook, connections: Iterable[str]) -> Rules | None:
    """The rules, where one of the connections lets them answer. A broken file stops them alone: orders stay with people."""
    found = (book.settings.connection_named(name) for name in connections)
    if not any(connection is not None and connection.rules == "answer" for connection in found):
        return None
    try:
        return book.rules.current()
    except RulesError:
        return None


def _taken(
    book: OrderBook, batch: Batch, document: DocumentRow, messages: tuple[Message, ...], rules: Rules | None
) -> _Verdict:
    verdict = _Verdict("applied")
    at = book.clock()
    try:
        with batch.together():
            for nth, said in enumerate(messages):
                message = _under_known_key(batch, said)
                opened = batch.open(message.key)
                if opened.last_sha256 == document.sha256 and opened.last_document != document.id:
                    # The order's last word was this very document. An older one is news: the buyer went back to it.
                    if opened.snapshot is not None:
                        verdict.known.append(opened.snapshot.id)
                    continue
                input_id = f"document:{document.id}:{nth}"
                if message.event_id is not None:
                    input_id = f"event:{message.event_id}"
                    if batch.took(opened, input_id):
                        verdict.again = True
                        if opened.snapshot is not None:
                            verdict.known.append(opened.snapshot.id)
                        continue
                entry = Received(id=input_id, at=at, message=message, document=document.id)
                before = opened.record
                batch.take(message.key, entry, message.key.connection, document=document.id)
                opened.last_document, opened.last_sha256 = document.id, document.sha256
                verdict.takes += 1
                if rules is not None:
                    _ruled(book, batch, message.key, before, entry, rules, verdict)
    except TransitionRefused as refused:
        remedy = "look at the order and the document, then `podesk quarantine retry`"
        if str(refused) == _not_come_yet(refused.number):
            remedy = "nothing: it is taken in when the order comes; if that is long in coming, ask the buyer for it"
        return _Verdict("quarantined", str(refused), remedy=remedy)
    except StoreDamaged as error:  # of this one order: the documents of others are applied
        return _Verdict("quarantined", str(error), remedy="when the store is mended, `podesk quarantine retry`")
    except (StoreError, sqlite3.Error):
        raise
    except Exception as error:  # nor one that trips a rule
        return _stumbled(error)
    if verdict.takes == 0:
        verdict.state = "duplicate"
        verdict.reason = (
            "the platform sent it before" if verdict.again else "the same document was the last one applied"
        )
    return verdict


def _ruled(
    book: OrderBook,
    batch: Batch,
    key: OrderKey,
    before: Record | None,
    entry: Received,
    rules: Rules,
    verdict: _Verdict,
) -> None:
    """Have the rules answer what the message changed. Where they stumble, the document is taken in all the same."""
    try:
        if ruling.answer(
            batch, key, before, rules, store=book.store, settings=book.settings, entry_id=entry.id, at=entry.at
        ):
            verdict.takes += 1
            verdict.ruled.append(key)
    except (StoreError, sqlite3.Error):
        raise
    except Exception as error:
        verdict.trouble = f"the rules stumbled over it ({type(error).__name__}: {error})"


def _under_known_key(batch: Batch, message: Message) -> Message:
    """`message` under the key by which its order is known here, where another shape of document brought it.

    Tradecloud's shapes say different things of a buyer: a polled order has company and account, a buyer's own order may
    have the account alone, that of our settings; and an order may come before anybody has written there which account
    its buyer has with us, or the one that they had is corrected. Where only one order can be meant, or the platform's own id
    says it, they are about the same one.
    """
    key = message.key
    if key.buyer and batch.open(key).record is not None:
        return message
    if message.change and (meant := _of_few_words(batch, message)) is not None:
        return message.but(key=meant)
    if not key.buyer:
        return message
    buyers = batch.buyers(key.connection, key.number)
    if buyers and message.platform_id is not None and not message.change:
        # Whatever became of the buyer's account with us.
        same = batch.with_platform_id(key.connection, message.platform_id)
        if len(numbered := [one for one in same if one.number == key.number]) == 1:
            return message.but(key=numbered[0])
    account = batch.connection_of(key).our_account
    others = [one for one in buyers if _may_be_one(one, key.buyer, account)]
    if len(others) != 1:
        return message
    known = batch.open(key.but(buyer=others[0]))
    if known.record is None:
        return message
    headers = [header for header in (known.record.platform.header, message.header) if header is not None]
    companies = {header.company_id for header in headers} - {None}
    accounts = {header.buyer_account_number for header in headers} - {None}
    return message if len(companies) > 1 or len(accounts) > 1 else message.but(key=known.key)


_SEVERAL = "it could be about {}, and doesn't say which of them is meant; ask the buyer, and look at the document."


def _of_few_words(batch: Batch, message: Message) -> OrderKey | None:
    """The order that an event means which names no buyer, or only what the platform calls the order; None: none is here.

    The number counts where it is one order's alone, what the platform calls it where that says which. Raises
    TransitionRefused where it could be another order.
    """
    key = message.key
    numbered = {key.but(buyer=buyer) for buyer in batch.buyers(key.connection, key.number)} if not key.buyer else set()
    called: set[OrderKey] = set()
    said = set(filter(None, key.buyer.split("/")))
    # What has no order's number may have its reference in that place.
    for name in (message.platform_id, None if numbered else key.number):
        if name is not None and not called:
            called = {one for one in batch.called(key.connection, name) if said <= set(one.buyer.split("/"))}
    meant = numbered & called if numbered and called else numbered | called
    if len(meant) == 1:
        return meant.pop()
    several = meant or numbered | called
    if several:
        known = ", ".join(sorted(f"{one.number} of {one.buyer}" for one in several))
        raise TransitionRefused(key.number, None, _SEVERAL.format(known))
    return None


def _may_be_one(buyer: str, other: str, our_account: str | None) -> bool:
    """Whether the two may be one buyer, once by company and account, once by one of the two."""
    short, long = sorted((buyer, other), key=len)
    return long.startswith(f"{short}/") or (short == our_account and long.endswith(f"/{short}"))


def _stumbled(error: Exception) -> _Verdict:
    return _Verdict(
        "quarantined",
        f"podesk stumbled over it ({type(error).__name__}: {error})",
        remedy="report this, with the document, to the makers of podesk",
    )
