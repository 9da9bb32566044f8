"""A comparison for people (Markdown), for programs (JSON) and for GitHub's log (workflow commands).

Texts of the other side come from outside: in Markdown they stand in code spans, in commands they are escaped.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator

from upstream_baseline import Entry, Judged
from upstream_compare import Result
from upstream_findings import Finding, Severity
from upstream_source import Published

_ORDER = list(Severity)
_HEADINGS = {
    Severity.BREAKS: "Breaks us",
    Severity.MORE: "Lets us do more",
    Severity.INFORMATION: "Information",
}
CUT = "\n\n… cut here; run `make upstream-diff` for the whole report.\n"


def code(text: object, limit: int = 160) -> str:
    """A code span that nothing inside can leave, for a table cell too."""
    flat = re.sub(r"[\x00-\x1f\x7f]+", " ", str(text)).strip() or "-"
    flat = flat if len(flat) <= limit else flat[: limit - 1] + "…"
    return "`" + flat.replace("`", "ʹ").replace("|", "¦") + "`"


def markdown(published: Published, result: Result, judged: Judged, limit: int | None = None) -> str:
    """The report: what is new first, then what is known. `limit` cuts it to a number of characters."""
    text = "\n".join(_markdown(published, result, judged)) + "\n"
    if limit is not None and len(text) > limit:
        text = text[: max(0, limit - len(CUT))].rpartition("\n")[0] + CUT
    return text


def _markdown(published: Published, result: Result, judged: Judged) -> Iterator[str]:
    yield "# PostHog's schema against our contract"
    yield ""
    yield (
        f"{code(published.source)}: {code(published.title)}, version {code(published.version or 'none')}, OpenAPI "
        f"{code(published.openapi)}. {result.matched} of our {result.ours} operations are in it"
        f" ({result.theirs} operations below `/api/environments/` and `/api/projects/`; era `{result.era}`)."
    )
    if not result.scopes:
        yield "It names no scopes, so scopes are not compared."
    yield ""
    yield "| | new | known from the contract | accepted in the baseline |"
    yield "|---|--:|--:|--:|"
    new, noted = _by_severity(judged.new), _by_severity(judged.noted)
    accepted = _by_severity(finding for finding, _ in judged.accepted)
    for severity in _ORDER:
        yield f"| {_HEADINGS[severity]} | {new[severity]} | {noted[severity]} | {accepted[severity]} |"
    yield ""
    if judged.new:
        yield from _new(judged.new)
    else:
        yield "Nothing new."
        yield ""
    yield from _leftovers(judged)
    yield from _known(judged)


def _by_severity(findings: Iterable[Finding]) -> Counter[Severity]:
    return Counter(finding.severity for finding in findings)


def _new(findings: tuple[Finding, ...]) -> Iterator[str]:
    groups: dict[str, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(finding.operation, []).append(finding)
    yield "| operation | breaks us | lets us do more | information |"
    yield "|---|--:|--:|--:|"
    for operation, members in groups.items():
        counts = _by_severity(members)
        yield (
            f"| {code(operation)} | " + " | ".join(str(counts[severity] or "") for severity in _ORDER) + " |"
        )
    for operation, members in groups.items():
        yield ""
        yield f"## {code(operation)}"
        yield ""
        yield "| | what | where | ours | theirs |"
        yield "|---|---|---|---|---|"
        for finding in sorted(members, key=lambda one: _ORDER.index(one.severity)):
            cells = (finding.kind, code(finding.place), code(finding.ours), code(finding.theirs))
            yield f"| {finding.severity.value} | " + " | ".join(cells) + " |"
    yield ""


def _leftovers(judged: Judged) -> Iterator[str]:
    if judged.expired:
        yield "## Baseline entries past their date"
        yield ""
        for entry, count in judged.expired:
            yield f"- entry {entry.number}, until {entry.expires}: {entry.reason} ({count} findings are new again)"
        yield ""
    if judged.stale:
        yield "## Baseline entries that match nothing any more"
        yield ""
        yield "Take them out of `openapi/upstream-baseline.yaml`."
        yield ""
        for entry, pattern in judged.stale:
            yield f"- entry {entry.number}: {code(pattern)}"
        yield ""


def _known(judged: Judged) -> Iterator[str]:
    if judged.accepted:
        groups: dict[Entry, list[Finding]] = {}
        for finding, entry in judged.accepted:
            groups.setdefault(entry, []).append(finding)
        yield "## Accepted in the baseline"
        yield ""
        for entry, members in groups.items():
            yield f"- **{len(members)}**: {entry.reason} ({entry.source}, {entry.date})"
        yield ""
    if judged.noted:
        yield "<details><summary>Known from notes of the contract</summary>"
        yield ""
        for finding in judged.noted:
            yield f"- {code(finding.identity)}: {finding.known}"
        yield ""
        yield "</details>"


def as_json(published: Published, result: Result, judged: Judged) -> str:
    """Everything, for programs."""
    report = {
        "schema": {
            "source": published.source,
            "title": published.title,
            "version": published.version,
            "openapi": published.openapi,
            "era": result.era,
            "bytes": published.size,
        },
        "operations": {"ours": result.ours, "matched": result.matched, "theirs": result.theirs},
        "new": [finding.as_json() for finding in judged.new],
        "known": [finding.as_json() for finding in judged.noted],
        "accepted": [
            {**finding.as_json(), "entry": entry.number, "reason": entry.reason, "source": entry.source}
            for finding, entry in judged.accepted
        ],
        "stale": [{"entry": entry.number, "match": pattern} for entry, pattern in judged.stale],
        "expired": [{"entry": entry.number, "expires": str(entry.expires)} for entry, _ in judged.expired],
    }
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def github(published: Published, result: Result, judged: Judged) -> str:
    """One workflow command per new finding: errors for what breaks us, warnings and notices for the rest."""
    level = {Severity.BREAKS: "error", Severity.MORE: "warning", Severity.INFORMATION: "notice"}
    lines = [
        f"::{level[finding.severity]} title={_property(f'{finding.operation} {finding.kind}')}::"
        + _data(f"{finding.place}: {finding.ours} -> {finding.theirs} ({finding.identity})")
        for finding in judged.new
    ]
    for entry, pattern in judged.stale:
        lines.append(f"::notice title=stale baseline entry::{_data(f'entry {entry.number}: {pattern}')}")
    counts = f"{len(judged.new)} new, {len(judged.noted) + len(judged.accepted)} known"
    lines.append(_data(f"{published.source}: {counts}; {result.matched} of {result.ours} operations matched"))
    return "\n".join(lines) + "\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
