"""The wheel and the source distribution, the same bytes for the same commit: `python scripts/build.py`.

Hatchling writes every time stamp from SOURCE_DATE_EPOCH. Ours is the time of the commit, so that whoever checks out a
tag can build the files that were published and compare their hashes.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from attrs import define

from contract_document import ROOT


@define(frozen=True)
class Distributions:
    """What one build made."""

    wheel: Path
    sdist: Path


def source_date(root: Path = ROOT) -> str | None:
    """Seconds since 1970: the variable if it is set, else the last commit; None outside of git."""
    if given := os.environ.get("SOURCE_DATE_EPOCH"):
        return given
    done = subprocess.run(
        ["git", "log", "-1", "--format=%ct"], cwd=root, capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None


def build(folder: Path, root: Path = ROOT, *, date: str | None = None) -> Distributions:
    """Build the source distribution, and from it the wheel, as an installer would."""
    environment = dict(os.environ)
    if date := date or source_date(root):
        environment["SOURCE_DATE_EPOCH"] = date
    done = subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(root)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"The distributions cannot be built:\n{(done.stdout + done.stderr)[-3000:]}")
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return Distributions(wheel, sdist)
