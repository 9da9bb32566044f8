"""Whom does the change since BASE hit, and is that announced? `python scripts/contract_gate.py [--base REVISION]`

Compares contract and packages with a git revision: the documents (our own comparison, with Redocly's as a second
opinion), the public Python names (griffe) and the old typing tests (mypy). Fails when a breaking change comes without
the version and the changelog entry that it needs. `docs/contract-diff.md` says how changes are classed.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contract_diffing.changes import Change
from contract_diffing.compare import compare
from contract_diffing.reading import Unreadable, parse, read
from contract_diffing.report import escape, github, markdown, summary
from contract_document import ROOT, ContractError, dump, merge
from contract_lines import ContractLines
from contract_review.base import Base, NoBase, find_base, unpack
from contract_review.old_typing import check_old_typing
from contract_review.python_api import compare_packages
from contract_review.release import Verdict, judge, said
from contract_review.second_opinion import Opinion, agrees, alone, ask
from node_tools import NodeMissing
from releasing.fragments import changelog_of


@dataclass
class Review:
    """Everything that the report says."""

    base: Base
    contract: list[Change]
    python: list[Change]
    typing: list[Change]
    verdict: Verdict
    opinions: list[Opinion] = field(default_factory=list)
    unasked: str = ""  # why there is no second opinion

    @property
    def changes(self) -> list[Change]:
        return [*self.contract, *self.python, *self.typing]


def review(base: Base, *, second: bool, root: Path = ROOT) -> Review:
    with tempfile.TemporaryDirectory(prefix="contract-base-") as scratch:
        folder = Path(scratch)
        unpack(root, base, folder)
        new_text = dump(merge(root / "openapi"))
        old, new = read(folder / "openapi" / "openapi.yaml"), parse(new_text, "the contract")
        contract = compare(old, new)
        python = compare_packages(folder, root)
        typing = check_old_typing(folder, root)
        opinions, unasked = _second_opinion(folder, new_text) if second else ([], "not asked for")
        verdict = judge(
            [*contract, *python, *typing],
            changelog_of(folder),
            changelog_of(root),
            version_of(root),
        )
    return Review(base, contract, python, typing, verdict, opinions, unasked)


def _second_opinion(folder: Path, new_text: str) -> tuple[list[Opinion], str]:
    new = folder / "new.yaml"
    new.write_text(new_text, encoding="utf-8")
    try:
        return ask(folder / "openapi" / "openapi.yaml", new), ""
    except NodeMissing as error:
        return [], str(error)


def version_of(root: Path) -> str:
    text = (root / "src" / "posthog_environments" / "_version.py").read_text(encoding="utf-8")
    found = re.search(r'__version__ = "([^"]+)"', text)
    return found[1] if found else ""


class Lines:
    """The hand-written line of a change of the contract; none for other changes and for what is gone."""

    def __init__(self) -> None:
        self._lines = ContractLines()

    def __call__(self, change: Change) -> tuple[str, int] | None:
        if not change.place.startswith("#"):
            return None
        line = self._lines.find(change.place)
        return line.file, line.line


def as_markdown(found: Review, lines: Lines) -> str:
    verdict = found.verdict
    texts = [
        f"# Contract and packages since {found.base.revision[:12]} ({found.base.why})",
        "",
        f"**{_headline(verdict)}**",
    ]
    if verdict.problems:
        texts += ["", "What is missing:", "", *(f"- {problem}" for problem in verdict.problems)]
    if verdict.corrected:
        count = len(verdict.corrected)
        texts += [
            "",
            f"{count} of the changes below are announced as corrections: the server has always behaved so.",
        ]
    for title, changes in (
        ("The contract", found.contract),
        ("Python names (griffe)", found.python),
        ("Typing tests of the base against the code of today (mypy)", found.typing),
    ):
        texts += ["", f"## {title}", "", markdown(changes, lines)]
    texts += ["", "## Second opinion (redocly diff)", "", *_opinion_lines(found)]
    return "\n".join(texts)


def _headline(verdict: Verdict) -> str:
    kind = {"breaking": "Breaking", "additive": "Additive", "invisible": "Nobody sees a difference"}[
        verdict.level
    ]
    if verdict.level == "invisible":
        return f"{kind}."
    if verdict.needs is None:
        return f"{kind}. Nothing has been released yet, so no version is asked for."
    return f"{kind}. Needs version {said(verdict.needs)} or later; it is {said(verdict.version)}, after {said(verdict.released)}."


def _opinion_lines(found: Review) -> list[str]:
    if found.unasked:
        return [f"None: {found.unasked}"]
    breaking = [change for change in found.contract if change.level == "breaking"]
    both = [change for change in breaking if agrees(change, found.opinions)]
    counts = {
        impact: sum(opinion.impact == impact for opinion in found.opinions)
        for impact in ("major", "minor", "patch")
    }
    texts = [
        f"{counts['major']} major, {counts['minor']} minor, {counts['patch']} patch."
        f" Of {len(breaking)} breaking changes above it found {len(both)}."
    ]
    texts += [f"- only ours: {change.message} (`{change.rule}`)" for change in breaking if change not in both]
    texts += [
        f"- only Redocly: {opinion.message or opinion.rule} (`{opinion.rule}`, `{opinion.place}`)"
        for opinion in alone(found.opinions, found.contract)
    ]
    return texts


def as_json(found: Review) -> str:
    verdict = found.verdict
    return json.dumps(
        {
            "base": {"revision": found.base.revision, "why": found.base.why},
            "level": verdict.level,
            "released": said(verdict.released),
            "version": said(verdict.version),
            "needs": said(verdict.needs),
            "problems": list(verdict.problems),
            "corrected": [change.message for change in verdict.corrected],
            "summary": summary(found.changes),
            "contract": [
                {**change.as_json(), "found_by": _found_by(change, found)} for change in found.contract
            ],
            "python": [{**change.as_json(), "found_by": ["griffe"]} for change in found.python],
            "typing": [{**change.as_json(), "found_by": ["mypy"]} for change in found.typing],
            "second_opinion": {
                "unasked": found.unasked,
                "alone": [vars(opinion) for opinion in alone(found.opinions, found.contract)],
            },
        },
        indent=2,
        ensure_ascii=False,
        default=str,
    )


def _found_by(change: Change, found: Review) -> list[str]:
    return ["contract_diff", *(["redocly"] if agrees(change, found.opinions) else [])]


def as_github(found: Review, lines: Lines) -> str:
    """Annotations: errors where something is missing, else warnings and notices."""
    texts = [f"::error title=contract::{escape(problem)}" for problem in found.verdict.problems]
    for line in github(found.changes, lines):
        announced = not found.verdict.problems and line.startswith("::error")
        texts.append(line.replace("::error", "::warning", 1) if announced else line)
    return "\n".join(texts)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--base", default="", help="a git revision; found by itself where left out")
    parser.add_argument("--format", choices=("markdown", "github"), default="markdown")
    parser.add_argument("--markdown", type=Path, metavar="FILE", help="write the report there too")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report for machines there")
    parser.add_argument("--no-second-opinion", action="store_true", help="needs no Node")
    given = parser.parse_args(arguments)
    try:
        base = find_base(ROOT, given.base)
        found = review(base, second=not given.no_second_opinion)
    except NoBase as error:
        print(f"Not compared: {error}", file=sys.stderr)
        return 2 if given.base else 0
    except (ContractError, Unreadable) as error:
        print(f"Not compared: {error}", file=sys.stderr)
        return 2
    lines = Lines()
    print(as_github(found, lines) if given.format == "github" else as_markdown(found, lines))
    if given.markdown:
        given.markdown.write_text(as_markdown(found, lines) + "\n", encoding="utf-8")
    if given.json:
        given.json.write_text(as_json(found) + "\n", encoding="utf-8")
    if found.verdict.problems:
        print("\nThe change is not announced as it must be; see above.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
