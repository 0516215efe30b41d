"""What the fields of a form hold, and what they can't say. Knows no screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from tui.display import display
from tui.proposing import NotUnderstood

LONGEST: Final = 500
"""Characters of a field."""


class FieldNotUnderstood(NotUnderstood):
    """A field that says nothing that could be sent. `field` is its name; empty: it is none of them alone."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


def as_shown(text: str) -> str:
    """`text` as a field has it while nobody types there: cut, and without what a terminal would obey."""
    return display(text, LONGEST)


def untyped(form: Mapping[str, str], name: str, text: str) -> bool:
    """Whether the field `name` stands as it does for `text`; one that isn't offered does."""
    return name not in form or form[name].strip() == as_shown(text).strip()
