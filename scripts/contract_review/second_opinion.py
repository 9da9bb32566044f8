"""What Redocly's `diff` says of the same two documents, beside our own verdict.

Its command is marked experimental and knows neither our extensions nor Python names; ours decides. Where it calls
something major that ours does not call breaking, the report shows it to a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_diffing.changes import Change
from node_tools import NodeMissing, redocly


@dataclass(frozen=True)
class Opinion:
    """One change of the other tool."""

    impact: str
    rule: str
    place: str
    message: str


def ask(old: Path, new: Path) -> list[Opinion]:
    """Raises `NodeMissing` where the tool cannot be had or gives no report."""
    done = redocly(
        ["diff", str(old), str(new), "--format", "json", "--fail-on", "none", "--lint-config", "off"]
    )
    return read_report(done.stdout, done.stderr)


def read_report(report: str, errors: str = "") -> list[Opinion]:
    start = report.find("{")
    try:
        changes = json.loads(report[start:] if start >= 0 else "")["changes"]
    except (ValueError, KeyError):
        raise NodeMissing(f"redocly diff gave no report:\n{(errors or report).strip()[-1500:]}") from None
    return [opinion for change in changes for opinion in _opinions(change)]


def _opinions(change: Mapping[str, Any]) -> list[Opinion]:
    side = change.get("revision") or change.get("base") or {}
    place = str(side.get("pointer") or change.get("path") or "#")
    verdicts = change.get("verdicts") or []
    if not verdicts:
        what = f"{change.get('kind', 'changed')} {change.get('property') or change.get('typeName', '')}"
        return [Opinion(str(change.get("impact")), "", place, what)]
    return [
        Opinion(
            str(verdict.get("impact") or change.get("impact")),
            str(verdict.get("ruleId") or ""),
            place,
            str(verdict.get("message") or ""),
        )
        for verdict in verdicts
    ]


def agrees(change: Change, opinions: Sequence[Opinion]) -> bool:
    """Whether the other tool calls something major at the same place, or around or inside it."""
    return any(opinion.impact == "major" and near(change.place, opinion.place) for opinion in opinions)


def alone(opinions: Sequence[Opinion], changes: Sequence[Change]) -> list[Opinion]:
    """What the other tool calls major, and ours does not call breaking anywhere near."""
    places = [change.place for change in changes if change.level == "breaking"]
    return [
        opinion
        for opinion in opinions
        if opinion.impact == "major" and not any(near(place, opinion.place) for place in places)
    ]


def near(one: str, other: str) -> bool:
    short, long = sorted((one.rstrip("/"), other.rstrip("/")), key=len)
    # The document, all paths and all schemas are not near to anything.
    return short == long or (short.count("/") > 2 and long.startswith(f"{short}/"))
