"""What a message says of an order or line besides terms and statuses. What it leaves out, it leaves as it was.

A platform's event often carries less than the order did, and a cancellation carries almost nothing; a destination or an
account number must not go by that. So an empty value is no word, and a flag is one only in a message that has a header
or content at all.
"""

from __future__ import annotations

from typing import Final, TypeVar

from core.messages import LineMessage
from core.model import Document, Item, LineContent, OrderHeader
from core.transition.derive import kept

_Said = TypeVar("_Said", OrderHeader, LineContent)

_NOTHING: Final = (None, (), Item())
_UNTOLD: Final = (OrderHeader(), LineContent())


def order_header(before: OrderHeader, said: OrderHeader | None, attached: tuple[Document, ...]) -> OrderHeader:
    """The header after a message that has one or attaches documents."""
    after = before if said is None else _over(before, said)
    return kept(after, documents=with_documents(after.documents, attached)) if attached else after


def line_content(before: LineContent, said: LineMessage) -> LineContent:
    """The content of a line after a message. The buyer's reason belongs to the message and goes with the next one."""
    after = before if said.content is None else _over(before, said.content)
    words: dict[str, object] = {"doubts": _doubts(before, said)}
    if said.content is not None or said.reason is not None:
        own = said.content.reason if said.content is not None else None
        words["reason"] = said.reason or own
    after = kept(after, **words)
    return kept(after, documents=with_documents(after.documents, said.attached)) if said.attached else after


def _doubts(before: LineContent, said: LineMessage) -> tuple[str, ...]:
    """They are about terms, and stay until deliveries are planned anew: a change of the price alone settles no quantity."""
    own = said.content.doubts if said.content is not None else ()
    planned = any(terms is not None and terms.delivery_schedule for terms in (said.terms, said.confirmed, said.ordered))
    return own if planned else tuple(dict.fromkeys((*before.doubts, *own)))


def _over(before: _Said, said: _Said) -> _Said:
    if before in _UNTOLD:
        return said
    if before == said:
        return before
    return kept(before, **{name: value for name, value in said if value not in _NOTHING})


def with_documents(documents: tuple[Document, ...], attached: tuple[Document, ...]) -> tuple[Document, ...]:
    """Documents with others on top; one with the code of another takes its place, and the same one comes once."""
    codes = {document.code for document in attached if document.code is not None}
    stay = tuple(document for document in documents if document.code not in codes and document not in attached)
    return (*stay, *attached)
