"""The platform's events, posted to a supplier's webhook by the rules of its manual.

2xx is done. 4xx is never tried again, nor is 500: what was posted is lost then. 501 and above, and a connection that
fails, are tried again for ever, later than what comes after.
"""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.platform import wire

Tree = dict[str, Any]


@dataclass
class Push:
    """Where a supplier wants its events, and what became of them."""

    url: str
    auth: tuple[str, str] | str
    """User and password, or the token."""
    rng: random.Random | None = None
    """Of disorder and of what is strange; None: in order, and plain."""
    waiting: list[Tree] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    """Answered 4xx or 500: status, and what was posted."""
    answers: Counter[int] = field(default_factory=Counter)

    def queue(self, *trees: Tree) -> None:
        self.waiting += trees

    def push(self, most: int | None = None) -> int:
        """Posts what waits, each once (`most` of it); how many were taken."""
        now, self.waiting = self.waiting[:most], self.waiting[most:] if most is not None else []
        if self.rng is not None and len(now) > 1 and self.rng.random() < 0.5:
            self.rng.shuffle(now)
        taken = 0
        with httpx.Client(timeout=30, headers=self._headers(), auth=self._basic()) as client:
            for tree in now:
                taken += self._post(client, tree)
        return taken

    def _post(self, client: httpx.Client, tree: Tree) -> bool:
        body = wire.encoded(tree if self.rng is None else wire.strange(tree, self.rng))
        again = self.rng is not None and self.rng.random() < 0.1
        status = 0
        for _ in range(2 if again else 1):  # now and then the platform doesn't hear the answer, and posts it again
            try:
                status = client.post(self.url, content=body).status_code
            except httpx.TransportError:
                status = 599
            self.answers[status] += 1
        if 200 <= status < 300:
            return True
        if status >= 501:
            self.waiting.append(tree)
        else:
            self.lost.append(f"{status}: {body.decode()}")
        return False

    def _headers(self) -> dict[str, str]:
        bearer = {"Authorization": f"Bearer {self.auth}"} if isinstance(self.auth, str) else {}
        return {"Content-Type": "application/json", **bearer}

    def _basic(self) -> tuple[str, str] | None:
        return self.auth if isinstance(self.auth, tuple) else None
