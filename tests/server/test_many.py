"""Hundreds at once: each kept exactly once, each answered."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import httpx

from core.verify import verify
from tests.server.desk import SHOP, SHOP_TABLE, TOKEN, Desk
from tests.sync.partners import tradecloud, ubl

ORDERS = 75


def test_hundreds_of_orders_at_once_are_each_kept_exactly_once(served: Desk) -> None:
    """Each twice, at the same time, on two connections; those that are told to come again do."""
    posts = [("/in/shop", ubl(f"S{n}")) for n in range(ORDERS)] + [
        ("/in/steel", tradecloud(f"T{n}")) for n in range(ORDERS)
    ]
    posts = [*posts, *posts]
    random.Random(1).shuffle(posts)

    statuses = asyncio.run(_all(served, posts))

    assert set(statuses) <= {200, 202, 503}
    assert Counter(connection for connection, _, _ in served.orders) == {"shop": ORDERS, "steel": ORDERS}
    assert {revision for _, _, revision in served.orders} == {1}
    assert served.rows("SELECT count(*), count(DISTINCT sha256) FROM payloads") == [(2 * ORDERS, 2 * ORDERS)]
    assert set(served.states) <= {"applied", "duplicate"}
    assert Counter(served.states)["applied"] == 2 * ORDERS
    with served.store() as store:
        assert verify(store) == []


async def _all(desk: Desk, posts: list[tuple[str, bytes]]) -> list[int]:
    limits = httpx.Limits(max_connections=300, max_keepalive_connections=300)
    async with httpx.AsyncClient(base_url=desk.url, limits=limits, timeout=120) as client:

        async def post(path: str, body: bytes) -> int:
            for _ in range(200):
                if path == "/in/shop":
                    answer = await client.post(path, content=body, auth=SHOP)
                else:
                    answer = await client.post(path, content=body, headers={"Authorization": f"Bearer {TOKEN}"})
                if answer.status_code != 503:
                    return answer.status_code
                await asyncio.sleep(0.05)
            return answer.status_code

        return await asyncio.gather(*(post(path, body) for path, body in posts))


def test_changes_of_one_order_that_come_one_after_another_are_applied_in_that_order(desk: Desk) -> None:
    desk.write(SHOP_TABLE)
    with desk.serving(), httpx.Client(base_url=desk.url, auth=SHOP) as client:
        for quantity in range(1, 41):
            assert client.post("/in/shop", content=ubl("S1", quantity=quantity)).status_code in (200, 202)
    assert desk.orders == [("shop", "S1", 40)]
    [(body,)] = desk.rows("SELECT body FROM orders")
    assert '"quantity":"40"' in body
