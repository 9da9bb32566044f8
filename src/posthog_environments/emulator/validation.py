"""Checks requests against the contract, and words problems as Django REST framework does. Only the first one is told.

What an endpoint treats in a way of its own is left unchecked here and handled by its handler.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, NoReturn

from posthog_environments.emulator.clock import parse_iso
from posthog_environments.emulator.data.mixing import is_uuid
from posthog_environments.emulator.errors import ApiError, invalid, parse_error, required
from posthog_environments.emulator.json_types import is_array, is_object
from posthog_environments.emulator.messages import Request
from posthog_environments_api.operations import OPERATIONS, OperationInfo, ParameterInfo

_TRUE = frozenset({"true", "t", "yes", "y", "on", "1"})
_FALSE = frozenset({"false", "f", "no", "n", "off", "0"})
_WHOLE = re.compile(r"[+-]?[0-9]{1,4000}")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_LARGEST = 1 << 53
_DATETIME_FORMAT = "YYYY-MM-DDThh:mm[:ss[.uuuuuu]][+HH:MM|-HH:MM|Z]"


# --- query -----------------------------------------------------------------------------------------------------


def check_query(operation: OperationInfo, request: Request, unchecked: frozenset[str]) -> dict[str, Any]:
    """The declared query parameters that were given, converted to their types; unchecked ones stay text.

    An empty value counts as left out, as in most of PostHog's views. `limit` and `offset` are never an error here:
    what makes no sense counts as the default.

    Raises:
        ApiError: One of them is missing or makes no sense.
    """
    found: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.location != "query":
            continue
        name = parameter.name
        values = [value for value in request.all(name) if value != "" or parameter.presence_flag]
        if parameter.presence_flag:
            if values:
                found[name] = True
        elif not values:
            if parameter.required and name not in unchecked:
                raise required(name)
        elif name in unchecked or name in ("limit", "offset"):
            found[name] = values if parameter.schema.get("type") == "array" else values[-1]
        else:
            found[name] = _query_value(parameter, values)
    return found


def _query_value(parameter: ParameterInfo, values: list[str]) -> Any:
    name, schema, text = parameter.name, parameter.schema, values[-1]
    if parameter.json:
        try:
            return _loads(text)
        except (ValueError, RecursionError):
            raise invalid("Value must be valid JSON.", name) from None
    if schema.get("type") == "array":
        parts = text.split(",") if parameter.comma_separated else values
        return [_check(part, schema["items"], name) for part in parts if part]
    if schema.get("type") == "integer":
        return _integer(text, schema, name)
    if schema.get("type") == "boolean":
        return _boolean(text, name)
    return _check(text, schema, name)


def query_integer(values: Mapping[str, Any], name: str, default: int, minimum: int) -> int:
    """A whole number from the query; the default for anything else, as DRF's pagination does it."""
    try:
        number = int(values.get(name, ""))
    except ValueError:
        return default
    return min(number, _LARGEST) if number >= minimum else default


# --- body ------------------------------------------------------------------------------------------------------


def parse_body(request: Request) -> dict[str, Any]:
    """The JSON object in the body; an empty body counts as an empty object.

    Raises:
        ApiError: It is no JSON, or no object.
    """
    if not request.content.strip():
        return {}
    try:
        body = _loads(request.content.decode())
    except UnicodeDecodeError as problem:
        raise parse_error(str(problem)) from None
    except RecursionError:
        raise parse_error("too deeply nested") from None
    except ValueError as problem:
        raise parse_error(str(problem)) from None
    if not is_object(body):
        raise invalid(f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    return body


def _loads(text: str) -> Any:
    """JSON without what Python alone takes for it: NaN, and numbers that are too large for a float."""
    return json.loads(text, parse_constant=_refuse_constant, parse_float=_finite)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"Out of range float values are not JSON compliant: {name!r}")


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse_constant(text)


def check_body(
    operation: OperationInfo, body: Mapping[str, Any], unchecked: Iterable[str] = ()
) -> dict[str, Any]:
    """The declared fields of the body, converted as DRF does it ("12" is a number, 1 a text); others are ignored.

    Raises:
        ApiError: One of them is missing or makes no sense.
    """
    found: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.location != "body":
            continue
        name = parameter.name
        if name not in body:
            if parameter.required and name not in unchecked:
                raise required(name)
        elif name in unchecked:
            found[name] = body[name]
        else:
            if body[name] == "" and name in _filled(operation.tag):
                raise invalid("This field may not be blank.", name, "blank")
            found[name] = _check(body[name], parameter.schema, name)
    return found


@cache
def _filled(tag: str) -> frozenset[str]:
    """Fields that may not be blank: the texts that creating such a thing requires, also in a later update."""
    create = OPERATIONS.get(f"{tag}_create")
    return frozenset(
        parameter.name
        for parameter in (create.parameters if create else ())
        if parameter.location == "body" and parameter.required and _plain_text(parameter.schema)
    )


def _plain_text(schema: Mapping[str, Any]) -> bool:
    return schema.get("type") == "string" and "enum" not in schema and "format" not in schema


# --- values ----------------------------------------------------------------------------------------------------


def _check(value: Any, schema: Mapping[str, Any], attr: str) -> Any:
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return _check_choices(value, choices, attr)
    types = schema.get("type", ())
    types = (types,) if isinstance(types, str) else tuple(types)
    if not types:
        return value
    if value is None:
        if "null" in types:
            return None
        raise invalid("This field may not be null.", attr, "null")
    kind = next(name for name in types if name != "null")
    if kind == "string":
        return _string(value, schema, attr)
    if kind == "integer":
        return _integer(value, schema, attr)
    if kind == "boolean":
        return _boolean(value, attr)
    if kind == "array":
        if not is_array(value):
            raise invalid(
                f'Expected a list of items but got type "{type(value).__name__}".', attr, "not_a_list"
            )
        items: Mapping[str, Any] = schema.get("items", {})
        return [_check(item, items, f"{attr}__{place}") for place, item in enumerate(value)]
    if kind == "object" and not is_object(value):
        raise invalid(f'Expected a dictionary of items but got type "{type(value).__name__}".', attr)
    return value


def _check_choices(value: Any, choices: Iterable[Mapping[str, Any]], attr: str) -> Any:
    problem: ApiError | None = None
    for choice in choices:
        if choice.get("type") == "null":
            if value is None:
                return None
            continue
        try:
            return _check(value, choice, attr)
        except ApiError as error:
            problem = problem or error
    raise problem or invalid("This field must be null.", attr)


def _string(value: Any, schema: Mapping[str, Any], attr: str) -> Any:
    if "enum" in schema:
        if not isinstance(value, str) or value not in schema["enum"]:
            shown = value if isinstance(value, str) else json.dumps(value)
            raise invalid(f'"{shown}" is not a valid choice.', attr, "invalid_choice")
        return value
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise invalid("Not a valid string.", attr)
    text = str(value)
    if "\0" in text:
        raise invalid("Null characters are not allowed.", attr, "null_characters_not_allowed")
    if surrogate := _SURROGATE.search(text):
        detail = f"Surrogate characters are not allowed: U+{ord(surrogate[0]):X}."
        raise invalid(detail, attr, "surrogate_characters_not_allowed")
    longest = schema.get("maxLength")
    if longest is not None and len(text) > longest:
        raise invalid(f"Ensure this field has no more than {longest} characters.", attr, "max_length")
    if schema.get("format") == "date-time":
        moment = parse_iso(text)
        if moment is None:
            detail = f"Datetime has wrong format. Use one of these formats instead: {_DATETIME_FORMAT}."
            raise invalid(detail, attr)
        return moment
    if schema.get("format") == "uuid" and not is_uuid(text):
        raise invalid("Must be a valid UUID.", attr)
    return text


def _integer(value: Any, schema: Mapping[str, Any], attr: str) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise invalid("A valid integer is required.", attr)
    if value > schema.get("maximum", value):
        detail = f"Ensure this value is less than or equal to {schema['maximum']}."
        raise invalid(detail, attr, "max_value")
    if value < schema.get("minimum", value):
        detail = f"Ensure this value is greater than or equal to {schema['minimum']}."
        raise invalid(detail, attr, "min_value")
    return value


def _boolean(value: Any, attr: str) -> bool:
    text = str(value).lower() if isinstance(value, (str, bool, int)) else ""
    if text in _TRUE:
        return True
    if text in _FALSE:
        return False
    raise invalid("Must be a valid boolean.", attr)
