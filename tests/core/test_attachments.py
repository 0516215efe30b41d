"""Files that an answer attaches: read with care, up before the answer, once a connection, and dropped with it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core import attachments
from core.attachments import NotAttachable
from core.decisions import Act, Decision, Despatch, LineDecision, LineProgress, Outcome, Undo
from core.model import Document
from core.orderbook import NoSuchMessage
from core.stages import Stage
from core.store import queries, uploads
from core.store.rows import OutboxRow
from core.transition import TransitionRefused
from core.verify import verify
from tests.orders import SETTINGS, Desk, issue, key, open_desk, terms

DRAWING, CERTIFICATE = b"%PDF drawing", b"%PDF certificate"


TAKES_FILES = SETTINGS.replace(
    'url = "http://127.0.0.1:8080/v2"',
    'url = "http://127.0.0.1:8080/v2"\nauth = "tradecloud"\nuser = "supplier"\npassword = { env = "NO_SUCH" }',
)
ANOTHER = """
[[connection]]
name = "steel"
profile = "tradecloud"
our_account = "1"
[connection.outbound]
channel = "http"
url = "http://127.0.0.1:8081/v2"
paths = { document_upload = "/files" }
format = "tradecloud-json"
"""


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path, TAKES_FILES + ANOTHER)
    yield opened
    opened.store.close()


@pytest.fixture(autouse=True)
def _the_store_still_says_what_happened(desk: Desk) -> object:
    yield
    assert verify(desk.store) == []


def sha256(payload: bytes) -> str:
    return hashlib.sha256(payload).hexdigest()


def document(payload: bytes, name: str = "drawing.pdf", **more: str) -> Document:
    return Document(attachment=sha256(payload), name=name, **more)


def attaching(desk: Desk, *documents: Document, act: Act = Act.AGREE, positions: tuple[str, ...] = ("1",)) -> Decision:
    """Our answer to the lines, the first of which has the documents."""
    uploads.keep(desk.store, [DRAWING, CERTIFICATE])
    lines = [LineDecision(position=position, act=act) for position in positions]
    lines[0] = lines[0].but(documents=documents)
    return Decision(id=desk.id("decision"), at=desk.now, lines=tuple(lines))


def waiting(desk: Desk) -> list[OutboxRow]:
    return queries.outbox(desk.store)


def states(desk: Desk) -> list[tuple[str, str]]:
    return [(row.kind, row.state) for row in queries.outbox(desk.store, everything=True)]


def kind(desk: Desk, outbox_id: str) -> str:
    return next(row.kind for row in queries.outbox(desk.store, everything=True) if row.id == outbox_id)


def due(desk: Desk, connection: str = "metal-works") -> list[str]:
    return desk.book.due(connection, now=desk.now)


def sending(desk: Desk, order_id: int) -> str:
    return queries.rows_by_id(desk.store, [order_id], desk.now)[0].sending


def being_uploaded(desk: Desk) -> tuple[int, str]:
    """An order whose answer attaches the drawing, and the drawing's message, which is claimed."""
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.later(minutes=1)
    [upload] = due(desk)
    assert desk.book.depart(upload) is not None
    return order_id, upload


def goes_up(desk: Desk, object_id: str) -> bytes:
    """The next file leaves and arrives; its bytes."""
    [outbox_id] = due(desk)
    row = desk.book.depart(outbox_id)
    assert row is not None
    assert row.kind == "attachment"
    desk.book.delivered(outbox_id, Outcome.SENT, object_id)
    return row.payload


def answer_bytes(desk: Desk, order_id: int) -> Any:
    [answer] = [one for one in desk.book.preview(order_id) if one.kind == "order_response"]
    return json.loads(answer.payload or b"")


# --- up, then named ---------------------------------------------------------------------------------------------------


def test_a_file_goes_up_first_and_the_answer_leaves_with_the_platforms_name_for_it(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING, code="D-1", type="Drawing")), "alice")
    assert due(desk) == []  # held, both
    desk.later(minutes=1)
    [upload, answer] = waiting(desk)
    assert [(one.kind, one.name) for one in (upload, answer)] == [("attachment", "drawing.pdf"), ("order_response", "")]
    assert due(desk) == [upload.id]
    assert desk.book.depart(answer.id) is None
    assert goes_up(desk, "object-1") == DRAWING
    [named] = due(desk)
    assert named != answer.id
    row = desk.book.depart(named)
    assert row is not None
    [line] = json.loads(row.payload)["lines"]
    assert line["documents"] == [
        {"code": "D-1", "name": "drawing.pdf", "objectId": "object-1", "type": "Drawing"},
    ]
    desk.book.delivered(named, Outcome.SENT, "200")
    assert sending(desk, order_id) == "sent"
    kinds = [entry.kind for entry in queries.timeline(desk.store, order_id)]
    assert kinds == ["received", "decided", "delivered", "uploaded", "departed", "delivered"]


def test_the_window_and_the_one_who_decided_stay_when_the_file_is_up(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    before = answer_bytes(desk, order_id)
    desk.later(minutes=1)
    held_until = waiting(desk)[1].not_before
    goes_up(desk, "object-1")
    [answer] = waiting(desk)
    assert answer.not_before == held_until
    after = answer_bytes(desk, order_id)
    assert after["erpRespondedBy"] == before["erpRespondedBy"] == {"email": "alice@supplier.example"}
    assert after["erpResponseDateTime"] == before["erpResponseDateTime"]


def test_an_answer_waits_for_each_of_its_files(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING), document(CERTIFICATE, "certificate.pdf")), "alice")
    desk.later(minutes=1)
    assert [one.waits_for for one in desk.book.preview(order_id)] == [(), (), ("drawing.pdf", "certificate.pdf")]
    assert goes_up(desk, "object-1") == DRAWING
    assert desk.book.preview(order_id)[-1].waits_for == ("certificate.pdf",)
    assert goes_up(desk, "object-2") == CERTIFICATE
    [line] = answer_bytes(desk, order_id)["lines"]
    assert [one["objectId"] for one in line["documents"]] == ["object-1", "object-2"]
    assert len(due(desk)) == 1


def test_a_file_that_is_attached_twice_goes_up_once(desk: Desk) -> None:
    order_id = desk.has()
    whole = attaching(desk, document(DRAWING), positions=("1", "2")).but(documents=(document(DRAWING),))
    desk.book.change(order_id, whole, "alice")
    desk.later(minutes=1)
    assert [row.kind for row in waiting(desk)] == ["attachment", "order_response"]
    goes_up(desk, "object-1")
    answer = answer_bytes(desk, order_id)
    assert answer["order"]["documents"] == answer["lines"][0]["documents"]


def test_equal_bytes_go_up_once_a_connection(desk: Desk) -> None:
    first = desk.has()
    desk.book.change(first, attaching(desk, document(DRAWING)), "alice")
    desk.later(minutes=1)
    goes_up(desk, "object-1")
    second = desk.has("PO-2")
    desk.book.change(second, attaching(desk, document(DRAWING, "another name.pdf")), "alice")
    assert [row.kind for row in waiting(desk)] == ["order_response", "order_response"]
    [line] = answer_bytes(desk, second)["lines"]
    assert line["documents"] == [{"name": "another name.pdf", "objectId": "object-1"}]


def test_a_file_that_two_orders_wait_for_goes_up_once(desk: Desk) -> None:
    first, second = desk.has(), desk.has("PO-2")
    for order_id in (first, second):
        desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.later(minutes=1)
    one, other = due(desk)
    assert desk.book.depart(one) is not None
    desk.book.delivered(one, Outcome.SENT, "object-1")
    assert desk.book.depart(other) is None
    for order_id in (first, second):
        [line] = answer_bytes(desk, order_id)["lines"]
        assert line["documents"][0]["objectId"] == "object-1"
    assert len(due(desk)) == 2


def test_a_file_that_is_up_and_is_taken_back_just_then_stops_nobody(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at what the platform has and the note of it, another process drops the answer."""
    first, second = desk.has("PO-1"), desk.has("PO-2")
    for order_id in (first, second):
        desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.later(minutes=1)
    one, upload = due(desk)
    assert desk.book.depart(one) is not None
    desk.book.delivered(one, Outcome.SENT, "object-1")
    known = uploads.known

    def undone_meanwhile(*asked: Any) -> dict[str, str]:
        monkeypatch.setattr(uploads, "known", known)
        desk.book.change(second, Undo(id=desk.id("undo"), at=desk.now), "bob")
        return known(*asked)

    monkeypatch.setattr(uploads, "known", undone_meanwhile)
    assert desk.book.depart(upload) is None
    assert sending(desk, second) == "nothing"


def test_goods_leave_behind_the_answer_that_waited_for_its_file(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.book.change(order_id, Despatch(id=desk.id("despatch"), at=desk.now, stage=Stage.SHIPPED), "alice")
    desk.later(minutes=1)
    goes_up(desk, "object-1")
    [first] = due(desk)
    assert kind(desk, first) == "order_response"
    assert desk.book.depart(first) is not None
    desk.book.delivered(first, Outcome.SENT, "taken")
    [then] = due(desk)
    assert kind(desk, then) == "despatch_advice"


def test_goods_of_another_line_wait_for_no_advice_behind_a_file_that_did_not_go_up(desk: Desk) -> None:
    order_id = desk.has()
    [agreed] = desk.agrees(order_id, "2").outbox
    assert desk.book.depart(agreed) is not None
    desk.book.delivered(agreed, Outcome.SENT, "taken")
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.later(minutes=1)
    [upload] = due(desk)
    assert desk.book.depart(upload) is not None
    desk.book.delivered(upload, Outcome.FAILED, "too large, says the partner")
    advices: list[str] = []
    for position in ("1", "2"):
        lines = (LineProgress(position=position),)
        gone = Despatch(id=desk.id("despatch"), at=desk.now, stage=Stage.SHIPPED, lines=lines)
        advices += desk.book.change(order_id, gone, "alice").outbox
    desk.later(hours=1)
    assert due(desk) == advices[1:]
    why = "waits for the answer before it: drawing.pdf did not go up: too large, says the partner"
    assert [row.last_error for row in waiting(desk) if row.kind == "despatch_advice"] == [why, None]
    desk.book.retry(upload, "alice")
    assert [row.last_error for row in waiting(desk) if row.kind == "despatch_advice"] == [None, None]


def test_another_connection_gets_its_own(desk: Desk) -> None:
    first = desk.has()
    desk.book.change(first, attaching(desk, document(DRAWING)), "alice")
    desk.later(minutes=1)
    goes_up(desk, "object-1")
    second = desk.receives(issue(key("PO-2", "steel"))).order_id
    desk.book.change(second, attaching(desk, document(DRAWING)), "alice")
    assert [row.kind for row in waiting(desk) if row.connection == "steel"] == ["attachment", "order_response"]


# --- until it leaves it is ours ---------------------------------------------------------------------------------------


def test_undo_drops_the_file_too(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.book.change(order_id, Undo(id=desk.id("undo"), at=desk.now), "alice")
    assert states(desk) == [("attachment", "superseded"), ("order_response", "superseded")]
    desk.later(minutes=1)
    assert due(desk) == []
    assert sending(desk, order_id) == "nothing"


def test_undo_of_the_line_that_attaches_drops_its_file_and_the_rest_leaves(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING), positions=("1", "2")), "alice")
    desk.book.change(order_id, Undo(id=desk.id("undo"), at=desk.now, positions=("1",)), "alice")
    assert [row.kind for row in waiting(desk)] == ["order_response"]
    desk.later(minutes=1)
    assert len(due(desk)) == 1


def test_what_went_up_before_undo_is_named_by_nobody_and_known_the_next_time(desk: Desk) -> None:
    order_id, upload = being_uploaded(desk)
    desk.book.change(order_id, Undo(id=desk.id("undo"), at=desk.now), "alice")
    desk.book.delivered(upload, Outcome.SENT, "object-1")
    assert waiting(desk) == []
    assert sending(desk, order_id) == "nothing"
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    assert [row.kind for row in waiting(desk)] == ["order_response"]


def test_a_file_in_place_of_another_goes_up_in_its_place(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING, code="D")), "alice")
    desk.book.change(order_id, attaching(desk, document(CERTIFICATE, code="D"), act=Act.DETAILS), "alice")
    desk.later(minutes=1)
    assert goes_up(desk, "object-1") == CERTIFICATE
    [line] = answer_bytes(desk, order_id)["lines"]
    assert line["indicators"] == {"accepted": True}
    assert line["documents"] == [{"code": "D", "name": "drawing.pdf", "objectId": "object-1"}]


def test_a_later_decision_keeps_the_file_that_waits(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.agrees(order_id, "2")
    desk.later(minutes=1)
    assert [row.kind for row in waiting(desk)] == ["attachment", "order_response"]
    goes_up(desk, "object-1")
    assert [line["purchaseOrderLinePosition"] for line in answer_bytes(desk, order_id)["lines"]] == ["1", "2"]


def test_when_the_buyer_changes_the_line_its_file_does_not_go_up(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    desk.receives(issue(key("PO-1"), wanted=terms("20")))
    desk.later(minutes=1)
    assert due(desk) == []
    assert waiting(desk) == []


# --- trouble ----------------------------------------------------------------------------------------------------------


def test_an_answer_is_held_while_its_file_did_not_arrive_and_says_why(desk: Desk) -> None:
    order_id, upload = being_uploaded(desk)
    desk.book.delivered(upload, Outcome.FAILED, "too large, says the partner")
    desk.later(hours=1)
    assert due(desk) == []
    assert sending(desk, order_id) == "failed"
    [failed, answer] = waiting(desk)
    assert failed.last_error == "too large, says the partner"
    assert answer.last_error == "drawing.pdf did not go up: too large, says the partner"
    desk.book.retry(upload, "alice")
    assert waiting(desk)[1].last_error is None
    assert goes_up(desk, "object-1") == DRAWING
    assert len(due(desk)) == 1


def test_a_file_that_may_have_arrived_goes_again_under_the_same_key(desk: Desk) -> None:
    _, upload = being_uploaded(desk)
    desk.book.postpone(upload, desk.later(seconds=5), "no answer", doubtful=True)
    assert due(desk) == [upload]
    assert goes_up(desk, "object-1") == DRAWING
    assert len(due(desk)) == 1


def test_a_file_that_is_uncertain_holds_the_answer_and_undo_forgets_both(desk: Desk) -> None:
    order_id, upload = being_uploaded(desk)
    desk.book.delivered(upload, Outcome.UNCERTAIN, "no answer")
    assert due(desk) == []
    assert sending(desk, order_id) == "uncertain"
    desk.book.change(order_id, Undo(id=desk.id("undo"), at=desk.now), "alice")
    assert waiting(desk) == []
    assert sending(desk, order_id) == "nothing"
    with pytest.raises(NoSuchMessage):
        desk.book.retry(upload, "alice")


def test_a_crash_while_it_went_up_sends_it_again(desk: Desk) -> None:
    _, upload = being_uploaded(desk)
    assert desk.book.reclaim("metal-works") == 1
    assert due(desk) == [upload]
    assert goes_up(desk, "object-1") == DRAWING


def test_a_platform_that_names_nothing_has_not_taken_it(desk: Desk) -> None:
    _, upload = being_uploaded(desk)
    desk.book.delivered(upload, Outcome.SENT, " ")
    assert [row.state for row in waiting(desk)] == ["failed", "queued"]
    assert due(desk) == []


def test_a_connection_that_takes_no_files_refuses_at_once(desk: Desk) -> None:
    order_id = desk.receives(issue(key("PO-9", "city"))).order_id
    with pytest.raises(TransitionRefused, match=r"drawing\.pdf"):
        desk.book.change(order_id, attaching(desk, document(DRAWING), positions=("1", "2")), "alice")
    assert waiting(desk) == []


def test_what_was_altered_on_disk_is_found(desk: Desk) -> None:
    order_id = desk.has()
    desk.book.change(order_id, attaching(desk, document(DRAWING)), "alice")
    with desk.store.writing() as connection:
        connection.execute("UPDATE payloads SET bytes = ? WHERE sha256 = ?", (b"other", sha256(DRAWING)))
    assert any("outbox was altered" in finding.sentence for finding in verify(desk.store))
    with desk.store.writing() as connection:
        connection.execute("UPDATE payloads SET bytes = ? WHERE sha256 = ?", (DRAWING, sha256(DRAWING)))


# --- reading a file ---------------------------------------------------------------------------------------------------


def test_a_file_is_known_by_its_bytes_and_named_without_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "Zeichnung 7 – Größe.pdf"
    path.write_bytes(DRAWING)
    found = attachments.read(path)
    assert (found.name, found.payload, found.sha256) == (path.name, DRAWING, sha256(DRAWING))
    (tmp_path / "link").symlink_to(path)
    assert attachments.read(tmp_path / "link").payload == DRAWING


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (lambda path: None, "No such file"),
        (lambda path: path.mkdir(), "folder"),
        (os.mkfifo, "no regular file"),
        (lambda path: path.write_bytes(b""), "is empty"),
        (lambda path: path.symlink_to("/dev/zero"), "no regular file"),
        (lambda path: os.truncate(os.open(path, os.O_CREAT | os.O_WRONLY), attachments.MOST_BYTES + 1), "larger than"),
    ],
    ids=["missing", "folder", "pipe", "empty", "device", "too large"],
)
def test_what_is_no_file_to_attach_is_refused_by_name(tmp_path: Path, made: Any, words: str) -> None:
    path = tmp_path / "thing"
    made(path)
    with pytest.raises(NotAttachable, match=words) as refused:
        attachments.read(path)
    assert str(path) in str(refused.value)


@pytest.mark.parametrize("name", ["nul\0", "surrogate\udc80"])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(NotAttachable, match="no name of a file"):
        attachments.read(Path(name))


def test_the_largest_file_is_taken(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    path.write_bytes(b"x" * attachments.MOST_BYTES)
    assert len(attachments.read(path).payload) == attachments.MOST_BYTES
