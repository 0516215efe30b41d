"""A desk whose rules answer the shop's small orders in the response that took them; larger ones are a person's."""

from __future__ import annotations

from tests.server.desk import NOWHERE, SHOP_TABLE, WEBHOOK, Desk

RULES = """\
[[rule]]
name = "small ones"
answer = "accept"
when = { quantity = { max = 100 }, task = ["issued", "other-terms"] }
"""


def shop(form: str = "ubl", profile: str = "generic", mode: str = "answer", *, immediate: bool = True) -> str:
    table = SHOP_TABLE.replace(
        'profile = "generic"', f'profile = "{profile}"\nrules = "{mode}"\nour_account = "340760"'
    )
    return table + f"immediate_answer = {str(immediate).lower()}\n" + NOWHERE.replace("<format>", form)


def ruled(desk: Desk, connections: str | None = None, *, hold: str = "10s", webhook: str = WEBHOOK) -> Desk:
    desk.write(connections if connections is not None else shop(), webhook, f'operator_hold = "{hold}"\n')
    (desk.folder / "rules.toml").write_text(RULES, encoding="utf-8")
    return desk
