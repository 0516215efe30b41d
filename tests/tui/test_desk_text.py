"""What partners wrote gets into widgets only as text that was made fit to be shown: read off the sources of the desk."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

TUI = Path(__file__).resolve().parent.parent.parent / "tui"
PAINTS = ("import rich", "from rich", "from textual", "from tui.display")
COMMANDS = {"cli.py", "views.py", "ending.py", "proposing.py"}
"""What the desk doesn't paint with; commands print, and have tests of their own."""
DESK = sorted(
    path
    for path in TUI.glob("*.py")
    if path.name not in COMMANDS and any(word in path.read_text(encoding="utf-8") for word in PAINTS)
)

WIDGETS = {"Static", "Label", "Button", "Option", "Input", "Digits", "Link", "Markdown", "Tab", "Checkbox"}
METHODS = {"update", "notify", "add_row", "add_column", "add_option", "set_label", "exit", "panic"}
ATTRIBUTES = {"title", "sub_title", "tooltip", "border_title", "border_subtitle", "placeholder", "label"}
TEXT = {"Text", "Content", "assemble"}

WRITTEN_BY_PARTNERS = {
    "number", "buyer", "buyer_name", "name", "names", "city", "description", "reason", "notes", "email", "phone",
    "position", "supplier_item_number", "locator", "sender", "place", "remedy", "last_error", "summary", "detail",
    "currency", "price_unit", "content_type", "refused", "sentence", "actor",
}  # fmt: skip


def functions_that_make_text() -> set[str]:
    return {
        node.name
        for path in DESK
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and isinstance(node.returns, ast.Name) and node.returns.id in TEXT
    }


def name_of(function: ast.expr) -> str:
    return (
        function.attr if isinstance(function, ast.Attribute) else function.id if isinstance(function, ast.Name) else ""
    )


def sinks(tree: ast.AST) -> Iterator[ast.expr]:
    """Every expression that a widget paints."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and name_of(node.func) in WIDGETS | METHODS:
            yield from node.args
            yield from (
                keyword.value for keyword in node.keywords if keyword.arg in ATTRIBUTES | {"message", "content"}
            )
        elif isinstance(node, ast.Assign):
            yield from (
                node.value for target in node.targets if isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES
            )


def is_text(value: ast.expr, makers: set[str], names: set[str]) -> bool:
    match value:
        case ast.Constant():
            return True
        case ast.Call():
            return name_of(value.func) in makers
        case ast.IfExp():
            return is_text(value.body, makers, names) and is_text(value.orelse, makers, names)
        case ast.Name():
            return value.id in names
    return False


def offences(source: str, makers: set[str]) -> list[str]:
    tree = ast.parse(source)
    # Names that hold a Text, wherever in the file they are made.
    names = {
        target.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and is_text(node.value, makers, set())
        for target in node.targets
        if isinstance(target, ast.Name) and not isinstance(node.value, ast.Constant)
    }
    found = [f"{ast.unparse(value)} is no Text" for value in sinks(tree) if not is_text(value, makers, names)]
    found += [
        f"{ast.unparse(node)} reads markup"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "from_markup"
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue | ast.Call):
            found += [f"{ast.unparse(part)} is shown as it came" for part in shown_as_it_came(node)]
    return found


def shown_as_it_came(node: ast.FormattedValue | ast.Call) -> Iterator[ast.expr]:
    """A partner's text that goes into a string, or into `Text`, without `display`."""
    if isinstance(node, ast.FormattedValue):
        parts = [node.value]
    else:
        parts = node.args if name_of(node.func) in TEXT | {"append"} else []
    yield from (part for part in parts if isinstance(part, ast.Attribute) and part.attr in WRITTEN_BY_PARTNERS)


@pytest.mark.parametrize("path", DESK, ids=lambda path: path.name)
def test_widgets_get_text_that_is_fit_to_be_shown(path: Path) -> None:
    assert offences(path.read_text(encoding="utf-8"), TEXT | functions_that_make_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "yield Static(row.number)",
        "yield Static(f'Order {display(row.number)}')",
        "self.notify(sentence)",
        "self.app.notify('x', title=row.number)",
        "widget.tooltip = order.number",
        "table.add_row(line.position)",
        "label.update(name)",
        "Content.from_markup('[b]x')",
        "text = Text(row.buyer_name)",
        "text.append(line.position)",
        "say(f'{row.number} done')",
    ],
)
def test_each_careless_way_is_caught(line: str) -> None:
    assert offences(line, TEXT)
