"""The operations of a document in one form: references followed, inherited things spelled out, defaults filled in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_diffing.normal import Node
from contract_diffing.reading import Document, Located, Unreadable, below, canonical

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_STYLES = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}


@dataclass(frozen=True, eq=False)
class Parameter:
    name: str
    location: str
    place: str
    data: Mapping[str, Any]
    schema: Node
    media_type: str  # of `content`; empty where there is a `schema`

    @property
    def required(self) -> bool:
        return self.location == "path" or self.data.get("required") is True

    @property
    def serialization(self) -> str:
        """How the value is written; for single values most ways are one."""
        if self.media_type:
            return f"as {self.media_type}"
        style = str(self.data.get("style") or _STYLES.get(self.location, "form"))
        explode = self.data.get("explode")
        explode = style == "form" if explode is None else explode is True
        text = ", reserved characters as they are" if self.data.get("allowReserved") is True else ""
        if not self.schema.types & {"array", "object", "any"} and style not in ("label", "matrix"):
            return "plain" + text
        return f"{style}{', exploded' if explode else ''}{text}"


@dataclass(frozen=True, eq=False)
class Operation:
    method: str
    path: str
    place: str
    data: Mapping[str, Any]
    parameters: Mapping[tuple[str, str], Parameter]
    body: Located | None
    responses: Mapping[str, Located]
    security: frozenset[frozenset[tuple[str, str]]]
    servers: tuple[str, ...] | None  # its own; None where those of the document hold

    @property
    def title(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def operation_id(self) -> str:
        return str(self.data.get("operationId") or "")

    @property
    def user(self) -> str:
        """What a person calls it."""
        return self.operation_id or self.title

    @property
    def tags(self) -> tuple[str, ...]:
        found = self.data.get("tags")
        return tuple(str(tag) for tag in found) if isinstance(found, list) else ()


def shape(path: str) -> str:
    """The path whatever its parameters are called: they are positional."""
    return re.sub(r"\{[^{}]*\}", "{}", path)


def operations(document: Document, key: str = "paths") -> Iterator[Operation]:
    items = document.mapping(document.data.get(key), f"#/{key}")
    for path, raw in items.items():
        if path.startswith("x-"):
            continue
        item = document.object_at(raw, below(f"#/{key}", path))
        for method in METHODS:
            if method in item.value:
                yield operation(document, method, path, item, item.at(method))


def operation(document: Document, method: str, path: str, item: Located, place: str) -> Operation:
    data = document.mapping(item.value[method], place)
    parameters: dict[tuple[str, str], Parameter] = {}
    for holder, where in ((item.value, item.place), (data, place)):
        for given in document.items(holder.get("parameters"), below(where, "parameters")):
            found = parameter(document, document.object_at(given.value, given.place))
            parameters[found.location, found.name] = found
    body = None
    if data.get("requestBody") is not None:
        body = document.object_at(data["requestBody"], below(place, "requestBody"))
    responses = {
        str(status): document.object_at(value, below(place, "responses", status))
        for status, value in document.mapping(data.get("responses"), below(place, "responses")).items()
        if not str(status).startswith("x-")
    }
    servers = None
    for holder in (item.value, data):
        if holder.get("servers"):
            servers = server_urls(document, holder["servers"], place)
    return Operation(
        method, path, place, data, parameters, body, responses, _security(document, data, place), servers
    )


def parameter(document: Document, found: Located, *, name: str = "", location: str = "") -> Parameter:
    """A parameter, or a header (which has its name outside)."""
    data = found.value
    name, location = name or str(data.get("name", "")), location or str(data.get("in", ""))
    content = document.mapping(data.get("content"), found.at("content"))
    media_type, schema, place = "", data.get("schema", True), found.at("schema")
    if content:
        media_type = next(iter(content))
        media = document.mapping(content[media_type], found.at("content", media_type))
        schema, place = media.get("schema", True), found.at("content", media_type, "schema")
    return Parameter(name, location, found.place, data, Node.at(document, schema, place), media_type)


def contents(document: Document, holder: Located) -> dict[str, Located]:
    """Media types of a body or response, by their names without needless differences."""
    given = document.mapping(holder.value.get("content"), holder.at("content"))
    return {
        re.sub(r"\s*;\s*", ";", name).lower(): Located(
            document.mapping(value, holder.at("content", name)), holder.at("content", name)
        )
        for name, value in given.items()
    }


def headers(document: Document, holder: Located) -> dict[str, Parameter]:
    given = document.mapping(holder.value.get("headers"), holder.at("headers"))
    return {
        name.lower(): parameter(
            document, document.object_at(value, holder.at("headers", name)), name=name, location="header"
        )
        for name, value in given.items()
    }


def media_schema(document: Document, media: Located) -> Node:
    return Node.at(document, media.value.get("schema", True), media.at("schema"))


def server_urls(document: Document, given: Any, place: str) -> tuple[str, ...]:
    """Every address, with the defaults and choices of its variables."""
    found = []
    for server in document.items(given, f"{place}/servers"):
        value = document.mapping(server.value, server.place)
        variables = document.mapping(value.get("variables"), server.at("variables"))
        known = {
            name: {key: variable.get(key) for key in ("default", "enum")}
            for name, variable in sorted(variables.items())
            if isinstance(variable, Mapping)
        }
        url = str(value.get("url", "")).rstrip("/") or "/"
        found.append(f"{url} {canonical(known)}" if known else url)
    return tuple(found)


def scheme_signature(document: Document, name: str) -> str:
    """What a caller must have for this scheme, whatever it is called."""
    components = document.mapping(document.data.get("components"), "#/components")
    schemes = document.mapping(components.get("securitySchemes"), "#/components/securitySchemes")
    if name not in schemes:
        return name
    data = document.object_at(schemes[name], below("#/components/securitySchemes", name)).value
    kind = str(data.get("type", ""))
    match kind:
        case "http":
            return f"http {str(data.get('scheme', '')).lower()}"
        case "apiKey":
            where = data.get("name", "")
            return f"apiKey {data.get('in')} {where.lower() if data.get('in') == 'header' else where}"
        case "oauth2":
            flows = document.mapping(data.get("flows"), "flows")
            urls = {
                flow: {key: value.get(key) for key in ("authorizationUrl", "tokenUrl")}
                for flow, value in flows.items()
                if isinstance(value, Mapping)
            }
            return f"oauth2 {canonical(urls)}"
        case "openIdConnect":
            return f"openIdConnect {data.get('openIdConnectUrl')}"
        case _:
            return kind or name


def _security(
    document: Document, data: Mapping[str, Any], place: str
) -> frozenset[frozenset[tuple[str, str]]]:
    """The ways to be let in; each is a set of (scheme, scope), with an empty scope for the scheme itself."""
    given = data["security"] if "security" in data else document.data.get("security")
    ways: set[frozenset[tuple[str, str]]] = set()
    for way in document.items(given, below(place, "security")):
        needs: set[tuple[str, str]] = set()
        for name, scopes in document.mapping(way.value, way.place).items():
            signature = scheme_signature(document, name)
            needs.add((signature, ""))
            if scopes is not None and not isinstance(scopes, list):
                raise Unreadable(f"{document.label}: {way.place} must list scopes")
            needs |= {(signature, str(scope)) for scope in scopes or ()}
        ways.add(frozenset(needs))
    return frozenset(ways) or frozenset({frozenset()})
