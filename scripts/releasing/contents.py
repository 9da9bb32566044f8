"""What lies in the wheel and in the source distribution, and whether it belongs there.

Two checks, because neither is enough alone. A file is either tracked by git in one of the folders that are shipped, or
written by the build backend; this is compared file by file, so that nothing untracked slips in and nothing is lost.
And `release/contents.txt` pins which kinds of files are shipped from which folders, so that a reviewer sees it in the
diff when a folder, a data file or a new kind of file is shipped. Modules are not listed one by one there: they come
and go with the code, and the list would be noise.
"""

from __future__ import annotations

import re
import subprocess
import tarfile
import tomllib
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

from contract_document import ROOT

PINNED = ROOT / "release" / "contents.txt"
_HEAD = "# What is shipped, by folder. Written by `make accept`; read its diff. {version} stands for the version.\n"
_WRITTEN_BY_BUILD = {"METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE"}
_WRITTEN_BY_SDIST = {"PKG-INFO", "pyproject.toml", ".gitignore"}
_MUST = ("posthog_environments/py.typed", "posthog_environments_api/py.typed")
_TEST = re.compile(r"(^|/)(tests?|testing)/|(^|/)(test_[^/]*|[^/]*_test|conftest)\.py$")


def wheel_names(wheel: Path) -> list[str]:
    with zipfile.ZipFile(wheel) as archive:
        return sorted(name for name in archive.namelist() if not name.endswith("/"))


def sdist_names(sdist: Path) -> list[str]:
    """Names without the folder that every source distribution has at its top."""
    with tarfile.open(sdist) as archive:
        return sorted(member.name.partition("/")[2] for member in archive if member.isfile())


def tracked(root: Path = ROOT) -> frozenset[str] | None:
    """Files that git knows and that are there; None where this is no checkout, such as an unpacked sdist."""
    done = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not done.stdout:
        return None
    return frozenset(name for name in done.stdout.split("\0") if name and (root / name).is_file())


def wheel_expected(files: Iterable[str], version: str, root: Path = ROOT) -> set[str]:
    packages = _settings(root)["wheel"]["packages"]
    info = f"posthog_environments-{version}.dist-info"
    expected = {f"{info}/{name}" for name in _WRITTEN_BY_BUILD}
    for package in packages:
        parent = PurePosixPath(package).parent
        expected |= {
            str(PurePosixPath(name).relative_to(parent)) for name in files if name.startswith(f"{package}/")
        }
    return expected


def sdist_expected(files: Iterable[str], root: Path = ROOT) -> set[str]:
    included = _settings(root)["sdist"]["include"]
    shipped = {
        name
        for name in files
        if any(name == one or name.startswith(f"{one}/") for one in map(_plain, included))
    }
    return shipped | _WRITTEN_BY_SDIST


def problems(wheel: list[str], sdist: list[str], version: str, files: frozenset[str] | None) -> Iterator[str]:
    """What does not belong there or is missing, one sentence each."""
    for name in _MUST:
        if name not in wheel:
            yield f"the wheel lacks {name}, so type checkers ignore its types"
    yield from (f"the wheel holds a test: {name}" for name in wheel if _TEST.search(name))
    if files is None:
        return
    for kind, found, expected in (
        ("wheel", set(wheel), wheel_expected(files, version)),
        ("sdist", set(sdist), sdist_expected(files)),
    ):
        yield from (
            f"the {kind} holds {name}, which git does not track there" for name in sorted(found - expected)
        )
        yield from (f"the {kind} lacks {name}" for name in sorted(expected - found))


def listing(wheel: list[str], sdist: list[str], version: str) -> str:
    """The text of `release/contents.txt`."""
    lines = [_HEAD]
    lines += ["wheel", *(f"    {line}" for line in _folders(wheel, version, depth=None)), ""]
    lines += ["sdist", *(f"    {line}" for line in _folders(sdist, version, depth=1))]
    return "\n".join(lines) + "\n"


def _folders(names: Iterable[str], version: str, depth: int | None) -> list[str]:
    """Files by folder and kind; with a depth, folders below it count as their ancestor."""
    found: set[str] = set()
    for name in names:
        path = PurePosixPath(name.replace(f"-{version}.", "-{version}."))
        folders = path.parts[:-1]
        if depth is not None and folders:
            found.add(f"{'/'.join(folders[:depth])}/**/*{path.suffix or path.name}")
        elif path.suffix == ".py" and folders:
            found.add(f"{'/'.join(folders)}/*.py")
        else:
            found.add(str(path))
    return sorted(found)


def _settings(root: Path) -> dict[str, dict[str, list[str]]]:
    with (root / "pyproject.toml").open("rb") as file:
        targets: dict[str, dict[str, list[str]]] = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]
    return targets


def _plain(pattern: str) -> str:
    """A pattern of hatchling without the slash that ties it to the top folder."""
    return pattern.strip("/")
