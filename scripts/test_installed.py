"""The tests against the installed wheel: `make release-check`.

Builds both distributions, unpacks the source distribution without its `src/` and `generated/`, and runs the tests of
it there, so that what they import can only be the wheel. Once with the lowest dependencies that are allowed and once
with the latest (`requirements/lowest.txt`, `requirements/latest.txt`, with hashes), on every Python of 3.11 or newer
that is found; PYTHONS="python3.12 /opt/python3.14" chooses. What tests the repository's own tools stays behind: it
needs the generator, and no user has it.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
from pathlib import Path
from typing import Any

from attrs import define

from contract_document import ROOT
from releasing.distributions import build
from releasing.interpreters import Interpreter, found, make_environment

DEPENDENCIES = ("lowest", "latest")
# They test the repository: its contract and generator, how releases and pages are made.
LEFT_OUT = (
    "tests/contract",
    "tests/release",
    "tests/emulator/test_conformance.py",
    "tests/test_behaviours.py",
    "tests/test_notebook.py",  # needs matplotlib, which only developing brings
    "tests/test_reference_pages.py",
    "tests/test_site.py",
)
_FROM = """
import importlib.metadata, pathlib, sys
import posthog_environments, posthog_environments_api
for package in (posthog_environments, posthog_environments_api):
    assert pathlib.Path(package.__file__).is_relative_to(sys.prefix), package.__file__
assert importlib.metadata.version("posthog-environments") == posthog_environments.__version__
"""


@define(frozen=True)
class Result:
    """One run of the tests."""

    python: str
    dependencies: str
    passed: bool
    seconds: float
    summary: str


def unpack(sdist: Path, folder: Path) -> Path:
    """The source distribution without the packages."""
    with tarfile.open(sdist) as archive:
        # Python before 3.11.4 has no filters; the archive is our own.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safely)
    (top,) = folder.iterdir()
    shutil.rmtree(top / "src")
    shutil.rmtree(top / "generated")
    # Tests that count calls know ours by the package's name in the path, so the tests must not lie below that name.
    return top.rename(folder / "unpacked")


def run(interpreter: Interpreter, dependencies: str, wheel: Path, tree: Path, arguments: list[str]) -> Result:
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        requirements = ROOT / "requirements" / f"{dependencies}.txt"
        python = make_environment(interpreter, Path(scratch) / "venv", requirements, wheel)
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("POSTHOG_", "PYTEST_", "COV_")) and name != "PYTHONPATH"
        } | {"PYTHONDONTWRITEBYTECODE": "1"}
        subprocess.run([str(python), "-W", "error", "-c", _FROM], cwd=tree, env=environment, check=True)
        ignored = [f"--ignore={path}" for path in LEFT_OUT]
        done = subprocess.run(
            [str(python), "-m", "pytest", "-q", "-p", "no:cacheprovider", *ignored, *arguments],
            cwd=tree,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        print(done.stdout[-30_000:], flush=True)
    lines = [line for line in done.stdout.splitlines() if re.search(r"\d+ (passed|failed|error)", line)]
    summary = lines[-1].strip("= ") if lines else f"exit status {done.returncode}"
    return Result(interpreter.name, dependencies, done.returncode == 0, time.monotonic() - started, summary)


def main(given: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--dependencies", choices=DEPENDENCIES, action="append", help="both where left out")
    parser.add_argument("pytest", nargs="*", help="further arguments of pytest, after --")
    arguments = parser.parse_args(given)
    interpreters = found(os.environ)
    if not interpreters:
        raise SystemExit("No Python of 3.11 or newer was found: name some, PYTHONS='python3.12 …'")
    print("Pythons:", ", ".join(f"{one.name} ({one.path})" for one in interpreters), flush=True)
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="posthog-environments-") as scratch:
        made = build(Path(scratch) / "dist")
        tree = unpack(made.sdist, Path(scratch) / "tree")
        for interpreter in interpreters:
            for dependencies in arguments.dependencies or DEPENDENCIES:
                result = run(interpreter, dependencies, made.wheel, tree, arguments.pytest)
                results.append(result)
                state = "ok    " if result.passed else "FAILED"
                print(
                    f"{state}  {result.seconds:6.1f} s  {result.python}, {dependencies}: {result.summary}",
                    flush=True,
                )
    return 0 if all(result.passed for result in results) else 1


if __name__ == "__main__":
    sys.exit(main())
