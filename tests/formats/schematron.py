"""Peppol's Schematron rules, compiled to XSLT 2, run over documents: `python -m tests.formats.schematron RULES FILE…`.

In a process of its own: Saxon brings a virtual machine along, which stays out of the one that runs the tests. Prints a
JSON object: for each file the rules that it breaks, each as [flag, sentence].
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from lxml import etree

ROOT = Path(__file__).resolve().parents[2]
SVRL = "{http://purl.oclc.org/dsdl/svrl}"

Broken = dict[str, list[tuple[str, str]]]


def broken_rules(rules: Path, documents: list[Path]) -> Broken:
    """By the documents' names, the rules that they break: (flag, sentence)."""
    command = [sys.executable, "-m", "tests.formats.schematron", str(rules), *map(str, documents)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr.decode()
    found = json.loads(done.stdout)
    return {name: [(flag, sentence) for flag, sentence in broken] for name, broken in found.items()}


def fatal(broken: Broken) -> Broken:
    """Only what makes a document invalid, and only the documents of which that is true."""
    by_name = {name: [rule for rule in rules if rule[0] == "fatal"] for name, rules in broken.items()}
    return {name: rules for name, rules in by_name.items() if rules}


def main(rules: str, *documents: str) -> None:
    from saxonche import PySaxonProcessor  # here, so that only this process has it

    found = {}
    with PySaxonProcessor(license=False) as saxon:
        stylesheet = saxon.new_xslt30_processor().compile_stylesheet(stylesheet_file=rules)
        for document in documents:
            report = stylesheet.transform_to_string(source_file=document)
            failed = etree.fromstring(report.encode()).iter(f"{SVRL}failed-assert")
            found[Path(document).name] = [
                (each.get("flag", ""), "".join(map(str, each.itertext())).strip() + f" ({each.get('location')})")
                for each in failed
            ]
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
