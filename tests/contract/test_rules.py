"""The contract keeps every rule of openapi/README.md and uses nothing that the generator loses silently.

Each rule is a function of `rules.py`. It is run over the contract, over a small contract that keeps it, and over
that contract broken in one place, which it must name.
"""

from __future__ import annotations

import importlib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openapi_python_client.config import ConfigFile

from contract_document import ROOT, operations, resolve
from curation import curation_page
from posthog_environments_api import models
from posthog_environments_api.operations import OPERATIONS, OperationInfo
from tests.contract.breaking import CREATE, GONE, LIST, PICTURE, SCHEMAS, put
from tests.contract.rules import RULES, Document, curation_notes, pointer, unknown_settings
from tests.validating import FORMATS

PAGE = f"{LIST}/responses/200/content/application~1json"
MADE = f"{CREATE}/responses/200/content/application~1json"
BODY = f"{CREATE}/requestBody/content/application~1json"
OBJECT = {"type": "object", "description": "x", "properties": {"a": {"type": "string", "description": "x"}}}
NOTE = {"documented": "a", "observed": "b", "source": "c"}

# rule, place to change, what to put there, place that the rule must name (the changed one when left out)
BREAKS: list[tuple[str, str, Any, str]] = [
    ("valid_openapi_3_1", "#/openapi", "3.0.3", ""),
    ("valid_openapi_3_1", "#/info/version", GONE, "#/info"),
    ("valid_openapi_3_1", "#/components/parameters/ThingId/required", False, "#/components/parameters/ThingId"),
    ("references_stay_inside_and_exist", f"{BODY}/schema/$ref", "#/components/schemas/Nothing", f"{BODY}/schema"),
    ("references_stay_inside_and_exist", f"{BODY}/schema/$ref", "things.yaml#/Thing", f"{BODY}/schema"),
    ("references_stay_inside_and_exist", f"{LIST}/parameters/0/schema/contentSchema/items/$ref", "#/nowhere",
     f"{LIST}/parameters/0/schema/contentSchema/items"),
    ("no_security_for_the_whole_document", "#/security", [{"personalApiKey": []}], ""),
    ("one_bearer_scheme", "#/components/securitySchemes/personalApiKey/scheme", "basic",
     "#/components/securitySchemes/personalApiKey"),
    ("one_bearer_scheme", "#/components/securitySchemes/other", {"type": "http", "scheme": "bearer"},
     "#/components/securitySchemes"),
    ("tags_are_described_and_used", "#/tags/0/description", GONE, "#/tags/0"),
    ("tags_are_described_and_used", "#/tags", [{"name": "idle", "description": "Nothing."}], "#/tags/0"),
    ("rate_limits_are_whole", "#/x-rate-limits/crud/source", GONE, "#/x-rate-limits/crud"),
    ("rate_limits_are_whole", "#/x-rate-limits/crud/limits/0/seconds", 0, "#/x-rate-limits/crud/limits/0"),
    ("deprecations_are_whole", "#/x-deprecations/moved/source", GONE, "#/x-deprecations/moved"),
    ("operation_ids_are_tag_and_method", f"{LIST}/operationId", "list_things", ""),
    ("operation_ids_are_tag_and_method", f"{LIST}/operationId", "things_import", ""),
    ("operation_ids_are_tag_and_method", f"{CREATE}/operationId", "things_list", ""),
    ("operation_ids_are_tag_and_method", f"{LIST}/tags", ["things", "others"], ""),
    ("operations_are_described", f"{LIST}/summary", "List things.", ""),
    ("operations_are_described", f"{LIST}/description", GONE, LIST),
    ("operations_are_described", f"{LIST}/externalDocs", GONE, ""),
    ("operations_carry_their_own_security", f"{LIST}/security", GONE, ""),
    ("operations_carry_their_own_security", f"{LIST}/security", [], ""),
    ("operations_carry_their_own_security", f"{LIST}/security", [{"personalApiKey": []}, {}], ""),
    ("operations_carry_their_own_security", f"{LIST}/security", [{"basic": []}], ""),
    ("rate_limit_classes_exist", f"{LIST}/x-rate-limit", "crude", ""),
    ("entitlements_are_whole", "#/x-entitlements", {"gold": {"description": "x"}}, "#/x-entitlements/gold"),
    ("entitlements_and_402_go_together", f"{LIST}/x-entitlement", "gold", ""),
    ("entitlements_and_402_go_together", f"{LIST}/responses/402", {"description": "x"}, f"{LIST}/responses"),
    ("errors_have_the_shared_envelope", f"{LIST}/responses/415", {"description": "x"}, ""),
    ("deprecation_kinds_exist", f"{LIST}/x-deprecation", "moved_on", ""),
    ("deprecation_kinds_exist", f"{LIST}/deprecated", GONE, ""),
    ("deprecation_kinds_exist", f"{LIST}/x-deprecation", GONE, f"{LIST}/deprecated"),
    ("errors_have_the_shared_envelope", f"{LIST}/responses/429", GONE, f"{LIST}/responses"),
    ("errors_have_the_shared_envelope", f"{LIST}/responses/403/$ref", "#/components/responses/NotFound",
     f"{LIST}/responses/403"),
    ("errors_have_the_shared_envelope", f"{LIST}/responses/400", {"description": "Wrong."}, ""),
    ("pagination_is_well_formed", f"{LIST}/x-pagination", GONE, LIST),
    ("pagination_is_well_formed", f"{LIST}/x-pagination/style", "cursor", f"{LIST}/x-pagination"),
    ("pagination_is_well_formed", f"{LIST}/x-pagination/limit", "limit", f"{LIST}/x-pagination"),
    ("pagination_is_well_formed", f"{LIST}/x-pagination/items", "rows", ""),
    ("pagination_is_well_formed", f"{SCHEMAS}/ThingPage/properties/next", GONE, f"{LIST}/x-pagination/style"),
    ("pagination_is_well_formed", f"{LIST}/x-pagination",
     {"style": "before", "items": "results", "parameter": "before", "field": "made_at", "key": "id"},
     f"{LIST}/x-pagination/parameter"),
    ("pagination_is_well_formed", f"{LIST}/x-pagination",
     {"style": "before", "items": "results", "parameter": "offset", "field": "at", "key": "id"},
     f"{LIST}/x-pagination/field"),
    ("parameters_have_a_schema_not_content", f"{LIST}/parameters/0/content", {"application/json": {}}, ""),
    ("parameters_have_a_schema_not_content", "#/components/parameters/ThingId/schema", GONE,
     "#/components/parameters/ThingId"),
    ("parameters_are_in_path_or_query", f"{LIST}/parameters/2/in", "header", ""),
    ("no_deep_objects", f"{LIST}/parameters/2/style", "deepObject", ""),
    ("no_deep_objects", f"{LIST}/parameters/2/schema", {"$ref": f"{SCHEMAS}/ThingFilter"}, ""),
    ("lists_say_how_they_are_sent", f"{LIST}/parameters/1/explode", GONE, f"{LIST}/parameters/1"),
    ("json_parameters_are_text_with_a_content_schema", f"{LIST}/parameters/0/schema/contentMediaType", GONE,
     f"{LIST}/parameters/0/schema"),
    ("json_parameters_are_text_with_a_content_schema", f"{LIST}/parameters/0/schema/type", "array",
     f"{LIST}/parameters/0/schema"),
    ("presence_flags_are_optional_booleans", f"{LIST}/parameters/5/required", True,
     f"{LIST}/parameters/5/x-presence-flag"),
    ("presence_flags_are_optional_booleans", f"{LIST}/parameters/2/x-presence-flag", True, ""),
    ("parameters_are_described", f"{LIST}/parameters/2/description", GONE, f"{LIST}/parameters/2"),
    ("parameters_are_described", "#/components/parameters/ThingId/description", " ", "#/components/parameters/ThingId"),
    ("required_query_parameters_have_an_example", f"{LIST}/parameters/4/example", GONE, f"{LIST}/parameters/4"),
    ("one_json_request_body", f"{CREATE}/requestBody/content/text~1plain", {"schema": {"type": "string"}},
     f"{CREATE}/requestBody/content"),
    ("one_json_request_body", f"{BODY}/schema", OBJECT, ""),
    ("one_json_request_body", f"{CREATE}/requestBody/required", GONE, ""),
    ("request_bodies_have_an_example", f"{BODY}/example", GONE, BODY),
    ("json_comes_before_other_response_types", f"{LIST}/responses/200/content",
     {"text/csv": {"schema": {"type": "string"}}, "application/json": {}}, ""),
    ("response_types_are_known_to_the_generator", f"{PICTURE}/responses/200/content/application~1pdf", {}, ""),
    ("binary_responses_have_the_format_binary",
     f"{PICTURE}/responses/200/content/application~1octet-stream/schema/format", GONE,
     f"{PICTURE}/responses/200/content/application~1octet-stream/schema"),
    ("no_links", "#/components/responses/NotFound/links", {}, ""),
    ("empty_bodies_stand_for_a_value_of_the_schema", f"{CREATE}/responses/200/x-empty-body", None, ""),
    ("empty_bodies_stand_for_a_value_of_the_schema", f"{PICTURE}/responses/200/x-empty-body", {}, ""),
    ("empty_bodies_stand_for_a_value_of_the_schema", "#/components/responses/NotFound/x-empty-body", {}, ""),
    ("unwrapped_responses_are_arrays", f"{CREATE}/responses/200/x-unwrap", "results", ""),
    ("response_examples_are_documented_or_observed", f"{PAGE}/examples/seen", {"value": None}, PAGE),
    ("response_examples_are_documented_or_observed", f"{PAGE}/examples", GONE, PAGE),
    ("response_examples_are_documented_or_observed", f"{PAGE}/examples/documented/summary", "x",
     f"{PAGE}/examples/documented"),
    ("examples_match_their_schema", f"{PAGE}/examples/documented/value/results/0/made_at", "yesterday", ""),
    ("examples_match_their_schema", f"{PAGE}/examples/documented/value/results/0/kind", "huge", ""),
    ("examples_match_their_schema", f"{BODY}/example/kind", None, ""),
    ("examples_match_their_schema", "#/components/parameters/ThingId/example", "one", ""),
    ("examples_match_their_schema", "#/components/responses/NotFound/content/application~1json/examples/observed",
     {"value": {"code": 404}}, ""),
    ("empty_bodies_match_their_schema", f"{CREATE}/responses/200/x-empty-body", [], ""),
    ("empty_bodies_match_their_schema", f"{SCHEMAS}/Thing/required", ["id"], f"{CREATE}/responses/200/x-empty-body"),
    ("schema_names_are_pascal_case_and_singular", f"{SCHEMAS}/thing_name", {}, ""),
    ("schema_names_are_pascal_case_and_singular", f"{SCHEMAS}/Things", {}, ""),
    ("pages_are_named_page", f"{PAGE}/schema/$ref", f"{SCHEMAS}/Thing", f"{LIST}/responses/200"),
    ("pages_are_named_page", f"{SCHEMAS}/ThingPage/properties/results", GONE, f"{SCHEMAS}/ThingPage"),
    ("bodies_are_named_after_what_they_do", f"{BODY}/schema/$ref", f"{SCHEMAS}/ThingFilter", f"{CREATE}/requestBody"),
    ("objects_and_enums_are_named", f"{SCHEMAS}/Thing/properties/id", {"enum": [1, 2]}, ""),
    ("objects_and_enums_are_named", f"{SCHEMAS}/ThingPage/properties/results/items", OBJECT, ""),
    ("objects_and_enums_are_named", f"{LIST}/parameters/0/schema/contentSchema/items", OBJECT, ""),
    ("nullable_as_the_generator_reads_it", f"{SCHEMAS}/Thing/properties/id/nullable", True, ""),
    ("nullable_as_the_generator_reads_it", f"{SCHEMAS}/Thing/properties/id/type", ["integer", "string", "null"], ""),
    ("nullable_as_the_generator_reads_it", f"{SCHEMAS}/Thing/properties/kind",
     {"anyOf": [{"$ref": f"{SCHEMAS}/ThingKind"}, {"type": "null"}]}, ""),
    ("no_enum_with_null", f"{SCHEMAS}/ThingKind/type", ["string", "null"], f"{SCHEMAS}/ThingKind"),
    ("no_enum_with_null", f"{SCHEMAS}/ThingKind/enum/0", None, f"{SCHEMAS}/ThingKind"),
    ("enums_are_one_type_with_usable_names", f"{SCHEMAS}/ThingKind/enum/0", 1, f"{SCHEMAS}/ThingKind/enum"),
    ("enums_are_one_type_with_usable_names", f"{SCHEMAS}/ThingKind/enum/0", "small", f"{SCHEMAS}/ThingKind/enum"),
    ("enums_are_one_type_with_usable_names", f"{SCHEMAS}/ThingKind/x-enum-varnames", ["BIG"], ""),
    ("enums_are_one_type_with_usable_names", f"{SCHEMAS}/ThingKind/x-enum-varnames", ["BIG", "no name"], ""),
    ("enums_are_one_type_with_usable_names", f"{SCHEMAS}/Plain",
     {"type": "string", "enum": ["", "a"], "description": "x"}, ""),
    ("free_json_is_the_empty_schema", f"{SCHEMAS}/ThingFilter/properties/value/type", "object",
     f"{SCHEMAS}/ThingFilter/properties/value"),
    ("schemas_stay_open", f"{SCHEMAS}/Thing/additionalProperties", False, f"{SCHEMAS}/Thing"),
    ("responses_require_almost_nothing", f"{SCHEMAS}/Thing/required", ["id", "made_at"], ""),
    ("required_fields_exist", f"{SCHEMAS}/ThingCreate/required", ["kind", "colour"], ""),
    ("schemas_and_fields_are_described", f"{SCHEMAS}/Thing/description", GONE, f"{SCHEMAS}/Thing"),
    ("schemas_and_fields_are_described", f"{SCHEMAS}/ThingCreate/properties/kind/description", GONE,
     f"{SCHEMAS}/ThingCreate/properties/kind"),
    ("no_default_beside_a_reference", f"{SCHEMAS}/ThingCreate/properties/kind/default", "big", ""),
    ("no_discriminators", f"{SCHEMAS}/Thing/properties/kind/discriminator", {"propertyName": "kind"}, ""),
    ("no_tuples", f"{SCHEMAS}/ThingPage/properties/results/prefixItems", [{"type": "integer"}], ""),
    ("no_read_only_or_write_only_fields", f"{SCHEMAS}/Thing/properties/id/readOnly", True, ""),
    ("formats_are_known_to_the_templates", f"{SCHEMAS}/Thing/properties/id/format", "int64", ""),
    ("schema_names_are_free_in_the_templates", f"{SCHEMAS}/IntEnum", {}, ""),
    ("schema_names_are_free_in_the_templates", f"{SCHEMAS}/DecodeError", {}, ""),
    ("schema_names_are_free_in_the_templates", f"{SCHEMAS}/UUID", {}, ""),
    ("schema_names_are_free_in_the_templates", f"{SCHEMAS}/Warning", {}, ""),
    ("schema_names_are_free_in_the_templates", f"{SCHEMAS}/AsyncThingsResource", {}, ""),
    ("field_names_are_free_in_the_templates", f"{SCHEMAS}/ThingFilter/properties/missing", {}, ""),
    ("field_names_are_free_in_the_templates", f"{SCHEMAS}/ThingFilter/properties/toDict", {}, ""),
    ("field_names_are_free_in_the_templates", f"{SCHEMAS}/ThingCreate/properties/Kind", {}, ""),
    ("argument_names_are_free_in_the_templates", f"{LIST}/parameters/2/name", "max_items", f"{LIST}/parameters/2"),
    ("argument_names_are_free_in_the_templates", f"{LIST}/parameters/2/name", "query_text", f"{LIST}/parameters/2"),
    ("argument_names_are_free_in_the_templates", f"{SCHEMAS}/ThingCreate/properties/options", {},
     f"{CREATE}/requestBody: options"),
    ("nothing_is_left_to_curate", f"{LIST}/summary", "TODO(curate) List things", ""),
    ("nothing_is_left_to_curate", f"{SCHEMAS}/Thing/description", "Says TODO(curate) inside.", ""),
    ("curation_notes_are_complete", f"{CREATE}/responses/200/x-curation/0/source", GONE,
     f"{CREATE}/responses/200/x-curation/0"),
    ("curation_notes_are_complete", f"{SCHEMAS}/Thing/x-curation", NOTE, ""),
    ("curation_notes_are_complete", f"{SCHEMAS}/Thing/x-curation", [{**NOTE, "observed": ""}], ""),
]  # fmt: skip


def nothing(found: Iterator[str]) -> None:
    """Fails with every place that was found."""
    texts = list(found)
    assert not texts, "\n".join(["", *texts])


@pytest.mark.parametrize("name", list(RULES))
def test_the_contract_keeps_the_rule(name: str, document: dict[str, Any]) -> None:
    nothing(RULES[name](document))


@pytest.mark.parametrize("name", list(RULES))
def test_a_contract_that_keeps_the_rule_is_not_reported(name: str, small: dict[str, Any]) -> None:
    nothing(RULES[name](small))


@pytest.mark.parametrize(("name", "place", "value", "named"), BREAKS)
def test_a_broken_contract_is_reported_with_its_place(
    name: str, place: str, value: Any, named: str, small: dict[str, Any]
) -> None:
    put(small, place, value)
    found = list(RULES[name](small))
    assert any(text.startswith(named or place) for text in found), found


def test_every_rule_has_been_seen_to_fail() -> None:
    assert {name for name, *_ in BREAKS} == set(RULES)


def test_formats_are_really_checked() -> None:
    """jsonschema skips a format silently when the package for it is not installed."""
    assert not FORMATS.conforms("yesterday", "date-time")
    assert not FORMATS.conforms("not-a-uuid", "uuid")
    assert FORMATS.conforms("2025-06-13T08:21:07.120000Z", "date-time")


# --- what the generated code makes of the contract -----------------------------------------------------------


def not_joined(document: Document, infos: Mapping[str, OperationInfo]) -> Iterator[str]:
    """Lists with `explode: false` that the generated code does not join by commas, and the reverse."""
    for operation in operations(document):
        joined = {info.name for info in infos[operation.operation_id].parameters if info.comma_separated}
        for parameter in operation.parameters:
            if (parameter.get("explode") is False) != (parameter["name"] in joined):
                yield f"{pointer('paths', operation.path)}: {operation.operation_id}, {parameter['name']}"


def test_lists_that_are_not_exploded_are_joined_by_commas(document: dict[str, Any]) -> None:
    nothing(not_joined(document, OPERATIONS))
    assert any(info.comma_separated for operation in OPERATIONS.values() for info in operation.parameters)


def test_a_list_that_is_not_joined_is_reported(document: dict[str, Any]) -> None:
    parameters = document["paths"]["/api/environments/{project_id}/events/values/"]["get"]["parameters"]
    next(one for one in parameters if one.get("name") == "event_name")["explode"] = False
    assert [text.rpartition(": ")[2] for text in not_joined(document, OPERATIONS)] == [
        "events_values, event_name"
    ]


def resource_methods(operation_id: str, tag: str) -> Iterator[Callable[..., Any]]:
    """The synchronous and the asynchronous method of an operation."""
    module = importlib.import_module(f"posthog_environments_api.resources.{tag}")
    classes = [
        cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__
    ]
    assert len(classes) == 2
    for cls in classes:
        yield getattr(cls, operation_id.removeprefix(f"{tag}_"))


def squeezed(text: str | None) -> str:
    """Without any whitespace: lines are wrapped at spaces and at hyphens."""
    return re.sub(r"\s", "", text or "")


def lost_texts(document: Document) -> Iterator[str]:
    """Descriptions of operations, parameters and body fields that a resource method does not show."""
    for operation in operations(document):
        place = pointer("paths", operation.path, operation.method.lower())
        texts = [(place, operation.data["summary"]), (place, operation.data["description"])]
        texts += [
            (f"{place}: {parameter['name']}", parameter["description"])
            for parameter in operation.parameters
            if parameter["name"] != "project_id"
        ]
        body = operation.data.get("requestBody")
        if body:
            schema = resolve(document, body["content"]["application/json"]["schema"])
            texts += [
                (f"{place}: {name}", field["description"]) for name, field in schema["properties"].items()
            ]
        for method in resource_methods(operation.operation_id, operation.data["tags"][0]):
            shown = squeezed(method.__doc__)
            for where, text in texts:
                if squeezed(text) not in shown:
                    yield f"{where}: {method.__qualname__} does not say {text!r}"


def lost_field_texts(document: Document) -> Iterator[str]:
    """Descriptions of schemas and fields that the model class does not show."""
    for name, schema in document["components"]["schemas"].items():
        shown = squeezed(getattr(models, name).__doc__)
        texts = [(pointer("components", "schemas", name), schema["description"])]
        texts += [
            (pointer("components", "schemas", name, "properties", field), value["description"])
            for field, value in schema.get("properties", {}).items()
        ]
        for where, text in texts:
            if squeezed(text) not in shown:
                yield f"{where}: {name} does not say {text!r}"


def test_every_description_reaches_the_docstring_of_the_method(document: dict[str, Any]) -> None:
    nothing(lost_texts(document))


def test_every_description_reaches_the_docstring_of_the_model(document: dict[str, Any]) -> None:
    nothing(lost_field_texts(document))


def test_a_lost_description_is_reported(document: dict[str, Any]) -> None:
    put(document, "#/components/parameters/QueryId/description", "Nobody generated this.")
    put(document, "#/components/schemas/QueryRequest/properties/refresh/description", "Nor this.")
    found = list(lost_texts(document))
    assert {text.partition(": ")[2].partition(":")[0] for text in found} == {"id", "refresh"}
    assert len(found) == 6  # retrieve, delete and create, each twice
    assert [text.partition(":")[0] for text in lost_field_texts(document)] == [
        "#/components/schemas/QueryRequest/properties/refresh"
    ]


def test_a_default_is_said_in_words_wherever_it_changes_something(document: dict[str, Any]) -> None:
    """The client does not send defaults, so the docstring is where a user learns of them."""
    silent = [
        f"{operation.operation_id}: {parameter['name']}"
        for operation in operations(document)
        for parameter in operation.parameters
        if resolve(document, parameter["schema"]).get("default")
        and "left out" not in _info(operation.operation_id, parameter["name"])
    ]
    assert silent == []


def _info(operation_id: str, name: str) -> str:
    return next(one.description for one in OPERATIONS[operation_id].parameters if one.name == name)


def test_every_curation_note_reaches_its_page(document: dict[str, Any]) -> None:
    """The page looks for notes at certain places only; one elsewhere would be lost."""
    page = (ROOT / "docs" / "curation.md").read_text(encoding="utf-8")
    lost = [
        place
        for place, notes in curation_notes(document)
        for note in notes
        if " ".join(str(note["observed"]).split()).replace("|", "\\|") not in page
    ]
    assert lost == []


def test_the_curation_page_escapes_what_would_break_its_table(small: dict[str, Any]) -> None:
    put(small, f"{CREATE}/responses/200/x-curation/0/observed", "one |\n other")
    assert "| one \\| other |" in curation_page(small)


# --- the generator's own settings ----------------------------------------------------------------------------


def test_the_generator_knows_every_setting() -> None:
    """It ignores the others without a word."""
    nothing(unknown_settings(ROOT / "generator-config.yaml", set(ConfigFile.model_fields)))


def test_a_setting_that_the_generator_ignores_is_reported(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("literal_enum: true\npost_hooks: []\n", encoding="utf-8")
    found = list(unknown_settings(tmp_path / "config.yaml", set(ConfigFile.model_fields)))
    assert found == ["config.yaml: the generator has no setting 'literal_enum'"]


def test_the_post_hooks_leave_nothing_to_the_folder_or_the_version_of_ruff() -> None:
    config = ConfigFile.load_from_path(ROOT / "generator-config.yaml")
    assert config.post_hooks
    for hook in config.post_hooks:
        assert {"--isolated", "--no-cache", "--target-version", "--line-length"} <= set(hook.split()), hook
