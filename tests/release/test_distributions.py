"""The same commit gives the same bytes, and they hold what they should."""

from __future__ import annotations

import os
import shutil
import tarfile
import zipfile
from pathlib import Path

import pytest

from contract_document import ROOT
from releasing import contents
from releasing.distributions import Distributions, build, source_date
from releasing.size import measure
from releasing.versions import package_version

DATE = "1700000000"
VERSION = "1.2.3"
WHEEL = [
    "posthog_environments-1.2.3.dist-info/METADATA",
    "posthog_environments/__init__.py",
    "posthog_environments/client.py",
    "posthog_environments/py.typed",
    "posthog_environments_api/py.typed",
]


def copied(folder: Path, *, mode: int, time: int) -> Path:
    """What the distributions are made from, elsewhere, with other permissions and times."""
    for name in ("pyproject.toml", ".gitignore", "README.md", "LICENSE", "CHANGELOG.md"):
        shutil.copy(ROOT / name, folder)
    for name in ("src", "generated"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in folder.rglob("*"):
        if path.is_file():
            path.chmod(mode)
            os.utime(path, (time, time))
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Distributions:
    tree = copied(tmp_path_factory.mktemp("one"), mode=0o644, time=1_600_000_000)
    return build(tmp_path_factory.mktemp("dist"), tree, date=DATE)


def test_another_folder_other_times_and_permissions_give_the_same_bytes(
    made: Distributions, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tree = copied(tmp_path_factory.mktemp("two"), mode=0o600, time=1_650_000_000)
    again = build(tmp_path, tree, date=DATE)
    assert again.wheel.read_bytes() == made.wheel.read_bytes()
    assert again.sdist.read_bytes() == made.sdist.read_bytes()


def test_the_files_carry_the_date_that_was_given(made: Distributions) -> None:
    with tarfile.open(made.sdist) as archive:
        assert {int(member.mtime) for member in archive} == {int(DATE)}
    with zipfile.ZipFile(made.wheel) as archive:
        assert {entry.date_time[:3] for entry in archive.infolist()} == {(2023, 11, 14)}


def test_the_date_is_the_variable_before_the_commit(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "12")
    assert source_date() == "12"
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert source_date(tmp_path) is None


def test_the_wheel_holds_its_licence_its_types_and_its_entry_point(made: Distributions) -> None:
    names = contents.wheel_names(made.wheel)
    info = f"posthog_environments-{package_version()}.dist-info"
    assert list(contents.problems(names, contents.sdist_names(made.sdist), package_version(), None)) == []
    with zipfile.ZipFile(made.wheel) as archive:
        metadata = archive.read(f"{info}/METADATA").decode()
        assert archive.read(f"{info}/licenses/LICENSE") == (ROOT / "LICENSE").read_bytes()
        assert "posthog_environments.pytest_plugin" in archive.read(f"{info}/entry_points.txt").decode()
    for line in ("License-Expression: MIT", "Requires-Python: >=3.11", "Name: posthog-environments"):
        assert f"\n{line}\n" in metadata


def test_the_committed_wheel_list_is_what_is_built(made: Distributions) -> None:
    listed = contents.listing(contents.wheel_names(made.wheel), [], package_version())
    wheel = listed.partition("\nsdist")[0]
    assert contents.PINNED.read_text(encoding="utf-8").startswith(wheel), "run `make accept`, read its diff"


@pytest.mark.parametrize(
    "name",
    ["posthog_environments/tests/x.py", "posthog_environments/test_x.py", "posthog_environments/conftest.py"],
)
def test_a_test_in_the_wheel_is_seen(name: str) -> None:
    assert name in " ".join(contents.problems([*WHEEL, name], [], VERSION, None))


@pytest.mark.parametrize("package", ["posthog_environments", "posthog_environments_api"])
def test_a_lost_marker_of_types_is_seen(package: str) -> None:
    lost = f"{package}/py.typed"
    assert lost in " ".join(contents.problems([name for name in WHEEL if name != lost], [], VERSION, None))


def test_what_git_does_not_know_and_what_was_lost_is_seen() -> None:
    files = frozenset(
        {
            "src/posthog_environments/__init__.py",
            "src/posthog_environments/gone.py",
            "src/posthog_environments/py.typed",
            "generated/posthog_environments_api/py.typed",
            "README.md",
        }
    )
    sdist = [*files, "PKG-INFO", "pyproject.toml", ".gitignore", "src/secret.env"]
    found = list(contents.problems(WHEEL, sdist, VERSION, files))
    assert "the wheel holds posthog_environments/client.py, which git does not track there" in found
    assert "the wheel lacks posthog_environments/gone.py" in found
    assert "the sdist holds src/secret.env, which git does not track there" in found
    assert not any("README" in problem for problem in found)


def test_new_modules_leave_the_list_alone_and_new_kinds_of_files_do_not() -> None:
    before = contents.listing(WHEEL, ["src/a/b.py"], VERSION)
    assert contents.listing([*WHEEL, "posthog_environments/other.py"], ["src/c.py"], VERSION) == before
    assert "posthog_environments/data.json" in contents.listing(
        [*WHEEL, "posthog_environments/data.json"], [], VERSION
    )
    assert VERSION not in before


def test_size_counts_packages_and_not_installers_or_bytecode(tmp_path: Path) -> None:
    packages = tmp_path / "lib" / "python3.11" / "site-packages"
    for name, size in {
        "one/a.py": 10,
        "one/a.pyc": 500,
        "one-1.0.dist-info/METADATA": 5,
        "two.py": 7,
        "pip/b.py": 900,
        "setuptools/c.py": 900,
        "pkg_resources/d.py": 900,
    }.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_bytes(b"x" * size)
    size = measure(tmp_path)
    assert (size.total, size.bytecode, size.parts) == (22, 500, {"one": 15, "two.py": 7})
