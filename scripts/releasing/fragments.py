"""Changelog entries that wait in `changelog.d/` for their release, and the changelog with them.

Whoever judges the entries of the next release reads `changelog_of`: to it, a waiting file and a line under
"Unreleased" are the same.
"""

from __future__ import annotations

import datetime
import re
import textwrap
from collections.abc import Sequence
from pathlib import Path

from attrs import define

FOLDER = "changelog.d"
HEADINGS = {
    "breaking": "Breaking",
    "added": "Added",
    "changed": "Changed",
    "deprecated": "Deprecated",
    "removed": "Removed",
    "fixed": "Fixed",
    "security": "Security",
    "corrections": "Contract corrections",
}
INTERNAL = "internal"
_NAME = re.compile(r"[a-z0-9][a-z0-9-]*\.([a-z]+)\.md")
_UNRELEASED = re.compile(r"(?P<head>^## \[Unreleased\]\n)(?P<body>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_WIDTH = 118


class BadFragment(Exception):
    """A file of `changelog.d/` that cannot become an entry; the text says why."""


@define(frozen=True)
class Fragment:
    """One entry that waits."""

    path: Path
    kind: str
    text: str

    @property
    def point(self) -> str:
        return textwrap.fill(
            self.text,
            _WIDTH,
            initial_indent="- ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )


def read_fragments(root: Path) -> list[Fragment]:
    """Every waiting entry, by name; a folder that is not there has none."""
    return [_read(path) for path in sorted((root / FOLDER).glob("*")) if path.name != "README.md"]


def _read(path: Path) -> Fragment:
    place = f"{FOLDER}/{path.name}"
    found = _NAME.fullmatch(path.name)
    kinds = ", ".join([*HEADINGS, INTERNAL])
    if not found or found[1] not in (*HEADINGS, INTERNAL):
        raise BadFragment(f"{place}: the name must be <what>.<kind>.md, where kind is one of {kinds}")
    text = " ".join(path.read_text(encoding="utf-8").split())
    if not text:
        raise BadFragment(f"{place} is empty")
    if text.startswith(("- ", "* ", "#")):
        raise BadFragment(f"{place}: one entry, without a leading dash and without headings")
    return Fragment(path, found[1], text)


def with_fragments(changelog: str, fragments: Sequence[Fragment]) -> str:
    """The changelog with the waiting entries under "Unreleased", each under the heading of its kind."""
    waiting = [one for one in fragments if one.kind != INTERNAL]
    found = _UNRELEASED.search(changelog)
    if not waiting or not found:
        if waiting:
            raise BadFragment("CHANGELOG.md has no heading `## [Unreleased]` for the files of changelog.d/")
        return changelog
    blocks = _blocks(found["body"])
    for one in waiting:
        blocks.setdefault(HEADINGS[one.kind], []).append(one.point)
    order = [*HEADINGS.values(), *(name for name in blocks if name not in HEADINGS.values())]
    body = "".join(
        (f"### {name}\n\n" if name else "") + "\n".join(blocks[name]) + "\n\n"
        for name in order
        if name in blocks
    )
    return f"{changelog[: found.start()]}{found['head']}\n{body}{changelog[found.end() :]}"


def _blocks(body: str) -> dict[str, list[str]]:
    """What the section has already, by heading, as it is written."""
    parts = re.split(r"^### (.+)\n", body, flags=re.MULTILINE)
    blocks = {"": [parts[0].strip()]} if parts[0].strip() else {}
    for name, text in zip(parts[1::2], parts[2::2], strict=True):
        blocks[name.strip()] = [text.strip()]
    return blocks


def changelog_of(root: Path) -> str:
    """The changelog of a source tree as if it were released now; empty where it has none."""
    path = root / "CHANGELOG.md"
    return with_fragments(path.read_text(encoding="utf-8"), read_fragments(root)) if path.exists() else ""


def released(changelog: str, version: str, date: datetime.date) -> str:
    """The changelog in which what was unreleased is this version."""
    found = _UNRELEASED.search(changelog)
    if not found or not found["body"].strip():
        raise BadFragment("there is nothing to release: changelog.d/ and the section Unreleased are empty")
    if f"\n## [{version}]" in changelog:
        raise BadFragment(
            f"CHANGELOG.md has {version} already: raise src/posthog_environments/_version.py first"
        )
    heading = f"{found['head']}\n## [{version}] - {date.isoformat()}\n"
    return f"{changelog[: found.start()]}{heading}{found['body']}{changelog[found.end() :]}"
