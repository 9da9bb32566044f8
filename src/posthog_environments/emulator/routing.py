"""Which operation a request calls. The contract's `OPERATIONS` are the route table; no path is written here by hand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from attrs import define

from posthog_environments_api.operations import OperationInfo

ROOTS = ("environments", "projects")
_PREFIX = 3  # api, root, project


@define(frozen=True)
class Route:
    """One path of the contract, with the operations behind its methods."""

    template: tuple[str, ...]
    operations: Mapping[str, OperationInfo]

    @property
    def allowed(self) -> str:
        """Value of an Allow header."""
        return ", ".join(sorted(self.operations))


@define(frozen=True)
class Match:
    """A route that fits a path.

    Attributes:
        route: The route.
        project: The project that the path names.
        params: Values of the path's other parameters, decoded.
    """

    route: Route
    project: str
    params: dict[str, str]


class Router:
    """Finds the route of a path. Fixed segments go before parameters, as PostHog's own router has it."""

    def __init__(self, operations: Iterable[OperationInfo]) -> None:
        found: dict[tuple[str, ...], dict[str, OperationInfo]] = {}
        for operation in operations:
            template = tuple(operation.path.strip("/").split("/"))[_PREFIX:]
            found.setdefault(template, {})[operation.method] = operation
        routes = [Route(template, methods) for template, methods in found.items()]
        self._routes = sorted(routes, key=lambda route: [part.startswith("{") for part in route.template])

    def match(self, segments: tuple[str, ...]) -> Match | None:
        if len(segments) <= _PREFIX or segments[0] != "api" or segments[1] not in ROOTS or "" in segments:
            return None
        rest = segments[_PREFIX:]
        for route in self._routes:
            params = _fit(route.template, rest)
            if params is not None and (segments[1] == ROOTS[0] or _has_twin(route)):
                return Match(route, segments[2], params)
        return None


def _fit(template: tuple[str, ...], segments: tuple[str, ...]) -> dict[str, str] | None:
    if len(template) != len(segments):
        return None
    params: dict[str, str] = {}
    for part, segment in zip(template, segments, strict=True):
        if part.startswith("{"):
            params[part[1:-1]] = segment
        elif part != segment:
            return None
    return params


def _has_twin(route: Route) -> bool:
    """Whether the path exists under /api/projects/ too: that is why PostHog deprecates its environments form."""
    return any(operation.deprecation is not None for operation in route.operations.values())
