"""Hooks name what exists; workflows pin what they use and may do only what they must; requirements say what we declare."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

import sbom
from contract_document import ROOT
from releasing.interpreters import ask, candidates, found

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
HOOKS: list[dict[str, Any]] = [
    hook
    for repo in YAML(typ="safe").load(ROOT / ".pre-commit-config.yaml")["repos"]
    for hook in repo["hooks"]
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = YAML(typ="safe").load(path)
    return document


# --- hooks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_runs_a_program_of_the_environment_and_files_that_exist(hook: dict[str, Any]) -> None:
    program, *arguments = hook["entry"].split()
    assert hook["language"] == "system"
    assert re.match(r"\.venv/bin/[a-z]+$", program)
    assert shutil.which(program.rpartition("/")[2], path=str(ROOT / ".venv" / "bin")) or shutil.which(
        program.rpartition("/")[2]
    )
    paths = [argument for argument in arguments if "/" in argument]
    assert [path for path in paths if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("hook", [hook for hook in HOOKS if "files" in hook], ids=lambda hook: hook["id"])
def test_a_hook_that_asks_for_files_meets_some(hook: dict[str, Any]) -> None:
    pattern = re.compile(hook["files"])
    names = [path.relative_to(ROOT).as_posix() for path in ROOT.glob("*/**/*") if ".venv" not in path.parts]
    assert any(pattern.search(name) for name in names)


def test_no_hook_is_fetched_from_elsewhere() -> None:
    assert {repo["repo"] for repo in load(ROOT / ".pre-commit-config.yaml")["repos"]} == {"local"}


# --- make ----------------------------------------------------------------------------------------------------


def test_every_script_that_make_runs_exists() -> None:
    scripts = set(re.findall(r"scripts/[a-z_]+\.(?:py|sh)", MAKEFILE))
    assert len(scripts) > 5
    assert [script for script in sorted(scripts) if not (ROOT / script).is_file()] == []


def test_every_target_is_phony_and_explained() -> None:
    whole = MAKEFILE.replace("\\\n", " ")
    phony = set(re.findall(r"^\.PHONY: (.*)$", whole, re.MULTILINE)[0].split())
    explained = set(re.findall(r"^([a-z-]+):.*##", MAKEFILE, re.MULTILINE))
    assert phony == explained


# --- workflows -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: Path) -> None:
    used = re.findall(r"uses: *(.+)", path.read_text(encoding="utf-8"))
    assert used
    assert [
        one for one in used if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40} # v\d+(\.\d+)*", one)
    ] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_begin_with_reading_alone(path: Path) -> None:
    assert load(path)["permissions"] in ({}, {"contents": "read"})


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_checkouts_keep_no_credentials_and_scripts_take_no_input_as_code(path: Path) -> None:
    for job in load(path)["jobs"].values():
        for step in job["steps"]:
            if str(step.get("uses", "")).startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
            assert "${{" not in step.get("run", ""), "give it as env"


def test_only_the_upload_has_an_identity_and_it_runs_nothing_of_ours() -> None:
    jobs = load(ROOT / ".github" / "workflows" / "publish.yml")["jobs"]
    assert [name for name, job in jobs.items() if "id-token" in job["permissions"]] == ["upload"]
    upload = jobs["upload"]
    assert upload["permissions"] == {"id-token": "write"}
    assert upload["environment"]["name"] == "pypi"
    assert set(upload["needs"]) == {"build", "test"}
    text = str(upload["steps"])
    assert "checkout" not in text
    assert "make" not in text
    assert "password" not in text
    assert "sha256sum --check" in text


# --- requirements --------------------------------------------------------------------------------------------


def pyproject() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]


def pinned(name: str) -> set[str]:
    lines = (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines()
    return {re.split(r"[ ;\\]", line)[0] for line in lines if re.match(r"[a-z0-9]", line)}


def test_the_runtime_requirements_are_those_of_the_package() -> None:
    lines = (ROOT / "requirements" / "runtime.in").read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if not line.startswith("#")] == pyproject()["dependencies"]


def test_lowest_is_the_lower_bound_of_everything_declared() -> None:
    declared = [
        *pyproject()["dependencies"],
        *chain.from_iterable(pyproject()["optional-dependencies"].values()),
    ]
    bounds = set()
    for one in declared:
        match = re.match(r"([a-z-]+)[>=]=([0-9.]+)", one)
        assert match, f"{one} has no lower bound"
        bounds.add((match[1], match[2]))
    # chDB has a file and a make target of its own.
    chdb = [pin for pin in pinned("parity.txt") if pin.startswith("chdb-core==")]
    pins = {tuple(pin.split("==")) for pin in [*pinned("lowest.txt"), *chdb]}
    missing = [
        f"{name} {version}"
        for name, version in sorted(bounds)
        if not any(n == name and re.fullmatch(re.escape(version) + r"(\.0)*", v) for n, v in pins)
    ]
    assert missing == []


@pytest.mark.parametrize("name", ["dev.txt", "lowest.txt", "latest.txt", "parity.txt", "sbom.txt"])
def test_every_pin_has_a_hash_and_no_index_is_named(name: str) -> None:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    pins = re.findall(r"^[a-z0-9].*\\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
    assert not re.search(r"index-url|find-links|https?://|file:", text)


def test_test_tools_are_those_of_development() -> None:
    lines = (ROOT / "requirements" / "tests.in").read_text(encoding="utf-8").splitlines()
    tools = {line.replace(".yaml", "-yaml") for line in lines if not line.startswith("#")}
    assert tools - pinned("dev.txt") == set()


# --- interpreters and the bill of materials ------------------------------------------------------------------


def test_pythons_are_found_on_the_path_and_where_pyenv_keeps_them(tmp_path: Path) -> None:
    listed = list(candidates({"PATH": "/a:/b", "HOME": str(tmp_path)}))
    assert Path("/b/python3.14") in listed
    kept = tmp_path / ".pyenv" / "versions" / "3.14.0" / "bin" / "python3"
    kept.parent.mkdir(parents=True)
    kept.touch()
    assert kept in list(candidates({"PATH": "", "HOME": str(tmp_path)}))


def test_what_is_no_python_is_left_out_or_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "python3"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    assert ask(broken) is None
    assert found({"PATH": str(tmp_path), "HOME": str(tmp_path)}) == []
    with pytest.raises(SystemExit, match=re.escape(str(broken))):
        found({"PYTHONS": str(broken)})


def test_an_interpreter_is_found_once(tmp_path: Path) -> None:
    for name in ("python3", "python3.11"):
        (tmp_path / name).symlink_to(sys.executable)
    (one,) = found({"PATH": str(tmp_path), "HOME": str(tmp_path)})
    assert one.version == tuple(sys.version_info[:3])


def test_a_bill_of_materials_that_lacks_something_is_refused() -> None:
    def component(name: str, **more: Any) -> dict[str, Any]:
        return {"name": name, "licenses": [{}], "purl": f"pkg:pypi/{name}", **more}

    names = ["attrs", "httpx", "msgspec", "python-dateutil"]
    main = {"name": "posthog-environments", "version": sbom.package_version()}
    whole = {"metadata": {"component": main}, "components": [component(name) for name in names]}
    assert sbom.incomplete(whole) == []
    lacking = {
        "metadata": {},
        "components": [component(name) for name in names[1:-1]] + [component("x", licenses=[])],
    }
    assert sbom.incomplete(lacking) == [
        "attrs is not listed",
        "python-dateutil is not listed",
        "x has no licence",
        "it describes None None",
    ]


def test_constraints_are_pins_without_hashes(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_text("a==1 \\\n    --hash=sha256:00\nb==2 ; python_version < '3' \\\n    --hash=sha256:11\n")
    assert sbom.pins(path) == "a==1\nb==2 ; python_version < '3'\n"
