"""What a schema says of a value, as one shape: which types, which fields, which constants.

The normal form is that of the contract diff (`contract_diffing/normal.py`), where OpenAPI 3.0 and 3.1 look the same.
A shape is a looser view of it, for two documents that are not versions of each other: all branches of one schema
together, a single object's fields, and every mapping that had a say, for the notes that stand on them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from contract_diffing.normal import ANY, Branch, Node
from contract_diffing.reading import Document as Normal
from contract_diffing.reading import Unreadable

Document = Mapping[str, Any]
Schema = Any  # a schema as it is written, or a node or branch of the normal form

# Formats that decide which Python type a value becomes; the others are hints.
_FORMATS = frozenset({"date", "date-time", "uuid", "binary"})
# Compositions are written out to compare them: those that name each other many times over are refused first.
MAX_COMPOSED = 20_000


@dataclass(frozen=True)
class Shape:
    """A schema with its references followed one level deep: what lies below is still a schema."""

    types: frozenset[str] = frozenset()  # empty: any value
    nullable: bool = False
    formats: frozenset[str] = frozenset()  # of strings; "" for plain text
    values: tuple[Any, ...] | None = None
    fields: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    items: Schema | None = None
    extra: Schema | None = None
    variants: tuple[Schema, ...] = ()
    read_only: bool = False
    write_only: bool = False
    names: tuple[str, ...] = ()  # of the components that it is
    nodes: tuple[Mapping[str, Any], ...] = ()  # every mapping that had a say

    def accepts(self, other: Shape) -> bool:
        """Whether every type of `other` is one of ours."""
        return not self.types or not other.types or not self.missing(other)

    def missing(self, other: Shape) -> frozenset[str]:
        """Types of `other` that are none of ours."""
        if not self.types:
            return frozenset()
        mine = self.types | {"integer"} if "number" in self.types else self.types
        return other.types - mine

    def __str__(self) -> str:
        words = sorted(self.types) or ["anything"]
        if words == ["string"] and self.formats - {""}:
            words = [f"string ({'/'.join(sorted(self.formats - {''}))})"]
        if self.values is not None and words != ["anything"]:
            words[0] += " enum"
        return " or ".join(words + ["null"] * (self.nullable and bool(self.types)))


def lookup(document: Document, reference: str) -> Mapping[str, Any]:
    """What a reference names; an empty schema where it leads nowhere."""
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        target = target.get(step, {}) if isinstance(target, Mapping) else {}
    return target if isinstance(target, Mapping) else {}


class Shapes:
    """Shapes of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.visits = 0
        self._normal = Normal(document, "schema")
        self._places = count()
        self._weights: dict[str, int] = {}
        self._known: dict[tuple[str, ...], Shape] = {}

    def of(self, schema: Schema) -> Shape:
        """The shape of a schema; one that is only itself says nothing.

        Raises `Unreadable` when its parts name each other so often that they cannot be written out.
        """
        self.visits += 1
        if isinstance(schema, Branch):
            return _shape((schema,), name=schema.name)
        node = schema if isinstance(schema, Node) else self._node(schema)
        if node is None:
            return Shape()
        if node.key not in self._known:
            if sum(self._weight(part.raw, ()) for part in node.parts) > MAX_COMPOSED:
                raise Unreadable(f"{node.place}: its parts name each other too often to be compared")
            nodes = {id(one): one for part in node.parts for one in self._spoken(part.raw, ())}
            self._known[node.key] = _shape(
                node.branches,
                name=node.name,
                nodes=tuple(nodes.values()),
                read_only=node.fact("readOnly") is True,
                write_only=node.fact("writeOnly") is True,
            )
        return self._known[node.key]

    def _node(self, schema: Any) -> Node | None:
        try:
            raw = schema if isinstance(schema, Mapping) else {}
            return Node.at(self._normal, raw, f"#/inline/{next(self._places)}")
        except Unreadable:  # a reference to itself
            return None

    def _weight(self, raw: Any, above: tuple[str, ...]) -> int:
        """How many schemas a composition is when it is written out."""
        if not isinstance(raw, Mapping):
            return 0
        total = 1 + sum(
            self._weight(part, above) for key in ("allOf", "anyOf", "oneOf") for part in _list(raw, key)
        )
        reference = raw.get("$ref")
        if isinstance(reference, str) and reference not in above:
            if reference not in self._weights:
                self._weights[reference] = self._weight(lookup(self.document, reference), (*above, reference))
            total += self._weights[reference]
        return total

    def _spoken(self, raw: Any, above: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        """A schema and the ones that it says the same as: targets, members of allOf, what may be null."""
        if not isinstance(raw, Mapping):
            return
        yield raw
        reference = raw.get("$ref")
        if isinstance(reference, str) and reference not in above:
            yield from self._spoken(lookup(self.document, reference), (*above, reference))
        for part in _list(raw, "allOf"):
            yield from self._spoken(part, above)
        for key in ("anyOf", "oneOf"):
            real = [part for part in _list(raw, key) if part != {"type": "null"}]
            if len(real) == 1:
                yield from self._spoken(real[0], above)

    def variants(self, found: Shape) -> dict[str, Schema] | None:
        """The members of a union by the constant that tells them apart; None when one has none."""
        named: dict[str, Schema] = {}
        for part in found.variants:
            label = next(self._constants(self.of(part)), None)
            if label is None or label in named:
                return None
            named[label] = part
        return named or None

    def _constants(self, member: Shape) -> Iterator[str]:
        for key in ("kind", "type"):
            if key in member.fields:
                values = self.of(member.fields[key]).values
                if values is not None and len(values) == 1:
                    yield str(values[0])


def _list(schema: Mapping[str, Any], key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []


def _shape(
    branches: tuple[Branch, ...],
    *,
    name: str = "",
    nodes: tuple[Mapping[str, Any], ...] = (),
    read_only: bool = False,
    write_only: bool = False,
) -> Shape:
    """All branches together. A single object among them gives its fields; several are variants."""
    real = [branch for branch in branches if branch.type != "null"]
    objects = [branch for branch in real if branch.type == "object"]
    arrays = [branch for branch in real if branch.items is not None]
    one = objects[0] if len(objects) == 1 else None
    enums = [branch.enum for branch in real if branch.enum is not None]
    values = tuple(dict.fromkeys(json.loads(text) for enum in enums for text in enum))
    names = dict.fromkeys([name, *(branch.name for branch in real if len(real) == 1)])
    return Shape(
        types=frozenset() if any(branch.type == ANY for branch in real) else frozenset(b.type for b in real),
        nullable=len(real) < len(branches),
        formats=frozenset().union(*(b.formats & _FORMATS or {""} for b in real if b.type == "string")),
        values=values if real and len(enums) == len(real) else None,
        fields=one.properties if one else {},
        required=one.required if one else frozenset(),
        items=arrays[0].items if len(arrays) == 1 else None,
        extra=one.additional if one and isinstance(one.additional, Node) else None,
        variants=tuple(objects) if len(objects) > 1 else (),
        read_only=read_only,
        write_only=write_only,
        names=tuple(one_name for one_name in names if one_name),
        nodes=nodes,
    )
