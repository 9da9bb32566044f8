"""Watches what goes over the wire in every test, and holds it against the contract.

What the clients send is seen where `http.py` sends it, whatever transport a test has put below; what the emulator
answers is seen before faults are laid over it, in process and over sockets alike. The judge is `jsonschema_rs` and
this file; nothing of the generated package or the emulator is asked.

- A request of `Client` or `AsyncClient` must be valid, unless it is answered by 4xx: tests send nonsense on purpose.
- An answer of the emulator must be one that the contract declares. No exceptions but HEAD and 415, which no client
  built on the contract can cause.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import jsonschema_rs
import pytest
from attrs import define, field
from ruamel.yaml import YAML

from posthog_environments.emulator.dispatch import Dispatcher
from posthog_environments.emulator.messages import Request
from posthog_environments.http import AsyncHttp, HttpRequest, Reply, SyncHttp

CONTRACT = Path(__file__).parent.parent / "openapi" / "openapi.yaml"
_METHODS = ("get", "post", "put", "patch", "delete")
_EXPECTED = re.compile(r"4\d\d")


@define
class Operation:
    """One operation as it stands in the contract."""

    operation_id: str
    pattern: re.Pattern[str]
    parameters: list[dict[str, Any]]
    body: dict[str, Any] | None
    responses: dict[str, Any]


class Judge:
    """Knows the contract."""

    def __init__(self) -> None:
        self._document: dict[str, Any] = YAML(typ="safe").load(CONTRACT)
        self._operations: dict[str, list[Operation]] = {}
        self._validators: dict[int, tuple[Any, Any]] = {}
        self._by_id: dict[str, Operation] = {}
        for path, item in self._document["paths"].items():
            for method in _METHODS:
                if method in item:
                    self._add(method, path, item, item[method])
        for operations in self._operations.values():  # fixed segments before parameters
            operations.sort(key=lambda operation: operation.pattern.pattern.count("(?P"))

    def _add(self, method: str, path: str, item: dict[str, Any], raw: dict[str, Any]) -> None:
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path.strip("/")))
        operation = Operation(
            raw["operationId"],
            re.compile(pattern.replace("environments", "(?:environments|projects)", 1)),
            [self._resolve(found) for found in (*item.get("parameters", ()), *raw.get("parameters", ()))],
            raw.get("requestBody"),
            {status: self._resolve(response) for status, response in raw["responses"].items()},
        )
        self._operations.setdefault(method.upper(), []).append(operation)
        self._by_id[operation.operation_id] = operation

    def _resolve(self, value: dict[str, Any]) -> dict[str, Any]:
        if "$ref" not in value:
            return value
        found: Any = self._document
        for step in value["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        return found

    def _errors(self, schema: dict[str, Any], value: Any) -> Iterator[str]:
        known = self._validators.get(id(schema))
        if known is None:
            whole = {**schema, "components": self._document["components"]}
            known = schema, jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
            self._validators[id(schema)] = known
        for error in known[1].iter_errors(value):
            yield f"{'/'.join(map(str, error.instance_path))}: {error.message}"[:300]

    # --- requests ----------------------------------------------------------------------------------------------

    def find(self, method: str, path: str) -> tuple[Operation, dict[str, str]] | None:
        """The operation that a path calls, and the values in the path."""
        for operation in self._operations.get(method, ()):
            if (match := operation.pattern.fullmatch(path.strip("/"))) is not None:
                return operation, {name: unquote(value) for name, value in match.groupdict().items()}
        return None

    def request(
        self, method: str, url: str, headers: Mapping[str, str], content: bytes | None
    ) -> Iterator[str]:
        """What is wrong with a request."""
        parts = urlsplit(url)
        found = self.find(method, parts.path)
        if found is None:
            yield f"{method} {parts.path} is no operation of the contract"
            return
        operation, path = found
        for problem in (
            *self._parameters(operation, path, parse_qsl(parts.query, keep_blank_values=True)),
            *self._body(operation, headers, content or b""),
        ):
            yield f"{operation.operation_id}: request: {problem}"

    def _parameters(
        self, operation: Operation, path: Mapping[str, str], query: list[tuple[str, str]]
    ) -> Iterator[str]:
        declared = {(found["in"], found["name"]): found for found in operation.parameters}
        for name in {name for name, _ in query} - {name for place, name in declared if place == "query"}:
            yield f"{name} is no query parameter of it"
        for (place, name), parameter in declared.items():
            values = [path[name]] if place == "path" else [value for found, value in query if found == name]
            if not values:
                if parameter.get("required"):
                    yield f"{name} is missing"
                continue
            yield from (f"{name}: {problem}" for problem in self._parameter(parameter, values))

    def _parameter(self, parameter: dict[str, Any], values: list[str]) -> Iterator[str]:
        schema = parameter["schema"]
        if schema.get("type") == "array":
            if parameter.get("explode", True) is False:
                if len(values) > 1:
                    yield "is one comma-separated value, not several"
                values = values[0].split(",")
            for value in values:
                yield from self._text(schema["items"], value)
            return
        if len(values) > 1:
            yield f"is given {len(values)} times"
        if parameter.get("x-presence-flag") and values != ["true"]:
            yield "is a presence flag, and sent only when true"
        if "contentSchema" in schema:
            try:
                value = json.loads(values[0])
            except ValueError:
                yield f"is no JSON: {values[0]}"
                return
            yield from self._errors(schema["contentSchema"], value)
            return
        yield from self._text(schema, values[0])

    def _text(self, schema: dict[str, Any], text: str) -> Iterator[str]:
        """A value in a URL is a text; it may stand for a number or a boolean."""
        readings: list[Any] = [text]
        if text in ("true", "false"):
            readings.append(text == "true")
        if re.fullmatch(r"-?\d{1,300}", text):
            readings.append(int(text))
        if all(any(self._errors(schema, reading)) for reading in readings):
            yield from self._errors(schema, readings[-1])

    def _body(self, operation: Operation, headers: Mapping[str, str], content: bytes) -> Iterator[str]:
        if operation.body is None:
            if content:
                yield "has a body, and must have none"
            return
        if not content:
            if operation.body.get("required"):
                yield "has no body"
            return
        kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
        media = operation.body["content"].get(kind.split(";")[0])
        if media is None:
            yield f"may not be {kind!r}"
            return
        yield from self._errors(media["schema"], json.loads(content))

    # --- answers -----------------------------------------------------------------------------------------------

    def answer(
        self, operation_id: str, status: int, headers: Mapping[str, str], content: bytes
    ) -> Iterator[str]:
        """What is wrong with an answer."""
        if status == 415:
            return
        response = self._by_id[operation_id].responses.get(str(status))
        if response is None:
            yield f"{operation_id}: has no status {status}"
            return
        for problem in (*self._content(response, headers, content), *self._headers(response, headers)):
            yield f"{operation_id}: {status}: {problem}"

    def _content(self, response: dict[str, Any], headers: Mapping[str, str], content: bytes) -> Iterator[str]:
        media: dict[str, Any] = response.get("content", {})
        kind = headers.get("Content-Type", "").split(";")[0]
        if not content and kind != "text/csv":
            if media and "x-empty-body" not in response and "application/octet-stream" not in media:
                yield "must have a body"
            return
        if not media:
            yield f"may have no body, but has {content[:80]!r}"
            return
        found = media.get(kind, media.get("*/*"))
        if found is None:
            yield f"may not be {kind!r}"
        elif kind == "application/json" and kind in media:
            value = json.loads(content)
            wrapped = response.get("x-unwrap")
            if wrapped is not None and isinstance(value, dict):
                value = value.get(wrapped, value)  # newer servers send an object around what is declared
            yield from self._errors(found["schema"], value)

    def _headers(self, response: dict[str, Any], headers: Mapping[str, str]) -> Iterator[str]:
        given = {name.lower(): value for name, value in headers.items()}
        for name, header in response.get("headers", {}).items():
            header = self._resolve(header)
            if name.lower() in given:
                problems = self._text(header["schema"], given[name.lower()])
                yield from (f"header {name}: {problem}" for problem in problems)
            elif header.get("required"):
                yield f"header {name} is missing"


@cache
def judge() -> Judge:
    return Judge()


@define
class Watch:
    """What was wrong since the test began."""

    problems: list[str] = field(factory=list[str])

    def note(self, found: Iterable[str]) -> None:
        self.problems += [problem for problem in found if problem not in self.problems]

    def take(self) -> list[str]:
        """The problems so far, which count as seen: for tests that cause them on purpose."""
        taken, self.problems = self.problems, []
        return taken

    def sent(self, request: HttpRequest, reply: object) -> None:
        refused = isinstance(reply, Reply) and _EXPECTED.fullmatch(str(reply.status))
        if (
            refused or request.authorization is None
        ):  # without a key it goes to object storage, not to PostHog
            return
        self.note(judge().request(request.method, request.url, request.headers, request.content))

    def answered(
        self, request: Request, operation_id: str | None, answer: tuple[int, dict[str, str], bytes]
    ) -> None:
        if operation_id is not None and request.method != "HEAD":
            self.note(judge().answer(operation_id, *answer))


def watch(patch: pytest.MonkeyPatch) -> Watch:
    """Look at everything from now on."""
    seen = Watch()
    send, send_async, answer = SyncHttp.send, AsyncHttp.send, Dispatcher.answer

    def watched(self: SyncHttp, request: HttpRequest) -> Any:
        reply = send(self, request)
        seen.sent(request, reply)
        return reply

    async def watched_async(self: AsyncHttp, request: HttpRequest) -> Any:
        reply = await send_async(self, request)
        seen.sent(request, reply)
        return reply

    def answering(self: Dispatcher, request: Request) -> Any:
        operation_id, given = answer(self, request)
        seen.answered(request, operation_id, given)
        return operation_id, given

    patch.setattr(SyncHttp, "send", watched)
    patch.setattr(AsyncHttp, "send", watched_async)
    patch.setattr(Dispatcher, "answer", answering)
    return seen
