"""The contract as the templates want it.

openapi-python-client hands its templates a model of the document from which much is missing: descriptions of
parameters, serialization styles, security scopes, deprecation and every `x-` extension. This module puts the
parsed model and the document side by side, so that the templates need no logic of their own.
"""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openapi_python_client.parser.openapi import Endpoint, GeneratorData
from openapi_python_client.parser.properties import AnyProperty, EnumProperty, ModelProperty
from openapi_python_client.parser.properties.boolean import BooleanProperty
from openapi_python_client.parser.properties.date import DateProperty
from openapi_python_client.parser.properties.datetime import DateTimeProperty
from openapi_python_client.parser.properties.float import FloatProperty
from openapi_python_client.parser.properties.int import IntProperty
from openapi_python_client.parser.properties.list_property import ListProperty
from openapi_python_client.parser.properties.protocol import PropertyProtocol
from openapi_python_client.parser.properties.union import UnionProperty
from openapi_python_client.parser.properties.uuid import UuidProperty
from openapi_python_client.schema.untrusted_string import UntrustedString
from openapi_python_client.strings import ClassName, PythonIdentifier

from contract_document import ContractError, RawOperation, json_schema, operations, resolve

FIELD_PREFIX = "field_"
RESERVED = {"self", "body", "client", "options", "max_items", "operation", "request", "builtins"}


@dataclass
class ParameterView:
    """One argument: `name` on the wire, `variable` in the endpoint module, `keyword` in the resource class."""

    name: str
    variable: str
    keyword: str
    location: str
    annotation: str
    required: bool
    description: str
    schema: dict[str, Any]
    example: Any
    encoder: str = "query_text"
    presence_flag: bool = False
    json: bool = False
    array: bool = False
    comma: bool = False


@dataclass
class SuccessView:
    """What one or more success statuses carry."""

    codes: tuple[int, ...]
    kind: str
    property: PropertyProtocol | None = None
    empty_body: Any = None
    unwrap: str | None = None


@dataclass
class Overload:
    fields: str
    body: str
    csv: str


@dataclass
class OperationView:
    operation_id: str
    tag: str
    name: str
    method: str
    path: str
    path_format: str
    summary: str
    description: str
    scopes: tuple[str, ...]
    rate_limit: str
    entitlement: str | None
    deprecation: str | None
    deprecation_text: str
    links: list[str]
    read_only: bool
    pagination: dict[str, Any] | None
    statuses: tuple[int, ...]
    path_parameters: list[ParameterView]
    query_parameters: list[ParameterView]
    body_fields: list[ParameterView]
    has_body: bool
    body_required: bool
    body_type: str
    body_example: Any
    successes: list[SuccessView]
    csv: bool
    foreign_redirect: bool
    request_id_field: str | None
    result_type: str
    item_type: str
    returns: str
    documented: Any
    observed: Any
    result_imports: list[str] = field(default_factory=list)
    input_imports: list[str] = field(default_factory=list)

    @property
    def plain_result_type(self) -> str:
        """The result of the endpoint module, where text/csv is not told apart by an overload."""
        return f"{self.result_type} | str" if self.csv else self.result_type

    @property
    def overloads(self) -> list[Overload]:
        needs_body_choice = any(parameter.required for parameter in self.body_fields)
        bodies = (
            [("required", "none"), ("none", "required")] if needs_body_choice else [("optional", "optional")]
        )
        if not self.has_body:
            bodies = [("optional", "none")]
        formats = ["json", "text"] if self.csv else ["any"]
        if len(bodies) * len(formats) == 1:
            return []
        return [Overload(fields, body, csv) for fields, body in bodies for csv in formats]


class ContractView:
    """The whole contract for the templates, under the global name `contract`."""

    def __init__(self, document: Mapping[str, Any], parsed: GeneratorData) -> None:
        self._document = document
        self._classes = {str(model.class_info.name): model for model in [*parsed.models, *parsed.enums]}
        self.rate_limits = {name: value["limits"] for name, value in document["x-rate-limits"].items()}
        self.deprecations = {
            name: " ".join(value["text"].split()) for name, value in document["x-deprecations"].items()
        }
        self.tag_descriptions = {tag["name"]: tag["description"] for tag in document["tags"]}
        self.class_names = {tag: f"{ClassName(tag, FIELD_PREFIX)}Resource" for tag in self.tag_descriptions}
        self.recursive = _recursive(parsed)
        self._describe_model_fields(parsed)
        endpoints = {
            str(endpoint.name): endpoint
            for collection in parsed.endpoint_collections_by_tag.values()
            for endpoint in collection.endpoints
        }
        self.operations: dict[str, OperationView] = {}
        for raw in operations(document):
            if raw.operation_id in self.operations:
                raise ContractError(
                    f"{raw.operation_id} names two operations, one is {raw.method} {raw.path}"
                )
            endpoint = endpoints.get(raw.operation_id)
            if endpoint is None:
                raise ContractError(f"the generator dropped {raw.method} {raw.path} ({raw.operation_id})")
            self.operations[raw.operation_id] = self._operation(raw, endpoint)
        self.by_tag: dict[str, list[OperationView]] = {tag: [] for tag in self.tag_descriptions}
        for operation in self.operations.values():
            self.by_tag[operation.tag].append(operation)
        self.by_tag = {tag: found for tag, found in self.by_tag.items() if found}

    # --- descriptions that the generator loses ---------------------------------------------------------------

    def _describe_model_fields(self, parsed: GeneratorData) -> None:
        """A description beside a `$ref` does not survive parsing; put it back."""
        schemas = {
            str(ClassName(name, FIELD_PREFIX)): schema
            for name, schema in self._document["components"]["schemas"].items()
        }
        for model in parsed.models:
            fields = schemas[str(model.class_info.name)].get("properties", {})
            for prop in [*(model.required_properties or []), *(model.optional_properties or [])]:
                text = fields.get(prop.name.get_untrusted_value(), {}).get("description")
                if text:
                    prop.description = UntrustedString(" ".join(text.split()))

    # --- operations --------------------------------------------------------------------------------------------

    def _operation(self, raw: RawOperation, endpoint: Endpoint) -> OperationView:
        data = raw.data
        tag = data["tags"][0]
        if not raw.operation_id.startswith(f"{tag}_"):
            raise ContractError(f"{raw.operation_id}: an operationId is <tag>_<method>, its tag is {tag}")
        if tag not in self.tag_descriptions:
            raise ContractError(f"{raw.operation_id}: the tag {tag} is not declared in root.yaml")
        name = raw.operation_id[len(tag) + 1 :]
        self._refuse_what_would_be_lost(raw, endpoint)
        scopes = tuple(data["security"][0]["personalApiKey"])
        deprecation = data.get("x-deprecation")
        path_parameters = [self._parameter(raw, prop, "path") for prop in endpoint.path_parameters]
        query_parameters = [self._parameter(raw, prop, "query") for prop in endpoint.query_parameters]
        taken = {parameter.keyword for parameter in path_parameters + query_parameters}
        body_fields, body = self._body(raw, endpoint, taken)
        successes = self._successes(raw, endpoint)
        result_type = " | ".join(
            sorted({_result_type(success) for success in successes}, key=lambda kind: (kind == "None", kind))
        )
        pagination = data.get("x-pagination")
        item_type = ""
        if pagination:
            page = successes[0].property
            assert isinstance(page, ModelProperty)
            item_type = next(
                prop.inner_property.get_type_string().as_unembedded_code()
                for prop in [*(page.required_properties or []), *(page.optional_properties or [])]
                if isinstance(prop, ListProperty) and prop.name.get_untrusted_value() == pagination["items"]
            )
        path_format = str(endpoint.path.get_untrusted_value())
        view = OperationView(
            operation_id=raw.operation_id,
            tag=tag,
            name=name,
            method=raw.method,
            path=raw.path,
            path_format=path_format,
            summary=data["summary"],
            description=" ".join(data.get("description", "").split()),
            scopes=scopes,
            rate_limit=data["x-rate-limit"],
            entitlement=data.get("x-entitlement"),
            deprecation=deprecation,
            deprecation_text=self.deprecations[deprecation] if deprecation else "",
            links=[data["externalDocs"]["url"]] if "externalDocs" in data else [],
            read_only=raw.method == "GET" or bool(data.get("x-read")),
            pagination=pagination,
            statuses=tuple(sorted(int(status) for status in data["responses"] if status.isdigit())),
            path_parameters=path_parameters,
            query_parameters=query_parameters,
            body_fields=body_fields,
            has_body=body is not None,
            body_required=bool(body and body.get("required")),
            body_type=self._body_type(endpoint),
            body_example=body["content"]["application/json"].get("example") if body else None,
            successes=successes,
            csv=raw.method == "GET" and self._offers_csv(data),
            foreign_redirect="302" in data["responses"],
            request_id_field=data.get("x-request-id-field"),
            result_type=result_type,
            item_type=item_type,
            returns=self._returns(data),
            documented=self._example(data, "documented"),
            observed=self._example(data, "observed"),
        )
        self._imports(view, endpoint)
        return view

    def _refuse_what_would_be_lost(self, raw: RawOperation, endpoint: Endpoint) -> None:
        """Parameters that the generator, or our templates, would leave out or could not name."""
        kept = {p.name.get_untrusted_value() for p in [*endpoint.path_parameters, *endpoint.query_parameters]}
        lost = [f"{p['name']} (in {p['in']})" for p in raw.parameters if p["name"] not in kept]
        if lost:
            raise ContractError(f"{raw.operation_id}: parameters that cannot be generated: {', '.join(lost)}")
        clashes = {str(p.python_name) for p in endpoint.query_parameters} & (RESERVED | {raw.operation_id})
        if clashes:
            raise ContractError(
                f"{raw.operation_id}: parameters {sorted(clashes)} clash with Python arguments"
            )

    def _parameter(self, raw: RawOperation, prop: PropertyProtocol, location: str) -> ParameterView:
        name = prop.name.get_untrusted_value()
        source = next(p for p in raw.parameters if p["name"] == name and p["in"] == location)
        schema = resolve(self._document, source["schema"])
        is_json = schema.get("contentMediaType") == "application/json"
        array = isinstance(prop, ListProperty)
        item = prop.inner_property if isinstance(prop, ListProperty) else prop
        variable = str(prop.python_name)
        annotation = self._content_type(schema["contentSchema"]) if is_json else self.input_type(prop)
        description = " ".join(source.get("description", "").split())
        if schema.get("default") and "left out" not in description:
            description += f" {schema['default']!r} when left out."
        if location == "query" and not source.get("required") and annotation != "Any":
            annotation += " | None"
        return ParameterView(
            name=name,
            variable=variable,
            keyword=_keyword(name, variable),
            location=location,
            annotation=annotation,
            required=bool(source.get("required")),
            description=description,
            schema=json_schema(self._document, schema),
            example=source.get("example", schema.get("example")),
            encoder=_encoder(item),
            presence_flag=bool(source.get("x-presence-flag")),
            json=is_json,
            array=array,
            comma=array and source.get("explode") is False,
        )

    def _body(
        self, raw: RawOperation, endpoint: Endpoint, taken: set[str]
    ) -> tuple[list[ParameterView], Mapping[str, Any] | None]:
        body = raw.data.get("requestBody")
        if body is None:
            return [], None
        if len(endpoint.bodies) != 1 or not isinstance(endpoint.bodies[0].prop, ModelProperty):
            raise ContractError(f"{raw.operation_id}: a body is one JSON object of a named schema")
        model = endpoint.bodies[0].prop
        schema = resolve(self._document, body["content"]["application/json"]["schema"])
        fields = []
        for prop in [*(model.required_properties or []), *(model.optional_properties or [])]:
            name = prop.name.get_untrusted_value()
            source = schema["properties"][name]
            variable = str(prop.python_name)
            keyword = _keyword(name, variable)
            if keyword in taken:
                keyword = variable = f"body_{variable}"
            fields.append(
                ParameterView(
                    name=name,
                    variable=variable,
                    keyword=keyword,
                    location="body",
                    annotation=self.input_type(prop),
                    required=name in schema.get("required", []),
                    description=" ".join(source.get("description", "").split()),
                    schema=json_schema(self._document, source),
                    example=source.get("example"),
                )
            )
        clashes = {f.keyword for f in fields} & (RESERVED | {raw.operation_id})
        if clashes:
            raise ContractError(
                f"{raw.operation_id}: body fields {sorted(clashes)} clash with Python arguments"
            )
        return fields, body

    def _successes(self, raw: RawOperation, endpoint: Endpoint) -> list[SuccessView]:
        found: list[SuccessView] = []
        for response in endpoint.responses.patterns:
            code = response.status_code.range[0] if response.status_code.range else 0
            if not 200 <= code < 300:
                continue
            source = raw.data["responses"][str(code)]
            kind = {"Any": "json", "bytes": "bytes", "str": "text", "None": "none"}[
                response.source["return_type"]
            ]
            found.append(
                SuccessView(
                    codes=(code,),
                    kind=kind,
                    property=response.prop if kind == "json" else None,
                    empty_body=source.get("x-empty-body"),
                    unwrap=source.get("x-unwrap"),
                )
            )
        merged: list[SuccessView] = []
        for success in found:
            for other in merged:
                if _same(success, other):
                    other.codes += success.codes
                    break
            else:
                merged.append(success)
        # The last one also reads every success status that the contract does not know: it should be the one
        # with a body.
        merged.sort(key=lambda success: success.kind != "none")
        return merged or [SuccessView(codes=(204,), kind="none")]

    def _offers_csv(self, data: Mapping[str, Any]) -> bool:
        return any("text/csv" in response.get("content", {}) for response in data["responses"].values())

    def _returns(self, data: Mapping[str, Any]) -> str:
        texts = [
            resolve(self._document, response)["description"]
            for status, response in data["responses"].items()
            if status.startswith("2")
        ]
        return " Or: ".join(" ".join(text.split()) for text in texts) or "Nothing: the server always refuses."

    def _example(self, data: Mapping[str, Any], which: str) -> Any:
        for status, response in data["responses"].items():
            if status.startswith("2"):
                examples = response.get("content", {}).get("application/json", {}).get("examples", {})
                if which in examples:
                    return examples[which]["value"]
        return None

    # --- types ---------------------------------------------------------------------------------------------------

    def input_type(self, prop: PropertyProtocol) -> str:
        """The type of an argument: what the model says, and every plainer form that is as clear."""
        return " | ".join(dict.fromkeys(self._input_types(prop)))

    def _input_types(self, prop: PropertyProtocol) -> list[str]:
        if isinstance(prop, UnionProperty):
            inner = [kind for part in prop.inner_properties for kind in self._input_types(part)]
            return ["Any"] if "Any" in inner else inner
        if isinstance(prop, EnumProperty):
            return [str(prop.class_info.name), prop.value_type.__name__]
        if isinstance(prop, ListProperty):
            return [f"Sequence[{self.input_type(prop.inner_property)}]"]
        if isinstance(prop, ModelProperty):
            return [str(prop.class_info.name), "Mapping[str, Any]"]
        plain = prop.get_type_string(no_optional=True).as_unembedded_code()
        if isinstance(prop, (UuidProperty, DateTimeProperty, DateProperty)):
            return [plain, "str"]
        return [plain]

    def _content_type(self, schema: Mapping[str, Any]) -> str:
        """The type of an argument that becomes JSON in a query parameter."""
        return " | ".join(dict.fromkeys([*self._content_types(schema), "str"]))

    def _content_types(self, schema: Mapping[str, Any]) -> list[str]:
        if "$ref" in schema:
            name = str(ClassName(schema["$ref"].rsplit("/", 1)[1], FIELD_PREFIX))
            if isinstance(self._classes.get(name), EnumProperty):
                return [name, "str"]
            return [name, "Mapping[str, Any]"]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return [kind for choice in schema[key] for kind in self._content_types(choice)]
        match schema.get("type"):
            case "array":
                return [f"Sequence[{' | '.join(self._content_types(schema.get('items', {})))}]"]
            case "object":
                return ["Mapping[str, Any]"]
            case "string":
                return ["str"]
            case "integer":
                return ["int"]
            case "number":
                return ["float"]
            case "boolean":
                return ["bool"]
            case _:
                return ["Any"]

    def _body_type(self, endpoint: Endpoint) -> str:
        if not endpoint.bodies:
            return ""
        return f"{endpoint.bodies[0].prop.get_type_string(no_optional=True).as_unembedded_code()} | Mapping[str, Any]"

    def _imports(self, view: OperationView, endpoint: Endpoint) -> None:
        """Models that results need at run time, and those that only annotations name."""
        runtime: set[str] = set()
        for success in view.successes:
            if success.property is not None:
                runtime |= success.property.get_lazy_imports(prefix="...")
                runtime |= success.property.get_imports(prefix="...")
        view.result_imports = sorted(line for line in runtime if ".models." in line)
        annotations = " ".join(
            [view.body_type, view.item_type]
            + [p.annotation for p in view.path_parameters + view.query_parameters + view.body_fields]
        )
        names = set(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", annotations)) & set(self._classes)
        lines = {
            f"from ...models.{self._classes[name].class_info.module_name} import {name}" for name in names
        }
        view.input_imports = sorted(lines - set(view.result_imports))

    def resource_imports(self, tag: str) -> list[str]:
        lines = {line for view in self.by_tag[tag] for line in view.result_imports + view.input_imports}
        return sorted(line.replace("from ...models", "from ..models") for line in lines)


def _recursive(parsed: GeneratorData) -> set[str]:
    """Names of the models that can hold themselves, directly or through others."""
    uses = {
        str(model.class_info.name): {
            name
            for prop in [*(model.required_properties or []), *(model.optional_properties or [])]
            for name in re.findall(r"[A-Za-z_][A-Za-z0-9_]*", prop.get_type_string().as_unembedded_code())
        }
        for model in parsed.models
    }

    def reaches(start: str) -> set[str]:
        found: set[str] = set()
        left = list(uses[start])
        while left:
            name = left.pop()
            if name in uses and name not in found:
                found.add(name)
                left += uses[name]
        return found

    return {name for name in uses if name in reaches(name)}


def _keyword(name: str, variable: str) -> str:
    """The API's own name where Python allows it: shadowing a builtin inside a signature does no harm."""
    return name if name.isidentifier() and not keyword.iskeyword(name) and name not in RESERVED else variable


def _encoder(prop: PropertyProtocol) -> str:
    if isinstance(prop, IntProperty):
        return "query_integer"
    if isinstance(prop, FloatProperty):
        return "query_number"
    if isinstance(prop, BooleanProperty):
        return "query_boolean"
    return "query_text"


def _result_type(success: SuccessView) -> str:
    if success.kind == "json":
        assert success.property is not None
        if isinstance(success.property, AnyProperty):
            return "Any"
        return success.property.get_type_string(no_optional=True).as_unembedded_code()
    return {"bytes": "bytes", "text": "str", "none": "None"}[success.kind]


def _same(one: SuccessView, other: SuccessView) -> bool:
    return (
        one.kind == other.kind
        and _result_type(one) == _result_type(other)
        and one.empty_body == other.empty_body
        and one.unwrap == other.unwrap
    )


def shielded(annotation: str) -> str:
    """The annotation for a class that has a method called `list`."""
    return re.sub(r"\blist\[", "builtins.list[", annotation)


__all__ = ["ContractView", "OperationView", "ParameterView", "PythonIdentifier", "shielded"]
