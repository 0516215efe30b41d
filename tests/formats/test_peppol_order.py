"""Which documents are Peppol's, and what is told of those that expect another answer than ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.formats import Unreadable, peppol, recognise, ubl
from core.formats import read as read_any
from core.messages import Message
from tests.formats.ubl_documents import SOURCE, order_xml, read

T01 = "urn:fdc:peppol.eu:poacc:trns:order:3"


def header(customization: str, profile: str = "") -> str:
    return (
        f"<cbc:CustomizationID>{customization}</cbc:CustomizationID>\n"
        f"<cbc:ProfileID>{profile}</cbc:ProfileID>\n<cbc:ID>PO-1</cbc:ID>"
    )


def message(document: str) -> Message:
    (read_one,) = peppol.parse(document.encode(), SOURCE)
    return read_one


PEPPOLS = {
    "T01": T01,
    "T01 with space": f"\n  {T01}\n",
    "T01 of a later version": "urn:fdc:peppol.eu:poacc:trns:order:4.1",
    "T01 with a country's extension": f"{T01}:extended:urn:www.difi.no:ehf:ordre:3.0",
    "T114": "urn:fdc:peppol.eu:poacc:trns:order_change:3",
    "T115": "urn:fdc:peppol.eu:poacc:trns:order_cancellation:3",
}
OTHERS = {
    "T76": "urn:fdc:peppol.eu:poacc:trns:order_response:3",
    "T116": "urn:fdc:peppol.eu:poacc:trns:order_response_advanced:3",
    "T110": "urn:fdc:peppol.eu:poacc:trns:order_agreement:3",
    "BII": "urn:www.cenbii.eu:transaction:biicoretrdm001:ver1.0",
    "nothing": "",
}


@pytest.mark.parametrize("customization", PEPPOLS.values(), ids=PEPPOLS.keys())
def test_peppols_documents_are_known_by_their_customization(customization: str) -> None:
    assert recognise(order_xml(header=header(customization)).encode()).name == "peppol"


@pytest.mark.parametrize("customization", OTHERS.values(), ids=OTHERS.keys())
def test_other_documents_are_left_to_plain_ubl(customization: str) -> None:
    document = order_xml(header=header(customization)).encode()

    assert not peppol.recognises(document)
    assert recognise(document).name == "ubl"


def test_a_peppol_order_reads_as_plain_ubl_does() -> None:
    document = order_xml(header=header(T01, "urn:fdc:peppol.eu:poacc:bis:ordering:3"))

    assert message(document) == read(document)


PROCESSES = {
    "urn:fdc:peppol.eu:poacc:bis:ordering:3": (),
    "urn:fdc:peppol.eu:poacc:bis:order_only:3": ("the buyer's process is order only: an answer may not be read",),
    "urn:fdc:peppol.eu:poacc:bis:advanced_ordering:3": (
        "the buyer's process is advanced ordering; answers leave as the order response of plain ordering (T76)",
    ),
}


@pytest.mark.parametrize(("process", "warnings"), PROCESSES.items())
def test_a_process_that_expects_another_answer_is_told_of(process: str, warnings: tuple[str, ...]) -> None:
    assert message(order_xml(header=header(T01, process))).warnings == warnings


def test_a_plain_order_on_a_peppol_connection_is_read_with_a_warning() -> None:
    (read_one,) = read_any(order_xml().encode(), SOURCE, "peppol")

    assert read_one.lines == read(order_xml()).lines
    assert read_one.warnings == ("the order doesn't call itself a Peppol document; it was read as plain UBL",)


def test_an_order_of_the_corpus_in_utf_16_is_still_peppols(corpus: Path) -> None:
    text = (corpus / "peppol" / "Order_Example.xml").read_text(encoding="utf-8")
    wide = text.replace('encoding="UTF-8"', 'encoding="UTF-16"').encode("utf-16")

    assert recognise(wide).name == "peppol"
    assert read_any(wide, SOURCE) == read_any(text.encode(), SOURCE)


def test_an_order_response_that_comes_in_by_mistake_is_refused_by_name(corpus: Path) -> None:
    with pytest.raises(Unreadable, match="a UBL OrderResponse"):
        ubl.parse((corpus / "peppol" / "OrderResponse_Example.xml").read_bytes(), SOURCE)
