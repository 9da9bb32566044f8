"""A drafted operation keeps the rules of the contract but for what only a person can say, and can be called at once."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import draft_operation
import draft_text
from contract_document import CONTRACT, ROOT, ContractError, merge
from draft_operation import DraftError, draft, taken_names
from draft_schemas import Components, pascal, singular
from draft_text import Draft, insert, text_of
from tests.contract.breaking import put
from tests.contract.rules import RULES, Document
from tests.contract.rules import taken_names as taken_in_templates
from tests.contract.test_generate import PARTS
from tests.contract.vendor import retiring, vendor

WIDGETS = "GET /api/environments/{project_id}/widgets/"
OPERATIONS = (WIDGETS, "PATCH widgets/{id}/", "DELETE widgets/{id}/", "GET groups/")
MARK = "TODO(curate)"


def drafted(document: dict[str, Any], wanted: str = WIDGETS, theirs: dict[str, Any] | None = None) -> Draft:
    return draft(document, theirs or vendor(), wanted, taken_names(document))


def with_draft(document: dict[str, Any], found: Draft) -> dict[str, Any]:
    """The contract with a draft in it."""
    whole: dict[str, Any] = json.loads(json.dumps(document))
    whole["paths"].setdefault(found.path, {})[found.method] = json.loads(json.dumps(found.operation))
    whole["components"]["schemas"].update(json.loads(json.dumps(found.schemas)))
    if found.new_tag:
        whole["tags"].append({"name": found.tag, "description": MARK})
    return whole


def complaints(document: Document) -> Iterator[str]:
    for name, rule in RULES.items():
        if name != "nothing_is_left_to_curate":
            yield from (f"{name}: {text}" for text in rule(document))


# --- the rules -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", OPERATIONS)
def test_a_draft_keeps_every_rule_that_a_program_can_keep(wanted: str, document: dict[str, Any]) -> None:
    assert list(complaints(with_draft(document, drafted(document, wanted)))) == []


@pytest.mark.parametrize("wanted", OPERATIONS)
def test_what_a_person_must_say_is_marked_and_kept_out_by_a_rule(
    wanted: str, document: dict[str, Any]
) -> None:
    found = drafted(document, wanted)
    places = list(RULES["nothing_is_left_to_curate"](with_draft(document, found)))
    assert found.operation["summary"].startswith(MARK)
    assert {place.split(":")[0].rpartition("/")[2] for place in places} == {"summary", "description"}
    assert list(RULES["nothing_is_left_to_curate"](document)) == []


def test_posthogs_sentences_are_not_taken_over(document: dict[str, Any], tmp_path: Path) -> None:
    found = drafted(document)
    assert "Made-up sentences" not in json.dumps([found.operation, found.schemas])
    assert "#   Made-up sentences about widgets" in text_of(found)
    copy = Path(shutil.copytree(CONTRACT, tmp_path / "openapi"))
    insert(copy, found)
    assert "Made-up" not in (copy / "resources" / "widgets.yaml").read_text(encoding="utf-8")


def test_the_names_that_no_schema_may_have_are_those_of_the_templates(document: dict[str, Any]) -> None:
    """The rules read them from the templates; the draft has a list."""
    missing = {name for name in taken_in_templates() if name[0].isupper()} - taken_names(document)
    assert missing == set()


# --- what is drafted -----------------------------------------------------------------------------------------


def test_the_operation_is_written_as_the_others_are(document: dict[str, Any]) -> None:
    operation = drafted(document).operation
    assert operation["operationId"] == "widgets_list"
    assert operation["security"] == [{"personalApiKey": ["widget:read"]}]
    assert operation["x-rate-limit"] == "crud"
    assert operation["x-pagination"] == {"style": "next", "items": "results", "concurrent": True}
    assert operation["parameters"][:3] == [
        {"$ref": f"#/components/parameters/{name}"} for name in ("ProjectId", "Limit", "Offset")
    ]
    assert list(operation["responses"]) == ["200", "400", "401", "403", "404", "429"]
    assert "deprecated" not in operation


def test_a_root_that_is_retired_is_marked_as_moved(document: dict[str, Any]) -> None:
    operation = drafted(document, theirs=retiring(vendor())).operation
    assert (operation["deprecated"], operation["x-deprecation"]) == (True, "moved")
    path = "/api/environments/{project_id}/widgets/"
    assert drafted(document, theirs=retiring(vendor())).path == path


def test_parameters_are_sent_as_the_server_reads_them(document: dict[str, Any]) -> None:
    by_name = {one["name"]: one for one in drafted(document).operation["parameters"] if "name" in one}
    assert by_name["owner"]["required"] is True
    assert "example" in by_name["owner"]
    assert by_name["colour"]["schema"] == {"$ref": "#/components/schemas/WidgetColour"}
    assert by_name["properties"]["schema"]["contentMediaType"] == "application/json"
    assert by_name["properties"]["schema"]["contentSchema"]["type"] == "array"


def test_enums_that_may_be_blank_or_null_become_one_component(document: dict[str, Any]) -> None:
    schemas = drafted(document).schemas
    assert schemas["Shape"]["enum"] == ["round", "square", ""]
    assert schemas["Shape"]["x-enum-varnames"] == ["ROUND", "SQUARE", "BLANK"]
    assert schemas["WidgetColour"]["x-enum-varnames"] == ["RED", "DARK_BLUE", "BLANK"]
    assert schemas["Widget"]["properties"]["shape"] == {
        "oneOf": [{"$ref": "#/components/schemas/Shape"}, {"type": "null"}],
        "description": MARK,
    }


def test_responses_and_requests_are_two_components(document: dict[str, Any]) -> None:
    found = drafted(document, "PATCH widgets/{id}/")
    assert found.operation["operationId"] == "widgets_update"
    assert set(found.schemas["Widget"]["properties"]) >= {"id", "created_by"}
    assert found.schemas["Widget"]["required"] == ["id"]
    update = found.schemas["WidgetUpdate"]
    assert set(update["properties"]) == {"name", "shape", "parts", "settings"}
    assert update["properties"]["name"] == {"type": ["string", "null"], "maxLength": 40, "description": MARK}
    assert found.schemas["PartInput"]["required"] == ["weight"]
    assert "maxLength" not in found.schemas["Widget"]["properties"]["name"]


def test_free_objects_are_free_and_maps_are_maps(document: dict[str, Any]) -> None:
    fields = drafted(document).schemas["Widget"]["properties"]
    assert fields["settings"] == {"description": MARK}
    assert fields["limits"]["$ref"] == "#/components/schemas/WidgetLimitsMap"
    assert drafted(document).schemas["WidgetLimitsMap"]["additionalProperties"] == {"type": "integer"}


def test_a_component_of_ours_that_says_the_same_is_used(document: dict[str, Any]) -> None:
    assert drafted(document).schemas["Widget"]["properties"]["created_by"]["$ref"].endswith("/UserBasic")
    groups = drafted(document, "GET groups/")
    assert set(groups.schemas) == {"GroupPage"}
    assert groups.schemas["GroupPage"]["properties"]["results"]["items"] == {
        "$ref": "#/components/schemas/Group"
    }


def test_a_component_of_ours_that_lacks_a_field_is_not_used_and_its_name_not_taken(
    document: dict[str, Any],
) -> None:
    theirs = vendor()
    put(theirs, "#/components/schemas/Owner/properties/nickname", {"type": "string"})
    theirs = json.loads(json.dumps(theirs).replace("schemas/Owner", "schemas/UserBasic"))
    theirs["components"]["schemas"]["UserBasic"] = theirs["components"]["schemas"].pop("Owner")
    found = drafted(document, theirs=theirs)
    assert found.schemas["Widget"]["properties"]["created_by"]["$ref"].endswith("/WidgetUserBasic")
    assert "UserBasic" not in found.schemas


def test_names_of_the_generated_modules_are_not_given_to_schemas(document: dict[str, Any]) -> None:
    theirs = json.loads(
        json.dumps(vendor()).replace('"Part"', '"Response"').replace("schemas/Part", "schemas/Response")
    )
    assert "WidgetResponse" in drafted(document, theirs=theirs).schemas


def test_a_delete_that_is_always_refused_has_no_success(document: dict[str, Any]) -> None:
    operation = drafted(document, "DELETE widgets/{id}/").operation
    assert list(operation["responses"]) == ["401", "403", "404", "405", "429"]


def test_schemas_that_hold_themselves_are_drafted_once(document: dict[str, Any]) -> None:
    found = drafted(document)
    assert found.schemas["Part"]["properties"]["inside"]["items"] == {"$ref": "#/components/schemas/Part"}
    example = found.operation["responses"]["200"]["content"]["application/json"]["examples"]["documented"]
    assert example["value"]["results"][0]["parts"] == [{"id": 0, "weight": 0, "inside": []}]


def test_a_schema_that_holds_itself_directly_has_an_example_that_ends(document: dict[str, Any]) -> None:
    theirs = vendor()
    put(theirs, "#/components/schemas/Part/properties/inside", {"$ref": "#/components/schemas/Part"})
    found = drafted(document, theirs=theirs)
    example = found.operation["responses"]["200"]["content"]["application/json"]["examples"]["documented"]
    assert example["value"]["results"][0]["parts"] == [{"id": 0, "weight": 0}]


def test_a_component_of_ours_that_is_for_requests_is_not_used_in_a_response(document: dict[str, Any]) -> None:
    """It requires what a response may leave out."""
    theirs = vendor()
    fields = document["components"]["schemas"]["PropertyFilter"]["properties"]
    put(
        theirs,
        "#/components/schemas/Part",
        {"type": "object", "properties": {key: {"type": "string"} for key in fields}},
    )
    items = drafted(document, theirs=theirs).schemas["Widget"]["properties"]["parts"]["items"]
    assert items == {"$ref": "#/components/schemas/Part"}


@pytest.mark.parametrize(
    ("path", "method", "name"),
    [
        ("widgets/", "post", "widgets_create"),
        ("widgets/{id}/", "get", "widgets_retrieve"),
        ("widgets/{id}/", "put", "widgets_replace"),
        ("widgets/{id}/", "delete", "widgets_delete"),
        ("widgets/{id}/test-delivery/", "post", "widgets_test_delivery"),
        ("widgets/{id}/parts/{part_id}/", "get", "widgets_parts_retrieve"),
        ("widgets/all_at_once/", "get", "widgets_all_at_once"),
        ("big-widgets/", "get", "big_widgets_all"),
    ],
)
def test_methods_are_named_as_the_contract_names_them(
    path: str, method: str, name: str, document: dict[str, Any]
) -> None:
    theirs = vendor()
    item = {method: {"responses": {"200": {"description": "No response body"}}}}
    theirs["paths"] = {f"/api/projects/{{project_id}}/{path}": item}
    assert drafted(document, f"{method} {path}", theirs).operation["operationId"] == name


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("HogQLQuery", "HogQlQuery"),
        ("hog_functions", "HogFunctions"),
        ("2fa", "The2fa"),
        ("", "Thing"),
        ("7", "Thing"),
        ("some-odd name", "SomeOddName"),
    ],
)
def test_names_become_names_that_the_rules_allow(given: str, name: str, small: dict[str, Any]) -> None:
    assert pascal(given) == name
    small["components"]["schemas"] = {name: {}}
    assert list(RULES["schema_names_are_pascal_case_and_singular"](small)) in ([], [
        f"#/components/schemas/{name}: {name} is a plural"
    ])  # fmt: skip


def test_plurals_become_singular() -> None:
    assert [singular(name) for name in ("Widgets", "Properties", "Status", "Address")] == [
        "Widget", "Property", "Status", "Address"
    ]  # fmt: skip


def test_examples_match_what_they_are_examples_of(document: dict[str, Any]) -> None:
    components = Components(document, vendor(), "widgets")
    values = {
        "low": ({"type": "integer", "minimum": 5}, 5),
        "high": ({"type": "integer", "maximum": -2}, -2),
        "short": ({"type": "string", "maxLength": 2}, "st"),
        "long": ({"type": "string", "minLength": 8}, "stringss"),
        "any": ({}, None),
        "null": ({"type": ["boolean", "null"]}, True),
    }
    for schema, value in values.values():
        assert components.sample(schema) == value


# --- what is refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("GET gadgets/", "the schema has no such operation"),
        ("POST widgets/", "the schema has no such operation; it has DELETE widgets/{id}/, GET widgets/"),
        ("widgets/", "must be a method and a path"),
        ("GET", "must be a method and a path"),
    ],
)
def test_what_cannot_be_drafted_is_told(wanted: str, says: str, document: dict[str, Any]) -> None:
    with pytest.raises(DraftError, match=re.escape(says)):
        drafted(document, wanted)


def test_an_operation_that_the_contract_has_is_not_drafted(document: dict[str, Any]) -> None:
    whole = with_draft(document, drafted(document))
    for wanted in (WIDGETS, "GET /api/projects/@current/widgets/", "get widgets"):
        with pytest.raises(DraftError, match="the contract has it already, as widgets_list"):
            drafted(whole, wanted)


def test_an_id_that_is_in_use_is_not_given_again(document: dict[str, Any]) -> None:
    whole = with_draft(document, drafted(document))
    whole["paths"]["/api/environments/{project_id}/other/"] = whole["paths"].pop(
        "/api/environments/{project_id}/widgets/"
    )
    with pytest.raises(DraftError, match="widgets_list is in the contract for another path"):
        drafted(whole)


# --- into the files ------------------------------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CONTRACT, tmp_path / "openapi"))


def texts(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text(encoding="utf-8") for path in folder.rglob("*.yaml")
    }


def is_kept(before: str, after: str) -> bool:
    """Whether every line stands where it stood, with others between."""
    lines = iter(after.splitlines())
    return all(line in lines for line in before.splitlines())


@pytest.mark.parametrize("wanted", ["GET groups/", "PATCH widgets/{id}/"])
def test_writing_adds_the_draft_and_keeps_every_line(
    wanted: str, copy: Path, document: dict[str, Any]
) -> None:
    before, found = texts(copy), drafted(document, wanted)
    changed = {str(path.relative_to(copy)) for path in insert(copy, found)}
    after = texts(copy)
    assert {name for name in after if after[name] != before.get(name)} == changed
    for name in changed & set(before):
        assert is_kept(before[name], after[name])
    merged = merge(copy)
    if "GET" in wanted:  # the path item names the project for all its methods
        found.operation["parameters"].pop(0)
    assert merged["paths"][found.path][found.method] == found.operation
    assert found.schemas.items() <= merged["components"]["schemas"].items()


def test_what_is_printed_can_be_pasted(document: dict[str, Any]) -> None:
    found = drafted(document)
    part = yaml.safe_load(text_of(found))
    assert part["paths"][found.path][found.method] == found.operation
    assert part["components"]["schemas"] == found.schemas


def test_one_operation_after_another_goes_into_the_same_file(copy: Path) -> None:
    for wanted in OPERATIONS:
        insert(copy, drafted(merge(copy), wanted))
    merged = merge(copy)
    assert {"widgets_list", "widgets_update", "widgets_delete", "groups_list"} <= {
        operation["operationId"] for item in merged["paths"].values() for key, operation in item.items()
        if key != "parameters"
    }  # fmt: skip
    assert [tag["name"] for tag in merged["tags"]].count("widgets") == 1
    assert list(complaints(merged)) == []


def test_an_operation_that_is_there_is_not_overwritten(copy: Path, document: dict[str, Any]) -> None:
    found = drafted(document)
    insert(copy, found)
    before = texts(copy)
    with pytest.raises(ContractError, match="is in the contract; it is not overwritten"):
        insert(copy, found)
    assert texts(copy) == before


def test_a_schema_that_is_there_is_not_overwritten(copy: Path, document: dict[str, Any]) -> None:
    found = drafted(document)
    before = texts(copy)
    with pytest.raises(ContractError, match="schemas \\['Person'\\] are in the contract"):
        insert(copy, Draft(**{**vars(found), "schemas": {"Person": {}}}))
    assert texts(copy) == before


def test_a_file_that_nothing_can_be_added_to_is_left_as_it_was(copy: Path, document: dict[str, Any]) -> None:
    """Flow style: the headings are not on lines of their own."""
    path = copy / "resources" / "evaluations.yaml"
    path.write_text(json.dumps(yaml.safe_load(path.read_text(encoding="utf-8"))), encoding="utf-8")
    before = texts(copy)
    found = Draft(**{**vars(drafted(document)), "tag": "evaluations", "new_tag": False})
    with pytest.raises(ContractError):
        insert(copy, found)
    assert texts(copy) == before


def test_a_contract_that_says_something_else_afterwards_is_not_left_behind(
    copy: Path, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before, found = texts(copy), drafted(document, "GET groups/")
    honest = draft_text._with_draft

    def careless(text: str | None, what: Draft) -> str:
        return honest(text, what).replace("summary: Create a group", "summary: Another thing")

    monkeypatch.setattr(draft_text, "_with_draft", careless)
    with pytest.raises(ContractError, match="paste the draft"):
        insert(copy, found)
    assert texts(copy) == before


# --- the command ---------------------------------------------------------------------------------------------

CALL = """\
import json, sys
import httpx
import posthog_environments_api
from posthog_environments import Client

ROWS = [{"id": f"095be615-a8ad-4c33-8e9c-c7612fbf6c9{n}", "name": None, "shape": "", "created_by": {"id": 1}}
        for n in range(3)]
asked = []

def answer(request):
    asked.append(f"{request.method} {request.url.path} {sorted(request.url.params.items())} {request.content.decode()}")
    if request.method == "PATCH":
        return httpx.Response(200, json={**ROWS[0], "name": "new"})
    offset = int(request.url.params.get("offset", 0))
    further = f"https://us.posthog.com{request.url.path}?limit=2&offset=2" if offset == 0 else None
    return httpx.Response(200, json={"count": 3, "next": further, "previous": None, "results": ROWS[offset : offset + 2]})

with Client(1, api_key="phx_x", host="us", transport=httpx.MockTransport(answer)) as client:
    rows = list(client.widgets.list(owner="ada", limit=2, colour="dark blue", properties=[{"key": "a"}]))
    changed = client.widgets.update(ROWS[0]["id"], name="new", parts=[{"weight": 1.5}])
    groups = list(client.groups.list(group_type_index=0, max_items=1))
print(json.dumps({
    "package": posthog_environments_api.__file__,
    "ids": [str(row.id) for row in rows],
    "shape": rows[0].shape.value,
    "changed": changed.name,
    "groups": len(groups),
    "asked": asked,
}))
"""


def run(folder: Path, *arguments: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **environment},
        text=True,
        capture_output=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_drafted_operation_is_generated_imported_and_called(tmp_path: Path) -> None:
    for part in PARTS:
        (tmp_path / part).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, tmp_path / part)
    (tmp_path / "schema.json").write_text(json.dumps(vendor()), encoding="utf-8")
    for wanted in OPERATIONS:
        said = run(tmp_path, "scripts/draft_operation.py", wanted, "schema.json", "--write")
        assert "Written: openapi/resources/" in said
    run(tmp_path, "scripts/generate.py")
    search = os.pathsep.join([str(tmp_path / "generated"), str(ROOT / "src")])
    told = json.loads(run(tmp_path, "-c", CALL, PYTHONPATH=search))
    assert Path(told["package"]).is_relative_to(tmp_path)
    assert len(set(told["ids"])) == 3
    assert (told["shape"], told["changed"], told["groups"]) == ("", "new", 1)
    first, second, update, _ = told["asked"]
    root = "/api/environments/1/widgets/"
    assert first.startswith(f"GET {root} ")
    assert "('colour', 'dark blue')" in first
    assert "('properties', '[{\"key\":\"a\"}]')" in first.replace('": "', '":"')
    assert "('offset', '2')" in second
    assert update.startswith(f"PATCH {root}095be615")
    assert '"weight":1.5' in update.replace(": ", ":")


def test_the_command_tells_what_is_wrong_in_one_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(vendor()), encoding="utf-8")
    assert draft_operation.main(["GET gadgets/", str(tmp_path / "schema.json")]) == 2
    assert draft_operation.main([WIDGETS, str(tmp_path / "missing.json")]) == 2
    assert all(line.startswith("draft: ") for line in capsys.readouterr().err.splitlines())
    assert draft_operation.main([WIDGETS, str(tmp_path / "schema.json")]) == 0
    assert "operationId: widgets_list" in capsys.readouterr().out
