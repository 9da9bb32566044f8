"""Draft one of PostHog's operations for our contract, for a person to curate.

    python scripts/draft_operation.py "GET /api/environments/{project_id}/groups/" schema.yaml
    python scripts/draft_operation.py "GET groups/" https://us.posthog.com/api/schema/ --write

Prints the entries of `openapi/resources/<tag>.yaml`; `--write` puts them there. PostHog's own sentences are not
taken over: they are shown as comments of the printed draft, and what has to be said stands as `TODO(curate)`.
"""

from __future__ import annotations

import argparse
import builtins
import keyword
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from contract_diffing.reading import Unreadable
from contract_document import CONTRACT, ContractError, merge
from draft_schemas import TODO, Components, pascal, singular
from draft_text import Draft, insert, text_of
from upstream_operations import METHODS, Operation, Twins, by_key
from upstream_shapes import lookup
from upstream_source import SchemaError, read_schema

JSON = "application/json"
_ERRORS = {
    "400": "BadRequest",
    "401": "Unauthorized",
    "403": "PermissionDenied",
    "404": "NotFound",
    "429": "Throttled",
}
# What the generated modules import or define; a test compares this with the templates.
_OWN_NAMES = (
    *(
        "Any",
        "AsyncCaller",
        "AsyncPages",
        "AuthenticatedClient",
        "Awaitable",
        "ClassVar",
        "Client",
        "DecodeError",
    ),
    *(
        "Error",
        "File",
        "FileTypes",
        "HTTPStatus",
        "IntEnum",
        "Iterator",
        "LazyExtras",
        "LazyModule",
        "Literal",
    ),
    *(
        "Mapping",
        "Operation",
        "Pages",
        "Pagination",
        "RequestOptions",
        "Response",
        "Self",
        "Sequence",
        "StrEnum",
    ),
    *("SyncCaller", "TYPE_CHECKING", "TypeVar", "UNSENT", "UNSET", "UUID", "Unset", "Wire"),
)
_VERBS = {"post": "create", "put": "replace", "patch": "update", "delete": "delete"}
_SUMMARIES = {
    "list": "List",
    "create": "Create",
    "retrieve": "Retrieve",
    "update": "Update",
    "delete": "Delete",
}


class DraftError(Exception):
    """There is nothing to draft, or it is there already."""


def draft(ours: Mapping[str, Any], theirs: Mapping[str, Any], wanted: str, taken: frozenset[str]) -> Draft:
    """The entries for one operation. `taken` are names that no schema may have.

    Raises `DraftError` when PostHog's schema does not have the operation, or the contract has it.
    """
    published, present = by_key(theirs), by_key(ours)
    key = _key(wanted)
    if key not in published:
        close = sorted(
            twins.best.title for twins in published.values() if twins.best.segment == key[1].partition("/")[0]
        )
        shown = "; it has " + ", ".join(close) if close else ""
        raise DraftError(f"{wanted}: the schema has no such operation{shown}")
    if key in present:
        raise DraftError(f"{wanted}: the contract has it already, as {present[key].best.operation_id}")
    return _Drafting(ours, theirs, published[key], published, taken).draft()


def _key(wanted: str) -> tuple[str, str]:
    method, _, path = wanted.strip().partition(" ")
    if method.lower() not in METHODS or not path.strip():
        raise DraftError(
            f"{wanted!r}: must be a method and a path, such as 'GET /api/projects/{{project_id}}/groups/'"
        )
    below = re.sub(r"^/?api/(environments|projects)/([^/]+)/", "", path.strip())
    return method.lower(), re.sub(r"\{[^{}/]*\}", "{}", below.strip("/"))


@dataclass
class _Drafting:
    ours: Mapping[str, Any]
    theirs: Mapping[str, Any]
    twins: Twins
    published: Mapping[tuple[str, str], Twins]
    taken: frozenset[str]

    def draft(self) -> Draft:
        operation = self.twins.best
        self.operation = operation
        self.tag = re.sub(r"\W", "_", operation.segment)
        self.components = Components(self.ours, self.theirs, self.tag, self.taken)
        page = self._is_page()
        self.method = self._method(page)
        used = {one.best.operation_id for one in by_key(self.ours).values()}
        if f"{self.tag}_{self.method}" in used:
            raise DraftError(
                f"{self.tag}_{self.method} is in the contract for another path; draft it by hand"
            )
        data: dict[str, Any] = {
            "operationId": f"{self.tag}_{self.method}",
            "tags": [self.tag],
            "summary": f"{TODO} {self._summary()}",
            "description": TODO,
        }
        if operation.root == "environments" and (operation.deprecated and self.twins.replacement):
            data |= {"deprecated": True, "x-deprecation": "moved"}
        elif operation.deprecated:
            data |= {"deprecated": True, "x-deprecation": "discouraged"}
        data["externalDocs"] = {"url": f"https://posthog.com/docs/api/{self.tag.replace('_', '-')}"}
        data["security"] = [{"personalApiKey": _scopes(operation)}]
        data["x-rate-limit"] = "crud" if "crud" in self.ours.get("x-rate-limits", {}) else TODO
        parameters = self._parameters()
        if page:
            names = {one.get("name") or str(one.get("$ref")).rpartition("/")[2].lower() for one in parameters}
            data["x-pagination"] = {"style": "next", "items": "results"}
            if {"limit", "offset"} <= names:
                data["x-pagination"]["concurrent"] = True
        data["parameters"] = parameters
        body = self._body()
        if body is not None:
            data["requestBody"] = body
        data["responses"] = self._responses()
        return Draft(
            tag=self.tag,
            path=f"/api/environments/{{project_id}}/{operation.below}/",
            method=operation.method,
            operation=data,
            schemas=self.components.drafted,
            said=" ".join(str(operation.data.get("description") or "").split()),
            new_tag=all(tag["name"] != self.tag for tag in self.ours["tags"]),
        )

    # --- names -----------------------------------------------------------------------------------------------

    def _method(self, page: bool) -> str:
        """The Python name: list, retrieve, create, update, delete, or the action's own name."""
        operation = self.operation
        parts = operation.below.split("/")[1:]
        words = [re.sub(r"\W", "_", part) for part in parts if not part.startswith("{")]
        ends_in_id = bool(parts) and parts[-1].startswith("{")
        verb = _VERBS.get(operation.method) or ("retrieve" if ends_in_id else "list" if page else "all")
        if not words:
            return verb
        siblings = sum(key[1] == operation.key[1] for key in self.published)
        plain = not ends_in_id and (siblings == 1 or operation.method == "get")
        return "_".join(words if plain else [*words, verb]).lower()

    def _summary(self) -> str:
        thing = self.tag.replace("_", " ")
        return f"{_SUMMARIES.get(self.method, self.method.replace('_', ' ').capitalize())} {thing}"

    # --- parts -----------------------------------------------------------------------------------------------

    def _parameters(self) -> list[dict[str, Any]]:
        shared = self.ours.get("components", {}).get("parameters", {})
        drafted: list[dict[str, Any]] = [{"$ref": "#/components/parameters/ProjectId"}]
        for parameter in self.operation.parameters:
            name, place = str(parameter["name"]), str(parameter["in"])
            if place not in ("path", "query"):
                continue
            reuse = self._shared(shared, parameter)
            drafted.append(reuse or self._parameter(parameter, name, place))
        return drafted

    def _shared(self, shared: Mapping[str, Any], parameter: Mapping[str, Any]) -> dict[str, Any] | None:
        """Our own limit, offset and format, wherever the value is one that they take."""
        for name in ("Limit", "Offset", "Format"):
            ours = shared.get(name)
            if not ours or (ours["name"], ours["in"]) != (parameter["name"], parameter["in"]):
                continue
            mine = self.components.comparison.ours.of(ours["schema"])
            if mine.accepts(self.components.theirs.of(parameter.get("schema"))) and not parameter.get(
                "required"
            ):
                return {"$ref": f"#/components/parameters/{name}"}
        return None

    def _parameter(self, parameter: Mapping[str, Any], name: str, place: str) -> dict[str, Any]:
        found = self.components.theirs.of(parameter.get("schema"))
        hint = f"{singular(pascal(self.tag))}{pascal(name)}"
        schema = self.components.value(parameter.get("schema"), "parameter", hint) or {"type": "string"}
        drafted: dict[str, Any] = {"name": name, "in": place}
        if place == "path" or parameter.get("required") is True:
            drafted["required"] = True
        drafted["description"] = self.components.described(schema, name) if place == "query" else TODO
        if "object" in found.types or (
            "$ref" in str(schema.get("items", "")) and "array" in str(schema["type"])
        ):
            # Lists of objects and objects go through the query as JSON.
            content = self.components.value(parameter.get("schema"), "request", hint)
            if "object" in found.types or "enum" not in self._target(content.get("items", {})):
                schema = {"type": "string", "contentMediaType": JSON, "contentSchema": content}
        if schema.get("type") == "array":
            drafted |= {"style": "form", "explode": parameter.get("explode", True) is not False}
        if isinstance(schema.get("type"), list):
            schema["type"] = schema["type"][0]
        drafted["schema"] = schema["oneOf"][0] if "oneOf" in schema else schema
        if place == "path" or parameter.get("required") is True:
            text = drafted["schema"].get("contentMediaType")
            drafted["example"] = "[]" if text else self.components.sample(drafted["schema"])
        return drafted

    def _target(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        name = str(schema.get("$ref", "")).rpartition("/")[2]
        return self.components.drafted.get(name) or self.components.present.get(name) or schema

    def _body(self) -> dict[str, Any] | None:
        holder = _followed(self.theirs, self.operation.data.get("requestBody"))
        schema = ((holder.get("content") or {}).get(JSON) or {}).get("schema")
        if schema is None:
            return None
        found = self.components.theirs.of(schema)
        given = next((name.removeprefix("Patched") for name in found.names), self.tag)
        thing = singular(pascal(re.sub(r"(Serializer)?((Create|Update)*Only)?$", "", given) or self.tag))
        name = thing if thing.endswith(pascal(self.method)) else f"{thing}{pascal(self.method)}"
        reference = self.components.object(schema, "request", thing, name=name)
        return {
            "required": holder.get("required") is True,
            "content": {JSON: {"schema": reference, "example": self.components.sample(reference)}},
        }

    def _is_page(self) -> bool:
        answer = _followed(self.theirs, (self.operation.data.get("responses") or {}).get("200"))
        schema = ((answer.get("content") or {}).get(JSON) or {}).get("schema")
        found = self.components.theirs.of(schema)
        return {"next", "results"} <= set(found.fields)

    def _responses(self) -> dict[str, Any]:
        drafted: dict[str, Any] = {}
        for status, answer in (self.operation.data.get("responses") or {}).items():
            status = str(status)
            if status == "405":
                drafted[status] = {"$ref": "#/components/responses/MethodNotAllowed"}
            elif status.startswith(("2", "3")):
                drafted[status] = self._response(_followed(self.theirs, answer))
        shared = (
            _ERRORS if set(drafted) != {"405"} else {key: one for key, one in _ERRORS.items() if key != "400"}
        )
        drafted |= {status: {"$ref": f"#/components/responses/{name}"} for status, name in shared.items()}
        return dict(sorted(drafted.items()))

    def _response(self, answer: Mapping[str, Any]) -> dict[str, Any]:
        content = answer.get("content") or {}
        drafted: dict[str, Any] = {"description": TODO}
        if not content:
            return drafted
        drafted["content"] = {}
        if JSON in content:
            hint = f"{singular(pascal(self.tag))}{pascal(self.method)}Result"
            schema = self.components.value((content[JSON] or {}).get("schema"), "response", hint)
            sample = self.components.sample(schema)
            drafted["content"][JSON] = {"schema": schema, "examples": {"documented": {"value": sample}}}
        if "text/csv" in content:
            drafted["content"]["text/csv"] = {"schema": {"type": "string"}}
        if set(content) - {JSON, "text/csv"} and JSON not in content:
            binary = {"schema": {"type": "string", "format": "binary"}}
            drafted["content"]["application/octet-stream"] = binary
        return drafted


def _scopes(operation: Operation) -> list[str]:
    for requirement in operation.data.get("security") or ():
        for scopes in requirement.values() if isinstance(requirement, Mapping) else ():
            if scopes:
                return sorted(map(str, scopes))
    return []


def _followed(document: Mapping[str, Any], value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
        value = lookup(document, value["$ref"])
    return value if isinstance(value, Mapping) else {}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Draft one of PostHog's operations for our contract.")
    parser.add_argument(
        "operation", help="'GET /api/environments/{project_id}/groups/', or short: 'GET groups/'"
    )
    parser.add_argument("schema", help="a file or an https:// address, YAML or JSON")
    parser.add_argument("--write", action="store_true", help="put it into openapi/resources/<tag>.yaml")
    parser.add_argument("--contract", type=Path, default=CONTRACT, help="the folder of the contract")
    options = parser.parse_args(arguments)
    try:
        published = read_schema(options.schema)
        ours = merge(options.contract)
        drafted = draft(ours, published.document, options.operation, taken_names(ours))
        if options.write:
            for path in insert(options.contract, drafted):
                print(f"Written: {path.relative_to(options.contract.parent)}")
            print(f"Now replace every {TODO}, run `make generate`, and write the emulator's handler.")
        else:
            sys.stdout.write(text_of(drafted))
    except (SchemaError, DraftError, ContractError, Unreadable) as error:
        print(f"draft: {error}", file=sys.stderr)
        return 2
    return 0


def taken_names(ours: Mapping[str, Any]) -> frozenset[str]:
    """Class names that the generated modules use themselves."""
    resources = {f"{pascal(tag['name'])}Resource" for tag in ours["tags"]}
    return frozenset(
        {*dir(builtins), *keyword.kwlist, *_OWN_NAMES, *resources, *(f"Async{one}" for one in resources)}
    )


if __name__ == "__main__":
    sys.exit(main())
