"""The fields around a query, checked as strictly as PostHog's pydantic models do it: no text is made of a number.

That unknown fields are refused was seen; that the types within are checked as strictly follows from the models.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments_api.models import PropertyOperator, PropertyType

_TEXTS = ("client_query_id", "limit_context", "name")
_OPERATORS = frozenset(member.value for member in PropertyOperator)
_TYPES = frozenset(member.value for member in PropertyType)


def problem(body: Mapping[str, Any]) -> tuple[str, str] | None:
    """The first field that the models refuse, with what they say; None when all are fine."""
    for name in _TEXTS:
        if not _optional(body.get(name), str):
            return name, "Input should be a valid string"
    return _filters(body.get("filters_override")) or _variables(body.get("variables_override"))


def _filters(override: Any) -> tuple[str, str] | None:
    place = "filters_override"
    if override is None:
        return None
    if not is_object(override):
        return place, "Input should be a valid dictionary or object"
    for name in ("date_from", "date_to"):
        if not _optional(override.get(name), str):
            return f"{place}.{name}", "Input should be a valid string"
    if not _optional(override.get("explicitDate"), bool):
        return f"{place}.explicitDate", "Input should be a valid boolean"
    properties = override.get("properties")
    if properties is None:
        return None
    if not is_array(properties):
        return f"{place}.properties", "Input should be a valid list"
    for number, item in enumerate(properties):
        if (wrong := _filter(item)) is not None:
            return f"{place}.properties.{number}{wrong[0]}", wrong[1]
    return None


def _filter(item: Any) -> tuple[str, str] | None:
    if not is_object(item):
        return "", "Input should be a valid dictionary or object"
    if not isinstance(item.get("key"), str) or not item["key"]:
        return ".key", "Input should be a valid string"
    for name, known in (("operator", _OPERATORS), ("type", _TYPES)):
        if name in item and not (isinstance(item[name], str) and item[name] in known):
            return f".{name}", "Input does not match any of the expected values"
    return None


def _variables(override: Any) -> tuple[str, str] | None:
    place = "variables_override"
    if override is None:
        return None
    if not is_object(override):
        return place, "Input should be a valid dictionary"
    for key, variable in override.items():
        if not is_object(variable):
            return f"{place}.{key}", "Input should be a valid dictionary or object"
        for name in ("variableId", "code_name"):
            if not isinstance(variable.get(name), str):
                return f"{place}.{key}.{name}", "Input should be a valid string"
        if not _optional(variable.get("isNull"), bool):
            return f"{place}.{key}.isNull", "Input should be a valid boolean"
    return None


def _optional(value: Any, kind: type) -> bool:
    return value is None or isinstance(value, kind)
