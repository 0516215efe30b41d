"""The rules at work on a real store: what arrives is answered once, in one transaction, and never over a person's head."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from core import ruling
from core.decisions import Act, Decision, LineDecision, Undo
from core.intake import Applied, apply, retry, unapplied
from core.model import Order, OrderLine
from core.orderbook import OrderBook
from core.rules import judge
from core.ruling import ACTOR
from core.store import StoreError, queries
from core.store._sqlite import sqlite3
from core.verify import verify
from tests.bench.ubl import order as ubl_order
from tests.core.rules.desks import RULES, ruled_desk, rules_file, settings
from tests.core.test_intake import arrives
from tests.formats.procurement_connect_documents import order as loom_order
from tests.orders import Desk, open_desk
from tests.orders import settings as parsed

YES = '[[rule]]\nname = "yes to all"\nanswer = "accept"\n'
SMALL = YES.replace("yes to all", "small ones") + "when = { quantity = { max = 100 } }\n"
"""Lines of at most 100; others are a person's."""


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Desk]:
    with ruled_desk(tmp_path, SMALL) as desk:
        yield desk


def ordered(number: str = "PO-1", note: str = "", date: str = "2025-04-01", **quantities: str) -> bytes:
    """A buyer's order in the flat shape of Tradecloud's JSON; `_10="5"` is line 10."""
    lines = quantities or {"_10": "10"}
    order = {
        "companyId": "B1",
        "supplierAccountNumber": "S1",
        "purchaseOrderNumber": number,
        "notes": [note] if note else [],
    }
    return json.dumps(
        {
            "order": order,
            "lines": [
                {
                    "position": position.removeprefix("_"),
                    "item": {"number": "HB-1", "name": "Hex bolt", "purchaseUnitOfMeasureIso": "PCE"},
                    "deliverySchedule": [{"position": "1", "date": date, "quantity": float(quantity)}],
                    "prices": {
                        "netPrice": {"priceInTransactionCurrency": {"value": 1.25, "currencyIso": "EUR"}},
                        "priceUnitOfMeasureIso": "PCE",
                        "priceUnitQuantity": 1,
                    },
                }
                for position, quantity in lines.items()
            ],
            "erpIssueDateTime": "2025-03-03T09:00:00",
        }
    ).encode()


PEPPOL_ORDER = ubl_order("PO-1", 2)
_places = iter(range(10**9))


def comes(desk: Desk, payload: bytes, connection: str = "metal-works") -> Applied:
    """A document arrives and is taken in; the store is whole afterwards."""
    [applied] = apply(desk.book, [arrives(desk, payload, f"/order/{next(_places)}", connection)])
    assert verify(desk.store) == []
    return applied


def shown(desk: Desk, order_id: int = 1) -> Order:
    loaded = queries.load(desk.store, order_id, desk.now)
    assert loaded is not None
    return loaded.record.order


def line(desk: Desk, position: str) -> OrderLine:
    found = shown(desk).line(position)
    assert found is not None
    return found


def statuses(desk: Desk) -> dict[str, str]:
    return {each.position: each.process_status.value for each in shown(desk).lines}


def told(desk: Desk, order_id: int = 1) -> list[tuple[str, str]]:
    return [(entry.actor, entry.summary) for entry in queries.timeline(desk.store, order_id)]


def by_rule(desk: Desk) -> list[str]:
    return [summary for actor, summary in told(desk) if actor == ACTOR]


def decides(desk: Desk, act: Act, *positions: str, actor: str = "alice") -> None:
    lines = tuple(LineDecision(position=one, act=act, reason="busy") for one in positions)
    desk.book.change(1, Decision(id=desk.id("decision"), at=desk.now, lines=lines), actor)


def takes_back(desk: Desk, *positions: str, actor: str = "alice") -> None:
    desk.book.change(1, Undo(id=desk.id("undo"), at=desk.now, positions=positions), actor)


# --- what arrives is answered -----------------------------------------------------------------------------------------

DOCUMENTS = {
    "metal-works": ordered(),
    "plain": ordered(),
    "city": ubl_order("PO-1", 3),
    "loom": json.dumps(loom_order()).encode(),
}


@pytest.mark.parametrize("connection", DOCUMENTS)
def test_an_order_is_answered_as_it_comes_and_the_timeline_names_the_rule(tmp_path: Path, connection: str) -> None:
    with ruled_desk(tmp_path, YES) as desk:
        applied = comes(desk, DOCUMENTS[connection], connection)
        assert (applied.state, applied.orders, applied.trouble) == ("applied", (1,), "")
        assert set(statuses(desk).values()) == {"Confirmed"}
        [message] = queries.outbox(desk.store)
        assert applied.answered == (message.id,)
        assert told(desk)[-1][0] == ACTOR
        assert told(desk)[-1][1].endswith("by rule “yes to all”")
        assert (message.kind, message.connection, message.state) == ("order_response", connection, "queued")


def test_an_answer_by_rule_has_the_operators_window_and_a_person_can_take_it_back(small: Desk) -> None:
    [outbox_id] = comes(small, ordered()).answered
    assert small.book.due("metal-works", now=small.now) == []
    assert small.book.due("metal-works", now=small.now + dt.timedelta(seconds=10)) == [outbox_id]
    takes_back(small)
    assert statuses(small) == {"10": "Issued"}
    assert small.book.due("metal-works", now=small.now + dt.timedelta(days=1)) == []


def test_the_buyer_is_told_who_answers_for_the_rules_where_the_operators_table_says_so(tmp_path: Path) -> None:
    rules_file(tmp_path, YES)
    desk = open_desk(tmp_path, settings() + '\n[operators.rules]\nemail = "desk@supplier.example"\n')
    comes(desk, ordered())
    [preview] = desk.book.preview(1)
    assert json.loads(preview.payload or b"")["erpRespondedBy"] == {"email": "desk@supplier.example"}
    desk.store.close()


def test_lines_that_no_rule_answers_stay_with_people(small: Desk) -> None:
    comes(small, ordered(_10="10", _20="1000"))
    assert statuses(small) == {"10": "Confirmed", "20": "Issued"}
    assert by_rule(small) == ["accept line 10 by rule “small ones”"]


def test_each_rule_is_named_with_its_lines(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, RULES) as desk:
        comes(desk, ordered(_10="10", _20="7", _30="15"))
        assert by_rule(desk) == [
            "accept lines 10, 30 by rule “bolts as ordered”; propose line 20 by rule “bolts put right”"
        ]
        assert line(desk, "20").process_status.value == "InProgress"


@pytest.mark.parametrize("mode", ["off", "suggest"])
def test_a_connection_that_does_not_let_the_rules_answer_has_its_orders_left(tmp_path: Path, mode: str) -> None:
    with ruled_desk(tmp_path, YES, mode) as desk:
        assert comes(desk, ordered()).answered == ()
        assert statuses(desk) == {"10": "Issued"}


def test_where_nothing_can_be_sent_nothing_is_answered(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, YES) as desk:
        assert comes(desk, ordered(), "mute").answered == ()
        assert statuses(desk) == {"10": "Issued"}


def test_what_the_format_can_not_carry_is_left_to_a_person(tmp_path: Path) -> None:
    text = (
        '[[item]]\npack = 2.5\n[[rule]]\nname = "packs"\nanswer = "propose"\nchange = "quantity"\n'
        "[[rule]]\n" + YES.removeprefix("[[rule]]\n")
    )
    with ruled_desk(tmp_path, text) as desk:
        # Procurement Connect counts in whole numbers: 2 pallets can't become 2.5.
        assert comes(desk, DOCUMENTS["loom"], "loom").answered == ()
        assert set(statuses(desk).values()) == {"Issued"}
        assert len(told(desk)) == 1


# --- once, whatever happens -------------------------------------------------------------------------------------------


def test_the_same_document_again_is_answered_once(small: Desk) -> None:
    comes(small, ordered())
    again = comes(small, ordered())
    assert (again.state, again.answered) == ("duplicate", ())
    assert len(by_rule(small)) == 1


def test_two_documents_of_one_order_at_once_leave_one_answer(small: Desk) -> None:
    ids = [arrives(small, ordered(_10=quantity), f"/{quantity}") for quantity in ("10", "20")]
    first, second = apply(small.book, ids)
    assert first.answered == second.answered
    [message] = queries.outbox(small.store)
    assert second.answered == (message.id,)
    assert len(by_rule(small)) == 2
    assert line(small, "10").confirmed == line(small, "10").requested
    assert verify(small.store) == []


def test_a_crash_while_saving_leaves_neither_order_nor_answer_and_then_both(small: Desk) -> None:
    document = arrives(small, ordered(), "/1")
    small.store.connection.execute(
        "CREATE TRIGGER dies BEFORE INSERT ON outbox BEGIN SELECT raise(ABORT, 'no power'); END"
    )
    with pytest.raises((StoreError, sqlite3.Error)):
        list(apply(small.book, [document]))
    assert queries.newest(small.store) == 0
    assert unapplied(small.store) == [document]
    small.store.connection.execute("DROP TRIGGER dies")
    [applied] = apply(small.book, unapplied(small.store))
    assert len(applied.answered) == 1
    assert list(apply(small.book, [document])) == []
    assert len(by_rule(small)) == 1
    assert verify(small.store) == []


def test_a_race_with_a_person_is_judged_again_and_the_person_wins(small: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    comes(small, ordered(_10="10", _20="1000"))
    takes_back(small)
    raced: list[bool] = []

    def while_a_person_decides(*args: Any, **facts: Any) -> Any:
        if not raced:
            raced.append(True)
            decides(small, Act.REJECT, "20")
        return judge(*args, **facts)

    monkeypatch.setattr(ruling, "judge", while_a_person_decides)
    assert comes(small, ordered(_10="12", _20="1000")).answered == ()
    assert raced
    assert statuses(small) == {"10": "Issued", "20": "Rejected"}


def test_a_document_out_of_quarantine_is_answered_like_any_other(small: Desk) -> None:
    without = OrderBook(
        small.store,
        parsed(small.settings.folder, settings().replace('name = "metal-works"', 'name = "elsewhere"')),
        clock=small.book.clock,
        new_id=small.book.new_id,
    )
    document = arrives(small, ordered(), "/1")
    [applied] = apply(without, [document])
    assert applied.state == "quarantined"
    assert len(retry(small.book, document).answered) == 1
    assert statuses(small) == {"10": "Confirmed"}


# --- the buyer changes it ---------------------------------------------------------------------------------------------


def test_an_answer_that_a_change_takes_back_is_judged_anew(small: Desk) -> None:
    comes(small, ordered(_10="10"))
    comes(small, ordered(_10="20"))
    assert statuses(small) == {"10": "Confirmed"}
    assert line(small, "10").confirmed == line(small, "10").requested
    assert len([one for one in queries.outbox(small.store) if one.state == "queued"]) == 1
    comes(small, ordered(_10="500"))
    assert statuses(small) == {"10": "Issued"}
    assert small.book.due("metal-works", now=small.now + dt.timedelta(days=1)) == []
    assert small.book.drafts(1) == []


def test_lines_that_did_not_change_are_not_judged_again(small: Desk) -> None:
    comes(small, ordered(_10="10", _20="1000"))
    rules_file(small.settings.folder, YES)
    comes(small, ordered(_10="12", _20="1000"))
    assert statuses(small) == {"10": "Confirmed", "20": "Issued"}


def test_what_changes_nothing_that_is_answered_is_not_judged(small: Desk) -> None:
    comes(small, ordered(_10="1000"))
    rules_file(small.settings.folder, YES)
    assert comes(small, ordered(_10="1000", note="handle with care")).answered == ()
    assert statuses(small) == {"10": "Issued"}


def test_a_rule_for_changed_lines_is_not_for_new_ones(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, YES + 'when = { order = "changed" }\n') as desk:
        comes(desk, ordered(_10="10"))
        assert statuses(desk) == {"10": "Issued"}
        comes(desk, ordered(_10="12", _20="5"))
        assert statuses(desk) == {"10": "Confirmed", "20": "Issued"}


# --- people come first ------------------------------------------------------------------------------------------------


def test_a_persons_answer_that_has_not_left_keeps_the_rules_off_the_whole_order(small: Desk) -> None:
    comes(small, ordered(_10="1000", _20="1000"))
    decides(small, Act.REJECT, "10")
    comes(small, ordered(_10="1000", _20="10"))
    assert statuses(small) == {"10": "Rejected", "20": "Issued"}
    assert by_rule(small) == []


def test_when_the_persons_answer_has_left_the_rules_answer_what_changes_then(small: Desk) -> None:
    comes(small, ordered(_10="1000", _20="1000"))
    decides(small, Act.REJECT, "10")
    small.leaves(1)
    comes(small, ordered(_10="1000", _20="10"))
    assert by_rule(small) == ["accept line 20 by rule “small ones”"]


def test_what_the_buyer_takes_out_of_a_persons_hands_goes_back_to_the_person(small: Desk) -> None:
    comes(small, ordered(_10="1000"))
    decides(small, Act.AGREE, "10")
    comes(small, ordered(_10="10"))
    assert statuses(small) == {"10": "Issued"}
    assert by_rule(small) == []
    [draft] = small.book.drafts(1)
    assert draft.returned
    # And as long as the draft is there, the line is the person's.
    comes(small, ordered(_10="11"))
    assert by_rule(small) == []
    small.book.discard_draft(1, "alice")
    comes(small, ordered(_10="12"))
    assert len(by_rule(small)) == 1


def test_a_line_that_somebody_is_writing_about_is_theirs(small: Desk) -> None:
    comes(small, ordered(_10="1000", _20="1000"))
    draft = Decision(id="draft", at=small.now, lines=(LineDecision(position="10", act=Act.AGREE),))
    small.book.save_draft(1, draft, "bob", 1)
    comes(small, ordered(_10="10", _20="10"))
    assert statuses(small) == {"10": "Issued", "20": "Confirmed"}


def test_a_draft_that_can_not_be_read_keeps_the_rules_off_and_the_buyers_word_is_taken(small: Desk) -> None:
    comes(small, ordered(_10="1000"))
    draft = Decision(id="draft", at=small.now, lines=(LineDecision(position="10", act=Act.AGREE),))
    small.book.save_draft(1, draft, "bob", 1)
    with small.store.writing() as connection:
        connection.execute("UPDATE drafts SET body = 'torn'")
    [applied] = apply(small.book, [arrives(small, ordered(_10="10"), "/order/again")])
    assert applied.state == "applied"
    assert statuses(small) == {"10": "Issued"}
    assert [finding.sentence.partition(",")[0] for finding in verify(small.store)] == [
        "the unsent answer of bob to order #1 can't be read"
    ]


def test_what_a_person_took_back_is_left_alone_until_the_buyer_changes_it(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, SMALL) as desk:
        two = ubl_order("PO-1", 2)
        comes(desk, two, "city")
        assert len(by_rule(desk)) == 1
        takes_back(desk)
        # Line 2 changes; the answer must hold both lines, and line 1 is the person's now.
        comes(desk, two.replace(b'unitCode="EA">6<', b'unitCode="EA">7<'), "city")
        assert line(desk, "2").requested.delivery_schedule[0].quantity == 7
        assert (set(statuses(desk).values()), len(by_rule(desk))) == ({"Issued"}, 1)
        # Both lines change.
        both = two.replace(b'unitCode="EA">6<', b'unitCode="EA">8<').replace(b'unitCode="EA">3<', b'unitCode="EA">4<')
        comes(desk, both, "city")
        assert (set(statuses(desk).values()), len(by_rule(desk))) == ({"Confirmed"}, 2)


def test_a_whole_answer_waits_for_every_line_and_then_takes_in_those_from_before(tmp_path: Path) -> None:
    with ruled_desk(tmp_path, YES + "when = { quantity = { max = 5 } }\n") as desk:
        two = ubl_order("PO-1", 2)  # 3 and 6
        comes(desk, two, "city")
        assert (set(statuses(desk).values()), by_rule(desk)) == ({"Issued"}, [])
        comes(desk, two.replace(b'unitCode="EA">6<', b'unitCode="EA">5<'), "city")
        assert by_rule(desk) == ["accept lines 1, 2 by rule “yes to all”"]
        assert line(desk, "2").requested.delivery_schedule[0].quantity == Decimal(5)


# --- trouble with the rules stops the rules ---------------------------------------------------------------------------


def test_a_broken_file_leaves_orders_with_people_and_a_mended_one_is_noticed(small: Desk) -> None:
    rules_file(small.settings.folder, "[[rule]]\nnme = 1\n")
    applied = comes(small, ordered("PO-1"))
    assert (applied.state, applied.answered) == ("applied", ())
    assert statuses(small) == {"10": "Issued"}
    rules_file(small.settings.folder, SMALL)
    assert len(comes(small, ordered("PO-2")).answered) == 1


def test_a_missing_file_stops_no_order(small: Desk) -> None:
    (small.settings.folder / "rules.toml").unlink()
    assert comes(small, ordered()).state == "applied"


def test_a_fault_of_our_own_in_judging_stops_no_order_and_is_told(small: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def stumbles(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(ruling, "judge", stumbles)
    applied = comes(small, ordered())
    assert (applied.state, applied.answered) == ("applied", ())
    assert "ZeroDivisionError" in applied.trouble
