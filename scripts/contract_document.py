"""Reading the hand-written contract: merge, references, operations.

Everything that other scripts and the tests want to know about `openapi/` goes through here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent
CONTRACT = ROOT / "openapi"
MERGED = CONTRACT / "openapi.yaml"
HTTP_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")

# libyaml where it is there: ten times as fast, and a test holds that both write the same bytes.
_BASE_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Loader(_BASE_LOADER):  # type: ignore[misc]
    """Refuses a name that stands twice in one mapping; YAML's own loader silently keeps the last one."""


def _mapping(loader: Any, node: Any) -> Iterator[dict[Any, Any]]:
    names = [loader.construct_object(key, deep=True) for key, _ in node.value]
    twice = {name for name in names if names.count(name) > 1}
    if twice:
        raise yaml.constructor.ConstructorError(
            None, None, f"twice in one mapping: {', '.join(sorted(map(str, twice)))}", node.start_mark
        )
    result: dict[Any, Any] = {}
    yield result
    result.update(loader.construct_mapping(node, deep=True))


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)

_MERGED_HEADER = """\
# Merged from root.yaml and resources/*.yaml by `make generate`. Do not edit: change those files.
"""


class ContractError(Exception):
    """The hand-written files do not make one contract."""


@dataclass(frozen=True)
class RawOperation:
    """One operation as it stands in the document, with the parameters of its path item."""

    method: str
    path: str
    data: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]

    @property
    def operation_id(self) -> str:
        return str(self.data["operationId"])


def load_yaml(path: Path) -> dict[str, Any]:
    try:
        found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except yaml.YAMLError as error:
        raise ContractError(f"{path}: {error}") from None
    if not isinstance(found, dict):
        raise ContractError(f"{path}: must be a mapping, not {type(found).__name__}")
    return found


def merge(folder: Path = CONTRACT) -> dict[str, Any]:
    """The whole contract as one document; a path + method or component may be named only once."""
    document = load_yaml(folder / "root.yaml")
    document.setdefault("paths", {})
    components: dict[str, Any] = document.setdefault("components", {})
    origin: dict[str, Path] = {}
    for kind, named in components.items():
        origin.update({f"components/{kind}/{name}": folder / "root.yaml" for name in named})

    def claim(what: str, file: Path) -> None:
        if what in origin:
            raise ContractError(f"{what} is defined in {origin[what].name} and in {file.name}")
        origin[what] = file

    for path, item in document["paths"].items():
        for key in item:
            claim(_what(path, key), folder / "root.yaml")
    for file in sorted((folder / "resources").glob("*.yaml")):
        part = load_yaml(file)
        unknown = set(part) - {"paths", "components"}
        if unknown:
            raise ContractError(f"{file.name} may hold paths and components only, not {sorted(unknown)}")
        for path, item in (part.get("paths") or {}).items():
            target = document["paths"].setdefault(path, {})
            for key, value in item.items():
                claim(_what(path, key), file)
                target[key] = value
        for kind, named in (part.get("components") or {}).items():
            for name, value in named.items():
                claim(f"components/{kind}/{name}", file)
                components.setdefault(kind, {})[name] = value
    merged: dict[str, Any] = _without_shared_nodes(document)
    return merged


def _what(path: str, key: str) -> str:
    if key == "$ref":
        raise ContractError(f"{path}: a path item may not be a reference")
    return f"{key.upper()} {path}" if key in HTTP_METHODS else f"{key} of {path}"


def _without_shared_nodes(value: Any) -> Any:
    """A deep copy in which no two places share an object: YAML anchors of the sources are spelled out."""
    if isinstance(value, dict):
        return {key: _without_shared_nodes(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_shared_nodes(item) for item in value]
    return value


def dump(document: Mapping[str, Any]) -> str:
    """The merged document as text, the same on every machine."""
    text: str = yaml.dump(document, Dumper=_DUMPER, sort_keys=False, width=110, allow_unicode=True)
    return _MERGED_HEADER + text


def resolve(document: Mapping[str, Any], value: Any) -> Any:
    """Follow `$ref`s until something else stands there; siblings of a `$ref` win over its target."""
    siblings: dict[str, Any] = {}
    while isinstance(value, Mapping) and "$ref" in value:
        siblings = {**{key: item for key, item in value.items() if key != "$ref"}, **siblings}
        value = lookup(document, value["$ref"])
    return {**value, **siblings} if siblings else value


def lookup(document: Mapping[str, Any], reference: str) -> Any:
    if not reference.startswith("#/"):
        raise ContractError(f"{reference}: only references inside the document are allowed")
    target: Any = document
    for step in reference[2:].split("/"):
        step = step.replace("~1", "/").replace("~0", "~")
        if not isinstance(target, Mapping) or step not in target:
            raise ContractError(f"{reference} does not exist")
        target = target[step]
    return target


def operations(document: Mapping[str, Any]) -> Iterator[RawOperation]:
    for path, item in document["paths"].items():
        if "$ref" in item:
            raise ContractError(f"{path}: a path item may not be a reference ({item['$ref']})")
        for method in HTTP_METHODS:
            if method not in item:
                continue
            data = item[method]
            parameters: dict[tuple[str, str], Mapping[str, Any]] = {}
            for parameter in [*item.get("parameters", []), *data.get("parameters", [])]:
                found = resolve(document, parameter)
                parameters[found["name"], found["in"]] = found
            yield RawOperation(method.upper(), path, data, tuple(parameters.values()))


def json_schema(document: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """What a caller must know of a value: references resolved, objects cut off at their type."""
    schema = resolve(document, schema)
    result = {
        key: value
        for key, value in schema.items()
        if key
        in ("type", "format", "enum", "default", "minimum", "maximum", "maxLength", "minLength", "const")
    }
    if schema.get("contentMediaType"):
        result["contentMediaType"] = schema["contentMediaType"]
    if "items" in schema:
        result["items"] = json_schema(document, schema["items"])
    for key in ("anyOf", "oneOf"):
        if key in schema:
            result[key] = [json_schema(document, choice) for choice in schema[key]]
    return result


def walk(value: Any, place: str = "#") -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every mapping of the document with its JSON pointer."""
    if isinstance(value, Mapping):
        yield place, value
        for key, item in value.items():
            yield from walk(item, f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}")
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from walk(item, f"{place}/{index}")
