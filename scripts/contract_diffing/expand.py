"""The branches of a schema, from the keywords as they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from contract_diffing.meet import cross, simplified
from contract_diffing.normal import ANY, Bound, Branch, Node, Part, component_name
from contract_diffing.reading import Document, Unreadable, below, canonical

_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")

# keyword -> the type that it speaks of
_SPEAKS_OF = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "contentMediaType", "contentSchema"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"), "array"),
    **dict.fromkeys(
        ("properties", "required", "additionalProperties", "patternProperties", "unevaluatedProperties"),
        "object",
    ),
    **dict.fromkeys(
        ("minProperties", "maxProperties", "propertyNames", "dependentRequired", "dependentSchemas"), "object"
    ),
}
_LOWER = {"minLength": "string", "minItems": "array", "minProperties": "object"}
_UPPER = {"maxLength": "string", "maxItems": "array", "maxProperties": "object"}
# Compared as a whole: whether one such schema is narrower than another cannot be seen by looking.
_OPAQUE = {
    "contains": "array",
    "minContains": "array",
    "maxContains": "array",
    "patternProperties": "object",
    "propertyNames": "object",
    "dependentRequired": "object",
    "dependentSchemas": "object",
    "not": ANY,
    "if": ANY,
    "then": ANY,
    "else": ANY,
}


def expand(document: Document, parts: tuple[Part, ...]) -> tuple[Branch, ...]:
    """The branches of schemas that must hold together."""
    result = [Branch(ANY, parts[0].place)]
    for part in parts:
        result = cross(result, list(_branches(document, part, ())))
    return simplified(result)


def _branches(document: Document, part: Part, above: tuple[str, ...]) -> Iterator[Branch]:
    raw, place = part.raw, part.place
    if raw is False:
        return
    if raw is True or not raw:
        yield Branch(ANY, place, component_name(place))
        return
    if not isinstance(raw, Mapping):
        raise Unreadable(f"{document.label}: {place} must be a schema, not {type(raw).__name__}")
    if place in above:  # a composition that holds itself adds nothing
        yield Branch(ANY, place, component_name(place))
        return
    above = (*above, place)
    if "$ref" in raw and document.is_3_0:  # 3.0 ignores what stands beside
        target = document.lookup(raw["$ref"], place)
        yield from _branches(document, Part(target.place, target.value), above)
        return
    result = list(_own(document, raw, place))
    if "$ref" in raw:
        target = document.lookup(raw["$ref"], place)
        result = cross(result, list(_branches(document, Part(target.place, target.value), above)))
    for item in document.items(raw.get("allOf"), below(place, "allOf")):
        result = cross(result, list(_branches(document, Part(item.place, item.value), above)))
    for key in ("anyOf", "oneOf"):
        if raw.get(key):
            choices = [
                branch
                for item in document.items(raw[key], below(place, key))
                for branch in _branches(document, Part(item.place, item.value), above)
            ]
            result = cross(result, choices)
    if document.is_3_0 and raw.get("nullable") is True and all(b.type not in ("null", ANY) for b in result):
        result.append(Branch("null", place))
    yield from (_named(branch, place) for branch in result)


def _named(branch: Branch, place: str) -> Branch:
    """The component that a branch belongs to is the outermost one that has nothing but this branch to say."""
    return branch if branch.name or branch.type == "null" else replace(branch, name=component_name(place))


def _own(document: Document, raw: Mapping[str, Any], place: str) -> Iterator[Branch]:
    """The branches of the keywords that stand in this very schema."""
    kinds = raw.get("type")
    types = [str(kind) for kind in kinds] if isinstance(kinds, list) else [str(kinds)] if kinds else []
    values = [raw["const"]] if "const" in raw else raw.get("enum")
    if values is not None and not isinstance(values, list):
        raise Unreadable(f"{document.label}: {place}/enum must be a list, not {type(values).__name__}")
    if not types and values is not None:
        types = sorted({_type_of(value) for value in values})
    if not types:
        spoken = {_SPEAKS_OF[key] for key in raw if key in _SPEAKS_OF}
        types = sorted(spoken) if len(spoken) == 1 else [ANY]
    for kind in dict.fromkeys(types):
        if kind == "null":
            yield Branch("null", place)
            continue
        fitting = None
        if values is not None:
            fitting = tuple(
                dict.fromkeys(
                    canonical(value)
                    for value in values
                    if _is(value, kind) and (value is not None or kind == ANY)
                )
            )
            if not fitting:
                continue
        yield _branch(document, raw, place, kind, fitting)


def _branch(
    document: Document, raw: Mapping[str, Any], place: str, kind: str, enum: tuple[str, ...] | None
) -> Branch:
    def speaks(keyword: str, of: str) -> bool:
        return keyword in raw and (kind == of or (of == "number" and kind == "integer") or of == ANY)

    def number(keyword: str) -> Any:
        if not _is(raw[keyword], "number"):
            raise Unreadable(f"{document.label}: {place}/{keyword} must be a number, not {raw[keyword]!r}")
        return raw[keyword]

    lower: dict[str, Any] = {k: number(k) for k, of in _LOWER.items() if speaks(k, of) and raw[k]}
    upper: dict[str, Any] = {k: number(k) for k, of in _UPPER.items() if speaks(k, of)}
    if kind in ("integer", "number"):
        low, high = _bound(raw, "minimum", kind), _bound(raw, "maximum", kind)
        lower.update({"minimum": low} if low else {})
        upper.update({"maximum": high} if high else {})
    names = raw.get("x-enum-varnames")
    values = raw.get("enum")
    member_names: tuple[tuple[str, str], ...] = ()
    if isinstance(names, list) and isinstance(values, list):
        member_names = tuple(
            (canonical(value), str(name)) for value, name in zip(values, names, strict=False)
        )
    additional: Any = True
    properties: dict[str, Node] = {}
    if kind == "object":
        additional = raw.get("additionalProperties", raw.get("unevaluatedProperties", True))
        if isinstance(additional, Mapping):
            additional = (
                Node.at(document, additional, below(place, "additionalProperties")) if additional else True
            )
        given = document.mapping(raw.get("properties"), below(place, "properties"))
        properties = {
            name: Node.at(document, value, below(place, "properties", name)) for name, value in given.items()
        }
    required = frozenset(
        str(item.value)
        for item in (
            document.items(raw.get("required"), below(place, "required")) if kind == "object" else ()
        )
    )
    return Branch(
        type=kind,
        place=place,
        name=component_name(place),
        enum=enum,
        member_names=member_names,
        lower=lower,
        upper=upper,
        patterns=frozenset({str(raw["pattern"])}) if speaks("pattern", "string") else frozenset(),
        formats=frozenset({str(raw["format"])}) if raw.get("format") and kind != ANY else frozenset(),
        multiples=frozenset({number("multipleOf")}) if speaks("multipleOf", "number") else frozenset(),
        unique=kind == "array" and raw.get("uniqueItems") is True,
        media_type=str(raw["contentMediaType"]) if speaks("contentMediaType", "string") else "",
        content=Node.at(document, raw["contentSchema"], below(place, "contentSchema"))
        if speaks("contentSchema", "string")
        else None,
        items=Node.at(document, raw["items"], below(place, "items")) if speaks("items", "array") else None,
        prefix=tuple(
            Node.at(document, item.value, item.place)
            for item in (
                document.items(raw.get("prefixItems"), below(place, "prefixItems")) if kind == "array" else ()
            )
        ),
        properties=properties,
        required=required,
        additional=additional,
        opaque={key: canonical(raw[key]) for key, of in _OPAQUE.items() if speaks(key, of)},
    )


def _bound(raw: Mapping[str, Any], key: str, kind: str) -> Bound | None:
    """`minimum` and `exclusiveMinimum` (a flag in 3.0, a number in 3.1) as one limit, the stricter one."""
    strict = raw.get(f"exclusive{key.capitalize()}")
    sign = 1 if key == "minimum" else -1
    given: tuple[tuple[Any, bool], ...] = ((raw.get(key), strict is True), (strict, True))
    found = [Bound(value, exclusive) for value, exclusive in given if _is(value, "number")]
    if kind == "integer":  # more than 3 is at least 4
        found = [
            Bound(bound.value + sign) if bound.exclusive and float(bound.value).is_integer() else bound
            for bound in found
        ]
    return max(found, key=lambda bound: (sign * bound.value, bound.exclusive)) if found else None


def _type_of(value: Any) -> str:
    return next((kind for kind in _TYPES if _is(value, kind)), "string")


def _is(value: Any, kind: str) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool)
    match kind:
        case "null":
            return value is None
        case "boolean":
            return isinstance(value, bool)
        case "integer":
            return number and float(value).is_integer()
        case "number":
            return number
        case "array":
            return isinstance(value, list)
        case "object":
            return isinstance(value, Mapping)
        case "string":
            return isinstance(value, str)
        case _:
            return True
