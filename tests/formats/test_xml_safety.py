"""XML from strangers: what attacks, lies about its encoding, or is broken is refused with the place; the rest is read."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.formats import MOST_BYTES, MOST_ENTRIES, Unreadable, recognise
from core.formats import read as read_any
from core.formats._xml import MOST_DEPTH, peek, read_root
from tests.formats.ubl_documents import CBC, LINE, SOURCE, order_xml, read


def refused(document: bytes) -> Unreadable:
    with pytest.raises(Unreadable) as refusal:
        read(document)
    return refusal.value


def with_doctype(doctype: str, note: str = "") -> bytes:
    declaration = f'<?xml version="1.0" encoding="UTF-8"?>\n{doctype}\n'
    return order_xml(declaration=declaration, header=f"<cbc:ID>PO-1</cbc:ID><cbc:Note>{note}</cbc:Note>").encode()


LAUGHS = "<!DOCTYPE Order [<!ENTITY a 'ha'>" + "".join(
    f"<!ENTITY {name} '{f'&{before};' * 10}'>" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
)

DOCTYPES = {
    "a billion laughs": with_doctype(LAUGHS + "]>", "&j;"),
    "an entity of its own": with_doctype("<!DOCTYPE Order [<!ENTITY n 'PO-2'>]>", "&n;"),
    "a file of ours": with_doctype("<!DOCTYPE Order [<!ENTITY f SYSTEM 'file:///etc/hostname'>]>", "&f;"),
    "a page elsewhere": with_doctype("<!DOCTYPE Order [<!ENTITY f SYSTEM 'http://127.0.0.1:9/x'>]>", "&f;"),
    "a parameter entity": with_doctype("<!DOCTYPE Order [<!ENTITY % p SYSTEM 'http://127.0.0.1:9/x'> %p;]>"),
    "a DTD elsewhere": with_doctype("<!DOCTYPE Order SYSTEM 'http://127.0.0.1:9/order.dtd'>"),
    "a bare DOCTYPE": with_doctype("<!DOCTYPE Order>"),
    "a DOCTYPE behind a comment": with_doctype("<!-- <Order> --> <?x <Order> ?> <!DOCTYPE Order>"),
    "a DOCTYPE behind a byte-order mark": b"\xef\xbb\xbf" + with_doctype("<!DOCTYPE Order>"),
    "a DOCTYPE in UTF-16": with_doctype(LAUGHS + "]>", "&j;").decode().replace("UTF-8", "UTF-16").encode("utf-16"),
}


@pytest.mark.parametrize("document", DOCTYPES.values(), ids=DOCTYPES.keys())
def test_a_document_with_a_doctype_is_known_as_ubl_and_refused_for_it(document: bytes) -> None:
    assert recognise(document).name == "ubl"

    refusal = refused(document)

    assert "DOCTYPE" in refusal.reason
    assert refusal.place.startswith("line ")


def test_a_doctype_behind_a_comment_as_long_as_a_book_is_refused_too() -> None:
    refusal = refused(with_doctype(f"<!-- {'x' * 200_000}\n --> {LAUGHS}]>", "&j;"))

    assert "DOCTYPE" in refusal.reason
    assert refusal.place == "line 3"


def test_the_word_doctype_in_a_comment_or_a_note_is_only_a_word() -> None:
    document = order_xml(
        declaration="<!-- no <!DOCTYPE here -->",
        header="<cbc:ID>PO-1</cbc:ID><cbc:Note><![CDATA[<!DOCTYPE a [<!ENTITY x 'y'>]>]]></cbc:Note>",
    )

    header = read(document).header

    assert header is not None
    assert header.notes == ("<!DOCTYPE a [<!ENTITY x 'y'>]>",)


def test_an_entity_that_nobody_declared_is_refused_rather_than_left_out() -> None:
    assert "Entity 'nbsp' not defined" in refused(order_xml(header="<cbc:ID>PO&nbsp;1</cbc:ID>").encode()).reason


@pytest.mark.parametrize("where", ["root", "line"])
def test_an_element_whose_prefix_nothing_declares_is_refused_also_where_the_parser_lets_it_pass(where: str) -> None:
    """A warning on a later namespace makes it forget."""
    later = '<x xmlns="no-address"/>'
    document = f"<p:a>{later}</p:a>" if where == "root" else order_xml(lines=(LINE, f"<p:a/>{later}"))

    with pytest.raises(Unreadable, match="the prefix 'p' stands for no namespace"):
        read_root(document.encode())


def test_elements_too_deep_are_refused() -> None:
    deep = order_xml(lines=(LINE + "<x>" * (MOST_DEPTH + 1) + "</x>" * (MOST_DEPTH + 1),))

    assert "deep" in refused(deep.encode()).reason


def test_elements_a_hundred_thousand_deep_are_refused() -> None:
    assert refused(order_xml(lines=("<x>" * 100_000,)).encode()).place.startswith("line ")


def test_more_lines_than_an_order_has_are_refused_before_they_are_read() -> None:
    refusal = refused(order_xml(lines=("<x/>",) * (MOST_ENTRIES + 1)).encode())

    assert refusal.reason == "too many elements stand side by side in one; at most 10,000 are read"


def test_a_text_of_megabytes_is_refused() -> None:
    huge = order_xml(header=f"<cbc:ID>PO-1</cbc:ID><cbc:Note>{'x' * 11_000_000}</cbc:Note>").encode()

    assert "not well-formed" in refused(huge).reason


def test_more_bytes_than_an_order_has_are_refused_unread() -> None:
    with pytest.raises(Unreadable, match="at most"):
        read_root(b"<" * (MOST_BYTES + 1))


@pytest.mark.parametrize("name", ["the order's number", "a line's number", "the buyer's address"])
def test_a_number_as_long_as_a_book_is_refused(name: str) -> None:
    book = "9" * 100_000
    documents = {
        "the order's number": order_xml(header=f"<cbc:ID>{book}</cbc:ID>"),
        "a line's number": order_xml(lines=(LINE.replace(">10<", f">{book}<"),)),
        "the buyer's address": order_xml().replace("7300010000001", book),
    }

    assert "100,000 characters" in refused(documents[name].encode()).reason


def test_a_number_with_an_exponent_as_large_as_the_universe_is_refused_at_once() -> None:
    refusal = refused(order_xml(lines=(LINE.replace(">100<", ">1E+999999999<"),)).encode())

    assert refusal.place == "/Order/cac:OrderLine/cac:LineItem/cbc:Quantity, line 14"


def test_a_root_element_behind_a_long_licence_text_is_found() -> None:
    document = order_xml(declaration=f"<!-- {'all rights reserved ' * 2_000} -->").encode()

    assert recognise(document).name == "ubl"


ENCODED = {
    "UTF-8": order_xml(header="<cbc:ID>Größe</cbc:ID>").encode(),
    "UTF-8 with a byte-order mark": order_xml(header="<cbc:ID>Größe</cbc:ID>").encode("utf-8-sig"),
    "UTF-8 with a byte-order mark that says Latin-1": order_xml(
        declaration="<?xml version='1.0' encoding='ISO-8859-1'?>", header="<cbc:ID>Größe</cbc:ID>"
    ).encode("utf-8-sig"),
    "UTF-8 without a declaration": order_xml(declaration="", header="<cbc:ID>Größe</cbc:ID>").encode(),
    "UTF-8 that says ASCII": order_xml(
        declaration='<?xml version="1.0" encoding="US-ASCII"?>', header="<cbc:ID>Größe</cbc:ID>"
    ).encode(),
    "UTF-8 that says UTF-16": order_xml(
        declaration='<?xml version="1.0" encoding="UTF-16"?>', header="<cbc:ID>Größe</cbc:ID>"
    ).encode(),
    "UTF-16": order_xml(declaration='<?xml version="1.0" encoding="UTF-16"?>', header="<cbc:ID>Größe</cbc:ID>").encode(
        "utf-16"
    ),
    "UTF-16, big end first": "\ufeff".encode("utf-16-be")
    + order_xml(declaration='<?xml version="1.0" encoding="UTF-16"?>', header="<cbc:ID>Größe</cbc:ID>").encode(
        "utf-16-be"
    ),
    "UTF-16 without a mark or a word": order_xml(declaration="", header="<cbc:ID>Größe</cbc:ID>").encode("utf-16-le"),
    "Latin-1": order_xml(
        declaration="<?xml version='1.0' encoding='ISO-8859-1'?>", header="<cbc:ID>Größe</cbc:ID>"
    ).encode("latin-1"),
    "Windows-1252": order_xml(
        declaration="<?xml version='1.0' encoding='windows-1252'?>", header="<cbc:ID>Größe</cbc:ID>"
    ).encode("cp1252"),
}


@pytest.mark.parametrize("document", ENCODED.values(), ids=ENCODED.keys())
def test_an_order_is_read_in_its_encoding(document: bytes) -> None:
    (message,) = read_any(document, SOURCE)

    assert message.key.number == "Größe"
    assert message.warnings == ()


def test_windows_text_that_says_utf_8_is_read_with_a_warning() -> None:
    (message,) = read_any(order_xml(header="<cbc:ID>Größe – 5 €</cbc:ID>").encode("cp1252"), SOURCE)

    assert message.key.number == "Größe – 5 €"
    assert message.warnings == (
        "the document is not UTF-8 (line 4); read as Windows-1252: look at its accented letters",
    )


@pytest.mark.parametrize("encoding", ["UTF-7", "EBCDIC-CP-NL", "klingon", "zlib", "UTF-32"])
def test_an_encoding_in_which_markup_could_hide_is_refused_by_name(encoding: str) -> None:
    document = order_xml(declaration=f'<?xml version="1.0" encoding="{encoding}"?>').encode()

    assert encoding in refused(document).reason


def test_bytes_that_no_encoding_has_are_refused_with_their_place() -> None:
    document = order_xml(header="<cbc:ID>PO\x00</cbc:ID>").encode().replace(b"\x00", b"\x81")

    refusal = refused(document)

    assert refusal.reason == "neither UTF-8 nor Windows-1252"
    assert refusal.place.startswith("byte ")


def test_comments_and_instructions_within_a_value_leave_it_whole() -> None:
    document = order_xml(header="<cbc:ID><!-- a -->PO<?b c?>-<!-- d -->7</cbc:ID>")

    assert read(document).key.number == "PO-7"


def test_an_element_within_a_value_is_refused_rather_than_half_the_value_read() -> None:
    refusal = refused(order_xml(lines=(LINE.replace(">100<", ">1<x/>00<"),)).encode())

    assert refusal.reason == "elements stand where a value is expected"
    assert refusal.place == "/Order/cac:OrderLine/cac:LineItem/cbc:Quantity, line 14"


def test_namespaces_under_other_prefixes_are_the_same_namespaces() -> None:
    document = (
        order_xml()
        .replace("<cbc:", "<b:")
        .replace("</cbc:", "</b:")
        .replace("xmlns:cbc", "xmlns:b")
        .replace("<cac:", "<a-1.x:")
        .replace("</cac:", "</a-1.x:")
        .replace("xmlns:cac", "xmlns:a-1.x")
        .replace("<Order ", "<ubl:Order ")
        .replace("</Order>", "</ubl:Order>")
        .replace("xmlns=", "xmlns:ubl=")
    )

    assert recognise(document.encode()).name == "ubl"
    assert read(document) == read(order_xml())


def test_elements_of_another_namespace_are_not_taken_for_ubls() -> None:
    document = order_xml(header="<x:ID xmlns:x='urn:x'>wrong</x:ID><ID>wrong too</ID><cbc:ID>PO-1</cbc:ID>")

    assert read(document).key.number == "PO-1"


def test_what_is_cut_off_is_refused_with_line_and_column() -> None:
    whole = order_xml().encode()

    refusal = refused(whole[: whole.index(b"</cac:OrderLine>")])

    assert refusal.place.startswith("line 14, column ")
    assert "cut off" in refusal.remedy


@pytest.mark.parametrize(
    "junk", [b"", b" ", b"<", b"<<", b"<!", b"<!--", b"<?", b"<?xml", b"\xff\xfe", b"\xfe\xff", b"{}"]
)
def test_looking_at_the_root_of_no_xml_finds_none(junk: bytes) -> None:
    assert peek(junk) is None


def test_looking_at_the_root_finds_its_name_and_namespace() -> None:
    root = peek(f"<!-- <a> --><?x ?>\n<b:Order xmlns='urn:y'\n xmlns:b = '{CBC}' />".encode())

    assert root is not None
    assert (root.name, root.namespace) == ("Order", CBC)


def test_a_document_of_the_corpus_that_is_broken_is_refused_with_line_and_column(corpus: Path) -> None:
    refusal = refused((corpus / "ubl" / "order-test-bad-syntax.xml").read_bytes())

    assert refusal.place == "line 50, column 25"
