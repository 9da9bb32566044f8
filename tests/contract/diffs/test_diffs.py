"""Every kind of change gets the right verdict, in OpenAPI 3.0 and 3.1, in both directions; rewrites get none."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

import pytest

from contract_diffing.compare import compare
from contract_diffing.reading import Document
from tests.contract.diffs.editing import base, cases, edited, verdicts

CASES = [
    pytest.param(case, version, id=f"{case['name']}-{version}")
    for case in cases()
    for version in ("3.0", "3.1")
    if case.get("only", version) == version
]


@pytest.mark.parametrize(("case", "version"), CASES)
def test_a_change_gets_its_verdict(case: dict[str, Any], version: str) -> None:
    assert verdicts(base(version), edited(version, case["edit"])) == sorted(case.get("gives", []))


@pytest.mark.parametrize(
    ("case", "version"), [one for one in CASES if "back" in one.values[0] or "gives" not in one.values[0]]
)
def test_the_opposite_change_gets_its_verdict(case: dict[str, Any], version: str) -> None:
    assert verdicts(edited(version, case["edit"]), base(version)) == sorted(case.get("back", []))


@pytest.mark.parametrize("version", ["3.0", "3.1"])
def test_no_edit_is_without_effect_on_the_text(version: str) -> None:
    """A case that edits nothing would prove nothing."""
    untouched = [
        case["name"]
        for case in cases()
        if case.get("only", version) == version
        and json.dumps(edited(version, case["edit"])) == json.dumps(base(version))
    ]
    assert untouched == []


def test_there_are_enough_cases() -> None:
    seeded = [case for case in cases() if "gives" in case]
    rewrites = [case for case in cases() if "gives" not in case]
    assert len(seeded) >= 100
    assert len(rewrites) >= 25
    assert len({case["name"] for case in cases()}) == len(cases())


@pytest.mark.parametrize(
    "case", [case for case in cases() if "only" not in case], ids=lambda case: case["name"]
)
def test_the_verdict_does_not_depend_on_the_versions_of_the_two_documents(case: dict[str, Any]) -> None:
    assert verdicts(base("3.0"), edited("3.1", case["edit"])) == sorted(case.get("gives", []))


def test_moving_from_3_0_to_3_1_is_no_change() -> None:
    """The same API, in all the words that the two versions have for the same thing."""
    old, new = base("3.0"), base("3.1")
    schemas = old["components"]["schemas"], new["components"]["schemas"]
    pairs: list[tuple[str, Any, Any]] = [
        ("scalar", {"type": "string", "nullable": True}, {"type": ["string", "null"]}),
        ("choice", {"type": "string", "nullable": True}, {"anyOf": [{"type": "string"}, {"type": "null"}]}),
        (
            "reference",
            {"allOf": [{"$ref": "#/components/schemas/Circle"}], "nullable": True},
            {"oneOf": [{"$ref": "#/components/schemas/Circle"}, {"type": "null"}]},
        ),
        (
            "enum",
            {"type": "string", "enum": ["a", "b", None], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", "b", None]},
        ),
        (
            "short enum",
            {"type": "string", "enum": ["a", "b"], "nullable": True},
            {"type": ["string", "null"], "enum": ["a", "b"]},
        ),
        (
            "above",
            {"type": "number", "minimum": 0, "exclusiveMinimum": True},
            {"type": "number", "exclusiveMinimum": 0},
        ),
        (
            "below",
            {"type": "number", "maximum": 5, "exclusiveMaximum": True},
            {"type": "number", "exclusiveMaximum": 5},
        ),
        (
            "not above",
            {"type": "number", "minimum": 0, "exclusiveMinimum": False},
            {"type": "number", "minimum": 0},
        ),
        ("one", {"type": "string", "enum": ["x"]}, {"const": "x"}),
        ("example", {"type": "string", "example": "x"}, {"type": "string", "examples": ["x"]}),
        (
            "described",
            {"$ref": "#/components/schemas/Kind"},
            {"$ref": "#/components/schemas/Kind", "description": "x"},
        ),
    ]
    for name, before, after in pairs:
        for holder in ("Thing", "ThingCreate"):
            schemas[0][holder]["properties"][name] = before
            schemas[1][holder]["properties"][name] = after
    assert verdicts(old, new) == []
    assert verdicts(new, old) == []


def shuffled(value: Any, chance: random.Random) -> Any:
    """The same document with the keys of every object in another order."""
    if isinstance(value, dict):
        names = list(value)
        chance.shuffle(names)
        return {name: shuffled(value[name], chance) for name in names}
    if isinstance(value, list):
        return [shuffled(item, chance) for item in value]
    return value


@pytest.mark.parametrize("seed", range(5))
def test_our_contract_reordered_is_no_change_at_all(merged: dict[str, Any], seed: int) -> None:
    assert compare(Document(merged), Document(shuffled(merged, random.Random(seed)))) == []


def test_a_document_is_not_changed_by_being_compared(merged: dict[str, Any]) -> None:
    before = copy.deepcopy(merged)
    compare(Document(merged), Document(base("3.0")))
    assert merged == before


def test_a_change_of_a_shared_schema_is_told_once_with_all_operations() -> None:
    new = base("3.1")
    new["components"]["schemas"]["Thing"]["properties"]["weight"] = {"type": "string"}
    (change,) = compare(Document(base("3.1")), Document(new))
    assert change.operations == ("things_create", "things_list", "things_retrieve")
    assert change.place == "#/components/schemas/Thing/properties/weight"
    assert (change.before, change.after) == ("number", "string")


def test_a_change_of_a_shared_parameter_is_told_once_with_all_operations() -> None:
    new = base("3.1")
    new["components"]["parameters"]["Id"]["schema"] = {"type": "string"}
    (change,) = compare(Document(base("3.1")), Document(new))
    assert change.operations == ("shapes_retrieve", "shapes_update", "things_delete", "things_retrieve")
