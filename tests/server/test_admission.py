"""Who is let in, and that nothing is kept of those who are not."""

from __future__ import annotations

import base64
import hmac
from hashlib import sha256

import httpx
import pytest

from core.connections import Secret, WebhookInbound
from sync.server.admission import admission
from tests.server.desk import MOST_SECONDS, SECRET, SHOP, TOKEN, Desk
from tests.sync.partners import ubl


def basic(user: str | bytes, password: str | bytes) -> str:
    pair = b":".join(each.encode() if isinstance(each, str) else each for each in (user, password))
    return "Basic " + base64.b64encode(pair).decode()


def post(desk: Desk, path: str, headers: list[tuple[str, str]], body: bytes = b"<x/>") -> httpx.Response:
    return httpx.post(f"{desk.url}{path}", content=body, headers=headers, timeout=MOST_SECONDS)


RIGHT_BASIC = basic(*SHOP)
WRONG_BASIC = {
    "nothing": [],
    "another password": [basic(SHOP[0], "wrong")],
    "another user": [basic("nobody", SHOP[1])],
    "no password": [basic(SHOP[0], "")],
    "the beginning of the password": [basic(SHOP[0], SHOP[1][:-1])],
    "the password and more": [basic(SHOP[0], SHOP[1] + "x")],
    "in other letters": [basic(SHOP[0].upper(), SHOP[1])],
    "no pair": ["Basic " + base64.b64encode(b"buyer").decode()],
    "no base64": ["Basic !!!!"],
    "base64 and more": [RIGHT_BASIC + "!"],
    "no text": ["Basic " + base64.b64encode(b"\xff\xfe:\0").decode()],
    "only the scheme": ["Basic"],
    "another scheme": [RIGHT_BASIC.replace("Basic", "Bearer")],
    "as a token": [f"Bearer {SHOP[1]}"],
    "twice": [RIGHT_BASIC, RIGHT_BASIC],
    "right and wrong": [basic("x", "y"), RIGHT_BASIC],
    "very long": ["Basic " + "A" * 8000],
}


@pytest.mark.parametrize("values", WRONG_BASIC.values(), ids=WRONG_BASIC.keys())
def test_who_has_not_the_right_user_and_password_is_told_so_and_nothing_is_kept(
    served: Desk, values: list[str]
) -> None:
    answer = post(served, "/in/shop", [("Authorization", value) for value in values])

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Basic realm="podesk", charset="UTF-8"')
    assert served.documents == []


@pytest.mark.parametrize("value", [RIGHT_BASIC, RIGHT_BASIC.replace("Basic", "bAsIc"), RIGHT_BASIC.replace(" ", "  ")])
def test_who_has_them_is_let_in_however_the_scheme_is_written(served: Desk, value: str) -> None:
    assert post(served, "/in/shop", [("Authorization", value)], ubl("S1")).status_code == 200


@pytest.mark.parametrize(
    "values",
    [
        [],
        ["Bearer"],
        ["Bearer x"],
        [f"Bearer {TOKEN}x"],
        [f"Basic {TOKEN}"],
        [TOKEN],
        [f"Bearer {TOKEN}"] * 2,
    ],
    ids=str,
)
def test_who_has_not_the_token_is_told_so_and_nothing_is_kept(served: Desk, values: list[str]) -> None:
    answer = post(served, "/in/steel", [("Authorization", value) for value in values])

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'Bearer realm="podesk"')
    assert served.documents == []


BODY = b'{"id": "e-1", "name": "order.placed", "payload": {}}'
RIGHT = hmac.new(SECRET.encode(), BODY, sha256).hexdigest()
WRONG_SIGNATURES = {
    "nothing": [],
    "empty": [""],
    "of another body": [hmac.new(SECRET.encode(), BODY + b" ", sha256).hexdigest()],
    "under another secret": [hmac.new(b"other", BODY, sha256).hexdigest()],
    "by another hash": [hmac.new(SECRET.encode(), BODY, "sha512").hexdigest()],
    "without a key": [sha256(BODY).hexdigest()],
    "cut off": [RIGHT[:-1]],
    "in base64": [base64.b64encode(bytes.fromhex(RIGHT)).decode()],
    "twice": [RIGHT, RIGHT],
}


@pytest.mark.parametrize("values", WRONG_SIGNATURES.values(), ids=WRONG_SIGNATURES.keys())
def test_a_body_whose_signature_is_missing_or_wrong_is_not_kept(served: Desk, values: list[str]) -> None:
    """Procurement Connect signs the raw body: "bad or missing → 401, nothing stored"."""
    answer = post(served, "/in/loom", [("X-Loom-Signature", value) for value in values], BODY)

    assert (answer.status_code, answer.headers["www-authenticate"]) == (401, 'HMAC-SHA256 realm="podesk"')
    assert served.documents == []


@pytest.mark.parametrize("value", [RIGHT, RIGHT.upper()])
def test_a_body_with_the_right_signature_is_kept(served: Desk, value: str) -> None:
    assert post(served, "/in/loom", [("X-Loom-Signature", value)], BODY).status_code != 401
    assert [body for _, _, body in served.documents] == [BODY]


def test_the_signature_is_over_the_bytes_as_they_came_in_chunks_too(served: Desk) -> None:
    parts = [BODY[:7], BODY[7:8], BODY[8:]]

    answer = httpx.post(
        f"{served.url}/in/loom", content=iter(parts), headers={"X-Loom-Signature": RIGHT}, timeout=MOST_SECONDS
    )

    assert answer.status_code != 401
    assert [body for _, _, body in served.documents] == [BODY]


def test_a_login_of_one_connection_is_none_at_another(served: Desk) -> None:
    assert post(served, "/in/steel", [("Authorization", RIGHT_BASIC)]).status_code == 401
    assert post(served, "/in/shop", [("Authorization", f"Bearer {TOKEN}")]).status_code == 401
    assert post(served, "/in/loom", [("Authorization", RIGHT_BASIC)]).status_code == 401


def inbound(**more: object) -> WebhookInbound:
    return WebhookInbound.model_validate({"channel": "webhook", "path": "/in", **more})


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_a_password_beyond_ascii_is_right_in_both_encodings_that_are_in_use(encoding: str) -> None:
    let_in = admission(inbound(auth="basic", user="jürgen", password="grün"), lambda _: "grün")

    assert let_in.at_the_door([basic("jürgen".encode(encoding), "grün".encode(encoding)).encode()])
    assert not let_in.at_the_door([basic("jürgen".encode(encoding), b"gr?n").encode()])


def test_what_an_encoding_lacks_is_not_any_other_character() -> None:
    let_in = admission(inbound(auth="basic", user="u", password="x"), lambda _: "€€€")

    assert let_in.at_the_door([basic("u", "€€€").encode()])
    assert not let_in.at_the_door([basic("u", "???").encode()])


def test_what_lets_in_tells_nothing_of_itself() -> None:
    def resolve(secret: Secret) -> str:
        return "correct horse"

    for auth in ({"auth": "basic", "user": "u", "password": "p"}, {"auth": "bearer", "token": "t"}):
        assert "correct" not in repr(admission(inbound(**auth), resolve))
    assert "correct" not in repr(admission(inbound(auth="hmac", secret="s"), resolve))
