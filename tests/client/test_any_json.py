"""Any JSON value at any place of any response gives a typed result or a DecodeError; nothing else ever."""

from __future__ import annotations

import types
import typing
from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import Any

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posthog_environments_api.codec import dumps
from posthog_environments_api.errors import DecodeError
from posthog_environments_api.operation import Operation
from posthog_environments_api.operations import OperationInfo
from tests.calls import OPERATIONS, has_json, success_responses

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**62, max_value=2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(
        ["2025-01-01T00:00:00Z", "095be615-a8ad-4c33-8e9c-c7612fbf6c9f", "person", "\ud800", ""]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place of a JSON value, itself included."""
    found = [here]
    if isinstance(value, dict):
        for key, item in value.items():
            found += places(item, (*here, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += places(item, (*here, index))
    return found


def replaced(value: Any, place: tuple[Any, ...], new: Any) -> Any:
    if not place:
        return new
    copy = value.copy()
    copy[place[0]] = replaced(value[place[0]], place[1:], new)
    return copy


@cache
def hints(cls: type) -> dict[str, Any]:
    return {name: hint for name, hint in typing.get_type_hints(cls).items() if name in attrs.fields_dict(cls)}


def conforms(value: Any, annotation: Any) -> bool:
    """Whether a value is what its annotation says, all the way down."""
    if annotation is Any:
        return True
    origin = typing.get_origin(annotation)
    if origin in (types.UnionType, typing.Union):
        return any(conforms(value, choice) for choice in typing.get_args(annotation))
    if origin is list:
        (item,) = typing.get_args(annotation)
        return isinstance(value, list) and all(conforms(part, item) for part in value)
    if origin is dict:
        _, item = typing.get_args(annotation)
        return isinstance(value, dict) and all(conforms(part, item) for part in value.values())
    if annotation in (None, types.NoneType):
        return value is None
    if annotation is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    if annotation is int and isinstance(value, bool):
        return False
    if attrs.has(annotation):
        return isinstance(value, annotation) and all(
            conforms(getattr(value, name), hint) for name, hint in hints(annotation).items()
        )
    return isinstance(value, annotation)


def operation_module(operation: OperationInfo) -> Any:
    return import_module(f"posthog_environments_api.api.{operation.tag}.{operation.operation_id}")


def examples(operation: OperationInfo) -> list[tuple[int, Any]]:
    return [
        (status, example["value"])
        for status, response in success_responses(operation).items()
        for example in response.get("content", {}).get("application/json", {}).get("examples", {}).values()
    ]


def outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except DecodeError as error:
        return error


WITH_EXAMPLES = [operation for operation in OPERATIONS.values() if has_json(operation)]


@pytest.mark.parametrize("operation", WITH_EXAMPLES, ids=lambda operation: operation.operation_id)
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_any_json_anywhere_is_a_typed_result_or_a_decode_error(
    operation: OperationInfo, data: st.DataObject
) -> None:
    module = operation_module(operation)
    parse: Operation[Any] = module.OPERATION
    known = examples(operation)
    assert known, "every JSON response has an example"
    status, example = data.draw(st.sampled_from(known))
    place = data.draw(st.sampled_from(places(example)))
    mutated = replaced(example, place, data.draw(JSON))

    content = dumps(mutated).encode("utf-8", "surrogatepass")
    result = outcome(lambda: parse.parse(status, content))
    if isinstance(result, DecodeError):
        assert result.location.startswith("$")
        assert str(result)
        return

    annotation = typing.get_type_hints(module.parse)["return"]
    assert conforms(result, annotation), f"{result!r} is no {annotation}"
    dumps(result)


def test_the_checker_of_types_finds_wrong_ones() -> None:
    """So that the test above can fail."""
    from posthog_environments_api.models import Person, PersonPage

    wrong = Person(id=1, name=5)  # type: ignore[arg-type]
    assert not conforms(wrong, Person)
    assert not conforms(PersonPage(results=[Person(id=1)]), PersonPage)  # type: ignore[list-item]
    assert conforms(Person(id=1, name="Ada"), Person)
    assert not conforms(True, int)
    assert not conforms([1, "a"], list[int])
