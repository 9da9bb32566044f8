"""A response that does not fit is a DecodeError that says where, and never another error or a wrong value."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from typing import Any

import pytest

from posthog_environments_api.errors import DecodeError, InvalidRequestError, PostHogError, UnexpectedStatus
from posthog_environments_api.models import (
    EventPage,
    GroupPropertyDefinitionMap,
    PersonPage,
    PropertyFilterGroup,
    QueryStatusResponse,
)
from tests.generated.samples import (
    OBJECTS,
    RAW,
    SCHEMAS,
    TIME,
    UUID_TEXT,
    endpoint,
    minimal,
    model,
    same,
)
from tests.validating import validator

VALUES: list[Any] = [
    None,
    True,
    False,
    0,
    7,
    -1,
    1.5,
    2.0,
    "",
    "text",
    "7",
    "true",
    TIME,
    "2025-06-13T08:21:07+02:00",
    "2025-13-45T08:21:07Z",
    UUID_TEXT,
    UUID_TEXT + "0",
    [],
    ["text"],
    [7],
    [None],
    [[]],
    [{}],
    [TIME],
    {},
    {"id": 7},
    {"id": "text"},
    {"id": None},
    {"id": 7, "created_at": "yesterday"},
    {"key": "k"},
    {"0": [{}]},
]


LIMITS = ("enum", "minimum", "maximum", "minLength", "maxLength", "not")


def opened(schema: Any) -> Any:
    """The schema as a tolerant reader takes it: enums are open, limits are the server's business."""
    if isinstance(schema, dict):
        return {
            key: opened(value) for key, value in schema.items() if key not in LIMITS
        }
    return [opened(item) for item in schema] if isinstance(schema, list) else schema


OPEN: Mapping[str, Any] = {"components": {"schemas": opened(SCHEMAS)}}


def allowed(schema: Mapping[str, Any], value: Any) -> bool:
    return validator(OPEN, opened(schema)).is_valid(value)


def failure(name: str, data: Any) -> DecodeError:
    with pytest.raises(DecodeError) as caught:
        model(name).from_dict(data)
    return caught.value


def test_the_reader_is_compared_with_enums_open_and_types_checked() -> None:
    assert allowed({"$ref": "#/components/schemas/ExportFormat"}, "image/webp")
    assert not allowed({"$ref": "#/components/schemas/ExportFormat"}, 7)
    assert not allowed(SCHEMAS["Export"]["properties"]["created_at"], "text")


@pytest.mark.parametrize("name", [name for name in OBJECTS if "properties" in SCHEMAS[name]])
def test_a_value_is_read_exactly_if_the_contract_allows_it(name: str) -> None:
    """And what is refused is refused with the field and the model."""
    schema = SCHEMAS[name]
    refused = 0
    for field, field_schema in schema["properties"].items():
        for value in VALUES:
            data = {**minimal(schema), field: value}
            where = f"{name}.{field} = {value!r}"
            if allowed(field_schema, value):
                assert same(json.loads(json.dumps(model(name).from_dict(data).to_dict())), data), where
                continue
            error = failure(name, data)
            assert type(error) is DecodeError, where
            assert error.model == name, where
            head = f"$.{field}" if field.isidentifier() else f"$[{field!r}]"
            assert error.location == head or error.location.startswith((f"{head}.", f"{head}[")), where
            assert name in str(error), where
            assert error.location in str(error), where
            refused += 1
    assert refused or all(
        not schema.keys() & {"type", "$ref", "anyOf", "oneOf"} for schema in schema["properties"].values()
    )


@pytest.mark.parametrize("name", [name for name in OBJECTS if SCHEMAS[name].get("required")])
def test_a_missing_required_field_is_named(name: str) -> None:
    for field in SCHEMAS[name]["required"]:
        data = minimal(SCHEMAS[name])
        del data[field]
        error = failure(name, data)
        assert type(error) is DecodeError
        assert error.missing
        assert error.model == name
        assert field in str(error)
        assert error.location == (f"$.{field}" if field.isidentifier() else f"$[{field!r}]")


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("value", [None, True, 7, 1.5, "text", [], [{}], b"{}"])
def test_what_is_no_object_is_no_model(name: str, value: Any) -> None:
    error = failure(name, value)
    assert error.location == "$"
    assert "an object" in str(error)


@pytest.mark.parametrize("name", OBJECTS)
def test_reading_json_and_reading_an_object_agree(name: str) -> None:
    """There is a fast path for JSON; it must give the same model or the same error."""

    def outcome(read: Any, data: Any) -> Any:
        try:
            return read(data)
        except DecodeError as error:
            return str(error)

    schema = SCHEMAS[name]
    cases: list[Any] = [*VALUES, minimal(schema), {**minimal(schema), "brand_new_field": {"a": [1]}}]
    cases += [{**minimal(schema), field: value} for field in schema.get("properties", {}) for value in VALUES]
    for data in cases:
        one = outcome(model(name).from_json, json.dumps(data).encode())
        other = outcome(model(name).from_dict, json.loads(json.dumps(data)))
        assert one == other, data
        if not isinstance(one, str):
            assert json.loads(one.to_json()) == json.loads(other.to_json()), data


def test_the_location_leads_through_lists() -> None:
    with pytest.raises(DecodeError) as caught:
        PersonPage.from_dict({"results": [{"id": 1}, {"id": 2, "distinct_ids": ["a", 7]}]})
    assert caught.value.location == "$.results[1].distinct_ids[1]"
    assert caught.value.model == "PersonPage"
    assert (caught.value.expected, caught.value.value) == ("a string", 7)


def test_the_location_leads_through_models() -> None:
    with pytest.raises(DecodeError) as caught:
        QueryStatusResponse.from_dict({"query_status": {"id": "x", "query_progress": {"rows_read": "many"}}})
    assert caught.value.location == "$.query_status.query_progress.rows_read"
    assert caught.value.model == "QueryStatusResponse"


def test_the_location_leads_through_the_keys_of_a_map() -> None:
    with pytest.raises(DecodeError) as caught:
        GroupPropertyDefinitionMap.from_dict({"0": [{"count": 1}, {"count": "many"}]})
    assert caught.value.location == "$['0'][1].count"
    assert caught.value.model == "GroupPropertyDefinitionMap"


@pytest.mark.parametrize(
    ("cls", "data", "location"),
    [
        (
            EventPage,
            {"results": [{"id": "x", "elements": [{"order": 1.5}]}]},
            "$.results[0].elements[0].order",
        ),
        (
            PropertyFilterGroup,
            {"type": "AND", "values": [{"type": "OR", "values": [{"key": 7}]}]},
            "$.values[0].values[0].key",
        ),
    ],
    ids=["the first", "the second"],
)
def test_of_several_readings_the_one_that_got_furthest_is_reported(
    cls: Any, data: Any, location: str
) -> None:
    with pytest.raises(DecodeError) as caught:
        cls.from_dict(data)
    assert caught.value.location == location


def test_a_wrong_row_of_a_bare_list_is_located() -> None:
    with pytest.raises(DecodeError) as caught:
        endpoint("persons_values").OPERATION.parse(200, b'[{"count": 1}, {"count": "many"}]')
    assert caught.value.location == "$[1].count"


@pytest.mark.parametrize(
    "content",
    [b"<html>", b"{", b"\xff\xfe\x00{", b"[" * 100_000, b'{"a": 1}{', b"nul", "\ufeff{}".encode()],
    ids=["html", "cut off", "no text", "too deep", "too much", "no word", "byte order mark"],
)
def test_a_body_that_is_no_json_is_a_decode_error(content: bytes) -> None:
    with pytest.raises(DecodeError) as caught:
        endpoint("persons_retrieve").OPERATION.parse(200, content)
    assert type(caught.value) is DecodeError
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("value", [None, True, 7, "text", [7], [None], {"results": 7}, {"results": [7]}])
def test_no_operation_reads_rubbish_with_another_error(value: Any) -> None:
    for name in RAW:
        try:
            endpoint(name).OPERATION.parse(200, json.dumps(value).encode())
        except DecodeError:
            continue


def test_a_long_value_is_cut_in_the_message() -> None:
    error = failure("Person", {"id": "x" * 10_000})
    assert len(str(error)) < 200
    assert "\n" not in str(error)


def test_a_decode_error_is_a_value_error_of_this_library() -> None:
    assert issubclass(DecodeError, PostHogError)
    assert issubclass(DecodeError, ValueError)


@pytest.mark.parametrize("protocol", range(2, 6))
def test_errors_survive_pickling(protocol: int) -> None:
    error = failure("PersonPage", {"results": [{}]})
    error.method, error.path, error.status, error.request_id, error.body = "GET", "/x/", 200, "abc", b"{}"
    again = pickle.loads(pickle.dumps(error, protocol))
    assert type(again) is DecodeError
    assert str(again) == str(error)
    for name in (
        "expected",
        "value",
        "missing",
        "model",
        "location",
        "method",
        "path",
        "status",
        "request_id",
        "body",
    ):
        assert getattr(again, name) == getattr(error, name), name


@pytest.mark.parametrize(
    "error",
    [
        InvalidRequestError("no"),
        UnexpectedStatus(520, b"<html>", None),
        UnexpectedStatus(400, b"{}", {"a": 1}),
    ],
)
def test_other_errors_survive_pickling(error: Exception) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
