"""An emulator to ask, and the contract that every answer must keep."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import define, field
from jsonschema import Draft202012Validator, FormatChecker
from ruamel.yaml import YAML

from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS

CONTRACT = Path(__file__).resolve().parents[2] / "openapi" / "openapi.yaml"
PROFILES = ("observed", "documented")


@define(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Contract:
    """The merged contract, as a judge of answers."""

    def __init__(self) -> None:
        document = YAML(typ="safe", pure=True).load(CONTRACT)
        self._components = document["components"]
        self._responses = {
            operation["operationId"]: operation["responses"]
            for path in document["paths"].values()
            for method, operation in path.items()
            if method in ("get", "post", "put", "patch", "delete")
        }
        self._validators: dict[tuple[str, int], Draft202012Validator] = {}

    def problems(self, operation_id: str, answer: Answer) -> list[str]:
        """What is wrong with an answer; an empty list when nothing is."""
        response = self._responses[operation_id].get(str(answer.status))
        if response is None:
            return [f"{operation_id} has no status {answer.status}"]
        if "$ref" in response:
            response = self._components["responses"][response["$ref"].rsplit("/", 1)[1]]
        content = response.get("content", {})
        kind = answer.headers.get("Content-Type", "").split(";")[0]
        if not answer.content and kind != "text/csv":
            allowed = not content or "x-empty-body" in response or operation_id == "exports_content"
            return [] if allowed else [f"{operation_id} {answer.status} must have a body"]
        if operation_id == "exports_content" and answer.status == 200:
            return []
        if kind not in content:
            return [f"{operation_id} {answer.status} may not be {kind}"]
        if kind != "application/json":
            return []
        errors = self._validator(operation_id, answer.status, content[kind]["schema"]).iter_errors(
            answer.json
        )
        return [f"{operation_id} {answer.status} {error.json_path}: {error.message}" for error in errors]

    def _validator(self, operation_id: str, status: int, schema: Any) -> Draft202012Validator:
        key = operation_id, status
        if key not in self._validators:
            whole = {**copy.deepcopy(schema), "components": self._components}
            self._validators[key] = Draft202012Validator(whole, format_checker=FormatChecker())
        return self._validators[key]


_CONTRACT: list[Contract] = []


def contract() -> Contract:
    if not _CONTRACT:
        _CONTRACT.append(Contract())
    return _CONTRACT[0]


@define
class Api:
    """Asks an emulator, and holds every answer against the contract."""

    emulator: Emulator
    root: str = field(default="environments")

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> Answer:
        """Send a request; `path` is below the project, or absolute."""
        url = (
            path if path.startswith(("/", "http")) else f"/api/{self.root}/{self.emulator.project_id}/{path}"
        )
        pairs = list(query.items()) if isinstance(query, Mapping) else list(query)
        if pairs:
            url += f"?{urlencode(pairs)}"
        if body is not None:
            content = json.dumps(body).encode()
        sent = {"Authorization": f"Bearer {self.emulator.api_key}", "Content-Type": "application/json"}
        answer = Answer(
            *self.emulator.handle(method, url, list({**sent, **(headers or {})}.items()), content or b"")
        )
        operation_id = self.emulator.requests[-1].operation_id
        if operation_id is not None and method != "HEAD":
            problems = contract().problems(operation_id, answer)
            assert not problems, f"{problems}\n{answer.content[:500]!r}"
        return answer

    def get(self, path: str, /, **query: Any) -> Any:
        """The JSON of a successful GET."""
        answer = self.send("GET", path, query=query)
        assert answer.status == 200, answer
        return answer.json

    def refused(self, method: str, path: str, body: Any = None, /, **query: Any) -> dict[str, Any]:
        """The body of a 400."""
        answer = self.send(method, path, body, query=query)
        assert answer.status == 400, answer
        refusal: dict[str, Any] = answer.json
        return refusal

    def query(self, sql: str, **fields: Any) -> dict[str, Any]:
        """The result of some HogQL."""
        answer = self.send("POST", "query/", {"query": {"kind": "HogQLQuery", "query": sql, **fields}})
        assert answer.status == 200, answer
        result: dict[str, Any] = answer.json
        return result


MakeApi = Callable[..., Api]


@pytest.fixture
def api() -> Api:
    """An emulator that behaves as the real server does."""
    return Api(Emulator())


@pytest.fixture
def documented() -> Api:
    """An emulator that behaves as the documentation says."""
    return Api(Emulator(profile="documented"))


@pytest.fixture(params=PROFILES)
def either(request: pytest.FixtureRequest) -> Api:
    """Both, one after the other."""
    return Api(Emulator(profile=request.param))


def example_request(emulator: Emulator, operation_id: str) -> tuple[str, str, dict[str, Any], Any]:
    """Method, path, query and body of a call that must succeed, made of the contract's examples."""
    operation = OPERATIONS[operation_id]
    path = operation.path.replace("{project_id}", str(emulator.project_id))
    query: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.location == "path" and parameter.name != "project_id":
            sample = emulator.sample_id(operation.tag)
            if operation_id == "file_system_count":
                sample = emulator.sample_folder_id()
            path = path.replace(f"{{{parameter.name}}}", str(sample))
        elif parameter.location == "query" and parameter.example is not None:
            query[parameter.name] = parameter.example
    return operation.method, path, query, operation.body_example
