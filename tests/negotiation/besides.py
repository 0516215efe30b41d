"""Where podesk and the platform differ besides terms and statuses: in contacts, documents, texts and item details."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from core.model import Document, ItemDetails, OrderLine
from core.pending import Record
from tests.platform.line import Line
from tests.platform.orders import Order

_DETAILS: Final = {
    "countryOfOriginCodeIso2": "country_of_origin",
    "combinedNomenclatureCode": "combined_nomenclature_code",
    "netWeight": "net_weight",
    "netWeightUnitOfMeasureIso": "net_weight_unit",
    "dangerousGoodsCodeUnece": "dangerous_goods_code",
    "serialNumber": "serial_number",
    "batchNumber": "batch_number",
}


def besides(record: Record, theirs: Order, *, documents: bool, own: bool) -> Iterator[str]:
    """`documents`: those that the buyer attached too; their events carry no version, so nobody can order those that overtake
    each other. `own`: what our answers said too; of one that may have arrived, podesk doesn't claim it.
    """
    ours = record.order
    contact = theirs.buyer["contact"]["email"]
    if ours.header.contact is None or ours.header.contact.email != contact:
        yield f"the contact is {ours.header.contact} here and {contact} there"
    if documents:
        yield from _documents(ours.header.documents, theirs.buyer.get("documents", ()))
    for position, line in theirs.lines.items():
        mine = ours.line(position)
        if mine is not None:
            found = [*_theirs(mine, line), *(_ours(mine, line) if own else ())]
            if documents:
                found += _documents(mine.content.documents, line.buyer.get("documents", ()))
            yield from (f"line {position}: {one}" for one in found)


def _theirs(mine: OrderLine, theirs: Line) -> Iterator[str]:
    for name in ("notes", "labels"):
        there, here = theirs.buyer.get(name, ()), getattr(mine.content, name)
        if isinstance(there, list) and any(there) and list(here) != there:  # an empty one is no word
            yield f"{name} are {here} here and {there} there"


def _ours(mine: OrderLine, theirs: Line) -> Iterator[str]:
    own = theirs.supplier.get("salesOrderNumber")
    if mine.sales_order_number != own:
        yield f"our own number is {mine.sales_order_number} here and {own} there"
    details = mine.item_details or ItemDetails()
    for theirs_name, ours_name in _DETAILS.items():
        here, there = getattr(details, ours_name), theirs.item_details.get(theirs_name)
        if here != there:
            yield f"{ours_name} is {here} here and {there} there"


def _documents(ours: Iterable[Document], theirs: object) -> Iterator[str]:
    here = sorted(_document(one.code, one.name, one.object_id) for one in ours)
    attached: Iterable[Mapping[str, Any]] = theirs if isinstance(theirs, list) else ()
    there = sorted(_document(one.get("code"), one.get("name"), one.get("objectId")) for one in attached)
    if here != there:
        yield f"attached are {here} here and {there} there"


def _document(code: str | None, name: str | None, object_id: str | None) -> tuple[str, str, str]:
    return code or "", (name or "").strip(), object_id or ""
