"""JSON values made from the schemas of the contract, and arguments for every operation."""

from __future__ import annotations

import datetime
import importlib
import inspect
from collections.abc import Mapping
from types import ModuleType
from typing import Any

from contract_document import RawOperation, merge, operations, resolve
from posthog_environments_api import models
from posthog_environments_api.operations import OPERATIONS, OperationInfo, ParameterInfo

DOCUMENT = merge()
RAW: dict[str, RawOperation] = {operation.operation_id: operation for operation in operations(DOCUMENT)}
SCHEMAS: Mapping[str, Any] = DOCUMENT["components"]["schemas"]
OBJECTS = [name for name, schema in SCHEMAS.items() if schema.get("type") == "object"]
ENUMS = [name for name, schema in SCHEMAS.items() if "enum" in schema]
UNKNOWN = "brand_new_field"
FREE = {"nested": [1, None, {"deep": True}], "text": "x"}
TIME = "2025-06-13T08:21:07.120000Z"
UUID_TEXT = "01976a0c-7f54-7d2e-9a53-0d2f3c1b5e77"


def model(name: str) -> Any:
    return getattr(models, name)


def minimal(schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """An object with its required fields alone."""
    fields = schema.get("properties", {})
    return {name: alternatives(fields[name], depth)[0] for name in schema.get("required", [])}


def alternatives(schema: Mapping[str, Any], depth: int = 0) -> list[Any]:
    """Values that the schema allows: at least one of each kind, of enums every value and one that is new."""
    schema = resolve(DOCUMENT, schema)
    choices = [*schema.get("anyOf", []), *schema.get("oneOf", [])]
    if choices:
        return [value for choice in choices for value in alternatives(choice, depth)]
    kinds = schema.get("type", [])
    if isinstance(kinds, list):
        if not kinds:
            return [FREE, None, 7, 1.5, "text", True, [1, "two"]]
        return [value for kind in kinds for value in alternatives({**schema, "type": kind}, depth)]
    if "enum" in schema:
        return [*schema["enum"], "brand-new value" if kinds == "string" else 99]
    match kinds:
        case "null":
            return [None]
        case "boolean":
            return [True, False]
        case "integer":
            return [7, 0, -2147483648]
        case "number":
            return [1.5, 2, 0]
        case "string":
            return {
                "date-time": [TIME, "2025-06-13T10:21:07+02:00"],
                "date": ["2025-06-13"],
                "uuid": [UUID_TEXT],
            }.get(schema.get("format", ""), ["text", "", "ünï-\u2028\U0001f994"])
        case "array":
            return [[] if depth > 3 else alternatives(schema["items"], depth + 1), []]
        case "object":
            found: list[Any] = [minimal(schema, depth + 1)]
            if isinstance(schema.get("additionalProperties"), dict):
                values = alternatives(schema["additionalProperties"], depth + 1)
                return [{f"key {index}": value for index, value in enumerate(values)}, *found]
            if depth < 3:
                found.append(
                    {
                        name: alternatives(field, depth + 1)[0]
                        for name, field in schema.get("properties", {}).items()
                    }
                )
            return found
    raise AssertionError(f"no value for {schema}")


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values mean the same: dates are compared as instants."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if one != other and isinstance(one, str) and isinstance(other, str):
        try:
            return datetime.datetime.fromisoformat(one) == datetime.datetime.fromisoformat(other)
        except (ValueError, TypeError):
            return False
    return bool(one == other)


# --- operations ----------------------------------------------------------------------------------------------


def endpoint(name: str) -> ModuleType:
    """The module of an operation."""
    return importlib.import_module(f"posthog_environments_api.api.{OPERATIONS[name].tag}.{name}")


def arguments(name: str) -> list[tuple[str, ParameterInfo]]:
    """The arguments of an endpoint's functions, by their Python name there, in order."""
    variables = [key for key in inspect.signature(endpoint(name).request_kwargs).parameters if key != "body"]
    infos = OPERATIONS[name].parameters
    assert len(variables) == len(infos)
    return list(zip(variables, infos, strict=True))


def example(info: ParameterInfo) -> Any:
    return alternatives(info.schema)[0] if info.example is None else info.example


def path_values(name: str) -> list[Any]:
    return [example(info) for _, info in arguments(name) if info.location == "path"]


def required_query(name: str) -> dict[str, Any]:
    return {key: example(info) for key, info in arguments(name) if info.location == "query" and info.required}


def required_fields(name: str) -> dict[str, Any]:
    return {key: example(info) for key, info in arguments(name) if info.location == "body" and info.required}


def has_body(info: OperationInfo) -> bool:
    return "requestBody" in RAW[info.operation_id].data


def smallest_call(name: str) -> tuple[list[Any], dict[str, Any]]:
    """Positional and keyword arguments that the contract's own examples give."""
    keywords = required_query(name)
    if has_body(OPERATIONS[name]):
        keywords["body"] = OPERATIONS[name].body_example
    return path_values(name), keywords


def success_examples(name: str) -> list[tuple[int, str, Any]]:
    """Status, kind and value of every example of a success."""
    return [
        (int(status), kind, one["value"])
        for status, response in RAW[name].data["responses"].items()
        if status.startswith("2")
        for kind, one in response.get("content", {}).get("application/json", {}).get("examples", {}).items()
    ]
