"""What the lists show: views, search, order, pages; counted and found by what was saved."""

from __future__ import annotations

import datetime as dt

import pytest

from core.decisions import Act
from core.messages import BuyerAct, LineMessage, Message
from core.store import outbox, queries
from core.store.queries import View
from tests.orders import Desk, issue, key, report, terms


def numbers(desk: Desk, view: View = View.ALL, search: str | None = None) -> list[str]:
    found = queries.list_orders(desk.store, now=desk.now, view=view, search=search)
    ids = queries.order_ids(desk.store, now=desk.now, view=view, search=search)
    assert [row.id for row in found] == list(ids)
    return [row.number for row in found]


def test_the_soonest_due_comes_first_and_what_has_no_date_last(desk: Desk) -> None:
    desk.has("late", wanted=terms(date=dt.date(2025, 6, 1)))
    desk.has("never", wanted=terms(date=None))
    desk.has("soon", wanted=terms(date=dt.date(2025, 3, 4)))
    desk.has("also-soon", wanted=terms(date=dt.date(2025, 3, 4)))
    assert numbers(desk) == ["soon", "also-soon", "late", "never"]


def test_pages_follow_one_another_without_gap_or_repeat(desk: Desk) -> None:
    for number in range(7):
        day = dt.date(2025, 4, 1 + number // 2) if number < 5 else None
        desk.has(f"PO-{number}", wanted=terms(date=day))
    pages: list[str] = []
    after = None
    while page := queries.list_orders(desk.store, now=desk.now, limit=2, after=after):
        pages += [row.number for row in page]
        after = page[-1].place
    assert pages == [f"PO-{number}" for number in range(7)]


def test_an_order_moves_through_the_views_as_it_goes(desk: Desk) -> None:
    order_id = desk.has("PO-1", lines=("1",))
    assert numbers(desk, View.TO_ANSWER) == ["PO-1"]

    desk.book.change(order_id, desk.decision(Act.PROPOSE, "1", to=terms(quantity="8"), reason="less"), "alice")
    assert (numbers(desk, View.TO_ANSWER), numbers(desk, View.WAITING)) == ([], ["PO-1"])
    desk.leaves(order_id)

    desk.receives(Message(key=key("PO-1"), lines=(LineMessage(position="1", acts=(BuyerAct.APPROVE,)),)))
    assert (numbers(desk, View.WAITING), numbers(desk, View.TO_SHIP)) == ([], ["PO-1"])

    desk.receives(issue(key("PO-1"), lines=("1",), wanted=terms(quantity="99")))
    assert (numbers(desk, View.TO_SHIP), numbers(desk, View.BUYER_ASKS)) == ([], ["PO-1"])
    assert numbers(desk) == ["PO-1"]


def test_counts_say_how_many_each_view_lists(desk: Desk) -> None:
    for number in range(3):
        desk.has(f"PO-{number}")
    desk.agrees(1)
    counted = queries.counts(desk.store)
    assert counted == {view: len(numbers(desk, view)) for view in View}
    assert (counted[View.TO_ANSWER], counted[View.TO_SHIP], counted[View.ALL]) == (2, 1, 3)


@pytest.mark.parametrize(
    "search", ["po-2025-7", "PO-2025", "hb-PO-2025-7-1", "bolt", "BÖLT", "bo", "acmé holt", "m8 acme"]
)
def test_an_order_is_found_by_number_buyer_item_number_and_name(desk: Desk, search: str) -> None:
    desk.has("PO-2025-7", item="Bölt M8", buyer_name="Acme Holten")
    desk.has("other", item="Washer", buyer_name="Beta")
    assert numbers(desk, search=search) == ["PO-2025-7"]


@pytest.mark.parametrize("search", ["washer2", "bolt AND washer", 'x" OR number:other', "NEAR(bolt)", "* OR *"])
def test_what_a_person_types_is_never_query_syntax(desk: Desk, search: str) -> None:
    desk.has("PO-1", item="Bolt")
    desk.has("other", item="Washer")
    assert numbers(desk, search=search) == []


@pytest.mark.parametrize("search", ["", "   ", "--", '"', "\0", "( )", "'; DROP TABLE orders; --"])
def test_signs_break_no_search(desk: Desk, search: str) -> None:
    desk.has("PO-1")
    assert numbers(desk, search=search) in ([], ["PO-1"])
    assert numbers(desk) == ["PO-1"]


def test_search_follows_what_the_buyer_changes(desk: Desk) -> None:
    desk.has("PO-1", item="Bolt")
    desk.receives(issue(key("PO-1"), item="Washer"))
    assert numbers(desk, search="washer") == ["PO-1"]
    assert numbers(desk, search="bolt") == []


def test_rows_come_in_the_order_of_the_ids_without_those_that_are_not_there(desk: Desk) -> None:
    for number in range(3):
        desk.has(f"PO-{number}")
    found = queries.rows_by_id(desk.store, [3, 99, 1], desk.now)
    assert [row.id for row in found] == [3, 1]


def test_an_order_is_found_by_id_or_by_number_and_a_shared_number_gives_all_of_them(desk: Desk) -> None:
    desk.has("PO-1")
    other = desk.receives(issue(key("PO-1", buyer="B2"))).order_id
    assert [row.id for row in queries.find(desk.store, "PO-1", desk.now)] == [1, other]
    assert [row.id for row in queries.find(desk.store, f"#{other}", desk.now)] == [other]
    assert queries.find(desk.store, "PO-2", desk.now) == []
    assert queries.find(desk.store, "#99", desk.now) == []
    assert queries.find(desk.store, "#²", desk.now) == []


def test_a_number_that_begins_with_a_hash_is_found_too(desk: Desk) -> None:
    desk.has("#77")
    assert [row.number for row in queries.find(desk.store, "#77", desk.now)] == ["#77"]


def test_a_number_that_is_written_like_the_id_of_another_order_gives_both(desk: Desk) -> None:
    for number in ("PO-1", "#1", "#3", "##1"):
        desk.has(number)

    def found(po: str) -> list[int]:
        return [row.id for row in queries.find(desk.store, po, desk.now)]

    assert found("#1") == [1, 2]
    assert found("#3") == [3]  # its own id
    assert [found(f"##{order_id}") for order_id in (1, 2, 3, 4, 9)] == [[1], [2], [3], [4], []]
    assert found("##x") == found("##") == []


def test_a_row_tells_the_platforms_own_word_beside_ours(desk: Desk) -> None:
    from core.model import ProcessStatus

    order_id = desk.has("PO-1")
    assert queries.rows_by_id(desk.store, [order_id], desk.now)[0].reported is None
    desk.receives(report(key("PO-1"), ProcessStatus.CANCELLED, "1", "2"))
    [row] = queries.rows_by_id(desk.store, [order_id], desk.now)
    assert row.reported is not None
    assert row.reported["process_status"] == "Cancelled"


def test_a_view_is_listed_from_its_index_and_counted_without_reading_an_order(desk: Desk) -> None:
    def plan(statement: str) -> str:
        return " ".join(row[3] for row in desk.store.connection.execute(f"EXPLAIN QUERY PLAN {statement}"))

    for view in ("to_answer", "waiting", "buyer_asks", "to_ship", "not_delivered"):
        listing = plan(
            f"SELECT body FROM orders WHERE {view} = 1 AND (due_place, id) > ('a', 1) ORDER BY due_place, id"
        )
        assert f"USING INDEX orders_{view}" in listing
        assert "TEMP B-TREE" not in listing
        assert f"COVERING INDEX orders_{view}" in plan(f"SELECT count(*) FROM orders WHERE {view} = 1")
    assert "orders_by_due" in plan("SELECT body FROM orders WHERE (due_place, id) > ('a', 1) ORDER BY due_place, id")


def test_something_new_is_seen_by_a_number_that_only_grows(desk: Desk) -> None:
    seen = [queries.newest(desk.store)]
    desk.has("PO-1")
    seen.append(queries.newest(desk.store))
    desk.agrees(1)
    seen.append(queries.newest(desk.store))
    assert seen == [0, 1, 2]


def test_loading_gives_the_order_as_it_is_shown_with_its_row(desk: Desk) -> None:
    order_id = desk.has("PO-1")
    desk.agrees(order_id)
    loaded = queries.load(desk.store, order_id, desk.now)
    assert loaded is not None
    assert (loaded.revision, loaded.row.revision, loaded.row.process_status) == (2, 2, "Confirmed")
    assert loaded.record.order.process_status == "Confirmed"
    assert loaded.record.platform.process_status == "Issued"
    assert queries.load(desk.store, 99, desk.now) is None


def test_what_waits_to_leave_is_found_without_reading_what_has_left(desk: Desk) -> None:
    said: list[str] = []
    connection = desk.store.connection
    connection.set_trace_callback(said.append)
    outbox.sending(connection, "metal-works", desk.now)
    outbox.sending(connection, None, desk.now, leased=True)
    outbox.due(connection, "metal-works", desk.now, whatever_the_schedule=False)
    queries.outbox(desk.store)
    connection.set_trace_callback(None)
    assert len(said) == 4
    for statement in said:
        plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {statement}")]
        assert not [step for step in plan if step.startswith("SCAN") and "autoindex" in step], statement
        assert not {"SCAN m", "SCAN o", "SCAN outbox"} & set(plan), statement
