"""Which operation of PostHog's schema is which of ours: by method and path, under whichever root, with whatever
names the path parameters have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from upstream_shapes import Document, lookup

METHODS = ("get", "put", "post", "delete", "patch")
ROOTS = ("environments", "projects")
# How far PostHog's retirement of the environments root has come in a schema; its version number does not tell.
ERAS = ("environments", "retiring", "projects")
_ROOT = re.compile(r"/api/(environments|projects)/(?:\{(\w+)\}|@current)/(.+)")
_PARAMETER = re.compile(r"\{([^{}/]*)\}")
# What the operation ids of PostHog's framework end with.
_ACTIONS = {
    "get": "retrieve",
    "put": "update",
    "post": "create",
    "delete": "destroy",
    "patch": "partial_update",
}

Key = tuple[str, str]


@dataclass(frozen=True)
class Operation:
    """One operation of a schema, with the parameters of its path item and references followed."""

    method: str
    path: str
    root: str
    below: str  # the path below the root, without slashes at its ends
    data: Mapping[str, Any]
    parameters: tuple[Mapping[str, Any], ...]
    path_names: tuple[str, ...] = ()  # without the root's own

    @property
    def key(self) -> Key:
        """What is the same whatever the parameters are called."""
        return self.method, _PARAMETER.sub("{}", self.below)

    @property
    def segment(self) -> str:
        """The first part below the root, which names the resource."""
        return self.below.partition("/")[0]

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.below}/"

    @property
    def operation_id(self) -> str:
        return str(self.data.get("operationId") or "")

    @property
    def deprecated(self) -> bool:
        return self.data.get("deprecated") is True

    def usual_id(self) -> str:
        """The id that PostHog's framework makes from method and path, without its prefix for the root."""
        words = [part for part in self.below.split("/") if not part.startswith("{")]
        return "_".join([*(word.replace("-", "_") for word in words), _ACTIONS[self.method]])


@dataclass(frozen=True)
class Twins:
    """The same operation under each root that has it."""

    by_root: dict[str, Operation] = field(default_factory=dict)

    @property
    def best(self) -> Operation:
        """The one under the root that our contract is written for, else the other."""
        return next(self.by_root[root] for root in ROOTS if root in self.by_root)

    @property
    def replacement(self) -> Operation | None:
        """The living twin of a deprecated operation."""
        other = self.by_root.get("projects")
        return other if other is not None and not other.deprecated and self.best is not other else None


def operations(document: Document) -> Iterator[Operation]:
    """Operations below one of the roots; what stands elsewhere is none of ours."""
    for path, item in document.get("paths", {}).items():
        match = _ROOT.fullmatch(str(path).rstrip("/") + "/") if isinstance(item, Mapping) else None
        if match is None:
            continue
        root, root_name, below = match.group(1), match.group(2), match.group(3).strip("/")
        for method in METHODS:
            data = item.get(method)
            if isinstance(data, Mapping):
                shared = item.get("parameters") or []
                parameters = _parameters(document, [*shared, *(data.get("parameters") or [])], root_name)
                names = tuple(_PARAMETER.findall(below))
                yield Operation(method, str(path), root, below, data, parameters, names)


def _parameters(document: Document, given: list[Any], root_name: str | None) -> tuple[Mapping[str, Any], ...]:
    found: dict[tuple[str, str], Mapping[str, Any]] = {}
    for parameter in given:
        for _ in range(8):  # a reference to a reference is odd, a circle is hostile
            if not (isinstance(parameter, Mapping) and isinstance(parameter.get("$ref"), str)):
                break
            parameter = lookup(document, parameter["$ref"])
        if not isinstance(parameter, Mapping) or not {"name", "in"} <= set(parameter):
            continue
        place = (str(parameter["in"]), str(parameter["name"]))
        if place != ("path", root_name):
            found[place] = parameter
    return tuple(found.values())


def by_key(document: Document) -> dict[Key, Twins]:
    """Every operation below the roots, with its twin under the other root."""
    found: dict[Key, Twins] = {}
    for operation in operations(document):
        found.setdefault(operation.key, Twins()).by_root.setdefault(operation.root, operation)
    return found


def era(published: Mapping[Key, Twins]) -> str:
    """`environments`: that root is in full use (2025). `retiring`: it is marked as deprecated (spring 2026).
    `projects`: there is no other root (before 2025, and since the retirement)."""
    under = [twins.by_root["environments"] for twins in published.values() if "environments" in twins.by_root]
    if not under:
        return "projects"
    deprecated = sum(operation.deprecated for operation in under)
    return "retiring" if 2 * deprecated > len(under) else "environments"
