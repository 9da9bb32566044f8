"""Does the contract keep every rule? `python scripts/lint_contract.py [--format text|json|github]`

Three judges: openapi-spec-validator (valid OpenAPI 3.1), our own rules (`openapi/README.md`, and what the generator
would lose without a word), and Redocly's linter with the rules of `tools/contract/lint-rules.yaml`. Each message names
file and line of the hand-written contract. Exit status 1 when there is a message, 2 when the linter cannot be had:
`--no-linter` does without it, `--without-node warn` where there is no Node.
"""

from __future__ import annotations

import argparse
import importlib
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from contract_diffing.report import escape
from contract_document import CONTRACT, ROOT, ContractError, merge
from contract_lines import ContractLines
from node_tools import FOLDER, NodeMissing, redocly

FORMATS = ("text", "json", "github")
_LINTER_CRASH = "the linter gave no report"


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    message: str
    rule: str
    place: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.message} ({self.rule})"


def findings_of_rules(document: Mapping[str, Any], lines: ContractLines) -> Iterator[Finding]:
    """What openapi-spec-validator and our own rules say."""
    if str(ROOT) not in sys.path:
        sys.path.insert(0, str(ROOT))
    rules = importlib.import_module("tests.contract.rules").RULES
    broken = False
    for name, rule in rules.items():
        try:
            for text in rule(document):
                place, _, message = text.partition(": ")
                broken = True
                yield _finding(lines, place, message or text, name)
        except (AttributeError, ContractError, KeyError, TypeError, ValueError) as error:
            # Later rules may take for granted what an earlier one found to be missing.
            if not broken:
                yield _finding(lines, "#", f"the rule could not be tried: {error!r}", name)


def findings_of_linter(document: Mapping[str, Any], lines: ContractLines) -> Iterator[Finding]:
    """What Redocly says. Raises `NodeMissing` where it cannot be had."""
    with tempfile.TemporaryDirectory(prefix="contract-lint-") as scratch:
        file = Path(scratch) / "openapi.json"
        file.write_text(json.dumps(document, default=str), encoding="utf-8")
        config = FOLDER / "lint-rules.yaml"
        done = redocly(
            ["lint", str(file), "--config", str(config), "--format", "json", "--max-problems", "10000"]
        )
    yield from findings_of_report(done.stdout, done.stderr, lines)


def findings_of_report(report: str, errors: str, lines: ContractLines) -> Iterator[Finding]:
    start = report.find("{")
    try:
        problems = json.loads(report[start:] if start >= 0 else "")["problems"]
    except (ValueError, KeyError):
        raise NodeMissing(f"{_LINTER_CRASH}:\n{(errors or report).strip()[-1500:]}") from None
    for problem in problems:
        location = (problem.get("location") or [{}])[0]
        place = str(location.get("pointer") or "#")
        yield _finding(lines, place, str(problem["message"]), f"redocly {problem['ruleId']}")


def findings_of_merge(error: ContractError) -> Finding:
    """The files do not make one document; the error names file and, for bad YAML, line."""
    text = str(error)
    file = re.search(r"[\w.-]+\.yaml", text)
    known = next((path for path in CONTRACT.rglob(file[0])), None) if file else None
    line = re.findall(r"line (\d+)", text)
    name = known.relative_to(ROOT).as_posix() if known else "openapi/root.yaml"
    message = " ".join(text.replace(str(ROOT), "").split())
    return Finding(name, int(line[-1]) if line else 1, message, "merge", "#")


def _finding(lines: ContractLines, place: str, message: str, rule: str) -> Finding:
    where = lines.find(place)
    return Finding(where.file, where.line, " ".join(message.split()), rule, place)


def render(findings: list[Finding], form: str) -> str:
    match form:
        case "json":
            return json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False)
        case "github":
            return "\n".join(
                f"::error file={one.file},line={one.line},title={escape(one.rule, property_=True)}::{escape(one.message)}"
                for one in findings
            )
        case _:
            return "\n".join(map(str, findings))


def lint(*, linter: bool) -> tuple[list[Finding], str]:
    """Every finding, and why the linter was not asked (empty when it was)."""
    try:
        document = merge()
    except ContractError as error:
        return [findings_of_merge(error)], ""
    lines = ContractLines()
    found = list(findings_of_rules(document, lines))
    missing = ""
    if linter:
        try:
            found += findings_of_linter(document, lines)
        except NodeMissing as error:
            missing = str(error)
    return sorted(set(found), key=lambda one: (one.file, one.line, one.rule, one.message)), missing


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--format", choices=FORMATS, default="text")
    parser.add_argument("--no-linter", action="store_true", help="our rules only: needs no Node")
    parser.add_argument(
        "--without-node",
        choices=("fail", "warn"),
        default="fail",
        help="what to do where the linter cannot be had (default: fail)",
    )
    given = parser.parse_args(arguments)
    found, missing = lint(linter=not given.no_linter)
    text = render(found, given.format)
    if text:
        print(text)
    if missing:
        print(f"The linter was not asked. {missing}", file=sys.stderr)
        if given.format == "github":
            print(f"::warning title=contract linter::{escape('The linter was not asked. ' + missing)}")
    if found:
        print(f"{len(found)} messages", file=sys.stderr)
        return 1
    if not missing and given.format == "text":
        print("The contract keeps every rule.")
    return 2 if missing and given.without_node == "fail" else 0


if __name__ == "__main__":
    sys.exit(main())
