"""A schema in PostHog's style, and ways to write the same thing otherwise."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from contract_document import load_yaml
from tests.contract.conftest import DATA
from upstream_compare import compare
from upstream_findings import Finding

ENVIRONMENTS = "/api/environments/{project_id}/"
THINGS = "#/paths/~1api~1environments~1{project_id}~1things~1"
THING = "#/components/schemas/Thing/properties"
Change = Callable[[dict[str, Any]], object]


def vendor() -> dict[str, Any]:
    """The schema as PostHog had it in 2025: every operation under both roots, none deprecated."""
    document: dict[str, Any] = json.loads(json.dumps(load_yaml(DATA / "vendor-schema.yaml")))
    for path, item in list(document["paths"].items()):
        twin = json.loads(json.dumps(item).replace("environments_", ""))
        document["paths"][path.replace("/api/environments/", "/api/projects/")] = twin
    return document


def retiring(document: dict[str, Any]) -> dict[str, Any]:
    """The same as PostHog had it in spring 2026."""
    text = json.dumps(document).replace(ENVIRONMENTS, "/api/environments/{environment_id}/")
    document = json.loads(text)
    document["components"]["parameters"]["EnvironmentIdPath"] = {
        **document["components"]["parameters"]["ProjectIdPath"],
        "name": "environment_id",
    }
    for path, item in document["paths"].items():
        for operation in item.values():
            if path.startswith("/api/environments/"):
                operation["deprecated"] = True
                place = {"$ref": "#/components/parameters/ProjectIdPath"}
                operation["parameters"].remove(place)
                operation["parameters"].insert(0, {"$ref": "#/components/parameters/EnvironmentIdPath"})
    return document


def only_projects(document: dict[str, Any], root: str = "project_id") -> dict[str, Any]:
    """The same with the one root that remains, or that there was at first."""
    paths = {path: item for path, item in document["paths"].items() if path.startswith("/api/projects/")}
    text = json.dumps({**document, "paths": paths})
    result: dict[str, Any] = json.loads(text.replace("{project_id}", f"{{{root}}}"))
    result["components"]["parameters"]["ProjectIdPath"]["name"] = root
    return result


def as_3_1(value: Any) -> Any:
    """The same document in OpenAPI 3.1: type lists instead of `nullable`, unions with null."""
    if isinstance(value, list):
        return [as_3_1(item) for item in value]
    if not isinstance(value, dict):
        return value
    result = {key: as_3_1(item) for key, item in value.items() if key != "nullable"}
    if value.get("openapi"):
        result["openapi"] = "3.1.0"
    if value.get("nullable") is True:
        if isinstance(value.get("type"), str):
            result["type"] = [value["type"], "null"]
        elif "oneOf" in value:
            result["oneOf"] = [*result["oneOf"], {"type": "null"}]
    return result


def news(ours: Mapping[str, Any], change: Change) -> list[Finding]:
    """What a change of PostHog's schema adds to the findings."""
    before = {finding.identity for finding in compare(ours, vendor()).findings}
    document = vendor()
    result = change(document)
    document = result if isinstance(result, dict) and "openapi" in result else document
    return [finding for finding in compare(ours, document).findings if finding.identity not in before]
