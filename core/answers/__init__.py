"""A whole answer to an order, as a person or a program writes it in a file: JSON in podesk's own words.

The words are those of `podesk show --json`, whose output may stand around the answer untouched. `read` takes the bytes,
`files` says what they attach, `decision` makes of it what the order book takes.
"""

from __future__ import annotations

from core.answers.deciding import decision, files
from core.answers.form import Answer
from core.answers.reading import MOST_BYTES, AnswerError, read
from core.answers.schema import schema

__all__ = ["MOST_BYTES", "Answer", "AnswerError", "decision", "files", "read", "schema"]
