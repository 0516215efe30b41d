"""The platform is a second reading of the rules: it may not know podesk's."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.py")), ids=lambda path: path.stem)
def test_it_imports_nothing_of_podesk(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    known = sys.stdlib_module_names | {"httpx", "pytest", "simplejson", "starlette", "uvicorn"}
    foreign = {
        name
        for name in imported
        if name.partition(".")[0] not in known and not f"{name}.".startswith("tests.platform.")
    }
    assert foreign <= {"sync.demo.servers.loop"}, "but for the thread that a server runs in"
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not (imported | named) & {"importlib", "import_module", "__import__", "exec", "eval"}
