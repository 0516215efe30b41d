"""What is told of a line that the buyer completed, on paper: by the desk's own rules, in each format that we answer in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from core.decisions import Act, Decision, LineDecision
from core.formats import CannotCarry, peppol, tradecloud_json, ubl
from core.model import Contact, Document, ItemDetails, Order, ProcessStatus
from core.outgoing import OrderResponse
from core.profile import GENERIC, PEPPOL, TRADECLOUD, Profile
from core.transition import about_the_order, respond
from tests.formats.schematron import broken_rules, fatal
from tests.formats.ubl_documents import ANSWERED_AT, an_order, schema_error, texts

NOTE = LineDecision(position="10", act=Act.DETAILS, notes=("the certificate is on its way",))
CERTIFICATE = Document(code="3.1", name="3.1-heat-4711.pdf", url="https://supplier.example/3.1.pdf", type="certificate")
ORIGIN = LineDecision(
    position="10", act=Act.DETAILS, item_details=ItemDetails(country_of_origin="NL"), documents=(CERTIFICATE,)
)
LINE_STATUS = "//cac:LineItem/cbc:LineStatusCode"


def completed(*others: ProcessStatus) -> Order:
    """Line 10 is completed; 20 and on stand as said, agreed as they were asked where they are confirmed."""
    statuses = (ProcessStatus.COMPLETED, *others)
    order = an_order(*(str(10 * nth) for nth in range(1, len(statuses) + 1)))
    lines = tuple(
        line.but(process_status=status, confirmed=None if status is ProcessStatus.ISSUED else line.requested)
        for line, status in zip(order.lines, statuses, strict=True)
    )
    return order.but(lines=lines)


def response(order: Order, profile: Profile, *lines: LineDecision, **said: object) -> tuple[OrderResponse, Order]:
    done = respond(order, Decision(id="d", at=ANSWERED_AT, lines=lines, **said), profile)  # type: ignore[arg-type]
    (outgoing,) = done.outgoing
    assert isinstance(outgoing, OrderResponse)
    return outgoing.but(responded_at=ANSWERED_AT), done.order


def test_at_tradecloud_it_is_the_position_and_what_is_told() -> None:
    """Neither schedule nor prices nor an indicator, which would be an answer."""
    order = completed(ProcessStatus.CONFIRMED)
    out, after = response(order, TRADECLOUD, ORIGIN)
    said = json.loads(tradecloud_json.render(out.but(buyer_account_number="4711"), after, "d").payload)
    assert said["lines"] == [
        {
            "purchaseOrderLinePosition": "10",
            "itemDetails": {"countryOfOriginCodeIso2": "NL"},
            "documents": [
                {
                    "code": "3.1",
                    "name": "3.1-heat-4711.pdf",
                    "url": "https://supplier.example/3.1.pdf",
                    "type": "certificate",
                }
            ],
        }
    ]


def test_a_contact_of_a_completed_order_goes_along_with_a_line_that_says_nothing() -> None:
    order = completed().but(header=an_order().header.but(buyer_account_number="4711"))
    out, after = response(order, TRADECLOUD, *about_the_order(order), contact=Contact(email="bob@supplier.example"))
    said = json.loads(tradecloud_json.render(out, after, "d").payload)
    assert said["order"]["contact"] == {"email": "bob@supplier.example"}
    assert said["lines"] == [{"purchaseOrderLinePosition": "10"}]


@pytest.mark.parametrize(
    ("others", "statuses"),
    [
        ((), ["42"]),
        ((ProcessStatus.CONFIRMED,), ["42", "5"]),
        ((ProcessStatus.REJECTED, ProcessStatus.CONFIRMED), ["42", "7", "5"]),
    ],
)
def test_a_peppol_answer_says_the_note_on_a_line_that_is_delivered_already(
    corpus: Path, tmp_path: Path, others: tuple[ProcessStatus, ...], statuses: list[str]
) -> None:
    out, after = response(completed(*others), PEPPOL, NOTE)
    payload = peppol.render(out, after, "answer-1").payload
    assert texts(payload, "/*/cbc:OrderResponseCode") == ["CA"]
    assert texts(payload, LINE_STATUS) == statuses
    assert texts(payload, "//cac:LineItem[cbc:ID='10']/cbc:Note") == ["the certificate is on its way"]
    # Nothing of the terms: what is agreed is frozen, and what is completed over.
    assert texts(payload, "//cac:LineItem[cbc:ID='10']/cbc:Quantity") == []
    assert schema_error(corpus, payload) is None
    written = tmp_path / "answer.xml"
    written.write_bytes(payload)
    assert fatal(broken_rules(corpus / "peppol" / "xslt" / "PEPPOLBIS-T76.xslt", [written])) == {}


def test_a_peppol_answer_to_the_rest_is_no_acceptance_of_the_line() -> None:
    order = completed(ProcessStatus.ISSUED)
    out, after = response(order, PEPPOL, NOTE, LineDecision(position="20", act=Act.ACCEPT), act=Act.ACCEPT)
    payload = peppol.render(out, after, "answer-1").payload
    assert texts(payload, LINE_STATUS) == ["42", "5"]


def test_what_peppol_has_no_place_for_is_refused_on_such_a_line_too() -> None:
    for said, what in ((ORIGIN, "item details"), (ORIGIN.but(item_details=None), "documents")):
        out, after = response(completed(ProcessStatus.CONFIRMED), PEPPOL, said)
        with pytest.raises(CannotCarry, match=f"line 10: peppol can't carry {what}"):
            peppol.render(out, after, "answer-1")


@pytest.mark.parametrize("profile", [GENERIC, PEPPOL], ids=lambda profile: profile.name)
def test_plain_ubl_tells_it_of_the_item_and_states_no_terms(corpus: Path, profile: Profile) -> None:
    """4: "no action" on the line; an acceptance or a change would be an answer to it."""
    order = completed(ProcessStatus.CONFIRMED)
    out, after = response(order, profile, ORIGIN)
    payload = ubl.render(out, after, "answer-1").payload
    assert texts(payload, "//cac:OriginCountry/cbc:IdentificationCode") == ["NL"]
    assert texts(payload, "//cac:ItemSpecificationDocumentReference/cbc:ID") == ["3.1"]
    assert texts(payload, "//cac:LineItem[cbc:ID='10']/cbc:LineStatusCode") == ["4"]
    assert texts(payload, "//cac:LineItem[cbc:ID='10']/cac:Delivery") == []
    assert texts(payload, "/*/cbc:OrderResponseCode") == ["CA"]
    assert schema_error(corpus, payload) is None
