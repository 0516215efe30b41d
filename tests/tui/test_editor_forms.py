"""The fields of a line's two editors and back: what is not typed stays, down to what no field shows."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from core.decisions import Act, LineDecision
from core.model import (
    ChargeLine,
    Document,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    OrderKey,
    OrderLine,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from tui.editors import besides, details_form, terms_form
from tui.editors.form_fields import FieldNotUnderstood, as_shown


def planned(position: str | None, day: int, quantity: str) -> ScheduledDelivery:
    return ScheduledDelivery(position=position, date=dt.date(2026, 4, day), quantity=Decimal(quantity))


def price(value: str, base: str | None = None) -> Price:
    return Price(
        transaction=Money(value=Decimal(value), currency="EUR"),
        base=Money(value=Decimal(base), currency="USD") if base else None,
    )


ASKED = Terms(
    delivery_schedule=(planned("1", 1, "60"), planned("2", 8, "60")),
    prices=Prices(net=price("78.90"), price_unit="MTR", price_unit_quantity=Decimal(100)),
)
LINE = OrderLine(position="10", requested=ASKED, process_status=ProcessStatus.ISSUED)
ORDER = Order(key=OrderKey(connection="c", buyer="b", number="PO1"), lines=(LINE,))

BESIDES = {
    "description": "tubes",
    "charge_lines": (ChargeLine(description="pallet", quantity=Decimal(1), price=price("12")),),
    "properties": (KeyValue(key="heat", value="4711"),),
    "documents": (Document(code="3.1", url="https://supplier.example/3.1.pdf"),),
}
"""What an answer of a file says that neither editor has a field for."""


def drafted(act: Act, **said: object) -> LineDecision:
    return LineDecision(position="10", act=act, **{**BESIDES, **said})  # type: ignore[arg-type]


# --- item details -----------------------------------------------------------------------------------------------------


def on_screen(form: dict[str, str], **typed: str) -> dict[str, str]:
    """The fields as the screen has them: cut, and fit to be shown."""
    return {**{name: as_shown(text) for name, text in form.items()}, **typed}


def details(draft: LineDecision | None, **typed: str) -> LineDecision:
    return details_form.decided(on_screen(details_form.form_of(LINE, draft), **typed), LINE, draft)


@pytest.mark.parametrize(
    "draft",
    [
        drafted(Act.DETAILS, item_details=ItemDetails(batch_number="B-1"), notes=("as agreed", "by lorry")),
        drafted(Act.ACCEPT, sales_order_number="SO-1", notes=("zwei\nZeilen",)),
        drafted(Act.REJECT, reason="no steel"),
        drafted(Act.PROPOSE, terms=Terms(delivery_schedule=(planned("2", 9, "60"),)), reason="late"),
    ],
    ids=lambda draft: str(draft.act),
)
def test_what_has_no_field_stays_when_a_detail_is_typed(draft: LineDecision) -> None:
    known = draft.item_details or ItemDetails()
    assert details(draft, country_of_origin="nl") == draft.but(item_details=known.but(country_of_origin="NL"))


def test_an_answer_in_which_nothing_is_typed_stays_as_it_is() -> None:
    hostile = "S-\x1b[2J" + "x" * 600
    for draft in (drafted(Act.DETAILS, item_details=ItemDetails(serial_number=hostile)), drafted(Act.ACCEPT)):
        assert details(draft) == draft


def test_a_value_that_a_field_can_t_show_whole_is_not_cut_by_typing_elsewhere() -> None:
    hostile = "S-\x1b[2J" + "x" * 600
    draft = drafted(Act.DETAILS, item_details=ItemDetails(serial_number=hostile))
    assert on_screen(details_form.form_of(LINE, draft))["serial_number"] == "S-␛[2J" + "x" * 493 + "…"
    told = details(draft, batch_number="B")
    assert told.item_details == ItemDetails(serial_number=hostile, batch_number="B")


@pytest.mark.parametrize(
    ("notes", "shown", "typed", "told"),
    [
        (("one", "two"), "one", "another", ("another", "two")),
        (("one", "two"), "one", "", ("two",)),
        (("zwei\nZeilen", "two"), "two", "2", ("zwei\nZeilen", "2")),
        (("zwei\nZeilen",), "", "and this", ("zwei\nZeilen", "and this")),
        (("one",), "one", "", None),
        ((" spaced ", "x" * 501), "", "one", (" spaced ", "x" * 501, "one")),
    ],
)
def test_of_several_notes_one_is_edited(
    notes: tuple[str, ...], shown: str, typed: str, told: tuple[str, ...] | None
) -> None:
    draft = drafted(Act.DETAILS, notes=notes)
    assert details_form.form_of(LINE, draft)["note"] == shown
    assert details(draft, note=typed).notes == told


def test_what_the_buyer_knows_is_refused_only_where_nothing_else_is_said() -> None:
    with pytest.raises(FieldNotUnderstood, match="nothing is said yet"):
        details(None)
    with pytest.raises(FieldNotUnderstood, match="nothing is said yet"):
        details(LineDecision(position="10", act=Act.DETAILS, notes=("n",)), note="")
    assert details(drafted(Act.DETAILS)).properties == BESIDES["properties"]


# --- other terms ------------------------------------------------------------------------------------------------------

OURS = Terms(
    # Delivery 2 alone, and a new part; the price with one in the base currency, for another unit.
    delivery_schedule=(planned("2", 9, "100"), planned(None, 20, "20")),
    prices=Prices(net=price("81.50", base="90"), price_unit="KGM", price_unit_quantity=Decimal(100)),
)


def proposed(draft: LineDecision, **typed: str) -> LineDecision:
    form = terms_form.form_of(terms_form.basis(LINE, draft).terms, draft.reason)
    return terms_form.decided(on_screen(form, **typed), ORDER, LINE, draft)


@pytest.mark.parametrize("said", [OURS, OURS.but(prices=None), OURS.but(delivery_schedule=())])
def test_terms_in_which_nothing_is_typed_stay_as_they_are(said: Terms) -> None:
    """Not even the parts that an answer of a file left out, and that are shown as they stand, are added to it."""
    draft = drafted(Act.PROPOSE, terms=said, reason="the mill\nis late", notes=("n",))
    assert proposed(draft) == draft
    assert proposed(draft, reason="the rollers are late") == draft.but(reason="the rollers are late")


def test_the_schedule_is_typed_over_and_its_deliveries_keep_their_positions_and_the_price_its_currencies() -> None:
    draft = drafted(Act.PROPOSE, terms=OURS, reason="late")
    told = proposed(draft, **{"1.date": "2026-04-10"})
    assert told == draft.but(
        terms=OURS.but(delivery_schedule=(planned("2", 10, "100"), planned(None, 20, "20"))),
    )


def test_another_price_keeps_its_unit_and_the_schedule() -> None:
    draft = drafted(Act.PROPOSE, terms=OURS, reason="late")
    told = proposed(draft, net="80")
    assert told.terms is not None
    assert told.terms.delivery_schedule == OURS.delivery_schedule
    assert told.terms.prices == Prices(net=price("80"), price_unit="KGM", price_unit_quantity=Decimal(100))


def test_a_part_of_ours_is_taken_away_by_emptying_it_and_one_of_the_buyer_s_is_not() -> None:
    draft = drafted(Act.PROPOSE, terms=OURS)
    told = proposed(draft, **{"2.date": "", "2.quantity": ""})
    assert told.terms is not None
    assert told.terms.delivery_schedule == (planned("2", 9, "100"),)
    with pytest.raises(FieldNotUnderstood, match="delivery 1 is the buyer's"):
        proposed(draft, **{"1.date": "", "1.quantity": ""})


@pytest.mark.parametrize("act", [Act.DETAILS, Act.ACCEPT])
def test_other_terms_take_the_place_of_a_word_and_leave_what_stands_besides(act: Act) -> None:
    draft = drafted(act, notes=("n",))
    form = {**terms_form.form_of(ASKED), "1.date": "2026-04-02", "reason": "late"}
    told = terms_form.decided(form, ORDER, LINE, draft)
    later = ASKED.but(delivery_schedule=(planned("1", 2, "60"), planned("2", 8, "60")))
    assert told == draft.but(act=Act.PROPOSE, terms=later, reason="late")


def test_prices_that_are_not_offered_stand_as_they_are() -> None:
    """Where a platform lets no price change, the form has no field for one."""
    gross = ASKED.but(prices=Prices(gross=price("80"), discount_percentage=Decimal(5)))
    line = LINE.but(requested=gross)
    form = {name: text for name, text in terms_form.form_of(gross).items() if name not in terms_form.PRICE_FIELDS}
    told = terms_form.decided({**form, "1.date": "2026-04-02"}, ORDER, line)
    assert told.terms is not None
    assert told.terms.prices == gross.prices


# --- in words ---------------------------------------------------------------------------------------------------------


def test_what_an_answer_has_besides_is_named_once_each() -> None:
    draft = drafted(Act.ACCEPT, sales_order_number="1", sales_order_position="2")
    named = "numbers of ours, a description, charges, properties and documents"
    assert besides.in_words(draft, {}) == named
    assert besides.in_words(LineDecision(position="10", act=Act.ACCEPT, notes=()), {}) == "notes"
    assert besides.in_words(LineDecision(position="10", act=Act.ACCEPT), {"notes": ("n",), "act": Act.ACCEPT}) == (
        "notes on the order"
    )
    assert besides.in_words(LineDecision(position="10", act=Act.ACCEPT), {}) == ""


def test_a_word_and_what_stands_besides_make_the_whole() -> None:
    draft = drafted(Act.REJECT, reason="no", notes=("n",))
    assert besides.word_alone(draft) == LineDecision(position="10", act=Act.REJECT, reason="no")
    assert besides.besides_alone(draft) == draft.but(act=Act.DETAILS, reason=None)
