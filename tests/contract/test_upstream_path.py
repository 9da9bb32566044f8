"""The maintainer's way, walked once: PostHog changes a field, the comparison says so, one file is edited, the client has it.

In a copy of the repository, with the commands that the maintainer uses.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from contract_diffing.compare import compare as diff
from contract_diffing.reading import parse, read
from contract_document import ROOT, dump, merge
from contract_review.release import judge
from tests.contract.test_generate import PARTS

RESOURCE = Path("openapi/resources/persisted_folder.yaml")
MERGED = Path("openapi/openapi.yaml")
# The schema of this test has one operation; what it does not have is no news here.
BASELINE = """\
schema: 1.0.0
entries:
  - match: ['*:operation-gone:operation', '*:status-gone:4*']
    reason: The schema of this test has one operation.
    source: this test
    date: 2026-11-21
"""
FIELDS: dict[str, Any] = {
    "id": {"type": "string", "format": "uuid", "readOnly": True},
    "type": {"allOf": [{"$ref": "#/components/schemas/FolderTypeEnum"}]},
    "protocol": {"type": "string", "maxLength": 64},
    "path": {"type": "string"},
    "created_at": {"type": "string", "format": "date-time", "readOnly": True},
    "updated_at": {"type": "string", "format": "date-time", "readOnly": True},
}


def schema(**more: Any) -> dict[str, Any]:
    """What PostHog publishes about one operation, and `more` fields."""
    place = {"in": "path", "name": "environment_id", "required": True, "schema": {"type": "string"}}
    number = {"in": "path", "name": "id", "required": True, "schema": {"type": "string", "format": "uuid"}}
    reference = {"$ref": "#/components/schemas/PersistedFolder"}
    operation = {
        "operationId": "environments_persisted_folder_retrieve",
        "deprecated": True,
        "parameters": [place, number],
        "security": [{"PersonalAPIKeyAuth": ["persisted_folder:read"]}],
        "responses": {"200": {"description": "", "content": {"application/json": {"schema": reference}}}},
    }
    folder = {"type": "object", "properties": {**FIELDS, **more}, "required": list(FIELDS)}
    values = {"type": "string", "enum": ["home", "pinned", "custom_products"]}
    return {
        "openapi": "3.0.3",
        "info": {"title": "PostHog API", "version": "1.0.0"},
        "paths": {"/api/environments/{environment_id}/persisted_folder/{id}/": {"get": operation}},
        "components": {"schemas": {"PersistedFolder": folder, "FolderTypeEnum": values}},
    }


class Repository:
    """A copy, and its commands."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for part in PARTS:
            (folder / part).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, folder / part)
        (folder / "openapi" / "upstream-baseline.yaml").write_text(BASELINE, encoding="utf-8")

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
            text=True,
            capture_output=True,
            check=False,
            timeout=240,
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done.returncode, done.stdout

    def compared(self, published: dict[str, Any]) -> tuple[int, list[str]]:
        (self.folder / "schema.json").write_text(json.dumps(published), encoding="utf-8")
        code, out = self.run("scripts/upstream_diff.py", "schema.json", "--format", "json")
        return code, [finding["id"] for finding in json.loads(out)["new"]]

    def edit(self, old: str, new: str) -> None:
        text = (self.folder / RESOURCE).read_text(encoding="utf-8")
        assert text.count(old) == 1
        (self.folder / RESOURCE).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_a_field_that_posthog_adds_reaches_the_user_through_one_edit(repository: Repository) -> None:
    news = schema(colour={"type": "string", "nullable": True})
    assert repository.compared(schema()) == (0, [])

    # PostHog adds a field: the comparison says where.
    new = "persisted_folder_retrieve:response-field-new:200.colour"
    assert repository.compared(news) == (1, [new])

    # One line of the contract.
    before = (repository.folder / MERGED).read_text(encoding="utf-8")
    (repository.folder / "before.yaml").write_text(before, encoding="utf-8")
    line = "        created_at: {type: string, format: date-time, description: When the folder was"
    repository.edit(
        line, f"        colour: {{type: [string, 'null'], description: 'Colour, or null.'}}\n{line}"
    )
    assert repository.compared(news) == (0, [])

    # The generated client has drifted until it is generated.
    assert repository.run("scripts/check.py")[0] == 1
    assert repository.run("scripts/generate.py")[0] == 0
    assert repository.run("scripts/check.py")[0] == 0
    program = (
        "from posthog_environments_api.models import PersistedFolder as F;"
        "print(F.from_dict({'id': '095be615-a8ad-4c33-8e9c-c7612fbf6c9f', 'colour': 'red'}).colour)"
    )
    search = os.pathsep.join([str(repository.folder / "generated"), str(ROOT / "src")])
    assert repository.run("-c", program, PYTHONPATH=search) == (0, "red\n")

    # The contract report says what it means for users: something new to read, and nothing that breaks.
    code, out = repository.run("scripts/contract_diff.py", "before.yaml", str(MERGED), "--format", "json")
    report = json.loads(out)
    assert (code, report["summary"]["breaking"]) == (0, 0)
    changed = [change for change in report["changes"] if "colour" in change["place"]]
    assert [change["level"] for change in changed] == ["additive"]
    assert "persisted_folder_retrieve" in changed[0]["operations"]

    # Version and changelog: the next patch version before 1.0, and nothing is missing.
    changes = diff(read(repository.folder / "before.yaml"), read(repository.folder / MERGED))
    released = "## [0.1.0] - 2026-11-21\n"
    verdict = judge(changes, released, "## [Unreleased]\n\n### Added\n\n- `colour`\n\n" + released, "0.1.1")
    assert (verdict.level, verdict.needs, verdict.problems) == ("additive", (0, 1, 1), ())


def test_a_field_that_posthog_removes_needs_a_version_and_a_line_in_the_changelog(
    repository: Repository,
) -> None:
    gone = schema()
    del gone["components"]["schemas"]["PersistedFolder"]["properties"]["updated_at"]
    lost = "persisted_folder_retrieve:response-field-gone:200.updated_at"
    assert repository.compared(gone) == (1, [lost])

    before = read(repository.folder / MERGED)
    line = (
        "        updated_at: {type: string, format: date-time, description: When the row was last changed.}\n"
    )
    repository.edit(line, "")
    assert repository.compared(gone) == (0, [])

    changes = diff(before, parse(dump(merge(repository.folder / "openapi")), "the edited contract"))
    released = "## [0.1.0] - 2026-11-21\n"
    silent = judge(changes, released, released, "0.1.0")
    assert (silent.level, silent.needs, bool(silent.problems)) == ("breaking", (0, 2, 0), True)
    entry = "## [Unreleased]\n\n### Removed\n\n- `PersistedFolder.updated_at`\n\n"
    assert judge(changes, released, entry + released, "0.2.0").problems == ()
