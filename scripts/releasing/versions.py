"""The version in its three places: the package, the changelog, the tag."""

from __future__ import annotations

import datetime
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from contract_document import ROOT

VERSION_FILE = Path("src/posthog_environments/_version.py")
CHANGELOG = Path("CHANGELOG.md")
_RELEASED = re.compile(r"^## \[(\d+\.\d+\.\d+[^\]]*)\] - (\S+)$", re.MULTILINE)
_UNRELEASED = re.compile(r"^## \[Unreleased\]\n(.*?)(?=^## \[|\Z)", re.MULTILINE | re.DOTALL)


def package_version(root: Path = ROOT) -> str:
    """What `_version.py` says, read and not imported: another release may be installed."""
    found = re.fullmatch(r'__version__ = "([^"]+)"\n', (root / VERSION_FILE).read_text(encoding="utf-8"))
    if not found:
        raise SystemExit(f'{VERSION_FILE} must be the one line: __version__ = "1.2.3"')
    return found[1]


def newest_release(changelog: str) -> str | None:
    """The topmost version with a date."""
    found = _RELEASED.search(changelog)
    return found[1] if found else None


def tags_here(root: Path = ROOT) -> list[str]:
    """Version tags of the commit that is checked out."""
    done = subprocess.run(
        ["git", "tag", "--points-at", "HEAD", "--list", "v*"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.split()


def problems(
    version: str,
    changelog: str,
    tags: list[str],
    fragments: list[str],
    today: datetime.date,
    *,
    releasing: bool,
) -> Iterator[str]:
    """What does not fit together, one sentence each; `releasing` asks for what must hold when a tag is published."""
    released = _RELEASED.findall(changelog)
    unreleased = _UNRELEASED.search(changelog)
    if unreleased is None:
        yield f"{CHANGELOG} has no heading `## [Unreleased]`"
    if not released:
        yield f"{CHANGELOG} has no released version: `## [{version}] - {today}`"
        return
    newest, date = released[0]
    parts = [_numbers(name) for name, _ in released]
    if parts != sorted(parts, reverse=True) or len(set(parts)) != len(parts):
        yield f"the versions in {CHANGELOG} do not go down from the newest: {', '.join(n for n, _ in released)}"
    try:
        if datetime.date.fromisoformat(date) > today:
            yield f"{CHANGELOG} dates {newest} in the future: {date}"
    except ValueError:
        yield f"the date of {newest} in {CHANGELOG} is not of the form 2026-01-31: {date}"
    if _numbers(version) < _numbers(newest):
        yield f"{VERSION_FILE} says {version}, and {CHANGELOG} has already released {newest}"
    yield from (
        f"the tag {tag} is on this commit, and {VERSION_FILE} says {version}"
        for tag in tags
        if tag != f"v{version}"
    )
    if not (releasing or tags):
        return
    if newest != version:
        yield f"{VERSION_FILE} says {version}, and the newest release in {CHANGELOG} is {newest}: run `make changelog`"
    if unreleased and unreleased[1].strip():
        yield f"{CHANGELOG} still has entries under Unreleased: run `make changelog`"
    yield from (f"{fragment} is not in {CHANGELOG} yet: run `make changelog`" for fragment in fragments)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])
