"""Peppol order responses (T76): what each answer becomes, that schema and Schematron take it, and what is refused."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from core.decisions import Stage
from core.formats import CannotCarry, peppol
from core.model import (
    UNKNOWN,
    ChargeLine,
    Contact,
    Document,
    ItemDetails,
    KeyValue,
    Money,
    Order,
    OrderLine,
    Party,
    Price,
    Prices,
    ProcessStatus,
    ScheduledDelivery,
    Terms,
)
from core.outgoing import DespatchAdvice, Indicator, OrderResponse, ResponseLine
from tests.formats.schematron import broken_rules, fatal
from tests.formats.ubl_documents import (
    SOURCE,
    accepted,
    an_order,
    answer,
    deliveries,
    elements,
    net_price,
    order_of,
    rejected,
    schema_error,
    texts,
)

ORDERS = ("Order_Example", "Order_sc1", "UC1_Order", "UC2_Order", "UC3_Order")


def rendered(response: OrderResponse, order: Order | None = None) -> bytes:
    return peppol.render(response, order or an_order(), "answer-1").payload


def lines_of(payload: bytes) -> list[tuple[str, str, str]]:
    """Of each line: its number, its status, and the line of the order that it answers."""
    parts = ("//cac:LineItem/cbc:ID", "//cac:LineItem/cbc:LineStatusCode", "//cac:OrderLineReference/cbc:LineID")
    return list(zip(*(texts(payload, path) for path in parts), strict=True))


def other(
    position: str, *planned: tuple[str, str], price: str | None = None, reason: str | None = None
) -> ResponseLine:
    return ResponseLine(
        position=position,
        delivery_schedule=deliveries(*planned) or None,
        prices=net_price(price, "EUR", "EA", "1") if price else None,
        reason=reason,
    )


WHOLE = {
    "accepted": (answer(indicator=Indicator.ACCEPTED), "AP"),
    "rejected": (answer(indicator=Indicator.REJECTED), "RE"),
    "every line accepted": (answer(accepted("10"), accepted("20")), "AP"),
    "every line on the buyer's own terms": (
        answer(accepted("10"), other("20", ("2026-03-20", "100"), price="2.5")),
        "AP",
    ),
    "every line rejected": (answer(rejected("10"), rejected("20")), "RE"),
    "every line rejected, and the order": (
        answer(rejected("10"), rejected("20"), indicator=Indicator.REJECTED),
        "RE",
    ),
    "some of each": (answer(accepted("10"), rejected("20")), "CA"),
    "other terms": (answer(accepted("10"), other("20", ("2026-04-01", "100"))), "CA"),
    "a line's word beside the order's": (answer(rejected("20"), indicator=Indicator.ACCEPTED), "CA"),
}


@pytest.mark.parametrize(("response", "code"), WHOLE.values(), ids=WHOLE.keys())
def test_the_whole_order_accepted_or_rejected_has_no_lines_and_anything_else_has_all(
    response: OrderResponse, code: str
) -> None:
    payload = rendered(response, an_order("10", "20"))

    assert texts(payload, "/*/cbc:OrderResponseCode") == [code]
    assert [answered for _, _, answered in lines_of(payload)] == (["10", "20"] if code == "CA" else [])


def test_a_changed_line_has_quantity_day_and_price() -> None:
    order = an_order("10", "20")

    payload = rendered(answer(accepted("10"), other("20", ("2026-04-01", "120"), price="2.505")), order)

    assert lines_of(payload) == [("10", "5", "10"), ("20", "3", "20")]
    assert texts(payload, "//cac:LineItem[1]/*[self::cbc:Quantity or self::cac:Delivery]")[0] == "120"
    assert texts(payload, "//cac:PromisedDeliveryPeriod/*") == ["2026-04-01", "2026-04-01"]
    assert texts(payload, "//cbc:PriceAmount[@currencyID='EUR']") == ["2.505"]
    assert texts(payload, "//cbc:BaseQuantity[@unitCode='EA']") == ["1"]
    assert texts(payload, "//cbc:MaximumBackorderQuantity") == []


def test_less_than_was_asked_says_that_the_rest_never_comes() -> None:
    payload = rendered(answer(other("10", ("2026-03-20", "60"), ("2026-04-20", "30"))))

    assert texts(payload, "//cac:LineItem[cbc:ID='10']/cbc:MaximumBackorderQuantity[@unitCode='EA']") == ["0"]
    assert len(texts(payload, "//cbc:MaximumBackorderQuantity")) == 1


def test_a_delivery_in_parts_is_a_changed_line_and_added_ones_with_numbers_of_their_own() -> None:
    parts = (("2026-03-20", "60"), ("2026-04-20", "30"), ("2026-05-20", "10"))

    payload = rendered(answer(accepted("10.2"), other("10", *parts, reason="the mill is slow")), an_order("10.2", "10"))

    assert lines_of(payload) == [
        ("10.2", "5", "10.2"),
        ("10", "3", "10"),
        ("10.3", "1", "10"),
        ("10.4", "1", "10"),
    ]
    assert texts(payload, "//cac:LineItem/cbc:Quantity") == ["60", "30", "10"]
    assert texts(payload, "//cbc:EndDate") == ["2026-03-20", "2026-04-20", "2026-05-20"]
    assert texts(payload, "//cac:LineItem/cbc:Note") == ["the mill is slow"]


def test_a_line_never_has_two_deliveries() -> None:
    """Schematron passes two, but a T76 line has room for one."""
    for size in (1, 2, 7):
        parts = [(f"2026-04-{day + 1:02}", "5") for day in range(size)]
        payload = rendered(answer(other("10", *parts)))

        assert [len(line.findall("{*}Delivery")) for line in elements(payload, "//cac:LineItem")] == [1] * size


def standing(line: OrderLine, **fields: object) -> Order:
    """An order of two lines: one that stands as said, and one to be answered."""
    first, second = an_order("10", "20").lines
    return an_order().but(lines=(first.but(**fields), second))


OURS = Terms(delivery_schedule=deliveries(("2026-06-01", "100")), prices=net_price("2.60", "EUR", "EA", "1"))
ASKED = an_order().lines[0].requested
STANDING = {
    "agreed as asked": ({"process_status": ProcessStatus.CONFIRMED, "confirmed": ASKED}, ("10", "5", "10")),
    "agreed on our terms": ({"process_status": ProcessStatus.CONFIRMED, "confirmed": OURS}, ("10", "3", "10")),
    "our proposal": ({"process_status": ProcessStatus.IN_PROGRESS, "proposed": OURS}, ("10", "3", "10")),
    "rejected": ({"process_status": ProcessStatus.REJECTED}, ("10", "7", "10")),
    "completed": ({"process_status": ProcessStatus.COMPLETED}, ("10", "42", "10")),
}


@pytest.mark.parametrize(("fields", "said"), STANDING.values(), ids=STANDING.keys())
def test_a_line_answered_before_is_said_as_it_stands(fields: dict[str, object], said: tuple[str, str, str]) -> None:
    order = standing(an_order().lines[0], **fields)

    payload = rendered(answer(other("20", ("2026-04-01", "100"))), order)

    assert lines_of(payload) == [said, ("20", "3", "20")]


def test_a_line_rejected_before_is_not_accepted_with_the_rest() -> None:
    order = standing(an_order().lines[0], process_status=ProcessStatus.REJECTED)

    assert lines_of(rendered(answer(indicator=Indicator.ACCEPTED), order)) == [("10", "7", "10"), ("20", "5", "20")]


def test_a_line_that_the_buyer_cancelled_is_no_part_of_the_answer() -> None:
    order = standing(an_order().lines[0], process_status=ProcessStatus.CANCELLED)

    assert texts(rendered(answer(accepted("20")), order), "/*/cbc:OrderResponseCode") == ["AP"]
    assert lines_of(rendered(answer(other("20", ("2026-04-01", "100"))), order)) == [("20", "3", "20")]


def test_item_details_of_the_buyers_unit_and_numbers_are_echoed() -> None:
    payload = rendered(answer(other("10", ("2026-04-01", "100"))))

    assert texts(payload, "//cac:Item/cbc:Name") == ["Bolt M8"]
    assert texts(payload, "//cac:Item/*/cbc:ID") == ["B-1", "4711"]


def with_item(**fields: object) -> Order:
    order = an_order()
    line = order.lines[0]
    return order.but(lines=(line.but(content=line.content.but(item=line.content.item.but(**fields))),))


def test_a_unit_that_peppol_does_not_know_is_written_as_the_one_that_means_the_same() -> None:
    payload = rendered(answer(other("10", ("2026-04-01", "100"))), with_item(unit="PCE"))

    assert texts(payload, "//cbc:Quantity[@unitCode='H87']") == ["100"]


def test_a_number_of_no_known_standard_is_left_out() -> None:
    order = with_item(standard_id="123", standard_id_scheme="GTIN")

    assert elements(rendered(answer(other("10", ("2026-04-01", "1"))), order), "//cac:StandardItemIdentification") == []


def test_what_is_said_of_lines_stands_in_the_note_when_there_are_no_lines() -> None:
    two = an_order("10", "20")

    same = rendered(answer(rejected("10", "closed"), rejected("20", "closed"), description="sorry"), two)
    several = rendered(answer(rejected("10", "closed"), rejected("20", "too late")), two)

    assert texts(same, "//cbc:Note") == ["sorry\nclosed"]
    assert texts(several, "//cbc:Note") == ["10: closed\n20: too late"]


def test_one_order_number_of_ours_stands_on_the_order() -> None:
    payload = rendered(answer(accepted("10").but(sales_order_number="SO-1")))

    assert texts(payload, "/*/cbc:SalesOrderID") == ["SO-1"]


def test_a_date_that_the_buyer_left_open_may_stay_open() -> None:
    order = an_order()
    asked = Terms(delivery_schedule=(ScheduledDelivery(date=UNKNOWN, quantity=Decimal(100)),))
    line = ResponseLine(position="10", delivery_schedule=asked.delivery_schedule, prices=net_price("9"))

    payload = rendered(answer(line), order.but(lines=(order.lines[0].but(requested=asked),)))

    assert elements(payload, "//cac:Delivery") == []
    assert texts(payload, "//cac:LineItem/cbc:Quantity") == ["100"]


def test_the_buyers_gross_price_goes_without_saying_and_ours_is_refused() -> None:
    order = an_order()
    gross = Price(transaction=Money(value=Decimal(5), currency="EUR"))
    asked = order.lines[0].requested
    order = order.but(lines=(order.lines[0].but(requested=asked.but(prices=net_price("4").but(gross=gross))),))

    same = answer(ResponseLine(position="10", prices=net_price("3").but(gross=gross)))
    ours = answer(ResponseLine(position="10", prices=net_price("3").but(discount_percentage=Decimal(10))))

    assert texts(rendered(same, order), "//cbc:PriceAmount") == ["3"]
    with pytest.raises(CannotCarry, match="gross price or discount"):
        rendered(ours, order)


def one(**fields: object) -> OrderResponse:
    return answer(ResponseLine(position="10").but(**fields))


UNKNOWN_DAY = (ScheduledDelivery(date=UNKNOWN, quantity=Decimal(100)),)
UNKNOWN_QUANTITY = (ScheduledDelivery(date=dt.date(2026, 4, 1), quantity=UNKNOWN),)
GROSS = Prices(gross=Price(transaction=Money(value=Decimal(1), currency="EUR")), discount_percentage=Decimal(1))
BASE = Prices(
    net=Price(transaction=Money(value=Decimal(1), currency="EUR"), base=Money(value=Decimal(1), currency="X"))
)
REFUSED = {
    "item details": accepted("10").but(item_details=ItemDetails(country_of_origin="NL")),
    "charges": accepted("10").but(charge_lines=(ChargeLine(description="freight"),)),
    "properties": accepted("10").but(properties=(KeyValue(key="a", value="b"),)),
    "documents": accepted("10").but(documents=(Document(code="a"),)),
    "a line number of ours": accepted("10").but(sales_order_position="1"),
    "a quantity that is not known yet": ResponseLine(position="10", delivery_schedule=UNKNOWN_QUANTITY),
    "a date that is not known yet": ResponseLine(position="10", delivery_schedule=UNKNOWN_DAY),
    "a gross price or discount: state the net price": ResponseLine(position="10", prices=GROSS),
    "a price in a base currency": ResponseLine(position="10", prices=BASE),
    "a price in USD: the whole answer is in EUR": ResponseLine(position="10", prices=net_price("1", "USD")),
    "the unit 'sheets', which is no code of UN/ECE recommendation 20": ResponseLine(
        position="10", prices=net_price("1", "EUR", "sheets")
    ),
    "an answer to a line that the order doesn't have": accepted("99"),
    "the control character U+0007 in 'bell\\x07'": other("10", ("2026-04-01", "1"), reason="bell\x07"),
}


@pytest.mark.parametrize(("what", "line"), REFUSED.items(), ids=REFUSED.keys())
def test_what_a_line_of_a_t76_has_no_place_for_is_refused_by_name(what: str, line: ResponseLine) -> None:
    with pytest.raises(CannotCarry) as refusal:
        rendered(answer(line))

    assert (refusal.value.what, refusal.value.position) == (what, line.position)


REFUSED_WHOLE = {
    "a contact of ours": (answer(accepted("10"), contact=Contact(email="a@b.example")), an_order()),
    "properties of the order": (answer(accepted("10"), properties=(KeyValue(key="a", value="b"),)), an_order()),
    "documents": (answer(accepted("10"), documents=(Document(code="a"),)), an_order()),
    "an answer without the time at which it was given": (answer(accepted("10"), responded_at=None), an_order()),
    "an answer without the buyer's electronic address, and the order doesn't name it": (
        answer(accepted("10")),
        an_order().but(header=an_order().header.but(buyer=Party(names=("Metal Works",)))),
    ),
    "an answer without our own electronic address, and the order doesn't name it": (
        answer(accepted("10")),
        an_order().but(header=an_order().header.but(supplier=None)),
    ),
    "an answer to an order whose lines are all cancelled": (
        answer(indicator=Indicator.ACCEPTED),
        an_order().but(lines=(an_order().lines[0].but(process_status=ProcessStatus.CANCELLED),)),
    ),
}


@pytest.mark.parametrize(("what", "response", "order"), [(k, *v) for k, v in REFUSED_WHOLE.items()], ids=REFUSED_WHOLE)
def test_what_a_t76_has_no_place_for_is_refused_by_name(what: str, response: OrderResponse, order: Order) -> None:
    with pytest.raises(CannotCarry) as refusal:
        rendered(response, order)

    assert refusal.value.what == what


def test_of_several_order_numbers_of_ours_the_line_with_another_one_is_named() -> None:
    numbers = {"10": None, "20": "1", "30": "1", "40": "2"}
    said = (accepted(position).but(sales_order_number=number) for position, number in numbers.items())
    with pytest.raises(CannotCarry) as refusal:
        rendered(answer(*said), an_order(*numbers))

    what = "several order numbers of ours: one order response has one"
    assert (refusal.value.what, refusal.value.position) == (what, "40")


@pytest.mark.parametrize("line", [accepted("10"), ResponseLine(position="20", description="soon")])
def test_an_answer_that_leaves_a_line_open_is_refused_by_line(line: ResponseLine) -> None:
    with pytest.raises(CannotCarry) as refusal:
        rendered(answer(line, accepted("10")) if line.position == "20" else answer(line), an_order("10", "20"))

    assert refusal.value.position == "20"
    assert "leaves a line open" in refusal.value.what


def test_a_despatch_advice_is_refused() -> None:
    advice = DespatchAdvice(
        number="PO-1", advice_number="D", stage=Stage.SHIPPED, complete=True, lines=(), at=dt.datetime.now(dt.UTC)
    )

    with pytest.raises(CannotCarry, match="peppol can't carry a despatch advice"):
        peppol.render(advice, an_order(), "d")


def answers_to(order: Order) -> Iterator[tuple[str, OrderResponse]]:
    """Every way to answer: each line in turn with each answer, the others accepted or rejected."""
    number = order.key.number
    positions = [line.position for line in order.lines]
    yield "accepted", answer(indicator=Indicator.ACCEPTED, number=number)
    yield "rejected", answer(indicator=Indicator.REJECTED, number=number, description="sorry")
    yield "all-accepted", answer(*map(accepted, positions), number=number)
    yield "all-rejected", answer(*map(rejected, positions), number=number)
    for line in order.lines:
        asked = line.requested
        assert asked.prices is not None
        assert asked.prices.net is not None
        assert asked.prices.net.transaction is not None
        dearer = asked.prices.net.transaction.but(value=asked.prices.net.transaction.value + Decimal("0.12345"))
        prices = asked.prices.but(net=Price(transaction=dearer))
        quantity = asked.delivery_schedule[0].quantity
        day = ScheduledDelivery(date=dt.date(2030, 2, 28), quantity=quantity)
        one_less = ScheduledDelivery(date=dt.date(2030, 2, 28), quantity=Decimal("0.5"))
        parts = (one_less, one_less.but(date=dt.date(2030, 3, 1)), one_less.but(date=dt.date(2030, 4, 1)))
        ways = {
            "later": ResponseLine(position=line.position, delivery_schedule=(day,), reason="late"),
            "dearer": ResponseLine(position=line.position, prices=prices, notes=("a", "b")),
            "less": ResponseLine(position=line.position, delivery_schedule=(one_less,)),
            "split": ResponseLine(position=line.position, delivery_schedule=parts, prices=prices, reason="in parts"),
            "rejected": rejected(line.position),
        }
        for name, way in ways.items():
            for rest in (accepted, rejected):
                said = [way if position == line.position else rest(position) for position in positions]
                title = f"line-{line.position}-{name}-others-{rest.__name__}"
                yield title, answer(*said, number=number, description="our answer")


@pytest.mark.parametrize("name", ORDERS)
def test_every_way_to_answer_an_order_of_the_corpus_passes_schema_and_schematron(
    corpus: Path, tmp_path: Path, name: str
) -> None:
    (message,) = peppol.parse((corpus / "peppol" / f"{name}.xml").read_bytes(), SOURCE)
    order = order_of(message)
    written = {}
    for title, response in answers_to(order):
        payload = peppol.render(response, order, f"answer-{title}").payload
        assert schema_error(corpus, payload) is None, title
        written[tmp_path / f"{title}.xml"] = payload
        (tmp_path / f"{title}.xml").write_bytes(payload)

    broken = broken_rules(corpus / "peppol" / "xslt" / "PEPPOLBIS-T76.xslt", list(written))

    assert broken.keys() == {path.name for path in written}
    assert fatal(broken) == {}


def test_schematron_would_find_a_wrong_answer(corpus: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.xml"
    wrong.write_bytes(rendered(answer(accepted("10"))).replace(b"2026-03-02<", b"2026-03-02Z<"))

    broken = fatal(broken_rules(corpus / "peppol" / "xslt" / "PEPPOLBIS-T76.xslt", [wrong]))

    assert "PEPPOL-COMMON-R030" in broken["wrong.xml"][0][1]
