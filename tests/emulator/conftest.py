"""An emulator to ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from attrs import define, field

from posthog_environments.emulator import Emulator
from posthog_environments_api.operations import OPERATIONS

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


@define
class Api:
    """Asks an emulator; `tests/wire.py` holds every answer against the contract."""

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
        return Answer(
            *self.emulator.handle(method, url, list({**sent, **(headers or {})}.items()), content or b"")
        )

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
