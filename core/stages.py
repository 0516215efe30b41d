"""How far goods have come in our house; beside the model, since settings and profiles need it without one."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    PRODUCED = "produced"
    PACKED = "packed"
    SHIPPED = "shipped"
