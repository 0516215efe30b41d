"""What a mail holds, in every dress that mails come in."""

from __future__ import annotations

import zipfile
from base64 import b64encode
from collections.abc import Callable
from email import policy
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from quopri import encodestring

import pytest

from sync.channels import Received
from sync.channels.mail import documents

ORDER = b'<?xml version="1.0" encoding="UTF-8"?>\n<Order><ID>4500\xc3\xa9</ID></Order>'
PDF = b"%PDF-1.7 an order for the eye"


def mail(text: str | None = "Dear supplier, our order is attached.\n", **headers: str) -> EmailMessage:
    message = EmailMessage(policy=policy.SMTP)
    message["From"] = headers.pop("sender", "Orders <orders@buyer.example>")
    message["Subject"] = headers.pop("subject", "An order")
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if text is not None:
        message.set_content(text)
    return message


def attach(message: EmailMessage, payload: bytes, kind: str = "application/xml", **more: object) -> EmailMessage:
    maintype, subtype = kind.split("/")
    message.add_attachment(payload, maintype, subtype, **more)  # type: ignore[arg-type]
    return message


def held(message: EmailMessage | bytes) -> list[tuple[str, bytes]]:
    source = message if isinstance(message, bytes) else message.as_bytes()
    found = documents(source)
    assert [each.problem for each in found] == [""] * len(found)
    return [(each.name, each.payload) for each in found]


def problem(message: EmailMessage | bytes) -> Received:
    [found] = documents(message if isinstance(message, bytes) else message.as_bytes())
    assert found.problem
    assert found.remedy
    return found


# Attachments


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable"])
@pytest.mark.parametrize("kind", ["application/xml", "application/octet-stream", "application/edifact"])
def test_an_attachment_is_the_document_and_the_letter_is_not(kind: str, encoding: str) -> None:
    assert held(attach(mail(), ORDER, kind, filename="PO-1.xml", cte=encoding)) == [("PO-1.xml", ORDER)]


def test_each_attachment_is_a_document_in_its_order() -> None:
    message = mail()
    for number in (2, 1, 3):
        attach(message, b"<Order>%d</Order>" % number, filename=f"{number}.xml")
    assert [name for name, _ in held(message)] == ["2.xml", "1.xml", "3.xml"]


def test_a_mail_with_only_a_pdf_gives_the_pdf() -> None:
    assert held(attach(mail(), PDF, "application/pdf", filename="PO-1.pdf")) == [("PO-1.pdf", PDF)]


def test_a_pdf_beside_the_data_of_the_same_name_is_its_copy() -> None:
    message = attach(mail(), PDF, "application/pdf", filename="PO-1.PDF")
    attach(message, ORDER, filename="po-1.xml")
    assert held(message) == [("po-1.xml", ORDER)]


def test_a_pdf_of_another_name_may_be_another_order_and_is_kept() -> None:
    message = attach(mail(), PDF, "application/pdf", filename="PO-2.pdf")
    attach(message, ORDER, filename="PO-1.xml")
    assert [name for name, _ in held(message)] == ["PO-2.pdf", "PO-1.xml"]


def test_an_attachment_without_a_name_is_called_after_its_mail() -> None:
    assert held(attach(mail(subject="Order 17"), ORDER)) == [("Order 17", ORDER)]


def test_an_xml_that_stands_inline_is_a_document() -> None:
    assert held(attach(mail(), ORDER, disposition="inline")) == [("An order", ORDER)]


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (b"attachment; filename*=UTF-8''Bestellung%20M%C3%BCller.xml", "Bestellung Müller.xml"),
        (b"attachment; filename*0*=UTF-8''M%C3%BC; filename*1*=ller; filename*2=.xml", "Müller.xml"),
        (b"attachment; filename*=iso-8859-1''M%FCller.xml", "Müller.xml"),
        (b'attachment; filename="=?UTF-8?B?TcO8bGxlci54bWw=?="', "Müller.xml"),
        (b'attachment; filename="=?iso-8859-1?Q?M=FCller.xml?="', "Müller.xml"),
        (b"attachment; filename*=no-such-charset''M%FCller.xml", "Müller.xml"),
        (b'attachment; filename="../../etc/passwd.xml"', "../../etc/passwd.xml"),
        (b'attachment; filename="two\r\n words.xml"', "two words.xml"),
    ],
)
def test_names_are_read_in_each_of_their_encodings(header: bytes, name: str) -> None:
    source = (
        b"From: a@b.example\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: application/xml\r\n"
        b"Content-Disposition: " + header + b"\r\n\r\n" + ORDER
    )
    assert held(source) == [(name, ORDER)]


@pytest.mark.parametrize("raw", [b"M\xfcller.xml", b"\xff\xfe", b"M\xc3\xbcller.xml"])
def test_a_name_in_bytes_that_no_header_may_have_is_some_text(raw: bytes) -> None:
    source = (
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: application/xml\r\n"
        b'Content-Disposition: attachment; filename="' + raw + b'"\r\n\r\n' + ORDER
    )
    [(name, payload)] = held(source)
    name.encode("utf-8")
    assert payload == ORDER


def test_a_very_long_name_is_cut() -> None:
    [(name, _)] = held(attach(mail(), ORDER, filename="n" * 5000 + ".xml"))
    assert len(name) <= 255


# The text


def test_without_attachments_the_text_is_the_document() -> None:
    assert held(mail("Please send us ten bolts.\n", subject="Bolts")) == [
        ("Bolts (text)", b"Please send us ten bolts.")
    ]


@pytest.mark.parametrize("encoding", ["base64", "quoted-printable", "8bit"])
@pytest.mark.parametrize("subtype", ["plain", "xml"])
def test_an_order_in_the_text_is_read_in_every_encoding(encoding: str, subtype: str) -> None:
    message = mail(None)
    message.set_content(ORDER.decode(), subtype=subtype, cte=encoding)
    [(_, payload)] = held(message)
    assert payload == ORDER.replace(b"\n", payload[38:].partition(b"<Order>")[0])


@pytest.mark.parametrize("declared", ["ISO-8859-1", None])
def test_a_text_in_another_charset_keeps_its_letters(declared: str | None) -> None:
    head = '<?xml version="1.0"' + (f' encoding="{declared}"' if declared else "") + "?>"
    message = mail(None)
    message.set_content(head + "<ID>é€</ID>".replace("€", "ü"), charset="iso-8859-15", cte="base64")
    [(_, payload)] = held(message)
    assert payload.decode(declared or "utf-8") == head + "<ID>éü</ID>"


def test_a_text_of_a_charset_that_nobody_knows_stays_as_it_is() -> None:
    source = b'From: a@b.example\r\nContent-Type: text/plain; charset="x-klingon"\r\n\r\n<ID>\xe9</ID>'
    assert held(source)[0][1] == b"<ID>\xe9</ID>"


def test_of_a_text_and_its_html_twin_the_text_is_the_document() -> None:
    message = mail("Ten bolts, please.\n")
    message.add_alternative("<html><body>Ten bolts, please.</body></html>", subtype="html")
    assert [payload for _, payload in held(message)] == [b"Ten bolts, please."]


def test_a_mail_in_html_only_gives_the_html() -> None:
    message = mail(None)
    message.set_content("<html><body>Ten bolts.</body></html>", subtype="html")
    assert held(message)[0][1] == b"<html><body>Ten bolts.</body></html>"


def test_an_order_in_the_text_counts_even_beside_an_attachment() -> None:
    message = attach(mail(ORDER.decode()), PDF, "application/pdf", filename="terms.pdf")
    assert [name for name, _ in held(message)] == ["terms.pdf", "An order (text)"]


@pytest.mark.parametrize(
    "greeting", ["[EXTERNAL] This mail came from outside.", "{Spam?} Hello", "<https://a.example> says"]
)
def test_a_greeting_that_begins_like_data_is_none(greeting: str) -> None:
    assert [name for name, _ in held(attach(mail(greeting), ORDER, filename="PO-1.xml"))] == ["PO-1.xml"]


def test_pictures_of_the_letter_and_signatures_are_no_documents() -> None:
    message = mail("Our order is attached.\n")
    message.add_alternative('<html><img src="cid:logo"></html>', subtype="html")
    html = message.get_payload()[1]  # type: ignore[index]
    html.add_related(b"\x89PNG", "image", "png", cid="<logo>")  # type: ignore[union-attr]
    attach(message, ORDER, filename="PO-1.xml")
    attach(message, b"MIAG", "application/pkcs7-signature", filename="smime.p7s")
    assert held(message) == [("PO-1.xml", ORDER)]


def test_a_picture_that_was_attached_is_a_document() -> None:
    message = attach(mail(), b"\x89PNG", "image/png", filename="scan.png")
    assert held(message) == [("scan.png", b"\x89PNG")]


# Mails within mails


def test_an_order_in_a_forwarded_mail_is_found() -> None:
    inner = attach(mail(), ORDER, filename="PO-1.xml")
    outer = mail("See below.\n")
    outer.add_attachment(inner)
    assert held(outer) == [("PO-1.xml", ORDER)]


def test_a_forwarded_order_in_the_text_is_found() -> None:
    outer = mail("See below.\n")
    outer.add_attachment(mail(ORDER.decode(), subject="Order 17"))
    assert [(name, payload.split()) for name, payload in held(outer)] == [("Order 17 (text)", ORDER.split())]


@pytest.mark.parametrize(
    ("encoding", "encode"), [("base64", b64encode), ("quoted-printable", encodestring), ("BASE64", b64encode)]
)
def test_a_forwarded_mail_that_was_wrapped_as_a_whole_is_unwrapped(
    encoding: str, encode: Callable[[bytes], bytes]
) -> None:
    inner = attach(mail(), ORDER, filename="PO-1.xml").as_bytes()
    source = (
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\n"
        b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n"
        + encode(inner) + b"\r\n--X--\r\n"
    )  # fmt: skip
    assert held(source) == [("PO-1.xml", ORDER)]


def test_a_mail_that_was_saved_and_attached_as_a_file_is_opened() -> None:
    inner = attach(mail(), ORDER, filename="PO-1.xml").as_bytes()
    assert held(attach(mail(), inner, "application/octet-stream", filename="order.eml")) == [("PO-1.xml", ORDER)]


def test_mails_within_mails_have_an_end() -> None:
    message = attach(mail(), ORDER, filename="PO-1.xml")
    for _ in range(30):
        outer = mail("See below.\n")
        outer.add_attachment(message)
        message = outer
    found = problem(message)
    assert "deeper ones" in found.problem
    assert found.payload == message.as_bytes()


def test_parts_within_parts_have_an_end() -> None:
    source = b"From: a@b.example\r\n"
    for depth in range(3000):
        source += b"Content-Type: multipart/mixed; boundary=X%d\r\n\r\n--X%d\r\n" % (depth, depth)
    assert "deeper ones" in problem(source).problem


def test_parts_beside_parts_have_an_end() -> None:
    message = mail()
    for number in range(400):
        attach(message, b"x", filename=f"{number}.xml")
    assert "more parts" in problem(message).problem


# Zips


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, payload in members.items():
            archive.writestr(name, payload)
    return packed.getvalue()


@pytest.mark.parametrize("kind", ["application/zip", "application/x-zip-compressed", "application/octet-stream"])
def test_the_members_of_a_zip_are_documents(kind: str) -> None:
    packed = zipped({"orders/1.xml": b"<a/>", "../../2.xml": b"<b/>", "__MACOSX/._1.xml": b"no", ".DS_Store": b"no"})
    assert held(attach(mail(), packed, kind, filename="orders.zip")) == [
        ("orders.zip/orders/1.xml", b"<a/>"),
        ("orders.zip/../../2.xml", b"<b/>"),
    ]


def test_a_zip_in_a_zip_is_unpacked_and_one_more_is_not() -> None:
    once = zipped({"1.xml": b"<a/>"})
    twice = zipped({"inner.zip": once})
    assert held(attach(mail(), twice, "application/zip", filename="o.zip")) == [("o.zip/inner.zip/1.xml", b"<a/>")]
    thrice = zipped({"outer.zip": twice})
    assert "zips within zips" in problem(attach(mail(), thrice, "application/zip", filename="o.zip")).problem


ZEROS = bytes(900_000)


@pytest.mark.parametrize(
    ("pack", "told"),
    [
        (lambda: zipped({"bomb.xml": bytes(30_000_000)}), "200 times its size"),
        (lambda: zipped({f"{n}.xml": b"" for n in range(600)}), "more than 500 files"),
        (lambda: zipped({"1.xml": ZEROS, "2.xml": ZEROS}, zipfile.ZIP_STORED)[:1_000_000], "can't be unpacked"),
        (lambda: zipped({f"{n}.dat": ZEROS for n in range(80)}), "unpacks to more than"),
        (lambda: b"PK\x03\x04 not a zip at all", "can't be unpacked"),
        (lambda: zipped({}), "is empty"),
    ],
    ids=["bomb", "members", "cut off", "bytes", "nonsense", "empty"],
)
def test_a_zip_that_is_no_honest_one_stays_packed(pack: Callable[[], bytes], told: str) -> None:
    packed = pack()
    found = problem(attach(mail(), packed, "application/zip", filename="orders.zip"))
    assert told in found.problem
    assert found.payload == packed


def test_a_zip_whose_directory_lies_about_sizes_is_found_out() -> None:
    packed = bytearray(zipped({"bomb.xml": b"\0" * 30_000_000}))
    at = packed.index(b"PK\x01\x02")
    packed[at + 24 : at + 28] = (100).to_bytes(4, "little")
    found = documents(attach(mail(), bytes(packed), "application/zip", filename="orders.zip").as_bytes())
    assert found[0].problem or len(found[0].payload) <= 100


def test_a_locked_zip_is_told() -> None:
    packed = bytearray(zipped({"1.xml": b"<a/>"}))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(mark) + offset] |= 1
    assert "password" in problem(attach(mail(), bytes(packed), "application/zip", filename="o.zip")).problem


def test_a_file_of_an_office_program_stays_whole() -> None:
    sheet = zipped({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"})
    assert held(attach(mail(), sheet, "application/octet-stream", filename="order.xlsx")) == [("order.xlsx", sheet)]


# Whatever else comes


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\r\n\r\n",
        b"no mail at all",
        b"\0\xff" * 500,
        b"Content-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: multipart/mixed; boundary=X\r\n\r\n--X\r\n--X--",
        b'Content-Type: multipart/mixed; boundary=""\r\n\r\n--\r\n',
        b"Content-Type: message/rfc822\r\n\r\n",
        b"Content-Type: message/external-body\r\n\r\n",
        b"Content-Type: message/delivery-status\r\n\r\nStatus: 5.1.1\r\n",
        b'Content-Type: text/plain; charset="\xff"\r\n\r\nhello',
        b"Content-Transfer-Encoding: base64\r\n\r\n!!! not base64 !!!",
        b"Content-Transfer-Encoding: x-uuencode\r\n\r\nbegin 644 x\n!!!!",
        b"Content-Type: application/xml\r\nContent-Transfer-Encoding: base64\r\n\r\nPE9yZGVyLz4",
        b"Subject: =?utf-8?B?!!!?=\r\nFrom: =?x?y?z\r\n\r\nhello",
        b"Content-Type: ;;;\r\nContent-Disposition: =;=\r\n\r\nhello",
        b"Content-Disposition: attachment; filename*0=a; filename*0=b; filename*x=c\r\n\r\nhello",
    ],
)
def test_no_mail_becomes_nothing_and_none_breaks_us(source: bytes) -> None:
    found = documents(source)
    assert found
    for each in found:
        (each.name + each.sender + each.problem).encode("utf-8")


def test_mails_cut_off_anywhere_break_nothing(corpus: Path) -> None:
    orders = sorted((corpus / "ubl").rglob("*.xml"))[:2]
    message = attach(mail(), orders[0].read_bytes(), filename=orders[0].name)
    message.add_attachment(attach(mail(), orders[1].read_bytes(), filename=orders[1].name))
    source = message.as_bytes()
    assert [payload for _, payload in held(source)] == [order.read_bytes() for order in orders]
    for end in range(0, len(source), max(1, len(source) // 150)):
        assert documents(source[:end])


def test_the_sender_is_told_for_display() -> None:
    [found] = documents(attach(mail(sender="=?utf-8?Q?M=C3=BCller?= <m@buyer.example>"), ORDER).as_bytes())
    assert found.sender == "Müller <m@buyer.example>"


# Who sent it


def results(*headers: str, sender: str = "orders@buyer.example", more: str = "") -> bytes:
    lines = [f"Authentication-Results: {header}" for header in headers]
    return ("\r\n".join([*lines, f"From: {sender}", *([more] if more else []), "", "Ten bolts."])).encode()


@pytest.mark.parametrize(
    "source",
    [
        results("mx.ours.example; dmarc=pass header.from=buyer.example"),
        results("MX.Ours.Example 1; spf=fail; dmarc = PASS (p=reject dis=none)"),
        results('"mx.ours.example" ; dkim=fail header.d=x.example; dmarc=pass'),
        results("mx.ours.example (a (nested) comment; dmarc=fail); dmarc=pass"),
        results("mx.ours.example;\r\n\tdkim=pass header.d=buyer.example;\r\n\tspf=none"),
        results("mx.ours.example; dkim=fail header.d=x.example; dkim=pass header.i=@mail.buyer.example"),
        results("mx.ours.example; spf=pass smtp.mailfrom=bounces@buyer.example"),
        results("mx.ours.example; dmarc=none; dkim=pass header.d=buyer.example"),
        results("other.example; dmarc=fail", "mx.ours.example; dmarc=pass"),
        results("mx.ours.example; dmarc=pass", "mx.ours.example; dmarc=fail"),
    ],
)
def test_whom_the_trusted_server_vouches_for_is_believed(source: bytes) -> None:
    assert [each.problem for each in documents(source, "mx.ours.example")] == [""]


@pytest.mark.parametrize(
    "source",
    [
        results(),
        results(""),
        results(";"),
        results("mx.ours.example; none"),
        results("mx.ours.example; dmarc=fail; dkim=pass header.d=buyer.example"),
        results("mx.ours.example; dmarc=temperror; dkim=pass header.d=buyer.example"),
        results("mx.ours.example; dmarc=bestguesspass"),
        results("mx.theirs.example; dmarc=pass"),
        results("mx.ours.example.evil.example; dmarc=pass"),
        results("mx.ours.example; dmarc=fail", "mx.ours.example; dmarc=pass"),
        results("mx.ours.example; dkim=pass header.d=evil.example"),
        results("mx.ours.example; dkim=pass header.d=notbuyer.example"),
        results("mx.ours.example; dkim=pass header.d=example"),
        results("mx.ours.example; dkim=pass"),
        results("mx.ours.example; spf=pass smtp.mailfrom=x@evil.example smtp.helo=buyer.example"),
        results("mx.ours.example; spf=fail reason=\"x; dmarc=pass\""),
        results("mx.ours.example (; dmarc=pass)"),
        results("mx.ours.example; x-dmarc=pass"),
        results("mx.ours.example; dkim=pass header.d=evil.example", sender="a@evil.example, b@buyer.example"),
        results("mx.ours.example; dkim=pass header.d=evil.example", more="From: x@evil.example"),
    ],
)  # fmt: skip
def test_everybody_else_is_held_for_a_person(source: bytes) -> None:
    for each in documents(source, "mx.ours.example"):
        assert each.problem == "sender could not be authenticated"
        assert each.payload == b"Ten bolts."


def test_without_a_trusted_server_the_sender_is_only_shown() -> None:
    assert documents(results("mx.ours.example; dmarc=fail"))[0].problem == ""


def test_a_document_that_is_held_keeps_its_other_problem() -> None:
    message = attach(mail(), zipped({}), "application/zip", filename="o.zip")
    [found] = documents(message.as_bytes(), "mx.ours.example")
    assert found.problem == "sender could not be authenticated; also: the zip is empty"
