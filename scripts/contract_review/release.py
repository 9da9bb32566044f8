"""What a change demands of the version and the changelog.

Semantic versioning: before 1.0 a breaking change needs a new minor version and an additive one a new patch version;
from 1.0 on a major and a minor one. It is counted from the last released version, so that several changes on the way
to a release need one step together. Whoever breaks something says so in the changelog, by name.

A contract can also learn what the server has always done. Nothing breaks for anybody then, although the document says
so: such a change is named under the heading "Contract corrections", and needs no version step. That holds for the
contract alone; Python names and types break whatever the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from contract_diffing.changes import Change, Level

Version = tuple[int, int, int]

_HEADING = re.compile(r"^## \[(?P<name>[^\]]+)\](?P<date>.*)$")
_KINDS = {"changed", "removed", "breaking"}
_CORRECTIONS = "contract corrections"
_MANY = 12


@dataclass(frozen=True)
class Entry:
    """One point of the changelog."""

    section: str
    kind: str
    text: str

    @property
    def breaking(self) -> bool:
        """Under "Changed", "Removed" or "Breaking", or called breaking."""
        return self.kind.lower() in _KINDS or "breaking" in self.text.lower()

    def names(self, change: Change) -> bool:
        return any(re.search(rf"(?<![\w.]){re.escape(name)}(?!\w)", self.text) for name in names_of(change))


def parse_version(text: str) -> Version | None:
    found = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)\S*", text.strip())
    return (int(found[1]), int(found[2]), int(found[3])) if found else None


def needed(released: Version, level: Level) -> Version:
    """The lowest version that may carry changes of this level."""
    major, minor, patch = released
    if level == "invisible":
        return released
    if level == "breaking" and major:
        return major + 1, 0, 0
    if level == "breaking" or major:
        return major, minor + 1, 0
    return major, minor, patch + 1


def last_release(changelog: str) -> Version | None:
    """The newest version with a date."""
    versions = [
        version
        for line in changelog.splitlines()
        if (found := _HEADING.match(line))
        and found["date"].strip()
        and (version := parse_version(found["name"]))
    ]
    return max(versions, default=None)


def entries(changelog: str) -> Iterator[Entry]:
    section, kind, lines = "", "", list[str]()
    for line in [*changelog.splitlines(), "## [end]"]:
        point = line.startswith("- ")
        if (point or line.startswith("#")) and lines:
            yield Entry(section, kind, " ".join(lines))
            lines = []
        if found := _HEADING.match(line):
            section, kind = found["name"], ""
        elif line.startswith("### "):
            kind = line[4:].strip()
        elif point:
            lines = [line[2:].strip()]
        elif lines and line.strip():
            lines.append(line.strip())


def unreleased(changelog: str, released: Version | None) -> list[Entry]:
    """Points of what comes after the last release."""
    found = []
    for entry in entries(changelog):
        version = parse_version(entry.section)
        if version is None or released is None or version > released:
            found.append(entry)
    return found


def names_of(change: Change) -> set[str]:
    """What the changelog may call the thing that changed."""
    names = {change.subject, change.subject.partition(".")[0]}
    for operation in change.operations:
        names |= _operation_names(operation)
    if change.place.startswith("posthog_environments"):
        parts = change.place.split(".")
        names |= {change.place, ".".join(parts[-2:]), ".".join(parts[-3:])}
        names |= {part for part in parts if part[:1].isupper()}
        if len(parts) == 2:
            names.add(parts[1])
        if parts[1:2] == ["api"] and len(parts) > 3:
            names |= _operation_names(parts[3])
        if parts[1:2] == ["resources"] and len(parts) > 4:
            names.add(f"{parts[2]}.{parts[4]}")
    return {name for name in names if len(name) > 2}


def _operation_names(operation_id: str) -> set[str]:
    """`session_recordings_list` is also called `session_recordings.list`; either part may hold an underscore."""
    parts = operation_id.split("_")
    return {
        operation_id,
        *(f"{'_'.join(parts[:cut])}.{'_'.join(parts[cut:])}" for cut in range(1, len(parts))),
    }


@dataclass(frozen=True)
class Verdict:
    """What a comparison means for the release; `problems` is empty where all is in order."""

    level: Level
    released: Version | None
    version: Version | None
    needs: Version | None
    problems: tuple[str, ...]
    corrected: tuple[Change, ...] = ()


def judge(changes: Iterable[Change], before: str, after: str, version: str) -> Verdict:
    """`before` and `after` are the changelog at the base and now, `version` is what the package says now."""
    changes = list(changes)
    released, now = last_release(before), parse_version(version)
    points = unreleased(after, released)
    corrections = [entry for entry in points if entry.kind.lower() == _CORRECTIONS]
    corrected = [
        change
        for change in changes
        if change.level == "breaking"
        and change.place.startswith("#")
        and any(entry.names(change) for entry in corrections)
    ]
    breaking = [change for change in changes if change.level == "breaking" and change not in corrected]
    additive = [change for change in changes if change.level == "additive"]
    level: Level = "breaking" if breaking else "additive" if additive or corrected else "invisible"
    needs = needed(released, level) if released else None
    problems: list[str] = []
    if now is None:
        problems.append(f"the version {version!r} is not of the form 1.2.3")
    if breaking and needs and now and now < needs:
        problems.append(
            f"a breaking change after {said(released)} needs version {said(needs)};"
            f" src/posthog_environments/_version.py says {version}"
        )
    known = {entry.text for entry in entries(before)}
    unnamed = [
        change for change in breaking if not any(entry.breaking and entry.names(change) for entry in points)
    ]
    if unnamed:
        listed = "\n".join(f"  - {change.message}" for change in unnamed[:_MANY])
        if len(unnamed) > _MANY:
            listed += f"\n  - and {len(unnamed) - _MANY} more"
        problems.append(
            "no file in changelog.d/ of the kind changed, removed or breaking (or with the word breaking) names:\n"
            + listed
        )
    told = any(entry.text not in known for entry in points)
    if additive and not told and not any(entry.names(change) for entry in points for change in additive):
        problems.append("no file in changelog.d/ tells what is new: " + additive[0].message)
    return Verdict(level, released, now, needs, tuple(problems), tuple(corrected))


def said(version: Version | None) -> str:
    return ".".join(map(str, version)) if version else "none"
