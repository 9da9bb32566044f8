"""The rules of `openapi/README.md`, and what the generator would lose without a word, as functions.

Each rule takes a whole document and yields one text per violation: a JSON pointer and what is wrong there.
"""

from __future__ import annotations

import builtins
import functools
import keyword
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from jsonschema import Draft202012Validator
from openapi_python_client.strings import PythonIdentifier
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract_document import ROOT, ContractError, lookup, operations, resolve
from contract_view import RESERVED
from tests.validating import validator

Document = Mapping[str, Any]
Rule = Callable[[Document], Iterator[str]]

RULES: dict[str, Rule] = {}

JSON = "application/json"
OPTIONAL_ERRORS = {"402": "PaymentRequired", "415": "UnsupportedMediaType"}
SHARED_ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "PermissionDenied",
    "404": "NotFound",
    "429": "Throttled",
}


def rule(function: Rule) -> Rule:
    RULES[function.__name__] = function
    return function


# --- walking -------------------------------------------------------------------------------------------------


def pointer(*steps: object) -> str:
    return "/".join(["#", *(str(step).replace("~", "~0").replace("/", "~1") for step in steps)])


class Place(NamedTuple):
    """A schema and where it stands. `kind` says what it is there: component, property, item, choice, extra,
    content, parameter, header, body or response."""

    pointer: str
    schema: Mapping[str, Any]
    kind: str


def below(place: str, schema: Mapping[str, Any], kind: str) -> Iterator[Place]:
    """A schema and all that it holds; references are not followed."""
    yield Place(place, schema, kind)
    for name, value in schema.get("properties", {}).items():
        yield from below(f"{place}{pointer('properties', name)[1:]}", value, "property")
    for key, inner in (("items", "item"), ("contentSchema", "content"), ("additionalProperties", "extra")):
        if isinstance(schema.get(key), Mapping):
            yield from below(f"{place}/{key}", schema[key], inner)
    for key in ("anyOf", "oneOf", "allOf", "prefixItems"):
        for index, value in enumerate(schema.get(key, [])):
            yield from below(f"{place}/{key}/{index}", value, "choice")


class Named(NamedTuple):
    pointer: str
    value: Mapping[str, Any]


def parameters(document: Document) -> Iterator[Named]:
    """Every parameter where it is written, once."""
    for name, value in document["components"].get("parameters", {}).items():
        yield Named(pointer("components", "parameters", name), value)
    for path, item in document["paths"].items():
        for index, value in enumerate(item.get("parameters", [])):
            if "$ref" not in value:
                yield Named(pointer("paths", path, "parameters", index), value)
    for place, operation in operation_places(document):
        for index, value in enumerate(operation.get("parameters", [])):
            if "$ref" not in value:
                yield Named(f"{place}/parameters/{index}", value)


def operation_places(document: Document) -> Iterator[Named]:
    for operation in operations(document):
        yield Named(pointer("paths", operation.path, operation.method.lower()), operation.data)


def responses(document: Document) -> Iterator[Named]:
    """Every response where it is written, once."""
    for name, value in document["components"].get("responses", {}).items():
        yield Named(pointer("components", "responses", name), value)
    for place, operation in operation_places(document):
        for status, value in operation["responses"].items():
            if "$ref" not in value:
                yield Named(f"{place}/responses/{status}", value)


def successes(document: Document) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for place, operation in operation_places(document):
        for status, value in operation["responses"].items():
            if str(status).startswith("2"):
                yield f"{place}/responses/{status}", str(status), resolve(document, value)


def media(holder: Named) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    for content_type, value in holder.value.get("content", {}).items():
        yield f"{holder.pointer}{pointer('content', content_type)[1:]}", content_type, value


def bodies(document: Document) -> Iterator[Named]:
    for place, operation in operation_places(document):
        if "requestBody" in operation:
            yield Named(f"{place}/requestBody", operation["requestBody"])


def schemas(document: Document) -> Iterator[Place]:
    """Every schema of the document where it is written, once."""
    for name, value in document["components"].get("schemas", {}).items():
        yield from below(pointer("components", "schemas", name), value, "component")
    for place, parameter in parameters(document):
        if "schema" in parameter:
            yield from below(f"{place}/schema", parameter["schema"], "parameter")
    for holders, kind in ((bodies(document), "body"), (responses(document), "response")):
        for holder in holders:
            for place, _, value in media(holder):
                if "schema" in value:
                    yield from below(f"{place}/schema", value["schema"], kind)
            for name, header in holder.value.get("headers", {}).items():
                place = f"{holder.pointer}{pointer('headers', name)[1:]}/schema"
                yield from below(place, header.get("schema", {}), "header")


def types(schema: Mapping[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else list(kind)


def fields(document: Document, schema: Mapping[str, Any]) -> Mapping[str, Any]:
    return resolve(document, schema).get("properties", {})


def reachable(document: Document, start: Iterator[Mapping[str, Any]]) -> set[str]:
    """Names of the component schemas that these schemas use, directly or not."""
    found: set[str] = set()
    waiting = list(start)
    while waiting:
        for place in below("#", waiting.pop(), ""):
            name = str(place.schema.get("$ref", "")).rpartition("/")[2]
            if name and name not in found:
                found.add(name)
                waiting.append(document["components"]["schemas"][name])
    return found


# --- the document --------------------------------------------------------------------------------------------


@rule
def valid_openapi_3_1(document: Document) -> Iterator[str]:
    if not str(document.get("openapi", "")).startswith("3.1."):
        yield "#/openapi: must be 3.1"
        return
    for error in OpenAPIV31SpecValidator(dict(document)).iter_errors():
        path = list(error.absolute_path)
        # Within a schema it counts from that schema, and does not say which.
        if path and path[0] in document:
            yield f"{pointer(*path)}: {error.message}"
        else:
            yield from _invalid_schemas(document) or [f"#: {error.message}"]


def _invalid_schemas(document: Document) -> list[str]:
    meta = Draft202012Validator(Draft202012Validator.META_SCHEMA)
    return [
        f"{place.pointer}{pointer(*error.absolute_path)[1:]}: {error.message}"
        for place in schemas(document)
        if place.kind in ("component", "parameter", "body", "response", "header")
        for error in meta.iter_errors(place.schema)
    ]


@rule
def references_stay_inside_and_exist(document: Document) -> Iterator[str]:
    def references(value: Any, steps: tuple[object, ...]) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            if isinstance(value.get("$ref"), str):
                yield pointer(*steps), value["$ref"]
            for key, item in value.items():
                if key not in ("example", "examples"):
                    yield from references(item, (*steps, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from references(item, (*steps, index))

    for place, reference in references(document, ()):
        try:
            lookup(document, reference)
        except ContractError as error:
            yield f"{place}: {error}"


@rule
def no_security_for_the_whole_document(document: Document) -> Iterator[str]:
    if "security" in document:
        yield "#/security: the generator ignores it; every operation names its own"


@rule
def one_bearer_scheme(document: Document) -> Iterator[str]:
    found = document["components"].get("securitySchemes", {})
    if list(found) != ["personalApiKey"]:
        yield f"#/components/securitySchemes: must hold personalApiKey alone, not {list(found)}"
    for name, scheme in found.items():
        if (scheme.get("type"), scheme.get("scheme")) != ("http", "bearer"):
            yield f"{pointer('components', 'securitySchemes', name)}: the generated client can only send a bearer"


@rule
def tags_are_described_and_used(document: Document) -> Iterator[str]:
    used = {tag for _, operation in operation_places(document) for tag in operation.get("tags", [])}
    for index, tag in enumerate(document["tags"]):
        if not tag.get("description"):
            yield f"#/tags/{index}: {tag['name']} has no description"
        if tag["name"] not in used:
            yield f"#/tags/{index}: no operation has the tag {tag['name']}"
    names = [tag["name"] for tag in document["tags"]]
    if len(set(names)) != len(names):
        yield f"#/tags: {names} holds a name twice"


@rule
def rate_limits_are_whole(document: Document) -> Iterator[str]:
    for name, value in document["x-rate-limits"].items():
        place = pointer("x-rate-limits", name)
        if not all(value.get(key) for key in ("description", "limits", "source")):
            yield f"{place}: needs description, limits and source"
        for index, limit in enumerate(value.get("limits", [])):
            if set(limit) != {"requests", "seconds"} or not all(
                isinstance(number, int) and number > 0 for number in limit.values()
            ):
                yield f"{place}/limits/{index}: needs positive requests and seconds"


@rule
def deprecations_are_whole(document: Document) -> Iterator[str]:
    for name, value in document["x-deprecations"].items():
        if set(value) != {"text", "source"} or not all(value.values()):
            yield f"{pointer('x-deprecations', name)}: needs text and source"


# --- operations ----------------------------------------------------------------------------------------------


@rule
def operation_ids_are_tag_and_method(document: Document) -> Iterator[str]:
    known = [tag["name"] for tag in document["tags"]]
    seen: set[str] = set()
    for place, operation in operation_places(document):
        tags = operation.get("tags", [])
        if len(tags) != 1 or tags[0] not in known:
            yield f"{place}/tags: needs exactly one tag of #/tags, not {tags}"
            continue
        name = str(operation.get("operationId", ""))
        method = name.removeprefix(f"{tags[0]}_")
        if (
            method == name
            or not method.isidentifier()
            or keyword.iskeyword(method)
            or method != method.lower()
        ):
            yield f"{place}/operationId: must be {tags[0]}_<method>, not {name!r}"
        if name in seen:
            yield f"{place}/operationId: {name} is there twice"
        seen.add(name)


@rule
def operations_are_described(document: Document) -> Iterator[str]:
    for place, operation in operation_places(document):
        summary = operation.get("summary", "")
        if not summary or "\n" in summary or summary.endswith("."):
            yield f"{place}/summary: must be one line without a full stop, not {summary!r}"
        if not operation.get("description"):
            yield f"{place}: has no description"
        url = operation.get("externalDocs", {}).get("url", "")
        if not url.startswith("https://posthog.com/docs/"):
            yield f"{place}/externalDocs: must link to the documentation page, not {url!r}"


@rule
def operations_carry_their_own_security(document: Document) -> Iterator[str]:
    schemes = document["components"].get("securitySchemes", {})
    for place, operation in operation_places(document):
        security = operation.get("security")
        if not security or len(security) != 1 or len(security[0]) != 1:
            yield f"{place}/security: must be one requirement with one scheme, not {security}"
        elif not set(security[0]) <= set(schemes):
            yield f"{place}/security: there is no scheme {next(iter(security[0]))}"


@rule
def rate_limit_classes_exist(document: Document) -> Iterator[str]:
    for place, operation in operation_places(document):
        if operation.get("x-rate-limit") not in document["x-rate-limits"]:
            yield f"{place}/x-rate-limit: {operation.get('x-rate-limit')} is no key of #/x-rate-limits"


@rule
def entitlements_are_whole(document: Document) -> Iterator[str]:
    for name, value in document.get("x-entitlements", {}).items():
        if set(value) != {"description", "source"} or not all(value.values()):
            yield f"{pointer('x-entitlements', name)}: needs description and source"


@rule
def entitlements_and_402_go_together(document: Document) -> Iterator[str]:
    for place, operation in operation_places(document):
        name = operation.get("x-entitlement")
        if name is not None and name not in document.get("x-entitlements", {}):
            yield f"{place}/x-entitlement: {name} is no key of #/x-entitlements"
        if (name is not None) != ("402" in operation["responses"]):
            yield f"{place}/responses: x-entitlement and 402 go together"


@rule
def deprecation_kinds_exist(document: Document) -> Iterator[str]:
    for place, operation in operation_places(document):
        kind = operation.get("x-deprecation")
        if kind is not None and kind not in document["x-deprecations"]:
            yield f"{place}/x-deprecation: {kind} is no key of #/x-deprecations"
        if (kind is not None) != (operation.get("deprecated") is True):
            yield f"{place}/deprecated: `deprecated: true` and x-deprecation go together"


@rule
def errors_have_the_shared_envelope(document: Document) -> Iterator[str]:
    """An operation whose only outcome is 405 refuses before it looks at the request: no 400 there."""
    envelope = {"$ref": "#/components/schemas/ErrorEnvelope"}
    for place, operation in operation_places(document):
        only_refused = not any(str(status).startswith("2") for status in operation["responses"])
        for status, name in SHARED_ERRORS.items():
            response = operation["responses"].get(status)
            if response is None:
                if not (only_refused and status == "400" and "405" in operation["responses"]):
                    yield f"{place}/responses: has no {status}"
            elif "$ref" in response:
                if response["$ref"] != f"#/components/responses/{name}":
                    yield f"{place}/responses/{status}: must be the shared response {name}"
            else:
                schema = response.get("content", {}).get(JSON, {}).get("schema", {})
                if envelope not in schema.get("anyOf", [schema]):
                    yield f"{place}/responses/{status}: must allow ErrorEnvelope"
        for status, name in OPTIONAL_ERRORS.items():
            response = operation["responses"].get(status)
            if response is not None and response.get("$ref") != f"#/components/responses/{name}":
                yield f"{place}/responses/{status}: must be the shared response {name}"


@rule
def pagination_is_well_formed(document: Document) -> Iterator[str]:
    needs = {
        "next": set(),
        "has_next": {"offset", "limit", "default_limit"},
        "before": {"parameter", "field", "key"},
    }
    for operation in operations(document):
        place = pointer("paths", operation.path, operation.method.lower())
        pagination = operation.data.get("x-pagination")
        if pagination is None:
            if operation.operation_id.endswith("_list"):
                yield f"{place}: a list needs x-pagination"
            continue
        place = f"{place}/x-pagination"
        style = pagination.get("style")
        if style not in needs or set(pagination) - {"concurrent"} != {"style", "items", *needs[style]}:
            yield f"{place}: style {style!r} with {sorted(pagination)}"
            continue
        page = operation.data["responses"].get("200", {}).get("content", {}).get(JSON, {}).get("schema", {})
        shown = fields(document, page)
        items = resolve(document, shown.get(pagination["items"], {})).get("items")
        if items is None:
            yield f"{place}/items: the page has no array {pagination['items']!r}"
            continue
        if style in ("next", "has_next") and style not in shown:
            yield f"{place}/style: the page has no field {style!r}"
        if pagination.get("concurrent", True) is not True:
            yield f"{place}/concurrent: is true or left out"
        query = {parameter["name"] for parameter in operation.parameters if parameter["in"] == "query"}
        for key in ("parameter", "offset", "limit"):
            if key in pagination and pagination[key] not in query:
                yield f"{place}/{key}: there is no query parameter {pagination[key]!r}"
        if pagination.get("concurrent") and not {"limit", "offset"} <= query:
            yield f"{place}/concurrent: pages are not cut by offset, there are no parameters limit and offset"
        for key in ("field", "key"):
            if key in pagination and pagination[key] not in fields(document, items):
                yield f"{place}/{key}: the rows have no field {pagination[key]!r}"
        if not isinstance(pagination.get("default_limit", 1), int) or pagination.get("default_limit", 1) < 1:
            yield f"{place}/default_limit: must be a positive number"


# --- parameters ----------------------------------------------------------------------------------------------


@rule
def parameters_have_a_schema_not_content(document: Document) -> Iterator[str]:
    """A parameter with `content` vanishes from the generated code."""
    for place, parameter in parameters(document):
        if "content" in parameter:
            yield f"{place}/content: the generator drops the parameter"
        if "schema" not in parameter:
            yield f"{place}: has no schema"


@rule
def parameters_are_in_path_or_query(document: Document) -> Iterator[str]:
    for place, parameter in parameters(document):
        if parameter["in"] not in ("path", "query"):
            yield f"{place}/in: the templates know path and query, not {parameter['in']!r}"


@rule
def no_deep_objects(document: Document) -> Iterator[str]:
    """The generator flattens `deepObject`, and has no other style of its own."""
    for place, parameter in parameters(document):
        if parameter.get("style", "form") != "form":
            yield f"{place}/style: {parameter['style']} is not generated"
        if "object" in types(resolve(document, parameter.get("schema", {}))):
            yield f"{place}/schema: an object cannot be a parameter; send JSON"


@rule
def lists_say_how_they_are_sent(document: Document) -> Iterator[str]:
    for place, parameter in parameters(document):
        if "array" not in types(resolve(document, parameter.get("schema", {}))):
            continue
        if parameter.get("style") != "form" or not isinstance(parameter.get("explode"), bool):
            yield f"{place}: a list needs `style: form` and `explode`"


@rule
def json_parameters_are_text_with_a_content_schema(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        marked = {"contentMediaType", "contentSchema"} & set(schema)
        if not marked:
            continue
        if (
            schema.get("type") != "string"
            or schema.get("contentMediaType") != JSON
            or "contentSchema" not in schema
        ):
            yield f"{place}: JSON in a parameter is `type: string`, contentMediaType {JSON} and a contentSchema"


@rule
def presence_flags_are_optional_booleans(document: Document) -> Iterator[str]:
    for place, parameter in parameters(document):
        if "x-presence-flag" not in parameter:
            continue
        schema = resolve(document, parameter.get("schema", {}))
        if (
            parameter["x-presence-flag"] is not True
            or parameter["in"] != "query"
            or parameter.get("required")
            or schema.get("type") != "boolean"
        ):
            yield f"{place}/x-presence-flag: only `true`, on an optional boolean of the query"


@rule
def parameters_are_described(document: Document) -> Iterator[str]:
    for place, parameter in parameters(document):
        if not str(parameter.get("description", "")).strip():
            yield f"{place}: has no description"


@rule
def required_query_parameters_have_an_example(document: Document) -> Iterator[str]:
    for place, parameter in parameters(document):
        if parameter["in"] == "query" and parameter.get("required") and "example" not in parameter:
            yield f"{place}: has no example"


# --- bodies and responses ------------------------------------------------------------------------------------


@rule
def one_json_request_body(document: Document) -> Iterator[str]:
    """With two content types the generated code would send the last one."""
    for place, body in bodies(document):
        if list(body.get("content", {})) != [JSON]:
            yield f"{place}/content: must be {JSON} alone, not {list(body.get('content', {}))}"
            continue
        if "$ref" not in body["content"][JSON].get("schema", {}):
            yield f"{place}{pointer('content', JSON)[1:]}/schema: must be a named schema"
        if not isinstance(body.get("required"), bool):
            yield f"{place}/required: must be said"


@rule
def request_bodies_have_an_example(document: Document) -> Iterator[str]:
    for holder in bodies(document):
        for place, _, value in media(holder):
            if "example" not in value:
                yield f"{place}: has no example"


@rule
def json_comes_before_other_response_types(document: Document) -> Iterator[str]:
    """The generator keeps the first content type that it knows."""
    for holder in responses(document):
        offered = list(holder.value.get("content", {}))
        if JSON in offered and offered[0] != JSON:
            yield f"{holder.pointer}/content: {JSON} must be listed first, not {offered[0]}"


@rule
def response_types_are_known_to_the_generator(document: Document) -> Iterator[str]:
    for holder in responses(document):
        for place, content_type, _ in media(holder):
            first = next(iter(holder.value["content"]))
            if content_type == "*/*" and first == "application/octet-stream":
                continue  # says that the bytes may be labelled otherwise; the generator takes the first
            if content_type not in (JSON, "text/csv", "application/octet-stream"):
                yield f"{place}: the generator cannot read {content_type}"


@rule
def binary_responses_have_the_format_binary(document: Document) -> Iterator[str]:
    for holder in responses(document):
        for place, content_type, value in media(holder):
            binary = content_type not in (JSON, "text/csv")
            schema = value.get("schema", {})
            if binary and (schema.get("type"), schema.get("format")) != ("string", "binary"):
                yield f"{place}/schema: must be `type: string, format: binary`"
            if not binary and schema.get("format") == "binary":
                yield f"{place}/schema: {content_type} is not binary"


@rule
def no_links(document: Document) -> Iterator[str]:
    for place, response in responses(document):
        if "links" in response:
            yield f"{place}/links: the generator ignores them"


@rule
def empty_bodies_stand_for_a_value_of_the_schema(document: Document) -> Iterator[str]:
    for place, response in responses(document):
        if "x-empty-body" not in response:
            continue
        schema = response.get("content", {}).get(JSON, {}).get("schema")
        if response["x-empty-body"] not in ({}, []):
            yield f"{place}/x-empty-body: must be {{}} or []"
        elif schema is None:
            yield f"{place}/x-empty-body: there is no JSON body that could be empty"
        elif not place.rpartition("/")[2].startswith("2"):
            yield f"{place}/x-empty-body: only a success may be empty"


@rule
def unwrapped_responses_are_arrays(document: Document) -> Iterator[str]:
    for place, response in responses(document):
        if "x-unwrap" not in response:
            continue
        schema = response.get("content", {}).get(JSON, {}).get("schema", {})
        if schema.get("type") != "array" or not isinstance(response["x-unwrap"], str):
            yield f"{place}/x-unwrap: names the field around an array"


@rule
def response_examples_are_documented_or_observed(document: Document) -> Iterator[str]:
    for holder in responses(document):
        for place, content_type, value in media(holder):
            unknown = set(value.get("examples", {})) - {"documented", "observed"}
            if unknown or "example" in value:
                yield f"{place}: examples are `documented` and `observed`, not {sorted(unknown) or 'example'}"
            if content_type == JSON and not value.get("examples"):
                yield f"{place}: has no example"
            for name, example in value.get("examples", {}).items():
                if set(example) != {"value"}:
                    yield f"{place}/examples/{name}: needs a value and nothing else"


def examples(document: Document) -> Iterator[tuple[str, Mapping[str, Any], Any]]:
    """Every example value of the document, with the schema that it must match."""
    for place, parameter in parameters(document):
        if "example" in parameter:
            yield f"{place}/example", parameter["schema"], parameter["example"]
    for kind in (bodies(document), responses(document)):
        for holder in kind:
            for place, _, value in media(holder):
                if "example" in value:
                    yield f"{place}/example", value["schema"], value["example"]
                for name, example in value.get("examples", {}).items():
                    yield f"{place}/examples/{name}/value", value["schema"], example.get("value")
    for place, schema, _ in schemas(document):
        if "example" in schema:
            yield f"{place}/example", schema, schema["example"]


@rule
def examples_match_their_schema(document: Document) -> Iterator[str]:
    for place, schema, value in examples(document):
        for error in validator(document, schema).iter_errors(value):
            yield f"{place}{pointer(*error.absolute_path)[1:]}: {error.message}"


@rule
def empty_bodies_match_their_schema(document: Document) -> Iterator[str]:
    for place, response in responses(document):
        schema = response.get("content", {}).get(JSON, {}).get("schema")
        if "x-empty-body" in response and schema is not None:
            for error in validator(document, schema).iter_errors(response["x-empty-body"]):
                yield f"{place}/x-empty-body: {error.message}"


# --- schemas -------------------------------------------------------------------------------------------------


@rule
def schema_names_are_pascal_case_and_singular(document: Document) -> Iterator[str]:
    for name in document["components"]["schemas"]:
        place = pointer("components", "schemas", name)
        if not re.fullmatch(r"(?:[A-Z][a-z0-9]+)+", name):
            yield f"{place}: {name} is not PascalCase"
        if re.search(r"[^aius]s$", name):
            yield f"{place}: {name} is a plural"


@rule
def pages_are_named_page(document: Document) -> Iterator[str]:
    for place, operation in operation_places(document):
        if "x-pagination" in operation:
            schema = operation["responses"].get("200", {}).get("content", {}).get(JSON, {}).get("schema", {})
            if not str(schema.get("$ref", "")).endswith("Page"):
                yield f"{place}/responses/200: the envelope of a list is a named <Thing>Page"
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Page") and "array" not in types(schema.get("properties", {}).get("results", {})):
            yield f"{pointer('components', 'schemas', name)}: a page has an array `results`"


@rule
def bodies_are_named_after_what_they_do(document: Document) -> Iterator[str]:
    """`<Thing>Create`, `<Thing>Update`, or after the action; the tag `query` is its own action."""
    for place, operation in operation_places(document):
        reference = (
            operation.get("requestBody", {}).get("content", {}).get(JSON, {}).get("schema", {}).get("$ref")
        )
        if reference is None:
            continue
        name = str(reference).rpartition("/")[2]
        tag = operation["tags"][0]
        method = str(operation["operationId"]).removeprefix(f"{tag}_")
        if method in ("create", "update"):
            good = name.endswith(method.title()) or name == f"{tag.title().replace('_', '')}Request"
        else:
            good = all(_stem(word) in name.lower() for word in method.split("_"))
        if not good:
            yield f"{place}/requestBody: {name} is not named after {method}"


def _stem(word: str) -> str:
    return re.sub(r"(ies|y)$", "", word)


@rule
def objects_and_enums_are_named(document: Document) -> Iterator[str]:
    for place, schema, kind in schemas(document):
        if kind != "component" and ("enum" in schema or "properties" in schema):
            yield f"{place}: an object or an enum must be a component"


@rule
def nullable_as_the_generator_reads_it(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if "nullable" in schema:
            yield f"{place}/nullable: is OpenAPI 3.0"
        if "null" in types(schema) and len(types(schema)) != 2 and schema.get("type") != "null":
            yield f"{place}/type: one type beside null, not {schema['type']}"
        choices = schema.get("anyOf", [])
        if len(choices) == 2 and {"type": "null"} in choices and any("$ref" in choice for choice in choices):
            yield f"{place}/anyOf: a reference that may be null is a oneOf"


@rule
def no_enum_with_null(document: Document) -> Iterator[str]:
    """Such an enum would refuse null, or become three classes."""
    for place, schema, _ in schemas(document):
        if "enum" in schema and ("null" in types(schema) or None in schema["enum"]):
            yield f"{place}: an enum cannot be nullable itself; use oneOf at the place that refers to it"


@rule
def enums_are_one_type_with_usable_names(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if "enum" not in schema:
            continue
        values, kind = schema["enum"], schema.get("type")
        expected = {"string": str, "integer": int}.get(kind) if isinstance(kind, str) else None
        if expected is None or any(type(value) is not expected for value in values):
            yield f"{place}/enum: all values must be of the one type string or integer"
        if len(set(map(str, values))) != len(values):
            yield f"{place}/enum: holds a value twice"
        names = schema.get("x-enum-varnames")
        if names is None:
            if any(not re.fullmatch(r"[A-Za-z][\w-]*", str(value)) for value in values):
                yield f"{place}: values that are no words need x-enum-varnames"
        elif len(names) != len(values) or len(set(names)) != len(names):
            yield f"{place}/x-enum-varnames: one name for each value"
        elif not all(re.fullmatch(r"[A-Z][A-Z0-9_]*", name) for name in names):
            yield f"{place}/x-enum-varnames: upper-case Python names, not {names}"


@rule
def free_json_is_the_empty_schema(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if "object" in types(schema) and not {"properties", "additionalProperties"} & set(schema):
            yield f"{place}: free JSON is the empty schema with a description"
        if schema.get("additionalProperties") is True:
            yield f"{place}/additionalProperties: is open already"


@rule
def schemas_stay_open(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if schema.get("additionalProperties") is False or "unevaluatedProperties" in schema:
            yield f"{place}: must stay open for fields that PostHog adds"


@rule
def responses_require_almost_nothing(document: Document) -> Iterator[str]:
    """The identifier of a thing, the rows of a page, the status that was asked for."""
    read = (
        value["schema"]
        for holder in responses(document)
        for _, _, value in media(holder)
        if "schema" in value
    )
    for name in sorted(reachable(document, read)):
        schema = document["components"]["schemas"][name]
        surplus = set(schema.get("required", [])) - {"id", "results", "query_status"}
        if surplus:
            yield f"{pointer('components', 'schemas', name)}/required: {sorted(surplus)} need not be there"


@rule
def required_fields_exist(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        unknown = set(schema.get("required", [])) - set(schema.get("properties", {}))
        if unknown:
            yield f"{place}/required: there is no field {sorted(unknown)}"


@rule
def schemas_and_fields_are_described(document: Document) -> Iterator[str]:
    for place, schema, kind in schemas(document):
        if kind in ("component", "property") and not str(schema.get("description", "")).strip():
            yield f"{place}: has no description"


@rule
def no_default_beside_a_reference(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if "$ref" in schema and "default" in schema:
            yield f"{place}/default: is lost beside $ref"


@rule
def no_discriminators(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if "discriminator" in schema:
            yield f"{place}/discriminator: is ignored; the choices are tried in order"


@rule
def no_tuples(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        if "prefixItems" in schema:
            yield f"{place}/prefixItems: becomes a list of unions"


@rule
def no_read_only_or_write_only_fields(document: Document) -> Iterator[str]:
    for place, schema, _ in schemas(document):
        for key in ("readOnly", "writeOnly"):
            if key in schema:
                yield f"{place}/{key}: is ignored; use two schemas"


@rule
def formats_are_known_to_the_templates(document: Document) -> Iterator[str]:
    for place, schema, kind in schemas(document):
        if kind != "header" and schema.get("format", "uuid") not in ("date", "date-time", "uuid", "binary"):
            yield f"{place}/format: {schema['format']} is not read"


@rule
def schema_names_are_free_in_the_templates(document: Document) -> Iterator[str]:
    """A model called like something that its module imports would take its place."""
    classes = {
        "".join(word.title() for word in tag["name"].split("_")) + "Resource" for tag in document["tags"]
    }
    taken = taken_names() | classes | {f"Async{name}" for name in classes}
    for name in document["components"]["schemas"]:
        if name in taken:
            yield f"{pointer('components', 'schemas', name)}: {name} has another meaning in the generated modules"


@rule
def field_names_are_free_in_the_templates(document: Document) -> Iterator[str]:
    """Fields are attributes of the model and local variables of `from_dict`."""
    template = (ROOT / "generator-templates" / "model.py.jinja").read_text(encoding="utf-8")
    own = set(
        re.findall(r"def (\w+)\(|^    (\w+): ClassVar|^    (\w+): .* = _field\(", template, re.MULTILINE)
    )
    taken = imported_by("model") | {"cls", "src_dict"} | {name for found in own for name in found if name}
    for place, schema, kind in schemas(document):
        names: dict[str, str] = {}
        for name in schema.get("properties", {}) if kind == "component" else ():
            variable = str(PythonIdentifier(name, "field_"))
            if variable in taken:
                yield f"{place}{pointer('properties', name)[1:]}: {variable} has another meaning in the model"
            if variable in names:
                yield f"{place}{pointer('properties', name)[1:]}: {names[variable]} is {variable} too"
            names[variable] = name


@rule
def argument_names_are_free_in_the_templates(document: Document) -> Iterator[str]:
    """Parameters and body fields are arguments of functions that call others by name."""
    taken = (
        imported_by("endpoint_module")
        | RESERVED
        | {"request_kwargs", "parse", "page_items", "options", "cls"}
    )
    arguments = [(place, parameter["name"]) for place, parameter in parameters(document)]
    for place, body in bodies(document):
        schema = body.get("content", {}).get(JSON, {}).get("schema", {})
        arguments += [(f"{place}: {name}", name) for name in fields(document, schema)]
    for place, name in arguments:
        if str(PythonIdentifier(name, "field_")) in taken:
            yield f"{place}: {name} has another meaning in the generated functions"


@functools.cache
def taken_names() -> frozenset[str]:
    """Python's own names, and what the templates import in modules that also import models."""
    own = {*dir(builtins), *keyword.kwlist}
    return frozenset(
        own.union(*map(imported_by, ("model", "str_enum", "int_enum", "endpoint_module", "resource")))
    )


def imported_by(template: str) -> set[str]:
    return imported_names((ROOT / "generator-templates" / f"{template}.py.jinja").read_text(encoding="utf-8"))


def imported_names(template: str) -> set[str]:
    """Names that the import statements of a template bind."""
    text = re.sub(r"\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", "", template, flags=re.DOTALL)
    names: set[str] = set()
    for match in re.finditer(r"^[ ]*(?:from [\w.]+ )?import (\([^)]*\)|.+)$", text, flags=re.MULTILINE):
        for part in match.group(1).strip("()").split(","):
            words = part.split()
            if words:
                names.add(words[-1].partition(".")[0])
    return names


@rule
def nothing_is_left_to_curate(document: Document) -> Iterator[str]:
    """`make draft` marks what only a person can say."""

    def search(value: Any, steps: tuple[object, ...]) -> Iterator[tuple[str, str]]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                yield from search(key, (*steps, key))
                yield from search(item, (*steps, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from search(item, (*steps, index))
        elif isinstance(value, str) and "TODO(curate)" in value:
            yield pointer(*steps), value

    for place, text in search(document, ()):
        yield f"{place}: {text!r} waits for a person"


# --- notes ---------------------------------------------------------------------------------------------------


def curation_notes(document: Document) -> Iterator[tuple[str, Any]]:
    """Every `x-curation` of the document, wherever it stands."""

    def search(value: Any, steps: tuple[object, ...]) -> Iterator[tuple[str, Any]]:
        if isinstance(value, Mapping):
            for key, item in value.items():
                if key == "x-curation":
                    yield pointer(*steps, key), item
                elif key not in ("example", "examples"):
                    yield from search(item, (*steps, key))
        elif isinstance(value, list):
            for index, item in enumerate(value):
                yield from search(item, (*steps, index))

    yield from search(document, ())


@rule
def curation_notes_are_complete(document: Document) -> Iterator[str]:
    for place, notes in curation_notes(document):
        if not isinstance(notes, list) or not notes:
            yield f"{place}: must be a list of notes"
            continue
        for index, note in enumerate(notes):
            wanted = {"documented", "observed", "source"}
            if set(note) != wanted or not all(
                isinstance(text, str) and text.strip() for text in note.values()
            ):
                yield f"{place}/{index}: needs documented, observed and source, each a text"


# --- beside the document -------------------------------------------------------------------------------------


def unknown_settings(path: Path, known: set[str]) -> Iterator[str]:
    """Keys of the generator's configuration that it would ignore."""
    from ruamel.yaml import YAML

    for key in YAML(typ="safe").load(path):
        if key not in known:
            yield f"{path.name}: the generator has no setting {key!r}"
