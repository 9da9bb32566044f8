"""The whole review of a change: one report for people, one for machines, annotations with file and line."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

import contract_gate
from contract_document import ROOT
from contract_review.base import PARTS, find_base

IGNORE = shutil.ignore_patterns("__pycache__")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The parts that are compared, committed once; the typing tests are checked elsewhere."""
    monkeypatch.setattr(contract_gate, "check_old_typing", lambda folder, root: [])
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=IGNORE)
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    # What the project's own changelog announces must not excuse what the tests do.
    (tmp_path / "CHANGELOG.md").write_text(
        "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-11-21\n", encoding="utf-8"
    )
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "base"]):
        settings = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *settings, *command], cwd=tmp_path, check=True, capture_output=True)
    return tmp_path


def remove_a_parameter(repository: Path) -> None:
    file = repository / "openapi" / "resources" / "persons.yaml"
    text = file.read_text(encoding="utf-8")
    start = text.index("        - name: search\n")
    file.write_text(text[:start] + text[text.index("      responses:", start) :], encoding="utf-8")


def test_a_breaking_change_that_nobody_announced_is_reported_in_every_form(repository: Path) -> None:
    remove_a_parameter(repository)
    found = contract_gate.review(find_base(repository, "HEAD"), second=False, root=repository)
    assert [(one.level, one.rule, one.subject) for one in found.contract] == [
        ("breaking", "parameter-removed", "persons_list")
    ]
    assert found.verdict.level == "breaking"
    assert found.verdict.problems
    lines = contract_gate.Lines()
    report = contract_gate.as_markdown(found, lines)
    assert "persons_list: query parameter search removed" in report
    assert "hits callers" in report
    data = json.loads(contract_gate.as_json(found))
    assert data["level"] == "breaking"
    assert data["contract"][0]["found_by"] == ["contract_diff"]
    annotations = contract_gate.as_github(found, lines).splitlines()
    assert annotations[0].startswith("::error title=contract::")
    assert any("file=openapi/resources/persons.yaml,line=" in line for line in annotations)


def test_an_unchanged_contract_needs_nothing(repository: Path) -> None:
    found = contract_gate.review(find_base(repository, "HEAD"), second=False, root=repository)
    assert (found.changes, found.verdict.level, found.verdict.problems) == ([], "invisible", ())
    assert "Nobody sees a difference." in contract_gate.as_markdown(found, contract_gate.Lines())


def test_an_unknown_base_is_refused_with_status_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert contract_gate.main(["--base", "no-such-revision"]) == 2
    assert "no-such-revision" in capsys.readouterr().err


def test_a_change_may_be_announced_by_a_file_that_waits(repository: Path) -> None:
    remove_a_parameter(repository)
    (repository / "changelog.d").mkdir(exist_ok=True)
    (repository / "changelog.d" / "search.removed.md").write_text("`persons.list` takes no `search`.")
    version = repository / "src" / "posthog_environments" / "_version.py"
    version.write_text('__version__ = "0.2.0"\n')
    found = contract_gate.review(find_base(repository, "HEAD"), second=False, root=repository)
    assert (found.verdict.level, found.verdict.problems) == ("breaking", ())
