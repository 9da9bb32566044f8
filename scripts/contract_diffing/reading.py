"""Reading any OpenAPI 3.0 or 3.1 document, and finding what stands at a place in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_LOADER):  # type: ignore[misc]
    """Dates stay text: a document is JSON, and `2019-08-24` is a string there."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _LOADER.yaml_implicit_resolvers.items()
}


class Unreadable(Exception):
    """The input is no OpenAPI 3.0 or 3.1 document that can be compared; the text says why and where."""


@dataclass(frozen=True)
class Located:
    """A value, and the JSON pointer of the place where it is really written."""

    value: Any
    place: str

    def at(self, *steps: object) -> str:
        return below(self.place, *steps)


def below(place: str, *steps: object) -> str:
    return "/".join([place, *(str(step).replace("~", "~0").replace("/", "~1") for step in steps)])


def canonical(value: Any) -> str:
    """The same text for the same JSON value, whatever the order of its keys; `1.0` is `1`."""
    return json.dumps(_plain(value), sort_keys=True, ensure_ascii=False, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


@dataclass(eq=False)
class Document:
    """One OpenAPI document."""

    data: Mapping[str, Any]
    label: str = "document"
    is_3_0: bool = field(init=False)

    def __post_init__(self) -> None:
        version = str(self.data.get("openapi", ""))
        if not version:
            what = "Swagger 2.0" if "swagger" in self.data else "it has no `openapi` field"
            raise Unreadable(f"{self.label}: not an OpenAPI 3.0 or 3.1 document ({what})")
        if not version.startswith(("3.0", "3.1")):
            raise Unreadable(f"{self.label}: OpenAPI {version} is not supported, only 3.0 and 3.1 are")
        self.is_3_0 = version.startswith("3.0")

    def mapping(self, value: Any, place: str) -> Mapping[str, Any]:
        """An object of the document with text as keys (YAML reads `200:` as a number); nothing is empty."""
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            raise Unreadable(f"{self.label}: {place} must be an object, not {type(value).__name__}")
        if all(isinstance(key, str) for key in value):
            return value
        return {str(key): item for key, item in value.items()}

    def items(self, value: Any, place: str) -> Iterator[Located]:
        if value is None:
            return
        if not isinstance(value, list):
            raise Unreadable(f"{self.label}: {place} must be a list, not {type(value).__name__}")
        for index, item in enumerate(value):
            yield Located(item, f"{place}/{index}")

    def lookup(self, reference: object, place: str) -> Located:
        """What a `$ref` points at, itself perhaps a `$ref`."""
        if not isinstance(reference, str) or not (reference == "#" or reference.startswith("#/")):
            raise Unreadable(
                f"{self.label}: {place}: {reference!r} is not a JSON pointer inside the document;"
                " bundle the document into one file first"
            )
        target: Any = self.data
        for step in reference.split("/")[1:]:
            step = step.replace("%7B", "{").replace("%7D", "}").replace("~1", "/").replace("~0", "~")
            if isinstance(target, Mapping) and step in target:
                target = target[step]
            elif (isinstance(target, Mapping) and step.isdecimal() and int(step) in target) or (
                isinstance(target, list) and step.isdecimal() and int(step) < len(target)
            ):
                target = target[int(step)]
            else:
                raise Unreadable(f"{self.label}: {place}: {reference} does not exist")
        return Located(target, reference)

    def object_at(self, value: Any, place: str) -> Located:
        """An object that is not a schema, references followed; what stands beside a `$ref` is a description."""
        seen: set[str] = set()
        beside: dict[str, Any] = {}
        while isinstance(value, Mapping) and "$ref" in value:
            reference = str(value["$ref"])
            if reference in seen:
                raise Unreadable(f"{self.label}: {place}: {reference} leads back to itself")
            seen.add(reference)
            beside = {**{key: item for key, item in value.items() if key != "$ref"}, **beside}
            found = self.lookup(reference, place)
            value, place = found.value, found.place
        return Located({**self.mapping(value, place), **beside}, place)


def read(path: Path) -> Document:
    """The document in a YAML or JSON file."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror or error}") from None
    except UnicodeDecodeError as error:
        raise Unreadable(f"{path}: not UTF-8 ({error.reason} at byte {error.start})") from None
    return parse(text, str(path))


def parse(text: str, label: str) -> Document:
    """The document in a text, YAML or JSON; `label` names it in errors."""
    try:
        data = json.loads(text) if text.lstrip().startswith("{") else yaml.load(text, Loader=_Loader)
    except ValueError:
        try:
            data = yaml.load(text, Loader=_Loader)
        except yaml.YAMLError as error:
            raise Unreadable(f"{label}: neither JSON nor YAML: {error}") from None
    except yaml.YAMLError as error:
        raise Unreadable(f"{label}: neither JSON nor YAML: {error}") from None
    except RecursionError:
        raise Unreadable(f"{label}: nested too deeply") from None
    if not isinstance(data, Mapping):
        raise Unreadable(f"{label}: must be an object, not {type(data).__name__}")
    return Document(data, label)
