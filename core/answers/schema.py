"""The JSON Schema of an answer file, drawn from the models that read it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from core.answers.form import Answer

_SHOWN: Final = {"description": "As `podesk show --json` prints it; no part of the answer, and not to be changed."}


def schema(shown: Iterable[str] = (), shown_of_line: Iterable[str] = ()) -> dict[str, Any]:
    """JSON Schema 2020-12. `shown`: what `podesk show --json` prints of an order and of a line, which may stay there."""
    drawn = Answer.model_json_schema()
    line = drawn["$defs"]["Line"]["properties"]
    for names, properties in ((shown, drawn["properties"]), (shown_of_line, line)):
        for name in names:
            properties.setdefault(name, dict(_SHOWN))
    drawn["$defs"]["Delivery"]["properties"]["transport_mode"] = dict(_SHOWN)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **drawn}
