"""Whatever is posted: a status that says whose fault it is, the bytes kept as they came, and nothing of them shown raw."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator

import httpx
import pytest
from click.testing import CliRunner, Result

from core.verify import verify
from sync.server import reception, voice
from tests.server.desk import MOST_SECONDS, SHOP, SHOP_TABLE, STEEL_TABLE, WEBHOOK, Desk, until
from tests.server.raw import LOGIN, Caller
from tests.sync.partners import tradecloud, ubl
from tui.cli import podesk

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
BODY = ubl("S1").partition(b"?>")[2]
BOMB = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))


def enveloped(body: bytes, before: bytes = b"") -> bytes:
    return before + f'<s:Envelope xmlns:s="{SOAP}"><s:Body>'.encode() + body + b"</s:Body></s:Envelope>"


def order(**fields: str) -> bytes:
    """A JSON order in which some of the text is put as it is written here."""
    text = tradecloud("T1").decode()
    for old, new in fields.items():
        assert f'"{old}"' in text
        text = text.replace(f'"{old}"', new, 1)
    return text.encode()


XML: dict[str, bytes] = {
    "a prefix that stands for nothing": BODY.replace(b"xmlns:cbc=", b"xmlns:other="),
    "an envelope with such a prefix": enveloped(BODY).replace(b"xmlns:s=", b"xmlns:S="),
    "such a prefix, and a namespace that is no address after it": (  # after which the parser has forgotten the first
        b'<s:Envelope xmlns:S="%s"><s:Body><Order xmlns="x"/></s:Body></s:Envelope>' % SOAP.encode()
    ),
    "entities that grow": b'<!DOCTYPE x [<!ENTITY e0 "ha">' + BOMB + b"]>" + BODY.replace(b">S1<", b">&e11;<"),
    "entities in an envelope": enveloped(BODY.replace(b">S1<", b">&e11;<"), b"<!DOCTYPE x [" + BOMB + b"]>"),
    "a file as an entity": b'<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>' + BODY.replace(b">S1<", b">&f;<"),
    "a DTD from elsewhere": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">' + BODY,
    "another charset than it says": ubl("S1").replace(b"UTF-8", b"US-ASCII").replace(b">S1<", b">S\x81<"),
    "an encoding in which markup hides": ubl("S1").replace(b"UTF-8", b"UTF-7"),
    "an encoding that there is not": ubl("S1").replace(b"UTF-8", b"X-NONE"),
    "half a gzip": gzip.compress(ubl("S1"))[:-20],
    "a gzip": gzip.compress(ubl("S1")),
    "a NUL": ubl("S1").replace(b">S1<", b">S\x001<"),
    "a character that XML has not": ubl("S1").replace(b">S1<", b">S&#27;[2J<"),
    "half a character": ubl("S1").replace(b">S1<", b">S&#xD800;<"),
    "as deep as the sea": enveloped(b"<a>" * 50_000),
    "a quantity as large as the universe": ubl("S1").replace(b">10<", b">1e999999<"),
    "a quantity that is none": ubl("S1").replace(b">10<", b">NaN<"),
}
JSON: dict[str, bytes] = {
    "a number as large as the universe": order(**{"00010": "1e999999"}).replace(
        b'"quantity": 10', b'"quantity": 1e999999'
    ),
    "NaN": tradecloud("T1").replace(b'"quantity": 10', b'"quantity": NaN'),
    "Infinity": tradecloud("T1").replace(b'"quantity": 10', b'"quantity": -Infinity'),
    "a number of thousands of digits": tradecloud("T1").replace(b'"quantity": 10', b'"quantity": ' + b"9" * 9000),
    "a key twice": tradecloud("T1").replace(b'"version": 1', b'"version": 1, "version": 2', 1),
    "as deep as the sea": b'{"buyerOrder": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "half a character in its number": order(T1='"T\\ud800"'),
    "a NUL in its number": order(T1='"T\\u00001"'),
    "an escape in its number": order(T1='"T\\u001b[2J"'),
    "another direction in its number": order(T1='"T\\u202e1"'),
    "bytes that are no text": tradecloud("T1").replace(b'"T1"', b'"T\xff\xfe\x81"'),
    "half of it": tradecloud("T1")[:-200],
    "half a gzip": gzip.compress(tradecloud("T1"))[:-20],
    "a list of nothing": b"[" + b"{}," * 5000 + b"{}]",
}


@pytest.fixture
def desk(desk: Desk) -> Desk:
    desk.write(SHOP_TABLE + STEEL_TABLE)
    return desk


@pytest.mark.parametrize(
    ("path", "body"),
    [*(("/in/shop", body) for body in XML.values()), *(("/in/steel", body) for body in JSON.values())],
    ids=[*(f"XML: {name}" for name in XML), *(f"JSON: {name}" for name in JSON)],
)
def test_it_is_400_kept_as_it_came_and_the_next_order_is_taken(served: Desk, path: str, body: bytes) -> None:
    answer = served.post(body, path)

    assert answer.status_code == 400
    assert [(state, kept) for _, state, kept in served.documents] == [("quarantined", body)]
    assert served.rows("SELECT count(*) FROM documents WHERE reason LIKE '%stumbled%'") == [(0,)]
    assert served.orders == []
    assert shown(served, "quarantine").exit_code == 4
    assert served.post(ubl("S2")).status_code == 200
    assert not served.logged("request stumbled")
    with served.store() as store:
        assert verify(store) == []


def shown(desk: Desk, *command: str) -> Result:
    """What the command prints, of which nothing obeys a terminal, or turns its text round."""
    done = CliRunner(env={"PODESK_CONFIG": str(desk.path)}).invoke(podesk, list(command))
    assert all(each.isprintable() or each == "\n" for each in done.output), done.output
    return done


HOSTILE = "\x1b[2J\x9b31m\u202egnp\u2066\u200b\x07[@click=app.quit]x[/]"


def test_hostile_names_in_an_order_that_is_taken_are_shown_as_what_they_are(served: Desk) -> None:
    word = json.dumps(f"Bolt {HOSTILE}")
    document = order(**{"Item 0": word, "IT-0": '"IT-0"'})
    assert served.post(document, "/in/steel").status_code == 200

    for command in (["orders"], ["show", "T1"], ["timeline", "T1"], ["promises"], ["status"], ["preview", "T1"]):
        assert shown(served, *command).exit_code == 0
    assert "␛[2J" in shown(served, "show", "T1").output
    [document_kept] = [kept for _, _, kept in served.documents]
    assert document_kept == document


def test_hostile_headers_are_in_the_log_as_text_alone(served: Desk) -> None:
    for n, header in enumerate(("Idempotency-Key", "User-Agent", "SOAPAction", "Content-Type", "X-Forwarded-For")):
        body = ubl(f"S{n}")
        with Caller(served) as caller:
            caller.say(f"POST /in/shop HTTP/1.1\r\nHost: desk\r\n{LOGIN}\r\n".encode())
            caller.say(header.encode() + b": a\xff\x9b31m\x85\xe2\x80\xaeb\r\n")
            caller.say(f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
            assert caller.status() == 200
    assert served.post(b"<x>\x1b[2J\xe2\x80\xae").status_code == 400
    assert all(each.isprintable() for each in served.log.getvalue().split("\n"))
    assert len(served.orders) == 5


def chunks(size: int, count: int) -> Iterator[bytes]:
    for _ in range(count):
        yield b" " * size


@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
def test_a_body_of_100_mb_is_too_large_and_not_kept(served: Desk, chunked: bool) -> None:
    content = chunks(1_000_000, 100) if chunked else b" " * 100_000_000
    try:
        status = httpx.post(f"{served.url}/in/shop", content=content, auth=SHOP, timeout=MOST_SECONDS).status_code
    except httpx.WriteError:  # it is refused before it is over, and who doesn't listen meanwhile is cut off
        until(lambda: served.logged("request"), "what it was told is noted")
        status = served.logged("request")[-1]["status"]
    assert status == 413
    assert served.documents == []
    assert served.post(ubl("S2")).status_code == 200


def test_chunks_without_an_end_are_given_up(desk: Desk) -> None:
    desk.write(SHOP_TABLE, f'{WEBHOOK}body_within = "300ms"\n')
    with desk.serving(), Caller(desk) as caller:
        caller.head("/in/shop", "Transfer-Encoding: chunked")
        caller.say(b"5\r\n<Orde\r\n")
        assert caller.status() == 408
    assert desk.documents == []


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "gzip, gzip"])
def test_what_is_compressed_is_not_unpacked_whatever_it_holds(served: Desk, encoding: str) -> None:
    bomb = gzip.compress(b" " * 50_000_000)
    assert served.post(bomb, headers={"Content-Encoding": encoding}).status_code == 415
    assert served.documents == []


def test_a_body_that_trips_our_own_code_is_kept_and_its_caller_hears_so(
    served: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever stumbles over it must not stumble again when that is told: the caller would wait for ever."""

    def stumbles(*_: object) -> object:
        raise RuntimeError("over this body")

    monkeypatch.setattr(reception, "outcome_of", stumbles)
    monkeypatch.setattr(voice, "of_body", stumbles)
    answer = served.post(ubl("S1"))

    assert (answer.status_code, answer.json()["status"]) == (202, "kept")
    assert [state for _, state, _ in served.documents] == ["applied"]
