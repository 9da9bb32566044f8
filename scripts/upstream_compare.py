"""What PostHog's schema says otherwise than our contract, operation by operation.

Ours is wider on purpose: what the server really does stands beside what the schema says. So only that is a finding
which the contract does not accept, or which the vendor does not have; and where a note of the contract
(`x-curation`, `x-deprecation`) has already judged a difference, the finding carries that note.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from upstream_findings import Finding, Severity
from upstream_operations import Key, Operation, Twins, by_key, era
from upstream_schemas import Place, SchemaComparison
from upstream_shapes import Document

JSON = "application/json"
BREAKS, MORE, INFORMATION = Severity.BREAKS, Severity.MORE, Severity.INFORMATION


@dataclass(frozen=True)
class Result:
    """All findings of one comparison, in the order of the contract, and how much of theirs is ours."""

    findings: tuple[Finding, ...]
    matched: int
    ours: int
    theirs: int
    era: str
    scopes: bool  # whether the schema names scopes at all
    visits: int  # schemas that were looked at


def compare(ours: Document, theirs: Document) -> Result:
    """Every difference between our contract and a schema that PostHog published."""
    mine, published = by_key(ours), by_key(theirs)
    run = _Run(ours, theirs, published)
    findings: list[Finding] = []
    matched = 0
    for key, twins in mine.items():
        operation = twins.best
        if key in published:
            matched += 1
            findings += run.operation(operation, published[key])
        else:
            findings.append(_gone(ours, operation))
    resources = {twins.best.segment for twins in mine.values()}
    for key, twins in published.items():
        if key not in mine and twins.best.segment in resources:
            findings.append(_new(twins.best, twins))
    unique = {finding.identity: finding for finding in findings}
    return Result(
        findings=tuple(unique.values()),
        matched=matched,
        ours=len(mine),
        theirs=len(published),
        era=era(published),
        scopes=run.scopes,
        visits=run.schemas.visits,
    )


def _gone(document: Document, operation: Operation) -> Finding:
    finding = Finding(
        "operation-gone", operation.operation_id, "operation", operation.title, "absent", BREAKS
    )
    kind = operation.data.get("x-deprecation")
    if kind == "removed":
        text = document.get("x-deprecations", {}).get(kind, {}).get("text", kind)
        return replace(finding, known=f"x-deprecation {kind}: {_line(text)}")
    return replace(finding, known=_about(operation, "present"))


def _new(operation: Operation, twins: Twins) -> Finding:
    paths = " and ".join(twin.path for twin in twins.by_root.values())
    place = f"{operation.method.upper()} {operation.key[1]}/"
    return Finding("operation-new", operation.segment, place, "absent", paths, MORE)


def _about(operation: Operation, topic: str) -> str:
    """The notes on the operation itself are about many things; those on this topic name it."""
    notes = [
        f"documented {note.get('documented')}, observed {note.get('observed')}"
        for note in operation.data.get("x-curation") or ()
        if topic in str(note.get("documented", ""))
    ]
    return _line("; ".join(notes))


class _Run:
    """One comparison of two documents."""

    def __init__(self, ours: Document, theirs: Document, published: Mapping[Key, Twins]) -> None:
        self.ours = ours
        self.schemas = SchemaComparison(ours, theirs)
        self.scopes = any(_scopes(twins.best.data) for twins in published.values())

    def operation(self, mine: Operation, twins: Twins) -> Iterator[Finding]:
        found = _Findings(mine.operation_id)
        other = twins.best
        self._root(found, mine, other)
        self._deprecation(found, mine, twins)
        self._identity(found, other)
        self._scope(found, mine, other)
        self._parameters(found, mine, other)
        self._body(found, mine, other)
        self._responses(found, mine, other)
        yield from found.findings

    def _root(self, found: _Findings, mine: Operation, other: Operation) -> None:
        if mine.root != other.root:
            place = Place("operation")
            found.add("root-gone", place, f"/api/{mine.root}/", f"only /api/{other.root}/", BREAKS, gone=True)

    def _deprecation(self, found: _Findings, mine: Operation, twins: Twins) -> None:
        other = twins.best
        place = Place("operation")
        if other.deprecated and not mine.deprecated:
            twin = twins.replacement
            text = f"deprecated; use {twin.path}" if twin else "deprecated" + _advice(other)
            found.add("deprecated", place, "not deprecated", text, INFORMATION)
        # Our `moved` is about the root; the twin under the other root was never deprecated.
        elif mine.deprecated and not other.deprecated and mine.root == other.root:
            kind = mine.data.get("x-deprecation")
            found.add("not-deprecated", place, f"deprecated ({kind})", "not deprecated", INFORMATION)

    def _identity(self, found: _Findings, other: Operation) -> None:
        usual = other.usual_id()
        name = other.operation_id.removeprefix("environments_")
        lists = usual.removesuffix("_retrieve") + "_list" if other.method == "get" else usual
        if name and name not in (usual, lists):
            found.add("operation-id", Place("operation", ()), usual, name, INFORMATION, detail=name)

    def _scope(self, found: _Findings, mine: Operation, other: Operation) -> None:
        if not self.scopes:
            return
        have, want = _scopes(mine.data), _scopes(other.data)
        if have == want:
            return
        severity = MORE if not have else BREAKS
        shown = " ".join(want) or "none"
        known = _about(mine, "scope")
        words = (" ".join(have) or "none", shown)
        found.add("scope", Place("scope"), *words, severity, detail=shown, known=known)

    # --- parameters ------------------------------------------------------------------------------------------

    def _parameters(self, found: _Findings, mine: Operation, other: Operation) -> None:
        have, want = _by_place(mine), _by_place(other)
        for place_name, parameter in have.items():
            place = Place(place_name, (parameter,))
            if place_name not in want:
                found.add("parameter-gone", place, "declared", "absent", BREAKS, gone=True)
            else:
                self._parameter(found, place, parameter, want[place_name])
        for place_name, parameter in want.items():
            if place_name not in have:
                required = parameter.get("required") is True
                shown = f"{self.schemas.theirs.of(parameter.get('schema'))}{', required' if required else ''}"
                severity = BREAKS if required else MORE
                found.add("parameter-new", Place(place_name, ()), "absent", shown, severity)

    def _parameter(
        self, found: _Findings, place: Place, mine: Mapping[str, Any], other: Mapping[str, Any]
    ) -> None:
        for finding in self.schemas.parameter(mine, other, place):
            found.add(*finding)
        required, wanted = mine.get("required") is True, other.get("required") is True
        if required != wanted and not place.text.startswith("path."):
            words = ("required" if required else "optional", "required" if wanted else "optional")
            severity = BREAKS if wanted else MORE
            found.add("parameter-required", place, *words, severity, detail=words[1])
        if other.get("deprecated") is True and mine.get("deprecated") is not True:
            found.add("parameter-deprecated", place, "not deprecated", "deprecated", INFORMATION)

    # --- bodies ----------------------------------------------------------------------------------------------

    def _body(self, found: _Findings, mine: Operation, other: Operation) -> None:
        have, want = mine.data.get("requestBody"), self._resolved(other.data.get("requestBody"))
        if not isinstance(have, Mapping) and not want.get("content"):
            return
        if not isinstance(have, Mapping):
            severity = BREAKS if want.get("required") is True else MORE
            found.add("body-new", Place("body", ()), "no body", _body_words(want), severity)
            return
        place = Place("body", (have,))
        if not want.get("content"):
            found.add("body-gone", place, _body_words(have), "no body", BREAKS, gone=True)
            return
        required, wanted = have.get("required") is True, want.get("required") is True
        if wanted and not required:
            found.add("body-required", place, "optional", "required", BREAKS)
        self._media(found, place, have, want, "request")

    def _responses(self, found: _Findings, mine: Operation, other: Operation) -> None:
        have = {str(status): value for status, value in mine.data.get("responses", {}).items()}
        want = {str(status): value for status, value in (other.data.get("responses") or {}).items()}
        for status, value in have.items():
            response = self._resolved_ours(value)
            place = Place(status, (response,))
            if status not in want:
                severity = BREAKS if status.startswith("2") else INFORMATION
                found.add("status-gone", place, "declared", "absent", severity, gone=True)
                continue
            theirs = self._resolved(want[status])
            if response.get("content") and not theirs.get("content"):
                # Most of PostHog's actions have no serializer: the schema says nothing of what they send.
                found.add(
                    "response-body-gone", place, _body_words(response), "no body", INFORMATION, gone=True
                )
            elif theirs.get("content") and not response.get("content"):
                found.add("response-body-new", place, "no body", _body_words(theirs), MORE)
            elif theirs.get("content"):
                self._media(found, place, response, theirs, "response")
        for status, value in want.items():
            if status not in have:
                severity = BREAKS if status.startswith("2") else MORE
                shown = _body_words(self._resolved(value))
                found.add("status-new", Place(status, ()), "absent", shown, severity)

    def _media(
        self, found: _Findings, place: Place, have: Mapping[str, Any], want: Mapping[str, Any], side: str
    ) -> None:
        mine, other = have.get("content") or {}, want.get("content") or {}
        for name in other:
            if name not in mine:
                found.add("media-type-new", place.at(f":{name}"), "absent", str(name), MORE)
        for name in mine:
            if name not in other:
                inner = place.at(f":{name}", (mine[name],), around=place.nodes)
                found.add("media-type-gone", inner, str(name), "absent", INFORMATION, gone=True)
        if JSON in mine and JSON in other:
            media = (mine[JSON] or {}, other[JSON] or {})
            for finding in self.schemas.compare(media[0].get("schema"), media[1].get("schema"), place, side):
                found.add(*finding)

    def _resolved(self, value: Any) -> Mapping[str, Any]:
        return self.schemas.component(self.schemas.theirs.document, value)

    def _resolved_ours(self, value: Any) -> Mapping[str, Any]:
        return self.schemas.component(self.ours, value)


class _Findings:
    """Findings of one operation, each with the note that explains it."""

    def __init__(self, operation: str) -> None:
        self.operation = operation
        self.findings: list[Finding] = []

    def add(
        self,
        kind: str,
        place: Place,
        ours: str,
        theirs: str,
        severity: Severity,
        detail: str = "",
        gone: bool = False,
        known: str = "",
    ) -> None:
        known = known or _line("; ".join(place.notes(gone)))
        self.findings.append(Finding(kind, self.operation, place.text, ours, theirs, severity, detail, known))


def _by_place(operation: Operation) -> dict[str, Mapping[str, Any]]:
    """Parameters by place; those of the path by their order, for their names differ over the years."""
    found: dict[str, Mapping[str, Any]] = {}
    order = {name: index for index, name in enumerate(operation.path_names)}
    for parameter in operation.parameters:
        place, name = str(parameter["in"]), str(parameter["name"])
        if place == "path" and name in order:
            found[f"path.{order[name] + 1}"] = parameter
        else:
            found[f"{place}.{name}"] = parameter
    return found


def _scopes(data: Mapping[str, Any]) -> list[str]:
    """Scopes of the first requirement that names any."""
    for requirement in data.get("security") or ():
        if isinstance(requirement, Mapping):
            for scopes in requirement.values():
                if isinstance(scopes, list) and scopes:
                    return sorted(map(str, scopes))
    return []


def _advice(operation: Operation) -> str:
    """What the vendor's description says about the replacement."""
    texts = [operation.data.get("description"), *(one.get("description") for one in operation.parameters)]
    for text in texts:
        words = str(text or "")
        if "deprecated" in words.lower() or "instead" in words.lower():
            return f": {_line(words)[:200]}"
    return ""


def _body_words(holder: Mapping[str, Any]) -> str:
    content = holder.get("content")
    return ", ".join(map(str, content)) if content else "no body"


def _line(text: str) -> str:
    return " ".join(text.split())
