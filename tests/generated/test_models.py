"""Models lose nothing: not what the contract does not know, and not the difference between null and left out."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from contract_document import resolve
from posthog_environments_api import codec
from posthog_environments_api.errors import DecodeError
from posthog_environments_api.models import (
    ErrorEnvelope,
    ExportCreate,
    Person,
    PersonUpdate,
    PropertyFilter,
    PropertyOperator,
    Subscription,
)
from posthog_environments_api.types import UNSET, Unset
from tests.generated.samples import (
    DOCUMENT,
    FREE,
    OBJECTS,
    RAW,
    SCHEMAS,
    UNKNOWN,
    alternatives,
    endpoint,
    minimal,
    model,
    same,
    success_examples,
)

PLAIN = [name for name in OBJECTS if "additionalProperties" not in SCHEMAS[name]]
MAPS = [name for name in OBJECTS if "additionalProperties" in SCHEMAS[name]]
EXAMPLES = [
    pytest.param(name, status, value, id=f"{name}-{status}-{kind}")
    for name in RAW
    for status, kind, value in success_examples(name)
]
EMPTY = [
    pytest.param(name, int(status), response["x-empty-body"], id=f"{name}-{status}")
    for name, operation in RAW.items()
    for status, response in operation.data["responses"].items()
    if "x-empty-body" in response
]
BODILESS = [
    (name, int(status))
    for name, operation in RAW.items()
    for status, response in operation.data["responses"].items()
    if status[0] == "2" and not response.get("content")
]
UNWRAPPED = [
    pytest.param(name, int(status), response, id=f"{name}-{status}")
    for name, operation in RAW.items()
    for status, response in operation.data["responses"].items()
    if "x-unwrap" in response
]


def again(name: str, data: Any) -> Any:
    """What a model writes of what it read, as it would arrive elsewhere."""
    return json.loads(json.dumps(model(name).from_dict(data).to_dict()))


@pytest.mark.parametrize("name", OBJECTS)
def test_the_least_that_a_model_can_be_survives(name: str) -> None:
    data = minimal(SCHEMAS[name])
    assert again(name, data) == data


@pytest.mark.parametrize("name", PLAIN)
def test_unknown_fields_survive(name: str) -> None:
    data = {
        **minimal(SCHEMAS[name]),
        UNKNOWN: FREE,
        "an other": None,
        "additional_properties": 1,
        "to_dict": 2,
    }
    assert again(name, data) == data
    read = model(name).from_dict(data)
    assert UNKNOWN in read
    assert read[UNKNOWN] == FREE
    assert read.additional_keys == [UNKNOWN, "an other", "additional_properties", "to_dict"]


@pytest.mark.parametrize("name", PLAIN)
def test_every_field_survives_with_every_kind_of_value(name: str) -> None:
    """Each value of each field on its own, beside the required fields and an unknown one."""
    schema = SCHEMAS[name]
    for field, field_schema in schema["properties"].items():
        for value in alternatives(field_schema):
            data = {**minimal(schema), field: value, UNKNOWN: FREE}
            assert same(again(name, data), data), (
                f"{name}.{field} = {value!r} became {again(name, data)[field]!r}"
            )


@pytest.mark.parametrize("name", MAPS)
def test_every_key_of_a_map_survives(name: str) -> None:
    for value in alternatives(SCHEMAS[name]["additionalProperties"]):
        data = {"0": value, "a key with spaces": value}
        assert same(again(name, data), data)
    assert model(name).from_dict({}).to_dict() == {}


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_a_model_equals_its_copies(name: str, copied: Any) -> None:
    read = model(name).from_dict(minimal(SCHEMAS[name]))
    assert copied(read) == read
    assert copied(read).to_dict() == read.to_dict()


@pytest.mark.parametrize("name", PLAIN)
def test_unknown_fields_count_when_models_are_compared(name: str) -> None:
    data = minimal(SCHEMAS[name])
    assert model(name).from_dict(data) != model(name).from_dict({**data, UNKNOWN: 1})


@pytest.mark.parametrize("name", PLAIN)
def test_what_was_read_does_not_change_with_what_was_given(name: str) -> None:
    data = {**minimal(SCHEMAS[name]), UNKNOWN: 1}
    read = model(name).from_dict(data)
    data[UNKNOWN] = 2
    written = read.to_dict()
    written[UNKNOWN] = 3
    assert read[UNKNOWN] == 1


def test_null_and_left_out_are_two_things() -> None:
    nothing, null = Subscription.from_dict({"id": 1}), Subscription.from_dict({"id": 1, "title": None})
    assert nothing.title is UNSET
    assert null.title is None
    assert nothing.to_dict() == {"id": 1}
    assert null.to_dict() == {"id": 1, "title": None}


def test_an_unknown_field_can_be_set_and_taken_away() -> None:
    person = Person(id=1)
    person["colour"] = "blue"
    assert person.to_dict() == {"id": 1, "colour": "blue"}
    del person["colour"]
    assert "colour" not in person
    assert person.to_dict() == {"id": 1}


def test_a_model_made_by_hand_writes_enums_dates_and_texts_as_json() -> None:
    body = ExportCreate(export_format="text/csv", insight=3)
    assert body.to_dict() == {"export_format": "text/csv", "insight": 3}
    condition = PropertyFilter(key="plan", operator=PropertyOperator.IS_NOT, value=["a", "b"])
    assert condition.to_dict() == {"key": "plan", "operator": "is_not", "value": ["a", "b"]}


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])
def test_there_is_one_unset(copied: Any) -> None:
    assert copied(UNSET) is UNSET
    assert copied(Person(id=1)).name is UNSET


def test_unset_is_false_and_says_what_it_is() -> None:
    assert not UNSET
    assert isinstance(UNSET, Unset)
    assert repr(UNSET) == "UNSET"
    assert repr(PersonUpdate(properties=UNSET)) == "PersonUpdate()"


# --- examples ------------------------------------------------------------------------------------------------


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 60
    assert len(EMPTY) > 10
    assert len(UNWRAPPED) > 2
    assert len(BODILESS) > 5


@pytest.mark.parametrize(("name", "status", "value"), EXAMPLES)
def test_an_example_of_a_success_is_read_and_written_without_loss(name: str, status: int, value: Any) -> None:
    read = endpoint(name).OPERATION.parse(status, json.dumps(value).encode())
    assert same(json.loads(codec.dumps(read)), value)


@pytest.mark.parametrize(("name", "status", "value"), EXAMPLES)
def test_an_example_with_new_fields_everywhere_loses_none(name: str, status: int, value: Any) -> None:
    def grown(one: Any) -> Any:
        if isinstance(one, dict):
            return {**{key: grown(item) for key, item in one.items()}, UNKNOWN: {"a": [1]}}
        return [grown(item) for item in one] if isinstance(one, list) else one

    schema = RAW[name].data["responses"][str(status)]["content"]["application/json"]["schema"]
    is_map = "additionalProperties" in resolve(DOCUMENT, schema)
    more = {key: grown(item) for key, item in value.items()} if is_map else grown(value)
    read = endpoint(name).OPERATION.parse(status, json.dumps(more).encode())
    assert same(json.loads(codec.dumps(read)), more)


@pytest.mark.parametrize(("name", "status", "value"), EMPTY)
@pytest.mark.parametrize("content", [b"", b"\n"])
def test_an_empty_body_reads_as_the_value_that_it_stands_for(
    name: str, status: int, value: Any, content: bytes
) -> None:
    parse = endpoint(name).OPERATION.parse
    assert parse(status, content) == parse(status, json.dumps(value).encode())


@pytest.mark.parametrize("name", [name for name, operation in RAW.items() if success_examples(name)])
def test_an_empty_body_is_an_error_where_nothing_says_what_it_stands_for(name: str) -> None:
    for status, response in RAW[name].data["responses"].items():
        if (
            "application/json" in response.get("content", {})
            and status[0] == "2"
            and "x-empty-body" not in response
        ):
            with pytest.raises(DecodeError, match="a JSON body"):
                endpoint(name).OPERATION.parse(int(status), b"")


@pytest.mark.parametrize(("name", "status", "response"), UNWRAPPED)
def test_a_list_reads_the_same_bare_and_wrapped(name: str, status: int, response: Any) -> None:
    rows = response["content"]["application/json"]["examples"]["observed"]["value"]
    wrapped = {response["x-unwrap"]: rows, "refreshing": False}
    parse = endpoint(name).OPERATION.parse
    read = parse(status, json.dumps(wrapped).encode())
    assert isinstance(read, list)
    assert len(read) == len(rows) > 0
    assert read == parse(status, json.dumps(rows).encode())


@pytest.mark.parametrize(("name", "status"), BODILESS)
@pytest.mark.parametrize("content", [b"", b"{}", b"<html>"])
def test_a_success_without_a_body_is_none_whatever_was_sent(name: str, status: int, content: bytes) -> None:
    assert endpoint(name).OPERATION.parse(status, content) is None


def test_a_binary_success_is_its_bytes() -> None:
    content = b"\x89PNG\r\n\x00\xff"
    assert endpoint("exports_content").OPERATION.parse(200, content) == content


def test_every_shared_error_example_reads_as_the_envelope() -> None:
    responses = DOCUMENT["components"]["responses"]
    values = [
        one["value"]
        for response in responses.values()
        for media in response.get("content", {}).values()
        for one in media["examples"].values()
    ]
    assert len(values) >= 6
    for value in values:
        assert ErrorEnvelope.from_dict(value).to_dict() == value
