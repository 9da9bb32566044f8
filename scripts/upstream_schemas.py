"""Comparing one schema of ours with one of theirs: parameters, request fields, response fields.

The walk goes only where our contract goes, and stops where a component of ours comes again: what it costs is
bounded by our contract, however large or tangled the other document is.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from upstream_findings import Severity
from upstream_shapes import Document, Schema, Shape, Shapes, lookup

BREAKS, MORE, INFORMATION = Severity.BREAKS, Severity.MORE, Severity.INFORMATION
Found = tuple[str, "Place", str, str, Severity, str, bool]


def notes_of(nodes: tuple[Mapping[str, Any], ...], *, absent: bool | None) -> list[str]:
    """Notes that stand on these nodes. `absent` asks for those that say, or do not say, that a thing is undocumented."""
    found: dict[str, None] = {}
    for node in nodes:
        for note in node.get("x-curation") or ():
            says_absent = str(note.get("documented", "")).startswith("absent")
            if absent is None or says_absent == absent:
                found[f"documented {note.get('documented')}, observed {note.get('observed')}"] = None
    return list(found)


@dataclass(frozen=True)
class Place:
    """Where a finding is: a readable text, our nodes there, and our nodes right around it."""

    text: str
    nodes: tuple[Mapping[str, Any], ...] = ()
    around: tuple[Mapping[str, Any], ...] = ()

    def at(
        self, step: str, nodes: tuple[Mapping[str, Any], ...] = (), around: tuple[Mapping[str, Any], ...] = ()
    ) -> Place:
        return Place(self.text + step, nodes, around)

    def notes(self, gone: bool) -> list[str]:
        """The notes that explain a finding here.

        What we have and they lack is explained by any note on the thing, or by one on the object around it that
        says what is documented instead. A different value is explained by a note on the thing, unless that one
        only says that the thing is undocumented. What is new to us is explained by nothing.
        """
        if gone:
            return notes_of(self.nodes, absent=None) or notes_of(self.around, absent=False)
        return notes_of(self.nodes, absent=False)


def _holders(found: Shape, place: Place) -> tuple[Mapping[str, Any], ...]:
    """The nodes that say which fields an object has; for a whole body, the response too."""
    return (*(node for node in found.nodes if "properties" in node), *place.around)


class SchemaComparison:
    """Compares schemas of two documents."""

    def __init__(self, ours: Document, theirs: Document) -> None:
        self.ours, self.theirs = Shapes(ours), Shapes(theirs)

    @property
    def visits(self) -> int:
        return self.ours.visits + self.theirs.visits

    def component(self, document: Document, value: Any) -> Mapping[str, Any]:
        """A response or body; one reference is followed."""
        if isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
            value = lookup(document, value["$ref"])
        return value if isinstance(value, Mapping) else {}

    def compare(self, ours: Any, theirs: Any, place: Place, side: str) -> Iterator[Found]:
        """Differences of a whole body; `side` is request or response."""
        mine, other = self.ours.of(ours), self.theirs.of(theirs)
        whole = Place(place.text, (*place.nodes, *mine.nodes), place.nodes)
        yield from self._value(mine, other, whole, side, frozenset())

    def parameter(self, ours: Mapping[str, Any], theirs: Mapping[str, Any], place: Place) -> Iterator[Found]:
        mine, other = self.ours.of(ours.get("schema")), self.theirs.of(theirs.get("schema"))
        place = Place(place.text, (ours, *mine.nodes))
        as_json = any(node.get("contentMediaType") for node in mine.nodes)
        # In a URL everything is text: ours may be the wider one.
        scalar = not {"array", "object"} & other.types
        if other.types and not (mine.accepts(other) or as_json or (mine.types == {"string"} and scalar)):
            yield _found("parameter-type", place, mine, other, BREAKS if not scalar else MORE)
        elif "array" in mine.types and "array" in other.types:
            yield from self._style(ours, theirs, place)
            inner = self.ours.of(mine.items), self.theirs.of(other.items)
            yield from self._values(*inner, Place(f"{place.text}[]", inner[0].nodes, place.nodes), "request")
        yield from self._values(mine, other, place, "request")

    def _style(self, ours: Mapping[str, Any], theirs: Mapping[str, Any], place: Place) -> Iterator[Found]:
        words = [_style(one) for one in (ours, theirs)]
        if words[0] != words[1]:
            yield ("parameter-style", place, words[0], words[1], BREAKS, words[1], False)

    # --- values ----------------------------------------------------------------------------------------------

    def _value(
        self, mine: Shape, other: Shape, place: Place, side: str, seen: frozenset[str]
    ) -> Iterator[Found]:
        label = "body" if "." not in place.text and "[" not in place.text else "field"
        extra = mine.missing(other)
        if extra and side == "response":
            yield _found(f"response-{label}-type", place, mine, other, BREAKS)
        elif extra:
            disjoint = not mine.types & other.types
            yield _found(f"request-{label}-type", place, mine, other, BREAKS if disjoint else MORE)
        if side == "response" and mine.types and other.nullable and not mine.nullable:
            yield ("response-field-nullable", place, "never null", "may be null", BREAKS, "", False)
        plain = {"string"} == mine.types == other.types
        if plain and side == "response" and mine.formats - {""} and mine.formats != other.formats:
            yield _found("response-field-format", place, mine, other, INFORMATION)
        yield from self._values(mine, other, place, side)
        again = set(mine.names) & seen
        if again:
            return
        seen |= set(mine.names)
        if mine.items is not None and other.items is not None:
            inner = self.ours.of(mine.items), self.theirs.of(other.items)
            yield from self._value(*inner, place.at("[]", inner[0].nodes), side, seen)
        if mine.variants and other.variants:
            yield from self._variants(mine, other, place, side, seen)
        elif mine.fields and other.fields:
            yield from self._fields(mine, other, place, side, seen)
        if mine.extra is not None and other.extra is not None:
            inner = self.ours.of(mine.extra), self.theirs.of(other.extra)
            yield from self._value(*inner, place.at(".{}", inner[0].nodes), side, seen)

    def _values(self, mine: Shape, other: Shape, place: Place, side: str) -> Iterator[Found]:
        if mine.values is None or other.values is None:
            return
        have, want = dict.fromkeys(map(_text, mine.values)), dict.fromkeys(map(_text, other.values))
        for value in want:
            if value not in have:
                yield ("enum-value-new", place, "absent", value, MORE, value, False)
        for value in have:
            if value not in want:
                severity = BREAKS if side == "request" else INFORMATION
                yield ("enum-value-gone", place, value, "absent", severity, value, True)

    def _fields(
        self, mine: Shape, other: Shape, place: Place, side: str, seen: frozenset[str]
    ) -> Iterator[Found]:
        holders = _holders(mine, place)
        skipped = {name for name, value in other.fields.items() if self._one_way(value, side)}
        for name, value in mine.fields.items():
            inner = self.ours.of(value)
            at = Place(f"{place.text}.{name}", inner.nodes, holders)
            if name not in other.fields:
                if other.extra is None:
                    yield (f"{side}-field-gone", at, str(inner), "absent", BREAKS, "", True)
                continue
            if name in skipped:
                word = "readOnly" if side == "request" else "writeOnly"
                yield (f"{side}-field-{word.lower()}", at, str(inner), word, BREAKS, "", True)
                continue
            if side == "request":
                yield from _required(name, mine, other, at)
            below = Place(at.text, at.nodes)
            yield from self._value(inner, self.theirs.of(other.fields[name]), below, side, seen)
        for name, value in other.fields.items():
            if name not in mine.fields and name not in skipped and mine.extra is None:
                required = side == "request" and name in other.required
                shown = f"{self.theirs.of(value)}{', required' if required else ''}"
                yield (
                    f"{side}-field-new",
                    place.at(f".{name}"),
                    "absent",
                    shown,
                    BREAKS if required else MORE,
                    "",
                    False,
                )

    def _variants(
        self, mine: Shape, other: Shape, place: Place, side: str, seen: frozenset[str]
    ) -> Iterator[Found]:
        have, want = self.ours.variants(mine), self.theirs.variants(other)
        if have is None or want is None:
            return
        for label, part in have.items():
            inner = self.ours.of(part)
            at = place.at(f"{{{label}}}", inner.nodes, mine.nodes)
            if label in want:
                yield from self._value(inner, self.theirs.of(want[label]), at, side, seen)
            else:
                yield ("variant-gone", at, label, "absent", BREAKS, "", True)
        for label in want:
            if label not in have:
                yield ("variant-new", place.at(f"{{{label}}}"), "absent", label, MORE, "", False)

    def _one_way(self, schema: Schema, side: str) -> bool:
        found = self.theirs.of(schema)
        return found.read_only if side == "request" else found.write_only


def _required(name: str, mine: Shape, other: Shape, place: Place) -> Iterator[Found]:
    have, want = name in mine.required, name in other.required
    if have != want:
        words = ("required" if have else "optional", "required" if want else "optional")
        # A note on the object says what is really read, so it speaks for what it requires too.
        yield ("request-field-required", place, *words, BREAKS if want else MORE, words[1], have)


def _found(kind: str, place: Place, mine: Shape, other: Shape, severity: Severity) -> Found:
    return (kind, place, str(mine), str(other), severity, str(other), False)


def _style(parameter: Mapping[str, Any]) -> str:
    style = parameter.get("style", "form")
    exploded = parameter.get("explode", style == "form")
    return (
        "repeated" if style == "form" and exploded else "comma-separated" if style == "form" else str(style)
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, default=str)
