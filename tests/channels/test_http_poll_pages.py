"""A page of polled orders is cut into the orders' own bytes, or refused with the reason; nothing in between."""

from __future__ import annotations

import json
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.channels.poll_page import NoPage, read_page

# The example answer of the manual's page "Polling pattern", filled in where it has dots.
MANUAL = b"""{
  "data": [
    {
      "supplierAccountNumber": "SUPPLIER12345",
      "purchaseOrderNumber": "PO123456789",
      "lines": [
        {
          "status": {
            "processStatus": "Issued",
            "logisticsStatus": "Open"
          },
          "lastUpdatedAt": "2025-04-23T10:01:53.812Z"
        }
      ],
      "lastUpdatedAt": "2025-04-23T10:01:53.812Z"
    }
  ],
  "total": 10,
  "lastUpdatedAt": "2025-04-23T10:01:53.812Z"
}
"""


def test_the_manuals_example_is_a_page() -> None:
    page = read_page(MANUAL)
    assert (page.total, page.mark) == (10, "2025-04-23T10:01:53.812Z")
    [order] = page.orders
    assert (order.name, order.last_updated_at) == ("PO123456789", "2025-04-23T10:01:53.812Z")
    assert order.payload.startswith(b'{\n      "supplierAccountNumber"')
    assert order.payload.endswith(b'"2025-04-23T10:01:53.812Z"\n    }')


@pytest.mark.parametrize(
    "order",
    [
        b'{"price": 1080.240000000000000000000000001, "qty": 2.50, "big": 123456789012345678901234567890, "e": 1E-7}',
        b'{"b":1,"a":2,"b":3}',
        '{"name": "Sheave ø250 \\u00f8 訂單 \N{SLIGHTLY SMILING FACE}"}'.encode(),
        b'{"name": "half a \xff character, and \xc3"}',
        b'{ "s" :\t"]}, \\"[{" ,\r\n"x":[ ] , "y" : { } }',
        b'{"tab": "a\tb"}',
        b"{" + b'"n": ' + b"9" * 5000 + b"}",
    ],
)
def test_an_order_is_what_the_platform_wrote_to_the_last_byte(order: bytes) -> None:
    page = read_page(b'{"total":2, "data" : [ %s ,\n {"id": "2"}], "lastUpdatedAt":"T"}' % order)
    assert [each.payload for each in page.orders] == [order, b'{"id": "2"}']
    assert page.orders[0].fingerprint == sha256(order).hexdigest()


@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
            lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
            max_leaves=8,
        ),
        max_size=5,
    ),
    st.sampled_from([None, 1]),
    st.booleans(),
)
def test_what_is_cut_out_is_what_was_put_in(entries: list[object], indent: int | None, ascii_only: bool) -> None:
    page = json.dumps({"total": 7, "data": entries, "more": entries}, indent=indent, ensure_ascii=ascii_only)
    try:
        encoded = page.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return
    found = read_page(encoded)
    assert [json.loads(order.payload) for order in found.orders] == entries
    assert all(order.payload in encoded for order in found.orders)


def test_an_order_is_called_by_the_platforms_id_and_shown_by_its_number() -> None:
    page = read_page(
        '{"data": [{"id": "c-1", "buyerOrder": {"purchaseOrderNumber": "PO-ø"}}, {"id": 17, "purchaseOrderNumber": 3}],'
        ' "total": 2}'.encode()
    )
    assert [(order.id, order.name) for order in page.orders] == [("c-1", "PO-ø"), ("17", "3")]


@pytest.mark.parametrize(
    "entry",
    [b"null", b'"text"', b"7", b"[]", b"{}", b'{"id": null}', b'{"id": ""}', b'{"id": " \\n"}', b'{"id": {"a": 1}}',
     b'{"id": "a\\u001b[31m"}', b'{"id": "%s"}' % (b"n" * 201), b'{"id": "\\ud800"}', b'{"buyerOrder": 5}'],
)  # fmt: skip
def test_what_has_no_name_fit_to_be_shown_is_called_by_its_bytes(entry: bytes) -> None:
    [order] = read_page(b'{"data":[%s],"total":1}' % entry).orders
    assert order.payload == entry
    if b"ud800" not in entry:
        assert order.id == "#" + sha256(entry).hexdigest()[:16]
    assert order.id.isprintable()
    assert order.name.isprintable()


@pytest.mark.parametrize(
    ("page", "sentence"),
    [
        (b"", "no JSON"),
        (b"   ", "no JSON"),
        (b"<html>Bad gateway</html>", "no JSON"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"data": [{}', "no JSON"),
        (b'{"data": [{}]', "no JSON"),
        (b'{"data": [{},]}', "no JSON"),
        (b'{"data": [{}],}', "no JSON"),
        (b'{"data": [{} {}]}', "no JSON"),
        (b'{"data": []} {}', "no JSON"),
        (b'{"data" []}', "no JSON"),
        (b'{data: []}', "no JSON"),
        (b'{"data": [tru]}', "no JSON"),
        ('{"data": []}'.encode("utf-16"), "no JSON"),
        (b'{"data": ' + b"[" * 100_000, "no JSON"),
        (b"{}", "holds no `data`"),
        (b'{"data": null, "total": 0}', "holds no `data`"),
        (b'{"data": {"0": {}}, "total": 1}', "holds no `data`"),
        (b'{"errors": ["no"]}', "holds no `data`"),
        (b'{"data": [], "data": [{}]}', "'data' stands twice"),
        (b'{"total": 1, "data": [], "total": 2}', "'total' stands twice"),
    ],
)  # fmt: skip
def test_what_is_no_page_is_refused(page: bytes, sentence: str) -> None:
    with pytest.raises(NoPage, match=sentence):
        read_page(page)


@pytest.mark.parametrize("total", [b"null", b'"2"', b"-1", b"1.5", b"true", b"1e3", b"99999999999", b"[]"])
def test_a_total_that_is_no_number_of_orders_is_none(total: bytes) -> None:
    assert read_page(b'{"data": [], "total": %s}' % total).total is None


@pytest.mark.parametrize(
    ("written", "mark"),
    [
        (b'"2025-04-23T10:01:53.812Z"', "2025-04-23T10:01:53.812Z"),
        (b'"2025-04-23T10:01:53.812000000+02:00"', "2025-04-23T10:01:53.812000000+02:00"),
        (b'" as it comes "', " as it comes "),
        (b"null", None),
        (b'""', None),
        (b'"  "', None),
        (b"17", None),
        (b'"\\u0007"', None),
        (b'"%s"' % (b"9" * 101), None),
        (b"{}", None),
    ],
)
def test_the_mark_is_kept_whole_or_not_at_all(written: bytes, mark: str | None) -> None:
    assert read_page(b'{"data": [], "total": 0, "lastUpdatedAt": %s}' % written).mark == mark


def test_a_page_may_begin_with_a_byte_order_mark() -> None:
    assert read_page(b"\xef\xbb\xbf" + MANUAL).total == 10


def test_without_an_id_an_order_is_known_by_what_makes_it_one() -> None:
    """A change then stands in the place of what was there before, and going back to that is news too."""
    page = read_page(
        b'{"data": ['
        b'{"buyerOrder": {"companyId": "c", "purchaseOrderNumber": "P1"}, "supplierOrder": {"buyerAccountNumber": "7"}},'
        b'{"buyerOrder": {"companyId": "c", "purchaseOrderNumber": "P1"}, "supplierOrder": {"buyerAccountNumber": "7"},'
        b' "description": "other"},'
        b'{"buyerOrder": {"companyId": "d", "purchaseOrderNumber": "P1"}},'
        b'{"lines": []}, {"lines": [{}]}]}'
    )
    first, changed, another, nameless, other = [order.id for order in page.orders]
    assert first == changed
    assert len({first, another, nameless, other}) == 4
