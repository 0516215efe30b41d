"""A draft that can't be read any more: told beside the others, by verify too, and nothing of the order hangs on it."""

from __future__ import annotations

import pytest

from core.drafting import DraftReturned
from core.revision import three_sides
from core.store import StoreDamaged, drafts
from core.verify import verify
from tests.core.test_drafts import changes, proposal, the_draft
from tests.orders import Desk

TORN = ["{", "[]", "null", '{"lines": 5}', '{"lines": []}', b'{"lines": \xff']


@pytest.mark.parametrize("body", TORN, ids=repr)
def test_a_draft_that_can_not_be_read_is_told_beside_the_others_and_found_by_verify(
    desk: Desk, body: str | bytes
) -> None:
    order_id = desk.has()
    for operator in ("alice", "bob"):
        desk.book.save_draft(order_id, proposal(desk, "1"), operator, 1)
    desk.receives(changes("1"))
    with desk.store.writing() as connection:
        torn = "UPDATE drafts SET body = CAST(? AS TEXT) WHERE operator = 'alice'"
        connection.execute(torn, (body if isinstance(body, bytes) else body.encode(),))
    for found in (drafts.found(desk.store.connection), drafts.found(desk.store.connection, order_id)):
        assert [one.actor for one in found.drafts] == ["bob"]
        [sentence] = found.torn
        assert sentence == (
            "the unsent answer of alice to order #1 can't be read, and the order itself can; alice throws it away by "
            "`podesk drafts discard #1`"
        )
    # Where a buyer's change met the other one is told all the same.
    assert [side.actor for side in three_sides(desk.store, order_id)] == ["bob"]
    assert desk.book.draft_of(order_id, "bob") is not None
    with pytest.raises(StoreDamaged, match="of alice to order #1 can't be read"):
        desk.book.draft_of(order_id, "alice")
    assert [(finding.sentence, finding.order_id) for finding in verify(desk.store)] == [(sentence, order_id)]
    desk.book.discard_draft(order_id, "alice")


@pytest.mark.parametrize(
    "change", [{"actor": "mallory"}, {"order_id": 7}, {"position": "99"}, {"revision": 99}], ids=str
)
def test_a_draft_that_is_not_of_its_order_is_found_by_verify(desk: Desk, change: dict[str, object]) -> None:
    order_id = desk.has()
    desk.book.save_draft(order_id, proposal(desk, "1"), "alice", 1)
    draft = the_draft(desk)
    tampered = draft.but(**change)
    if "actor" not in change and "order_id" not in change:
        tampered = draft.but(lines=(draft.lines[0].but(**change),))
    with desk.store.writing() as connection:
        connection.execute("UPDATE drafts SET body = ?", (tampered.to_json(),))
    [finding] = verify(desk.store)
    assert finding.sentence.startswith("the unsent answer of alice to order #1 ")
    if "position" in change:  # nothing is sent of a line that isn't there, and the draft can be looked at
        assert desk.book.recheck(the_draft(desk)).unfinished == ("99",)
        with pytest.raises(DraftReturned, match="line 99"):
            desk.book.send_draft(order_id, "alice")
    desk.book.discard_draft(order_id, "alice")
