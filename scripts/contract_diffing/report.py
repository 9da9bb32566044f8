"""Changes as text: Markdown for people, JSON for machines, annotations for GitHub."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from contract_diffing.changes import LEVELS, Change

FORMATS = ("markdown", "json", "github")
Line = Callable[[Change], tuple[str, int] | None]

_HEADINGS = {"breaking": "Breaking", "additive": "Additive", "invisible": "Invisible"}
_ANNOTATIONS = {"breaking": "error", "additive": "notice"}
_MANY = 4


def render(changes: Sequence[Change], form: str, line: Line = lambda change: None) -> str:
    """`line` says in which hand-written file and line a change is to be found."""
    match form:
        case "json":
            return as_json(changes)
        case "github":
            return "\n".join(github(changes, line))
        case _:
            return markdown(changes, line)


def as_json(changes: Sequence[Change]) -> str:
    return json.dumps(
        {"summary": summary(changes), "changes": [change.as_json() for change in changes]},
        indent=2,
        ensure_ascii=False,
        default=str,
    )


def summary(changes: Sequence[Change]) -> dict[str, int]:
    return {level: sum(change.level == level for change in changes) for level in LEVELS}


def markdown(changes: Sequence[Change], line: Line = lambda change: None) -> str:
    counts = summary(changes)
    if not changes:
        return "No change."
    texts = [", ".join(f"{count} {level}" for level, count in counts.items()) + "."]
    for level in LEVELS:
        found = [change for change in changes if change.level == level]
        if found:
            texts += ["", f"### {_HEADINGS[level]} ({len(found)})", ""]
            texts += [_entry(change, line) for change in found]
    return "\n".join(texts)


def _entry(change: Change, line: Line) -> str:
    who = f" — hits {' and '.join(change.who)}" if change.who else ""
    where = line(change)
    place = f"{where[0]}:{where[1]}" if where else change.place
    used = [name for name in change.operations if name != change.subject]
    shown = ", ".join(used[:_MANY]) + (f" and {len(used) - _MANY} more" if len(used) > _MANY else "")
    reach = f" In {shown}." if used else ""
    message = change.message.replace("\n", " ")
    return f"- {message}{who}.{reach} (`{change.rule}`, `{place}`)"


def github(changes: Sequence[Change], line: Line = lambda change: None) -> list[str]:
    result = []
    for change in changes:
        kind = _ANNOTATIONS.get(change.level)
        if kind is None:
            continue
        where = line(change)
        position = f" file={where[0]},line={where[1]}" if where else ""
        separator = "," if position else " "
        title = f"{separator}title={escape(f'{change.level}: {change.rule}', property_=True)}"
        who = f" (hits {' and '.join(change.who)})" if change.who else ""
        result.append(f"::{kind}{position}{title}::{escape(change.message + who)}")
    return result


def escape(text: str, *, property_: bool = False) -> str:
    """For a GitHub workflow command."""
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if property_ else text
