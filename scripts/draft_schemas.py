"""Schemas of PostHog's document as components of our contract: named, open, without one-way fields.

Where a component of ours already accepts what theirs says, it is used; a name of ours is never given to another thing.
What only a person can say is marked `TODO(curate)`, which a rule keeps out of the contract.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from upstream_findings import Severity
from upstream_schemas import Place, SchemaComparison
from upstream_shapes import Document, Schema, Shape

TODO = "TODO(curate)"
_READ_REQUIRED = ("id", "results", "query_status")  # what a response may require, see openapi/README.md
_LIMITS = ("minimum", "maximum", "maxLength", "minLength", "maxItems", "minItems")
_FORMATTED = {
    "date-time": "2019-08-24T14:15:22Z",
    "date": "2019-08-24",
    "uuid": "095be615-a8ad-4c33-8e9c-c7612fbf6c9f",
}


def pascal(text: str) -> str:
    """`hog_functions` and `HogQLQuery` as names that the rules allow: HogFunctions, HogqlQuery."""
    words = re.findall(
        r"[A-Z]+(?![a-z])|[A-Z][a-z0-9]+|[a-z0-9]+|[A-Z0-9]+", re.sub(r"[^A-Za-z0-9]+", " ", text)
    )
    joined = "".join(word.lower().capitalize() for word in words if not word.isdigit()) or "Thing"
    return joined if joined[0].isalpha() else f"The{joined}"


def singular(name: str) -> str:
    if name.endswith("ies"):
        return name[:-3] + "y"
    return name[:-1] if re.search(r"[^aius]s$", name) else name


class Components:
    """The component schemas that a draft needs, each drafted once."""

    def __init__(self, ours: Document, theirs: Document, tag: str, taken: Collection[str] = ()) -> None:
        self.comparison = SchemaComparison(ours, theirs)
        self.theirs = self.comparison.theirs
        self.present: Mapping[str, Schema] = ours.get("components", {}).get("schemas", {})
        self.prefix = singular(pascal(tag))
        self.drafted: dict[str, dict[str, Any]] = {}
        self._taken = frozenset(taken)
        self._names: dict[tuple[str, str, str], str] = {}
        self._texts = _descriptions(self.present)

    def value(self, schema: Any, side: str, hint: str) -> dict[str, Any]:
        """The schema of one value; objects and enums become components."""
        found = self.theirs.of(schema)
        if found.values:
            return _nullable(self._enum(found, hint), found)
        if found.variants:
            parts = [self.value(part, side, f"{hint}{index}") for index, part in enumerate(found.variants, 1)]
            if all("$ref" in part for part in parts) and found.types == {"object"}:
                return {"anyOf": [*parts, *([{"type": "null"}] if found.nullable else [])]}
            return {}
        if len(found.types) != 1:
            return {}
        (kind,) = found.types
        if kind == "array":
            items = {} if found.items is None else self.value(found.items, side, singular(hint))
            return {"type": _type("array", found), "items": items}
        if kind == "object":
            if found.fields:
                return _nullable(self.object(schema, side, hint), found)
            return _nullable(self._map(found, side, hint), found)
        drafted: dict[str, Any] = {"type": _type(kind, found)}
        if found.formats - {""} and kind == "string":
            drafted["format"] = next(iter(found.formats - {""}))
        if side == "request":
            drafted |= {key: node[key] for node in found.nodes for key in _LIMITS if key in node}
        return drafted

    def object(self, schema: Any, side: str, hint: str, name: str | None = None) -> dict[str, Any]:
        """A reference to the component for an object. `name` is for bodies, which are called after what they do."""
        found = self.theirs.of(schema)
        wanted = name or self._name(found, side, hint)
        key = (found.names[0] if found.names else f"inline {wanted}", side, name or "")
        if key in self._names:
            return _reference(self._names[key])
        same = self._same(schema, found, side, wanted, anywhere=name is None)
        if same is not None:
            self._names[key] = same
            return _reference(same)
        free = self._free(wanted)
        self._names[key] = free
        drafted: dict[str, Any] = {"type": "object", "description": TODO}
        self.drafted[free] = drafted
        fields = {key: value for key, value in found.fields.items() if not self._one_way(value, side)}
        required = [
            key for key in fields if key in found.required and (side == "request" or key in _READ_REQUIRED)
        ]
        if required:
            drafted["required"] = required
        drafted["properties"] = {
            key: self._field(key, self.value(value, side, f"{_stem(free)}{pascal(key)}"))
            for key, value in fields.items()
        }
        return _reference(free)

    def _map(self, found: Shape, side: str, hint: str) -> dict[str, Any]:
        """An object whose keys are data: the generator makes a model of it, which needs a name too."""
        values = None if found.extra is None else self.value(found.extra, side, f"{hint}Value")
        if not values:
            return {}
        free = self._free(f"{hint}Map")
        self.drafted[free] = {"type": "object", "description": TODO, "additionalProperties": values}
        return _reference(free)

    def described(self, schema: Schema, name: str) -> str:
        """Our own words for a field of this name, where our contract always uses the same."""
        return self._texts.get((name, str(schema.get("type", schema.get("$ref", "")))), TODO)

    def _field(self, name: str, schema: dict[str, Any]) -> dict[str, Any]:
        return {**schema, "description": self.described(schema, name)}

    def _enum(self, found: Shape, hint: str) -> dict[str, Any]:
        values = list(dict.fromkeys(found.values or ()))
        kinds = {type(value) for value in values}
        if kinds not in ({str}, {int}):
            return {}
        for name, schema in self.present.items():
            if schema.get("enum") and set(schema["enum"]) == set(values):
                return _reference(name)
        named = next((name for name in found.names if name not in ("BlankEnum", "NullEnum")), "")
        wanted = singular(pascal(re.sub(r"Enum\d*$", "", named) or hint))
        drafted: dict[str, Any] = {
            "type": "string" if kinds == {str} else "integer",
            "description": TODO,
            "enum": values,
        }
        if any(not re.fullmatch(r"[A-Za-z][\w-]*", str(value)) for value in values):
            drafted["x-enum-varnames"] = list(_member_names(values))
        for name, other in self.drafted.items():
            if other.get("enum") == values:
                return _reference(name)
        free = self._free(wanted)
        self.drafted[free] = drafted
        return _reference(free)

    def _name(self, found: Shape, side: str, hint: str) -> str:
        given = next(iter(found.names), "")
        page = re.fullmatch(r"Paginated(\w+?)List", given)
        if page:
            return f"{singular(pascal(page[1]))}Page"
        name = singular(pascal(given.removeprefix("Patched") or hint))
        # A response requires almost nothing and has fields that no request may send: two components.
        differs = found.required or any(self._one_way(value, "request") for value in found.fields.values())
        return f"{name}Input" if side == "request" and differs else name

    def _same(self, schema: Any, found: Shape, side: str, name: str, anywhere: bool) -> str | None:
        """A component of ours that accepts all that theirs says."""
        names = {key for key, value in found.fields.items() if not self._one_way(value, side)}
        candidates = [name] if name in self.present else []
        if anywhere:
            candidates += [
                key for key, one in self.present.items() if set(one.get("properties", ())) == names
            ]
        for candidate in candidates:
            if side == "response" and not self._only_read(candidate, set()):
                continue
            ours = _reference(candidate)
            differences = self.comparison.compare(ours, schema, Place(candidate), side)
            if all(severity is Severity.INFORMATION for _, _, _, _, severity, _, _ in differences):
                return candidate
        return None

    def _only_read(self, name: str, seen: set[str]) -> bool:
        """Whether a component of ours requires no more than a response may."""
        if name in seen:
            return True
        seen.add(name)
        schema = self.present.get(name, {})
        below = re.findall(r"#/components/schemas/(\w+)", str(schema))
        return set(schema.get("required", ())) <= set(_READ_REQUIRED) and all(
            self._only_read(one, seen) for one in below
        )

    def _free(self, name: str) -> str:
        used = {*self.present, *self.drafted, *self._taken}
        if name in used and not name.startswith(self.prefix):
            name = f"{self.prefix}{name}"
        base, number = name, 2
        while name in used:
            name, number = f"{base}{number}", number + 1
        return name

    def _one_way(self, schema: Any, side: str) -> bool:
        found = self.theirs.of(schema)
        return found.read_only if side == "request" else found.write_only

    # --- examples --------------------------------------------------------------------------------------------

    def sample(self, schema: Schema, above: tuple[str, ...] = ()) -> Any:
        """A value that the drafted schema accepts, as documentation pages show them."""
        if "$ref" in schema:
            name = str(schema["$ref"]).rpartition("/")[2]
            target = self.drafted.get(name) or self.present.get(name, {})
            return self.sample(target, (*above, name))
        if "enum" in schema:
            return schema["enum"][0]
        choices = schema.get("oneOf") or schema.get("anyOf")
        if choices:
            return self.sample(choices[0], above)
        kinds = schema.get("type")
        kind = next((one for one in kinds if one != "null"), None) if isinstance(kinds, list) else kinds
        if kind == "array":
            items = schema.get("items") or {}
            return [] if self._comes_again(items, above) else [self.sample(items, above)]
        if kind == "object":
            return {
                key: self.sample(value, above)
                for key, value in schema.get("properties", {}).items()
                if not self._comes_again(value, above)
            }
        if kind == "string" and schema.get("format") in _FORMATTED:
            return _FORMATTED[schema["format"]]
        if kind == "string":
            return "string".ljust(schema.get("minLength", 0), "s")[: schema.get("maxLength")]
        if kind in ("integer", "number"):
            low, high = schema.get("minimum", 0), schema.get("maximum", 0)
            return low if low > 0 else min(0, high)
        return True if kind == "boolean" else None

    @staticmethod
    def _comes_again(schema: Schema, above: tuple[str, ...]) -> bool:
        """Whether a value of this schema would hold itself."""
        choices = [schema, *schema.get("oneOf", ()), *schema.get("anyOf", ())]
        return any(str(one.get("$ref", "")).rpartition("/")[2] in above for one in choices if "$ref" in one)


def _stem(name: str) -> str:
    return re.sub(r"(Create|Update|Input)$", "", name) or name


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _type(kind: str, found: Shape) -> Any:
    return [kind, "null"] if found.nullable else kind


def _nullable(reference: dict[str, Any], found: Shape) -> dict[str, Any]:
    return {"oneOf": [reference, {"type": "null"}]} if found.nullable and reference else reference


def _member_names(values: list[Any]) -> Iterator[str]:
    """Python names for values that are no words."""
    seen: Counter[str] = Counter()
    for value in values:
        text = re.sub(r"\W+", "_", str(value)).strip("_").upper() or ("BLANK" if value == "" else "VALUE")
        text = f"VALUE_{text}" if text[0].isdigit() or keyword.iskeyword(text.lower()) else text
        if isinstance(value, int) and value < 0:
            text = f"{text}_NEGATIVE"
        seen[text] += 1
        yield text if seen[text] == 1 else f"{text}_{seen[text]}"


def _descriptions(present: Mapping[str, Schema]) -> dict[tuple[str, str], str]:
    """Descriptions by name and type, of fields that three components or more describe in the same words."""
    found: dict[tuple[str, str], Counter[str]] = {}
    for schema in present.values():
        for name, value in schema.get("properties", {}).items():
            kind = str(value.get("type", value.get("$ref", "")))
            found.setdefault((name, kind), Counter())[str(value.get("description", ""))] += 1
    return {
        place: texts.most_common(1)[0][0]
        for place, texts in found.items()
        if texts.most_common(1)[0][1] >= 3 and (len(texts) == 1 or place[0] in ("next", "previous", "count"))
    }
