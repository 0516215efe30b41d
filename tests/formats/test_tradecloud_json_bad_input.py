"""Documents that are broken, hostile or strange: refused with a place and a remedy, and nothing else ever escapes."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from core.formats import MOST_BYTES, MOST_ENTRIES, AboutNoOrder, Unreadable, read, recognise
from core.formats import tradecloud_json as tradecloud
from core.formats._json import DEEPEST
from core.messages import Message
from tests.formats.tradecloud_documents import (
    SOURCE,
    Tree,
    encode,
    flat,
    flat_line,
    line,
    message,
    messages,
    polled,
    polled_line,
    sample,
    sample_tree,
)

SAMPLE_NAMES = (
    "polled-order",
    "order-event",
    "single-delivery-event",
    "documents-event",
    "indicators",
    "delivery-history",
)


def _refused(document: object) -> Unreadable:
    with pytest.raises(Unreadable) as refused:
        messages(document)
    return refused.value


def _put(tree: Any, path: list[Any], value: object) -> Any:
    changed = copy.deepcopy(tree)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (b'{"order": {"purchaseOrderNumber": "1"},\n "lines": [}', "line 2, column 12"),
        (b'{"order": {"purchaseOrderNumber": "1"}', "line 1, column 39"),
        (b'{"order": {"purchaseOrderNumber": "1"}} {}', "line 1, column 41"),
        (b'{"order": {"purchaseOrderNumber": "1\n2"}}', "line 1, column 37"),
        (b'{"order": {"purchaseOrderNumber": NaN}}', "line 1, column 35"),
        (b'{"order": {"purchaseOrderNumber": -Infinity}}', "line 1, column 35"),
    ],
)
def test_what_is_no_json_is_refused_by_line_and_column(document: bytes, place: str) -> None:
    refused = _refused(document)
    assert refused.place == place
    assert refused.reason.startswith("is no JSON")
    assert refused.remedy


@pytest.mark.parametrize(
    ("path", "value", "place", "reason"),
    [
        (["order"], None, "", "neither an order nor an event"),
        (["order"], [], "order", "is an array; an object is wanted"),
        (["order", "purchaseOrderNumber"], None, "order.purchaseOrderNumber", "the purchase order number is missing"),
        (["order", "purchaseOrderNumber"], "  ", "order.purchaseOrderNumber", "the purchase order number is missing"),
        (["order", "purchaseOrderNumber"], True, "order.purchaseOrderNumber", "is true or false; a text is wanted"),
        (["order", "purchaseOrderNumber"], Decimal("1.5"), "order.purchaseOrderNumber", "is a number"),
        (["order", "purchaseOrderNumber"], "PO\u202e1", "order.purchaseOrderNumber", "is no identifier"),
        (["order", "purchaseOrderNumber"], "PO\x001", "order.purchaseOrderNumber", "is no identifier"),
        (["order", "purchaseOrderNumber"], "9" * 201, "order.purchaseOrderNumber", "is no identifier"),
        (["order", "description"], "half \ud83d", "order.description", "half of a surrogate pair"),
        (["order", "notes"], "a note", "order.notes", "is a text; an array is wanted"),
        (["order", "notes"], [["a note"]], "order.notes[0]", "is an array; a text is wanted"),
        (["order", "properties"], ["colour"], "order.properties[0]", "is a text; an object is wanted"),
        (["order", "indicators"], {"cancelled": "true"}, "order.indicators.cancelled", "is a text; true or false"),
        (["order", "indicators"], {"cancelled": 1}, "order.indicators.cancelled", "is a number; true or false"),
        (["lines"], {}, "lines", "is an object; an array is wanted"),
        (["lines", 1], None, "lines[1]", "is null; an object is wanted"),
        (["lines", 1, "position"], None, "lines[1].position", "the line's position is missing"),
        (["lines", 1, "position"], "1", "lines[1].position", "position '1' stands twice in the order"),
        (["lines", 1, "deliverySchedule", 0], 7, "lines[1].deliverySchedule[0]", "is a number; an object is wanted"),
        (["lines", 1, "deliverySchedule", 0, "date"], "04-05-2026", "lines[1].deliverySchedule[0].date", "is no date"),
        (["lines", 1, "deliverySchedule", 0, "date"], "2026-02-30", "lines[1].deliverySchedule[0].date", "is no date"),
        (["lines", 1, "deliverySchedule", 0, "date"], "2026-W05-1", "lines[1].deliverySchedule[0].date", "is no date"),
        (["lines", 1, "deliverySchedule", 0, "date"], "٢٠٢٦-05-04", "lines[1].deliverySchedule[0].date", "is no date"),
        (["lines", 1, "deliverySchedule", 0, "quantity"], "3", "lines[1].deliverySchedule[0].quantity", "is a text"),
        (["lines", 1, "deliverySchedule", 0, "quantity"], True, "lines[1].deliverySchedule[0].quantity", "is true or"),
        (
            ["lines", 1, "deliverySchedule", 0, "quantity"],
            Decimal("1E+41"),
            "lines[1].deliverySchedule[0].quantity",
            "40 powers of ten",
        ),
        (
            ["lines", 1, "deliverySchedule", 0, "quantity"],
            Decimal("9" * 61),
            "lines[1].deliverySchedule[0].quantity",
            "60 digits",
        ),
        (
            ["lines", 1, "prices"],
            {"netPrice": {"priceInTransactionCurrency": {"value": 1}}},
            "lines[1].prices.netPrice.priceInTransactionCurrency.currencyIso",
            "a price without its currency",
        ),
    ],
)
def test_what_can_not_be_meant_is_refused_by_its_json_path(
    path: list[Any], value: object, place: str, reason: str
) -> None:
    refused = _refused(_put(flat(flat_line("1"), flat_line("2")), path, value))
    assert refused.place == place
    assert reason in refused.reason
    assert refused.remedy


def test_the_place_in_an_event_starts_at_the_event() -> None:
    tree = _put(sample_tree("order-event"), ["orderEvent", "lines", 0, "deliverySchedule", 0, "date"], "soon")
    assert _refused(tree).place == "orderEvent.lines[0].deliverySchedule[0].date"


def test_a_version_that_is_no_whole_number_is_refused() -> None:
    refused = _refused(polled(version=Decimal("1.5"), status={"processStatus": "Issued"}))
    assert (refused.place, refused.reason) == ("version", "is 1.5; a whole number is wanted")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        (b'{"order": {"purchaseOrderNumber": "1", "purchaseOrderNumber": "2"}}', "order"),
        (b'{"order": {"purchaseOrderNumber": "1"}, "lines": [{}, {"position": "1", "position": "1"}]}', "lines[1]"),
        (b'{"order": {"purchaseOrderNumber": "1"}, "order": {"purchaseOrderNumber": "2"}}', ""),
        (b'{"order": {"purchaseOrderNumber": "1", "a b": {"x": 1, "x": 2}}}', "order['a b']"),
    ],
)
def test_a_key_that_stands_twice_is_refused(document: bytes, place: str) -> None:
    refused = _refused(document)
    assert refused.place == place
    assert "stands twice" in refused.reason


def test_a_key_that_stands_twice_is_found_among_hundreds_of_thousands() -> None:
    """To count each of them would take the rest of the day."""
    keys = ",".join(f'"k{n}":1' for n in range(300_000))
    document = f'{{"order": {{"purchaseOrderNumber": "1"}}, {keys}, "z": 1, "z": 2}}'.encode()
    assert _refused(document).reason == "the key 'z' stands twice in one object"


def test_more_lines_than_an_order_has_are_refused_before_they_are_read() -> None:
    lines = ",".join(["null"] * (MOST_ENTRIES + 1))
    document = f'{{"order": {{"purchaseOrderNumber": "1"}}, "lines": [{lines}]}}'.encode()
    refused = _refused(document)
    assert (refused.reason, refused.place) == ("has 10,001 entries; at most 10,000 are read", "lines")


@pytest.mark.parametrize("opening", ["[", '{"a":'])
@pytest.mark.parametrize("levels", [DEEPEST, 100_000])
def test_deep_nesting_is_refused_before_it_is_followed(opening: str, levels: int) -> None:
    document = f'{{"order": {{"purchaseOrderNumber": "1"}}, "x": {opening * levels}'.encode()
    assert "nested deeper" in _refused(document).reason


def test_brackets_in_texts_are_no_nesting() -> None:
    brackets = '[{"\\' * 100
    header = message(flat(flat_line(), description=brackets)).header
    assert header is not None
    assert header.description == brackets


def test_values_that_nobody_reads_may_be_anything() -> None:
    tree = flat(flat_line(somethingNew={"huge": Decimal("1E+999999"), "half": "\ud83d"}), somethingElse=[None, 1, {}])
    assert message(tree) == message(flat(flat_line()))


def test_a_null_is_as_good_as_absent() -> None:
    nothing: Tree = dict.fromkeys(
        ("row", "description", "item", "itemDetails", "prices", "terms", "indicators", "properties", "notes"), None
    )
    assert message(flat(flat_line(**nothing))) == message(flat(flat_line()))


def test_space_around_an_identifier_is_no_part_of_it() -> None:
    assert message(flat(flat_line(" 10\t"), companyId=" c ")) == message(flat(flat_line("10"), companyId="c"))


@pytest.mark.parametrize("tree", [flat(flat_line()), polled(polled_line("Issued")), {"orderEvent": polled()}])
def test_an_unknown_member_called_data_makes_no_poll_page_of_an_order(tree: Tree) -> None:
    assert message({**tree, "data": []}) == message(tree)


def test_codes_written_as_whole_numbers_are_taken_as_their_digits() -> None:
    read_as_text = message(flat(flat_line("10"), companyId="7"))
    assert message(_put(flat(flat_line("10"), companyId=7), ["lines", 0, "position"], 10)) == read_as_text


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_encoding_of_unicode_reads_the_same(encoding: str) -> None:
    text = sample("polled-order").decode()
    document = text.encode(encoding)
    assert recognise(document).name == "tradecloud-json"
    assert read(document, SOURCE) == messages(sample("polled-order"))


def test_windows_1252_is_read_with_a_warning() -> None:
    document = sample("polled-order").decode().encode("cp1252")
    read_document = message(document)
    assert line(read_document, "10") == line(message(sample("polled-order")), "10")
    assert len(read_document.warnings) == 1
    assert "Windows-1252" in read_document.warnings[0]


def test_bytes_that_are_no_text_are_refused_by_their_place() -> None:
    refused = _refused(b'{"order": {"purchaseOrderNumber": "\x81"}}')
    assert refused.place == "byte 36"


def test_a_broken_order_is_still_recognised_so_that_it_is_refused_by_place() -> None:
    document = sample("polled-order")[:-40]
    assert recognise(document).name == "tradecloud-json"
    assert "line" in _refused(document).place


@pytest.mark.parametrize(
    "document",
    [
        b"",
        b"{",
        b"null",
        b'"purchaseOrderNumber":',
        b'<order xmlns="x">"purchaseOrderNumber":</order>',
        b'{"order_number": "1", "state": "confirmed"}',
        b'{"text": "the purchaseOrderNumber is missing"}',
        b"UNB+UNOC:3+A+B+260101:0000+1'",
    ],
)
def test_other_documents_are_not_recognised(document: bytes) -> None:
    assert tradecloud.recognises(document) is False


@pytest.mark.parametrize("name", SAMPLE_NAMES)
def test_every_sample_is_recognised_by_its_content(name: str) -> None:
    assert recognise(sample(name)).name == "tradecloud-json"


@pytest.mark.parametrize("more", [{}, {"shipment": {"purchaseOrderNumber": "1"}}, {"orders": []}])
def test_an_unknown_event_that_carries_no_order_is_nobodys_concern(more: dict[str, Any]) -> None:
    refused = _refused({"eventName": "ShipmentCreated", **more})
    assert isinstance(refused, AboutNoOrder)
    assert refused.reason == "the event 'ShipmentCreated' carries no order"


@pytest.mark.parametrize("name", ["OrderIssuedByBuyer", "OrderLinesUpdatedByBuyer"])
def test_an_event_of_orders_that_carries_none_is_refused_by_its_name(name: str) -> None:
    refused = _refused({"eventName": name, "order_event": {"purchaseOrderNumber": "1"}})
    assert not isinstance(refused, AboutNoOrder)
    assert refused.reason == f"the event {name!r} carries no order"


def test_an_unknown_event_among_orders_keeps_none_of_them_out() -> None:
    order = json.loads(sample("polled-order"))
    page = {"data": [{"eventName": "ShipmentCreated"}, order], "total": 2}
    assert len(read(json.dumps(page).encode(), SOURCE)) == 1


def test_a_document_beyond_the_cap_is_refused_unread() -> None:
    with pytest.raises(Unreadable, match="at most"):
        read(b"{" + b" " * MOST_BYTES, SOURCE)


# Whatever is done to a document: it reads, or it is Unreadable. What reads is fit to be kept.

_ANYTHING: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec=None, exclude_categories=()))
    | st.sampled_from(["", " ", "Open", "Confirmed", "2026-01-01", "\ud800", "1E999999", "a\x00b", "\u202e"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)

_SHAPES: tuple[Callable[[], Tree], ...] = (
    *(lambda name=name: sample_tree(name) for name in SAMPLE_NAMES),
    lambda: flat(flat_line("1", indicators={"cancelled": True}), flat_line("2"), indicators={"autoConfirm": True}),
    lambda: {"data": [polled(polled_line("Confirmed")), polled(polled_line("Issued"))]},
)


def _paths(tree: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from _paths(value, (*path, key))


@st.composite
def _mutated(draw: st.DrawFn) -> bytes:
    tree: Any = draw(st.sampled_from(_SHAPES))()
    for _ in range(draw(st.integers(1, 3))):
        paths = list(_paths(tree))
        if not paths:
            break
        *steps, last = draw(st.sampled_from(paths))
        at = tree
        for step in steps:
            at = at[step]
        match draw(st.sampled_from(["replace", "remove", "repeat"])):
            case "replace":
                at[last] = draw(_ANYTHING)
            case "remove":
                del at[last]
            case _ if isinstance(at, list):
                at.append(copy.deepcopy(at[last]))
            case _:
                at[f"{last}2"] = at[last]
    return encode(tree)


def _reads_or_is_unreadable(document: bytes) -> None:
    try:
        found = messages(document)
    except Unreadable as refused:
        str(refused).encode()
        return
    for one in found:
        one.to_json().encode()
        assert Message.from_json(one.to_json()) == one
        "".join(one.warnings).encode()


@given(_mutated())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_document_with_parts_of_it_changed_reads_or_is_unreadable(document: bytes) -> None:
    tradecloud.recognises(document)
    _reads_or_is_unreadable(document)


@given(st.sampled_from(SAMPLE_NAMES), st.integers(0, 10_000), st.binary(max_size=6), st.integers(0, 20))
@settings(max_examples=200, deadline=None)
@example("polled-order", 0, b"\xff\xfe", 0)
@example("polled-order", 0, b"\x00", 0)
def test_a_document_with_bytes_of_it_changed_reads_or_is_unreadable(
    name: str, at: int, inserted: bytes, removed: int
) -> None:
    original = sample(name)
    at %= len(original)
    document = original[:at] + inserted + original[at + removed :]
    tradecloud.recognises(document)
    _reads_or_is_unreadable(document)


@given(st.binary(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_bytes_at_all_read_or_are_unreadable(document: bytes) -> None:
    tradecloud.recognises(document)
    _reads_or_is_unreadable(document)
