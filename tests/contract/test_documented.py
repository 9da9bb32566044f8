"""Nothing that PostHog documents is left out, and nothing departs from it without saying so.

The facts are in tests/data and come from the documentation pages, not from the contract.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from contract_document import CONTRACT, HTTP_METHODS, RawOperation, load_yaml, merge, operations, resolve
from tests.contract.conftest import DATA

FACTS: dict[str, dict[str, Any]] = load_yaml(DATA / "documented-operations.yaml")
EXAMPLES = {
    path.stem: json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((DATA / "documented-examples").glob("*.json"))
}
DOCUMENT = merge()
BY_ID = {operation.operation_id: operation for operation in operations(DOCUMENT)}
TAGS = list(dict.fromkeys(str(fact["path"]).split("/")[4] for fact in FACTS.values()))
each_operation = pytest.mark.parametrize("name", list(FACTS))


def names(operation: RawOperation, location: str) -> list[str]:
    return [parameter["name"] for parameter in operation.parameters if parameter["in"] == location]


def body_fields(operation: RawOperation) -> Mapping[str, Any]:
    content = operation.data.get("requestBody", {}).get("content", {})
    if not content:
        return {}
    return resolve(DOCUMENT, content["application/json"]["schema"])["properties"]


def allows(schema: Mapping[str, Any], kind: str) -> bool:
    """Whether a schema takes values of a documented type."""
    schema = resolve(DOCUMENT, schema)
    if not schema.keys() & {"type", "anyOf", "oneOf", "enum"}:
        return True
    found = schema.get("type", [])
    if kind in ([found] if isinstance(found, str) else found):
        return True
    return any(allows(choice, kind) for choice in [*schema.get("anyOf", []), *schema.get("oneOf", [])])


def documented_response(operation: RawOperation) -> Mapping[str, Any]:
    return resolve(DOCUMENT, operation.data["responses"][str(FACTS[operation.operation_id]["status"])])


def test_the_facts_are_52_operations() -> None:
    assert len(FACTS) == 52
    assert len({(fact["method"], fact["path"]) for fact in FACTS.values()}) == 52
    assert len(EXAMPLES) == 27
    assert set(EXAMPLES) <= set(FACTS)


def test_every_documented_operation_is_in_the_contract(committed: dict[str, Any]) -> None:
    found = {
        str(item[method]["operationId"]): (method.upper(), path)
        for path, item in committed["paths"].items()
        for method in HTTP_METHODS
        if method in item
    }
    assert found == {name: (fact["method"], fact["path"]) for name, fact in FACTS.items()}


def test_the_hand_written_files_hold_exactly_the_documented_operations() -> None:
    found = [
        (method.upper(), path)
        for file in sorted((CONTRACT / "resources").glob("*.yaml"))
        for path, item in load_yaml(file)["paths"].items()
        for method in item
        if method in HTTP_METHODS
    ]
    assert sorted(found) == sorted((fact["method"], fact["path"]) for fact in FACTS.values())


def test_each_file_holds_the_operations_of_its_own_tag() -> None:
    files = sorted((CONTRACT / "resources").glob("*.yaml"))
    assert {file.stem for file in files} == set(TAGS)
    for file in files:
        for path, item in load_yaml(file)["paths"].items():
            for method in set(item) & set(HTTP_METHODS):
                assert item[method]["tags"] == [file.stem], f"{file.name}: {method} {path}"


def test_the_tags_are_the_resources_in_their_usual_order() -> None:
    assert [tag["name"] for tag in DOCUMENT["tags"]] == TAGS


@each_operation
def test_an_operation_belongs_to_the_resource_of_its_path(name: str) -> None:
    operation = BY_ID[name]
    tag = operation.path.split("/")[4]
    assert operation.data["tags"] == [tag]
    assert name.startswith(f"{tag}_")


@each_operation
def test_an_operation_asks_for_the_documented_scope(name: str) -> None:
    scope = FACTS[name]["scope"]
    assert BY_ID[name].data["security"] == [{"personalApiKey": [scope] if scope else []}]


@each_operation
def test_an_operation_knows_its_documented_status(name: str) -> None:
    assert str(FACTS[name]["status"]) in BY_ID[name].data["responses"]


@each_operation
def test_an_operation_has_the_documented_path_parameters(name: str) -> None:
    assert sorted(names(BY_ID[name], "path")) == sorted(FACTS[name]["path_parameters"])


@each_operation
def test_an_operation_has_every_documented_query_parameter(name: str) -> None:
    assert set(FACTS[name]["query_parameters"]) <= set(names(BY_ID[name], "query"))


@each_operation
def test_an_operation_has_every_documented_body_field(name: str) -> None:
    assert set(FACTS[name]["body_fields"]) <= set(body_fields(BY_ID[name]))


@each_operation
def test_documented_choices_are_all_there(name: str) -> None:
    for parameter in BY_ID[name].parameters:
        fact = FACTS[name]["query_parameters"].get(parameter["name"], {})
        if "enum" in fact and parameter["in"] == "query":
            offered = resolve(DOCUMENT, parameter["schema"])["enum"]
            assert set(fact["enum"]) <= set(offered), parameter["name"]


@each_operation
def test_a_departure_from_a_documented_type_is_noted(name: str) -> None:
    """Either the contract takes values of the documented type, or an x-curation says why it does not."""
    fact = FACTS[name]
    documented = {"path": fact["path_parameters"], "query": {}, "body": fact["body_fields"]}
    documented["query"] = {key: value["type"] for key, value in fact["query_parameters"].items()}
    places = [
        (parameter["in"], parameter["name"], parameter, parameter["schema"])
        for parameter in BY_ID[name].parameters
    ]
    places += [("body", field, schema, schema) for field, schema in body_fields(BY_ID[name]).items()]
    silent = [
        f"{location} {key}: {kind} is documented"
        for location, key, holder, schema in places
        if (kind := documented[location].get(key)) and not allows(schema, kind) and "x-curation" not in holder
    ]
    assert not silent


@each_operation
def test_what_is_not_documented_is_noted(name: str) -> None:
    """Parameters, body fields and success statuses beyond the documentation have an x-curation, or one of the
    operation or the body names them."""
    operation, fact = BY_ID[name], FACTS[name]
    body = operation.data.get("requestBody", {})
    body_schema = resolve(DOCUMENT, body["content"]["application/json"]["schema"]) if body else {}
    above = " ".join(
        f"{note['documented']} {note['observed']}"
        for holder in (operation.data, body, body_schema)
        for note in holder.get("x-curation", [])
    )
    silent = [
        f"query parameter {parameter['name']}"
        for parameter in operation.parameters
        if parameter["in"] == "query"
        and parameter["name"] not in fact["query_parameters"]
        and "x-curation" not in parameter
        and f"`{parameter['name']}`" not in above
    ]
    silent += [
        f"body field {field}"
        for field, schema in body_fields(operation).items()
        if field not in fact["body_fields"] and "x-curation" not in schema and f"`{field}`" not in above
    ]
    silent += [
        f"status {status}"
        for status, response in operation.data["responses"].items()
        if status[0] in "23"
        and status != str(fact["status"])
        and "x-curation" not in resolve(DOCUMENT, response)
    ]
    assert not silent


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_a_documented_example_is_in_the_contract_as_it_was_documented(name: str) -> None:
    content = documented_response(BY_ID[name])["content"]["application/json"]
    assert content["examples"]["documented"]["value"] == EXAMPLES[name]


@pytest.mark.parametrize("name", [name for name in FACTS if name not in EXAMPLES])
def test_nothing_is_called_documented_that_the_page_does_not_show(name: str) -> None:
    for response in BY_ID[name].data["responses"].values():
        content = resolve(DOCUMENT, response).get("content", {})
        assert "documented" not in content.get("application/json", {}).get("examples", {})


@pytest.mark.parametrize("name", [name for name in FACTS if name not in EXAMPLES])
def test_a_body_that_is_documented_as_empty_may_be_empty(name: str) -> None:
    response = documented_response(BY_ID[name])
    assert "application/json" not in response.get("content", {}) or "x-empty-body" in response


@pytest.mark.parametrize("name", list(EXAMPLES))
def test_every_field_of_a_documented_example_is_in_its_schema(name: str) -> None:
    """Otherwise it would only survive as an unknown field."""

    def unknown(value: Any, schema: Mapping[str, Any], place: str) -> list[str]:
        schema = resolve(DOCUMENT, schema)
        choices = [
            schema,
            *(resolve(DOCUMENT, choice) for choice in schema.get("oneOf", []) + schema.get("anyOf", [])),
        ]
        if isinstance(value, list):
            items = next((choice["items"] for choice in choices if "items" in choice), {})
            return [
                text for index, item in enumerate(value) for text in unknown(item, items, f"{place}/{index}")
            ]
        known = next((choice["properties"] for choice in choices if "properties" in choice), None)
        if not isinstance(value, dict) or known is None:
            return []
        missing = [f"{place}/{key}" for key in value if key not in known]
        return missing + [
            text
            for key in value
            if key in known
            for text in unknown(value[key], known[key], f"{place}/{key}")
        ]

    schema = documented_response(BY_ID[name])["content"]["application/json"]["schema"]
    assert not unknown(EXAMPLES[name], schema, "#")
