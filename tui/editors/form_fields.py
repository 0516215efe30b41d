"""What the fields of a form can't say. Knows no screen."""

from __future__ import annotations

from tui.proposing import NotUnderstood


class FieldNotUnderstood(NotUnderstood):
    """A field that says nothing that could be sent. `field` is its name; empty: it is none of them alone."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
