"""Generation gives the same bytes everywhere, or an error and nothing; the check finds every difference."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import check
import generate
from contract_document import ROOT, ContractError, dump
from tests.contract.breaking import CREATE, LIST, PICTURE, SCHEMAS, put
from tests.contract.conftest import DATA

PARTS = (
    "openapi",
    "generated",
    "docs/curation.md",
    "scripts",
    "generator-templates",
    "generator-config.yaml",
)
THING = Path("generated/posthog_environments_api/models/thing.py")
MERGED = Path("openapi/openapi.yaml")


def start(folder: Path, script: str, *arguments: str, seed: str = "0") -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.Popen(
        [sys.executable, f"scripts/{script}.py", *arguments],
        cwd=folder,
        env=environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def run(folder: Path, script: str, *arguments: str) -> tuple[int, str, str]:
    return finish(start(folder, script, *arguments))


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def outputs(folder: Path) -> dict[Path, bytes]:
    return check.files(folder)


@pytest.fixture(autouse=True)
def same_path_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Generating in this process puts ruff on the PATH; take that back."""
    monkeypatch.setenv("PATH", os.environ["PATH"])


# --- the real contract ---------------------------------------------------------------------------------------


class Runs:
    """The slow part, once: two generations and one check of the real contract, at the same time."""

    def __init__(self, folder: Path) -> None:
        self.one, self.other = folder / "one", folder / "somewhere else" / "with-another_name"
        copy = folder / "copy"
        for part in PARTS:
            (copy / part).parent.mkdir(parents=True, exist_ok=True)
            if (ROOT / part).is_dir():
                shutil.copytree(ROOT / part, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
            else:
                shutil.copy(ROOT / part, copy / part)
        running = [
            start(ROOT, "generate", "--output", str(self.one), seed="1"),
            start(ROOT, "generate", "--output", str(self.other), seed="4711"),
            start(copy, "check"),
        ]
        *self.generated, self.checked = [finish(process) for process in running]


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("runs"))


def test_generating_is_byte_identical_in_any_folder_and_with_any_hash_seed(runs: Runs) -> None:
    assert [code for code, _, _ in runs.generated] == [0, 0], runs.generated
    assert len(everything(runs.one)) > 100
    assert everything(runs.one) == everything(runs.other)


def test_generating_writes_its_outputs_and_nothing_else(runs: Runs) -> None:
    assert set(everything(runs.one)) == {str(path) for path in outputs(runs.one)}


def test_the_committed_files_are_what_the_contract_gives(runs: Runs) -> None:
    assert list(check.differences(ROOT, runs.one)) == []


def test_the_check_passes_on_a_copy_of_the_repository(runs: Runs) -> None:
    code, out, err = runs.checked
    assert (code, err) == (0, ""), out
    assert "No drift" in out


# --- a small repository --------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with our scripts and templates and a small contract, freshly generated."""
    folder = tmp_path_factory.mktemp("repository")
    for part in ("scripts", "generator-templates"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "generator-config.yaml", folder)
    (folder / "openapi" / "resources").mkdir(parents=True)
    shutil.copy(DATA / "small-contract.yaml", folder / "openapi" / "root.yaml")
    code, _, err = run(folder, "generate")
    assert code == 0, err
    return folder


@pytest.fixture
def repository(pristine: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(pristine, tmp_path / "repository"))


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) >= 1
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_an_edited_line_of_a_generated_file_is_found_and_shown(repository: Path) -> None:
    edit(repository / THING, '"""A thing.', '"""My thing.')
    code, out, err = run(repository, "check")
    assert code == 1
    assert f"--- {THING} (committed)" in out
    assert '\n-    """My thing.' in out
    assert '\n+    """A thing.' in out
    assert "make generate" in err


def test_an_edited_contract_that_was_not_generated_is_found_and_shown(repository: Path) -> None:
    edit(repository / "openapi" / "root.yaml", "description: A thing.", "description: Our thing.")
    code, out, _ = run(repository, "check")
    assert code == 1
    assert f"--- {MERGED} (committed)" in out
    assert "\n-      description: A thing." in out
    assert "\n+      description: Our thing." in out
    assert f"--- {THING} (committed)" in out


def test_the_check_changes_nothing(repository: Path) -> None:
    edit(repository / THING, '"""A thing.', '"""My thing.')
    before = everything(repository)
    run(repository, "check")
    assert everything(repository) == before


def test_generating_repairs_what_was_edited_added_or_deleted(repository: Path, pristine: Path) -> None:
    edit(repository / THING, '"""A thing.', '"""My thing.')
    (repository / THING.with_name("stray.py")).write_text("", encoding="utf-8")
    (repository / THING.parent.parent / "py.typed").unlink()
    assert run(repository, "generate")[0] == 0
    assert outputs(repository) == outputs(pristine)


def test_a_failed_generation_says_why_and_leaves_everything_as_it_was(repository: Path) -> None:
    edit(repository / "openapi" / "root.yaml", "application/octet-stream:", "application/pdf:")
    before = everything(repository)
    code, out, err = run(repository, "generate")
    assert code == 1
    assert "application/pdf" in err
    assert "Traceback" not in err
    assert "Generated" not in out
    assert everything(repository) == before


def test_the_check_fails_with_a_message_when_nothing_can_be_generated(repository: Path) -> None:
    edit(repository / "openapi" / "root.yaml", "application/octet-stream:", "application/pdf:")
    code, out, err = run(repository, "check")
    assert code == 1
    assert "application/pdf" in err
    assert "No drift" not in out


# --- the comparison ------------------------------------------------------------------------------------------


@pytest.fixture
def two(tmp_path: Path) -> tuple[Path, Path]:
    """Two folders with the same three outputs."""
    folders = tmp_path / "committed", tmp_path / "fresh"
    for folder in folders:
        for path in (MERGED, THING, Path("docs/curation.md")):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(b"one\ntwo\n")
    return folders


def test_equal_files_give_no_difference(two: tuple[Path, Path]) -> None:
    assert list(check.differences(*two)) == []


@pytest.mark.parametrize("path", [MERGED, THING, Path("docs/curation.md")])
def test_a_changed_line_is_shown_with_its_file_and_number(two: tuple[Path, Path], path: Path) -> None:
    (two[0] / path).write_bytes(b"one\nthree\n")
    lines = list(check.differences(*two))
    assert lines[:3] == [f"--- {path} (committed)", f"+++ {path} (generated)", "@@ -1,2 +1,2 @@"]
    assert lines[3:] == [" one", "-three", "+two"]


@pytest.mark.parametrize("content", [b"one\r\ntwo\r\n", b"one\ntwo"])
def test_line_ends_count(two: tuple[Path, Path], content: bytes) -> None:
    (two[0] / THING).write_bytes(content)
    assert list(check.differences(*two)) == [f"{THING}: differs only in line ends or at its end"]


def test_a_file_too_many_and_a_file_too_few_are_named(two: tuple[Path, Path]) -> None:
    stray = THING.with_name("stray.py")
    (two[0] / stray).write_bytes(b"")
    (two[0] / MERGED).unlink()
    lines = list(check.differences(*two))
    assert [line.partition(":")[0] for line in lines] == [str(stray), str(MERGED)]


def test_compiled_python_is_no_difference(two: tuple[Path, Path]) -> None:
    cache = two[0] / THING.parent / "__pycache__"
    cache.mkdir()
    (cache / "thing.cpython-311.pyc").write_bytes(b"\0")
    assert list(check.differences(*two)) == []


# --- what must not pass --------------------------------------------------------------------------------------

TEXT = {"description": "x", "schema": {"type": "string"}}
BROKEN: dict[str, tuple[str, Any, str]] = {
    "a response type that the generator cannot read": (
        f"{PICTURE}/responses/200/content",
        {"application/pdf": {"schema": {"type": "string", "format": "binary"}}},
        "application/pdf",
    ),
    "an operation that the generator drops": (
        f"{CREATE}/requestBody/content",
        {"text/plain": {"schema": {"type": "string"}}},
        "POST /api/environments/{project_id}/things/",
    ),
    "a second request type": (
        f"{CREATE}/requestBody/content/multipart~1form-data",
        {"schema": {"$ref": f"{SCHEMAS}/ThingCreate"}},
        "things_create",
    ),
    "a reference to nothing": (
        f"{SCHEMAS}/Thing/properties/kind",
        {"$ref": f"{SCHEMAS}/Gone"},
        "reference",
    ),
    "a schema of another document": (f"{SCHEMAS}/Thing", {"$ref": "other.yaml#/Thing"}, "reference"),
    "a path of another document": (
        "#/paths/~1api~1environments~1{project_id}~1things~1values~1",
        {"$ref": "other.yaml#/values"},
        "other.yaml",
    ),
    "a parameter with content, which the generator drops": (
        f"{LIST}/parameters/0",
        {
            "name": "filters",
            "in": "query",
            "description": "x",
            "content": {"application/json": {"schema": {}}},
        },
        "filters",
    ),
    "a header parameter, which the templates drop": (
        f"{LIST}/parameters/2",
        {"name": "X-Limit", "in": "header", **TEXT},
        "X-Limit",
    ),
    "an operation id that does not begin with its tag": (f"{LIST}/operationId", "list_things", "list_things"),
    "two operations of one id": (f"{CREATE}/operationId", "things_list", "things_list"),
    "a tag that is not declared": ("#/tags/0/name", "stuff", "things"),
    "a body field that is an argument of ours": (
        f"{SCHEMAS}/ThingCreate/properties/client",
        TEXT["schema"],
        "client",
    ),
    "a query parameter that is an argument of ours": (
        f"{LIST}/parameters/2",
        {"name": "max_items", "in": "query", **TEXT},
        "max_items",
    ),
}


def build(document: Mapping[str, Any], folder: Path) -> None:
    generate.build_package(document, folder)


def test_the_small_contract_itself_can_be_generated(small: dict[str, Any], tmp_path: Path) -> None:
    build(small, tmp_path / "package")
    assert (tmp_path / "package" / "api" / "things" / "things_list.py").is_file()


@pytest.mark.parametrize("what", list(BROKEN))
def test_what_would_be_lost_or_broken_is_an_error_that_names_it(
    what: str, small: dict[str, Any], tmp_path: Path
) -> None:
    place, value, named = BROKEN[what]
    put(small, place, value)
    with pytest.raises(ContractError) as caught:
        build(small, tmp_path / "package")
    assert named in str(caught.value)


TEXTS = (
    f"{LIST}/summary",
    f"{LIST}/description",
    f"{LIST}/parameters/2/description",
    f"{LIST}/responses/200/description",
    f"{LIST}/externalDocs/url",
    f"{SCHEMAS}/Thing/description",
    f"{SCHEMAS}/Thing/properties/id/description",
    f"{SCHEMAS}/ThingKind/description",
    "#/tags/0/description",
    "#/x-deprecations/moved/text",
)


@pytest.mark.parametrize(
    "text",
    ['"""\nimport os\nos._exit(7)\n"""', "ends with \\", 'ends with "', "' + str(1) + '", "{x} \\N{x} \x00"],
)
def test_a_text_of_the_document_stays_a_text(text: str, small: dict[str, Any], tmp_path: Path) -> None:
    """Nothing that stands in the document becomes code: the generated files parse to the same trees."""
    for folder, content in (("plain", "x"), ("hostile", text)):
        for place in TEXTS:
            put(small, place, content)
        build(small, tmp_path / folder)
    for path in sorted((tmp_path / "plain").rglob("*.py")):
        hostile = tmp_path / "hostile" / path.relative_to(tmp_path / "plain")
        assert shape(path) == shape(hostile), path.name


def shape(path: Path) -> str:
    """The syntax tree of a module without its texts."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            node.value = ""
    return ast.dump(tree)


def test_another_version_of_the_generator_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        generate, "version", lambda name: "0.29.0" if name == "openapi-python-client" else "?"
    )
    monkeypatch.setattr(sys, "argv", ["generate.py", "--output", str(tmp_path)])
    (tmp_path / "openapi").mkdir()
    (tmp_path / MERGED).write_text("as it was", encoding="utf-8")
    assert generate.main() == 1
    message = capsys.readouterr().err
    assert "0.29.0" in message
    assert generate.GENERATOR in message
    assert everything(tmp_path) == {str(MERGED): b"as it was"}


def test_the_generator_of_the_requirements_is_the_one_that_is_asked_for() -> None:
    pins = (ROOT / "requirements" / "dev.in").read_text(encoding="utf-8").splitlines()
    assert f"openapi-python-client=={generate.GENERATOR}" in pins
    header = (ROOT / "generator-templates" / "header.jinja").read_text(encoding="utf-8")
    assert f"openapi-python-client {generate.GENERATOR}" in header


def test_without_ruff_nothing_is_generated(
    monkeypatch: pytest.MonkeyPatch, small: dict[str, Any], tmp_path: Path
) -> None:
    """The generator only warns then, and the output would be formatted otherwise than on other machines."""
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bin" / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ContractError, match="ruff"):
        build(small, tmp_path / "package")


def test_generating_into_a_folder_of_its_own_leaves_the_document_alone(
    small: dict[str, Any], tmp_path: Path
) -> None:
    before = dump(small)
    build(small, tmp_path / "package")
    assert dump(small) == before
