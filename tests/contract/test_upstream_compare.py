"""Every kind of difference between our contract and PostHog's schema is found once, at its place, and nothing else is."""

from __future__ import annotations

import json
from typing import Any

import pytest

from contract_diffing.reading import Unreadable
from tests.contract.breaking import CREATE, GONE, LIST, SCHEMAS, put
from tests.contract.vendor import (
    ENVIRONMENTS,
    THING,
    THINGS,
    Change,
    as_3_1,
    news,
    only_projects,
    retiring,
    vendor,
)
from upstream_compare import compare
from upstream_findings import Finding, Severity

BREAKS, MORE, INFORMATION = Severity.BREAKS, Severity.MORE, Severity.INFORMATION
EXPECTED = {
    *(f"things_{name}:status-gone:{status}" for name in ("list", "create", "values", "picture")
      for status in (400, 401, 403, 404, 429)),
    "things_list:not-deprecated:operation",
    "things_create:media-type-new:body:application/x-www-form-urlencoded",
    "things_create:media-type-new:body:multipart/form-data",
    "things_create:response-body-gone:200",
}  # fmt: skip
LISTED = f"{THINGS}/get"
MADE = f"{THINGS}/post"


def at(place: str, value: Any) -> Change:
    return lambda document: put(document, place, value)


def ids(findings: Any) -> set[str]:
    return {finding.identity for finding in findings}


def added(parameter: dict[str, Any]) -> Change:
    def change(document: dict[str, Any]) -> None:
        document["paths"][f"{ENVIRONMENTS}things/"]["get"]["parameters"].append(parameter)

    return change


CHANGES: list[tuple[Change, str, str, str, Severity]] = [
    # parameters
    (added({"in": "query", "name": "sort", "schema": {"type": "string"}}),
     "things_list:parameter-new:query.sort", "absent", "string", MORE),
    (added({"in": "query", "name": "sort", "required": True, "schema": {"type": "string"}}),
     "things_list:parameter-new:query.sort", "absent", "string, required", BREAKS),
    (at(f"{LISTED}/parameters/6", GONE), "things_list:parameter-gone:query.with_total", "declared", "absent", BREAKS),
    (at(f"{LISTED}/parameters/2/schema/type", "string"),
     "things_list:parameter-type:query.limit=string", "integer", "string", MORE),
    (at(f"{LISTED}/parameters/3/required", True),
     "things_list:parameter-required:query.offset=required", "optional", "required", BREAKS),
    (at(f"{LISTED}/parameters/4/required", False),
     "things_list:parameter-required:query.owner=optional", "required", "optional", MORE),
    (at(f"{LISTED}/parameters/1/explode", True),
     "things_list:parameter-style:query.kinds=repeated", "comma-separated", "repeated", BREAKS),
    (at(f"{LISTED}/parameters/1/schema/items/enum", ["big", "small", "huge"]),
     "things_list:enum-value-new:query.kinds[]=huge", "absent", "huge", MORE),
    (at(f"{LISTED}/parameters/1/schema/items/enum", ["big"]),
     "things_list:enum-value-gone:query.kinds[]=small", "small", "absent", BREAKS),
    (at(f"{LISTED}/parameters/3/deprecated", True),
     "things_list:parameter-deprecated:query.offset", "not deprecated", "deprecated", INFORMATION),
    # operations
    (at(f"{LISTED}/security/0/PersonalAPIKeyAuth", ["other:read"]),
     "things_list:scope:scope=other:read", "thing:read", "other:read", BREAKS),
    (at(f"{LISTED}/security", GONE), "things_list:scope:scope=none", "thing:read", "none", BREAKS),
    (at(f"{MADE}/security", [{"PersonalAPIKeyAuth": ["thing:write"]}]),
     "things_create:scope:scope=thing:write", "none", "thing:write", MORE),
    (at(f"{LISTED}/operationId", "environments_things_all_list"),
     "things_list:operation-id:operation=things_all_list", "things_retrieve", "things_all_list", INFORMATION),
    (at(f"{MADE}/deprecated", True), "things_create:deprecated:operation", "not deprecated",
     "deprecated; use /api/projects/{project_id}/things/", INFORMATION),
    # bodies
    (at(f"{MADE}/requestBody", GONE), "things_create:body-gone:body", "application/json", "no body", BREAKS),
    (at(f"{THINGS}values~1/get/requestBody", {"content": {"application/json": {"schema": {"type": "object"}}}}),
     "things_values:body-new:body", "no body", "application/json", MORE),
    (at(f"{MADE}/responses/201", {"description": "Made up."}),
     "things_create:status-new:201", "absent", "no body", BREAKS),
    (at(f"{MADE}/responses/418", {"description": "Made up."}),
     "things_create:status-new:418", "absent", "no body", MORE),
    (at(f"{LISTED}/responses/200/content/text~1csv", GONE),
     "things_list:media-type-gone:200:text/csv", "text/csv", "absent", INFORMATION),
    (at(f"{LISTED}/responses/200/content/text~1plain", {}),
     "things_list:media-type-new:200:text/plain", "absent", "text/plain", MORE),
]  # fmt: skip

# One change of a component that several operations use: the finding of one of them.
FIELDS: list[tuple[Change, str, str, str, Severity]] = [
    (at(f"{THING}/size", {"type": "integer"}),
     "things_create:request-field-new:body.size", "absent", "integer", MORE),
    (at(f"{THING}/size", {"type": "integer"}),
     "things_list:response-field-new:200.results[].size", "absent", "integer", MORE),
    (at(f"{THING}/name", GONE), "things_create:request-field-gone:body.name", "string or null", "absent", BREAKS),
    (at(f"{THING}/name/readOnly", True),
     "things_create:request-field-readonly:body.name", "string or null", "readOnly", BREAKS),
    (at(f"{THING}/name/type", "integer"),
     "things_create:request-field-type:body.name=integer or null", "string or null", "integer or null", BREAKS),
    (at("#/components/schemas/Thing/required", ["id", "kind", "name"]),
     "things_create:request-field-required:body.name=required", "optional", "required", BREAKS),
    (at("#/components/schemas/Thing/required", ["id"]),
     "things_create:request-field-required:body.kind=optional", "required", "optional", MORE),
    (at(f"{THING}/made_at", GONE),
     "things_values:response-field-gone:200[].made_at", "string (date-time) or null", "absent", BREAKS),
    (at(f"{THING}/made_at/writeOnly", True),
     "things_list:response-field-writeonly:200.results[].made_at", "string (date-time) or null", "writeOnly", BREAKS),
    (at(f"{THING}/id/type", "string"),
     "things_list:response-field-type:200.results[].id=string", "integer", "string", BREAKS),
    (at(f"{THING}/id/nullable", True),
     "things_list:response-field-nullable:200.results[].id", "never null", "may be null", BREAKS),
    (at(f"{THING}/made_at/format", "time"),
     "things_list:response-field-format:200.results[].made_at=string or null",
     "string (date-time) or null", "string or null", INFORMATION),
    (at("#/components/schemas/KindEnum/enum", ["big", "small", "huge"]),
     "things_list:enum-value-new:200.results[].kind=huge", "absent", "huge", MORE),
    (at("#/components/schemas/KindEnum/enum", ["big"]),
     "things_list:enum-value-gone:200.results[].kind=small", "small", "absent", INFORMATION),
    (at("#/components/schemas/KindEnum/enum", ["big"]),
     "things_create:enum-value-gone:body.kind=small", "small", "absent", BREAKS),
]  # fmt: skip


def shown(finding: Finding) -> tuple[str, str, str, Severity]:
    return finding.identity, finding.ours, finding.theirs, finding.severity


def test_a_schema_that_agrees_gives_only_what_posthog_never_says(small: dict[str, Any]) -> None:
    assert ids(compare(small, vendor()).findings) == EXPECTED


def test_openapi_3_0_and_3_1_say_the_same(small: dict[str, Any]) -> None:
    newer = as_3_1(vendor())
    assert newer["openapi"] == "3.1.0"
    assert "nullable" not in json.dumps(newer)
    assert compare(small, newer).findings == compare(small, vendor()).findings


@pytest.mark.parametrize("number", range(len(CHANGES)))
def test_one_change_of_an_operation_is_one_finding(number: int, small: dict[str, Any]) -> None:
    change, *expected = CHANGES[number]
    assert [shown(finding) for finding in news(small, change)] == [tuple(expected)]


@pytest.mark.parametrize("number", range(len(FIELDS)))
@pytest.mark.parametrize("newer", [False, True])
def test_a_change_of_a_field_is_found_wherever_it_is_used(
    number: int, newer: bool, small: dict[str, Any]
) -> None:
    change, *expected = FIELDS[number]

    def changed(document: dict[str, Any]) -> Any:
        change(document)
        return as_3_1(document) if newer else document

    found = news(small, changed)
    assert tuple(expected) in [shown(finding) for finding in found]
    assert {finding.place.rpartition(".")[2].partition("=")[0] for finding in found} == {
        str(expected[0]).rpartition(".")[2].partition("=")[0]
    }


# --- which operation is which --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["project_id", "team_id", "environment_id", "parent_lookup_team_id"])
def test_operations_match_under_either_root_whatever_its_parameter_is_called(
    name: str, small: dict[str, Any]
) -> None:
    result = compare(small, only_projects(vendor(), name))
    assert (result.matched, result.era) == (4, "projects")
    moved = {f"things_{one}:root-gone:operation" for one in ("list", "create", "values", "picture")}
    assert ids(result.findings) == EXPECTED - {"things_list:not-deprecated:operation"} | moved


def test_operations_match_whatever_their_own_parameters_are_called(small: dict[str, Any]) -> None:
    text = json.dumps(vendor())
    renamed = json.loads(
        text.replace("/things/{id}/", "/things/{parent_lookup_thing_id}/").replace(
            '"path", "name": "id"', '"path", "name": "parent_lookup_thing_id"'
        )
    )
    assert "parent_lookup_thing_id" in json.dumps(renamed)
    assert ids(compare(small, renamed).findings) == EXPECTED


def test_a_missing_slash_at_the_end_makes_no_other_operation(small: dict[str, Any]) -> None:
    document = vendor()
    document["paths"] = {path.rstrip("/"): item for path, item in document["paths"].items()}
    assert ids(compare(small, document).findings) == EXPECTED


def test_the_root_that_is_retired_shows_the_path_to_use(small: dict[str, Any]) -> None:
    result = compare(small, retiring(vendor()))
    assert result.era == "retiring"
    found = {one.identity: one.theirs for one in result.findings if one.kind == "deprecated"}
    assert found == {
        "things_create:deprecated:operation": "deprecated; use /api/projects/{project_id}/things/",
        "things_picture:deprecated:operation": "deprecated; use /api/projects/{project_id}/things/{id}/picture/",
        "things_values:deprecated:operation": "deprecated; use /api/projects/{project_id}/things/values/",
    }


def test_a_deprecation_without_a_twin_says_what_the_description_says(small: dict[str, Any]) -> None:
    def change(document: dict[str, Any]) -> None:
        del document["paths"]["/api/projects/{project_id}/things/"]
        operation = document["paths"][f"{ENVIRONMENTS}things/"]["post"]
        operation |= {"deprecated": True, "description": "Use the other\nthing instead."}

    assert [one.theirs for one in news(small, change)] == ["deprecated: Use the other thing instead."]


def test_an_operation_under_neither_root_is_gone(small: dict[str, Any]) -> None:
    def change(document: dict[str, Any]) -> None:
        for root in ("environments", "projects"):
            del document["paths"][f"/api/{root}/{{project_id}}/things/values/"]

    (found,) = news(small, change)
    assert shown(found) == ("things_values:operation-gone:operation", "GET things/values/", "absent", BREAKS)


def test_an_operation_that_the_contract_calls_removed_is_known_to_be_gone(small: dict[str, Any]) -> None:
    small["x-deprecations"]["removed"] = {"text": "Gone since spring.", "source": "made up"}
    put(small, f"{LIST}/x-deprecation", "removed")

    def change(document: dict[str, Any]) -> None:
        for root in ("environments", "projects"):
            del document["paths"][f"/api/{root}/{{project_id}}/things/"]["get"]

    (found,) = news(small, change)
    assert found.kind == "operation-gone"
    assert found.known == "x-deprecation removed: Gone since spring."


def test_new_operations_are_those_of_our_resources_whatever_their_parameters_are_called(
    small: dict[str, Any],
) -> None:
    def change(document: dict[str, Any]) -> None:
        for place in ("things/{thing_id}/parts/{id}/", "gadgets/"):
            document["paths"][f"/api/projects/{{project_id}}/{place}"] = {"get": {"responses": {}}}

    (found,) = news(small, change)
    assert found.identity == "things:operation-new:GET things/{}/parts/{}/"
    assert found.theirs == "/api/projects/{project_id}/things/{thing_id}/parts/{id}/"
    assert found.severity is MORE


def test_a_schema_without_scopes_is_not_compared_for_scopes(small: dict[str, Any]) -> None:
    document = vendor()
    for item in document["paths"].values():
        for operation in item.values():
            operation.pop("security", None)
    result = compare(small, document)
    assert not result.scopes
    assert ids(result.findings) == EXPECTED


# --- what the contract has judged already --------------------------------------------------------------------


def noted(documented: str) -> list[dict[str, str]]:
    return [{"documented": documented, "observed": "seen otherwise", "source": "made up"}]


def test_a_note_at_the_place_explains_a_difference(small: dict[str, Any]) -> None:
    put(small, f"{SCHEMAS}/Thing/properties/id/x-curation", noted("a string"))
    found = news(small, at(f"{THING}/id/type", "string"))
    assert {one.known for one in found} == {"documented a string, observed seen otherwise"}


def test_a_note_that_a_thing_is_undocumented_explains_that_posthog_lacks_it(small: dict[str, Any]) -> None:
    put(small, f"{LIST}/parameters/5/x-curation", noted("absent"))
    (found,) = news(small, at(f"{LISTED}/parameters/6", GONE))
    assert (found.kind, bool(found.known)) == ("parameter-gone", True)


def test_a_note_that_a_thing_is_undocumented_does_not_explain_another_type(small: dict[str, Any]) -> None:
    put(small, f"{LIST}/parameters/2/x-curation", noted("absent"))
    (found,) = news(small, at(f"{LISTED}/parameters/2/schema/type", "string"))
    assert (found.kind, found.known) == ("parameter-type", "")


def test_a_note_on_an_object_explains_its_fields_but_nothing_new_and_nothing_deeper(
    small: dict[str, Any],
) -> None:
    put(small, f"{SCHEMAS}/ThingCreate/x-curation", noted("the fields of a thing"))
    assert all(one.known for one in news(small, at(f"{THING}/name", GONE)))
    new = news(small, at(f"{THING}/size", {"type": "integer"}))
    assert [one.known for one in new if one.kind == "request-field-new"] == [""]
    put(small, f"{SCHEMAS}/ThingPage/x-curation", noted("something else"))
    deeper = news(small, at(f"{THING}/made_at", GONE))
    assert [one.known for one in deeper if one.place.startswith("200.results")] == [""]


def test_a_note_on_an_object_does_not_reach_the_objects_in_it(small: dict[str, Any]) -> None:
    put(small, f"{SCHEMAS}/ThingCreate/properties/size", {"$ref": f"{SCHEMAS}/ThingFilter"})
    put(small, f"{SCHEMAS}/ThingCreate/x-curation", noted("the fields of a thing"))
    theirs = {"type": "object", "properties": {"key": {"type": "string"}}, "required": ["key"]}
    (found,) = [one for one in news(small, at(f"{THING}/size", theirs)) if one.place == "body.size.value"]
    assert (found.kind, found.known) == ("request-field-gone", "")


def test_an_object_that_is_undocumented_does_not_explain_its_fields(small: dict[str, Any]) -> None:
    put(small, f"{SCHEMAS}/ThingCreate/x-curation", noted("absent"))
    (found,) = news(small, at(f"{THING}/name", GONE))
    assert (found.kind, found.known) == ("request-field-gone", "")


def test_an_operation_that_only_moved_is_not_known_to_be_gone(small: dict[str, Any]) -> None:
    def change(document: dict[str, Any]) -> None:
        for root in ("environments", "projects"):
            del document["paths"][f"/api/{root}/{{project_id}}/things/"]["get"]

    (found,) = news(small, change)
    assert (found.identity, found.known) == ("things_list:operation-gone:operation", "")


def test_a_note_on_a_response_explains_its_missing_body_and_its_fields(small: dict[str, Any]) -> None:
    put(small, f"{LIST}/responses/200/x-curation", noted("another envelope"))
    (body,) = news(small, at(f"{LISTED}/responses/200/content", {}))
    (field,) = news(small, at("#/components/schemas/PaginatedThingList/properties/next", GONE))
    assert (body.kind, field.kind) == ("response-body-gone", "response-field-gone")
    assert body.known
    assert field.known


def test_a_note_about_the_scope_explains_the_scope_and_not_that_the_operation_is_gone(
    small: dict[str, Any],
) -> None:
    put(small, f"{CREATE}/x-curation", noted("no scope"))
    (scope,) = news(small, at(f"{MADE}/security", [{"PersonalAPIKeyAuth": ["thing:write"]}]))
    assert scope.known

    def change(document: dict[str, Any]) -> None:
        for root in ("environments", "projects"):
            del document["paths"][f"/api/{root}/{{project_id}}/things/"]["post"]

    (gone,) = news(small, change)
    assert (gone.kind, gone.known) == ("operation-gone", "")


# --- ours is wider on purpose --------------------------------------------------------------------------------


def test_what_the_contract_accepts_too_is_no_finding(small: dict[str, Any]) -> None:
    put(small, f"{SCHEMAS}/Thing/properties/id/type", "number")
    put(small, f"{SCHEMAS}/Thing/properties/made_at", {"description": "Anything."})
    assert news(small, at(f"{THING}/made_at/type", "integer")) == []
    assert ids(compare(small, vendor()).findings) == EXPECTED


def test_text_in_a_query_takes_every_scalar(small: dict[str, Any]) -> None:
    put(small, f"{LIST}/parameters/2/schema/type", "string")
    assert ids(compare(small, vendor()).findings) == EXPECTED
    found = news(small, at(f"{LISTED}/parameters/2/schema", {"type": "array", "items": {"type": "integer"}}))
    assert ids(found) == {"things_list:parameter-type:query.limit=array"}


def test_members_of_a_union_are_told_apart_by_their_constant(small: dict[str, Any]) -> None:
    def variant(kind: str, **fields: Any) -> dict[str, Any]:
        return {"type": "object", "properties": {"kind": {"type": "string", "enum": [kind]}, **fields}}

    number, text = {"type": "integer"}, {"type": "string"}
    put(small, f"{SCHEMAS}/ThingCreate/properties/name", {"anyOf": [variant("A", x=number), variant("B")]})
    theirs = {"oneOf": [variant("A", x=text), variant("C")]}
    document = vendor()
    put(document, f"{THING}/name", theirs)
    found = ids(compare(small, document).findings) - EXPECTED
    assert {one for one in found if one.startswith("things_create:")} == {
        "things_create:request-field-type:body.name{A}.x=string",
        "things_create:variant-gone:body.name{B}",
        "things_create:variant-new:body.name{C}",
    }


# --- hostile and large ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "schema",
    [
        {"allOf": [{"$ref": "#/components/schemas/Thing"}]},
        {"oneOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "object"}]},
        {"type": "object", "properties": {"id": {"$ref": "#/components/schemas/Thing"}}},
        {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}},
    ],
)
def test_a_schema_that_leads_back_to_itself_ends(schema: dict[str, Any], small: dict[str, Any]) -> None:
    document = vendor()
    put(document, "#/components/schemas/Thing", schema)
    assert compare(small, document).matched == 4


def test_our_own_recursion_is_walked_once(small: dict[str, Any]) -> None:
    put(small, f"{SCHEMAS}/Thing/properties/inside", {"$ref": f"{SCHEMAS}/Thing"})
    document = vendor()
    for number in range(50):
        name = "Thing" if number == 0 else f"Thing{number}"
        put(document, f"#/components/schemas/{name}", {
            "type": "object", "properties": {"inside": {"$ref": f"#/components/schemas/Thing{number + 1}"}}
        })  # fmt: skip
    put(document, "#/components/schemas/Thing50", {"type": "object", "properties": {}})
    assert compare(small, document).visits < 300


def test_a_reference_that_is_only_itself_is_refused(small: dict[str, Any]) -> None:
    document = vendor()
    put(document, "#/components/schemas/Thing", {"$ref": "#/components/schemas/Thing"})
    with pytest.raises(Unreadable, match="leads back to itself"):
        compare(small, document)


@pytest.mark.parametrize("key", ["allOf", "anyOf", "oneOf"])
def test_compositions_that_cannot_be_written_out_are_refused_at_once(key: str, small: dict[str, Any]) -> None:
    """Each names the next one twice: spelled out, that would be 2 to the power of 60 schemas."""
    document = vendor()
    for number in range(60):
        twice = [{"$ref": f"#/components/schemas/Level{number + 1}"}] * 2
        put(document, f"#/components/schemas/Level{number}", {key: twice})
    put(document, "#/components/schemas/Level60", {"type": "object"})
    put(document, "#/components/schemas/Thing", {"$ref": "#/components/schemas/Level0"})
    with pytest.raises(Unreadable, match="name each other too often"):
        compare(small, document)


def test_what_is_no_concern_of_ours_costs_nothing(small: dict[str, Any]) -> None:
    """The real schema has thousands of operations and schemas: the walk goes where our contract goes."""
    document = vendor()
    before = compare(small, document)
    for number in range(3000):
        item = {"get": {"responses": {"200": {"description": ""}}}}
        document["paths"][f"/api/projects/{{project_id}}/gadgets{number}/"] = item
        document["components"]["schemas"][f"Gadget{number}"] = {
            "$ref": f"#/components/schemas/Gadget{number}"
        }
        document["components"]["schemas"]["Thing"]["properties"][f"field{number}"] = {"type": "string"}
    after = compare(small, document)
    assert after.visits < before.visits + 4 * 3 * 3000
    assert after.theirs == before.theirs + 3000


def test_a_parameter_that_refers_to_itself_is_left_out(small: dict[str, Any]) -> None:
    document = vendor()
    circle = {"$ref": "#/components/parameters/Circle"}
    document["components"]["parameters"]["Circle"] = circle
    document["paths"][f"{ENVIRONMENTS}things/"]["get"]["parameters"].append(circle)
    assert ids(compare(small, document).findings) == EXPECTED


def test_the_real_contract_matches_itself(merged: dict[str, Any]) -> None:
    """Read as if PostHog had published it, our contract holds no news for us but its way of naming operations."""
    result = compare(merged, merged)
    assert result.matched == result.ours
    assert {finding.kind for finding in result.findings} == {"operation-id"}
