"""Enums are open: what PostHog adds tomorrow is read, kept and written as it came."""

from __future__ import annotations

import copy
import json
import pickle
from typing import Any

import pytest

from posthog_environments_api.errors import DecodeError
from posthog_environments_api.models import Export, HogFunctionStatus, Subscription
from tests.generated.samples import ENUMS, SCHEMAS, model

TEXTS = [name for name in ENUMS if SCHEMAS[name]["type"] == "string"]
NUMBERS = [name for name in ENUMS if SCHEMAS[name]["type"] == "integer"]
NEW = {"string": "brand-new value", "integer": 99}


def test_both_kinds_of_enum_are_there() -> None:
    assert len(TEXTS) > 10
    assert NUMBERS


@pytest.mark.parametrize("name", ENUMS)
def test_an_enum_has_exactly_the_values_of_the_contract(name: str) -> None:
    assert [member.value for member in sorted(model(name), key=str)] == sorted(SCHEMAS[name]["enum"], key=str)


@pytest.mark.parametrize("name", [name for name in ENUMS if "x-enum-varnames" in SCHEMAS[name]])
def test_members_have_the_names_that_the_contract_gives(name: str) -> None:
    schema = SCHEMAS[name]
    wanted = dict(zip(schema["x-enum-varnames"], schema["enum"], strict=True))
    assert {member.name: member.value for member in model(name)} == wanted


@pytest.mark.parametrize("name", ENUMS)
def test_a_listed_value_is_its_member(name: str) -> None:
    for value in SCHEMAS[name]["enum"]:
        member = model(name)(value)
        assert member in list(model(name))
        assert (member, hash(member)) == (value, hash(value))


@pytest.mark.parametrize("name", ENUMS)
def test_an_unknown_value_equals_and_hashes_like_itself(name: str) -> None:
    value = NEW[SCHEMAS[name]["type"]]
    member = model(name)(value)
    assert isinstance(member, model(name))
    assert member == value
    assert value == member
    assert hash(member) == hash(value)
    assert member == model(name)(value)
    assert {member: 1}[model(name)(value)] == 1
    assert all(member != known for known in model(name))
    assert member.value == value
    assert str(value) in repr(member)
    assert json.loads(json.dumps([member])) == [value]
    assert f"{member}" == str(value)


@pytest.mark.parametrize("name", ENUMS)
@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, *(lambda one, p=p: pickle.loads(pickle.dumps(one, p)) for p in range(6))],
    ids=["copy", "deepcopy", *(f"pickle{protocol}" for protocol in range(6))],
)
def test_any_value_survives_copying_and_pickling(name: str, copied: Any) -> None:
    for value in [*SCHEMAS[name]["enum"], NEW[SCHEMAS[name]["type"]]]:
        member = model(name)(value)
        again = copied(member)
        assert type(again) is model(name)
        assert (again, again.value, again.name) == (member, value, member.name)


@pytest.mark.parametrize("name", ENUMS)
def test_unknown_values_are_not_remembered(name: str) -> None:
    """Otherwise a long-running process would collect every value that it ever saw."""
    before = list(model(name))
    model(name)(NEW[SCHEMAS[name]["type"]])
    assert list(model(name)) == before


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("value", [None, 7, 1.5, True, b"text", ["text"]])
def test_a_text_enum_refuses_what_is_no_text(name: str, value: Any) -> None:
    with pytest.raises(ValueError):
        model(name)(value)


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", [None, "1", "text", 1.5, [1]])
def test_a_number_enum_refuses_what_is_no_number(name: str, value: Any) -> None:
    with pytest.raises(ValueError):
        model(name)(value)


@pytest.mark.parametrize("value", ["image/png", "image/webp", ""])
def test_a_text_survives_reading_and_writing(value: str) -> None:
    export = Export.from_dict({"id": 1, "export_format": value})
    assert export.export_format == value
    assert export.to_dict() == {"id": 1, "export_format": value}
    assert type(export.to_dict()["export_format"]) is str


@pytest.mark.parametrize("value", [0, 12, 99, -1])
def test_a_number_survives_reading_and_writing(value: int) -> None:
    status = HogFunctionStatus.from_dict({"state": value})
    assert status.state == value
    assert status.to_dict() == {"state": value}
    assert type(status.to_dict()["state"]) is int


def test_unknown_values_inside_lists_survive() -> None:
    data = {"id": 1, "byweekday": ["monday", "someday"]}
    assert Subscription.from_dict(data).to_dict() == data


@pytest.mark.parametrize("value", [None, 7, True, ["image/png"]])
def test_a_field_refuses_what_is_no_text(value: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        Export.from_dict({"id": 1, "export_format": value})
    assert caught.value.location == "$.export_format"


@pytest.mark.parametrize("value", [None, "1", True, 1.5])
def test_a_field_refuses_what_is_no_number(value: Any) -> None:
    with pytest.raises(DecodeError) as caught:
        HogFunctionStatus.from_dict({"state": value})
    assert caught.value.location == "$.state"
