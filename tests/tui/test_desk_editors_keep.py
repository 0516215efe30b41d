"""Unsent answers that say more than an editor shows: what it has no field for stays, and leaves with the rest."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any

import pytest

from core.decisions import Act, Decision, LineDecision
from core.drafts import Draft
from core.model import Contact, Document, ItemDetails, KeyValue
from tests.tui.driving import Driver, driven
from tests.tui.orders import Sample

CLEAR = ("end", "ctrl+u")
WIDE = (200, 40)
"""So wide that no notice is broken into lines."""
CONTACT = Contact(email="bob@supplier.example")
BESIDES: dict[str, Any] = {
    "properties": (KeyValue(key="heat", value="4711"),),
    "documents": (Document(code="3.1", url="https://supplier.example/3.1.pdf"),),
}


def given_back(orders: Sample, line: LineDecision, **of_the_order: Any) -> LineDecision:
    """An answer of a file to line 10 of PO1, given back to alice since the buyer changed the line."""
    order_id = orders.issue("PO1")
    said = Decision(id=orders.new_id(), at=orders.clock(), lines=(line,), **of_the_order)
    orders.book.change(order_id, said, "alice")
    orders.issue("PO1", due=dt.date(2026, 4, 8))
    assert the_draft(orders).decided("10") == line
    return line


def the_draft(orders: Sample) -> Draft:
    [draft] = orders.book.drafts(orders.order("PO1").id)
    return draft


def sent(orders: Sample) -> Any:
    """The message that waits to leave."""
    [message] = orders.book.preview(orders.order("PO1").id)
    assert message.payload is not None
    return json.loads(message.payload)


async def editing(desk: Driver, key: str, title: str) -> str:
    await desk.press("enter")
    await desk.sees("Order PO1")
    await desk.press(key)
    return await desk.sees(title)


async def test_details_are_sent_with_all_that_the_unsent_answer_has_besides(orders: Sample) -> None:
    told = LineDecision(
        position="10",
        act=Act.DETAILS,
        item_details=ItemDetails(batch_number="B-1"),
        notes=("as agreed", "zwei\nZeilen"),
        **BESIDES,
    )
    given_back(orders, told, contact=CONTACT)
    async with driven(orders, WIDE) as desk:
        text = await editing(desk, "i", "Item details: line 10 of PO1")
        assert "has properties, notes, documents and who is responsible for the order; that stays" in text
        assert "B-1" in text
        assert "as agreed" in text
        await desk.press(*"NL")
        await desk.sees("Leads to: I Issued")
        await desk.press("enter")
        await desk.sees("PO1 line 10 told more of")
    tree = sent(orders)
    assert tree["lines"] == [
        {
            "purchaseOrderLinePosition": "10",
            "itemDetails": {"countryOfOriginCodeIso2": "NL", "batchNumber": "B-1"},
            "properties": [{"key": "heat", "value": "4711"}],
            "documents": [{"code": "3.1", "url": "https://supplier.example/3.1.pdf"}],
            "notes": ["as agreed", "zwei\nZeilen"],
        }
    ]
    assert tree["order"]["contact"] == {"email": "bob@supplier.example"}
    assert orders.book.drafts(orders.order("PO1").id) == []


async def test_what_is_half_typed_over_an_answer_loses_nothing_of_it(orders: Sample) -> None:
    told = given_back(
        orders,
        LineDecision(position="10", act=Act.DETAILS, sales_order_number="SO-1", **BESIDES),
        contact=CONTACT,
    )
    async with driven(orders, WIDE) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.press("N", "escape")
        await desk.sees("Kept as your draft")
        draft = the_draft(orders)
        assert (draft.decision, draft.answered("10")) == (None, told)
        await desk.press("i")
        text = await desk.sees("This is what you typed before")
        assert "has properties, documents and who is responsible for the order" in text
        await desk.press("end", "l", "escape")
        await desk.sees("Kept as your draft")
    whole = told.but(item_details=ItemDetails(country_of_origin="NL"))
    decision = the_draft(orders).decision
    assert decision is not None
    assert (decision.lines, decision.contact, the_draft(orders).lines[0].form) == ((whole,), CONTACT, {})


@pytest.mark.parametrize("act", [Act.ACCEPT, Act.REJECT])
async def test_a_word_that_was_given_back_never_leaves_by_item_details(orders: Sample, act: Act) -> None:
    word = LineDecision(position="10", act=act, reason="why", **BESIDES)
    given_back(orders, word, notes=("by rail",))
    before = the_draft(orders).lines[0]
    async with driven(orders, WIDE) as desk:
        text = await editing(desk, "i", "Item details: line 10 of PO1")
        assert f"Your unsent answer ({act} (why)) stays a draft; what you send here leaves without it" in text
        await desk.press(*"NL", "escape")
        await desk.sees("Kept as your draft")
        both = the_draft(orders)
        assert both.decided("10") == word.but(item_details=ItemDetails(country_of_origin="NL"))
        # Nobody has looked at what the buyer changed: that is asked when the word is sent.
        assert both.lines == (before,)
        await desk.press("i")
        await desk.sees("This is what you typed before")
        await desk.press("end", "down", *"85365011", "enter")
        await desk.sees("PO1 line 10 told more of")
    tree = sent(orders)
    assert tree["lines"] == [
        {
            "purchaseOrderLinePosition": "10",
            "itemDetails": {"countryOfOriginCodeIso2": "NL", "combinedNomenclatureCode": "85365011"},
            "properties": [{"key": "heat", "value": "4711"}],
            "documents": [{"code": "3.1", "url": "https://supplier.example/3.1.pdf"}],
        }
    ]
    left = the_draft(orders)
    assert left.decided("10") == LineDecision(position="10", act=act, reason="why")
    assert (left.of_the_order, left.lines) == ({"notes": ("by rail",)}, (before,))


async def test_other_terms_are_sent_with_all_that_the_unsent_answer_has_besides(orders: Sample) -> None:
    order_id = orders.issue("PO1")
    terms = orders.book.predict(order_id, Decision(id="p", at=orders.clock(), lines=(_details(),))).record.order.lines[
        0
    ]
    later = terms.requested.but(
        delivery_schedule=(terms.requested.delivery_schedule[0].but(date=dt.date(2026, 5, 4)),), prices=None
    )
    given_back(
        orders,
        LineDecision(
            position="10",
            act=Act.PROPOSE,
            terms=later,
            reason="late",
            item_details=ItemDetails(batch_number="B-1"),
            **BESIDES,
        ),
        contact=CONTACT,
    )
    async with driven(orders, WIDE) as desk:
        text = await editing(desk, "e", "Other terms: line 10 of")
        assert "has item details, properties, documents and who is responsible for the order" in text
        assert "2026-05-04" in text
        await desk.press(*CLEAR, *"2026-05-11")
        await desk.sees("Leads to: P In progress")
        await desk.press("enter")
        await desk.sees("answered with other terms")
    [line] = sent(orders)["lines"]
    assert line["deliverySchedule"][0]["date"] == "2026-05-11"
    assert line["prices"]["netPrice"]["priceInTransactionCurrency"] == {"value": 78.9, "currencyIso": "EUR"}
    assert (line["reason"], line["itemDetails"]) == ("late", {"batchNumber": "B-1"})
    assert [each["code"] for each in line["documents"]] == ["3.1"]
    assert line["properties"] == [{"key": "heat", "value": "4711"}]


def _details() -> LineDecision:
    return LineDecision(position="10", act=Act.DETAILS, sales_order_number="SO")


async def test_fields_put_as_the_line_stands_leave_the_rest_of_the_draft(orders: Sample) -> None:
    told = given_back(
        orders,
        LineDecision(position="10", act=Act.DETAILS, notes=("as agreed",), **BESIDES),
        contact=CONTACT,
    )
    async with driven(orders, WIDE) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.press("ctrl+r")
        await desk.sees("Nothing is changed yet")
        await desk.press("escape")
        await desk.sees("Kept as your draft")
    draft = the_draft(orders)
    assert (draft.decided("10"), draft.of_the_order) == (told.but(notes=None), {"contact": CONTACT})


async def test_an_answer_of_which_no_field_shows_anything_is_sent_as_it_is(orders: Sample) -> None:
    given_back(orders, LineDecision(position="10", act=Act.DETAILS, **BESIDES))
    async with driven(orders, WIDE) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.sees("Leads to: I Issued")
        await desk.press("enter")
        await desk.sees("enter once more sends it to the line as it is now")
        await desk.press("enter")
        await desk.sees("PO1 line 10 told more of")
    [line] = sent(orders)["lines"]
    assert [each["code"] for each in line["documents"]] == ["3.1"]
    assert orders.book.drafts(orders.order("PO1").id) == []


async def test_what_both_editors_hold_is_one_answer_and_other_terms_take_the_details_along(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, WIDE) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.press(*"NL", "escape")
        await desk.sees("Kept as your draft")
        await desk.press("e")
        await desk.sees(
            "Your unsent answer also has item details; that stays as it is and leaves with what you send here"
        )
        await desk.press(*CLEAR, *"2026-05-04", "enter")
        await desk.sees("answered with other terms")
    [line] = sent(orders)["lines"]
    assert (line["itemDetails"], line["deliverySchedule"][0]["date"]) == (
        {"countryOfOriginCodeIso2": "NL"},
        "2026-05-04",
    )
    assert orders.book.drafts(orders.order("PO1").id) == []


async def test_what_is_half_typed_in_the_other_editor_stays_after_this_one_has_sent(orders: Sample) -> None:
    orders.issue("PO1")
    async with driven(orders, WIDE) as desk:
        await editing(desk, "i", "Item details: line 10 of PO1")
        await desk.press("N", "escape")
        await desk.sees("Kept as your draft")
        await desk.press("e")
        await desk.press(*CLEAR, *"2026-05-04", "enter")
        await desk.sees("answered with other terms")
    draft = the_draft(orders)
    assert (draft.decision, draft.answered("10")) == (None, None)
    assert draft.lines[0].form["details.country_of_origin"] == "N"
    [line] = sent(orders)["lines"]
    assert "itemDetails" not in line
