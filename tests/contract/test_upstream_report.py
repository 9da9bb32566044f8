"""The report says the new things first, for people, programs and GitHub; nothing from outside can break out of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_document import ROOT
from tests.contract.breaking import put
from tests.contract.vendor import THING, vendor
from upstream_baseline import Baseline, Entry, Judged, judge, load_baseline
from upstream_compare import Result, compare
from upstream_report import CUT, as_json, code, github, markdown
from upstream_source import Published

TODAY = date(2026, 11, 21)
HOSTILE = "a`|b\n\n# Big\n::error::x\r\n@everyone <img src=x>"


def judged(small: dict[str, Any], document: dict[str, Any], *more: Entry) -> tuple[Published, Result, Judged]:
    result = compare(small, document)
    baseline = Baseline("1.0.0", (*load_baseline().entries, *more))
    found = judge(result.findings, baseline, version="1.0.0", era=result.era, today=TODAY)
    return Published("schema.yaml", document, 100), result, found


@pytest.fixture
def changed(small: dict[str, Any]) -> tuple[Published, Result, Judged]:
    document = vendor()
    put(document, f"{THING}/id/type", "string")
    put(document, f"{THING}/size", {"type": "integer"})
    gone = Entry(99, ("things_list:*:nothing",), "known", "a page", TODAY)
    past = Entry(98, ("*:200[].size",), "look again", "a page", TODAY, expires=date(2026, 1, 1))
    return judged(small, document, gone, past)


@pytest.fixture
def hostile(small: dict[str, Any]) -> tuple[Published, Result, Judged]:
    document = vendor()
    document["info"] = {"title": HOSTILE, "version": "1.0.0"}
    put(document, "#/components/schemas/KindEnum/enum", ["big", HOSTILE])
    document["components"]["schemas"]["Thing"]["properties"][HOSTILE] = {"type": "string"}
    return judged(small, document)


def test_the_summary_comes_first_then_the_operations_then_what_is_known(changed: Any) -> None:
    text = markdown(*changed)
    places = [text.index(part) for part in (
        "4 of our 4 operations", "| Breaks us | 2 |", "| operation |", "## `things_list`", "past their date",
        "match nothing any more", "## Accepted in the baseline", "Known from notes",
    )]  # fmt: skip
    assert places == sorted(places)
    assert text.count("## `things_") == 3


def test_within_an_operation_what_breaks_us_comes_first(changed: Any) -> None:
    text = markdown(*changed)
    part = text[text.index("## `things_values`") :]
    assert part.index("| breaks us | response-field-type |") < part.index("| lets us do more |")


def test_a_report_without_news_says_so(small: dict[str, Any]) -> None:
    text = markdown(*judged(small, vendor()))
    assert "Nothing new." in text
    assert "| operation |" not in text


def test_what_is_known_is_shown_with_its_reason(small: dict[str, Any]) -> None:
    text = markdown(*judged(small, vendor()))
    assert "documented no response body, observed the thing" in text
    assert "The framework offers form encodings for every body" in text


def test_a_report_can_be_cut_to_what_an_issue_holds(changed: Any) -> None:
    text = markdown(*changed, limit=900)
    assert len(text) <= 900
    assert text.endswith(CUT)
    assert markdown(*changed, limit=100_000) == markdown(*changed)


def test_the_json_report_has_every_finding_once(changed: Any) -> None:
    published, result, found = changed
    report = json.loads(as_json(published, result, found))
    ids = [one["id"] for key in ("new", "known", "accepted") for one in report[key]]
    assert sorted(ids) == sorted(finding.identity for finding in result.findings)
    assert report["schema"] == {
        "source": "schema.yaml", "title": "Things API", "version": "1.0.0", "openapi": "3.0.3",
        "era": "environments", "bytes": 100,
    }  # fmt: skip
    assert {"kind", "operation", "place", "ours", "theirs", "severity", "id"} <= set(report["new"][0])
    assert [one["entry"] for one in report["expired"]] == [98]
    assert {"entry": 99, "match": "things_list:*:nothing"} in report["stale"]


def test_github_shows_one_line_for_each_new_finding(changed: Any) -> None:
    published, result, found = changed
    *lines, last = github(published, result, found).splitlines()
    errors = [line for line in lines if line.startswith("::error title=")]
    assert len(errors) == sum(one.severity.value == "breaks us" for one in found.new) == 2
    assert len(lines) == len(found.new) + len(found.stale)
    assert last.startswith("schema.yaml: ")


def test_a_code_span_cannot_be_left() -> None:
    assert code(HOSTILE) == "`aʹ¦b # Big ::error::x @everyone <img src=x>`"
    assert len(code("x" * 1000)) < 170
    assert code("") == "`-`"


def test_names_from_outside_stay_inside_code_spans_of_the_report(hostile: Any) -> None:
    text = markdown(*hostile)
    assert "aʹ¦b" in text
    outside = re.sub(r"`[^`\n]*`", "", text)
    assert "@everyone" not in outside
    assert "<img" not in outside
    assert "\n# Big" not in text


def test_names_from_outside_cannot_give_github_a_command(hostile: Any) -> None:
    lines = github(*hostile).splitlines()
    assert not [
        line
        for line in lines
        if line.startswith("::") and not re.match(r"::(error|warning|notice) title=", line)
    ]
    assert "%0A" in "".join(lines)


def test_names_from_outside_leave_the_json_readable(hostile: Any) -> None:
    assert HOSTILE in [one["theirs"] for one in json.loads(as_json(*hostile))["new"]]


# --- the workflow --------------------------------------------------------------------------------------------

WORKFLOW = ROOT / ".github" / "workflows" / "upstream.yml"


def workflow() -> dict[Any, Any]:
    loaded: dict[Any, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return loaded


def test_the_workflow_runs_by_itself_and_by_hand() -> None:
    triggers = workflow()[True]  # YAML reads `on` so
    assert set(triggers) == {"schedule", "workflow_dispatch"}
    assert len(triggers["schedule"]) == 1


def test_the_workflow_may_only_write_issues() -> None:
    loaded = workflow()
    assert loaded["permissions"] == {}
    assert [job["permissions"] for job in loaded["jobs"].values()] == [
        {"contents": "read", "issues": "write"}
    ]


def test_the_workflow_pins_every_action_by_its_commit() -> None:
    steps = [step for job in workflow()["jobs"].values() for step in job["steps"]]
    used = [step["uses"] for step in steps if "uses" in step]
    assert used
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", one) for one in used)


def test_the_workflow_puts_nothing_from_outside_into_a_script() -> None:
    """`${{ }}` inside `run` is pasted as shell code; the environment is not. The token is only where it is used."""
    steps = [step for job in workflow()["jobs"].values() for step in job["steps"]]
    assert not [step for step in steps if "${{" in step.get("run", "")]
    assert [step["name"] for step in steps if "GH_TOKEN" in step.get("env", {})] == [
        "Open, update or close the issue"
    ]


GH = """\
#!/usr/bin/env bash
echo "$@" >> "$GH_LOG"
case "$1 $2" in
  "issue list") echo "$GH_NUMBER" ;;
  "issue view") cat "$GH_BODY" ;;
esac
"""


class Issue:
    """The script with a `gh` that only writes down what it is asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "gh").write_text(GH, encoding="utf-8")
        (folder / "gh").chmod(0o755)
        (folder / "report.md").write_text("# New\n`$(touch broken)`\n", encoding="utf-8")

    def run(self, status: int, number: str = "", body: str = "") -> tuple[int, list[str]]:
        log, old = self.folder / "log", self.folder / "old"
        log.write_text("", encoding="utf-8")
        old.write_text(body, encoding="utf-8")
        done = subprocess.run(
            ["bash", str(ROOT / "scripts" / "upstream_issue.sh"), str(status), "report.md"],
            cwd=self.folder,
            env={
                "PATH": f"{self.folder}:{os.environ['PATH']}",
                "GH_LOG": str(log),
                "GH_NUMBER": number,
                "GH_BODY": str(old),
            },
            check=False,
            capture_output=True,
            timeout=60,
        )
        lines = log.read_text(encoding="utf-8").splitlines()
        return done.returncode, [line for line in lines if not line.startswith(("issue list", "issue view"))]


@pytest.fixture
def issue(tmp_path: Path) -> Issue:
    return Issue(tmp_path)


def test_news_opens_one_issue(issue: Issue) -> None:
    status, asked = issue.run(1)
    assert status == 0
    assert asked == ["issue create --title PostHog's schema differs from our contract --body-file report.md"]
    assert not (issue.folder / "broken").exists()


def test_other_news_brings_the_issue_up_to_date_and_says_so(issue: Issue) -> None:
    status, asked = issue.run(1, number="7", body="older")
    assert status == 0
    assert [line.split(" --")[0] for line in asked] == ["issue edit 7", "issue comment 7"]


def test_the_same_news_is_not_told_twice(issue: Issue) -> None:
    assert issue.run(1, number="7", body="# New\n`$(touch broken)`\n") == (0, [])


def test_no_news_closes_the_issue(issue: Issue) -> None:
    assert issue.run(0) == (0, [])
    status, (asked,) = issue.run(0, number="7")
    assert (status, asked.split(" --")[0]) == (0, "issue close 7")


def test_without_a_comparison_the_issue_stays_and_the_job_fails(issue: Issue) -> None:
    assert issue.run(2, number="7") == (2, [])
