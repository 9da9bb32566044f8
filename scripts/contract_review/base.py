"""The revision that a change is compared with, and its files."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PARTS = ("openapi", "generated", "src", "typing_tests", "CHANGELOG.md", "changelog.d")


class NoBase(Exception):
    """There is nothing to compare with; the text says why, and what to do."""


@dataclass(frozen=True)
class Base:
    revision: str
    why: str


def find_base(root: Path, wanted: str = "") -> Base:
    """The wanted revision; else where this branch left main, else the last tag, else the commit before."""
    if wanted:
        commit = _git(root, "rev-parse", "--verify", "--quiet", f"{wanted}^{{commit}}")
        if not commit:
            raise NoBase(f"git knows no revision {wanted!r} (in a shallow clone: git fetch --unshallow)")
        return Base(commit, wanted)
    head = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if not head:
        raise NoBase("not a git repository with a commit: there is no earlier contract to compare with")
    fork = _git(root, "merge-base", "HEAD", "origin/main")
    if fork and fork != head:
        return Base(fork, "where this branch left origin/main")
    tag = _git(root, "describe", "--tags", "--abbrev=0", "HEAD^")
    if tag:
        return Base(_git(root, "rev-parse", f"{tag}^{{commit}}"), f"the last tag, {tag}")
    before = _git(root, "rev-parse", "--verify", "--quiet", "HEAD^")
    if before:
        return Base(before, "the commit before")
    shallow = _git(root, "rev-parse", "--is-shallow-repository") == "true"
    raise NoBase(
        "this clone is shallow and holds one commit only: fetch the history (fetch-depth: 0 in a workflow,"
        " git fetch --unshallow by hand), or name a revision: make contract BASE=<revision>"
        if shallow
        else "this is the first commit: there is no earlier contract to compare with"
    )


def unpack(root: Path, base: Base, folder: Path) -> None:
    """Write the parts of the base revision that matter into a folder."""
    there = [part for part in PARTS if _git(root, "ls-tree", "--name-only", base.revision, part)]
    if "openapi" not in there or "generated" not in there:
        raise NoBase(f"{base.revision[:12]} ({base.why}) has no contract yet")
    done = subprocess.run(
        ["git", "archive", "--format=tar", base.revision, *there], cwd=root, capture_output=True, check=False
    )
    if done.returncode != 0:
        raise NoBase(
            f"git archive {base.revision[:12]} failed: {done.stderr.decode(errors='replace').strip()}"
        )
    with tarfile.open(fileobj=io.BytesIO(done.stdout)) as archive:
        # Python before 3.11.4 has no filters; what git archives has neither links out of the folder nor devices.
        safely: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
        archive.extractall(folder, **safely)


def _git(root: Path, *arguments: str) -> str:
    """What git says, or nothing where it fails."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
