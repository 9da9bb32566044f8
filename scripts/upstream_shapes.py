"""What a schema says of a value, in one form for OpenAPI 3.0 and 3.1.

`nullable`, type lists, `allOf` around one reference, unions with null and PostHog's BlankEnum/NullEnum all mean the
same thing in different words; here they look the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

Document = Mapping[str, Any]
Schema = Mapping[str, Any]

# Formats that decide which Python type a value becomes; the others are hints.
_FORMATS = ("date", "date-time", "uuid", "binary")
_NAMES = {str: "string", bool: "boolean", int: "integer", float: "number", dict: "object", list: "array"}


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
    names: tuple[str, ...] = ()  # of the components that were followed
    nodes: tuple[Schema, ...] = ()  # every mapping that had a say

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


def lookup(document: Document, reference: str) -> Schema:
    target: Any = document
    for step in reference.removeprefix("#/").split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        target = target.get(step, {}) if isinstance(target, Mapping) else {}
    return target if isinstance(target, Mapping) else {}


class Shapes:
    """Shapes of one document. Each component is followed once, however often it is referred to."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.visits = 0
        self._known: dict[str, Shape] = {}

    def of(self, schema: Any) -> Shape:
        """The shape of a schema; a reference that leads back to itself says nothing."""
        return self._shape(schema, frozenset())

    def _shape(self, schema: Any, seen: frozenset[str]) -> Shape:
        if not isinstance(schema, Mapping):
            return Shape()
        self.visits += 1
        own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", "oneOf", "anyOf")}
        result = replace(_plain(own), nodes=(schema,))
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in seen:
                return result
            if reference not in self._known:
                self._known[reference] = self._shape(lookup(self.document, reference), seen | {reference})
            target = self._known[reference]
            result = _both(result, replace(target, names=(reference.rpartition("/")[2], *target.names)))
        for part in _list(schema, "allOf"):
            result = _both(result, self._shape(part, seen))
        for key in ("oneOf", "anyOf"):
            parts = _distinct(_list(schema, key))
            if parts:
                result = _both(result, _either([self._shape(part, seen) for part in parts], parts))
        return result

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


def _list(schema: Schema, key: str) -> list[Any]:
    found = schema.get(key)
    return found if isinstance(found, list) else []


def _distinct(parts: list[Any]) -> list[Any]:
    """One of two alike is enough."""
    named = {
        part["$ref"] if isinstance(part, Mapping) and len(part) == 1 and "$ref" in part else id(part): part
        for part in parts
    }
    return list(named.values())


def _plain(schema: Schema) -> Shape:
    kinds = schema.get("type")
    types = {kinds} if isinstance(kinds, str) else set(kinds) if isinstance(kinds, list) else set()
    nullable = schema.get("nullable") is True or "null" in types
    types.discard("null")
    values = schema.get("enum")
    if values is None and "const" in schema:
        values = [schema["const"]]
    if isinstance(values, list):
        nullable = nullable or None in values
        values = tuple(value for value in values if value is not None)
        if not types:
            types = {_NAMES.get(type(value), "string") for value in values}
    else:
        values = None
    fields = schema.get("properties")
    extra = schema.get("additionalProperties")
    if not types and fields:
        types = {"object"}
    if not types and "items" in schema:
        types = {"array"}
    named_format = schema.get("format")
    return Shape(
        types=frozenset(types),
        nullable=nullable,
        formats=frozenset({named_format if named_format in _FORMATS else ""} if "string" in types else ()),
        values=values,
        fields=fields if isinstance(fields, Mapping) else {},
        required=frozenset(schema.get("required") or () if isinstance(schema.get("required"), list) else ()),
        items=schema["items"] if isinstance(schema.get("items"), Mapping) else None,
        extra=extra if isinstance(extra, Mapping) else None,
        read_only=schema.get("readOnly") is True,
        write_only=schema.get("writeOnly") is True,
    )


def _both(one: Shape, other: Shape) -> Shape:
    """Both hold: siblings of a reference, members of allOf."""
    common = one.types & other.types if one.types and other.types else one.types or other.types
    return Shape(
        types=common or one.types,
        nullable=one.nullable or other.nullable,
        formats=one.formats or other.formats,
        values=one.values if one.values is not None else other.values,
        fields={**other.fields, **one.fields},
        required=one.required | other.required,
        items=one.items if one.items is not None else other.items,
        extra=one.extra if one.extra is not None else other.extra,
        variants=one.variants or other.variants,
        read_only=one.read_only or other.read_only,
        write_only=one.write_only or other.write_only,
        names=tuple(dict.fromkeys(one.names + other.names)),
        nodes=_once(one.nodes + other.nodes),
    )


def _once(nodes: tuple[Schema, ...]) -> tuple[Schema, ...]:
    return tuple({id(node): node for node in nodes}.values())


def _either(branches: list[Shape], schemas: list[Schema]) -> Shape:
    """One of them holds. A single object among them gives its fields; several are variants."""
    nullable = any(branch.nullable or _is_null(branch) for branch in branches)
    real = [(branch, part) for branch, part in zip(branches, schemas, strict=True) if not _is_null(branch)]
    if not real:
        return Shape(nullable=nullable)
    shapes = [branch for branch, _ in real]
    objects = [(branch, part) for branch, part in real if "object" in branch.types]
    arrays = [branch for branch in shapes if branch.items is not None]
    anything = any(not branch.types for branch in shapes)
    one = objects[0][0] if len(objects) == 1 else Shape()
    valued = all(branch.values is not None for branch in shapes)
    return Shape(
        types=frozenset() if anything else frozenset().union(*(branch.types for branch in shapes)),
        nullable=nullable,
        formats=frozenset().union(*(branch.formats for branch in shapes)),
        values=tuple(dict.fromkeys(v for b in shapes for v in b.values or ())) if valued else None,
        fields=one.fields,
        required=one.required,
        items=arrays[0].items if len(arrays) == 1 else None,
        extra=one.extra,
        variants=tuple(part for _, part in objects) if len(objects) > 1 else one.variants,
        names=tuple(name for branch in shapes for name in branch.names) if len(shapes) == 1 else one.names,
        nodes=tuple(node for branch in shapes for node in branch.nodes) if len(shapes) == 1 else one.nodes,
    )


def _is_null(branch: Shape) -> bool:
    """`{type: null}`, or an enum whose only value is null."""
    only_null = any(node.get("type") == "null" or node.get("enum") == [None] for node in branch.nodes)
    return only_null and not branch.types
