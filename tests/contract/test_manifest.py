"""The manifest names every input and output, and a release of the generator is noticed by the templates it changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

import check
import manifest
import upgrade_generator
from contract_document import ROOT
from generate import GENERATOR, OUTPUTS

COMMITTED: dict[str, Any] = json.loads((ROOT / manifest.MANIFEST).read_text(encoding="utf-8"))


def test_every_generated_file_is_in_the_manifest_with_its_hash() -> None:
    made = {path: content for path, content in check.files(ROOT).items() if path != manifest.MANIFEST}
    assert COMMITTED["outputs"] == {
        path.as_posix(): hashlib.sha256(content).hexdigest() for path, content in sorted(made.items())
    }
    assert len(made) > 100


def test_the_committed_manifest_is_what_the_sources_give() -> None:
    fresh = manifest.manifest(ROOT, tuple(out for out in OUTPUTS if out != manifest.MANIFEST))
    assert fresh == COMMITTED
    assert manifest.as_text(fresh) == (ROOT / manifest.MANIFEST).read_text(encoding="utf-8")


def test_the_manifest_names_the_tools_and_the_sources() -> None:
    assert COMMITTED["generator"] == {"openapi-python-client": GENERATOR}
    assert COMMITTED["formatter"] == {"ruff": version("ruff")}
    assert {"openapi/root.yaml", "openapi/resources/persons.yaml", "generator-config.yaml"} <= set(
        COMMITTED["inputs"]
    )
    templates = {path.name for path in (ROOT / "generator-templates").glob("*.jinja")}
    assert {f"generator-templates/{name}" for name in templates} <= set(COMMITTED["inputs"])


def test_the_replaced_templates_are_those_that_the_readme_calls_so() -> None:
    rows = (ROOT / "generator-templates" / "README.md").read_text(encoding="utf-8").splitlines()
    named = {cell.strip("` ") for row in rows if "| yes |" in row for cell in row.split("|")[1].split(",")}
    assert set(COMMITTED["replaced_templates"]) <= named


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The generated files, to spoil."""
    for place in check.PLACES:
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / place).is_dir():
            shutil.copytree(ROOT / place, tmp_path / place, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / place, tmp_path / place)
    return tmp_path


def test_an_equal_copy_does_not_differ(copy: Path) -> None:
    assert list(check.differences(copy, ROOT)) == []


@pytest.mark.parametrize(
    "place", ["generated/stray.py", "generated/posthog_environments_api/models/stray.txt"]
)
def test_a_file_that_nobody_generates_is_caught_anywhere(copy: Path, place: str) -> None:
    (copy / place).write_bytes(b"")
    assert list(check.differences(copy, ROOT)) == [
        f"{place}: is committed, but the contract does not give it"
    ]


@pytest.mark.parametrize("place", ["generated/posthog_environments_api/py.typed", "generated/manifest.json"])
def test_a_file_that_is_missing_is_caught(copy: Path, place: str) -> None:
    (copy / place).unlink()
    assert list(check.differences(copy, ROOT)) == [f"{place}: is missing"]


@pytest.mark.parametrize(
    "place", ["generated/manifest.json", "generated/posthog_environments_api/wire.py", "docs/curation.md"]
)
def test_one_byte_more_is_caught(copy: Path, place: str) -> None:
    (copy / place).write_bytes((copy / place).read_bytes() + b"\n")
    assert list(check.differences(copy, ROOT))


def test_a_manifest_that_is_gone_or_none_is_said(copy: Path) -> None:
    for text in ("", "[]"):
        (copy / manifest.MANIFEST).write_text(text, encoding="utf-8")
        assert "manifest" in check.reasons(copy, ROOT)[0]
    (copy / manifest.MANIFEST).unlink()
    assert "is missing" in check.reasons(copy, ROOT)[0]


def changed(**parts: dict[str, str]) -> dict[str, Any]:
    fresh: dict[str, Any] = json.loads(json.dumps(COMMITTED))
    for part, values in parts.items():
        fresh[part].update(values)
    return fresh


def test_another_generator_is_named_with_the_templates_that_it_changed() -> None:
    fresh = changed(
        generator={"openapi-python-client": "9.9.9"}, replaced_templates={"model.py.jinja": "other"}
    )
    del fresh["replaced_templates"]["types.py.jinja"]
    texts = list(manifest.explained(COMMITTED, fresh))
    assert texts[0] == f"generator: generated with openapi-python-client {GENERATOR}, 9.9.9 is installed"
    assert "upstream template model.py.jinja: changed" in texts[1]
    assert "upstream template types.py.jinja: the generator no longer has it" in texts[2]


def test_a_changed_source_is_named() -> None:
    fresh = changed(
        inputs={"openapi/root.yaml": "other", "openapi/resources/new.yaml": "x"}, formatter={"ruff": "1"}
    )
    texts = list(manifest.explained(COMMITTED, fresh))
    assert len(texts) == 3
    assert texts[0] == f"formatter: generated with ruff {version('ruff')}, 1 is installed"
    assert texts[1:] == [
        "input openapi/resources/new.yaml: new since the last `make generate`",
        "input openapi/root.yaml: changed since the last `make generate`",
    ]
    assert list(manifest.explained(COMMITTED, COMMITTED)) == []


# --- upgrading -----------------------------------------------------------------------------------------------


def test_the_pin_is_changed_at_its_one_place() -> None:
    for name, pattern in (
        ("requirements/dev.in", upgrade_generator._PIN),
        ("scripts/generate.py", upgrade_generator._CONSTANT),
    ):
        text = (ROOT / name).read_text(encoding="utf-8")
        after = upgrade_generator.pinned(text, pattern, "9.9.9")
        assert after != text
        assert upgrade_generator.pinned(after, pattern, GENERATOR) == text
    with pytest.raises(upgrade_generator.Refused, match="0 times"):
        upgrade_generator.pinned("nothing", upgrade_generator._PIN, "9.9.9")


@pytest.mark.parametrize("given", ["", "latest", "0.30", "0.30.0; rm"])
def test_a_version_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(upgrade_generator.Refused, match="VERSION"):
        upgrade_generator.upgrade(given)


def test_the_upgrade_shows_what_changed_upstream_in_replaced_templates() -> None:
    before = {"model.py.jinja": "a\nb\n", "gone.jinja": "x", "same.jinja": "x", "theirs.jinja": "1"}
    after = {"model.py.jinja": "a\nc\n", "new.jinja": "x", "same.jinja": "x", "theirs.jinja": "2"}
    lines = list(upgrade_generator.template_changes(before, after, {"model.py.jinja", "gone.jinja"}))
    assert "gone.jinja: gone, so nothing renders ours" in lines
    assert "model.py.jinja: changed, and ours replaces it:" in lines
    assert {"-b", "+c"} <= set(lines)
    assert "new.jinja: new" in lines
    assert any(line.startswith("theirs.jinja: changed (not replaced") for line in lines)
    assert not any("same" in line for line in lines)
