"""Calling any operation of the contract with arguments that its own examples give."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from posthog_environments import OPERATIONS
from posthog_environments_api.operations import OperationInfo

CONTRACT = Path(__file__).parent.parent / "openapi" / "openapi.yaml"


@cache
def contract() -> dict[str, Any]:
    return YAML(typ="safe").load(CONTRACT)


def arguments(operation: OperationInfo) -> tuple[list[Any], dict[str, Any]]:
    ids = [p.example for p in operation.parameters if p.location == "path" and p.name != "project_id"]
    keywords = {p.keyword: p.example for p in operation.parameters if p.location == "query" and p.required}
    if operation.body_example is not None:
        keywords["body"] = operation.body_example
    return ids, keywords


def method(client: Any, operation: OperationInfo) -> Any:
    return getattr(getattr(client, operation.tag), operation.name)


def success_responses(operation: OperationInfo) -> dict[int, dict[str, Any]]:
    """The success statuses of an operation as they stand in the contract."""
    found = contract()["paths"][operation.path][operation.method.lower()]["responses"]
    return {int(status): response for status, response in found.items() if status.startswith("2")}


def has_json(operation: OperationInfo) -> bool:
    return any("application/json" in r.get("content", {}) for r in success_responses(operation).values())


def allows_empty(operation: OperationInfo) -> bool:
    """Whether an empty 200 is a success that the contract knows."""
    response = success_responses(operation).get(200)
    if response is None or not has_json(operation):
        return not has_json(operation)
    return "x-empty-body" in response or "application/json" not in response.get("content", {})


__all__ = ["OPERATIONS", "allows_empty", "arguments", "contract", "has_json", "method", "success_responses"]
