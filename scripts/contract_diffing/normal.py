"""Schemas in one normal form, whatever way they were written.

OpenAPI can say one thing in many ways: `nullable: true`, `type: [string, 'null']` and `anyOf` with `null`;
`allOf` and a flat object; `const` and a short `enum`; a `$ref` and its target spelled out; `exclusiveMinimum: true`
and the number of 3.1. Here a schema becomes the list of its *branches*: each of one JSON type, with all
that constrains it. Two schemas that mean the same have the same branches.

Two liberties, taken because everybody else takes them: a schema without `type` is of the type that its keywords
speak of (`properties` makes an object), and a nullable enum may be null although its list does not say so. `oneOf`
is read as `anyOf`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from contract_diffing.reading import Document, Unreadable, below, canonical

MISSING = object()
ANY = "any"
_TEXT = ("title", "description", "example", "examples", "externalDocs", "xml", "$comment")


@dataclass(frozen=True)
class Part:
    """One schema as it is written; `raw` is a mapping, or the `true` or `false` of JSON Schema."""

    place: str
    raw: Any


@dataclass(frozen=True)
class Bound:
    """A limit of a number."""

    value: float
    exclusive: bool = False

    def __str__(self) -> str:
        return f"{self.value:g}{' (exclusive)' if self.exclusive else ''}"


@dataclass(frozen=True, eq=False)
class Branch:
    """All values of one JSON type that a schema allows."""

    type: str
    place: str
    name: str = ""
    enum: tuple[str, ...] | None = None
    member_names: tuple[tuple[str, str], ...] = ()
    lower: Mapping[str, Any] = field(default_factory=dict)
    upper: Mapping[str, Any] = field(default_factory=dict)
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    multiples: frozenset[float] = frozenset()
    unique: bool = False
    media_type: str = ""
    content: Node | None = None
    items: Node | None = None
    prefix: tuple[Node, ...] = ()
    properties: Mapping[str, Node] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    additional: Node | bool = True
    opaque: Mapping[str, str] = field(default_factory=dict)

    @property
    def plain(self) -> bool:
        """Nothing is said beyond the type."""
        return self.enum is None and not (
            self.lower
            or self.upper
            or self.patterns
            or self.formats
            or self.multiples
            or self.unique
            or self.media_type
            or self.content
            or self.items
            or self.prefix
            or self.properties
            or self.required
            or self.additional is not True
            or self.opaque
        )

    @property
    def described(self) -> str:
        return self.name or self.type


@dataclass(frozen=True, eq=False)
class Discriminator:
    place: str
    property: str
    values: frozenset[str]


@dataclass(frozen=True, eq=False)
class Node:
    """A schema at its place, or several that must hold together (a property that two parts of `allOf` name)."""

    document: Document
    parts: tuple[Part, ...]

    @staticmethod
    def at(document: Document, raw: Any, place: str) -> Node:
        """References are followed as long as nothing stands beside them: the place is that of the target."""
        seen: set[str] = set()
        while isinstance(raw, Mapping) and "$ref" in raw and (document.is_3_0 or len(raw) == 1):
            reference = str(raw["$ref"])
            if reference in seen:
                raise Unreadable(f"{document.label}: {place}: {reference} leads back to itself")
            seen.add(reference)
            found = document.lookup(raw["$ref"], place)
            raw, place = found.value, found.place
        if raw is None:
            raw = {}
        if not isinstance(raw, (Mapping, bool)):
            raise Unreadable(f"{document.label}: {place} must be a schema, not {type(raw).__name__}")
        return Node(document, (Part(place, raw),))

    def together(self, other: Node) -> Node:
        parts = {part.place: part for part in (*self.parts, *other.parts)}
        return Node(self.document, tuple(parts.values()))

    @cached_property
    def key(self) -> tuple[str, ...]:
        return tuple(part.place for part in self.parts)

    @property
    def place(self) -> str:
        return self.parts[0].place

    @property
    def name(self) -> str:
        return component_name(self.place)

    @cached_property
    def branches(self) -> tuple[Branch, ...]:
        from contract_diffing.expand import expand  # it makes nodes itself

        return expand(self.document, self.parts)

    @cached_property
    def types(self) -> frozenset[str]:
        return frozenset(branch.type for branch in self.branches)

    def fact(self, keyword: str, absent: Any = None) -> Any:
        """A keyword that says something about the use of a value, not about which values there are."""
        for part in self.parts:
            found = _fact(self.document, part, keyword, ())
            if found is not MISSING:
                return found
        return absent

    @cached_property
    def discriminator(self) -> Discriminator | None:
        for part in self.parts:
            if isinstance(part.raw, Mapping) and isinstance(part.raw.get("discriminator"), Mapping):
                given = part.raw["discriminator"]
                mapping = self.document.mapping(
                    given.get("mapping"), below(part.place, "discriminator", "mapping")
                )
                choices = [
                    choice.value
                    for key in ("oneOf", "anyOf")
                    for choice in self.document.items(part.raw.get(key), below(part.place, key))
                ]
                targets = [
                    str(choice["$ref"])
                    for choice in choices
                    if isinstance(choice, Mapping) and "$ref" in choice
                ]
                named = {str(target) for target in mapping.values()}
                # A variant that the mapping does not name is known by the name of its component.
                implied = {
                    target.rpartition("/")[2]
                    for target in targets
                    if target not in named and target.rpartition("/")[2] not in named
                }
                place = below(part.place, "discriminator")
                return Discriminator(
                    place, str(given.get("propertyName", "")), frozenset({*mapping, *implied})
                )
        return None

    @cached_property
    def text(self) -> str:
        return canonical(
            [
                {key: part.raw[key] for key in _TEXT if key in part.raw}
                for part in self.parts
                if isinstance(part.raw, Mapping)
            ]
        )


def component_name(place: str) -> str:
    """`Person` of `#/components/schemas/Person`; empty for other places."""
    head, _, name = place.rpartition("/")
    return name.replace("~1", "/").replace("~0", "~") if head == "#/components/schemas" else ""


def _fact(document: Document, part: Part, keyword: str, above: tuple[str, ...]) -> Any:
    raw = part.raw
    if not isinstance(raw, Mapping) or part.place in above:
        return MISSING
    above = (*above, part.place)
    if keyword in raw:
        return raw[keyword]
    inner = [
        Part(below(part.place, "allOf", index), item) for index, item in enumerate(raw.get("allOf") or [])
    ]
    if "$ref" in raw:
        target = document.lookup(raw["$ref"], part.place)
        inner.append(Part(target.place, target.value))
    for one in inner:
        found = _fact(document, one, keyword, above)
        if found is not MISSING:
            return found
    return MISSING
